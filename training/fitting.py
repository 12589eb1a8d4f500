"""Fitting the coder: regularised logistic regressions on n-grams and lexicon features, folded into two layers.

Method: L2-regularised logistic regression (scikit-learn, lbfgs), one model a construct for the mention and one
multinomial model over all constructs for the polarity, so that a rare construct borrows the common ones' words for good
and bad. Cuts are chosen inside the training data, by grouped cross-validation, where F1 of the mention is highest over the
gold sentences: own labels were drawn otherwise, so that other shares of them speak of a construct, and would set other cuts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.inspections.coder.constructs import ABSENT, POLARITIES
from analysis.inspections.coder.features import Features, mention_features, names_of, polarity_features
from analysis.inspections.coder.lexicon import Reading
from analysis.inspections.coder.model import Coder, Layer, Places, matrix, readings_of

INNER_FOLDS = 4
TOLERANCE = 1e-3
"""Where a fit stops, looser than the library has it: several times faster, and as good on held-out reports."""
CUTS = np.linspace(-1.4, 1.4, 29)
# Feature names of n-gram blocks start so; all others are lexicon features.
NGRAM_BLOCKS = ("w:", "c:", "n:", "u:", *(f"{construct}:" for construct in CONSTRUCTS))


@dataclass(frozen=True)
class Setting:
    """Regularisation and scales, one value each for mention and polarity."""

    mention_c: float = 0.05
    polarity_c: float = 0.05
    mention_scale: float = 3.0
    polarity_scale: float = 3.0
    lexicon_weight: float = 3.0
    seen_at_least: int = 3


@dataclass
class Corpus:
    """Coded sentences with their features: ``codes`` (texts × 8), ``groups`` the reports, ``gold`` whose codes set cuts."""

    readings: list[Reading]
    codes: np.ndarray
    groups: np.ndarray
    gold: np.ndarray
    mention: list[Features]
    pairs: dict[tuple[int, int], Features] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Corpus":
        """Read the lexicon's patterns in every text of ``frame``: report, text, eight codes, ``source`` (gold if absent)."""
        readings = readings_of(frame["text"].tolist())
        codes = frame[list(CONSTRUCTS)].to_numpy(dtype=object)
        gold = (
            (frame["source"] == "gold").to_numpy() if "source" in frame else np.ones(len(frame), dtype=bool)
        )
        mention = [mention_features(reading) for reading in readings]
        return cls(readings, codes, frame["report"].to_numpy(), gold, mention)

    def pair(self, text: int, construct: int) -> Features:
        """Return the polarity features of one text and construct, computed once."""
        key = (text, construct)
        if key not in self.pairs:
            self.pairs[key] = polarity_features(self.readings[text], CONSTRUCTS[construct])
        return self.pairs[key]


def fit(corpus: Corpus, rows: np.ndarray, setting: Setting | None = None, about: dict | None = None) -> Coder:
    """Fit the coder on ``rows`` of the corpus: mention layer, its cuts, polarity layer.

    Vocabulary, weights and cuts come from these rows alone, so that a fold left out has no part in them.
    """
    setting = setting or Setting()
    cuts = choose_cuts(corpus, rows, setting)
    return Coder(fit_mention(corpus, rows, setting), fit_polarity(corpus, rows, setting), cuts, about or {})


def choose_cuts(corpus: Corpus, rows: np.ndarray, setting: Setting) -> np.ndarray:
    """Return per construct the score above which it counts as mentioned, by grouped inner cross-validation.

    All of ``rows`` train; only the gold ones among them choose.
    """
    scores = np.zeros((len(rows), len(CONSTRUCTS)))
    gold = corpus.gold[rows]
    folds = GroupKFold(INNER_FOLDS, shuffle=True, random_state=0)
    for train, held in folds.split(rows, groups=corpus.groups[rows]):
        layer = fit_mention(corpus, rows[train], setting)
        chosen = held[gold[held]]
        scores[chosen] = layer.scores([corpus.mention[i] for i in rows[chosen]])
    return pooled_cuts(scores[gold], corpus.codes[rows[gold]] != ABSENT)


def pooled_cuts(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return cuts half-way between each construct's own best and the best that all share.

    A rare construct's own best cut is noisy; partial pooling steadies it. Shapes: both (texts, 8), result (8,).
    """
    said = scores[:, :, None] >= CUTS
    f1 = (
        2
        * (said & truth[:, :, None]).sum(axis=0)
        / np.maximum(1, truth.sum(axis=0)[:, None] + said.sum(axis=0))
    )
    own = np.array([_flat_top(row) for row in f1])
    return (own + _flat_top(f1.mean(axis=0))) / 2


def _flat_top(f1: np.ndarray) -> float:
    """Return the middle of the cuts whose F1 is within half a point of the best: steadier than the peak."""
    return float(CUTS[f1 >= f1.max() - 0.005].mean())


def fit_mention(corpus: Corpus, rows: np.ndarray, setting: Setting) -> Layer:
    """Fit eight binary models on shared features and return them as one layer."""
    features = [corpus.mention[i] for i in rows]
    names, scales, table = _table(features, setting, setting.mention_scale)
    weights, intercepts = [], []
    for j in range(len(CONSTRUCTS)):
        model = LogisticRegression(C=setting.mention_c, class_weight="balanced", tol=TOLERANCE, max_iter=1000)
        model.fit(table, corpus.codes[rows, j] != ABSENT)
        weights.append(model.coef_[0] * scales)
        intercepts.append(model.intercept_[0])
    return Layer(names, np.column_stack(weights), np.array(intercepts))


def fit_polarity(corpus: Corpus, rows: np.ndarray, setting: Setting) -> Layer:
    """Fit one three-way model on every mention, whatever its construct, and return it as a layer."""
    mentions = [(i, j) for i in rows for j in range(len(CONSTRUCTS)) if corpus.codes[i, j] != ABSENT]
    names, scales, table = _table([corpus.pair(i, j) for i, j in mentions], setting, setting.polarity_scale)
    model = LogisticRegression(C=setting.polarity_c, tol=TOLERANCE, max_iter=1000)
    model.fit(table, [corpus.codes[i, j] for i, j in mentions])
    order = [list(model.classes_).index(polarity) for polarity in POLARITIES]
    return Layer(names, model.coef_[order].T * scales[:, None], model.intercept_[order])


def _table(
    features: Sequence[Features], setting: Setting, ngram_scale: float
) -> tuple[dict[str, int], np.ndarray, csr_matrix]:
    """Return the vocabulary, each feature's scale (inverse document frequency for n-grams) and the scaled matrix."""
    counts = Counter(name for blocks in features for name in names_of(blocks))
    kept = sorted(name for name, count in counts.items() if count >= setting.seen_at_least)
    names = {name: i for i, name in enumerate(kept)}
    rarity = np.log((1 + len(features)) / (1 + np.array([counts[name] for name in kept]))) + 1
    is_ngram = np.array([name.startswith(NGRAM_BLOCKS) for name in kept])
    scales = np.where(is_ngram, rarity * ngram_scale, setting.lexicon_weight)
    return names, scales, matrix(features, Places(names)) @ diags(scales)
