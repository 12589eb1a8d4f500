"""Published models on the authors' files, and the same questions on this project's figures: within, between, longer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from analysis.data.cleaning.at_inspection import known_days
from analysis.data.cleaning.inspection_events import with_reports
from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.definitions.indicators import indicator
from analysis.errors import RequestError
from analysis.estimators.events.study import EventStudy
from analysis.estimators.grades.crossed_logistic import (
    CrossedLogistic,
    CrossedLogisticSpecification,
    crossed_logistic,
)
from analysis.estimators.grades.cumulative import CumulativeSpecification, cumulative
from analysis.estimators.grades.downgrades import (
    Hazard,
    downgrade_hazard,
    downgrade_periods,
    q_values,
)
from analysis.estimators.grades.judgements import (
    GoodOf100,
    JudgementModel,
    fit_judgements,
    good_of_100,
    judged_inspections,
)
from analysis.estimators.grades.multilevel import TermEstimate
from analysis.estimators.grades.mundlak import between_name, within_between, within_name
from analysis.estimators.grades.spend import inspections_with_spend, prevention_within_between
from analysis.estimators.pairs.relationship import specification_for
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.findings.finding import Finding, recorded
from analysis.reports.inspection_shock.study import around_inspections
from analysis.showing.words import words_of

from .printed import MARITIM, Printed, compared, printed_numbers

WORDS = words_of(__package__)

WEBB_LAST_YEAR = 2019
WEBB_PRICE_YEAR = 2019
"""The financial year 2018-19, whose prices the published odds ratios per £100 are in."""
_GROUPS = ("panel_code", "year")
_TERMS = ("prevention", "safeguarding", "deprivation_decile")
LATEST_YEARS = (2016, 2021)
"""The years of the latest judgements that Bach-Mortensen and others studied."""
WORKFORCE = (
    "turnover_percent",
    "vacancy_percent",
    "agency_percent",
    "absence_percent",
    "caseload_cases_per_fte",
)
HAZARDS = ("turnover_percent", "agency_percent", "vacancy_percent", "caseload_cases_per_fte")
FRAMEWORK, FRAMEWORK_LAST_YEAR = "sif", 2019
"""The inspections that Hood and Goldacre studied, and the last year of their figures."""
AROUND = (
    "children_services_real_gbp_per_child",
    "plans_started_per_10k",
    "section_47_enquiries_per_10k",
    "children_in_need_per_10k",
)
_YEARS_AROUND = (3, 3)
_PUBLIC_YEARS = {"three_or_more_placements_percent": (2021, 2025)}
"""Years of the outcome in the public analysis, where this project's figures go further back."""


@dataclass(frozen=True)
class Around:
    """One outcome around inspections under one framework: after inadequate judgements, and after the others."""

    outcome: str
    inadequate: EventStudy
    other: EventStudy


