"""The tables beside the code: boundary changes, joint returns, very small authorities, corrections, markers."""

from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def _table(name: str) -> pd.DataFrame:
    with files(__package__).joinpath(f"{name}.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str, keep_default_na=False)


def _with_years(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(columns, "int16"))


def authorities() -> pd.DataFrame:
    """Return every authority code since 2009: code, LA number, name, region, first and last year."""
    return _table("authorities").copy()


def authority_changes() -> pd.DataFrame:
    """Return the boundary changes: first day, predecessor, successor, and whether all or part of it went over."""
    return _table("authority_changes").copy()


def joint_returns() -> pd.DataFrame:
    """Return which published code stood for which authorities, by publication and years."""
    return _with_years(_table("joint_returns"), ("first_year", "last_year"))


def very_small_authorities() -> pd.DataFrame:
    """Return the authorities whose rates rest on a handful of people, with the reason."""
    return _table("very_small_authorities").copy()


def corrections() -> pd.DataFrame:
    """Return the source errors that are mended, each with its reason and what the publisher had."""
    return _with_years(_table("corrections"), ("year",))


def markers() -> pd.DataFrame:
    """Return what publishers' markers mean: marker, meaning, publication where it means that only there."""
    return _table("markers").copy()
