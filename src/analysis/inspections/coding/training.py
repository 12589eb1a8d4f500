"""Train the coder and measure it: ``python -m analysis.inspections.coding.training --shared PATH``.

Writes the artefact and ``accuracy.json`` into the package, the same bytes for the same inputs.
"""

import json
from pathlib import Path

import click
import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from ...files import write_bytes, write_text
from .constructs import CODER_VERSION, CODES, CONSTRUCTS, PROBLEM_CONSTRUCTS
from .dataset import hashes, training_frame
from .evaluation import (
    confusion,
    construct_scores,
    cross_validate,
    headline,
    intervals,
    out_of_fold,
    predicted_plain,
    predicted_rules,
)
from .fitting import Corpus, fit
from .model import artefact_path, to_bytes
from .recoded import against_gold, among_coders, recoded

ACCURACY = "accuracy.json"
HEADLINE = ("f1_mentioned_mean_of_8", f"f1_problem_mean_of_{len(PROBLEM_CONSTRUCTS)}")


@click.command()
@click.option(
    "--shared", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of gold and data."
)
@click.option("--repeats", default=2, show_default=True, help="How often the folds are drawn anew.")
@click.option("--folds", default=10, show_default=True, help="Folds of reports.")
def main(shared: Path, repeats: int, folds: int) -> None:
    """Train on every coded sentence, cross-validate on the hand-coded ones, write both into the package."""
    frame = training_frame(shared)
    corpus = Corpus.of(frame)
    hand = frame[frame["source"] == "gold"]
    accuracy = measured(corpus, hand["text"].tolist(), repeats, folds)
    about = {
        "version": CODER_VERSION,
        "training": hashes(shared),
        "sentences": {
            "hand_coded": len(hand),
            "own_labels": int((frame["source"] == "own").sum()),
            "sample": int((frame["source"] == "sample").sum()),
        },
        "cross_validated": accuracy["final"]["headline"],
    }
    accuracy["coders"] = hand_coders(hand)
    write_bytes(artefact_path(), to_bytes(fit(corpus, np.arange(len(corpus.codes)), about=about)))
    write_text(artefact_path().with_name(ACCURACY), json.dumps({**about, **accuracy}, indent=1) + "\n")
    click.echo(
        json.dumps({name: accuracy[name]["headline"] for name in ("plain", "rules", "final")}, indent=1)
    )


def measured(corpus: Corpus, texts: list[str], repeats: int, folds: int) -> dict[str, dict]:
    """Return the accuracy of the plain baseline, the rules alone and the coder, in the same folds."""
    count = len(texts)
    truth, groups = corpus.codes[:count], corpus.groups[:count]

    def plain(train: np.ndarray, held: np.ndarray) -> np.ndarray:
        return predicted_plain(texts, truth, train, held)

    guesses = {
        "plain": [out_of_fold(groups, folds, seed, plain) for seed in range(repeats)],
        "rules": [predicted_rules(corpus, np.arange(count))],
        "final": Parallel(repeats)(
            delayed(cross_validate)(corpus, count, folds, seed) for seed in range(repeats)
        ),
    }
    return {name: summary(truth, guess, groups) for name, guess in guesses.items()}


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
