"""The rows that a model sees: outcome, exposure and controls of one authority and year, aligned in time."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.data.definitions.authorities import codes_in
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.reach import panel_years
from analysis.errors import DataError, RequestError, unknown

from .years import Alignment, RowPlaces, label_offset_years, without_earlier_definitions

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


def _chosen(panel: pd.DataFrame, parameters: SampleParameters) -> pd.Series:
    rows = panel["year"].between(*parameters.years)
    if parameters.authorities:
        rows &= panel["authority_code"].isin(codes_in(parameters.authorities, panel["authority_code"]))
    if not parameters.include_very_small:
        rows &= ~panel["very_small"]
    return rows


@dataclass(frozen=True)
class AlignedPanel:
    """A panel of which each column is taken as it meets the outcome of a row, beside the rows that are ``chosen`` (n,)."""

    panel: pd.DataFrame = field(repr=False)
    parameters: SampleParameters
    places: RowPlaces = field(repr=False)
    chosen: np.ndarray = field(repr=False)

    def column(self, name: str, lag_years: int = 0) -> np.ndarray:
        """Return a column (n,) as each row's outcome meets it, ``lag_years`` earlier; missing where it isn't comparable."""
        if self.parameters.include_earlier_definitions:
            values = self.panel[name]
        else:
            values = without_earlier_definitions(self.panel, name)
        offset = label_offset_years(name, self.parameters.outcome, self.parameters.alignment)
        return self.places.lagged(values, offset + lag_years)

    def pair(self) -> tuple[np.ndarray, np.ndarray]:
        """Return outcome and exposure (n,) each; raises DataError where no row that is chosen has both."""
        asked = self.parameters
        outcome, exposure = self.column(asked.outcome), self.column(asked.exposure, asked.lag_years)
        if not (pd.notna(outcome) & pd.notna(exposure) & self.chosen).any():
            raise DataError(
                f"{asked.exposure} and {asked.outcome}: no authority has both in {asked.years[0]} to {asked.years[1]}; "
                "widen the years or choose another pair"
            )
        return outcome, exposure

    def weight(self) -> np.ndarray:
        """Return what each row counts for (n,), 1 where no weights are asked for; missing where nobody was at risk."""
        asked, counts = self.parameters, indicator(self.parameters.outcome).counts
        if asked.weights == "none":
            return np.ones(len(self.panel))
        if asked.weights != AT_RISK or counts is None:
            return self.column(asked.weights)
        at_risk = np.sum([self.column(name) for name in counts.denominator], axis=0)
        weight: np.ndarray = np.where(at_risk > 0, at_risk, np.nan)
        return weight


def aligned_panel(panel: pd.DataFrame, parameters: SampleParameters) -> AlignedPanel:
    """Return a panel with its columns aligned to an outcome; raises DataError where an authority has a year twice."""
    return AlignedPanel(
        panel, parameters, RowPlaces.of(panel), _chosen(panel, parameters).to_numpy(dtype=bool)
    )


def build_sample(panel: pd.DataFrame, parameters: SampleParameters) -> pd.DataFrame:
    """Return one row an authority and outcome year: names, outcome, exposure, controls and, if asked for, ``weight``.

    Rows with a figure missing are kept: the model drops and counts them; rows without a weight are left out. Raises
    DataError where no row is left with both outcome and exposure.
    """
    aligned = aligned_panel(panel, parameters)
    outcome, exposure = aligned.pair()
    columns = {parameters.outcome: outcome, parameters.exposure: exposure}
    columns |= {name: aligned.column(name) for name in parameters.controls}
    rows = aligned.chosen
    if parameters.weights != "none":
        columns["weight"] = aligned.weight()
        rows = rows & pd.notna(columns["weight"])
    about = {name: panel[name].array[rows] for name in ABOUT}
    return pd.DataFrame(about | {name: values[rows] for name, values in columns.items()}, copy=False)
