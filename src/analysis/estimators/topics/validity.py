"""Convergent validity: do reports that speak of a problem come from authorities whose official figures show one?

Each report meets the newest 30 September figure counted before its first day (Campbell and Fiske 1959 on agreement
of two measures of one thing). Intervals draw authorities with all their reports (cluster bootstrap, Cameron, Gelbach and
Miller 2008).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from analysis.data.cleaning.at_inspection import figures_at_inspection
from analysis.inspections.measuring.measures import by_construct

PAIRS = (
    ("turnover", "turnover_percent"),
    ("turnover", "agency_percent"),
    ("turnover", "vacancy_percent"),
    ("caseload", "caseload_cases_per_fte"),
)
"""What reports speak of, and the official figure that should say the same."""


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


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation (1904), ties at their mean rank."""
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def difference(shares: np.ndarray, figures: np.ndarray) -> float:
    """Return the figure's mean where the share is in its highest third less its mean where the share is zero."""
    high = shares > max(np.quantile(shares, 2 / 3), 0)
    none = shares == 0
    return float(figures[high].mean() - figures[none].mean()) if high.any() and none.any() else np.nan


def _limits(drawn: list[float]) -> tuple[float, float]:
    """Return the middle 95% of draws, those left out that have no value; missing where none has one."""
    known = [value for value in drawn if np.isfinite(value)]
    if not known:
        return np.nan, np.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def agreement(
    rows: pd.DataFrame, construct: str, indicator: str, draws: int = 1000, seed: int = 0
) -> Agreement:
    """Return how one construct goes with one figure, over the rows of ``with_figures`` that have both."""
    known = rows[rows["construct"] == construct].dropna(subset=[indicator])
    shares, figures = known["problem_share"].to_numpy(), known[indicator].to_numpy()
    codes = pd.factorize(known["panel_code"])[0]
    members = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        rowsof = np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])
        drawn.append((spearman(shares[rowsof], figures[rowsof]), difference(shares[rowsof], figures[rowsof])))
    low, high = _limits([correlation for correlation, _ in drawn])
    difference_low, difference_high = _limits([gap for _, gap in drawn])
    return Agreement(
        construct=construct,
        indicator=indicator,
        n_reports=len(known),
        n_authorities=len(members),
        correlation=spearman(shares, figures),
        correlation_low=low,
        correlation_high=high,
        difference=difference(shares, figures),
        difference_low=difference_low,
        difference_high=difference_high,
    )


def agreements(rows: pd.DataFrame, draws: int = 1000, seed: int = 0) -> tuple[Agreement, ...]:
    """Return the agreement of every pair of ``PAIRS``."""
    return tuple(agreement(rows, *pair, draws=draws, seed=seed) for pair in PAIRS)
