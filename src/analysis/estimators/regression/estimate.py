"""Panel regressions with clustered errors: effects are taken out, least squares does the rest.

By the theorem of Frisch, Waugh and Lovell the slopes, their residuals and their clustered errors are those of a
regression with a dummy for each effect.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.files.as_json import plain_dict

from .inference import Counts, Effect, EstimateWithError, by_student
from .sample import Sample, estimation_sample, variable_names
from .small_sample import SmallSample, check_size, effect_labels, small_sample
from .specification import Specification
from .within import NEGLIGIBLE, sums_by, without_effects

#: Variation up to this share of a variable's largest value is that of its last digits: sixteen units in the last place.
ROUNDING = 16 * float(np.finfo(float).eps)
#: Values of which none is larger than this have squares that a float can't hold.
SMALLEST = 1e-150
#: A mean further from zero than so many standard deviations costs digits: twice as many as it has before the point.
FAR = 1e3
#: An error up to this, in standard deviations of the outcome for one of the regressor, is rounding.
NO_ERROR = 1e-14


@dataclass(frozen=True, kw_only=True)
class Coefficient(EstimateWithError):
    """One variable's slope with its error, t, p and limits."""

    t_statistic: float


@dataclass(frozen=True, kw_only=True)
class Estimate(Effect):
    """The association of outcome and exposure under one specification, with what it was computed from.

    ``estimate`` is in units of the outcome per unit of the exposure, or in standard deviations of each where
    the specification is standardised. ``n_observations`` counts the rows of the regression (differences, for
    first-differences); means and standard deviations are of the levels behind them, unweighted, with n − 1.
    ``exposure_within_sd`` is the standard deviation of the exposure less entity and time effects.
    ``r2_within`` is the share of the outcome's variation, effects taken out, that the regressors account for;
    None for pooled. ``rule`` names the small-sample correction in full; ``sample`` holds the rows that were used.
    """

    t_statistic: float
    n_periods: int
    n_dropped_incomplete: int
    n_dropped_singletons: int
    outcome_mean: float
    outcome_sd: float
    exposure_sd: float
    exposure_within_sd: float
    r2_within: float | None
    sample: Sample = field(repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values: numbers that aren't finite become None, tuples become lists; no rows."""
        values = {
            entry.name: getattr(self, entry.name)
            for entry in fields(self)
            if entry.name not in ("sample", "rule")
        }
        return plain_dict(
            {**values, "small_sample_rule": self.rule, "specification": asdict(self.specification)}
        )

    @property
    def in_outcome_units(self) -> tuple[float, float, float]:
        """Estimate and interval in units of the outcome per unit of the exposure, standardised or not."""
        scale = self.outcome_sd / self.exposure_sd if self.specification.standardised else 1.0
        return self.estimate * scale, self.conf_low * scale, self.conf_high * scale

    @property
    def in_standard_deviations(self) -> tuple[float, float, float]:
        """Estimate and interval in standard deviations of the outcome per standard deviation of the exposure."""
        scale = 1.0 if self.specification.standardised else self.exposure_sd / self.outcome_sd
        return self.estimate * scale, self.conf_low * scale, self.conf_high * scale


@dataclass(frozen=True)
class FittedRegression:
    """A regression after every check: its sample, and least squares of the variables in their standard deviations.

    ``spread`` has each variable's standard deviation by fixed name, ``scaled`` the rows of the regression divided by them;
    ``slopes`` (k,) and their clustered ``covariance`` (k, k) are of the exposure and the controls so divided.
    """

    specification: Specification
    sample: Sample = field(repr=False)
    spread: dict[str, float]
    scaled: pd.DataFrame = field(repr=False)
    slopes: np.ndarray
    covariance: np.ndarray = field(repr=False)
    r2_within: float
    correction: SmallSample

    @property
    def units(self) -> np.ndarray:
        """What one standard deviation of the outcome for one of each regressor (k,) is in the columns' own units."""
        names = list(variable_names(self.specification))[1:]
        return np.array([self.spread["outcome"] / self.spread[name] for name in names])

    def coefficient(self, place: int) -> Coefficient:
        """Return the slope, error, t, p and limits of the exposure (``place`` 0) or of a control (1 …).

        Raises DataError where the error is nil but for rounding: with two clusters errors may cancel within each, or the
        regressors account for all of the outcome.
        """
        asked = self.specification
        error = float(np.sqrt(self.covariance[place, place]))
        if not error > NO_ERROR:
            raise DataError(
                f"{asked.outcome} on {asked.regressors[place]}: errors clustered by {asked.cluster} come to nothing, "
                "which says nothing of chance; are there few clusters, or an exact fit?"
            )
        unit = 1.0 if asked.standardised else float(self.units[place])
        degrees = self.correction.n_clusters - 1
        slope = by_student(self.slopes[place] * unit, error * unit, degrees, asked.confidence_level)
        return Coefficient(**vars(slope), t_statistic=slope.estimate / slope.standard_error)

    def estimate(self) -> Estimate:
        """Return the exposure's slope with what it was computed from."""
        return Estimate(
            **vars(self.coefficient(0)),
            **vars(Counts.of(self.sample.rows)),
            **_description(self.sample, self.spread, self.specification),
            r2_within=None if self.specification.estimator == "pooled" else self.r2_within,
            rule=self.correction.rule,
            specification=self.specification,
            sample=self.sample,
        )


def estimate(frame: pd.DataFrame, specification: Specification) -> Estimate:
    """Estimate ``specification`` on the rows of ``frame`` where everything that it names is present.

    Least squares with the estimator's effects taken out; errors are clustered (CR1: Liang and Zeger 1986;
    Cameron and Miller 2015) and the interval and p value are of Student's t with one degree of freedom fewer
    than clusters. ``rule`` of the result names the correction in full.

    Raises RequestError for an unknown column or a control that says nothing beyond the other columns and
    effects; DataError where the data can't answer: no rows, one cluster, an outcome or exposure without
    variation, as many parameters as rows, columns that aren't numbers, weights that are missing, zero or
    negative, errors that cancel within each cluster.
    """
    return fit_regression(frame, specification).estimate()


def fit_regression(frame: pd.DataFrame, specification: Specification) -> FittedRegression:
    """Fit ``specification`` to the rows of ``frame`` where everything that it names is present.

    Raises as ``estimate`` does.
    """
    sample = estimation_sample(frame, specification)
    spread = _standard_deviations(sample.levels, specification)
    scaled = _scaled(sample.rows, spread)
    check_size(sample.rows, specification)
    left = _without_own_effects(scaled, specification)
    rounding = {
        name: ROUNDING * np.abs(sample.levels[name].to_numpy()).max() / spread[name] for name in spread
    }
    _check_variation(left, rounding, specification)
    correction = small_sample(sample.rows, specification)
    slopes, covariance, r2_within = _least_squares(
        left, scaled["weight"].to_numpy(), pd.factorize(scaled["cluster"])[0], correction.factor
    )
    return FittedRegression(
        specification=specification,
        sample=sample,
        spread=spread,
        scaled=scaled,
        slopes=slopes,
        covariance=covariance,
        r2_within=r2_within,
        correction=correction,
    )


def _least_squares(
    left: np.ndarray, weights: np.ndarray, clusters: np.ndarray, factor: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return slopes (k,), their clustered covariance (k, k), and the share of the outcome's variation accounted for.

    ``left`` (n, 1 + k) is outcome and regressors, effects taken out. The covariance is the sandwich of Liang and Zeger
    (1986) times ``factor``, by way of orthonormal regressors, whose product is one.
    """
    weighted = left * np.sqrt(weights)[:, None]
    outcome, regressors = weighted[:, 0], weighted[:, 1:]
    orthonormal, triangle = np.linalg.qr(regressors)
    inverse = np.linalg.inv(triangle)
    slopes = inverse @ (orthonormal.T @ outcome)
    residual = outcome - regressors @ slopes
    scores = sums_by(orthonormal * residual[:, None], clusters)
    covariance = factor * inverse @ (scores.T @ scores) @ inverse.T
    return slopes, covariance, float(1 - residual @ residual / (outcome @ outcome))


def _standard_deviations(levels: pd.DataFrame, specification: Specification) -> dict[str, float]:
    """Return each variable's standard deviation over the rows used; raises DataError where it is nil or rounding."""
    spread = {}
    for name, column in variable_names(specification).items():
        values = levels[name].to_numpy()
        largest = np.abs(values).max()
        if 0 < largest < SMALLEST:
            raise DataError(f"{column}: no value beyond {SMALLEST:g} in size; give it in a smaller unit")
        spread[name] = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        if values.min() == values.max():
            raise DataError(f"{column}: the same value in all {len(values)} rows that are used")
        if spread[name] <= ROUNDING * largest:
            raise DataError(
                f"{column}: {values.min()!r} to {values.max()!r} in the {len(values)} rows that are used, which is no "
                "more than rounding"
            )
    return spread


def _scaled(rows: pd.DataFrame, spread: dict[str, float]) -> pd.DataFrame:
    """Return the rows with each variable in its standard deviations; one that lies far from zero, less its mean.

    Every estimator has a constant or effects, so that no slope changes; a variable whose mean is thousands of standard
    deviations away would lose its digits.
    """
    columns = {}
    for name, unit in spread.items():
        mean = rows[name].mean()
        columns[name] = (rows[name].to_numpy() - (mean if abs(mean) > FAR * unit else 0.0)) / unit
    return rows.assign(**columns)


def _without_own_effects(rows: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return outcome, exposure and controls of ``rows`` (n, 1 + k) less the estimator's effects."""
    entity = rows["entity"].array if specification.estimator == "two-way" else np.zeros(len(rows))
    time = rows["time"].array if specification.estimator != "pooled" else np.zeros(len(rows))
    variables = np.column_stack([rows[name].to_numpy() for name in variable_names(specification)])
    return without_effects(variables, entity, time, rows["weight"].to_numpy())


def _check_variation(left: np.ndarray, rounding: dict[str, float], specification: Specification) -> None:
    """Raise where a variable doesn't vary beyond the effects and its own ``rounding``, or a control repeats others."""
    effects = " and ".join(effect_labels(specification).values())
    for (name, column), values in zip(variable_names(specification).items(), left.T, strict=True):
        if values.std() <= max(NEGLIGIBLE, rounding[name]):
            message = f"{column}: no variation left" + (
                f" once {effects} effects are taken out" if effects else ""
            )
            raise RequestError(f"control {message}") if name.startswith("control") else DataError(message)
    regressors = left[:, 1:]
    for position, column in enumerate(specification.controls, start=1):
        before = regressors[:, :position]
        residual = (
            regressors[:, position] - before @ np.linalg.lstsq(before, regressors[:, position], rcond=None)[0]
        )
        if residual.std() <= max(NEGLIGIBLE, *rounding.values()) * regressors[:, position].std():
            others = ", ".join(specification.regressors[:position])
            raise RequestError(f"control {column}: collinear with {others}; leave one of them out")


def _description(sample: Sample, spread: dict[str, float], specification: Specification) -> dict[str, Any]:
    levels, rows = sample.levels, sample.rows
    exposure = levels["exposure"].to_numpy() / spread["exposure"]
    trends = specification.has_trends
    within = without_effects(exposure, levels["entity"].array, levels["time"].array, trends=trends)
    return {
        "n_periods": int(rows["time"].nunique()),
        "n_dropped_incomplete": sample.n_dropped_incomplete,
        "n_dropped_singletons": sample.n_dropped_singletons,
        "outcome_mean": float(levels["outcome"].mean()),
        "outcome_sd": spread["outcome"],
        "exposure_sd": spread["exposure"],
        "exposure_within_sd": float(np.std(within, ddof=1)) * spread["exposure"],
    }
