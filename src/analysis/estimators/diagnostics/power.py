"""What the data could have shown: the smallest effect a design detects, and whether an effect is as good as none."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.estimate import estimate
from analysis.estimators.regression.scores import scores_of, t_statistics
from analysis.estimators.regression.specification import Specification
from analysis.estimators.resampling.bootstrap import WildWeights, cluster_weights


@dataclass(frozen=True)
class Power:
    """The minimum detectable effect, in the estimate's unit, at a ``power`` and a two-sided ``level``.

    ``by_formula`` from the clustered error; ``by_simulation`` from reshuffled signs of the data's own residuals, which
    keep how years of an authority go together and let the error vary as it does. Either is about the design: the
    estimate itself plays no part.
    """

    by_formula: float
    by_simulation: float
    standard_error: float
    n_clusters: int
    power: float
    level: float
    n_draws: int
    seed: int


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests (Schuirmann 1987): ``p_value`` small says that the effect is inside (low, high).

    ``conf_low`` and ``conf_high`` bound the interval of confidence 1 − 2 × level, which lies inside (low, high) just
    where the p value is below the level.
    """

    p_value: float
    low: float
    high: float
    conf_low: float
    conf_high: float
    equivalent: bool
    level: float


def detectable_effect(
    standard_error: float, degrees: float, power: float = 0.8, level: float = 0.05
) -> float:
    """Return the effect that a two-sided test at ``level`` finds with probability ``power`` (Bloom 1995)."""
    from scipy import stats

    if not 0 < level < 1 or not level < power < 1:
        raise RequestError(f"power {power} must be between level {level} and 1, and level between 0 and 1")
    t = stats.t(degrees)
    return float((t.ppf(1 - level / 2) + t.ppf(power)) * standard_error)


def detectable_effect_of(
    frame: pd.DataFrame, specification: Specification, power: float = 0.8, level: float = 0.05,
    n_draws: int = 1999, weights: WildWeights = "rademacher", seed: int = 0,
) -> Power:  # fmt: skip
    """Return the minimum detectable effect of ``specification`` on ``frame``, by formula and by simulation.

    In each simulated sample an effect is found from a known size on, critical value × error − chance estimate; the
    size that is enough in ``power`` of the samples is the answer.
    """
    from scipy import stats

    effect = estimate(frame, specification)
    scores = scores_of(frame, specification)
    drawn, _ = cluster_weights(len(scores.labels), n_draws, weights, seed)
    slope = float(t_statistics(scores, np.ones((1, len(scores.labels))))[0][0])
    # Residuals of the fit itself: those under a null of no effect would count the effect there is as noise.
    chance, t = t_statistics(scores, drawn, null=slope)
    errors = np.abs(chance / t)
    unit = effect.estimate / slope if slope else 1.0
    critical = stats.t(effect.n_clusters - 1).ppf(1 - level / 2)
    enough = float(np.quantile(critical * errors - chance, power) * unit)
    formula = detectable_effect(effect.standard_error, effect.n_clusters - 1, power, level)
    return Power(
        by_formula=formula,
        by_simulation=enough,
        standard_error=effect.standard_error,
        n_clusters=effect.n_clusters,
        power=power,
        level=level,
        n_draws=len(drawn),
        seed=seed,
    )


def equivalence(
    estimate: float, standard_error: float, degrees: float, low: float, high: float, level: float = 0.05
) -> Equivalence:
    """Test whether an effect is inside (``low``, ``high``), the smallest effects that matter.

    Raises RequestError where the bounds aren't in order, DataError where the error isn't positive.
    """
    from scipy import stats

    if not low < high:
        raise RequestError(f"equivalence bounds: {low} is not below {high}")
    if not standard_error > 0:
        raise DataError(f"equivalence: a standard error of {standard_error} tests nothing")
    t = stats.t(degrees)
    p_value = float(max(t.sf((estimate - low) / standard_error), t.cdf((estimate - high) / standard_error)))
    half = float(t.ppf(1 - level) * standard_error)
    return Equivalence(
        p_value=p_value,
        low=low,
        high=high,
        conf_low=estimate - half,
        conf_high=estimate + half,
        equivalent=p_value < level,
        level=level,
    )
