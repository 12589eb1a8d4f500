"""Associations in reports with the coder's errors taken out, each beside what it is as coded."""

from dataclasses import dataclass

import numpy as np

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.resampling.family import benjamini_hochberg
from analysis.findings.interval import IntervalEstimate

from .findings import CORRECTED_VARIANT
from .study import InspectionStudy

DISCOVERY_RATE = 0.05
CLAIMED = (
    ("turnover", "visits"),
    ("turnover", "plans"),
    ("turnover", "leadership"),
    ("caseload", "visits"),
    ("caseload", "oversight"),
    ("drift", "oversight"),
)
"""Pairs of problems that claims of this study are about."""


@dataclass(frozen=True)
class Compared:
    """One association: corrected for the coder's errors, None where that can't be had, and as coded.

    ``names`` are the two sides: constructs, or a construct and an indicator. ``null`` is the value of no association.
    ``stands`` and ``stands_as_coded`` say whether its q value among all that are compared with it is below
    ``DISCOVERY_RATE``; for associations that aren't tested as a family, whether its interval leaves out the null.
    """

    label: str
    names: tuple[str, str]
    corrected: IntervalEstimate | None
    as_coded: IntervalEstimate
    null: float
    stands: bool
    stands_as_coded: bool
    is_claimed: bool = False

    @property
    def is_clear(self) -> bool:
        """Whether the corrected interval leaves out the null."""
        return self.corrected is not None and self.corrected.excludes(self.null)


def pair_label(first: str, second: str) -> str:
    """Return a pair of constructs as readers know it: ``Caseload and visits``."""
    return f"{LABELS[first]} and {LABELS[second].lower()}"


def compared_pairs(study: InspectionStudy) -> tuple[Compared, ...]:
    """Return every pair of problems as odds ratios, in the order of the codebook.

    Corrected ones are without the sentences that name both sides and without allowing for the grade, as the findings are.
    """
    evidence = {(pair.first, pair.second): pair.corrected.get(CORRECTED_VARIANT) for pair in study.evidence}
    keys = [(row.first, row.second) for row in study.pairs.itertuples()]
    corrected = [evidence.get(key) for key in keys]
    ratios = [pair.odds_ratio if pair and pair.is_bounded else None for pair in corrected]
    q_values = benjamini_hochberg([ratio.p_value if ratio else np.nan for ratio in ratios])
    return tuple(
        Compared(
            label=pair_label(row.first, row.second),
            names=(row.first, row.second),
            corrected=ratio,
            as_coded=IntervalEstimate(
                estimate=row.odds_ratio, conf_low=row.conf_low, conf_high=row.conf_high
            ),
            null=1.0,
            stands=bool(q_value < DISCOVERY_RATE),
            stands_as_coded=bool(row.q_value < DISCOVERY_RATE),
            is_claimed=(row.first, row.second) in CLAIMED,
        )
        for row, ratio, q_value in zip(study.pairs.itertuples(), ratios, q_values, strict=True)
    )


def compared_figures(study: InspectionStudy) -> tuple[Compared, ...]:
    """Return how reports go with official figures: problem sentences more per 100 for a standard deviation more."""
    return tuple(
        Compared(
            label=f"{LABELS[row.construct]}, with {indicator(row.indicator).phrase}",
            names=(row.construct, row.indicator),
            corrected=IntervalEstimate(
                estimate=row.corrected, conf_low=row.corrected_low, conf_high=row.corrected_high
            ),
            as_coded=IntervalEstimate(estimate=row.naive, conf_low=row.naive_low, conf_high=row.naive_high),
            null=0.0,
            stands=not row.corrected_low <= 0 <= row.corrected_high,
            stands_as_coded=not row.naive_low <= 0 <= row.naive_high,
        )
        for row in study.corrected.itertuples()
    )
