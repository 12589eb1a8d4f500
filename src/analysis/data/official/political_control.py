"""Open Council Data UK: a row a council of Great Britain and year, its seats by party after that year's elections.

Councils stand under names alone, and a name is of whoever bore it then: «Dorset» is the county to 2018. A council elected
before its first day of duty, as Cumberland's was in 2022, runs nothing yet and is left out.
"""

from functools import partial

import pandas as pd

from analysis.data.cleaning.boundary_changes import newest_code
from analysis.data.cleaning.tables import authority_changes
from analysis.data.definitions.authorities import code_at
from analysis.errors import DataError

from .areas import check_all_present, existed
from .layouts import Column, columns, long_figures, needed, years_named
from .official_files import OfficialFile, read_csv
from .publications import Release

_NAME, _YEAR = "authority", "year"
_PARTIES = ("con", "lab", "ld", "green", "ukip", "ref", "pc", "snp", "other")
_SEATS = "total"


def _check_seats(table: pd.DataFrame, file: str) -> None:
    """Raise DataError where the parties' seats aren't those of the whole council."""
    seats = table[[_SEATS, *_PARTIES]].apply(pd.to_numeric, errors="coerce")
    wrong = seats[list(_PARTIES)].sum(axis=1) != seats[_SEATS]
    if wrong.any():
        row = table.index[wrong.to_numpy().argmax()]
        raise DataError(
            f"{file} row {row}: {table.loc[row, _NAME]} {table.loc[row, _YEAR]}: the parties' seats add up to "
            f"{seats.loc[row, list(_PARTIES)].sum():g}, column '{_SEATS}' has {table.loc[row, _SEATS]}"
        )


def _places(rows: pd.DataFrame, entry: Column, file: str) -> tuple[pd.Series, pd.Series]:
    return rows["authority_code"], years_named(rows[_YEAR], file, _YEAR)


def _codes(table: pd.DataFrame, file: str) -> pd.Series:
    """The code that each council had after the elections; missing for other tiers, and before its first day of duty."""
    years = years_named(table[_YEAR], file, _YEAR)
    codes = pd.Series(
        [code_at(name, f"{year}-05-31") for name, year in zip(table[_NAME], years, strict=True)], table.index
    )
    return codes.where(codes.notna() & existed(codes, years, pd.Series("may", table.index)))


def _read(file: OfficialFile, entries: tuple[Column, ...]) -> pd.DataFrame:
    table = read_csv(file, needed(entries, _NAME, _YEAR, _SEATS, *_PARTIES))
    _check_seats(table, file.name)
    codes = _codes(table, file.name)
    check_all_present(codes.dropna().replace(newest_code(authority_changes())), file.name)
    return table.assign(authority_code=codes)[codes.notna()]


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures of upper-tier authorities; raises DataError where one of today's is missing, or where the
    parties' seats aren't the council's.
    """
    (file,) = release.files.values()
    entries = columns(release.source)
    return long_figures(_read(file, entries), entries, file.name, partial(_places, file=file.name))
