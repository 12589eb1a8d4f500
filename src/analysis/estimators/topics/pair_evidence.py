"""All that reports say of a pair of constructs, side by side, so that no choice among regressions makes the evidence.

The pair is estimated from all sentences and without those that name both sides, with and without adjusting for the overall
grade (see ``pairs``), and each of the four once more with the coder's errors set right (see ``pair_correction``). The last
are known for problems only: codes by a coder that never saw a label of the report are kept for them alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS, GRADES, overall_grade
from analysis.errors import DataError
from analysis.inspections.coder.constructs import CODER_VERSION

from .associations import MIN_CODED, tone
from .design import Design, load_design
from .pair_correction import CodedReports, CorrectedPair, coded_pair, corrected_pair
from .pairs import (
    SOURCE_OF_CLAIMS,
    PairAssociation,
    Witnesses,
    check_names,
    joint_sentences,
    pair_associations,
)

VARIANTS = tuple((disjoint, grade) for disjoint in (False, True) for grade in (True, False))
"""What is estimated of each pair: (without sentences on both, after allowing for the grade)."""


@dataclass(frozen=True)
class PairEvidence:
    """Estimates of one pair by (disjoint, grade), in the order of ``VARIANTS``.

    ``corrected`` is empty where ``why_not_corrected`` says why; ``coded_by`` says who coded.
    """

    first: str
    second: str
    rating: str
    associations: Mapping[tuple[bool, bool], PairAssociation] = field(repr=False)
    corrected: Mapping[tuple[bool, bool], CorrectedPair] = field(repr=False)
    why_not_corrected: str
    coded_by: str

    def as_dict(self) -> dict[str, Any]:
        """Return the estimates as JSON values."""
        corrected = [{"grade": grade, **pair.as_dict()} for (_, grade), pair in self.corrected.items()]
        return {
            "first": self.first,
            "second": self.second,
            "rating": self.rating,
            "associations": [association.as_dict() for association in self.associations.values()],
            "corrected": corrected,
            "why_not_corrected": self.why_not_corrected,
            "coded_by": self.coded_by,
        }


def who_coded(design: Design) -> str:
    """Return a sentence on who coded: the model, and those whose codes it learnt from and is set right by."""
    return (
        f"Sentences are coded by a model (coder {CODER_VERSION}) that learnt from hand codes; these were made within this "
        f"project by its codebook, and so were those of the {len(design.sample):,} sentences drawn with known chances that "
        "set the model's errors right."
    )


def pair_evidence(
    reports: pd.DataFrame,
    joint: pd.DataFrame,
    first: str,
    second: str,
    rating: str = "problem",
    *,
    design: Design | None = None,
    without_authorities: Sequence[str] = SOURCE_OF_CLAIMS,
) -> PairEvidence:
    """Estimate a pair in every way. ``reports``, ``joint`` and what is raised: as in ``pair_association``.

    ``design``: the probability sample, the package's where None is given. Where the correction can't be had the reason
    stands in its place, and nothing is raised.
    """
    check_names(first, second, rating)
    asked = _Asked(Witnesses.of(reports, without_authorities), joint, rating, design or load_design())
    return _evidence(asked, first, second)


@dataclass(frozen=True)
class _Asked:
    """What is asked of each pair, and, once for all of them, what corrections read of the population's reports."""

    witnesses: Witnesses
    joint: pd.DataFrame
    rating: str
    design: Design

    @cached_property
    def coded(self) -> CodedReports:
        return CodedReports.of(self.design, set(self.witnesses.reports["report"]))

    @cached_property
    def own(self) -> pd.DataFrame:
        """The rows of the witnesses' reports that are among the coded ones, in the order of these."""
        return self.witnesses.reports.set_index("report").loc[self.coded.names].reset_index()

    @cached_property
    def grade(self) -> np.ndarray:
        """The grade of each of ``own`` as a number from best to worst, the mean where there is none.

        With an indicator for each, a grade without any problem after correction would leave the regression without an end.
        """
        grade = overall_grade(self.own).map({name: place for place, name in enumerate(GRADES)}).astype(float)
        places: np.ndarray = grade.fillna(grade.mean()).to_numpy()
        return places


def _evidence(asked: _Asked, first: str, second: str) -> PairEvidence:
    rating = asked.rating
    both = joint_sentences(asked.witnesses.reports, asked.joint, first, second, rating)
    associations = pair_associations(asked.witnesses, both, first, second, rating, VARIANTS)
    corrected: dict[tuple[bool, bool], CorrectedPair] = {}
    why = "the sample's cross-fitted codes are kept of problems only"
    if rating == "problem":
        try:
            corrected, why = _corrected(asked, both, first, second), ""
        except DataError as error:
            why = str(error)
    return PairEvidence(
        first=first,
        second=second,
        rating=rating,
        associations=associations,
        corrected=corrected,
        why_not_corrected=why,
        coded_by=who_coded(asked.design),
    )


def _corrected(
    asked: _Asked, both: np.ndarray, first: str, second: str
) -> dict[tuple[bool, bool], CorrectedPair]:
    """Return the four corrected estimates; ``both`` as in ``pair_associations``."""
    joint = dict(zip(asked.witnesses.reports["report"], both.tolist(), strict=True))
    pair = coded_pair(asked.coded, first, second, joint)
    covariates = np.column_stack([tone(asked.own, (first, second)), asked.grade])
    clusters = asked.own["authority"].to_numpy(str)
    return {
        (disjoint, graded): corrected_pair(pair, covariates[:, : 1 + graded], clusters, disjoint)
        for disjoint, graded in VARIANTS
    }


def pairs_of_evidence(
    reports: pd.DataFrame,
    joint: pd.DataFrame,
    rating: str = "problem",
    names: tuple[str, ...] = CONSTRUCTS,
    design: Design | None = None,
) -> tuple[PairEvidence, ...]:
    """Return the evidence on each pair of those constructs ``names`` that ``pairs`` finds spoken of often enough."""
    asked = _Asked(Witnesses.of(reports), joint, rating, design or load_design())
    enough = [name for name in names if reports[f"{name}_{rating}"].sum() >= MIN_CODED]
    return tuple(
        _evidence(asked, first, second)
        for place, first in enumerate(enough)
        for second in enough[place + 1 :]
    )
