"""Authorities put into groups, and an indicator's spread in each."""

import pandas as pd

_FIFTHS = ("lowest fifth", "second", "third", "fourth", "highest fifth")
_BY = {"size": "social_workers_fte", "deprivation": "deprivation_score", "caseload": "caseload_cases_per_fte"}
"""What authorities are put into fifths by."""


def fifths(panel: pd.DataFrame, column: str) -> pd.Series:
    """Return for each row which fifth of its year's authorities it stands in by ``column``; missing stays missing."""
    ranks = panel.groupby("year")[column].rank(pct=True)
    return pd.cut(ranks, [0, 0.2, 0.4, 0.6, 0.8, 1.0], labels=list(_FIFTHS)).astype("object")


def rows_by_group(panel: pd.DataFrame, name: str, years: tuple[int, int], way: str) -> pd.DataFrame:
    """Return count, mean and quartiles of authority-years by group, in order; empty where the panel can't group them."""
    chosen = panel[panel["year"].between(*years)]
    column = _BY.get(way, way)
    if column not in chosen:
        return pd.DataFrame(columns=["count", "mean", "25%", "75%"])
    groups = fifths(chosen, column) if way in _BY else chosen[column]
    grouped = chosen.assign(group=groups).dropna(subset=["group", name]).groupby("group")[name]
    table = grouped.describe(percentiles=[0.25, 0.5, 0.75])
    if way not in _BY:
        return table
    return table.reindex([label for label in _FIFTHS if label in table.index])


def group_means(panel: pd.DataFrame, name: str, years: tuple[int, int], way: str) -> pd.Series:
    """Return an indicator's mean over authority-years of ``years`` by ``region``, or by fifths of size and the like."""
    return rows_by_group(panel, name, years, way)["mean"]
