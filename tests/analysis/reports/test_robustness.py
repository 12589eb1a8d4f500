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
from analysis.reports.robustness.charts import choices_chart, specification_curve
from analysis.reports.robustness.study import assess
from analysis.reports.robustness.tables import answers_table
from analysis.reports.robustness.words import curve_declared, robustness_answer
from analysis.showing.theme import BETTER, WORSE

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
        "240 analyses were declared before any was run: 2 timings, 4 sets of controls, "
        "5 ways of comparing authorities and years, 2 weights and 3 sets of rows."
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
        named = {finding.name: finding for finding in replace(turnover, lead=shown).findings()}
        assert list(named) == ["main", "lead", "placebo-outcome"]
        assert named["lead"].is_clear == (p_value < 0.05) and "placebo" in named["lead"].caution
    assert [finding.name for finding in replace(turnover, lead=None).findings()] == [
        "main",
        "placebo-outcome",
    ]


def test_the_correction_moves_away_from_zero_by_the_reliability(turnover):
    # Noise in the exposure draws a slope towards zero by the exposure's reliability (Fuller 1987).
    corrected = turnover.corrected
    assert 0.5 < corrected.reliability < 0.8
    assert corrected.estimate == pytest.approx(corrected.naive / corrected.reliability, rel=0.02)


def test_what_cannot_be_had_keeps_its_reason(caseload):
    assert caseload.corrected is None
    assert "caseload_cases_per_fte" in caseload.reasons["noise"]
    (told,) = (
        answers_table(caseload)
        .frame.set_index("Question")
        .loc[["Without chance variation of small rates"], "Answer"]
    )
    assert told == caseload.reasons["noise"].replace("caseload_cases_per_fte", "the average caseload")


def test_nothing_in_the_outcome_is_called_nothing(panel):
    noise = np.random.default_rng(11).normal(size=len(panel.authorities))
    empty = panel.authorities.assign(assessments_in_45_days_percent=80 + noise)
    assessed = assess(replace(panel, authorities=empty), TURNOVER, n_draws=199, n_permutations=99, seed=3)
    assert assessed.curve.joint["median"].p_value > 0.05
    assert assessed.permuted.p_value > 0.05
    said = robustness_answer(assessed)
    assert said.answer.startswith(
        ("**There is no sign that the share of ass", "**These figures cannot tell whether the share")
    )
    assert "withstand" not in said.answer and "holds up" not in said.answer


def test_regions_are_few_clusters_and_say_so(turnover):
    assert turnover.regional.n_clusters == 10
    assert turnover.regional.weights == "webb"
    assert turnover.regional.estimate == pytest.approx(turnover.wild.estimate, rel=1e-9)


def test_rows_left_out_are_named_and_the_same_as_refitting(panel, turnover):
    by = {influence.by: influence for influence in turnover.influence}
    assert list(by) == ["authority", "region", "year"]
    assert (
        by["region"].n == 10 and by["year"].n == 8
    )  # turnover counts from 2017, and meets outcomes a year later
    region, year = by["region"], by["year"]
    for influence, sample in (
        (region, SampleChoice("x", without_regions=(region.most,))),
        (year, SampleChoice("x", without_years=(int(year.most),))),
    ):
        asked = expand(Axes((TURNOVER.exposure,), (TURNOVER.outcome,), samples=(sample,)))[0]
        refit = estimate(frame_of(panel.authorities, asked), replace(asked.specification, standardised=False))
        unit = turnover.main.exposure_sd / turnover.main.outcome_sd
        assert influence.without_most == pytest.approx(refit.estimate * unit, rel=1e-8)
        assert influence.low <= influence.without_most <= influence.high


