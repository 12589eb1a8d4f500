"""Blocks of a report → one web page that needs nothing else: the PDF's twin, for screen, phone and print."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files

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
from .markup import Converted
from .tables import Cell, Grid, right_aligned
from .typesetting import dates
from .words import linked, pieces, title_of

# A page holds all that it shows: no script, nothing from another address, nothing that is sent.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# What an address can't hold, or would end the attribute it stands in; single quotes for double, which are in every line.
# In this order: what stands for a sign is not replaced again.
_IN_AN_ADDRESS = {"%": "%25", "#": "%23", "'": "%27", '"': "'", "&": "%26", "\n": " ", "\r": ""}
_MIME = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg"}


def page(title: str, body: str, description: str = "", script: str = "") -> str:
    """Return a whole page in the look of the reports: language, viewport, skip link, styles inside.

    ``script`` is the only one that may run in it; the page must say all that it says without.
    """
    css = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    about = f'<meta name="description" content="{escape(description)}">\n' if description else ""
    run = f"<script>{script}</script>\n" if script else ""
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n{about}<style>\n{css}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#content">Skip to content</a>\n{body}\n{run}</body>\n</html>\n'
    )


def _policy(script: str) -> str:
    if not script:
        return _POLICY
    return f"{_POLICY}; script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def data_uri(content: bytes, suffix: str) -> str:
    """Return a picture as the address that holds it; a drawing as text, which takes a quarter less room than in base 64."""
    if suffix == "svg":
        text = content.decode()
        for sign, written in _IN_AN_ADDRESS.items():  # a tenth of what str.translate takes
            text = text.replace(sign, written)
        return f"data:{_MIME[suffix]},{text}"
    return f"data:{_MIME.get(suffix, 'application/octet-stream')};base64,{b64encode(content).decode()}"


class Page:
    """A page in the making: counts its figures and tables."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        self._pictures = pictures
        self._figures = self._tables = 0
        self.parts: list[str] = []

    def add(self, block: Block, converted: Mapping[int, Converted]) -> None:
        """Append one block; ``converted`` is what pandoc made of prose, by the prose's ``id``."""
        if isinstance(block, Prose):
            self.parts.append(self.prose(converted[id(block)]))
        elif isinstance(block, Answer):
            self.parts.append(self._answer(block, converted))
        elif isinstance(block, Figure):
            self.parts.append(self._figure(block))
        elif isinstance(block, TableBlock):
            self.parts.append(self._table(block))
        elif isinstance(block, Verbatim):
            self.parts.append(f"<pre><code>{escape(block.text)}</code></pre>")
        elif isinstance(block, Section):
            level = block.level + 1
            self.parts.append(f"<h{level}>{escape(block.title)}</h{level}>")
        elif isinstance(block, Paragraph):
            self.parts.append(f"<p>{escape(block.text)}</p>")

    def prose(self, converted: Converted) -> str:
        """Return converted prose with its pictures inside and its tables free to scroll."""
        text = converted.html
        for image in converted.images:
            text = text.replace(
                f'src="image:{image.key}"', f'src="{escape(self._pictures.get(image.key, image.src))}"'
            )
        return text.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace(
            "</table>", "</table></div>"
        )

    def _answer(self, block: Answer, converted: Mapping[int, Converted]) -> str:
        parts = [
            f"<h{level}>{escape(label)}</h{level}>\n{self.prose(converted[id(part)])}"
            for level, label, part in zip((2, 3, 3), ANSWER_LABELS.values(), block.parts, strict=True)
        ]
        return '<section class="answer" aria-label="Answer">\n' + "\n".join(parts) + "\n</section>"

    def _figure(self, block: Figure) -> str:
        image = f'<img src="{data_uri(block.content, block.suffix)}" alt="{escape(block.alt)}">'
        source = _under("Source", block.source)
        if not block.caption:
            return f"<figure>{image}{source}</figure>"
        self._figures += 1
        title, rest = title_of(block.caption)
        caption = (
            f"{_number('Figure', self._figures)} <strong>{escape(title)}</strong> {escape(rest)}".rstrip()
        )
        image = f'<div class="scroll picture" role="region" aria-label="Figure {self._figures}" tabindex="0">{image}</div>'
        return f"<figure>\n<figcaption>{caption}</figcaption>\n{image}\n{source}\n</figure>"

    def _table(self, block: TableBlock) -> str:
        caption, label = "", "Table"
        if block.caption:
            self._tables += 1
            caption = f"<caption>{_number('Table', self._tables)} {escape(block.caption)}</caption>\n"
            label = block.caption
        under = _under("Note", block.note) + _under("Source", block.source)
        drawn = table(block.grid, caption)
        region = f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0">'
        return f"{region}\n{drawn}\n</div>\n{under}"


