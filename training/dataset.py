"""What the coder learns from: the hand-coded sentences of the gold, and our own labels with their text found in the PDFs.

``labels.tsv`` points to sentences (report, page, hash of the text) and holds no text. ``draw`` says how they were chosen:
``0`` by keyword, and where an early coder was unsure, in reports with no gold sentences; ``1`` to ``3`` from all reports
from which labels may be taken, by what the coder of then said of each construct: a quarter to a third where it was unsure
of the polarity, a quarter where it was unsure of a mention, the rest by chance among those it heard as ``-``, ``+``, ``~``.
Those who coded them had read 221 gold sentences with their codes before; ``recoded`` says how far they can be trusted.
Items of a list of shortfalls that they had coded ``~`` were set to ``-`` afterwards, by the codebook's fifth rule.
"""

import hashlib
import re
from pathlib import Path

import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import DataError
from analysis.files.writing import sha256
from analysis.inspections.coder.drawn import POINTER, SAMPLE, hand_coded, read_codes, table_path

from .kept import kept_path
from .taught import TAUGHT

LABELS = "labels.tsv"


def gold(shared: Path) -> pd.DataFrame:
    """Return the hand-coded sentences: report, text and eight codes."""
    return read_codes(shared / "gold" / "sentences.tsv")[["report", *CONSTRUCTS, "text"]]


def labels_path() -> Path:
    """Return where the package keeps its own labels: pointers and codes, no text."""
    return kept_path(LABELS)


def fingerprint(text: str) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a sentence's letters and digits in lower case."""
    plain = " ".join(re.findall(r"[a-z0-9]+", text.lower()))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def reserved(shared: Path) -> set[str]:
    """Return the reports from which no label may be taken."""
    return set((shared / "gold" / "reserved_reports.txt").read_text("utf-8").split())


def training_frame(shared: Path, jobs: int = 2) -> pd.DataFrame:
    """Return all that a coder learns from, the gold sentences first: ``source``, report, text and eight codes.

    Own labels and the probability sample follow, with the text that each points to, read from the PDFs as it is for
    measures; those that the gold holds too are left out: the gold codes stand. Raises DataError where a pointer's report
    is reserved, or its sentence isn't on its page.
    """
    hand = gold(shared)
    columns = [*POINTER, *CONSTRUCTS]
    own = pd.concat(
        [
            read_codes(labels_path())[columns].assign(source="own"),
            hand_coded()[columns].assign(source="sample"),
        ]
    )
    taken = set(hand["text"].map(fingerprint))
    new = _with_text(own[~own["sha256_16"].isin(taken)], shared, jobs)
    return pd.concat([hand.assign(source="gold"), new], ignore_index=True)


def _with_text(labels: pd.DataFrame, shared: Path, jobs: int) -> pd.DataFrame:
    """Return source, report, codes and the text that each pointer points to."""
    from analysis.inspections.reading.reports import (
        read_reports,  # only training reads PDFs, so that coding needs no PDF library
    )

    if clash := sorted(set(labels["report"]) & reserved(shared)):
        raise DataError(f"no label may come from {clash[0]}, a reserved report")
    folder = shared / "data" / "ofsted" / "reports"
    texts = {
        (reading.file, str(sentence.page), fingerprint(sentence.text)): sentence.text
        for reading in read_reports([folder / name for name in sorted(set(labels["report"]))], jobs, True)
        for sentence in reading.sentences
    }
    labelled = labels.assign(
        text=[texts.get(key) for key in labels[list(POINTER)].itertuples(index=False, name=None)]
    )
    if labelled["text"].isna().any():
        row = labelled[labelled["text"].isna()].iloc[0]
        raise DataError(f"{row['report']}: page {row['page']} holds no sentence {row['sha256_16']}")
    return labelled[["source", "report", *CONSTRUCTS, "text"]]


def hashes(shared: Path) -> dict[str, str]:
    """Return the SHA-256 of the files that the coder learns from."""
    return {
        "gold/sentences.tsv": sha256(shared / "gold" / "sentences.tsv"),
        LABELS: sha256(labels_path()),
        SAMPLE: sha256(table_path(SAMPLE)),
        TAUGHT: sha256(kept_path(TAUGHT)),
        "lexicon.yml": sha256(labels_path().with_name("lexicon.yml")),
    }
