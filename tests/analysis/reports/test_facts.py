"""Facts, words and the summary of a family: numbers against what was worked out by hand."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.panel.panel import Panel
from analysis.errors import RequestError
from analysis.estimators.pairs.relationship import fit_relationship, variants_of
from analysis.reports.relationship.charts import residual_scatter
from analysis.reports.relationship.words import relationship_answer, relationship_limits
from analysis.reports.summary.charts import pairs_matrix
from analysis.reports.summary.study import family_of, stability_of, summary_facts
from analysis.reports.summary.words import summary_answer
from analysis.reports.workforce.study import workforce_facts
from analysis.showing.numbers import number


def made_panel(slope=-2.0):
    """Six authorities and eight years; the outcome is slope × last September's turnover, plus effects and noise."""
    rows = []
    for place in range(6):
        for year in range(2017, 2025):
            turnover = 10.0 + place + ((year * 7 + place * 5) % 11)
            rows.append((f"E0600000{place}", year, turnover))
    frame = pd.DataFrame(rows, columns=["authority_code", "year", "turnover_percent"])
    before = frame.groupby("authority_code")["turnover_percent"].shift(1)
    place = frame["authority_code"].str[-1].astype(float)
    wiggle = np.random.default_rng(20).normal(scale=0.2, size=len(frame))
    about = {"region": "London", "very_small": False, "child_population_children": 1000.0}
    return frame.assign(
        authority=frame["authority_code"], cluster=frame["authority_code"], **about,
        repeat_plans_percent=50 + slope * before + 3 * place + 0.5 * (frame["year"] - 2017) + wiggle,
        referrals_per_10k=500.0 + place * frame["year"] % 7, children_services_real_gbp_per_child=1000.0 + place,
    )  # fmt: skip


SAMPLE = SampleParameters("repeat_plans_percent", "turnover_percent")


@pytest.fixture(scope="module")
def fitted():
    return fit_relationship(made_panel(), SAMPLE, standardised=False)


def test_the_estimate_asked_for_comes_first_and_finds_the_slope(fitted):
    assert fitted.variants[0] == fitted.main
    assert fitted.main.estimate.estimate == pytest.approx(-2.0, abs=0.05)


def test_each_variant_changes_one_thing():
    asked, *others = variants_of(SAMPLE, "two-way", True)
    for variant in others:
        changed = [
            variant.specification.estimator != asked.specification.estimator,
            variant.sample.lag_years != asked.sample.lag_years,
            variant.sample.controls != asked.sample.controls,
            variant.sample.weights != asked.sample.weights,
        ]
        assert sum(changed) == 1, variant.label


def test_a_variant_that_cannot_be_estimated_keeps_its_reason(fitted):
    # Spend doesn't vary within an authority here, so it can't be held constant.
    (failed,) = [variant for variant in fitted.variants if variant.failure]
    assert failed.label == "Referrals and spend held constant"
    assert "children_services_real_gbp_per_child" in failed.failure
    assert failed.failure in relationship_limits(fitted).markdown


def test_the_answer_names_a_clear_association_its_direction_and_its_size(fitted):
    said = relationship_answer(fitted)
    assert said.answer.startswith(
        "**In years when turnover of social workers was higher than usual for an authority, the share of repeat child "
        "protection plans was lower (lower is better), before correction for the number of pairs tested.**\n\nWith 5 "
    )
    # The slope that was planted is −2.0; reports speak of five points of turnover.
    assert re.search(
        r"5 percentage points more, it was (9\.9|10\.\d)\d? percentage points lower", said.answer
    )
    assert "6 authorities" in said.certainty
    # A tenth of a standard deviation of the outcome for one of turnover, times five points.
    levels = fitted.main.estimate.sample.levels
    smallest = 0.1 * levels["outcome"].std() / levels["exposure"].std() * 5
    assert f"mattering is {smallest:.2f} percentage points" in said.certainty
    assert said.not_shown.startswith("It does not show that turnover of social workers caused the difference")
    caption = residual_scatter(fitted.main.estimate).caption
    change = 5 * fitted.main.estimate.in_outcome_units[0]
    assert caption.startswith(
        "With turnover of social workers 5 percentage points higher than usual, the share of repeat child protection plans "
        f"was {abs(change):.2f} percentage points lower (95% interval "
    )


