"""Who and where: an indicator by groups of authorities."""

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import interval, number, source_line
from publishing.display import Table

from .grouping import group_means, rows_by_group
from .words import WORDS

_FIFTHS_SHOWN = ("size", "deprivation")


def groups_table(panel: pd.DataFrame, name: str, years: tuple[int, int]) -> Table:
    """Return an indicator's spread by region, size of the workforce and deprivation over ``years``.

    Means are of authority-years, each counted once, whatever the size of the authority.
    """
    entry = indicator(name)
    regions = rows_by_group(panel, name, years, "region").sort_values("mean", ascending=False)
    chosen = panel.loc[panel["year"].between(*years), name]
    rows = [_row(WORDS.say("group.all"), chosen.describe())]
    rows += [_row(str(region), row) for region, row in regions.iterrows()]
    for way in _FIFTHS_SHOWN:
        fifths = rows_by_group(panel, name, years, way)
        rows += [
            _row(WORDS.say(f"group.{way}.{end}"), fifths.iloc[place])
            for end, place in (("lowest", 0), ("highest", -1))
            if len(fifths) > 1
        ]
    caseload = group_means(panel, name, years, "caseload")
    return Table(
        pd.DataFrame(rows, columns=["Authorities", "Mean", "Middle half", "Authority-years"]),
        caption=WORDS.say(
            "caption.groups",
            indicator=entry.label,
            unit=entry.unit_label,
            first_year=years[0],
            last_year=years[1],
        ),
        source=source_line([name, "deprivation_score", "caseload_cases_per_fte"]),
        note=WORDS.say("note.groups", lowest=caseload.min(), highest=caseload.max()),
        align_right=("Authority-years", "Mean", "Middle half"),
    )


def _row(group: str, spread: "pd.Series[float]") -> dict[str, str]:
    return {
        "Authorities": group,
        "Mean": number(spread["mean"], 1),
        "Middle half": interval(spread["25%"], spread["75%"], 1),
        "Authority-years": number(spread["count"], 0),
    }
