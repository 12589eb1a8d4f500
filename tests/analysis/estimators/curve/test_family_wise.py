"""A recorded family tested as one: against the bootstrap one at a time; results of other figures refused."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.definitions.indicators import dictionary
from analysis.data.panel import store
from analysis.errors import DataError, RequestError
from analysis.estimators.curve.family_wise import recorded_specification, with_family_p
from analysis.estimators.pairs.relationship import specification_for, variants_of
from analysis.estimators.regression.estimate import estimate
from analysis.estimators.resampling.bootstrap import bootstrap_estimate
from analysis.reports.summary.study import family_of

PAIRS = [
    ("turnover_percent", "assessments_in_45_days_percent"),
    ("caseload_cases_per_fte", "assessments_in_45_days_percent"),
    ("caseload_cases_per_fte", "rereferrals_percent"),
    ("vacancy_percent", "school_moves_percent"),
]


def recorded(
    panel: pd.DataFrame,
    first_year: int = 2013,
    last_year: int = 2025,
    pairs: Sequence[tuple[str, str]] = PAIRS,
    **changes: Any,
) -> list[dict]:
    """What the notebook ``relationship`` records of each pair, as ``read_results`` returns it."""
    results = []
    for exposure, outcome in pairs:
        sample = SampleParameters(outcome, exposure, years=(first_year, last_year), **changes)
        estimated = estimate(build_sample(panel, sample), specification_for(sample, "two-way", True))
        main = variants_of(sample, "two-way", True)[0]
        results.append({
            "name": f"relationship/{exposure}-{outcome}",
            "parameters": {"first_year": first_year, "last_year": last_year},
            "values": {"main": replace(main, estimate=estimated).as_dict()},
        })  # fmt: skip
    return results


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return store.load_panel().authorities


@pytest.fixture(scope="module")
def results(panel) -> list[dict]:
    return recorded(panel)


def test_alone_each_has_the_p_value_of_its_own_bootstrap(panel, results):
    family = with_family_p(family_of(results), panel, results, 199, seed=4)
    by_pair = family.set_index(["exposure", "outcome"])
    for result in results:
        asked = recorded_specification(result)
        rows = build_sample(panel, asked.sample_parameters)
        alone = bootstrap_estimate(rows, asked.specification, 1999, seed=9).p_value
        assert by_pair.loc[(asked.exposure, asked.outcome), "wild_p_value"] == pytest.approx(alone, abs=0.1)
    assert (family["family_p_value"] >= family["wild_p_value"]).all()
    assert family["family_p_value"].min() == family["wild_p_value"].min() == 1 / 200


def test_results_of_other_figures_are_refused(panel, results):
    changed = panel.assign(assessments_in_45_days_percent=panel["assessments_in_45_days_percent"] ** 2)
    with pytest.raises(DataError, match=r"assessments_in_45_days_percent: recorded t -1\.73.*run it again"):
        with_family_p(family_of(results), changed, results, 9)
    none = panel.assign(assessments_in_45_days_percent=np.nan)
    with pytest.raises(DataError, match="run it again"):
        with_family_p(family_of(results), none, results, 9)


COUNTED = [*PAIRS[:3], ("referrals_per_10k", "vacancy_percent")]
"""Pairs whose outcome is a share of a known number: of one count, of vacancies and social workers together."""


@pytest.mark.parametrize("weights", ["child_population_children", "number at risk"])
def test_runs_that_weigh_their_rows_are_drawn_with_their_weights(panel, weights):
    """The t statistic drawn is compared with the recorded one, which stands on those weights."""
    results = recorded(panel, pairs=COUNTED, weights=weights)
    family = with_family_p(family_of(results), panel, results, 99)
    assert family["family_p_value"].between(1 / 100, 1).all()


def test_rows_in_which_nobody_was_at_risk_count_for_nothing(panel):
    (at_risk,) = dictionary()["assessments_in_45_days_percent"].counts.denominator
    none = panel.assign(**{at_risk: panel[at_risk].mask(panel["authority"] == "Leeds", 0.0)})
    results = recorded(none, pairs=PAIRS[:2], weights="number at risk")
    assert with_family_p(family_of(results), none, results, 19)["family_p_value"].notna().all()


def test_runs_with_very_small_authorities_are_drawn_with_them(panel):
    results = recorded(panel, include_very_small=True)
    for result in results:
        result["parameters"]["include_very_small"] = True
    assert with_family_p(family_of(results), panel, results, 19)["family_p_value"].notna().all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("authorities", ["Leeds"]), ("boundaries", "constant areas"), ("include_earlier_definitions", True)],
)
def test_a_run_on_another_panel_is_refused_by_what_sets_it_apart(panel, results, name, value):
    first, *others = results
    apart = {**first, "parameters": {**first["parameters"], name: value}}
    with pytest.raises(
        RequestError, match=f"turnover_percent-assessments_in_45_days_percent: ran with {name} "
    ):
        with_family_p(family_of(results), panel, [apart, *others], 9)


def test_a_run_of_fewer_years_is_drawn_on_those_years(panel):
    """The t statistic drawn is compared with the recorded one, which stands on the years of the run alone."""
    results = recorded(panel, 2017, 2022)
    family = with_family_p(family_of(results), panel, results, 99)
    assert family["family_p_value"].between(1 / 100, 1).all()
    for run in results:
        run["parameters"] = {"first_year": 2013, "last_year": 2025}
    with pytest.raises(DataError, match="run it again"):
        with_family_p(family_of(results), panel, results, 9)