def test_withheld_figures_have_bounds_around_every_choice(panel):
    pair = SampleParameters("plans_open_two_years_percent", "turnover_percent")
    assessed = assess(panel, pair, specifications_of(pair)[:2], n_draws=19, n_permutations=19)
    assert assessed.bounds.n_bounded > 100
    assert assessed.bounds.conf_low < assessed.bounds.low < assessed.bounds.high < assessed.bounds.conf_high
    questions = answers_table(assessed).frame["Question"].tolist()
    assert f"Whatever the {assessed.bounds.n_bounded} withheld figures are" in questions


def test_the_same_seed_gives_the_same_answers(panel, caseload):
    again = assess(panel, CASELOAD, n_draws=199, n_permutations=99, seed=3)
    assert json.dumps(again.as_dict(), allow_nan=False) == json.dumps(caseload.as_dict(), allow_nan=False)


def test_the_curve_draws_every_fitted_way_and_says_so(caseload):
    chart = specification_curve(caseload)
    (axes,) = chart.figure.axes
    drawn = [line.get_ydata() for line in axes.lines if line.get_linestyle() == "None"]
    assert sum(map(len, drawn)) == len(caseload.curve.specifications) == 240
    # In percentage points for one case more: the standard deviations of the rows turn one into the other.
    levels = caseload.main.sample.levels
    assert np.sort(np.concatenate(drawn)) == pytest.approx(
        np.sort(caseload.curve.estimates) * levels["outcome"].std() / levels["exposure"].std(), rel=1e-6
    )
    assert axes.get_ylabel() == "difference, percentage\npoints"


def test_each_choice_of_the_curve_is_a_row_with_its_middle(caseload):
    (axes,) = choices_chart(caseload).figure.axes
    frame = caseload.curve.frame()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    # Two timings, four sets of controls, five comparisons, two weights, three sets of rows.
    assert len(labels) == 2 + 4 + 5 + 2 + 3
    middles = {label: line.get_xdata()[0] for label, line in zip(labels, axes.lines, strict=False)}
    per_case = caseload.main.outcome_sd / caseload.main.exposure_sd
    later = frame.loc[frame["lag_years"] == 0, "estimates"].median() * per_case
    assert middles["Timing: September before"] == pytest.approx(later)


def test_an_unknown_indicator_is_refused():
    with pytest.raises(RequestError, match="did you mean 'turnover_percent'"):
        SampleParameters("assessments_in_45_days_percent", "turnover_percnt")


def test_the_answers_are_one_row_a_question(turnover):
    frame = answers_table(turnover).frame
    assert isinstance(frame, pd.DataFrame) and not frame["Question"].duplicated().any()
    assert "Placebo: the exposure a year later" in frame["Question"].tolist()
    assert (frame["Verdict"] != "").all()


def test_a_sign_that_hangs_on_one_row_is_said(caseload):
    kept = robustness_answer(caseload)
    assert "The direction is the same whichever authority or region or year is left out." in kept.certainty
    low, *others = caseload.influence
    turned = robustness_answer(replace(caseload, influence=(replace(low, high=0.01), *others)))
    assert "leaving out one authority can turn its direction" in turned.answer
    assert "The direction is the same" not in turned.certainty


def with_tests(assessed, by_bootstrap, by_swapping):
    median = replace(assessed.curve.joint["median"], p_value=by_bootstrap)
    curve = replace(assessed.curve, joint={**assessed.curve.joint, "median": median})
    return replace(assessed, curve=curve, permuted=replace(assessed.permuted, p_value=by_swapping))


def test_the_verdict_follows_both_tests_of_all_ways_together(caseload):
    opening = {
        (
            0.01,
            0.01,
        ): "**The association holds up in most other analyses: in years when the average caseload was higher than usual",
        (
            0.01,
            0.2,
        ): "**In years when the average caseload was higher than usual for an authority, the share of assessments finished",
        (
            0.2,
            0.2,
        ): "**The association does not hold up in other analyses: in the first, the share of assessments finished",
    }
    for p_values, begins in opening.items():
        said = robustness_answer(with_tests(caseload, *p_values)).answer
        assert said.startswith(begins), said
    assert "passes only one of two tests" in robustness_answer(with_tests(caseload, 0.2, 0.01)).answer


