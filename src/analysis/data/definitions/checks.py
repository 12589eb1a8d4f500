"""Checks of inputs and outputs in fixed categories: keys, types, ranges, coverage, magnitude.

Each check takes a frame and where it comes from, returns nothing, and raises DataError with one line that
names the file, the row, the column and the value. ``check_ranges`` reads tidy figures (columns ``indicator``,
``value``) and wide frames (a column an indicator) alike.
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis.errors import DataError, nearest

from .authorities import ENGLAND_CODE
from .indicators import dictionary

_UPPER_TIER = "E0|E10"
_KEPT_SHARE = 0.98
_PLACE = ("authority_code", "year", "indicator")


class MissingColumnError(DataError):
    """A table without a ``column`` that its reader needs."""

    def __init__(self, message: str, column: str) -> None:
        super().__init__(message)
        self.column = column


def row_name(frame: pd.DataFrame, position: int) -> str:
    """Return how a message names a row: its row in the official file where that is known, and its key."""
    row = frame.iloc[position]
    key = " ".join(str(row[name]) for name in _PLACE if name in frame)
    place = f"{row['file']} row {row['row']}" if {"file", "row"} <= set(frame) else ""
    named = ", ".join(part for part in (place, key) if part)
    return named or f"row {position + 1}"


def check_columns(names: Iterable[str], needed: Iterable[str], where: str) -> None:
    """Raise DataError where a needed column is missing, with the nearest name among those that are there."""
    names = list(names)
    for column in needed:
        if column not in names:
            raise MissingColumnError(f"{where}: has no column '{column}'{nearest(column, names)}", column)


def check_keys(frame: pd.DataFrame, keys: Sequence[str], where: str) -> None:
    """Raise DataError where ``keys`` (column names) don't name each row once, or a key is missing."""
    check_columns(frame, keys, where)
    for key in keys:
        missing = frame[key].isna() | (frame[key] == "")
        if missing.any():
            position = int(missing.to_numpy().argmax())
            raise DataError(f"{where}: {row_name(frame, position)}: column '{key}' is empty")
    repeated = frame.duplicated(list(keys)).to_numpy()
    if repeated.any():
        position = int(repeated.argmax())
        key = ", ".join(f"{name} '{frame.iloc[position][name]}'" for name in keys)
        raise DataError(f"{where}: {row_name(frame, position)}: appears twice: {key}")


def check_types(frame: pd.DataFrame, where: str) -> None:
    """Raise DataError where a code or an indicator isn't one, or a row has not just a value or a marker.

    Reads tidy figures: ``authority_code, year, indicator, value, marker``; value numeric or missing.
    """
    check_columns(frame, (*_PLACE, "value", "marker"), where)
    known = frame["indicator"].isin(dictionary())
    if not known.all():
        position = int((~known).to_numpy().argmax())
        name = frame["indicator"].iloc[position]
        raise DataError(
            f"{where}: {row_name(frame, position)}: column 'indicator': unknown indicator '{name}'"
            f"{nearest(name, dictionary())}"
        )
    _check_codes(frame, where)
    wrong = (frame["value"].isna() == (frame["marker"] == "")).to_numpy()
    if wrong.any():
        position = int(wrong.argmax())
        raise DataError(
            f"{where}: {row_name(frame, position)}: column 'marker': '{frame['marker'].iloc[position]}' with "
            f"value '{frame['value'].iloc[position]}'; a row holds either a value or a marker"
        )


def _check_codes(frame: pd.DataFrame, where: str) -> None:
    wrong = ~frame["authority_code"].str.fullmatch(r"E\d{8}(?:\+E\d{8})*").to_numpy(dtype=bool)
    if wrong.any():
        position = int(wrong.argmax())
        code = frame["authority_code"].iloc[position]
        raise DataError(
            f"{where}: {row_name(frame, position)}: column 'authority_code': '{code}' is no ONS code"
        )


def _range_problem(values: pd.Series, name: str, frame: pd.DataFrame, where: str, column: str) -> str:
    entry = dictionary()[name]
    low, high = entry.range
    outside = ((values < low) | (values > high)).to_numpy(dtype=bool, na_value=False)
    if not outside.any():
        return ""
    position = int(frame.index.get_indexer([values.index[outside.argmax()]])[0])
    return (
        f"{where}: {row_name(frame, position)}: column '{column}': {values[outside].iloc[0]:g} lies "
        f"outside {low:g} to {high:g} {entry.unit_label}"
    )


def range_problems(frame: pd.DataFrame, where: str) -> dict[str, str]:
    """Return a line on the first value that lies outside its indicator's range, by indicator; none where all is well.

    ``frame``: tidy figures, or a wide frame, whose columns named as indicators are checked.
    """
    frame = frame.reset_index(drop=True)
    if {"indicator", "value"} <= set(frame):
        groups = {
            name: (group["value"], group["column"].iloc[0] if "column" in group else "value")
            for name, group in frame.groupby("indicator", sort=True)
        }
    else:
        groups = {name: (frame[name], name) for name in frame.columns.intersection(list(dictionary()))}
    problems = {
        name: _range_problem(values, name, frame, where, column) for name, (values, column) in groups.items()
    }
    return {name: problem for name, problem in problems.items() if problem}


