"""Estimates against linearmodels, statsmodels and published values; see reference/published_estimates.yml."""

import json
import os
import subprocess
import sys
from pathlib import Path

import linearmodels
import numpy as np
import pandas as pd
import pytest
import statsmodels
import statsmodels.api as sm
import yaml
from linearmodels.datasets import wage_panel
from linearmodels.panel import FirstDifferenceOLS, PanelOLS, PooledOLS
from scipy import stats

from analysis.errors import DataError
from analysis.estimators import ESTIMATORS, Specification, estimate
from analysis.estimators.regression.sample import estimation_sample
from analysis.estimators.regression.within import without_effects
from tests.making import REPOSITORY, TESTS
from tests.making.simulated import SIMULATED, simulated

PUBLISHED = yaml.safe_load((TESTS / "reference/published_estimates.yml").read_text())
CONTROLS = ("union", "married")
WAGE = {"outcome": "lwage", "exposure": "hours", "controls": CONTROLS, "entity": "nr", "cluster": "nr"}


@pytest.fixture(scope="module")
def wages() -> pd.DataFrame:
    """Vella and Verbeek's wage panel with an eighth of its rows taken out: unbalanced, with gaps."""
    data = wage_panel.load()
    generator = np.random.default_rng(3)
    data = data.assign(weight=generator.uniform(0.5, 3.0, len(data)))
    return data[generator.random(len(data)) > 0.125].reset_index(drop=True)


@pytest.fixture(scope="module")
def grunfeld() -> pd.DataFrame:
    """The ten firms of the textbooks: Kleiber and Zeileis (2010) on the many versions."""
    data = sm.datasets.grunfeld.load_pandas().data
    return data[data["firm"] != "American Steel"]


@pytest.fixture(scope="module")
def petersen() -> pd.DataFrame:
    path = Path(statsmodels.__file__).parent / "stats/tests/test_data.txt"
    return pd.read_csv(path, sep=r"\s+", names=["firm", "year", "x", "y"])


def by_linearmodels(data: pd.DataFrame, estimator: str, weighted: bool):
    """Fit by linearmodels; return its result and how many parameters its correction counts."""
    used = data[data.groupby("nr")["nr"].transform("size") > 1] if estimator == "two-way" else data
    panel = used.set_index(["nr", "year"])
    weights = panel["weight"] if weighted else None
    columns = ["hours", *CONTROLS]
    clustered = {"cov_type": "clustered", "cluster_entity": True, "debiased": True, "group_debias": True}
    if estimator == "pooled":
        exog = sm.add_constant(panel[columns])
        return PooledOLS(panel["lwage"], exog, weights=weights).fit(**clustered), exog.shape[1]
    if estimator == "two-way":
        model = PanelOLS(
            panel["lwage"], panel[columns], entity_effects=True, time_effects=True, weights=weights
        )
        return model.fit(**clustered, auto_df=False, count_effects=False), len(columns)
    years = pd.get_dummies(panel.index.get_level_values("year"), drop_first=True, dtype=float)
    exog = panel[columns].join(years.set_axis(panel.index).add_prefix("y"))
    return FirstDifferenceOLS(panel["lwage"], exog, weights=weights).fit(**clustered), exog.shape[1]


