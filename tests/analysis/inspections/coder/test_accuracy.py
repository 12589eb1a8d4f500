"""The coder against the plain baseline on the hand-coded sentences, in the same folds (about 30 s)."""

import numpy as np
import pytest

from training.dataset import gold
from training.evaluation import headline, out_of_fold, predicted_plain
from training.fitting import Corpus, fit

pytestmark = pytest.mark.shared
FOLDS = 3


def test_the_coder_beats_a_plain_model_in_the_same_folds_without_our_own_labels(shared_data):
    hand = gold(shared_data.parent)
    corpus = Corpus.of(hand)
    texts = hand["text"].tolist()

    def plain(train: np.ndarray, held: np.ndarray) -> np.ndarray:
        return predicted_plain(texts, corpus.codes, train, held)

    def layers(train: np.ndarray, held: np.ndarray) -> np.ndarray:
        return fit(corpus, train).code([corpus.readings[row] for row in held])

    baseline = headline(corpus.codes, out_of_fold(corpus.groups, FOLDS, 0, plain))
    coder = headline(corpus.codes, out_of_fold(corpus.groups, FOLDS, 0, layers))
    assert coder[0] > baseline[0] + 0.04
    assert coder[1] > baseline[1] + 0.06
