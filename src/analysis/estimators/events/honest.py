"""How far an event's effect holds where the years before it show that figures were moving (Rambachan and Roth 2023).

An event study takes what controls did as what would have been without the event. The honest interval allows that to be
wrong by some amount, and asks how large the amount must be until the interval holds zero (the breakdown value). Two ways
of stating the amount: **relative magnitudes**, from one year to the next, figures go astray after the event by at most M
times the worst step before it; **smoothness**, figures go on along the line of the years before it, whose slope changes
by at most M from one year to the next.

The intervals of relative magnitudes invert the hybrid test (conditional and least favourable) of Andrews, Roth and Pakes
(2023), which Rambachan and Roth recommend; those of smoothness are their fixed-length intervals. Both are computed here and
agree with the authors' own R package, HonestDiD, on their published example. Of the libraries for Python, diff-diff 3.13
leaves the error of the years before out of relative magnitudes (in that example, at M = 2, its interval ends at −0.000
where the authors' ends at −0.042) and takes most of a second for each M of smoothness, on which it agrees; honestdid 0.1
needs torch and cvxpy. As there, critical values are of the normal distribution: with a few dozen events on one side
intervals may be somewhat short.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from sklearn.linear_model import lars_path_gram

from analysis.errors import DataError, RequestError

_FIRST_STAGE = 0.1
"""The least favourable stage's share of the test's level, as the authors choose it."""
_ANGLES = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
_DIRECTIONS = np.vstack([np.cos(_ANGLES), np.sin(_ANGLES)])
"""Directions in the plane, (2, angles), that a mean over all of them is taken of."""
_LARGEST_M = 1e6
_NIL = 1e-12


@dataclass(frozen=True)
class EventPath:
    """An event study's coefficients up to the last year of interest, ordered by event year.

    ``before`` (T,) of event years −T−1 to −2 and ``after`` (S,) of years 0 to S − 1, both against year −1; ``covariance``
    (T + S, T + S) of both in this order; ``weights`` (S,): the effect of interest is ``weights @ after``.
    """

    before: np.ndarray
    after: np.ndarray
    covariance: np.ndarray = field(repr=False)
    weights: np.ndarray

    @classmethod
    def of(
        cls,
        years: Sequence[int],
        estimates: np.ndarray | Sequence[float],
        covariance: np.ndarray,
        averaged: Sequence[int],
    ) -> "EventPath":
        """Return the path to the mean of the ``averaged`` event years from an event study's years, without gaps.

        ``years`` (K,), ``estimates`` (K,) and ``covariance`` (K, K) in one order. Years before that lie beyond a gap are
        left out. Raises DataError where year −2, or a year from 0 to the last averaged one, has no estimate.
        """
        known = {year: place for place, year in enumerate(years)}
        first = -2
        while first - 1 in known:
            first -= 1
        wanted = [*range(first, -1), *range(max(averaged) + 1)]
        missing = [year for year in wanted if year not in known]
        if missing:
            raise DataError(f"honest bounds: event year {missing[0]} has no estimate")
        places = [known[year] for year in wanted]
        n_before = -1 - first
        values = np.asarray(estimates, dtype=float)[places]
        weights = np.isin(range(max(averaged) + 1), averaged) / len(set(averaged))
        block = np.asarray(covariance, dtype=float)[np.ix_(places, places)]
        return cls(values[:n_before], values[n_before:], block, weights)

    @property
    def effect(self) -> float:
        """The effect of interest, as if nothing had been moving."""
        return float(self.weights @ self.after)

    @property
    def standard_error(self) -> float:
        """The error of ``effect``."""
        block = self.covariance[len(self.before) :, len(self.before) :]
        return math.sqrt(float(self.weights @ block @ self.weights))


@dataclass(frozen=True)
class Breakdown:
    """The largest M up to which the honest interval leaves out zero on the side of the estimate.

    ``relative`` is a multiple of the worst step before; ``smoothness`` a change of slope in outcome units a year. 0 where
    the interval of M = 0 holds zero or lies on the other side; infinite where no M that is tried brings zero in.
    """

    relative: float
    smoothness: float


def breakdown(path: EventPath, confidence_level: float = 0.95) -> Breakdown:
    """Return up to which M an effect's honest intervals leave out zero, by both ways of stating M."""
    side = 1 if path.effect > 0 else -1
    smooth = Smoothness(path, confidence_level)

    def by_steps(m: float) -> bool:
        return all(test.rejects_from_zero(-side) for test in _tests(path, m, confidence_level))

    def by_slopes(m: float) -> bool:
        low, high = smooth.interval(m)
        return low > 0 if side > 0 else high < 0

    # A change of slope is looked for on the scale of the effect's error, a multiple on its own.
    return Breakdown(_first_failure(by_steps, 1.0), _first_failure(by_slopes, path.standard_error))


