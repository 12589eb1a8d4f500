"""Blocks of a report → one Typst document → a tagged PDF, the same bytes each time."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from . import rowheads
from .blocks import (
    ANSWER_LABELS,
    Answer,
    Block,
    Figure,
    Paragraph,
    Prose,
    Report,
    Section,
    TableBlock,
    Verbatim,
)
from .errors import PublishingError
from .markup import Converted
from .tables import Cell, Grid, right_aligned
from .words import linked, pieces, title_of

PDF_STANDARDS = ("a-3a", "ua-1")
# Not from the machine's locale.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_FIXED_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_LINE_POINTS = 459.0
_TALLEST_POINTS = 560.0
_LONG_CELL = 600
_KEPT_DOCUMENTS = 10
_PAGE = re.compile(r"\.html$")
# A link in prose to another page of the same house: of the address, what stands before its ending.
_LOCAL_LINK = re.compile(r'(#link\("(?![a-z]+:)[^"#]+)\.html(?=")')
# At the end of what was set last: a heading, with the label that pandoc gives it.
_HEADING_LAST = re.compile(r"(?:^|\n)=+ [^\n]*(?:\n<[^>\n]*>)?\s*$")
_SVG_SIZE = re.compile(rb"<svg[^>]*?\swidth=[\"']([\d.]+)(pt|px|in|cm|mm)?[\"'][^>]*", re.DOTALL)
_SVG_HEIGHT = re.compile(rb"\sheight=[\"']([\d.]+)(pt|px|in|cm|mm)?[\"']")
_POINTS = {b"pt": 1.0, b"px": 0.75, b"": 0.75, b"in": 72.0, b"cm": 28.35, b"mm": 2.835}


@dataclass
class Source:
    """A Typst document in the making: its text and the files that it shows."""

    lines: list[str] = field(default_factory=list)
    exhibits: int = 0
    files: dict[str, bytes] = field(default_factory=dict)

    def add_file(self, content: bytes, suffix: str) -> str:
        """Keep a picture and return its name; bitmaps in a frame of SVG, for the compiler takes text only."""
        name = f"picture-{len(self.files) + 1}.svg"
        self.files[name] = content if suffix == "svg" else _framed(content, suffix)
        return name


def _framed(content: bytes, suffix: str) -> bytes:
    width, height = _bitmap_points(content) or (_TALLEST_POINTS, _TALLEST_POINTS * 0.75)
    mime = "image/jpeg" if suffix == "jpg" else f"image/{suffix}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt">'
        f'<image width="100%" height="100%" href="data:{mime};base64,{b64encode(content).decode()}"/></svg>'
    ).encode()


def quoted(text: str) -> str:
    """Return a text as a Typst string."""
    escaped = settable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@cache
def _settable_characters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    return frozenset(TTFont(_fonts() / "DejaVuSans.ttf", lazy=True).getBestCmap())


def settable(text: str) -> str:
    """Return the text with ``□`` for what no font here can show: the standard refuses such a PDF."""
    if text.isascii():
        return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)
    return "".join(c if _is_settable(c) else "□" if c.isprintable() else "" for c in text)


def _is_settable(character: str) -> bool:
    code = ord(character)
    return character in "\n\t" or 0x20 <= code < 0x7F or (code > 0x9F and code in _settable_characters())


@cache
def _fonts() -> Path:
    """Return the folder of fonts that matplotlib ships; the machine's own fonts would change the bytes."""
    spec = find_spec("matplotlib")
    if not spec or not spec.submodule_search_locations:
        raise PublishingError(
            "matplotlib isn't installed: its fonts set the PDF; install the package's dependencies"
        )
    return Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@cache
def _shared_fonts() -> Any:
    """Return the fonts as the compiler takes them, found once for all that a process sets; it starts no thread."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(_fonts())])


def forget_documents() -> None:
    """Have the compiler forget what it made of documents before: it keeps that of the last ten, some 30 MB of a brief.

    It counts documents, so ten of one letter follow, a third of a millisecond each.
    """
    import typst

    letter: Any = {"main.typ": b"a"}  # typst's types leave out files by name
    compiler = typst.Compiler(letter, font_paths=_shared_fonts())
    for _ in range(_KEPT_DOCUMENTS):
        compiler.compile(input=letter, format="svg")


def make_ready() -> None:
    """Do what each document needs and none changes, before a process is copied for each: characters and fonts are found."""
    settable("□")
    _shared_fonts()


def picture_width(content: bytes, suffix: str, limit: float = _LINE_POINTS) -> str:
    """Return the width at which a picture stands: its own, but never over the line or the page's height."""
    size = _svg_points(content) if suffix == "svg" else _bitmap_points(content)
    if size is None:
        return "100%"
    width, height = size
    width = min(width, limit, width * _TALLEST_POINTS / height if height else width)
    return "100%" if width >= limit else f"{width:.2f}pt"


