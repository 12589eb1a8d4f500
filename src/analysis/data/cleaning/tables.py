"""The tables beside the code: boundary changes, joint returns, very small authorities, corrections, markers."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import pandas as pd

from analysis.data.definitions.authorities import COLUMNS, rows
from analysis.data.definitions.indicators import dictionary
from analysis.errors import DataError, nearest
from analysis.files.csv_files import read_table


def _table(
    name: str,
    columns: Sequence[str],
    key: Sequence[str],
    filled: Sequence[str],
    years: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a table beside this module as text, its ``years`` as whole numbers."""
    path = files(__package__).joinpath(f"{name}.csv")
    frame = pd.DataFrame(read_table(path, columns, key, filled, years), columns=list(columns), dtype="str")
    return frame.astype(dict.fromkeys(years, "int16"))


def _check_codes(frame: pd.DataFrame, column: str, file: str) -> None:
    """Raise DataError where a cell of ``column`` holds a code that authorities.csv hasn't."""
    known = {row["authority_code"] for row in rows()}
    for line, cell in enumerate(frame[column], start=2):
        for code in cell.split("+"):
            if code not in known:
                raise DataError(
                    f"{file} row {line}: column '{column}': '{code}' is no authority{nearest(code, known)}"
                )


def _check_choice(frame: pd.DataFrame, column: str, choices: Sequence[str], file: str) -> None:
    for line, cell in enumerate(frame[column], start=2):
        if cell not in choices:
            raise DataError(f"{file} row {line}: column '{column}': unknown '{cell}'{nearest(cell, choices)}")


def _sources() -> list[str]:
    return sorted({entry.source for entry in dictionary().values() if entry.source})


@cache
def _authorities() -> pd.DataFrame:
    return pd.DataFrame(rows(), columns=list(COLUMNS), dtype="str")


def authorities() -> pd.DataFrame:
    """Return every authority code since 2009: code, LA number, name, region, first and last year (text)."""
    return _authorities().copy()


@cache
def _authority_changes() -> pd.DataFrame:
    columns = ("first_day", "predecessor_code", "successor_code", "share", "note")
    frame = _table("authority_changes", columns, columns[1:3], columns)
    for column in columns[1:3]:
        _check_codes(frame, column, "authority_changes.csv")
    _check_choice(frame, "share", ("whole", "part"), "authority_changes.csv")
    return frame


def authority_changes() -> pd.DataFrame:
    """Return the boundary changes: first day, predecessor, successor, and whether all or part of it went over."""
    return _authority_changes().copy()


@cache
def _joint_returns() -> pd.DataFrame:
    columns = ("source", "published_code", "first_year", "last_year", "member_codes", "note")
    frame = _table("joint_returns", columns, columns[:3], columns, columns[2:4])
    for column in ("published_code", "member_codes"):
        _check_codes(frame, column, "joint_returns.csv")
    _check_choice(frame, "source", _sources(), "joint_returns.csv")
    return frame


def joint_returns() -> pd.DataFrame:
    """Return which published code stood for which authorities, by publication and years."""
    return _joint_returns().copy()


@cache
def _very_small_authorities() -> pd.DataFrame:
    columns = ("authority_code", "authority", "reason")
    frame = _table("very_small_authorities", columns, columns[:1], columns)
    _check_codes(frame, "authority_code", "very_small_authorities.csv")
    return frame


def very_small_authorities() -> pd.DataFrame:
    """Return the authorities whose rates rest on a handful of people, with the reason."""
    return _very_small_authorities().copy()


@cache
def _corrections() -> pd.DataFrame:
    key = ("source", "authority_code", "year", "indicator")
    columns = (*key, "published_value", "published_marker", "value", "marker", "reason")
    frame = _table("corrections", columns, key, (*key, "reason"), ("year",))
    _check_choice(frame, "source", _sources(), "corrections.csv")
    _check_choice(frame, "indicator", list(dictionary()), "corrections.csv")
    for column in ("published_value", "value"):
        numbers = pd.to_numeric(frame[column], errors="coerce")
        wrong = (frame[column] != "") & numbers.isna()
        if wrong.any():
            line = int(wrong.to_numpy().argmax())
            raise DataError(
                f"corrections.csv row {line + 2}: column '{column}': '{frame[column].iloc[line]}' is no number"
            )
    return frame


def corrections() -> pd.DataFrame:
    """Return the source errors that are mended, each with its reason and what the publisher had."""
    return _corrections().copy()


@cache
def _markers() -> pd.DataFrame:
    columns = ("marker", "meaning", "publication")
    frame = _table("markers", columns, (columns[0], columns[2]), columns[:2])
    _check_choice(frame, "publication", ["", *_sources()], "markers.csv")
    return frame


def markers() -> pd.DataFrame:
    """Return what publishers' markers mean: marker, meaning, publication where it means that only there."""
    return _markers().copy()
