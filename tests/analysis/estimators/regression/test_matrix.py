"""Every estimator of shape: against a second library on public data, on simulated truth, and on degenerate input."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import patsy
import pytest
import statsmodels.api as sm
from linearmodels.datasets import wage_panel
from linearmodels.panel import PanelOLS
from scipy import stats

from analysis.errors import DataError, RequestError
from analysis.estimators import Specification, estimate
from analysis.estimators.diagnostics.withheld import imbens_manski, withheld_bounds
from analysis.estimators.forms.counts import rate_ratio
from analysis.estimators.forms.dose import dose_response
from analysis.estimators.forms.double_ml import double_machine_learning
from analysis.estimators.forms.fractional import fractional_response
from analysis.estimators.forms.interaction import interaction
from analysis.estimators.forms.lags import distributed_lag
from analysis.estimators.forms.mediation import mediation
from analysis.estimators.forms.quantiles import quantile_effects
from analysis.estimators.resampling.bootstrap import bootstrap_estimate

WAGE = Specification("lwage", "hours", entity="nr", cluster="nr", region="group")
REGION_YEAR, TRENDS = "entity and region by time", "entity trends and time"


@pytest.fixture(scope="module")
def wages() -> pd.DataFrame:
    """Sixty people of Vella and Verbeek's wage panel, a tenth of the rows taken out, hours in thousands."""
    data = wage_panel.load()
    data = data[data["nr"].isin(data["nr"].unique()[:60])]
    generator = np.random.default_rng(5)
    few = data[generator.random(len(data)) > 0.1].reset_index(drop=True)
    load = generator.normal(size=len(few)) + few["nr"] % 4
    return few.assign(group=few["nr"] % 3, hours=few["hours"] / 1000, at_risk=few["educ"] * 10.0, load=load)


@pytest.fixture(scope="module")
def grunfeld() -> pd.DataFrame:
    data = sm.datasets.grunfeld.load_pandas().data
    return data.assign(
        invest=data["invest"] / 100, value=data["value"] / 1000, capital=data["capital"] / 1000
    )


def dummies(
    rows: pd.DataFrame, regressors: np.ndarray, *extra: np.ndarray, times: str = "year"
) -> np.ndarray:
    """Regressors, a dummy for each person and each time, and what else is given."""
    people = pd.get_dummies(rows["nr"]).to_numpy(float)
    years = pd.get_dummies(rows[times], drop_first=True).to_numpy(float)
    return np.column_stack([regressors, people, years, *extra])


def by_dummies(rows: pd.DataFrame, outcome: np.ndarray, design: np.ndarray, counted: int, **model):
    """Fit by statsmodels with explicit dummies; errors by person, with the factor of ``counted`` parameters."""
    values, groups = np.asarray(outcome, float), pd.factorize(rows["nr"])[0]
    fitted = (sm.GLM(values, design, **model) if model else sm.OLS(values, design)).fit(
        cov_type="cluster",
        cov_kwds={"groups": groups, "use_correction": False},
        **({"tol": 1e-12} if model else {}),
    )
    groups, n = rows["nr"].nunique(), len(rows)
    factor = groups / (groups - 1) * (n - 1) / (n - counted)
    return fitted.params, fitted.cov_params() * factor


def standard(values: pd.Series) -> pd.Series:
    return (values - values.mean()) / values.std()


# Second libraries: each returns ours (estimate, error) and theirs.


def region_by_year(wages):
    ours = estimate(wages, replace(WAGE, effects=REGION_YEAR))
    rows = wages[wages.groupby("nr")["nr"].transform("size") > 1]
    cells = rows["year"].astype(str) + rows["group"].astype(str)
    years = pd.get_dummies(cells, drop_first=True).to_numpy(float)
    people = pd.get_dummies(rows["nr"]).to_numpy(float)
    # A person's group never changes, so that people's dummies hold two of those of the three groups' years already.
    slopes, covariance = by_dummies(
        rows, rows["lwage"], np.column_stack([rows["hours"], people, years]), 1 + cells.nunique() - 2
    )
    return (ours.estimate, ours.standard_error), (slopes[0], covariance[0, 0] ** 0.5)


