"""Section 251 outturn: gross totals of children's services, from eight releases by line and then from the tool.

`section_251_lines.csv` says where each release keeps an indicator's total and which lines add up to it; the
sum is checked in every authority.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from analysis.errors import DataError
from analysis.files.csv_files import read_table

from . import interactive_tool
from .areas import codes_of_numbers
from .layouts import columns_of
from .official_files import OfficialFile, read_csv, read_sheet
from .publications import Release
from .values import read_values

ROUNDING_GBP = 10
"""How far a total may lie from the sum of its lines, which are rounded to a pound each."""


@cache
def lines() -> pd.DataFrame:
    """Return `section_251_lines.csv`: release, columns, indicator, its line and the lines that add up to it
    (text).
    """
    names = (
        "year", "file", "number_column", "line_column", "value_column", "indicator", "line", "component_lines",
    )  # fmt: skip
    path = files(__package__).joinpath("section_251_lines.csv")
    rows = read_table(path, names, ("file", "indicator"), names[:-1], ("year", "line"))
    return pd.DataFrame(rows, dtype="str")


def _check_sum(amounts: pd.DataFrame, row: Any, file: str) -> None:
    """``amounts``: pounds by LA number (index) and line (columns)."""
    if not row.component_lines:
        return
    components = amounts.reindex(columns=[int(line) for line in row.component_lines.split()])
    gap = (amounts[int(row.line)] - components.sum(axis=1)).abs()
    if (gap > ROUNDING_GBP).any():
        number = gap.idxmax()
        raise DataError(
            f"{file}: authority {number}: column '{row.value_column}': line {row.line} is "
            f"{gap[number]:.0f} pounds off the sum of lines {row.component_lines}"
        )


def _release_table(file: OfficialFile, row: Any) -> pd.DataFrame:
    needed = (row.number_column, row.line_column, row.value_column)
    is_sheet = file.name.endswith(".xlsx")
    table = read_sheet(file, row.number_column, needed) if is_sheet else read_csv(file, needed)
    line = pd.to_numeric(table[row.line_column].str.extract(r"^(\d+)", expand=False)).astype("Int64")
    cells = read_values(table[row.value_column], file.name, row.value_column)
    return cells.assign(la_number=table[row.number_column], line=line)


def _figures_of_release(file: OfficialFile, rows: pd.DataFrame) -> pd.DataFrame:
    first = next(rows.itertuples())
    table = _release_table(file, first)
    pounds = pd.to_numeric(table["value"], errors="coerce")
    amounts = table.assign(pounds=pounds).pivot_table(
        index="la_number", columns="line", values="pounds", aggfunc="sum"
    )
    parts = []
    for row in rows.itertuples():
        _check_sum(amounts, row, file.name)
        total = table[table["line"] == int(row.line)].assign(
            year=int(row.year), indicator=row.indicator, column=row.value_column
        )
        codes = codes_of_numbers(total["la_number"], total["year"], total["indicator"], file.name)
        parts.append(total.assign(authority_code=codes)[codes.notna()])
    return pd.concat(parts).rename_axis("row").reset_index().assign(file=file.name)


def figures(release: Release) -> pd.DataFrame:
    """Return the long figures in pounds of the year; raises DataError where a total isn't the sum of its
    lines.
    """
    by_line = [
        _figures_of_release(release.files[file], rows) for file, rows in lines().groupby("file", sort=True)
    ]
    pattern = interactive_tool.PATTERN
    tool = interactive_tool.figures_of(release.files[pattern], columns_of(release.source, pattern))
    return pd.concat([*by_line, tool], ignore_index=True)
