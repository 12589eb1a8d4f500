"""What withheld counts could do to an estimate: its lowest and highest value over everything that they may be."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.sample import estimation_sample, used_rows
from analysis.estimators.regression.scores import Design, regression_design
from analysis.estimators.regression.specification import Specification
from analysis.files.as_json import plain_dict

_LOW, _HIGH = "lowest that the outcome may be", "highest that the outcome may be"


@dataclass(frozen=True)
class Bounds:
    """The interval in which the slope must lie, whatever the withheld outcomes are, and one that allows for chance too.

    ``low`` and ``high`` are the exact worst cases, ``conf_low`` and ``conf_high`` cover the slope itself, wherever
    within them it lies, at the specification's confidence (Imbens and Manski 2004). ``n_bounded`` rows have an interval in
    place of a value. Units as the specification's: standard deviations are those of the outcome's middle values.
    """

    low: float
    high: float
    conf_low: float
    conf_high: float
    n_bounded: int
    n_observations: int
    n_entities: int
    n_clusters: int
    rule: str
    specification: Specification

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return plain_dict(asdict(self))


def withheld_bounds(frame: pd.DataFrame, specification: Specification, lowest: str, highest: str) -> Bounds:
    """Bound the exposure's slope where the outcome is only known to lie between two columns, equal where it is known.

    Given the regressors a slope is a sum of outcomes times weights (Frisch, Waugh and Lovell), so that it is lowest where
    each outcome with a positive weight is at its lowest and every other at its highest (Horowitz and Manski 1998). The
    outcome column itself isn't read. Raises RequestError for first differences, which would use a value twice; DataError
    where a lowest value lies above the highest; else as ``estimate`` does.
    """
    if specification.estimator == "first-differences":
        raise RequestError("bounds are those of a two-way or pooled slope, not of first differences")
    for column in (lowest, highest):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    middle = (frame[lowest] + frame[highest]) / 2
    given = frame.assign(**{_LOW: frame[lowest], _HIGH: frame[highest], specification.outcome: middle})
    if turned := int((given[_LOW] > given[_HIGH]).sum()):
        raise DataError(f"{lowest}: above {highest} in {turned} rows")
    worst = [_worst(given, specification, side) for side in (-1, 1)]
    unit = 1 / estimate(given, replace(specification, standardised=False)).outcome_sd
    unit = unit * worst[0].exposure_sd if specification.standardised else 1.0
    ends = [unit * effect.estimate for effect in worst]
    errors = [unit * effect.standard_error for effect in worst]
    reach = imbens_manski(ends[1] - ends[0], max(errors), specification.confidence_level)
    rows = used_rows(given, specification)
    return Bounds(
        low=ends[0],
        high=ends[1],
        conf_low=ends[0] - reach * errors[0],
        conf_high=ends[1] + reach * errors[1],
        n_bounded=int((rows[_LOW] < rows[_HIGH]).sum()),
        n_observations=worst[0].n_observations,
        n_entities=worst[0].n_entities,
        n_clusters=worst[0].n_clusters,
        rule=f"Imbens and Manski's interval with {reach:.3f} errors beyond either bound; {worst[0].rule}",
        specification=specification,
    )


def _worst(given: pd.DataFrame, specification: Specification, side: int) -> Estimate:
    """Return the lowest (``side`` −1) or highest (1) slope, in natural units, estimated at the outcomes that give it."""
    natural = replace(specification, standardised=False)
    rows = used_rows(given, natural)
    weights = _outcome_weights(regression_design(estimation_sample(rows, natural), natural))
    chosen = np.where(side * weights > 0, rows[_HIGH], rows[_LOW])
    return estimate(rows.assign(**{natural.outcome: chosen}), natural)


def _outcome_weights(design: Design) -> np.ndarray:
    """Return by row (n,) what is left of the exposure once all else is taken out: the outcome's weight but for scale."""
    others, exposure = design.regressors[:, :-1], design.regressors[:, -1]
    left: np.ndarray = exposure - others @ np.linalg.lstsq(others, exposure, rcond=None)[0]
    return left


def imbens_manski(width: float, standard_error: float, confidence_level: float = 0.95) -> float:
    """Return how many errors the interval reaches beyond either bound so that it covers the value between them.

    The solution C of Φ(C + width / error) − Φ(−C) = level (Imbens and Manski 2004, equation 7): the two-sided normal
    quantile where the bounds meet, the one-sided one where they lie far apart.
    """
    from scipy import optimize, stats

    if width < 0 or not standard_error > 0:
        raise DataError(f"bounds {width:g} apart with an error of {standard_error:g}: no interval")

    def lack(reach: float) -> float:
        return float(
            stats.norm.cdf(reach + width / standard_error) - stats.norm.cdf(-reach) - confidence_level
        )

    return float(optimize.brentq(lack, 0.0, 10.0, xtol=1e-12))
