"""Official files: found by name or pattern in a folder and its archives, and read as text whatever their
format.
"""

import csv
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from analysis.data.definitions.checks import check_columns
from analysis.errors import DataError, nearest

MEMBER_BYTES = 2_000_000_000
"""Bytes beyond which a member of an archive isn't read; the largest official file has some 200 MB."""
MEMBER_RATIO, SMALL_BYTES = 250, 10_000_000
"""How many times its packed size a member may have, where it has more than ``SMALL_BYTES``; official ones have up to 30."""


_EDITION = re.compile(r"(?<!\d)(?:19|20)\d{2}(?:-\d{2}){0,2}(?!\d)")
_LONGEST_CELL = 131_072
"""Letters of a cell, at most: a quote that never closes makes the rest of a file one cell."""


@dataclass(frozen=True)
class OfficialFile:
    """One official file as released: its base name and its bytes."""

    name: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def official_paths(folder: Path) -> list[Path]:
    """Return the files under a folder in order; those in hidden folders, where a download is under way, are none."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def candidates(paths: Iterable[Path], pattern: str) -> list[tuple[str, bytes]]:
    """Return name and bytes of each file, or member of a zip archive, whose base name fits ``pattern``.

    Raises DataError where an archive is damaged, encrypted, or a member unpacks to more than ``MEMBER_BYTES`` or than
    ``MEMBER_RATIO`` times its packed size.
    """
    fitting = []
    for path in paths:
        if fnmatchcase(path.name, pattern):
            fitting.append((path.name, path.read_bytes()))
        if path.suffix == ".zip":
            fitting += _members(path, pattern)
    return fitting


def _members(archive: Path, pattern: str) -> list[tuple[str, bytes]]:
    fitting = []
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                name = PurePosixPath(member.filename).name
                if not member.is_dir() and fnmatchcase(name, pattern):
                    _check_size(member, name, archive.name)
                    fitting.append((name, opened.read(member)))
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise DataError(f"{archive.name}: is no whole zip archive ({error}); get it again") from error
    return fitting


def _check_size(member: zipfile.ZipInfo, name: str, archive: str) -> None:
    """Refuse what would fill the memory; a member can't unpack to more than its archive says, or its check fails."""
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > MEMBER_BYTES or (member.file_size > SMALL_BYTES and ratio > MEMBER_RATIO):
        raise DataError(
            f"{archive}: {name} unpacks to {member.file_size / 1e6:,.0f} MB, {ratio:,.0f} times its packed size; "
            f"at most {MEMBER_BYTES / 1e6:,.0f} MB and {MEMBER_RATIO} times are read"
        )


def edition(name: str) -> str:
    """Return the last year or day in a file's name, by which releases of one file follow each other: ``2025`` of
    ``csww_indicators_2017_to_2025.csv``, ``2024-11-19``, ``2024-25``, ``2026`` of ``history2016-26.csv``; empty where its
    name has none.
    """
    editions = _EDITION.findall(name)
    if not editions:
        return ""
    first, _, last = editions[-1].partition("-")
    # Neither a financial year nor a month: 2016-26.
    is_span = len(last) == 2 and int(last) > max(int(first[2:]) + 1, 12)
    return f"{first[:2]}{last}" if is_span else str(editions[-1])


def files_fitting(folder: Path, *patterns: str) -> list[OfficialFile]:
    """Return each different file under ``folder``, also inside its zip archives, whose name fits a pattern, the newest by
    its name last.
    """
    paths, by_hash = official_paths(folder), dict[str, OfficialFile]()
    for pattern in patterns:
        for name, content in candidates(paths, pattern):
            file = OfficialFile(name, content)
            by_hash.setdefault(file.sha256, file)
    return sorted(by_hash.values(), key=lambda file: (edition(file.name), file.name))


def read_release(folder: Path, pattern: str, address: str = "") -> OfficialFile:
    """Return the official file whose name fits ``pattern``: of several releases, the newest by its name.

    ``pattern`` may give alternatives, ``NAME | OLDER_NAME``. ``address``: where the file is published, for the message.
    Raises DataError where there is none, where several differ and their names don't say which is the newest, or where the
    file is empty.
    """
    return newest_of(files_fitting(folder, *alternatives(pattern)), folder, pattern, address)


def newest_of(fitting: Sequence[OfficialFile], folder: Path, pattern: str, address: str = "") -> OfficialFile:
    """Return the newest of the files that fit ``pattern`` under ``folder``; raises as ``read_release`` does."""
    if not fitting:
        names = sorted(path.name for path in official_paths(folder))
        hint = f"; get it from {address}" if address else ""
        raise DataError(f"{pattern}: not among the official files{nearest(pattern, names)}{hint}")
    newest = fitting[-1]
    if len(fitting) > 1 and edition(fitting[-2].name) == edition(newest.name):
        names = sorted(file.name for file in fitting)
        raise DataError(
            f"{pattern}: {len(names)} different official files fit ({', '.join(names)}); keep one"
        )
    if not newest.content.strip():
        raise DataError(f"{newest.name}: is empty; get it again{' from ' + address if address else ''}")
    return newest


