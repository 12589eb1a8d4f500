"""Indices of deprivation 2019: summaries of upper-tier authorities."""

import pandas as pd

from .layouts import Column, columns_of, long_figures, needed
from .official_files import read_csv
from .publications import Release

_CODE = "Upper Tier Local Authority District code (2019)"


def _places(rows: pd.DataFrame, entry: Column) -> tuple[pd.Series, pd.Series]:
    return rows[_CODE], pd.Series(entry.first_year, index=rows.index)


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures: average score and average rank."""
    (pattern,) = release.files
    file = release.files[pattern]
    entries = columns_of(release.source, pattern)
    return long_figures(read_csv(file, needed(entries, _CODE)), entries, file.name, _places)
