"""Outcomes in the years around an event, soundly where events come in different years and effects differ.

Local projections (Dube, Girardi, Jordà and Taylor 2023): for each event year h, the change of the outcome from the
year before the event to h is compared between units with the event in a year and units that haven't had it by then,
within calendar years. No unit that had the event serves as a control, which is what biases the plain two-way
regression (Goodman-Bacon 2021). Calendar years are weighted so that each event counts the same, which makes the
estimate that of Callaway and Sant'Anna (2021) with all units not yet touched as controls. The regressions of all
event years are fitted in one, so that averages over years and the joint test of the years before have the covariance
that they need.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from analysis.errors import DataError
from analysis.estimators.diagnostics.power import detectable_effect
from analysis.estimators.regression.inference import EstimateWithError, by_student

from .imputation import imputed_average
from .local_projections import local_projections
from .rows import EventRows, event_rows, plain_rows
from .specification import EventStudySpecification


@dataclass(frozen=True)
class EventYear:
    """The effect in one event year, and how many events it rests on; ``effect`` is None where there are none."""

    year: int
    effect: EstimateWithError | None
    n_events: int


@dataclass(frozen=True)
class EventStudy:
    """Effects by event year and their average, by local projections, by imputation and by the plain two-way regression.

    ``before`` is the mean of the event years before −1, ``pre_trend_p_value`` tests that all of them are nil; None where
    there are none. ``plain`` and
    ``imputed_average`` are None where events repeat. ``n_already`` counts units left out because their event came
    before they had a year to compare with; ``n_controls_later`` those of the ``n_controls`` units to compare with that have
    an event of their own at another time, ``n_controls_counted`` those of them whose event is one of the ``n_events``.
    ``outcome_sd`` is over the authority-years used (n − 1). ``covariance`` (K, K) is of the K event years that have an
    effect, in their order, clustered.
    """

    years: tuple[EventYear, ...]
    average: EstimateWithError
    before: EstimateWithError | None
    pre_trend_p_value: float | None
    plain: tuple[EventYear, ...] | None
    plain_average: EstimateWithError | None
    imputed_average: EstimateWithError | None
    outcome_mean: float
    outcome_sd: float
    n_observations: int
    n_events: int
    n_controls: int
    n_controls_later: int
    n_controls_counted: int
    n_clusters: int
    n_already: int
    covariance: np.ndarray = field(repr=False)
    specification: EventStudySpecification = field(repr=False)

    @property
    def minimum_detectable(self) -> float:
        """The average, in the outcome's unit, that a test of it alone at 5% would find four times in five (Bloom 1995)."""
        return detectable_effect(self.average.standard_error, self.n_clusters - 1)

    def as_dict(self) -> dict[str, Any]:
        """Return what tables and claims need as JSON values."""
        counts = (
            "n_observations",
            "n_events",
            "n_controls",
            "n_controls_later",
            "n_controls_counted",
            "n_clusters",
            "n_already",
        )
        return {
            "outcome": self.specification.outcome,
            "years": [_flat(year) for year in self.years],
            "average": vars(self.average).copy(),
            "minimum_detectable": self.minimum_detectable,
            "before": None if self.before is None else vars(self.before).copy(),
            "pre_trend_p_value": self.pre_trend_p_value,
            "plain": None if self.plain is None else [_flat(year) for year in self.plain],
            "plain_average": None if self.plain_average is None else vars(self.plain_average).copy(),
            "imputed_average": None if self.imputed_average is None else vars(self.imputed_average).copy(),
            "outcome_mean": self.outcome_mean,
            "outcome_sd": self.outcome_sd,
        } | {name: getattr(self, name) for name in counts}


def _flat(year: EventYear) -> dict[str, Any]:
    effect = vars(year.effect) if year.effect else {}
    return {"event_year": year.year, "n_events": year.n_events, **effect}


