"""The small network of the coder: its forward pass, its artefact, what taught it, and who measures whom."""

from io import BytesIO
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.inspections.coder.drawn import hand_coded, read_codes
from analysis.inspections.coder.features import mention_features
from analysis.inspections.coder.model import (
    NETWORK,
    Coder,
    artefact_path,
    network_bytes,
    network_from,
    packaged,
    readings_of,
)
from analysis.inspections.coder.network import LONGEST, Network, from_arrays, numbers_of, to_arrays
from training import train as training
from training.dataset import labels_path
from training.learning import Lessons, lessons, vocabulary_of, word_vectors
from training.taught import HALVES, Taught, half_of, read_taught, to_bytes

TEXTS = [
    "caseloads are too high and visits are late",
    "plans are clear",
    "social workers leave and children wait",
    "managers do not see that delay is harmful to children who wait for a plan",
]


def tiny(attention: float = 0.0) -> Network:
    """Return a network of width 2 and no layer, in which every number can be reckoned by hand."""
    codes = np.zeros((8, 6, 4), dtype=np.float32)
    codes[:, :2, 1] = 1.0  # the weighted mean of the words speaks for the second code
    return Network(
        ("", "\x00", "bad", "good"),
        {
            "words": np.array([[9, 9], [0, 0], [3, 0], [0, 1]], dtype=np.float32),
            "attention": np.full((8, 2), attention, dtype=np.float32),
            "attention_bias": np.zeros(8, dtype=np.float32),
            "codes": codes,
            "codes_bias": np.zeros((8, 4), dtype=np.float32),
        },
    )


def test_without_layers_or_attention_the_scores_are_those_of_the_mean_word():
    # «bad good»: mean (1.5, 0.5), score 2 for the second code and 0 for three others.
    probabilities = tiny().probabilities(["bad good"])[0]
    assert probabilities == pytest.approx(np.tile([1, np.exp(2), 1, 1], (8, 1)) / (3 + np.exp(2)), abs=1e-6)


def test_attention_weighs_words_by_their_own_scores():
    # Scores of the words 3 and 1: shares e^3 and e^1; the weighted mean sums to (3 e^3 + e) / (e^3 + e).
    score = (3 * np.exp(3) + np.exp(1)) / (np.exp(3) + np.exp(1))
    probability = tiny(attention=1.0).probabilities(["bad good"])[0, 0, 1]
    assert probability == pytest.approx(np.exp(score) / (3 + np.exp(score)), abs=1e-6)


def test_unknown_words_count_as_one_and_a_long_text_is_cut():
    places = {"bad": 2}
    assert numbers_of(["bad bod", ""], places)[0].tolist() == [2, 1]
    assert numbers_of([""], places)[0].tolist() == [1]
    assert len(numbers_of(["bad " * 500], places)[0]) == LONGEST


