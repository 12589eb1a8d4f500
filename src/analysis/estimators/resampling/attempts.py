"""Answers that may not be had: each is tried, and what can't be answered keeps its reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from analysis.errors import DataError, RequestError

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Attempts:
    """Collects by name why an answer couldn't be had."""

    reasons: dict[str, str] = field(default_factory=dict)

    def of(self, name: str, ask: Callable[[], _Result]) -> _Result | None:
        """Return what ``ask`` gives, or None where the data or the request can't be answered, and note why."""
        try:
            return ask()
        except (DataError, RequestError) as error:
            self.reasons[name] = str(error)
            return None
