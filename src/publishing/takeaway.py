"""What a reader takes away of a report: its tables as CSV and its figures as pictures, in one archive."""

import csv
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .blocks import Figure, Report, TableBlock
from .tables import Grid

_LONGEST_NAME = 60
# An archive's files bear a time; this is the earliest that it can hold.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def archive(report: Report) -> bytes:
    """Return a ZIP of the numbered tables (CSV, UTF-8) and figures of a report, with a list of them."""
    files = dict(_exhibits(report))
    told = [report.title, *filter(None, (report.citation,)), ""]
    told += [f"{name}: {about}" for name, (_, about) in files.items()]
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as opened:
        for name, content in {
            "README.txt": "\n".join(told).encode(),
            **{n: c for n, (c, _) in files.items()},
        }.items():
            opened.writestr(ZipInfo(name, _FIXED_TIME), content, ZIP_DEFLATED)
    return stream.getvalue()


def _exhibits(report: Report) -> Iterator[tuple[str, tuple[bytes, str]]]:
    """Return a name, the content, and caption with source of each table and figure that has a number."""
    counts = {"figure": 0, "table": 0}
    for block in report.blocks:
        if isinstance(block, Figure) and block.caption:
            kind, content, suffix = "figure", block.content, block.suffix
        elif isinstance(block, TableBlock) and block.caption:
            kind, content, suffix = "table", _csv(block.grid), "csv"
        else:
            continue
        counts[kind] += 1
        told = " ".join(filter(None, (block.caption, block.source and f"Source: {block.source}")))
        yield f"{kind}-{counts[kind]:02}-{_slug(block.caption)}.{suffix}", (content, told)


def _csv(grid: Grid) -> bytes:
    """Return a table as CSV; a cell that takes several columns or rows stands in the first of each."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for row in (*grid.head, *grid.body):
        cells = [text for cell in row for text in (cell.text, *[""] * (cell.columns - 1))]
        # Rows that a cell from above reaches into are shorter; their cells stand at the right end.
        writer.writerow([*[""] * (grid.width - len(cells)), *cells])
    return stream.getvalue().encode()


def _slug(caption: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", caption.casefold()).strip("-")
    return words if len(words) <= _LONGEST_NAME else words[:_LONGEST_NAME].rsplit("-", 1)[0]
