"""Panel regressions with clustered errors, computed by pyfixest."""

import warnings
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.files.as_json import plain_dict

from .inference import Counts, Effect, EstimateWithError
from .sample import Sample, estimation_sample, variable_names
from .specification import Specification
from .within import NEGLIGIBLE, without_effects

#: Variation up to this share of a variable's largest value is that of its last digits: sixteen units in the last place.
ROUNDING = 16 * float(np.finfo(float).eps)
#: Values of which none is larger than this have squares that a float can't hold.
SMALLEST = 1e-150
#: A mean further from zero than so many standard deviations costs digits: twice as many as it has before the point.
FAR = 1e3
#: An error up to this, in standard deviations of the outcome for one of the regressor, is rounding.
NO_ERROR = 1e-14
_EFFECTS = {"pooled": (), "two-way": ("entity", "time"), "first-differences": ("time",)}


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
    return estimate_of(fitted_regression(frame, specification), specification)


def estimate_of(
    regression: tuple[Sample, dict[str, float], pd.DataFrame, Any], specification: Specification
) -> Estimate:
    """Return the estimate of what ``fitted_regression`` returned, as ``estimate`` does."""
    sample, spread, scaled, fitted = regression
    return Estimate(
        **vars(coefficient(fitted, spread, "exposure", specification)),
        **vars(Counts.of(sample.rows)),
        **_description(sample, spread, specification),
        r2_within=_r2_within(fitted, scaled, specification),
        rule=small_sample_rule(sample.rows, specification),
        specification=specification,
        sample=sample,
    )


def fitted_regression(
    frame: pd.DataFrame, specification: Specification
) -> tuple[Sample, dict[str, float], pd.DataFrame, Any]:
    """Return sample, standard deviations, rows divided by them, and pyfixest's fit to those, after every check.

    Raises as ``estimate`` does.
    """
    sample = estimation_sample(frame, specification)
    spread = _standard_deviations(sample.levels, specification)
    scaled = _scaled(sample.rows, spread)
    check_size(sample.rows, specification)
    rounding = {name: ROUNDING * np.abs(sample.levels[name]).max() / spread[name] for name in spread}
    _check_variation(scaled, rounding, specification)
    return sample, spread, scaled, quiet_fit("feols", scaled, specification)


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
        columns[name] = (rows[name] - (mean if abs(mean) > FAR * unit else 0.0)) / unit
    return rows.assign(**columns)


def _effect_labels(specification: Specification) -> dict[str, str]:
    """Return what each set of effects is called: the column's name, with what a model with trends adds."""
    entity = f"{specification.entity} (and trend)" if specification.has_trends else specification.entity
    labels = {"entity": entity, "time": specification.time_label}
    return {name: labels[name] for name in _EFFECTS[specification.estimator]}