def test_a_text_gets_the_same_probabilities_alone_and_among_longer_ones():
    network = packaged().network
    together = network.probabilities(TEXTS)
    alone = np.concatenate([network.probabilities([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-5)
    assert together.sum(axis=-1) == pytest.approx(1.0, abs=1e-5)


def test_the_network_reads_words_in_their_order():
    first, second = packaged().network.probabilities(
        ["visits are not regular but plans are clear", "visits are regular but plans are not clear"]
    )
    visits, plans = CONSTRUCTS.index("visits"), CONSTRUCTS.index("plans")
    assert first[visits, 1] > second[visits, 1] and second[plans, 1] > first[plans, 1]


def test_the_networks_artefact_is_small_loads_without_pickle_and_holds_single_words():
    content = artefact_path().with_name(NETWORK).read_bytes()
    assert len(content) < 1_500_000
    network = network_from(content)
    assert not any(" " in word for word in network.vocabulary)
    assert network_bytes(network) == content


def test_rounding_weights_moves_no_probability_by_much():
    rng = np.random.default_rng(0)
    network = packaged().network
    finer = {name: value + rng.normal(0, 1e-6, value.shape) for name, value in network.weights.items()}
    rounded = from_arrays(to_arrays(Network(network.vocabulary, finer)))
    assert rounded.probabilities(TEXTS) == pytest.approx(network.probabilities(TEXTS), abs=0.02)


def test_without_a_network_a_mention_is_a_score_over_its_cut():
    coder = packaged()
    layers = Coder(coder.mention, coder.polarity, coder.cuts, {})
    readings = readings_of(TEXTS)
    over = coder.mention.scores([mention_features(reading) for reading in readings]) >= coder.cuts
    assert ((layers.code(readings) != "0") == over).all()


def test_what_teachers_said_comes_back_to_a_255th():
    said = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 5, 8))
    keys = tuple(f"{number:016x}" for number in (1, 2, 3, 2**63, 2**64 - 1))
    content = to_bytes(Taught(keys, said))
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        assert arrays["probabilities"].shape == (2, 5, 8, 3)
        assert arrays["probabilities"] / 255 == pytest.approx(said[..., 1:], abs=0.5 / 255 + 1e-9)


def test_the_package_holds_what_both_teachers_said_of_sentences_that_nobody_coded():
    taught = read_taught()
    assert taught.probabilities.shape == (len(HALVES), len(taught.sha256_16), 8, 4)
    assert taught.probabilities.sum(axis=-1) == pytest.approx(1.0, abs=1e-5)
    coded = set(read_codes(labels_path())["sha256_16"]) | set(hand_coded()["sha256_16"])
    assert not coded & set(taught.sha256_16)


def test_halves_hold_about_as_many_reports_and_whole_ones():
    halves = [half_of(f"{number}_somewhere_2019-01-01.pdf") for number in range(400)]
    assert 160 < sum(halves) < 240 and set(halves) == set(HALVES)
    assert half_of("a.pdf") == half_of("a.pdf")


def test_each_text_is_measured_by_the_coder_of_the_other_half():
    reports = [f"{number}.pdf" for number in range(12)]
    corpus = SimpleNamespace(groups=np.array(reports), readings=reports)

    def coder(half):
        return SimpleNamespace(code=lambda read: np.full((len(read), 8), str(half), dtype=object))

    codes = training.coded_by_other_half(corpus, 12, {half: coder(half) for half in HALVES})
    assert [int(code) for code in codes[:, 0]] == [1 - half_of(report) for report in reports]


def test_hand_codes_weigh_more_and_are_nearly_certain():
    codes = np.array([["-"] * 8], dtype=object)
    read = lessons(["one"], codes, ["two"], np.full((1, 8, 4), 0.25))
    assert isinstance(read, Lessons) and read.texts == ("one", "two")
    assert read.targets[0, 0] == pytest.approx([0.025, 0.925, 0.025, 0.025])
    assert read.targets[1, 0] == pytest.approx([0.25] * 4)
    assert read.weights[0] > read.weights[1]


def test_words_that_stand_near_the_same_words_have_near_vectors():
    texts = ["the cat eats fish now", "the dog eats meat now", "a plan is late today"] * 60
    # The network's vectors have 128 numbers, so that more words than these are needed: aaa, aab, ...
    filler = [" ".join((*letters, "".join(letters))) for letters in product("abcdefg", repeat=3)] * 4
    vocabulary = vocabulary_of([*texts, *filler])
    places = {word: place for place, word in enumerate(vocabulary)}
    vectors = word_vectors(numbers_of([*texts, *filler], places), len(vocabulary))

    def alike(word: str, other: str) -> float:
        a, b = vectors[places[word]], vectors[places[other]]
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    assert alike("cat", "dog") > alike("cat", "plan") + 0.3


def test_the_forward_pass_is_that_of_the_fitted_module():
    torch = pytest.importorskip("torch", reason="fitting needs requirements-training.lock")
    from analysis.inspections.coder.network import padded
    from training.learning import WIDTH, _module, _weights

    vocabulary = vocabulary_of(TEXTS * 4)
    module = _module(np.random.default_rng(0).normal(size=(len(vocabulary), WIDTH)).astype("f4"), 0).eval()
    numbered = numbers_of(TEXTS, {word: place for place, word in enumerate(vocabulary)})
    with torch.no_grad():
        expected = module(torch.tensor(padded(numbered, np.arange(len(TEXTS))))).softmax(dim=-1).numpy()
    assert Network(vocabulary, _weights(module)).probabilities(TEXTS) == pytest.approx(expected, abs=1e-5)
