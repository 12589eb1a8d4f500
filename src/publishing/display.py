"""What a notebook cell may end in: a chart, a table or prose, each showing itself.

Each class has ``_repr_mimebundle_``, so a cell is one call and needs no ``show``. Captions, alternative texts and sources
travel in the output's metadata under ``plan_drift``; the publishing step reads them from there.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from .blocks import ANSWER_LABELS, FILE_MIME, METADATA_KEY, TABLE_MIME
from .drawing import svg


def make_ready() -> None:
    """Import and look up what the first chart needs, before a process is copied for each notebook."""
    import matplotlib_inline.backend_inline  # noqa: F401
    from matplotlib.backends.registry import backend_registry

    backend_registry.list_all()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Chart:
    """A figure with the caption, the alternative text and the source that it is never shown without."""

    figure: Figure = field(repr=False)
    caption: str
    alt: str
    source: str

    def svg(self) -> str:
        """Return the figure as SVG; the same bytes for the same figure."""
        return svg(self.figure)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        about = {"kind": "figure", "caption": self.caption, "alt": self.alt, "source": self.source}
        return {"image/svg+xml": self.svg(), "text/plain": f"[figure] {self.caption}"}, {METADATA_KEY: about}


def _row_html(row: list[str], styles: list[str], links: Mapping[str, str]) -> str:
    def shown(text: str) -> str:
        told, address = html.escape(text), links.get(text)
        return f'<a href="{html.escape(address)}">{told}</a>' if address else told

    first, *rest = [f"{style}>{shown(text)}" for text, style in zip(row, styles, strict=True)]
    return f'<th scope="row"{first}</th>' + "".join(f"<td{cell}</td>" for cell in rest)


@dataclass(frozen=True)
class Table:
    """A table for readers: a frame of display-ready cells with string column names.

    ``frame`` holds text or numbers as they are to be read (formatting is the maker's); its index isn't shown.
    The first column heads its rows. Columns of numbers, or named in ``align_right``, stand right-aligned. ``links`` has the
    address of each cell's text that leads somewhere, as from the web page of the report; the PDF leads to the other's PDF.
    """

    frame: pd.DataFrame = field(repr=False)
    caption: str
    source: str
    note: str = ""
    align_right: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return the table as JSON data: ``columns``, ``rows`` of text, whether each column stands ``right``, ``links``."""
        numeric = pd.api.types.is_numeric_dtype
        return {
            "columns": [str(column) for column in self.frame.columns],
            "rows": [
                ["" if value is None or value is pd.NA or value != value else str(value) for value in row]
                for row in self.frame.itertuples(index=False, name=None)
            ],
            "right": [
                column in self.align_right or numeric(self.frame[column]) for column in self.frame.columns
            ],
            **({"links": dict(self.links)} if self.links else {}),
        }

    def html(self) -> str:
        """Return the table as HTML with caption, header cells and scopes."""
        data = self.as_data()
        styles = [' style="text-align: right"' if right else "" for right in data["right"]]
        heads = "".join(
            f'<th scope="col"{style}>{html.escape(column)}</th>'
            for column, style in zip(data["columns"], styles, strict=True)
        )
        rows = "\n".join(f"<tr>{_row_html(row, styles, self.links)}</tr>" for row in data["rows"])
        caption = f"<caption>{html.escape(self.caption)}</caption>"
        return f"<table>\n{caption}\n<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        about = {"kind": "table", "caption": self.caption, "source": self.source, "note": self.note}
        return {
            TABLE_MIME: self.as_data(),
            "text/html": self.html(),
            "text/plain": f"[table] {self.caption}",
        }, {METADATA_KEY: about}


@dataclass(frozen=True)
class File:
    """A frame for a report's archive alone, as a CSV file called ``name``: too long to be read."""

    name: str
    frame: pd.DataFrame = field(repr=False)
    caption: str

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        text = self.frame.to_csv(index=False, lineterminator="\n")
        about = {"kind": "file", "name": self.name, "caption": self.caption}
        return {FILE_MIME: text, "text/plain": f"[file] {self.name}: {self.caption}"}, {METADATA_KEY: about}


@dataclass(frozen=True)
class Prose:
    """Markdown whose numbers were computed by the cell that shows it."""

    markdown: str

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"text/markdown": self.markdown, "text/plain": self.markdown}, {
            METADATA_KEY: {"kind": "prose"}
        }


@dataclass(frozen=True)
class Answer:
    """What a report answers, as Markdown; it opens the report, and publishing refuses one of more than four sentences.

    ``answer`` says it with numbers in natural units, its first paragraph what it comes to; ``certainty`` says how sure it
    is, ``not_shown`` what it doesn't show.
    """

    answer: str
    certainty: str
    not_shown: str

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        parts = {"answer": self.answer, "certainty": self.certainty, "not_shown": self.not_shown}
        text = "\n\n".join(f"**{ANSWER_LABELS[name]}** {part}" for name, part in parts.items())
        return {"text/markdown": text, "text/plain": text}, {METADATA_KEY: {"kind": "answer", **parts}}


@dataclass(frozen=True)
class Front:
    """Title and question of a report whose subject depends on its parameters; shown at the top of its first page."""

    title: str
    question: str

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        text = f"# {self.title}\n\n{self.question}"
        about = {"kind": "front", "title": self.title, "question": self.question}
        return {"text/markdown": text, "text/plain": text}, {METADATA_KEY: about}
