"""What the coder learns from: the hand-coded sentences, and our own labels with their text found in the PDFs."""

import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ...errors import DataError
from ...files import sha256
from .constructs import CODES, CONSTRUCTS
from .sample import SAMPLE, hand_coded, table_path

LABELS = "labels.tsv"
MARK = re.compile(r"^(\d{1,3}\.|[•▪◼⚫\uf0b7-])\s+")
PARAGRAPH = re.compile(r"\n\s*\n|\r\n(?=\d{1,3}\. )|(?:\r\n|\n)\s*(?=[•▪◼⚫\uf0b7-])")
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z0-9‘“])")


def read_table(path: Path) -> pd.DataFrame:
    """Return a TSV as text, quotes being text.

    Raises DataError where a construct's column is missing or holds something that isn't a code.
    """
    frame = pd.read_csv(path, sep="\t", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False)
    for construct in CONSTRUCTS:
        if construct not in frame or not frame[construct].isin(CODES).all():
            raise DataError(
                f"{path}: column '{construct}' is missing or holds something else than {' '.join(CODES)}"
            )
    return frame


def gold(shared: Path) -> pd.DataFrame:
    """Return the hand-coded sentences: report, text and eight codes."""
    return read_table(shared / "gold" / "sentences.tsv")[["report", *CONSTRUCTS, "text"]]


def labels_path() -> Path:
    """Return where the package keeps its own labels: pointers and codes, no text."""
    return table_path(LABELS)


def fingerprint(text: str) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a sentence's letters and digits in lower case."""
    plain = " ".join(re.findall(r"[a-z0-9]+", text.lower()))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def page_sentences(page_text: str) -> Iterator[str]:
    """Yield the sentences of a page: split at blank lines, numbered paragraphs, bullets and full stops."""
    plain = page_text.replace("\xad", "").replace("\ufffe", "")
    for paragraph in PARAGRAPH.split(plain):
        for sentence in SENTENCE.split(MARK.sub("", re.sub(r"\s+", " ", paragraph).strip())):
            yield MARK.sub("", sentence.strip())


def reserved(shared: Path) -> set[str]:
    """Return the reports from which no label may be taken."""
    return set((shared / "gold" / "reserved_reports.txt").read_text("utf-8").split())


def labelled(shared: Path) -> pd.DataFrame:
    """Return our own labels with the text that each points to: report, text and eight codes.

    Raises DataError where a pointer's report is reserved, or its sentence isn't on its page.
    """
    labels = read_table(labels_path())
    _check_reports(labels, reserved(shared))
    texts = {
        key: text
        for report, rows in labels.groupby("report", sort=True)
        for key, text in _texts(shared / "data" / "ofsted" / "reports" / str(report), rows)
    }
    return _with_text(labels, texts)


def sampled(shared: Path, jobs: int = 2) -> pd.DataFrame:
    """Return the probability sample with the text that each row points to: report, text and eight codes.

    Its sentences are those that measures count, read from the PDFs as they are for measures. Raises as ``labelled`` does.
    """
    from ..reading import read_reports  # only training reads PDFs, so that coding needs no PDF library

    sample = hand_coded()
    _check_reports(sample, reserved(shared))
    names = sorted(set(sample["report"]))
    paths = [shared / "data" / "ofsted" / "reports" / name for name in names]
    texts = {
        (one.file, str(sentence.page), fingerprint(sentence.text)): sentence.text
        for one in read_reports(paths, jobs, with_sentences=True)
        for sentence in one.sentences
    }
    return _with_text(sample, texts)


def training_frame(shared: Path) -> pd.DataFrame:
    """Return all that a coder learns from, the gold sentences first: ``source``, report, text and eight codes.

    Sentences of our own that the gold ones hold too are left out: the gold codes stand.
    """
    hand = gold(shared)
    own = pd.concat([labelled(shared).assign(source="own"), sampled(shared).assign(source="sample")])
    taken = set(hand["text"].map(fingerprint))
    new = own[~own["text"].map(fingerprint).isin(taken)]
    return pd.concat([hand.assign(source="gold"), new], ignore_index=True)


def _check_reports(labels: pd.DataFrame, kept_back: set[str]) -> None:
    if clash := sorted(set(labels["report"]) & kept_back):
        raise DataError(f"no label may come from {clash[0]}, a reserved report")


def _with_text(labels: pd.DataFrame, texts: dict[tuple[str, str, str], str]) -> pd.DataFrame:
    keys = zip(labels["report"], labels["page"], labels["sha256_16"], strict=True)
    found = labels.assign(text=[texts.get(key) for key in keys])
    if found["text"].isna().any():
        row = found[found["text"].isna()].iloc[0]
        raise DataError(f"{row['report']}: page {row['page']} holds no sentence {row['sha256_16']}")
    return found[["report", *CONSTRUCTS, "text"]]


def _texts(path: Path, rows: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield the sentences of the pages that ``rows`` point to, by report, page and fingerprint."""
    import pypdfium2  # only training reads PDFs, so that coding needs no PDF library

    document = pypdfium2.PdfDocument(path)
    for page in sorted(set(rows["page"]), key=int):
        text = document[int(page) - 1].get_textpage().get_text_bounded()
        for sentence in page_sentences(text):
            yield (path.name, page, fingerprint(sentence)), sentence
    document.close()


def hashes(shared: Path) -> dict[str, str]:
    """Return the SHA-256 of the files that the coder learns from."""
    return {
        "gold/sentences.tsv": sha256(shared / "gold" / "sentences.tsv"),
        LABELS: sha256(labels_path()),
        SAMPLE: sha256(table_path(SAMPLE)),
        "lexicon.yml": sha256(labels_path().with_name("lexicon.yml")),
    }
