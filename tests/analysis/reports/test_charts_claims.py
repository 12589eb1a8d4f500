"""Charts and tables of findings, claims and spend: readable on a page, and saying what the data say."""

import json
import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from scipy.special import expit

from analysis.claims.calibration import Calibrated, Subject
from analysis.claims.evidence import evidence_from
from analysis.claims.judging import Gate, judge
from analysis.claims.planting import Truth, truth_of
from analysis.claims.register import register
from analysis.data.panel import store
from analysis.data.panel.store import load_reports
from analysis.errors import DataError, PlanDriftError, RequestError
from analysis.estimators.grades.judgements import fit_judgements, good_of_100
from analysis.findings.finding import Finding
from analysis.paths import Project
from analysis.reports.austerity import charts as austerity
from analysis.reports.austerity import tables as austerity_tables
from analysis.reports.austerity.study import AusterityParameters, study_austerity
from analysis.reports.austerity.words import (
    austerity_answer,
    cuts_result,
    financial_year,
    grades_result,
    line_change,
)
from analysis.reports.calibration import charts as calibration
from analysis.reports.calibration.study import calibration_results
from analysis.reports.calibration.words import calibration_answer, shortfalls_described
from analysis.reports.claims import charts as claims
from analysis.reports.claims.exhibits import exhibit_entries, exhibits_of, unexecuted
from analysis.reports.claims.words import claims_answer, claims_described, claims_told, rule_described
from analysis.reports.synthesis import charts as synthesis
from analysis.reports.synthesis.words import checks_described, synthesis_answer
from analysis.showing import findings
from tests.making import claims_written
from tests.making.drawn import check_layout, shown_texts


@pytest.mark.parametrize("name", ["spend_lines", "lags_chart", "grades_forest"])
def test_charts_on_spend_are_laid_out(spend, name):
    chart = getattr(austerity, name)(spend)
    check_layout(chart.figure)
    assert chart.alt and chart.source.startswith("Department for Education")


def test_national_spend_is_what_authorities_returned(spend):
    # Looked-after children, 2024-25: the sum of authorities' own lines in the table, in £ of that year.
    figures = store.figures_of_all(Project(store.current_project().root))
    own = figures[
        (figures["indicator"] == "looked_after_gbp")
        & (figures["year"] == 2025)
        & figures["authority_code"].str.startswith(("E06", "E08", "E09", "E10"))
    ]
    assert spend.national.loc[2025, "looked_after_gbp"] == pytest.approx(own["value"].sum())
    assert [year for year in range(2009, 2026) if year not in spend.national.index] == []


def test_the_replication_has_the_signs_of_the_published_estimates(spend):
    by_name = {finding.name: finding for finding in spend.findings()}
    assert by_name["good-grade-on-prevention"].conf_low > 1  # Webb and others 2022: 1.69 (1.28 to 2.24)
    assert by_name["good-grade-on-deprivation"].conf_high < 1  # 0.84 (0.75 to 0.94)
    assert not by_name["good-grade-on-safeguarding"].is_clear  # no association


def test_years_without_spend_are_refused_and_few_years_are_said():
    panel = store.without_very_small(store.load_panel().authorities)
    asked = AusterityParameters(first_year=2015, last_year=2016)
    early = store.load_spending(2025).query("year < 2015")
    with pytest.raises(RequestError, match="no spend by line for 2015 to 2016"):
        study_austerity(panel, early, load_reports(), 1.0, 0.8, asked)


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (2011, "cannot be said"),
        (2012, "fell from £1,217 per child"),
        (2018, "15% less"),
        (2025, "9% more than in 2010-11"),
    ],
)
def test_the_change_in_spend_is_told_for_any_last_year(spend, last, told):
    shown = replace(spend, per_child_since_base=spend.per_child_since_base.loc[:last])
    assert told in austerity_answer(shown).answer
    assert "nan" not in cuts_result(shown).markdown


def test_years_without_figures_are_named_and_shaded(spend):
    """The return of 2014-15 and 2015-16, taken out as if it weren't there."""
    known = spend.per_child_since_base.drop([2015, 2016])
    gap = replace(spend, per_child_since_base=known)
    assert "Spending of 2014-15 and 2015-16 is not available" in austerity_answer(gap).certainty
    chart = austerity.spend_lines(gap)
    check_layout(chart.figure)
    assert "no figures" in [text.get_text() for text in shown_texts(chart.figure)]
    assert "not available" not in austerity_answer(spend).certainty


def test_spend_per_child_since_the_cuts_began_is_money_over_children_by_another_route(spend):
    figures = store.figures_of_all(Project(store.current_project().root))
    own = figures[figures["authority_code"].str.startswith(("E06", "E08", "E09", "E10"))]
    wide = own.pivot_table(index=["authority_code", "year"], columns="indicator", values="value")
    last = wide.xs(2025, level="year")["looked_after_gbp"]
    children = wide.xs(2024, level="year")["child_population_children"].reindex(last.index)
    change = line_change(spend, "looked_after_gbp")
    assert change.last == pytest.approx(last[children.notna()].sum() / children[last.notna()].sum(), rel=1e-6)
    assert (financial_year(change.first_year), financial_year(change.last_year)) == ("2010-11", "2024-25")


def test_the_answer_tells_grades_between_authorities_from_grades_within_one(spend):
    """By the model's own equation, and by drawing 20,000 authorities in the place of the integral over them."""
    split, shares = spend.split, spend.good_of_100["prevention_between"]
    rng = np.random.default_rng(1)
    row, authority = rng.integers(0, len(split.predictor), 20_000), rng.normal(size=20_000)
    odds = split.predictor[row] - split.fitted.thresholds[0] + split.fitted.group_sd * authority
    more = split.fitted.term("prevention_between").log_odds
    assert shares.as_it_was == pytest.approx(100 * expit(odds).mean(), abs=0.8)
    assert shares.with_more == pytest.approx(100 * expit(odds + more).mean(), abs=0.8)
    observed = (
        100
        * spend.inspections.dropna(subset=["prevention", "safeguarding", "deprivation_decile"])["good"].mean()
    )
    assert shares.as_it_was == pytest.approx(observed, abs=1)
    said = austerity_answer(spend)
    assert (
        "**Authorities that spent more on prevention than others had better grades, but not clearly with"
        in said.answer
    )
    interval = f"(95% interval {shares.conf_low:.0f} to {shares.conf_high:.0f})"
    assert (
        f"of 100 inspections, {shares.with_more:.0f} {interval} rather than {shares.as_it_was:.0f}"
        in said.answer
    )
    assert "odds" not in said.answer and "no harm" in said.not_shown


