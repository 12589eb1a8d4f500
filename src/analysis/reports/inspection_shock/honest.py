"""How far what follows a judgement holds: honest bounds where figures were moving before, and redrawn judgements."""

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.data.cleaning.inspection_events import EventParameters, inspection_events, with_reports
from analysis.data.cleaning.years import without_earlier_definitions
from analysis.errors import DataError
from analysis.estimators.events.honest import Breakdown, EventPath, Smoothness, breakdown, relative_interval
from analysis.estimators.events.randomisation import EventRandomisation, event_randomisation
from analysis.estimators.events.study import EventStudy

from .study import AVERAGED, OTHER_AVERAGED, InspectionShock

STUDIES = ("inadequate", "other", "requires_improvement", "good")
"""The event studies of each outcome, as ``Shock`` calls them."""
STAFFING = ("turnover_percent", "agency_percent", "vacancy_percent")
"""What would show that a judgement drives staff away: pooled, more is worse in each."""


@dataclass(frozen=True)
class HonestBounds:
    """One event study's average with its honest intervals, in the outcome's own units.

    ``relative`` is the interval where steps after the event go astray by as much as the worst one before (M = 1),
    ``straight`` the one where figures go on along a straight line from before (M = 0). ``randomisation_p`` and its
    studentised kind are of inadequate judgements redrawn among authorities; None for other inspections, which repeat.
    """

    outcome: str
    study: str
    estimate: float
    n_years_before: int
    relative: tuple[float, float]
    straight: tuple[float, float]
    breakdown: Breakdown
    randomisation_p: float | None
    studentised_p: float | None

    @property
    def beyond_line(self) -> float:
        """The average beyond the straight line of the years before: the middle of its interval, which is symmetric."""
        return sum(self.straight) / 2

    @property
    def slope(self) -> float:
        """What the line of the years before rises by from one year to the next, in the outcome's own units."""
        first, last = AVERAGED if self.study == "inadequate" else OTHER_AVERAGED
        years_from_base = (first + last) / 2 + 1
        return (self.estimate - self.beyond_line) / years_from_base

    def as_dict(self) -> dict[str, Any]:
        """Return the bounds as JSON values; a breakdown value without end is None."""
        ends = {
            "breakdown_relative": self.breakdown.relative,
            "breakdown_smoothness": self.breakdown.smoothness,
        }
        return {
            "outcome": self.outcome,
            "study": self.study,
            "estimate": self.estimate,
            "n_years_before": self.n_years_before,
            "relative_at_1": list(self.relative),
            "straight_line": list(self.straight),
            "beyond_straight_line": self.beyond_line,
            **{name: value if math.isfinite(value) else None for name, value in ends.items()},
            "randomisation_p": self.randomisation_p,
            "randomisation_p_studentised": self.studentised_p,
        }


@dataclass(frozen=True)
class ShockHonesty:
    """Honest bounds of every event study that has a year before to judge by, and staffing's pooled redrawn average.

    ``pooled`` is over those of STAFFING that were studied; None where there are none.
    """

    bounds: tuple[HonestBounds, ...]
    pooled: EventRandomisation | None = field(repr=False)

    def of(self, outcome: str, study: str = "inadequate") -> HonestBounds | None:
        """Return one event study's bounds; None where it has no year −2, or a gap among the years averaged."""
        return {(bounds.outcome, bounds.study): bounds for bounds in self.bounds}.get((outcome, study))

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON data: ``honest``, a row an event study, and ``honest_pooled``."""
        pooled = self.pooled and {
            "outcomes": list(self.pooled.outcomes),
            "estimate_within_sd": self.pooled.pooled_estimate,
            "randomisation_p": self.pooled.pooled_p_value,
            "randomisation_p_studentised": self.pooled.pooled_studentised_p_value,
            "n_draws": self.pooled.n_draws,
            "n_events": self.pooled.n_events,
            "n_candidates": self.pooled.n_candidates,
        }
        return {"honest": [bounds.as_dict() for bounds in self.bounds], "honest_pooled": pooled}


def study_honesty(
    reports: pd.DataFrame, panel: pd.DataFrame, study: InspectionShock, draws: int, seed: int
) -> ShockHonesty:
    """Compute the honest bounds of ``study`` and redraw its inadequate judgements ``draws`` times.

    ``reports`` and ``panel`` are those that ``study`` was computed from. Outcomes of STAFFING share each draw.
    """
    known = with_reports(panel, reports)
    rows = known[known["year"].between(study.first_year, study.last_year)]
    outcomes = [shock.outcome for shock in study.shocks]
    staffing = [name for name in outcomes if name in STAFFING]
    others = [[name] for name in outcomes if name not in STAFFING]
    groups = [staffing, *others] if staffing else others
    redrawn = [_redrawn(reports, rows, study, group, draws, seed) for group in groups]
    by_outcome = {name: randomisation for randomisation in redrawn for name in randomisation.outcomes}
    bounds = [
        of_study
        for name in outcomes
        for kind in STUDIES
        if (of_study := _bounds(getattr(study.of(name), kind), kind, by_outcome[name]))
    ]
    return ShockHonesty(tuple(bounds), redrawn[0] if staffing else None)


def _redrawn(
    reports: pd.DataFrame, rows: pd.DataFrame, study: InspectionShock, group: list[str], draws: int, seed: int
) -> EventRandomisation:
    frame = rows.assign(**{name: without_earlier_definitions(rows, name) for name in group})
    events = {name: inspection_events(reports, EventParameters(name)) for name in group}
    asked = {name: table[table["is_asked"]] for name, table in events.items()}
    specifications = [study.of(name).inadequate.specification for name in group]
    return event_randomisation(frame, asked, specifications, draws, seed)


def _bounds(events: EventStudy, kind: str, redrawn: EventRandomisation) -> HonestBounds | None:
    asked = events.specification
    known = {event_year.year: event_year.effect.estimate for event_year in events.years if event_year.effect}
    try:
        path = EventPath.of(list(known), list(known.values()), events.covariance, asked.averaged_years)
    except DataError:
        return None
    place = redrawn.outcomes.index(asked.outcome)
    is_redrawn = kind == "inadequate"
    return HonestBounds(
        outcome=asked.outcome,
        study=kind,
        estimate=path.effect,
        n_years_before=len(path.before),
        relative=relative_interval(path, 1.0, asked.confidence_level),
        straight=Smoothness(path, asked.confidence_level).interval(0.0),
        breakdown=breakdown(path, asked.confidence_level),
        randomisation_p=redrawn.p_values[place] if is_redrawn else None,
        studentised_p=redrawn.studentised_p_values[place] if is_redrawn else None,
    )