@pytest.mark.parametrize("standardised", [False, True], ids=["units", "standardised"])
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_equals_linearmodels(wages, estimator, weighted, standardised):
    weights = "weight" if weighted else None
    estimated = estimate(
        wages, Specification(**WAGE, estimator=estimator, weights=weights, standardised=standardised)
    )
    expected, counted = by_linearmodels(wages, estimator, weighted)
    n, years = int(expected.nobs), wages["year"].nunique()
    # Ours counts the year effects too, and the constant among them; linearmodels counts slopes only here.
    parameters = {"pooled": counted, "two-way": counted + years, "first-differences": counted}[estimator]
    unit = estimated.exposure_sd / estimated.outcome_sd if standardised else 1.0
    error = expected.std_errors["hours"] * np.sqrt((n - counted) / (n - parameters))
    quantile = stats.t(estimated.n_clusters - 1).ppf(0.975)

    assert estimated.n_observations == n
    assert f"K = {parameters} (" in estimated.rule
    assert estimated.estimate == pytest.approx(expected.params["hours"] * unit, rel=1e-7)
    assert estimated.standard_error == pytest.approx(error * unit, rel=1e-7)
    assert estimated.conf_low == pytest.approx((expected.params["hours"] - quantile * error) * unit, rel=1e-7)
    assert estimated.conf_high == pytest.approx(
        (expected.params["hours"] + quantile * error) * unit, rel=1e-7
    )
    t = expected.params["hours"] / error
    assert estimated.p_value == pytest.approx(2 * stats.t(estimated.n_clusters - 1).sf(abs(t)), rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_two_way_equals_dummies_in_statsmodels(wages, weighted):
    """One regression with a dummy for each person and year; the correction is counted by hand."""
    few = wages[wages["nr"].isin(wages["nr"].unique()[:60])]
    few = few[few.groupby("nr")["nr"].transform("size") > 1]
    design = pd.concat(
        [few[["hours", *CONTROLS]], pd.get_dummies(few["nr"]), pd.get_dummies(few["year"], drop_first=True)],
        axis=1,
    ).astype(float)
    weights = few["weight"] if weighted else np.ones(len(few))
    plain = sm.WLS(few["lwage"].to_numpy(), design.to_numpy(), weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(few["nr"])[0], "use_correction": False}
    )
    groups, n, parameters = few["nr"].nunique(), len(few), 3 + few["year"].nunique()
    factor = groups / (groups - 1) * (n - 1) / (n - parameters)
    estimated = estimate(few, Specification(**WAGE, weights="weight" if weighted else None))
    assert estimated.estimate == pytest.approx(plain.params[0], rel=1e-8)
    assert estimated.standard_error == pytest.approx(plain.bse[0] * np.sqrt(factor), rel=1e-8)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("cluster", ["nr", "occupation"], ids=["people", "occupations that people change"])
@pytest.mark.parametrize(
    ("asked", "absorbed"),
    [
        ({"estimator": "pooled"}, ""),
        ({"estimator": "two-way"}, " | nr + year"),
        ({"effects": "entity and region by time", "region": "half"}, " | nr + half_year"),
    ],
    ids=["pooled", "two-way", "region by time"],
)
def test_every_number_is_pyfixests(wages, asked, absorbed, cluster, weighted):
    """A copy is the cluster: with the fixed effect itself, pyfixest 0.60.0 depends on the hash seed."""
    import pyfixest

    half = wages["nr"] * wages["year"] % 2  # some people change sides, so that no effect repeats another
    wages = wages.assign(half=half, half_year=half * 10_000 + wages["year"])
    weights = "weight" if weighted else None
    ours = estimate(wages, Specification(**WAGE | {"cluster": cluster, "weights": weights} | asked))
    used = wages.merge(ours.sample.levels[["entity"]].drop_duplicates(), left_on="nr", right_on="entity")
    used = used.assign(copy=used[cluster]) if absorbed else wages.assign(copy=wages[cluster])
    theirs = pyfixest.feols(
        f"lwage ~ hours + union + married{absorbed}",
        used,
        vcov={"CRV1": "copy"},
        weights=weights,
        fixef_tol=1e-12,
    )
    expected = theirs.tidy().loc["hours"].tolist()
    names = ("estimate", "standard_error", "t_statistic", "p_value", "conf_low", "conf_high")
    reported = [getattr(ours, name) for name in names]
    assert reported == pytest.approx(expected, rel=1e-7)
    assert ours.n_observations == theirs._N
    if absorbed:
        assert ours.r2_within == pytest.approx(theirs._r2_within, rel=1e-8)


