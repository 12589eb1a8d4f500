"""The Local Authority Interactive Tool: one long table of hundreds of measures by authority, region and year.

It lists an authority and its predecessors side by side in every year, and sometimes repeats the predecessor's
value under the successor; only the rows of authorities that existed in the year are figures.
"""

from functools import partial

import pandas as pd

from .areas import codes_of_numbers
from .layouts import Column, columns_of, listed_columns, long_figures, needed, years_named
from .official_files import OfficialFile, read_parquet
from .publications import Release

PATTERN = "bds_long_*.parquet"
_MEASURE = "Short Desc"


def _places(rows: pd.DataFrame, entry: Column, file: str) -> tuple[pd.Series, pd.Series]:
    years = years_named(rows["Years"], file, "Years")
    indicators = pd.Series(entry.indicator, index=rows.index)
    return codes_of_numbers(rows["LA Number"], years, indicators, file), years


def figures_of(file: OfficialFile, entries: tuple[Column, ...]) -> pd.DataFrame:
    """Return the long figures of the measures that ``entries`` list."""
    measures = [value for entry in entries for name, value in entry.filter if name == _MEASURE]
    with listed_columns(entries):
        table = read_parquet(file, _MEASURE, measures, needed(entries, "Years", "LA Number"))
    return long_figures(table, entries, file.name, partial(_places, file=file.name))


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of the tool's own indicators."""
    return figures_of(release.files[PATTERN], columns_of(release.source, PATTERN))
