"""What is left of a variable once entity and time effects are taken out."""

import numpy as np
import pandas as pd


def _group_means(values: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    totals = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(totals, codes, values * weights[:, None])
    means: np.ndarray = (totals / np.bincount(codes, weights)[:, None])[codes]
    return means


def _without_trends(
    centred: np.ndarray, codes: np.ndarray, time: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return what is centred within entities less each entity's least-squares line over ``time`` (n,)."""
    when = time.reshape(-1, 1) - _group_means(time.reshape(-1, 1), codes, weights)
    squares = _group_means(when**2, codes, weights)
    slopes = np.divide(
        _group_means(when * centred, codes, weights), squares, out=np.zeros_like(centred), where=squares > 0
    )
    left: np.ndarray = centred - when * slopes
    return left


def without_effects(
    values: np.ndarray,
    entity: np.ndarray,
    time: np.ndarray,
    weights: np.ndarray | None = None,
    trends: bool = False,
) -> np.ndarray:
    """Return ``values`` (rows × variables) less their entity and time effects, in the variables' own units.

    The residual of a (weighted) least-squares regression on a dummy for each entity and each time, by the
    theorem of Frisch, Waugh and Lovell: variables and time dummies are centred within entities, then
    regressed. Exact for unbalanced panels. With ``trends`` each entity's line over time, which must be numbers then,
    is taken out besides. Missing values aren't allowed.
    """
    values = np.asarray(values, dtype=float).reshape(len(entity), -1)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    codes, periods = pd.factorize(np.asarray(entity))[0], pd.factorize(np.asarray(time))[0]
    dummies = np.eye(periods.max() + 1)[periods]
    stacked = np.column_stack([values, dummies])
    centred = stacked - _group_means(stacked, codes, weights)
    if trends:
        centred = _without_trends(centred, codes, np.asarray(time, dtype=float), weights)
    variables, dummies = centred[:, : values.shape[1]], centred[:, values.shape[1] :]
    root = np.sqrt(weights)[:, None]
    coefficients = np.linalg.lstsq(dummies * root, variables * root, rcond=None)[0]
    left: np.ndarray = variables - dummies @ coefficients
    return left
