"""Specification curve: every defensible way to ask one question, and inference on all of them at once.

Simonsohn, Simmons and Nelson (2020), «Specification curve analysis»: the median estimate, the share significant in one
direction and the sum of z (Stouffer's) are each set against what they are where no specification has an association. Samples
without one come from the wild cluster bootstrap with the null imposed, with each cluster's weight common to all
specifications, so that the draws keep how specifications hang together.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, PlanDriftError
from .bootstrap import WildWeights, cluster_weights, share_as_extreme
from .curve_arrays import Fitted, PanelArrays
from .curve_axes import AXES, CurveSpecification, specification_frame
from .scores import factors_of, t_of_products

SIGNIFICANCE = 0.05
_BATCH, _THREADS = 16, 2


@dataclass(frozen=True)
class JointTest:
    """A statistic of the whole curve, its p value, and where 95% of draws without an association lie."""

    value: float
    p_value: float
    null_low: float
    null_high: float


@dataclass(frozen=True)
class Curve:
    """Every specification with its estimate or the reason why it has none, and what they say together.

    Arrays (S,) are in the order of ``specifications``, the fitted ones; estimates are in standard deviations. p values:
    ``p_values`` of Student's t, ``wild_p_values`` of the bootstrap. ``failures`` pairs each other specification with
    its reason. ``same_sign`` is the share with the sign of the median; ``significant`` the larger of the shares that
    are positive or negative at 5%, and ``significant_positive`` and ``…_negative`` each. ``axis_shares`` and
    ``axis_total_shares`` are the shares of the estimates' variance that go with each axis alone, and together with
    others: see the function ``axis_shares``.
    """

    specifications: tuple[CurveSpecification, ...] = field(repr=False)
    estimates: np.ndarray = field(repr=False)
    standard_errors: np.ndarray = field(repr=False)
    p_values: np.ndarray = field(repr=False)
    wild_p_values: np.ndarray = field(repr=False)
    n_observations: np.ndarray = field(repr=False)
    n_clusters: np.ndarray = field(repr=False)
    failures: tuple[tuple[CurveSpecification, str], ...] = field(repr=False)
    median: float
    same_sign: float
    significant: float
    significant_positive: float
    significant_negative: float
    joint: dict[str, JointTest]
    axis_shares: dict[str, float]
    axis_total_shares: dict[str, float]
    n_draws: int
    weights: str
    seed: int

    @property
    def n_distinct(self) -> int:
        """How many of the fitted ones differ: two axes may say the same, as a later lag and another alignment do."""
        return len(
            {(f"{one:.10e}", int(n)) for one, n in zip(self.estimates, self.n_observations, strict=True)}
        )

    def frame(self) -> pd.DataFrame:
        """Return one row a fitted specification, smallest estimate first: its choices, estimate, error and p values."""
        numbers = {name: getattr(self, name) for name in (
            "estimates", "standard_errors", "p_values", "wild_p_values", "n_observations", "n_clusters",
        )}  # fmt: skip
        whole = pd.concat([specification_frame(self.specifications), pd.DataFrame(numbers)], axis=1)
        return whole.sort_values("estimates", kind="stable", ignore_index=True)

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        names = ("median", "same_sign", "significant", "significant_positive", "significant_negative")
        return {
            "n_specifications": len(self.specifications) + len(self.failures),
            "n_fitted": len(self.specifications),
            "n_distinct": self.n_distinct,
            **{name: getattr(self, name) for name in (*names, "n_draws", "weights", "seed")},
            "joint": {name: vars(test) for name, test in self.joint.items()},
            "axis_shares": self.axis_shares,
            "axis_total_shares": self.axis_total_shares,
            "failures": [{**asked.labels(), "reason": reason} for asked, reason in self.failures],
        }


def z_of_t(t: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Return the normal deviates with the tail probability of ``t``, by Wallace's (1959) approximation.

    Within 0.1% of exact for ten degrees of freedom and more: exact ones for millions of draws take far longer.
    """
    return np.sign(t) * (8 * degrees + 1) / (8 * degrees + 3) * np.sqrt(degrees * np.log1p(t**2 / degrees))


def _fit_all(
    arrays: PanelArrays, specifications: Sequence[CurveSpecification]
) -> tuple[list[tuple[CurveSpecification, Fitted]], list[tuple[CurveSpecification, str]]]:
    fitted, failures = [], []
    for asked in specifications:
        try:
            fitted.append((asked, arrays.reduce(asked)))
        except PlanDriftError as error:
            failures.append((asked, str(error)))
    return fitted, failures


