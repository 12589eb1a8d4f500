"""Cumulative logit of ordered grades with terms of scale and nominal terms, as R's ordinal::clm has them.

Model: P(y ≤ k) = F((threshold_k + w·γ_k − x·β) / exp(z·ζ)), F logistic (McCullagh 1980; Christensen 2019). Terms of
``scale`` (z) say where grades are spread more, in the logarithm; ``nominal`` terms (w) have an effect of their own at each
threshold, where proportional odds would hold them to one. Without either it is statsmodels' OrderedModel. Maximum
likelihood; standard errors are from the observed information. No Python library has the scale and nominal terms.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from analysis.errors import DataError, RequestError, unknown

from .information import central_hessian, inverse_information
from .multilevel import FittedTerms, TermEstimate, term_estimates
from .multilevel_data import category_names, check_separation, check_terms, complete_rows

_CONVERGED = 1e-4
_SMALLEST = 1e-300


@dataclass(frozen=True)
class CumulativeSpecification:
    """The grade ``outcome`` (an ordered categorical or whole numbers) on ``terms``, ``scale`` and ``nominal`` terms.

    Raises RequestError for no terms, a column named twice among outcome, terms and nominal terms, one of ``scale`` named
    twice, or a confidence level outside (0, 1). A column may be a term and one of scale.
    """

    outcome: str
    terms: tuple[str, ...]
    scale: tuple[str, ...] = ()
    nominal: tuple[str, ...] = ()
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        for name in ("terms", "scale", "nominal"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.terms:
            raise RequestError("terms: name one column at least")
        for columns in ([self.outcome, *self.terms, *self.nominal], [self.outcome, *self.scale]):
            if repeated := sorted({name for name in columns if columns.count(name) > 1}):
                raise RequestError(f"'{repeated[0]}' stands more than once among outcome and terms")
        if not 0 < self.confidence_level < 1:
            raise RequestError(f"confidence_level {self.confidence_level} is not between 0 and 1")


@dataclass(frozen=True)
class Cumulative(FittedTerms):
    """A fitted model. ``terms``: odds ratios of a higher category; ``scale_terms``: ratios of the spread for one unit more.

    ``nominal_terms``: by column, what one unit more multiplies the odds of each threshold's lower side by, from the lowest
    threshold up. ``thresholds`` are on the scale of log odds, where all columns are nil.
    """

    scale_terms: tuple[TermEstimate, ...]
    nominal_terms: dict[str, tuple[TermEstimate, ...]]
    log_likelihood: float
    aic: float
    bic: float
    n_observations: int
    n_dropped_incomplete: int
    categories: tuple[str, ...]
    specification: CumulativeSpecification = field(repr=False)


@dataclass(frozen=True)
class _Rows:
    """``outcome``: category numbers from 0, (rows,); ``terms``, ``scale`` and ``nominal``, (rows, columns of each)."""

    outcome: np.ndarray
    terms: np.ndarray
    scale: np.ndarray
    nominal: np.ndarray

    @property
    def n_thresholds(self) -> int:
        return int(self.outcome.max())

    def parts(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return slopes, scale terms, thresholds, and nominal terms of shape (columns, thresholds), of a point."""
        ends = np.cumsum([self.terms.shape[1], self.scale.shape[1], self.n_thresholds])
        slopes, scale, thresholds, nominal = np.split(point, ends)
        return slopes, scale, thresholds, nominal.reshape(-1, self.n_thresholds)


def cumulative(frame: pd.DataFrame, specification: CumulativeSpecification) -> Cumulative:
    """Fit ``specification`` by maximum likelihood on the rows of ``frame`` where everything it names is present.

    Raises RequestError for an unknown column or collinear terms; DataError where the data can't answer: no rows, one
    category, terms that don't vary or tell categories apart completely, or a likelihood without a peak.
    """
    asked = specification
    columns = tuple(dict.fromkeys((*asked.terms, *asked.scale, *asked.nominal)))
    for column in (asked.outcome, *columns):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    used = complete_rows(frame, asked.outcome, columns)
    codes, categories = pd.factorize(used[asked.outcome], sort=True)
    if len(categories) < 2:
        raise DataError(
            f"{asked.outcome}: {len(categories)} value in {len(used)} complete rows; two are needed"
        )
    matrix = used[list(columns)].to_numpy(dtype=float)
    centre, spread = matrix.mean(axis=0), matrix.std(axis=0)
    check_terms(matrix, spread, columns)
    scaled = pd.DataFrame((matrix - centre) / spread, columns=list(columns))
    check_separation(scaled.to_numpy(), codes, asked.outcome)

    def rows_of(values: pd.DataFrame) -> _Rows:
        three = (
            values[list(names)].to_numpy(dtype=float) for names in (asked.terms, asked.scale, asked.nominal)
        )
        return _Rows(codes, *three)

    standard = rows_of(scaled)
    best = _maximised(standard, asked.outcome)
    information = -central_hessian(lambda point: _likelihood(standard, point)[1], best)
    covariance = inverse_information(information, asked.outcome)
    to_own = _own_units(standard, pd.Series(centre, list(columns)), pd.Series(spread, list(columns)), asked)
    own = to_own(best)
    jacobian = _derivative(to_own, best)
    errors = np.sqrt(np.diag(jacobian @ covariance @ jacobian.T))
    level = asked.confidence_level
    slopes, scale, thresholds, nominal = standard.parts(own)
    of_slopes, of_scale, _, of_nominal = standard.parts(errors)
    value, count = _likelihood(rows_of(used), own)[0], len(best)
    names = category_names(frame[asked.outcome], categories)
    return Cumulative(
        terms=term_estimates(slopes, of_slopes, asked.terms, level),
        thresholds=tuple(map(float, thresholds)),
        scale_terms=term_estimates(scale, of_scale, asked.scale, level),
        nominal_terms={
            name: term_estimates(
                at, error, tuple(f"{name}, up to {category}" for category in names[:-1]), level
            )
            for name, at, error in zip(asked.nominal, nominal, of_nominal, strict=True)
        },
        log_likelihood=value,
        aic=2 * count - 2 * value,
        bic=count * float(np.log(len(used))) - 2 * value,
        n_observations=len(used),
        n_dropped_incomplete=len(frame) - len(used),
        categories=names,
        specification=asked,
    )


