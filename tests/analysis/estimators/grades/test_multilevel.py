"""Multilevel logistic and ordinal models: a second maximum, second libraries, direct integration, simulated truth."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.tools.numdiff import approx_hess

from analysis.errors import DataError, RequestError
from analysis.estimators.grades.multilevel import MultilevelSpecification, multilevel

TRUTH = {"x": 0.5, "z": -0.3}
BITTERNESS = "23344455 12132354 23325544 32323253 23433333 32322454 11222323 22233334 12323244"
"""Bitterness from 1 to 5 by nine judges of two bottles of each of four wines, cold and warm, without and with contact
(Randall 1989), as Table 1 of Christensen, «A Tutorial on fitting Cumulative Link Mixed Models with clmm2 from the
ordinal Package» (CRAN, ordinal, vignette) prints it. Nothing is expected of it that isn't computed here anew."""


def simulated(seed, cuts=(-1.0, 1.0), group_sd=1.0, n_groups=120, size=3):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    x, z, u = rng.normal(size=len(group)), rng.normal(size=n_groups)[group], rng.normal(size=n_groups)[group]
    latent = TRUTH["x"] * x + TRUTH["z"] * z + group_sd * u + rng.logistic(size=len(group))
    return pd.DataFrame({"y": (latent[:, None] > np.array(cuts)).sum(axis=1), "x": x, "z": z, "g": group})


def fitted(frame, kind="ordinal", terms=("x", "z")):
    return multilevel(frame, MultilevelSpecification("y", terms, "g", kind))


@pytest.fixture
def wine():
    y = [int(digit) for digit in BITTERNESS if digit != " "]
    warm, contact = np.tile([0, 0, 0, 0, 1, 1, 1, 1], 9), np.tile([0, 0, 1, 1] * 2, 9)
    return pd.DataFrame({"y": y, "warm": warm, "contact": contact, "g": np.repeat(range(9), 8)})


def likelihood_by_quadrature(frame, parameters, nodes=40):
    """Log likelihood of thresholds (4), slopes (2) and the log of the groups' deviation, by Gauss and Hermite's nodes."""
    edges = np.array([-np.inf, *parameters[:4], np.inf])
    at, weights = np.polynomial.hermite_e.hermegauss(nodes)
    linear = frame[["warm", "contact"]].to_numpy() @ parameters[4:6]
    latent = linear[:, None] + np.exp(parameters[6]) * at
    y = frame["y"].to_numpy()
    chances = expit(edges[y][:, None] - latent) - expit(edges[y - 1][:, None] - latent)
    by_group = np.exp(pd.DataFrame(np.log(chances)).groupby(frame["g"].to_numpy()).sum().to_numpy())
    return np.log(by_group @ weights / weights.sum()).sum()


def test_it_is_the_maximum_that_scipy_finds_by_quadrature_on_the_wine_data(wine):
    """The likelihood is written anew here, and climbed by scipy from elsewhere; errors are of its curvature."""
    model = fitted(wine, terms=("warm", "contact"))
    climbed = minimize(
        lambda p: -likelihood_by_quadrature(wine, p),
        [-1, 1, 3, 5, 2, 1, -0.5],
        method="BFGS",
        options={"gtol": 1e-6},
    )
    assert model.log_likelihood == pytest.approx(-climbed.fun, abs=1e-5)
    assert model.thresholds == pytest.approx(climbed.x[:4], abs=1e-3)
    assert [term.log_odds for term in model.terms] == pytest.approx(climbed.x[4:6], abs=1e-3)
    assert model.group_sd == pytest.approx(np.exp(climbed.x[6]), abs=1e-3)
    curvature = approx_hess(climbed.x, lambda p: -likelihood_by_quadrature(wine, p))
    errors = np.sqrt(np.diag(np.linalg.inv(curvature)))[4:6]
    assert [term.standard_error for term in model.terms] == pytest.approx(errors, rel=0.01)


def test_its_likelihood_is_the_integral_over_the_intercept(wine):
    model = fitted(wine, terms=("warm", "contact"))
    edges = np.array([-np.inf, *model.thresholds, np.inf])
    linear = (wine[["warm", "contact"]] * [term.log_odds for term in model.terms]).sum(axis=1).to_numpy()

    def density(u, rows):
        at, y = linear[rows] + model.group_sd * u, wine["y"].to_numpy()[rows]
        return np.prod(expit(edges[y] - at) - expit(edges[y - 1] - at)) * norm.pdf(u)

    rows = [np.flatnonzero(wine["g"] == g) for g in range(9)]
    direct = sum(np.log(quad(density, -8, 8, args=(own,), epsabs=1e-14)[0]) for own in rows)
    assert model.log_likelihood == pytest.approx(direct, abs=1e-6)


def test_without_groups_it_is_the_ordered_model_of_statsmodels():
    frame = simulated(1, group_sd=0)
    model = fitted(frame)
    plain = OrderedModel(frame["y"], frame[["x", "z"]], distr="logit").fit(method="bfgs", disp=0, gtol=1e-8)
    assert model.group_sd == pytest.approx(0, abs=1e-3) and model.single_level_p_value == pytest.approx(0.5)
    assert [term.log_odds for term in model.terms] == pytest.approx(plain.params[["x", "z"]], abs=1e-4)
    assert [term.standard_error for term in model.terms] == pytest.approx(plain.bse[["x", "z"]], rel=1e-3)
    assert model.single_level_log_likelihood == pytest.approx(plain.llf, abs=1e-6)


