"""Do two problems go together in reports, set right for the coder's errors by the probability sample.

Both sides are coded with error. **Outcome**: «a sentence is a problem on A» enters its logistic regression through the
design-based moment of Egami, Hinck, Stewart and Wei (2023): the coder's count of a report, plus, for each sentence drawn
for hand coding, hand code less coder's code over its chance of being drawn. Its mean is that of the true count whatever
the coder's errors are. **Exposure**: the report's true share of problems on B is never seen, and the square root of its
coded share w stands for it. Regression calibration (Carroll, Ruppert, Stefanski and Crainiceanu 2006, chapter 4): what w
foretells of the true share is itself estimated from the sample, by regressing the corrected count of B on w and the same
covariates. It needs no model of the errors but one assumption: given a report's true share of B and the covariates, its
coded share of B says nothing more about A. Simulation-extrapolation (SIMEX) would need besides that errors are alike in
every report. That calibration is linear, and the logit of a rare outcome nearly a logarithm, is what it takes for granted.

The corrected log odds ratio is the ratio of two estimates, the slope of A on w and the calibration, and has Fieller's
(1954) interval, which grows without bound as the calibration's own error does. Tone and grade stay as coded.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import t as student

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import DataError
from analysis.findings.interval import Inference
from analysis.inspections.coder.constructs import PROBLEM

from .design import Design

MIN_BY_HAND = 10
"""Fewer drawn sentences with a hand code on a side than this tell nothing of the coder's errors there."""
_STEPS = 100


@dataclass(frozen=True)
class CodedPair:
    """Sentences of a population's reports on two constructs. ``coded``: the coder's count of each, shape (reports, 2);
    ``joint``: its sentences on both, (reports,); ``sentences``: (reports,). Of each sentence drawn for hand coding:
    ``report``, its place; ``chance`` of being drawn; ``said`` by the coder and ``hand``, true or false, shape (drawn, 2).
    """

    coded: np.ndarray
    joint: np.ndarray
    sentences: np.ndarray
    report: np.ndarray
    chance: np.ndarray
    said: np.ndarray
    hand: np.ndarray


@dataclass(frozen=True)
class CorrectedPair:
    """Log odds ratios corrected for the coder's errors on both sides; arrays of shape (2,) as in ``PairAssociation``.

    The unit is the coder's: so many sentences per 100 on the other construct, ``unit_per_100``, as its coded share rises by
    with one standard deviation of that share's square root. ``coded``: by the coder's word, in the same reports.
    ``outcome_corrected``: with the outcome set right only. ``calibration``: by how much the true share rises where the
    coded one rises by the unit, 1 if the coder made no errors. ``estimates`` are the third over the fourth, ``conf_low``
    and ``conf_high`` Fieller's 95% limits (infinite where the calibration isn't clear of zero). ``influence``, shape
    (clusters, 2), as in ``PairAssociation``, to first order, with ``clusters`` in order.
    ``degrees_of_freedom`` says how many clusters an estimate's error rests on, as Satterthwaite counts them.
    """

    coded: np.ndarray
    outcome_corrected: np.ndarray
    calibration: np.ndarray
    estimates: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    influence: np.ndarray = field(repr=False)
    clusters: tuple[str, ...] = field(repr=False)
    degrees_of_freedom: np.ndarray
    unit_per_100: np.ndarray
    disjoint: bool
    n_reports: int
    n_hand_coded: int
    n_hand_problems: tuple[int, int]

    @property
    def mean(self) -> float:
        """Return the average of both directions."""
        return float(self.estimates.mean())

    @property
    def std_errors(self) -> np.ndarray:
        """Return each direction's standard error to first order (delta method), shape (2,)."""
        errors: np.ndarray = np.sqrt((self.influence**2).sum(axis=0))
        return errors

    @property
    def mean_std_error(self) -> float:
        """Return the standard error of ``mean`` to first order."""
        return float(np.sqrt((self.influence.mean(axis=1) ** 2).sum()))

    @property
    def mean_limits(self) -> tuple[float, float]:
        """Return the 95% limits of ``mean``: Student's, with the degrees of freedom that its own influences leave."""
        influence = self.influence.mean(axis=1)
        reach = student.ppf(0.975, _freedom(influence)) * self.mean_std_error
        return float(self.mean - reach), float(self.mean + reach)

    @property
    def odds_ratio(self) -> Inference:
        """Return the odds ratio of ``mean`` with its 95% limits, which may be 0 and infinite, and the two-sided p value.

        The p value is of the same Student's distribution as ``mean_limits``.
        """
        with np.errstate(over="ignore", under="ignore"):
            middle, low, high = np.exp([self.mean, *self.mean_limits]).tolist()
        freedom = _freedom(self.influence.mean(axis=1))
        p_value = float(2 * student.sf(abs(self.mean) / self.mean_std_error, freedom))
        return Inference(estimate=middle, conf_low=low, conf_high=high, p_value=p_value)

    @property
    def is_bounded(self) -> bool:
        """Return whether the interval of ``odds_ratio`` can be told at all: within a factor of a thousand of 1."""
        return bool(max(map(abs, self.mean_limits)) < np.log(1000))

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON values; a limit without bound is None, influence by cluster is left out."""
        arrays = ("coded", "outcome_corrected", "calibration", "estimates", "conf_low", "conf_high")
        plain = {
            name: [float(value) if np.isfinite(value) else None for value in getattr(self, name)]
            for name in (*arrays, "std_errors", "degrees_of_freedom", "unit_per_100")
        }
        mean = {"mean": self.mean, "mean_std_error": self.mean_std_error}
        limits = dict(zip(("mean_conf_low", "mean_conf_high"), self.mean_limits, strict=True))
        sizes = {name: getattr(self, name) for name in ("disjoint", "n_reports", "n_hand_coded")}
        counts = {"n_clusters": len(self.clusters), "n_hand_problems": list(self.n_hand_problems)}
        return {**plain, **mean, **limits, **sizes, **counts}


def corrected_counts(pair: CodedPair, disjoint: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return counts of each construct, (reports, 2), and of sentences, (reports,), that are right on average.

    ``disjoint``: sentences on both constructs by hand are taken out of all three. A report's count may fall below zero.
    """
    hand = pair.hand.astype(float)
    both = hand.prod(axis=1) if disjoint else np.zeros(len(hand))
    size = len(pair.sentences)
    difference = (hand - both[:, None] - pair.said) / pair.chance[:, None]
    counts = pair.coded + np.column_stack([np.bincount(pair.report, column, size) for column in difference.T])
    return counts, pair.sentences - np.bincount(pair.report, both / pair.chance, size)


