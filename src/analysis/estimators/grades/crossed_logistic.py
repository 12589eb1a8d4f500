"""Logistic regression with crossed random intercepts, all of them integrated out by Laplace's approximation.

Model: log odds of y = 1 are x·β + Σ σ_k·u_k, u_k standard normal, one for each value of each of ``groups`` (an authority,
a year). The likelihood of β and the σ together is that of lme4's glmer with nAGQ = 1 and of glmmTMB (Bates, Mächler, Bolker
and Walker 2015; Brooks and others 2017): the height at the likeliest u over the root of the curvature there. It is maximised
with its exact gradient; standard errors are from the observed information, so they allow for not knowing the σ. ``crossed``
holds the cheaper form, which also takes ordered grades.
"""

from dataclasses import dataclass, field

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
    """``outcome``: 0 or 1, shape (rows,); ``terms``: a constant and standardised terms, (rows, 1 + terms); ``members``: by
    group, indicators of its values, (rows, values).
    """

    outcome: np.ndarray
    terms: np.ndarray
    members: tuple[np.ndarray, ...]


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
    members = tuple(_indicators(used[name], name) for name in asked.groups)
    rows = _Rows(outcome, np.column_stack([np.ones(len(used)), scaled]), members)

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
        n_groups={name: part.shape[1] for name, part in zip(asked.groups, members, strict=True)},
        log_likelihood=value,
        aic=2 * count - 2 * value,
        bic=count * float(np.log(len(used))) - 2 * value,
        n_observations=len(used),
        n_dropped_incomplete=len(frame) - len(used),
        specification=asked,
    )


def _indicators(values: pd.Series, name: str) -> np.ndarray:
    codes, levels = pd.factorize(values, sort=True)
    if len(levels) < 2:
        raise DataError(f"{name}: {len(levels)} value; two are the fewest for a random intercept")
    indicators: np.ndarray = np.eye(len(levels))[codes]
    return indicators


def _maximised(rows: _Rows) -> np.ndarray:
    """Return the likeliest constant, slopes and σ; the constant starts at the outcome's share, each σ at a half."""
    share = rows.outcome.mean()
    start = np.zeros(rows.terms.shape[1] + len(rows.members))
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

    With A = [σ_1 Z_1, σ_2 Z_2, …], f(u) = Σ log p − u·u/2 is highest at û, and the likelihood is f(û) − log|H|/2 with
    H = I + A'WA, W = p(1 − p). Its gradient allows for û's moving with the parameters: H dû = d(∂f/∂u).
    """
    n_fixed = rows.terms.shape[1]
    sds = point[n_fixed:]
    loading = np.hstack([sd * part for sd, part in zip(sds, rows.members, strict=True)])
    fixed = rows.terms @ point[:n_fixed]
    mode = _mode(rows.outcome, fixed, loading)
    linear = fixed + loading @ mode
    probability = expit(linear)
    weight = probability * (1 - probability)
    curvature = np.eye(len(mode)) + loading.T @ (weight[:, None] * loading)
    inverse = np.linalg.inv(curvature)
    height = float(rows.outcome @ linear - np.logaddexp(0, linear).sum() - mode @ mode / 2)
    value = height - float(np.linalg.slogdet(curvature)[1]) / 2

    residual = rows.outcome - probability
    # What log|H| gains where a row's linear predictor grows: the weight's own slope times the row's leverage.
    bent = weight * (1 - 2 * probability) * ((loading @ inverse) * loading).sum(axis=1)
    moved = rows.terms - loading @ (inverse @ (loading.T @ (weight[:, None] * rows.terms)))
    gradient = [rows.terms.T @ residual - moved.T @ bent / 2]
    first = 0
    for part in rows.members:
        own = slice(first, first + part.shape[1])
        first = own.stop
        along = part @ mode[own]
        push = -loading.T @ (weight * along)
        push[own] += part.T @ residual
        shifted = along + loading @ (inverse @ push)
        spread = 2 * np.sum(inverse[:, own] * (loading.T @ (weight[:, None] * part)))
        gradient.append(np.array([residual @ along - (bent @ shifted + spread) / 2]))
    return value, np.concatenate(gradient)


def _mode(outcome: np.ndarray, fixed: np.ndarray, loading: np.ndarray) -> np.ndarray:
    """Return the likeliest u by Newton's steps, halved where they would overshoot; the height is concave, so it is one."""

    def height(at: np.ndarray) -> float:
        linear = fixed + loading @ at
        return float(outcome @ linear - np.logaddexp(0, linear).sum() - at @ at / 2)

    mode = np.zeros(loading.shape[1])
    now = height(mode)
    for _ in range(_STEPS):
        probability = expit(fixed + loading @ mode)
        slope = loading.T @ (outcome - probability) - mode
        curvature = np.eye(len(mode)) + loading.T @ ((probability * (1 - probability))[:, None] * loading)
        step = np.linalg.solve(curvature, slope)
        if np.abs(step).max() < _STILL:
            break
        while (new := height(mode + step)) < now - 1e-9 * (1 + abs(now)):
            step = step / 2
        mode, now = mode + step, new
    return mode
