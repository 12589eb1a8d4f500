"""Evidence from what follows a judgement: average effects of the years after it, and whether figures were moving before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.data.cleaning.inspection_events import EventParameters, inspection_events, with_reports
from analysis.data.cleaning.years import without_earlier_definitions
from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError
from analysis.estimators.events.family import EventFamily, event_family
from analysis.estimators.events.honest import Breakdown, EventPath, breakdown
from analysis.estimators.events.specification import EventStudySpecification
from analysis.showing.words import words_of

from .estimand import Estimand
from .evidence import Evidence, OutcomeFacts, view_of
from .panel_evidence import measure_gate, standing_weakness
from .planting import Truth, cluster_signs
from .rule import CARRIED_ON, DIFFERENCE, LEAD, MAIN, TRENDS
from .synthesis import View

WORDS = words_of(__package__)

YEARS_BEFORE, YEARS_AFTER = 4, 5
FEW_EVENTS = 50
"""Fewer events than this are few for errors by cluster: said as a weakness."""


@dataclass(frozen=True)
class EventViews:
    """A family of event studies, and the views of a claim as sums of its estimates: ``maps`` (m, K) by view.

    In standard deviations within authorities, positive on the claimed side.
    """

    family: EventFamily
    signs: tuple[int, ...]
    window: tuple[int, ...]
    years: tuple[int, int]
    maps: Mapping[str, np.ndarray] = field(repr=False)

    def views(self) -> dict[str, View]:
        """Return the views of the data themselves."""
        covariance = self.family.covariance
        return {
            name: view_of(map_ @ self.family.estimates, map_ @ covariance @ map_.T)
            for name, map_ in self.maps.items()
        }

    def planted(self, truths: Sequence[Truth], n_draws: int, seed: int) -> Iterator[dict[str, View]]:
        """Yield views of data sets with each path planted: sums by cluster get signs drawn anew around it."""
        unit_of = {
            name: sign * sd
            for name, sign, sd in zip(self.family.outcomes, self.signs, self.family.within_sds, strict=True)
        }
        noise = cluster_signs(self.family.clusters, n_draws, seed).T @ self.family.influence
        covariance = self.family.covariance
        for truth in truths:
            path = np.array([self._path(truth, year) * unit_of[name] for name, year in self.family.terms])
            yield {
                name: View(
                    (path + noise) @ map_.T, np.repeat((map_ @ covariance @ map_.T)[None], n_draws, axis=0)
                )
                for name, map_ in self.maps.items()
            }

    def honest(self) -> Breakdown:
        """Return how far the mean effect over outcomes holds where figures go astray after the event (see ``honest``)."""
        years = sorted(
            set.intersection(
                *({y for o, y in self.family.terms if o == name} for name in self.family.outcomes)
            )
        )
        map_ = np.zeros((len(years), len(self.family.terms)))
        for name, sign, sd in zip(self.family.outcomes, self.signs, self.family.within_sds, strict=True):
            for row, place in enumerate(_places(self.family, name, years)):
                map_[row, place] = sign / sd / len(self.family.outcomes)
        covariance = map_ @ self.family.covariance @ map_.T
        return breakdown(EventPath.of(years, map_ @ self.family.estimates, covariance, self.window))

    def _path(self, truth: Truth, event_year: int) -> float:
        if truth.kind == "break":
            return truth.size if event_year >= self.window[0] else 0.0
        if truth.kind == "trend-before":  # a line through nil in the year before the event
            return truth.size * (event_year + 1) / (3 + 1)
        return 0.0


def event_views(estimand: Estimand, panel: pd.DataFrame, reports: pd.DataFrame) -> EventViews:
    """Return the event studies of a claim's outcomes around first judgements of inadequate.

    Raises DataError where no judgement has figures in all years of the window.
    """
    known, asked = with_reports(panel, reports), (min(estimand.window), max(estimand.window))
    names = [outcome.name for outcome in estimand.outcomes]
    known = known.assign(**{name: without_earlier_definitions(known, name) for name in names})
    events = {}
    for name in names:
        inspections = inspection_events(reports, EventParameters(name))
        events[name] = inspections[inspections["is_asked"]]
    last = max(YEARS_AFTER, asked[1])
    family = event_family(
        known, events, [EventStudySpecification(name, YEARS_BEFORE, last, asked) for name in names]
    )
    signs = tuple(outcome.sign for outcome in estimand.outcomes)
    years = known.loc[known[names].notna().any(axis=1), "year"]
    maps = _maps(family, signs, estimand.window)
    return EventViews(
        family=family,
        signs=signs,
        window=estimand.window,
        years=(int(years.min()), int(years.max())),
        maps=maps,
    )


def _places(family: EventFamily, outcome: str, event_years: Sequence[int]) -> list[int]:
    place_of = {term: place for place, term in enumerate(family.terms)}
    missing = [year for year in event_years if (outcome, year) not in place_of]
    if missing:
        raise DataError(
            f"{outcome}: no event has a figure in event year {missing[0]} and in the year before it"
        )
    return [place_of[outcome, year] for year in event_years]


def _maps(family: EventFamily, signs: tuple[int, ...], window: tuple[int, ...]) -> dict[str, np.ndarray]:
    shape = (len(family.outcomes), len(family.terms))
    after, before, ahead = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    reach = np.mean(window) + 1
    for place, (name, sign, sd) in enumerate(zip(family.outcomes, signs, family.within_sds, strict=True)):
        unit = sign / sd
        after[place, _places(family, name, window)] = unit / len(window)
        years = [year for year in range(-YEARS_BEFORE, -1) if (name, year) in family.terms]
        if not years:
            raise DataError(f"{name}: no event has figures before the year that precedes it")
        before[place, _places(family, name, years)] = -unit / len(years)
        # The slope of the line through the years before the event, −1 with its nil among them, times the years ahead.
        steps = np.array([*years, -1]) - np.mean([*years, -1])
        ahead[place, _places(family, name, years)] = unit * reach * steps[:-1] / (steps**2).sum()
    return {
        MAIN: after, LEAD: before, TRENDS: after - ahead, DIFFERENCE: ahead, CARRIED_ON: after - ahead,
    }  # fmt: skip


def event_evidence(claim: str, estimand: Estimand, panel: pd.DataFrame, views: EventViews) -> Evidence:
    """Return the evidence on what follows a judgement."""
    family = views.family
    outcomes = []
    first_year, last_year = views.years
    for name, sd, n in zip(family.outcomes, family.within_sds, family.n_observations, strict=True):
        entry, of = indicator(name), estimand.outcome(name).of
        last = panel[panel["year"] == last_year][of].dropna() if of else []
        outcomes.append(
            OutcomeFacts(
                name=name,
                label=entry.label,
                natural=sd,
                natural_unit=entry.difference_label,
                n_observations=n,
                first_year=first_year,
                last_year=last_year,
                at_risk=float(np.median(last)) if len(last) else None,
            )
        )
    n_events = max(family.n_events)
    weaknesses = [standing_weakness(estimand)]
    if n_events < FEW_EVENTS:
        weaknesses.append(WORDS.say("weakness.few_events", n_events=n_events))
    honest = views.honest()
    if honest.relative < 1:
        weaknesses.append(WORDS.say("weakness.honest", relative=f"{honest.relative:.2g}"))
    return Evidence(
        claim=claim,
        unit=estimand.unit,
        exposure=WORDS.say("exposure.judgement", first=min(estimand.window), last=max(estimand.window)),
        outcomes=tuple(outcomes),
        views=views.views(),
        gates=(measure_gate(estimand),),
        weaknesses=tuple(filter(None, weaknesses)),
        n_observations=max(family.n_observations),
        n_authorities=n_events,
        n_clusters=len(family.clusters),
        first_year=first_year,
        last_year=last_year,
        lead_words=WORDS.say("gate.lead.judgement"),
        trends_words=WORDS.say("gate.trends.judgement"),
        gate_names={LEAD: "pre-trend", TRENDS: "pre-trend carried on"},
    )
