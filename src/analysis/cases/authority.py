"""Which authority a case is of: its code, the years it existed in, and what it came from or went into."""

from dataclasses import dataclass

import pandas as pd

from ..cleaning.authorities import newest_code
from ..cleaning.sample import authority_codes
from ..cleaning.tables import authorities, authority_changes, very_small_authorities
from ..errors import RequestError


@dataclass(frozen=True)
class CaseAuthority:
    """An authority of the panel: code, name, first and last year with figures, and its kin by name."""

    code: str
    name: str
    first_year: int
    last_year: int
    predecessors: tuple[str, ...]
    successors: tuple[str, ...]
    is_very_small: bool


def case_authority(name: str, panel: pd.DataFrame) -> CaseAuthority:
    """Return the authority called ``name`` (or with that code).

    Raises RequestError with the nearest right name; for an authority that ended before the panel begins, with the years.
    """
    known = authorities()
    gone = known[
        (known["name"].str.casefold() == name.casefold()) & ~known["authority_code"].isin(_in_panel(panel))
    ]
    if len(gone) and name.casefold() not in set(panel["authority"].str.casefold()):
        raise RequestError(
            f"{name} ended in {gone['last_year'].iloc[0]}, before the panel's first year, {panel['year'].min()}"
        )
    (code,) = authority_codes((name,), panel)
    rows = panel[panel["authority_code"] == code]
    return CaseAuthority(
        code,
        str(rows["authority"].iloc[-1]),
        int(rows["year"].min()),
        int(rows["year"].max()),
        *_kin(code),
        code in set(very_small_authorities()["authority_code"]),
    )


def _in_panel(panel: pd.DataFrame) -> set[str]:
    return {*panel["authority_code"], *newest_code(authority_changes())}


def _kin(code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of predecessors and successors; an authority that was only renumbered has neither."""
    changes = authority_changes()
    renumbered = newest_code(changes)
    changes = changes[~changes["predecessor_code"].isin(renumbered)]
    names = authorities().set_index("authority_code")["name"]
    before = changes.loc[changes["successor_code"] == code, "predecessor_code"].map(names)
    after = changes.loc[changes["predecessor_code"] == code, "successor_code"].map(names)
    return tuple(sorted(set(before))), tuple(sorted(set(after)))
