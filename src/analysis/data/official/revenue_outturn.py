"""Revenue outturn RO3 and RSX: total expenditure by service, published in thousands of pounds."""

import pandas as pd

from analysis.data.cleaning.tables import authorities
from analysis.data.definitions.authorities import ENGLAND_CODE

from .layouts import Column, columns_of, long_figures, needed
from .official_files import read_sheet
from .publications import Release
from .values import in_pounds

_CODE = "ONS Code"


def _places(rows: pd.DataFrame, entry: Column) -> tuple[pd.Series, pd.Series]:
    kept = rows[_CODE].isin([ENGLAND_CODE, *authorities()["authority_code"]])
    return rows[_CODE].where(kept), pd.Series(entry.first_year, index=rows.index)


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of England and the upper-tier authorities, in pounds."""
    parts = []
    for pattern, file in release.files.items():
        entries = columns_of(release.source, pattern)
        table = read_sheet(file, "E-code", needed(entries, _CODE))
        parts.append(long_figures(table, entries, file.name, _places))
    amounts = pd.concat(parts, ignore_index=True)
    published = amounts["value"] != ""
    amounts.loc[published, "value"] = amounts.loc[published, "value"].map(in_pounds)
    return amounts
