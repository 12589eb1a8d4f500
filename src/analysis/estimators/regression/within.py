"""What is left of variables once effects are taken out: means and lines of groups, dummies of times."""

from typing import TypeAlias

import numpy as np
import pandas as pd

Labels: TypeAlias = np.ndarray | pd.api.extensions.ExtensionArray
"""Which entity, or which time, each row is of."""
#: Variation below this share of a variable's own standard deviation is rounding, not variation.
NEGLIGIBLE = 1e-8


def sums_by(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return sums of ``values`` (n, …) by ``codes`` (n,), which number groups from zero and skip none."""
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        values, codes = values[order], codes[order]
    starts = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1])
    return np.add.reduceat(values, starts, axis=0)


def less_means(values: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ``values`` (n, m) less their weighted means by ``codes``."""
    means = sums_by(values * weights[:, None], codes) / sums_by(weights, codes)[:, None]
    left: np.ndarray = means[codes]
    # In place, for to have memory for one more large array takes longer than to fill it.
    np.subtract(values, left, out=left)
    return left


def less_lines(values: np.ndarray, codes: np.ndarray, weights: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Return ``values`` (n, m), means by ``codes`` taken out already, less each group's line over ``when`` (n,)."""
    steps = less_means(when[:, None], codes, weights)
    weighted = steps * weights[:, None]
    squares = sums_by(weighted * steps, codes)
    sums = sums_by(weighted * values, codes)
    slopes = np.divide(sums, squares, out=np.zeros_like(sums), where=squares > 0)
    left: np.ndarray = slopes[codes]
    left *= steps
    np.subtract(values, left, out=left)
    return left


def within(
    columns: np.ndarray, codes: np.ndarray, weights: np.ndarray, when: np.ndarray | None = None
) -> np.ndarray:
    """Return ``columns`` (n, m) less their means by ``codes``; what is then rounding beside its spread is zero.

    With ``when`` (n,) each group's line over it is taken out besides.
    """
    left = less_means(columns, codes, weights)
    if when is not None:
        left = less_lines(left, codes, weights, when)
    spread = np.einsum("nm,nm->m", columns, columns) - len(columns) * columns.mean(axis=0) ** 2
    left[:, np.einsum("nm,nm->m", left, left) <= NEGLIGIBLE**2 * np.abs(spread)] = 0
    return left


def dummies(codes: np.ndarray) -> np.ndarray:
    """Return a column of zeros and ones for each group but the first, (n, groups − 1)."""
    columns: np.ndarray = (codes[:, None] == np.arange(1, codes.max() + 1)).astype(float)
    return columns


def group_means(values: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each row the weighted mean of ``values`` (n, m) by ``codes``, summed in the order of rows.

    ``sums_by`` is faster and sums in another order. What follows from ``without_effects`` keeps this one: a quantile
    regression halts elsewhere where the last digit of its outcome moves.
    """
    totals = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(totals, codes, values * weights[:, None])
    means: np.ndarray = (totals / np.bincount(codes, weights)[:, None])[codes]
    return means


def _without_trends(
    centred: np.ndarray, codes: np.ndarray, time: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return what is centred within entities less each entity's least-squares line over ``time`` (n,)."""
    when = time.reshape(-1, 1) - group_means(time.reshape(-1, 1), codes, weights)
    squares = group_means(when**2, codes, weights)
    slopes = np.divide(
        group_means(when * centred, codes, weights), squares, out=np.zeros_like(centred), where=squares > 0
    )
    left: np.ndarray = centred - when * slopes
    return left


def without_effects(
    values: np.ndarray,
    entity: Labels,
    time: Labels,
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
    codes, periods = pd.factorize(entity)[0], pd.factorize(time)[0]
    stacked = np.column_stack([values, np.eye(periods.max() + 1)[periods]])
    left = stacked - group_means(stacked, codes, weights)
    if trends:
        left = _without_trends(left, codes, np.asarray(time, dtype=float), weights)
    variables, times = left[:, : values.shape[1]], left[:, values.shape[1] :]
    root = np.sqrt(weights)[:, None]
    residuals: np.ndarray = variables - times @ np.linalg.lstsq(times * root, variables * root, rcond=None)[0]
    return residuals