def test_r2_within_of_weighted_differences_is_pyfixests(wages):
    """Against the library's own, the years' effects absorbed."""
    import pyfixest

    rows = wages.sort_values(["nr", "year"])
    earlier = rows.groupby("nr").shift(1)
    names = ["lwage", "hours", *CONTROLS]
    rows = rows.assign(**{name: rows[name] - earlier[name] for name in names})
    rows["w"] = 1 / (1 / rows["weight"] + 1 / earlier["weight"])
    rows = rows[rows["year"] - earlier["year"] == 1]
    expected = pyfixest.feols(
        "lwage ~ hours + union + married | year", rows, vcov={"CRV1": "nr"}, weights="w"
    )
    estimated = estimate(wages, Specification(**WAGE, estimator="first-differences", weights="weight"))
    assert estimated.r2_within == pytest.approx(expected._r2_within, rel=1e-8)
    assert estimated.standard_error == pytest.approx(expected.se()["hours"], rel=1e-8)


def test_r2_within_and_spreads_equal_linearmodels_and_dummies(wages):
    estimated = estimate(wages, Specification(**WAGE))
    used = wages[wages.groupby("nr")["nr"].transform("size") > 1]
    panel = used.set_index(["nr", "year"])
    absorbed = PanelOLS(
        panel["hours"], sm.add_constant(panel[[]]), entity_effects=True, time_effects=True
    ).fit()
    fitted = PanelOLS(
        panel["lwage"], panel[["hours", *CONTROLS]], entity_effects=True, time_effects=True
    ).fit()
    assert estimated.r2_within == pytest.approx(fitted.rsquared, rel=1e-7)
    assert estimated.exposure_within_sd == pytest.approx(absorbed.resids.std(ddof=1), rel=1e-7)
    assert estimated.exposure_sd == pytest.approx(used["hours"].std(), rel=1e-10)
    assert estimated.outcome_mean == pytest.approx(used["lwage"].mean(), rel=1e-10)


@pytest.mark.parametrize("cluster", ["firm", "year"])
def test_petersen(petersen, cluster):
    """Petersen's printed errors, and statsmodels' own errors by all their digits."""
    published = PUBLISHED[f"petersen_pooled_by_{cluster}"]
    fitted = sm.OLS(petersen["y"], sm.add_constant(petersen[["x"]])).fit(
        cov_type="cluster", cov_kwds={"groups": petersen[cluster]}
    )
    estimated = estimate(petersen, Specification("y", "x", (), "pooled", entity="firm", cluster=cluster))
    tolerance = 0.5 * 10 ** -published["digits"]
    assert estimated.estimate == pytest.approx(published["estimate"], abs=tolerance)
    assert estimated.standard_error == pytest.approx(published["standard_error"], abs=tolerance)
    assert estimated.estimate == pytest.approx(fitted.params["x"], rel=1e-9)
    assert estimated.standard_error == pytest.approx(fitted.bse["x"], rel=1e-9)


def test_grunfeld_pooled_is_statas(grunfeld):
    from statsmodels.regression.tests.results.results_grunfeld_ols_robust_cluster import (
        results_cluster as cluster_results,
    )

    estimated = estimate(
        grunfeld, Specification("invest", "value", ("capital",), "pooled", "firm", cluster="firm")
    )
    stata = dict(zip(cluster_results.params_table_colnames, cluster_results.params_table[0], strict=True))
    names = {
        "estimate": "b",
        "standard_error": "se",
        "p_value": "pvalue",
        "conf_low": "ll",
        "conf_high": "ul",
    }
    for name, theirs in names.items():
        assert getattr(estimated, name) == pytest.approx(stata[theirs], rel=1e-5), name


def test_grunfeld_weighted_is_statas(grunfeld):
    from statsmodels.regression.tests.results import results_grunfeld_ols_robust_cluster as stata

    names = stata.results_cluster_wls_small.params_table_colnames
    published = dict(zip(names, stata.results_cluster_wls_small.params_table[0], strict=True))
    data = grunfeld.assign(weight=1 / grunfeld["value"])
    estimated = estimate(
        data,
        Specification("invest", "value", ("capital",), "pooled", "firm", cluster="firm", weights="weight"),
    )
    assert estimated.estimate == pytest.approx(published["b"], rel=1e-5)
    assert estimated.standard_error == pytest.approx(published["se"], rel=1e-5)
    assert estimated.p_value == pytest.approx(published["pvalue"], rel=1e-4)


