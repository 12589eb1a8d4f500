"""Synthetic control: one unit after an event, beside a weighted mean of others that went as it did before.

Abadie, Diamond and Hainmueller (2010), with the penalty of Abadie and L'Hour (2021), which makes the weights unique where
there are more donors than years before the event. Weights are pysyncon's. Inference by placebos in space (each donor
treated in turn) and in time (an earlier date).
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError, unknown
from analysis.files.as_json import renamed
from analysis.findings.interval import Inference

FEWEST_YEARS_BEFORE = 3
FEWEST_DONORS = 10
DESCRIPTIVE_BELOW = 6
"""With fewer years before the event than this a good fit says little (Abadie 2021, section 3): the result describes."""


@dataclass(frozen=True)
class SyntheticControlSpecification:
    """Which unit, outcome and event. ``start`` is the first year that the event may have touched.

    ``donors`` are units that the event didn't touch; of those with figures in all years, the ``most_donors`` nearest to the
    unit before the event are used. The gap is averaged over the years ``averaged`` after ``start``.
    """

    outcome: str
    unit: str
    start: int
    donors: tuple[str, ...]
    averaged: tuple[int, int] = (1, 3)
    most_donors: int = 30
    penalty: float = 0.01
    entity: str = "authority_code"
    time: str = "year"

    def __post_init__(self) -> None:
        object.__setattr__(self, "donors", tuple(sorted(set(self.donors))))
        object.__setattr__(self, "averaged", tuple(self.averaged))
        if self.unit in self.donors:
            raise RequestError(f"'{self.unit}' is the unit and can't be a donor")
        if not 0 <= self.averaged[0] <= self.averaged[1]:
            raise RequestError(
                f"averaged {self.averaged}: the first year is after the last, or before the event"
            )
        if self.most_donors < FEWEST_DONORS:
            raise RequestError(f"most_donors {self.most_donors}: at least {FEWEST_DONORS} are needed")


@dataclass(frozen=True)
class SyntheticControl(Inference):
    """One unit's path and its synthetic control's, and how unusual the gap is among placebos.

    ``path``: year, observed, synthetic, gap. ``weights``: donor → weight, those above 0.001, largest first.
    ``rmspe_before`` and ``rmspe_after`` are root mean squared gaps; ``p_value`` is the rank of their ratio among donors
    treated in turn, the unit counted in. ``estimate`` is the mean gap over the averaged years; its limits leave out the
    middle 95% of the placebos' gaps. ``earlier_gap`` is the mean gap before the event when it is put two years earlier;
    None where too few years are left before. ``outcome_sd`` is over all rows of the frame in the years used.
    """

    path: pd.DataFrame = field(repr=False)
    placebo_gaps: pd.DataFrame = field(repr=False)
    weights: dict[str, float]
    rmspe_before: float
    rmspe_after: float
    earlier_gap: float | None
    outcome_sd: float
    n_years_before: int
    n_donors: int
    specification: SyntheticControlSpecification = field(repr=False)

    @property
    def is_descriptive(self) -> bool:
        """Whether there are too few years before the event for the fit to mean much."""
        return self.n_years_before < DESCRIPTIVE_BELOW

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        plain = renamed(vars(self), estimate="average_gap")
        del plain["placebo_gaps"]
        plain["specification"] = asdict(self.specification) | {"donors": list(self.specification.donors)}
        plain["specification"]["averaged"] = list(self.specification.averaged)
        path = self.path.reset_index().to_dict("records")
        return plain | {"path": path, "is_descriptive": self.is_descriptive}


def synthetic_control(frame: pd.DataFrame, specification: SyntheticControlSpecification) -> SyntheticControl:
    """Fit the unit's synthetic control and its placebos. Years are those in which the unit has a figure.

    Raises RequestError for an unknown column or unit; DataError where fewer than three years before the event, no averaged
    year after it or fewer than ten donors have figures.
    """
    wide = _wide(frame, specification)
    before = wide.index < specification.start
    wide = _nearest(wide, before, specification)
    gaps = {unit: _gap(wide, unit, before, specification) for unit in wide.columns}
    own, weights = gaps[specification.unit]
    placebo_gaps = pd.DataFrame({unit: gap for unit, (gap, _) in gaps.items() if unit != specification.unit})
    averaged = _averaged(wide.index, specification)
    placebos = placebo_gaps.loc[averaged].mean().to_numpy()
    average = float(own.loc[averaged].mean())
    ratios = {unit: _rms(gap[~before]) / max(_rms(gap[before]), 1e-9) for unit, (gap, _) in gaps.items()}
    rank = sum(ratio >= ratios[specification.unit] for ratio in ratios.values())
    low, high = np.quantile(placebos, [0.025, 0.975])
    observed = wide[specification.unit]
    return SyntheticControl(
        path=pd.DataFrame({"observed": observed, "synthetic": observed - own, "gap": own}).rename_axis(
            "year"
        ),
        placebo_gaps=placebo_gaps,
        weights=weights,
        rmspe_before=_rms(own[before]),
        rmspe_after=_rms(own[~before]),
        estimate=average,
        conf_low=min(average - float(high), average),
        conf_high=max(average - float(low), average),
        p_value=rank / len(ratios),
        earlier_gap=_earlier(wide[before], specification),
        outcome_sd=float(frame.loc[frame[specification.time].isin(wide.index), specification.outcome].std()),
        n_years_before=int(before.sum()),
        n_donors=wide.shape[1] - 1,
        specification=specification,
    )


def _rms(gap: pd.Series) -> float:
    return math.sqrt(float((gap**2).mean()))


def _wide(frame: pd.DataFrame, asked: SyntheticControlSpecification) -> pd.DataFrame:
    """Return years × units: the unit's years, and donors with figures in all of them; raises what is asked too much."""
    for column in (asked.outcome, asked.entity, asked.time):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    if asked.unit not in set(frame[asked.entity]):
        raise unknown("unit", asked.unit, map(str, frame[asked.entity].unique()))
    rows = frame[frame[asked.entity].isin([asked.unit, *asked.donors])]
    wide = rows.pivot(index=asked.time, columns=asked.entity, values=asked.outcome).astype(float).sort_index()
    wide = wide[wide[asked.unit].notna()].dropna(axis="columns")
    n_before = int((wide.index < asked.start).sum())
    if n_before < FEWEST_YEARS_BEFORE:
        raise DataError(
            f"{asked.outcome}: years with a figure before {asked.start}: {n_before}, where {FEWEST_YEARS_BEFORE} are needed"
        )
    if not len(_averaged(wide.index, asked)):
        raise DataError(
            f"{asked.outcome}: no figure in the years after {asked.start} that the gap is averaged over"
        )
    if wide.shape[1] - 1 < FEWEST_DONORS:
        raise DataError(
            f"{asked.outcome}: {wide.shape[1] - 1} donors have figures in all {len(wide)} years; "
            f"{FEWEST_DONORS} are needed"
        )
    return wide


