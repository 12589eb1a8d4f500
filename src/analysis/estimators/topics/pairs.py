"""Do two constructs go together in reports: both directions estimated together, with and without the sentences that say so.

One sentence such as «turnover has led to missed visits» is coded on both constructs, and raises both counts: a claim that
inspectors assert makes its own association. ``disjoint`` takes such sentences out of both counts and of all sentences.
The other choice is the overall grade: it is a consequence of both problems, so that two problems that have nothing to do
with each other may go apart, or together, among reports of one grade (a collider: Elwert and Winship 2014, «Endogenous
selection bias»). Neither choice is right for all uses, so ``pair_evidence`` gives the four.

Each direction is the binomial logistic regression of ``associations``. The two are stacked: their estimates are those of
single regressions, and their covariance is the sandwich of both scores summed by authority (Liang and Zeger 1986).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import norm

from analysis.data.definitions.authorities import name_key, resolve
from analysis.data.definitions.inspection_reports import CONSTRUCTS, PAIR_RATINGS
from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.small_sample import small_sample_factor
from analysis.findings.interval import Inference

from .associations import Z, grade_columns, standard_root, tone

SOURCE_OF_CLAIMS = ("West Sussex",)
"""Authorities whose reports the claims were taken from: they can't bear witness to their own words."""
MIN_CODED = 20
"""Fewer sentences coded so, in all reports, are too few to fit a regression to."""


@dataclass(frozen=True)
class PairAssociation:
    """Log odds ratios of a sentence on one construct per standard deviation of the square root of the other's share.

    ``estimates``, shape (2,): of ``first`` on ``second``, of ``second`` on ``first``. ``influence``, shape
    (authorities, 2): what each of ``authorities`` adds to each estimate's error, so that influence.T @ influence is their
    covariance (small-sample factor of clusters included). ``mean`` is the average of both directions, its error from that
    covariance. ``n_joint`` counts the sentences coded so on both, taken out where ``disjoint`` is true.
    """

    first: str
    second: str
    rating: str
    disjoint: bool
    grade: bool
    without_authorities: tuple[str, ...]
    estimates: np.ndarray
    influence: np.ndarray = field(repr=False)
    authorities: tuple[str, ...] = field(repr=False)
    n_reports: int
    n_sentences: int
    n_joint: int

    @property
    def covariance(self) -> np.ndarray:
        """Return the covariance of both directions, shape (2, 2)."""
        covariance: np.ndarray = self.influence.T @ self.influence
        return covariance

    @property
    def std_errors(self) -> np.ndarray:
        """Return the standard error of each direction, shape (2,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def mean(self) -> float:
        """Return the average of both directions' log odds ratios."""
        return float(self.estimates.mean())

    @property
    def mean_std_error(self) -> float:
        """Return the standard error of ``mean``."""
        return float(np.sqrt(self.covariance.mean()))

    @property
    def odds_ratio(self) -> Inference:
        """Return the odds ratio of ``mean`` with its 95% limits and the two-sided p value, normal."""
        low, middle, high = np.exp(self.mean + np.array([-Z, 0.0, Z]) * self.mean_std_error).tolist()
        p_value = float(2 * norm.sf(abs(self.mean) / self.mean_std_error))
        return Inference(estimate=middle, conf_low=low, conf_high=high, p_value=p_value)

    def as_dict(self) -> dict[str, Any]:
        """Return estimates, errors and counts as JSON values; influence by authority is left out."""
        plain = vars(self).copy()
        del plain["influence"], plain["authorities"]
        return plain | {
            "without_authorities": list(self.without_authorities),
            "estimates": self.estimates.tolist(),
            "std_errors": self.std_errors.tolist(),
            "correlation": float(self.covariance[0, 1] / self.std_errors.prod()),
            "mean": self.mean,
            "mean_std_error": self.mean_std_error,
            "n_authorities": len(self.authorities),
        }


@dataclass(frozen=True)
class Witnesses:
    """Reports that bear witness on pairs, in the order of ``reports``, with what the regressions of all pairs read of them.

    ``grades``, shape (reports, grades): see ``grade_columns``; ``groups``, (reports,): each report's place among
    ``authorities``; ``left_out``: authorities whose reports aren't among them.
    """

    reports: pd.DataFrame = field(repr=False)
    grades: np.ndarray = field(repr=False)
    groups: np.ndarray = field(repr=False)
    authorities: tuple[str, ...] = field(repr=False)
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, reports: pd.DataFrame, left_out: Sequence[str] = SOURCE_OF_CLAIMS) -> "Witnesses":
        """Return ``reports`` without those of the authorities ``left_out``; raises RequestError for an unknown one."""
        kept = without(reports, left_out)
        groups, authorities = pd.factorize(kept["authority"], sort=True)
        return cls(kept, grade_columns(kept), groups, tuple(authorities), tuple(left_out))


def pair_association(
    reports: pd.DataFrame,
    joint: pd.DataFrame,
    first: str,
    second: str,
    rating: str = "problem",
    *,
    disjoint: bool,
    grade: bool,
    without_authorities: Sequence[str] = SOURCE_OF_CLAIMS,
) -> PairAssociation:
    """Estimate how two constructs go together in ``reports``, after allowing for the report's tone.

    ``reports``: ``inspection_reports.COLUMNS``. ``joint``: rows of ``PAIR_COLUMNS`` there. ``disjoint`` takes sentences
    coded so on both constructs out of both counts and of the report's sentences; where sentences are independent this by
    itself lowers a log odds ratio a little (some hundredths, most for frequent constructs), never raises it. ``grade``
    adjusts for the overall grade. Reports of ``without_authorities`` are left out, those of predecessors of the same name
    among them.

    Raises RequestError for an unknown construct, rating or authority, or one construct twice; DataError where joint
    sentences don't fit the counts, or a construct has fewer than ``MIN_CODED`` sentences or the same share in every report.
    """
    check_names(first, second, rating)
    witnesses = Witnesses.of(reports, without_authorities)
    both = joint_sentences(witnesses.reports, joint, first, second, rating)
    return pair_associations(witnesses, both, first, second, rating, [(disjoint, grade)])[disjoint, grade]


