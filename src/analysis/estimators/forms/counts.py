"""Counts out of a number at risk: Poisson regression with entity and time effects, as a ratio of rates."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.estimate import check_size, quiet_fit, small_sample_rule
from analysis.estimators.regression.inference import Counts, Effect, effect_from_error
from analysis.estimators.regression.sample import estimation_sample, used_rows
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
    fitted = quiet_fit("fepois", scaled, specification, offset="offset")
    counts = Counts.of(sample.rows)
    log_ratio = effect_from_error(
        float(fitted.coef()["exposure"]), float(fitted.se()["exposure"]), counts.n_clusters - 1, counts,
        RULE + small_sample_rule(sample.rows, specification), specification,
    )  # fmt: skip
    per_unit = log_ratio.scaled(1 / spread).as_ratio()
    return RateRatio(
        per_sd=log_ratio.as_ratio(),
        per_unit=per_unit,
        exposure_sd=spread,
        n_dropped_all_zero=n_all_zero,
        specification=specification,
    )


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
