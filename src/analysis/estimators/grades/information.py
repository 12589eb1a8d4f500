"""Second derivatives of a log likelihood, from its gradient, and what they say of the errors."""

from collections.abc import Callable

import numpy as np

from analysis.errors import DataError

STEP = 1e-5
"""The step of a central difference, as a share of the parameter, or of 0.1 where the parameter is smaller."""


def central_hessian(gradient: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """Return the second derivatives at ``at``, shape (parameters, parameters), as central differences of the gradient."""
    steps = STEP * np.maximum(np.abs(at), 0.1)
    columns = [
        (gradient(at + step) - gradient(at - step)) / (2 * size)
        for size, step in zip(steps, np.diag(steps), strict=True)
    ]
    hessian = np.array(columns)
    symmetric: np.ndarray = (hessian + hessian.T) / 2
    return symmetric


def inverse_information(information: np.ndarray, where: str) -> np.ndarray:
    """Return the covariance of estimates, shape (parameters, parameters); ``where`` is told where there is none.

    Raises DataError where the information isn't positive definite: the likelihood is flat in some direction.
    """
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError as error:
        raise DataError(f"{where}: the likelihood has no peak, so there are no standard errors") from error
    covariance: np.ndarray = np.linalg.inv(information)
    return covariance
