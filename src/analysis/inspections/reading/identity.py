"""Whose report it is: the authority of a file's name, of its text, and reports that stand twice."""

import re
from collections.abc import Sequence
from functools import cache

from analysis.data.definitions.authorities import name_key, other_names, rows

# «80578_west-sussex_2016-01-20.pdf»: number, authority, day of publication.
_FILE_NAME = re.compile(r"^\d+_(?P<authority>[a-z&-]+)_(?P<published>\d{4}-\d{2}-\d{2})(?:\D.*)?\.pdf$", re.I)


@cache
def _known() -> dict[str, str]:
    """Return the known names by their words, those with most words first: «west berkshire» before «berkshire»."""
    names = {name_key(row["other_name"]): row["name"] for row in other_names() if row["in_report_titles"]}
    names |= {name_key(row["name"]): row["name"] for row in rows()}
    return {" ".join(key): name for key, name in sorted(names.items(), key=lambda item: -len(item[0])) if key}


def make_ready() -> None:
    """Read the tables of names, so that processes forked from this one have them."""
    _known()


def authority_in(title: str) -> str | None:
    """Return the known authority that a title names, or None; the name with most words wins."""
    words = (
        f" {' '.join(name_key(title))} "  # a key has words and single spaces only, so that spaces bound it
    )
    return next((name for key, name in _known().items() if f" {key} " in words), None)


def named_in_file(file: str) -> tuple[str, str] | None:
    """Return authority and day of publication of a file's name in the publisher's pattern, or None."""
    match = _FILE_NAME.match(file)
    return (match["authority"].replace("-", " "), match["published"]) if match else None


def mismatch(file: str, authority: str) -> str | None:
    """Return what is wrong where a file's name says another authority than its text, or None."""
    named = named_in_file(file)
    if named is None or name_key(named[0]) == name_key(authority):
        return None
    return f"the file's name says {named[0]}, its text {authority}"


def twins(days: Sequence[tuple[str, str] | None]) -> dict[int, int]:
    """Return for each position whose (authority, first day) stood before the position of its first."""
    first: dict[tuple[str, str], int] = {}
    repeats = {}
    for position, key in enumerate(days):
        if key is not None and first.setdefault(key, position) != position:
            repeats[position] = first[key]
    return repeats
