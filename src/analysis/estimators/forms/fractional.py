"""Shares as shares: a logit for fractions, with authorities' means in place of their effects."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.inference import Counts, Effect, effect_from_error
from analysis.estimators.regression.sample import Sample, estimation_sample, variable_names
from analysis.estimators.regression.small_sample import check_size
from analysis.estimators.regression.specification import Specification

RULE = (
    "Logit quasi-likelihood with entities' means (correlated random effects) and effects of time; average partial "
    "effect by the delta method, errors CR1 clustered by {cluster}, with G = {n_clusters} clusters; t({degrees})"
)


def fractional_response(frame: pd.DataFrame, specification: Specification, whole: float = 100.0) -> Effect:
    """Return the average partial effect of the exposure on a share out of ``whole`` (100 for per cent).

    Binomial quasi-likelihood with a logit (Papke and Wooldridge 1996) by statsmodels; entities' means over the rows used
    of every regressor stand in for entity effects, as in Papke and Wooldridge (2008), effects of time are dummies. In
    the outcome's unit per unit of the exposure, or in standard deviations of each where the specification is
    standardised. The error takes the rows' regressors as given.

    Raises DataError for shares outside 0 to ``whole`` and where nothing varies within entities; RequestError for another
    estimator than two-way, for trends, and for weights.
    """
    if specification.estimator != "two-way" or specification.has_trends or specification.weights:
        raise RequestError("a fractional response is estimated two-way, without trends and weights")
    sample = estimation_sample(frame, specification)
    check_size(sample.rows, specification)
    share = sample.rows["outcome"].to_numpy() / whole
    if share.min() < 0 or share.max() > 1:
        raise DataError(f"{specification.outcome}: not all between 0 and {whole:g}, so no shares")
    design, spread = _design(sample, specification)
    fitted = _fit(share, design, pd.factorize(sample.rows["cluster"])[0], specification)
    estimate, error = _average_partial_effect(fitted, design)
    counts = Counts.of(sample.rows)
    degrees = counts.n_clusters - 1
    rule = RULE.format(cluster=specification.cluster, n_clusters=counts.n_clusters, degrees=degrees)
    unit = whole / (sample.rows["outcome"].std() if specification.standardised else spread)
    return effect_from_error(estimate, error, degrees, counts, rule, specification).scaled(float(unit))


def _design(sample: Sample, specification: Specification) -> tuple[np.ndarray, float]:
    """Return regressors (n, k), the standardised exposure first, and the exposure's standard deviation."""
    names = [name for name in variable_names(specification) if name != "outcome"]
    values = sample.rows[names]
    spread = values.std()
    if not (spread > 0).all():
        flat = variable_names(specification)[spread.index[~(spread > 0)][0]]
        raise DataError(f"{flat}: the same value in all {len(values)} rows that are used")
    values = (values - values.mean()) / spread
    means = values.groupby(sample.rows["entity"]).transform("mean")
    times = pd.get_dummies(sample.rows["time"], drop_first=True, dtype=float)
    design = np.column_stack([values, means, times, np.ones(len(values))])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise DataError(
            f"{specification.exposure}: exposure, controls, their means and effects of {specification.time} "
            "repeat one another"
        )
    return design, float(spread["exposure"])


def _fit(share: np.ndarray, design: np.ndarray, clusters: np.ndarray, specification: Specification) -> Any:
    import statsmodels.api as sm

    if share.std() == 0:
        raise DataError(f"{specification.outcome}: the same value in all {len(share)} rows that are used")
    return sm.GLM(share, design, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}
    )


def _average_partial_effect(fitted: Any, design: np.ndarray) -> tuple[float, float]:
    """Return the mean of the first slope times μ (1 − μ), and its error by the delta method."""
    mean = fitted.fittedvalues
    slope, density = fitted.params[0], mean * (1 - mean)
    gradient = slope * (density * (1 - 2 * mean)) @ design / len(design)
    gradient[0] += density.mean()
    return float(slope * density.mean()), float(np.sqrt(gradient @ fitted.cov_params() @ gradient))