def _without_own_effects(rows: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    names = list(variable_names(specification))
    entity = rows["entity"] if specification.estimator == "two-way" else np.zeros(len(rows))
    time = rows["time"] if specification.estimator != "pooled" else np.zeros(len(rows))
    left = without_effects(
        rows[names].to_numpy(), np.asarray(entity), np.asarray(time), rows["weight"].to_numpy()
    )
    return pd.DataFrame(left, columns=names)


def _check_variation(scaled: pd.DataFrame, rounding: dict[str, float], specification: Specification) -> None:
    """Raise where a variable doesn't vary beyond the effects and its own ``rounding``, or a control repeats others."""
    left = _without_own_effects(scaled, specification)
    effects = " and ".join(_effect_labels(specification).values())
    for name, column in variable_names(specification).items():
        if left[name].std(ddof=0) <= max(NEGLIGIBLE, rounding[name]):
            message = f"{column}: no variation left" + (
                f" once {effects} effects are taken out" if effects else ""
            )
            raise RequestError(f"control {message}") if name.startswith("control") else DataError(message)
    regressors = left.drop(columns="outcome").to_numpy()
    for position, column in enumerate(specification.controls, start=1):
        before = regressors[:, :position]
        residual = (
            regressors[:, position] - before @ np.linalg.lstsq(before, regressors[:, position], rcond=None)[0]
        )
        if residual.std() <= max(NEGLIGIBLE, *rounding.values()) * regressors[:, position].std():
            others = ", ".join(specification.regressors[:position])
            raise RequestError(f"control {column}: collinear with {others}; leave one of them out")


def check_size(rows: pd.DataFrame, specification: Specification) -> None:
    """Raise DataError where ``rows`` of a sample have one cluster, or no more rows than parameters."""
    if (clusters := rows["cluster"].nunique()) < 2:
        raise DataError(
            f"{specification.cluster}: {clusters} cluster in the {len(rows)} rows used; two are needed"
        )
    absorbed = rows["entity"].nunique() - 1 if specification.estimator == "two-way" else 0
    if specification.has_trends:
        if rows.groupby("entity")["cluster"].nunique().max() > 1:
            raise DataError(
                f"{specification.cluster}: with trends of {specification.entity}, errors are clustered by it or "
                "by groups of it"
            )
        absorbed += rows["entity"].nunique() - 1
    periods = rows["time"].nunique() if specification.estimator != "pooled" else 1
    parameters = len(specification.regressors) + absorbed + periods - _repeated_effects(rows, specification)
    if len(rows) <= parameters:
        raise DataError(
            f"{specification.outcome} on {specification.exposure}: {len(rows)} rows for {parameters} "
            f"parameters"
        )


def _formula(specification: Specification) -> str:
    """Return pyfixest's formula. It absorbs one set of effects at most: years of a two-way model are dummies.

    pyfixest 0.60.0 keeps the effects that it absorbs in a set, so that with two of them their order, and the
    last digit of every result, changes with the hash seed. The parameters counted are the same.
    """
    regressors = [name for name in variable_names(specification) if name != "outcome"]
    if specification.estimator == "two-way":
        regressors.append("C(time)")
    absorbed = {"pooled": "", "two-way": " | entity", "first-differences": " | time"}[specification.estimator]
    return f"outcome ~ {' + '.join(regressors)}{absorbed}"


def quiet_fit(method: str, scaled: pd.DataFrame, specification: Specification, **options: Any) -> Any:
    """Fit by pyfixest's ``feols`` or ``fepois``.

    Imported here because the command line imports this module and may never fit; whole, for pyfixest imports its parts when
    they are first asked for, which each notebook's process would do anew. Raises RequestError where it finds a
    column collinear, DataError where its iteration doesn't end.
    """
    import pyfixest.estimation

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = getattr(pyfixest, method)(
                _formula(specification),
                scaled,
                vcov={"CRV1": "cluster"},
                weights="weight" if specification.weights else None,
                ssc=pyfixest.ssc(k_adj=True, k_fixef="nonnested", G_adj=True, G_df="min"),
                fixef_rm="none",
                copy_data=False,
                store_data=False,
                **options,
            )
        except pyfixest.errors.NonConvergenceError as error:
            raise DataError(
                f"{specification.outcome} on {specification.exposure}: no maximum was found"
            ) from error
    names = variable_names(specification)
    if repeated := [names[name] for name in fitted._collin_vars if name in names]:
        raise RequestError(f"{', '.join(repeated)}: collinear with the other columns; leave one of them out")
    return fitted


def coefficient(
    fitted: Any, spread: dict[str, float], name: str, specification: Specification
) -> Coefficient:
    """Return one variable's slope, error, t, p and limits from pyfixest's fit to rows divided by ``spread``.

    ``name``: exposure, control_0 … Raises DataError where the error is nil but for rounding: with two clusters errors may
    cancel within each, or the regressors account for all of the outcome.
    """
    unit = 1.0 if specification.standardised else spread["outcome"] / spread[name]
    with np.errstate(invalid="ignore", divide="ignore"):
        row = fitted.tidy(alpha=1 - specification.confidence_level).loc[name]
        slope, error, t_statistic, p_value, low, high = map(float, row)
    if not error > NO_ERROR:
        raise DataError(
            f"{specification.outcome} on {variable_names(specification)[name]}: errors clustered by "
            f"{specification.cluster} come to nothing, which says nothing of chance; are there few clusters, or an "
            "exact fit?"
        )
    return Coefficient(
        estimate=slope * unit,
        conf_low=low * unit,
        conf_high=high * unit,
        p_value=p_value,
        standard_error=error * unit,
        t_statistic=t_statistic,
    )


def _r2_within(fitted: Any, scaled: pd.DataFrame, specification: Specification) -> float | None:
    if specification.estimator == "pooled":
        return None
    weights = scaled["weight"].to_numpy()
    total = _without_own_effects(scaled, specification)["outcome"].to_numpy() ** 2 @ weights
    return float(1 - np.asarray(fitted.resid()).ravel() ** 2 @ weights / total)


def _description(sample: Sample, spread: dict[str, float], specification: Specification) -> dict[str, Any]:
    levels, rows = sample.levels, sample.rows
    exposure = levels["exposure"].to_numpy() / spread["exposure"]
    trends = specification.has_trends
    within = without_effects(exposure, levels["entity"].to_numpy(), levels["time"].to_numpy(), trends=trends)
    return {
        "n_periods": int(rows["time"].nunique()),
        "n_dropped_incomplete": sample.n_dropped_incomplete,
        "n_dropped_singletons": sample.n_dropped_singletons,
        "outcome_mean": float(levels["outcome"].mean()),
        "outcome_sd": spread["outcome"],
        "exposure_sd": spread["exposure"],
        "exposure_within_sd": float(np.std(within, ddof=1)) * spread["exposure"],
    }


def linked_effects(entity: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return which set of linked rows each row (n,) is in, numbered from zero; ``entity`` and ``time`` (n,) are codes.

    Rows are linked by an entity or a time in common. An entity that stays in its region links the times of that region
    alone (Abowd, Creecy and Kramarz 2002), so that entities' effects hold one effect of time for each set.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = entity.max() + time.max() + 2
    links = coo_array((np.ones(len(entity)), (entity, entity.max() + 1 + time)), shape=(n, n))
    linked: np.ndarray = connected_components(links, directed=False)[1][entity]
    return linked


def _repeated_effects(rows: pd.DataFrame, specification: Specification) -> int:
    """Return how many effects of region by time those of entities hold already: one fewer than sets of linked rows."""
    if not specification.has_region_times:
        return 0
    return int(linked_effects(*(pd.factorize(rows[name])[0] for name in ("entity", "time"))).max())


def _counted_parameters(rows: pd.DataFrame, specification: Specification) -> tuple[int, str]:
    """Return K of the correction, and what is counted in it, in words."""
    slopes = len(specification.regressors)
    text = f"{slopes} slope{'s' if slopes > 1 else ''}"
    if specification.estimator == "pooled":
        return slopes + 1, f"{text} and the constant"
    sizes = {name: int(rows[name].nunique()) for name in _EFFECTS[specification.estimator]}
    nested = [name for name in sizes if rows.groupby(name)["cluster"].nunique().max() == 1]
    total = slopes + sum(sizes.values()) - (len(sizes) - 1) - sum(sizes[n] for n in nested) + len(nested)
    columns = _effect_labels(specification)
    kept = [f"{sizes[n]} {columns[n]} effects" for n in sizes if n not in nested] or ["the constant"]
    left_out = [f"{sizes[n]} {columns[n]} effects lie within clusters and aren't counted" for n in nested]
    overlap = ["less 1 that they share"] if len(sizes) > 1 and not nested else []
    if repeated := _repeated_effects(rows, specification):
        overlap.append(f"less {repeated} that {columns['entity']} effects hold already")
    return total - repeated, "; ".join([", ".join([text, *kept, *overlap]), *left_out])


def small_sample_rule(rows: pd.DataFrame, specification: Specification) -> str:
    """Return the small-sample rule in words and numbers: the variance's factor, what K counts, the t used.

    ``rows`` is the sample's: columns entity, time and cluster. The rule is that of fixest (Bergé 2018), with
    effects nested in clusters left out of K, as Cameron and Miller (2015, section II.D) advise.
    """
    clusters, (parameters, counted) = rows["cluster"].nunique(), _counted_parameters(rows, specification)
    return (
        f"CR1 clustered by {specification.cluster}: variance × G/(G − 1) × (N − 1)/(N − K) with "
        f"G = {clusters} clusters, N = {len(rows):,} rows, K = {parameters} ({counted}); "
        f"p values and intervals from t({clusters - 1})"
    )
