"""One estimate of several outcomes: closed forms, least squares, another sampler, and intervals that cover."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.claims.synthesis import View, pooled

ESTIMATES = np.array([0.31, 0.02, -0.08, 0.17])
ERRORS = np.array([0.05, 0.12, 0.09, 0.2])
CORRELATION = np.array([[1, 0.5, 0.2, 0], [0.5, 1, 0.3, -0.2], [0.2, 0.3, 1, 0.1], [0, -0.2, 0.1, 1]])
COVARIANCE = CORRELATION * np.outer(ERRORS, ERRORS)


def asked(estimates, covariance, prior_spread):
    return pooled(View(np.asarray(estimates, float)[None], np.asarray(covariance, float)[None]), prior_spread)


def least_squares():
    fitted = sm.GLS(ESTIMATES, np.ones((4, 1)), sigma=COVARIANCE).fit(cov_type="fixed scale")
    return fitted.params[0], fitted.bse[0]


def test_outcomes_that_may_not_differ_have_the_effect_of_generalised_least_squares():
    posterior = asked(ESTIMATES, COVARIANCE, 1e-7)
    effect, error = least_squares()
    assert posterior.estimate[0] == pytest.approx(effect, abs=1e-9)
    assert posterior.error[0] == pytest.approx(error, rel=1e-6)
    assert posterior.outcomes[0] == pytest.approx(np.full(4, effect), abs=1e-6)


def test_outcomes_that_may_differ_at_will_have_the_plain_mean_and_keep_their_own_estimates():
    posterior = asked(ESTIMATES, COVARIANCE, 1e5)
    assert posterior.estimate[0] == pytest.approx(ESTIMATES.mean(), abs=1e-6)
    assert posterior.error[0] == pytest.approx(np.sqrt(COVARIANCE.sum() / 16), rel=1e-4)
    assert posterior.outcomes[0] == pytest.approx(ESTIMATES, abs=1e-6)
    assert posterior.outcome_errors[0] == pytest.approx(ERRORS, rel=1e-4)


def joint_posterior(estimates, covariance, spread):
    """Return mean and covariance of the m effects and the common one, from their joint precision at a fixed spread.

    The effects and the common one are unknowns of one linear model: estimates = effects + noise, 0 = effect - common +
    normal of the spread, so that nothing is integrated out by hand.
    """
    size = len(estimates)
    noise, design = np.linalg.inv(covariance), np.hstack([np.eye(size), -np.ones((size, 1))])
    precision = np.zeros((size + 1, size + 1))
    precision[:size, :size] = noise
    precision += design.T @ design / spread**2
    middle = np.linalg.inv(precision)
    return middle @ np.append(noise @ estimates, 0), middle


@pytest.mark.parametrize("at", [0, 7, 19])
def test_at_each_spread_the_effect_is_that_of_the_joint_normal_model(at):
    prior = 0.1
    posterior = asked(ESTIMATES, COVARIANCE, prior)
    spread = prior * np.linspace(0.05, 3, 20)[at]
    middle, covariance = joint_posterior(ESTIMATES, COVARIANCE, spread)
    mean = np.append(np.full(4, 0.25), 0)
    assert posterior.means[0, at] == pytest.approx(mean @ middle, abs=1e-10)
    assert posterior.errors[0, at] == pytest.approx(np.sqrt(mean @ covariance @ mean), rel=1e-8)


def gibbs(estimates, covariance, prior, draws, seed):
    """Draw the effects, the common one and the spread in turn: another route to the same posterior.

    Effects given the rest are normal, so is the common one; the spread, whose prior is half normal, is moved by random-walk
    Metropolis on its logarithm (a grid is nowhere). Not centred: effect = common + spread × standard normal.
    """
    source = np.random.default_rng(seed)
    size, noise = len(estimates), np.linalg.inv(covariance)
    common, spread, standard = estimates.mean(), prior, np.zeros(size)
    kept = np.zeros((draws, size + 1))

    def log_density(value):
        left = estimates - common - value * standard
        return -0.5 * left @ noise @ left - 0.5 * (value / prior) ** 2 + np.log(value)

    for draw in range(-500, draws):
        precision = spread**2 * noise + np.eye(size)
        root = np.linalg.cholesky(np.linalg.inv(precision))
        standard = root @ root.T @ (spread * noise @ (estimates - common)) + root @ source.standard_normal(
            size
        )
        weight = noise.sum()
        common = (
            noise @ (estimates - spread * standard)
        ).sum() / weight + source.standard_normal() / np.sqrt(weight)
        for _ in range(2):
            other = spread * np.exp(0.8 * source.standard_normal())
            if np.log(source.random()) < log_density(other) - log_density(spread):
                spread = other
        if draw >= 0:
            kept[draw] = [*(common + spread * standard), spread]
    return kept


def test_the_pooled_effect_is_that_of_a_sampler_with_another_parametrisation():
    prior = 0.1
    posterior = asked(ESTIMATES, COVARIANCE, prior)
    drawn = gibbs(ESTIMATES, COVARIANCE, prior, 12_000, 3)
    effect = drawn[:, :4].mean(axis=1)
    assert posterior.estimate[0] == pytest.approx(effect.mean(), abs=0.004)
    assert posterior.error[0] == pytest.approx(effect.std(), rel=0.04)
    assert posterior.outcomes[0] == pytest.approx(drawn[:, :4].mean(axis=0), abs=0.006)
    assert posterior.outcome_errors[0] == pytest.approx(drawn[:, :4].std(axis=0), rel=0.05)
    assert posterior.spread[0] == pytest.approx(drawn[:, 4].mean(), rel=0.05)
    for value in (0.0, 0.1, 0.15):
        assert posterior.beyond(value)[0] == pytest.approx((effect > value).mean(), abs=0.015)
    assert posterior.quantile(0.975)[0] == pytest.approx(np.quantile(effect, 0.975), abs=0.01)


def test_one_outcome_is_its_own_estimate_with_its_own_error():
    posterior = asked([0.2], [[0.0025]], 0.1)
    assert (posterior.estimate[0], posterior.error[0], posterior.spread[0]) == pytest.approx((0.2, 0.05, 0.0))
    own = stats.norm(0.2, 0.05)
    assert posterior.beyond(0.1)[0] == pytest.approx(own.sf(0.1), abs=1e-9)
    assert posterior.quantile(0.025)[0] == pytest.approx(own.ppf(0.025), abs=1e-9)


def test_probabilities_and_quantiles_are_those_of_the_mixture_of_normals():
    posterior = asked(ESTIMATES, COVARIANCE, 0.1)
    parts = stats.norm(posterior.means[0], posterior.errors[0])
    for value in (-0.1, 0.0, 0.1, 0.25):
        assert posterior.beyond(value)[0] == pytest.approx(
            (posterior.weights[0] * parts.sf(value)).sum(), abs=1e-12
        )
    for probability in (0.025, 0.5, 0.975):
        assert posterior.beyond(posterior.quantile(probability)[0])[0] == pytest.approx(
            1 - probability, abs=1e-9
        )


def test_the_mean_and_the_error_are_those_of_a_million_draws_of_the_mixture():
    posterior = asked(ESTIMATES, COVARIANCE, 0.1)
    source = np.random.default_rng(5)
    which = source.choice(20, 1_000_000, p=posterior.weights[0])
    drawn = source.normal(posterior.means[0][which], posterior.errors[0][which])
    assert posterior.estimate[0] == pytest.approx(drawn.mean(), abs=5e-4)
    assert posterior.error[0] == pytest.approx(drawn.std(), rel=3e-3)


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.1])
def test_the_interval_covers_the_mean_over_the_outcomes_as_often_as_it_says(spread):
    """1,000 data sets with effects of their own around 0.1; 95% intervals hold the mean of those in 93% to 97%.

    Where outcomes don't differ at all, that isn't known, so that the interval may be wider than it need be: up to 98.5%.
    """
    source = np.random.default_rng(11)
    effects = 0.1 + spread * source.standard_normal((1000, 4))
    drawn = effects + source.multivariate_normal(np.zeros(4), COVARIANCE / 4, 1000)
    posterior = pooled(View(drawn, np.repeat(COVARIANCE[None] / 4, 1000, axis=0)), 0.1)
    truth = effects.mean(axis=1)
    covered = ((posterior.quantile(0.025) <= truth) & (truth <= posterior.quantile(0.975))).mean()
    assert 0.93 <= covered <= 0.985 if spread == 0 else 0.93 <= covered <= 0.97


def test_data_sets_pooled_together_are_those_pooled_one_by_one():
    covariance = np.stack([COVARIANCE, 2 * COVARIANCE, np.diag(ERRORS**2)])
    estimates = np.stack([ESTIMATES, -ESTIMATES, ESTIMATES[::-1]])
    together = pooled(View(estimates, covariance), 0.1)
    for place in range(3):
        alone = asked(estimates[place], covariance[place], 0.1)
        assert together.estimate[place] == pytest.approx(alone.estimate[0], abs=1e-14)
        assert together.error[place] == pytest.approx(alone.error[0], abs=1e-14)
        assert together.quantile(0.3)[place] == pytest.approx(alone.quantile(0.3)[0], abs=1e-12)


def test_turning_the_sign_turns_all_of_it_and_units_scale_with_it():
    posterior, turned = asked(ESTIMATES, COVARIANCE, 0.1), asked(-ESTIMATES, COVARIANCE, 0.1)
    assert turned.estimate[0] == pytest.approx(-posterior.estimate[0], abs=1e-12)
    assert turned.beyond(0.0)[0] == pytest.approx(1 - posterior.beyond(0.0)[0], abs=1e-12)
    larger = asked(10 * ESTIMATES, 100 * COVARIANCE, 1.0)
    assert larger.estimate[0] == pytest.approx(10 * posterior.estimate[0], rel=1e-12)
    assert larger.quantile(0.975)[0] == pytest.approx(10 * posterior.quantile(0.975)[0], rel=1e-9)


def test_a_view_moved_and_made_less_sure():
    view = View(ESTIMATES[None], COVARIANCE[None]).shifted(np.full(4, 0.1), np.array([1, 2, 1, 1]))
    assert view.estimates[0] == pytest.approx(ESTIMATES + 0.1)
    assert view.covariance[0, 1, 1] == pytest.approx(4 * 0.12**2)
    assert view.covariance[0, 0, 1] == pytest.approx(2 * 0.5 * 0.05 * 0.12)