def pair_associations(
    witnesses: Witnesses,
    both: np.ndarray,
    first: str,
    second: str,
    rating: str,
    variants: Iterable[tuple[bool, bool]],
) -> dict[tuple[bool, bool], PairAssociation]:
    """Estimate a pair in each of ``variants``, (disjoint, grade) as in ``pair_association``, which says what is raised.

    ``both``, shape (reports,): ``joint_sentences`` of the pair in the witnesses' reports.
    """
    reports = witnesses.reports
    counts = reports[[f"{first}_{rating}", f"{second}_{rating}"]].to_numpy(float)
    sentences = reports["sentences"].to_numpy(float)
    tones = tone(reports, (first, second), rating).to_numpy()[:, None]
    associations = {}
    for disjoint, grade in variants:
        taken = both if disjoint else np.zeros_like(both)
        left, total = counts - taken[:, None], sentences - taken
        for name, column in zip((first, second), left.T, strict=True):
            if column.sum() < MIN_CODED or len(np.unique(column / total)) < 2:
                raise DataError(
                    f"{name}: {column.sum():.0f} sentences coded as {rating}; too few to tell what goes with them"
                )
        allowed_for = np.hstack([tones, witnesses.grades]) if grade else tones
        directions = [
            _direction(left[:, outcome], left[:, other], total, allowed_for, witnesses.groups)
            for outcome, other in ((0, 1), (1, 0))
        ]
        associations[disjoint, grade] = PairAssociation(
            first=first,
            second=second,
            rating=rating,
            disjoint=disjoint,
            grade=grade,
            without_authorities=witnesses.left_out,
            estimates=np.array([estimate for estimate, _ in directions]),
            influence=np.column_stack([influence for _, influence in directions]),
            authorities=witnesses.authorities,
            n_reports=len(reports),
            n_sentences=int(total.sum()),
            n_joint=int(both.sum()),
        )
    return associations


def check_names(first: str, second: str, rating: str) -> None:
    """Raise RequestError for an unknown construct or rating, or one construct twice."""
    for name in (first, second):
        if name not in CONSTRUCTS:
            raise unknown("construct", name, CONSTRUCTS)
    if first == second:
        raise RequestError(f"a pair takes two constructs, not '{first}' twice")
    if rating not in PAIR_RATINGS:
        raise unknown("rating", rating, PAIR_RATINGS)


def without(reports: pd.DataFrame, authorities: Sequence[str]) -> pd.DataFrame:
    """Return the reports but for those of ``authorities``, by name or code; raises RequestError for an unknown one."""
    kept = reports
    for authority in authorities:
        resolved = resolve(authority)
        named = np.array(
            [name_key(name) == name_key(resolved.name) for name in kept["authority"]], dtype=bool
        )
        kept = kept[~(named | kept["authority_code"].isin(resolved.codes).to_numpy(dtype=bool))]
    return kept.reset_index(drop=True)


def joint_sentences(
    reports: pd.DataFrame, joint: pd.DataFrame, first: str, second: str, rating: str
) -> np.ndarray:
    """Return how many sentences of each report are coded so on both constructs, in the order of ``reports``."""
    earlier, later = sorted((first, second), key=CONSTRUCTS.index)
    asked = (joint["first"] == earlier) & (joint["second"] == later) & (joint["rating"] == rating)
    counts = joint[asked].set_index("report")["sentences"]
    if not counts.index.is_unique:
        raise DataError(f"{earlier} and {later}: a report has two counts of sentences on both")
    both: np.ndarray = counts.reindex(reports["report"]).fillna(0).to_numpy(int)
    most = reports[[f"{name}_{rating}" for name in (earlier, later)]].min(axis=1).to_numpy()
    if (both > most).any():
        place = int((both > most).argmax())
        raise DataError(
            f"{reports['report'].iloc[place]}: {both[place]} sentences on both {earlier} and {later}, where either has "
            f"{most[place]}"
        )
    return both


def _direction(
    counts: np.ndarray, others: np.ndarray, sentences: np.ndarray, allowed_for: np.ndarray, groups: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the log odds ratio of a sentence among ``counts`` per standard deviation of ``others``, and its influence.

    ``counts``, ``others`` and ``sentences``, shape (reports,); ``allowed_for``, (reports, terms); the influence, (groups,).
    """
    design = np.array([np.ones(len(counts)), standard_root(others, sentences), *allowed_for.T]).T
    table = np.column_stack([counts, sentences - counts])
    fit = sm.GLM(table, design, family=sm.families.Binomial()).fit()
    fitted = np.asarray(fit.fittedvalues)
    scores = np.zeros((groups.max() + 1, design.shape[1]))
    np.add.at(scores, groups, design * (counts - sentences * fitted)[:, None])
    information = (design * (sentences * fitted * (1 - fitted))[:, None]).T @ design
    n_rows, n_terms = design.shape
    factor = small_sample_factor(n_rows, len(scores), n_terms)
    influence = np.linalg.solve(information, scores.T)[1] * np.sqrt(factor)
    return float(fit.params[1]), influence
