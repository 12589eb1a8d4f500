"""Names that a notebook's parameters may hold, checked before anything runs; light to import, for every check does."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .errors import unknown

# What an annotation in a notebook's `parameters` cell promises of a text.
IndicatorName = str
AuthorityName = str
ClaimName = str
Year = int


@dataclass(frozen=True)
class Between:
    """Least and most of a number, as in ``draws: Annotated[int, Between(19, 99_999)] = 999``."""

    least: float
    most: float


@cache
def _authorities() -> dict[str, str]:
    with files(__package__).joinpath("cleaning/authorities.csv").open(encoding="utf-8", newline="") as stream:
        return {row["authority_code"]: row["name"] for row in csv.DictReader(stream)}


def check_authority(name: str) -> str:
    """Return ``name`` where it is the name or ONS code of an authority since 2009.

    Raises RequestError with the nearest right one.
    """
    known = _authorities()
    if name in known or name.casefold() in {entry.casefold() for entry in known.values()}:
        return name
    raise unknown("authority", name, [*known.values(), *known])
