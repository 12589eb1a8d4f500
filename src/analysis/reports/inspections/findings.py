"""Associations in reports as findings: the shape and the names under which claims ask for them."""

from collections.abc import Iterable

import pandas as pd

from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.topics.pair_correction import CorrectedPair
from analysis.estimators.topics.pair_evidence import PairEvidence
from analysis.estimators.topics.pairs import PairAssociation
from analysis.findings.finding import Finding
from analysis.showing.words import words_of

WORDS = words_of(__package__)

FROM_YEAR = 2019
"""The first year whose inspections are also looked at alone: all of them under the framework of 2018."""


def findings_of(pairs: pd.DataFrame, rated: str, suffix: str = "") -> tuple[Finding, ...]:
    """Return a finding a row of ``associations.pairs``, named ``RATED-FIRST-SECOND`` and ``suffix``.

    ``rated``: ``problems`` or ``strengths``, what of the two constructs was compared.
    """
    return tuple(
        Finding(
            name=f"{rated}-{row.first}-{row.second}{suffix}",
            label=WORDS.say("finding.label", first=LABELS[row.first], second=LABELS[row.second], rated=rated),
            scale="odds ratio",
            estimate=float(row.odds_ratio),
            conf_low=float(row.conf_low),
            conf_high=float(row.conf_high),
            p_value=float(row.p_value),
            n_observations=int(row.n_reports),
            n_clusters=int(row.n_authorities),
            caution=WORDS.say("finding.caution"),
        )
        for row in pairs.itertuples()
    )


CORRECTED_VARIANT = (True, False)
"""Which correction is the finding: without sentences on both, and without the grade, a consequence of both problems."""


def findings_of_evidence(evidence: Iterable[PairEvidence], suffix: str = "") -> tuple[Finding, ...]:
    """Return the findings on pairs without the sentences that name both sides, and corrected for the coder's errors.

    Named as in ``findings_of``, with ``-disjoint``, ``-disjoint-without-grade`` and ``-corrected``; the last is left out
    where the correction can't be had, or leaves no bounds. Each is the mean of both directions.
    """
    findings: list[Finding] = []
    for pair in evidence:
        name = f"{pair.rating}s-{pair.first}-{pair.second}{suffix}"
        named = {"first": LABELS[pair.first], "second": LABELS[pair.second], "rated": f"{pair.rating}s"}
        variants: list[tuple[str, PairAssociation | CorrectedPair]] = [
            ("disjoint", pair.associations[True, True]),
            ("disjoint-without-grade", pair.associations[True, False]),
        ]
        if pair.corrected and pair.corrected[CORRECTED_VARIANT].is_bounded:
            variants.append(("corrected", pair.corrected[CORRECTED_VARIANT]))
        findings += [
            _finding(f"{name}-{variant}", WORDS.say(f"finding.label.{variant}", **named), association)
            for variant, association in variants
        ]
    return tuple(findings)


def _finding(name: str, label: str, association: PairAssociation | CorrectedPair) -> Finding:
    if isinstance(association, CorrectedPair):
        clusters, caution = association.clusters, "finding.caution.corrected"
    else:
        clusters, caution = association.authorities, "finding.caution.disjoint"
    return Finding.of(
        association.odds_ratio,
        name=name,
        label=label,
        scale="odds ratio",
        n_observations=association.n_reports,
        n_clusters=len(clusters),
        caution=WORDS.say(caution),
    )
