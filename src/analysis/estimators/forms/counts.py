"""Counts out of a number at risk: Poisson regression with entity and time effects, as a ratio of rates."""

import warnings
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.inference import Counts, Effect, effect_from_error
from analysis.estimators.regression.sample import estimation_sample, used_rows, variable_names
from analysis.estimators.regression.small_sample import check_size, small_sample
from analysis.estimators.regression.specification import Specification
from analysis.files.as_json import plain_dict

RULE = "Poisson quasi-likelihood with log(number at risk) as offset; "


@dataclass(frozen=True)
class RateRatio:
    """By what the rate is multiplied where the exposure is higher: ``per_sd`` and ``per_unit``.

    ``exposure_sd`` is over the rows used. ``n_dropped_all_zero`` counts rows of entities (and times) whose counts are
    all zero, which say nothing of a ratio.
    """

    per_sd: Effect
    per_unit: Effect
    exposure_sd: float
    n_dropped_all_zero: int
    specification: Specification

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return plain_dict(asdict(self))


def rate_ratio(frame: pd.DataFrame, specification: Specification, at_risk: str) -> RateRatio:
    """Estimate how the rate of ``specification.outcome``, a count, out of ``at_risk`` goes with the exposure.

    Poisson quasi-likelihood by pyfixest needs the mean to be right, not the variance (Wooldridge 1999); errors are
    clustered. Rows with no one at risk are left out, a withheld count is missing. Raises RequestError for another
    estimator or other effects than two-way ones, or weights; DataError for counts below zero or all zero; else as
    ``estimation_sample`` does.
    """
    rows, n_all_zero = _rows(frame, specification, at_risk)
    spread = float(rows[specification.exposure].std())
    if not spread > 0:
        raise DataError(f"{specification.exposure}: the same value in all {len(rows)} rows that are used")
    sample = estimation_sample(rows, specification)
    check_size(sample.rows, specification)
    offset = np.log(rows[at_risk].to_numpy(dtype=float))
    scaled = sample.rows.assign(exposure=sample.rows["exposure"] / spread, offset=offset)
    fitted = _fitted(scaled, specification)
    counts = Counts.of(sample.rows)
    log_ratio = effect_from_error(
        float(fitted.coef()["exposure"]), float(fitted.se()["exposure"]), counts.n_clusters - 1, counts,
        RULE + small_sample(sample.rows, specification).rule, specification,
    )  # fmt: skip
    per_unit = log_ratio.scaled(1 / spread).as_ratio()
    return RateRatio(
        per_sd=log_ratio.as_ratio(),
        per_unit=per_unit,
        exposure_sd=spread,
        n_dropped_all_zero=n_all_zero,
        specification=specification,
    )


def _fitted(scaled: pd.DataFrame, specification: Specification) -> Any:
    """Fit by pyfixest; raises RequestError where it finds a column collinear, DataError where its iteration doesn't end.

    It absorbs the effects of entities alone, years are dummies: pyfixest 0.60.0 keeps what it absorbs in a set, so that with
    two the last digit of every result changes with the hash seed. Imported here because the command line imports
    this module and may never fit; whole, for it imports its parts when they are first asked for, which each notebook's
    process would do anew.
    """
    import pyfixest.estimation

    names = variable_names(specification)
    regressors = " + ".join(name for name in names if name != "outcome")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = pyfixest.fepois(
                f"outcome ~ {regressors} + C(time) | entity",
                scaled,
                vcov={"CRV1": "cluster"},
                ssc=pyfixest.ssc(k_adj=True, k_fixef="nonnested", G_adj=True, G_df="min"),
                fixef_rm="none",
                copy_data=False,
                store_data=False,
                offset="offset",
            )
        except pyfixest.errors.NonConvergenceError as error:
            raise DataError(
                f"{specification.outcome} on {specification.exposure}: no maximum was found"
            ) from error
    if repeated := [names[name] for name in fitted._collin_vars if name in names]:
        raise RequestError(f"{', '.join(repeated)}: collinear with the other columns; leave one of them out")
    return fitted


def _rows(frame: pd.DataFrame, specification: Specification, at_risk: str) -> tuple[pd.DataFrame, int]:
    """Return the rows to fit, in the sample's order, and how many all-zero entities and times took away."""
    if specification.estimator != "two-way" or specification.has_trends or specification.weights:
        raise RequestError("a rate ratio is estimated two-way, without trends and weights")
    for column in (at_risk, specification.outcome):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    if (frame[specification.outcome] < 0).any():
        raise DataError(f"{specification.outcome}: counts below zero")
    asked = replace(specification, controls=(*specification.controls, at_risk))
    kept = used_rows(frame[~(frame[at_risk] <= 0)], asked)
    started = len(kept)
    while True:
        totals = [
            kept.groupby(key)[specification.outcome].transform("sum")
            for key in (specification.entity, specification.time)
        ]
        silent = (totals[0] == 0) | (totals[1] == 0)
        if silent.all():
            raise DataError(
                f"{specification.outcome}: no count above zero in the {started} rows that are used"
            )
        if not silent.any():
            return kept, started - len(kept)
        kept = used_rows(kept[~silent], asked)
