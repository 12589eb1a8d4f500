"""What happens around an inspection: event studies of several outcomes, and what follows talk of leadership."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.cleaning.inspection_events import (
    EventParameters,
    inspection_events,
    never_inadequate,
    with_reports,
)
from analysis.data.cleaning.years import without_earlier_definitions
from analysis.data.definitions.inspection_reports import last_days
from analysis.errors import RequestError
from analysis.estimators.events.specification import EventStudySpecification
from analysis.estimators.events.study import EventStudy, event_study
from analysis.estimators.regression.estimate import Estimate
from analysis.estimators.resampling.family import benjamini_hochberg
from analysis.estimators.topics.leadership import leadership_and_turnover

OUTCOMES = (
    "turnover_percent",
    "agency_percent",
    "vacancy_percent",
    "caseload_cases_per_fte",
    "children_services_real_gbp_per_child",
    "section_47_enquiries_per_10k",
    "plans_started_per_10k",
    "care_applications_per_10k",
    "looked_after_per_10k",
)
"""Chosen before any was estimated: the workforce, spend and the interventions that Hood and Goldacre (2021) speak of."""
OTHER_GRADES = ("outstanding", "good", "requires improvement")
AVERAGED = (1, 3)
OTHER_AVERAGED = (0, 1)
"""Event years of other inspections: the next one comes after about three, and leaves few controls for later years."""


@dataclass(frozen=True)
class Shock:
    """One outcome around an inadequate judgement, and around other inspections of authorities never judged so.

    ``other`` is of all other inspections, ``requires_improvement`` and ``good`` (or outstanding) of those alone; ``q_value``
    and ``other_q_value`` are over the outcomes.
    """

    outcome: str
    inadequate: EventStudy
    other: EventStudy
    requires_improvement: EventStudy
    good: EventStudy
    q_value: float
    other_q_value: float


@dataclass(frozen=True)
class InspectionShock:
    """Every outcome's event studies, and turnover after reports that call leadership a problem (``Estimate`` pooled).

    ``earliest`` is the last day of the earliest inspection, ISO; ``without_report`` names the authorities left out because
    the table has no report of them.
    """

    shocks: tuple[Shock, ...]
    leadership: Estimate = field(repr=False)
    n_reports: int
    earliest: str
    without_report: tuple[str, ...]
    first_year: int
    last_year: int

    def of(self, outcome: str) -> Shock:
        """Return one outcome's shock."""
        return {shock.outcome: shock for shock in self.shocks}[outcome]

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON data."""
        return {
            "first_year": self.first_year,
            "last_year": self.last_year,
            "n_reports": self.n_reports,
            "earliest": self.earliest,
            "without_report": list(self.without_report),
            "leadership": self.leadership.as_dict(),
            "outcomes": [
                {
                    "outcome": shock.outcome,
                    "q_value": shock.q_value,
                    "other_q_value": shock.other_q_value,
                    "inadequate": shock.inadequate.as_dict(),
                    "other": shock.other.as_dict(),
                    "requires_improvement": shock.requires_improvement.as_dict(),
                    "good": shock.good.as_dict(),
                }
                for shock in self.shocks
            ],
        }


def study_shock(
    reports: pd.DataFrame,
    panel: pd.DataFrame,
    first_year: int,
    last_year: int,
    years_before: int = 4,
    years_after: int = 5,
    outcomes: tuple[str, ...] = OUTCOMES,
) -> InspectionShock:
    """Compute every event study on the panel's years ``first_year`` to ``last_year``, each outcome by its own label.

    Raises RequestError where the years are the wrong way round, outside the panel's, or fewer after the judgement than the
    average is over; DataError where no judgement has a figure on both sides.
    """
    if first_year > last_year:
        raise RequestError(f"first_year {first_year} is after last_year {last_year}")
    if years_after < AVERAGED[1]:
        raise RequestError(
            f"years_after {years_after}: the average is over event years {AVERAGED[0]} to {AVERAGED[1]}"
        )
    known = with_reports(panel, reports)
    rows = known[known["year"].between(first_year, last_year)]
    if rows.empty:
        years = f"{panel['year'].min()} to {panel['year'].max()}"
        raise RequestError(f"no figures of {first_year} to {last_year}: choose years from {years}")
    studies = [around_inspections(reports, rows, name, years_before, years_after) for name in outcomes]
    q_values = benjamini_hochberg([own["inadequate"].average.p_value for own in studies])
    other_q_values = benjamini_hochberg([own["other"].average.p_value for own in studies])
    shocks = tuple(
        Shock(name, **own, q_value=float(q), other_q_value=float(other_q))
        for name, own, q, other_q in zip(outcomes, studies, q_values, other_q_values, strict=True)
    )
    leadership = leadership_and_turnover(reports, rows)
    unknown = sorted(set(panel["authority"]) - set(known["authority"]))
    return InspectionShock(
        shocks=shocks,
        leadership=leadership,
        n_reports=len(reports),
        earliest=str(last_days(reports).min()),
        without_report=tuple(unknown),
        first_year=first_year,
        last_year=last_year,
    )


def around_inspections(
    reports: pd.DataFrame, panel: pd.DataFrame, outcome: str, years_before: int, years_after: int
) -> dict[str, EventStudy]:
    """Return one outcome's event studies: after a first ``inadequate`` judgement, and after ``other`` inspections of
    authorities never judged so, of which ``requires_improvement`` and ``good`` (or outstanding) alone.
    """
    rows = panel.assign(**{outcome: without_earlier_definitions(panel, outcome)})
    events = inspection_events(reports, EventParameters(outcome))
    main = EventStudySpecification(outcome, years_before, years_after, AVERAGED)
    by_kind = {"inadequate": event_study(rows, events[events["is_asked"]], main)}
    other = EventStudySpecification(outcome, 2, 1, OTHER_AVERAGED, clean_years=1)
    calm = never_inadequate(rows, events)
    asked = {"other": OTHER_GRADES, "requires_improvement": OTHER_GRADES[2:], "good": OTHER_GRADES[:2]}
    for name, grades in asked.items():
        chosen = events.assign(is_asked=np.isin(events["grade"], grades))
        by_kind[name] = event_study(calm, chosen, other)
    return by_kind
