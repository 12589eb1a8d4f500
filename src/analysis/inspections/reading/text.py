"""PDF → lines of text, each with its place on the page and the size and weight of its letters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from analysis.errors import DataError

MAX_PAGES = 150
"""No report of one inspection comes near this; what does is a bundle or another document."""

MIN_LETTERS_PER_PAGE = 50
"""Below this, on average, the pages are pictures of text."""

BOLD_WEIGHT = 600
"""The lightest weight that counts as bold; body text is 400."""

LINE_END_HYPHEN = "\N{HYPHEN}"
"""What `Line.text` holds where PDFium joined two lines over a hyphen at the end of the first."""

_TAIL = 2048  # a complete PDF ends in %%EOF, sometimes followed by a little padding
# PDFium's marks of a hyphen at a line's end, and the zero-width characters among words, which count as spaces.
_MARKS = {"\ufffe": LINE_END_HYPHEN, "\x02": LINE_END_HYPHEN, "\u200b": " ", "\ufeff": " "}
# Bullets as the reports' fonts encode them (Wingdings and Symbol in the private area), or as plain characters.
BULLET = re.compile(r"^(?:[\uf02d\uf06e\uf0a7\uf0b7\uf0be\u25a0-\u25ff\u2022\u2043\u2212\u2012-\u2015-])\s+")
_DIGIT = re.compile(r"\d")
# A footnote's mark: one or two digits after a letter or a closing mark, with no digit or letter behind.
_GLUED_DIGITS = re.compile(r"(?<=[^\W\d_]|[.,;:)’”'\"])\d{1,2}(?![\w%]|[.,]\d)")
# The same where the size tells nothing: after a word of at least three small letters.
_AFTER_SMALL_LETTERS = re.compile(r"[a-z]{3}[.,;:)’”'\"]?$")
_SMALL = 0.75  # a footnote's mark is at most this part of its line's height


class UnreadableReportError(DataError):
    """A file from which no report can be read, with the reason."""


@dataclass(frozen=True)
class Line:
    """A line of a page: places and sizes in points, from the page's lower left corner."""

    page: int
    text: str
    size: float
    is_bold: bool
    left: float
    top: float
    bottom: float
    page_height: float

    @property
    def words(self) -> str:
        """The text without a bullet."""
        return BULLET.sub("", self.text)


def _check_bytes(path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(1024)
            stream.seek(max(0, size - _TAIL))
            tail = stream.read()
    except FileNotFoundError as error:
        raise UnreadableReportError("no such file") from error
    except OSError as error:
        raise UnreadableReportError(f"can't be opened ({error.strerror or error})") from error
    if not size:
        raise UnreadableReportError("the file is empty")
    if b"%PDF-" not in head:
        kind = "a web page" if b"<html" in head.lower() or b"<!doctype" in head.lower() else "something else"
        raise UnreadableReportError(f"not a PDF but {kind}; get the report again from its publisher")
    if b"%%EOF" not in tail:
        raise UnreadableReportError("the PDF is cut short (its end is missing); get it again")


def _open(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise UnreadableReportError("the PDF is encrypted and asks for a password") from error
        raise UnreadableReportError("the PDF is damaged and can't be opened") from error


def _box(raw: object, text_index: int) -> pdfium.FS_RECTF:
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(raw, pdfium.FPDFText_GetCharIndexFromTextIndex(raw, text_index), box)
    return box


def _without_footnote_marks(raw: object, start: int, text: str, size: float) -> str:
    """Drop digits that stand for a footnote: set smaller than their line, or glued to a word of small letters."""
    if not _DIGIT.search(text):  # as most: the search for marks looks behind each letter
        return text
    for match in reversed(list(_GLUED_DIGITS.finditer(text))):
        box = _box(raw, start + match.start())
        if box.top - box.bottom < _SMALL * size or _AFTER_SMALL_LETTERS.search(text, 0, match.start()):
            text = text[: match.start()] + text[match.end() :]
    return text


def _line(raw: object, start: int, text: str, page: int, page_height: float) -> Line:
    """Build the line at ``start`` of the page's text; size and weight are those of its first letter.

    A bullet has a size of its own, so the letter after it is measured. PDFium joins two lines over a hyphen: such a
    line reaches down to its last letter.
    """
    lead = len(text) - len(text.lstrip())
    bullet = BULLET.match(text.lstrip())
    first = start + lead + (bullet.end() if bullet else 0)
    box, last_box = _box(raw, start + lead), _box(raw, start + len(text.rstrip()) - 1)
    size_box = _box(raw, first) if bullet else box
    size = size_box.top - size_box.bottom
    weight = pdfium.FPDFText_GetFontWeight(raw, pdfium.FPDFText_GetCharIndexFromTextIndex(raw, first))
    clean = _without_footnote_marks(raw, start, text, size)
    for mark, written in _MARKS.items():  # an eighth of what str.translate takes
        clean = clean.replace(mark, written)
    clean = " ".join(clean.split())  # spaces of all kinds, narrow and no-break ones too
    return Line(
        page=page,
        text=clean,
        size=size,
        is_bold=weight >= BOLD_WEIGHT,
        left=box.left,
        top=size_box.top,
        bottom=last_box.bottom,
        page_height=page_height,
    )


def _page_lines(page: pypdfium2.PdfPage, number: int) -> Iterator[Line]:
    text_page = page.get_textpage()
    start, height = 0, page.get_height()
    for text in text_page.get_text_range().split("\r\n"):
        if text.strip():
            line = _line(text_page.raw, start, text, number, height)
            if line.text:
                yield line
        start += len(text) + 2


def read_lines(path: Path) -> tuple[Line, ...]:
    """Return every line of a PDF in reading order, pages counted from 1.

    Raises UnreadableReportError with the reason where the file is missing, empty, no PDF, cut short, damaged,
    encrypted, far too long for a report, or holds no text.
    """
    _check_bytes(path)
    document = _open(path)
    try:
        if len(document) > MAX_PAGES:
            raise UnreadableReportError(
                f"{len(document)} pages, and no report of an inspection has over {MAX_PAGES}"
            )
        lines = tuple(line for n, page in enumerate(document, 1) for line in _page_lines(page, n))
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        raise UnreadableReportError("the PDF is damaged: a page can't be read") from error
    finally:
        document.close()
    if sum(len(line.text) for line in lines) < MIN_LETTERS_PER_PAGE * pages:
        raise UnreadableReportError(
            "holds no text (its pages are pictures); it would need character recognition"
        )
    return lines