def _first_failure(leaves_out_zero: Callable[[float], bool], unit: float) -> float:
    """Return the smallest M at which zero is no longer left out, to a thousandth of it; see ``Breakdown`` for the ends."""
    if not leaves_out_zero(0.0):
        return 0.0
    # Steps before bisection are small: an interval may leave zero again at a larger M, and the first one counts.
    low, high = 0.0, 0.05 * unit
    while leaves_out_zero(high):
        low, high = high, 1.25 * high
        if high > _LARGEST_M * unit:
            return math.inf
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if leaves_out_zero(middle) else (low, middle)
    return low


def relative_interval(path: EventPath, m: float, confidence_level: float = 0.95) -> tuple[float, float]:
    """Return the honest interval of the effect where steps after the event go astray by at most ``m`` worst ones before.

    Rambachan and Roth's set ΔRM(M̄): the union, over which step before is the worst one and its sign, of sets bounded by
    linear inequalities, each with the hybrid test inverted; the smallest and largest value that isn't rejected. Raises
    RequestError for a negative ``m``.
    """
    if m < 0:
        raise RequestError(f"m {m} is below nil")
    tests = _tests(path, m, confidence_level)
    return min(test.end(-1) for test in tests), max(test.end(1) for test in tests)


def _tests(path: EventPath, m: float, confidence_level: float) -> list["_HybridTest"]:
    """Return a test for each step before that may be the worst one, and for each sign that it may have."""
    n_before, n_after = len(path.before), len(path.after)
    # Contrasts (rows) of all coefficients: each step before, up to the base, and each after, from it.
    before = np.column_stack([np.eye(n_before, k=1) - np.eye(n_before), np.zeros((n_before, n_after))])
    after = np.column_stack([np.zeros((n_after, n_before)), np.eye(n_after) - np.eye(n_after, k=-1)])
    return [
        _HybridTest.of(path, m, 1 - confidence_level, sign * step, after)
        for step in before
        for sign in (1, -1)
    ]


