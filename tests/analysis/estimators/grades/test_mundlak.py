"""Slopes within and between groups, and crossed intercepts: identities, direct integration, another library, known truth."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit, logsumexp
from scipy.stats import norm
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

from analysis.errors import DataError, RequestError
from analysis.estimators.grades.crossed import crossed_multilevel
from analysis.estimators.grades.judgements import fit_crossed, fit_within_between
from analysis.estimators.grades.multilevel import MultilevelSpecification, multilevel
from analysis.estimators.grades.mundlak import within_between


def simulated(seed, n_groups=60, n_years=8, size=4, group_sd=0.8, year_sd=0.7, cuts=(-1.0, 1.0)):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    year = rng.integers(0, n_years, len(group))
    x = rng.normal(size=len(group))
    latent = 0.5 * x + group_sd * rng.normal(size=n_groups)[group] + year_sd * rng.normal(size=n_years)[year]
    latent = latent + rng.logistic(size=len(group))
    y = (latent[:, None] > np.array(cuts)).sum(axis=1)
    return pd.DataFrame({"y": y, "x": x, "g": group, "year": 2010 + year})


def crossed(frame, kind="ordinal"):
    return crossed_multilevel(frame, MultilevelSpecification("y", ("x",), "g", kind), "year")


def test_the_slope_of_deviations_is_that_of_fixed_effects_and_both_parts_add_up():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat(np.arange(20), 3)})
    lasting = rng.normal(size=20)[frame["g"]]
    frame["x"] = lasting + rng.normal(size=60)
    frame["y"] = 2 * lasting + 0.3 * frame["x"] + rng.normal(size=60)
    split = within_between(frame, ["x"], "g")
    assert (split["x_between"] + split["x_within"]).to_numpy() == pytest.approx(frame["x"].to_numpy())
    both = sm.OLS(frame["y"], sm.add_constant(split[["x_between", "x_within"]])).fit()
    dummies = pd.get_dummies(frame["g"], dtype=float)
    fixed = sm.OLS(frame["y"], pd.concat([frame[["x"]], dummies], axis=1)).fit()
    assert both.params["x_within"] == pytest.approx(fixed.params["x"])
    means = frame.groupby("g").mean()
    between = sm.OLS(means["y"], sm.add_constant(means["x"])).fit()
    assert both.params["x_between"] == pytest.approx(between.params["x"])


def test_between_by_within_is_the_slope_of_the_mean_beside_the_figure_itself():
    # Mundlak (1978): with the figure itself in the model, its mean's slope is that between groups less that within them.
    frame = simulated(11)
    frame["y"] += (frame.groupby("g")["x"].transform("mean") > 0).astype(int)
    split = within_between(frame, ["x"], "g")
    parted = multilevel(split, MultilevelSpecification("y", ("x_between", "x_within"), "g", "ordinal"))
    beside = multilevel(split, MultilevelSpecification("y", ("x", "x_between"), "g", "ordinal")).term(
        "x_between"
    )
    told = parted.contrast("x_between", "x_within")
    assert told.excludes(1) and told.log_odds == pytest.approx(beside.log_odds, rel=1e-4)
    assert told.standard_error == pytest.approx(beside.standard_error, rel=1e-3)
    assert told.with_limits == pytest.approx(beside.with_limits, rel=1e-3)
    assert parted.contrast("x_within", "x_between").estimate == pytest.approx(1 / told.estimate)
    assert "covariance" not in parted.as_dict()
    with pytest.raises(RequestError, match="unknown term 'x_withn'"):
        parted.contrast("x_between", "x_withn")
    with pytest.raises(RequestError, match="set beside itself"):
        parted.contrast("x_within", "x_within")


def test_a_mean_is_of_the_rows_that_have_the_figure():
    split = within_between(pd.DataFrame({"g": [1, 1, 1, 2], "x": [1.0, 3.0, np.nan, 5.0]}), ["x"], "g")
    assert split["x_between"].tolist()[:2] == [2, 2] and split["x_within"].tolist()[:2] == [-1, 1]
    assert split.loc[2, ["x_between", "x_within"]].isna().all() and split.loc[3, "x_within"] == 0
    with pytest.raises(RequestError, match="unknown column 'xx'"):
        within_between(split, ["xx"], "g")


def inspections(within, between, seed=0, n_authorities=250):
    """Grades of made-up inspections that follow an authority's mean and its deviations with other slopes."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(n_authorities), 3)
    deviation = rng.normal(size=len(code))
    deviation = deviation - pd.Series(deviation).groupby(code).transform("mean").to_numpy()
    mean = rng.normal(size=n_authorities)[code]
    latent = within * deviation + between * mean + 0.5 * rng.normal(size=n_authorities)[code]
    latent = latent + rng.logistic(size=len(code))
    return pd.DataFrame(
        {
            "worse": (latent[:, None] > np.array([-1.5, 0, 1.5])).sum(axis=1),
            "good": (latent < 0).astype(int),
            "figure": mean + deviation,
            "other": rng.normal(size=len(code)),
            "panel_code": code,
            "year": 2017 + rng.integers(0, 4, len(code)),
        }
    )


