"""The report on reproduced studies: printed numbers as they are printed, what is said of them, and what is drawn."""

import re
from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.claims.register import published_estimates
from analysis.data.cleaning.spending import change_since
from analysis.data.panel import store
from analysis.errors import DataError, RequestError
from analysis.estimators.grades.spend import BASE_YEAR
from analysis.reports.reproductions import charts, tables
from analysis.reports.reproductions.printed import (
    BACH_MORTENSEN,
    LEFT_A_FILE,
    MARITIM,
    WEBB,
    Printed,
    compared,
    printed_interval,
    printed_numbers,
    recorded_interval,
)
from analysis.reports.reproductions.study import WEBB_PRICE_YEAR, study_reproductions
from analysis.reports.reproductions.words import (
    around_result,
    hazard_result,
    latest_result,
    prevention_result,
    printed_result,
    public_result,
    reproductions_answer,
    reproductions_described,
    reproductions_limits,
)
from tests.making.drawn import check_layout


@pytest.fixture(scope="module")
def panel():
    return store.without_very_small(store.load_panel().authorities)


@pytest.fixture(scope="module")
def study(panel):
    return study_reproductions(
        {name: store.load_reproduced(name) for name in LEFT_A_FILE},
        store.load_reports(),
        panel,
        change_since(store.load_spending(WEBB_PRICE_YEAR), "children_services_gbp", BASE_YEAR),
        store.price_factor(WEBB_PRICE_YEAR),
    )


def test_a_number_agrees_where_it_rounds_to_the_printed_digits():
    printed = Printed("a", "b", "c", "odds_ratio", "0.980")
    assert not printed.agrees  # nothing was made anew
    assert replace(printed, reproduced=0.9799).agrees and replace(printed, reproduced=0.9804).agrees
    assert not replace(printed, reproduced=0.9794).agrees
    assert replace(printed, text="1.69", reproduced=1.6898).agrees
    assert replace(printed, text="374", reproduced=374.0).agrees


def test_the_literature_of_the_claims_is_what_is_printed_of_webb():
    webb = published_estimates()["webb-2022-prevention"]
    assert printed_interval(WEBB, "published", "prevention").with_limits == (1.69, 1.275, 2.24)
    assert (webb.estimate, webb.conf_low, webb.conf_high) == (1.69, 1.275, 2.24)
    assert len([number for number in printed_numbers() if number.study == BACH_MORTENSEN]) == 56


def test_printed_intervals_hold_their_estimates():
    for outcome in {
        number.model
        for number in printed_numbers()
        if number.study == MARITIM and number.term == "agency_percent"
    }:
        interval = printed_interval(MARITIM, outcome, "agency_percent")
        assert interval.conf_low < interval.estimate < interval.conf_high
    with pytest.raises(DataError, match="no estimate with both limits"):
        printed_interval(BACH_MORTENSEN, "overall", "for_profit")


def test_a_printed_number_that_wasnt_computed_is_told():
    table = store.load_reproduced(WEBB)
    with pytest.raises(DataError, match=r"run `plan-drift ingest webb_2022`"):
        compared({WEBB: table[table["term"] != "deprivation"]})


def test_the_authors_file_splits_into_within_and_between(study):
    """The overall odds ratio lies between the two, as a weighted mean of slopes does."""
    table = study.reproduced[WEBB]
    whole = recorded_interval(table, "published", "prevention").estimate
    within = recorded_interval(table, "within_between", "prevention_within").estimate
    between = recorded_interval(table, "within_between", "prevention_between").estimate
    assert within < whole < between


def test_the_public_analysis_is_least_squares_with_dummies(study, panel):
    """Re-referrals on five workforce figures of the September before, by statsmodels with a dummy an authority and year."""
    figures = [
        "turnover_percent",
        "vacancy_percent",
        "agency_percent",
        "absence_percent",
        "caseload_cases_per_fte",
    ]
    later = panel.loc[panel["year"] >= 2017, ["authority_code", "year", *figures]].assign(
        year=lambda f: f["year"] + 1
    )
    rows = (
        panel[["authority_code", "year", "rereferrals_percent"]]
        .merge(later, on=["authority_code", "year"])
        .dropna()
    )
    fitted = smf.ols(f"rereferrals_percent ~ {' + '.join(figures)} + C(authority_code) + C(year)", rows).fit()
    own = study.public["rereferrals_percent", "agency_percent"]
    assert own.n_observations == len(rows)
    assert own.estimate == pytest.approx(fitted.params["agency_percent"], rel=1e-6)


def test_what_is_said_is_what_was_found(study):
    answer = reproductions_answer(study)
    agree = sum(comparison.agrees for comparison in study.compared)
    assert (
        f"Of the {len(study.compared)} numbers on grades that 2 earlier studies printed, {agree} can be"
        in answer.answer
    )
    assert (
        "better inspection grades, as published, but between authorities, not clearly within one"
        in answer.answer
    )
    assert "odds ratio" not in answer.answer and " p = " not in answer.answer
    points = 10 * study.public["rereferrals_percent", "agency_percent"].estimate
    assert f"re-referrals were {points:.1f} percentage points higher" in answer.answer
    assert "1.275" in printed_result(study).markdown  # the printed limit that doesn't come out
    assert "For the average authority, one point more of for-profit" in printed_result(study).markdown
    assert "nothing is clear in either" in public_result(study).markdown
    assert "less likely where" in latest_result(study).markdown
    assert "SHA-256 begins 3e277c847ff6" in reproductions_described(store.package()).markdown
    for prose in (printed_result, prevention_result, hazard_result, around_result):
        assert prose(study).markdown.strip()
    assert reproductions_limits().markdown.startswith("- ")


