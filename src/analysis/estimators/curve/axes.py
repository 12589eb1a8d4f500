"""The axes of a specification curve, expanded into a list that can be read and counted before anything is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import product
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.data.cleaning.panel_rows import ColumnWeights, SampleParameters, Weights, build_sample
from analysis.data.cleaning.years import Alignment
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.reach import panel_years
from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.specification import (
    EFFECTS,
    ESTIMATORS,
    Effects,
    Estimator,
    Specification,
)

Transformation = Literal["none", "log exposure", "log outcome", "log both", "ranks", "winsorised"]
#: Winsorised columns end at these quantiles.
WINSOR = (0.02, 0.98)


@dataclass(frozen=True)
class SampleChoice:
    """Which rows: the outcome's years, first and last, less some years and regions; very small authorities or not."""

    name: str = "all"
    years: tuple[int, int] = field(default_factory=panel_years)
    without_years: tuple[int, ...] = ()
    without_regions: tuple[str, ...] = ()
    include_very_small: bool = False


@dataclass(frozen=True)
class Axes:
    """What may defensibly be chosen, one tuple an axis; every combination is a specification.

    ``reversed_measures`` are exposures and outcomes whose sign is turned, so that estimates of several measures
    agree in what a sign means. ``effects`` are those of the two-way estimator; other estimators have their own.
    """

    exposures: tuple[str, ...]
    outcomes: tuple[str, ...]
    alignments: tuple[Alignment, ...] = ("preceding",)
    lag_years: tuple[int, ...] = (0,)
    controls: tuple[tuple[str, ...], ...] = ((),)
    estimators: tuple[Estimator, ...] = ("two-way",)
    effects: tuple[Effects, ...] = ("entity and time",)
    weights: tuple[ColumnWeights, ...] = ("none",)
    samples: tuple[SampleChoice, ...] = (SampleChoice(),)
    transformations: tuple[Transformation, ...] = ("none",)
    reversed_measures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for axis in fields(self)[:-1]:
            values = getattr(self, axis.name)
            if isinstance(values, str) or not len(values):
                raise RequestError(f"{axis.name}: give a list of at least one, not {values!r}")
            if len(set(values)) < len(values):
                raise RequestError(f"{axis.name}: one value stands twice")
        for name in (*self.exposures, *self.outcomes, *(name for names in self.controls for name in names)):
            indicator(name)
        sets = {
            "estimators": ESTIMATORS,
            "effects": EFFECTS,
            "weights": get_args(ColumnWeights),
            "transformations": get_args(Transformation),
        }
        for name, choices in sets.items():
            for value in getattr(self, name):
                if value not in choices:
                    raise unknown(name, value, choices)


@dataclass(frozen=True)
class CurveSpecification:
    """One way to ask, in full. ``sign`` is −1 where the estimate's sign is turned."""

    exposure: str
    outcome: str
    alignment: Alignment
    lag_years: int
    controls: tuple[str, ...]
    estimator: Estimator
    effects: Effects
    weights: Weights
    sample: SampleChoice
    transformation: Transformation
    sign: int = 1

    @property
    def sample_parameters(self) -> SampleParameters:
        """The rows and columns, as ``build_sample`` takes them; years and regions left out come after."""
        return SampleParameters(
            outcome=self.outcome,
            exposure=self.exposure,
            controls=self.controls,
            lag_years=self.lag_years,
            alignment=self.alignment,
            years=self.sample.years,
            weights=self.weights,
            include_very_small=self.sample.include_very_small,
        )

    @property
    def specification(self) -> Specification:
        """The regression: standardised, so that estimates of several measures stand on one scale."""
        weights = None if self.weights == "none" else "weight"
        return Specification(
            self.outcome, self.exposure, self.controls, self.estimator, weights=weights, standardised=True,
            effects=self.effects,
        )  # fmt: skip

    def labels(self) -> dict[str, Any]:
        """Return the choice on each axis as a reader sees it; effects go with the estimator, on one axis."""
        row = {name: getattr(self, name) for name in AXES}
        plain = self.effects == "entity and time"
        return {
            **row,
            "controls": ", ".join(self.controls) or "none",
            "estimator": self.estimator if plain else f"{self.estimator}, {self.effects}",
            "sample": self.sample.name,
        }


#: The axes of a specification, as ``labels`` names them.
AXES = tuple(axis.name for axis in fields(CurveSpecification)[:-1] if axis.name != "effects")


def expand(axes: Axes) -> tuple[CurveSpecification, ...]:
    """Return every combination of ``axes`` once, in their order; nothing is fitted.

    A control that is the exposure or outcome of a combination stays out of it; so do effects that the estimator hasn't.
    Combinations that come out the same are one.
    """
    specifications: dict[CurveSpecification, None] = {}
    for (
        exposure,
        outcome,
        alignment,
        lag,
        controls,
        estimator,
        effects,
        weights,
        sample,
        transformation,
    ) in product(*(getattr(axes, axis.name) for axis in fields(axes)[:-1])):
        if exposure == outcome:
            continue
        asked = CurveSpecification(
            exposure=exposure,
            outcome=outcome,
            alignment=alignment,
            lag_years=lag,
            controls=tuple(name for name in controls if name not in (exposure, outcome)),
            estimator=estimator,
            effects=effects if estimator == "two-way" else "entity and time",
            weights=weights,
            sample=sample,
            transformation=transformation,
            sign=(-1) ** ((exposure in axes.reversed_measures) + (outcome in axes.reversed_measures)),
        )
        specifications[asked] = None
    if not specifications:
        raise RequestError("exposures and outcomes: no pair of different measures among them")
    return tuple(specifications)


def specification_frame(specifications: Sequence[CurveSpecification]) -> pd.DataFrame:
    """Return one row a specification with its choice on each axis, to show before anything is fitted."""
    return pd.DataFrame([specification.labels() for specification in specifications], columns=list(AXES))


def transformed(values: np.ndarray, transformation: Transformation, role: str) -> np.ndarray:
    """Return ``values`` (n,) of ``role`` (exposure, outcome, control) transformed; what can't be is missing.

    Logarithms leave values of zero or less missing. Ranks (averages where equal) and winsorising are over the values
    given, missing ones passed over; ``ranks`` and ``winsorised`` apply to exposure and outcome, never to controls.
    """
    if transformation == "none" or role == "control":
        return values
    if transformation.startswith("log"):
        if transformation not in ("log both", f"log {role}"):
            return values
        return np.log(np.where(values > 0, values, np.nan))
    if transformation == "ranks":
        ranks: np.ndarray = pd.Series(values).rank().to_numpy()
        return ranks
    if np.isnan(values).all():
        return values
    clipped: np.ndarray = np.clip(values, *np.nanquantile(values, WINSOR))
    return clipped


def frame_of(panel: pd.DataFrame, asked: CurveSpecification) -> pd.DataFrame:
    """Return the rows that ``estimate`` takes for ``asked``, built as any relationship's are, then transformed."""
    rows = build_sample(panel, asked.sample_parameters)
    out = rows["year"].isin(asked.sample.without_years) | rows["region"].isin(asked.sample.without_regions)
    rows = rows[~out].reset_index(drop=True)
    if rows.empty:
        raise DataError(f"sample '{asked.sample.name}': no rows left")
    for role in ("exposure", "outcome"):
        column = getattr(asked, role)
        rows[column] = transformed(rows[column].to_numpy(), asked.transformation, role)
    return rows
