"""Train the coder, measure it, and code the sample: ``python -m training.train --shared PATH``.

Reports are put into two halves by the hash of their names. A coder that learns from one half alone (its labels, its teacher,
its words) codes the other: that measures accuracy, and gives the codes that corrections need, of coders that never saw a
label of the report (cross-fitting, Chernozhukov and others 2018; Egami and others 2023). The package's coder learns from
both halves and should do a little better. Writes ``coder.npz``, ``network.npz``, ``accuracy.json``, ``sample_coded.tsv`` and
``cross_fitted.tsv`` into the package, the same for the same inputs on the same machine. Needs
``requirements-training.lock``.
"""

import json
from pathlib import Path

import click
import numpy as np
import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.files.writing import write_bytes, write_text
from analysis.inspections.coder.constructs import CODER_VERSION, CODES, PROBLEM_CONSTRUCTS
from analysis.inspections.coder.model import ARTEFACT, NETWORK, Coder, artefact_path, network_bytes, to_bytes

from .cross_fitting import code_apart, population, write_cross_fitted
from .dataset import hashes, training_frame
from .evaluation import (
    confusion,
    construct_scores,
    headline,
    intervals,
    out_of_fold,
    predicted_plain,
    predicted_rules,
)
from .fitting import Corpus
from .recoded import against_gold, among_coders, recoded
from .taught import HALVES, half_of
from .teaching import Material, fit_coder, material

ACCURACY = "accuracy.json"
HEADLINE = ("f1_mentioned_mean_of_8", f"f1_problem_mean_of_{len(PROBLEM_CONSTRUCTS)}")
FOLDS, REPEATS = 10, 2
"""Of the plain baseline, which is given more to learn from than the coder is."""


@click.command()
@click.option(
    "--shared", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of gold and data."
)
def main(shared: Path) -> None:
    """Train on every coded sentence, measure on the other half of reports, write all into the package."""
    taught = material(training_frame(shared), population(shared))
    halves = {half: fit_coder(taught, half) for half in HALVES}
    write_cross_fitted(taught.sentences, code_apart(taught.sentences, halves))
    accuracy = measured(taught, halves)
    about = {
        "version": CODER_VERSION,
        "training": hashes(shared),
        "sentences": counted(taught.frame),
        "measured_on_other_half": accuracy["final"]["headline"],
    }
    write_coder(fit_coder(taught), about)
    write_text(artefact_path().with_name(ACCURACY), json.dumps({**about, **accuracy}, indent=1) + "\n")
    shown = ("plain", "rules", "layers", "final")
    click.echo(json.dumps({name: accuracy[name]["headline"] for name in shown}, indent=1))


def write_coder(coder: Coder, about: dict[str, object]) -> None:
    """Write the linear layers and the network into the package."""
    known = Coder(coder.mention, coder.polarity, coder.cuts, about)
    write_bytes(artefact_path().with_name(ARTEFACT), to_bytes(known))
    if coder.network is not None:
        write_bytes(artefact_path().with_name(NETWORK), network_bytes(coder.network))


def counted(frame: pd.DataFrame) -> dict[str, int]:
    """Return how many sentences of each source the coder learns from."""
    numbers = frame["source"].value_counts()
    return {
        name: int(numbers[source])
        for name, source in (("hand_coded", "gold"), ("own_labels", "own"), ("sample", "sample"))
    }


def measured(taught: Material, halves: dict[int, Coder]) -> dict[str, dict]:
    """Return the accuracy on the gold sentences of the plain baseline, the rules, the linear layers alone and the coder."""
    corpus = taught.corpus
    count = int(corpus.gold.sum())
    truth, groups = corpus.codes[:count], corpus.groups[:count]
    texts = taught.frame["text"].tolist()[:count]

    def plain(train: np.ndarray, held: np.ndarray) -> np.ndarray:
        return predicted_plain(texts, truth, train, held)

    layers = {half: Coder(coder.mention, coder.polarity, coder.cuts, {}) for half, coder in halves.items()}
    guesses = {
        "plain": [out_of_fold(groups, FOLDS, seed, plain) for seed in range(REPEATS)],
        "rules": [predicted_rules(corpus, np.arange(count))],
        "layers": [coded_by_other_half(corpus, count, layers)],
        "final": [coded_by_other_half(corpus, count, halves)],
    }
    scores: dict[str, dict] = {name: summary(truth, guess, groups) for name, guess in guesses.items()}
    return {**scores, "coders": hand_coders(taught.frame[:count])}


def coded_by_other_half(corpus: Corpus, count: int, halves: dict[int, Coder]) -> np.ndarray:
    """Return the codes of the first ``count`` texts, each by the coder that learnt from the other half of reports."""
    codes = np.empty((count, len(CONSTRUCTS)), dtype=object)
    side = np.array([half_of(report) for report in corpus.groups[:count]])
    for half, coder in halves.items():
        rows = np.flatnonzero(side != half)
        codes[rows] = coder.code([corpus.readings[row] for row in rows])
    return codes


def hand_coders(gold: pd.DataFrame) -> dict[str, object]:
    """Return how well our own labels were coded: against gold codes with limits, and one coder against another."""
    return {
        "gold_sentences": len(recoded("gold")),
        "against_gold": {name: _rounded(row) for name, row in zip(HEADLINE, against_gold(gold), strict=True)},
        "own_sentences": recoded("own")["sha256_16"].nunique(),
        "among_coders": dict(zip(HEADLINE, _rounded(np.array(among_coders())), strict=True)),
    }


def summary(truth: np.ndarray, guesses: list[np.ndarray], groups: np.ndarray) -> dict[str, dict]:
    """Return headline and construct scores as [value, low, high], and the first repeat's confusion tables."""
    whole = intervals(truth, guesses, groups, lambda a, b: list(headline(a, b)))
    out: dict[str, dict] = {
        "headline": {name: _rounded(row) for name, row in zip(HEADLINE, whole, strict=True)},
        "constructs": {},
        "confusion": {"codes": list(CODES)},
    }
    for j, construct in enumerate(CONSTRUCTS):
        names = list(construct_scores(truth[:, j], guesses[0][:, j]))
        columns = [guess[:, j] for guess in guesses]
        limits = intervals(truth[:, j], columns, groups, lambda a, b: list(construct_scores(a, b).values()))
        out["constructs"][construct] = {name: _rounded(limits[k]) for k, name in enumerate(names)}
        out["confusion"][construct] = confusion(truth[:, j], guesses[0][:, j])
    return out


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in values]


if __name__ == "__main__":
    main()
