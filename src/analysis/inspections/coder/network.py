"""A small network that reads a sentence's words in order, beside the linear layers: its forward pass, in NumPy alone.

Word vectors, gated convolutions over a word and its two neighbours with residuals and layer norms (Dauphin and others 2017),
then for each construct a weighted mean of the words, their plain mean and their maximum, and a softmax over the four codes.
``learning`` fits it. Weights are kept as whole numbers from -127 to 127 with one scale a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from .text import words

PAD, UNKNOWN = 0, 1
LONGEST = 90
"""Words of a sentence that are read; the rest is left out."""
BATCH = 256
EPSILON = 1e-5
FAR_BELOW = -1e4


@dataclass(frozen=True)
class Network:
    """Vocabulary (the first two places are for padding and for words unknown) and weights.

    ``weights``: ``words`` (vocabulary × width); for each layer k ``gate{k}`` (2 width × 3 width), ``gate{k}_bias``,
    ``norm{k}`` and ``norm{k}_bias`` (width); ``attention`` (8 × width), ``attention_bias``; ``codes`` (8 × 3 width × 4),
    ``codes_bias`` (8 × 4).
    """

    vocabulary: tuple[str, ...]
    weights: dict[str, np.ndarray]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return each normalised text's probabilities of the four codes by construct, shape (texts, 8, 4)."""
        numbered = numbers_of(texts, {word: place for place, word in enumerate(self.vocabulary)})
        probabilities = np.zeros((len(texts), *self.weights["codes_bias"].shape), dtype=np.float32)
        for rows in cut(by_length(numbered, np.arange(len(numbered))), BATCH):
            probabilities[rows] = softmax(self._scores(padded(numbered, rows)), axis=-1)
        return probabilities

    def _scores(self, batch: np.ndarray) -> np.ndarray:
        """Return scores (texts × 8 × 4) of texts as places in the vocabulary (texts × words), padded at the end."""
        weights = self.weights
        there = (batch != PAD)[..., None]
        state = weights["words"][batch] * there
        for layer in range(sum(name.startswith("gate") for name in weights) // 2):
            state = self._layer(state, layer) * there
        weighted = np.where(there, state @ weights["attention"].T + weights["attention_bias"], FAR_BELOW)
        pooled = np.einsum("btc,btd->bcd", softmax(weighted, axis=1), state)
        mean = state.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        highest = np.where(there, state, FAR_BELOW).max(axis=1)
        both = np.concatenate([mean, highest], axis=-1)[:, None].repeat(pooled.shape[1], axis=1)
        scores: np.ndarray = (
            np.einsum("bcd,cdk->bck", np.concatenate([pooled, both], axis=-1), weights["codes"])
            + weights["codes_bias"]
        )
        return scores

    def _layer(self, state: np.ndarray, layer: int) -> np.ndarray:
        """Return the state after a gated convolution, added to what came in and scaled to mean 0, variance 1."""
        padded = np.pad(state, ((0, 0), (1, 1), (0, 0)))
        window = np.concatenate([padded[:, :-2], state, padded[:, 2:]], axis=-1)
        mixed = window @ self.weights[f"gate{layer}"].T + self.weights[f"gate{layer}_bias"]
        value, gate = np.split(mixed, 2, axis=-1)
        state = state + value / (1 + np.exp(-gate))
        centred = state - state.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        normed: np.ndarray = scaled * self.weights[f"norm{layer}"] + self.weights[f"norm{layer}_bias"]
        return normed


def numbers_of(texts: Sequence[str], places: dict[str, int]) -> list[np.ndarray]:
    """Return each normalised text's words as places in a vocabulary; a text with no word is one unknown word."""
    return [
        np.array([places.get(word, UNKNOWN) for word in words(text)[:LONGEST]] or [UNKNOWN], dtype=np.int64)
        for text in texts
    ]


def by_length(numbered: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Return rows in the order of their texts' lengths."""
    return rows[np.argsort([len(numbered[row]) for row in rows], kind="stable")]


def cut(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """Return rows in batches, in their order."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def mixed(numbered: Sequence[np.ndarray], size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return all rows in batches in a random order; within some twenty batches texts of like length stand together."""
    lots = np.array_split(rng.permutation(len(numbered)), max(1, len(numbered) // (size * 20)))
    parts = cut(np.concatenate([by_length(numbered, lot) for lot in lots]), size)
    return [parts[place] for place in rng.permutation(len(parts))]


def padded(numbered: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Return the words of ``rows`` as one array, shorter texts filled up at the end."""
    table = np.full((len(rows), max(len(numbered[row]) for row in rows)), PAD, dtype=np.int64)
    for place, row in enumerate(rows):
        table[place, : len(numbered[row])] = numbered[row]
    return table


def to_arrays(network: Network) -> dict[str, np.ndarray]:
    """Return the network as arrays of bytes and numbers, weights as whole numbers with a scale a row."""
    arrays = {"vocabulary": np.frombuffer("\n".join(network.vocabulary).encode(), dtype=np.uint8)}
    for name, weights in sorted(network.weights.items()):
        scale = np.maximum(np.abs(weights).max(axis=-1, keepdims=True), 1e-12) / 127
        arrays[f"{name}:scale"] = scale.astype("<f4")
        arrays[f"{name}:whole"] = np.round(weights / scale).astype(np.int8)
    return arrays


def from_arrays(arrays: dict[str, np.ndarray]) -> Network:
    """Return the network that :func:`to_arrays` gave, its weights to 1 part in 254 of each row's largest."""
    weights = {
        name.removesuffix(":whole"): arrays[name] * arrays[name.replace(":whole", ":scale")]
        for name in arrays
        if name.endswith(":whole")
    }
    return Network(tuple(arrays["vocabulary"].tobytes().decode().split("\n")), weights)
