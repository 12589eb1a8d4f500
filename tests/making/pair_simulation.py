"""Does the correction of ``pair_correction`` find what was planted? Populations of sentences whose truth is known.

Reports have the real number of sentences, the real tone and authorities. Each made-up sentence gets its truth from the
planted association, and then the coder's codes and the stratum of a sentence of the real sample with the same truth, drawn
in proportion to how many sentences of the population that one stands for: the coder errs, and strata hold, as they really
do. Then as many sentences are drawn from each stratum as really were. What a planted truth comes to is what the uncorrected
regression finds by the true codes of all sentences.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from analysis.errors import DataError
from analysis.estimators.topics.associations import tone
from analysis.estimators.topics.design import Design
from analysis.estimators.topics.pair_correction import CodedPair, CodedReports, coded_pair, corrected_pair
from analysis.inspections.coder.constructs import PROBLEM

FEWEST_DONORS = 5
"""With fewer sample sentences that are a problem on both, each side's codes are taken from a sentence of its own."""
_TONE, _BETWEEN_AUTHORITIES = 0.3, 0.4
"""How log odds of a problem rise with tone, and vary between authorities, in what is made up."""


@dataclass(frozen=True)
class PairCoverage:
    """What came out over ``n_draws`` populations; arrays are of both directions, shape (2,), in log odds ratios.

    ``truth``, ``estimate``, ``coded``: means of what was planted, of the corrected and of the uncorrected estimate.
    ``spread``: the corrected one's standard deviation. ``held``: share of Fieller's intervals that hold the truth;
    ``mean_held``: of the intervals of both directions' mean, whose median width is ``width``; ``mean_clear``: share of these
    that leave out nought; ``mean_coded_bias``: of the uncorrected mean. ``n_failed``: no correction to be had.
    """

    truth: np.ndarray
    estimate: np.ndarray
    coded: np.ndarray
    spread: np.ndarray
    held: np.ndarray
    mean_held: float
    mean_clear: float
    mean_coded_bias: float
    width: float
    n_draws: int
    n_failed: int


@dataclass(frozen=True)
class _Donors:
    """The sample's sentences: truth, coder's codes, stratum and weight; and how many are drawn of each stratum."""

    hand: np.ndarray
    said: np.ndarray
    stratum: np.ndarray
    weight: np.ndarray
    drawn: np.ndarray

    def cell(self, truth: tuple[bool, bool]) -> np.ndarray:
        """Return the places of sentences of a truth."""
        return np.flatnonzero((self.hand == truth).all(axis=1))


def _donors(design: Design, first: str, second: str) -> _Donors:
    sample = design.sample
    hand, said = (
        np.column_stack([(sample[f"{name}{end}"] == PROBLEM).to_numpy() for name in (first, second)])
        for end in ("", "_coded")
    )
    stratum, _ = pd.factorize(sample["stratum"], sort=True)
    return _Donors(hand, said, stratum, 1 / sample["chance"].to_numpy(float), np.bincount(stratum))