@pytest.mark.parametrize(
    ("estimator", "opening", "size"),
    [
        ("pooled", "In authorities and years where turnover", "With 5 percentage points more, it was"),
        (
            "first-differences",
            "When turnover of social workers rose more than elsewhere",
            "by 5 percentage points more from one",
        ),
    ],
)
def test_other_estimators_say_what_they_compare(estimator, opening, size):
    said = relationship_answer(fit_relationship(made_panel(slope=-9.0), SAMPLE, estimator))
    assert said.answer.startswith(f"**{opening}") and size in said.answer


def with_estimates(fitted, *steps):
    """The same relationship with other numbers: estimate and limits of the main way and of each other, in their order."""
    ways = [
        replace(way, estimate=replace(way.estimate, estimate=middle, conf_low=low, conf_high=high))
        for way, (middle, low, high) in zip(fitted.estimated, steps, strict=True)
    ]
    return replace(fitted, main=ways[0], variants=tuple(ways))


def test_analyses_that_are_not_clear_are_named_and_the_placebo_stands_apart(fitted):
    assert [way.label for way in fitted.estimated[1:]] == [
        "No effects (pooled)", "Year-on-year differences", "Exposure one year earlier", "Exposure one year later (placebo)",
        "Weighted by children",
    ]  # fmt: skip
    clear, open_, other = (-1.0, -1.5, -0.5), (-0.4, -0.9, 0.1), (0.7, 0.2, 1.2)
    said = relationship_answer(with_estimates(fitted, clear, clear, clear, open_, open_, clear)).certainty
    assert (
        "In 4 other analyses the direction is the same in all and clear in 3 (not: exposure one year earlier)."
        in said
    )
    # Five points of turnover: −0.4 × 5, and its limits.
    assert (
        "the outcome was 2.0 percentage points lower (95% interval 4.5 lower to 0.5 higher): not clear."
        in said
    )
    too = relationship_answer(with_estimates(fitted, clear, open_, open_, open_, clear, open_)).certainty
    assert "None of 4 other analyses is clear." in too and "clear too, so which came first is open" in too
    against = relationship_answer(with_estimates(fitted, clear, other, clear, clear, open_, clear)).certainty
    assert (
        "in 3 and clear in 3 (not: no effects (pooled)). In 1 it is clearly the other way (no effects (pooled))."
        in against
    )
    nil = relationship_answer(with_estimates(fitted, open_, open_, clear, open_, clear, open_)).certainty
    assert "clear in 1 (year-on-year differences)." in nil
    assert "2.5 to 7.5 lower): clear, so something else moves both" in nil and "clear too" not in nil
    none = relationship_answer(with_estimates(fitted, *[open_] * 6)).certainty
    assert "counted a year later, which cannot have caused it" in none and "0.5 higher): not clear." in none
    every = relationship_answer(with_estimates(fitted, *[clear] * 6)).certainty
    assert "the same in all and clear in all." in every


def test_the_answer_tells_what_the_figures_cannot_tell_from_what_is_not_there():
    nothing = fit_relationship(made_panel(slope=0.0), SAMPLE)
    nil = relationship_answer(nothing)
    said = nil.answer
    assert said.startswith(
        "**There is no sign that the share of repeat child protection plans goes up or down"
    )
    # A tenth of a standard deviation of the outcome, over those of turnover, for five points of it.
    levels = nothing.main.estimate.sample.levels
    least = 0.1 * levels["outcome"].std() / levels["exposure"].std() * 5
    assert (
        f"and for 5 percentage points more a difference of {least:.2f} percentage points or more is ruled out.**"
        in said
    )
    assert "lower to" in said, "an interval that holds zero says so in words"
    assert nil.not_shown.startswith(
        "It does not show that turnover of social workers does no harm, or that there is no link: "
    )
    assert "less what changed everywhere that year (two-way fixed effects, errors clustered" in nil.certainty
    wide = replace(nothing.main.estimate, estimate=0.05, conf_low=-0.3, conf_high=0.4)
    open_ = replace(nothing, main=replace(nothing.main, estimate=wide))
    untold = relationship_answer(open_)
    assert untold.answer.startswith("**These figures cannot tell whether the share of repeat child")
    assert untold.not_shown.startswith(
        "It does not show that turnover of social workers does no harm, or that it does harm: "
    )


