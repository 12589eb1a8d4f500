"""The crossed logistic model: direct integration, the model without intercepts, known truth, rows and units."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import expit
from statsmodels.tools.numdiff import approx_hess

from analysis.errors import DataError, RequestError
from analysis.estimators.grades.crossed_logistic import CrossedLogisticSpecification, crossed_logistic


def simulated(seed, n_groups=60, n_years=8, size=4, group_sd=0.8, year_sd=0.7):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    year = rng.integers(0, n_years, len(group))
    x, z = rng.normal(size=(2, len(group)))
    latent = 0.5 * x - 0.3 * z + 0.4
    latent = latent + group_sd * rng.normal(size=n_groups)[group] + year_sd * rng.normal(size=n_years)[year]
    y = (rng.random(len(group)) < expit(latent)).astype(int)
    return pd.DataFrame({"y": y, "x": x, "z": z, "g": group, "year": 2010 + year})


def fitted(frame, terms=("x", "z"), groups=("g", "year")):
    return crossed_logistic(frame, CrossedLogisticSpecification("y", terms, groups))


def laplace(frame, point, groups=("g", "year")):
    """Laplace's log likelihood written anew: likeliest effects by scipy, the curvature by numerical second derivatives."""
    x = np.column_stack([np.ones(len(frame)), frame[["x", "z"]]])
    design = [pd.get_dummies(frame[name], dtype=float).to_numpy() for name in groups]
    loading = np.hstack([sd * part for sd, part in zip(point[3:], design, strict=True)])

    def minus(u):
        eta = x @ point[:3] + loading @ u
        return np.logaddexp(0, eta).sum() - frame["y"].to_numpy() @ eta + u @ u / 2

    likeliest = minimize(minus, np.zeros(loading.shape[1]), method="BFGS", options={"gtol": 1e-8})
    return -likeliest.fun - np.linalg.slogdet(approx_hess(likeliest.x, minus))[1] / 2


def test_its_likelihood_is_laplaces_and_its_estimates_are_where_that_is_highest():
    frame = simulated(1, n_groups=8, n_years=3, size=8)
    model = fitted(frame)
    best = np.array(
        [-model.thresholds[0], *(term.log_odds for term in model.terms), *model.group_sds.values()]
    )
    top = laplace(frame, best)
    assert model.log_likelihood == pytest.approx(top, abs=1e-3)
    for step in 0.05 * np.eye(5):
        assert laplace(frame, best + step) < top and laplace(frame, best - step) < top


def test_with_one_group_of_few_it_is_near_the_exact_integral():
    """One intercept by group: the integral is a product of one-dimensional ones, here by Gauss and Hermite's nodes."""
    frame = simulated(2, n_groups=40, size=25)
    model = fitted(frame, groups=("g",))
    at, weights = np.polynomial.hermite_e.hermegauss(60)
    linear = (-model.thresholds[0] + frame[["x", "z"]].to_numpy() @ [term.log_odds for term in model.terms])[
        :, None
    ] + model.group_sds["g"] * at
    each = np.log(np.where(frame["y"].to_numpy()[:, None] == 1, expit(linear), expit(-linear)))
    by_group = pd.DataFrame(each).groupby(frame["g"].to_numpy()).sum().to_numpy()
    exact = np.log(np.exp(by_group) @ weights / weights.sum()).sum()
    assert model.log_likelihood == pytest.approx(exact, abs=0.5)  # Laplace errs by about 1/size a group
    assert abs(model.log_likelihood - exact) < 0.001 * abs(exact)


def test_without_variation_between_groups_it_is_the_logit_of_statsmodels():
    frame = simulated(3, n_groups=100, group_sd=0, year_sd=0)
    # Groups dealt out in the order of y: their shares differ less than by chance, so that both deviations are nil.
    frame = frame.sort_values("y", ignore_index=True)
    frame["g"], frame["year"] = np.arange(400) % 20, np.arange(400) % 7
    plain = sm.Logit(frame["y"], sm.add_constant(frame[["x", "z"]])).fit(disp=0)
    model = fitted(frame)
    assert list(model.group_sds.values()) == pytest.approx([0, 0], abs=1e-3)
    assert model.log_likelihood == pytest.approx(plain.llf, abs=1e-6)
    assert [term.log_odds for term in model.terms] == pytest.approx(plain.params[["x", "z"]], abs=1e-5)
    assert [term.standard_error for term in model.terms] == pytest.approx(plain.bse[["x", "z"]], rel=1e-3)
    assert model.aic == pytest.approx(2 * 5 - 2 * model.log_likelihood)
    assert model.bic == pytest.approx(5 * np.log(400) - 2 * model.log_likelihood)


def test_intervals_cover_the_truth_and_deviations_are_those_of_the_simulation():
    truth = {"x": 0.5, "z": -0.3}
    models = [fitted(simulated(seed, n_groups=80, n_years=10, size=5)) for seed in range(20)]
    held = [
        term.conf_low <= np.exp(truth[term.term]) <= term.conf_high
        for model in models
        for term in model.terms
    ]
    assert np.mean(held) >= 0.85  # 40 intervals at 95%: within three Monte Carlo errors
    assert np.mean([model.group_sds["g"] for model in models]) == pytest.approx(0.8, abs=0.15)
    assert np.mean([model.group_sds["year"] for model in models]) == pytest.approx(0.7, abs=0.2)


def test_order_of_rows_and_units_of_terms_change_nothing_but_the_units():
    frame = simulated(4)
    moved = frame.sample(frac=1, random_state=0).assign(x=lambda rows: rows["x"] * 100 + 7)
    first, second = fitted(frame), fitted(moved)
    assert second.term("x").log_odds * 100 == pytest.approx(first.term("x").log_odds, rel=1e-5)
    assert second.term("z").standard_error == pytest.approx(first.term("z").standard_error, rel=1e-5)
    assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-6)


def test_a_model_of_intercepts_alone_has_no_terms_and_missing_rows_are_counted():
    frame = simulated(5)
    frame.loc[:4, "y"] = np.nan
    model = fitted(frame, terms=())
    assert model.terms == () and model.n_dropped_incomplete == 5 and model.n_observations == len(frame) - 5
    assert model.n_groups == {"g": 60 - (frame.groupby("g")["y"].count() == 0).sum(), "year": 8}


BAD = {
    "three outcomes": (lambda f: f.assign(y=np.arange(len(f)) % 3), "3 values, where 0 and 1"),
    "one year": (lambda f: f.assign(year=2010), "year: 1 value"),
    "a term that doesn't vary": (lambda f: f.assign(z=3.0), "z: the same value"),
    "separation": (lambda f: f.assign(x=f["y"] + f["x"] / 100), "separation"),
}


@pytest.mark.parametrize("case", BAD)
def test_data_that_cannot_answer_are_said_to(case):
    change, message = BAD[case]
    with pytest.raises(DataError, match=message):
        fitted(change(simulated(6)))


def test_requests_that_cannot_be_met_are_refused():
    with pytest.raises(RequestError, match="unknown column 'zz'"):
        fitted(simulated(6), terms=("x", "zz"))
    with pytest.raises(RequestError, match="groups: name one"):
        CrossedLogisticSpecification("y", ("x",), ())
    with pytest.raises(RequestError, match="'x' stands more than once"):
        CrossedLogisticSpecification("y", ("x",), ("x",))
