"""Reports → the tables of measures: per report its dates and judgements, how many sentences speak of what, how, how many
speak so of two constructs at once and on which pages, and since when the director of children's services has been in post.

The tables hold counts and dates only, no sentence. They are made by ``plan-drift ingest inspections`` from one reading of
each PDF.
"""

import csv
import gc
import hashlib
import io
import os
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain, combinations, pairwise
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from analysis.data.definitions.authorities import authorities, code_at, name_key
from analysis.data.definitions.checks import check_columns
from analysis.data.definitions.inspection_reports import (
    ABOUT,
    COLUMNS,
    CONSTRUCTS,
    DATED_FRAMEWORK,
    DIRECTOR_COLUMNS,
    JUDGEMENTS,
    PAGE_COLUMNS,
    PAGE_KEY,
    PAIR_COLUMNS,
    PAIR_KEY,
    PAIR_RATINGS,
    RATINGS,
)
from analysis.errors import DataError, RequestError, nearest
from analysis.files.writing import sha256
from analysis.inspections.coder import CODER_VERSION, code_sentences
from analysis.inspections.reading.director import director_in_post
from analysis.inspections.reading.grades import NONE
from analysis.inspections.reading.reports import ReportReading, read_reports
from analysis.inspections.reading.sentences import Sentence

INDEX = "index.csv"
REPORTS_AT_ONCE = 6
"""Reports that are coded together: about as many sentences as the coder takes at once."""

# What speaks of the inspection, the area or the safeguarding board, a body of several agencies, is not of the authority.
_NOT_OF_THE_AUTHORITY = re.compile(
    r"information about|about this inspection|service information|\blscb\b|safeguarding children board", re.I
)


def is_of_the_authority(sentence: Sentence) -> bool:
    """Return whether a sentence stands in a section that speaks of the authority's own work."""
    return _speaks_of_the_authority(sentence.section)


@lru_cache(maxsize=1024)  # a section has dozens of sentences
def _speaks_of_the_authority(section: str) -> bool:
    return not _NOT_OF_THE_AUTHORITY.search(section)


@cache
def coder() -> str:
    """Return the coder's version and the first digits of its artefacts' hash, which changes with every training."""
    folder = files("analysis.inspections.coder")
    parts = b"".join(
        folder.joinpath(name).read_bytes() for name in ("coder.npz", "network.npz", "lexicon.yml")
    )
    return f"{CODER_VERSION} ({hashlib.sha256(parts).hexdigest()[:8]})"


PairCounts = Mapping[tuple[str, str, str], int]
"""How many sentences are coded alike on two constructs: by first, second and rating; those without any are left out."""
PageCounts = Mapping[tuple[str, str, int], int]
"""How many sentences of a page are coded so: by construct, rating and page; those without any are left out."""


@dataclass(frozen=True)
class Measured:
    """The tables of measures, sorted: ``reports`` (``COLUMNS``), ``pairs`` (``PAIR_COLUMNS``), ``pages`` (``PAGE_COLUMNS``),
    ``directors`` (``DIRECTOR_COLUMNS``).
    """

    reports: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    pages: pd.DataFrame = field(repr=False)
    directors: pd.DataFrame = field(repr=False)


def coded_counts(
    reports: Sequence[Sequence[tuple[str, int]]],
) -> list[tuple[dict[str, int], PairCounts, PageCounts]]:
    """Return by report of sentences, text and page each, how many the coder codes as problem, strength and mixed by
    construct; how many alike on two constructs; and how many on which page.

    The reports are coded together, which is quicker than one by one.
    """
    codes = code_sentences([text for sentences in reports for text, _ in sentences])
    ends = np.cumsum([0, *map(len, reports)])
    return [
        _counts(codes.iloc[start:end], [page for _, page in sentences])
        for sentences, (start, end) in zip(reports, pairwise(ends), strict=True)
    ]


def _counts(codes: pd.DataFrame, pages: Sequence[int]) -> tuple[dict[str, int], PairCounts, PageCounts]:
    together = {rating: _together(codes, rating) for rating in RATINGS}
    counts = {
        f"{construct}_{rating}": int(together[rating][place, place])
        for place, construct in enumerate(CONSTRUCTS)
        for rating in RATINGS
    }
    return counts, pair_counts(codes), page_counts(codes, pages)


def _together(codes: pd.DataFrame, rating: str) -> np.ndarray:
    """Return how many sentences have a rating on both of two constructs (8 × 8); on the diagonal, on one."""
    coded = (codes[list(CONSTRUCTS)].to_numpy() == RATINGS[rating]).astype(int)
    together: np.ndarray = coded.T @ coded
    return together