def _svg_points(content: bytes) -> tuple[float, float] | None:
    width = _SVG_SIZE.search(content)
    height = _SVG_HEIGHT.search(width[0]) if width else None
    if not width or not height:
        return None
    return float(width[1]) * _POINTS[width[2] or b""], float(height[1]) * _POINTS[height[2] or b""]


def _bitmap_points(content: bytes) -> tuple[float, float] | None:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content)) as image:
            width, height = image.size
    except UnidentifiedImageError:
        return None
    return width * 0.75, height * 0.75


def _cell(cell: Cell) -> str:
    spans = [
        f"{name}: {count}" for name, count in (("columns", cell.columns), ("rows", cell.rows)) if count > 1
    ]
    spans += ["head: true"] if cell.head else []
    parts = [(piece, address) for text, address in _linked(cell) for piece in pieces(text)]
    if any(address for _, address in parts):
        spans.append("links: (" + "".join(f"{quoted(address)}, " for _, address in parts) + ")")
    return f"c({', '.join([*(quoted(piece) for piece, _ in parts), *spans])})"


def _linked(cell: Cell) -> list[tuple[str, str]]:
    """Return the parts of a cell's text with the address of each; a page of this report's house leads to its PDF."""
    if not cell.link:
        return linked(cell.text)
    return [(cell.text, cell.link if ":" in cell.link else _PAGE.sub(".pdf", cell.link))]


def _rows(rows: Iterable[Iterable[Cell]]) -> str:
    return "(" + "".join(f"({''.join(f'{_cell(cell)}, ' for cell in row)}),\n" for row in rows) + ")"


def table(grid_: Grid, more: str = "") -> str:
    """Return a table as a Typst expression."""
    right = "".join("true, " if right else "false, " for right in right_aligned(grid_))
    if any(len(cell.text) > _LONG_CELL for row in grid_.body for cell in row):
        more += ", whole-rows: false"
    return f"fitted-table(({right}), {_rows(grid_.head)}, {_rows(grid_.body)}, row-heads: {grid_.row_heads}{more})"


def _named(**given: str) -> str:
    return "".join(f", {name}: {quoted(value)}" for name, value in given.items() if value)


def _placed(source: Source) -> str:
    """Return how an exhibit is placed: by its number among all, or right under the heading that was set last."""
    source.exhibits += 1
    if heading := _HEADING_LAST.search(source.lines[-2] if len(source.lines) > 1 else ""):
        text = source.lines[-2]
        waiting = f"\n#after-exhibit({source.exhibits - 1})\n" if source.exhibits > 1 else ""
        source.lines[-2] = text[: heading.start()] + waiting + text[heading.start() :]
        return ""
    return f", place-in-line: {source.exhibits}"


def _table_block(source: Source, block: TableBlock) -> None:
    more = _named(caption=block.caption, source=block.source, note=block.note) + _placed(source)
    source.lines.append(f"#{table(block.grid, more)}")


def _figure(source: Source, block: Figure) -> None:
    name = source.add_file(block.content, block.suffix)
    width = picture_width(block.content, block.suffix)
    title, caption = title_of(block.caption)
    more = _named(title=title, caption=caption, source=block.source) + _placed(source)
    source.lines.append(f"#chart({quoted(name)}, {quoted(block.alt)}, {width}{more})")


def _verbatim(source: Source, block: Verbatim) -> None:
    language = f", language: {quoted(block.language)}" if block.language else ""
    source.lines.append(f"#verbatim({quoted(_wrapped(block.text))}{language})")


def _wrapped(text: str, width: int = 92) -> str:
    lines = []
    for line in text.expandtabs(4).splitlines():
        lines += [line[i : i + width] for i in range(0, len(line), width)] or [""]
    return "\n".join(lines)


def add_block(source: Source, block: Block, converted: Mapping[int, Converted]) -> None:
    """Append one block to the document; ``converted`` is what pandoc made of prose, by the prose's ``id``."""
    if isinstance(block, Prose):
        source.lines.append(_LOCAL_LINK.sub(r"\1.pdf", settable(converted[id(block)].typst)))
    elif isinstance(block, Answer):
        labels = ", ".join(quoted(label) for label in ANSWER_LABELS.values())
        texts = "".join(f"[{settable(converted[id(part)].typst)}]" for part in block.parts)
        source.lines.append(f"#answer({labels}){texts}")
    elif isinstance(block, Figure):
        _figure(source, block)
    elif isinstance(block, TableBlock):
        _table_block(source, block)
    elif isinstance(block, Verbatim):
        _verbatim(source, block)
    else:
        source.lines.append(_added(block))
    source.lines.append("")


