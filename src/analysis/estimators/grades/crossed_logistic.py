"""Logistic regression with crossed random intercepts, all of them integrated out by Laplace's approximation.

Model: log odds of y = 1 are x·β + Σ σ_k·u_k, u_k standard normal, one for each value of each of ``groups`` (an authority,
a year). The likelihood of β and the σ together is that of lme4's glmer with nAGQ = 1 and of glmmTMB (Bates, Mächler, Bolker
and Walker 2015; Brooks and others 2017): the height at the likeliest u over the root of the curvature there. It is maximised
with its exact gradient; standard errors are from the observed information, so they allow for not knowing the σ. ``crossed``
holds the cheaper form, which also takes ordered grades.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from analysis.errors import DataError, RequestError, unknown

from .information import central_hessian, inverse_information
from .multilevel import FittedTerms, term_estimates
from .multilevel_data import check_separation, check_terms, complete_rows

_CONVERGED = 1e-4
_STEPS = 100
_STILL = 1e-12


@dataclass(frozen=True)
class CrossedLogisticSpecification:
    """The odds of ``outcome`` (0 or 1) on ``terms``, with a random intercept for each value of each of ``groups``.

    ``terms`` may be empty: the model of random intercepts alone. Raises RequestError for no groups, a column named twice
    or a confidence level outside (0, 1).
    """

    outcome: str
    terms: tuple[str, ...]
    groups: tuple[str, ...]
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple(self.terms))
        object.__setattr__(self, "groups", tuple(self.groups))
        if not self.groups:
            raise RequestError("groups: name one column at least")
        columns = [self.outcome, *self.groups, *self.terms]
        if repeated := sorted({name for name in columns if columns.count(name) > 1}):
            raise RequestError(f"'{repeated[0]}' stands more than once among outcome, groups and terms")
        if not 0 < self.confidence_level < 1:
            raise RequestError(f"confidence_level {self.confidence_level} is not between 0 and 1")


@dataclass(frozen=True)
class CrossedLogistic(FittedTerms):
    """A fitted model: ``group_sds`` by group, on the scale of log odds; ``thresholds`` holds the constant's negative."""

    group_sds: dict[str, float]
    n_groups: dict[str, int]
    log_likelihood: float
    aic: float
    bic: float
    n_observations: int
    n_dropped_incomplete: int
    specification: CrossedLogisticSpecification = field(repr=False)


@dataclass(frozen=True)
class _Rows:
    """``outcome``: 0 or 1, shape (rows,); ``terms``: a constant and standardised terms, (rows, 1 + terms); ``places``: which
    of all intercepts, group after group, a row has of each group, (rows, groups); ``sizes``: how many each group has.
    """

    outcome: np.ndarray
    terms: np.ndarray
    places: np.ndarray
    sizes: tuple[int, ...]

    @property
    def n_intercepts(self) -> int:
        """How many intercepts there are in all groups together."""
        return sum(self.sizes)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of ``values`` (rows,) over the rows of each intercept, (intercepts,)."""
        each = np.repeat(values, len(self.sizes))
        return np.bincount(self.places.ravel(), each, self.n_intercepts)

    def crossed_sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of ``values`` (rows,) over the rows that two intercepts share, (intercepts, intercepts)."""
        size = self.n_intercepts
        each = np.repeat(values, len(self.sizes) ** 2)
        return np.bincount(self._pairs, each, size**2).reshape(size, size)

    @cached_property
    def _pairs(self) -> np.ndarray:
        pairs: np.ndarray = self.places[:, :, None] * self.n_intercepts + self.places[:, None, :]
        return pairs.ravel()


def crossed_logistic(frame: pd.DataFrame, specification: CrossedLogisticSpecification) -> CrossedLogistic:
    """Fit ``specification`` by maximum likelihood on the rows of ``frame`` where everything it names is present.

    Raises RequestError for an unknown column or collinear terms; DataError where the data can't answer: no rows, one value
    of the outcome or of a group, terms that don't vary or tell outcomes apart, or a likelihood without a maximum.
    """
    asked = specification
    for column in (asked.outcome, *asked.groups, *asked.terms):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    used = complete_rows(frame, asked.outcome, asked.terms, asked.groups)
    outcome = used[asked.outcome].to_numpy(dtype=float)
    if set(outcome) != {0.0, 1.0}:
        raise DataError(f"{asked.outcome}: takes {len(set(outcome))} values, where 0 and 1 are needed")
    matrix = used[list(asked.terms)].to_numpy(dtype=float).reshape(len(used), len(asked.terms))
    centre, spread = matrix.mean(axis=0), matrix.std(axis=0)
    check_terms(matrix, spread, asked.terms)
    scaled = (matrix - centre) / spread
    check_separation(scaled, outcome.astype(int), asked.outcome)
    codes, sizes = zip(*(_numbered(used[name], name) for name in asked.groups), strict=True)
    places = np.column_stack(codes) + np.cumsum((0, *sizes[:-1]))
    rows = _Rows(outcome, np.column_stack([np.ones(len(used)), scaled]), places, sizes)

    best = _maximised(rows)
    n_fixed = 1 + len(asked.terms)
    covariance = inverse_information(
        -central_hessian(lambda point: _likelihood(rows, point)[1], best), f"{asked.outcome} by its groups"
    )
    slopes = best[1:n_fixed] / spread
    errors = np.sqrt(np.diag(covariance))[1:n_fixed] / spread
    value, count = _likelihood(rows, best)[0], len(best)
    return CrossedLogistic(
        terms=term_estimates(slopes, errors, asked.terms, asked.confidence_level),
        thresholds=(float(slopes @ centre - best[0]),),
        group_sds=dict(zip(asked.groups, map(abs, map(float, best[n_fixed:])), strict=True)),
        n_groups=dict(zip(asked.groups, sizes, strict=True)),
        log_likelihood=value,
        aic=2 * count - 2 * value,
        bic=count * float(np.log(len(used))) - 2 * value,
        n_observations=len(used),
        n_dropped_incomplete=len(frame) - len(used),
        specification=asked,
    )


