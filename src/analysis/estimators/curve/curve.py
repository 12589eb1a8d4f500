"""Specification curve: every defensible way to ask one question, and inference on all of them at once.

Simonsohn, Simmons and Nelson (2020), «Specification curve analysis»: the median estimate, the share significant in one
direction and the sum of z (Stouffer's) are each set against what they are where no specification has an association. Samples
without one come from the wild cluster bootstrap with the null imposed, with each cluster's weight common to all
specifications, so that the draws keep how specifications hang together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.estimators.resampling.bootstrap import WildWeights, share_as_extreme

from .arrays import PanelArrays
from .axes import AXES, CurveSpecification, specification_frame
from .draws import Drawn, drawn_under_null
from .variance import axis_shares

SIGNIFICANCE = 0.05


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
            {
                (f"{estimate:.10e}", int(n))
                for estimate, n in zip(self.estimates, self.n_observations, strict=True)
            }
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
    z: np.ndarray = (
        np.sign(t) * (8 * degrees + 1) / (8 * degrees + 3) * np.sqrt(degrees * np.log1p(t**2 / degrees))
    )
    return z


def joint_test(statistic: np.ndarray, enumerated: bool) -> JointTest:
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


def fit_curve(
    panel: pd.DataFrame | PanelArrays,
    specifications: Sequence[CurveSpecification],
    n_draws: int = 999,
    weights: WildWeights = "rademacher",
    seed: int = 0,
) -> Curve:
    """Fit every specification on ``panel`` (as ``load_panel().authorities``), and test them together.

    Where more is asked of the same panel, give its ``PanelArrays``, which remember what they have worked out. Raises
    DataError where none can be fitted.
    """
    results, enumerated = drawn_under_null(panel, specifications, n_draws, weights, seed)
    fitted = [result for result in results if isinstance(result, Drawn)]
    failures = tuple((result.asked, result.reason) for result in results if not isinstance(result, Drawn))
    if not fitted:
        reason = f"; the first: {failures[0][1]}" if failures else ""
        raise DataError(f"none of {len(failures)} specifications can be fitted{reason}")
    return _curve(fitted, failures, enumerated, weights=weights, seed=seed)


def _curve(
    fitted: Sequence[Drawn],
    failures: tuple[tuple[CurveSpecification, str], ...],
    enumerated: bool,
    weights: WildWeights,
    seed: int,
) -> Curve:
    """Sum up fitted specifications and their draws as a curve."""
    from scipy import stats

    asked = tuple(fit.asked for fit in fitted)
    estimates, t = np.array([fit.estimates for fit in fitted]), np.array([fit.t for fit in fitted])
    n_clusters = np.array([fit.n_clusters for fit in fitted])
    degrees = n_clusters - 1
    slopes, observed = estimates[:, 0], t[:, 0]
    positive, negative = _shares_significant(t, degrees)
    joint = _joint_tests(estimates, t, degrees, np.maximum(positive, negative), enumerated)
    median = joint["median"].value
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.abs(slopes / observed)
    alone, whole = axis_shares(specification_frame(asked)[list(AXES)], slopes)
    return Curve(
        specifications=asked,
        estimates=slopes,
        standard_errors=errors,
        p_values=2 * stats.t(degrees).sf(np.abs(observed)),
        wild_p_values=share_as_extreme(observed, t[:, 1:].T, enumerated),
        n_observations=np.array([fit.n_observations for fit in fitted]),
        n_clusters=n_clusters,
        failures=failures,
        median=median,
        same_sign=float((np.sign(slopes) == np.sign(median)).mean()),
        significant=float(max(positive[0], negative[0])),
        significant_positive=float(positive[0]),
        significant_negative=float(negative[0]),
        joint=joint,
        axis_shares=alone,
        axis_total_shares=whole,
        n_draws=t.shape[1] - 1,
        weights=weights,
        seed=seed,
    )


def _joint_tests(
    estimates: np.ndarray, t: np.ndarray, degrees: np.ndarray, significant: np.ndarray, enumerated: bool
) -> dict[str, JointTest]:
    """Return the three tests of all specifications together; arrays are (S, 1 + B), the data's first."""
    z = z_of_t(t, degrees[:, None]).sum(axis=0) / np.sqrt(len(t))
    statistics = {"median": np.median(estimates, axis=0), "share_significant": significant, "stouffer_z": z}
    return {name: joint_test(statistic, enumerated) for name, statistic in statistics.items()}
