"""The layout of the Department for Education's statistics: a row an area and year, identified by standard
columns.
"""

from functools import partial

import pandas as pd

from analysis.errors import DataError, nearest

from .layouts import Column, columns_of, listed_columns, long_figures, needed, years_named
from .official_files import OfficialFile, read_csv
from .publications import Release

_IDENTIFIERS = ("time_period", "geographic_level", "country_code", "region_code", "new_la_code")
_CODE_OF_LEVEL = {"National": "country_code", "Regional": "region_code", "Local authority": "new_la_code"}


def area_codes(table: pd.DataFrame, file: str) -> pd.Series:
    """Return each row's ONS code by its level; codes of a joint return are joined by ``+``."""
    levels = table["geographic_level"]
    wrong = ~levels.isin(_CODE_OF_LEVEL)
    if wrong.any():
        row = table.index[wrong.to_numpy().argmax()]
        raise DataError(
            f"{file} row {row}: column 'geographic_level': unknown level '{levels[row]}'"
            f"{nearest(levels[row], _CODE_OF_LEVEL)}"
        )
    codes = pd.Series("", index=table.index, dtype="str")
    for level, column in _CODE_OF_LEVEL.items():
        codes = codes.mask(levels == level, table[column])
    return codes.str.replace(r"\s*/\s*", "+", regex=True)


def _places(rows: pd.DataFrame, entry: Column, file: str) -> tuple[pd.Series, pd.Series]:
    return area_codes(rows, file), years_named(rows["time_period"], file, "time_period")


def figures_of(release: Release, pattern: str) -> pd.DataFrame:
    """Return the long figures of one file in this layout; raises DataError naming file, row, column and
    value.
    """
    return figures_of_file(release.files[pattern], columns_of(release.source, pattern))


def figures_of_file(file: OfficialFile, entries: tuple[Column, ...]) -> pd.DataFrame:
    """Return the long figures of the columns that ``entries`` list; raises DataError as ``figures_of`` does."""
    with listed_columns(entries):
        table = read_csv(file, needed(entries, *_IDENTIFIERS))
    return long_figures(table, entries, file.name, partial(_places, file=file.name))


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of a publication whose files all have this layout."""
    return pd.concat([figures_of(release, pattern) for pattern in release.files], ignore_index=True)
