"""Fitting the small network: from hand-coded sentences, and from a teacher's probabilities on sentences nobody coded.

A small network learns little from some thousand sentences, and much more from a large one that was fitted to them and then
asked about many others (distillation, Hinton and others 2015; Tang and others 2019). Word vectors start from which words
stand near each other in the reports: positive pointwise mutual information, reduced by singular values (Levy and Goldberg
2014).
Needs ``torch``, which the package itself doesn't: see ``requirements-training.lock``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.linalg import svds

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.inspections.coder.constructs import CODES
from analysis.inspections.coder.network import PAD, Network, mixed, numbers_of, padded
from analysis.inspections.coder.text import words

WIDTH, LAYERS = 128, 4
SEEN_AT_LEAST = 4
WINDOW = 5
"""Words to either side that count as near; a word at distance d counts 1/d."""
SMOOTHING = 0.75
SPREAD = 0.3
EPOCHS, BATCH, RATE, DECAY, DROPOUT = 7, 32, 2e-3, 0.01, 0.2
HAND_WEIGHT, HAND_CERTAINTY = 1.5, 0.9


@dataclass(frozen=True)
class Lessons:
    """What the network learns from: normalised ``texts``, ``targets`` (shares, texts × 8 × 4), ``weights`` (texts)."""

    texts: tuple[str, ...]
    targets: np.ndarray
    weights: np.ndarray


def lessons(
    hand_texts: Sequence[str], hand_codes: np.ndarray, taught_texts: Sequence[str], taught: np.ndarray
) -> Lessons:
    """Return hand-coded sentences, a little softened and weighing more, and those that the teacher coded."""
    said = hand_codes[..., None] == np.array(CODES, dtype=object)
    hand = np.where(said, HAND_CERTAINTY, 0.0) + (1 - HAND_CERTAINTY) / len(CODES)
    weights = np.concatenate([np.full(len(hand), HAND_WEIGHT), np.ones(len(taught))])
    return Lessons((*hand_texts, *taught_texts), np.concatenate([hand, taught]).astype("f4"), weights)


def vocabulary_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the words that stand often enough, in alphabetical order, after the places for padding and for others."""
    counts = Counter(word for text in texts for word in words(text))
    return ("", "\x00", *sorted(word for word, count in counts.items() if count >= SEEN_AT_LEAST))


def word_vectors(numbered: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Return a vector a word of the vocabulary (``size`` × width), near for words that stand near the same words."""
    pairs = [
        (row[:-gap], row[gap:], np.full(len(row) - gap, 1 / gap))
        for row in numbered
        for gap in range(1, WINDOW + 1)
        if len(row) > gap
    ]
    first, second, near = (np.concatenate(part) for part in zip(*pairs, strict=True))
    counted = coo_matrix((near, (first, second)), shape=(size, size)).tocsr()
    counted = (counted + counted.T).tocoo()
    totals = np.bincount(counted.row, counted.data, size)
    smoothed = totals**SMOOTHING
    information = np.log(
        counted.data * smoothed.sum() / np.maximum(totals[counted.row] * smoothed[counted.col], 1e-9)
    )
    kept = information > 0
    table = csr_matrix((information[kept], (counted.row[kept], counted.col[kept])), shape=(size, size))
    left, values, _ = svds(table, k=WIDTH, random_state=0)
    vectors = left * np.sqrt(values)
    return (vectors / (vectors.std() + 1e-9) * SPREAD).astype("f4")


def fit_network(read: Lessons, seen: Sequence[str], seed: int = 0) -> Network:
    """Return the network fitted to the lessons; ``seen`` are normalised sentences, coded or not, that words are learnt from.

    The same on the same machine for the same inputs and seed.
    """
    vocabulary = vocabulary_of(seen)
    places = {word: place for place, word in enumerate(vocabulary)}
    vectors = word_vectors(numbers_of(seen, places), len(vocabulary))
    module = _module(vectors, seed)
    _learn(module, numbers_of(read.texts, places), read, seed)
    return Network(vocabulary, _weights(module))


def _module(vectors: np.ndarray, seed: int):
    """Return the network as a torch module; its parts are named as ``Network`` names its weights."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(seed)

    class Module(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding.from_pretrained(torch.tensor(vectors), freeze=False, padding_idx=PAD)
            self.gates = nn.ModuleList(nn.Linear(3 * WIDTH, 2 * WIDTH) for _ in range(LAYERS))
            self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(LAYERS))
            self.drop = nn.Dropout(DROPOUT)
            self.attention = nn.Linear(WIDTH, len(CONSTRUCTS))
            self.codes = nn.Parameter(torch.randn(len(CONSTRUCTS), 3 * WIDTH, len(CODES)) * 0.02)
            self.codes_bias = nn.Parameter(torch.zeros(len(CONSTRUCTS), len(CODES)))

        def forward(self, batch):
            there = (batch != PAD)[..., None]
            state = self.drop(self.words(batch)) * there
            for gate, norm in zip(self.gates, self.norms, strict=True):
                around = functional.pad(state, (0, 0, 1, 1))
                mixed = gate(torch.cat([around[:, :-2], state, around[:, 2:]], dim=-1))
                state = norm(state + self.drop(functional.glu(mixed, dim=-1))) * there
            share = self.attention(state).masked_fill(~there, -1e9).softmax(dim=1)
            pooled = torch.einsum("btc,btd->bcd", share, state)
            mean = state.sum(dim=1) / there.sum(dim=1).clamp(min=1)
            highest = state.masked_fill(~there, -1e4).amax(dim=1)
            both = torch.cat([mean, highest], dim=-1)[:, None].expand(-1, len(CONSTRUCTS), -1)
            said = self.drop(torch.cat([pooled, both], dim=-1))
            return torch.einsum("bcd,cdk->bck", said, self.codes) + self.codes_bias

    return Module()


def _learn(module, numbered: Sequence[np.ndarray], read: Lessons, seed: int) -> None:
    """Fit the module by AdamW with a warm-up and a linear fall of the rate, on mixed batches of texts of like length."""
    import torch

    rng = np.random.default_rng(seed)
    steps = EPOCHS * (len(numbered) // BATCH + 1)
    optimiser = torch.optim.AdamW(module.parameters(), lr=RATE, weight_decay=DECAY)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / (0.05 * steps)) * max(0, 1 - step / steps)
    )
    targets, weights = torch.tensor(read.targets), torch.tensor(read.weights, dtype=torch.float32)
    module.train()
    for _ in range(EPOCHS):
        for rows in mixed(numbered, BATCH, rng):
            logs = module(torch.tensor(padded(numbered, rows))).log_softmax(dim=-1)
            loss = (-(targets[rows] * logs).sum(dim=(1, 2)) * weights[rows]).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimiser.step()
            rate.step()


def _weights(module) -> dict[str, np.ndarray]:
    """Return the module's weights under the names of ``Network``."""
    learnt = {name: value.detach().numpy() for name, value in module.state_dict().items()}
    named = {
        "words": learnt["words.weight"],
        "attention": learnt["attention.weight"],
        "attention_bias": learnt["attention.bias"],
        "codes": learnt["codes"],
        "codes_bias": learnt["codes_bias"],
    }
    for layer in range(LAYERS):
        named[f"gate{layer}"], named[f"gate{layer}_bias"] = (
            learnt[f"gates.{layer}.{part}"] for part in ("weight", "bias")
        )
        named[f"norm{layer}"], named[f"norm{layer}_bias"] = (
            learnt[f"norms.{layer}.{part}"] for part in ("weight", "bias")
        )
    return named
