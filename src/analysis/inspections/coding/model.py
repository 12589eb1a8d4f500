"""The coder: two linear layers read from an artefact that holds numbers and short n-grams, no code."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from .constructs import ABSENT, CONSTRUCTS, POLARITIES
from .features import Features, mention_features, polarity_features
from .lexicon import Reading, read
from .text import normalise

ARTEFACT = "coder.npz"


@dataclass(frozen=True)
class Layer:
    """A linear layer over named features: ``weights`` (features × outputs) and ``intercepts`` (outputs)."""

    rows: dict[str, int]
    weights: np.ndarray
    intercepts: np.ndarray

    def scores(self, features: Sequence[Features]) -> np.ndarray:
        """Return the scores (texts × outputs); a feature that was not in training counts nothing."""
        return matrix(features, self.rows) @ self.weights + self.intercepts


@dataclass(frozen=True)
class Coder:
    """Two steps: ``mention`` scores the eight constructs against ``cuts``; ``polarity`` chooses among three."""

    mention: Layer
    polarity: Layer
    cuts: np.ndarray
    about: dict[str, object]

    def code(self, readings: Sequence[Reading]) -> np.ndarray:
        """Return one code a text and construct, shape (texts, 8)."""
        mentioned = self.mention.scores([mention_features(reading) for reading in readings]) >= self.cuts
        mentioned &= np.array([bool(reading.text) for reading in readings], dtype=bool)[:, None]
        codes = np.full(mentioned.shape, ABSENT, dtype=object)
        pairs = np.argwhere(mentioned)
        if len(pairs):
            features = [polarity_features(readings[i], CONSTRUCTS[j]) for i, j in pairs]
            codes[mentioned] = np.array(POLARITIES, dtype=object)[
                self.polarity.scores(features).argmax(axis=1)
            ]
        return codes


def matrix(features: Sequence[Features], rows: dict[str, int]) -> csr_matrix:
    """Return the features as a sparse matrix (texts × rows)."""
    data, columns, ends = [], [], [0]
    for named in features:
        known = [(rows[name], value) for name, value in named.items() if name in rows]
        columns.extend(column for column, _ in known)
        data.extend(value for _, value in known)
        ends.append(len(data))
    return csr_matrix((data, columns, ends), shape=(len(features), len(rows)), dtype=float)


def readings_of(texts: Sequence[str]) -> list[Reading]:
    """Return the lexicon's reading of each text, normalised."""
    return [read(normalise(text)) for text in texts]


def to_bytes(coder: Coder) -> bytes:
    """Return the coder as the bytes of a compressed NumPy archive, the same for the same coder."""
    arrays: dict[str, np.ndarray] = {"cuts": coder.cuts.astype("<f4")}
    for name, layer in (("mention", coder.mention), ("polarity", coder.polarity)):
        arrays[f"{name}_names"] = np.frombuffer("\n".join(layer.rows).encode(), dtype=np.uint8)
        arrays[f"{name}_weights"] = layer.weights.astype("<f2")
        arrays[f"{name}_intercepts"] = layer.intercepts.astype("<f4")
    arrays["about"] = np.frombuffer(json.dumps(coder.about, sort_keys=True).encode(), dtype=np.uint8)
    stream = BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def from_bytes(content: bytes) -> Coder:
    """Return the coder that :func:`to_bytes` wrote; nothing in the archive can run."""
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        layers = [
            Layer(
                {row: i for i, row in enumerate(arrays[f"{name}_names"].tobytes().decode().split("\n"))},
                arrays[f"{name}_weights"].astype(float),
                arrays[f"{name}_intercepts"].astype(float),
            )
            for name in ("mention", "polarity")
        ]
        about = json.loads(arrays["about"].tobytes())
        return Coder(layers[0], layers[1], arrays["cuts"].astype(float), about)


@cache
def packaged() -> Coder:
    """Return the coder of the package, read once."""
    return from_bytes(artefact_path().read_bytes())


def artefact_path() -> Path:
    """Return where the package keeps its coder."""
    return Path(str(resources.files(__package__))) / ARTEFACT
