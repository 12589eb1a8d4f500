"""All that the notebook on inspection reports shows, computed in one go from the table of measures and the panel."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data.definitions.authorities import resolve
from analysis.data.definitions.inspection_reports import CONSTRUCTS, GRADES, overall_grade
from analysis.estimators.topics.associations import grade_model, pairs
from analysis.estimators.topics.design import (
    EARLY,
    Design,
    corrected_agreements,
    corrected_differences,
    corrected_shares,
    population_accuracy,
    reports_that_name,
)
from analysis.estimators.topics.pair_evidence import PairEvidence, pairs_of_evidence
from analysis.estimators.topics.validity import Agreement, agreements, with_figures
from analysis.files.as_json import records
from analysis.findings.finding import Finding
from analysis.inspections.measuring.measures import grouped_shares, marked, year_of

from .findings import FROM_YEAR, findings_of, findings_of_evidence

ALL = "all"
PERIODS = ("before 2018", "from 2018")
"""The frameworks in groups: single inspections and those before them, and the shorter ones since."""
WORST, GOOD = "inadequate", "good"
"""The grades that are set beside each other: reports graded outstanding are too few."""
STRENGTHS = ("leadership", "turnover")
"""The pair that is also compared as strengths: do stable leaders and a stable workforce go together?"""


@dataclass(frozen=True)
class InspectionStudy:
    """Results on inspection reports.

    ``by_grade``, ``by_year``: rows of ``grouped_shares``; ``own``: the marked authority's reports by construct;
    ``pairs`` (of problems), ``strengths`` and ``recent_strengths`` (leadership and turnover, of all inspections and of
    those from ``FROM_YEAR`` on), ``grades``: see ``associations``; ``agreements``: see ``validity``; ``rows``: a row a
    report and construct with official figures; ``accuracy``, ``shares``, ``corrected``: what the probability sample says
    (see ``design``), ``shares`` with groups ``ALL``, the overall grades and ``PERIODS``; ``worse``: corrected shares of
    reports graded ``WORST`` less those graded ``GOOD``; ``naming``: in how many reports a problem is named, as coded;
    ``population_reports``: the reports it speaks of. ``evidence``, ``strengths_evidence``, ``recent_strengths_evidence``:
    the same pairs without the sentences that name both sides, with and without the grade, and corrected for the coder's
    errors.
    """

    authority: str
    reports: pd.DataFrame = field(repr=False)
    by_grade: pd.DataFrame = field(repr=False)
    by_year: pd.DataFrame = field(repr=False)
    own: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    strengths: pd.DataFrame = field(repr=False)
    recent_strengths: pd.DataFrame = field(repr=False)
    grades: pd.DataFrame = field(repr=False)
    agreements: tuple[Agreement, ...]
    rows: pd.DataFrame = field(repr=False)
    accuracy: pd.DataFrame = field(repr=False)
    shares: pd.DataFrame = field(repr=False)
    corrected: pd.DataFrame = field(repr=False)
    worse: pd.DataFrame = field(repr=False)
    naming: pd.DataFrame = field(repr=False)
    population_reports: frozenset[str] = field(repr=False)
    evidence: tuple[PairEvidence, ...] = field(repr=False)
    strengths_evidence: tuple[PairEvidence, ...] = field(repr=False)
    recent_strengths_evidence: tuple[PairEvidence, ...] = field(repr=False)

    @cached_property
    def corrected_shares(self) -> dict[tuple[str, str], tuple[float, float, float]]:
        """Return the corrected share of problem sentences per 100 by construct and group, with its 95% limits."""
        estimates = self.shares[["corrected", "conf_low", "conf_high"]].itertuples(index=False, name=None)
        return dict(
            zip(zip(self.shares["construct"], self.shares["group"], strict=True), estimates, strict=True)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON data."""
        return {
            "authority": self.authority,
            "n_reports": len(self.reports),
            "n_sentences": int(self.reports["sentences"].sum()),
            "coder": sorted(self.reports["coder"].unique()),
            "by_grade": records(self.by_grade),
            "by_year": records(self.by_year),
            "own": records(self.own.drop(columns=["authority_code"])),
            "pairs": records(self.pairs),
            "strengths": records(self.strengths),
            "recent_strengths": records(self.recent_strengths),
            "grade_model": records(self.grades),
            "agreements": records(pd.DataFrame([asdict(agreement) for agreement in self.agreements])),
            "population_accuracy": records(self.accuracy),
            "corrected_shares": records(self.shares),
            "corrected_agreements": records(self.corrected),
            "inadequate_less_good": records(self.worse),
            "reports_that_name": records(self.naming),
            "pair_evidence": [pair.as_dict() for pair in self.evidence],
            "strengths_evidence": [pair.as_dict() for pair in self.strengths_evidence],
            "recent_strengths_evidence": [pair.as_dict() for pair in self.recent_strengths_evidence],
        }

    def findings(self) -> tuple[Finding, ...]:
        """Return what claims may rest on: the pairs of problems, and one pair of strengths."""
        recent = f"-from-{FROM_YEAR}"
        return (
            *findings_of(self.pairs, "problems"),
            *findings_of(self.strengths, "strengths"),
            *findings_of(self.recent_strengths, "strengths", recent),
            *findings_of_evidence(self.evidence),
            *findings_of_evidence(self.strengths_evidence),
            *findings_of_evidence(self.recent_strengths_evidence, recent),
        )