def _added(block: Section | Paragraph) -> str:
    if isinstance(block, Paragraph):
        return f"#{quoted(block.text)}\n"
    start = "#show: small-print\n" if block.is_small_print else ""
    return f"{start}#heading(level: {block.level}, {quoted(block.title)})"


def dates(report: Report) -> str:
    """Return when the report was published and what its data reach to, as far as that is told."""
    parts = [f"Published {_in_words(report.published)}"] if report.published else []
    return ". ".join([*parts, f"Data: {report.data_date}"] if report.data_date else parts)


def _in_words(day: str) -> str:
    """Return a day as prose has it, ``8 March 2019``; raises PublishingError for one that isn't ISO 8601."""
    try:
        told = date.fromisoformat(day)
    except ValueError:
        raise PublishingError(f"published: '{day}' is no day; give it as 2026-11-28") from None
    return f"{told.day} {_MONTHS[told.month - 1]} {told.year}"


def front(report: Report, question: Converted | None) -> str:
    """Return the call that sets what opens the report: its title, its question and, where it wasn't run, that notice."""
    authors = "".join(f"{quoted(author)}, " for author in report.authors_in_front)
    more = _named(notice=report.notice, dates=dates(report))
    if question:
        more += f", question: [{settable(question.typst)}]"
    return f"#front(title: {quoted(report.title)}, authors: ({authors}){more})"


def _picture_index(pictures: Mapping[str, tuple[str, str]]) -> str:
    entries = "".join(
        f"{quoted(key)}: (file: {quoted(name)}, width: {width}), " for key, (name, width) in pictures.items()
    )
    return f"#pictures.update(({entries or ':'}))"


def compose(
    report: Report, source: Source, question: Converted | None, pictures: Mapping[str, tuple[str, str]]
) -> str:
    """Return the whole document as Typst text: settings, front page, blocks."""
    stamp = document_time(report.published or report.data_date)
    authors = "".join(f"{quoted(author)}, " for author in report.authors)
    head = (
        '#import "report.typ": *\n#import "tables.typ": *\n'
        f"#show: report.with(title: {quoted(report.title)}, authors: ({authors}), "
        f"date: datetime(year: {stamp.year}, month: {stamp.month}, day: {stamp.day}))\n"
    )
    return "\n".join([head, _picture_index(pictures), front(report, question), *source.lines])


def document_time(day: str) -> datetime:
    """Return the day of publication, or of the data, as the PDF's own, so that its bytes hold no clock; else a fixed day."""
    try:
        return datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)
    except ValueError:
        return _FIXED_TIME


def bitmaps(pictures: Sequence[bytes], pixels_per_inch: int = 150) -> list[bytes]:
    """Return each SVG as PNG, at its own size; raises PublishingError where one can't be drawn."""
    if not pictures:
        return []
    import typst

    names = [f"{number:04}.svg" for number in range(len(pictures))]
    pages = "\n".join(
        f"#page(width: auto, height: auto, margin: 0pt, image({quoted(name)}))" for name in names
    )
    try:
        drawn: bytes | list[bytes] = typst.compile(
            {"main.typ": pages.encode(), **dict(zip(names, pictures, strict=True))},
            font_paths=_shared_fonts(),
            format="png",
            ppi=float(pixels_per_inch),
        )
    except typst.TypstError as error:
        raise PublishingError(f"a figure can't be drawn as PNG: {error}") from error
    return [drawn] if isinstance(drawn, bytes) else drawn


def compile_pdf(text: str, pictures: Mapping[str, bytes], day: str, name: str) -> bytes:
    """Return the PDF of a Typst document, tagged, under PDF/A-3a and PDF/UA-1.

    Raises PublishingError with the compiler's reason where the document can't be set.
    """
    import typst

    templates = {
        name: files(__package__).joinpath(name).read_bytes() for name in ("report.typ", "tables.typ")
    }
    try:
        pdf: bytes = typst.compile(  # type: ignore[call-overload]  # its types leave out files by name
            {"main.typ": text.encode(), **templates, **pictures},
            font_paths=_shared_fonts(),
            pdf_standards=list(PDF_STANDARDS),
            timestamp=document_time(day),
        )
    except typst.TypstError as error:
        raise PublishingError(f"{name}: the PDF can't be set: {error}") from error
    return rowheads.tagged(pdf)