@dataclass(frozen=True)
class _HybridTest:
    """The test of a value of the effect against the moments (extreme rays of the dual program, normalised).

    A moment is a + b·(effect − θ) in expectation at most nil under the hypothesis; ``constants`` (R,), ``slopes`` (R,) and
    ``covariance`` (R, R). Andrews, Roth and Pakes' statistic, the value of a linear program over the nuisance, is by duality
    the largest moment over the dual's vertices. For ΔRM they are known: with c_t what the effect moves by when step t
    does, the two signed sums of steps weighted by \\|c_t\\|, and for each step the sum of its two sides.
    """

    constants: np.ndarray
    slopes: np.ndarray
    covariance: np.ndarray
    alpha: float
    centre: float
    scale: float

    @classmethod
    def of(
        cls, path: EventPath, m: float, alpha: float, worst: np.ndarray, after: np.ndarray
    ) -> "_HybridTest":
        """Return the test where ``worst`` (T + S,) is the worst step, a contrast, and ``after`` (S, T + S) are the steps."""
        moved = np.cumsum(path.weights[::-1])[::-1]
        # Errors of the inequalities ±(step after) − m·(worst step) ≤ 0, in whose units the moments are.
        errors = {}
        for side in (1, -1):
            rows = side * after - m * worst
            errors[side] = np.sqrt(np.einsum("ij,jk,ik->i", rows, path.covariance, rows))
        up = np.abs(moved) @ np.where(moved >= 0, errors[1], errors[-1])
        down = np.abs(moved) @ np.where(moved >= 0, errors[-1], errors[1])
        scales = np.r_[up, down, errors[1] + errors[-1]]
        slopes = np.r_[1.0, -1.0, np.zeros(len(after))] / scales
        reach = m * np.r_[[np.abs(moved).sum()] * 2, np.full(len(after), 2.0)] / scales
        effect = np.r_[np.zeros(len(path.before)), path.weights]
        contrasts = slopes[:, None] * effect - reach[:, None] * worst
        step = float(worst @ np.r_[path.before, path.after])
        covariance = contrasts @ path.covariance @ contrasts.T
        return cls(
            constants=-reach * step,
            slopes=slopes,
            covariance=covariance,
            alpha=alpha,
            centre=path.effect,
            scale=path.standard_error,
        )

    @cached_property
    def _least_favourable(self) -> float:
        """The 1 − κ quantile of the largest moment where all are nil in expectation.

        The moments are linear in two normal variables, so in polar coordinates the chance that the largest exceeds c is
        the mean over directions of exp(−c²/2g²), with g the largest moment in a direction: no simulation is needed.
        """
        values, vectors = np.linalg.eigh(self.covariance)
        loadings = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))
        largest = (loadings @ _DIRECTIONS).max(axis=0)
        largest = largest[largest > 0]
        level = self.alpha * _FIRST_STAGE

        def excess(c: float) -> float:
            return float(np.exp(-((c / largest) ** 2) / 2).sum()) / len(_ANGLES) - level

        return float(brentq(excess, 0.0, 20 * float(largest.max()))) if excess(0.0) > 0 else 0.0

    def rejects(self, theta: np.ndarray) -> np.ndarray:
        """Return which values of the effect (n,) the hybrid test rejects."""
        moments = self.constants[:, None] + self.slopes[:, None] * (self.centre - theta)
        best = moments.argmax(axis=0)
        columns = np.arange(len(theta))
        largest = moments[best, columns]
        variance = self.covariance[best, best]
        # What of the other moments is independent of the largest bounds the values at which it stays the largest.
        ratio = self.covariance[:, best] / np.where(variance > _NIL, variance, 1.0)
        rest = moments - ratio * largest
        with np.errstate(divide="ignore", invalid="ignore"):
            bounds = rest / (1 - ratio)
        low = np.where(ratio < 1 - 1e-9, bounds, -np.inf).max(axis=0)
        high = np.where(ratio > 1 + 1e-9, bounds, np.inf).min(axis=0)
        critical = self._least_favourable
        error = np.sqrt(np.maximum(variance, 0))
        level = (self.alpha - self.alpha * _FIRST_STAGE) / (1 - self.alpha * _FIRST_STAGE)
        cut = _truncated_quantile(1 - level, low, np.minimum(high, critical), error)
        rejected: np.ndarray = (largest > critical) | ((variance > _NIL) & (largest > np.maximum(cut, 0.0)))
        return rejected

    def rejects_from_zero(self, side: int) -> bool:
        """Return whether zero and all that lies beyond it on one side (−1 or 1) is rejected."""
        reach = self.scale
        while not self.rejects(self.centre + side * np.array([reach, 1.2 * reach])).all():
            reach *= 1.5
        return bool(self.rejects(side * np.linspace(0, abs(self.centre) + 1.2 * reach, 100)).all())

    def end(self, side: int) -> float:
        """Return the farthest value on one side (−1 or 1) that the test doesn't reject, to a ten-thousandth of an error."""
        reach = self.scale
        while not self.rejects(self.centre + side * np.array([reach, 1.2 * reach])).all():
            reach *= 1.5
        # Rejected values may have holes between them near the estimate: the outermost value that stands is wanted.
        grid = self.centre + side * np.linspace(-reach, 1.2 * reach, 401)
        stands = np.flatnonzero(~self.rejects(grid))
        if not len(stands):
            return -side * math.inf
        inside, outside = grid[stands[-1]], grid[min(stands[-1] + 1, len(grid) - 1)]
        while abs(outside - inside) > 1e-4 * self.scale:
            between = np.linspace(inside, outside, 12)
            last = np.flatnonzero(~self.rejects(between))[-1]
            inside, outside = between[last], between[min(last + 1, 11)]
        return float(inside)