def _shares(reports: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return corrected shares over all reports, by overall grade and by period."""
    known = reports.set_index("report")
    early = pd.Series(PERIODS[1], known.index).mask(known["framework"].isin(EARLY), PERIODS[0])
    groupings = (pd.Series(ALL, known.index), overall_grade(known), early)
    parts = [corrected_shares(design.population, groups, known["authority"]) for groups in groupings]
    return pd.concat(parts, ignore_index=True)


def study_reports(
    reports: pd.DataFrame,
    joint: pd.DataFrame,
    panel: pd.DataFrame,
    design: Design,
    authority: str,
    draws: int,
    seed: int = 0,
) -> InspectionStudy:
    """Compute every result on the reports.

    ``joint``: their sentences coded alike on two constructs; ``panel``: the panel's authorities; ``design``: the probability
    sample of sentences; ``draws``: of each bootstrap.
    """
    grade = pd.Categorical(overall_grade(reports), GRADES, ordered=True)
    recent = reports[year_of(reports) >= FROM_YEAR]
    rows = with_figures(reports, panel).merge(reports[["report", "framework"]], on="report")
    return InspectionStudy(
        authority=resolve(authority).name,
        reports=reports,
        by_grade=grouped_shares(reports, pd.Series(grade, reports.index), draws, seed),
        by_year=grouped_shares(reports, year_of(reports), draws, seed),
        own=marked(reports, authority),
        pairs=pairs(reports),
        strengths=pairs(reports, "strength", STRENGTHS),
        recent_strengths=pairs(recent, "strength", STRENGTHS),
        grades=grade_model(reports),
        agreements=agreements(rows, draws=draws, seed=seed),
        rows=rows,
        accuracy=population_accuracy(design.sample, draws, seed),
        shares=_shares(reports, design),
        corrected=corrected_agreements(design.population, rows),
        worse=corrected_differences(
            design.population,
            overall_grade(reports.set_index("report")),
            WORST,
            GOOD,
            reports.set_index("report")["authority"],
        ),
        naming=reports_that_name(design.population, reports.set_index("report")["authority"]),
        population_reports=frozenset(design.population[CONSTRUCTS[0]].reports) & frozenset(reports["report"]),
        evidence=pairs_of_evidence(reports, joint, "problem", CONSTRUCTS, design),
        strengths_evidence=pairs_of_evidence(reports, joint, "strength", STRENGTHS, design),
        recent_strengths_evidence=pairs_of_evidence(recent, joint, "strength", STRENGTHS, design),
    )
