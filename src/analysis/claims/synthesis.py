"""One estimate of a claim's effect from the estimates of its outcomes: partial pooling, in closed form on a grid.

Outcomes' effects are taken to be spread around a common one, by how much isn't known (normal, with a half-normal prior on
the spread): what outcomes share is learnt from all, and each is drawn towards the others as far as they agree (Gelman 2006;
Röver 2020). What is asked of is the mean over the claim's own outcomes, not over others that might have been chosen. All
arrays have a first axis of data sets, so that a rule can be tried on thousands of planted truths at once.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr, ndtri

from analysis.findings.interval import IntervalEstimate

_GRID = np.linspace(0.05, 3.0, 20)
"""Places at which the spread is tried, in scales of its prior: beyond three there is next to nothing of a half-normal."""


@dataclass(frozen=True)
class View:
    """One way to ask: ``estimates`` (d, m) of m outcomes in d data sets, and their covariance (d, m, m).

    What they pool to is kept by the prior's scale: a rule reads a view for both sides, for the range, and at each threshold.
    """

    estimates: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    _pooled: "dict[float, Pooled]" = field(default_factory=dict, init=False, repr=False, compare=False)

    def shifted(self, by: np.ndarray, scale: np.ndarray) -> "View":
        """Return the view with ``by`` (m,) added to all estimates and all errors times ``scale`` (m,)."""
        return View(self.estimates + by, self.covariance * scale[:, None] * scale[None, :])


@dataclass(frozen=True)
class Pooled:
    """The mean over outcomes: a mixture of normals over the grid of spreads, each array (d, t); ``weights`` sum to 1.

    ``outcomes`` (d, m) and ``outcome_errors`` (d, m) are each outcome's own effect, drawn towards the others; ``spread``
    (d,) is how far outcomes lie from each other (posterior mean of the standard deviation).
    """

    weights: np.ndarray = field(repr=False)
    means: np.ndarray = field(repr=False)
    errors: np.ndarray = field(repr=False)
    outcomes: np.ndarray = field(repr=False)
    outcome_errors: np.ndarray = field(repr=False)
    spread: np.ndarray = field(repr=False)

    @property
    def estimate(self) -> np.ndarray:
        """Return the posterior mean (d,)."""
        mean: np.ndarray = (self.weights * self.means).sum(axis=1)
        return mean

    @property
    def error(self) -> np.ndarray:
        """Return the posterior standard deviation (d,)."""
        second = (self.weights * (self.errors**2 + self.means**2)).sum(axis=1)
        deviation: np.ndarray = np.sqrt(np.maximum(second - self.estimate**2, 0))
        return deviation

    @property
    def interval(self) -> IntervalEstimate:
        """Return the first data set's effect with its 95% interval."""
        low, high = (float(self.quantile(at)[0]) for at in (0.025, 0.975))
        return IntervalEstimate(estimate=float(self.estimate[0]), conf_low=low, conf_high=high)

    def beyond(self, value: float) -> np.ndarray:
        """Return the probability (d,) that the effect is above ``value``."""
        above: np.ndarray = (self.weights * ndtr((self.means - value) / self.errors)).sum(axis=1)
        return above

    def quantile(self, probability: float) -> np.ndarray:
        """Return the value (d,) below which the effect lies with ``probability``: Newton's steps, or halves where they leave
        what is known to hold it.
        """
        reach = 9 * self.errors.max(axis=1)
        low, high = self.means.min(axis=1) - reach, self.means.max(axis=1) + reach
        error = self.error
        at: np.ndarray = self.estimate + error * ndtri(probability)
        for _ in range(60):
            distance = (at[:, None] - self.means) / self.errors
            over = (self.weights * ndtr(distance)).sum(axis=1) - probability
            low, high = np.where(over < 0, at, low), np.where(over < 0, high, at)
            density = (self.weights / self.errors * np.exp(-(distance**2) / 2)).sum(axis=1) / np.sqrt(
                2 * np.pi
            )
            step = at - over / np.maximum(density, 1e-300)
            before, at = at, np.where((low <= step) & (step <= high), step, (low + high) / 2)
            if (np.abs(at - before) <= 1e-14 * error).all():
                break
        return at


def pooled(view: View, prior_spread: float) -> Pooled:
    """Return the pooled effect of a view, computed once.

    ``prior_spread`` is the scale of the half-normal prior on the standard deviation of outcomes' effects; the common effect
    has a flat one. With one outcome the effect is the outcome's own.
    """
    if prior_spread not in view._pooled:
        view._pooled[prior_spread] = _pool(view, prior_spread)
    return view._pooled[prior_spread]


def _pool(view: View, prior_spread: float) -> Pooled:
    m = view.estimates.shape[1]
    spreads = prior_spread * _GRID
    squares = spreads**2
    # Along its own axes the covariance is diagonal, and stays so with any spread added: arrays are (d, m, t) along them.
    noise, axes = np.linalg.eigh(view.covariance)
    variances = noise[..., None] + squares
    ones = axes.sum(axis=1)[..., None]
    estimates = np.einsum("dm,dmn->dn", view.estimates, axes)[..., None]
    precision = (ones**2 / variances).sum(axis=1)
    noisy = (ones**2 * noise[..., None] / variances).sum(axis=1)
    common = (ones * estimates / variances).sum(axis=1) / precision
    left = estimates - ones * common[:, None]
    solved = left / variances
    log_weight = -0.5 * (
        np.log(variances).sum(axis=1) + np.log(precision) + (left * solved).sum(axis=1) + _GRID**2
    )
    weights = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    # Each outcome's own, (d, m, t): given the spread, what it keeps of its noise, and what it takes of the common effect's.
    own = common[:, None] + squares * (axes @ solved)
    kept = squares - squares**2 * (axes**2 @ (1 / variances))
    taken = 1 - squares * (axes @ (ones / variances))
    return Pooled(
        weights=weights,
        # The mean of outcomes' own effects is the common one, less what a mean of others might differ by: its variance is
        # 1 / precision - squares / m, here without the cancelling.
        means=common,
        errors=np.sqrt(np.maximum(noisy / (m * precision), 1e-300)),
        outcomes=(weights[:, None] * own).sum(axis=2),
        outcome_errors=np.sqrt(_mixed_variance(weights, own, kept + taken**2 / precision[:, None])),
        spread=(weights * spreads).sum(axis=1) if m > 1 else np.zeros(len(weights)),
    )


def _mixed_variance(weights: np.ndarray, means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    first = (weights[:, None] * means).sum(axis=2)
    second = (weights[:, None] * (means**2 + variances)).sum(axis=2)
    variance: np.ndarray = np.maximum(second - first**2, 0)
    return variance
