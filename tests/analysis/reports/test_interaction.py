"""Every form of one question side by side: names that claims ask for, one main estimate, reasons, honest words."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.claims.register import register
from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.panel import store
from analysis.errors import DataError, RequestError
from analysis.estimators import Specification, estimate
from analysis.estimators.forms.lags import distributed_lag
from analysis.estimators.pairs.relationship import SMALLEST_PRODUCT
from analysis.estimators.pairs.rows import HIGHEST, LOWEST, between_bounds, shape_rows
from analysis.reports.interaction.charts import forms_chart, shape_chart, shapes_table, slopes_forest
from analysis.reports.interaction.study import FORMS, assess_shapes
from analysis.reports.interaction.words import difference_between, interaction_answer, shape_limits
from tests.making.drawn import check_layout

PLANS = SampleParameters("plans_open_two_years_percent", "turnover_percent")
CASELOAD = "caseload_cases_per_fte"


@pytest.fixture(scope="module")
def panel():
    return store.load_panel()


@pytest.fixture(scope="module")
def plans(panel):
    return assess_shapes(panel, PLANS, CASELOAD, n_draws=49, seed=3)


def test_findings_have_the_names_that_claims_ask_for(plans):
    named = {finding.name: finding for finding in plans.findings()}
    assert set(named) == {
        "interaction",
        "cumulative",
        "region-year",
        "authority-trends",
        "fractional",
        "double-ml",
        "poisson",
    }
    assert named["poisson"].scale == "rate ratio" and named["poisson"].null == 1
    assert {finding.scale for name, finding in named.items() if name != "poisson"} == {"standard deviations"}
    assert json.loads(json.dumps(plans.as_dict(), allow_nan=False))["findings"][0]["name"] == "region-year"


def test_main_estimate_is_the_two_way_one_and_forms_are_near_it(panel, plans):
    rows = build_sample(panel.authorities, PLANS)
    again = estimate(rows, Specification(PLANS.outcome, PLANS.exposure, standardised=True))
    assert plans.main.estimate == pytest.approx(again.estimate)
    unit = again.exposure_sd / again.outcome_sd
    assert plans.by_region.estimate * unit == pytest.approx(again.estimate)
    assert plans.by_region.n_clusters == rows["region"].nunique()
    assert set(FORMS) <= set(plans.forms) and plans.reasons == {}
    assert all(
        abs(form.estimate - again.estimate) < 3 * again.standard_error for form in plans.forms.values()
    )


def test_exposures_of_other_years_are_those_of_the_panel(panel):
    """The slope of the year before is that of a sample that was built with a lag, all else equal."""
    rows = build_sample(panel.authorities, PLANS)
    asked = Specification(PLANS.outcome, PLANS.exposure)
    lagged = build_sample(panel.authorities, replace(PLANS, lag_years=1)).rename(
        columns={PLANS.exposure: "before"}
    )
    both = rows.merge(lagged[["authority_code", "year", "before"]], on=["authority_code", "year"])
    apart = estimate(both, replace(asked, exposure="before", controls=(PLANS.exposure,)))
    distributed = distributed_lag(rows, asked, lags=1, leads=0)
    assert distributed.by_year[1].effect.estimate == pytest.approx(apart.estimate)
    assert distributed.leads_test is None


def test_withheld_counts_are_bounded_and_never_worked_out(panel, plans):
    given = shape_rows(panel, PLANS, CASELOAD)
    bounded = between_bounds(given, PLANS.outcome)
    withheld = bounded[given.withheld & bounded[LOWEST].notna()]
    assert withheld[PLANS.outcome].isna().all() and len(withheld) > 400
    counts = withheld[[LOWEST, HIGHEST]].to_numpy() * withheld[["plans_open_plans"]].to_numpy() / 100
    assert np.allclose(counts[:, 0], 1) and counts[:, 1].max() == pytest.approx(5)
    known = bounded[~given.withheld]
    assert known[LOWEST].equals(known[PLANS.outcome])
    assert plans.bounds.low < plans.main.estimate < plans.bounds.high
    assert plans.bounds.n_observations > plans.main.n_observations


def test_no_bounds_where_small_counts_are_published(panel):
    given = shape_rows(panel, PLANS, CASELOAD)
    shown = replace(given, rows=given.rows.assign(plans_open_two_years_plans=3.0))
    with pytest.raises(DataError, match="may be any"):
        between_bounds(shown, PLANS.outcome)


def test_what_cannot_be_had_keeps_its_reason(panel):
    short = assess_shapes(panel, replace(PLANS, years=(2019, 2020)), CASELOAD, n_draws=49)
    assert short.lags is None and "lags" in short.reasons
    assert "Not available: lags" in set(shapes_table(short).frame["Question"])
    assert "cumulative" not in {finding.name for finding in short.findings()}
    with pytest.raises(RequestError, match="did you mean 'turnover_percent'"):
        assess_shapes(panel, PLANS, "turnover_percents")


def test_the_table_has_a_row_for_each_answer(plans):
    questions = " ".join(shapes_table(plans).frame["Question"])
    for said in (
        "errors by region",
        "straight",
        "Placebo",
        "counts themselves",
        "withheld",
        "→",
    ):
        assert said in questions


def test_the_answer_and_its_charts_say_what_was_found_in_natural_units(plans):
    answer = interaction_answer(plans)
    product = plans.interaction.product
    assert f"{product.n_observations:,} authority-years" in answer.certainty
    low, *_, high = plans.interaction.marginal
    # From standard deviations to percentage points of the outcome, for five percentage points of turnover.
    levels = plans.main.sample.levels
    points = 5 * levels["outcome"].std() / levels["exposure"].std()
    for slope in (low, high):
        assert f"{abs(slope.effect.estimate * points):.2f} percentage points" in answer.answer
    # The slope is a line along the moderator: the difference asked about is that of its ends, with the product's error.
    difference = difference_between(plans)
    assert difference[0] == pytest.approx((high.effect.estimate - low.effect.estimate) * points)
    assert difference[2] - difference[1] == pytest.approx(
        (product.conf_high - product.conf_low)
        * points
        * (high.moderator - low.moderator)
        / moderator_sd(plans),
        rel=0.01,  # rows of authorities with a single year are in one and not in the other
    )
    assert f"From low to high it is {abs(difference[0]):.2f} percentage points" in answer.answer
    assert slopes_forest(plans).alt.count("High less low") == 1
    assert (
        f"of {product.n_clusters} authorities, those that share a return or followed one another counted as one"
        in answer.certainty
    )
    assert f"{plans.bounds.n_bounded:,} figures are withheld and left out." in answer.certainty
    assert "; neither is clear by itself. From low" in answer.answer
    assert "sequential ignorability" in shape_limits(plans).markdown
    for chart in (slopes_forest(plans), shape_chart(plans), forms_chart(plans)):
        assert len(chart.alt) > 100 and chart.source.startswith("Department for Education")
        check_layout(chart.figure)
    assert shape_chart(plans).svg() == shape_chart(plans).svg()


def test_a_product_matters_from_where_claims_take_it_to():
    (own,) = (claim for claim in register().claims if claim.estimand and claim.estimand.moderator)
    assert own.estimand.smallest == SMALLEST_PRODUCT


def moderator_sd(shapes):
    used = [shapes.sample.outcome, shapes.sample.exposure, CASELOAD]
    return shape_rows(store.load_panel(), shapes.sample, CASELOAD).rows.dropna(subset=used)[CASELOAD].std()


def with_product(shapes, estimate, low, high):
    product = replace(shapes.interaction.product, estimate=estimate, conf_low=low, conf_high=high)
    return replace(shapes, interaction=replace(shapes.interaction, product=product))


def test_more_than_each_alone_nil_and_what_cannot_be_told_are_told_apart(plans):
    more = interaction_answer(with_product(plans, 0.2, 0.1, 0.3))
    assert (
        "depends on the average caseload: it is higher when that is high (lower is better).**" in more.answer
    )
    assert (
        "It does not show that turnover of social workers or the average caseload causes the difference"
        in more.not_shown
    )
    less = interaction_answer(with_product(plans, -0.2, -0.3, -0.1)).answer
    assert "it is lower when that is high (lower is better).**" in less
    nil = interaction_answer(with_product(plans, 0.01, -0.03, 0.049))
    assert nil.answer.startswith("**There is no sign that") and "or more is ruled out.**" in nil.answer
    assert "is ruled out" not in interaction_answer(with_product(plans, 0.01, -0.03, 0.051)).answer
    assert nil.not_shown.startswith(
        "It does not show that turnover of social workers does no more harm when the average caseload is high: these"
    )
    untold = interaction_answer(with_product(plans, 0.07, -0.1, 0.24))
    # 1.96 + 0.84 standard errors of the product, over the distance between both levels, in natural units.
    product, levels = plans.interaction.product, plans.main.sample.levels
    points = 5 * levels["outcome"].std() / levels["exposure"].std() * plans.interaction.distance
    assert (
        f"A gap of {2.8016 * product.standard_error * points:.2f} percentage points would have been found"
        in untold.certainty
    )
    assert untold.answer.startswith("**These figures cannot tell")
    assert untold.not_shown.startswith(
        "It does not show that turnover of social workers does no more harm when the average caseload is high, "
        "or that it does more:"
    )
    # What an answer says in bold, the figure's title says too.
    assert slopes_forest(with_product(plans, 0.07, -0.1, 0.24)).caption.startswith(
        "The gap between a low and a high level of the average caseload is not clear."
    )
    missing = replace(
        plans, interaction=None, reasons={"interaction": "the moderator is the same everywhere"}
    )
    assert (
        "could not be estimated: the moderator is the same everywhere.**"
        in interaction_answer(missing).answer
    )
    assert "at any level" in slopes_forest(missing).alt
