"""What a referee asks of one pair: declared before fitting, the same estimate as elsewhere, reasons for what is missing."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.panel import store
from analysis.errors import RequestError
from analysis.estimators.curve.axes import Axes, SampleChoice, expand, frame_of
from analysis.estimators.pairs.axes import TREND_YEARS, curve_axes, specifications_of
from analysis.estimators.pairs.relationship import fit_relationship
from analysis.estimators.regression.estimate import estimate
from analysis.reports.robustness.charts import specification_curve
from analysis.reports.robustness.study import assess
from analysis.reports.robustness.tables import answers_table
from analysis.reports.robustness.words import curve_declared, robustness_result

TURNOVER = SampleParameters("assessments_in_45_days_percent", "turnover_percent")
CASELOAD = SampleParameters("assessments_in_45_days_percent", "caseload_cases_per_fte")


@pytest.fixture(scope="module")
def panel():
    return store.load_panel()


@pytest.fixture(scope="module")
def turnover(panel):
    return assess(panel, TURNOVER, n_draws=199, n_permutations=99, seed=3)


@pytest.fixture(scope="module")
def caseload(panel):
    return assess(panel, CASELOAD, n_draws=199, n_permutations=99, seed=3)


def test_every_way_is_declared_before_anything_is_fitted():
    asked = specifications_of(TURNOVER)
    # two timings, four sets of controls, three estimators of which one has three sets of effects, two weights, three sets
    # of rows
    assert len(asked) == len(set(asked)) == 2 * 4 * (2 + 3) * 2 * 3
    said = curve_declared(asked).markdown
    assert said == (
        "The curve has 240 specifications: 2 timings, 4 sets of controls, 5 estimators with their effects, 2 weights and 3 "
        "sets of rows."
    )


def test_trends_are_asked_about_only_where_the_years_allow():
    short = replace(TURNOVER, years=(2025 - TREND_YEARS + 2, 2025))
    assert "entity trends and time" in curve_axes(TURNOVER).effects
    assert "entity trends and time" not in curve_axes(short).effects


def test_other_measures_are_axes_and_turned_where_their_better_side_is_the_other():
    late = SampleParameters("cases_open_two_years_percent", "turnover_percent")
    axes = curve_axes(late, ["churn_percent"], ["assessments_in_45_days_percent"], ["none", "ranks"])
    assert axes.exposures == ("turnover_percent", "churn_percent")
    assert axes.reversed_measures == ("assessments_in_45_days_percent",)
    asked = specifications_of(late, ["churn_percent"], ["assessments_in_45_days_percent"], ["none", "ranks"])
    assert len(asked) == 2 * 2 * 2 * 240
    assert "2 measures of the exposure, 2 measures of the outcome" in curve_declared(asked).markdown


def test_a_control_that_is_the_outcome_is_left_out():
    asked = specifications_of(SampleParameters("referrals_per_10k", "turnover_percent"))
    assert {specification.controls for specification in asked} == {
        (),
        ("children_services_real_gbp_per_child",),
    }


def test_the_main_estimate_is_that_of_the_relationship(panel, turnover):
    assert turnover.main.estimate == pytest.approx(
        fit_relationship(panel.authorities, TURNOVER).main.estimate.estimate, rel=1e-12
    )


def test_placebos_are_recorded_whether_they_show_something_or_not(turnover):
    for p_value, low, high in ((0.9, -0.3, 0.3), (0.001, 0.01, 0.3)):
        shown = replace(turnover.lead, estimate=0.1, conf_low=low, conf_high=high, p_value=p_value)
        named = {one.name: one for one in replace(turnover, lead=shown).findings()}
        assert list(named) == ["main", "lead", "placebo-outcome"]
        assert named["lead"].is_clear == (p_value < 0.05) and "placebo" in named["lead"].caution
    assert [one.name for one in replace(turnover, lead=None).findings()] == ["main", "placebo-outcome"]


def test_the_correction_moves_away_from_zero_by_the_reliability(turnover):
    # Noise in the exposure draws a slope towards zero by the exposure's reliability (Fuller 1987).
    corrected = turnover.corrected
    assert 0.5 < corrected.reliability < 0.8
    assert corrected.estimate == pytest.approx(corrected.naive / corrected.reliability, rel=0.02)


def test_what_cannot_be_had_keeps_its_reason(caseload):
    assert caseload.corrected is None
    assert "caseload_cases_per_fte" in caseload.reasons["noise"]
    assert caseload.reasons["noise"] in answers_table(caseload).frame["Answer"].tolist()


def test_nothing_in_the_outcome_is_called_nothing(panel):
    noise = np.random.default_rng(11).normal(size=len(panel.authorities))
    empty = panel.authorities.assign(assessments_in_45_days_percent=80 + noise)
    found = assess(replace(panel, authorities=empty), TURNOVER, n_draws=199, n_permutations=99, seed=3)
    assert found.curve.joint["median"].p_value > 0.05
    assert found.permuted.p_value > 0.05
    assert "cannot be distinguished from chance" in robustness_result(found).markdown


def test_regions_are_few_clusters_and_say_so(turnover):
    assert turnover.regional.n_clusters == 10
    assert turnover.regional.weights == "webb"
    assert turnover.regional.estimate == pytest.approx(turnover.wild.estimate, rel=1e-9)


def test_rows_left_out_are_named_and_the_same_as_refitting(panel, turnover):
    by = {one.by: one for one in turnover.influence}
    assert list(by) == ["authority", "region", "year"]
    assert (
        by["region"].n == 10 and by["year"].n == 8
    )  # turnover counts from 2017, and meets outcomes a year later
    region, year = by["region"], by["year"]
    for one, sample in (
        (region, SampleChoice("x", without_regions=(region.most,))),
        (year, SampleChoice("x", without_years=(int(year.most),))),
    ):
        asked = expand(Axes((TURNOVER.exposure,), (TURNOVER.outcome,), samples=(sample,)))[0]
        refit = estimate(frame_of(panel.authorities, asked), replace(asked.specification, standardised=False))
        unit = turnover.main.exposure_sd / turnover.main.outcome_sd
        assert one.without_most == pytest.approx(refit.estimate * unit, rel=1e-8)
        assert one.low <= one.without_most <= one.high


def test_withheld_figures_have_bounds_around_every_choice(panel):
    pair = SampleParameters("plans_open_two_years_percent", "turnover_percent")
    found = assess(panel, pair, specifications_of(pair)[:2], n_draws=19, n_permutations=19)
    assert found.bounds.n_bounded > 100
    assert found.bounds.conf_low < found.bounds.low < found.bounds.high < found.bounds.conf_high
    asked = dict(answers_table(found).frame.to_numpy().tolist())
    assert f"{found.bounds.n_bounded} withheld figures" in asked["Bounds for withheld figures"]


def test_the_same_seed_gives_the_same_answers(panel, caseload):
    again = assess(panel, CASELOAD, n_draws=199, n_permutations=99, seed=3)
    assert json.dumps(again.as_dict(), allow_nan=False) == json.dumps(caseload.as_dict(), allow_nan=False)


def test_the_curve_draws_every_fitted_way_and_says_so(caseload):
    chart = specification_curve(caseload.curve)
    upper = chart.figure.axes[0]
    drawn = sum(len(line.get_xdata()) for line in upper.lines if line.get_linestyle() == "None")
    assert drawn == len(caseload.curve.specifications) == 240
    assert f"{caseload.curve.median:.2f}".replace("-", "−") in chart.alt
    assert "standard" in upper.get_ylabel().lower()


def test_an_unknown_indicator_is_refused():
    with pytest.raises(RequestError, match="did you mean 'turnover_percent'"):
        SampleParameters("assessments_in_45_days_percent", "turnover_percnt")


def test_the_answers_are_one_row_a_question(turnover):
    frame = answers_table(turnover).frame
    assert isinstance(frame, pd.DataFrame) and not frame["Question"].duplicated().any()
    assert "Placebo: the exposure a year later" in frame["Question"].tolist()


def test_a_sign_that_hangs_on_one_row_is_said(turnover):
    kept = robustness_result(turnover).markdown
    assert "It keeps its sign whichever authority or region or year is left out." in kept
    low, *others = turnover.influence
    turned = replace(turnover, influence=(replace(low, high=0.01), *others))
    assert "Leaving out a single authority can turn its sign." in robustness_result(turned).markdown


def test_two_tests_that_part_are_said_to(turnover):
    clear = replace(turnover.curve.joint["median"], p_value=0.01)
    curve = replace(turnover.curve, joint={**turnover.curve.joint, "median": clear})
    said = robustness_result(replace(turnover, curve=curve)).markdown
    assert "stands by one test of two only" in said and "p = 0.010 by the wild bootstrap" in said
    both = replace(turnover, curve=curve, permuted=replace(turnover.permuted, p_value=0.02))
    assert "holds together" in robustness_result(both).markdown