def quasi_logit(counts: np.ndarray, totals: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the root of Σ design × (counts − totals × expit(design·b)) and its negative slope there, by Newton's steps.

    ``counts`` and ``totals``, shape (rows,), needn't be whole, nor lie within each other. Raises DataError where there is
    no root to be found, so that the correction can't be had.
    """
    share = counts.sum() / totals.sum()
    if not 0 < share < 1:
        raise DataError(
            "the correction leaves no sentence of the outcome; too few were drawn for hand coding"
        )
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = np.log(share / (1 - share))
    for _ in range(_STEPS):
        fitted = expit(design @ coefficients)
        slope = (design * (totals * fitted * (1 - fitted))[:, None]).T @ design
        try:
            step = np.linalg.solve(slope, design.T @ (counts - totals * fitted))
        except np.linalg.LinAlgError:
            break
        coefficients = coefficients + step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-10:
            return coefficients, slope
    raise DataError(
        "the corrected counts have no logistic regression; too few sentences were drawn for hand coding"
    )


def fieller(slope: float, calibration: float, covariance: np.ndarray, critical: float) -> tuple[float, float]:
    """Return Fieller's limits of slope / calibration, infinite both where the calibration isn't clear of zero.

    ``covariance``: of the two, shape (2, 2); ``critical``: how many standard errors the interval reaches.
    """
    (slope_var, shared), (_, calibration_var) = critical**2 * np.asarray(covariance)
    square = calibration**2 - calibration_var
    if square <= 0:
        return -np.inf, np.inf
    middle = (slope * calibration - shared) / square
    reach = np.sqrt(max(middle**2 - (slope**2 - slope_var) / square, 0))
    return float(middle - reach), float(middle + reach)


def corrected_pair(
    pair: CodedPair, covariates: np.ndarray, clusters: np.ndarray, disjoint: bool
) -> CorrectedPair:
    """Correct both directions of a pair for the coder's errors. ``covariates``: (reports, k), without a constant;
    ``clusters``: (reports,), whose rows go together in errors.

    Raises DataError where fewer than ``MIN_BY_HAND`` drawn sentences are a problem by hand on a side, or there is no root.
    """
    n_by_hand = pair.hand.sum(axis=0)
    if n_by_hand.min() < MIN_BY_HAND:
        raise DataError(
            f"{n_by_hand.min()} hand-coded sentences on one side; {MIN_BY_HAND} are the fewest to correct by"
        )
    names, members = np.unique(clusters, return_inverse=True)
    plain = pair.coded - (pair.joint[:, None] if disjoint else 0)
    plain_totals = pair.sentences - (pair.joint if disjoint else 0)
    counts, totals = corrected_counts(pair, disjoint)
    directions = [
        _direction(plain, plain_totals, counts, totals, covariates, members, outcome) for outcome in (0, 1)
    ]
    coded, slope, calibration, unit, scores = (np.array(values) for values in zip(*directions, strict=True))
    estimates = slope / calibration
    influence = ((scores[:, :, 0] - estimates[:, None] * scores[:, :, 1]) / calibration[:, None]).T
    freedom = np.array([_freedom(column) for column in influence.T])
    limits = [
        fieller(slope[k], calibration[k], scores[k].T @ scores[k], student.ppf(0.975, freedom[k]))
        for k in (0, 1)
    ]
    low, high = np.array(limits).T
    return CorrectedPair(
        coded=coded,
        outcome_corrected=slope,
        calibration=calibration,
        estimates=estimates,
        conf_low=low,
        conf_high=high,
        influence=influence,
        clusters=tuple(map(str, names)),
        degrees_of_freedom=freedom,
        unit_per_100=unit,
        disjoint=disjoint,
        n_reports=len(pair.sentences),
        n_hand_coded=len(pair.hand),
        n_hand_problems=(int(n_by_hand[0]), int(n_by_hand[1])),
    )


def _freedom(influence: np.ndarray) -> float:
    """Return Satterthwaite's degrees of freedom of a variance that is a sum of squares over clusters, at least 1.

    Each square is taken as an independent chi-squared's: few clusters with large weights make few degrees of freedom.
    """
    squares = influence**2
    return max(float(squares.sum() ** 2 / (squares**2).sum()), 1.0)


def _direction(
    plain: np.ndarray,
    plain_totals: np.ndarray,
    counts: np.ndarray,
    totals: np.ndarray,
    covariates: np.ndarray,
    members: np.ndarray,
    outcome: int,
) -> tuple[float, float, float, float, np.ndarray]:
    """Return the coded slope, the outcome-corrected slope, the calibration, the unit and the scores (clusters, 2)."""
    other = 1 - outcome
    share = np.clip(plain[:, other], 0, None) / plain_totals
    root = np.sqrt(share)
    design = np.column_stack([np.ones(len(root)), (root - root.mean()) / root.std(), covariates])
    coded = quasi_logit(plain[:, outcome], plain_totals, design)[0][1]
    slopes, information = quasi_logit(counts[:, outcome], totals, design)
    slope_scores = design * (counts[:, outcome] - totals * expit(design @ slopes))[:, None]
    weights = (design * totals[:, None]).T @ design
    unit = np.linalg.solve((design * plain_totals[:, None]).T @ design, design.T @ plain[:, other])[1]
    foretold = np.linalg.solve(weights, design.T @ counts[:, other])
    foretold_scores = design * (counts[:, other] - totals * (design @ foretold))[:, None]
    by_row = np.column_stack(
        [
            np.linalg.solve(information, slope_scores.T)[1],
            np.linalg.solve(weights, foretold_scores.T)[1] / unit,
        ]
    )
    scores = np.zeros((members.max() + 1, 2))
    np.add.at(scores, members, by_row)
    n_clusters = len(scores)
    scores = scores * np.sqrt(n_clusters / (n_clusters - 1))
    return float(coded), float(slopes[1]), float(foretold[1] / unit), float(100 * unit), scores


@dataclass(frozen=True)
class CodedReports:
    """Reports of a design's population, in its order, and the sentences drawn from them for hand coding.

    ``names`` and ``sentences``, how many each has, shape (reports,); ``coded``: by construct, in how many the coder hears a
    problem, (reports,). ``sample``: rows of ``with_coder``; ``report``: the place of each row's report.
    """

    names: pd.Index
    sentences: np.ndarray
    coded: dict[str, np.ndarray]
    sample: pd.DataFrame
    report: np.ndarray

    @classmethod
    def of(cls, design: Design, kept: Collection[str]) -> "CodedReports":
        """Return those of the design's population that are in ``kept``."""
        sentences = design.population[CONSTRUCTS[0]]
        inside = sentences.reports.isin(list(kept))
        names = sentences.reports[inside]
        sample = design.sample[design.sample["report"].isin(names)]
        return cls(
            names=names,
            sentences=np.bincount(sentences.report, sentences.number, len(inside))[inside],
            coded={name: own.problems[inside] for name, own in design.population.items()},
            sample=sample,
            report=names.get_indexer(sample["report"]),
        )


def coded_pair(reports: CodedReports, first: str, second: str, joint: Mapping[str, int]) -> CodedPair:
    """Return the sentences of ``reports`` on a pair of constructs.

    ``joint``: by report, how many sentences the packaged coder codes as a problem on both; the population's own coder, which
    saw no label of the report, counted none. It serves only to tell what a coded share is without them, no more of them
    than the fewer of the report's two counts.
    """
    coded = np.column_stack([reports.coded[name] for name in (first, second)])
    hand, said = (
        np.column_stack(
            [(reports.sample[f"{name}{suffix}"] == PROBLEM).to_numpy() for name in (first, second)]
        )
        for suffix in ("", "_coded")
    )
    return CodedPair(
        coded=coded,
        joint=np.minimum([joint.get(name, 0) for name in reports.names], coded.min(axis=1)),
        sentences=reports.sentences,
        report=reports.report,
        chance=reports.sample["chance"].to_numpy(float),
        said=said,
        hand=hand,
    )
