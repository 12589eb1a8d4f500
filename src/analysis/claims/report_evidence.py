"""Evidence from what reports speak of together: independent sentences first, then what asserts the claim itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.topics.associations import Z
from analysis.estimators.topics.design import Design
from analysis.estimators.topics.pair_evidence import PairEvidence, pair_evidence
from analysis.estimators.topics.pairs import PairAssociation
from analysis.inspections.measuring.measures import year_of
from analysis.showing.words import words_of

from .estimand import Estimand
from .evidence import Evidence, Gate, OutcomeFacts, view_of
from .panel_evidence import measure_gate
from .planting import Truth, cluster_signs
from .rule import CORRECTED, MAIN
from .synthesis import View

WORDS = words_of(__package__)

WITHOUT_GRADE = "without the grade"
_CLEAR = 0.98
NOTHING_EXCLUDED = 10.0
"""An error of a log odds ratio beside which every association that could matter is within reach."""


@dataclass(frozen=True)
class ReportViews:
    """What reports hold on one pair: log odds ratios, the mean of both directions, of sentences that name one side only.

    ``influence`` (G, 2): of the estimate with the grade held and of that without it, by authority.
    """

    pair: PairEvidence
    years: tuple[int, int]
    clusters: tuple[str, ...] = field(repr=False)
    influence: np.ndarray = field(repr=False)

    def planted(self, truths: Sequence[Truth], n_draws: int, seed: int) -> Iterator[dict[str, View]]:
        """Yield views of data sets with each association planted; one that sentences assert isn't in independent ones."""
        noise = cluster_signs(self.clusters, n_draws, seed).T @ self.influence
        covariance = self.influence.T @ self.influence
        for truth in truths:
            drawn = (truth.size if truth.kind == "associated" else 0.0) + noise
            yield {
                name: View(drawn[:, [place]], np.full((n_draws, 1, 1), covariance[place, place]))
                for place, name in enumerate((MAIN, WITHOUT_GRADE))
            }


def report_views(
    estimand: Estimand, reports: pd.DataFrame, joint: pd.DataFrame, design: Design
) -> ReportViews:
    """Return what reports hold on a claim's pair, ``design`` as in ``pair_evidence``.

    Raises DataError where too few sentences are coded so.
    """
    (asked,) = estimand.outcomes
    evidence = pair_evidence(reports, joint, estimand.exposure, asked.name, estimand.rating, design=design)
    held, free = (evidence.associations[True, grade] for grade in (True, False))
    clusters = sorted({*held.authorities, *free.authorities})
    influence = np.zeros((len(clusters), 2))
    for place, association in enumerate((held, free)):
        influence[np.searchsorted(clusters, association.authorities), place] = association.influence.mean(
            axis=1
        )
    years = year_of(reports)
    return ReportViews(evidence, (int(years.min()), int(years.max())), tuple(clusters), influence)


def report_evidence(claim: str, estimand: Estimand, views: ReportViews) -> Evidence:
    """Return the evidence on a claim about what reports speak of together."""
    evidence = views.pair
    (asked,) = estimand.outcomes
    held, free, every = (
        evidence.associations[which] for which in ((True, True), (True, False), (False, True))
    )
    seen = {
        MAIN: view_of([held.mean], [[held.mean_std_error**2]]),
        WITHOUT_GRADE: view_of([free.mean], [[free.mean_std_error**2]]),
    }
    middle, error = _set_right(evidence)
    seen[f"{CORRECTED} for the coder"] = view_of([middle], [[error**2]])
    asserts = _clear(every) and not _clear(held)
    told = WORDS.say(
        "gate.text.asserts" if asserts else "gate.text",
        n_joint=every.n_joint,
        every=every.odds_ratio.with_limits,
        held=held.odds_ratio.with_limits,
    )
    gate = Gate("independent text", not asserts, told)
    first_year, last_year = views.years
    outcome = OutcomeFacts(
        name=asked.name,
        label=WORDS.say("outcome.reports", topic=LABELS[asked.name].lower(), rating=estimand.rating),
        natural=1.0,
        natural_unit="log odds",
        n_observations=held.n_sentences,
        first_year=first_year,
        last_year=last_year,
    )
    return Evidence(
        claim=claim,
        unit=estimand.unit,
        exposure=WORDS.say(
            "exposure.reports", topic=LABELS[estimand.exposure].lower(), rating=estimand.rating
        ),
        outcomes=(outcome,),
        views=seen,
        gates=(measure_gate(estimand), gate),
        weaknesses=_weaknesses(estimand, views),
        n_observations=held.n_reports,
        n_authorities=len(held.authorities),
        n_clusters=len(held.authorities),
        first_year=first_year,
        last_year=last_year,
    )


def _set_right(evidence: PairEvidence) -> tuple[float, float]:
    """Return the estimate with the coder's errors set right, and its error: one that excludes nothing where it can't be had.

    The error is that of the interval with the degrees of freedom that few hand codes leave, in normal terms.
    """
    corrected = evidence.corrected.get((True, True))
    if corrected is None:
        return evidence.associations[True, True].mean, NOTHING_EXCLUDED
    low, high = corrected.mean_limits
    error = (high - low) / (2 * Z)
    return corrected.mean, min(error, NOTHING_EXCLUDED) if np.isfinite(error) else NOTHING_EXCLUDED


def _weaknesses(estimand: Estimand, views: ReportViews) -> tuple[str, ...]:
    """Return what lowers the strength of the evidence; corrected sentences that rule out what the claim asks for are no such
    thing, though their interval holds nil.
    """
    evidence = views.pair
    corrected = evidence.corrected.get((True, True))
    if corrected is None:
        errs = WORDS.say("weakness.not_corrected", reason=evidence.why_not_corrected)
    else:
        (asked,) = estimand.outcomes
        low, high = corrected.mean_limits
        reach = high if asked.sign > 0 else -low
        errs = WORDS.say("weakness.corrected") if low <= 0 <= high and reach >= estimand.smallest else ""
    return tuple(filter(None, (estimand.standing_reason, evidence.coded_by, errs)))


def _clear(association: PairAssociation) -> bool:
    return bool(ndtr(association.mean / association.mean_std_error) >= _CLEAR)