def _numbered(values: pd.Series, name: str) -> tuple[np.ndarray, int]:
    """Return a number for each row's value, from zero, and how many values there are."""
    codes, levels = pd.factorize(values, sort=True)
    if len(levels) < 2:
        raise DataError(f"{name}: {len(levels)} value; two are the fewest for a random intercept")
    return codes, len(levels)


def _maximised(rows: _Rows) -> np.ndarray:
    """Return the likeliest constant, slopes and σ; the constant starts at the outcome's share, each σ at a half."""
    share = rows.outcome.mean()
    start = np.zeros(rows.terms.shape[1] + len(rows.sizes))
    start[0] = np.log(share / (1 - share))
    start[rows.terms.shape[1] :] = 0.5

    def negative(point: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _likelihood(rows, point)
        return -value, -gradient

    optimum = minimize(negative, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 500})
    if np.abs(optimum.jac).max() > _CONVERGED:
        raise DataError("the model with crossed intercepts has no maximum that can be found")
    best: np.ndarray = optimum.x
    return best


def _likelihood(rows: _Rows, point: np.ndarray) -> tuple[float, np.ndarray]:
    """Return Laplace's log likelihood at constant, slopes and σ, and its gradient, shape (parameters,).

    With A = [σ_1 Z_1, σ_2 Z_2, …], Z indicators of each group's values, f(u) = Σ log p − u·u/2 is highest at û, and the
    likelihood is f(û) − log|H|/2 with H = I + A'WA, W = p(1 − p). Its gradient allows for û's moving with the parameters:
    H dû = d(∂f/∂u). Products with A are sums by place: of its numbers all but one of each group are zero in a row.
    """
    n_fixed = rows.terms.shape[1]
    scale = np.repeat(point[n_fixed:], rows.sizes)
    fixed = rows.terms @ point[:n_fixed]
    mode, linear = _mode(rows, fixed, scale)
    probability = expit(linear)
    weight = probability * (1 - probability)
    crossed = scale[:, None] * rows.crossed_sums(weight)
    curvature = np.eye(len(mode)) + crossed * scale
    inverse = np.linalg.inv(curvature)
    height = float(rows.outcome @ linear - np.logaddexp(0, linear).sum() - mode @ mode / 2)
    value = height - float(np.linalg.slogdet(curvature)[1]) / 2

    residual = rows.outcome - probability
    # What log|H| gains where a row's linear predictor grows: the weight's own slope times the row's leverage.
    scaled = scale[:, None] * inverse * scale
    leverage = scaled[rows.places[:, :, None], rows.places[:, None, :]].sum(axis=(1, 2))
    bent = weight * (1 - 2 * probability) * leverage
    answered = inverse @ (scale * rows.sums(bent))
    # What the likelihood gains where a row's linear predictor grows, û having moved.
    gained = residual - (bent - weight * (scale * answered)[rows.places].sum(axis=1)) / 2
    own_share = answered * rows.sums(residual) / 2 + (inverse * crossed).sum(axis=0)
    along = mode[rows.places].T @ gained
    return value, np.concatenate(
        [rows.terms.T @ gained, along - np.add.reduceat(own_share, np.cumsum((0, *rows.sizes[:-1])))]
    )


def _mode(rows: _Rows, fixed: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the likeliest u, and the linear predictor with it, by Newton's steps, halved where they would overshoot.

    The height is concave, so there is one.
    """

    def at(mode: np.ndarray) -> tuple[np.ndarray, float]:
        linear = fixed + (scale * mode)[rows.places].sum(axis=1)
        return linear, float(rows.outcome @ linear - np.logaddexp(0, linear).sum() - mode @ mode / 2)

    mode = np.zeros(rows.n_intercepts)
    linear, now = at(mode)
    for _ in range(_STEPS):
        probability = expit(linear)
        slope = scale * rows.sums(rows.outcome - probability) - mode
        crossed = rows.crossed_sums(probability * (1 - probability))
        step = np.linalg.solve(np.eye(len(mode)) + scale[:, None] * crossed * scale, slope)
        if np.abs(step).max() < _STILL:
            break
        while (new := at(mode + step))[1] < now - 1e-9 * (1 + abs(now)):
            step = step / 2
        mode, (linear, now) = mode + step, new
    return mode, linear