def _given_codes(
    truth: np.ndarray, donors: _Donors, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coder's codes, (sentences, 2), and the stratum of each made-up sentence."""
    said, stratum = np.empty_like(truth), np.empty(len(truth), dtype=int)

    def draw(pool: np.ndarray, size: int) -> np.ndarray:
        return rng.choice(pool, size, p=donors.weight[pool] / donors.weight[pool].sum())

    for cell in ((False, False), (True, False), (False, True), (True, True)):
        places, pool = np.flatnonzero((truth == cell).all(axis=1)), donors.cell(cell)
        if len(pool) >= FEWEST_DONORS:
            given = draw(pool, len(places))
            said[places], stratum[places] = donors.said[given], donors.stratum[given]
        else:
            first, second = (
                draw(donors.cell(alone), len(places)) for alone in ((True, False), (False, True))
            )
            said[places, 0], said[places, 1] = donors.said[first, 0], donors.said[second, 1]
            stratum[places] = donors.stratum[first]
    return said, stratum


def _drawn(
    stratum: np.ndarray, wanted: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the sentences drawn for hand coding and their chances."""
    places, chances = [], []
    for number, size in enumerate(wanted):
        pool = np.flatnonzero(stratum == number)
        taken = min(int(size), len(pool))
        places.append(rng.choice(pool, taken, replace=False))
        chances.append(np.full(taken, taken / max(len(pool), 1)))
    return np.concatenate(places), np.concatenate(chances)


def planted(
    real: CodedPair,
    donors: _Donors,
    tones: np.ndarray,
    authorities: np.ndarray,
    effect: float,
    asserted: float,
    rng: np.random.Generator,
) -> tuple[CodedPair, CodedPair]:
    """Return a made-up population as it is seen, and as it is by the true codes of all its sentences.

    ``effect``: rise of the log odds of the first problem per standard deviation of the second's true share; ``asserted``:
    sentences besides that name both, as a share of the rarer problem's. ``authorities``: numbers from 0, (reports,).
    """
    sizes = real.sentences.astype(int)
    report = np.repeat(np.arange(len(sizes)), sizes)
    common = [(donors.weight * side).sum() / donors.weight.sum() for side in donors.hand.T]
    seen = real.coded[:, 1] / sizes
    noise = (seen * (1 - seen) / sizes).mean()
    variance = max(seen.var() - noise, seen.var() / 5)
    shape = seen.mean() ** 2 / variance
    chance = rng.gamma(shape, common[1] / shape, len(sizes)) * np.exp(_TONE * tones - _TONE**2 / 2)
    second = rng.random(len(report)) < np.clip(chance, 0, 0.6)[report]
    share = np.bincount(report, second, len(sizes)) / sizes
    level = rng.normal(scale=_BETWEEN_AUTHORITIES, size=authorities.max() + 1)[authorities]
    log_odds = logit(common[0]) + effect * (share - share.mean()) / share.std() + _TONE * tones + level
    first = rng.random(len(report)) < expit(log_odds)[report]
    both = rng.random(len(report)) < asserted * min(common)
    truth = np.column_stack([first | both, second | both])
    said, stratum = _given_codes(truth, donors, rng)
    places, chances = _drawn(stratum, donors.drawn, rng)

    def pair(codes: np.ndarray) -> CodedPair:
        counts = np.column_stack([np.bincount(report, column, len(sizes)) for column in codes.T])
        joint = np.bincount(report, codes.all(axis=1), len(sizes)).astype(float)
        return CodedPair(counts, joint, real.sentences, report[places], chances, codes[places], truth[places])

    return pair(said), pair(truth)


def coverage(
    reports: pd.DataFrame,
    design: Design,
    first: str,
    second: str,
    effect: float,
    *,
    asserted: float = 0.0,
    disjoint: bool = False,
    draws: int = 200,
    seed: int = 0,
) -> PairCoverage:
    """Plant ``effect`` (see ``planted``) in ``draws`` populations and correct each; the same for the same ``seed``.

    ``reports``: ``inspection_reports.COLUMNS``, of which those of the design's population are used. Raises DataError where
    no draw can be corrected.
    """
    coded = CodedReports.of(design, set(reports["report"]))
    real = coded_pair(coded, first, second, {})
    own = reports.set_index("report").loc[coded.names].reset_index()
    tones, authorities = tone(own, (first, second)).to_numpy(), pd.factorize(own["authority"], sort=True)[0]
    donors, rng = _donors(design, first, second), np.random.default_rng(seed)
    rows = []
    for _ in range(draws):
        seen, known = planted(real, donors, tones, authorities, effect, asserted, rng)
        try:
            corrected = corrected_pair(seen, tones[:, None], authorities, disjoint)
        except DataError:
            continue
        true = corrected_pair(known, tones[:, None], authorities, disjoint)
        truth = true.coded / true.unit_per_100 * corrected.unit_per_100
        rows.append(
            [
                truth,
                corrected.estimates,
                corrected.coded,
                corrected.conf_low,
                corrected.conf_high,
                corrected.mean_limits,
            ]
        )
    if not rows:
        raise DataError(f"{first} and {second}: none of {draws} planted populations can be corrected")
    truth, estimate, coded, low, high, limits = np.array(rows).transpose(1, 0, 2)
    # What an interval has to hold is what the planted association comes to, not one population's own sampling of it.
    target = truth.mean(axis=0)
    return PairCoverage(
        target,
        estimate.mean(axis=0),
        coded.mean(axis=0),
        estimate.std(axis=0),
        ((low <= target) & (target <= high)).mean(axis=0),
        float(((limits[:, 0] <= target.mean()) & (target.mean() <= limits[:, 1])).mean()),
        float(((limits[:, 0] > 0) | (limits[:, 1] < 0)).mean()),
        float(coded.mean() - target.mean()),
        float(np.median(limits[:, 1] - limits[:, 0])),
        draws,
        draws - len(rows),
    )