def test_the_answer_on_prevention_is_that_of_the_report_on_spend(study, spend):
    """One model on the same inspections: £100 in the prices of the panel in both reports."""
    for term, shares in study.good_of_100.items():
        assert astuple(shares) == pytest.approx(astuple(spend.good_of_100[term]))
        assert re.search(rf"(on average|and) {shares.with_more:.0f} \(", reproductions_answer(study).answer)
    own = study.whole.term("prevention").with_limits
    theirs = [value**spend.published_pounds for value in spend.random_years.term("prevention").with_limits]
    assert own == pytest.approx(theirs, rel=1e-4)


def with_p_values(study, **p_values):
    """The study with the downgrades' p values of agency work and caseload, each clear where it is below 0.05."""
    hazards = {
        name: replace(hazard, p_value=p, conf_low=1.01 if p < 0.05 else 0.9)
        for name, hazard in study.hazards.items()
        for p in [p_values.get(name.split("_")[0], 0.5)]
    }
    return replace(study, hazards=hazards)


@pytest.mark.parametrize(
    ("p_values", "answered", "sure", "numbers"),
    [
        # By hand: 4 p values, so that the smallest is multiplied by 4 and two alike by 2.
        ({"agency": 0.02, "caseload": 0.03}, "downgrade, once we allow for the 4 tested", "neither is clear",
         ["p = 0.020; q = 0.060", "p = 0.030; q = 0.060"]),
        ({"caseload": 0.03}, "once we allow for the 4 tested", "it is not clear", ["p = 0.030; q = 0.120"]),
        ({"caseload": 0.01}, "downgrades are more frequent with the average caseload", "stays clear",
         ["p = 0.010; q = 0.040"]),
        ({}, "no workforce figure clearly goes with a downgrade.", "none of the 4 figures asked clearly goes with them",
         []),
    ],
)  # fmt: skip
def test_downgrades_are_told_after_allowing_for_all_figures_asked(study, p_values, answered, sure, numbers):
    changed = with_p_values(study, **p_values)
    assert answered in reproductions_answer(changed).answer
    assert sure in reproductions_answer(changed).certainty
    assert re.findall(r"\((p = .*?) over all", hazard_result(changed).markdown) == numbers
    check_layout(charts.hazard_forest(changed).figure)


def test_downgrades_are_counted_of_100_authorities_a_year(study):
    caseload = study.hazards["caseload_cases_per_fte"]
    as_it_was, more, low, high = caseload.of_100()
    assert as_it_was == pytest.approx(100 * caseload.n_events / caseload.n_periods)
    # The chance in a short time is multiplied by the ratio, but for those downgraded within the year already.
    assert more / as_it_was == pytest.approx(caseload.estimate, rel=0.005)
    assert as_it_was < low < more < high


@pytest.mark.parametrize(
    ("between", "within", "told"),
    [
        ((2.0, 1.2, 3.0), (2.0, 1.2, 3.0), "between authorities it does, within one over the years it does not clearly"),
        ((1.2, 0.8, 1.9), (1.0, 0.6, 1.6), "between authorities it does not clearly do so"),
    ],
)  # fmt: skip
def test_the_finding_on_prevention_needs_both_sets_of_figures(study, between, within, told):
    odds = {"prevention_between": between, "prevention_within": within}
    fitted = study.same_year_split.fitted
    terms = tuple(
        replace(term, **dict(zip(("estimate", "conf_low", "conf_high"), odds[term.term], strict=True)))
        if term.term in odds
        else term
        for term in fitted.terms
    )
    changed = replace(
        study, same_year_split=replace(study.same_year_split, fitted=replace(fitted, terms=terms))
    )
    assert told in reproductions_answer(changed).answer


def test_fewer_years_give_fewer_inspections(study, panel):
    assert study.early.n_observations < study.whole.n_observations
    with pytest.raises(RequestError, match="last_year 2019: choose 2021"):
        study_reproductions({}, store.load_reports(), panel, pd.DataFrame(), 1.0, 2019)
    assert {years for years, _ in study.latest} == {(2016, 2021), (2016, study.whole_years[1])}


def test_charts_and_tables_show_every_row(study):
    for chart in (charts.prevention_forest(study), charts.public_forest(study), charts.hazard_forest(study)):
        check_layout(chart.figure)
    frame = tables.table_4(study).frame
    cells = frame.set_index("Term").loc["For-profit placements (one point more)"].tolist()
    assert cells == [
        "0.925 (0.032)",
        "0.959 (0.013)",
        "0.954 (0.019)",
        "0.957 (0.018)",
    ]  # as Table 4 prints them
    assert len(tables.public_table(study).frame) == 12
    assert len(tables.latest_table(study).frame) == 4 and len(tables.around_table(study).frame) == 4


def test_results_are_json_and_findings_have_their_own_names(study):
    values = study.as_dict()
    names = [entry["name"] for entry in values["findings"]]
    assert len(names) == len(set(names)) and "good-grade-on-prevention-within" in names
    assert all(np.isfinite(entry["estimate"]) for entry in values["findings"])
    assert pd.DataFrame(values["printed"])["agrees"].sum() == sum(
        comparison.agrees for comparison in study.compared
    )
