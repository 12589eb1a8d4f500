"""Results as JSON has them."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd


def plain(value: Any) -> Any:
    """Return ``value`` as JSON has it: numbers that aren't finite become None, arrays lists, dataclasses objects."""
    if isinstance(value, Mapping):
        return plain_dict(value)
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if is_dataclass(value) and not isinstance(value, type):
        # As ``asdict`` has it, without a copy of every number.
        return {entry.name: plain(getattr(value, entry.name)) for entry in fields(value)}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain_dict(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with values as JSON has them."""
    return {name: plain(entry) for name, entry in values.items()}


def renamed(values: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """Return a mapping with some keys, ``names``, called otherwise."""
    return {names.get(name, name): value for name, value in values.items()}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as JSON has them: floats to six significant digits, what is missing as None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{key: _six_digits(plain(value)) for key, value in row.items()} for row in rows]


def _six_digits(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value