def entity_trends(wages):
    ours = estimate(wages, replace(WAGE, effects=TRENDS))
    rows = wages[wages.groupby("nr")["nr"].transform("size") > 2]
    lines = pd.get_dummies(rows["nr"]).to_numpy(float) * (rows["year"].to_numpy()[:, None] - 1983)
    design = dummies(rows, rows[["hours"]].to_numpy(), lines[:, 1:])
    slopes, covariance = by_dummies(rows, rows["lwage"], design, 1 + rows["year"].nunique())
    return (ours.estimate, ours.standard_error), (slopes[0], covariance[0, 0] ** 0.5)


def product_of_two(wages):
    ours = interaction(wages, WAGE, "load").product
    hours, load = standard(wages["hours"]), standard(wages["load"])
    regressors = np.column_stack([hours * load, hours, load])
    design = dummies(wages, regressors)
    slopes, covariance = by_dummies(wages, standard(wages["lwage"]), design, 3 + wages["year"].nunique())
    return (ours.estimate, ours.standard_error), (slopes[0], covariance[0, 0] ** 0.5)


def slope_at_the_tenth_percentile(wages):
    """A moderator measured from its tenth percentile makes the exposure's own slope the one that is asked for."""
    ours = interaction(wages, WAGE, "load").marginal[0].effect
    away = (wages["load"] - np.percentile(wages["load"], 10)) / wages["load"].std()
    hours = standard(wages["hours"])
    design = dummies(wages, np.column_stack([hours, hours * away, away]))
    slopes, covariance = by_dummies(wages, standard(wages["lwage"]), design, 3 + wages["year"].nunique())
    return (ours.estimate, ours.standard_error), (slopes[0], covariance[0, 0] ** 0.5)


def sum_over_lags(wages):
    """By linearmodels: the sum is the slope of the present where the past stands as differences from it."""
    ours = distributed_lag(wages, WAGE, lags=1, leads=1).cumulative
    keyed = wages.set_index(["nr", "year"])["hours"]
    shifted = {
        name: keyed.rename(index=lambda year, by=by: year + by, level="year").rename(name)
        for name, by in (("before", 1), ("after", -1))
    }
    rows = wages.set_index(["nr", "year"]).join(list(shifted.values())).dropna(subset=["before", "after"])
    rows = rows[rows.groupby("nr")["lwage"].transform("size") > 1]
    rows["change"] = rows["before"] - rows["hours"]
    clustered = {"cov_type": "clustered", "cluster_entity": True, "debiased": True, "group_debias": True}
    fitted = PanelOLS(
        rows["lwage"], rows[["hours", "change", "after"]], entity_effects=True, time_effects=True
    ).fit(**clustered, auto_df=False, count_effects=False)
    n, years = len(rows), rows.index.get_level_values("year").nunique()
    error = fitted.std_errors["hours"] * np.sqrt((n - 3) / (n - 3 - years))
    return (ours.estimate, ours.standard_error), (fitted.params["hours"], error)


def two_leads(wages):
    """F of two leads by statsmodels with dummies; the present isn't among them."""
    leads_test = distributed_lag(wages, WAGE, lags=0, leads=2).leads_test
    keyed = wages.set_index(["nr", "year"])["hours"]
    ahead = [
        keyed.rename(index=lambda year, by=by: year - by, level="year").rename(f"ahead {by}") for by in (1, 2)
    ]
    rows = wages.set_index(["nr", "year"]).join(ahead).dropna(subset=["ahead 1", "ahead 2"]).reset_index()
    rows = rows[rows.groupby("nr")["nr"].transform("size") > 1]
    design = dummies(rows, rows[["hours", "ahead 1", "ahead 2"]].to_numpy())
    slopes, covariance = by_dummies(rows, rows["lwage"], design, 3 + rows["year"].nunique())
    value = slopes[1:3] @ np.linalg.solve(covariance[1:3, 1:3], slopes[1:3]) / 2
    p_value = stats.f(2, rows["nr"].nunique() - 1).sf(value)
    return (leads_test.statistic, leads_test.p_value), (value, p_value)