def test_where_more_is_neither_good_nor_bad_the_mistake_is_another():
    panel = made_panel(slope=0.0)
    spent = panel.assign(children_services_real_gbp_per_child=panel["turnover_percent"])
    sample = SampleParameters("repeat_plans_percent", "children_services_real_gbp_per_child")
    said = relationship_answer(fit_relationship(spent, sample))
    assert "does no harm" not in said.not_shown and "makes no difference" in said.not_shown


def as_result(outcome, exposure, estimate, low, high, p, *others):
    def variant(estimate, low, high, lag=0):
        specification = {
            "outcome": outcome,
            "exposure": exposure,
            "estimator": "two-way",
            "standardised": True,
        }
        numbers = {"estimate": estimate, "conf_low": low, "conf_high": high, "p_value": p, "standard_error": 0.1,
                   "n_observations": 100, "n_entities": 10, "n_clusters": 10, "exposure_sd": 2.0, "outcome_sd": 5.0,
                   "outcome_mean": 20.0}  # fmt: skip
        return {"estimate": numbers | {"specification": specification}, "lag_years": lag}

    main = variant(estimate, low, high)
    return {"values": {"main": main, "variants": [main, *(variant(*other) for other in others)]}}


RESULTS = [
    as_result(
        "rereferrals_percent", "vacancy_percent", 0.3, 0.1, 0.5, 0.01,
        (0.2, 0.1, 0.3), (-0.1, -0.3, 0.1), (0.2, 0.1, 0.3, -1),
    ),
    as_result("rereferrals_percent", "turnover_percent", 0.1, -0.1, 0.3, 0.04, (0.1, -0.1, 0.3)),
    as_result("repeat_plans_percent", "turnover_percent", 0.1, -0.1, 0.3, 0.5, (0.1, -0.1, 0.3, -1)),
]  # fmt: skip


def test_a_family_has_q_values_over_all_its_pairs_in_the_order_of_the_dictionary():
    family = family_of(RESULTS)
    assert family["exposure"].tolist() == ["turnover_percent", "turnover_percent", "vacancy_percent"]
    # Benjamini and Hochberg by hand: 0.01 × 3/1, 0.04 × 3/2, 0.5 × 3/3.
    assert family.set_index(["exposure", "outcome"])["q_value"].to_dict() == pytest.approx(
        {
            ("vacancy_percent", "rereferrals_percent"): 0.03,
            ("turnover_percent", "rereferrals_percent"): 0.06,
            ("turnover_percent", "repeat_plans_percent"): 0.5,
        }
    )
    facts = summary_facts(family, 0.05)
    assert (facts["n_pairs"], facts["n_p_below_0_05"], facts["n_q_below_rate"]) == (3, 2, 1)


def test_a_family_has_what_a_step_of_the_exposure_goes_with_in_the_outcomes_own_unit():
    row = (
        family_of(RESULTS).set_index(["exposure", "outcome"]).loc[("vacancy_percent", "rereferrals_percent")]
    )
    # Ten points of vacancies are five of their standard deviations: 5 × 0.3 of the outcome's, of 5.0 each.
    assert row[["natural_estimate", "natural_conf_low", "natural_conf_high"]].tolist() == pytest.approx(
        [7.5, 2.5, 12.5]
    )
    assert row["reach_sd"] == 0.5


def answered(results, focus="turnover_percent"):
    family = family_of(results)
    return summary_answer(family.assign(family_p_value=family["q_value"]), stability_of(results), focus, 0.05)


