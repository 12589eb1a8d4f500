"""Coding sentences: from Python, and from a file for ``plan-drift inspections code``."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import DataError, RequestError, nearest

from .model import packaged, readings_of

COLUMNS = ("id", "text")
BATCH = 2000
MAX_LETTERS = 10_000
"""No sentence is longer; the time that coding takes grows with the square of a text's length."""


def code_sentences(texts: Sequence[str]) -> pd.DataFrame:
    """Return one row a text and one column a construct, each ``0``, ``-``, ``+`` or ``~`` (see the codebook).

    The same texts always get the same codes; an empty text gets ``0`` throughout. What counts as a mention is set for texts
    drawn as the gold sentences were, many by a keyword: in a whole report mentions are rarer and more of those coded are
    wrong, which ``design`` sets right for measures.

    Raises RequestError where a text isn't a string, or has over ``MAX_LETTERS`` letters.
    """
    texts = list(texts)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise RequestError(f"text {place} is {type(text).__name__}, not a string")
        if len(text) > MAX_LETTERS:
            raise RequestError(f"text {place} {_too_long(text)}")
    coder = packaged()
    rows: list[list[str]] = []
    for start in range(0, len(texts), BATCH):
        rows.extend(coder.code(readings_of(texts[start : start + BATCH])).tolist())
    return pd.DataFrame(rows, columns=list(CONSTRUCTS), dtype=object)


def _too_long(text: str) -> str:
    return f"has {len(text):,} letters, over the limit of {MAX_LETTERS:,}; split it into sentences"


def main_code(file: Path, out: TextIO, err: TextIO) -> int:
    """Code the sentences of a TSV and write ``id`` and the eight constructs as TSV to ``out``; return 0.

    Columns other than ``id`` and ``text`` are ignored; quotes are text. A note on empty texts goes to ``err``.

    Raises RequestError where the file or a column is missing, DataError where its content can't be coded.
    """
    frame = read_sentences(Path(file))
    empty = int((frame["text"].str.strip() == "").sum())
    if empty:
        err.write(f"{file}: {empty} empty text(s), coded 0 throughout\n")
    codes = code_sentences(frame["text"].tolist())
    codes.insert(0, "id", frame["id"].tolist())
    codes.to_csv(out, sep="\t", index=False, lineterminator="\n", quoting=csv.QUOTE_NONE)
    return 0


def read_sentences(file: Path) -> pd.DataFrame:
    """Return the columns ``id`` and ``text`` of a TSV in UTF-8, with or without a byte order mark.

    Raises RequestError (no file, no such column, a column twice) and DataError (not UTF-8, empty, a row or a text too
    long, an id that is empty or stands twice).
    """
    lines = _text(file).replace("\r\n", "\n").split("\n")
    header = lines[0].split("\t")
    for column in COLUMNS:
        if column not in header:
            raise RequestError(
                f"{file}: no column '{column}'{nearest(column, header)}; its columns: {_few(header)}"
            )
        if header.count(column) > 1:
            raise RequestError(f"{file}: {header.count(column)} columns are called '{column}'; keep one")
    rows = [line.split("\t") for line in lines[1:] if line]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(f"{file}: row {number} has {len(row)} columns, its header {len(header)}")
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    frame = pd.DataFrame({column: frame.iloc[:, header.index(column)] for column in COLUMNS})
    if frame.empty:
        raise DataError(f"{file}: has a header and no sentence")
    for number, row in enumerate(frame.itertuples(), start=2):
        if not row.id.strip():
            raise DataError(f"{file}: row {number} has an empty id; every sentence needs its own")
        if len(row.text) > MAX_LETTERS:
            raise DataError(f"{file}: row {number} (id '{row.id}') {_too_long(row.text)}")
    twice = frame["id"][frame["id"].duplicated()]
    if len(twice):
        raise DataError(f"{file}: id '{twice.iloc[0]}' stands more than once; every sentence needs its own")
    return frame


def _text(file: Path) -> str:
    """Return a file's text without a byte order mark."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RequestError(f"{file}: can't be read ({error.strerror or error})") from error
    if not content.strip():
        raise DataError(f"{file}: is empty; it needs the columns id and text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: byte {error.start + 1} isn't UTF-8; save the file as UTF-8") from error


def _few(header: list[str]) -> str:
    return ", ".join(header[:8]) + (" …" if len(header) > 8 else "")
