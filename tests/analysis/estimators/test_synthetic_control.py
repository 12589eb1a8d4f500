"""Synthetic control: simulated truths, a direct optimum, placebos, degenerate input."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.errors import DataError, RequestError
from analysis.estimators.synthetic_control import SyntheticControlSpecification, synthetic_control

YEARS = range(2008, 2020)
START = 2015


def simulated(seed=0, effect=0.0, n_donors=20, noise=0.1):
    """Donors follow two common factors with loadings of their own; the unit is half of each of the first two donors."""
    rng = np.random.default_rng(seed)
    factors = np.cumsum(rng.normal(size=(len(YEARS), 2)), axis=0)
    paths = (
        factors @ rng.uniform(0, 2, size=(2, n_donors)) + 10 + rng.normal(0, noise, (len(YEARS), n_donors))
    )
    unit = paths[:, :2].mean(axis=1) + rng.normal(0, noise, len(YEARS))
    unit = unit + effect * (np.array(YEARS) >= START)
    wide = pd.DataFrame(paths, index=YEARS, columns=[f"d{k:02}" for k in range(n_donors)]).assign(unit=unit)
    return (
        wide.rename_axis("year")
        .melt(ignore_index=False, var_name="authority_code", value_name="y")
        .reset_index()
    )


def fitted(frame, **changes):
    donors = tuple(name for name in frame["authority_code"].unique() if name != "unit")
    asked = {"outcome": "y", "unit": "unit", "start": START, "donors": donors} | changes
    return synthetic_control(frame, SyntheticControlSpecification(**asked))


def test_it_finds_the_effect_and_the_unit_it_is_made_of():
    control = fitted(simulated(1, effect=3.0))
    assert control.estimate == pytest.approx(3.0, abs=0.3)
    assert control.conf_low < 3.0 < control.conf_high and control.conf_low > 0
    assert control.p_value == pytest.approx(1 / 21)
    assert sum(control.weights.values()) == pytest.approx(1, abs=0.02)
    exact = fitted(simulated(2, noise=0.0), penalty=1e-6)
    assert exact.rmspe_before < 0.05


def test_without_an_effect_its_rank_is_one_of_many():
    p_values = [fitted(simulated(seed, n_donors=12)).p_value for seed in range(12)]
    assert np.mean(np.array(p_values) <= 0.1) <= 0.35 and np.mean(p_values) == pytest.approx(0.5, abs=0.3)


def test_weights_are_the_penalised_optimum():
    frame = simulated(3)
    control = fitted(frame)
    wide = frame.pivot(index="year", columns="authority_code", values="y")
    before = wide[wide.index < START]
    scaled = before.divide(before.std(axis=1), axis=0)
    donors = [name for name in wide if name != "unit"]
    x0, x1 = scaled[donors].to_numpy(), scaled["unit"].to_numpy()

    def loss(w):
        pair = ((x0 - x1[:, None]) ** 2).sum(axis=0)
        return ((x1 - x0 @ w) ** 2).sum() + 0.01 * (w @ pair)

    best = minimize(
        loss, np.full(20, 0.05), bounds=[(0, 1)] * 20, options={"maxiter": 2000, "ftol": 1e-14}, method="SLSQP",
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
    )  # fmt: skip
    ours = np.array([control.weights.get(name, 0.0) for name in donors])
    assert loss(ours / ours.sum()) <= best.fun * 1.01


def test_an_earlier_date_shows_no_gap_and_a_real_one_would():
    assert abs(fitted(simulated(4)).earlier_gap) < 0.5
    jumped = simulated(4)
    jumped.loc[(jumped["authority_code"] == "unit") & (jumped["year"] >= START - 2), "y"] += 4
    assert fitted(jumped).earlier_gap > 2


def test_placebos_never_use_the_unit_and_only_the_nearest_donors_serve():
    frame = simulated(5, effect=50.0, n_donors=30)
    control = fitted(frame, most_donors=12)
    assert control.n_donors == 12 and control.placebo_gaps.shape[1] == 12
    assert control.placebo_gaps.abs().to_numpy().max() < 20


def test_order_of_rows_changes_nothing_and_missing_years_of_the_unit_are_left_out():
    frame = simulated(6)
    assert fitted(frame).as_dict()["path"] == fitted(frame.sample(frac=1, random_state=0)).as_dict()["path"]
    gap = frame[~((frame["authority_code"] == "unit") & frame["year"].isin([2010, 2011]))]
    control = fitted(gap)
    assert control.n_years_before == 5 and 2010 not in control.path.index and control.is_descriptive


BAD = {
    "one year before": ({"start": 2009}, "before 2009: 1, where 3 are needed"),
    "nothing after": ({"start": 2019}, "no figure in the years after 2019"),
    "few donors": ({"donors": ("d00", "d01")}, "2 donors have figures"),
}


@pytest.mark.parametrize("case", BAD)
def test_too_little_data_is_said_to_be(case):
    changes, message = BAD[case]
    with pytest.raises(DataError, match=message):
        fitted(simulated(7), **changes)


def test_requests_that_cannot_be_met_are_refused():
    with pytest.raises(RequestError, match="unknown unit 'unti'"):
        fitted(simulated(8), unit="unti", donors=("d00",))
    with pytest.raises(RequestError, match="can't be a donor"):
        fitted(simulated(8), donors=("unit", "d00"))
    with pytest.raises(RequestError, match="unknown column"):
        fitted(simulated(8), outcome="z")