def with_odds(spend, between, within):
    """The study with other odds ratios (estimate, low, high) of a good grade between authorities and within them."""
    odds = {"prevention_between": between, "prevention_within": within}
    terms = tuple(
        replace(term, **dict(zip(("estimate", "conf_low", "conf_high"), odds[term.term], strict=True)))
        if term.term in odds
        else term
        for term in spend.split.fitted.terms
    )
    split = replace(spend.split, fitted=replace(spend.split.fitted, terms=terms))
    return replace(spend, split=split, good_of_100={name: good_of_100(split, name) for name in odds})


UP, DOWN, OPEN = (1.5, 1.2, 1.9), (0.6, 0.4, 0.8), (1.1, 0.7, 1.7)


@pytest.mark.parametrize(
    ("between", "within", "told"),
    [
        (UP, OPEN, "seats held constant; within an authority over the years it is not clear**"),
        (UP, UP, "seats held constant; within an authority over the years, grades were better when more was spent**"),
        (DOWN, OPEN, "than others had worse grades, but not clearly with benefit claims and pay held constant; within an"),
        (OPEN, DOWN, "cannot tell; within an authority over the years, grades were worse when more was spent**"),
        (OPEN, OPEN, "**Whether grades follow spending on prevention, between authorities or within one over the years"),
    ],
)  # fmt: skip
def test_the_answer_on_grades_says_what_is_clear_and_what_is_not(spend, between, within, told):
    changed = with_odds(spend, between, within)
    assert told in austerity_answer(changed).answer
    shares = changed.good_of_100["prevention_between"]
    assert (shares.conf_low > shares.as_it_was) == (between[1] > 1)
    assert (shares.conf_high < shares.as_it_was) == (between[2] < 1)


HELD = ("economy", "same-years", "economy-and-council")


@pytest.mark.parametrize(
    ("economy", "same", "both", "told"),
    [
        (UP, UP, UP, ", also with benefit claims, pay and parties' council seats held constant;"),
        (UP, UP, OPEN, ", but not clearly with benefit claims, pay and parties' council seats held constant;"),
        (OPEN, UP, OPEN, ", but not clearly with benefit claims and pay held constant;"),
        (UP, UP, DOWN, ", but not clearly with benefit claims, pay and parties' council seats held constant;"),
        (UP, OPEN, OPEN, ", but not clearly on inspections since 2016 alone;"),
    ],
)  # fmt: skip
def test_better_grades_between_authorities_are_never_said_without_what_more_held_constant_leaves(
    spend, economy, same, both, told
):
    others = []
    for name, between in zip(HELD, (economy, same, both), strict=True):
        held = spend.held(name)
        as_study = replace(spend, split=held.split)
        others.append(replace(held, split=with_odds(as_study, between, OPEN).split))
    changed = replace(with_odds(spend, UP, OPEN), context=tuple(others))
    beginning = "Authorities that spent more on prevention than others had better grades"
    assert f"**{beginning}{told}" in austerity_answer(changed).answer
    assert austerity.grades_forest(changed).caption.startswith(f"{beginning}{told}")


def test_grades_after_deeper_falls_are_those_of_a_model_in_percentage_points(spend):
    """The same model with the change in tens of points: one step down is 10 points, whatever a standard deviation is."""
    rows = spend.inspections.dropna(subset=["change_percent", "deprivation_decile"])
    tens = fit_judgements(
        rows.assign(fall=-rows["change_percent"] / 10), ("fall", "deprivation_decile"), "in tens"
    )
    expected = good_of_100(tens, "fall")
    deeper = spend.good_of_100_deeper
    assert vars(deeper) == pytest.approx(vars(expected), abs=0.01)
    assert deeper.as_it_was == pytest.approx(100 * rows["good"].mean(), abs=1)
    assert spend.change_sd == pytest.approx(np.std(rows["change_percent"], ddof=1))
    said = austerity_answer(spend)
    assert (
        f"**Whether cuts made grades worse, these figures cannot tell**: of 100 inspections, "
        f"{expected.with_more:.0f} (95% interval {expected.conf_low:.0f} to {expected.conf_high:.0f}) rather than "
        f"{expected.as_it_was:.0f} were good or outstanding where all spending per child had fallen 10 percentage "
        "points further since 2010-11." in said.answer
    )
    assert f"(cuts: {len(rows)}), on spending of the last financial year" in said.certainty
    told = spend.as_dict()["change_in_spend"]
    assert told["deeper_by_percentage_points"] == 10 and told["good_of_100_deeper"] == vars(deeper)


@pytest.mark.parametrize(
    ("odds", "told"),
    [
        ((1.5, 1.2, 1.9), "**Grades were worse where spending had fallen further, which does not show that cuts made"),
        ((0.6, 0.4, 0.8), "**Grades were better, not worse, where spending had fallen further, which does not show that"),
    ],
)  # fmt: skip
def test_grades_clearly_worse_or_better_after_deeper_falls_are_told_as_associations(spend, odds, told):
    terms = tuple(
        replace(term, **dict(zip(("estimate", "conf_low", "conf_high"), odds, strict=True)))
        if term.term == "change"
        else term
        for term in spend.change_model.fitted.terms
    )
    model = replace(spend.change_model, fitted=replace(spend.change_model.fitted, terms=terms))
    deeper = good_of_100(model, "change", -10 / spend.change_sd)
    changed = replace(spend, change_model=model, good_of_100_deeper=deeper)
    assert told in austerity_answer(changed).answer
    assert (deeper.conf_high < deeper.as_it_was) == (odds[1] > 1)


def test_odds_ratios_are_at_the_prices_used_here_and_the_published_as_printed_and_converted(spend):
    """£100 of 2018-19 are £125 at the test's prices: the printed ratio is raised to the power 0.8 to stand beside ours."""
    spend = replace(spend, published_pounds=1.25)
    by_name = {finding.name: finding for finding in spend.findings()}
    early = by_name["good-grade-on-prevention"]
    told = grades_result(spend).markdown
    assert f"{early.estimate:.2f} ({early.conf_low:.2f} to {early.conf_high:.2f}) to 2019" in told
    assert "printed 1.69 (1.27 to 2.24) for £100 at 2018-19 prices" in told
    converted = f"{1.69**0.8:.2f} ({1.27**0.8:.2f} to {2.24**0.8:.2f})"
    assert f"converted by us to the prices used here, that is {converted}" in told
    chart = austerity.grades_forest(spend)
    assert f"Prevention: published, converted, 2011 to 2019: {converted}" in chart.alt
    assert "(2024-25 prices)" in chart.caption and "printed 1.69 (1.27 to 2.24)" in chart.caption
    # Page 1 has inspections of 100 alone; odds ratios stand in the figure.
    between = spend.split.fitted.term("prevention_between")
    ratio = f"{between.estimate:.2f} ({between.conf_low:.2f} to {between.conf_high:.2f})"
    assert ratio not in austerity_answer(spend).certainty
    assert f"Prevention, between: {spend.split.first_year} to {spend.split.last_year}: {ratio}" in chart.alt
    assert "Webb" not in austerity_answer(spend).certainty


