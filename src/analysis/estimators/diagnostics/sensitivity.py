"""What if something unmeasured drives both: how strong it would have to be.

Robustness value, partial R² and bounds by observed controls: Cinelli and Hazlett (2020), «Making sense of
sensitivity»; delta: Oster (2019), «Unobservable selection and coefficient stability». Both are taken within effects:
the confounder in question is one that varies within authorities over time.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimators.regression.estimate import estimate
from analysis.estimators.regression.sample import Sample, estimation_sample
from analysis.estimators.regression.scores import Design, regression_design
from analysis.estimators.regression.specification import Specification
from analysis.findings.interval import IntervalEstimate


@dataclass(frozen=True)
class Benchmark:
    """What a confounder ``times`` as strong as an observed control, in both relations, would leave of the estimate.

    ``r2_exposure`` and ``r2_outcome`` bound the confounder's partial R² with exposure and outcome; ``adjusted``
    is None where so strong a confounder can't be (it would explain the exposure whole).
    """

    control: str
    times: float
    r2_exposure: float
    r2_outcome: float
    adjusted: IntervalEstimate | None


@dataclass(frozen=True)
class Sensitivity:
    """How strong an unmeasured confounder would have to be.

    ``partial_r2``: share of the outcome's remaining variance that goes with the exposure; a confounder that explained
    all of the rest of the outcome would need this share of the exposure to make the estimate zero.
    ``robustness_value``: the share of both that a confounder would need to make it zero, and ``…_interval`` to make
    the confidence interval reach zero (nil where it does already). ``oster_delta``: how much stronger than the controls'
    selection on unobserved ones would have to be for a slope of zero, with R² at most ``oster_r2_max``; None without
    controls.
    """

    estimate: float
    standard_error: float
    degrees: int
    partial_r2: float
    robustness_value: float
    robustness_value_interval: float
    benchmarks: tuple[Benchmark, ...]
    oster_delta: float | None
    oster_r2_max: float | None
    specification: Specification

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return asdict(self)


def robustness_value(partial_f: float, critical_f: float = 0.0) -> float:
    """Return the partial R² with both that takes an effect of Cohen's f ``partial_f`` down to ``critical_f``.

    ``partial_f`` is |t| / √df; ``critical_f`` is t* / √(df − 1) for «no longer significant» and zero for «gone».
    """
    distance = partial_f - critical_f
    if distance <= 0:
        return 0.0
    if critical_f > 0 and partial_f > 1 / critical_f:
        return (partial_f**2 - critical_f**2) / (1 + partial_f**2)
    return float(0.5 * (np.sqrt(distance**4 + 4 * distance**2) - distance**2))


def bias_of(r2_exposure: float, r2_outcome: float, classical_error: float, degrees: float) -> float:
    """Return the size of the bias from leaving out a confounder of these partial R²."""
    return float(classical_error * np.sqrt(degrees * r2_outcome * r2_exposure / (1 - r2_exposure)))


def benchmark_bounds(r2_exposure: float, r2_outcome: float, times: float) -> tuple[float, float]:
    """Return bounds on the partial R² with exposure and outcome of a confounder ``times`` as strong as a control.

    ``r2_exposure`` is the control's with the exposure given other controls, ``r2_outcome`` its with the outcome given
    these and the exposure. The first bound may come out at 1 or more: then no such confounder can be.
    """
    bound = times * r2_exposure / (1 - r2_exposure)
    if bound >= 1:
        return bound, 1.0
    shared = times * r2_exposure**2 / ((1 - times * r2_exposure) * (1 - r2_exposure))
    strength = (np.sqrt(times) + np.sqrt(shared)) / np.sqrt(1 - shared) if shared < 1 else np.inf
    return bound, float(min(1.0, strength**2 * r2_outcome / (1 - r2_outcome)))


def oster_delta(
    short: float, short_r2: float, long: float, long_r2: float, r2_max: float, outcome_variance: float,
    exposure_variance: float, exposure_residual_variance: float, target: float = 0.0,
) -> float:  # fmt: skip
    """Return delta: selection on unobserved over selection on observed controls at which the slope is ``target``.

    ``short`` and ``long`` are the slopes without and with controls; the residual variance is the exposure's given
    controls. Oster's (2019) proposition 3, solved for delta.
    """
    gap, moved = long - target, short - long
    signal = exposure_residual_variance * moved * exposure_variance
    cubic = gap**3 * (exposure_residual_variance * exposure_variance - exposure_residual_variance**2)
    numerator = (
        gap * (long_r2 - short_r2) * outcome_variance * exposure_residual_variance
        + gap * exposure_variance * exposure_residual_variance * moved**2
        + 2 * gap**2 * signal
        + cubic
    )
    room = (r2_max - long_r2) * outcome_variance
    denominator = (
        room * moved * exposure_variance
        + gap * room * (exposure_variance - exposure_residual_variance)
        + gap**2 * signal
        + cubic
    )
    return numerator / denominator if denominator else float("inf")


@dataclass(frozen=True)
class _Within:
    """Exposure (n,), outcome (n,) and controls (n, c), effects taken out, and the degrees of freedom left."""

    exposure: np.ndarray
    outcome: np.ndarray
    controls: np.ndarray
    degrees: int


def _residuals(values: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0] if columns.size else values


def _within(sample: Sample, design: Design, specification: Specification) -> _Within:
    n_controls = len(specification.controls)
    effects = design.regressors[:, : -1 - n_controls]
    left = _residuals(np.column_stack([design.outcome, design.regressors[:, -1 - n_controls :]]), effects)
    rows, rank = sample.rows, int(np.linalg.matrix_rank(effects))
    entities = rows["entity"].nunique() if specification.estimator == "two-way" else 0
    nested = entities and rows.groupby("entity")["cluster"].nunique().max() == 1
    degrees = len(rows) - rank - (entities if nested else 0) - n_controls - 1
    return _Within(left[:, -1], left[:, 0], left[:, 1:-1], degrees)


def _partial_r2(exposure: np.ndarray, other: np.ndarray, given: np.ndarray) -> float:
    exposure, other = _residuals(exposure, given), _residuals(other, given)
    return float((exposure @ other) ** 2 / ((exposure @ exposure) * (other @ other)))


def _benchmark(
    within: _Within, place: int, control: str, times: float, numbers: tuple[float, float, float, float]
) -> Benchmark:
    slope, error, classical, critical = numbers
    column, others = within.controls[:, place], np.delete(within.controls, place, axis=1)
    r2_exposure, r2_outcome = benchmark_bounds(
        _partial_r2(column, within.exposure, others),
        _partial_r2(column, within.outcome, np.column_stack([others, within.exposure])),
        times,
    )
    if r2_exposure >= 1:
        return Benchmark(control, times, r2_exposure, r2_outcome, adjusted=None)
    adjusted = slope - np.sign(slope) * bias_of(r2_exposure, r2_outcome, classical, within.degrees)
    scale = np.sqrt((1 - r2_outcome) / (1 - r2_exposure) * within.degrees / (within.degrees - 1))
    half = critical * error * scale
    limits = IntervalEstimate(
        estimate=float(adjusted), conf_low=float(adjusted - half), conf_high=float(adjusted + half)
    )
    return Benchmark(control, times, r2_exposure, r2_outcome, limits)


def _oster(within: _Within, r2_max_ratio: float) -> tuple[float, float] | tuple[None, None]:
    """Return delta and the largest R², the smaller of 1 and ``r2_max_ratio`` × the R² with controls (within effects)."""
    x, y, controls = within.exposure, within.outcome, within.controls
    if not controls.size:
        return None, None
    n, total = len(y), y @ y
    short, exposure = x @ y / (x @ x), _residuals(x, controls)
    slope = exposure @ y / (exposure @ exposure)
    left = _residuals(y - slope * x, controls)
    long_r2, r2_max = 1 - left @ left / total, min(1.0, r2_max_ratio * (1 - left @ left / total))
    short_r2 = short**2 * (x @ x) / total
    delta = oster_delta(
        short, short_r2, slope, long_r2, r2_max, total / n, x @ x / n, exposure @ exposure / n
    )
    return float(delta), float(r2_max)


def sensitivity(
    frame: pd.DataFrame,
    specification: Specification,
    times: Sequence[float] = (1, 2, 3),
    r2_max_ratio: float = 1.3,
) -> Sensitivity:
    """Return how strong a confounder would have to be, with each control of the specification as a benchmark.

    Strengths are of variances and need no error; where significance is meant, the critical value is scaled by the
    ratio of the clustered error to the classical one. The outcome's and exposure's effects count as known.
    """
    from scipy import stats

    effect = estimate(frame, specification)
    sample = estimation_sample(frame, specification)
    design = regression_design(sample, specification)
    within = _within(sample, design, specification)
    exposure = _residuals(within.exposure, within.controls)
    outcome = _residuals(within.outcome, within.controls)
    unit = effect.estimate / (exposure @ outcome / (exposure @ exposure))
    r2 = float((exposure @ outcome) ** 2 / ((exposure @ exposure) * (outcome @ outcome)))
    classical = unit * np.sqrt((outcome @ outcome) * (1 - r2) / within.degrees / (exposure @ exposure))
    critical = stats.t(effect.n_clusters - 1).ppf((1 + specification.confidence_level) / 2)
    numbers = (effect.estimate, effect.standard_error, float(classical), float(critical))
    benchmarks = tuple(
        _benchmark(within, place, control, many, numbers)
        for place, control in enumerate(specification.controls)
        for many in times
    )
    partial_f = float(np.sqrt(r2 / (1 - r2)))
    needed = critical * effect.standard_error / classical / np.sqrt(within.degrees - 1)
    delta, r2_max = _oster(within, r2_max_ratio)
    return Sensitivity(
        estimate=effect.estimate,
        standard_error=effect.standard_error,
        degrees=within.degrees,
        partial_r2=r2,
        robustness_value=float(robustness_value(partial_f)),
        robustness_value_interval=float(robustness_value(partial_f, needed)),
        benchmarks=benchmarks,
        oster_delta=delta,
        oster_r2_max=r2_max,
        specification=specification,
    )
