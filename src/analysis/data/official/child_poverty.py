"""Children in relative low income: a wide table of names and financial years, for the whole of the United
Kingdom.

The publisher gives every year on the authorities of the release; a name stands for its latest code.
"""

from functools import partial

import pandas as pd

from analysis.errors import DataError

from .areas import check_all_present, codes_of_names
from .layouts import Column, columns, long_figures, years_named
from .official_files import OfficialFile, read_rows
from .publications import Release

_YEARS = "Year"
_NAME_CELL = 1


def _table(file: OfficialFile, value_column: str) -> pd.DataFrame:
    """One row an area and year: ``name``, ``Year``, the value; index the line of the file."""
    rows = read_rows(file)
    starts = [number for number, row in enumerate(rows) if row and row[0] == _YEARS]
    if not starts:
        raise DataError(f"{file.name}: has no row that starts with '{_YEARS}'; is it another table?")
    heading = rows[starts[0]]
    parts = []
    for number, row in enumerate(rows[starts[0] + 2 :], start=starts[0] + 3):
        if any(row) and len(row) != len(heading):
            raise DataError(
                f"{file.name} row {number}: {len(row)} cells, {len(heading)} expected; the file is cut"
            )
        parts += [(number, row[_NAME_CELL], *pair) for pair in zip(heading[2:], row[2:], strict=False)]
    return (
        pd.DataFrame(parts, columns=["row", "name", _YEARS, value_column], dtype="str")
        .astype({"row": int})
        .set_index("row")
    )


def _places(rows: pd.DataFrame, entry: Column, file: str) -> tuple[pd.Series, pd.Series]:
    return rows["authority_code"], years_named(rows[_YEARS], file, _YEARS)


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of England's upper-tier authorities; raises DataError where one's name is
    missing.
    """
    (file,) = release.files.values()
    (entry,) = columns(release.source)
    table = _table(file, entry.column)
    codes = codes_of_names(table["name"])
    check_all_present(codes, file.name)
    kept = table.assign(authority_code=codes)[codes.notna()]
    return long_figures(kept, [entry], file.name, partial(_places, file=file.name))