def test_what_is_held_constant_has_a_row_each_with_the_rows_it_rests_on(spend):
    table = austerity_tables.context_table(spend)
    frame = table.frame.set_index("Held constant")
    assert list(frame.index) == [
        "Nothing else", "Benefit claims and pay", "Nothing else, inspections since 2016",
        "Benefit claims, pay and parties' seats",
    ]  # fmt: skip
    # The two last rest on the inspections of which the parties' seats are known.
    known = spend.inspections.dropna(
        subset=["labour_seats_percent", "prevention", "safeguarding", "deprivation_decile"]
    )
    assert frame["Inspections"].tolist() == ["471", "471", f"{len(known)}", f"{len(known)}"]
    as_asked = spend.good_of_100["prevention_between"]
    assert frame["As it was"].iloc[0] == f"{as_asked.as_it_was:.0f}"
    assert (
        frame["£100 more than others"]
        .iloc[0]
        .startswith(f"{as_asked.with_more:.0f} ({as_asked.conf_low:.0f} to ")
    )
    assert all(text.endswith(" of 6") for text in frame["Staff and pace"])
    assert "Open Council Data UK (CC-BY-SA-4.0)" in table.source


def test_how_much_of_the_fall_is_one_years_is_said_and_what_more_held_constant_leaves(spend):
    said = austerity_answer(spend).certainty
    total = spend.per_child_since_base["children_services_gbp"].dropna()
    first, second, lowest = total.iloc[0], total.iloc[1], total.min()
    assert said.startswith(
        "How much of the fall in all spending was cuts, these figures cannot tell; from 2011-12 to 2017-18 spending fell by "
        f"{100 * (second - lowest) / second:.0f}%."
    )
    of_first_year = 100 * (first - second) / (first - lowest)
    assert (
        f"less, {of_first_year:.0f}% of it in the year to 2011-12, when what councils had to report changed) and stood at"
        in austerity_answer(spend).answer
    )
    both = spend.held("economy-and-council")
    shares = both.good_of_100["prevention_between"]
    assert (
        f"The {both.split.fitted.n_observations} since 2016 are better graded ({shares.as_it_was:.0f} of 100 good or "
        f"better, all {spend.good_of_100['prevention_between'].as_it_was:.0f}); with claims, pay and seats held constant, "
        f"{shares.with_more:.0f} (95% interval {shares.conf_low:.0f} to {shares.conf_high:.0f}) rather than "
        f"{shares.as_it_was:.0f} between authorities." in said
    )
    alike = replace(both, good_of_100=spend.good_of_100)
    context = tuple(alike if held is both else held for held in spend.context)
    assert (
        "since 2016 are graded like all; with" in austerity_answer(replace(spend, context=context)).certainty
    )
    even = spend.per_child_since_base.assign(children_services_gbp=np.linspace(2000, 1000, len(total)))
    level = austerity_answer(replace(spend, per_child_since_base=even)).certainty
    untold = "How much of the fall in all spending was cuts, these figures cannot tell"
    assert level.startswith(f"{untold}: what councils had to report changed too. ")
    at_once = spend.per_child_since_base.loc[:2012]
    assert austerity_answer(replace(spend, per_child_since_base=at_once)).certainty.startswith(f"{untold}. ")
    rising = spend.per_child_since_base.assign(children_services_gbp=np.linspace(1000, 2000, len(total)))
    without_fall = austerity_answer(replace(spend, per_child_since_base=rising)).certainty
    assert untold not in without_fall and without_fall.startswith(
        "Prevention’s fall may not all be cuts either"
    )


def test_what_counted_as_prevention_is_said_where_it_fell_over_the_change(spend):
    told = "what counted as prevention changed in 2013-14, and the source in 2016-17."
    assert told in austerity_answer(spend).certainty
    known = spend.per_child_since_base
    risen = known.assign(prevention_gbp=np.linspace(100, 200, len(known)))
    for other in (risen, known.drop(columns="prevention_gbp"), known.loc[:2013], known.loc[2014:]):
        assert told not in austerity_answer(replace(spend, per_child_since_base=other)).certainty


def test_the_answer_tells_staff_that_follow_the_money_from_figures_that_cannot_tell(spend):
    assert "Whether staff follow the money, these figures cannot tell" in austerity_answer(spend).answer
    assert "agency workers were already high *before* the extra spending." in austerity_answer(spend).answer
    clear = {
        at: estimate and replace(estimate, estimate=-0.3, conf_low=-0.4, conf_high=-0.2, p_value=1e-6)
        for at, estimate in spend.lags.items()
    }
    followed = austerity_answer(replace(spend, lags=clear)).answer
    assert "In the year after £100 more per child, turnover of social workers was" in followed
    nothing = {
        at: estimate and replace(estimate, estimate=0.0, conf_low=-0.05, conf_high=0.05, p_value=1.0)
        for at, estimate in spend.lags.items()
    }
    assert "large enough to matter is ruled out" in austerity_answer(replace(spend, lags=nothing)).answer
    empty = austerity_answer(replace(spend, lags=dict.fromkeys(spend.lags))).answer
    assert "no year has both figures" in empty


def made_up(scale="standard deviations"):
    by_name = {}
    for number, name in enumerate(
        sorted({test.finding for claim in register().claims for test in claim.tests})
    ):
        middle = 1.5 if scale == "odds ratio" else 0.4 * (-1) ** number
        by_name[name] = Finding(
            name.rpartition("/")[2], f"A long label of {name}", scale, 1000 + number, 150,
            estimate=middle, conf_low=middle - 0.3, conf_high=middle + 0.3, p_value=0.001 * (number + 1),
        )  # fmt: skip
    return by_name


def results(by_name):
    by_run = {}
    for name, finding in by_name.items():
        by_run.setdefault(name.rpartition("/")[0], []).append(finding.as_dict())
    return [
        {"name": run, "notebook": run, "parameters": {}, "values": {"findings": entries}}
        for run, entries in by_run.items()
    ]


