"""The rows behind questions of shape: the pair, the moderator, what is held constant, and counts where there are any."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.definitions.indicators import indicator
from analysis.data.panel.panel import Panel
from analysis.errors import DataError
from analysis.estimators.diagnostics.withheld import Bounds, withheld_bounds
from analysis.estimators.regression.specification import Specification

from .relationship import DEMAND_CONTROLS

SPEND, CASELOAD, TURNOVER = (
    "children_services_real_gbp_per_child",
    "caseload_cases_per_fte",
    "turnover_percent",
)
CHAIN = (SPEND, CASELOAD, TURNOVER)
"""The path along which drift is said to come about, before the outcome itself."""
CONFIDENTIAL = "c"
WITHHELD_COUNTS = (1, 5)
"""What a count withheld as confidential may be. Among published counts there are zeros, and from six up every number; a
count that was withheld only so that another can't be worked out may lie above, which the bounds then don't hold."""
LOWEST, HIGHEST, AT_RISK = "lowest", "highest", "at risk"


@dataclass(frozen=True)
class ShapeRows:
    """One row an authority and outcome year, with every column that an answer reads.

    ``count`` names the count behind the outcome where the dictionary knows it; its number at risk is in the column AT_RISK
    then. ``withheld`` (n,) marks the rows without an outcome whose count is withheld as confidential, and small.
    """

    rows: pd.DataFrame = field(repr=False)
    count: str | None
    withheld: np.ndarray = field(repr=False)


def shape_rows(panel: Panel, sample: SampleParameters, moderator: str) -> ShapeRows:
    """Return the rows for a pair and its moderator; raises as ``build_sample`` does."""
    counts = indicator(sample.outcome).counts
    count, totals = (counts.numerator, list(counts.denominator)) if counts else (None, [])
    wanted = dict.fromkeys(
        [*sample.controls, moderator, *DEMAND_CONTROLS, *CHAIN, *totals, *filter(None, [count])]
    )
    others = tuple(name for name in wanted if name not in (sample.outcome, sample.exposure))
    rows = build_sample(panel.authorities, replace(sample, controls=others))
    if totals:
        rows = rows.assign(**{AT_RISK: rows[totals].sum(axis=1, min_count=len(totals))})
    marked = panel.withheld[
        (panel.withheld["indicator"] == count) & (panel.withheld["marker"] == CONFIDENTIAL)
    ]
    keys = [pd.MultiIndex.from_frame(frame[["authority_code", "year"]]) for frame in (rows, marked)]
    is_bounded = counts is not None and counts.bounded
    withheld = keys[0].isin(keys[1]) & rows[sample.outcome].isna().to_numpy() & is_bounded
    return ShapeRows(rows, count, np.asarray(withheld))


def bounds_of(given: ShapeRows, specification: Specification) -> Bounds | None:
    """Return the worst cases of ``specification`` over withheld counts; None where none is withheld.

    Raises as ``between_bounds`` and ``withheld_bounds`` do.
    """
    if not given.withheld.any():
        return None
    rows = between_bounds(given, specification.outcome)
    return withheld_bounds(rows, specification, LOWEST, HIGHEST)


def between_bounds(given: ShapeRows, outcome: str) -> pd.DataFrame:
    """Return the rows with the outcome's LOWEST and HIGHEST value: equal where it is published.

    A withheld count is one of WITHHELD_COUNTS, and no more than there were at risk. Nothing is worked out from other
    figures. Raises DataError where none is withheld, or so small counts are published, so that withheld ones may be any.
    """
    low, high = WITHHELD_COUNTS
    if not given.count or not given.withheld.any():
        raise DataError(f"{outcome}: no count behind it is withheld")
    small = given.rows[given.count].between(low, high)
    if small.any():
        raise DataError(
            f"{given.count}: counts of {low} to {high} are published in {int(small.sum())} rows, so that a withheld one may "
            "be any"
        )
    at_risk = given.rows[AT_RISK].where(given.rows[AT_RISK] > 0)
    ends = {LOWEST: low, HIGHEST: np.minimum(high, at_risk)}
    shares = {
        name: given.rows[outcome].where(~given.withheld, 100 * end / at_risk) for name, end in ends.items()
    }
    return given.rows.assign(**shares)
