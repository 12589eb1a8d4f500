"""Logistic regression of counts by report, which after correction needn't be whole or lie within their totals.

Where they do it is the logistic regression of any library, but those take ten times as long to set up as to solve, and every
pair of constructs is fitted eight times.
"""

import numpy as np
from scipy.special import expit

from analysis.errors import DataError

_STEPS = 100


def quasi_logit(counts: np.ndarray, totals: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the root of Σ design × (counts − totals × expit(design·b)) and its negative slope there, by Newton's steps.

    ``counts`` and ``totals``, shape (rows,), needn't be whole, nor lie within each other. Raises DataError where there is
    no root to be found. Of whole counts within their totals it is the binomial logistic regression by maximum likelihood.
    """
    share = counts.sum() / totals.sum()
    if not 0 < share < 1:
        raise DataError("no sentence of the outcome is left, or no other; too few were coded")
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = np.log(share / (1 - share))
    for _ in range(_STEPS):
        fitted = expit(design @ coefficients)
        slope = (design * (totals * fitted * (1 - fitted))[:, None]).T @ design
        step = np.linalg.solve(slope, design.T @ (counts - totals * fitted))
        coefficients = coefficients + step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-10:
            return coefficients, slope
    raise DataError("the counts have no logistic regression; too few sentences were coded")
