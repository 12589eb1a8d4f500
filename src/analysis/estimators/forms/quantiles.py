"""Whether low, middle and high outcomes go with the exposure alike: quantile slopes with fixed effects."""

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


_STEPS = 1000
_STILL = 1e-5
"""An iteration ends where no coefficient moves by more: it is then as precise as the quantile itself."""
_SMALLEST_RESIDUAL = 1e-6


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

    First the two-way regression gives the effects of entities and times; then quantile regression of the outcome less
    those effects on exposure and controls (``quantile_coefficients``). Effects are taken to shift all quantiles alike, and
    need many years: with few, quantiles are drawn together. In standard deviations where the specification is standardised.

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
    sets = [_without_shifts(values, *keys[:2]), *_draws(values, keys, n_draws, seed)]
    outcomes, columns = zip(*sets, strict=True)
    counts = Counts.of(sample.rows)
    degrees = counts.n_clusters - 1
    rule = RULE.format(
        draws=n_draws, cluster=specification.cluster, n_clusters=counts.n_clusters, degrees=degrees
    )  # fmt: skip
    unit = 1.0 if specification.standardised else spread["outcome"] / spread["exposure"]
    effects = []
    for quantile in quantiles:
        slope, *drawn = quantile_coefficients(outcomes, columns, quantile)[:, 0]
        effect = effect_from_error(slope, np.std(drawn, ddof=1), degrees, counts, rule, specification)
        effects.append(QuantileEffect(quantile, effect.scaled(unit)))
    return tuple(effects)


def _without_shifts(
    values: np.ndarray, entity: np.ndarray, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outcome (n,) less effects, and exposure, controls and ones (n, k), of ``values`` (n, variables)."""
    left = without_effects(values, entity, time)
    slopes = np.linalg.lstsq(left[:, 1:], left[:, 0], rcond=None)[0]
    regressors = values[:, 1:]
    # Outcome less effects: the fitted line with its residual, without what entity and time account for.
    shifted = regressors @ slopes + left[:, 0] - left[:, 1:] @ slopes
    return shifted, np.column_stack([regressors, np.ones(len(values))])


def quantile_coefficients(
    outcomes: Sequence[np.ndarray], columns: Sequence[np.ndarray], quantile: float
) -> np.ndarray:
    """Return the coefficients (d, k) of the regressions of a quantile in d data sets.

    ``outcomes``: the outcome of each, (n,); ``columns``: what it is regressed on, (n, k); each has an n of its own. Least
    squares, weighted anew at each step by the check loss over the squared residual until coefficients rest (Birkes and Dodge
    1993), step for step that of statsmodels' QuantReg. This estimates a density and a covariance after each fit, for which a
    bootstrap has no use. Raises DataError where a step has no solution.
    """
    coefficients = np.ones((len(outcomes), columns[0].shape[1]))
    weighted, spare = list(columns), [np.empty_like(own) for own in columns]
    sides = np.array([1 - quantile, quantile])
    moving = list(range(len(outcomes)))
    for _ in range(_STEPS):
        # Only what costs more to begin than to do is done for all at once: of sums in another order the last digit differs,
        # and with it the step at which an iteration rests.
        try:
            inverses = np.linalg.pinv(np.array([weighted[j].T @ columns[j] for j in moving]))
        except np.linalg.LinAlgError as error:
            raise DataError(f"no slope at the quantile {quantile:g}: {error}") from error
        before = coefficients[moving]
        coefficients[moving] = [
            inverse @ (weighted[j].T @ outcomes[j]) for j, inverse in zip(moving, inverses, strict=True)
        ]
        rest = np.abs(coefficients[moving] - before).max(axis=1) <= _STILL
        moving = [j for j, rests in zip(moving, rest, strict=True) if not rests]
        if not moving:
            break
        for j in moving:
            residuals = outcomes[j] - columns[j] @ coefficients[j]
            sizes = np.maximum(np.abs(residuals), _SMALLEST_RESIDUAL)
            # The inverse of the weights, but for the constant q(1 - q).
            inverse_weights = sizes * sides.take(residuals < 0)
            weighted[j] = spare[j]
            for place in range(columns[j].shape[1]):  # a few long columns sooner than many short rows
                np.divide(columns[j][:, place], inverse_weights, out=weighted[j][:, place])
    return coefficients


def _draws(
    values: np.ndarray, keys: list[np.ndarray], n_draws: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return what `_without_shifts` gives of samples of whole clusters; a cluster drawn twice counts as two, with entities
    of its own.
    """
    entity, time, cluster = keys
    generator, n_clusters = np.random.default_rng(seed), cluster.max() + 1
    members = [np.flatnonzero(cluster == number) for number in range(n_clusters)]
    draws = []
    for _ in range(n_draws):
        drawn = [members[number] for number in generator.integers(0, n_clusters, n_clusters)]
        rows = np.concatenate(drawn)
        copies = np.repeat(np.arange(n_clusters), [len(member) for member in drawn]) * (entity.max() + 1)
        draws.append(_without_shifts(values[rows], copies + entity[rows], time[rows]))
    return draws
