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
from analysis.reports.relationship.words import relationship_answer, relationship_limits
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
        "**Where turnover of social workers was higher than usual, the share of child"
    )
    assert "was lower, which is better for children.**" in said.answer
    # The slope that was planted is −2.0; reports speak of five points of turnover.
    assert "5 percentage points higher than usual for an authority" in said.answer
    assert re.search(r"was (9\.9|10\.\d)\d? percentage points lower", said.answer)
    assert "6 authorities" in said.certainty
    assert "may have moved both" in said.not_shown


def test_the_answer_tells_what_the_figures_cannot_tell_from_what_is_not_there():
    nothing = fit_relationship(made_panel(slope=0.0), SAMPLE)
    said = relationship_answer(nothing).answer
    assert said.startswith("**There is no sign that the share of child protection plans")
    assert "lower to" in said, "an interval that holds zero says so in words"
    wide = replace(nothing.main.estimate, estimate=0.05, conf_low=-0.3, conf_high=0.4)
    open_ = replace(nothing, main=replace(nothing.main, estimate=wide))
    assert relationship_answer(open_).answer.startswith(
        "**These figures cannot tell whether the share of child"
    )


def as_result(outcome, exposure, estimate, low, high, p, *others):
    def variant(estimate, low, high, lag=0):
        specification = {
            "outcome": outcome,
            "exposure": exposure,
            "estimator": "two-way",
            "standardised": True,
        }
        numbers = {"estimate": estimate, "conf_low": low, "conf_high": high, "p_value": p, "standard_error": 0.1,
                   "n_observations": 100, "n_entities": 10, "exposure_sd": 2.0, "outcome_sd": 5.0,
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


def test_the_summary_answers_for_its_focus_first_and_then_names_what_stands():
    said = answered(RESULTS)
    assert said.answer.startswith(
        "**Of 2 outcomes for children, none clearly goes up or down with turnover of social"
    )
    assert "Of all 3 pairs, 1 pair stands, 1 of them with the vacancy rate." in said.answer
    assert (
        "was 8 percentage points higher (95% interval 2 to 12 higher) in years when the vacancy rate was 10"
        in said.answer
    )
    assert "in 1 the outcome goes with next year's figure too" in said.certainty
    assert said.not_shown.startswith("That turnover of social workers does no harm")


def test_the_summary_says_so_where_the_focus_itself_stands_or_nothing_does():
    assert (
        "Of 1 outcome for children, 1 clearly goes up or down with the vacancy rate**"
        in answered(RESULTS, "vacancy_percent").answer
    )
    assert answered(RESULTS[1:]).answer.endswith("None of the 2 pairs stands.")
    with pytest.raises(RequestError, match="unknown exposure 'agency_percent'"):
        answered(RESULTS, "agency_percent")


def test_the_pair_that_is_quoted_has_no_doubt_of_order_where_there_is_one_without():
    """The vacancy rate's pair is the clearer, but its outcome goes with next year's vacancies too; turnover's doesn't."""
    clear = as_result("repeat_plans_percent", "turnover_percent", 0.2, 0.1, 0.3, 0.02, (0.1, -0.1, 0.3, -1))
    said = answered([RESULTS[0], clear]).answer
    assert (
        "In the one pair whose order in time and arithmetic are not in doubt, the share of child prot" in said
    )
    assert "was 2.5 percentage points higher (95% interval 1.2 to 3.8 higher)" in said


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
    assert (facts["authority_place_from_lowest"], facts["n_authorities"]) == (5, 6)
    assert facts["between_share"] == pytest.approx(1.0)  # nothing changes within an authority


@pytest.mark.parametrize(
    "value, decimals, text", [(-0.004, 2, "0.00"), (-1.25, 1, "−1.2"), (1234.5, 0, "1,234"), (None, 1, "–")]
)
def test_numbers_for_readers(value, decimals, text):
    assert number(value, decimals) == text


def test_results_that_hold_no_relationship_are_refused_by_run():
    other = {"name": "robustness/a-b", "notebook": "robustness", "parameters": {}, "values": {"main": 0.2}}
    with pytest.raises(RequestError, match="robustness/a-b: recorded no relationship to gather"):
        family_of([*RESULTS, other])