def _truncated_quantile(level: float, low: np.ndarray, high: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Return the quantile of a normal variable of mean nil between two bounds, from upper tails, where chances are small.

    All (n,). Where the bounds leave no room the lower one is returned.
    """
    scale = np.where(error > 0, error, 1.0)
    # By the functions themselves: asked for thousands of times, scipy.stats' checks would take longer than they do.
    above_low, above_high = ndtr(-low / scale), ndtr(-high / scale)
    quantile = -ndtri(above_low + level * (above_high - above_low)) * scale
    return np.where(above_low > above_high, np.clip(quantile, low, high), low)


class Smoothness:
    """Fixed-length honest intervals of an event study's effect under smoothness, for any M.

    The estimator is the effect less a weighted sum of the steps before, with weights that take out any straight line. How
    small its error can be for a given worst bias doesn't depend on M, so that the trade-off is computed once, as the path
    of a lasso (worst bias is M times a sum of absolute values), and each M picks its best point.
    """

    def __init__(self, path: EventPath, confidence_level: float = 0.95) -> None:
        self._alpha = 1 - confidence_level
        n_before, n_after = len(path.before), len(path.after)
        ahead = np.arange(1, n_after + 1)
        target = float(ahead @ path.weights)
        # u, the running sums of the weights on steps, ends at ``target``; estimator = v(u) @ coefficients.
        to_weights = np.eye(n_before) - np.eye(n_before, k=-1)
        steps = np.eye(n_before) - np.eye(n_before, k=-1)
        slopes = np.vstack([steps @ to_weights, np.zeros((n_after, n_before))])
        start = np.r_[np.zeros(n_before), path.weights] + slopes[:, -1] * target
        free = slopes[:, :-1]
        running = _lasso_path(free.T @ path.covariance @ free, free.T @ path.covariance @ start)
        directions = start + running @ free.T
        # Bias of the steps after the event: M at each bend, with what it moves the effect by later on.
        bends = sum(abs(float(np.arange(1, s + 1) @ path.weights[n_after - s :])) for s in ahead)
        self._bias = bends - target + np.abs(running).sum(axis=1) + abs(target)
        self._error = np.sqrt(np.einsum("ij,jk,ik->i", directions, path.covariance, directions))
        self._centre = directions @ np.r_[path.before, path.after]

    def interval(self, m: float) -> tuple[float, float]:
        """Return the honest interval where the slope changes by at most ``m`` outcome units a year from year to year.

        Raises RequestError for a negative ``m``.
        """
        if m < 0:
            raise RequestError(f"m {m} is below nil")
        half = _folded_quantile(m * self._bias / self._error, 1 - self._alpha) * self._error
        best = int(half.argmin())
        return float(self._centre[best] - half[best]), float(self._centre[best] + half[best])


def _lasso_path(gram: np.ndarray, slope: np.ndarray, points: int = 200) -> np.ndarray:
    """Return minimisers (n, k) of u'Gu/2 + s'u + λ·sum|u| from the λ at which all are nil down to λ = 0."""
    if not len(slope):
        return np.zeros((1, 0))
    unit = np.trace(gram) / len(slope)
    alphas, _, knots = lars_path_gram(-slope / unit, gram / unit, n_samples=1, method="lasso", alpha_min=0.0)
    shares = np.linspace(0, 1, points)[:, None]
    parts = [knots[:, i] + shares * (knots[:, i + 1] - knots[:, i]) for i in range(len(alphas) - 1)]
    return np.vstack([knots[:, :1].T, *parts])


def _folded_quantile(shift: np.ndarray, level: float) -> np.ndarray:
    """Return the quantile of the size of a normal variable with mean ``shift`` (n,) and variance 1, by Newton's method."""
    # By the functions themselves, as in ``_truncated_quantile``.
    quantile: np.ndarray = shift + ndtri((1 + level) / 2)
    for _ in range(50):
        excess = ndtr(quantile - shift) - ndtr(-quantile - shift) - level
        densities = np.exp(-((quantile - shift) ** 2) / 2) + np.exp(-((quantile + shift) ** 2) / 2)
        quantile = quantile - excess / (densities / math.sqrt(2 * math.pi))
        if np.abs(excess).max() < 1e-13:
            break
    return quantile
