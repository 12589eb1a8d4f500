"""Multilevel logistic and proportional odds models: a random intercept for each group, by maximum likelihood.

Model: P(y ≤ k) = F(threshold_k − x·β − σ·u) with F logistic and u standard normal, one u a group (Hedeker and Gibbons
1994); two categories make it the multilevel logistic regression. The integral over u is summed by Gauss–Hermite
quadrature. No Python library has the ordinal one with standard errors; where σ is nil statsmodels' models are the same.
"""

import math
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeResult, minimize
from scipy.special import expit, ndtri
from scipy.stats import chi2, norm

from analysis.errors import DataError, RequestError, unknown
from analysis.files.as_json import plain_dict, renamed
from analysis.findings.interval import Inference

from .information import central_hessian
from .multilevel_data import MultilevelData, multilevel_data

Kind = Literal["logistic", "ordinal"]
KINDS: tuple[str, ...] = get_args(Kind)
LOGISTIC_VARIANCE = math.pi**2 / 3
"""Variance of the standard logistic distribution: that of the outcome's latent variable within a group."""
NODES = 41
_TOLERATED = 1e-3


@dataclass(frozen=True)
class MultilevelSpecification:
    """One model of ``outcome`` on ``terms`` with a random intercept for each value of ``group``.

    ``kind`` logistic: the outcome is 0 or 1 (or false and true), odds are of 1. Ordinal: an ordered categorical or whole
    numbers, odds are of a higher category. Raises RequestError for an unknown kind, no terms, a column named twice or a
    confidence level outside (0, 1).
    """

    outcome: str
    terms: tuple[str, ...]
    group: str = "authority_code"
    kind: Kind = "logistic"
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        if isinstance(self.terms, str):
            raise RequestError(f"terms: give a list of columns, not the text '{self.terms}'")
        object.__setattr__(self, "terms", tuple(self.terms))
        if self.kind not in KINDS:
            raise unknown("kind", str(self.kind), KINDS)
        if not self.terms:
            raise RequestError("terms: name one column at least")
        columns = [self.outcome, self.group, *self.terms]
        if repeated := sorted({name for name in columns if columns.count(name) > 1}):
            raise RequestError(f"'{repeated[0]}' stands more than once among outcome, group and terms")
        if not 0 < self.confidence_level < 1:
            raise RequestError(f"confidence_level {self.confidence_level} is not between 0 and 1")


@dataclass(frozen=True)
class TermEstimate(Inference):
    """One term's odds ratio with its interval, and the change of the log odds per unit of it with its standard error."""

    term: str
    log_odds: float
    standard_error: float

    def as_dict(self) -> dict[str, Any]:
        """Return the term as JSON values; its estimate is called ``odds_ratio``."""
        return renamed(vars(self), estimate="odds_ratio")


@dataclass(frozen=True)
class FittedTerms:
    """What fitted models of grades share: terms by name, and themselves as JSON."""

    terms: tuple[TermEstimate, ...]
    thresholds: tuple[float, ...]

    def term(self, name: str) -> TermEstimate:
        """Return one term's estimate; raises RequestError with the nearest right name."""
        by_name = {entry.term: entry for entry in self.terms}
        if name not in by_name:
            raise unknown("term", name, by_name)
        return by_name[name]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return plain_dict({**asdict(self), "terms": [term.as_dict() for term in self.terms]})


