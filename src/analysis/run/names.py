"""Names that a notebook's parameters may hold, checked before anything runs; light to import, for every check does."""

from dataclasses import dataclass

from analysis.data.definitions.authorities import resolve

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


def check_authority(name: str) -> str:
    """Return the official name of the authority that ``name`` or an ONS code means, so that one has one report.

    Codes joined by ``+`` name an area of constant borders and are returned as they are; where two authorities of
    different years share a name, the older is returned by its code. Raises RequestError with the nearest right one.
    """
    parts = [resolve(part) for part in name.split("+")]
    if len(parts) > 1:
        return name
    (part,) = parts
    return part.name if resolve(part.name) == part else part.code