def test_grunfeld_two_way_is_least_squares_with_dummies(grunfeld):
    dummies = pd.get_dummies(grunfeld[["firm", "year"]].astype("category"), drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([grunfeld[["value", "capital"]], dummies], axis=1))
    expected = sm.OLS(grunfeld["invest"], design).fit().params
    for exposure, control in (("value", "capital"), ("capital", "value")):
        estimated = estimate(
            grunfeld, Specification("invest", exposure, (control,), "two-way", "firm", cluster="firm")
        )
        assert estimated.estimate == pytest.approx(expected[exposure], rel=1e-8)


def test_recovers_a_known_slope_and_covers_it_as_often_as_it_says():
    fits = [estimate(simulated(seed), Specification(**SIMULATED)) for seed in range(200)]
    covered = np.mean([fit.conf_low <= 0.5 <= fit.conf_high for fit in fits])
    estimates = np.array([fit.estimate for fit in fits])
    assert abs(estimates.mean() - 0.5) < 3 * estimates.std(ddof=1) / np.sqrt(200)
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 200)
    assert np.mean([fit.standard_error for fit in fits]) == pytest.approx(estimates.std(ddof=1), rel=0.2)


def test_pooled_is_biased_where_entities_differ_and_the_others_are_not():
    data = simulated(1, entities=400)
    by_estimator = {name: estimate(data, Specification(**SIMULATED, estimator=name)) for name in ESTIMATORS}
    assert by_estimator["pooled"].conf_low > 0.5
    for name in ("two-way", "first-differences"):
        assert by_estimator[name].conf_low < 0.5 < by_estimator[name].conf_high


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_order_of_rows_and_names_of_columns_do_not_matter(wages, estimator):
    specification = Specification(**WAGE, estimator=estimator)
    estimated = estimate(wages, specification)
    shuffled = wages.sample(frac=1, random_state=1)
    assert estimate(shuffled, specification) == estimated
    odd = {"lwage": "log wage (£)", "hours": "hours: worked", "union": "1 ~ x"}
    renamed = Specification(
        "log wage (£)", "hours: worked", ("1 ~ x", "married"), estimator, "nr", cluster="nr"
    )
    assert estimate(wages.rename(columns=odd), renamed).estimate == estimated.estimate


def test_scale_does_not_matter(wages):
    """Per cent or pounds: no tolerance inside depends on the unit."""
    estimated = estimate(wages, Specification(**WAGE))
    scaled = estimate(
        wages.assign(hours=wages["hours"] * 1e-9, lwage=wages["lwage"] * 1e6), Specification(**WAGE)
    )
    assert scaled.estimate == pytest.approx(estimated.estimate * 1e15, rel=1e-9)
    assert scaled.p_value == pytest.approx(estimated.p_value, rel=1e-9)


def test_counts_of_what_was_left_out():
    data = pd.DataFrame(
        {
            "entity": [1, 1, 1, 2, 2, 2, 3, 4, 4, 4, 4],
            "year": [2017, 2018, 2019, 2017, 2018, 2019, 2017, 2017, 2018, 2019, 2021],
            "outcome": [1.0, 2, 4, 2, np.nan, 3, 5, 7, 4, 1, 0],
            "exposure": [3.0, 1, 2, 2, 5, 1, 9, 2, 4, 3, 1],
        }
    )
    two_way = estimate(data, Specification(**SIMULATED))
    # Entity 3 has one row; so has the year 2021, once its only row stands alone; one row has no outcome.
    assert (two_way.n_dropped_incomplete, two_way.n_dropped_singletons, two_way.n_observations) == (1, 2, 8)
    assert (two_way.n_entities, two_way.n_periods) == (3, 3)
    differences = Specification(**SIMULATED, estimator="first-differences")
    sample = estimation_sample(data, differences)
    # Differences: entity 1 two, entity 4 two; entity 2's years are not consecutive, nor is 2019 to 2021.
    assert (len(sample.rows), sample.rows["entity"].nunique(), sample.n_dropped_singletons) == (4, 2, 4)
    # Two clusters with the same two years: what one adds to the error the other takes away.
    with pytest.raises(DataError, match="come to nothing"):
        estimate(data, differences)


