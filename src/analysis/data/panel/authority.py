"""An authority as the panel has it: its code, the years it has figures of, and what it came from or went into."""

from dataclasses import dataclass
from functools import cache

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
    (code,) = codes_in((name,), panel["authority_code"].unique())
    rows = panel[panel["authority_code"] == code]
    predecessors, successors = (names.get(code, ()) for names in _kin())
    return PanelAuthority(
        code=code,
        name=str(rows["authority"].iloc[-1]),
        first_year=int(rows["year"].min()),
        last_year=int(rows["year"].max()),
        predecessors=predecessors,
        successors=successors,
        is_very_small=code in set(very_small_authorities()["authority_code"]),
    )


@cache
def _kin() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return names of predecessors and of successors by code; an authority that was only renumbered has neither."""
    changes = authority_changes()
    changes = changes[~changes["predecessor_code"].isin(newest_code(changes))]
    names = authorities().set_index("authority_code")["name"]
    before, after = (
        changes[other].map(names).groupby(changes[own]).agg(lambda kin: tuple(sorted(set(kin)))).to_dict()
        for own, other in (("successor_code", "predecessor_code"), ("predecessor_code", "successor_code"))
    )
    return before, after
