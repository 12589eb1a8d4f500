"""The children in need census: the standard layout from 2013 on; before, a file a year with a row an authority."""

from collections.abc import Iterable

import pandas as pd

from analysis.data.definitions.authorities import ENGLAND_CODE

from .areas import codes_of_numbers
from .education_statistics import figures_of
from .layouts import Column, columns_of, long_figures, needed
from .official_files import OfficialFile, read_csv
from .publications import Release

_LEVEL, _NUMBER = "geog_l", "geog_c"
_NATIONAL = "National"


def is_one_year(entries: Iterable[Column]) -> bool:
    """Return whether a file is of one year, as those before the standard layout are: its columns name the year."""
    return all(entry.first_year == entry.last_year for entry in entries)


def figures_of_one_year(file: OfficialFile, entries: tuple[Column, ...]) -> pd.DataFrame:
    """Return the long figures of a file of one year; England stands among the authorities, under the Isle of Wight's number.

    Raises DataError naming file, row, column and value.
    """
    table = read_csv(file, needed(entries, _LEVEL, _NUMBER))

    def places(rows: pd.DataFrame, entry: Column) -> tuple[pd.Series, pd.Series]:
        years = pd.Series(entry.first_year, index=rows.index)
        own = rows[rows[_LEVEL] != _NATIONAL]
        indicators = pd.Series(entry.indicator, index=own.index)
        codes = codes_of_numbers(own[_NUMBER], years[own.index], indicators, file.name, _NUMBER)
        return codes.reindex(rows.index).mask(rows[_LEVEL] == _NATIONAL, ENGLAND_CODE), years

    return long_figures(table, entries, file.name, places)


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of a publication whose files have the standard layout, or are of one year."""
    parts = []
    for pattern, file in release.files.items():
        entries = columns_of(release.source, pattern)
        parts.append(
            figures_of_one_year(file, entries) if is_one_year(entries) else figures_of(release, pattern)
        )
    return pd.concat(parts, ignore_index=True)
