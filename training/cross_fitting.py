"""Sentences of all reports from which labels may be taken, and their codes by coders that never saw the report.

A coder knows the sentences that it was trained on too well: its errors on them are smaller than elsewhere, and a correction
that counts errors there would correct too little. So each half of the reports is coded by the coder of the other half (see
``training``). ``sample_coded.tsv`` and ``cross_fitted.tsv`` hold what the package keeps of it.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.files.writing import write_text
from analysis.inspections.coder.constructs import PROBLEM
from analysis.inspections.coder.drawn import CODED, COUNTED, POINTER, hand_coded, table_path
from analysis.inspections.coder.model import Coder, readings_of
from analysis.inspections.measuring.folder import is_of_the_authority, read_index, report_files, usable
from analysis.inspections.reading.reports import read_reports

from .dataset import fingerprint, reserved

CHUNK = 1000


def population(shared: Path, jobs: int = 2) -> pd.DataFrame:
    """Return every measured sentence of the reports that aren't reserved: report, page, text, in order."""
    folder = shared / "data" / "ofsted"
    kept_back = reserved(shared)
    paths = [path for path in report_files(folder / "reports") if path.name not in kept_back]
    readings = usable(read_reports(paths, jobs, with_sentences=True), read_index(folder))
    rows = [
        (reading.file, str(sentence.page), sentence.text)
        for reading in readings
        for sentence in reading.sentences
        if is_of_the_authority(sentence)
    ]
    return pd.DataFrame(rows, columns=["report", "page", "text"])


def _coded(task: tuple[Coder, list[str]]) -> np.ndarray:
    coder, texts = task
    return coder.code(readings_of(texts))


def code_apart(sentences: pd.DataFrame, halves: dict[int, Coder], jobs: int = 2) -> np.ndarray:
    """Return the codes of sentences (with their ``half``), shape (sentences, 8), each by the coder of the other half."""
    codes = np.empty((len(sentences), len(CONSTRUCTS)), dtype=object)
    half, texts = sentences["half"].to_numpy(), sentences["text"].to_numpy()
    places = {learnt: np.flatnonzero(half != learnt) for learnt in halves}
    chunks = [(k, rows[i : i + CHUNK]) for k, rows in places.items() for i in range(0, len(rows), CHUNK)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        coded = pool.map(_coded, [(halves[k], texts[rows].tolist()) for k, rows in chunks])
        for (_, rows), part in zip(chunks, coded, strict=True):
            codes[rows] = part
    return codes


def write_cross_fitted(sentences: pd.DataFrame, codes: np.ndarray) -> None:
    """Write the codes of the hand-coded sample, and each report's sentences and problems, into the package."""
    said = pd.DataFrame(codes, columns=list(CONSTRUCTS))
    problems = (said == PROBLEM).astype(int).add_suffix("_problem").groupby(sentences["report"]).sum()
    problems.insert(0, "sentences", sentences.groupby("report").size())
    _write(COUNTED, problems.reset_index())
    keys = sentences.assign(sha256_16=[fingerprint(text) for text in sentences["text"]])
    codes_of = pd.concat([keys[list(POINTER)], said], axis=1).drop_duplicates(list(POINTER))
    sample = hand_coded()[list(POINTER)]
    _write(CODED, sample.merge(codes_of, on=list(POINTER), how="left", validate="one_to_one"))


def _write(name: str, frame: pd.DataFrame) -> None:
    write_text(table_path(name), frame.to_csv(sep="\t", index=False, lineterminator="\n"))