def test_its_single_level_is_the_logit_of_statsmodels_and_odds_are_of_one():
    frame = simulated(2, cuts=(0.4,))
    model = fitted(frame, "logistic")
    plain = sm.Logit(frame["y"], sm.add_constant(frame[["x", "z"]])).fit(disp=0)
    assert model.single_level_log_likelihood == pytest.approx(plain.llf, abs=1e-6)
    assert model.term("x").estimate > 1 > model.term("z").estimate
    assert model.single_level_p_value < 0.05


def test_it_lies_near_the_posterior_mean_of_statsmodels_mixed_model():
    frame = simulated(3, cuts=(0.0,), n_groups=150, size=8)
    model = fitted(frame, "logistic")
    exog = sm.add_constant(frame[["x", "z"]])
    groups = pd.get_dummies(frame["g"], dtype=float)
    second = BinomialBayesMixedGLM(frame["y"], exog, groups, np.zeros(groups.shape[1], int), vcp_p=2, fe_p=10)
    posterior = second.fit_vb()
    assert [term.log_odds for term in model.terms] == pytest.approx(posterior.params[1:3], abs=0.06)


@pytest.mark.parametrize(("kind", "cuts"), [("ordinal", (-1.0, 1.0)), ("logistic", (0.0,))])
def test_intervals_cover_the_truth(kind, cuts):
    models = [fitted(simulated(seed, cuts), kind) for seed in range(25)]
    held = [
        term.conf_low <= np.exp(TRUTH[term.term]) <= term.conf_high
        for model in models
        for term in model.terms
    ]
    assert 0.86 <= np.mean(held) <= 1.0  # 50 intervals at 95%: within three Monte Carlo errors
    assert np.mean([model.group_sd for model in models]) == pytest.approx(1.0, abs=0.15)


def test_shares_of_variance_are_those_of_the_simulation():
    model = fitted(simulated(4, n_groups=800, size=6))
    fixed, group, residual = 0.5**2 + 0.3**2, 1.0, np.pi**2 / 3
    total = fixed + group + residual
    assert model.intraclass_correlation == pytest.approx(group / (group + residual), abs=0.03)
    assert model.r2_marginal == pytest.approx(fixed / total, abs=0.02)
    assert model.r2_conditional == pytest.approx((fixed + group) / total, abs=0.03)


def test_order_of_rows_and_units_of_terms_change_nothing_but_the_units():
    frame = simulated(5)
    shuffled = frame.sample(frac=1, random_state=0).assign(x=lambda rows: rows["x"] * 100 + 7)
    first, second = fitted(frame), fitted(shuffled)
    assert second.term("x").log_odds * 100 == pytest.approx(first.term("x").log_odds, rel=1e-5)
    assert second.term("z").standard_error == pytest.approx(first.term("z").standard_error, rel=1e-5)
    assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-6)


def test_an_ordered_categorical_with_missing_rows_is_counted():
    frame = simulated(6)
    words = np.array(["inadequate", "requires improvement", "good"])
    named = frame.assign(y=pd.Categorical(words[frame["y"]], words, ordered=True))
    named.loc[named.index[:5], "y"] = np.nan
    model = fitted(named)
    assert model.categories == tuple(words) and model.n_dropped_incomplete == 5
    assert model.n_observations == len(frame) - 5
    assert model.as_dict()["terms"][0]["term"] == "x"


BAD = {
    "one group": (lambda f: f.assign(g=1), "two are needed"),
    "groups of one row": (lambda f: f.assign(g=range(len(f))), "no g has two rows"),
    "one category": (lambda f: f.assign(y=1), "the same value in all"),
    "a term that doesn't vary": (lambda f: f.assign(z=3.0), "z: the same value"),
    "separation": (lambda f: f.assign(x=f["y"] + f["x"] / 100), "separation"),
    "no rows": (lambda f: f.assign(x=np.nan), "0 complete rows"),
    "text": (lambda f: f.assign(y="good"), "neither numbers nor"),
}


@pytest.mark.parametrize("case", BAD)
def test_data_that_cannot_answer_are_said_to(case):
    change, message = BAD[case]
    with pytest.raises(DataError, match=message):
        fitted(change(simulated(7, n_groups=20)))


def test_requests_that_cannot_be_met_name_the_nearest():
    frame = simulated(8, n_groups=20)
    with pytest.raises(RequestError, match="unknown column 'zz'"):
        fitted(frame, terms=("x", "zz"))
    with pytest.raises(RequestError, match="collinear with x"):
        fitted(frame.assign(w=frame["x"] * 2), terms=("x", "w"))
    with pytest.raises(RequestError, match="unknown kind"):
        MultilevelSpecification("y", ("x",), "g", "probit")
    with pytest.raises(DataError, match="3 values, where a logistic model takes two"):
        fitted(frame, "logistic")


def test_what_follows_from_the_fit_does_so_by_its_formula(wine):
    model = fitted(wine, terms=("warm", "contact"))
    for term in model.terms:
        z = term.log_odds / term.standard_error
        assert term.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))  # both tails of the normal law
        assert math.log(term.conf_high) == pytest.approx(
            term.log_odds + 1.959964 * term.standard_error, abs=1e-5
        )
        assert math.log(term.conf_low) == pytest.approx(
            term.log_odds - 1.959964 * term.standard_error, abs=1e-5
        )
    groups, rows = model.group_sd**2, math.pi**2 / 3
    explained = np.var(wine[["warm", "contact"]] @ [term.log_odds for term in model.terms])
    assert model.intraclass_correlation == pytest.approx(groups / (groups + rows))
    assert model.r2_marginal == pytest.approx(explained / (explained + groups + rows))
    ratio = 2 * (model.log_likelihood - model.single_level_log_likelihood)
    # Half of chi-squared's tail on one degree of freedom is the normal law's one tail.
    assert model.single_level_p_value == pytest.approx(norm.sf(math.sqrt(ratio)))