def test_the_summary_answers_for_its_focus_first_and_then_names_what_survives():
    said = answered(RESULTS)
    # Of turnover's two, both intervals reach 0.3 standard deviations: nothing that matters is ruled out.
    assert said.answer.startswith(
        "**Within an authority over the years, none of 2 outcomes for children clearly goes up or down with turnover of "
        "social workers: for none an association large enough to matter is ruled out, for 2 these figures cannot tell.**\n\n"
    )
    # Five points are 2.5 of turnover's standard deviations of 2: 2.5 × 0.1 of the outcome's, of 5.0 each.
    assert (
        "When turnover of social workers was 5 percentage points higher than usual, the clearest of the 2, the share of "
        "referrals that came within a year of an earlier one, was 1.2 percentage points higher (95% interval 1.2 lower to "
        "3.8 higher), not clear after allowing for 3 tests.\n\n" in said.answer
    )
    assert (
        "Of all 3 pairs, 1 is still clear after allowing for 3 tests, itself in doubt (hatched in Figure 1); for 2 we "
        "cannot tell. The clearest" in said.answer
    )
    assert (
        "The clearest: **when the vacancy rate was 10 percentage points higher than usual, the share of referrals that came "
        "within a year of an earlier one was 8 percentage points higher (95% interval 2 to 12 higher)**."
        in said.answer
    )
    # A tenth of 5.0, for five points of turnover, of which 2.0 are a standard deviation. Student's t of nine degrees of
    # freedom has 2.262 and 0.883 at 0.975 and 0.8 (tables): 3.145 errors of 0.1.
    assert (
        "In the share of repeat child protection plans, 1.25 percentage points would matter by our "
        "yardstick (0.1 standard deviations) and 3.93 would have been found four times in five."
        in said.certainty
    )
    assert "are expected to be chance. Each" in said.certainty, "none is without doubt"
    assert "100 to 100 authority-years" in said.certainty
    assert said.not_shown.startswith("It does not show that turnover of social workers does no harm")


def test_an_association_that_is_clear_alone_but_not_after_correction_says_so():
    alone = as_result("rereferrals_percent", "turnover_percent", 0.2, 0.02, 0.38, 0.04)
    other = as_result("dental_checks_percent", "turnover_percent", 0.1, -0.1, 0.3, 0.6)
    said = answered([alone, other, RESULTS[2]]).answer  # the first of three: q is 0.04 × 3
    assert "within a year of an earlier one, was" in said and "not clear after allowing for 3 tests." in said


def test_drift_is_told_first_with_what_could_have_been_seen_of_it():
    drift = as_result("plans_open_two_years_percent", "turnover_percent", -0.02, -0.2, 0.16, 0.8)
    said = answered([*RESULTS, drift])
    assert (
        "When turnover of social workers was 5 percentage points higher than usual, drift (the share of child protection "
        "plans open for two years or more) was 0.2 percentage points lower (95% interval 2.5 lower to 2.0 higher): these "
        "figures cannot tell; the clearest of the 3, the share of referrals that came within a year of an earlier one, was "
        "1.2 percentage points higher" in said.answer
    )
    assert "For drift, 1.25 percentage points would matter" in said.certainty
    small = as_result("plans_open_two_years_percent", "turnover_percent", 0.01, -0.05, 0.07, 0.9)
    assert (
        "and a difference large enough to matter is ruled out; the clearest"
        in answered([*RESULTS, small]).answer
    )
    clear = as_result(
        "plans_open_two_years_percent", "turnover_percent", 0.4, 0.2, 0.6, 0.001, (0.2, -0.1, 0.5, -1)
    )
    own = answered([*RESULTS, clear])
    assert (
        "higher), which stays clear after allowing for 4 tests.\n" in own.answer
        and "clearest of" not in own.answer
    )
    assert "; of the 1 not in doubt 1 passes a stricter test too." in own.certainty


def test_the_summary_says_so_where_the_focus_itself_survives_or_nothing_does():
    own = answered(RESULTS, "vacancy_percent").answer
    assert (
        "1 of 1 outcome for children clearly goes up or down with the vacancy rate (the share of referrals"
        in own
    )
    assert own.count("learest") == 1, "it is quoted as the clearest"
    nothing = answered(RESULTS[1:]).answer
    assert nothing.endswith(
        "None of the 2 pairs stays clear after allowing for so many tests; for 2 we cannot tell."
    )
    with pytest.raises(RequestError, match="unknown exposure 'agency_percent'"):
        answered(RESULTS, "agency_percent")