def recorded(size):
    """Return evidence on every claim with an estimand: ``size`` times the smallest that matters, the sign by turns."""
    entries = []
    for number, claim in enumerate(each for each in register().claims if each.estimand):
        outcomes = [
            {"name": of.name, "label": f"A long label of {of.name}", "natural": 8.0, "natural_unit": "percentage points",
             "n_observations": 900, "first_year": 2018, "last_year": 2025, "at_risk": None, "per": 100.0}
            for of in claim.estimand.outcomes
        ]  # fmt: skip
        smallest = claim.estimand.smallest
        main = [size * (-1) ** number * smallest] * len(outcomes)
        wide = {"another window": claims_written.view(main, smallest)}
        entries.append(
            claims_written.evidence(claim.id, main, smallest / 4, views=wide)
            | {"outcomes": outcomes, "unit": claim.estimand.unit}
        )
    return claims_written.synthesis(*entries)


@pytest.mark.parametrize("size", [0.1, 2.0, 40.0])
def test_all_claims_fit_one_picture_however_large_their_effects(size):
    judged = judge(register(), [recorded(size)])
    chart = synthesis.effects_forest(judged)
    check_layout(chart.figure)
    shown = " ".join(text.get_text() for text in shown_texts(chart.figure))
    for claim in judged:
        if claim.effect:
            assert claim.claim.id in shown and f"{claim.claim.id} {claim.verdict}" in chart.alt


def test_no_point_beyond_the_axis_is_drawn_at_another_place():
    """At forty times the smallest that matters nothing lies within five: only arrows at the edges are drawn."""
    chart = synthesis.effects_forest(judge(register(), [recorded(40.0)]))
    markers = {line.get_marker() for axes in chart.figure.axes for line in axes.lines}
    assert markers <= {"<", ">", "None"}


def test_claims_without_figures_make_no_picture_of_effects():
    with pytest.raises(DataError, match="no claims with figures"):
        synthesis.effects_forest(judge(register(), []))


@pytest.mark.parametrize(
    "results_in_place", [[], [recorded(0.1)], [recorded(2.0)]], ids=["none", "small", "large"]
)
def test_every_claim_stands_once_in_the_picture_of_verdicts(results_in_place):
    judged = judge(register(), results_in_place)
    chart = claims.verdicts_grid(judged)
    check_layout(chart.figure)
    lines = "\n".join(text.get_text() for text in shown_texts(chart.figure))
    shown = re.sub(r"\n {8}", " ", lines)  # a long one goes on in a second line
    for claim in judged:
        assert shown.count(f"{claim.claim.id}  ‘{claim.claim.in_short}’") == 1
        is_drawn = claim.verdict in ("supported", "contradicted", "not supported")
        assert not is_drawn or f"tested: {claim.claim.tested}" in shown
    bars = [patch for axes in chart.figure.axes for patch in axes.patches]
    assert len(bars) == len(judged), "a bar a claim, however many lines it takes"
    with pytest.raises(DataError, match="no claims"):
        claims.verdicts_grid([])


def test_every_document_is_named_with_its_claims_and_wordings_are_owned():
    judged = judge(register(), [])
    told = claims_described(judged).markdown
    assert "Ofsted's report on West Sussex, May 2019 (C01 to C14)" in told
    assert "readers' comments under a trade-press article, May 2019 (C18 to C22)" in told
    assert claims.verdicts_grid(judged).caption == (
        "None of 22 claims is supported. Quoted wordings are this project's, not the sources'."
    )


def test_a_star_marks_a_verdict_that_does_not_hold_for_every_outcome():
    """C06 has two outcomes; one of them is three of its errors below what the other is, and not clear by itself."""
    entry = recorded(2.0)
    own = entry["values"]["claims"]["C06"]
    own["views"] = {"main": claims_written.view([0.35, 0.14], 0.08)}
    (claim,) = judge(register(), [entry], ["C06"])
    assert claim.verdict == "supported"
    assert "‘Rising workloads bring delay’*" in claims.verdicts_grid([claim]).alt


def test_a_claim_judged_on_codes_as_they_are_is_marked_where_corrected_ones_cannot_tell():
    (claim,) = judge(register(), [recorded(2.0)], ["C06"])
    told = claims.verdicts_grid([claim])
    assert "†" not in told.alt + told.caption
    weakened = replace(
        claim,
        lowered_by=("Once corrected for the coding model's errors, the figures cannot tell either way.",),
    )
    marked = claims.verdicts_grid([weakened])
    assert "†" in marked.alt
    assert marked.caption.endswith("† Cannot tell once the coding model’s errors are corrected.")
    assert "(1 only with the coding model's errors left in)" in claims_answer([weakened], []).answer
    # What is ruled out is so with the errors corrected too.
    ruled_out = claims.verdicts_grid([replace(weakened, verdict="not supported")])
    assert "†" not in ruled_out.alt + ruled_out.caption


def test_the_answer_opens_with_all_verdicts_and_the_best_supported_claim_in_natural_units():
    """Of 22 claims four have no estimand. C06's outcomes are twice the smallest that matters, 0.2 of 8 points: 1.6."""
    entry = recorded(2.0)
    of_caseload = {"main": claims_written.view([0.2, 0.2], 0.01)}
    entry["values"]["claims"]["C06"]["views"] = of_caseload
    judged = judge(register(), [entry])
    told = claims_answer(judged, ["C01", "c18"])
    n_supported = sum(claim.verdict == "supported" for claim in judged)
    assert told.answer.startswith(
        f"**Of 22 claims, national figures support {n_supported}, as associations, not causes; "
    )
    assert "4 have no public figures.**" in told.answer
    weak = claims_answer([replace(claim, strength="weak") for claim in judged], ["C01"]).answer
    assert weak.startswith(f"**Of 22 claims, national figures weakly support {n_supported}, as associations")
    assert "an unsupported claim is wrong" in told.not_shown and "or turnover harmless" in told.not_shown
    assert claims_answer(judge(register(), []), ["C01"]).answer.startswith(
        "**Of 22 claims, national figures support none; 4 have no public figures; 18 have not been judged.**"
    )
    (alone,) = judge(register(), [entry], ["C06"])
    assert (
        "Best supported is ‘Rising workloads bring delay’: where turnover was 5 points higher, the share of assessments "
        "finished within 45 working days was 1.60 percentage points lower"
        in claims_answer([alone], []).answer
    )


