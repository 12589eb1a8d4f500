"""What the figures hold on one claim, in one shape whatever the design: views, gates, counts, natural units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.errors import DataError
from analysis.showing.words import words_of

from .rule import in_range
from .synthesis import View

WORDS = words_of(__package__)


@dataclass(frozen=True)
class OutcomeFacts:
    """One outcome: what a unit of the effect is in its own units (``natural``), and of how many the share is (``at_risk``).

    ``at_risk`` is the median authority's number in the last year, of which the outcome is so many in ``per``; None where it
    isn't known or the outcome isn't a share. ``level`` is the outcome's mean over the rows, None where it isn't known.
    """

    name: str
    label: str
    natural: float
    natural_unit: str
    n_observations: int
    first_year: int
    last_year: int
    at_risk: float | None = None
    per: float = 100.0
    level: float | None = None


@dataclass(frozen=True)
class Gate:
    """A question put to a claim before any verdict: ``holds`` is None where the design can't answer it."""

    name: str
    holds: bool | None
    says: str


@dataclass(frozen=True)
class Evidence:
    """What one claim rests on.

    ``views`` are of one data set, positive on the claimed side; ``gates`` are those that read no views; ``weaknesses`` lower
    the strength of the evidence, each as a sentence. ``exposure`` says in words what one unit of the exposure is.
    """

    claim: str
    unit: str
    exposure: str
    outcomes: tuple[OutcomeFacts, ...]
    views: Mapping[str, View] = field(repr=False)
    gates: tuple[Gate, ...] = ()
    weaknesses: tuple[str, ...] = ()
    n_observations: int = 0
    n_authorities: int = 0
    n_clusters: int = 0
    first_year: int = 0
    last_year: int = 0
    notes: tuple[str, ...] = ()
    lead_words: str = WORDS.say("gate.lead.figures")
    trends_words: str = WORDS.say("gate.trends.figures")
    gate_names: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the evidence as JSON values."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {
            **plain,
            "weaknesses": list(self.weaknesses),
            "notes": list(self.notes),
            "outcomes": [vars(outcome).copy() for outcome in self.outcomes],
            "gates": [vars(gate).copy() for gate in self.gates],
            "views": {
                name: {"estimates": view.estimates[0].tolist(), "covariance": view.covariance[0].tolist()}
                for name, view in self.views.items()
            },
        }

    @property
    def range_views(self) -> dict[str, View]:
        """The views of the range over what isn't known."""
        return {name: view for name, view in self.views.items() if in_range(name)}


_PLAIN = (
    "claim", "unit", "exposure", "n_observations", "n_authorities", "n_clusters", "first_year", "last_year",
    "lead_words", "trends_words", "gate_names",
)  # fmt: skip


def view_of(estimates: Sequence[float] | np.ndarray, covariance: Any) -> View:
    """Return a view of one data set from estimates (m,) and covariance (m, m)."""
    return View(np.asarray(estimates, dtype=float)[None], np.asarray(covariance, dtype=float)[None])


def evidence_from(entry: Mapping[str, Any]) -> Evidence:
    """Return evidence as a notebook recorded it; raises DataError where it is of another version's shape."""
    try:
        given = {name: entry[name] for name in _PLAIN}
        return Evidence(
            **given,
            outcomes=tuple(OutcomeFacts(**outcome) for outcome in entry["outcomes"]),
            views={
                name: view_of(view["estimates"], view["covariance"]) for name, view in entry["views"].items()
            },
            gates=tuple(Gate(**gate) for gate in entry["gates"]),
            weaknesses=tuple(entry["weaknesses"]),
            notes=tuple(entry["notes"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"evidence on a claim of another shape than this version's ({error}); run it again"
        ) from error
