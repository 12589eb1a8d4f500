"""Local statistics of the Office for National Statistics: a row an area and period, every area of the United Kingdom.

The publisher gives every year on the authorities of the release, so that a county that was divided has no figures.
"""

from functools import partial

import pandas as pd

from analysis.data.cleaning.boundary_changes import newest_code
from analysis.data.cleaning.tables import authorities, authority_changes
from analysis.data.definitions.authorities import ENGLAND_CODE

from .areas import check_all_present
from .layouts import Column, columns_of, long_figures, needed, years_named
from .official_files import OfficialFile, read_csv
from .publications import Release

_AREA, _PERIOD, _VALUE, _STATUS = "areacd", "period", "observation", "status"


def _places(rows: pd.DataFrame, entry: Column, file: str) -> tuple[pd.Series, pd.Series]:
    # A period is a day, or a first day and a length: 2024-04-17, 2024-01-01/P1Y.
    years = years_named(rows[_PERIOD].str.replace(r"-\d{2}-\d{2}(/P1Y)?$", "", regex=True), file, _PERIOD)
    codes = rows[_AREA]
    return codes.where(
        codes.isin(authorities()["authority_code"]) | codes.str.match(f"{ENGLAND_CODE}|E12")
    ), years


def _figures_of(file: OfficialFile, entries: tuple[Column, ...]) -> pd.DataFrame:
    table = read_csv(file, needed(entries, _AREA, _PERIOD, _STATUS))
    check_all_present(table[_AREA].replace(newest_code(authority_changes())), file.name)
    # Where there is no value, the marker stands in a column of its own.
    table[_VALUE] = table[_VALUE].where(table[_VALUE] != "", table[_STATUS])
    return long_figures(table, entries, file.name, partial(_places, file=file.name))


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of England, its regions and authorities; raises DataError where one of today's is missing."""
    return pd.concat(
        [_figures_of(file, columns_of(release.source, pattern)) for pattern, file in release.files.items()],
        ignore_index=True,
    )