def test_what_speaks_against_a_verdict_stands_in_its_sentence(caseload):
    placebo = replace(caseload.lead, estimate=-0.1, conf_low=-0.2, conf_high=-0.05, p_value=0.001)
    verdict = robustness_answer(replace(caseload, lead=placebo)).answer.split("**")[1]
    assert "it is also associated with the measure counted a year later" in verdict
    few = replace(caseload.curve, same_sign=0.59)
    verdict = robustness_answer(replace(caseload, curve=few)).answer.split("**")[1]
    assert "many analyses point the other way" in verdict


def test_a_clear_nil_and_an_open_question_are_told_apart(turnover):
    nil = replace(turnover.main, estimate=0.01, conf_low=-0.04, conf_high=0.06)
    wide = replace(turnover.main, estimate=0.01, conf_low=-0.2, conf_high=0.22)
    plain = replace(turnover, corrected=None)
    assert "large enough to matter is ruled out" in robustness_answer(replace(plain, main=nil)).answer
    assert robustness_answer(replace(plain, main=wide)).answer.startswith("**These figures cannot tell")
    # Chance variation of small rates hides associations: what is left open without it isn't ruled out.
    unit = turnover.main.outcome_sd / turnover.main.exposure_sd
    far = replace(turnover.corrected, estimate=0.02 * unit, conf_low=-0.15 * unit, conf_high=0.19 * unit)
    assert robustness_answer(replace(turnover, main=nil, corrected=far)).answer.startswith(
        "**These figures cannot"
    )


def test_a_verdict_of_none_says_how_many_ways_find_something(turnover):
    nil = replace(turnover.main, estimate=0.01, conf_low=-0.04, conf_high=0.06)
    many = replace(turnover.curve, significant=0.39)
    said = robustness_answer(replace(turnover, corrected=None, main=nil, curve=many)).answer
    assert "ruled out; but 39% of all analyses find a clear one.**" in said


def test_a_middle_of_nil_has_no_direction(turnover):
    none = replace(turnover.curve, median=1e-6)
    assert robustness_answer(replace(turnover, curve=none)).answer.endswith(
        "the middle one about nil; the timing moves them most."
    )


def with_curve(assessed, estimates, p_values, median):
    curve = assessed.curve
    return replace(assessed, curve=replace(
        curve, estimates=np.array(estimates), p_values=np.array(p_values), median=median,
        specifications=curve.specifications[: len(estimates)],
        **{name: np.full(len(estimates), 0.1) for name in ("standard_errors", "wild_p_values")},
        **{name: np.full(len(estimates), 100) for name in ("n_observations", "n_clusters")},
    ))  # fmt: skip


def test_clear_analyses_are_counted_by_direction_and_a_middle_on_the_other_side_is_said(turnover):
    main = replace(turnover.main, estimate=-0.02, conf_low=-0.07, conf_high=0.03)
    some = with_curve(replace(turnover, main=main), [-0.2, 0.02, 0.05, 0.3], [0.01, 0.5, 0.4, 0.001], 0.035)
    said = robustness_answer(some).answer
    assert "), 2 find no clear difference, 1 finds it clearly higher and 1 finds it clearly lower;" in said
    assert "; 1 is below nil and 3 above, from " in said
    assert (
        "higher, the other way from the first, which is common near nil; the timing moves them most." in said
    )
    same = with_curve(replace(turnover, main=main), [-0.2, -0.1], [0.5, 0.5], -0.15)
    assert (
        robustness_answer(same).answer.endswith("lower; the timing moves them most.")
        and "none finds a clear difference; 2 are below nil and none above, from"
        in robustness_answer(same).answer
    )
    title = specification_curve(some).caption.split(". ")[0]
    assert "2 find no clear difference, 1 finds it clearly higher and 1 finds it clearly lower" in title


