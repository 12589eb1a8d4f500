"""All evidence in one place: the figures and reports behind claims, read once, and what each claim takes from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data.cleaning.spending import change_since
from analysis.data.definitions.indicators import dictionary
from analysis.data.panel import store
from analysis.data.panel.panel import Panel
from analysis.data.panel.store import load_joint, load_reports
from analysis.data.panel.vintages import EarlierPanels
from analysis.errors import DataError
from analysis.estimators.grades.spend import BASE_YEAR, inspections_with_spend
from analysis.estimators.topics.design import Design, load_design
from analysis.findings.finding import Finding, recorded
from analysis.paths import Project
from analysis.showing.words import words_of
from analysis.studies.recorded import Recorded
from analysis.studies.results import recorded_values

from .calibration import Subject
from .event_evidence import EventViews, event_evidence, event_views
from .evidence import Evidence, evidence_from
from .judging import SYNTHESIS
from .panel_evidence import PanelFamily, panel_evidence, panel_family
from .register import Claim, Register
from .report_evidence import ReportViews, report_evidence, report_views
from .rule import MAIN, Rule
from .simple_evidence import after_reports_evidence, among_cuts_evidence, over_years_evidence
from .synthesis import View, pooled

WORDS = words_of(__package__)


@dataclass(frozen=True)
class Gathered:
    """What was gathered on a claim: its evidence and what truths can be planted in, or why there is none."""

    claim: Claim
    evidence: Evidence | None = None
    plantable: PanelFamily | EventViews | ReportViews | None = None
    failure: str = ""

    def subject(self) -> Subject:
        """Return the claim as one to calibrate; raises DataError where there is no evidence on it."""
        if self.evidence is None or self.claim.estimand is None:
            raise DataError(
                f"{self.claim.id}: nothing to calibrate: {self.failure or self.claim.not_testable}"
            )
        return Subject(self.claim.id, self.claim.estimand, self.evidence, self.plantable)


class Sources:
    """The panel, reports, spend and earlier figures of the current project, and the package's sample of sentences coded by
    hand, each read when it is first asked for.
    """

    def __init__(
        self,
        panel: Panel | None = None,
        reports: pd.DataFrame | None = None,
        vintages: pd.DataFrame | None = None,
    ) -> None:
        self._panel, self._reports, self._vintages = panel, reports, vintages

    @cached_property
    def panel(self) -> Panel:
        """The panel."""
        return self._panel or store.load_panel()

    @cached_property
    def authorities(self) -> pd.DataFrame:
        """The panel's rows without the very small authorities."""
        return store.without_very_small(self.panel.authorities)

    @cached_property
    def reports(self) -> pd.DataFrame:
        """The table of inspection reports."""
        return load_reports() if self._reports is None else self._reports

    @cached_property
    def vintages(self) -> pd.DataFrame:
        """The figures of earlier releases that were revised since."""
        return store.load_vintages() if self._vintages is None else self._vintages

    @cached_property
    def earlier(self) -> EarlierPanels:
        """The panel as earlier releases had it."""
        return EarlierPanels(self.panel, self.vintages)

    @cached_property
    def joint(self) -> pd.DataFrame:
        """The table of sentences that reports spend on two things at once."""
        return load_joint()

    @cached_property
    def design(self) -> Design:
        """The sample of sentences coded by hand, which sets the coder's errors right."""
        return load_design()

    @cached_property
    def inspections(self) -> pd.DataFrame:
        """Graded inspections with the spend of their authorities."""
        changed = change_since(store.load_spending(), "children_services_gbp", BASE_YEAR)
        return inspections_with_spend(self.reports, self.authorities, changed)


def gather(
    asked: Register,
    sources: Sources,
    only: Sequence[str] = (),
    known: Mapping[str, Evidence] | None = None,
) -> tuple[Gathered, ...]:
    """Return what there is on each claim with an estimand; a claim whose figures can't be had keeps the reason.

    ``only`` names claims by identifier; none named means all. ``known`` is evidence by claim that was gathered already, from
    the same figures: it isn't gathered again. Raises RequestError for an unknown claim.
    """
    wanted = {asked.claim(name).id for name in only}
    chosen = [claim for claim in asked.claims if claim.estimand and (not wanted or claim.id in wanted)]
    return tuple(_gathered(claim, sources, (known or {}).get(claim.id)) for claim in chosen)