def test_grades_that_follow_lasting_differences_only_are_told_from_those_that_follow_changes():
    lasting = fit_within_between(inspections(0.0, 1.0), "figure", ["other"], "made").fitted
    assert abs(lasting.term("figure_within").log_odds) < 2.5 * lasting.term("figure_within").standard_error
    assert lasting.term("figure_between").log_odds == pytest.approx(1.0, abs=0.25)
    changing = fit_within_between(inspections(0.8, 0.0), "figure", ["other"], "made").fitted
    assert changing.term("figure_within").log_odds == pytest.approx(0.8, abs=0.25)
    assert abs(changing.term("figure_between").log_odds) < 0.25


def by_direct_sums(frame, model, reach=2.0, steps=13, nodes=21):
    """Log likelihood of a fitted model, over years' intercepts by a grid in as many dimensions, over groups' by another."""
    at, weights = np.polynomial.hermite_e.hermegauss(nodes)
    logs = np.log(weights / weights.sum())
    edges = np.array([-np.inf, *model.thresholds, np.inf])
    y, place = frame["y"].to_numpy(), (frame["year"] - frame["year"].min()).to_numpy()
    starts = np.flatnonzero(np.diff(frame["g"], prepend=-1))
    linear = model.term("x").log_odds * frame["x"].to_numpy()
    grid = np.linspace(-reach, reach, steps)
    modes = np.array(list(model.crossed_effects.values()))
    total = []
    for offsets in product(grid, repeat=len(modes)):
        effects = modes + offsets
        latent = (linear + effects[place])[:, None] + model.group_sd * at
        chance = expit(edges[y + 1][:, None] - latent) - expit(edges[y][:, None] - latent)
        by_group = logsumexp(np.add.reduceat(np.log(chance), starts, axis=0) + logs, axis=1).sum()
        total.append(by_group + norm.logpdf(effects, scale=model.crossed_sd).sum())
    return logsumexp(total) + len(modes) * np.log(grid[1] - grid[0])


def test_its_likelihood_is_the_integral_over_both_intercepts():
    frame = simulated(3, n_groups=60, n_years=3, year_sd=0.8)
    model = crossed(frame)
    assert model.crossed_sd > 0.1
    assert model.log_likelihood == pytest.approx(by_direct_sums(frame, model), abs=0.02)


def test_known_truth_is_found_and_another_library_finds_the_same():
    frame = simulated(5, n_groups=120, n_years=12, cuts=(0.0,))
    model = crossed(frame, "logistic")
    slope = model.term("x")
    assert abs(slope.log_odds - 0.5) < 2.5 * slope.standard_error
    assert model.group_sd == pytest.approx(0.8, abs=0.4) and model.crossed_sd == pytest.approx(0.7, abs=0.35)
    random = {"g": "0 + C(g)", "year": "0 + C(year)"}
    other = BinomialBayesMixedGLM.from_formula("y ~ x", random, frame).fit_vb()
    assert slope.log_odds == pytest.approx(other.fe_mean[1], abs=slope.standard_error / 2)


def test_without_an_effect_of_years_it_is_the_multilevel_model():
    frame = simulated(8, year_sd=0.0)
    model, plain = crossed(frame), multilevel(frame, MultilevelSpecification("y", ("x",), "g", "ordinal"))
    assert model.crossed_sd < 0.2
    assert model.term("x").log_odds == pytest.approx(plain.term("x").log_odds, abs=0.02)
    assert model.term("x").standard_error == pytest.approx(plain.term("x").standard_error, rel=0.05)


def test_grades_are_fitted_with_authorities_and_years_crossed():
    model = fit_crossed(inspections(0.5, 0.5), ["figure"], "made")
    assert (model.first_year, model.last_year) == (2017, 2020) and model.fitted.n_crossed == 4
    assert model.fitted.term("figure").log_odds == pytest.approx(0.5, abs=0.2)
    assert list(model.fitted.as_dict()["crossed_effects"]) == ["2017", "2018", "2019", "2020"]


def test_crossed_intercepts_are_refused_in_one_line():
    frame = simulated(1, n_groups=20)
    with pytest.raises(RequestError, match="'x' is among outcome, group and terms already"):
        crossed_multilevel(frame, MultilevelSpecification("y", ("x",), "g", "ordinal"), "x")
    with pytest.raises(RequestError, match="unknown column 'yeer'; did you mean 'year'"):
        crossed_multilevel(frame, MultilevelSpecification("y", ("x",), "g", "ordinal"), "yeer")
    with pytest.raises(DataError, match="year: 2 values; three are the fewest"):
        crossed(frame.assign(year=2010 + np.arange(len(frame)) % 2))