def _draws(
    fitted: Sequence[Fitted], n_clusters: int, n_draws: int, weights: WildWeights, seed: int
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return estimates and t (S, 1 + B), the data's first, and whether the draws are all there are."""
    drawn, enumerated = cluster_weights(n_clusters, n_draws, weights, seed)
    drawn = np.vstack([np.ones(n_clusters), drawn]).T.copy()
    estimates, t = np.empty((2, len(fitted), drawn.shape[1]))

    def fill(batch: Sequence[int]) -> None:
        found = _batch([fitted[place] for place in batch], drawn, weights == "rademacher")
        for place, (slopes, statistics) in zip(batch, found, strict=True):
            estimates[place], t[place] = slopes * fitted[place].sign, statistics * fitted[place].sign

    batches = [range(at, min(at + _BATCH, len(fitted))) for at in range(0, len(fitted), _BATCH)]
    with ThreadPoolExecutor(_THREADS) as threads:  # the products, most of the time, run outside Python's lock
        list(threads.map(fill, batches))
    return estimates, t, enumerated


def _batch(
    fitted: Sequence[Fitted], drawn: np.ndarray, signs: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield estimates and t of each of ``fitted`` from one product with the weights (G, B) of all clusters."""
    factors = [factors_of(one.scores) for one in fitted]
    ends = np.cumsum([0, *(len(part) for part in factors)])
    stacked = np.zeros((ends[-1], len(drawn)))
    for one, part, start in zip(fitted, factors, ends, strict=False):
        stacked[start : start + len(part), one.clusters] = part
    products = stacked @ drawn
    for place, one in enumerate(fitted):
        squared = None if signs else drawn[one.clusters]
        yield t_of_products(one.scores, products[ends[place] : ends[place + 1]], squared)


def _joint(statistic: np.ndarray, enumerated: bool) -> JointTest:
    """Test the first value of ``statistic`` (1 + B,) against the others, on both sides."""
    draws = statistic[1:]
    p_value = float(share_as_extreme(statistic[0], draws, enumerated))
    low, high = np.quantile(draws, [0.025, 0.975])
    return JointTest(float(statistic[0]), p_value, float(low), float(high))


def _shares_significant(t: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Return the share of specifications significant with a positive and a negative sign, each (1 + B,)."""
    from scipy import stats

    critical = stats.t(degrees).ppf(1 - SIGNIFICANCE / 2)[:, None]
    return np.array([(t > critical).mean(axis=0), (t < -critical).mean(axis=0)])


def _spread_between(estimates: np.ndarray, codes: np.ndarray) -> float:
    """Return the sum of squares between the means of groups that are numbered by ``codes``."""
    sizes = np.bincount(codes)
    means = np.bincount(codes, estimates - estimates.mean()) / np.maximum(sizes, 1)
    return float(sizes @ means**2)


def _crossed(codes: list[np.ndarray], n: int) -> np.ndarray:
    """Number the combinations of several groupings (n,), one by one so that numbers stay small."""
    crossed = np.zeros(n, dtype=np.intp)
    for one in codes:
        crossed = np.unique(crossed * (one.max() + 1) + one, return_inverse=True)[1]
    return crossed


def axis_shares(frame: pd.DataFrame, estimates: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
    """Return for each axis with several choices its share of the estimates' variance, alone and in all; largest first.

    ``frame`` has a column an axis and a row an estimate. Alone: between the means of the axis's choices (the main
    effect of an analysis of variance, η²). In all: what is left between estimates alike in every other axis, the
    axis's part in interactions included, so that these shares may add to more than 1 (Sobol's total effect).
    """
    codes = {name: pd.factorize(frame[name])[0] for name in frame.columns}
    codes = {name: one for name, one in codes.items() if one.max() > 0}
    total = float(((estimates - estimates.mean()) ** 2).sum()) or 1.0
    alone = {name: _spread_between(estimates, one) / total for name, one in codes.items()}
    others = {
        name: _crossed([one for other, one in codes.items() if other != name], len(estimates))
        for name in codes
    }
    whole = {name: max(0.0, 1 - _spread_between(estimates, one) / total) for name, one in others.items()}
    return _largest_first(alone), _largest_first(whole)


def _largest_first(shares: dict[str, float]) -> dict[str, float]:
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def fit_curve(
    panel: pd.DataFrame,
    specifications: Sequence[CurveSpecification],
    n_draws: int = 999,
    weights: WildWeights = "rademacher",
    seed: int = 0,
) -> Curve:
    """Fit every specification on ``panel`` (as ``load_panel().authorities``), and test them together.

    Raises DataError where none can be fitted.
    """
    arrays = PanelArrays(panel)
    pairs, failures = _fit_all(arrays, specifications)
    if not pairs:
        reason = f"; the first: {failures[0][1]}" if failures else ""
        raise DataError(f"none of {len(failures)} specifications can be fitted{reason}")
    asked, fitted = zip(*pairs, strict=True)
    estimates, t, enumerated = _draws(fitted, len(arrays.labels), n_draws, weights, seed)
    return _curve(asked, fitted, failures, estimates, t, enumerated, weights=weights, seed=seed)


def _curve(asked, fitted, failures, estimates, t, enumerated, **chosen) -> Curve:
    """Sum up estimates and t (S, 1 + B), the data's first, as a curve."""
    from scipy import stats

    n_clusters = np.array([len(one.clusters) for one in fitted])
    degrees = n_clusters - 1
    medians, (positive, negative) = np.median(estimates, axis=0), _shares_significant(t, degrees)
    joint = {
        "median": _joint(medians, enumerated),
        "share_significant": _joint(np.maximum(positive, negative), enumerated),
        "stouffer_z": _joint(z_of_t(t, degrees[:, None]).sum(axis=0) / np.sqrt(len(fitted)), enumerated),
    }
    slopes, observed = estimates[:, 0], t[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.abs(slopes / observed)
    return Curve(
        asked, slopes, errors, 2 * stats.t(degrees).sf(np.abs(observed)),
        share_as_extreme(observed, t[:, 1:].T, enumerated), np.array([one.n_observations for one in fitted]), n_clusters,
        tuple(failures), float(medians[0]), float((np.sign(slopes) == np.sign(medians[0])).mean()),
        float(max(positive[0], negative[0])), float(positive[0]), float(negative[0]), joint,
        *axis_shares(specification_frame(asked)[list(AXES)], slopes), t.shape[1] - 1, **chosen,
    )  # fmt: skip