@pytest.mark.parametrize(
    ("claim", "main", "error", "said"),
    [
        ("C20", [0.6, 0.6, 0.6, 0.6], 0.15, " (tested: workforce where outstanding)."),
        ("C20", [0.0, 0.9, 0.9, 0.9], 0.05, ", by agency social workers, social worker vacancies and caseload, not clearly "
         "by social worker turnover."),
        ("C22", [-0.1, 0.0, 0.9], 0.05, ", by Section 47 enquiries alone: against it, caseload was, if anything, lower."),
        ("C22", [0.0, 0.05, 0.9], 0.05, ", by Section 47 enquiries alone."),
    ],
)  # fmt: skip
def test_a_supported_claim_is_never_named_without_what_carries_its_verdict_and_what_does_not(
    claim, main, error, said
):
    entry = recorded(2.0)
    entry["values"]["claims"]["C06"]["views"] = {"main": claims_written.view([0.3, 0.3], 0.01)}
    entry["values"]["claims"][claim]["views"] = {"main": claims_written.view(main, error)}
    judged = judge(register(), [entry], ["C06", claim])
    assert [judgement.verdict for judgement in judged] == ["supported", "supported"]
    told = claims_answer(judged, []).answer
    assert f"Also supported is ‘{register().claim(claim).in_short}’{said}" in told


def judged_as(verdicts):
    """Return made-up claims with these verdicts, of which codes may be uncorrected."""
    judged = [claim for claim in judge(register(), [recorded(0.1)]) if claim.effect]
    corrected = "Once corrected for the coding model's errors, the figures cannot tell either way."
    return [
        replace(
            claim, verdict=verdict, lowered_by=(corrected,) if is_as_coded else (), strength="weak", **more
        )
        for claim, (verdict, is_as_coded, more) in zip(judged, verdicts, strict=False)
    ]


def test_the_counts_say_what_corrected_codes_undo_and_what_goes_as_claimed_without_a_verdict():
    (judged,) = judge(register(), [recorded(2.0)], ["C06"])
    as_claimed = {"effect": replace(judged.effect, conf_low=0.01), "shows": "too uncertain"}
    open_ = {"effect": replace(judged.effect, conf_low=-0.01), "shows": "too uncertain"}
    mixed = as_claimed | {"shows": "mixed"}
    claims_judged = judged_as(
        [
            ("supported", True, {}), ("not supported", False, {}), ("not supported", True, {}),
            ("unresolved", False, as_claimed), ("unresolved", True, open_), ("unresolved", False, mixed),
            ("not testable", False, {}),
        ]
    )  # fmt: skip
    assert claims_answer(claims_judged, []).answer.startswith(
        "**Of 7 claims, national figures weakly support 1, as an association, not a cause (1 only with the coding model's "
        "errors left in); for 2 they rule out an association that matters; for 3 they cannot tell (1 is as claimed, perhaps "
        "too weak); 1 has no public figures.**"
    )


def test_a_claim_ruled_out_on_average_is_told_with_what_is_not_ruled_out_in_natural_units():
    """Of five outcomes of 8 points a standard deviation, 0.06 and 0.07 ± 0.078 reach beyond 0.1, or 0.8 points."""
    entry = recorded(0.1)
    main = claims_written.view([0.06, 0.07, -0.05, -0.05, -0.05], 0.04)
    entry["values"]["claims"]["C01"]["views"] = {"main": main}
    judged = judge(register(), [entry], ["C01"])
    assert judged[0].verdict == "not supported"
    told = claims_answer(judged, ["C01"]).answer
    assert (
        "averaged over 5 outcomes, an association that matters is ruled out; it is not for each alone: where turnover "
        "was 5 points higher, the share of assessments finished within 45 working days was 0.5 percentage points lower (95% "
        "interval 1.1 lower to 0.1 higher), where 0.8 would matter; nor is it for conferences within 15 working days."
        in told
    )


def test_how_a_verdict_is_reached_and_when_the_rule_was_written_stand_beside_the_answer():
    judged = judge(register(), [recorded(2.0)])
    first = [replace(claim, first_verdict=claim.verdict) for claim in judged]
    told = claims_answer(first, []).certainty
    assert told.startswith(
        "A claim is supported where its outcomes, averaged, are 98% likely to go as claimed, 50% likely by"
    )
    assert "ruled out where their average is 95% unlikely to matter. A failed check overrides both." in told
    assert f"Written after first results, the rule changed none of {len(first)} verdicts." in told
    # One that was imprecise and is unresolved hasn't changed; three others have.
    others = [replace(claim, first_verdict="unscored") for claim in first[:3]]
    same = replace(first[3], first_verdict="imprecise", verdict="unresolved")
    changed = [*others, same, *first[4:]]
    assert (
        f"Written after first results, the rule changed 3 of {len(changed)} verdicts."
        in claims_answer(changed, []).certainty
    )
    listed = rule_described(register(), changed).markdown
    assert "By the first rule, which counted single tests, 3 verdicts were different:" in listed
    assert "version" not in listed and all(f"({claim.claim.id})" in listed for claim in others)


def test_a_claim_that_fails_a_check_is_told_with_its_figure_and_the_check():
    """C18's first outcome is turnover: 0.2 of 8 points; it expects more of it with less spend."""
    entry = recorded(2.0)
    own = entry["values"]["claims"]["C18"]
    own["views"] = {"main": claims_written.view([0.2, 0.2, 0.2], 0.05)}
    own["gates"][0]["holds"] = False
    judged = judge(register(), [entry], ["C06", "C18"])
    assert judged[1].verdict == "not identified"
    said = claims_answer(judged, ["C18"]).not_shown
    assert (
        "No verdict on ‘Austerity is why staff cannot be kept’: where turnover was 5 points higher, turnover of"
        in said
    )
    assert "1.6 percentage points" in said and said.endswith(". But its measures only stand in for it.")


def test_spend_and_turnover_stand_in_both_windows_of_years_and_agree_with_the_claim(spend):
    """C18's first outcome: −0.03 ± 0.0588 of 8 points, less turnover expected with more spend: 0.2 (−0.2 to 0.7) higher."""
    entry = recorded(2.0)
    own = entry["values"]["claims"]["C18"]
    own["views"] = {"main": claims_written.view([-0.03, 0.2, 0.2], 0.03)}
    own["gates"][0]["holds"] = False
    judged = judge(register(), [entry], ["C06", "C18"])
    after = spend.lags["turnover_percent", 1]
    middle, low, high = (
        100 * value * after.outcome_sd / after.exposure_sd
        for value in (after.estimate, after.conf_low, after.conf_high)
    )
    in_year_after = f"{middle:.2f}", f"{-low:.2f} lower to {high:.2f} higher"
    running = "0.2", "0.2 lower to 0.7 higher"
    said = claims_answer(judged, ["C18"]).not_shown
    assert f"{running[0]} percentage points higher (95% interval {running[1]})" in said
    told = austerity_answer(spend, judged).answer
    assert (
        "in the year after £100 more per child, turnover of social workers was "
        f"{in_year_after[0]} percentage points higher (95% interval {in_year_after[1]}); with £100 more [two years "
        f"running](claims.html), {running[0]} higher ({running[1]}); the vacancy rate" in told
    )
    # Without the claim's evidence the report on spend tells its own window alone.
    assert "two years running" not in austerity_answer(spend, judge(register(), [], ["C18"])).answer


