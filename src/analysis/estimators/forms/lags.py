"""What goes with the exposure of several years at once: distributed lags, and leads as a placebo."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.data.cleaning.years import lag_lead
from analysis.errors import RequestError, unknown
from analysis.estimators.regression.inference import Effect
from analysis.estimators.regression.sample import used_rows
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.terms import JointTest, fit_terms
from analysis.files.as_json import plain_dict


@dataclass(frozen=True)
class YearEffect:
    """The slope of the exposure as it was ``lag_years`` before; negative ones are leads, counted after the outcome."""

    lag_years: int
    effect: Effect


@dataclass(frozen=True)
class DistributedLag:
    """Slopes by year, the sum over lags 0 to the last with its own error, and the test that all leads are nil.

    In standard deviations where the specification is standardised (those of outcome and exposure over the rows used),
    else in the outcome's unit per unit of the exposure. ``leads_test`` is None where no lead was asked for.
    """

    by_year: tuple[YearEffect, ...]
    cumulative: Effect
    leads_test: JointTest | None
    specification: Specification

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        years = [{"lag_years": year.lag_years, "effect": year.effect.as_dict()} for year in self.by_year]
        leads = self.leads_test.p_value if self.leads_test else None
        return plain_dict({"by_year": years, "cumulative": self.cumulative.as_dict(), "leads_p_value": leads})


def distributed_lag(
    frame: pd.DataFrame, specification: Specification, lags: int = 2, leads: int = 1
) -> DistributedLag:
    """Regress the outcome on the exposure of the same row's year, ``lags`` years before and ``leads`` after, jointly.

    Years that an entity's rows don't have are gaps, never bridged. The cumulative slope is the long-run difference for
    an exposure that is higher for good; leads should be nil where the exposure comes first (Granger 1969; Angrist
    and Pischke 2009, 5.2.1). Raises RequestError for a negative number of lags or leads and a time that isn't the
    frame's years; else as ``estimate`` does.
    """
    if min(lags, leads) < 0:
        raise RequestError(f"lags {lags} and leads {leads}: neither may be negative")
    for column in (specification.exposure, specification.entity, specification.time):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    shifts = [0, *range(1, lags + 1), *range(-1, -leads - 1, -1)]
    names = {shift: _name(specification.exposure, shift) for shift in shifts}
    keys = {"entity": specification.entity, "time": specification.time}
    shifted = {
        name: lag_lead(frame, specification.exposure, **keys, lag_years=shift)
        for shift, name in names.items()
    }
    others = tuple(names[shift] for shift in shifts[1:])
    asked = replace(specification, controls=(*others, *specification.controls), standardised=False)
    wide = frame.assign(**shifted)
    terms = replace(fit_terms(wide, asked), specification=specification)
    unit = _unit(used_rows(wide, asked), specification)
    past = [names[shift] for shift in range(lags + 1)]
    years = tuple(YearEffect(shift, terms.slope(names[shift]).scaled(unit)) for shift in sorted(shifts))
    test = terms.joint_test([names[shift] for shift in range(-leads, 0)]) if leads else None
    return DistributedLag(
        years, terms.combination(dict.fromkeys(past, 1.0)).scaled(unit), test, specification
    )


def _name(exposure: str, shift: int) -> str:
    if shift == 0:
        return exposure
    return f"{exposure}, {abs(shift)} {'earlier' if shift > 0 else 'later'}"


def _unit(rows: pd.DataFrame, specification: Specification) -> float:
    if not specification.standardised:
        return 1.0
    return float(rows[specification.exposure].std() / rows[specification.outcome].std())
