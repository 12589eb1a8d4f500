"""What changed in authorities over the years, and which grades stand beside the deepest cuts: findings without a model."""

import numpy as np
import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.errors import DataError
from analysis.findings.finding import Finding
from analysis.showing.words import words_of

WORDS = words_of(__package__)


def outstanding_among_deepest_cuts(inspections: pd.DataFrame, share: float = 1 / 3) -> Finding:
    """Return the percentage graded outstanding among the inspections with the deepest cuts, with Wilson's interval.

    ``inspections`` has ``change_percent``, ``grade`` and ``panel_code``; the deepest third by default. The p value is of
    the exact binomial test that no more than one in a hundred is outstanding: exceptions at most.
    """
    from scipy.stats import binomtest

    limit = float(np.quantile(inspections["change_percent"], share))
    deepest = inspections[inspections["change_percent"] <= limit]
    n_outstanding = int((deepest["grade"] == "outstanding").sum())
    test = binomtest(n_outstanding, len(deepest), 0.01, alternative="greater")
    low, high = binomtest(n_outstanding, len(deepest)).proportion_ci(method="wilson")
    return Finding(
        name="outstanding-among-deepest-cuts",
        label=WORDS.say("finding.deepest", cut=-limit) if limit < 0 else WORDS.say("finding.lowest"),
        scale="percent",
        estimate=100 * n_outstanding / len(deepest),
        conf_low=100 * float(low),
        conf_high=100 * float(high),
        p_value=float(test.pvalue),
        n_observations=len(deepest),
        n_clusters=deepest["panel_code"].nunique(),
        indicators=("children_services_gbp", "child_population_children"),
    )


def mean_change(panel: pd.DataFrame, column: str, name: str) -> Finding:
    """Return authorities' mean change of an indicator from its first comparable year to its last.

    In standard deviations of the first year's authorities; authorities of one cluster are averaged first, and the
    interval and p value are of Student's t over clusters (paired differences). Raises DataError where fewer than two
    clusters have both years.
    """
    from scipy.stats import ttest_1samp

    entry = indicator(column)
    known = panel.dropna(subset=[column])
    first = max(int(known["year"].min()), entry.comparable_from or 0)
    last = int(known["year"].max())
    wide = known[known["year"].isin([first, last])].pivot(
        index=["cluster", "authority_code"], columns="year", values=column
    )
    both = wide.dropna().groupby("cluster").mean()
    if len(both) < 2:
        raise DataError(f"{column}: fewer than two authorities have both {first} and {last}")
    spread = float(known.loc[known["year"] == first, column].std(ddof=1))
    test = ttest_1samp((both[last] - both[first]) / spread, 0)
    limits = test.confidence_interval()
    return Finding(
        name=name,
        label=f"Mean change in {lower_first(entry.label)} within authorities, {first} to {last}",
        scale="standard deviations",
        estimate=float(((both[last] - both[first]) / spread).mean()),
        conf_low=float(limits.low),
        conf_high=float(limits.high),
        p_value=float(test.pvalue),
        n_observations=len(wide.dropna()),
        n_clusters=len(both),
        indicators=(column,),
    )
