"""Changes of a child's worker beside the workforce: authorities with themselves over three years that aren't consecutive."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.panel import store
from analysis.data.panel.store import load_directors, load_reports
from analysis.reports.reports_and_figures.charts import (
    directors_table,
    downgrades_forest,
    grades_forest,
    workers_forest,
)
from analysis.reports.reports_and_figures.study import (
    SAME_COLLECTOR,
    THREE_WORKERS,
    WORKFORCE,
    study_reports_and_figures,
)
from analysis.reports.reports_and_figures.words import (
    directors_result,
    downgrades_result,
    reports_and_figures_answer,
)
from tests.making.drawn import check_layout


@pytest.fixture(scope="module")
def panel():
    return store.without_very_small(store.load_panel().authorities)


@pytest.fixture(scope="module")
def study(panel):
    return study_reports_and_figures(load_reports(), load_directors(), panel)


@pytest.mark.parametrize("chart_of", [grades_forest, workers_forest])
def test_charts_on_grades_are_laid_out(study, chart_of):
    check_layout(chart_of(study).figure)


def by_hand(panel, exposure, years):
    """Slope by dummies: share with three workers on the exposure of the September before, and how many authorities."""
    before = panel[["authority_code", "year", exposure]].assign(year=panel["year"] + 1)
    rows = panel[panel["year"].isin(years)][["authority_code", "year", THREE_WORKERS]]
    rows = rows.merge(before, on=["authority_code", "year"]).dropna()
    rows = rows[rows.groupby("authority_code")["year"].transform("size") > 1]
    dummies = [
        pd.get_dummies(rows[key], drop_first=key == "year", dtype=float) for key in ("authority_code", "year")
    ]
    design = np.column_stack([rows[exposure], *dummies])
    slope = np.linalg.lstsq(design, rows[THREE_WORKERS], rcond=None)[0][0]
    return slope, rows["authority_code"].nunique()


@pytest.mark.parametrize("exposure", WORKFORCE)
def test_slopes_are_those_of_dummies_for_authorities_and_years(panel, study, exposure):
    name = f"three-workers-on-{exposure.split('_')[0]}"
    for estimates, years in ((study.workers, (2019, 2020, 2024)), (study.same_collector, SAME_COLLECTOR)):
        slope, n_authorities = by_hand(panel, exposure, years)
        assert estimates[name].in_outcome_units[0] == pytest.approx(slope, abs=1e-8)
        assert estimates[name].n_periods == len(years)
        assert n_authorities > 130


def test_the_answer_says_what_changes_of_worker_go_with(study):
    told = reports_and_figures_answer(study)
    agency = study.workers["three-workers-on-agency"]
    points = agency.in_outcome_units[0] * 10  # percentage points of agency workers
    turnover = [5 * value for value in study.workers["three-workers-on-turnover"].in_outcome_units]
    assert (
        "In years when turnover of social workers was 5 percentage points above the authority’s average, the share of "
        "children in care with three or more social workers in the year was "
        f"{turnover[0]:.1f} percentage points higher (95% interval {turnover[1]:.1f} to {turnover[2]:.1f} higher)"
        in told.answer
    )
    assert "it was clearly higher with the average caseload, the share of agency workers and" in told.answer
    assert f"agency social workers +10 percentage points: {points:.2f} (" in workers_forest(study).alt
    assert "In 2019 and 2020 alone" in told.certainty
    calm = {name: replace(estimate, conf_low=-0.1) for name, estimate in study.workers.items()}
    said = reports_and_figures_answer(replace(study, workers=calm)).answer
    assert "no clear difference, tested singly." in said and "clearly higher" not in said


def test_the_answer_counts_inspections_and_has_no_odds(study):
    told = reports_and_figures_answer(study)
    shares = study.good_of_100("agency_percent", "between")
    observed = 100 * (study.inspections.dropna(subset=["agency_percent"])["worse"] <= 1).mean()
    assert shares.as_it_was == pytest.approx(
        observed, abs=3
    )  # proportional odds fit the four grades together
    interval = f"(95% interval {shares.conf_low:.0f} to {shares.conf_high:.0f})"
    assert f"Of 100 inspections about {shares.as_it_was:.1f} were graded good or outstanding" in told.answer
    assert f"it was {shares.with_more:.0f} {interval} between authorities" in told.answer
    assert "(the latter no clear difference)." in told.answer, "of turnover within an authority"
    caption = grades_forest(study).caption
    assert "Inspections of 100" in caption and "dds" not in caption
    assert "odds" not in told.answer and "q =" not in told.answer


def with_split(study, **ways):
    """The study with other odds ratios of a worse grade, by figure: between authorities, and within one."""
    made = {"up": (1.5, 1e-6), "down": (0.6, 1e-6), "open": (1.1, 0.5), "alone": (1.3, 0.04)}
    split = {}
    for name, model in study.split.items():
        between, within = ways.get(name.split("_")[0], ("open", "open"))
        by_term = {f"{name}_between": made[between], f"{name}_within": made[within]}
        terms = tuple(
            replace(term, estimate=by_term[term.term][0], p_value=by_term[term.term][1])
            if term.term in by_term
            else term
            for term in model.fitted.terms
        )
        split[name] = replace(model, fitted=replace(model.fitted, terms=terms))
    return replace(study, split=split)


@pytest.mark.parametrize(
    ("ways", "told"),
    [
        (
            {"agency": ("up", "up"), "turnover": ("up", "open")},
            "Inspection grades were worse where the share of agency workers had been higher, both between authorities and "
            "within one over the years; for turnover of social workers, clearly only between authorities; "
            "for the average caseload and the vacancy rate these figures cannot tell",
        ),
        (
            {"caseload": ("open", "up")},
            "Inspection grades were worse when the average caseload had been higher, clearly only within an authority",
        ),
        (
            {"vacancy": ("down", "open")},
            "Inspection grades were better where the vacancy rate had been higher",
        ),
        # One p value of 0.04 among eight: clear alone, not after allowing for the others.
        (
            {"agency": ("alone", "open")},
            "Whether inspection grades go with the share of agency workers, the average",
        ),
    ],
)
def test_the_finding_tells_between_from_within_after_allowing_for_all_comparisons(study, ways, told):
    changed = with_split(study, **ways)
    assert told in reports_and_figures_answer(changed).answer


@pytest.mark.parametrize(
    ("ways", "title"),
    [
        ({"agency": ("up", "up"), "turnover": ("up", "open")}, "Grades were worse where agency work had been higher."),
        ({"turnover": ("up", "open")}, "Grades were worse in authorities where turnover had been higher."),
        ({"caseload": ("open", "up")}, "Grades were worse when an authority’s caseload had been higher."),
        ({"vacancy": ("down", "open")}, "Grades were better where vacancies had been higher."),
        ({}, "Whether grades go with agency work, caseload, turnover and vacancies, these figures cannot tell."),
    ],
)  # fmt: skip
def test_the_title_of_the_picture_is_one_line_on_what_shows_most(study, ways, title):
    assert grades_forest(with_split(study, **ways)).caption.startswith(f"{title} Inspections of 100")


def test_the_slope_within_an_authority_is_said_to_rest_on_few_inspections(study):
    """Counted one by one from the rows that have turnover and deprivation."""
    each = {}
    for row in study.inspections.to_dict("records"):
        if not (math.isnan(row["turnover_percent"]) or math.isnan(row["deprivation_decile"])):
            each[row["panel_code"]] = each.get(row["panel_code"], 0) + 1
    counts, model = sorted(each.values()), study.alone["turnover_percent"].fitted
    assert (sum(counts), len(counts)) == (model.n_observations, model.n_groups)
    middle = (counts[(len(counts) - 1) // 2] + counts[len(counts) // 2]) / 2
    told = reports_and_figures_answer(study).certainty
    assert (
        f"rests on few inspections (median {middle:g}, {counts[0]} to {counts[-1]}); the {counts.count(1)} authorities "
        "with one only add nothing." in told
    )


@pytest.mark.parametrize(
    ("p_values", "told"),
    [
        ({"agency": 0.02, "caseload": 0.03}, "after allowing for the 4 figures asked none is clear"),
        ({"agency": 0.001}, "after allowing for the 4 figures asked the share of agency workers stays clear"),
        ({}, "They were not clearly more or less frequent with turnover of social workers"),
    ],
)
def test_downgrades_are_told_after_allowing_for_all_figures_asked(study, p_values, told):
    downgrades = {
        name: replace(downgrade, p_value=p, conf_low=1.01 if p < 0.05 else 0.9, conf_high=1.2)
        for name, downgrade in study.downgrades.items()
        for p in [p_values.get(name.split("_")[0], 0.5)]
    }
    changed = replace(study, downgrades=downgrades)
    assert told in downgrades_result(changed).markdown
    assert downgrades_forest(changed).caption


def test_new_directors_are_told_with_counts_and_as_an_association(study):
    text = directors_result(study).markdown
    rows = study.directors.rows
    new = rows[rows["new_director"] == 1]
    assert f"{(new['inadequate'] == 100).sum()} of {len(new)} (" in text
    assert "Which came first is not known" in text
    table = directors_table(study)
    assert len(table.frame) == 5 and f"{len(rows)} of them" in table.note


@pytest.mark.parametrize(
    ("more_error", "said"),
    [
        (1.0, "for turnover of social workers and the vacancy rate between and within also clearly differ"),
        (1000.0, "whether between and within differ for turnover of social workers and the vacancy rate"),
    ],
)
def test_one_way_clear_and_one_not_is_no_difference_until_it_is_tested(study, more_error, said):
    """The two slopes differ by their own error, their covariance taken in: with errors a thousandfold they can't."""
    changed = {
        name: replace(model, fitted=replace(model.fitted, covariance=model.fitted.covariance * more_error**2))
        for name, model in study.split.items()
    }
    turnover = study.split["turnover_percent"].fitted
    between, within = turnover.term("turnover_percent_between"), turnover.term("turnover_percent_within")
    # Of a mean and deviations from it, slopes are all but independent, so that their variances add up.
    error = np.hypot(between.standard_error, within.standard_error)
    ratio = study.between_by_within("turnover_percent")
    assert ratio.standard_error == pytest.approx(error, rel=0.1)
    assert ratio.log_odds == pytest.approx(between.log_odds - within.log_odds)
    told = reports_and_figures_answer(replace(study, split=changed)).certainty
    assert said in told
    assert ("cannot be told" in told) == (more_error > 1)
