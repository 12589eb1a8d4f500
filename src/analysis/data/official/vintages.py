"""Publications as they were released earlier: the figures of authorities that were revised since."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from analysis.data.cleaning import tables
from analysis.data.cleaning.boundary_changes import use_newest_codes
from analysis.data.definitions import checks
from analysis.errors import DataError, listed, nearest
from analysis.files.csv_files import read_table

from . import education_statistics, interactive_tool
from .layouts import Column, columns_of
from .official_files import OfficialFile, alternatives, edition
from .publications import Publication, Release, publications

COLUMNS = ("release", "authority_code", "year", "indicator", "value", "marker")
KEY = ("release", "indicator", "authority_code", "year")
_NOT_COMPARED = "not_compared.csv"
_READERS: Mapping[str, Callable[[OfficialFile, tuple[Column, ...]], pd.DataFrame]] = {
    "social_work_workforce": education_statistics.figures_of_file,
    "interactive_tool": interactive_tool.figures_of,
}
"""How a file is read, by the publication whose releases are compared."""
_AUTHORITY = r"E(?:0[6-9]|10)"
_COUNTED_WITH_ANOTHER = "z"
"""Marker in the row of an authority whose figures stand in another's: not applicable."""


@cache
def not_compared() -> Mapping[tuple[str, str], str]:
    """Return why an indicator isn't compared over releases, by publication of vintages and indicator (``not_compared.csv``).

    Raises DataError, with file and row, for a damaged table or a name that nothing has.
    """
    names = ("source", "indicator", "reason")
    rows = read_table(files(__package__).joinpath(_NOT_COMPARED), names, names[:2], names)
    for line, row in enumerate(rows, start=2):
        own = publications().get(row["source"])
        if own is None or not own.vintages_of:
            raise DataError(
                f"{_NOT_COMPARED} row {line}: column 'source': no publication of vintages '{row['source']}'"
                f"{nearest(row['source'], [name for name, entry in publications().items() if entry.vintages_of])}"
            )
        read = [entry.indicator for entry in _columns_today(own)]
        if row["indicator"] not in read:
            raise DataError(
                f"{_NOT_COMPARED} row {line}: column 'indicator': '{row['indicator']}' isn't read from "
                f"{_current_pattern(own)}{nearest(row['indicator'], read)}"
            )
    return {(row["source"], row["indicator"]): row["reason"] for row in rows}


def _current_pattern(own: Publication) -> str:
    """Return the pattern of the release that others are compared with: the one that the figures in use are made of."""
    shared = [pattern for pattern in own.files if pattern in publications()[own.vintages_of].files]
    if len(shared) != 1:
        raise DataError(
            f"publications.yml: {own.source}: files: {len(shared)} of them are files of {own.vintages_of} too; name the "
            "one that is the current release"
        )
    return shared[0]


def _columns_in(name: str) -> tuple[Column, ...]:
    """Return every column that publications take from a file: some share one."""
    sources = [source for source, publication in publications().items() if not publication.vintages_of]
    return tuple(entry for source in sources for entry in columns_of(source, name))


def _columns_today(own: Publication) -> tuple[Column, ...]:
    """Return the columns of the current release's layout, the first that its pattern gives."""
    return _columns_in(alternatives(_current_pattern(own))[0])


def current_name(own: Publication, names: Iterable[str]) -> str:
    """Return the file of the current release among the ``names`` of a publication of vintages: the newest that fits."""
    patterns = alternatives(_current_pattern(own))
    fitting = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if not fitting:
        raise DataError(
            f"{own.source}: no official file fits {_current_pattern(own)}, the current release; get it"
        )
    return max(fitting, key=lambda name: (edition(name), name))


def compared_indicators(source: str) -> tuple[str, ...]:
    """Return what a publication of vintages compares: all indicators of the current file but those ``not_compared``."""
    read = [entry.indicator for entry in _columns_today(publications()[source])]
    return tuple(name for name in read if (source, name) not in not_compared())


