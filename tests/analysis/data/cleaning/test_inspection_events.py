"""Inspections as events in each outcome's own calendar."""

import pandas as pd
import pytest

from analysis.data.cleaning.inspection_events import (
    EventParameters,
    inspection_events,
    never_inadequate,
    with_reports,
)
from analysis.data.cleaning.years import label_of_days
from analysis.errors import RequestError


@pytest.mark.parametrize(
    ("day", "september", "march"),
    [("2019-03-08", 2019, 2019), ("2019-09-30", 2019, 2020), ("2019-10-01", 2020, 2020), ("2019-03-31", 2019, 2019),
     ("2019-04-01", 2019, 2020), ("2019-12-31", 2020, 2020)],
)  # fmt: skip
def test_an_inspection_falls_in_the_first_period_that_ends_after_it(day, september, march):
    days = pd.Series([day, ""])
    assert label_of_days(days, "turnover_percent").tolist() == [september, pd.NA]
    assert label_of_days(days, "plans_started_per_10k")[0] == march
    assert label_of_days(days, "children_services_real_gbp_per_child")[0] == march


def reports(*rows):
    columns = ["authority_code", "inspection_end", "published", "overall"]
    return pd.DataFrame(rows, columns=columns)


def test_events_are_by_authority_and_year_with_the_worse_of_two_judgements():
    table = reports(
        ("E10000032", "2019-03-08", "2019-05-08", "inadequate"),
        ("E10000032", "2019-06-08", "2019-08-08", "good"),
        ("E10000032", "", "2015-11-19", "adequate"),
        ("E10000032", "2026-01-01", "2026-02-01", "none"),
    )
    events = inspection_events(table, EventParameters("turnover_percent"))
    assert events[["year", "grade", "is_asked"]].values.tolist() == [
        [2016, "requires improvement", False],
        [2019, "inadequate", True],
    ]


def test_a_code_that_was_renumbered_is_the_newest_one():
    # Northumberland was E06000048 until 2013, with the boundary it has now.
    events = inspection_events(
        reports(("E06000048", "2016-02-01", "", "good")), EventParameters("turnover_percent", ("good",))
    )
    assert events["authority_code"].tolist() == ["E06000057"]


def test_authorities_once_judged_inadequate_are_left_out_whole():
    panel = pd.DataFrame({"authority_code": ["a", "a", "b"], "year": [2015, 2020, 2020]})
    events = pd.DataFrame(
        {"authority_code": ["a", "b"], "year": [2018, 2018], "grade": ["inadequate", "good"]}
    )
    assert never_inadequate(panel, events)["authority_code"].tolist() == ["b"]


def test_authorities_without_a_report_are_left_out_and_renumbered_ones_kept():
    panel = pd.DataFrame({"authority_code": ["E06000057", "E10000006"]})
    kept = with_reports(panel, reports(("E06000048", "2016-02-01", "", "good")))
    assert kept["authority_code"].tolist() == ["E06000057"]


def test_an_unknown_judgement_names_the_nearest():
    with pytest.raises(RequestError, match="did you mean 'inadequate'"):
        EventParameters("turnover_percent", ("inadequte",))
