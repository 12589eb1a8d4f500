"""An event's effect with its error and interval, from a value, its variance and the number of clusters."""

import math
from dataclasses import dataclass

from scipy.stats import t as t_distribution


@dataclass(frozen=True)
class EventEffect:
    """An effect in units of the outcome, with its error, interval and p value (Student's t, clusters less one)."""

    estimate: float
    standard_error: float
    conf_low: float
    conf_high: float
    p_value: float


def effect_of(
    estimate: float, standard_error: float, n_clusters: int, confidence_level: float
) -> EventEffect:
    """Return an effect with its interval; where the error is nil the interval is the estimate and p is 1 or 0."""
    degrees = n_clusters - 1
    reach = float(t_distribution.ppf((1 + confidence_level) / 2, degrees)) * standard_error
    ratio = abs(estimate) / standard_error if standard_error else math.inf if estimate else 0.0
    p_value = float(2 * t_distribution.sf(ratio, degrees))
    return EventEffect(
        estimate=estimate,
        standard_error=standard_error,
        conf_low=estimate - reach,
        conf_high=estimate + reach,
        p_value=p_value,
    )