def release_label(name: str) -> str:
    """Return the release that the file's ``name`` ends in: the year of its census (2022), or year and month (2024-11)."""
    match = re.search(r"_(\d{4}(?:-\d{2})?)(?:-\d{2})?\.\w+$", name)
    if not match:
        raise DataError(
            f"{name}: the name doesn't end in the year or day of its release, as in …_2017_to_2024.csv or "
            "…_2024-11-19.parquet"
        )
    return match[1]


def _figures(file: OfficialFile, own: Publication) -> pd.DataFrame:
    """Authorities' figures of one release, whose layout is the one that its name has, or else that of today."""
    entries = _columns_in(file.name) or _columns_today(own)
    asked = compared_indicators(own.source)
    entries = tuple(entry for entry in entries if entry.indicator in asked)
    figures = _READERS[own.vintages_of](file, entries)
    return _under_joint_codes(
        figures[figures["authority_code"].str.match(_AUTHORITY, na=False)], own.vintages_of
    )


def _under_joint_codes(figures: pd.DataFrame, source: str) -> pd.DataFrame:
    """Put a joint return that stands under one of its authorities under the codes joined, as later releases have it."""
    joint = tables.joint_returns()
    joint = joint[(joint["source"] == source) & joint["published_code"].str.contains("+", regex=False)]
    for row in joint.itertuples(index=False):
        is_member = figures["authority_code"].isin(row.member_codes.split("+"))
        is_member &= figures["year"].between(row.first_year, row.last_year)
        figures = figures[~(is_member & (figures["marker"] == _COUNTED_WITH_ANOTHER))]
        codes = figures["authority_code"].mask(is_member.reindex(figures.index), row.published_code)
        figures = figures.assign(authority_code=codes)
    return figures


def _numbers(figures: pd.DataFrame) -> pd.Series:
    """Values by newest code, year and indicator, however a release has coded authorities since."""
    coded = use_newest_codes(figures, tables.authority_changes())
    keys = pd.MultiIndex.from_frame(coded[["authority_code", "year", "indicator"]])
    return pd.Series(pd.to_numeric(figures["value"].replace("", None)).to_numpy(dtype=float), index=keys)


def revised(earlier: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``earlier`` whose value isn't that of ``current``, or that is withheld in one of them.

    Both are long figures of authorities (authority_code, year, indicator, value and marker as text). A change of the
    marker alone is none, nor is a figure that only ``current`` has.
    """
    then, now = _numbers(earlier), _numbers(current)
    same = np.isclose(then, now.reindex(then.index), rtol=0, atol=1e-9, equal_nan=True)
    return earlier[~same]


def table(release: Release) -> pd.DataFrame:
    """Return the figures of earlier releases that were revised since (``COLUMNS``, values as text), sorted by ``KEY``.

    The release that others are compared with is the file that the publication in use has too; the others' names end in
    the year of their census, or the day on which they came out. Values are in the unit of their indicator. Raises
    DataError where a name ends otherwise, there is no reader for the publication's files, or a figure of a release is
    repeated or out of its range.
    """
    own = release.publication
    if own.vintages_of not in _READERS:
        raise DataError(
            f"publications.yml: {own.source}: vintages_of: no reader of earlier releases of '{own.vintages_of}'; "
            f"there are those of {', '.join(_READERS)}"
        )
    newest = current_name(own, (file.name for file in release.files.values()))
    current = _figures(next(file for file in release.files.values() if file.name == newest), own)
    parts = [
        revised(_figures(file, own), current).assign(release=release_label(file.name))
        for file in release.files.values()
        if file.name != newest
    ]
    revisions = pd.concat(parts, ignore_index=True)
    typed = revisions.assign(value=pd.to_numeric(revisions["value"].replace("", None)).astype("float64"))
    where = f"{release.source}.csv"
    checks.check_keys(typed, KEY, where)
    checks.check_types(typed, where)
    checks.check_ranges(typed, where)
    return revisions.sort_values(list(KEY), kind="stable")[list(COLUMNS)]


def release_told(own: Publication, names: Sequence[str]) -> str:
    """Return which releases are compared, by the ``names`` of their files: ``2022, 2023 and 2024, beside 2025``."""
    newest = current_name(own, names)
    earlier = sorted(release_label(name) for name in names if name != newest)
    return f"{listed(earlier)}, beside {edition(newest) or 'the release in use'}"