def poisson_with_offset(wages):
    """Counts of days out of a number at risk, made from years of schooling; by statsmodels with dummies."""
    counted = wages.assign(days=np.floor(wages["exper"] * (wages["nr"] % 4) / 2))
    ratios = rate_ratio(counted, replace(WAGE, outcome="days"), "at_risk")
    rows = counted[counted.groupby("nr")["days"].transform("sum") > 0]
    model = {"family": sm.families.Poisson(), "offset": np.log(rows["at_risk"].to_numpy(float))}
    slopes, covariance = by_dummies(
        rows, rows["days"], dummies(rows, rows[["hours"]].to_numpy()), 1 + rows["year"].nunique(), **model
    )
    assert ratios.n_dropped_all_zero == len(counted) - len(rows) > 0
    logarithm = np.log(ratios.per_unit.estimate)
    assert ratios.per_sd.estimate == pytest.approx(np.exp(logarithm * rows["hours"].std()))
    return (logarithm, ratios.per_unit.standard_error / ratios.per_unit.estimate), (
        slopes[0],
        covariance[0, 0] ** 0.5,
    )


def logit_for_shares(wages):
    """A share of nought or one is a logit's outcome: statsmodels' own margins, by its own delta method."""
    ours = fractional_response(wages, replace(WAGE, outcome="union"), whole=1.0)
    means = wages.groupby("nr")["hours"].transform("mean")
    years = pd.get_dummies(wages["year"], drop_first=True).to_numpy(float)
    design = sm.add_constant(np.column_stack([wages["hours"], means, years]))
    fitted = sm.Logit(wages["union"], design).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": pd.factorize(wages["nr"])[0]}, tol=1e-12
    )
    margins = fitted.get_margeff()
    return (ours.estimate, ours.standard_error), (margins.margeff[0], margins.margeff_se[0])


def median_with_effects(wages):
    """By pyfixest's interior-point solver on the outcome less the effects of its own two-way fit; the error isn't."""
    import pyfixest

    ours = quantile_effects(wages, WAGE, (0.5,), n_draws=20)[0].effect
    fixed = sm.OLS(wages["lwage"], dummies(wages, wages[["hours"]].to_numpy())).fit()
    shifted = wages.assign(shifted=fixed.params.iloc[0] * wages["hours"] + fixed.resid)
    fitted = pyfixest.quantreg("shifted ~ hours", shifted, quantile=0.5)
    return (ours.estimate, 1.0), (fitted.coef()["hours"], 1.0)


