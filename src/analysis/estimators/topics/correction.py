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


def _sandwich(
    bread: np.ndarray, scores: np.ndarray, number: np.ndarray, clusters: np.ndarray | None
) -> np.ndarray:
    if clusters is None:
        size, meat = number.sum(), (scores * number[:, None]).T @ scores
    else:
        _, members = np.unique(clusters, return_inverse=True)
        summed = np.column_stack([np.bincount(members, number * column) for column in scores.T])
        size, meat = len(summed), summed.T @ summed
    inverse = np.linalg.inv(bread)
    errors: np.ndarray = np.sqrt(size / max(size - 1, 1) * np.diag(inverse @ meat @ inverse.T))
    return errors


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
    number: np.ndarray | None = None,
) -> CorrectedFit:
    """Regress an outcome on terms (rows × terms, a constant among them where one is wanted).

    ``hand_outcome`` and ``hand_terms`` are read where ``drawn`` is true and may be missing elsewhere; what the coder
    doesn't touch stands in both. ``chance``: each row's known probability of being drawn, read where ``drawn`` is true;
    rows that weren't drawn must have had one above 0 too. ``number`` (rows,): for how many that are alike a row stands,
    one each where it is None; results are those with each written out.

    Raises DataError for a chance that isn't above 0, a drawn row without hand codes, or too few drawn rows.
    """
    _check(chance, drawn, (hand_outcome, hand_terms))
    number = np.ones(len(coded_outcome)) if number is None else number
    weight = np.where(drawn, 1 / np.where(drawn, chance, 1), 0.0)
    outcome = np.where(drawn, hand_outcome, coded_outcome)
    terms = np.where(drawn[:, None], hand_terms, coded_terms)
    counted, by_hand = number * (1 - weight), number * weight
    plain = (coded_terms * number[:, None]).T @ coded_terms
    bread = (coded_terms * counted[:, None]).T @ coded_terms + (terms * by_hand[:, None]).T @ terms
    moment = coded_terms.T @ (coded_outcome * counted) + terms.T @ (outcome * by_hand)
    estimates = np.linalg.solve(bread, moment)
    scores = (1 - weight)[:, None] * _scores(coded_outcome, coded_terms, estimates)
    scores = scores + weight[:, None] * _scores(outcome, terms, estimates)
    errors = _sandwich(bread, scores, number, clusters)
    naive = np.linalg.solve(plain, coded_terms.T @ (coded_outcome * number))
    naive_errors = _sandwich(plain, _scores(coded_outcome, coded_terms, naive), number, clusters)
    return CorrectedFit(
        estimates=estimates,
        std_errors=errors,
        conf_low=estimates - Z * errors,
        conf_high=estimates + Z * errors,
        naive=naive,
        naive_std_errors=naive_errors,
        n_rows=int(number.sum()),
        n_hand_coded=int(number[drawn].sum()),
    )
