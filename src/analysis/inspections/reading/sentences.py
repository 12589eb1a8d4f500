"""Blocks → sentences, each with a place that evidence can be pointed to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .judgements import is_judgement_row, section_name
from .layout import Block, blocks, own_lines
from .text import read_lines

MIN_WORDS = 3
"""Fewer words than this make no statement."""

# A full stop, question or exclamation mark, with closing quotes or brackets, before a space and what can start a
# sentence: a capital, a digit, or an opening quote or bracket.
_BOUNDARY = re.compile(r"(?<=[.?!])[’”'\")]*\s+(?=[‘“'\"(]*[A-Z0-9£])")
# What ends in a full stop and no sentence: titles, «e.g.», «No.», a single initial.
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|Nos|vs|e\.g|i\.e|etc|approx|para|p|pp|cf|[A-Z]))\.$")
# Sections that explain the inspectorate's grades in the same words in every report.
_EXPLANATION = re.compile(r"judge?ments? (?:and what they )?mean\b", re.I)
# A heading that only gives the grade of the section it stands in: «Grade 3 (Adequate)».
_ONLY_GRADE = re.compile(r"^grade \d\b", re.I)
_WORD = re.compile(r"[^\W\d_]+")


# A remark in brackets that belongs to the sentence before it, such as a recommendation's number.
_REFERENCE = re.compile(r"\([^)]{1,60}\)\.?(?:\s|$)")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a report: file name, page from 1, section heading, paragraph number if any, running number."""

    report: str
    page: int
    section: str
    paragraph: str
    number: int
    text: str


def split_sentences(text: str) -> tuple[str, ...]:
    """Split a paragraph into sentences, not at abbreviations and initials."""
    pieces, start = [], 0
    for boundary in _BOUNDARY.finditer(text):
        piece = text[start : boundary.end()].strip()
        if _ABBREVIATION.search(piece) or _REFERENCE.match(text, boundary.end()):
            continue
        pieces.append(piece)
        start = boundary.end()
    return (*pieces, text[start:].strip())


def _page_of(block: Block, position: int) -> int:
    """Return the page where a block's text stands after ``position`` characters."""
    for line in block.lines:
        position -= len(line.words) + 1
        if position < 0:
            return line.page
    return block.lines[-1].page


def _block_sentences(block: Block) -> Iterator[tuple[int, str]]:
    position = 0
    for text in split_sentences(block.text):
        if len(_WORD.findall(text)) >= MIN_WORDS:
            yield _page_of(block, position), text
        position += len(text) + 1


def _sections(laid_out: Sequence[Block]) -> Iterator[tuple[str, bool]]:
    """Yield each block's section, and whether the block is a row of judgements.

    A section is the last large heading, or the judgement whose row stands above its findings. Rows that follow one
    another are a table, which names no section.
    """
    row = heading = ""
    after_row = False
    for block in laid_out:
        if block.section != heading and not _ONLY_GRADE.match(block.section):
            heading, row = block.section, ""
        is_row = is_judgement_row(block.text)
        if is_row:
            row = "" if after_row else section_name(block.text)
        after_row = is_row
        yield row or section_name(heading), is_row


def sentences_of(laid_out: Sequence[Block], report: str) -> tuple[Sentence, ...]:
    """Return the sentences of a report's blocks: no headings, rows of judgements, contents, closing matter, nor
    what the grades mean.
    """
    sentences: list[Sentence] = []
    for block, (section, is_row) in zip(laid_out, _sections(laid_out), strict=True):
        if block.kind == "heading" or is_row or _EXPLANATION.search(section):
            continue
        for page, text in _block_sentences(block):
            sentences.append(
                Sentence(
                    report=report,
                    page=page,
                    section=section,
                    paragraph=block.paragraph,
                    number=len(sentences) + 1,
                    text=text,
                )
            )
    return tuple(sentences)


def read_sentences(path: Path) -> tuple[Sentence, ...]:
    """Return the sentences of a report's PDF; raises UnreadableReportError as ``read_lines`` does."""
    return sentences_of(blocks(own_lines(read_lines(path))), path.name)