def _averaged(years: pd.Index, asked: SyntheticControlSpecification) -> pd.Index:
    return years[(years >= asked.start + asked.averaged[0]) & (years <= asked.start + asked.averaged[1])]


def _nearest(wide: pd.DataFrame, before: np.ndarray, asked: SyntheticControlSpecification) -> pd.DataFrame:
    """Keep the donors nearest to the unit before the event: mean squared difference; ties by the order of names."""
    donors = wide.columns.drop(asked.unit)
    distance = ((wide.loc[before, donors].sub(wide.loc[before, asked.unit], axis=0)) ** 2).mean()
    nearest = distance.sort_values(kind="stable").index[: asked.most_donors]
    return wide[[asked.unit, *sorted(nearest)]]


def _gap(
    wide: pd.DataFrame, unit: str, before: np.ndarray, asked: SyntheticControlSpecification
) -> tuple[pd.Series, dict[str, float]]:
    """Return a unit's figures less its synthetic control's, and the weights; the real unit is never a donor."""
    from pysyncon import PenalizedSynth

    donors = wide.columns.drop(list({unit, asked.unit}))
    figures, own = wide[donors].to_numpy(), wide[unit].to_numpy()
    # A year in which all units have the same figure can't be scaled and says nothing.
    told = before & (np.ptp(wide.to_numpy(), axis=1) > 0)
    fitted_on = np.column_stack([figures, own])[told]
    scaled = fitted_on / fitted_on.std(axis=1, ddof=1)[:, None]
    # Its solver itself: ``fit`` takes as long again to put frames together and apart.
    solved, _ = PenalizedSynth.w_optimize(
        np.eye(len(scaled)), scaled[:, :-1], scaled[:, -1], lambda_=asked.penalty
    )
    weights = np.clip(solved, 0, None)
    weights = weights / weights.sum()
    named = sorted(zip(donors, weights, strict=True), key=lambda pair: (-round(pair[1], 6), pair[0]))
    kept = {str(name): float(weight) for name, weight in named if weight > 0.001}
    return pd.Series(own - figures @ weights, wide.index), kept


def _earlier(before: pd.DataFrame, asked: SyntheticControlSpecification) -> float | None:
    """Return the mean gap of the two last years before the event, fitted on those before them."""
    if len(before) - 2 < FEWEST_YEARS_BEFORE:
        return None
    is_earlier = np.arange(len(before)) < len(before) - 2
    gap, _ = _gap(before, asked.unit, is_earlier, asked)
    return float(gap[~is_earlier].mean())