def recorded_evidence(project: Project) -> dict[str, Evidence]:
    """Return the evidence by claim that the run on it has recorded, as far as its results hold; else none."""
    if Recorded(project).why_stale(SYNTHESIS):
        return {}
    entries = recorded_values(project, SYNTHESIS).get("claims", {})
    return {name: evidence_from(entry) for name, entry in entries.items() if "failure" not in entry}


def _gathered(claim: Claim, sources: Sources, known: Evidence | None) -> Gathered:
    try:
        rows = _rows(claim, sources)
        plantable = None if isinstance(rows, PanelFamily) and not rows.rows[0].question.within else rows
        return Gathered(claim, known or _evidence(claim, sources, rows), plantable)
    except DataError as error:
        return Gathered(claim, failure=str(error))


def _rows(claim: Claim, sources: Sources) -> PanelFamily | EventViews | ReportViews | None:
    """Return the rows, events or reports that a claim rests on; None where it rests on one comparison."""
    estimand = claim.estimand
    assert estimand is not None
    match estimand.design:
        case "within authorities" | "across authorities":
            return panel_family(estimand, sources.panel.authorities)
        case "after a judgement":
            return event_views(estimand, sources.authorities, sources.reports)
        case "in reports":
            return report_views(estimand, sources.reports, sources.joint, sources.design)
    return None


def _evidence(claim: Claim, sources: Sources, rows: Any) -> Evidence:
    name, estimand = claim.id, claim.estimand
    assert estimand is not None
    match estimand.design:
        case "within authorities" | "across authorities":
            earlier = sources.earlier if estimand.design == "within authorities" else None
            return panel_evidence(name, estimand, sources.panel, rows, earlier)
        case "after a judgement":
            return event_evidence(name, estimand, sources.authorities, rows)
        case "in reports":
            return report_evidence(name, estimand, rows)
        case "after reports":
            return after_reports_evidence(name, estimand, sources.authorities, sources.reports)
        case "among the deepest cuts":
            return among_cuts_evidence(
                name, estimand, sources.authorities, sources.reports, sources.inspections
            )
        case "over the years":
            return over_years_evidence(name, estimand, sources.authorities)


def evidence_results(gathered: Sequence[Gathered], rule: Rule) -> dict[str, Any]:
    """Return the evidence as a notebook's results: by claim, and as findings (the pooled effect and each outcome's own)."""
    claims = {
        of_claim.claim.id: of_claim.evidence.as_dict() if of_claim.evidence else {"failure": of_claim.failure}
        for of_claim in gathered
    }
    findings = [
        finding for of_claim in gathered if of_claim.evidence for finding in _findings(of_claim, rule)
    ]
    return {"claims": claims, **recorded(findings)}


def _findings(gathered: Gathered, rule: Rule) -> list[Finding]:
    evidence, estimand = gathered.evidence, gathered.claim.estimand
    assert evidence is not None and estimand is not None
    prior = rule.prior_spread * estimand.smallest
    main, name = evidence.views[MAIN], gathered.claim.id.casefold()
    names = [*(asked.name for asked in estimand.outcomes), estimand.exposure, estimand.moderator]
    indicators = [
        indicator for indicator in names if indicator in dictionary()
    ]  # others are counted in reports, or are judgements
    common = {
        "scale": "log odds" if estimand.design == "in reports" else "standard deviations",
        "n_clusters": evidence.n_clusters,
    }
    whole = _finding(
        f"{name}-pooled", WORDS.say("finding.pooled", exposure=evidence.exposure), main, prior, common,
        evidence.n_observations, indicators,
    )  # fmt: skip
    parts = [
        _finding(
            f"{name}-{outcome.name}", WORDS.say("finding.outcome", outcome=outcome.label), _one(main, place), prior, common,
            outcome.n_observations,
            [indicator for indicator in (outcome.name, estimand.exposure) if indicator in indicators],
        )
        for place, outcome in enumerate(evidence.outcomes)
    ]  # fmt: skip
    return [whole, *parts]


def _one(view: View, place: int) -> View:
    return View(view.estimates[:, [place]], view.covariance[:, [place]][:, :, [place]])


def _finding(
    name: str, label: str, view: View, prior: float, common: dict[str, Any], n: int, indicators: list[str]
) -> Finding:
    effect = pooled(view, prior)
    above = float(effect.beyond(0.0)[0])
    return Finding(
        name, label, **vars(effect.interval), p_value=2 * min(above, 1 - above), n_observations=n,
        indicators=tuple(indicators), **common,
    )  # fmt: skip