def test_what_clear_analyses_have_in_common_is_named_where_others_were_declared(turnover):
    frame = turnover.curve.frame()
    chosen = [specification.labels()["lag_years"] == 1 for specification in turnover.curve.specifications]
    estimates = np.where(chosen, 0.3, 0.01)
    lagged = replace(turnover, curve=replace(
        turnover.curve, estimates=estimates, p_values=np.where(chosen, 0.001, 0.5), median=0.02
    ))  # fmt: skip
    assert 0 < sum(chosen) < len(frame) == 240
    caption = specification_curve(lagged).caption
    assert f"120 find no clear difference and {sum(chosen)} find it clearly higher" in caption
    assert f"The {sum(chosen)} clear ones have in common: timing a year earlier." in caption
    every = replace(turnover, curve=replace(turnover.curve, p_values=np.full(240, 0.5)))
    assert "in common" not in specification_curve(every).caption


def test_of_clear_analyses_of_both_signs_what_the_rarer_have_in_common_is_named(turnover):
    labels = [specification.labels() for specification in turnover.curve.specifications]
    rarer = [label["lag_years"] == 1 and label["estimator"] == "pooled" for label in labels]
    both = replace(turnover, curve=replace(
        turnover.curve, estimates=np.where(rarer, 0.3, -0.2), p_values=np.full(240, 0.001), median=-0.2
    ))  # fmt: skip
    assert 0 < sum(rarer) < 120
    drawn = specification_curve(both)
    assert (
        f"The {sum(rarer)} clearly higher ones have in common: timing a year earlier; comparison all authorities and years."
        in drawn.caption
    )
    # More assessments on time are better: lower is drawn as worse, higher as better, and each is named.
    lines = {line.get_label(): line.get_color() for line in drawn.figure.axes[0].get_lines()}
    assert lines["clearly lower"] == WORSE and lines["clearly higher"] == BETTER and "not clear" not in lines


def test_chance_is_told_in_tries_of_a_hundred(turnover):
    said = robustness_answer(with_tests(turnover, 0.619, 0.004)).certainty
    assert "in 62 of 100 tries by one test and in fewer than 1 of 100 by another" in said
    alone = robustness_answer(replace(with_tests(turnover, 0.05, 0.5), permuted=None)).certainty
    assert "in 5 of 100 tries." in alone


def test_the_first_estimate_leads_and_the_correction_for_chance_follows(turnover):
    said = robustness_answer(turnover)
    levels = turnover.main.sample.levels
    first = turnover.main.estimate * levels["outcome"].std() / levels["exposure"].std() * 5
    assert f"was {abs(first):.2f} percentage points" in said.answer
    assert f"{abs(turnover.corrected.estimate * 5):.1f} percentage points" in said.certainty
    nil = replace(turnover.main, estimate=0.01, conf_low=-0.04, conf_high=0.06)
    assert robustness_answer(replace(turnover, main=nil, corrected=None)).not_shown.startswith(
        "It does not show that turnover of social workers does no harm, or that there is no link: "
    )
    clear = replace(turnover.main, estimate=0.2, conf_low=0.1, conf_high=0.3)
    assert robustness_answer(replace(turnover, main=clear)).not_shown.startswith(
        "It does not show that turnover of social workers caused"
    )


def test_smaller_than_what_matters_is_yes_no_or_unsure(turnover):
    # What matters is a tenth of a standard deviation; the interval is of 90%.
    for low, high, equivalent, verdict in (
        (-0.05, 0.02, True, "yes"),
        (-0.4, -0.2, False, "no"),
        (-0.2, 0.02, False, "cannot say"),
    ):
        test = replace(turnover.equivalence, conf_low=low, conf_high=high, equivalent=equivalent)
        frame = answers_table(replace(turnover, equivalence=test)).frame.set_index("Question")
        assert frame.loc["Smaller than what matters, either way?", "Verdict"] == verdict
