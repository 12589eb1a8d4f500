"""The cumulative model: statsmodels' ordered model, Logit at each threshold, known truth of scale and nominal terms."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import expit
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.errors import DataError, RequestError
from analysis.estimators.grades.cumulative import CumulativeSpecification, cumulative


def simulated(seed, n=600, scale=0.0, nominal=0.0):
    """Grades 0 to 2 from a latent 0.5 x + exp(scale·s)·logistic; w moves the upper threshold alone, by ``nominal``."""
    rng = np.random.default_rng(seed)
    x, s, w = rng.normal(size=(3, n))
    latent = 0.5 * x + np.exp(scale * s) * rng.logistic(size=n)
    y = (latent > -1).astype(int) + (latent > 1 + np.maximum(nominal * w, -1.5))
    return pd.DataFrame({"y": y, "x": x, "s": s, "w": w})


def fitted(frame, terms=("x",), **others):
    return cumulative(frame, CumulativeSpecification("y", terms, **others))


def likelihood(frame, slope, scale, thresholds, nominal):
    """The log likelihood written anew, of one term x, one scale term s and one nominal term w."""
    edges = [(at + by * frame["w"] - slope * frame["x"]) / np.exp(scale * frame["s"]) for at, by in
             zip(thresholds, nominal, strict=True)]  # fmt: skip
    below = np.column_stack([np.zeros(len(frame)), *map(expit, edges), np.ones(len(frame))])
    return np.log(np.diff(below, axis=1)[np.arange(len(frame)), frame["y"]]).sum()


def test_without_scale_and_nominal_terms_it_is_the_ordered_model_of_statsmodels():
    frame = simulated(1)
    model = fitted(frame, ("x", "w"))
    plain = OrderedModel(frame["y"], frame[["x", "w"]], distr="logit").fit(method="bfgs", disp=0, gtol=1e-8)
    assert [term.log_odds for term in model.terms] == pytest.approx(plain.params[["x", "w"]], abs=1e-4)
    assert [term.standard_error for term in model.terms] == pytest.approx(plain.bse[["x", "w"]], rel=1e-3)
    assert model.log_likelihood == pytest.approx(plain.llf, abs=1e-6)
    assert (model.aic, model.bic) == pytest.approx((plain.aic, plain.bic), abs=1e-5)


def test_a_nominal_term_alone_of_two_categories_is_the_logit_of_statsmodels():
    frame = simulated(2).assign(y=lambda rows: (rows["y"] > 0).astype(int))
    model = fitted(frame, ("x",), nominal=("w",))
    plain = sm.Logit(frame["y"], sm.add_constant(frame[["x", "w"]])).fit(disp=0)
    (own,) = model.nominal_terms["w"]
    assert own.log_odds == pytest.approx(
        -plain.params["w"], abs=1e-5
    )  # it moves the threshold, not the outcome
    assert model.term("x").standard_error == pytest.approx(plain.bse["x"], rel=1e-4)
    assert model.log_likelihood == pytest.approx(plain.llf, abs=1e-7)


def test_it_is_the_maximum_of_a_likelihood_written_anew():
    frame = simulated(3, scale=0.4, nominal=0.5)
    frame = frame.assign(s=frame["s"] + 2, w=frame["w"] * 3 - 1)
    model = fitted(frame, ("x",), scale=("s",), nominal=("w",))
    point = [model.term("x").log_odds, model.scale_terms[0].log_odds, *model.thresholds,
             *(term.log_odds for term in model.nominal_terms["w"])]  # fmt: skip

    def minus(at):
        return -likelihood(frame, at[0], at[1], at[2:4], at[4:6])

    assert model.log_likelihood == pytest.approx(-minus(np.array(point)), abs=1e-8)
    climbed = minimize(minus, point, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10})
    assert -climbed.fun == pytest.approx(model.log_likelihood, abs=1e-6)


def test_scale_and_nominal_terms_are_those_of_the_simulation():
    models = [fitted(simulated(seed, 1500, scale=0.4), ("x", "w"), scale=("s",)) for seed in range(20)]
    spread = [model.scale_terms[0] for model in models]
    assert {term.term for term in spread} == {"s"}
    assert np.mean([term.log_odds for term in spread]) == pytest.approx(0.4, abs=0.05)
    held = [term.conf_low <= np.exp(0.4) <= term.conf_high for term in spread]
    held += [model.term("x").conf_low <= np.exp(0.5) <= model.term("x").conf_high for model in models]
    assert np.mean(held) >= 0.85
    lower, upper = fitted(simulated(9, 20_000, nominal=0.5), ("x",), nominal=("w",)).nominal_terms["w"]
    assert lower.log_odds == pytest.approx(0, abs=0.06) and upper.log_odds == pytest.approx(0.5, abs=0.06)


def test_order_and_units_change_nothing_but_the_units():
    frame = simulated(4, scale=0.3)
    first = fitted(frame, ("x",), scale=("s",), nominal=("w",))
    moved = frame.sample(frac=1, random_state=0).assign(x=lambda rows: rows["x"] * 100 + 7)
    second = fitted(moved, ("x",), scale=("s",), nominal=("w",))
    assert second.term("x").log_odds * 100 == pytest.approx(first.term("x").log_odds, rel=1e-4)
    assert second.term("x").standard_error * 100 == pytest.approx(first.term("x").standard_error, rel=1e-4)
    assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-7)


def test_what_cannot_be_answered_is_said():
    frame = simulated(5)
    with pytest.raises(RequestError, match="unknown column 'xx'"):
        fitted(frame, ("xx",))
    with pytest.raises(RequestError, match="'w' stands more than once"):
        CumulativeSpecification("y", ("x", "w"), nominal=("w",))
    with pytest.raises(DataError, match="1 value in"):
        fitted(frame.assign(y=1))
    with pytest.raises(DataError, match="separation"):
        fitted(frame.assign(x=frame["y"] + frame["x"] / 100))
