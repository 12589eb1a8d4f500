"""An authority as the panel has it: its code, the years it has figures of, and what it came from or went into."""

from dataclasses import dataclass

import pandas as pd

from analysis.data.cleaning.boundary_changes import newest_code
from analysis.data.cleaning.tables import authorities, authority_changes, very_small_authorities
from analysis.data.definitions.authorities import codes_in, resolve
from analysis.errors import RequestError


@dataclass(frozen=True)
class PanelAuthority:
    """An authority of the panel: code, name, first and last year with figures, and its kin by name."""

    code: str
    name: str
    first_year: int
    last_year: int
    predecessors: tuple[str, ...]
    successors: tuple[str, ...]
    is_very_small: bool


def panel_authority(name: str, panel: pd.DataFrame) -> PanelAuthority:
    """Return the authority called ``name`` (or with that code).

    Raises RequestError with the nearest right name; for an authority that ended before the panel begins, with the years.
    """
    asked = resolve(name)
    if asked.last_year and asked.last_year <= panel["year"].min():
        raise RequestError(
            f"{asked.name} ended in {asked.last_year}, before the panel's first year, {panel['year'].min()}"
        )
    (code,) = codes_in((name,), panel["authority_code"])
    rows = panel[panel["authority_code"] == code]
    predecessors, successors = _kin(code)
    return PanelAuthority(
        code=code,
        name=str(rows["authority"].iloc[-1]),
        first_year=int(rows["year"].min()),
        last_year=int(rows["year"].max()),
        predecessors=predecessors,
        successors=successors,
        is_very_small=code in set(very_small_authorities()["authority_code"]),
    )


def _kin(code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of predecessors and successors; an authority that was only renumbered has neither."""
    changes = authority_changes()
    renumbered = newest_code(changes)
    changes = changes[~changes["predecessor_code"].isin(renumbered)]
    names = authorities().set_index("authority_code")["name"]
    before = changes.loc[changes["successor_code"] == code, "predecessor_code"].map(names)
    after = changes.loc[changes["predecessor_code"] == code, "successor_code"].map(names)
    return tuple(sorted(set(before))), tuple(sorted(set(after)))
