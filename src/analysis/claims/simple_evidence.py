"""Evidence from one comparison each: after reports, among the deepest cuts, and over the years before a claim was made."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.data.cleaning.at_inspection import figures_at_inspection
from analysis.data.cleaning.years import end_of_period, without_earlier_definitions
from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError
from analysis.estimators.regression.small_sample import small_sample_factor
from analysis.estimators.topics.leadership import leadership_and_turnover
from analysis.showing.words import words_of

from .estimand import Estimand
from .evidence import Evidence, OutcomeFacts, view_of
from .panel_evidence import measure_gate, standing_weakness
from .rule import MAIN
from .synthesis import View

WORDS = words_of(__package__)

DEEPEST_SHARE = 1 / 3
"""The share of inspections that count as those after the deepest cuts."""
FIRST_INSPECTIONS = 2018
"""Inspections from this year meet comparable figures of the workforce, which begin in September 2017."""
MARCH = 3


def _evidence(
    claim: str,
    estimand: Estimand,
    exposure: str,
    outcomes: tuple[OutcomeFacts, ...],
    view: View,
    **counts: Any,
) -> Evidence:
    weaknesses = [standing_weakness(estimand), *counts.pop("weaknesses", ())]
    return Evidence(
        claim=claim,
        unit=estimand.unit,
        exposure=exposure,
        outcomes=outcomes,
        views={MAIN: view},
        gates=(measure_gate(estimand),),
        weaknesses=tuple(filter(None, weaknesses)),
        **counts,
    )


def _facts(name: str, spread: float, n_observations: int, first_year: int, last_year: int) -> OutcomeFacts:
    """Return what is to be known of an outcome whose effect is in standard deviations, ``spread`` in its own unit."""
    entry = indicator(name)
    return OutcomeFacts(
        name, entry.label, spread, entry.difference_label, n_observations, first_year, last_year
    )


def after_reports_evidence(
    claim: str, estimand: Estimand, panel: pd.DataFrame, reports: pd.DataFrame
) -> Evidence:
    """Return how turnover after reports that call leadership a problem differs from that after others."""
    slope = leadership_and_turnover(reports, panel)
    (asked,) = estimand.outcomes
    outcome = _facts(asked.name, slope.outcome_sd, slope.n_observations, 0, 0)
    view = view_of(
        [asked.sign * slope.estimate / slope.outcome_sd],
        [[(slope.standard_error / slope.outcome_sd) ** 2]],
    )
    return _evidence(
        claim, estimand, WORDS.say("exposure.after_reports"),
        (outcome,), view, n_observations=slope.n_observations, n_authorities=slope.n_clusters, n_clusters=slope.n_clusters,
        weaknesses=(WORDS.say("weakness.reports"),),
    )  # fmt: skip


def among_cuts_evidence(
    claim: str, estimand: Estimand, panel: pd.DataFrame, reports: pd.DataFrame, inspections: pd.DataFrame
) -> Evidence:
    """Return how the workforce of authorities graded outstanding differs from that of others with cuts as deep.

    ``inspections`` are those of the austerity study: ``report``, ``change_percent``, ``grade``, ``panel_code``. The deepest
    third of cuts among inspections from FIRST_INSPECTIONS on; figures are of the newest September before each inspection.
    Errors are clustered by authority. Raises DataError where no inspection of either kind is left.
    """
    names = [outcome.name for outcome in estimand.outcomes]
    known = inspections[inspections["year"] >= FIRST_INSPECTIONS].dropna(subset=["change_percent"])
    deepest = known[known["change_percent"] <= known["change_percent"].quantile(DEEPEST_SHARE)]
    chosen = reports[reports["report"].isin(deepest["report"])].reset_index(drop=True)
    figures = figures_at_inspection(chosen, panel, names).assign(report=chosen["report"])
    rows = deepest.merge(figures[["report", *names]], on="report", suffixes=("_old", ""))
    outstanding = (rows["grade"] == "outstanding").to_numpy(float)
    labels, estimates, influence, outcomes = np.unique(rows["panel_code"]), [], [], []
    for outcome in estimand.outcomes:
        slope, share, spread, n = _difference(rows, outcome.name, outstanding, labels)
        estimates.append(outcome.sign * slope / spread)
        influence.append(outcome.sign * share / spread)
        outcomes.append(_facts(outcome.name, spread, n, FIRST_INSPECTIONS, int(rows["year"].max())))
    joint = np.column_stack(influence)
    return _evidence(
        claim, estimand, WORDS.say("exposure.outstanding"), tuple(outcomes),
        view_of(estimates, joint.T @ joint), n_observations=len(rows), n_authorities=len(labels), n_clusters=len(labels),
        first_year=int(rows["year"].min()), last_year=int(rows["year"].max()),
        weaknesses=(
            WORDS.say("weakness.few_outstanding", n=int(outstanding.sum()), n_others=int((1 - outstanding).sum())),
            WORDS.say("weakness.graded_by"),
        ),
    )  # fmt: skip


def _difference(
    rows: pd.DataFrame, name: str, outstanding: np.ndarray, labels: np.ndarray
) -> tuple[float, np.ndarray, float, int]:
    """Return the difference of means, its sums by cluster (G,), the others' spread and the number of inspections."""
    known = rows[name].notna().to_numpy()
    y, x, codes = rows[name].to_numpy(float)[known], outstanding[known], rows["panel_code"].to_numpy()[known]
    if not 1 < x.sum() < len(x) - 1:
        raise DataError(
            f"{name}: too few inspections are graded outstanding, or otherwise, after the deepest cuts"
        )
    design = np.column_stack([np.ones(len(x)), x])
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ design.T @ y
    scores = np.zeros((len(labels), 2))
    np.add.at(scores, np.searchsorted(labels, codes), design * (y - design @ slopes)[:, None])
    groups = len(np.unique(codes))
    factor = np.sqrt(small_sample_factor(len(y), groups, 2))
    return float(slopes[1]), (scores @ inverse)[:, 1] * factor, float(y[x == 0].std(ddof=1)), len(y)