def test_the_pair_that_is_quoted_has_no_doubt_of_order_where_there_is_one_without():
    """The vacancy rate's pair is the clearer, but its outcome goes with next year's vacancies too; turnover's doesn't."""
    clear = as_result("repeat_plans_percent", "turnover_percent", 0.2, 0.1, 0.3, 0.02, (0.1, -0.1, 0.3, -1))
    said = answered([RESULTS[0], clear]).answer
    assert (
        "Of all 2 pairs, 2 are still clear after allowing for 2 tests, 1 of them in doubt (hatched in Figure 1). "
        in said
    )
    assert "The clearest without such doubt: **when turnover of social workers was 5 percentage" in said
    assert "was 2.5 percentage points higher (95% interval 1.2 to 3.8 higher)" in said
    larger = as_result("rereferrals_percent", "turnover_percent", 0.3, 0.1, 0.5, 0.03, (0.1, -0.1, 0.3, -1))
    assert "The clearest of the other 2: **when turnover" in answered([RESULTS[0], clear, larger]).answer
    smaller = as_result(
        "rereferrals_percent", "turnover_percent", 0.1, 0.05, 0.15, 0.03, (0.1, -0.1, 0.3, -1)
    )
    assert (
        "The clearest and largest (in standard deviations) of the other 2: **when"
        in answered([RESULTS[0], clear, smaller]).answer
    )


def test_doubts_are_marked_in_the_picture_and_its_title_tells_of_the_focus():
    clear = as_result("cases_open_two_years_percent", "caseload_cases_per_fte", 0.2, 0.1, 0.3, 0.001)
    results = [clear, *RESULTS]
    family = family_of(results)
    chart = pairs_matrix(family, 0.05, stability_of(results), "turnover_percent")
    assert chart.caption.startswith(
        "2 of 4 pairs stay clear after allowing for so many tests; of the 2 with turnover of social workers none does."
    )
    texts = {text.get_text() for text in chart.figure.axes[0].texts}
    # Vacancies: 7.5 points, also associated a year later; caseload and open cases count the same cases.
    assert "+7.5‡" in texts and "+0.5†" in texts and "‡ also associated" in chart.caption
    hatched = [patch for patch in chart.figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == 2
    plain = pairs_matrix(family_of(RESULTS), 0.05)
    assert "Hatched" not in plain.caption and "turnover" not in plain.caption
    own = pairs_matrix(family, 0.05, stability_of(results), "caseload_cases_per_fte").caption
    assert "of the 1 with the average caseload 1 does." in own


def test_the_placebo_is_counted_apart_from_the_other_ways():
    row = (
        stability_of(RESULTS)
        .set_index(["exposure", "outcome"])
        .loc[("vacancy_percent", "rereferrals_percent")]
    )
    assert (row["n_variants"], row["n_same_sign"], row["n_clear_same_sign"]) == (2, 1, 1)
    assert row["placebo_clear"]


def test_workforce_facts_count_rank_and_persistence():
    frame = made_panel().assign(turnover_percent=lambda f: f["authority_code"].str[-1].astype(float))
    series = pd.DataFrame(
        {
            "authority_code": "E92000001",
            "year": [2017, 2024],
            "indicator": "turnover_percent",
            "value": [13.4, 11.8],
        }
    )
    facts = workforce_facts(Panel(frame, series, None, None), "turnover_percent", "E06000004", 2017, 2024)
    assert (facts["england_first"], facts["england"]) == (13.4, 11.8)
    assert (
        facts["n_authorities"] == 6 and facts["variation"] is None
    )  # six are too few to split their differences


@pytest.mark.parametrize(
    "value, decimals, text", [(-0.004, 2, "0.00"), (-1.25, 1, "−1.2"), (1234.5, 0, "1,234"), (None, 1, "–")]
)
def test_numbers_for_readers(value, decimals, text):
    assert number(value, decimals) == text


def test_results_that_hold_no_relationship_are_refused_by_run():
    other = {"name": "robustness/a-b", "notebook": "robustness", "parameters": {}, "values": {"main": 0.2}}
    with pytest.raises(RequestError, match="robustness/a-b: recorded no relationship to gather"):
        family_of([*RESULTS, other])