def harrells_terms(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The value itself and Harrell's truncated powers, (n, knots - 1)."""
    last, span = knots[-1], knots[-1] - knots[-2]

    def cubed(at: float) -> np.ndarray:
        return np.maximum(x - at, 0) ** 3

    bends = [
        cubed(k) - cubed(knots[-2]) * (last - k) / span + cubed(last) * (knots[-2] - k) / span
        for k in knots[:-2]
    ]
    return np.column_stack([x, *bends])


def bend_of_the_curve(wages):
    """F of no bend by Harrell's truncated powers in statsmodels: the same splines in another basis."""
    curve = dose_response(wages, WAGE)
    design = dummies(wages, harrells_terms(wages["hours"].to_numpy(), np.array(curve.knots)))
    slopes, covariance = by_dummies(wages, wages["lwage"], design, 3 + wages["year"].nunique())
    value = slopes[1:3] @ np.linalg.solve(covariance[1:3, 1:3], slopes[1:3]) / 2
    p_value = stats.f(2, wages["nr"].nunique() - 1).sf(value)
    return (curve.linearity.statistic, curve.linearity.p_value), (value, p_value)


def band_of_the_curve(wages):
    """Half the width of the pointwise band of 95% at either end, by the same truncated powers."""
    curve = dose_response(wages, WAGE)
    knots = np.array(curve.knots)
    design = dummies(wages, harrells_terms(wages["hours"].to_numpy(), knots))
    _, covariance = by_dummies(wages, wages["lwage"], design, 3 + wages["year"].nunique())
    away = harrells_terms(curve.exposure[[0, -1]], knots) - harrells_terms(np.array([curve.reference]), knots)
    errors = np.sqrt(np.einsum("ni,ij,nj->n", away, covariance[:3, :3], away))
    critical = stats.t(wages["nr"].nunique() - 1).ppf(0.975)
    return tuple((curve.conf_high - curve.response)[[0, -1]]), tuple(critical * errors)


def links_of_a_path(wages):
    """Total and last link by linearmodels; the product of links is that of its slopes."""
    mediated = mediation(wages, WAGE, ("married",), n_draws=50)
    rows = standard(wages[["hours", "married", "lwage"]]).set_index(
        pd.MultiIndex.from_frame(wages[["nr", "year"]])
    )
    effects = {"entity_effects": True, "time_effects": True}
    first = PanelOLS(rows["married"], rows[["hours"]], **effects).fit().params["hours"]
    last = PanelOLS(rows["lwage"], rows[["married", "hours"]], **effects).fit().params
    assert mediated.direct.estimate == pytest.approx(last["hours"])
    assert mediated.total.estimate == pytest.approx(last["hours"] + first * last["married"])
    return (mediated.along_chain.estimate, mediated.links[0].estimate), (first * last["married"], first)


AGAINST = [
    region_by_year, entity_trends, product_of_two, slope_at_the_tenth_percentile, sum_over_lags, two_leads,
    poisson_with_offset, logit_for_shares, median_with_effects, bend_of_the_curve, band_of_the_curve, links_of_a_path,
]  # fmt: skip


@pytest.mark.parametrize("compare", AGAINST, ids=lambda comparison: comparison.__name__)
def test_equals_a_second_library(wages, compare):
    ours, theirs = compare(wages)
    tolerance = 2e-3 if compare is median_with_effects else 1e-6
    assert ours == pytest.approx(theirs, rel=tolerance)


def test_curve_is_patsys_spline(grunfeld):
    """The whole curve by patsy's basis on ten firms, differences from the median's."""
    asked = Specification("invest", "value", entity="firm", cluster="firm")
    dose_curve = dose_response(grunfeld, asked)
    spline = {
        "knots": dose_curve.knots[1:-1],
        "lower_bound": dose_curve.knots[0],
        "upper_bound": dose_curve.knots[-1],
    }

    def basis(values: np.ndarray) -> np.ndarray:
        return np.asarray(patsy.cr(values, **spline))

    rows = grunfeld.rename(columns={"firm": "nr"})
    slopes = (
        sm.OLS(rows["invest"], dummies(rows, basis(rows["value"].to_numpy()))).fit(method="pinv").params[:4]
    )
    curve = (basis(dose_curve.exposure) - basis(np.array([dose_curve.reference]))) @ slopes.to_numpy()
    assert dose_curve.response == pytest.approx(curve, abs=1e-8)
    assert dose_curve.conf_low.max() <= 0 or (dose_curve.conf_low <= dose_curve.response).all()


# Simulated truth.


def simulated(seed: int, n: int = 50, years: int = 7) -> pd.DataFrame:
    """A panel with effects of entity and time, errors that go together within entities, and known slopes."""
    generator = np.random.default_rng(seed)
    entity, year = np.repeat(np.arange(n), years), np.tile(np.arange(years), n)
    own, common = generator.normal(size=n), generator.normal(size=years)
    x = own[entity] + generator.normal(size=n * years)
    z = 0.5 * own[entity] + generator.normal(size=n * years)
    error = generator.normal(size=n)[entity] * (year - 3) / 6 + generator.normal(size=n * years)
    frame = pd.DataFrame({"entity": entity, "year": year, "x": x, "z": z, "region": entity % 5})
    before = frame.groupby("entity")["x"].shift(1).fillna(0)
    level = own[entity] + common[year]
    return frame.assign(
        cluster=entity,
        linear=level + 0.4 * x + error,
        trended=level + 0.4 * x + error + own[entity] * year,
        regional=level + 0.4 * x + error + generator.normal(size=(5, years))[entity % 5, year] * 2,
        lagged=level + 0.4 * x + 0.3 * before + error,
        multiplied=level + 0.4 * x + 0.25 * x * z + error,
        confounded=level + 0.4 * x + np.sin(2 * z) + error,
        at_risk=generator.integers(50, 300, n * years),
    ).assign(
        counted=lambda f: generator.poisson(f["at_risk"] * np.exp(-2.5 + 0.3 * own[entity] + 0.1 * x)),
    )  # fmt: skip


SIMULATED = Specification("linear", "x", entity="entity")


def covers(interval, truth: float) -> bool:
    return interval.conf_low <= truth <= interval.conf_high


def product_truth(frame: pd.DataFrame) -> float:
    return 0.25 * frame["x"].std() * frame["z"].std() / frame["multiplied"].std()


TRUTHS: dict[str, tuple[int, Callable[[pd.DataFrame], bool]]] = {
    "trends": (24, lambda f: covers(estimate(f, replace(SIMULATED, outcome="trended", effects=TRENDS)), 0.4)),
    "region-year": (24, lambda f: covers(estimate(f, replace(SIMULATED, outcome="regional", effects=REGION_YEAR)), 0.4)),
    "lags": (24, lambda f: covers(
        distributed_lag(f, replace(SIMULATED, outcome="lagged"), 1, 1).cumulative, 0.7)),
    "interaction": (24, lambda f: covers(
        interaction(f, replace(SIMULATED, outcome="multiplied"), "z").product, product_truth(f))),
    "counts": (24, lambda f: covers(
        rate_ratio(f, replace(SIMULATED, outcome="counted"), "at_risk").per_unit, np.exp(0.1))),
    "quantiles": (15, lambda f: covers(
        quantile_effects(f, SIMULATED, (0.5,), n_draws=30)[0].effect, 0.4)),
    "double machine learning": (15, lambda f: covers(
        double_machine_learning(f, replace(SIMULATED, outcome="confounded", controls=("z",))), 0.4)),
    "paths": (24, lambda f: covers(mediation(f, SIMULATED, ("z",), n_draws=99).total,
                                   0.4 * f["x"].std() / f["linear"].std())),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUTHS)
def test_intervals_cover_the_truth_as_often_as_they_say(name):
    n_samples, is_covered = TRUTHS[name]
    share = np.mean([is_covered(simulated(seed)) for seed in range(n_samples)])
    # Three standard errors of a share of 95%, and a point for few clusters.
    assert share >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / n_samples) - 0.01


