"""Wild cluster bootstrap against refitting each draw; size; step-down tests of a family."""

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis.errors import RequestError
from analysis.estimators import ESTIMATORS, Specification, estimate
from analysis.estimators.regression.sample import estimation_sample
from analysis.estimators.regression.scores import regression_design, scores_of, t_statistics
from analysis.estimators.resampling.bootstrap import (
    bootstrap_estimate,
    cluster_weights,
    romano_wolf,
    wild_bootstrap,
)
from tests.making.clustered import panel

NAMES = {"outcome": "y", "exposure": "x", "entity": "entity", "time": "year", "cluster": "group"}


def by_refitting(frame: pd.DataFrame, specification: Specification, weights: np.ndarray, null: float):
    """Fit every bootstrap sample in full, effects as dummies; return t of the null in each."""
    rows = estimation_sample(frame, specification).rows
    parts = [
        rows[[f"control_{i}" for i in range(len(specification.controls))]].to_numpy(),
        np.ones((len(rows), 1)),
    ]
    keys = {"pooled": (), "two-way": ("entity", "time"), "first-differences": ("time",)}[
        specification.estimator
    ]
    parts += [pd.get_dummies(rows[key], drop_first=True, dtype=float).to_numpy() for key in keys]
    root = np.sqrt(rows["weight"].to_numpy())
    nuisance, x = np.hstack(parts) * root[:, None], rows["exposure"].to_numpy() * root
    y = rows["outcome"].to_numpy() * root - null * x
    groups = pd.factorize(rows["cluster"], sort=True)[0]
    fitted = nuisance @ np.linalg.lstsq(nuisance, y, rcond=None)[0]
    design = np.column_stack([x, nuisance])
    inverse = np.linalg.inv(design.T @ design)
    factor = regression_design(estimation_sample(frame, specification), specification).factor
    t_values = []
    for draw in weights:
        sample = fitted + (y - fitted) * draw[groups]
        slopes = inverse @ design.T @ sample
        scores = design * (sample - design @ slopes)[:, None]
        sums = np.array([scores[groups == g].sum(axis=0) for g in range(groups.max() + 1)])
        t_values.append(slopes[0] / np.sqrt((inverse @ sums.T @ sums @ inverse)[0, 0] * factor))
    return np.array(t_values)


@pytest.mark.parametrize("cluster", ["group", "year"], ids=["nested", "effects cut by clusters"])
@pytest.mark.parametrize("kind", ["rademacher", "webb"])
@pytest.mark.parametrize("weighted", [None, "w"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_draws_equal_refitting(estimator, weighted, kind, cluster):
    frame = panel(1)
    specification = Specification(
        **{**NAMES, "cluster": cluster}, controls=("z",), estimator=estimator, weights=weighted
    )
    scores = scores_of(frame, specification)
    weights, _ = cluster_weights(len(scores.labels), 20, kind, 5)
    for null in (0.0, 0.3):
        expected = by_refitting(frame, specification, weights, null)
        np.testing.assert_allclose(t_statistics(scores, weights, null)[1], expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_data_themselves_are_the_draw_of_ones(estimator):
    specification = Specification(**NAMES, controls=("z",), estimator=estimator, weights="w")
    expected = estimate(panel(2), specification)
    scores = scores_of(panel(2), specification)
    slopes, t = t_statistics(scores, np.ones((1, len(scores.labels))))
    assert slopes[0] == pytest.approx(expected.estimate, rel=1e-10)
    assert t[0] == pytest.approx(expected.t_statistic, rel=1e-10)


def test_few_clusters_are_enumerated():
    frame, specification = panel(3, groups=6), Specification(**NAMES)
    bootstrapped = bootstrap_estimate(frame, specification, 999)
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=6)))
    t = by_refitting(frame, specification, signs, 0.0)
    assert (bootstrapped.enumerated, bootstrapped.n_draws) == (True, 64)
    assert bootstrapped.p_value == (np.abs(t) >= np.abs(bootstrapped.t_statistic) * (1 - 1e-9)).mean()
    assert bootstrap_estimate(frame, specification, 999, seed=9).p_value == bootstrapped.p_value
    weights, enumerated = cluster_weights(6, 63, "rademacher", 0)
    assert weights.shape == (63, 6) and not enumerated


def test_interval_holds_what_is_not_rejected():
    scores = scores_of(panel(4, groups=20, slope=0.4), Specification(**NAMES))
    bootstrapped = wild_bootstrap(scores, 399, "webb", 1)
    width = bootstrapped.conf_high - bootstrapped.conf_low
    for bound, outwards in ((bootstrapped.conf_low, -1), (bootstrapped.conf_high, 1)):
        inside = wild_bootstrap(scores, 399, "webb", 1, null=bound - outwards * width / 1000)
        outside = wild_bootstrap(scores, 399, "webb", 1, null=bound + outwards * width / 1000)
        assert outside.p_value <= 0.05 <= inside.p_value + 0.005
    assert bootstrapped.conf_low < bootstrapped.estimate < bootstrapped.conf_high