def pair_counts(codes: pd.DataFrame) -> PairCounts:
    """Return how many sentences are coded as a problem, and as a strength, on both of two constructs.

    ``codes``: a row a sentence and a column a construct, as ``code_sentences`` returns them.
    """
    together = {rating: _together(codes, rating) for rating in PAIR_RATINGS}
    counts = {
        (first, second, rating): int(together[rating][CONSTRUCTS.index(first), CONSTRUCTS.index(second)])
        for first, second in combinations(CONSTRUCTS, 2)
        for rating in PAIR_RATINGS
    }
    return {key: n for key, n in counts.items() if n}


def page_counts(codes: pd.DataFrame, pages: Sequence[int]) -> PageCounts:
    """Return how many sentences of each page are coded as a problem, and as a strength, on each construct.

    ``codes``: a row a sentence and a column a construct, as ``code_sentences`` returns them; ``pages``: of these sentences.
    """
    coded = {construct: codes[construct].tolist() for construct in CONSTRUCTS}
    return {
        (construct, rating, int(page)): n
        for construct in CONSTRUCTS
        for rating in PAIR_RATINGS
        for page, n in sorted(
            Counter(
                page for page, code in zip(pages, coded[construct], strict=True) if code == RATINGS[rating]
            ).items()
        )
    }


def authority_of(reading: ReportReading, listed: Mapping[str, str]) -> str:
    """Return the ONS code of a report's authority on the day of the inspection; ``listed`` is its entry in the index.

    Raises DataError where the authority isn't known, or the index names another than the cover.
    """
    code = code_at(reading.fields["authority"], reading.fields["inspection_start"] or listed["published"])
    if code is None or name_key(listed["authority"]) != name_key(reading.fields["authority"]):
        known = sorted({authority.name for authority in authorities()})
        raise DataError(
            f"{reading.file}: {INDEX} says '{listed['authority']}', its cover '{reading.fields['authority']}'"
            f"{nearest(listed['authority'], known)}"
        )
    return code


def row_of(
    reading: ReportReading, listed: Mapping[str, str], counts: Mapping[str, int], read: int
) -> dict[str, str | int]:
    """Return a report's row. ``listed``: its entry in the index. Raises DataError for an unknown authority."""
    about = {
        "report": Path(reading.file).stem,
        "authority_code": authority_of(reading, listed),
        "published": listed["published"],
    }
    fields = {name: reading.fields[name] for name in (*JUDGEMENTS, *ABOUT) if name in reading.fields}
    return {**about, **fields, "coder": coder(), "sentences": read, **counts}


