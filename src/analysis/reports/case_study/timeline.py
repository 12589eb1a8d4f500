"""What happened to one authority and when: its inspections, and dated facts from documents on it."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from analysis.data.definitions.inspection_reports import FRAMEWORK_LABELS
from analysis.files.csv_files import read_table


@cache
def case_events() -> pd.DataFrame:
    """Return dated facts on authorities, in this project's words: authority_code, date, event, source.

    A date is a day, a month or a year in ISO form.
    """
    columns = ("authority_code", "date", "event", "source")
    return pd.DataFrame(
        read_table(files(__package__).joinpath("events.csv"), columns, columns, columns), dtype="str"
    )


def timeline(own_reports: pd.DataFrame, authority_code: str) -> pd.DataFrame:
    """Return one row an event in order of date: date, event, source. ``own_reports`` are the authority's."""
    inspections = pd.DataFrame(
        {
            "date": own_reports["inspection_end"],
            "event": [_inspection(row) for row in own_reports.to_dict("records")],
            "source": "Ofsted, report of " + own_reports["published"].astype(str),
        }
    )
    events = case_events()
    own_events = events.loc[events["authority_code"] == authority_code, ["date", "event", "source"]]
    return pd.concat([inspections, own_events]).sort_values(["date", "event"], ignore_index=True)


def _inspection(row: Mapping[str, Any]) -> str:
    grade = row["overall"] if row["overall"] != "none" else "no overall judgement"
    framework = FRAMEWORK_LABELS.get(row["framework"], row["framework"])
    return f"Inspection ({framework}), begun {row['inspection_start']}: {grade}"
