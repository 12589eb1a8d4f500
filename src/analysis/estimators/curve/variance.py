"""Which choices move the estimates of a curve: shares of their variance by axis."""

import numpy as np
import pandas as pd


def _spread_between(estimates: np.ndarray, codes: np.ndarray) -> float:
    """Return the sum of squares between the means of groups that are numbered by ``codes``."""
    sizes = np.bincount(codes)
    means = np.bincount(codes, estimates - estimates.mean()) / np.maximum(sizes, 1)
    return float(sizes @ means**2)


def _crossed(codes: list[np.ndarray], n: int) -> np.ndarray:
    """Number the combinations of several groupings (n,), one by one so that numbers stay small."""
    crossed = np.zeros(n, dtype=np.intp)
    for grouping in codes:
        crossed = np.unique(crossed * (grouping.max() + 1) + grouping, return_inverse=True)[1]
    return crossed


def axis_shares(frame: pd.DataFrame, estimates: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
    """Return for each axis with several choices its share of the estimates' variance, alone and in all; largest first.

    ``frame`` has a column an axis and a row an estimate. Alone: between the means of the axis's choices (the main
    effect of an analysis of variance, η²). In all: what is left between estimates alike in every other axis, the
    axis's part in interactions included, so that these shares may add to more than 1 (Sobol's total effect).
    """
    codes = {name: pd.factorize(frame[name])[0] for name in frame.columns}
    codes = {name: grouping for name, grouping in codes.items() if grouping.max() > 0}
    total = float(((estimates - estimates.mean()) ** 2).sum()) or 1.0
    alone = {name: _spread_between(estimates, grouping) / total for name, grouping in codes.items()}
    others = {
        name: _crossed([grouping for other, grouping in codes.items() if other != name], len(estimates))
        for name in codes
    }
    whole = {
        name: max(0.0, 1 - _spread_between(estimates, grouping) / total) for name, grouping in others.items()
    }
    return _largest_first(alone), _largest_first(whole)


def _largest_first(shares: dict[str, float]) -> dict[str, float]:
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
