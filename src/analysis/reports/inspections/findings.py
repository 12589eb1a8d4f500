"""Associations in reports as findings: the shape and the names under which claims ask for them."""

from collections.abc import Iterable

import pandas as pd

from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.topics.pair_correction import CorrectedPair
from analysis.estimators.topics.pair_evidence import PairEvidence
from analysis.estimators.topics.pairs import PairAssociation
from analysis.findings.finding import Finding

FROM_YEAR = 2019
"""The first year whose inspections are also looked at alone: all of them under the framework of 2018."""
CAUTION = "counts as coded, the coder's errors not taken out; an association of reports, not of children"


def findings_of(pairs: pd.DataFrame, rated: str, suffix: str = "") -> tuple[Finding, ...]:
    """Return a finding a row of ``associations.pairs``, named ``RATED-FIRST-SECOND`` and ``suffix``.

    ``rated``: ``problems`` or ``strengths``, what of the two constructs was compared.
    """
    return tuple(
        Finding(
            name=f"{rated}-{row.first}-{row.second}{suffix}",
            label=f"{LABELS[row.first]} and {LABELS[row.second].lower()} together as {rated} in reports, per standard "
            "deviation, after allowing for tone and grade",
            scale="odds ratio",
            estimate=float(row.odds_ratio),
            conf_low=float(row.conf_low),
            conf_high=float(row.conf_high),
            p_value=float(row.p_value),
            n_observations=int(row.n_reports),
            n_clusters=int(row.n_authorities),
            caution=CAUTION,
        )
        for row in pairs.itertuples()
    )


CORRECTED_VARIANT = (True, False)
"""Which correction is the finding: without sentences on both, and without the grade, a consequence of both problems."""
_DISJOINT = "sentences on both left out; counts as coded, the coder's errors not taken out; "
_CORRECTED = (
    "sentences on both left out, the coder's errors taken out by a sample in which few sentences weigh much; "
)
_OF_REPORTS = "an association of reports, not of children"


def findings_of_evidence(evidence: Iterable[PairEvidence], suffix: str = "") -> tuple[Finding, ...]:
    """Return the findings on pairs without the sentences that name both sides, and corrected for the coder's errors.

    Named as in ``findings_of``, with ``-disjoint``, ``-disjoint-without-grade`` and ``-corrected``; the last is left out
    where the correction can't be had, or leaves no bounds. Each is the mean of both directions.
    """
    found = []
    for pair in evidence:
        name = f"{pair.rating}s-{pair.first}-{pair.second}{suffix}"
        label = (
            f"{LABELS[pair.first]} and {LABELS[pair.second].lower()} together as {pair.rating}s in reports, without "
            "sentences on both"
        )
        per = "per standard deviation, after allowing for tone"
        found += [
            _finding(f"{name}-disjoint", f"{label}, {per} and grade", pair.associations[True, True]),
            _finding(f"{name}-disjoint-without-grade", f"{label}, {per}", pair.associations[True, False]),
        ]
        if pair.corrected and pair.corrected[CORRECTED_VARIANT].is_bounded:
            corrected = f"{label}, corrected for the coder's errors, {per} as coded"
            found.append(_finding(f"{name}-corrected", corrected, pair.corrected[CORRECTED_VARIANT]))
    return tuple(found)


def _finding(name: str, label: str, association: PairAssociation | CorrectedPair) -> Finding:
    if isinstance(association, CorrectedPair):
        clusters, caution = association.clusters, _CORRECTED
    else:
        clusters, caution = association.authorities, _DISJOINT
    return Finding.of(
        association.odds_ratio,
        name=name,
        label=label,
        scale="odds ratio",
        n_observations=association.n_reports,
        n_clusters=len(clusters),
        caution=caution + _OF_REPORTS,
    )