def over_years_evidence(claim: str, estimand: Estimand, panel: pd.DataFrame) -> Evidence:
    """Return by how much authorities' figures changed from the first comparable year to the last before the claim.

    In standard deviations of the first year's authorities; those that share returns are averaged first. A figure counted
    after March of the window's last year isn't known yet then. Raises DataError where fewer than two have both years.
    """
    by_outcome: dict[str, pd.Series] = {}
    outcomes = []
    for outcome in estimand.outcomes:
        change, spread, (first_year, last_year) = _change(panel, outcome.name, estimand.window)
        by_outcome[outcome.name] = outcome.sign * change / spread
        outcomes.append(_facts(outcome.name, spread, len(change), first_year, last_year))
    table = pd.DataFrame(by_outcome)
    means = table.mean()
    influence = ((table - means) / table.notna().sum()).fillna(0.0).to_numpy()
    counts = table.notna().sum().to_numpy()
    joint = influence * np.sqrt(counts / (counts - 1))
    return _evidence(
        claim, estimand, WORDS.say("exposure.over_years"), tuple(outcomes),
        view_of(means.to_numpy(), joint.T @ joint), n_observations=int(counts.max()), n_authorities=len(table),
        n_clusters=len(table), first_year=min(outcome.first_year for outcome in outcomes),
        last_year=max(outcome.last_year for outcome in outcomes),
        weaknesses=(WORDS.say("weakness.over_years"),),
    )  # fmt: skip


def _change(
    panel: pd.DataFrame, name: str, window: tuple[int, ...]
) -> tuple[pd.Series, float, tuple[int, int]]:
    """Return each authority's change, the spread of the first year's figures, and first and last year."""
    values = without_earlier_definitions(panel, name)
    known = panel.assign(value=values).dropna(subset=["value"])
    last = window[1] - int(end_of_period(name)[0] > MARCH)
    years = sorted(year for year in known["year"].unique() if window[0] <= year <= last)
    if len(years) < 2:
        raise DataError(f"{name}: fewer than two years of figures from {window[0]} to {last}")
    first, last = int(years[0]), int(years[-1])
    wide = known[known["year"].isin([first, last])].pivot(
        index=["cluster", "authority_code"], columns="year", values="value"
    )
    both = wide.dropna().groupby("cluster").mean()
    if len(both) < 2:
        raise DataError(f"{name}: fewer than two authorities have both {first} and {last}")
    spread = float(known.loc[known["year"] == first, "value"].std(ddof=1))
    if not spread > 0:
        raise DataError(f"{name}: no variation among authorities in {first}")
    return both[last] - both[first], spread, (first, last)
