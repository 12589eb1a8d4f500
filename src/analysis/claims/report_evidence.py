"""Evidence from what reports speak of together: independent sentences first, then what asserts the claim itself."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ..inspections.pairs import PairEvidence, pair_evidence
from .estimand import Estimand
from .evidence import Evidence, Gate, OutcomeFacts, view_of
from .panel_evidence import measure_gate
from .planting import Truth, cluster_signs
from .rule import MAIN
from .synthesis import View

WITHOUT_GRADE = "without the grade"
CORRECTED = "corrected for the coder"
_CLEAR = 0.98


@dataclass(frozen=True)
class ReportViews:
    """What reports hold on one pair: log odds ratios, the mean of both directions, of sentences that name one side only.

    ``influence`` (G, 2): of the estimate with the grade held and of that without it, by authority.
    """

    found: PairEvidence
    clusters: tuple[str, ...] = field(repr=False)
    influence: np.ndarray = field(repr=False)

    def planted(self, truth: Truth, n_draws: int, seed: int) -> dict[str, View]:
        """Return views of data sets with an association planted; one that sentences assert isn't in independent ones."""
        signs = cluster_signs(self.clusters, n_draws, seed)
        size = truth.size if truth.kind == "associated" else 0.0
        drawn = size + signs.T @ self.influence
        covariance = self.influence.T @ self.influence
        return {
            name: View(drawn[:, [place]], np.full((n_draws, 1, 1), covariance[place, place]))
            for place, name in enumerate((MAIN, WITHOUT_GRADE))
        }


def report_views(estimand: Estimand, reports: pd.DataFrame, joint: pd.DataFrame) -> ReportViews:
    """Return what reports hold on a claim's pair; raises DataError where too few sentences are coded so."""
    (asked,) = estimand.outcomes
    found = pair_evidence(reports, joint, estimand.exposure, asked.name, estimand.rating)
    held, free = (found.of(disjoint=True, grade=grade) for grade in (True, False))
    clusters = sorted({*held.authorities, *free.authorities})
    influence = np.zeros((len(clusters), 2))
    for place, one in enumerate((held, free)):
        influence[np.searchsorted(clusters, one.authorities), place] = one.influence.mean(axis=1)
    return ReportViews(found, tuple(clusters), influence)


def report_evidence(claim: str, estimand: Estimand, views: ReportViews) -> Evidence:
    """Return the evidence on a claim about what reports speak of together."""
    found = views.found
    (asked,) = estimand.outcomes
    held, free, every = (
        found.of(disjoint=True, grade=True), found.of(disjoint=True, grade=False), found.of(disjoint=False, grade=True)
    )  # fmt: skip
    seen = {
        MAIN: view_of([held.mean], [[held.mean_std_error**2]]),
        WITHOUT_GRADE: view_of([free.mean], [[free.mean_std_error**2]]),
    }
    corrected = found.corrected
    if corrected is not None:
        seen[CORRECTED] = view_of([corrected.estimate], [[corrected.std_error**2]])
    asserts = _clear(every.mean, every.mean_std_error) and not _clear(held.mean, held.mean_std_error)
    text = (
        f"{every.n_joint} sentences name both sides. With them the odds ratio is {_ratio(every)}, without them {_ratio(held)}"
    )
    gate = Gate(
        "independent text", not asserts, f"{text}{': only text asserts it' if asserts else ''}."
    )
    facts = OutcomeFacts(
        asked.name, f"sentences on {asked.name}", 1.0, "log odds", held.n_sentences, found.first_year, found.last_year
    )
    weaknesses = (
        estimand.standing_reason,
        found.coded_by,
        *(("The coder errs: corrected by hand codes, the interval holds both nothing and much.",) if corrected is None
          or corrected.estimate - 1.96 * corrected.std_error < 0 else ()),
    )  # fmt: skip
    return Evidence(
        claim, estimand.unit,
        f"Where a report has a standard deviation more sentences that call {estimand.exposure} a {estimand.rating}",
        (facts,), seen, (measure_gate(estimand), gate), tuple(filter(None, weaknesses)), held.n_reports,
        len(held.authorities), len(held.authorities), found.first_year, found.last_year,
    )  # fmt: skip


def _clear(estimate: float, error: float) -> bool:
    return bool(ndtr(estimate / error) >= _CLEAR)


def _ratio(one) -> str:
    middle, low, high = one.odds_ratio
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"