def test_shares_average_partial_effect_is_that_of_the_mean_function():
    """Against the derivative of the true mean, averaged over a large panel."""
    frame = simulated(3, n=400)
    own = frame.groupby("entity")["x"].transform("mean")
    mean = 1 / (1 + np.exp(-(-0.5 + 0.5 * frame["x"] + 0.4 * own)))
    share = np.random.default_rng(0).binomial(40, mean) / 40 * 100
    effect = fractional_response(frame.assign(share=share), replace(SIMULATED, outcome="share"))
    assert covers(effect, 100 * 0.5 * (mean * (1 - mean)).mean())
    assert effect.standard_error < 0.3


@pytest.mark.parametrize("learner", ["lasso", "boosting"])
def test_learners_see_confounding_that_a_straight_line_misses(learner):
    frame = simulated(2, n=200).assign(x=lambda f: f["x"] + 1.5 * f["z"] ** 2)
    frame["confounded"] = (
        0.4 * frame["x"] + 2 * frame["z"] ** 2 + np.random.default_rng(1).normal(size=len(frame))
    )
    asked = replace(SIMULATED, outcome="confounded", controls=("z",))
    learned, straight = double_machine_learning(frame, asked, learner), estimate(frame, asked)
    assert abs(learned.estimate - 0.4) < 0.12 < 0.5 < straight.estimate - 0.4


def test_a_row_with_no_one_at_risk_has_no_say_in_a_rate_ratio():
    frame, asked = simulated(5, n=20), replace(SIMULATED, outcome="counted")
    nobody = frame.index.isin([3, 40, 77])
    emptied = frame.assign(
        at_risk=frame["at_risk"].where(~nobody, 0), counted=frame["counted"].where(~nobody, 0)
    )
    with_nobody, without = rate_ratio(emptied, asked, "at_risk"), rate_ratio(frame[~nobody], asked, "at_risk")
    assert with_nobody.per_unit.estimate == pytest.approx(without.per_unit.estimate)
    assert with_nobody.per_unit.n_observations == len(frame) - 3


