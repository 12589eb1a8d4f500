"""Noise in the exposure: unbiased variances, known slopes recovered, moments against brute force."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.panel.store import load_panel
from analysis.errors import DataError, RequestError
from analysis.estimators import ESTIMATORS, Specification, estimate
from analysis.estimators.diagnostics.noise import binomial_variance, correct_for_noise, noisy_sample

NAMES = {"outcome": "y", "exposure": "x", "entity": "entity", "time": "year", "cluster": "group"}


def simulated(seed: int, entities: int = 300, years: int = 8, slope: float = 0.7) -> pd.DataFrame:
    """True exposures with effects, seen with noise of a known variance that differs tenfold between entities."""
    generator = np.random.default_rng(seed)
    entity, year = np.repeat(np.arange(entities), years), np.tile(np.arange(years), entities)
    effect = generator.normal(size=entities)[entity] + generator.normal(size=years)[year]
    control = generator.normal(size=len(entity))
    true = 2 * effect + 0.5 * control + generator.normal(size=len(entity))
    variance = generator.uniform(0.1, 1.0, entities)[entity] * generator.uniform(0.8, 1.2, len(entity))
    frame = pd.DataFrame(
        {"entity": entity, "year": year, "group": entity // 2, "true": true, "z": control, "v": variance}
    )
    frame["x"] = true + generator.normal(size=len(entity)) * np.sqrt(variance)
    frame["y"] = slope * true + control + effect + 0.5 * generator.normal(size=len(entity))
    frame["w"] = generator.uniform(0.5, 2, len(entity))
    return frame[generator.random(len(frame)) > 0.1].reset_index(drop=True)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_known_slope_is_recovered(estimator, weights):
    specification = Specification(**NAMES, controls=("z",), estimator=estimator, weights=weights)
    frames = [simulated(seed, slope=0.7) for seed in range(12)]
    corrected = [correct_for_noise(frame, specification, "v", 199) for frame in frames]
    clean = Specification(
        **{**NAMES, "exposure": "true"}, controls=("z",), estimator=estimator, weights=weights
    )
    without_noise = [estimate(frame, clean).estimate for frame in frames]
    truth = np.mean(without_noise)
    mean = {
        name: np.mean([getattr(correction, name) for correction in corrected])
        for name in ("naive", "estimate", "shrunk", "simex")
    }
    error = np.std([correction.estimate for correction in corrected], ddof=1) / np.sqrt(len(corrected))
    assert abs(mean["estimate"] - truth) < max(4 * error, 0.01)
    assert mean["naive"] < mean["simex"] < truth + 0.01
    assert abs(mean["shrunk"] - truth) < 0.06
    inside = [
        correction.conf_low <= slope <= correction.conf_high
        for correction, slope in zip(corrected, without_noise, strict=True)
    ]
    assert np.mean(inside) >= 0.75


def test_interval_covers_as_often_as_it_says():
    specification = Specification(**NAMES, controls=("z",))
    corrected = [correct_for_noise(simulated(seed, 80), specification, "v", 199, seed) for seed in range(150)]
    covered = np.mean([correction.conf_low <= 0.7 <= correction.conf_high for correction in corrected])
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 150) + 0.01
    spread = np.std([correction.estimate for correction in corrected], ddof=1)
    assert np.mean([correction.standard_error for correction in corrected]) == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_expected_noise_equals_that_of_the_whole_projection(estimator, weights):
    """The chance part's expected sum of squares: trace of M V M', with every effect a dummy."""
    frame = simulated(3, 14)
    specification = Specification(**NAMES, controls=("z",), estimator=estimator, weights=weights)
    corrected = correct_for_noise(frame, specification, "v", 9)
    complete = frame[frame.groupby("entity")["entity"].transform("size") > 1]
    if estimator == "first-differences":
        earlier = complete.groupby("entity").shift(1)
        kept = complete["year"] - earlier["year"] == 1
        n = len(complete)
        take = np.zeros((kept.sum(), n))
        places = np.flatnonzero(kept)
        take[np.arange(len(places)), places], take[np.arange(len(places)), places - 1] = 1, -1
        w = complete["w"].to_numpy()
        row_weights = 1 / (1 / w[places] + 1 / w[places - 1])
        parts, years = [take @ complete["z"].to_numpy()], complete["year"][kept]
        effects = [pd.get_dummies(years).to_numpy(float)]
    else:
        take, row_weights, years = np.eye(len(complete)), complete["w"].to_numpy(), complete["year"]
        parts = [complete["z"].to_numpy()]
        effects = [np.ones((len(complete), 1))]
        if estimator == "two-way":
            effects = [pd.get_dummies(complete[name]).to_numpy(float) for name in ("entity", "year")]
    root = np.sqrt(row_weights if weights else np.ones(len(take)))[:, None]
    nuisance = np.column_stack([*parts, *effects]) * root
    maker = np.eye(len(take)) - nuisance @ np.linalg.pinv(nuisance)
    linear = maker @ (take * root)
    expected = np.trace(linear @ np.diag(complete["v"]) @ linear.T)
    squares = ((linear @ complete["x"].to_numpy()) ** 2).sum()
    assert corrected.reliability == pytest.approx(1 - expected / squares, rel=1e-9)
    assert corrected.naive == pytest.approx(estimate(frame, specification).estimate, rel=1e-9)
    assert corrected.estimate == pytest.approx(corrected.naive / corrected.reliability, rel=1e-9)


def test_binomial_variance_is_unbiased():
    """Over all outcomes of a binomial count, not by simulation."""
    for people, rate in ((5, 0.1), (60, 0.16), (300, 0.5)):
        counts = np.arange(people + 1)
        probability = stats.binom(people, rate).pmf(counts)
        mean = probability @ binomial_variance(100 * counts / people, np.full(people + 1, people))
        assert mean == pytest.approx(100**2 * rate * (1 - rate) / people, rel=1e-10)
    odd = binomial_variance([10.0, 10, 120, np.nan, 0], [1.0, np.nan, 50, 50, 50])
    np.testing.assert_array_equal(odd, [np.nan, np.nan, np.nan, np.nan, 0])


def test_noise_is_aligned_as_the_exposure_is():
    panel = load_panel().authorities
    parameters = SampleParameters("assessments_in_45_days_percent", "turnover_percent", lag_years=1)
    rows = noisy_sample(panel, parameters)
    by_key = panel.set_index(["authority_code", "year"])
    row = rows.dropna(subset=["turnover_percent", "noise_variance"]).iloc[100]
    then = by_key.loc[(row["authority_code"], row["year"] - 2)]
    assert row["turnover_percent"] == then["turnover_percent"]
    share = then["turnover_percent"] / 100
    assert row["noise_variance"] == pytest.approx(
        1e4 * share * (1 - share) / (then["social_workers_fte"] - 1)
    )
    corrected = correct_for_noise(rows, Specification(parameters.outcome, parameters.exposure), n_draws=199)
    assert 0.4 < corrected.reliability_low < corrected.reliability < corrected.reliability_high < 0.9
    with pytest.raises(RequestError, match="caseload_cases_per_fte: not a percentage of counted people"):
        noisy_sample(panel, SampleParameters("assessments_in_45_days_percent", "caseload_cases_per_fte"))


def test_refusals():
    frame = simulated(1, 20)
    with pytest.raises(DataError, match="0% of its variation is more than chance"):
        correct_for_noise(frame.assign(v=50.0), Specification(**NAMES), "v")
    with pytest.raises(RequestError, match="no column 'u'"):
        correct_for_noise(frame, Specification(**NAMES), "u")
    with pytest.raises(RequestError, match="correct in its own units"):
        correct_for_noise(frame, Specification(**NAMES, standardised=True), "v")
    with pytest.raises(DataError, match="v: missing or negative in"):
        correct_for_noise(frame.assign(v=-1.0), Specification(**NAMES), "v")
    again = [correct_for_noise(frame, Specification(**NAMES), "v", 99, seed=4) for _ in range(2)]
    assert again[0] == again[1]