def _number(kind: str, number: int) -> str:
    return f'<span class="number">{kind} {number}.</span>'


def _under(label: str, text: str) -> str:
    return f'<span class="source">{label}: {escape(text)}</span>' if text else ""


def table(grid_: Grid, caption: str = "") -> str:
    """Return a table as HTML with header cells and their scopes."""
    right = right_aligned(grid_)
    head = "\n".join(_row(row, grid_.width, right, in_head=True) for row in grid_.head)
    body = "\n".join(_row(row, grid_.width, right, in_head=False) for row in grid_.body)
    thead = f"<thead>\n{head}\n</thead>\n" if head else ""
    return f"<table>\n{caption}{thead}<tbody>\n{body}\n</tbody>\n</table>"


def _row(row: Iterable[Cell], width: int, right: tuple[bool, ...], *, in_head: bool) -> str:
    row = tuple(row)
    x = width - sum(cell.columns for cell in row)
    cells = []
    for cell in row:
        cells.append(_cell(cell, right=cell.columns == 1 and right[x], in_head=in_head))
        x += cell.columns
    return f"<tr>{''.join(cells)}</tr>"


def _cell(cell: Cell, *, right: bool, in_head: bool) -> str:
    head = (in_head and bool(cell.text)) or cell.head
    tag = "th" if head else "td"
    scope = (
        ""
        if not head
        else ' scope="colgroup"'
        if in_head and cell.columns > 1
        else ' scope="col"'
        if in_head
        else ' scope="row"'
    )
    spans = "".join(
        f' {name}="{n}"' for name, n in (("colspan", cell.columns), ("rowspan", cell.rows)) if n > 1
    )
    style = ' class="right"' if right else ""
    parts = [(cell.text, cell.link)] if cell.link else linked(cell.text)
    text = "".join(_part(text, address) for text, address in parts)
    return f"<{tag}{scope}{spans}{style}>{text}</{tag}>"


def _part(text: str, address: str) -> str:
    told = "<wbr>".join(map(escape, pieces(text)))
    return f'<a href="{escape(address)}">{told}</a>' if address else told


_SECTION = re.compile(r"<h2(?: id=\"([^\"]*)\")?>(.*?)</h2>", re.DOTALL)
_FEWEST_SECTIONS = 4


def with_contents(main: str) -> tuple[str, str]:
    """Return the page's text with an anchor at each section, and a list of links to them; no list where there are few."""
    entries: list[str] = []

    def anchored(section: re.Match[str]) -> str:
        anchor = section[1] or f"part-{len(entries) + 1}"
        title = re.sub(r"<[^>]*>", "", section[2])
        entries.append(f'<li><a href="#{anchor}">{title}</a></li>')
        return f'<h2 id="{anchor}">{section[2]}</h2>'

    text = _SECTION.sub(anchored, main)
    if len(entries) < _FEWEST_SECTIONS:
        return text, ""
    listed = "\n".join(entries)
    return text, f'<nav class="contents" aria-label="Contents">\n<ul>\n{listed}\n</ul>\n</nav>'


def bar(links: Iterable[tuple[str, str]]) -> str:
    """Return the bar above a report that links to what belongs to it; nothing where there are no links."""
    drawn = "".join(f'<li><a href="{escape(address)}">{escape(label)}</a></li>' for label, address in links)
    return f'<nav class="bar" aria-label="Reports and downloads"><ul>{drawn}</ul></nav>' if drawn else ""


def footer(report: Report) -> str:
    """Return what ends a page: its licence; nothing where none is told."""
    return f"<footer><p>{escape(report.licence)}</p></footer>" if report.licence else ""


def front(report: Report, question: str) -> str:
    """Return the head of the page: title, question and, where the notebook wasn't run, that notice."""
    parts = [f'<header class="front">\n<h1>{escape(report.title)}</h1>']
    if report.authors_in_front:
        parts.append(f'<p class="authors">{escape(", ".join(report.authors_in_front))}</p>')
    if told := dates(report):
        parts.append(f'<p class="authors">{escape(told)}</p>')
    if report.notice:
        parts.append(f'<p class="notice">{escape(report.notice)}</p>')
    if question:
        parts.append(f'<div class="question">{question}</div>')
    return "\n".join([*parts, "</header>"])