# Bounds, swapped paths, and clusters by region.


@pytest.mark.parametrize("effects", ["entity and time", REGION_YEAR, TRENDS])
def test_bounds_are_the_lowest_and_highest_of_every_combination(effects):
    """Years up to eleven, which as text would sort otherwise than as numbers."""
    frame, asked = simulated(6, n=10, years=12), replace(SIMULATED, effects=effects)
    frame = frame.assign(low=frame["linear"], high=frame["linear"])
    at = [3, 22, 41, 75]
    frame.loc[at, ["low", "high"]] = [-1.0, 4.0]
    slopes = []
    for chosen in product([-1.0, 4.0], repeat=len(at)):
        given = frame.copy()
        given.loc[at, "linear"] = chosen
        slopes.append(estimate(given, asked).estimate)
    bounds = withheld_bounds(frame, asked, "low", "high")
    assert (bounds.low, bounds.high) == pytest.approx((min(slopes), max(slopes)))
    assert bounds.n_bounded == 4
    assert bounds.conf_low < bounds.low < bounds.high < bounds.conf_high


def test_bounds_that_meet_are_the_estimate_with_a_normal_interval(wages):
    bounds, plain = withheld_bounds(wages, WAGE, "lwage", "lwage"), estimate(wages, WAGE)
    assert (bounds.low, bounds.high) == pytest.approx((plain.estimate,) * 2)
    assert bounds.conf_high == pytest.approx(plain.estimate + stats.norm.ppf(0.975) * plain.standard_error)


def test_imbens_and_manskis_reach_runs_from_two_sided_to_one_sided():
    assert imbens_manski(0, 1) == pytest.approx(1.959964, abs=1e-5)
    assert imbens_manski(50, 1) == pytest.approx(1.644854, abs=1e-5)
    assert 1.644854 < imbens_manski(0.5, 1) < 1.959964


@pytest.mark.parametrize("effects", [REGION_YEAR, TRENDS])
def test_wild_bootstrap_follows_other_effects(wages, effects):
    asked = replace(WAGE, effects=effects)
    wild, plain = bootstrap_estimate(wages, asked, 199), estimate(wages, asked)
    assert wild.estimate == pytest.approx(plain.estimate)
    assert bootstrap_estimate(wages, replace(asked, cluster="nr"), 199).p_value == wild.p_value


def test_errors_may_be_clustered_by_region_and_bootstrapped_with_few_clusters():
    frame, asked = simulated(4), replace(SIMULATED, cluster="region")
    plain, wild = estimate(frame, asked), bootstrap_estimate(frame, asked, 399, weights="webb")
    assert (plain.n_clusters, wild.n_clusters) == (5, 5)
    assert plain.rule.startswith("CR1 clustered by region") and "t(4)" in plain.rule
    assert wild.estimate == pytest.approx(plain.estimate) and wild.conf_low < wild.estimate < wild.conf_high


# Degenerate input.