def test_no_verdict_on_austerity_after_its_lead_is_told_with_what_may_explain_it():
    """C18's second gate made a lead that fails; the sentence says no more than the register's entry does."""
    entry = recorded(2.0)
    judged = judge(register(), [entry], ["C06", "C18"])
    lead = Gate("lead", False, "")
    failing = replace(judged[1], verdict="not identified", gates=(lead,))
    said = claims_answer([judged[0], failing], ["C18"])
    assert said.not_shown.endswith(
        ". But spending follows staffing too, and the deepest cuts predate these figures: this does not clear austerity."
    )
    registered = register().claim("C18")
    assert any("does not mean that austerity is not to blame" in text for text in registered.cautions)
    assert any(text.startswith("Spending follows staffing") for text in registered.cautions)
    assert "deepest cuts came before comparable workforce figures" in registered.estimand.standing_reason
    assert (
        "A failed check (here: the outcome goes with next year’s cause too) overrides both." in said.certainty
    )
    two = replace(failing, gates=(Gate("trends", False, ""), lead))
    assert "A failed check (such as: the outcome goes with next year’s" in claims_answer([two], []).certainty
    trends = replace(failing, gates=(Gate("trends", False, ""),))
    assert "(such as: authorities’ own trends account for it)" in claims_answer([two, trends], []).certainty


def test_the_best_supported_claim_is_told_with_what_weakens_it_beyond_what_its_measures_stand_for():
    entry = recorded(2.0)
    entry["values"]["claims"]["C06"]["views"] = {"main": claims_written.view([0.2, 0.2], 0.01)}
    (claim,) = judge(register(), [entry], ["C06"])
    standing = claim.claim.estimand.standing_reason
    doubted = replace(claim, lowered_by=(standing, "Slow work raises the load.", "Another."))
    assert " lower); but slow work raises the load." in claims_answer([doubted], []).answer
    assert "but " not in claims_answer([replace(claim, lowered_by=(standing,))], []).answer
    simultaneous = claim.claim.estimand.simultaneous
    assert simultaneous.startswith(
        "Assessments that take long stay open and raise the caseload on the day of the count"
    )
    assert (
        " lower); but long assessments stay open and raise the caseload counted, so part may run the other way."
        in claims_answer([replace(claim, lowered_by=(standing, simultaneous))], []).answer
    )


def test_how_often_a_true_effect_is_missed_is_said_with_the_claims_marked():
    """Found in 13, 38 and 98 of 100 trials: missed in 87, 62 and 2."""
    entry = recorded(2.0)
    rows = {
        claim: [
            {"truth": truth, "words": truth, "n_draws": 100, "mean_estimate": 0.2, "mean_error": 0.1, "coverage": 0.95,
             "shares": {"supported": share, "unresolved": 1 - share}}
            for truth, share in (("nothing", 0.02), (size, detected))
        ]
        for claim, size, detected in (("C19", "break:0.4", 0.13), ("C04", "at-once:0.2", 0.38), ("C01", "at-once:0.2", 0.98))
    }  # fmt: skip
    tried_ = {"name": "calibration", "notebook": "calibration", "values": {"claims": rows}}
    judged = judge(register(), [entry, tried_], ["C01", "C04", "C19"])
    told = claims_answer(judged, []).certainty
    assert "in 62% to 87% for 2 claims (‡), one in 50 at most for others." in told
    assert (
        "In trials with nothing to find it called 2.0% (95% interval 2.0% to 2.0%) supported or contradicted."
        in told
    )
    assert "with the smallest effect" not in told  # an effect just large enough was not tried
    chart = claims.verdicts_grid(judged)
    assert chart.alt.count("‡") == 2 and "‘Inspection drives staff away’‡" in chart.alt
    assert chart.caption.endswith("‡ Easily missed.")
    # Ruled out in 6 and 1 of 100 trials with an effect just large enough to matter: 3.5 on average. The 95% interval of the
    # mean of two is 12.706 (Student's t with one degree of freedom) times half their distance, 2.5: nought to 35.3.
    for claim, size, n_draws, share in (("C19", "break:0.2", 100, 0.06), ("C01", "at-once:0.1", 120, 0.01)):
        rows[claim].append(
            rows[claim][1] | {"truth": size, "n_draws": n_draws, "shares": {"not supported": share}}
        )
    judged = judge(register(), [entry, tried_], ["C01", "C04", "C19"])
    assert (
        "supported or contradicted; with the smallest effect that matters, 3.5% (0.0% to 35.3%) ruled out."
        in claims_answer(judged, []).certainty
    )
    certainty = claims_answer(judged[1:2], []).certainty
    assert "it called 2.0% supported" in certainty  # of one claim there is no interval
    assert certainty.endswith("in 62% for 1 claim (‡).")
    assert claims_answer(judged[:1], []).certainty.endswith("in at most 2% for every claim.")


def test_the_answer_on_sizes_gives_one_base_and_natural_units():
    entry = recorded(0.1)
    for claim, main in (("C06", [0.3, 0.3]), ("C20", [0.0, 0.9, 0.9, 0.95])):
        entry["values"]["claims"][claim]["views"] = {"main": claims_written.view(main, 0.03)}
    told = synthesis_answer(judge(register(), [entry]))
    assert told.answer.startswith(
        "**Of 18 claims that can be put to figures, 2 are supported by an association large"
    )
    assert (
        "\n\n‘Rising workloads bring delay’ (C06): where turnover was 5 points higher, the share of assessments finished"
        in told.answer
    )
    assert "the average caseload was 7.6 percentage points lower" in told.answer  # 0.95 of 8
    assert "Taken alone, turnover of social workers (C20) is not clear." in told.answer
    nothing = synthesis_answer(judge(register(), [recorded(0.1)], ["C01"]))
    assert "**Of 1 claim that can be put to figures, none is supported by an association" in nothing.answer


def test_effects_are_told_in_units_of_what_matters_for_each_claim():
    chart = synthesis.effects_forest(judge(register(), [recorded(2.0)], ["C05", "C20", "C09"]))
    shown = [text.get_text() for text in shown_texts(chart.figure)]
    assert {"0.1 SD", "0.3 SD", "OR 1.2"} <= set(shown)  # the register's own
    assert "C05 supported, 2.0 times the smallest that matters" in chart.alt


