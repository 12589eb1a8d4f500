"""Whose report it is: the authority of a file's name, of its text, and reports that stand twice."""

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from ..cleaning.tables import authorities
from .grades import plain

# «80578_west-sussex_2016-01-20.pdf»: number, authority, day of publication.
_FILE_NAME = re.compile(r"^\d+_(?P<authority>[a-z&-]+)_(?P<published>\d{4}-\d{2}-\d{2})(?:\D.*)?\.pdf$", re.I)
# Words that names of one authority have or lack as it pleases the writer.
_FILLERS = {
    "and",
    "of",
    "the",
    "upon",
    "on",
    "in",
    "with",
    "royal",
    "london",
    "borough",
    "county",
    "city",
} | {"council", "metropolitan", "district", "unitary", "corporation", "authority"}
_CITY_OF_LONDON = re.compile(r"city of london|london corporation|corporation of london")


def name_key(name: str) -> tuple[str, ...]:
    """Return the words that tell one authority from another, in order."""
    text = plain(name).replace("&", " ").replace("-", " ").replace(",", " ")
    if _CITY_OF_LONDON.search(text):
        return ("city of london",)
    return tuple(word for word in re.findall(r"[a-z']+", text) if word not in _FILLERS)


@cache
def _known() -> dict[tuple[str, ...], str]:
    """Return the known names by their key, those with most words first: «west berkshire» before «berkshire»."""
    with files(__package__).joinpath("aliases.csv").open(encoding="utf-8", newline="") as stream:
        names = {name_key(row["alias"]): row["name"] for row in csv.DictReader(stream)}
    names |= {name_key(name): name for name in authorities()["name"]}
    return dict(sorted(names.items(), key=lambda item: -len(item[0])))


def authority_in(title: str) -> str | None:
    """Return the known authority that a title names, or None; the name with most words wins."""
    words = " ".join(name_key(title))
    for key, name in _known().items():
        if key and re.search(rf"(?<![a-z']){re.escape(' '.join(key))}(?![a-z'])", words):
            return name
    return None


def named_in_file(file: str) -> tuple[str, str] | None:
    """Return authority and day of publication of a file's name in the publisher's pattern, or None."""
    found = _FILE_NAME.match(file)
    return (found["authority"].replace("-", " "), found["published"]) if found else None


def mismatch(file: str, authority: str) -> str | None:
    """Return what is wrong where a file's name says another authority than its text, or None."""
    named = named_in_file(file)
    if named is None or name_key(named[0]) == name_key(authority):
        return None
    return f"the file's name says {named[0]}, its text {authority}"


def twins(days: Sequence[tuple[str, str] | None]) -> dict[int, int]:
    """Return for each position whose (authority, first day) stood before the position of its first."""
    first: dict[tuple[str, str], int] = {}
    found = {}
    for position, key in enumerate(days):
        if key is not None and first.setdefault(key, position) != position:
            found[position] = first[key]
    return found
