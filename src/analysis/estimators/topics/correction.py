"""Linear regression on measures that a coder made with error, set right by a sample of hand codes.

Design-based supervised learning (Egami, Hinck, Stewart and Wei 2023): each row's moment is the coded one, plus, where the
row was drawn for hand coding, the difference between hand-coded and coded moments divided by its chance of being drawn.
Its mean is that of the true moment whatever the coder's errors are, so long as the chances are known and above zero.
Outcome and terms may each be coded with error. Errors are robust sandwich ones, clustered where clusters are given.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from analysis.errors import DataError

Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class CorrectedFit:
    """Coefficients in the order of the terms, shapes (terms,); ``naive`` ones take the coder at its word."""

    estimates: np.ndarray
    std_errors: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    naive: np.ndarray
    naive_std_errors: np.ndarray
    n_rows: int
    n_hand_coded: int


def _scores(outcome: np.ndarray, terms: np.ndarray, estimates: np.ndarray) -> np.ndarray:
    """Return each row's moment of least squares at ``estimates``, shape (rows, terms)."""
    moments: np.ndarray = terms * (outcome - terms @ estimates)[:, None]
    return moments


def _sandwich(bread: np.ndarray, scores: np.ndarray, clusters: np.ndarray | None) -> np.ndarray:
    if clusters is not None:
        _, members = np.unique(clusters, return_inverse=True)
        summed = np.zeros((members.max() + 1, scores.shape[1]))
        np.add.at(summed, members, scores)
        scores = summed
    inverse = np.linalg.inv(bread)
    correction = len(scores) / max(len(scores) - 1, 1)
    return np.sqrt(np.diag(inverse @ (correction * scores.T @ scores) @ inverse.T))


def _check(chance: np.ndarray, drawn: np.ndarray, hand: tuple[np.ndarray, ...]) -> None:
    if not ((chance[drawn] > 0) & (chance[drawn] <= 1)).all():
        raise DataError("a row drawn for hand coding needs its chance above 0 and up to 1 of being drawn")
    if not all(np.isfinite(values[drawn]).all() for values in hand):
        raise DataError("a row that was drawn for hand coding has no hand code")
    if drawn.sum() <= hand[1].shape[1]:
        raise DataError(f"{drawn.sum()} hand-coded rows are too few for {hand[1].shape[1]} terms")


def corrected_regression(
    coded_outcome: np.ndarray,
    coded_terms: np.ndarray,
    hand_outcome: np.ndarray,
    hand_terms: np.ndarray,
    chance: np.ndarray,
    drawn: np.ndarray,
    clusters: np.ndarray | None = None,
) -> CorrectedFit:
    """Regress an outcome on terms (rows × terms, a constant among them where one is wanted).

    ``hand_outcome`` and ``hand_terms`` are read where ``drawn`` is true and may be missing elsewhere; what the coder
    doesn't touch stands in both. ``chance``: each row's known probability of being drawn, read where ``drawn`` is true;
    rows that weren't drawn must have had one above 0 too.

    Raises DataError for a chance that isn't above 0, a drawn row without hand codes, or too few drawn rows.
    """
    _check(chance, drawn, (hand_outcome, hand_terms))
    weight = np.where(drawn, 1 / np.where(drawn, chance, 1), 0.0)
    outcome = np.where(drawn, hand_outcome, coded_outcome)
    terms = np.where(drawn[:, None], hand_terms, coded_terms)
    plain = coded_terms.T @ coded_terms
    bread = plain + (terms * weight[:, None]).T @ terms - (coded_terms * weight[:, None]).T @ coded_terms
    moment = coded_terms.T @ (coded_outcome * (1 - weight)) + terms.T @ (outcome * weight)
    estimates = np.linalg.solve(bread, moment)
    scores = (1 - weight)[:, None] * _scores(coded_outcome, coded_terms, estimates)
    scores = scores + weight[:, None] * _scores(outcome, terms, estimates)
    errors = _sandwich(bread, scores, clusters)
    naive = np.linalg.solve(plain, coded_terms.T @ coded_outcome)
    naive_errors = _sandwich(plain, _scores(coded_outcome, coded_terms, naive), clusters)
    return CorrectedFit(
        estimates=estimates,
        std_errors=errors,
        conf_low=estimates - Z * errors,
        conf_high=estimates + Z * errors,
        naive=naive,
        naive_std_errors=naive_errors,
        n_rows=len(outcome),
        n_hand_coded=int(drawn.sum()),
    )
