"""What the probability sample says of the population of sentences: the coder's accuracy there, shares and associations.

The population is every measured sentence of the reports from which labels may be taken; a sentence's chance of being drawn
for hand coding is known. Estimates use the coder on all sentences and hand codes to set it right, so that they hold whatever
the coder's errors are (design-based supervised learning, see ``correction``). Coder's codes are cross-fitted: no report's
sentences are coded by a coder that saw a label of that report. Clusters are authorities.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import DataError
from analysis.inspections.coder.constructs import ABSENT, PROBLEM, PROBLEM_CONSTRUCTS
from analysis.inspections.coder.drawn import population_counts, with_coder
from analysis.inspections.measuring.measures import wilson

from .correction import CorrectedFit, Z, corrected_regression
from .validity import PAIRS

EARLY = ("sif", "pre_sif")
"""Frameworks of before 2018."""
PROBLEM_SCORES = ("precision_problem", "recall_problem", "f1_problem")
SCORES = ("precision", "recall", "f1_mentioned", *PROBLEM_SCORES)
"""Of hearing a construct at all, then of hearing it as a problem."""


@dataclass(frozen=True)
class Sentences:
    """A population's sentences on one construct: whether each speaks of a problem, 1 or 0, all arrays of one length.

    ``report``: place of its report among ``reports``; ``coded``: by the coder; ``hand``: by hand, missing where not drawn.
    A sentence that was drawn has a row of its own; of the others, those of a report that are coded alike are one row, and
    ``number`` says how many they are.
    """

    reports: pd.Index
    report: np.ndarray
    coded: np.ndarray
    hand: np.ndarray
    chance: np.ndarray
    number: np.ndarray

    @property
    def problems(self) -> np.ndarray:
        """Return in how many sentences of each report the coder hears a problem, shape (reports,)."""
        return np.bincount(self.report, self.coded * self.number, len(self.reports))

    @property
    def drawn(self) -> np.ndarray:
        """Return which sentences were drawn for hand coding."""
        drawn: np.ndarray = ~np.isnan(self.hand)
        return drawn


def sentences_of(construct: str, counts: pd.DataFrame, sample: pd.DataFrame) -> Sentences:
    """Return the population's sentences on a construct, the drawn ones first.

    ``counts``: ``report``, ``sentences``, ``CONSTRUCT_problem``; ``sample``: rows of ``with_coder``. Sentences that
    weren't drawn differ only in report and code, so counts less what was drawn say how many there are of each. Raises
    DataError where more were drawn of a report than are counted there.
    """
    reports = pd.Index(counts["report"])
    drawn_report = reports.get_indexer(sample["report"])
    drawn_coded = (sample[f"{construct}_coded"] == PROBLEM).to_numpy(float)
    problems = counts[f"{construct}_problem"].to_numpy()
    counted = np.concatenate([problems, counts["sentences"].to_numpy() - problems]).astype(float)
    # Places of what is coded as a problem, then of what isn't, report by report.
    size = len(reports)
    left = counted - np.bincount(drawn_report + size * (drawn_coded == 0), minlength=2 * size)
    if (left < 0).any():
        raise DataError(
            f"{reports[int(left.argmin()) % size]}: more sentences drawn on {construct} than it has"
        )
    rest = np.flatnonzero(left)
    missing = np.full(len(rest), np.nan)
    return Sentences(
        reports=reports,
        report=np.concatenate([drawn_report, rest % size]),
        coded=np.concatenate([drawn_coded, rest < size]),
        hand=np.concatenate([(sample[construct] == PROBLEM).to_numpy(float), missing]),
        chance=np.concatenate([sample["chance"], missing]),
        number=np.concatenate([np.ones(len(sample)), left[rest]]),
    )


@dataclass(frozen=True)
class Design:
    """The probability sample (rows of ``with_coder``) and the population it was drawn from, by construct."""

    sample: pd.DataFrame
    population: dict[str, Sentences]


def design_of(counts: pd.DataFrame, sample: pd.DataFrame) -> Design:
    """Return the design of a population's counts and its sample; raises DataError where the two don't fit."""
    if not set(sample["report"]) <= set(counts["report"]):
        raise DataError("the sample has a sentence of a report that isn't in the population")
    return Design(sample, {name: sentences_of(name, counts, sample) for name in CONSTRUCTS})


def load_design() -> Design:
    """Return the package's design; reports go by the name that the table of measures has for them."""
    counts, sample = (
        table.assign(report=table["report"].str.removesuffix(".pdf"))
        for table in (population_counts(), with_coder())
    )
    return design_of(counts, sample)


