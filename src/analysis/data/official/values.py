"""Cells of official files: the publisher's text number, or the marker that stands in its place."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

import pandas as pd

from analysis.data.cleaning import tables
from analysis.errors import DataError, nearest

MOST_DECIMALS = 8
"""Decimals beyond which a number's text is a binary float's noise, such as 2.2999999999999998."""

SIGNIFICANT_DIGITS = 10
"""Digits that such a number keeps."""

PART = "part"
"""Marker of a sum of which only a part is withheld."""

_NUMBER = r"-?\d+(?:\.\d+)?"
_GROUPED = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?"


@cache
def markers() -> frozenset[str]:
    """Return every marker code that a publication may have in a value's place."""
    return frozenset(tables.markers()["marker"])


def without_noise(text: str) -> str:
    """Return a decimal number's shortest text where it has more decimals than any publication gives."""
    if len(text.partition(".")[2]) <= MOST_DECIMALS:
        return text
    return f"{Decimal(f'{float(text):.{SIGNIFICANT_DIGITS}g}'):f}"


def in_pounds(text: str) -> str:
    """Return thousands of pounds as pounds, exactly."""
    pounds = Decimal(text) * 1000
    return f"{pounds.quantize(1) if pounds == pounds.to_integral_value() else pounds.normalize():f}"


def read_values(cells: pd.Series, file: str, column: str) -> pd.DataFrame:
    """Split text cells (index the official file's row) into ``value`` (text number or empty) and ``marker``.

    Thousands separators and float noise go; digits are never added. An empty cell has the marker ``blank``;
    brackets around a marker go. Raises DataError naming file, row, column and value for a text that is
    neither.
    """
    text = cells.str.strip()
    grouped = text.str.fullmatch(_GROUPED)
    text = text.where(~grouped, text.str.replace(",", ""))
    is_number = text.str.fullmatch(_NUMBER)
    marker = text.where(~is_number, "").str.replace(r"^\[(.+)\]$", r"\1", regex=True)
    marker = marker.where(is_number | (marker != ""), "blank")
    _refuse_unknown(marker, file, column)
    noisy = is_number & text.str.fullmatch(rf"-?\d+\.\d{{{MOST_DECIMALS + 1},}}")
    value = text.copy()
    value[noisy.to_numpy()] = [without_noise(number) for number in text[noisy.to_numpy()]]
    return pd.DataFrame({"value": value.where(is_number, ""), "marker": marker})


def sum_values(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the sum of what ``read_values`` gave of several columns of the same rows; one is returned as it is.

    A sum of which a part is withheld is withheld, with the parts' marker where all have the same and PART otherwise: how
    large it may be doesn't follow from the marker of one part.
    """
    first, *others = parts
    if not others:
        return first
    values = pd.concat([part["value"] for part in parts], axis=1)
    marks = pd.concat([part["marker"] for part in parts], axis=1)
    whole = (marks == "").all(axis=1)
    alike = marks.eq(marks.iloc[:, 0], axis=0).all(axis=1)
    total = [
        str(sum(map(Decimal, row))) if known else ""
        for row, known in zip(values.to_numpy(), whole, strict=True)
    ]
    marker = marks.iloc[:, 0].where(alike, PART).where(~whole, "")
    return pd.DataFrame({"value": total, "marker": marker}, index=first.index)


def _refuse_unknown(marker: pd.Series, file: str, column: str) -> None:
    """``marker``: what stands in place of a number, empty where there is one."""
    is_unknown = ~marker.isin([*markers(), ""]).to_numpy()
    if is_unknown.any():
        position = int(is_unknown.argmax())
        text = marker.iloc[position]
        hint = nearest(text, markers()) if text.isalpha() else ""
        raise DataError(
            f"{file} row {marker.index[position]}: column '{column}': "
            f"'{text}' is neither a number nor a known marker{hint}"
        )
