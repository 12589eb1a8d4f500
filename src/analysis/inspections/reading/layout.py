"""Lines → the report's own lines, without what a page repeats, and those → blocks: headings, paragraphs, bullets."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .text import BULLET, LINE_END_HYPHEN, Line

_MARGIN = 0.09  # the part of a page's height, at top and bottom, where running headers and page numbers stand
_SMALL = 0.89  # text under this part of the body's size is a footnote or a running line
_LARGE = 1.08  # text over this part of the body's size is a heading
_GAP = 0.6  # a new paragraph starts after white space of over this many times the text's size
_FULL_LINE = 40  # letters; a shorter line at a page's foot is a row or a bullet that ends there
_REPEATED = 3  # a line in the margin on so many pages is a running header or footer

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"^\d{1,3}$")
# A paragraph's number: «12. Text» or «12.Text», but neither a decimal nor a date.
_NUMBERED = re.compile(r"^(\d{1,3})\.\s*(?=[^\d\s])")
# The list of contents, which has a page of its own.
_CONTENTS = re.compile(r"^contents$", re.I)
# The publisher's address and terms, which close every report.
_END_MATTER = re.compile(r"^The Office for Standards in Education|^© Crown copyright|^Piccadilly Gate$")
_SOFT_HYPHEN = re.compile(r"\s*\u00ad\s*")
_BROKEN_WORD = re.compile(rf"(\w+){LINE_END_HYPHEN}\s*(\w+)")
_WHOLE_WORD = re.compile(rf"(?<![\w{LINE_END_HYPHEN}])\w+(?![\w{LINE_END_HYPHEN}])")
# A hyphen that PDFium left at a line's end has a space behind it once joined; «short- and long-term» keeps its own.
_HYPHEN_SPACE = re.compile(r"(\w-) (?!(?:and|or|to)\b)(?=[a-z])")
_SENTENCE_END = re.compile(r"[.?!:][’”'\")]*$")


@dataclass(frozen=True)
class Block:
    """A run of lines that belong together: ``kind`` is heading, paragraph or bullet."""

    kind: str
    page: int
    section: str
    paragraph: str
    text: str
    lines: tuple[Line, ...]


def body_size(lines: Iterable[Line]) -> float:
    """Return the size in points that most letters of a report are set in."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _in_margin(line: Line) -> bool:
    return line.bottom < _MARGIN * line.page_height or line.top > (1 - _MARGIN) * line.page_height


def _running(lines: Sequence[Line]) -> frozenset[str]:
    """Return the texts, digits aside, that stand in the margin of several pages."""
    pages = defaultdict(set)
    for line in lines:
        if _in_margin(line):
            pages[_DIGITS.sub("", line.text).strip()].add(line.page)
    return frozenset(text for text, numbers in pages.items() if len(numbers) >= _REPEATED)


def own_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines of the report's own text: no running headers and footers, page numbers or footnotes."""
    size, running = body_size(lines), _running(lines)

    def is_kept(line: Line) -> bool:
        if line.size < _SMALL * size:
            return False
        if _PAGE_NUMBER.match(line.text):
            return False
        return not (_in_margin(line) and _DIGITS.sub("", line.text).strip() in running)

    return tuple(line for line in lines if is_kept(line))


def _without_ends(lines: Sequence[Line]) -> Iterator[Line]:
    """Leave out the list of contents and, from its first line on, the publisher's closing matter."""
    contents_page = None
    last_page = max((line.page for line in lines), default=0)
    for line in lines:
        if _END_MATTER.match(line.text) and line.page > last_page / 2:
            return
        if _CONTENTS.match(line.text):
            contents_page = line.page
        if line.page != contents_page:
            yield line


def joined(texts: Iterable[str], known: frozenset[str] = frozenset()) -> str:
    """Join lines, and mend words over line ends: the hyphen stays unless ``known`` has the word without it."""
    text = " ".join(texts)
    if "\u00ad" in text:
        text = _SOFT_HYPHEN.sub("", text)

    def mended(match: re.Match[str]) -> str:
        plain = match[1] + match[2]
        return plain if plain.lower() in known else f"{match[1]}-{match[2]}"

    if LINE_END_HYPHEN in text:
        text = _BROKEN_WORD.sub(mended, text)
    if "- " in text:
        text = _HYPHEN_SPACE.sub(r"\1", text)
    return text.replace(LINE_END_HYPHEN, "-").strip()


def _words(lines: Iterable[Line]) -> frozenset[str]:
    """Return the report's words in small letters, but for those that a line's end breaks."""
    return frozenset(word for line in lines for word in _WHOLE_WORD.findall(line.text.lower()))


def _is_heading(line: Line, size: float) -> bool:
    if BULLET.match(line.text) or (_SENTENCE_END.search(line.text) and not line.text.endswith((":", "?"))):
        return False
    return line.size > _LARGE * size or line.is_bold


def _continues(previous: Line, line: Line, kind: str, size: float) -> bool:
    """Tell whether ``line`` goes on with the block that ``previous`` ends."""
    if BULLET.match(line.text) or (_NUMBERED.match(line.text) and not _is_heading(line, size)):
        return False
    if _is_heading(line, size) != (kind == "heading"):
        return False
    if kind == "heading" and (abs(line.size - previous.size) > 0.5 or line.is_bold != previous.is_bold):
        return False
    if line.page != previous.page:
        is_cut = len(previous.text) >= _FULL_LINE and not _SENTENCE_END.search(previous.text)
        return kind != "heading" and is_cut
    return previous.bottom - line.top < _GAP * max(line.size, size)


def _groups(lines: Sequence[Line], size: float) -> Iterator[tuple[str, tuple[Line, ...]]]:
    group: list[Line] = []
    kind = ""
    for line in lines:
        if group and not _continues(group[-1], line, kind, size):
            yield kind, tuple(group)
            group = []
        if not group:
            kind = (
                "heading" if _is_heading(line, size) else "bullet" if BULLET.match(line.text) else "paragraph"
            )
        group.append(line)
    if group:
        yield kind, tuple(group)


def blocks(own: Sequence[Line]) -> tuple[Block, ...]:
    """Return a report's headings, paragraphs and bullets, each with page, section and paragraph number.

    ``own`` are the report's own lines (see ``own_lines``).

    A section is the last heading larger than the body; a bullet keeps the number of the paragraph it stands under.
    """
    kept = tuple(_without_ends(own))
    size, known = body_size(kept), _words(kept)
    section = paragraph = ""
    laid_out = []
    for kind, group in _groups(kept, size):
        text = joined((line.words for line in group), known)
        number = _NUMBERED.match(text)
        if kind == "heading":
            paragraph = ""
            if group[0].size > _LARGE * size:
                section = text
        elif number:
            paragraph, text = number[1], text[number.end() :]
        elif kind == "paragraph":
            paragraph = ""
        laid_out.append(
            Block(kind=kind, page=group[0].page, section=section, paragraph=paragraph, text=text, lines=group)
        )
    return tuple(laid_out)