def test_every_claim_has_a_part_with_its_documents_and_what_would_settle_it():
    judged = judge(register(), [recorded(2.0), *results(made_up())])
    told = claims_told(judged).markdown
    for claim in judged:
        assert f"#### {claim.claim.id}. {claim.claim.claim.rstrip('.')}" in told
        assert claim.claim.would_change in told
    assert told.count("**What would settle it.**") == len(judged)


def test_a_claim_leads_to_each_report_with_a_test_of_it_once():
    told = claims_told(judge(register(), results(made_up()), ["C07"])).markdown
    linked = re.findall(r"\[[^\]]+\]\(([^)]+)\)", told)
    assert linked == [
        f"robustness/turnover_percent-{outcome}.html"
        for outcome in (
            "plans_open_two_years_percent",
            "plans_ceased_two_years_percent",
            "reviews_on_time_percent",
        )
    ]


def test_outcomes_stand_with_what_their_step_is_and_by_themselves():
    """C06: two outcomes of 0.2 and 0.4 standard deviations of 8 points each, which the claim expects lower."""
    entry = recorded(2.0)
    entry["values"]["claims"]["C06"]["views"] = {"main": claims_written.view([0.2, 0.4], 0.02)}
    frame = synthesis.outcomes_table(judge(register(), [entry], ["C06"])).frame
    assert frame["Difference"].tolist() == ["1.60 percentage points lower", "3.20 percentage points lower"]
    assert [bool(text) for text in frame["Where or when"]] == [True, False]


def test_checks_that_fail_are_told_with_their_claims():
    entry = recorded(2.0)
    entry["values"]["claims"]["C07"]["gates"][0]["holds"] = False
    judged = judge(register(), [entry])
    assert "- **C07**: What says so of measure." in checks_described(judged).markdown
    assert "Every claim passes" in checks_described(judge(register(), [recorded(2.0)], ["C07"])).markdown


def tried(claim, truth, **counts):
    return Calibrated(claim, truth_of(truth), sum(counts.values()),
                      {name.replace("_", " "): n for name, n in counts.items()}, 0.1, 0.05, None)  # fmt: skip


TRIED = (
    tried("C01", "nothing", unresolved=96, supported=4), tried("C01", "at-once:0.2", supported=97, unresolved=3),
    tried("C18", "nothing", unresolved=90, supported=6, contradicted=4),
    tried("C18", "at-once:0.2", supported=40, unresolved=60), tried("C18", "reversed:0.3", not_identified=98, supported=2),
)  # fmt: skip
SMALLEST = {"C01": 0.1, "C18": 0.1}
NAMES = {"C01": "One claim", "C18": "Another"}


ONCE = (
    tried("C01", "at-once:0.1", supported=50, unresolved=47, not_supported=3),
    tried("C18", "at-once:0.1", supported=30, unresolved=70),
)  # fmt: skip


def test_the_report_on_verdicts_says_how_often_they_are_wrong_and_what_is_missed():
    """False in 4 and 10 of 100. With two claims as clusters, t is 12.71, so that the interval is cut at nil."""
    told = calibration_answer([*TRIED, *ONCE], SMALLEST, NAMES)
    assert (
        "contradicted in 7.0% (95% interval 0.0% to 45.1%; 10% for the worst claim); a true effect just large enough to "
        "matter it called supported in 40% (median of 2 claims, ranging from 30 to 50).**" in told.answer
    )
    assert (
        "in trials with that effect the rule said so in 58% (47 to 70), and with nothing to find "
        "in 93% (90 to 96), where an effect of any size that matters was rightly ruled out in 0% (0 to 0); "
        "that effect was wrongly ruled out in at most 3% and contradicted in none." in told.answer
    )
    assert (
        "An effect twice as large was called supported in at least 95% for 1 of 2 claims, but for ‘Another’ in "
        "40%; it was contradicted or ruled out in none." in told.answer
    )
    assert (
        "of 2 claims with nothing to find 1 is above the 5% aimed at, 1 clearly, and none clearly"
        in told.certainty
    )
    assert "at most 2% were called supported or contradicted (1 claim)" in told.certainty
    assert (
        "(Table 3 lists it for each claim), and chose the rule’s thresholds by trials on other simulated figures"
        in (told.certainty)
    )
    assert told.certainty.startswith("Brackets after the first: ranges over claims.")
    assert told.not_shown.startswith("It does not show how likely a real verdict is to be right or wrong")


def test_how_often_a_failed_check_withheld_the_verdict_is_told_for_nothing_and_for_an_effect():
    """Of two claims: in 3 and 0 of 100 trials with nothing to find, in 6 and 2 and in 1 and 0 with an effect."""
    trials = (
        tried("C01", "nothing", unresolved=97, not_identified=3), tried("C18", "nothing", unresolved=100),
        tried("C01", "at-once:0.1", supported=94, not_identified=6),
        tried("C18", "at-once:0.1", supported=98, not_identified=2),
        tried("C01", "at-once:0.2", supported=99, not_identified=1), tried("C18", "at-once:0.2", supported=100),
    )  # fmt: skip
    told = calibration_answer(trials, SMALLEST, NAMES).certainty
    assert (
        "A failed check withheld the verdict in at most 3% of trials with nothing to find (median 2%) and at most 6% with "
        "an effect that matters (4%)." in told
    )
    assert "and at most" not in calibration_answer(trials[:2], SMALLEST, NAMES).certainty


def test_what_would_matter_has_a_row_a_claim_in_natural_units():
    """A tenth of 8 points in each outcome, with the sign that the claim expects."""
    entry = recorded(2.0)["values"]["claims"]
    subjects = [
        Subject(id_, register().claim(id_).estimand, evidence_from(entry[id_])) for id_ in ("C06", "C18")
    ]
    frame = calibration.matters_table(subjects).frame
    assert frame.to_numpy().tolist() == [
        ["C06", "Caseload 1 case per FTE worker higher than usual for an authority, two years running",
         "Assessments within 45 working days −0.8 points; conferences within 15 working days −0.8 points"],
        ["C18", "Spend on children’s services £100 per child (2024-25 prices) higher than usual for an authority, two years "
         "running",
         "Social worker turnover −0.8 points; social worker vacancies −0.8 points; agency social workers −0.8 points"],
    ]  # fmt: skip


def test_without_trials_of_the_smallest_that_matters_nothing_is_said_of_it():
    told = calibration_answer(TRIED, SMALLEST, NAMES).answer
    assert "just large enough" not in told and "cannot tell" not in told and "for the worst claim).**" in told
    few = calibration_answer(TRIED[1:2], SMALLEST, NAMES)
    assert few.answer.startswith("An effect twice as large was") and "aimed at" not in few.certainty


