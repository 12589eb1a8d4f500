"""What the teachers said of sentences that nobody coded: ``taught.npz``, hashes of sentences and probabilities, no text.

Two teachers, each fitted to the hand-coded sentences of one half of the reports (``teacher``): a coder that is measured
on one half learns from the teacher of the other alone. Probabilities are kept as whole numbers of 255ths.
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from .kept import kept_path

TAUGHT = "taught.npz"
HALVES = (0, 1)


@dataclass(frozen=True)
class Taught:
    """Hashes of sentences, and ``probabilities`` of the codes by the teacher of each half (halves × sentences × 8 × 4)."""

    sha256_16: tuple[str, ...]
    probabilities: np.ndarray


def half_of(report: str) -> int:
    """Return the half that a report is in, by the hash of its file name."""
    return int(hashlib.sha256(report.encode()).hexdigest(), 16) % len(HALVES)


def to_bytes(taught: Taught) -> bytes:
    """Return what the teachers said as the bytes of a compressed NumPy archive."""
    stream = BytesIO()
    np.savez_compressed(
        stream,
        sentences=np.array([int(key, 16) for key in taught.sha256_16], dtype="<u8"),
        # The first of four probabilities, that of no mention, is what the others leave.
        probabilities=np.round(taught.probabilities[..., 1:] * 255).astype(np.uint8),
    )
    return stream.getvalue()


def read_taught() -> Taught:
    """Return what the teachers said, as the package keeps it."""
    with np.load(BytesIO(kept_path(TAUGHT).read_bytes()), allow_pickle=False) as arrays:
        keys = tuple(f"{number:016x}" for number in arrays["sentences"].tolist())
        said = arrays["probabilities"].astype(np.float32) / 255
    absent = np.maximum(0, 1 - said.sum(axis=-1, keepdims=True))
    whole = np.concatenate([absent, said], axis=-1)
    return Taught(keys, whole / whole.sum(axis=-1, keepdims=True))