@dataclass(frozen=True)
class Multilevel(FittedTerms):
    """A fitted multilevel model.

    ``thresholds`` are on the scale of the log odds, one fewer than categories (the logistic model's constant is the
    negative of its one). ``group_sd`` is that of the random intercept; ``intraclass_correlation`` its share of the
    latent variance. ``single_level_p_value`` tests it against none: half of chi-squared's tail on one degree of freedom,
    since a variance has its boundary at nil (Self and Liang 1987). ``r2_marginal`` is the latent variance's share that
    the terms account for, ``r2_conditional`` terms and groups together (Nakagawa and Schielzeth 2013). ``covariance`` is
    that of the terms' log odds, shape (terms, terms).
    """

    group_sd: float
    intraclass_correlation: float
    log_likelihood: float
    single_level_log_likelihood: float
    single_level_p_value: float
    r2_marginal: float
    r2_conditional: float
    n_observations: int
    n_groups: int
    n_dropped_incomplete: int
    categories: tuple[str, ...]
    specification: MultilevelSpecification = field(repr=False)
    covariance: np.ndarray = field(repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values, without the covariance."""
        return {name: value for name, value in super().as_dict().items() if name != "covariance"}

    def contrast(self, first: str, second: str) -> TermEstimate:
        """Return how many times the odds ratio of one term is that of another, with its interval and the p value of no
        difference; of a figure's mean by authority and its deviations, Mundlak's (1978) test that both have one slope.

        Raises RequestError for an unknown term, and for a term set beside itself.
        """
        if first == second:
            raise RequestError(f"'{first}' is set beside itself; name two terms")
        weights = np.zeros(len(self.terms))
        for sign, name in ((1.0, first), (-1.0, second)):
            weights[self.terms.index(self.term(name))] += sign
        slopes = np.array([term.log_odds for term in self.terms])
        error = math.sqrt(weights @ self.covariance @ weights)
        (told,) = term_estimates(
            np.array([weights @ slopes]),
            np.array([error]),
            (f"{first} by {second}",),
            self.specification.confidence_level,
        )
        return told


def multilevel(frame: pd.DataFrame, specification: MultilevelSpecification) -> Multilevel:
    """Fit ``specification`` by maximum likelihood on the rows of ``frame`` where everything it names is present.

    Standard errors are from the observed information, p values and intervals normal (Wald). Raises RequestError for an
    unknown column or collinear terms; DataError where the data can't answer: no rows, one group, no group with two rows,
    one category, terms that don't vary, terms that tell categories apart completely (separation), or groups so alike
    within that quadrature fails.
    """
    data = multilevel_data(frame, specification.outcome, specification.terms, specification.group)
    if specification.kind == "logistic" and len(data.categories) != 2:
        raise DataError(
            f"{specification.outcome}: {len(data.categories)} values, where a logistic model takes two"
        )
    single = _maximised(data, starting_point(data), nodes=1)
    optimum = _maximised(data, np.append(single.x[:-1], 0.7), NODES)
    _check_quadrature(data, optimum, specification)
    natural = natural_parameters(data, optimum.x)
    natural[-1] = abs(natural[-1])
    return _result(data, natural, -float(optimum.fun), -float(single.fun), specification)


def starting_point(data: MultilevelData) -> np.ndarray:
    """Return slopes of nil, thresholds from the categories' shares, and no random intercept."""
    shares = np.cumsum(np.bincount(data.outcome, minlength=len(data.categories)))[:-1] / len(data.outcome)
    thresholds = np.log(shares / (1 - shares))
    gaps = np.log(np.diff(thresholds))
    return np.concatenate([np.zeros(data.terms.shape[1]), thresholds[:1], gaps, [0.0]])


def _maximised(data: MultilevelData, start: np.ndarray, nodes: int) -> OptimizeResult:
    """Maximise the likelihood over slopes, first threshold, logarithms of the gaps between thresholds, and σ."""

    def negative(point: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = log_likelihood(data, natural_parameters(data, point), nodes)
        return -value, -natural_jacobian(data, point).T @ gradient

    return minimize(negative, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 500})


def natural_parameters(data: MultilevelData, point: np.ndarray) -> np.ndarray:
    """Return slopes, thresholds and σ from the optimiser's parameters, in which thresholds can't cross."""
    first = data.terms.shape[1]
    steps = np.concatenate([point[first : first + 1], np.exp(point[first + 1 : -1])])
    return np.concatenate([point[:first], np.cumsum(steps), point[-1:]])


def natural_jacobian(data: MultilevelData, point: np.ndarray) -> np.ndarray:
    """Return the derivative of ``natural_parameters`` by the optimiser's, shape (parameters, parameters)."""
    first, size = data.terms.shape[1], len(point)
    jacobian = np.eye(size)
    steps = np.concatenate([[1.0], np.exp(point[first + 1 : -1])])
    jacobian[first : size - 1, first : size - 1] = np.tril(np.ones((len(steps), len(steps)))) * steps
    return jacobian


@cache
def _quadrature(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points and weights for an integral over a standard normal deviate; a fit asks for them at every step."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, weights


def probability_up_to(threshold: float, predictor: np.ndarray, group_sd: float) -> np.ndarray:
    """Return the probability of a category up to a threshold at log odds (rows,), over groups of standard deviation
    ``group_sd``.
    """
    points, weights = _quadrature(NODES)
    shares: np.ndarray = expit(threshold - predictor[:, None] - group_sd * points) @ (weights / weights.sum())
    return shares


def _log_of_summed(logs: np.ndarray) -> np.ndarray:
    """Return the logarithm of the sum of exp(``logs``), (rows, n), by row, as scipy's logsumexp without its checks.

    A fit asks for it thousands of times, and they take longer than the rest of the likelihood's sums.
    """
    rows, largest = np.arange(len(logs)), logs.argmax(axis=1)
    top = logs[rows, largest]
    others = np.exp(logs - top[:, None])
    others[rows, largest] = 0
    total: np.ndarray = np.log1p(others.sum(axis=1)) + top
    return total


def log_likelihood(
    data: MultilevelData, parameters: np.ndarray, nodes: int = NODES
) -> tuple[float, np.ndarray]:
    """Return the log likelihood and its gradient at slopes, thresholds and σ (shape: terms + categories).

    With one node the integral is at u = 0: the single-level likelihood.
    """
    points, weights = _quadrature(nodes)
    n_terms, sigma = data.terms.shape[1], parameters[-1]
    edges = np.concatenate([[-np.inf], parameters[n_terms:-1], [np.inf]])
    linear = (data.terms @ parameters[:n_terms])[:, None] + sigma * points
    below = expit(edges[data.outcome][:, None] - linear)
    upto = expit(edges[data.outcome + 1][:, None] - linear)
    probability = np.maximum(upto - below, 1e-300)
    by_group = np.add.reduceat(np.log(probability), data.starts, axis=0) + np.log(weights / weights.sum())
    total = _log_of_summed(by_group)
    posterior = np.repeat(np.exp(by_group - total[:, None]), data.sizes, axis=0)
    slope = posterior * (upto + below - 1)
    upper, lower = ((posterior * side * (1 - side) / probability).sum(axis=1) for side in (upto, below))
    at_edge = np.bincount(data.outcome + 1, upper, len(edges)) - np.bincount(data.outcome, lower, len(edges))
    gradient = np.concatenate([data.terms.T @ slope.sum(axis=1), at_edge[1:-1], [(slope @ points).sum()]])
    return float(total.sum()), gradient


def _check_quadrature(
    data: MultilevelData, optimum: OptimizeResult, specification: MultilevelSpecification
) -> None:
    """Raise where twice as many nodes give another likelihood, or the optimum isn't one."""
    finer, _ = log_likelihood(data, natural_parameters(data, optimum.x), 2 * NODES)
    if abs(finer + optimum.fun) > _TOLERATED or np.abs(optimum.jac).max() > _TOLERATED * len(data.outcome):
        raise DataError(
            f"{specification.outcome} by {specification.group}: {NODES} nodes of quadrature aren't enough; groups hardly "
            f"vary within, or are too large"
        )


def _result(
    data: MultilevelData,
    natural: np.ndarray,
    likelihood: float,
    single: float,
    specification: MultilevelSpecification,
) -> Multilevel:
    n_terms, sigma = data.terms.shape[1], float(natural[-1])
    information = -central_hessian(lambda point: log_likelihood(data, point)[1], natural)
    covariance = np.linalg.inv(information)[:n_terms, :n_terms] / np.outer(data.spread, data.spread)
    errors = np.sqrt(np.diag(covariance))
    slopes = natural[:n_terms] / data.spread
    explained, groups = float(np.var(data.terms @ natural[:n_terms])), sigma**2
    latent = explained + groups + LOGISTIC_VARIANCE
    return Multilevel(
        terms=term_estimates(slopes, errors, specification.terms, specification.confidence_level),
        thresholds=tuple(map(float, natural[n_terms:-1] + slopes @ data.centre)),
        group_sd=sigma,
        intraclass_correlation=groups / (groups + LOGISTIC_VARIANCE),
        log_likelihood=likelihood,
        single_level_log_likelihood=single,
        single_level_p_value=float(chi2.sf(max(2 * (likelihood - single), 0), 1) / 2),
        r2_marginal=explained / latent,
        r2_conditional=(explained + groups) / latent,
        n_observations=len(data.outcome),
        n_groups=len(data.sizes),
        n_dropped_incomplete=data.n_dropped_incomplete,
        categories=data.categories,
        specification=specification,
        covariance=covariance,
    )


def term_estimates(
    slopes: np.ndarray, errors: np.ndarray, names: tuple[str, ...], confidence_level: float
) -> tuple[TermEstimate, ...]:
    """Return named log odds and their errors, shapes (terms,), as odds ratios with normal intervals and p values."""
    z = float(ndtri((1 + confidence_level) / 2))
    return tuple(
        TermEstimate(
            term=name,
            log_odds=float(slope),
            standard_error=float(error),
            estimate=math.exp(slope),
            conf_low=math.exp(slope - z * error),
            conf_high=math.exp(slope + z * error),
            p_value=float(2 * norm.sf(abs(slope) / error)),
        )
        for name, slope, error in zip(names, slopes, errors, strict=True)
    )