def event_study(
    frame: pd.DataFrame, events: pd.DataFrame, specification: EventStudySpecification
) -> EventStudy:
    """Estimate the effect of events on the outcome by event year.

    ``frame``: a row a unit and year; ``events``: columns as ``entity`` and ``time`` are called and ``is_asked``, false for
    events that only make a unit unfit as a control. Raises RequestError for unknown columns, DataError where no event
    has years on both sides, no averaged year has an event, or one cluster is left.
    """
    rows = event_rows(frame, events, specification)
    projections = local_projections(rows, specification)
    fit = _Fitted(
        names=[_name(year) for year in projections.years],
        values=projections.estimates,
        covariance=projections.covariance,
        n_clusters=len(projections.clusters),
        confidence_level=specification.confidence_level,
    )
    by_year = _by_year(fit, specification, rows.n_events_by_year)
    averaged = [year for year in specification.averaged_years if year in rows.event_years]
    if not averaged:
        first, last = specification.averaged
        raise DataError(
            f"{specification.outcome}: no event has a figure in event years {first} to {last} and in −1"
        )
    before = [year for year in rows.event_years if year < -1]
    plain, plain_average = _plain(rows, specification)
    return EventStudy(
        years=by_year,
        average=fit.mean_of([_name(year) for year in averaged]),
        before=fit.mean_of([_name(year) for year in before]) if before else None,
        pre_trend_p_value=fit.joint_p_value([_name(year) for year in before]),
        plain=plain,
        plain_average=plain_average,
        imputed_average=imputed_average(rows.levels, specification)
        if specification.clean_years is None
        else None,
        outcome_mean=float(rows.levels["outcome"].mean()),
        outcome_sd=float(rows.levels["outcome"].std()),
        n_observations=len(rows.levels),
        n_events=rows.n_events,
        n_controls=rows.n_controls,
        n_controls_later=rows.n_controls_later,
        n_controls_counted=rows.n_controls_counted,
        n_clusters=fit.n_clusters,
        n_already=rows.n_already,
        covariance=fit.covariance,
        specification=specification,
    )


def _name(event_year: int) -> str:
    return f"at_{event_year}".replace("-", "minus_")


def _by_year(fit: "_Fitted", asked: EventStudySpecification, counts: dict[int, int]) -> tuple[EventYear, ...]:
    years = [year for year in range(-asked.pre_years, asked.post_years + 1) if year != -1]
    return tuple(
        EventYear(year, fit.mean_of([_name(year)]) if _name(year) in fit.names else None, counts.get(year, 0))
        for year in years
    )


def _plain(
    rows: EventRows, asked: EventStudySpecification
) -> tuple[tuple[EventYear, ...] | None, EstimateWithError | None]:
    """Fit unit and year effects with a dummy for each event year, years beyond the window in two of their own."""
    if asked.clean_years is not None:
        return None, None
    table, names = plain_rows(rows, asked)
    fit = _Fitted.two_way(table, names, asked)
    by_year = _by_year(fit, asked, rows.n_events_by_year)
    averaged = [_name(year) for year in asked.averaged_years if _name(year) in fit.names]
    return by_year, fit.mean_of(averaged)


@dataclass(frozen=True)
class _Fitted:
    """Coefficients by name with their covariance, clustered."""

    names: list[str]
    values: np.ndarray
    covariance: np.ndarray
    n_clusters: int
    confidence_level: float

    @classmethod
    def two_way(cls, table: pd.DataFrame, names: list[str], asked: EventStudySpecification) -> "_Fitted":
        """Fit ``value`` on ``names`` beside effects of units and years, by pyfixest, errors clustered (CR1)."""
        import pyfixest.estimation

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = pyfixest.feols(
                f"value ~ {' + '.join(names)} + C(time) | entity",
                table,
                vcov={"CRV1": "cluster"},
                ssc=pyfixest.ssc(k_adj=True, k_fixef="nonnested", G_adj=True, G_df="min"),
                fixef_rm="none",
            )
        places = [fitted._coefnames.index(name) for name in names if name in fitted._coefnames]
        kept = [fitted._coefnames[place] for place in places]
        covariance = np.asarray(fitted._vcov)[np.ix_(places, places)]
        return cls(
            names=kept,
            values=np.asarray(fitted._beta_hat)[places],
            covariance=covariance,
            n_clusters=table["cluster"].nunique(),
            confidence_level=asked.confidence_level,
        )

    def mean_of(self, names: Sequence[str]) -> EstimateWithError:
        """Return the plain mean of some coefficients as an effect."""
        weights = np.array([name in names for name in self.names], dtype=float) / len(names)
        value = float(weights @ self.values)
        error = math.sqrt(float(weights @ self.covariance @ weights))
        return by_student(value, error, self.n_clusters - 1, self.confidence_level)

    def joint_p_value(self, names: Sequence[str]) -> float | None:
        """Return the p value of the Wald test that all of some coefficients are nil (F, clusters less one)."""
        places = [place for place, name in enumerate(self.names) if name in names]
        if not places:
            return None
        values, covariance = self.values[places], self.covariance[np.ix_(places, places)]
        statistic = float(values @ np.linalg.pinv(covariance) @ values) / len(places)
        return float(f_distribution.sf(statistic, len(places), self.n_clusters - 1))
