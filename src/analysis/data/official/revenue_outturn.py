"""Revenue outturn RO3 and RSX: total expenditure by service, published in thousands of pounds."""

from functools import partial

import pandas as pd

from analysis.data.cleaning.tables import authorities
from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.errors import DataError

from .layouts import Column, columns_of, listed_columns, long_figures, needed, years_named
from .official_files import edition, read_sheet
from .publications import Release
from .values import in_pounds

_CODE = "ONS Code"


def _places(rows: pd.DataFrame, entry: Column, file: str) -> tuple[pd.Series, pd.Series]:
    """A file holds one financial year, which its name alone gives."""
    kept = rows[_CODE].isin([ENGLAND_CODE, *authorities()["authority_code"]])
    if "-" not in edition(file):
        raise DataError(
            f"{file}: its name gives no financial year, as in RO3_LA_Data_2024-25.ods; rename it so"
        )
    year = years_named(pd.Series([edition(file)]), file, "file name").iloc[0]
    return rows[_CODE].where(kept), pd.Series(year, index=rows.index)


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of England and the upper-tier authorities, in pounds."""
    parts = []
    for pattern, file in release.files.items():
        entries = columns_of(release.source, pattern)
        with listed_columns(entries):
            table = read_sheet(file, "E-code", needed(entries, _CODE))
        parts.append(long_figures(table, entries, file.name, partial(_places, file=file.name)))
    amounts = pd.concat(parts, ignore_index=True)
    published = amounts["value"] != ""
    amounts.loc[published, "value"] = amounts.loc[published, "value"].map(in_pounds)
    return amounts