def test_what_is_left_of_weighted_effects_is_the_residual_of_weighted_dummies(wages):
    """Rows weigh in both steps: the residual of weighted least squares on a dummy for each person and each year."""
    few = wages[wages["nr"].isin(wages["nr"].unique()[:30])]
    design = pd.get_dummies(few[["nr", "year"]].astype("category"), dtype=float)
    fitted = sm.WLS(few["hours"], design, weights=few["weight"]).fit(method="pinv")
    left = without_effects(few["hours"].to_numpy(), few["nr"], few["year"], few["weight"])
    assert left[:, 0] == pytest.approx(fitted.resid.to_numpy(), abs=1e-7)


def test_an_entity_with_two_rows_says_nothing_where_each_has_a_line_of_its_own():
    data = simulated(7, entities=20, years=6)
    pair = pd.DataFrame({"entity": [90, 90], "year": [2018, 2021], "outcome": [0.0, 9], "exposure": [4.0, 8]})
    three = pd.DataFrame(
        {"entity": 91, "year": [2018, 2020, 2021], "outcome": [0.0, 9, 1], "exposure": [4.0, 8, 1]}
    )
    asked = Specification(**SIMULATED, effects="entity trends and time")
    alone, beside = estimate(data, asked), estimate(pd.concat([data, pair]), asked)
    assert (beside.n_observations, beside.n_dropped_singletons) == (alone.n_observations, 2)
    assert (beside.estimate, beside.standard_error) == pytest.approx((alone.estimate, alone.standard_error))
    assert estimate(pd.concat([data, three]), asked).n_observations == alone.n_observations + 3


def test_dropping_goes_on_until_nothing_stands_alone():
    data = simulated(5, entities=6, years=4)
    chain = pd.DataFrame(
        {"entity": [90, 90], "year": [2017, 2050], "outcome": [0.0, 9], "exposure": [4.0, 8]}
    )
    estimated = estimate(pd.concat([data, chain]), Specification(**SIMULATED))
    assert estimated.n_dropped_singletons == 2
    assert estimated.estimate == estimate(data, Specification(**SIMULATED)).estimate


HASH_SEED_SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.making.simulated import simulated, SIMULATED
from analysis.estimators import Specification, estimate
print(repr(estimate(simulated(1), Specification(**SIMULATED)).standard_error))
"""


def test_error_does_not_depend_on_the_hash_seed():
    """pyfixest 0.60.0's does where the cluster is a fixed effect, and by its last digit with two effects."""

    def printed(script, seed):
        command = [sys.executable, "-c", script, str(REPOSITORY)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    # A set of the two names has one order by the first seed, the other by the second; here it has one of both.
    orders = {printed("print(list({'entity', 'year'}))", seed): seed for seed in ("0", "1")}
    (other,) = orders.keys() - {str(list({"entity", "year"}))}
    error = estimate(simulated(1), Specification(**SIMULATED)).standard_error
    assert float(printed(HASH_SEED_SCRIPT, orders[other])) == error


def test_importing_the_models_imports_no_estimation_library():
    script = (
        "import sys, analysis.estimators; print([m for m in ('pyfixest', 'statsmodels') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_result_is_json():
    estimated = estimate(simulated(1), Specification(**SIMULATED, controls=()))
    plain = json.loads(json.dumps(estimated.as_dict(), allow_nan=False))
    assert plain["estimate"] == estimated.estimate
    assert plain["specification"]["estimator"] == "two-way"


def test_reference_library_is_the_one_compared_with():
    assert linearmodels.__version__.startswith("7.")
