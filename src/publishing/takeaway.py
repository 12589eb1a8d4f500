"""What a reader takes away of a report in one archive: tables as CSV and as a workbook, figures as SVG and PNG."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from .blocks import Figure, Report, TableBlock
from .tables import Grid
from .typesetting import bitmaps

WORKBOOK = "tables.xlsx"
INPUTS = "inputs.csv"
_LONGEST_NAME = 60
# An archive's files bear a time; this is the earliest that it can hold.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_NUMBER = re.compile(r"[−-]?(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.(\d+))?")


def archive(report: Report) -> bytes:
    """Return a ZIP of the numbered tables (CSV, UTF-8; all in one workbook) and figures of a report, with a list of them.

    A figure drawn as SVG is there as PNG too, at 150 pixels an inch. Of a report with a record of its run, ``inputs.csv``
    has the SHA-256 of each file that it read.
    """
    exhibits = list(_exhibits(report))
    inputs = sorted(
        (str(path), str(digest)) for path, digest in (report.provenance or {}).get("inputs", {}).items()
    )
    told = [report.title, *filter(None, (report.citation,)), ""]
    told += [f"{name}: {caption}" for name, _, caption in exhibits]
    told += [f"{name}: {caption}" for name, (caption, _) in report.files.items()]
    told += [f"{INPUTS}: the files that the report was made from, each with its SHA-256"] if inputs else []
    content = {"README.txt": "\n".join(told).encode()}
    content |= {name: text.encode() for name, (_, text) in report.files.items()}
    content |= {
        name: _csv(_rows(block.grid)) if isinstance(block, TableBlock) else block.content
        for name, block, _ in exhibits
    }
    if inputs:
        content[INPUTS] = _csv([("file", "sha256"), *inputs])
    tables = [(name, block, caption) for name, block, caption in exhibits if isinstance(block, TableBlock)]
    if tables:
        content[WORKBOOK] = _workbook(report.title, tables)
    drawn = {name: content[name] for name, _, _ in exhibits if name.endswith(".svg")}
    content |= {
        f"{name.removesuffix('svg')}png": picture
        for name, picture in zip(drawn, bitmaps(list(drawn.values())), strict=True)
    }
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as opened:
        for name, body in content.items():
            # A bitmap is compressed already.
            opened.writestr(
                ZipInfo(name, _FIXED_TIME), body, ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED
            )
    return stream.getvalue()


def _exhibits(report: Report) -> Iterator[tuple[str, Figure | TableBlock, str]]:
    """Return name, block, and caption with source of each table and figure that has a number."""
    counts = {"figure": 0, "table": 0}
    for block in report.blocks:
        if not isinstance(block, Figure | TableBlock) or not block.caption:
            continue
        kind, suffix = ("figure", block.suffix) if isinstance(block, Figure) else ("table", "csv")
        counts[kind] += 1
        told = " ".join(filter(None, (block.caption, block.source and f"Source: {block.source}")))
        yield f"{kind}-{counts[kind]:02}-{_slug(block.caption)}.{suffix}", block, told


def _workbook(title: str, tables: list[tuple[str, TableBlock, str]]) -> bytes:
    """Return one workbook: a sheet that lists the tables, and a sheet for each; numbers are numbers, as they are shown."""
    from xlsxwriter import Workbook

    stream = BytesIO()
    book = Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # A workbook says when it was made; the bytes hold no clock.
    book.set_properties({"title": title, "created": datetime(*_FIXED_TIME)})
    bold, formats = book.add_format({"bold": True, "text_wrap": True, "valign": "top"}), {}
    contents = book.add_worksheet("Contents")
    contents.write_string(0, 0, title, bold)
    for place, (_, block, caption) in enumerate(tables, start=1):
        contents.write_string(place, 0, f"Table {place}")
        contents.write_string(place, 1, caption)
        sheet = book.add_worksheet(f"Table {place}")
        for row, cells in enumerate(_rows(block.grid)):
            is_head = row < len(block.grid.head)
            for column, text in enumerate(cells):
                match = None if is_head else _NUMBER.fullmatch(text)
                if match is None:
                    sheet.write_string(row, column, text, bold if is_head else None)
                    continue
                # As it is shown: a year has no comma, a share keeps its decimals.
                shown = ("#,##0" if "," in text else "0") + ("." + "0" * len(match[1]) if match[1] else "")
                if shown not in formats:
                    formats[shown] = book.add_format({"num_format": shown})
                number = float(text.replace("−", "-").replace(",", ""))
                sheet.write_number(row, column, number, formats[shown])
        sheet.freeze_panes(len(block.grid.head), 1)
        sheet.autofit()
    book.close()
    return stream.getvalue()


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    stream = StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def _rows(grid: Grid) -> Iterator[list[str]]:
    """Return the rows of a table; a cell that takes several columns or rows stands in the first of each."""
    for row in (*grid.head, *grid.body):
        cells = [text for cell in row for text in (cell.text, *[""] * (cell.columns - 1))]
        # Rows that a cell from above reaches into are shorter; their cells stand at the right end.
        yield [*[""] * (grid.width - len(cells)), *cells]


def _slug(caption: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", caption.casefold()).strip("-")
    return words if len(words) <= _LONGEST_NAME else words[:_LONGEST_NAME].rsplit("-", 1)[0]
