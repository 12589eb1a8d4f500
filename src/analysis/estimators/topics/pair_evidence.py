"""All that reports say of a pair of constructs, side by side, so that no choice among regressions makes the evidence.

The pair is estimated from all sentences and without those that name both sides, with and without adjusting for the overall
grade (see ``pairs``), and each of the four once more with the coder's errors set right (see ``pair_correction``). The last
are known for problems only: codes by a coder that never saw a label of the report are kept for them alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS, GRADES, overall_grade
from analysis.errors import DataError
from analysis.inspections.coder.constructs import CODER_VERSION

from .associations import MIN_CODED, tone
from .design import Design, load_design
from .pair_correction import CorrectedPair, coded_pair, corrected_pair
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
    witnesses = Witnesses.of(reports, without_authorities)
    return _evidence(witnesses, joint, first, second, rating, design or load_design())


def _evidence(
    witnesses: Witnesses, joint: pd.DataFrame, first: str, second: str, rating: str, design: Design
) -> PairEvidence:
    both = joint_sentences(witnesses.reports, joint, first, second, rating)
    associations = pair_associations(witnesses, both, first, second, rating, VARIANTS)
    corrected: dict[tuple[bool, bool], CorrectedPair] = {}
    why = "the sample's cross-fitted codes are kept of problems only"
    if rating == "problem":
        try:
            corrected, why = _corrected(witnesses.reports, both, first, second, design), ""
        except DataError as error:
            why = str(error)
    return PairEvidence(
        first=first,
        second=second,
        rating=rating,
        associations=associations,
        corrected=corrected,
        why_not_corrected=why,
        coded_by=who_coded(design),
    )


def _corrected(
    reports: pd.DataFrame, both: np.ndarray, first: str, second: str, design: Design
) -> dict[tuple[bool, bool], CorrectedPair]:
    """Return the four corrected estimates; ``both`` as in ``pair_associations``.

    The grade enters as a number from best to worst: with an indicator for each, a grade without any problem after correction
    would leave the regression without an end.
    """
    joint = dict(zip(reports["report"], both.tolist(), strict=True))
    pair, named = coded_pair(design, first, second, joint, set(reports["report"]))
    own = reports.set_index("report").loc[named].reset_index()
    grade = overall_grade(own).map({name: place for place, name in enumerate(GRADES)}).astype(float)
    covariates = np.column_stack([tone(own, (first, second)), grade.fillna(grade.mean())])
    clusters = own["authority"].to_numpy(str)
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
    design, witnesses = design or load_design(), Witnesses.of(reports)
    enough = [name for name in names if reports[f"{name}_{rating}"].sum() >= MIN_CODED]
    return tuple(
        _evidence(witnesses, joint, first, second, rating, design)
        for place, first in enumerate(enough)
        for second in enough[place + 1 :]
    )