@dataclass(frozen=True)
class Reproductions:
    """Everything that the report shows.

    ``compared``: printed numbers with those made anew. ``reproduced``: by study, what the authors' models give on
    their file. ``early``, ``whole``: Webb's model on this project's inspections to WEBB_LAST_YEAR and on all,
    ``early_split`` and ``whole_split`` with spend within and between authorities; ``same_year`` and ``same_year_split`` on
    all with effects of the year in the place of random intercepts, as in the report on spend, and ``good_of_100`` by term
    of the latter for £100 more at the prices of the panel. ``latest``: by first and last year
    of judgements and workforce figure, odds ratios of a better latest judgement for one unit more, with the number of
    authorities. ``public``: by outcome and workforce figure, the public analysis on this project's panel.
    ``hazards``: by workforce figure, and ``among_inspections``: odds of a worse judgement where an inspection came.
    ``around``: spend and interventions.
    """

    compared: tuple[Printed, ...]
    reproduced: Mapping[str, pd.DataFrame] = field(repr=False)
    early: CrossedLogistic
    early_split: CrossedLogistic
    whole: CrossedLogistic
    whole_split: CrossedLogistic
    whole_years: tuple[int, int]
    same_year: JudgementModel
    same_year_split: JudgementModel
    good_of_100: Mapping[str, GoodOf100]
    latest: Mapping[tuple[tuple[int, int], str], tuple[TermEstimate, int]]
    public: Mapping[tuple[str, str], Estimate] = field(repr=False)
    hazards: Mapping[str, Hazard]
    among_inspections: Mapping[str, Hazard]
    around: tuple[Around, ...] = field(repr=False)

    def findings(self) -> list[Finding]:
        """Return what claims and summaries may read: Webb's model in all ways and the agency results."""
        findings = [
            _odds(self.early, "prevention", "good-grade-on-prevention-to-2019", "finding.prevention"),
            _odds(self.whole, "prevention", "good-grade-on-prevention-all-years", "finding.prevention"),
            _odds(
                self.whole_split,
                within_name("prevention"),
                "good-grade-on-prevention-within",
                "finding.prevention.within",
            ),
            _odds(
                self.whole_split,
                between_name("prevention"),
                "good-grade-on-prevention-between",
                "finding.prevention.between",
            ),
        ]
        findings += [
            Finding.of(
                slope,
                name=f"{outcome.removesuffix('_percent').replace('_', '-')}-on-agency-with-others",
                label=WORDS.say("finding.public", outcome=indicator(outcome).label),
                scale="outcome units",
                n_observations=slope.n_observations,
                n_clusters=slope.n_clusters,
                indicators=[outcome, *WORKFORCE],
            )
            for (outcome, exposure), slope in self.public.items()
            if exposure == "agency_percent"
        ]
        return findings

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON values."""
        return {
            "printed": [{**vars(printed), "agrees": printed.agrees} for printed in self.compared],
            "grades_on_spend": {
                name: getattr(self, name).as_dict()
                for name in ("early", "early_split", "whole", "whole_split")
            },
            "grades_on_spend_same_year": {
                name: getattr(self, name).fitted.as_dict() for name in ("same_year", "same_year_split")
            },
            "good_of_100": {term: vars(shares).copy() for term, shares in self.good_of_100.items()},
            "latest_judgement": [
                {"years": list(years), "figure": name, "n_authorities": n, **term.as_dict()}
                for (years, name), (term, n) in self.latest.items()
            ],
            "public_analysis": [
                {"outcome": outcome, "exposure": exposure, **slope.as_dict()}
                for (outcome, exposure), slope in self.public.items()
            ],
            "hazards": {name: vars(hazard).copy() for name, hazard in self.hazards.items()},
            "hazard_q_values": q_values(self.hazards),
            "downgrades_among_inspections": {
                name: vars(hazard).copy() for name, hazard in self.among_inspections.items()
            },
            "around_inspections": [
                {
                    "outcome": around.outcome,
                    "inadequate": around.inadequate.as_dict(),
                    "other": around.other.as_dict(),
                }
                for around in self.around
            ],
            **recorded(self.findings()),
        }


def _odds(fitted: CrossedLogistic, term: str, name: str, label: str) -> Finding:
    return Finding.of(
        fitted.term(term),
        name=name,
        label=WORDS.say(label),
        scale="odds ratio",
        n_observations=fitted.n_observations,
        n_clusters=fitted.n_groups["panel_code"],
        indicators=["prevention_real_gbp_per_child", "safeguarding_real_gbp_per_child", "deprivation_score"],
    )


def study_reproductions(
    reproduced: Mapping[str, pd.DataFrame],
    reports: pd.DataFrame,
    panel: pd.DataFrame,
    changed: pd.DataFrame,
    price_factor: float,
    last_year: int | Literal["latest"] = "latest",
) -> Reproductions:
    """Compute every result.

    ``reproduced``: by study that left a file, the table of results recorded from it; ``reports``: the table of inspection
    reports, of which those of inspections to ``last_year`` are used; ``panel``: authorities without the very small ones;
    ``changed``: of ``change_since``; ``price_factor`` takes the panel's prices to those of WEBB_PRICE_YEAR. Raises
    RequestError for a ``last_year`` before those of the studies, DataError where a model can't be had.
    """
    if last_year != "latest":
        if last_year < LATEST_YEARS[1]:
            raise RequestError(
                f"last_year {last_year}: choose {LATEST_YEARS[1]}, the last of one study's own years, or later"
            )
        reports = reports[known_days(reports).str[:4].astype(int) <= last_year].reset_index(drop=True)
    inspections = inspections_with_spend(reports, panel, changed, price_factor).dropna(subset=list(_TERMS))
    early = inspections[inspections["year"] <= WEBB_LAST_YEAR]
    periods = downgrade_periods(reports, panel, HAZARDS)
    same_year_split = prevention_within_between(inspections)
    return Reproductions(
        compared=compared(reproduced),
        reproduced=dict(reproduced),
        early=_good(early, _TERMS),
        early_split=_good_split(early),
        whole=_good(inspections, _TERMS),
        whole_split=_good_split(inspections),
        whole_years=(int(inspections["year"].min()), int(inspections["year"].max())),
        same_year=fit_judgements(inspections, _TERMS, "Good or better"),
        same_year_split=same_year_split,
        good_of_100={
            term: good_of_100(same_year_split, term, price_factor)
            for term in (within_name("prevention"), between_name("prevention"))
        },
        latest=_latest(reports, panel),
        public=_public(panel),
        hazards={name: downgrade_hazard(periods, name) for name in HAZARDS},
        among_inspections={name: downgrade_hazard(periods, name, given_inspection=True) for name in HAZARDS},
        around=_around(reports, panel),
    )


def _good(inspections: pd.DataFrame, terms: tuple[str, ...]) -> CrossedLogistic:
    return crossed_logistic(inspections, CrossedLogisticSpecification("good", terms, _GROUPS))


def _good_split(inspections: pd.DataFrame) -> CrossedLogistic:
    split = within_between(inspections, ["prevention"], "panel_code")
    return _good(split, (within_name("prevention"), between_name("prevention"), *_TERMS[1:]))


def _latest(
    reports: pd.DataFrame, panel: pd.DataFrame
) -> dict[tuple[tuple[int, int], str], tuple[TermEstimate, int]]:
    """Return odds ratios of a better latest judgement, with an indicator of each region but one and deprivation."""
    rows = judged_inspections(reports, panel, [*HAZARDS, "deprivation_score"]).sort_values("day")
    regions = panel.drop_duplicates("authority_code").set_index("authority_code")["region"]
    rows["better"] = rows["worse"].max() - rows["worse"]
    dummies = pd.get_dummies(rows["panel_code"].map(regions), prefix="region", dtype=float).iloc[:, 1:]
    rows = pd.concat([rows, dummies], axis=1)
    terms = {}
    for years in (LATEST_YEARS, (LATEST_YEARS[0], int(rows["year"].max()))):
        chosen = rows[rows["year"].between(*years)].drop_duplicates("panel_code", keep="last")
        for name in HAZARDS:
            asked = CumulativeSpecification("better", (name, "deprivation_score", *dummies.columns))
            fitted = cumulative(chosen, asked)
            terms[years, name] = (fitted.term(name), fitted.n_observations)
    return terms


def _public(panel: pd.DataFrame) -> dict[tuple[str, str], Estimate]:
    """Return the public analysis on this project's panel: each workforce figure with the other four held constant."""
    outcomes = dict.fromkeys(
        printed.model
        for printed in printed_numbers()
        if printed.study == MARITIM and printed.quantity == "difference"
    )
    estimates = {}
    for outcome in outcomes:
        for exposure in WORKFORCE:
            others = tuple(name for name in WORKFORCE if name != exposure)
            years = _PUBLIC_YEARS.get(outcome, indicator(outcome).years)
            sample = SampleParameters(outcome, exposure, controls=others, years=years)
            estimates[outcome, exposure] = estimate(
                build_sample(panel, sample), specification_for(sample, "two-way", False)
            )
    return estimates


def _around(reports: pd.DataFrame, panel: pd.DataFrame) -> tuple[Around, ...]:
    own = reports[reports["framework"] == FRAMEWORK]
    known = with_reports(panel, own)
    rows = known[known["year"] <= FRAMEWORK_LAST_YEAR]
    around = []
    for outcome in AROUND:
        studies = around_inspections(own, rows, outcome, *_YEARS_AROUND)
        around.append(Around(outcome, studies["inadequate"], studies["other"]))
    return tuple(around)


def of_study(reproductions: Reproductions, study: str) -> tuple[Printed, ...]:
    """Return the printed numbers of one study that were made anew."""
    return tuple(printed for printed in reproductions.compared if printed.study == study)
