"""Children's social work workforce: the census of each worker from 2017, and the returns of totals in 2015
and 2016.
"""

import pandas as pd

from .education_statistics import figures_of
from .layouts import Column, columns_of, listed_columns, long_figures, needed
from .official_files import OfficialFile, read_csv
from .publications import Release

_TOTALS = "SFR"
"""How the names of the files begin that hold returns of totals; all others are censuses of each worker."""
_AUTHORITY, _REGION, _COUNTRY = "LA_code (9 digit)", "Region_code", "Country_code"


def _places(rows: pd.DataFrame, entry: Column) -> tuple[pd.Series, pd.Series]:
    region = rows[_REGION].where(rows[_REGION] != "", rows[_COUNTRY])
    codes = rows[_AUTHORITY].where(rows[_AUTHORITY] != "", region)
    return codes, pd.Series(entry.first_year, index=rows.index)


def _returned_totals(file: OfficialFile, entries: tuple[Column, ...]) -> pd.DataFrame:
    with listed_columns(entries):
        table = read_csv(file, needed(entries, _AUTHORITY, _REGION, _COUNTRY))
    return long_figures(table, entries, file.name, _places)


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures: year to, or count on, 30 September; 2015 and 2016 by other definitions."""
    totals = [
        _returned_totals(file, columns_of(release.source, pattern))
        for pattern, file in release.files.items()
        if pattern.startswith(_TOTALS)
    ]
    censuses = [figures_of(release, pattern) for pattern in release.files if not pattern.startswith(_TOTALS)]
    return pd.concat([*totals, *censuses], ignore_index=True)