def alternatives(pattern: str) -> tuple[str, ...]:
    """Return the names that a pattern of publications.yml gives: a file's own, and what it was called before."""
    return tuple(part.strip() for part in pattern.split("|"))


def _decode(file: OfficialFile) -> str:
    try:
        return file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return file.content.decode("latin-1")


def read_rows(file: OfficialFile) -> list[list[str]]:
    """Read a CSV file (UTF-8, else Latin-1) as rows of text, the heading among them; blank rows kept."""
    text = _decode(file)
    if "\0" in text:
        raise DataError(f"{file.name}: is no CSV file; get it again")
    limit = csv.field_size_limit(_LONGEST_CELL)  # of the whole process: other libraries lift it
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise DataError(f"{file.name}: is no CSV file that can be read ({error}); get it again") from error
    finally:
        csv.field_size_limit(limit)


def _frame(rows: Iterable[list[str]], columns: list[str], file: str) -> pd.DataFrame:
    """Text frame from rows; its index is the 1-based data row of the official file, blank rows left out."""
    kept, numbers = [], []
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            raise DataError(
                f"{file} row {number}: {len(row)} cells where the heading has {len(columns)}; "
                "the file is cut or damaged"
            )
        kept.append([cell.strip() for cell in row])
        numbers.append(number)
    return pd.DataFrame(kept, columns=columns, index=pd.Index(numbers, name="row"), dtype="str")


def read_csv(file: OfficialFile, needed: Iterable[str] = ()) -> pd.DataFrame:
    """Read a CSV file as a text frame, index the 1-based data row; headings stripped of outer blanks.

    Raises DataError naming the file, row and column for no rows, a row of another length, a last row that is
    cut in its middle, or a missing column of ``needed`` (with the nearest name).
    """
    heading, *rows = read_rows(file) or [[]]
    columns = [column.strip() for column in heading]
    check_columns(columns, needed, file.name)
    frame = _frame(rows, columns, file.name)
    if frame.empty:
        raise DataError(f"{file.name}: has a heading and no rows; get it again")
    return frame


def read_sheet(file: OfficialFile, heading_cell: str, needed: Iterable[str] = ()) -> pd.DataFrame:
    """Read the table of an ODS or XLSX file that starts at the row whose first cell is ``heading_cell``.

    Returns a text frame, index the 1-based row below the heading; the sheet is the last one with such a row.
    Raises DataError where the file is damaged or no sheet has such a row.
    """
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(file.content))
        sheets = [workbook.get_sheet_by_name(name).to_python() for name in reversed(workbook.sheet_names)]
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(f"{file.name}: is no whole ODS or XLSX file; get it again") from error
    for rows in sheets:
        starts = [number for number, row in enumerate(rows) if row and str(row[0]).strip() == heading_cell]
        if starts:
            columns = [str(cell).strip() for cell in rows[starts[0]]]
            check_columns(columns, needed, file.name)
            below = [[cell_text(cell) for cell in row] for row in rows[starts[0] + 1 :]]
            return _frame(below, columns, file.name)
    raise DataError(
        f"{file.name}: no sheet has a heading that starts with '{heading_cell}'; is it another file?"
    )


def cell_text(cell: object) -> str:
    """Return a cell's number without invented decimals (``12.0`` is ``12``), or its text."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def read_parquet(
    file: OfficialFile, column: str, keep: Iterable[str], needed: Iterable[str] = ()
) -> pd.DataFrame:
    """Read the rows of a Parquet file whose ``column`` is among ``keep`` as a text frame, index the 1-based
    row.

    Raises DataError where the file is damaged or a column is missing.
    """
    try:
        table = pq.read_table(pa.BufferReader(file.content))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file.name}: is no whole Parquet file; get it again") from error
    check_columns(table.column_names, (column, *needed), file.name)
    positions = pc.indices_nonzero(
        pc.is_in(table[column], value_set=pa.array(list(keep), table[column].type))
    )
    frame = table.take(positions).to_pandas()
    texts = {name: _text_column(frame[name]) for name in frame}
    return pd.DataFrame(texts).set_axis(pd.Index(positions.to_numpy() + 1, name="row"))


def _text_column(column: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(column):
        return column.map(cell_text, na_action="ignore").fillna("").astype("str")
    return column.fillna("").astype("str").str.strip()
