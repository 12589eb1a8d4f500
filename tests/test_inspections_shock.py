"""The study of inspections as shocks, on the figures in the repository: counts by another route, findings, what is shown."""

from dataclasses import replace

import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis import store
from analysis.charts import events
from analysis.errors import RequestError
from analysis.findings import recorded
from analysis.inspections.leadership import leadership_and_turnover, leadership_rows
from analysis.inspections.shock import study_shock
from analysis.inspections.shock_found import shock_findings
from analysis.inspections.study import load_reports
from analysis.wording_events import (
    events_described,
    events_limits,
    events_result,
    others_result,
    published_beside,
)

pytestmark = pytest.mark.xdist_group("inspection shock")

CHOSEN = (
    "turnover_percent",
    "agency_percent",
    "children_services_real_gbp_per_child",
    "section_47_enquiries_per_10k",
    "plans_started_per_10k",
)


@pytest.fixture(scope="module")
def panel():
    return store.without_very_small(store.load_panel().authorities)


@pytest.fixture(scope="module")
def study(panel):
    return study_shock(load_reports(), panel, 2013, 2025, outcomes=CHOSEN)


def test_events_are_first_inadequate_judgements_with_a_year_before(study):
    reports = load_reports()
    first = reports[reports["overall"] == "inadequate"].groupby("authority_code")["inspection_end"].min()
    late_enough = first[(first > "2017-09-30") & (first <= "2025-09-30")]
    assert 0.9 * len(late_enough) <= study.of("turnover_percent").inadequate.n_events <= len(late_enough)
    assert study.of("plans_started_per_10k").inadequate.n_events <= (first <= "2025-03-31").sum()


def test_spend_and_plans_rise_after_an_inadequate_judgement_as_published(study):
    # Hood and Goldacre (2021) on spend and agency workers; Bennett and others (2022) on interventions.
    for outcome in ("children_services_real_gbp_per_child", "plans_started_per_10k", "agency_percent"):
        assert study.of(outcome).inadequate.average.conf_low > 0


def test_findings_have_their_promised_names_and_hold_their_estimates(study):
    names = [entry["name"] for entry in recorded(shock_findings(study))["findings"]]
    kebab = [name.replace("_", "-") for name in CHOSEN]
    assert names == [
        *(f"inadequate-{name}" for name in kebab),
        *(f"before-inadequate-{name}" for name in kebab),
        *(f"inspection-{name}" for name in kebab),
        "leadership-problem-turnover",
    ]
    agency = next(one for one in shock_findings(study) if one.name == "inadequate-agency-percent")
    found = study.of("agency_percent").inadequate
    assert agency.estimate * found.outcome_sd == pytest.approx(found.average.estimate)
    assert "were moving before it" in agency.caution


def test_leadership_is_the_regression_of_statsmodels(panel):
    rows = leadership_rows(load_reports(), panel).astype({"event_year": int})
    fit = smf.ols("turnover_after ~ leadership_problem + turnover_before + C(event_year)", rows).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["cluster"])[0]}
    )
    found = leadership_and_turnover(load_reports(), panel)
    assert found.estimate == pytest.approx(fit.params["leadership_problem"], rel=1e-8)
    assert found.standard_error == pytest.approx(fit.bse["leadership_problem"], rel=1e-6)


def test_what_is_shown_names_every_outcome_and_says_what_it_rests_on(study):
    assert len(events.averages_table(study).frame) == len(events.others_table(study).frame) == len(CHOSEN)
    assert "Social worker turnover by event year" in events.around_judgement(study).alt
    turnover = study.of("turnover_percent").inadequate
    assert f"{turnover.n_already} of them" in events_described(study).markdown
    for prose in (events_result, others_result, published_beside, events_limits):
        assert "nan" not in prose(study).markdown


@pytest.mark.parametrize(
    ("p_value", "is_told"), [(0.0, True), (1e-9, True), (0.049, True), (0.5, False), (None, False)]
)
def test_figures_that_moved_before_are_told_however_small_p_is(study, p_value, is_told):
    """A p value that is too small for a float is 0, and the strongest sign of all."""
    quiet = [
        replace(
            one,
            inadequate=replace(one.inadequate, pre_trend_p_value=0.9),
            other=replace(one.other, pre_trend_p_value=0.9),
            other_q_value=0.001,
        )
        for one in study.shocks
    ]
    first = quiet[0]
    moved = replace(
        first,
        inadequate=replace(first.inadequate, pre_trend_p_value=p_value),
        other=replace(first.other, pre_trend_p_value=p_value),
    )
    told = replace(study, shocks=(moved, *quiet[1:]))
    assert ("these were already moving away" in events_result(told).markdown) == is_told
    assert ("Already moving before" in others_result(told).markdown) == is_told


def test_years_that_cannot_be_are_refused(panel):
    with pytest.raises(RequestError, match="after last_year"):
        study_shock(load_reports(), panel, 2025, 2013)
    with pytest.raises(RequestError, match="choose years from 2013 to 2025"):
        study_shock(load_reports(), panel, 2030, 2031)
    with pytest.raises(RequestError, match="years_after 2"):
        study_shock(load_reports(), panel, 2013, 2025, years_after=2)
