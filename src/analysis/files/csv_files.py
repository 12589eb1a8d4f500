"""CSV tables that people edit, read strictly: heading, rows, keys and whole numbers are what the reader needs, or refused.

Light to import. Every cell is text; what a column means is its reader's.
"""

import csv
import io
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from analysis.errors import DataError, nearest


def _rows(path: Path | Traversable) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8")
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise DataError(f"{path.name}: can't be read ({error.strerror}); restore it") from error
    except csv.Error as error:
        raise DataError(f"{path.name}: no CSV file that can be read ({error}); restore it") from error


def _check_heading(heading: Sequence[str], columns: Sequence[str], file: str) -> None:
    for name in columns:
        if name not in heading:
            raise DataError(f"{file}: has no column '{name}'{nearest(name, heading)}")
    for name in heading:
        if heading.count(name) > 1:
            raise DataError(f"{file}: column '{name}' stands twice; keep one")
        if name not in columns:
            raise DataError(f"{file}: unknown column '{name}'{nearest(name, columns)}")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def read_table(
    path: Path | Traversable,
    columns: Sequence[str],
    key: Sequence[str] = (),
    filled: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> list[dict[str, str]]:
    """Return the rows of a CSV table as text by column.

    ``columns``: those that it has, in any order; ``key``: those that name a row once; ``filled``: those that are never
    empty; ``whole``: those that hold whole numbers where they hold anything. Raises DataError
    with file, line, column and value where one of this isn't so, or the file isn't UTF-8 or has no rows.
    """
    heading, *rows = _rows(path) or [[]]
    _check_heading(heading, columns, path.name)
    if not rows:
        raise DataError(f"{path.name}: has a heading and no rows; restore it")
    seen: dict[tuple[str, ...], int] = {}
    table = []
    for line, cells in enumerate(rows, start=2):
        where = f"{path.name} row {line}"
        if len(cells) != len(heading):
            raise DataError(
                f"{where}: {len(cells)} cells, {len(heading)} expected; quote a text that holds a comma"
            )
        row = dict(zip(heading, cells, strict=True))
        for name in filled:
            if not row[name].strip():
                raise DataError(f"{where}: column '{name}' is empty")
        for name in whole:
            if row[name] and not _is_whole(row[name]):
                raise DataError(f"{where}: column '{name}': '{row[name]}' is no whole number")
        named = tuple(row[name] for name in key)
        if key and seen.setdefault(named, line) != line:
            told = ", ".join(f"{name} '{row[name]}'" for name in key)
            raise DataError(f"{where}: {told} stands in row {seen[named]} too; keep one")
        table.append(row)
    return table
