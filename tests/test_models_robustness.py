"""What a referee asks of one pair: declared before fitting, the same estimate as elsewhere, reasons for what is missing."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis import store, wording
from analysis.charts.curve import answers_table, specification_curve
from analysis.cleaning.sample import SampleParameters
from analysis.errors import RequestError
from analysis.models.relationship import fit_relationship
from analysis.models.robustness import assess, specifications_of

TURNOVER = SampleParameters("assessments_in_45_days_percent", "turnover_percent")
CASELOAD = SampleParameters("assessments_in_45_days_percent", "caseload_cases_per_fte")


@pytest.fixture(scope="module")
def panel():
    return store.load_panel().authorities


@pytest.fixture(scope="module")
def turnover(panel):
    return assess(panel, TURNOVER, n_draws=199, seed=3)


@pytest.fixture(scope="module")
def caseload(panel):
    return assess(panel, CASELOAD, n_draws=199, seed=3)


def test_every_way_is_declared_before_anything_is_fitted():
    asked = specifications_of(TURNOVER)
    # two timings, four sets of controls, three estimators, two weights, three sets of rows
    assert len(asked) == len(set(asked)) == 2 * 4 * 3 * 2 * 3


def test_a_control_that_is_the_outcome_is_left_out():
    asked = specifications_of(SampleParameters("referrals_per_10k", "turnover_percent"))
    assert {specification.controls for specification in asked} == {
        (),
        ("children_services_real_gbp_per_child",),
    }


def test_the_main_estimate_is_that_of_the_relationship(panel, turnover):
    assert turnover.main.estimate == pytest.approx(
        fit_relationship(panel, TURNOVER).main.estimate.estimate, rel=1e-12
    )


def test_the_correction_moves_away_from_zero_by_the_reliability(turnover):
    # Noise in the exposure draws a slope towards zero by the exposure's reliability (Fuller 1987).
    corrected = turnover.corrected
    assert 0.5 < corrected.reliability < 0.8
    assert corrected.corrected == pytest.approx(corrected.naive / corrected.reliability, rel=0.02)


def test_what_cannot_be_had_keeps_its_reason(caseload):
    assert caseload.corrected is None
    assert "caseload_cases_per_fte" in caseload.reasons["noise"]
    assert caseload.reasons["noise"] in answers_table(caseload).frame["Answer"].tolist()


def test_nothing_in_the_outcome_is_called_nothing(panel):
    noise = np.random.default_rng(11).normal(size=len(panel))
    found = assess(panel.assign(assessments_in_45_days_percent=80 + noise), TURNOVER, n_draws=199, seed=3)
    assert found.curve.joint["median"].p_value > 0.05
    assert "doesn't tell itself from chance" in wording.robustness_result(found).markdown


def test_the_same_seed_gives_the_same_answers(panel, caseload):
    again = assess(panel, CASELOAD, n_draws=199, seed=3)
    assert json.dumps(again.as_dict(), allow_nan=False) == json.dumps(caseload.as_dict(), allow_nan=False)


def test_the_curve_draws_every_fitted_way_and_says_so(caseload):
    chart = specification_curve(caseload.curve)
    upper = chart.figure.axes[0]
    drawn = sum(len(line.get_xdata()) for line in upper.lines if line.get_linestyle() == "None")
    assert drawn == len(caseload.curve.specifications) == 144
    assert f"{caseload.curve.median:.2f}".replace("-", "−") in chart.alt
    assert "standard" in upper.get_ylabel().lower()


def test_an_unknown_indicator_is_refused():
    with pytest.raises(RequestError, match="did you mean 'turnover_percent'"):
        SampleParameters("assessments_in_45_days_percent", "turnover_percnt")


def test_the_answers_are_one_row_a_question(turnover):
    frame = answers_table(turnover).frame
    assert isinstance(frame, pd.DataFrame) and not frame["Question"].duplicated().any()
    assert "Placebo: the exposure a year later" in frame["Question"].tolist()
