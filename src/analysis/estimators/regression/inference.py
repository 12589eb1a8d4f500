"""One number that an estimator gives: the estimate, how sure it is, what it rests on, and the rule of its error."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.errors import DataError
from analysis.files.as_json import plain_dict
from analysis.findings.interval import Inference

from .specification import Specification


@dataclass(frozen=True)
class Counts:
    """What an estimate rests on: rows of the regression, entities, and clusters of the errors."""

    n_observations: int
    n_entities: int
    n_clusters: int

    @classmethod
    def of(cls, rows: Any) -> "Counts":
        """Count the rows of a sample: columns entity and cluster."""
        return cls(len(rows), int(rows["entity"].nunique()), int(rows["cluster"].nunique()))


@dataclass(frozen=True, kw_only=True)
class EstimateWithError(Inference):
    """An estimate with its standard error, interval and p value."""

    standard_error: float


def by_student(
    estimate: float, standard_error: float, degrees: float, confidence_level: float
) -> EstimateWithError:
    """Return an estimate with interval and p value of Student's t; infinite ``degrees`` give the normal law.

    Where the error is nil the interval is the estimate, and p is 1 or 0.
    """
    # The functions themselves: a report asks hundreds of times, and scipy.stats' checks take longer than they do.
    reach = float(stdtrit(degrees, (1 + confidence_level) / 2)) * standard_error
    ratio = abs(estimate) / standard_error if standard_error else math.inf if estimate else 0.0
    return EstimateWithError(
        estimate=float(estimate),
        conf_low=float(estimate - reach),
        conf_high=float(estimate + reach),
        p_value=2 * float(stdtr(degrees, -ratio)),
        standard_error=float(standard_error),
    )


@dataclass(frozen=True, kw_only=True)
class Effect(EstimateWithError, Counts):
    """An estimate in the unit that its maker says, and what it rests on; «effect» in the statistician's sense alone.

    ``rule`` is how the error, the p value and the interval were had, in words.
    """

    rule: str
    specification: Specification

    def scaled(self, unit: float) -> "Effect":
        """Return the effect in another unit: every length multiplied by ``unit``, which is positive."""
        lengths = ("estimate", "standard_error", "conf_low", "conf_high")
        return replace(self, **{name: getattr(self, name) * unit for name in lengths})

    def as_ratio(self) -> "Effect":
        """Return a logarithm as the ratio that it stands for; the error by the delta method."""
        ratio = math.exp(self.estimate)
        return replace(
            self, estimate=ratio, standard_error=ratio * self.standard_error,
            conf_low=math.exp(self.conf_low), conf_high=math.exp(self.conf_high),
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return the effect as JSON values."""
        return plain_dict(asdict(self))


def effect_from_error(
    estimate: float, standard_error: float, degrees: float, counts: Counts, rule: str, specification: Specification
) -> Effect:  # fmt: skip
    """Return an effect whose p value and interval are of Student's t; infinite ``degrees`` give the normal law.

    Raises DataError where the error isn't a positive number: nothing could be said of chance.
    """
    if not (math.isfinite(estimate) and standard_error > 0 and math.isfinite(standard_error)):
        raise DataError(
            f"{specification.outcome} on {specification.exposure}: an error of {standard_error:g} beside an "
            f"estimate of {estimate:g} says nothing of chance"
        )
    numbers = by_student(estimate, standard_error, degrees, specification.confidence_level)
    return Effect(**vars(numbers), **vars(counts), rule=rule, specification=specification)


def effect_from_draws(
    estimate: float, draws: np.ndarray, counts: Counts, rule: str, specification: Specification
) -> Effect:
    """Return an effect whose interval holds the middle draws (B,) of a bootstrap: Efron's percentile interval.

    The p value is twice the smaller share of draws on one side of zero, the data counted as one more draw (Davison
    and Hinkley 1997, 4.2.5). An interval that leaves the estimate itself out is stretched to it. Raises DataError
    for fewer than 20 draws, and where draws aren't numbers.
    """
    draws = np.asarray(draws, dtype=float)
    if len(draws) < 20 or not np.isfinite(draws).all():
        raise DataError(
            f"{specification.outcome} on {specification.exposure}: {int(np.isfinite(draws).sum())} of {len(draws)} "
            "bootstrap draws gave a number; 20 are needed, and all of them"
        )
    tail = (1 - specification.confidence_level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    smaller = min((draws <= 0).sum(), (draws >= 0).sum()) + 1
    return Effect(
        estimate=float(estimate),
        standard_error=float(draws.std(ddof=1)),
        p_value=float(min(2 * smaller / (len(draws) + 1), 1)),
        conf_low=float(min(low, estimate)),
        conf_high=float(max(high, estimate)),
        **vars(counts),
        rule=rule,
        specification=specification,
    )
