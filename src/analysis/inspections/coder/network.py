"""A small network that reads a sentence's words in order, beside the linear layers: its forward pass, in NumPy alone.

Word vectors, gated convolutions over a word and its two neighbours with residuals and layer norms (Dauphin and others 2017),
then for each construct a weighted mean of the words, their plain mean and their maximum, and a softmax over the four codes.
``learning`` fits it. Weights are kept as whole numbers from -127 to 127 with one scale a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import softmax

from .text import words

PAD, UNKNOWN = 0, 1
LONGEST = 90
"""Words of a sentence that are read; the rest is left out."""
WORDS_AT_ONCE = 1000
"""Words of a batch: as many as a processor's nearest memory holds with what is made of them."""
EPSILON = 1e-5


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
        """Return each normalised text's probabilities of the four codes by construct, shape (texts, 8, 4).

        Texts of one length go through together, so that none is padded for another's sake.
        """
        numbered = numbers_of(texts, self._places)
        probabilities = np.zeros((len(texts), *self.weights["codes_bias"].shape), dtype=np.float32)
        order = by_length(numbered, np.arange(len(numbered)))
        lengths = np.array([len(numbered[row]) for row in order])
        for alike in np.split(order, np.flatnonzero(np.diff(lengths)) + 1) if len(order) else ():
            for rows in cut(alike, max(1, WORDS_AT_ONCE // len(numbered[alike[0]]))):
                batch = np.stack([numbered[row] for row in rows])
                probabilities[rows] = softmax(self._scores(batch), axis=-1)
        return probabilities

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.vocabulary)}

    @cached_property
    def _first(self) -> tuple[np.ndarray, ...]:
        """What the first convolution makes of each word as the one before, as the word itself, and as the next."""
        parts = np.split(self.weights["gate0"], 3, axis=1)
        before, own, after = (self.weights["words"] @ part.T for part in parts)
        return before, own + self.weights["gate0_bias"], after

    def _scores(self, batch: np.ndarray) -> np.ndarray:
        """Return scores (texts × 8 × 4) of texts of one length, as places in the vocabulary (texts × words)."""
        weights = self.weights
        state = weights["words"][batch]
        for layer in range(sum(name.startswith("gate") for name in weights) // 2):
            mixed = self._convolved(state, layer) if layer else self._convolved_words(batch)
            state = self._gated(state, mixed, layer)
        attention = softmax(state @ weights["attention"].T + weights["attention_bias"], axis=1)
        pooled = attention.transpose(0, 2, 1) @ state
        both = np.concatenate([state.mean(axis=1), state.max(axis=1)], axis=-1)
        read = np.concatenate(
            [pooled, np.broadcast_to(both[:, None], (*pooled.shape[:2], both.shape[1]))], axis=-1
        )
        scores: np.ndarray = (read.transpose(1, 0, 2) @ weights["codes"]).transpose(1, 0, 2) + weights[
            "codes_bias"
        ]
        return scores

    def _convolved_words(self, batch: np.ndarray) -> np.ndarray:
        """Return what the first convolution makes of words and their neighbours: a sum of what is known of each word."""
        before, own, after = self._first
        mixed: np.ndarray = own[batch]
        mixed[:, 1:] += before[batch[:, :-1]]
        mixed[:, :-1] += after[batch[:, 1:]]
        return mixed

    def _convolved(self, state: np.ndarray, layer: int) -> np.ndarray:
        """Return what a convolution over each word and its two neighbours makes of the state (texts × words × 2 width)."""
        texts, length, width = state.shape
        window = np.zeros((texts, length, 3 * width), dtype=state.dtype)
        window[:, 1:, :width] = state[:, :-1]
        window[:, :, width : 2 * width] = state
        window[:, :-1, 2 * width :] = state[:, 1:]
        flat = window.reshape(-1, 3 * width) @ self.weights[f"gate{layer}"].T
        flat += self.weights[f"gate{layer}_bias"]
        mixed: np.ndarray = flat.reshape(texts, length, 2 * width)
        return mixed

    def _gated(self, state: np.ndarray, mixed: np.ndarray, layer: int) -> np.ndarray:
        """Return the state with one half of ``mixed``, gated by the other, scaled to mean 0 and variance 1."""
        value, gate = np.split(mixed, 2, axis=-1)
        gated: np.ndarray = np.exp(-gate)
        gated += 1
        np.divide(value, gated, out=gated)
        gated += state
        gated -= gated.mean(axis=-1, keepdims=True)
        gated /= np.sqrt((gated**2).mean(axis=-1, keepdims=True) + EPSILON)
        gated *= self.weights[f"norm{layer}"]
        gated += self.weights[f"norm{layer}_bias"]
        return gated


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