def _maximised(rows: _Rows, outcome: str) -> np.ndarray:
    """Return the likeliest point, from thresholds at the categories' shares and all else at nil."""
    shares = np.cumsum(np.bincount(rows.outcome))[:-1] / len(rows.outcome)
    n_before, n_nominal = rows.terms.shape[1] + rows.scale.shape[1], rows.nominal.shape[1] * rows.n_thresholds
    start = np.concatenate([np.zeros(n_before), np.log(shares / (1 - shares)), np.zeros(n_nominal)])

    def negative(point: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _likelihood(rows, point)
        return -value, -gradient

    optimum = minimize(negative, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 1000})
    if not np.isfinite(optimum.fun) or np.abs(optimum.jac).max() > _CONVERGED:
        raise DataError(f"{outcome}: the cumulative model has no maximum that can be found")
    best: np.ndarray = optimum.x
    return best


def _likelihood(rows: _Rows, point: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the log likelihood and its gradient, shape (parameters,)."""
    slopes, scale, thresholds, nominal = rows.parts(point)
    n = len(rows.outcome)
    spread = np.exp(rows.scale @ scale)[:, None]
    edges = (thresholds + rows.nominal @ nominal - (rows.terms @ slopes)[:, None]) / spread
    infinite = np.full((n, 1), np.inf)
    bounds = np.hstack([-infinite, edges, infinite])
    row = np.arange(n)
    upper, lower = bounds[row, rows.outcome + 1], bounds[row, rows.outcome]
    probability = np.maximum(expit(upper) - expit(lower), _SMALLEST)
    # What log p gains where a row's upper or lower bound moves up; at infinity nothing.
    up, down = (expit(side) * expit(-side) / probability for side in (upper, lower))
    by_edge = np.zeros((n, bounds.shape[1]))
    by_edge[row, rows.outcome + 1] += up
    by_edge[row, rows.outcome] -= down
    by_edge = by_edge[:, 1:-1]
    gradient = np.concatenate(
        [
            -rows.terms.T @ (by_edge / spread).sum(axis=1),
            -rows.scale.T @ (by_edge * edges).sum(axis=1),
            (by_edge / spread).sum(axis=0),
            (rows.nominal.T @ (by_edge / spread)).ravel(),
        ]
    )
    return float(np.log(probability).sum()), gradient


def _own_units(
    rows: _Rows, centre: pd.Series, spread: pd.Series, asked: CumulativeSpecification
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what takes a point from standardised columns to columns in their own units.

    A scale term that isn't less its mean any more multiplies every threshold and slope by exp(mean·ζ); a term or nominal
    term moves the thresholds.
    """

    spreads, centres = (
        [values[list(names)].to_numpy() for names in (asked.terms, asked.scale, asked.nominal)]
        for values in (spread, centre)
    )

    def change(point: np.ndarray) -> np.ndarray:
        slopes, scale, thresholds, nominal = rows.parts(point)
        slopes, scale, nominal = slopes / spreads[0], scale / spreads[1], nominal / spreads[2][:, None]
        thresholds = thresholds + slopes @ centres[0] - centres[2] @ nominal
        stretch = np.exp(scale @ centres[1])
        return np.concatenate([stretch * slopes, scale, stretch * thresholds, (stretch * nominal).ravel()])

    return change


def _derivative(change: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """Return the derivative of ``change`` at a point, shape (parameters, parameters), by central differences."""
    step = 1e-6
    columns = [(change(at + part) - change(at - part)) / (2 * step) for part in np.eye(len(at)) * step]
    return np.column_stack(columns)
