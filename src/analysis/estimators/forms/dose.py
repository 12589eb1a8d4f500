"""The shape of an association: a smooth curve of the exposure, and whether a straight line would do."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.estimators.regression.sample import used_rows
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.terms import JointTest, Terms, fit_terms
from analysis.files.as_json import plain_dict

KNOT_PERCENTILES = (5.0, 35.0, 65.0, 95.0)
"""Where the curve may bend: Harrell's (2015, table 2.3) for four knots."""


@dataclass(frozen=True)
class DoseResponse:
    """A natural cubic spline of the exposure, straight beyond its outer knots, with effects taken out.

    ``exposure``, ``response``, ``conf_low`` and ``conf_high`` are (n,): the outcome's difference from where the exposure
    is at its median (``reference``), in the outcome's unit, with a pointwise band. ``linearity`` tests that the curve is
    a straight line; ``any_association`` that it is flat.
    """

    exposure: np.ndarray = field(repr=False)
    response: np.ndarray = field(repr=False)
    conf_low: np.ndarray = field(repr=False)
    conf_high: np.ndarray = field(repr=False)
    reference: float
    knots: tuple[float, ...]
    linearity: JointTest
    any_association: JointTest
    terms: Terms
    specification: Specification

    def as_dict(self) -> dict[str, Any]:
        """Return tests, knots and the curve as JSON values."""
        curve = {name: getattr(self, name) for name in ("exposure", "response", "conf_low", "conf_high")}
        tests = {
            "linearity_p_value": self.linearity.p_value,
            "association_p_value": self.any_association.p_value,
        }
        return plain_dict({**tests, "knots": self.knots, "reference": self.reference, "curve": curve})


def spline_terms(values: np.ndarray, knots: tuple[float, ...]) -> np.ndarray:
    """Return (n, k − 1) columns whose sums are all natural cubic splines on k ``knots`` but for a constant.

    The first column is the value itself, so that the slopes of the others are zero just where the spline is a straight
    line. The others are formulaic's cardinal basis of the inner knots (Wood 2017, 5.3.1), each zero at all other knots.
    """
    from formulaic.transforms.cubic_spline import natural_cubic_spline

    basis = natural_cubic_spline(
        np.asarray(values, dtype=float), knots=knots[1:-1], lower_bound=knots[0], upper_bound=knots[-1]
    )
    return np.column_stack([values, *(np.asarray(basis[name]) for name in list(basis)[1:-1])])


def _knots(values: pd.Series, percentiles: tuple[float, ...]) -> tuple[float, ...]:
    knots = tuple(float(value) for value in np.percentile(values, percentiles))
    if not (np.diff(knots) > 0).all():
        raise DataError(
            f"{values.name}: its percentiles {percentiles} coincide, so that no curve can bend at them"
        )
    return knots


def dose_response(
    frame: pd.DataFrame,
    specification: Specification,
    percentiles: tuple[float, ...] = KNOT_PERCENTILES,
    n_points: int = 61,
) -> DoseResponse:
    """Fit the outcome on a restricted cubic spline of the exposure with the specification's effects.

    The curve is drawn at ``n_points`` between the 1st and 99th percentile of the exposure. Raises DataError where the
    exposure's knots coincide; else as ``estimate`` does.
    """
    rows = used_rows(frame, specification)
    exposure = rows[specification.exposure].astype(float)
    knots = _knots(exposure, percentiles)
    bends = [f"{specification.exposure}, bend {place}" for place in range(1, len(knots) - 1)]
    columns = dict(zip(bends, spline_terms(exposure.to_numpy(), knots)[:, 1:].T, strict=True))
    asked = replace(specification, controls=(*bends, *specification.controls), standardised=False)
    terms = replace(fit_terms(rows.assign(**columns), asked), specification=specification)
    names = [specification.exposure, *bends]
    reference = float(exposure.median())
    first, last = np.percentile(exposure, [1, 99])
    points = np.linspace(first, last, n_points)
    response, reach = _curve(terms, spline_terms(points, knots) - spline_terms(np.array([reference]), knots))
    return DoseResponse(
        exposure=points,
        response=response,
        conf_low=response - reach,
        conf_high=response + reach,
        reference=reference,
        knots=knots,
        linearity=terms.joint_test(bends),
        any_association=terms.joint_test(names),
        terms=terms,
        specification=specification,
    )


def _curve(terms: Terms, differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve and the half width of its pointwise band at ``differences`` (n, k − 1) of the spline's terms."""
    from scipy import stats

    width = differences.shape[1]
    covariance = terms.covariance[:width, :width]
    errors = np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", differences, covariance, differences), 0))
    critical = stats.t(terms.degrees).ppf((1 + terms.specification.confidence_level) / 2)
    return differences @ terms.coefficients[:width], float(critical) * errors
