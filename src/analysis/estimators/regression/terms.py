"""One panel regression with several terms of interest: combinations of its slopes, and joint tests of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import DataError, unknown

from .estimate import fit_regression
from .inference import Counts, Effect, effect_from_error
from .specification import Specification


@dataclass(frozen=True)
class JointTest:
    """Wald's test that several slopes are nil at once: F with its degrees, from the clustered covariance."""

    statistic: float
    numerator_degrees: int
    denominator_degrees: int
    p_value: float


@dataclass(frozen=True)
class Terms:
    """Slopes of every regressor (the exposure, then the controls) with their clustered covariance.

    In units of the outcome per unit of each column. ``coefficients`` (k,) and ``covariance`` (k, k) follow ``names``.
    """

    names: tuple[str, ...]
    coefficients: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    counts: Counts
    rule: str
    specification: Specification

    @property
    def degrees(self) -> int:
        """Degrees of freedom of every test: one fewer than clusters."""
        return self.counts.n_clusters - 1

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise unknown("term", name, self.names)
        return self.names.index(name)

    def combination(self, weights: Mapping[str, float]) -> Effect:
        """Return the sum of slopes times ``weights`` by name, with its error; terms that aren't named count zero."""
        vector = np.zeros(len(self.names))
        for name, weight in weights.items():
            vector[self._place(name)] = weight
        error = float(np.sqrt(max(vector @ self.covariance @ vector, 0)))
        estimate = float(vector @ self.coefficients)
        return effect_from_error(estimate, error, self.degrees, self.counts, self.rule, self.specification)

    def slope(self, name: str) -> Effect:
        """Return one term's slope."""
        return self.combination({name: 1.0})

    def joint_test(self, names: Sequence[str]) -> JointTest:
        """Test that the slopes of ``names`` are all zero, by F with as many degrees as names and clusters less one.

        Raises DataError where there are too few clusters for so many slopes.
        """
        from scipy import stats

        places = [self._place(name) for name in names]
        if len(places) > self.degrees:
            raise DataError(
                f"{len(places)} slopes tested jointly with {self.counts.n_clusters} clusters; too few"
            )
        slopes, covariance = self.coefficients[places], self.covariance[np.ix_(places, places)]
        value = float(slopes @ np.linalg.solve(covariance, slopes)) / len(places)
        p_value = float(stats.f(len(places), self.degrees).sf(value))
        return JointTest(value, len(places), self.degrees, p_value)


def fit_terms(frame: pd.DataFrame, specification: Specification) -> Terms:
    """Fit ``specification`` and return the slopes of all its regressors; rows and errors as ``estimate`` has them.

    Raises as ``estimate`` does.
    """
    fitted = fit_regression(frame, specification)
    return Terms(
        names=specification.regressors,
        coefficients=fitted.slopes * fitted.units,
        covariance=fitted.covariance * np.outer(fitted.units, fitted.units),
        counts=Counts.of(fitted.sample.rows),
        rule=fitted.correction.rule,
        specification=specification,
    )
