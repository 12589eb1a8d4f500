"""Who and where: an indicator by groups of authorities."""

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import number, source_line
from publishing.display import Table

from .words import WORDS

_FIFTHS = ("lowest fifth", "second", "third", "fourth", "highest fifth")


def fifths(panel: pd.DataFrame, column: str) -> pd.Series:
    """Return for each row which fifth of its year's authorities it stands in by ``column``; missing stays missing."""
    ranks = panel.groupby("year")[column].rank(pct=True)
    return pd.cut(ranks, [0, 0.2, 0.4, 0.6, 0.8, 1.0], labels=list(_FIFTHS)).astype("object")


def _group_rows(panel: pd.DataFrame, name: str, groups: pd.Series, label: str) -> pd.DataFrame:
    grouped = panel.assign(group=groups).dropna(subset=["group", name]).groupby("group")[name]
    table = grouped.describe(percentiles=[0.25, 0.5, 0.75])
    return table.assign(group=[f"{label}: {group}" for group in table.index])


def groups_table(panel: pd.DataFrame, name: str, years: tuple[int, int]) -> Table:
    """Return an indicator's spread by region, size of the workforce, deprivation and caseload over ``years``.

    Means are of authority-years, each counted once, whatever the size of the authority.
    """
    entry = indicator(name)
    chosen = panel[panel["year"].between(*years)]
    ways = [
        ("Region", chosen["region"]),
        ("Workforce", fifths(chosen, "social_workers_fte")),
        ("Deprivation", fifths(chosen, "deprivation_score")),
        ("Caseload", fifths(chosen, "caseload_cases_per_fte")),
    ]
    order = {value: place for place, value in enumerate(_FIFTHS)}
    parts = []
    for label, groups in ways:
        part = _group_rows(chosen, name, groups, label)
        parts.append(part.sort_index(key=lambda index: index.map(lambda value: order.get(value, value)), kind="stable")
                     if label != "Region" else part)  # fmt: skip
    rows = pd.concat(parts)
    table = pd.DataFrame(
        {
            "Group of authorities": rows["group"],
            "Authority-years": [number(value, 0) for value in rows["count"]],
            "Mean": [number(value, 1) for value in rows["mean"]],
            "Middle half": [
                f"{number(a, 1)} to {number(b, 1)}" for a, b in zip(rows["25%"], rows["75%"], strict=True)
            ],
        }
    )
    return Table(
        table,
        caption=WORDS.say(
            "caption.groups",
            indicator=entry.label,
            unit=entry.unit_label,
            first_year=years[0],
            last_year=years[1],
        ),
        source=source_line([name, "deprivation_score", "caseload_cases_per_fte"]),
        note=WORDS.say("note.groups"),
        align_right=("Authority-years", "Mean", "Middle half"),
    )
