"""Official tables to long figures by `columns.csv`: which column, of which rows, is which indicator in which
years.

Long figures have ``authority_code, year, indicator, value, marker`` as text (year: int) and, for messages,
``file``, ``row`` (1-based data row of the official file) and ``column``.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

import pandas as pd

from analysis.data.definitions.checks import MissingColumnError
from analysis.data.definitions.indicators import dictionary
from analysis.errors import DataError, nearest
from analysis.files.csv_files import read_table

from .official_files import alternatives
from .values import read_values, sum_values

_FILE = "columns.csv"
_YEAR = re.compile(r"(\d{4})(?:[-/](\d{2}))?(?: \((?:OT|Rev|Final|prov)\))?")

Places = Callable[[pd.DataFrame, "Column"], tuple[pd.Series, pd.Series]]
"""From the rows of one column: their authority codes (missing: left out) and their years."""


@dataclass(frozen=True)
class Column:
    """One row of `columns.csv`, on its ``line``: ``column`` of ``file`` where ``filter`` holds is ``indicator`` in these
    years. Several columns, joined by `` && ``, are summed: bands of a count.
    """

    source: str
    file: str
    column: str
    filter: tuple[tuple[str, str], ...]
    indicator: str
    first_year: int
    last_year: int
    line: int = 0

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that the file must have."""
        return (*self.summands, *(name for name, _ in self.filter))

    @property
    def summands(self) -> tuple[str, ...]:
        """The columns whose sum is the figure; one in most cases."""
        return tuple(self.column.split(" && "))


def _column(line: int, row: dict[str, str]) -> Column:
    pairs = [part.partition("=") for part in row["filter"].split(" && ") if part]
    return Column(
        **{name: row[name] for name in ("source", "file", "column", "indicator")},
        filter=tuple((name, value) for name, _, value in pairs),
        first_year=int(row["first_year"]),
        last_year=int(row["last_year"] or 9999),
        line=line,
    )


@cache
def _columns() -> tuple[Column, ...]:
    names = ("source", "file", "column", "filter", "indicator", "first_year", "last_year")
    filled, years = (*names[:3], *names[4:6]), names[5:]
    path = files(__package__).joinpath(_FILE)
    rows = read_table(path, names, names[:6], filled, years)
    for line, row in enumerate(rows, start=2):
        if row["indicator"] not in dictionary():
            raise DataError(
                f"{_FILE} row {line}: column 'indicator': unknown indicator '{row['indicator']}'"
                f"{nearest(row['indicator'], dictionary())}"
            )
    return tuple(_column(line, row) for line, row in enumerate(rows, start=2))


def columns(source: str) -> tuple[Column, ...]:
    """Return the rows of `columns.csv` for a publication; raises DataError with file and row for a damaged table."""
    return tuple(entry for entry in _columns() if entry.source == source)


def columns_of(source: str, file: str) -> tuple[Column, ...]:
    """Return the rows of `columns.csv` for one file (its name, or its pattern in publications.yml) of a publication."""
    names = alternatives(file)
    return tuple(
        entry
        for entry in columns(source)
        if any(entry.file == name or fnmatchcase(name, entry.file) for name in names)
    )


@contextmanager
def listed_columns(entries: Iterable[Column]) -> Iterator[None]:
    """Let the error of a column that is gone name the line of `columns.csv` to edit."""
    try:
        yield
    except MissingColumnError as error:
        lines = [entry.line for entry in entries if error.column in entry.needed]
        if not lines:
            raise
        raise DataError(f"{error}; if it was renamed, edit {_place(lines)}") from error


def _place(lines: list[int]) -> str:
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))} of {_FILE}"


def needed(entries: Iterable[Column], *more: str) -> tuple[str, ...]:
    """Return the columns that a file must have for ``entries``, with ``more``."""
    return tuple(dict.fromkeys([*more, *(name for entry in entries for name in entry.needed)]))


def _chosen_rows(table: pd.DataFrame, entry: Column, file: str) -> pd.DataFrame:
    for name, value in entry.filter:
        rows = table[name] == value
        if not rows.any():
            hint = nearest(value, table[name].unique())
            more = f"; if it was renamed, edit {_place([entry.line])}" if entry.line else ""
            raise DataError(f"{file}: column '{name}' has no '{value}'{hint}{more}")
        table = table[rows]
    return table


def long_figures(table: pd.DataFrame, entries: Iterable[Column], file: str, places: Places) -> pd.DataFrame:
    """Turn a text table (index: data row) into long figures, a row each cell of a listed column.

    ``places`` gives each row's authority code and year. Raises DataError naming file, row, column and value.
    """
    parts = []
    for entry in entries:
        rows = _chosen_rows(table, entry, file)
        codes, years = places(rows, entry)
        kept = codes.notna() & years.between(entry.first_year, entry.last_year)
        cells = sum_values([read_values(rows.loc[kept, name], file, name) for name in entry.summands])
        parts.append(
            cells.assign(
                authority_code=codes[kept], year=years[kept], indicator=entry.indicator, column=entry.column
            )
        )
    return pd.concat(parts).rename_axis("row").reset_index().assign(file=file)


def years_named(names: pd.Series, file: str, column: str) -> pd.Series:
    """Return the year that each text names; a financial year (``2016-17``, ``2014/15``) is the year in which
    it ends.

    Raises DataError naming file, row, column and value for a text that names no year.
    """
    years = {name: _year_named(name) for name in names.unique()}
    unnamed = [name for name, year in years.items() if year is None]
    if unnamed:
        row = names.index[(names == unnamed[0]).to_numpy().argmax()]
        raise DataError(f"{file} row {row}: column '{column}': '{unnamed[0]}' names no year")
    return names.map(years).astype("int64")


def _year_named(name: str) -> int | None:
    match = _YEAR.fullmatch(name)
    if not match or (match[2] and (int(match[1]) + 1) % 100 != int(match[2])):
        return None
    return int(match[1]) + bool(match[2])
