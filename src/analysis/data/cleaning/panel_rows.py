"""The rows that a model sees: outcome, exposure and controls of one authority and year, aligned in time."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd

from analysis.data.definitions.authorities import codes_in
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.reach import panel_years
from analysis.errors import DataError, RequestError, unknown

from .years import Alignment, label_offset_years, lag_lead, without_earlier_definitions

ColumnWeights = Literal["none", "child_population_children", "social_workers_fte"]
"""Weights that are a column of the panel, whatever the outcome."""
Weights = Literal[ColumnWeights, "number at risk"]
AT_RISK: Weights = "number at risk"
"""Weights by what an outcome that is a share is of: the sum of the denominators that the dictionary gives it."""
ABOUT = ["authority_code", "authority", "region", "year", "cluster"]


@dataclass(frozen=True)
class SampleParameters:
    """Which rows and columns a model sees.

    ``years`` are the outcome's own, first and last. ``lag_years`` is how much earlier than the aligned exposure the
    exposure is taken; negative values lead (a placebo: an exposure counted after the outcome). ``authorities`` are codes or
    names; none means all. Controls are aligned as the exposure is, without its lag.
    """

    outcome: str
    exposure: str
    controls: tuple[str, ...] = ()
    lag_years: int = 0
    alignment: Alignment = "preceding"
    years: tuple[int, int] = field(default_factory=panel_years)
    authorities: tuple[str, ...] = ()
    weights: Weights = "none"
    include_very_small: bool = False
    include_earlier_definitions: bool = False

    def __post_init__(self) -> None:
        for name in (self.outcome, self.exposure, *self.controls):
            indicator(name)
        names = [self.outcome, self.exposure, *self.controls]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise RequestError(f"'{repeated[0]}' stands more than once among outcome, exposure and controls")
        if self.years[0] > self.years[1]:
            raise RequestError(f"years: the first, {self.years[0]}, is after the last, {self.years[1]}")
        if self.weights not in get_args(Weights):
            raise unknown("weights", self.weights, get_args(Weights))
        if self.weights == AT_RISK and indicator(self.outcome).counts is None:
            raise RequestError(
                f"weights: the number at risk isn't known of {self.outcome}; choose other weights"
            )


def _aligned(panel: pd.DataFrame, column: str, parameters: SampleParameters, lag_years: int) -> pd.Series:
    source = panel
    if not parameters.include_earlier_definitions:
        source = panel.assign(**{column: without_earlier_definitions(panel, column)})
    offset = label_offset_years(column, parameters.outcome, parameters.alignment)
    return lag_lead(source, column, lag_years=offset + lag_years)


def _weight(panel: pd.DataFrame, parameters: SampleParameters) -> pd.Series:
    """Return what each row counts for; missing where nobody was at risk."""
    counts = indicator(parameters.outcome).counts
    if parameters.weights != AT_RISK or counts is None:
        return _aligned(panel, parameters.weights, parameters, 0)
    at_risk = sum(_aligned(panel, name, parameters, 0) for name in counts.denominator)
    return pd.Series(at_risk).where(lambda number: number > 0)


def _chosen(panel: pd.DataFrame, parameters: SampleParameters) -> pd.Series:
    rows = panel["year"].between(*parameters.years)
    if parameters.authorities:
        rows &= panel["authority_code"].isin(codes_in(parameters.authorities, panel["authority_code"]))
    if not parameters.include_very_small:
        rows &= ~panel["very_small"]
    return rows


def build_sample(panel: pd.DataFrame, parameters: SampleParameters) -> pd.DataFrame:
    """Return one row an authority and outcome year: names, outcome, exposure, controls and, if asked for, ``weight``.

    Rows with a figure missing are kept: the model drops and counts them; rows without a weight are left out. Raises
    DataError where no row is left with both
    outcome and exposure.
    """
    columns = {parameters.outcome: _aligned(panel, parameters.outcome, parameters, 0)}
    columns[parameters.exposure] = _aligned(panel, parameters.exposure, parameters, parameters.lag_years)
    for name in parameters.controls:
        columns[name] = _aligned(panel, name, parameters, 0)
    if parameters.weights != "none":
        columns["weight"] = _weight(panel, parameters)
    sample = pd.concat([panel[ABOUT], pd.DataFrame(columns)], axis=1)[_chosen(panel, parameters)]
    if not (sample[parameters.outcome].notna() & sample[parameters.exposure].notna()).any():
        raise DataError(
            f"{parameters.exposure} and {parameters.outcome}: no authority has both in "
            f"{parameters.years[0]} to {parameters.years[1]}; widen the years or choose another pair"
        )
    if "weight" in sample:
        sample = sample.dropna(subset=["weight"])
    return sample.reset_index(drop=True)