def regressed(sentences: Sentences, terms: pd.DataFrame, clusters: pd.Series) -> CorrectedFit:
    """Regress «speaks of a problem» (per 100 sentences) on terms of the report, naive and corrected.

    ``terms`` and ``clusters`` have reports as index; reports that they lack, or with a missing term, are left out.
    Estimates are of sentences: a longer report weighs more.
    """
    known = terms.dropna().reindex(sentences.reports)
    kept = known.notna().all(axis=1).to_numpy()[sentences.report]
    place = sentences.report[kept]
    design = known.to_numpy(float)[place]
    members = pd.factorize(clusters.reindex(sentences.reports))[0][place]
    return corrected_regression(
        100 * sentences.coded[kept],
        design,
        100 * sentences.hand[kept],
        design,
        sentences.chance[kept],
        sentences.drawn[kept],
        members,
        sentences.number[kept],
    )


def corrected_shares(
    population: dict[str, Sentences], groups: pd.Series, clusters: pd.Series
) -> pd.DataFrame:
    """Return problem sentences per 100 by construct and group of reports, as coded and corrected, with 95% intervals.

    ``groups`` and ``clusters`` have reports as index. Columns: construct, group, coded, corrected, conf_low, conf_high,
    n_sentences, n_hand_coded.
    """
    dummies = pd.get_dummies(groups.dropna(), dtype=float)
    rows = []
    for name, sentences in population.items():
        fit = regressed(sentences, dummies, clusters)
        where = groups.reindex(sentences.reports).to_numpy()[sentences.report]
        for k, group in enumerate(dummies.columns):
            own = where == group
            estimates = (fit.naive[k], fit.estimates[k], fit.conf_low[k], fit.conf_high[k])
            sizes = (int(sentences.number[own].sum()), int((own & sentences.drawn).sum()))
            rows.append((name, group, *estimates, *sizes))
    columns = [
        "construct",
        "group",
        "coded",
        "corrected",
        "conf_low",
        "conf_high",
        "n_sentences",
        "n_hand_coded",
    ]
    return pd.DataFrame(rows, columns=columns)


def corrected_differences(
    population: dict[str, Sentences], groups: pd.Series, group: str, base: str, clusters: pd.Series
) -> pd.DataFrame:
    """Return how many more problem sentences per 100 reports of ``group`` have than those of ``base``, corrected.

    ``groups`` and ``clusters`` have reports as index. The difference of two ``corrected_shares``, from the same regression
    with ``base`` left out, so that its interval knows that an authority may have reports in both. Columns: construct,
    difference, conf_low, conf_high (95%). Raises DataError where either group has no report.
    """
    dummies = pd.get_dummies(groups.dropna(), dtype=float)
    for name in (group, base):
        if name not in dummies:
            raise DataError(f"no report of the group '{name}'")
    terms = dummies.drop(columns=base).assign(constant=1.0)
    place = list(terms).index(group)
    rows = []
    for name, sentences in population.items():
        fit = regressed(sentences, terms, clusters)
        rows.append((name, fit.estimates[place], fit.conf_low[place], fit.conf_high[place]))
    return pd.DataFrame(rows, columns=["construct", "difference", "conf_low", "conf_high"])


def reports_that_name(population: dict[str, Sentences], clusters: pd.Series) -> pd.DataFrame:
    """Return by construct in how many reports the coder hears a problem in a sentence at least, and in two.

    As coded: too few sentences of a report are coded by hand to set these right. ``clusters`` has reports as index. Columns:
    construct, n_reports, n_named, n_named_twice, and share (``n_named`` per 100 reports) with 95% limits conf_low and
    conf_high: Wilson's with the effective number of reports, what the variance by clusters is worth in reports drawn
    singly, never more than there are (Dean and Pagano 2015). They hold for reports like these, not for the coder's errors.
    """
    rows = []
    for name, sentences in population.items():
        counted = sentences.problems
        named = counted > 0
        n, share = len(named), float(named.mean())
        left = pd.Series(named - share).groupby(clusters.reindex(sentences.reports).to_numpy()).sum()
        variance = float((left**2).sum()) * len(left) / max(len(left) - 1, 1) / n**2
        effective = min(share * (1 - share) / variance, n) if variance > 0 else n
        low, high = wilson(np.array([share * effective]), np.array([effective]))
        twice = int((counted > 1).sum())
        rows.append((name, n, int(named.sum()), twice, 100 * share, 100 * low[0], 100 * high[0]))
    columns = ["construct", "n_reports", "n_named", "n_named_twice", "share", "conf_low", "conf_high"]
    return pd.DataFrame(rows, columns=columns)


