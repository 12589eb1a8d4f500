"""Where reports and official figures meet: grades on the workforce of their time, and changes of a child's worker."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.definitions.indicators import indicator
from analysis.estimators.grades.downgrades import Hazard, downgrade_hazard, downgrade_periods, q_values
from analysis.estimators.grades.judgements import (
    CrossedModel,
    GoodOf100,
    JudgementModel,
    decile,
    fit_crossed,
    fit_judgements,
    fit_within_between,
    good_of_100,
    judged_inspections,
    odds_finding,
    standardised,
)
from analysis.estimators.grades.multilevel import TermEstimate
from analysis.estimators.grades.mundlak import between_name, within_name
from analysis.estimators.pairs.relationship import specification_for
from analysis.estimators.recording import finding_of
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.resampling.family import benjamini_hochberg
from analysis.estimators.topics.directors import NEW_MONTHS, OFFICIAL, TURNOVER, NewDirectors, new_directors
from analysis.findings.finding import Finding, recorded
from analysis.findings.interval import IntervalEstimate
from analysis.showing.words import words_of

WORDS = words_of(__package__)

WORKFORCE = ("turnover_percent", "caseload_cases_per_fte", "agency_percent", "vacancy_percent")
THREE_WORKERS = "three_or_more_social_workers_percent"
PAIRS = {
    **{f"three-workers-on-{name.split('_')[0]}": (THREE_WORKERS, name) for name in WORKFORCE},
    "stability-on-three-workers": ("long_term_stability_percent", THREE_WORKERS),
    "placements-on-three-workers": ("three_or_more_placements_percent", THREE_WORKERS),
    "assessments-on-three-workers": ("assessments_in_45_days_percent", THREE_WORKERS),
}
"""Findings on the share of looked-after children with three or more workers in a year: (outcome, exposure)."""
WAYS = {"between": between_name, "within": within_name}
"""How inspections are compared, and the term of a figure that does so."""
SAME_COLLECTOR = (2019, 2020)
"""The two waves, one year apart, that one body collected by one definition."""
_PRODUCT = "turnover × caseload"


@dataclass(frozen=True)
class ReportsAndFigures:
    """``alone``: a model of grades for each workforce figure; ``together``: turnover, caseload and their product.

    ``split``: each figure as its authority's mean and the deviation from it; ``crossed``: each figure with random intercepts
    of authority and year of inspection together. ``workers``: estimates of PAIRS by finding's name, with effects of
    authority and year; ``same_collector``: those of the workforce figures over the waves of SAME_COLLECTOR alone.
    ``deviations``: the standard deviation of each workforce figure over inspections, in its own unit. ``downgrades``: hazard
    ratios of a judgement worse than the one before, for one unit more of each figure. ``directors``: inspections that found
    a new director of children's services beside others.
    """

    alone: dict[str, JudgementModel]
    together: JudgementModel
    workers: dict[str, Estimate] = field(repr=False)
    same_collector: dict[str, Estimate] = field(repr=False)
    inspections: pd.DataFrame = field(repr=False)
    split: dict[str, JudgementModel]
    crossed: dict[str, CrossedModel]
    deviations: dict[str, float]
    downgrades: dict[str, Hazard]
    directors: NewDirectors = field(repr=False)

    def per_step(self, name: str, odds: IntervalEstimate) -> tuple[float, float, float]:
        """Return an odds ratio for one standard deviation of a figure as that for a step of it, with its limits."""
        middle, low, high = (
            value ** (indicator(name).step / self.deviations[name]) for value in odds.with_limits
        )
        return middle, low, high

    def good_of_100(self, name: str, way: str) -> GoodOf100:
        """Return how many of 100 inspections are good or better with a figure a step higher ``between`` or ``within``."""
        step = indicator(name).step / self.deviations[name]
        return good_of_100(self.split[name], WAYS[way](name), step)

    def split_odds(self) -> dict[tuple[str, str], tuple[TermEstimate, float]]:
        """Return the odds ratio of a worse grade by figure and way of WAYS, with its q value over all of them."""
        odds = {
            (name, way): model.fitted.term(term(name))
            for name, model in self.split.items()
            for way, term in WAYS.items()
        }
        adjusted = benjamini_hochberg([ratio.p_value for ratio in odds.values()])
        return {key: (ratio, float(q)) for (key, ratio), q in zip(odds.items(), adjusted, strict=True)}

    def between_by_within(self, name: str) -> TermEstimate:
        """Return how many times a figure's odds ratio between authorities is that within one, per standard deviation."""
        return self.split[name].fitted.contrast(between_name(name), within_name(name))

    def grade_findings(self) -> list[Finding]:
        """Return odds of a worse grade per standard deviation of each workforce figure, and of the product of two."""
        findings = [
            odds_finding(
                model,
                name,
                f"worse-grade-on-{name.split('_')[0]}",
                WORDS.say("finding.grade", exposure=indicator(name).label),
                [name, "deprivation_score"],
            )
            for name, model in self.alone.items()
        ]
        product = odds_finding(
            self.together,
            _PRODUCT,
            "worse-grade-on-turnover-times-caseload",
            WORDS.say("finding.grade.product"),
            [*WORKFORCE[:2], "deprivation_score"],
        )
        return [*findings, product]

    def split_findings(self) -> list[Finding]:
        """Return, for each workforce figure, odds of a worse grade within authorities over time, and between them."""
        ways = tuple((way, WAYS[way]) for way in ("within", "between"))
        return [
            odds_finding(
                model,
                term(name),
                f"worse-grade-on-{name.split('_')[0]}-{way}",
                WORDS.say(f"finding.grade.{way}", exposure=indicator(name).label),
                [name, "deprivation_score"],
                WORDS.say(f"finding.grade.{way}.caution"),
            )
            for name, model in self.split.items()
            for way, term in ways
        ]

    def crossed_findings(self) -> list[Finding]:
        """Return odds of a worse grade with random intercepts of authority and year of inspection together."""
        return [
            odds_finding(
                model,
                name,
                f"worse-grade-on-{name.split('_')[0]}-crossed",
                WORDS.say("finding.grade.crossed", exposure=indicator(name).label),
                [name, "deprivation_score"],
            )
            for name, model in self.crossed.items()
        ]

    def downgrade_findings(self) -> list[Finding]:
        """Return the hazard ratios of a downgrade for one unit more of each workforce figure."""
        return [
            Finding.of(
                hazard,
                name=f"downgrade-on-{name.split('_')[0]}",
                label=WORDS.say("finding.downgrade", figure=indicator(name).phrase),
                scale="rate ratio",
                n_observations=hazard.n_periods,
                n_clusters=hazard.n_authorities,
                caution=WORDS.say("finding.downgrade.caution"),
                indicators=[name, "deprivation_score"],
            )
            for name, hazard in self.downgrades.items()
        ]

    def workers_findings(self) -> list[Finding]:
        """Return the estimates of PAIRS in standard deviations, then those of the first two waves alone."""
        first, last = SAME_COLLECTOR
        return [
            *(
                finding_of(slope, name, WORDS.say("finding.workers.caution"))
                for name, slope in self.workers.items()
            ),
            *(
                finding_of(slope, f"{name}-{first}-{last}", WORDS.say("finding.same_collector.caution"))
                for name, slope in self.same_collector.items()
            ),
        ]

    def directors_findings(self) -> list[Finding]:
        """Return what a new director goes with: points of inspections judged inadequate, the rest in standard deviations."""
        return [
            Finding.of(
                difference,
                name=f"new-director-{name}",
                label=WORDS.say(f"finding.directors.{name}", n_months=NEW_MONTHS),
                scale="percentage points" if name == "inadequate" else "standard deviations",
                n_observations=difference.n_observations,
                n_clusters=difference.n_clusters,
                unit=1.0 if name == "inadequate" else difference.outcome_sd,
                caution=WORDS.say("finding.directors.caution"),
                indicators=[TURNOVER] if name in OFFICIAL else [],
            )
            for name, difference in self.directors.estimates.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON values."""
        models = {**self.alone, _PRODUCT: self.together}

        return {
            "n_inspections": len(self.inspections),
            "grade_models": {name: model.fitted.as_dict() for name, model in models.items()},
            "within_between_models": {name: model.fitted.as_dict() for name, model in self.split.items()},
            "crossed_models": {name: model.fitted.as_dict() for name, model in self.crossed.items()},
            "within_between_q_values": [
                {"figure": name, "way": way, "q_value": q}
                for (name, way), (_, q) in self.split_odds().items()
            ],
            "between_by_within": {name: self.between_by_within(name).as_dict() for name in self.split},
            "good_of_100": [
                {"figure": name, "way": way, **vars(self.good_of_100(name, way))}
                for name in self.split
                for way in WAYS
            ],
            "downgrades": {name: vars(hazard).copy() for name, hazard in self.downgrades.items()},
            "downgrade_q_values": q_values(self.downgrades),
            "changes_of_worker": {name: slope.as_dict() for name, slope in self.workers.items()},
            "changes_of_worker_same_collector": {
                name: slope.as_dict() for name, slope in self.same_collector.items()
            },
            "new_directors": {
                name: difference.as_dict() for name, difference in self.directors.estimates.items()
            },
            **recorded(
                [
                    *self.grade_findings(),
                    *self.split_findings(),
                    *self.crossed_findings(),
                    *self.downgrade_findings(),
                    *self.workers_findings(),
                    *self.directors_findings(),
                ]
            ),
        }


def study_reports_and_figures(
    reports: pd.DataFrame, directors: pd.DataFrame, panel: pd.DataFrame
) -> ReportsAndFigures:
    """Compute every result from the tables of inspection reports and of directors in post, and the panel without the very
    small authorities.

    Grades are modelled by proportional odds with a random intercept for each authority, on the workforce figures of the
    newest 30 September before the inspection in standard deviations, allowing for the decile of deprivation and the year
    of inspection. Raises DataError where a model can't be had.
    """
    rows = judged_inspections(reports, panel, [*WORKFORCE, "deprivation_score"])
    one_each = panel.drop_duplicates("authority_code")["deprivation_score"]
    rows["deprivation_decile"] = decile(rows["deprivation_score"], one_each)
    deviations = {name: float(rows[name].std(ddof=1)) for name in WORKFORCE}
    rows = rows.assign(**{name: standardised(rows[name]) for name in WORKFORCE})
    rows[_PRODUCT] = rows["turnover_percent"] * rows["caseload_cases_per_fte"]
    alone = {
        name: fit_judgements(rows, (name, "deprivation_decile"), indicator(name).label, kind="ordinal")
        for name in WORKFORCE
    }
    terms = (*WORKFORCE[:2], _PRODUCT, "deprivation_decile")
    together = fit_judgements(rows, terms, "Turnover and caseload together", kind="ordinal")
    split = {
        name: fit_within_between(rows, name, ["deprivation_decile"], indicator(name).label)
        for name in WORKFORCE
    }
    crossed = {
        name: fit_crossed(rows, (name, "deprivation_decile"), indicator(name).label) for name in WORKFORCE
    }
    periods = downgrade_periods(reports, panel, WORKFORCE)
    return ReportsAndFigures(
        alone=alone,
        together=together,
        workers=_changes_of_worker(panel, PAIRS, indicator(THREE_WORKERS).years),
        same_collector=_changes_of_worker(
            panel, [name for name, (_, exposure) in PAIRS.items() if exposure in WORKFORCE], SAME_COLLECTOR
        ),
        inspections=rows,
        split=split,
        crossed=crossed,
        deviations=deviations,
        downgrades={name: downgrade_hazard(periods, name) for name in WORKFORCE},
        directors=new_directors(reports, directors, panel),
    )


def _changes_of_worker(
    panel: pd.DataFrame, names: Iterable[str], years: tuple[int, int]
) -> dict[str, Estimate]:
    """Return the estimates of PAIRS by name: authorities with themselves over ``years``, in standard deviations."""
    estimates = {}
    for name in names:
        outcome, exposure = PAIRS[name]
        sample = SampleParameters(outcome, exposure, years=years)
        estimates[name] = estimate(build_sample(panel, sample), specification_for(sample, "two-way", True))
    return estimates
