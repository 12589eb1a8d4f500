"""The reports that the package was measured on, by the hash of their bytes, and the doubts that a look dispelled.

A hash tells a file that was measured from a changed one. It clears no doubt by itself: ``looked_at.csv`` says of which
reports the publisher's own slip raises one, and that holds for those bytes alone. A changed file is told and not kept
out, as publishers do issue reports anew.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MEASURED, CHANGED, NEW = "as measured", "changed since measured", "new"
"""What a file is to the package: the very bytes, another file of a known report, or a report not known."""

REPORTS, LOOKED_AT = "reports.csv", "looked_at.csv"
COLUMNS = ("report", "sha256", "authority", "inspection_start")


@dataclass(frozen=True)
class _Known:
    """``names`` by hash; ``identities`` are the files' names, and pairs of authority and first day."""

    names: Mapping[str, str]
    identities: frozenset[str | tuple[str, str]]


def _rows(name: str) -> list[dict[str, str]]:
    with files(__package__).joinpath(name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def _known() -> _Known:
    rows = _rows(REPORTS)
    names = {row["sha256"]: row["report"] for row in rows}
    pairs = {(row["authority"], row["inspection_start"]) for row in rows}
    return _Known(names, frozenset(pairs | set(names.values())))


@cache
def _looked_at() -> dict[str, frozenset[str]]:
    return {row["report"]: frozenset(row["fields"].split()) for row in _rows(LOOKED_AT)}


def make_ready() -> None:
    """Read the tables of reports, so that processes forked from this one have them."""
    dispelled("")


def standing(file: str, digest: str, authority: str, first_day: str) -> str:
    """Return whether a report is ``MEASURED``, ``CHANGED`` or ``NEW``."""
    known = _known()
    if digest in known.names:
        return MEASURED
    is_known = file in known.identities or (authority, first_day) in known.identities
    return CHANGED if is_known else NEW


def dispelled(digest: str) -> frozenset[str]:
    """Return the fields whose doubts were looked at, in a file of exactly these bytes, and found to be slips in print."""
    return _looked_at().get(_known().names.get(digest, ""), frozenset())
