"""Inspections as events: which authority was judged how, in which year of an outcome's own calendar.

The rule: an inspection happens in the first period of the outcome that ends on or after the inspection's last day
(``years.label_of_days``). That period, event year 0, lies partly before the judgement; event year 1 wholly after it, and
event year −1 wholly before. The table of reports begins in 2013, so an earlier judgement isn't known: an authority's
first inadequate judgement means its first in that table.
"""

from dataclasses import dataclass

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import GRADES, last_days, overall_grade
from analysis.errors import unknown

from .boundary_changes import newest_code
from .tables import authority_changes
from .years import label_of_days


@dataclass(frozen=True)
class EventParameters:
    """Which inspections are events and for which outcome. ``grades``: the overall judgements whose aftermath is asked."""

    outcome: str
    grades: tuple[str, ...] = ("inadequate",)

    def __post_init__(self) -> None:
        indicator(self.outcome)
        object.__setattr__(self, "grades", tuple(self.grades))
        for grade in self.grades:
            if grade not in GRADES:
                raise unknown("judgement", grade, GRADES)


def inspection_events(reports: pd.DataFrame, parameters: EventParameters) -> pd.DataFrame:
    """Return every graded inspection as an event: authority_code, year, grade, ``is_asked``; ordered by both keys.

    ``reports`` has authority_code, inspection_end, published and overall. Codes are an authority's newest where only the
    code changed; the day of publication stands in where the last day isn't known. Of two inspections in one year the
    worse judgement stays.
    """
    events = pd.DataFrame(
        {
            "authority_code": reports["authority_code"].replace(newest_code(authority_changes())),
            "year": label_of_days(last_days(reports), parameters.outcome),
            "grade": pd.Categorical(overall_grade(reports), GRADES, ordered=True),
        }
    ).dropna()
    events = events.sort_values(["authority_code", "year", "grade"]).drop_duplicates(
        ["authority_code", "year"], keep="last"
    )
    events = events.astype({"year": int, "grade": str})
    return events.assign(is_asked=events["grade"].isin(parameters.grades)).reset_index(drop=True)


def with_reports(panel: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of authorities that have a report: of the others nobody knows whether they were judged inadequate.

    Reports of authorities that no longer exist aren't in the table.
    """
    known = reports["authority_code"].replace(newest_code(authority_changes()))
    return panel[panel["authority_code"].isin(known)]


def never_inadequate(panel: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of authorities without an inadequate judgement among ``events``.

    What an inspection itself does is asked of them alone: others stay uninspected for years after an inadequate judgement
    and have their worst years just before one, so that as controls they would make other inspections look good.
    """
    judged = events.loc[events["grade"] == "inadequate", "authority_code"]
    return panel[~panel["authority_code"].isin(judged)]
