"""Where figures are missing: which indicators have few, which years lack all of a topic, and why figures are withheld."""

from collections.abc import Sequence

import pandas as pd

from analysis.data.definitions.indicators import indicator

THIN_YEAR = 0.9
"""An indicator has a gap where in some year fewer authorities than this share have a figure."""
_SPEND_SHOWN = "children_services_real_gbp_per_child"
"""The line of spend that stands for all: they come from one return and share its gap."""


def shares_by_year(coverage: pd.DataFrame) -> pd.DataFrame:
    """Return the share of authorities with a figure, indicators × years; missing where there is no authority."""
    rows = coverage[coverage["n_authorities"] > 0]
    return rows.assign(share=rows["n_present"] / rows["n_authorities"]).pivot(
        index="indicator", columns="year", values="share"
    )


def without_counts_behind(names: Sequence[str]) -> list[str]:
    """Return indicators without those that are a count behind a rate among them: it would say the same twice."""
    behind = {
        name
        for entry in map(indicator, names)
        if entry.counts
        for name in (entry.counts.numerator, *entry.counts.denominator)
    }
    return [name for name in names if name not in behind]


def with_gaps(coverage: pd.DataFrame) -> list[str]:
    """Return the indicators that in some year lack a figure for more than a tenth of authorities, fewest figures first.

    One line of spend stands for all, and a rate for the count behind it.
    """
    shares = shares_by_year(coverage)
    thin = shares[shares.min(axis=1) < THIN_YEAR].mean(axis=1).sort_values(kind="stable").index
    spend = [name for name in thin if indicator(name).topic == "spend"]
    shown = _SPEND_SHOWN if _SPEND_SHOWN in spend else next(iter(spend), "")
    return without_counts_behind([name for name in thin if name not in spend or name == shown])


def empty_years(coverage: pd.DataFrame, topic: str) -> list[int]:
    """Return the years between its first and its last in which a topic has no figure at all."""
    rows = coverage[coverage["indicator"].map(lambda name: indicator(name).topic) == topic]
    present = rows.groupby("year")["n_present"].sum()
    known = present[present > 0].index
    return [int(year) for year in present.index if present[year] == 0 and known.min() < year < known.max()]
