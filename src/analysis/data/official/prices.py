"""Consumer prices: the annual average change in per cent, as the Office for National Statistics gives the
series D7G7.
"""

import re

import pandas as pd

from analysis.data.definitions.checks import check_keys
from analysis.data.definitions.reach import PRICES
from analysis.errors import DataError

from .official_files import read_rows
from .publications import Release

COLUMNS = ("year", PRICES)


def table(release: Release) -> pd.DataFrame:
    """Return ``year, cpi_annual_rate_percent`` (text), a row a calendar year.

    Reads the publisher's own file too, which has notes above and quarters and months below the years. Raises
    DataError where a rate is no number or no row names a year.
    """
    (file,) = release.files.values()
    years = []
    for number, row in enumerate(read_rows(file), start=1):
        if row and re.fullmatch(r"\d{4}", row[0].strip()):
            if len(row) != len(COLUMNS) or not re.fullmatch(r"-?\d+(\.\d+)?", row[1].strip()):
                raise DataError(
                    f"{file.name} row {number}: column '{COLUMNS[1]}': {row[1:]} is no rate in per cent"
                )
            years.append([cell.strip() for cell in row])
    if not years:
        raise DataError(f"{file.name}: no row names a year; is it another file?")
    rates = pd.DataFrame(years, columns=list(COLUMNS)).sort_values("year")
    check_keys(rates, ["year"], file.name)
    _check_span(rates["year"].astype(int), file.name)
    return rates


def _check_span(years: pd.Series, file: str) -> None:
    """Raise DataError where a year is missing between the first and the last: prices are chained from year to year."""
    for year in range(years.min(), years.max() + 1):
        if year not in set(years):
            raise DataError(
                f"{file}: no row of {year}; prices of the years around it can't be chained without"
            )
