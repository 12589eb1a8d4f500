"""The report on the figures: what counts as a gap, who keeps earlier years, and errors of the source in words."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis.data.cleaning import tables
from analysis.data.definitions.authorities import names_by_code
from analysis.data.definitions.indicators import dictionary
from analysis.data.panel import store
from analysis.reports.data.coverage import coverage_heatmap
from analysis.reports.data.gaps import empty_years, with_gaps, without_counts_behind
from analysis.reports.data.study import data_facts
from analysis.reports.data.tables import breaks_table, withheld_table
from analysis.reports.data.words import (
    boundary_changes_told,
    corrections_told,
    data_answer,
    measures_listed,
)


def coverage(*rows):
    columns = ["indicator", "year", "n_authorities", "n_present", "n_withheld"]
    return pd.DataFrame([(*row, row[2] - row[3]) for row in rows], columns=columns)


@pytest.fixture(scope="module")
def panel():
    return store.load_panel()


def test_a_gap_is_a_year_with_fewer_than_nine_in_ten_and_one_line_of_spend_stands_for_all():
    given = coverage(
        ("turnover_percent", 2020, 100, 100), ("turnover_percent", 2021, 100, 90),
        ("caseload_cases_per_fte", 2020, 100, 89), ("caseload_cases_per_fte", 2021, 100, 100),
        ("children_services_real_gbp_per_child", 2020, 100, 0), ("looked_after_real_gbp_per_child", 2020, 100, 0),
    )  # fmt: skip
    assert with_gaps(given) == ["children_services_real_gbp_per_child", "caseload_cases_per_fte"]


def test_the_count_behind_a_rate_is_not_shown_beside_it():
    assert dictionary()["plans_open_two_years_percent"].counts.numerator == "plans_open_two_years_plans"
    names = ["plans_open_two_years_plans", "plans_open_two_years_percent"]
    assert without_counts_behind(names) == ["plans_open_two_years_percent"]
    assert without_counts_behind(names[:1]) == names[:1]


def test_the_chart_says_of_spend_only_where_a_line_of_it_is_shown():
    thin = coverage(("caseload_cases_per_fte", 2020, 100, 50), ("caseload_cases_per_fte", 2021, 100, 97))
    caption = coverage_heatmap(thin).caption
    assert caption.startswith(
        "The average caseload is missing most often: there is no figure for 26% of authorities and years."
    )
    assert "spend" not in caption
    spend = coverage(("children_services_real_gbp_per_child", 2020, 100, 40))
    assert "All lines of spend share" in coverage_heatmap(pd.concat([thin, spend])).caption


def test_a_year_is_empty_between_years_that_have_figures():
    rows = [
        ("looked_after_gbp", year, 150, n)
        for year, n in ((2013, 0), (2014, 150), (2015, 0), (2016, 148), (2017, 0))
    ]
    assert empty_years(coverage(*rows), "spend") == [2015]


def test_the_answer_names_years_that_are_missing_and_no_others(panel):
    facts = data_facts(panel)
    assert "Spend is missing" not in data_answer(facts, panel, 49).answer
    spend = panel.coverage["indicator"].str.contains("_gbp") & panel.coverage["year"].isin([2015, 2016])
    without = replace(
        panel, coverage=panel.coverage.assign(n_present=panel.coverage["n_present"].mask(spend, 0))
    )
    said = data_answer(facts, without, 49).answer
    assert "Spend is missing for 2014-15 and 2015-16, in every authority." in said
    answer = data_answer(facts, panel, 49)
    assert "from 2017 on" in answer.answer and "but for 49 plainly wrong" in answer.certainty
    # 1,361 of 2,136 authorities and years have a figure of plans open two years or more (counted in the coverage table).
    assert "lacks a figure in 36% of authorities and years" in answer.not_shown
    every = facts | {"share_present": facts["share_present"] | {"plans_open_two_years_percent": 0.97}}
    assert "drift" not in data_answer(every, panel, 49).not_shown
    assert answer.answer.count("no figure for") == 1, "said in full once, and then in brackets"
    assert "plans open for two years or more (36%)" in answer.answer
    full = replace(panel, coverage=panel.coverage.query("year < 2015"))
    assert "Spend is missing" not in data_answer(facts, full, 1).answer
    assert (
        "but for 1 plainly wrong in the source, which is corrected" in data_answer(facts, full, 1).certainty
    )


def test_every_measure_is_named_once():
    said = measures_listed().markdown
    assert said.count("**") == 2 * 6
    assert "social worker turnover;" in said and "(25 measures, 2015 to 2025)" in said


def test_divided_authorities_are_told_from_those_that_went_over_whole():
    said = boundary_changes_told(tables.authority_changes(), names_by_code()).markdown
    whole, divided = said.split("One that was divided")
    assert "Somerset (2023)" in whole and "Cumbria" not in whole
    assert "Cumberland and Westmorland and Furness (2023)" in divided and "Northamptonshire" in divided


def test_errors_of_the_source_are_told_once_a_reason_and_by_name():
    said = corrections_told(tables.corrections(), names_by_code()).markdown
    assert said.startswith(f"{len(tables.corrections())} figures are plainly wrong")
    assert said.count("every line of the return") == 1
    assert "North East and England, 2018 (4 figures)" in said and "E12000001" not in said


def test_breaks_and_reasons_are_rows():
    frame = breaks_table().frame
    assert "the census became a return on each worker" in " ".join(
        frame.loc[frame["From"] == "2017", "Reason"]
    )
    withheld = pd.DataFrame({"marker": ["x", "..", "c", "joint"], "indicator": "turnover_percent"})
    shown = withheld_table(withheld, tables.markers()).frame.set_index("Why")["Figures"]
    assert shown["not available"] == "2" and shown["returned for several authorities together"] == "1"