def test_half_of_what_matters_called_supported_is_told_as_wrong():
    half = (
        tried("C01", "at-once:0.05", supported=10, unresolved=90),
        tried("C18", "at-once:0.05", unresolved=100),
    )
    told = calibration_answer([*TRIED, *half], SMALLEST, NAMES).certainty
    assert (
        "was called supported, right in direction but not in size, in 5% of trials (median; 10% at worst)."
        in told
    )


def test_verdicts_over_claims_are_medians_with_the_lowest_and_the_highest():
    frame = calibration.verdicts_table([*TRIED, *ONCE], SMALLEST).frame.set_index("Truth")
    assert frame.loc["Nothing", ["Supported", "Contradicted", "Cannot tell"]].tolist() == [
        "5% (4 to 6)", "2% (0 to 4)", "93% (90 to 96)",
    ]  # fmt: skip
    assert frame.loc["Smallest that matters", "Ruled out"] == "2% (0 to 3)"
    assert frame.loc["Twice that", "Supported"] == "68% (40 to 97)"
    recorded_ = calibration_results([*TRIED, *ONCE], SMALLEST)
    assert recorded_["verdicts"]["1"]["not supported"] == {
        "median": pytest.approx(0.015), "lowest": 0.0, "highest": 0.03, "n_claims": 2,
    }  # fmt: skip
    assert recorded_["mean_false"][0] == pytest.approx(0.07)
    assert calibration.verdicts_table(TRIED, SMALLEST).frame["Truth"].tolist() == ["Nothing", "Twice that"]


def test_what_was_planted_is_told_in_natural_units():
    """Twice 0.1, of 8 points in each of two outcomes, which the claim expects lower: 1.6 points."""
    entry = recorded(2.0)["values"]["claims"]["C06"]
    subject = Subject("C06", register().claim("C06").estimand, evidence_from(entry))
    trials = (
        tried("C06", "nothing", unresolved=60), tried("C06", "at-once:0.1", supported=30, unresolved=30),
        tried("C06", "at-once:0.2", supported=59, unresolved=1),
    )  # fmt: skip
    told = calibration_answer(trials, {"C06": 0.1}, {"C06": "One claim"}, subject).answer
    assert "(for ‘One claim’: " in told
    assert "the share of assessments finished within 45 working days 1.6 percentage points lower) was" in told
    assert "for 1 of 1 claim; it was" in told


def test_claims_of_other_designs_that_are_often_missed_are_named_apart():
    entry = recorded(2.0)["values"]["claims"]
    subjects = [
        Subject(id_, register().claim(id_).estimand, evidence_from(entry[id_])) for id_ in ("C04", "C06")
    ]
    smallest = {subject.claim: subject.estimand.smallest for subject in subjects}
    calibrated = [
        Calibrated(
            claim, Truth("at-once", 2 * size), 100, {"supported": 40, "unresolved": 60}, 0.1, 0.05, None
        )
        for claim, size in smallest.items()
    ]
    told = shortfalls_described(calibrated, subjects, register().rule).markdown
    assert "with twice the smallest: C04 (40%)." in told and "- **C06**" in told
    assert "Sizes are in standard deviations within authorities." in told
    alone = shortfalls_described(calibrated[:1], subjects[:1], register().rule).markdown
    assert alone.startswith("Every claim about figures within authorities meets") and "C04 (40%)" in alone


def test_the_chart_and_table_of_what_is_recognised_show_every_claim_that_was_tried():
    chart = calibration.recognition_chart(TRIED, SMALLEST, NAMES)
    check_layout(chart.figure)
    assert (
        "C18: with twice the smallest supported 40%, with nothing supported or contradicted 10%" in chart.alt
    )
    frame = calibration.sizes_table(TRIED, SMALLEST).frame.set_index("Claim")
    assert frame.loc["C18", ["Nothing", "Another reason", "Twice", "Half"]].tolist() == [
        "10%",
        "2%",
        "40%",
        "–",
    ]
    with pytest.raises(DataError, match="nothing to draw"):
        calibration.recognition_chart(TRIED[:1], SMALLEST, NAMES)


def test_estimates_of_one_scale_stand_beside_published_ones():
    ours = replace(made_up("odds ratio").popitem()[1], estimate=1.8, conf_low=1.1, conf_high=3.0)
    rows = [
        findings.Row("Published", published=True, estimate=1.69, conf_low=1.28, conf_high=2.24),
        findings.Row.of(ours, "Ours"),
    ]
    chart = findings.findings_forest(rows, "odds ratio", "A caption.", "a source")
    check_layout(chart.figure)
    assert "Published: 1.69 (1.28 to 2.24)" in chart.alt and "Ours: 1.80 (1.10 to 3.00)" in chart.alt
    with pytest.raises(DataError, match="no findings"):
        findings.findings_forest([], "odds ratio", "A caption.", "a source")


@pytest.fixture
def executed(tmp_path):
    """A project with two runs of a notebook, each with a figure, a passage and a table."""
    shown = [("figure", "A figure of two."), ("prose", "It is 1.5 (0.5 to 2.5)."), ("table", "A table.")]
    for run_name in ("pair/a", "pair/b"):
        book = nbformat.v4.new_notebook()
        for place, (kind, text) in enumerate(shown):
            output = nbformat.v4.new_output(
                "display_data",
                {"text/markdown": text},
                metadata={"plan_drift": {"kind": kind, "caption": text}},
            )
            cell = nbformat.v4.new_code_cell(f"x = 1\nshow_{kind}(x)", outputs=[output])
            cell["id"] = f"pair-{place:02}"
            book.cells.append(cell)
        path = tmp_path / "reports" / "notebooks" / f"{run_name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(book))
    return Project(tmp_path)


def test_every_exhibit_is_mapped_to_the_cell_that_made_it(executed):
    entries = exhibit_entries(exhibits_of(executed, ["pair/a", "pair/b"]))
    assert [(entry["label"], entry["cell"], entry["made_by"], entry["n_reports"]) for entry in entries] == [
        ("Figure 1", "pair-00", "show_figure(x)", 2),
        ("Numbers in the text", "pair-01", "show_prose(x)", 2),
        ("Table 1", "pair-02", "show_table(x)", 2),
    ]
    assert entries[1]["what"] == "3 numbers"


def test_the_mapping_notebook_maps_its_own_cells_by_their_calls():
    calls = {cell.cell: cell.made_by for cell in unexecuted(store.current_project(), "claims")}
    assert {"charts.verdicts_grid(judged)", "claims_told(judged)"} <= set(calls.values())
    assert not any("=" in call.partition("(")[0] for call in calls.values())


def test_a_notebook_that_was_not_run_is_named(executed):
    with pytest.raises(PlanDriftError, match=r"c\.ipynb: can't be read"):
        exhibits_of(executed, ["pair/c"])
