"""The study of inspections as shocks, on the figures in the repository: counts by another route, findings, what is shown."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.data.definitions.indicators import indicator
from analysis.data.panel import store
from analysis.data.panel.store import load_reports
from analysis.errors import RequestError
from analysis.estimators.events.honest import Breakdown, EventPath, Smoothness
from analysis.estimators.events.randomisation import event_randomisation
from analysis.estimators.events.specification import EventStudySpecification
from analysis.estimators.topics.leadership import leadership_and_turnover, leadership_rows
from analysis.findings.finding import recorded
from analysis.reports.inspection_shock import charts as events
from analysis.reports.inspection_shock.findings import shock_findings
from analysis.reports.inspection_shock.honest import STUDIES, study_honesty
from analysis.reports.inspection_shock.study import study_shock
from analysis.reports.inspection_shock.words import (
    events_described,
    events_limits,
    events_result,
    honest_result,
    others_result,
    published_beside,
    shock_answer,
)
from tests.making.drawn import check_layout

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


@pytest.fixture(scope="module")
def honesty(study, panel):
    return study_honesty(load_reports(), panel, study, 99, 1)


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
    agency = next(finding for finding in shock_findings(study) if finding.name == "inadequate-agency-percent")
    inadequate = study.of("agency_percent").inadequate
    assert agency.estimate * inadequate.outcome_sd == pytest.approx(inadequate.average.estimate)
    assert "were moving before it" in agency.caution


def test_the_placebo_says_that_it_is_the_mean_and_what_the_joint_test_says(study):
    inadequate = study.of("turnover_percent").inadequate
    placebo = next(
        finding for finding in shock_findings(study) if finding.name == "before-inadequate-turnover-percent"
    )
    assert placebo.p_value == inadequate.before.p_value != inadequate.pre_trend_p_value
    assert (
        f"joint test that none of them differs from the year before the judgement has p = {inadequate.pre_trend_p_value:.3f}"
        in (placebo.caution)
    )
    table = events.averages_table(study).frame.set_index("Outcome")
    assert table.loc["Social worker turnover", "Moving before: p"] == f"{inadequate.pre_trend_p_value:.3f}"


def test_bounds_are_there_for_every_event_study_that_is_shown(study, honesty):
    assert [(bound.outcome, bound.study) for bound in honesty.bounds] == [
        (name, kind) for name in CHOSEN for kind in STUDIES
    ]
    for bound in honesty.bounds:
        event_study = getattr(study.of(bound.outcome), bound.study)
        assert bound.estimate == pytest.approx(event_study.average.estimate)
        assert bound.relative[0] < bound.estimate < bound.relative[1]
        # At M = 0 the bounds are the plain interval, so that what isn't clear there has no breakdown value.
        if (
            event_study.average.conf_low < 0 < event_study.average.conf_high
            and event_study.average.p_value > 0.06
        ):
            assert bound.breakdown.relative == 0


def test_agency_work_goes_on_from_before_and_holds_for_a_fraction_of_the_worst_step(honesty):
    """Worked out by hand from the event years: at the lower limit of the interval the breakdown value is about 0.07."""
    agency = honesty.of("agency_percent")
    assert agency.breakdown.relative == pytest.approx(0.07, abs=0.02)
    assert agency.breakdown.smoothness == 0 and agency.straight[0] < 0


def test_what_is_recorded_has_a_row_an_event_study_with_values_for_json(honesty):
    as_json = json.loads(json.dumps(honesty.as_dict(), allow_nan=False))
    rows = {(row["outcome"], row["study"]): row for row in as_json["honest"]}
    agency = rows["agency_percent", "inadequate"]
    assert agency["breakdown_relative"] > 0 and agency["breakdown_smoothness"] == 0
    assert agency["randomisation_p"] <= 0.03 < rows["turnover_percent", "inadequate"]["randomisation_p"]
    assert rows["agency_percent", "other"]["randomisation_p"] is None
    assert as_json["honest_pooled"]["outcomes"] == ["turnover_percent", "agency_percent"]
    assert as_json["honest_pooled"]["n_draws"] == 99


def test_honest_bounds_are_shown_for_every_outcome(study, honesty):
    after = events.honest_table(study, honesty)
    assert len(after.frame) == len(CHOSEN)
    assert "–" not in after.frame.to_numpy().ravel()
    text = honest_result(study, honesty).markdown
    assert "the share of agency workers 0.07" in text and "nan" not in text
    others = [honesty.of(name, "other") for name in CHOSEN]
    n_holding = sum(bounds.relative[0] > 0 or bounds.relative[1] < 0 for bounds in others)
    assert (
        f"in the year before, {n_holding or 'none'} of 5 outcomes" in others_result(study, honesty).markdown
    )


def test_the_answer_begins_with_turnover_and_carries_on_the_trend_of_what_moved_before(study, honesty):
    said = shock_answer(study, honesty)
    turnover, agency, *moved, others = said.answer.split("\n\n")
    assert turnover.startswith(
        "**Whether an inadequate judgement drives staff away, these figures cannot tell**"
    )
    average = study.of("turnover_percent").inadequate.average
    assert (
        f"{-average.estimate:.1f} percentage points lower (95% interval {-average.conf_low:.1f} lower"
        in turnover
    )
    low, high = honesty.of("agency_percent").straight
    assert agency.startswith(
        "The share of agency workers was already rising compared with other authorities before the judgement, and it did "
        "not clearly leave that trend after it: the share of agency workers rose "
    )
    assert (
        f"rose {-(low + high) / 2:.1f} percentage points less than that trend would have brought (95% interval "
        f"{-low:.1f} less to {high:.1f} more)."
        in agency
        and "lower" not in agency
    )
    calm = [
        shock
        for shock in study.shocks
        if shock.q_value < 0.05
        and (shock.inadequate.pre_trend_p_value or 1) >= 0.05
        and shock.outcome not in ("turnover_percent", "agency_percent", "vacancy_percent")
    ]
    assert len(moved) == bool(calm) and all(
        text.startswith(
            "2 other changes over those years, with no earlier trend taken out, are clear only if"
        )
        for text in moved
    )
    for shock in sorted(calm, key=lambda shock: shock.q_value)[:2]:
        average, phrase = shock.inadequate.average, indicator(shock.outcome).phrase
        (told,) = re.findall(rf"{re.escape(phrase)} was £?([\d.]+)", moved[0])
        assert float(told) == pytest.approx(abs(average.estimate), abs=0.6)
        assert f"; {shock.inadequate.n_events} judgements)" in moved[0]
    other = study.of("turnover_percent").other
    assert others.startswith(
        "**Whether inspections with a grade other than inadequate drive staff away, these figures cannot tell either**: in "
        f"authorities never judged inadequate, turnover of social workers in the year of {other.n_events} such inspections"
    )
    assert f"{-other.average.estimate:.1f} percentage points lower (" in others
    assert others.endswith("compared with authorities not inspected then.")
    assert "or that it does not" in said.not_shown


def test_one_number_a_measure_stands_on_page_one_and_both_in_one_breath_on_the_next(study, honesty):
    raw = f"{study.of('agency_percent').inadequate.average.estimate:.1f} percentage points higher"
    beyond = f"{-honesty.of('agency_percent').beyond_line:.1f} percentage points less"
    said = shock_answer(study, honesty)
    assert beyond in said.answer and raw not in said.answer + said.certainty
    for text in (events_result(study, honesty).markdown, published_beside(study, honesty).markdown):
        told = text[text.index(f"agency workers was {raw}") :]
        assert (
            f"though it was already moving before: {beyond} than that trend would have brought ("
            in told[:230]
        )
    assert "includes what the earlier trend brought" in events_result(study, honesty).markdown


def test_whom_the_answer_rests_on_adds_up(study, honesty, panel):
    """Compared with are the authorities never judged inadequate, and those that were later, who are among the judged."""
    reports = load_reports()
    events = study.of("turnover_percent").inadequate
    judged = set(reports.loc[reports["overall"] == "inadequate", "authority_code"])
    figures = panel[(panel["year"] >= 2017) & panel["turnover_percent"].notna()]
    known = set(figures["authority_code"]) & set(reports["authority_code"])
    never = len(known - judged)
    assert events.n_controls - events.n_controls_later == pytest.approx(never, abs=2)  # codes that changed
    assert events.n_controls_counted == events.n_controls_later <= events.n_events
    said = shock_answer(study, honesty).certainty
    assert (
        f"rests on {events.n_events} authorities at their first inadequate judgement since June 2013 and, to compare with, "
        f"{events.n_controls} not judged so by then ({events.n_controls - events.n_controls_later} never, "
        f"{events.n_controls_later} later, among the {events.n_events} too); "
        f"{events.n_already} judged so before comparable figures" in said
    )
    asked, *others = study.shocks

    def certainty(n_counted):
        changed = replace(asked, inadequate=replace(events, n_controls_counted=n_counted))
        return shock_answer(replace(study, shocks=(changed, *others)), honesty).certainty

    assert f"later, 3 of them among the {events.n_events} too);" in certainty(3)
    assert f"{events.n_controls_later} later);" in certainty(0)
    first = reports["inspection_end"].where(reports["inspection_end"] != "", reports["published"]).min()
    assert first.startswith("2013-06") and "the earliest of June 2013" in events_described(study).markdown


def test_the_design_has_its_name_and_the_years_before_their_test(study, honesty):
    events = study.of("turnover_percent").inadequate
    said = shock_answer(study, honesty).certainty
    assert "a difference in differences (local projections)" in said
    before = events.before
    assert (
        f"turnover did not clearly differ from the last of them (joint test, p = {events.pre_trend_p_value:.3f}; on average "
        f"{-before.estimate:.1f} percentage points lower, 95% interval {-before.conf_low:.1f} lower to "
        f"{before.conf_high:.1f} higher), a weak test" in said
    )
    smallest = 2.83 * events.average.standard_error
    (told,) = re.findall(r"A change of ([\d.]+) percentage points in turnover would have been found", said)
    assert float(told) == pytest.approx(smallest, abs=0.06)
    asked, *others = study.shocks

    def certainty(**changes):
        changed = replace(asked, inadequate=replace(asked.inadequate, **changes))
        return shock_answer(replace(study, shocks=(changed, *others)), honesty).certainty

    assert "no years before the judgement" in certainty(before=None, pre_trend_p_value=None)
    moving = certainty(pre_trend_p_value=0.01)
    assert "turnover clearly differed from the last of them" in moving and "weak test" not in moving
    assert "comparable figures" not in certainty(n_already=0) and "1 judged so before" in certainty(
        n_already=1
    )


@pytest.mark.parametrize(
    ("spend", "plans", "said"),
    [
        (
            (-1, 9),
            (-1, 9),
            "clear only if the two groups would else have moved apart at under 0.40 of the pace of the worst year before: ",
        ),
        (
            (1, 9),
            (-1, 9),
            "are clear, but only that of spend on children’s services would be had the two groups else moved apart as fast",
        ),
        ((1, 9), (1, 9), "are clear even had the two groups else moved apart as fast"),
        (
            None,
            (1, 9),
            "are clear, with too few years before the judgement to say how far that holds: ",
        ),
    ],
)
def test_what_else_changed_is_told_with_how_far_it_holds(study, honesty, spend, plans, said):
    names = {"children_services_real_gbp_per_child": spend, "plans_started_per_10k": plans}
    multiples = dict(zip(names, (0.5, 0.4), strict=True))
    bounds = tuple(
        replace(
            bound,
            relative=names[bound.outcome],
            breakdown=replace(bound.breakdown, relative=multiples[bound.outcome]),
        )
        if bound.outcome in names
        else bound
        for bound in honesty.bounds
        if bound.study == "inadequate" and names.get(bound.outcome, 1)
    )
    answer = shock_answer(study, replace(honesty, bounds=bounds)).answer
    assert said in answer


def test_one_other_change_is_told_in_the_singular(study, honesty):
    shocks = [
        replace(shock, q_value=0.9) if shock.outcome.endswith("_per_10k") else shock for shock in study.shocks
    ]
    answer = shock_answer(replace(study, shocks=tuple(shocks)), honesty).answer
    assert (
        "One other change over those years, with no earlier trend taken out, is clear only if" in answer
        and "plans" not in answer
    )


def test_estimators_that_differ_in_direction_are_named(study, honesty):
    asked, *others = study.shocks
    imputed = replace(asked.inadequate.average, estimate=0.7, conf_low=-1.4, conf_high=2.8)
    apart = replace(asked, inadequate=replace(asked.inadequate, imputed_average=imputed))
    told = events_result(replace(study, shocks=(apart, *others)), honesty).markdown
    assert (
        "agree in direction for 4 of 5 outcomes; not for turnover of social workers, where imputation gives 0.7 percentage "
        "points higher" in told
    )
    alike = replace(asked, inadequate=replace(asked.inadequate, imputed_average=asked.inadequate.average,
                                              plain_average=asked.inadequate.average))  # fmt: skip
    told = events_result(replace(study, shocks=(alike, *others)), honesty).markdown
    assert "agree in direction for 5 of 5 outcomes." in told


def test_the_line_of_the_years_before_is_what_is_taken_off(study, honesty):
    """Years before that lie on a line of 2 a year: the mean of years 1 to 3 is 3 years, so 6, beyond the last of them."""
    path = EventPath(
        np.array([-6.0, -4.0, -2.0]),
        np.array([5.0, 7.0, 9.0, 11.0]),
        np.eye(7),
        np.array([0.0, 1.0, 1.0, 1.0]) / 3,
    )
    bounds = replace(
        honesty.of("agency_percent"), estimate=path.effect, straight=Smoothness(path).interval(0.0)
    )
    assert bounds.beyond_line == pytest.approx(9 - 6)
    assert bounds.slope == pytest.approx(2)


def test_what_moved_before_is_told_beyond_its_trend_and_what_did_not_as_it_is(study, honesty):
    turnover, agency, *others = study.shocks
    calm = replace(agency, inadequate=replace(agency.inadequate, pre_trend_p_value=0.9), q_value=0.001)
    quiet = shock_answer(replace(study, shocks=(turnover, calm, *others)), honesty)
    assert "higher), with no clear movement before the judgement." in quiet.answer
    assert (
        "The change in the share of agency workers is clear after allowing for the 5 outcomes"
        in quiet.certainty
    )
    kept = replace(
        honesty.of("agency_percent"), straight=(2.0, 6.0), breakdown=Breakdown(relative=1.2, smoothness=0.5)
    )
    strong = replace(honesty, bounds=(kept,))
    told = shock_answer(study, strong).answer
    assert (
        "and the share of agency workers clearly left that trend after it: the share of agency workers rose 4.0 "
        "percentage points more than that trend would have brought (95% interval 2.0 to 6.0 more)" in told
    )
    # A trend of −3 a year takes off −9, as much as it fell or 1 less; one of −3 a year and a rise of 1 are 10 apart.
    falling = replace(kept, estimate=-9.0, straight=(-2.0, 4.0))
    told = shock_answer(study, replace(honesty, bounds=(falling,))).answer
    assert "already falling compared with" in told
    assert (
        "fell 1.0 percentage points less than that trend would have brought (95% interval 4.0 less to 2.0 more)"
        in told
    )
    against = replace(kept, estimate=1.0, straight=(8.0, 12.0))
    told = shock_answer(study, replace(honesty, bounds=(against,))).answer
    assert (
        "rose where that trend would have brought a fall, a gap of 10.0 percentage points (95% interval 8.0 to 12.0)"
        in told
    )
    none = shock_answer(study, replace(honesty, bounds=())).answer
    assert "higher), but it was already moving apart from other authorities before the judgement" in none


def with_turnover(study, estimate, low, high, q_value, moved=0.9):
    """The study with another effect of inadequate judgements on turnover."""
    asked, *others = study.shocks
    average = replace(asked.inadequate.average, estimate=estimate, conf_low=low, conf_high=high)
    inadequate = replace(asked.inadequate, average=average, pre_trend_p_value=moved)
    return replace(study, shocks=(replace(asked, inadequate=inadequate, q_value=q_value), *others))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((3.0, 1.0, 5.0, 0.01), "**More staff left after an inadequate judgement**"),
        (
            (3.0, 1.0, 5.0, 0.01, 0.001),
            "More staff left after an inadequate judgement, but the rise had begun before it",
        ),
        ((-3.0, -5.0, -1.0, 0.01), "Fewer staff left after an inadequate judgement, not more"),
        ((0.1, -0.1, 0.3, 0.5), "a change large enough to matter is ruled out"),
        ((2.0, -1.0, 5.0, 0.5), "these figures cannot tell"),
        # An interval that leaves out zero, but not after allowing for the other outcomes.
        ((2.0, 0.1, 3.9, 0.2), "these figures cannot tell"),
    ],
)
def test_the_answer_tells_nil_undecided_and_contradicted_apart(study, honesty, change, said):
    assert said in shock_answer(with_turnover(study, *change), honesty).answer.split(" over the 3 years")[0]


def test_redrawn_judgements_keep_their_size_on_the_real_figures(panel):
    """Placebo judgements among authorities never judged inadequate: one set in ten has a p value of a tenth or less."""
    judged = set(load_reports().query("overall == 'inadequate'")["authority_code"])
    calm = panel[~panel["authority_code"].isin(judged) & (panel["year"] >= 2017)]
    units = sorted(
        calm.dropna(subset=["turnover_percent"]).groupby("authority_code").size().loc[lambda n: n == 9].index
    )
    years = [2018] * 4 + [2019] * 6 + [2020] * 6 + [2022] * 8
    small = 0
    for seed in range(40):
        chosen = np.random.default_rng(seed).choice(units, len(years), replace=False)
        placebos = pd.DataFrame({"authority_code": chosen, "year": years, "is_asked": True})
        redrawn = event_randomisation(calm, placebos, [EventStudySpecification("turnover_percent")], 39, seed)
        small += redrawn.p_values[0] <= 0.1
    assert 0 < small <= 10  # chance leaves 4 of 40, and more than 10 less than once in 500 times


def test_bounds_that_cannot_be_had_are_left_out_and_said(study, honesty):
    none = replace(honesty, bounds=(), pooled=None)
    assert set(events.honest_table(study, none).frame.iloc[0, 3:]) == {"–"}
    assert "too few" in honest_result(study, none).markdown
    assert "beyond the trend" not in events_result(study, none).markdown
    assert none.as_dict() == {"honest": [], "honest_pooled": None}


def test_leadership_is_the_regression_of_statsmodels(panel):
    rows = leadership_rows(load_reports(), panel).astype({"event_year": int})
    fit = smf.ols("turnover_after ~ leadership_problem + turnover_before + C(event_year)", rows).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["cluster"])[0]}
    )
    association = leadership_and_turnover(load_reports(), panel)
    assert association.estimate == pytest.approx(fit.params["leadership_problem"], rel=1e-8)
    assert association.standard_error == pytest.approx(fit.bse["leadership_problem"], rel=1e-6)


def test_what_is_shown_names_every_outcome_and_says_what_it_rests_on(study, honesty):
    assert len(events.averages_table(study).frame) == len(events.others_table(study).frame) == len(CHOSEN)
    drawn = events.staffing_around_judgement(study, honesty), events.others_around_judgement(study, honesty)
    for chart in drawn:
        check_layout(chart.figure)
    assert drawn[0].caption.startswith(
        "Whether turnover of social workers changed cannot be told; the share of agency workers was already rising"
    )
    dashed = [[line.get_linestyle() for line in axes.lines].count("--") for axes in drawn[0].figure.axes]
    assert dashed[:2] == [0, 1]  # turnover did not clearly move before the judgement, agency work did
    assert f"reaches {4 * honesty.of('agency_percent').slope:.1f} in year 3" in drawn[0].alt
    assert sum(indicator(name).label in chart.alt for chart in drawn for name in CHOSEN) == len(CHOSEN)
    turnover = study.of("turnover_percent").inadequate
    assert f"leaves {turnover.n_events} judgements" in events_described(study).markdown
    for prose in (events_result(study, honesty), published_beside(study, honesty), events_limits(study)):
        assert "nan" not in prose.markdown


@pytest.mark.parametrize(
    ("p_value", "is_told"), [(0.0, True), (1e-9, True), (0.049, True), (0.5, False), (None, False)]
)
def test_figures_that_moved_before_are_told_however_small_p_is(study, honesty, p_value, is_told):
    """A p value that is too small for a float is 0, and the strongest sign of all."""
    quiet = [
        replace(
            shock,
            inadequate=replace(shock.inadequate, pre_trend_p_value=0.9),
            other=replace(shock.other, pre_trend_p_value=0.9),
            other_q_value=0.001,
        )
        for shock in study.shocks
    ]
    first = quiet[0]
    moved = replace(
        first,
        inadequate=replace(first.inadequate, pre_trend_p_value=p_value),
        other=replace(first.other, pre_trend_p_value=p_value),
    )
    told = replace(study, shocks=(moved, *quiet[1:]))
    name = indicator(CHOSEN[0]).phrase
    assert (
        f"**Before the judgement**, {name} was already moving" in events_result(told, honesty).markdown
    ) == is_told
    assert ("though it was already moving before" in others_result(told, honesty).markdown) == is_told
    assert (
        "; it was already moving apart from theirs before" in shock_answer(told, honesty).answer
    ) == is_told


def test_years_that_cannot_be_are_refused(panel):
    with pytest.raises(RequestError, match="after last_year"):
        study_shock(load_reports(), panel, 2025, 2013)
    with pytest.raises(RequestError, match="choose years from 2010 to 2025"):
        study_shock(load_reports(), panel, 2030, 2031)
    with pytest.raises(RequestError, match="years_after 2"):
        study_shock(load_reports(), panel, 2013, 2025, years_after=2)
