"""What a report is made of: the blocks of a notebook, read once and set as PDF and as a web page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .tables import Grid

TABLE_MIME = "application/vnd.plan-drift.table+json"
"""A table as data: `columns`, `rows` of text and which columns stand `right`; the HTML beside it is for other readers."""
FILE_MIME = "application/vnd.plan-drift.file"
"""The text of a file that a report's archive holds and no page shows."""
ANSWER_LABELS = {"answer": "Answer", "certainty": "How sure?", "not_shown": "What this does not show"}
"""What stands above each part of an answer, for a reader of the notebook, the PDF and the page."""
METADATA_KEY = "plan_drift"
"""Under which an output's metadata say what it is: its kind, caption, alternative text and source."""


@dataclass(frozen=True)
class Prose:
    """Markdown or HTML text; ``cell`` counts the notebook's cells from 1."""

    text: str
    format: str = "markdown"
    cell: int = 0
    attachments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a report answers: the answer, how sure it is, and what it doesn't show; it stands on the first page."""

    answer: Prose
    certainty: Prose
    not_shown: Prose

    @property
    def parts(self) -> tuple[Prose, Prose, Prose]:
        """The three texts in the order in which they are read."""
        return self.answer, self.certainty, self.not_shown


@dataclass(frozen=True)
class Figure:
    """A picture with its alternative text; without a caption it has no number."""

    content: bytes = field(repr=False)
    suffix: str
    alt: str
    caption: str = ""
    source: str = ""
    width_px: int | None = None


@dataclass(frozen=True)
class TableBlock:
    """A table with its caption, source and note; without a caption it has no number."""

    grid: Grid = field(repr=False)
    caption: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Verbatim:
    """Text in fixed width: printed output, or code where it was asked for."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Section:
    """A heading that the report adds; one that ``is_small_print`` has all that follows in small type."""

    title: str
    level: int = 1
    is_small_print: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Plain text that the report adds."""

    text: str


Block = Prose | Answer | Figure | TableBlock | Verbatim | Section | Paragraph


@dataclass(frozen=True)
class Report:
    """A notebook as a reader gets it: title and question, blocks, and on the last page what it is and comes from."""

    title: str
    blocks: tuple[Block, ...]
    question: str = ""
    authors: tuple[str, ...] = ()
    origin: tuple[tuple[str, str], ...] = ()
    citation: str = ""
    published: str = ""
    links: tuple[tuple[str, str], ...] = ()
    licence: str = ""
    notice: str = ""
    provenance: Mapping[str, Any] | None = None
    data_date: str = ""
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Files for the archive alone, by name: what each holds in a line, and its text."""

    @property
    def authors_in_front(self) -> tuple[str, ...]:
        """Authors under the title: none where the citation at the end names them, for the first page is for the answer."""
        return () if self.citation else self.authors

    @property
    def answer(self) -> Answer | None:
        """What the report answers, where it does."""
        return next((block for block in self.blocks if isinstance(block, Answer)), None)
