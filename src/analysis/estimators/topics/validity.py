"""Convergent validity: do reports that speak of a problem come from authorities whose official figures show one?

Each report meets the newest 30 September figure counted before its first day (Campbell and Fiske 1959 on agreement
of two measures of one thing). Intervals draw authorities with all their reports (cluster bootstrap, Cameron, Gelbach and
Miller 2008).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.cleaning.at_inspection import figures_at_inspection
from analysis.inspections.measuring.measures import by_construct

PAIRS = (
    ("turnover", "turnover_percent"),
    ("turnover", "agency_percent"),
    ("turnover", "vacancy_percent"),
    ("caseload", "caseload_cases_per_fte"),
)
"""What reports speak of, and the official figure that should say the same."""
_AT_ONCE = 1000
"""Draws that are computed together: more would take memory and no less time."""


@dataclass(frozen=True)
class Agreement:
    """How a construct's share of problem sentences goes with an official figure over reports.

    ``correlation`` is Spearman's; ``difference`` is the figure's mean in the third of reports with the largest share of
    problems less its mean in reports without one, in the figure's unit.
    """

    construct: str
    indicator: str
    n_reports: int
    n_authorities: int
    correlation: float
    correlation_low: float
    correlation_high: float
    difference: float
    difference_low: float
    difference_high: float


def with_figures(reports: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Return one row a report and construct with the official figures of its time, columns as in the panel.

    Workforce figures of the earlier definition are among them.
    """
    names = list(dict.fromkeys(name for _, name in PAIRS))
    figures = figures_at_inspection(reports, panel, names, include_earlier_definitions=True)
    met = pd.concat([reports[["report", "authority"]], figures], axis=1)
    return by_construct(reports).merge(met, on="report", validate="many_to_one")


def correlations(first: np.ndarray, second: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation (1904) of ``first`` and ``second`` (rows,) in each draw, ties at their mean rank.

    ``counts`` (draws, rows): how often a draw holds each row. Missing where all drawn values of one are the same.
    """
    size = counts.sum(axis=1)
    ranks, other_ranks = (_ranks(values, counts) - (size[:, None] + 1) / 2 for values in (first, second))
    products, squares, other_squares = (
        np.einsum("br,br,br->b", counts, a, b)
        for a, b in ((ranks, other_ranks), (ranks, ranks), (other_ranks, other_ranks))
    )
    with np.errstate(invalid="ignore"):
        correlations_drawn: np.ndarray = np.clip(products / np.sqrt(squares * other_squares), -1, 1)
    return correlations_drawn


def _ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return each row's mean rank among those that a draw holds, shape (draws, rows)."""
    places, of_each = _by_value(values, counts)
    return (of_each.cumsum(axis=1) - (of_each - 1) / 2)[:, places]


def _by_value(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each row's value among the different ones in order, and how often a draw holds each of these."""
    _, places, sizes = np.unique(values, return_inverse=True, return_counts=True)
    starts = np.cumsum(sizes) - sizes
    return places, np.add.reduceat(counts[:, np.argsort(places, kind="stable")], starts, axis=1)


def differences(shares: np.ndarray, figures: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return by draw the figures' mean where the share is in its highest third less their mean where the share is zero.

    ``counts`` as in ``correlations``. The highest third lies above the quantile of 2/3, linear between values, and above
    zero. Missing where a draw holds no row on one side.
    """
    size = counts.sum(axis=1)
    places, of_each = _by_value(shares, counts)
    # No drawn value lies between the quantile and the value at or before it: what exceeds the one exceeds the other.
    third = (of_each.cumsum(axis=1) <= (2 * (size[:, None] - 1)) // 3).sum(axis=1)
    high = counts * ((places > third[:, None]) & (shares > 0))
    none = counts * (shares == 0)
    with np.errstate(invalid="ignore"):
        gaps: np.ndarray = (high @ figures) / high.sum(axis=1) - (none @ figures) / none.sum(axis=1)
    return gaps


def _limits(drawn: np.ndarray) -> tuple[float, float]:
    """Return the middle 95% of draws, those left out that have no value; missing where none has one."""
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _held(size: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each of ``size`` authorities is held, (some, size): as in the data, then ``_AT_ONCE`` draws each."""
    yield np.ones((1, size), dtype=int)
    rng = np.random.default_rng(seed)
    for first in range(0, draws, _AT_ONCE):
        drawn = rng.integers(0, size, (min(_AT_ONCE, draws - first), size))
        places = drawn + size * np.arange(len(drawn))[:, None]
        yield np.bincount(places.ravel(), minlength=drawn.size).reshape(drawn.shape)


def agreement(
    rows: pd.DataFrame, construct: str, indicator: str, draws: int = 1000, seed: int = 0
) -> Agreement:
    """Return how one construct goes with one figure, over the rows of ``with_figures`` that have both."""
    known = rows[rows["construct"] == construct].dropna(subset=[indicator])
    shares, figures = known["problem_share"].to_numpy(), known[indicator].to_numpy()
    codes, authorities = pd.factorize(known["panel_code"])
    held = list(_held(len(authorities), draws, seed))
    correlation, *drawn_correlations = np.concatenate(
        [correlations(shares, figures, counts[:, codes]) for counts in held]
    )
    difference, *drawn_differences = np.concatenate(
        [differences(shares, figures, counts[:, codes]) for counts in held]
    )
    low, high = _limits(np.array(drawn_correlations))
    difference_low, difference_high = _limits(np.array(drawn_differences))
    return Agreement(
        construct=construct,
        indicator=indicator,
        n_reports=len(known),
        n_authorities=len(authorities),
        correlation=float(correlation),
        correlation_low=low,
        correlation_high=high,
        difference=float(difference),
        difference_low=difference_low,
        difference_high=difference_high,
    )


def agreements(rows: pd.DataFrame, draws: int = 1000, seed: int = 0) -> tuple[Agreement, ...]:
    """Return the agreement of every pair of ``PAIRS``."""
    return tuple(agreement(rows, *pair, draws=draws, seed=seed) for pair in PAIRS)