def read_index(folder: Path) -> dict[str, dict[str, str]]:
    """Return the index of reports by file; raises DataError where it is missing or lacks a column."""
    try:
        rows = list(csv.DictReader(io.StringIO((folder / INDEX).read_text("utf-8-sig"))))
    except OSError as error:
        raise DataError(f"{folder / INDEX}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{folder / INDEX}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    check_columns(rows[0] if rows else (), ("file", "authority", "published"), INDEX)
    return {row["file"]: row for row in rows}


def report_files(folder: Path) -> list[Path]:
    """Return the PDFs under a folder in order of name; raises RequestError where there are none."""
    paths = sorted(folder.rglob("*.pdf"), key=lambda path: path.name)
    if not paths:
        raise RequestError(f"{folder}: no PDF of an inspection report here; name their folder with --from")
    return paths


def _folder_of(official: Path) -> Path:
    folders = sorted(path.parent for path in official.rglob(INDEX) if (path.parent / "reports").is_dir())
    if not folders:
        raise DataError(f"{official}: no {INDEX} with a folder 'reports' beside it; name theirs with --from")
    return folders[0]


def _judges_authority(reading: ReportReading) -> bool:
    """A report without any judgement of the authority is a review of its safeguarding board alone."""
    return any(reading.fields[name] != NONE for name in JUDGEMENTS)


def usable(readings: Sequence[ReportReading], index: Mapping[str, object]) -> list[ReportReading]:
    """Return the readings that may enter measures and have a sentence on the authority's own work."""
    return [
        reading
        for reading in readings
        if reading.is_usable
        and reading.file in index
        and _judges_authority(reading)
        and any(is_of_the_authority(sentence) for sentence in reading.sentences)
    ]


def measured(
    readings: Sequence[ReportReading], index: Mapping[str, Mapping[str, str]], jobs: int = 2
) -> Measured:
    """Return the tables of the readings that may enter measures and have a sentence on the authority."""
    kept = usable(readings, index)
    texts = [[(s.text, s.page) for s in reading.sentences if is_of_the_authority(s)] for reading in kept]
    lots = [texts[start : start + REPORTS_AT_ONCE] for start in range(0, len(texts), REPORTS_AT_ONCE)]
    with ExitStack() as stack:
        coding: Any = map
        if jobs > 1 and len(lots) > 1:
            coding = stack.enter_context(coders(jobs)).map
        coming = coding(coded_counts, lots)
        directors = directors_in_post(kept, index)  # while others code
        counts = list(chain.from_iterable(coming))
    rows = [
        row_of(reading, index[reading.file], count, len(text))
        for reading, text, (count, *_) in zip(kept, texts, counts, strict=True)
    ]
    pairs = [
        (Path(reading.file).stem, *key, n)
        for reading, (_, together, _) in zip(kept, counts, strict=True)
        for key, n in together.items()
    ]
    pages = [
        (Path(reading.file).stem, *key, n)
        for reading, (*_, on_pages) in zip(kept, counts, strict=True)
        for key, n in on_pages.items()
    ]
    return Measured(
        pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("report", ignore_index=True),
        _in_order(pd.DataFrame(pairs, columns=list(PAIR_COLUMNS)), PAIR_KEY),
        _in_order(pd.DataFrame(pages, columns=list(PAGE_COLUMNS)), PAGE_KEY),
        directors,
    )


def coders(jobs: int) -> ProcessPoolExecutor:
    """Return processes that do nothing but code, and that end with the one that asked for them."""
    return ProcessPoolExecutor(jobs, get_context("forkserver"), _only_code)


def _only_code() -> None:
    """Make a process ready that does nothing but code.

    One thread: the coder's products are small, and threads that wait for each other take the cores from the rest. No search
    for circles: what the coder makes of a sentence has none, and it makes so much of it that the search costs some 7 %.
    """
    threadpool_limits(1)
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process as soon as the one that it codes for is gone, killed perhaps, for nobody would take what it makes."""
    if parent := parent_process():
        wait([parent.sentinel])
        os._exit(1)


def directors_in_post(
    readings: Sequence[ReportReading], index: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    """Return since when directors have been in post (``DIRECTOR_COLUMNS``), by reading of ``DATED_FRAMEWORK`` that says so.

    Reports of other frameworks date a director here and there, which would choose among authorities.
    """
    rows = [
        (
            Path(reading.file).stem,
            authority_of(reading, index[reading.file]),
            director.in_post_since,
            str(director.is_interim).lower(),
            director.page,
        )
        for reading in readings
        if reading.fields["framework"] == DATED_FRAMEWORK
        and (director := director_in_post(reading.sentences)) is not None
    ]
    return pd.DataFrame(rows, columns=list(DIRECTOR_COLUMNS)).sort_values("report", ignore_index=True)


def _in_order(counts: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Sort counts by report, by constructs in the order of the codebook, by rating, and by page."""
    place = {name: place for place, name in enumerate((*CONSTRUCTS, *PAIR_RATINGS))}
    return counts.sort_values(
        list(key),
        key=lambda column: column if column.name in ("report", "page") else column.map(place),
        ignore_index=True,
    )


def left_out(
    readings: Sequence[ReportReading], index: Mapping[str, object], table: pd.DataFrame
) -> list[str]:
    """Return a line for each report that isn't in the table: its file and the reason."""
    kept = set(table["report"])
    reasons = {
        reading.file: reading.why_left_out
        or ("" if reading.file in index else f"is not in {INDEX}")
        or "judges the safeguarding board only, or has no sentence on the authority's own work"
        for reading in readings
        if Path(reading.file).stem not in kept
    }
    return [f"{file}: {reason}" for file, reason in reasons.items()]


def files_digest(paths: Sequence[Path]) -> str:
    """Return one SHA-256 over the names and hashes of files, the same wherever they stand."""
    lines = "".join(f"{sha256(path)}  {path.name}\n" for path in sorted(paths, key=lambda path: path.name))
    return hashlib.sha256(lines.encode()).hexdigest()


def measure_folder(official: Path, jobs: int = 2) -> tuple[Measured, list[str], Mapping[str, str]]:
    """Measure every report under a folder that holds ``index.csv`` and ``reports/``.

    Returns the tables, a line for each report left out, and the hashes of what was read.
    """
    folder = _folder_of(official)
    paths, index = report_files(folder / "reports"), read_index(folder)
    readings = read_reports(paths, jobs, with_sentences=True)
    tables = measured(readings, index, jobs)
    hashes = {INDEX: sha256(folder / INDEX), f"{len(paths)} PDFs": files_digest(paths)}
    return tables, left_out(readings, index, tables.reports), hashes
