"""How accurate the coder is on hand-coded sentences of reports that it hadn't learnt from, with intervals.

The lexicon's wording was widened after reading errors on gold sentences, in no fold but all: read these figures as an upper
bound, and the coder's accuracy over the probability sample (``design``) beside them.
Intervals: percentile bootstrap over reports (Efron and Tibshirani 1993), as sentences of one report resemble each other.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score
from sklearn.model_selection import GroupKFold

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.inspections.coder.constructs import ABSENT, CODES, PROBLEM, PROBLEM_CONSTRUCTS
from analysis.inspections.coder.features import reach, rule_mention, rule_polarity

from .fitting import Corpus

DRAWS = 1000


def predicted_rules(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """Return what the lexicon alone says, with nothing trained, shape (rows, 8)."""
    codes = np.full((len(rows), len(CONSTRUCTS)), ABSENT, dtype=object)
    for k, i in enumerate(rows):
        for j, construct in enumerate(CONSTRUCTS):
            reading = corpus.readings[i]
            if rule_mention(reading, construct):
                codes[k, j] = rule_polarity(reading, construct, reach(reading, construct)[1])
    return codes


def predicted_plain(texts: list[str], codes: np.ndarray, train: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return the baseline's codes: TF-IDF words, pairs and characters, one logistic model a construct and step."""
    blocks = [
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True),
    ]
    seen = hstack([block.fit_transform([texts[i] for i in train]) for block in blocks]).tocsr()
    new = hstack([block.transform([texts[i] for i in held]) for block in blocks]).tocsr()
    out = np.full((len(held), len(CONSTRUCTS)), ABSENT, dtype=object)
    for j in range(len(CONSTRUCTS)):
        truth = codes[train, j]
        there = truth != ABSENT
        model = LogisticRegression(C=10, class_weight="balanced", max_iter=500)
        mentioned = model.fit(seen, there).predict(new)
        polarity = model.fit(seen[np.flatnonzero(there)], truth[there]).predict(new)
        out[mentioned, j] = polarity[mentioned]
    return out


def out_of_fold(
    groups: np.ndarray, folds: int, seed: int, predict: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return ``predict(train, held)`` for every fold, put back in order; a report is in one fold only."""
    codes = np.full((len(groups), len(CONSTRUCTS)), ABSENT, dtype=object)
    for train, held in GroupKFold(folds, shuffle=True, random_state=seed).split(groups, groups=groups):
        codes[held] = predict(train, held)
    return codes


def f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """Return F1 of two boolean arrays; 0 where neither holds anything."""
    total = truth.sum() + guess.sum()
    return float(2 * (truth & guess).sum() / total) if total else 0.0


def headline(truth: np.ndarray, guess: np.ndarray) -> tuple[float, float]:
    """Return the two measures that are held to a target.

    F1 of `mentioned` averaged over the eight constructs, and F1 of `-` averaged over the six with frequent problems.
    """
    mention = [f1(truth[:, j] != ABSENT, guess[:, j] != ABSENT) for j in range(len(CONSTRUCTS))]
    places = [CONSTRUCTS.index(construct) for construct in PROBLEM_CONSTRUCTS]
    problem = [f1(truth[:, j] == PROBLEM, guess[:, j] == PROBLEM) for j in places]
    return float(np.mean(mention)), float(np.mean(problem))


def construct_scores(truth: np.ndarray, guess: np.ndarray) -> dict[str, float]:
    """Return precision, recall and F1 of `mentioned`, F1 of `-`, and Cohen's kappa of the four codes (1960)."""
    there, said = truth != ABSENT, guess != ABSENT
    both = (there & said).sum()
    return {
        "precision": float(both / max(1, said.sum())),
        "recall": float(both / max(1, there.sum())),
        "f1_mentioned": f1(there, said),
        "f1_problem": f1(truth == PROBLEM, guess == PROBLEM),
        "kappa": float(cohen_kappa_score(truth.astype(str), guess.astype(str), labels=list(CODES))),
    }


def intervals(
    truth: np.ndarray,
    guesses: list[np.ndarray],
    groups: np.ndarray,
    measure: Callable[[np.ndarray, np.ndarray], list[float]],
) -> np.ndarray:
    """Return the measures' means over repeats with 95% limits, shape (measures, 3), by bootstrap over reports."""
    reports, member = np.unique(groups, return_inverse=True)
    places = [np.flatnonzero(member == k) for k in range(len(reports))]
    rng = np.random.default_rng(0)
    draws = []
    for draw in range(DRAWS):
        rows = np.concatenate([places[k] for k in rng.integers(0, len(reports), len(reports))])
        draws.append(measure(truth[rows], guesses[draw % len(guesses)][rows]))
    centre = np.mean([measure(truth, guess) for guess in guesses], axis=0)
    return np.column_stack([centre, *np.nanpercentile(draws, [2.5, 97.5], axis=0)])


def confusion(truth: np.ndarray, guess: np.ndarray) -> list[list[int]]:
    """Return counts of true code (rows) by coded (columns), both in the order of the codebook."""
    table = pd.crosstab(pd.Categorical(truth, CODES), pd.Categorical(guess, CODES), dropna=False)
    return table.reindex(index=CODES, columns=CODES, fill_value=0).to_numpy().tolist()
