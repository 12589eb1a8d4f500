"""Event studies of several outcomes with one covariance: what clusters add to every estimate, outcomes beside each other.

Each outcome's estimates and errors are those of ``event_study`` (local projections in cells of event year and
calendar year); the sums by cluster behind them are kept, so that averages over event years and over outcomes have
the error that they need.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import DataError
from .event_rows import event_rows
from .event_study import EventStudySpecification
from .within import without_effects


@dataclass(frozen=True)
class EventFamily:
    """Estimates (K,) by outcome and event year of ``terms``, in outcomes' own units; −1 is the base and has none.

    ``influence`` (G, K): what each of ``clusters`` adds, so that ``influence.T @ influence`` is the clustered
    covariance (CR1) of all estimates together. ``within_sds``: of each outcome, less effects of authority and year,
    over the rows used.
    """

    outcomes: tuple[str, ...]
    terms: tuple[tuple[str, int], ...]
    estimates: np.ndarray = field(repr=False)
    influence: np.ndarray = field(repr=False)
    clusters: tuple[str, ...] = field(repr=False)
    within_sds: dict[str, float]
    n_events: dict[str, int]
    n_observations: dict[str, int]
    years: dict[str, tuple[int, int]]

    @property
    def covariance(self) -> np.ndarray:
        """Return the covariance (K, K)."""
        return self.influence.T @ self.influence

    def places(self, outcome: str, event_years: Sequence[int]) -> list[int]:
        """Return where the estimates of an outcome's event years stand; raises DataError where one has none."""
        found = {term: place for place, term in enumerate(self.terms)}
        missing = [year for year in event_years if (outcome, year) not in found]
        if missing:
            raise DataError(
                f"{outcome}: no event has a figure in event year {missing[0]} and in the year before it"
            )
        return [found[outcome, year] for year in event_years]


def event_family(
    frames: Sequence[pd.DataFrame], events: Sequence[pd.DataFrame], asked: Sequence[EventStudySpecification]
) -> EventFamily:
    """Estimate every outcome's event years; ``frames``, ``events`` and ``asked`` stand side by side, one an outcome.

    Raises as ``event_study`` does.
    """
    parts = [_fitted(*one) for one in zip(frames, events, asked, strict=True)]
    clusters = sorted({label for part in parts for label in part[2]})
    influence = []
    for _, own, labels, _ in parts:
        whole = np.zeros((len(clusters), own.shape[1]))
        whole[np.searchsorted(clusters, labels)] = own
        influence.append(whole)
    names = tuple(one.outcome for one in asked)
    about = [part[3] for part in parts]
    return EventFamily(
        names,
        tuple((name, year) for name, one in zip(names, about, strict=True) for year in one["event_years"]),
        np.concatenate([part[0] for part in parts]), np.hstack(influence), tuple(clusters),
        *({name: one[key] for name, one in zip(names, about, strict=True)}
          for key in ("within_sd", "n_events", "n_observations", "years")),
    )  # fmt: skip


def _fitted(
    frame: pd.DataFrame, events: pd.DataFrame, asked: EventStudySpecification
) -> tuple[np.ndarray, np.ndarray, list[str], dict]:
    """Return estimates (k,), sums by cluster (g, k), the clusters' names, and what the outcome rests on."""
    rows = event_rows(frame, events, asked)
    table = rows.stacked
    columns = [f"at_{year}".replace("-", "minus_") for year in rows.event_years]
    weights = table["weight"].to_numpy()
    cells = pd.factorize(table["cell"])[0]
    both = np.column_stack([table["value"], table[columns]]).astype(float)
    totals = np.zeros((cells.max() + 1, both.shape[1]))
    np.add.at(totals, cells, both * weights[:, None])
    both -= (totals / np.bincount(cells, weights)[:, None])[cells]
    y, x = both[:, 0], both[:, 1:]
    inverse = np.linalg.inv((x * weights[:, None]).T @ x)
    slopes = inverse @ (x * weights[:, None]).T @ y
    codes, labels = pd.factorize(table["cluster"].astype(str), sort=True)
    scores = np.zeros((len(labels), len(columns)))
    np.add.at(scores, codes, x * (weights * (y - x @ slopes))[:, None])
    n, groups = len(y), len(labels)
    # Cells aren't nested in clusters, so that their effects count among the parameters, as in ``event_study``.
    factor = groups / (groups - 1) * (n - 1) / (n - len(columns) - (cells.max() + 1))
    levels = rows.levels
    left = without_effects(
        levels[["outcome"]].to_numpy(), levels["entity"].to_numpy(), levels["time"].to_numpy()
    )
    about = {
        "event_years": rows.event_years, "within_sd": float(left[:, 0].std(ddof=1)), "n_events": rows.n_events,
        "n_observations": len(levels), "years": (int(levels["time"].min()), int(levels["time"].max())),
    }  # fmt: skip
    return slopes, scores @ inverse * np.sqrt(factor), list(labels), about