ESTIMATORS: dict[str, Callable[[pd.DataFrame, Specification], object]] = {
    "region-year": lambda f, s: estimate(f, replace(s, effects=REGION_YEAR)),
    "trends": lambda f, s: estimate(f, replace(s, effects=TRENDS)),
    "interaction": lambda f, s: interaction(f, s, "z"),
    "lags": lambda f, s: distributed_lag(f, s, 1, 0),
    "dose": dose_response,
    "counts": lambda f, s: rate_ratio(f, replace(s, outcome="counted"), "at_risk"),
    "fractional": lambda f, s: fractional_response(f, replace(s, outcome="counted"), whole=1000),
    "quantiles": lambda f, s: quantile_effects(f, s, n_draws=20),
    "paths": lambda f, s: mediation(f, s, ("z",), n_draws=20),
    "double machine learning": lambda f, s: double_machine_learning(
        f, replace(s, controls=s.controls or ("z",)), folds=2
    ),
    "bounds": lambda f, s: withheld_bounds(f, s, "linear", "linear"),
}
DEGENERATE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "one cluster": lambda f: f.assign(cluster=1),
    "no variation within": lambda f: f.assign(x=f["entity"] * 1.0),
    "no variation": lambda f: f.assign(x=1.0),
    "all missing": lambda f: f.assign(x=np.nan),
    "no such column": lambda f: f.drop(columns="x"),
    "one row each": lambda f: f[f["year"] == 2],
}
MEANT = {
    "one cluster": "cluster|no path|paths",
    "no variation within": "x.*(no variation|collinear|repeat)|no variation|repeat one another",
    "no variation": "x.*(same value|coincide|no variation)|no variation",
    "all missing": "no row has all of",
    "no such column": "unknown column 'x'",
    "one row each": "no entity has|no row has all|repeat|no two have rows|no variation|rows for",
}


@pytest.mark.parametrize("kind", DEGENERATE)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_degenerate_data_is_refused_in_one_clear_line(name, kind):
    frame = DEGENERATE[kind](simulated(1, n=12, years=4))
    with pytest.raises((DataError, RequestError), match=MEANT[kind]) as caught:
        ESTIMATORS[name](frame, SIMULATED)
    assert "\n" not in str(caught.value)


WEIGHTED = ("region-year", "trends", "interaction", "lags", "dose", "bounds", "permutation")


@pytest.mark.parametrize("name", ESTIMATORS)
def test_weights_of_zero_are_refused_and_so_are_weights_that_an_estimator_has_no_use_for(name):
    frame = simulated(1, n=12, years=4).assign(weight=0.0)
    with pytest.raises(
        (DataError, RequestError), match="zero or negative" if name in WEIGHTED else "weights"
    ):
        ESTIMATORS[name](frame, replace(SIMULATED, weights="weight"))


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name not in ("double machine learning",)])
def test_a_control_that_repeats_others_is_refused(name):
    frame = simulated(1, n=12, years=4).assign(twice=lambda f: 2 * f["x"])
    with pytest.raises((DataError, RequestError), match=r"collinear|repeat|no variation"):
        ESTIMATORS[name](frame, replace(SIMULATED, controls=("twice",)))


def test_requests_that_make_no_sense_are_refused():
    frame = simulated(1, n=12, years=4)
    for ask, said in (
        (lambda: Specification("y", "x", effects="entity trend and time"), "did you mean 'entity trends and time'"),
        (lambda: Specification("y", "x", effects=TRENDS, estimator="pooled"), "those of two-way"),
        (lambda: estimate(frame.assign(half=np.arange(len(frame)) % 2), replace(
            SIMULATED, effects=TRENDS, cluster="half")), "clustered by it"),
        (lambda: distributed_lag(frame, SIMULATED, -1), "negative"),
        (lambda: fractional_response(frame, SIMULATED), "no shares"),
        (lambda: rate_ratio(frame.assign(counted=0), replace(SIMULATED, outcome="counted"), "at_risk"), "above zero"),
        (lambda: double_machine_learning(frame, SIMULATED), "needs controls"),
        (lambda: mediation(frame, SIMULATED, ()), "at least one mediator"),
        (lambda: withheld_bounds(frame.assign(high=frame["linear"] - 1), SIMULATED, "linear", "high"), "above high"),
        (lambda: quantile_effects(frame, SIMULATED, (1.5,)), "between 0 and 1"),
    ):  # fmt: skip
        with pytest.raises((DataError, RequestError), match=said):
            ask()


def test_a_standardised_share_is_the_margin_of_statsmodels_in_standard_deviations(wages):
    """Those of exposure and outcome over the rows used, each with n - 1."""
    asked = replace(WAGE, outcome="union", standardised=True)
    _, (margin, error) = logit_for_shares(wages)
    unit = wages["hours"].std() / wages["union"].std()
    standardised = fractional_response(wages, asked, whole=1.0)
    assert (standardised.estimate, standardised.standard_error) == pytest.approx(
        (margin * unit, error * unit), rel=1e-6
    )