def corrected_agreements(population: dict[str, Sentences], rows: pd.DataFrame) -> pd.DataFrame:
    """Return how problem sentences go with the official figure of the time, naive and corrected: a row a pair.

    ``rows``: of ``validity.with_figures``, with ``framework``. Estimates are problem sentences per 100 more with a figure
    one standard deviation higher, after allowing for the framework of before 2018. Columns: construct, indicator, deviation
    (the standard deviation, in the figure's unit), for ``naive`` and ``corrected`` the estimate and 95% limits, n_reports,
    n_sentences, n_hand_coded, n_authorities.
    """
    agreements = []
    for name, figure in PAIRS:
        own = rows[(rows["construct"] == name) & rows["report"].isin(population[name].reports)]
        own = own.dropna(subset=[figure]).set_index("report")
        deviation = own[figure].std(ddof=0)
        terms = pd.DataFrame(
            {
                "constant": 1.0,
                "figure": (own[figure] - own[figure].mean()) / deviation,
                "later": (~own["framework"].isin(EARLY)).astype(float),
            }
        )
        if terms["later"].nunique() < 2:
            terms = terms.drop(columns="later")
        fit = regressed(population[name], terms, own["authority"])
        error = Z * fit.naive_std_errors[1]
        naive = (fit.naive[1], fit.naive[1] - error, fit.naive[1] + error)
        limits = (fit.estimates[1], fit.conf_low[1], fit.conf_high[1])
        counts = (len(own), fit.n_rows, fit.n_hand_coded, own["authority"].nunique())
        agreements.append((name, figure, deviation, *naive, *limits, *counts))
    estimates = [f"{kind}{end}" for kind in ("naive", "corrected") for end in ("", "_low", "_high")]
    sizes = ["n_reports", "n_sentences", "n_hand_coded", "n_authorities"]
    return pd.DataFrame(agreements, columns=["construct", "indicator", "deviation", *estimates, *sizes])


def weighted_scores(truth: np.ndarray, coded: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ``SCORES`` of one construct's codes, shape (..., scores), each sentence counted as often as its weight says.

    ``truth`` and ``coded``, shape (sentences,); ``weights``, (..., sentences).
    """

    def scores(real: np.ndarray, said: np.ndarray) -> np.ndarray:
        both, n_real, n_said = np.moveaxis(weights @ np.column_stack([real & said, real, said]), -1, 0)
        precision, recall = both / np.maximum(n_said, 1e-12), both / np.maximum(n_real, 1e-12)
        return np.stack([precision, recall, 2 * both / np.maximum(n_real + n_said, 1e-12)], axis=-1)

    heard, problems = scores(truth != ABSENT, coded != ABSENT), scores(truth == PROBLEM, coded == PROBLEM)
    return np.concatenate([heard, problems], axis=-1)


def population_accuracy(sample: pd.DataFrame, draws: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return the coder's accuracy over the population: a row a construct and ``all``, ``SCORES`` with 95% limits.

    ``sample``: rows of ``with_coder``, weighted by the inverse of their chance. Intervals are percentiles of a bootstrap
    over reports. Columns: construct, and for each score its value, ``_low`` and ``_high``. Of ``all`` they are means, those
    of problems over the six frequent constructs.
    """
    members, reports = pd.factorize(sample["report"], sort=True)
    held = np.random.default_rng(seed).integers(0, len(reports), (draws, len(reports)))
    times = np.array([np.bincount(places, minlength=len(reports)) for places in held])
    # Each sentence as often as its report is held: first in the sample itself, then in each draw.
    weights = np.vstack([np.ones(len(sample), dtype=int), times[:, members]]) / sample["chance"].to_numpy()
    by_construct = [
        weighted_scores(sample[name].to_numpy(), sample[f"{name}_coded"].to_numpy(), weights)
        for name in CONSTRUCTS
    ]
    scores = np.stack([*by_construct, np.mean(by_construct, axis=0)], axis=1)
    frequent = [CONSTRUCTS.index(name) for name in PROBLEM_CONSTRUCTS]
    of_problems = [SCORES.index(score) for score in PROBLEM_SCORES]
    scores[:, -1, of_problems] = scores[:, frequent][:, :, of_problems].mean(axis=1)
    whole, drawn = scores[0], scores[1:]
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    columns: dict[str, list[str] | np.ndarray] = {"construct": [*CONSTRUCTS, "all"]}
    for k, score in enumerate(SCORES):
        columns |= {score: whole[:, k], f"{score}_low": low[:, k], f"{score}_high": high[:, k]}
    return pd.DataFrame(columns)