def test_three_clusters_reject_nothing_and_say_so():
    bootstrapped = bootstrap_estimate(panel(5, groups=3, each=4), Specification(**NAMES))
    assert (bootstrapped.conf_low, bootstrapped.conf_high) == (-np.inf, np.inf)


def test_seed_decides_the_draws():
    frame, specification = panel(6, groups=20), Specification(**NAMES)
    assert bootstrap_estimate(frame, specification, 99, seed=1) == bootstrap_estimate(
        frame, specification, 99, seed=1
    )
    first, second = (cluster_weights(30, 99, "webb", seed)[0] for seed in (1, 2))
    assert (first != second).any()
    assert np.unique(np.abs(first)).round(6).tolist() == np.sqrt([0.5, 1, 1.5]).round(6).tolist()


@pytest.fixture(scope="module")
def without_association():
    """Scores of 400 panels without an association, of 12 clusters."""
    return [scores_of(panel(seed + 1000, groups=12), Specification(**NAMES)) for seed in range(400)]


@pytest.mark.parametrize("kind", ["rademacher", "webb"])
def test_size_is_five_per_cent(without_association, kind):
    """Rejections within Monte Carlo error of 5%."""
    rejected = []
    for seed, scores in enumerate(without_association):
        weights, _ = cluster_weights(12, 199, kind, seed)
        t = t_statistics(scores, np.vstack([np.ones(12), weights]))[1]
        rejected.append((1 + (np.abs(t[1:]) >= np.abs(t[0])).sum()) / 200 <= 0.05)
    assert abs(np.mean(rejected) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)


def test_step_down_properties():
    generator = np.random.default_rng(0)
    common = generator.normal(size=(999, 1))
    draws = common + generator.normal(size=(999, 6))
    t = np.array([0.2, -5.0, 3.1, -1.0, 3.3, 0.0])
    single = (1 + (np.abs(draws) >= np.abs(t)).sum(axis=0)) / 1000
    adjusted = romano_wolf(t, draws)
    by_size = np.argsort(-np.abs(t))
    assert (np.diff(adjusted[by_size]) >= 0).all()
    assert (adjusted >= single).all()
    # The largest competes with all, and the smallest with nothing but what stands before it.
    assert adjusted[1] == (1 + (np.abs(draws).max(axis=1) >= 5).sum()) / 1000
    assert adjusted[5] == max(single[5], adjusted[0])
    shuffled = generator.permutation(6)
    np.testing.assert_array_equal(romano_wolf(t[shuffled], draws[:, shuffled]), adjusted[shuffled])
    np.testing.assert_array_equal(romano_wolf(t[:1], draws[:, :1]), single[:1])


def test_the_next_in_the_steps_has_no_smaller_p_value_than_the_one_before():
    """Of nine draws three reach the first t and none the second: alone it would be 1 in 10, after the first 4 in 10."""
    draws = np.zeros((9, 2))
    draws[:3, 0] = 3.5
    assert romano_wolf(np.array([3.0, -2.9]), draws).tolist() == [0.4, 0.4]


def test_a_family_without_an_association_is_seldom_said_to_hold_one():
    """400 families of six related nulls and two associations: a false rejection in a twentieth of them, no more."""
    generator, false, detected = np.random.default_rng(6), [], []
    for _ in range(400):
        draws = generator.normal(size=(200, 1)) + generator.normal(size=(200, 8))
        t = draws[0] + np.r_[9.0, -9.0, np.zeros(6)]
        adjusted = romano_wolf(t, draws[1:])
        false.append(adjusted[2:].min() <= 0.05)
        detected.append(adjusted[:2].max() <= 0.05)
    assert abs(np.mean(false) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(detected) > 0.95


def test_copies_in_a_family_cost_nothing():
    """A hypothesis asked five times is one hypothesis."""
    draws = np.random.default_rng(1).normal(size=(299, 1))
    alone = romano_wolf(np.array([1.7]), draws)
    np.testing.assert_array_equal(
        romano_wolf(np.full(5, 1.7), np.repeat(draws, 5, axis=1)), np.repeat(alone, 5)
    )


def test_refusals():
    with pytest.raises(RequestError, match="unknown weights 'web'; did you mean 'webb'"):
        cluster_weights(5, 9, "web", 0)
    with pytest.raises(RequestError, match="draws: 0"):
        cluster_weights(5, 0, "webb", 0)