def check_ranges(frame: pd.DataFrame, where: str) -> None:
    """Raise DataError where a value lies outside its indicator's range; ``frame`` as in ``range_problems``."""
    for problem in range_problems(frame, where).values():
        raise DataError(problem)


def check_years(frame: pd.DataFrame, where: str, gap: bool = False) -> None:
    """Raise DataError where tidy figures begin before their indicator's definition does, or leave out the year before their
    last (unless ``gap``): a mistyped year stands by itself.
    """
    for name, years in frame.groupby("indicator")["year"]:
        known, entry = set(years), dictionary()[name]
        start, first, last = entry.first_year, min(known), max(known)
        if first < start:
            raise DataError(
                f"{where}: {name}: column 'year': {first} lies before {start}, the 'first_year' of {name} in "
                "indicators.yml"
            )
        # Between the year that was last and the newest, years in which nothing was published leave no gap.
        if not gap and first < last and last - 1 not in {*known, *entry.unpublished}:
            before = max(known - {last})
            raise DataError(
                f"{where}: {name}: column 'year': {last} comes after {before}, with no year between; get a file that is "
                "whole, or `plan-drift ingest --gap` takes it"
            )


def _n_authorities(figures: pd.DataFrame) -> pd.Series:
    """How many upper-tier authorities and joint returns have a row, by indicator and year."""
    areas = figures[figures["authority_code"].str.match(_UPPER_TIER)]
    return areas.groupby(["indicator", "year"])["authority_code"].nunique()


def check_coverage(
    frame: pd.DataFrame,
    expected: Iterable[str],
    where: str,
    least_authorities: int = 140,
    last_release: pd.DataFrame | None = None,
) -> None:
    """Raise DataError where figures lack an indicator, or authorities of a year.

    A withheld value is a row. ``least_authorities``: England has had 150 to 153; joint returns count as one.
    ``last_release``: the same figures as they were; a year may not lose more than 1 in 50 of its authorities.
    """
    numbers = _n_authorities(frame)
    for name in expected:
        if name not in numbers.index.get_level_values(0):
            raise DataError(f"{where}: column 'indicator': no row of '{name}'; is the official file whole?")
    least = pd.Series(least_authorities, index=numbers.index)
    if last_release is not None and len(last_release):
        before = (_n_authorities(last_release) * _KEPT_SHARE).astype("int64")
        numbers = numbers.reindex(numbers.index.union(before.index), fill_value=0)
        least = before.reindex(numbers.index).fillna(0).clip(lower=least_authorities)
    for (name, year), number in numbers[numbers < least].items():
        raise DataError(
            f"{where}: {name} {year}: column 'authority_code': {number} authorities, at least "
            f"{least[name, year]:.0f} expected; is the official file whole?"
        )


def _levels(frame: pd.DataFrame) -> pd.Series:
    """England's published value by indicator and year, or the sum over authorities where there is none."""
    known = frame[frame["value"].notna()]
    keys = ["indicator", "year"]
    authorities = known[known["authority_code"].str.match(_UPPER_TIER)].groupby(keys)["value"].sum()
    england = known[known["authority_code"] == ENGLAND_CODE].set_index(keys)["value"].astype("float64")
    return england.combine_first(authorities)


def check_magnitude(
    frame: pd.DataFrame, where: str, last_release: pd.DataFrame | None = None, factor: float = 2
) -> None:
    """Raise DataError where England's level changes by more than ``factor`` in a year or since last release.

    A year in which the indicator's definition breaks (``breaks``) may differ from the year before.
    ``last_release``: the same tidy figures as they were, or None.
    """
    levels = _levels(frame)
    for name, series in levels.groupby(level=0):
        series = series.droplevel(0)
        before = series.shift()
        jumps = _jumps(series, before, factor).drop(dictionary()[name].breaks, errors="ignore")
        _refuse_jump(jumps, series, before, f"{where}: {name}", "the year before")
    if last_release is not None and len(last_release):
        old = _levels(last_release).reindex(levels.index)
        _refuse_jump(_jumps(levels, old, factor), levels, old, where, "the last release")


def _jumps(new: pd.Series, old: pd.Series, factor: float) -> pd.Series:
    ratio = (new / old)[(new > 0) & (old > 0)]
    return ratio[(ratio > factor) | (ratio < 1 / factor)]


def _refuse_jump(jumps: pd.Series, new: pd.Series, old: pd.Series, where: str, before: str) -> None:
    for key in jumps.index:
        place = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
        raise DataError(
            f"{where} {place}: column 'value': {new[key]:g} in England against {old[key]:g} in {before}; "
            "a change of unit, a truncated file or a break that indicators.yml doesn't give"
        )
