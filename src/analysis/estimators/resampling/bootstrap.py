"""Wild cluster bootstrap with the null imposed, and step-down tests of a family, from sums by cluster."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.errors import RequestError, unknown
from analysis.estimators.regression.scores import Scores, scores_of, t_statistics
from analysis.estimators.regression.specification import Specification
from analysis.findings.interval import Inference

WildWeights = Literal["rademacher", "webb"]
#: Draws this close to the statistic of the data equal it: the two differ by rounding alone.
_TIE = 1 - 1e-9
_WIDEST = 1e4


@dataclass(frozen=True)
class WildBootstrap(Inference):
    """The test of one slope by wild cluster bootstrap; the interval holds every slope that it doesn't reject.

    A bound is infinite where no slope, however far, is rejected: there are too few clusters.
    """

    t_statistic: float
    n_clusters: int
    n_draws: int
    enumerated: bool
    weights: str
    seed: int


def cluster_weights(n_clusters: int, n_draws: int, kind: WildWeights, seed: int) -> tuple[np.ndarray, bool]:
    """Return weights (B, G), and whether they are all there are.

    ``rademacher``: ±1; where 2^G is no more than ``n_draws`` every assignment once, the data's own among them.
    ``webb``: the six points ±√½, ±1, ±√1½ (Webb 2014), for fewer than about a dozen clusters.
    """
    if kind not in get_args(WildWeights):
        raise unknown("weights", kind, get_args(WildWeights))
    if n_draws < 1:
        raise RequestError(f"draws: {n_draws} is not a positive number")
    if kind == "rademacher" and n_clusters < 63 and 2**n_clusters <= n_draws:
        bits = np.arange(2**n_clusters)[:, None] >> np.arange(n_clusters) & 1
        return (1.0 - 2 * bits), True
    generator = np.random.default_rng(seed)
    points = np.array([-1.0, 1.0])
    if kind == "webb":
        points = np.sqrt([0.5, 1, 1.5])
        points = np.r_[-points[::-1], points]
    return points[generator.integers(0, len(points), (n_draws, n_clusters))], False


def share_as_extreme(value: np.ndarray | float, draws: np.ndarray, enumerated: bool = False) -> np.ndarray:
    """Return the p value of ``value`` (…) against ``draws`` (B, …): how often a draw is as large in size.

    Random draws count the data as one more draw, (1 + m) / (1 + B), so that no p value is zero (Davison and Hinkley
    1997, 4.2.5); all assignments contain the data already.
    """
    extreme = (np.abs(draws) >= np.abs(value) * _TIE).sum(axis=0)
    share: np.ndarray = extreme / len(draws) if enumerated else (extreme + 1) / (len(draws) + 1)
    return share


def _p_value(scores: Scores, weights: np.ndarray, enumerated: bool, null: float) -> float:
    data = t_statistics(scores, np.ones((1, len(scores.labels))), null)[1][0]
    return float(share_as_extreme(data, t_statistics(scores, weights, null)[1], enumerated))


def _bound(
    scores: Scores, weights: np.ndarray, enumerated: bool, start: float, step: float, level: float
) -> float:
    """Return where the p value falls to ``level`` on the side of ``step``, by doubling and then halving."""
    inside, width = start, 2.0
    while _p_value(scores, weights, enumerated, start + width * step) > level:
        inside, width = start + width * step, 2 * width
        if width > _WIDEST:
            return float(np.sign(step) * np.inf)
    outside = start + width * step
    while abs(outside - inside) > 1e-6 * abs(step):
        middle = (inside + outside) / 2
        if _p_value(scores, weights, enumerated, middle) > level:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2


def wild_bootstrap(
    scores: Scores,
    n_draws: int = 999,
    weights: WildWeights = "rademacher",
    seed: int = 0,
    null: float = 0.0,
    confidence_level: float = 0.95,
) -> WildBootstrap:
    """Test that the slope of ``scores`` is ``null``; the interval inverts the test with the same draws.

    Cameron, Gelbach and Miller (2008) with restricted residuals (WCR-C); computed as in Roodman, MacKinnon, Nielsen
    and Webb (2019). The error in each sample is CR1, so its factor cancels.
    """
    drawn, enumerated = cluster_weights(len(scores.labels), n_draws, weights, seed)
    deviation, t = (values[0] for values in t_statistics(scores, np.ones((1, len(scores.labels))), null))
    estimate, level = float(deviation) + null, 1 - confidence_level
    step = abs(float(deviation / t)) if t else 1.0
    low, high = (_bound(scores, drawn, enumerated, estimate, side * step, level) for side in (-1, 1))
    p_value = _p_value(scores, drawn, enumerated, null)
    return WildBootstrap(
        estimate=estimate,
        t_statistic=float(t),
        p_value=p_value,
        conf_low=low,
        conf_high=high,
        n_clusters=len(scores.labels),
        n_draws=len(drawn),
        enumerated=enumerated,
        weights=weights,
        seed=seed,
    )


def bootstrap_estimate(
    frame: pd.DataFrame, specification: Specification, n_draws: int = 999, weights: WildWeights = "rademacher",
    seed: int = 0,
) -> WildBootstrap:  # fmt: skip
    """Test the exposure's slope of ``specification`` on the rows of ``frame`` that ``estimate`` uses.

    In units of the outcome per unit of the exposure. Raises as ``estimation_sample`` does.
    """
    level = specification.confidence_level
    return wild_bootstrap(scores_of(frame, specification), n_draws, weights, seed, confidence_level=level)


def bootstrap_by_region(
    frame: pd.DataFrame, specification: Specification, n_draws: int = 999, seed: int = 0
) -> WildBootstrap:
    """Return ``bootstrap_estimate`` with regions as clusters: so few that Webb's six weights are needed (Webb 2014)."""
    return bootstrap_estimate(frame, replace(specification, cluster="region"), n_draws, "webb", seed)


def romano_wolf(t: np.ndarray, draws: np.ndarray, enumerated: bool = False) -> np.ndarray:
    """Return p values (m,) that hold for the whole family, by step-down of the largest t (Romano and Wolf 2005, 2016).

    ``t`` (m,) are the data's, ``draws`` (B, m) those under all nulls with weights in common. The probability of any
    false rejection at p ≤ α is α, as far as the draws stand for the statistics' joint distribution.
    """
    order = np.argsort(-np.abs(t), kind="stable")
    largest = np.maximum.accumulate(np.abs(draws[:, order[::-1]]), axis=1)[:, ::-1]
    stepped = share_as_extreme(np.abs(t[order]), largest, enumerated)
    adjusted = np.empty(len(t))
    adjusted[order] = np.maximum.accumulate(stepped)
    return adjusted
