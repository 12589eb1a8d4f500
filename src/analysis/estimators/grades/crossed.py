"""Multilevel models with two crossed random intercepts: of the group, such as an authority, and of another, such as a year.

Model: P(y ≤ k) = F(threshold_k − x·β − σ·u − τ·v), F logistic, u and v standard normal, one u a group and one v a value of
``crossed``. The likelihood given v is the multilevel one, its integral over u by Gauss–Hermite quadrature (``multilevel``).
The integral over the v, which don't part by group, is Laplace's approximation (Breslow and Clayton 1993; as in lme4's glmer:
Bates, Mächler, Bolker and Walker 2015): with few values of ``crossed`` that each have many rows it is nearly exact. As in
glmer with nAGQ = 0, slopes, thresholds and σ are taken where they and v are likeliest together, for each τ; τ is where the
approximated likelihood is highest. Errors of slopes allow for v's and σ's, not for τ's.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize, minimize_scalar

from analysis.errors import DataError, RequestError

from .information import central_hessian
from .multilevel import (
    FittedTerms,
    MultilevelSpecification,
    log_likelihood,
    natural_jacobian,
    natural_parameters,
    starting_point,
    term_estimates,
)
from .multilevel_data import MultilevelData, multilevel_data

LARGEST_SD = 5.0
"""The largest standard deviation of the crossed intercept that is looked for, on the scale of log odds."""
_NIL = 1e-3
_CONVERGED = 1e-2


@dataclass(frozen=True)
class Crossed(FittedTerms):
    """A fitted model with crossed intercepts: ``group_sd`` and ``crossed_sd`` are their standard deviations.

    ``crossed_effects``: by value of ``crossed``, the mode of its intercept on the scale of log odds. ``log_likelihood`` is
    Laplace's. ``crossed_sd`` of 0 says that the likelihood is highest without that intercept.
    """

    group_sd: float
    crossed_sd: float
    crossed_effects: dict[str, float] = field(repr=False)
    log_likelihood: float
    n_observations: int
    n_groups: int
    n_crossed: int
    n_dropped_incomplete: int
    categories: tuple[str, ...]
    crossed: str
    specification: MultilevelSpecification = field(repr=False)


def crossed_multilevel(frame: pd.DataFrame, specification: MultilevelSpecification, crossed: str) -> Crossed:
    """Fit ``specification`` with a second random intercept for each value of the numeric column ``crossed``.

    Raises RequestError where ``crossed`` is among the specification's columns or unknown, and what ``multilevel`` raises;
    DataError where ``crossed`` has fewer than three values, or no maximum is found.
    """
    if crossed in (specification.outcome, specification.group, *specification.terms):
        raise RequestError(f"crossed: '{crossed}' is among outcome, group and terms already")
    terms = specification.terms
    # The column goes along as a term, so that rows are sorted and dropped together with its values, and is taken out again.
    data = multilevel_data(frame, specification.outcome, (*terms, crossed), specification.group)
    if specification.kind == "logistic" and len(data.categories) != 2:
        raise DataError(
            f"{specification.outcome}: {len(data.categories)} values, where a logistic model takes two"
        )
    values, members = np.unique(
        np.round(data.terms[:, -1] * data.spread[-1] + data.centre[-1], 6), return_inverse=True
    )
    if len(values) < 3:
        raise DataError(f"{crossed}: {len(values)} values; three are the fewest for a random intercept")
    n_terms = len(terms)
    wide = replace(data, terms=np.column_stack([data.terms[:, :n_terms], np.eye(len(values))[members]]))
    own = slice(n_terms, n_terms + len(values))

    seen: dict[float, tuple[float, np.ndarray]] = {}

    def negative(log_sd: float) -> float:
        seen[log_sd] = _at(wide, own, float(np.exp(log_sd)))
        return -seen[log_sd][0]

    best = minimize_scalar(
        negative, bounds=(np.log(_NIL), np.log(LARGEST_SD)), method="bounded", options={"xatol": 1e-3}
    )
    value, natural = seen[best.x]
    crossed_sd = float(np.exp(best.x))
    information = -central_hessian(lambda values: _penalised(wide, own, crossed_sd, values)[1], natural)
    covariance = np.linalg.inv(information)
    errors = np.sqrt(np.diag(covariance))[:n_terms] / data.spread[:n_terms]
    slopes = natural[:n_terms] / data.spread[:n_terms]
    thresholds = natural[own.stop : -1] + slopes @ data.centre[:n_terms]
    return Crossed(
        terms=term_estimates(slopes, errors, terms, specification.confidence_level),
        thresholds=tuple(map(float, thresholds)),
        group_sd=abs(float(natural[-1])),
        crossed_sd=0.0 if crossed_sd < 10 * _NIL else crossed_sd,
        crossed_effects={
            f"{level:g}": float(effect) for level, effect in zip(values, natural[own], strict=True)
        },
        log_likelihood=value,
        n_observations=len(data.outcome),
        n_groups=len(data.sizes),
        n_crossed=len(values),
        n_dropped_incomplete=data.n_dropped_incomplete,
        categories=data.categories,
        crossed=crossed,
        specification=specification,
    )


def _at(data: MultilevelData, own: slice, sd: float) -> tuple[float, np.ndarray]:
    """Return, for crossed intercepts of standard deviation ``sd``, Laplace's log likelihood and the likeliest parameters,
    with the intercepts among the slopes (``own``).
    """

    def negative(point: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _penalised(data, own, sd, natural_parameters(data, point))
        return -value, -natural_jacobian(data, point).T @ gradient

    start = np.append(starting_point(data)[:-1], 0.7)
    optimum = minimize(negative, start, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 500})
    if np.abs(optimum.jac).max() > _CONVERGED:
        raise DataError("the model with crossed intercepts has no maximum that can be found")
    natural = natural_parameters(data, optimum.x)

    def along(effects: np.ndarray) -> np.ndarray:
        values = natural.copy()
        values[own] = effects
        return _penalised(data, own, sd, values)[1][own]

    # The integral over effects b of exp(f − b²/2τ²) / (τ√2π): the height at the mode over the root of curvature × τ².
    curvature = np.linalg.slogdet(-central_hessian(along, natural[own]) * sd**2)[1]
    return -float(optimum.fun) - curvature / 2, natural


def _penalised(
    data: MultilevelData, own: slice, sd: float, parameters: np.ndarray
) -> tuple[float, np.ndarray]:
    value, gradient = log_likelihood(data, parameters)
    effects = parameters[own]
    gradient = gradient.copy()
    gradient[own] -= effects / sd**2
    return value - float((effects**2).sum()) / (2 * sd**2), gradient
