"""Whether low, middle and high outcomes go with the exposure alike: quantile slopes with fixed effects."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.estimate import fit_regression
from analysis.estimators.regression.inference import Counts, Effect, effect_from_error
from analysis.estimators.regression.sample import variable_names
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.within import without_effects
from analysis.files.as_json import plain_dict

QUANTILES = (0.25, 0.5, 0.75)
RULE = (
    "Quantile regression after effects are taken out of the outcome; the error is the standard deviation over "
    "{draws} samples of whole clusters ({cluster}, {n_clusters} of them), both steps anew in each; t({degrees})"
)


@dataclass(frozen=True)
class QuantileEffect:
    """The exposure's slope at one quantile of the outcome, effects taken out."""

    quantile: float
    effect: Effect

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return plain_dict({"quantile": self.quantile, "effect": self.effect.as_dict()})


def quantile_effects(
    frame: pd.DataFrame, specification: Specification, quantiles: Sequence[float] = QUANTILES,
    n_draws: int = 199, seed: int = 0,
) -> tuple[QuantileEffect, ...]:  # fmt: skip
    """Return slopes at ``quantiles`` by Canay's (2011) two steps, with a bootstrap over clusters.

    First the two-way regression gives the effects of entities and times; then quantile regression (statsmodels) of the
    outcome less those effects on exposure and controls. Effects are taken to shift all quantiles alike, and need many
    years: with few, quantiles are drawn together. In standard deviations where the specification is standardised.

    Raises RequestError for another estimator than two-way, trends, weights, fewer than 20 draws, or quantiles outside
    (0, 1); else as ``estimate`` does.
    """
    if specification.estimator != "two-way" or specification.has_trends or specification.weights:
        raise RequestError("quantile effects are estimated two-way, without trends and weights")
    if not quantiles or not all(0 < quantile < 1 for quantile in quantiles):
        raise RequestError(f"quantiles {tuple(quantiles)}: each must lie between 0 and 1")
    if n_draws < 20:
        raise RequestError(f"draws: {n_draws}; an error from draws needs 20 at least")
    fitted = fit_regression(frame, specification)
    sample, spread, scaled = fitted.sample, fitted.spread, fitted.scaled
    values = scaled[list(variable_names(specification))].to_numpy()
    keys = [pd.factorize(scaled[name])[0] for name in ("entity", "time", "cluster")]
    estimates = _slopes(values, keys[0], keys[1], quantiles)
    draws = _draws(values, keys, quantiles, n_draws, seed)
    counts = Counts.of(sample.rows)
    degrees = counts.n_clusters - 1
    rule = RULE.format(
        draws=n_draws, cluster=specification.cluster, n_clusters=counts.n_clusters, degrees=degrees
    )  # fmt: skip
    unit = 1.0 if specification.standardised else spread["outcome"] / spread["exposure"]
    return tuple(
        QuantileEffect(
            quantile,
            effect_from_error(slope, drawn.std(ddof=1), degrees, counts, rule, specification).scaled(unit),
        )
        for quantile, slope, drawn in zip(quantiles, estimates, draws.T, strict=True)
    )


def _slopes(
    values: np.ndarray, entity: np.ndarray, time: np.ndarray, quantiles: Sequence[float]
) -> np.ndarray:
    """Return the slopes (q,) of ``values`` (n, variables): outcome, exposure, controls."""
    import statsmodels.api as sm

    left = without_effects(values, entity, time)
    slopes = np.linalg.lstsq(left[:, 1:], left[:, 0], rcond=None)[0]
    regressors = values[:, 1:]
    # Outcome less effects: the fitted line with its residual, without what entity and time account for.
    shifted = regressors @ slopes + left[:, 0] - left[:, 1:] @ slopes
    model = sm.QuantReg(shifted, np.column_stack([regressors, np.ones(len(values))]))
    with warnings.catch_warnings():
        # Where the iteration halts is a point of the same precision as the quantile itself.
        warnings.simplefilter("ignore")
        return np.array([_slope(model, quantile) for quantile in quantiles])


def _slope(model: Any, quantile: float) -> float:
    try:
        return float(model.fit(q=quantile, p_tol=1e-5).params[0])
    except (ValueError, np.linalg.LinAlgError) as error:
        raise DataError(f"no slope at the quantile {quantile:g}: {error}") from error


def _draws(
    values: np.ndarray, keys: list[np.ndarray], quantiles: Sequence[float], n_draws: int, seed: int
) -> np.ndarray:
    """Return slopes (B, q) in samples of whole clusters; a cluster drawn twice counts as two, with entities of its own."""
    entity, time, cluster = keys
    generator, n_clusters = np.random.default_rng(seed), cluster.max() + 1
    members = [np.flatnonzero(cluster == number) for number in range(n_clusters)]
    slopes = np.empty((n_draws, len(quantiles)))
    for draw in range(n_draws):
        drawn = [members[number] for number in generator.integers(0, n_clusters, n_clusters)]
        rows = np.concatenate(drawn)
        copies = np.repeat(np.arange(n_clusters), [len(member) for member in drawn]) * (entity.max() + 1)
        slopes[draw] = _slopes(values[rows], copies + entity[rows], time[rows], quantiles)
    return slopes
