"""Reads an executed notebook, the package's own or any other, into the blocks of a report."""

import ast
import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .blocks import (
    ANSWER_LABELS,
    FILE_MIME,
    METADATA_KEY,
    TABLE_MIME,
    Answer,
    Block,
    Figure,
    Prose,
    Report,
    TableBlock,
    Verbatim,
)
from .errors import PublishingError
from .tables import grid_of, split_html
from .words import SENTENCE_END, with_apostrophes

INJECTED_TAG = "injected-parameters"
"""Papermill's tag of the cell that it puts after that of the defaults."""
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_OPTION = re.compile(r"^#\|\s*(fig-alt|fig-cap)\s*:\s*(.*)$", re.MULTILINE)
_IMAGES = (("image/svg+xml", "svg"), ("image/png", "png"), ("image/jpeg", "jpg"))
MOST_SENTENCES = 4
"""Of an answer: a reader who wants more reads on."""
_HIDDEN_TAGS = {"remove_cell", "remove-cell"}
_HIDDEN_OUTPUT_TAGS = {"remove_output", "remove-output"}
_HIDDEN_CODE_TAGS = {"remove_input", "remove-input", "hide_input", "hide-input"}
_HOW_TO_DESCRIBE = (
    "say what it shows in the cell's metadata as \"alt\", or in its first lines as '#| fig-alt: …'"
)


def joined(text: Any) -> str:
    """Return notebook text, which may be a list of lines, as one text."""
    return "".join(text) if isinstance(text, list | tuple) else str(text)


def read_report(
    notebook: Mapping[str, Any], name: str, *, include_code: bool = False, allow_errors: bool = False
) -> Report:
    """Return the Report that a notebook makes; ``name`` stands in messages and for a missing title.

    Raises PublishingError for a figure without alternative text and, unless ``allow_errors``, for a cell that
    failed; the message names the notebook and the cell.
    """
    own = notebook.get("metadata", {}).get(METADATA_KEY, {})
    include_code = include_code or bool(own.get("include_code"))
    cells = list(_numbered(notebook["cells"]))
    title, question, texts = _front_matter(cells, _shown_front(cells))
    blocks: list[Block] = []
    for number, cell in cells:
        if _HIDDEN_TAGS & set(cell.get("metadata", {}).get("tags", ())):
            continue
        if cell["cell_type"] == "markdown":
            if texts[number].strip():
                blocks.append(Prose(texts[number], cell=number, attachments=cell.get("attachments", {})))
        elif cell["cell_type"] == "code":
            blocks += _code_cell(cell, f"{name}, cell {number}", include_code, allow_errors, number)
    return _with_front(notebook, name, title, own.get("question") or question, tuple(blocks))


def _with_front(
    notebook: Mapping[str, Any], name: str, title: str, question: str, blocks: tuple[Block, ...]
) -> Report:
    metadata = notebook.get("metadata", {})
    own = metadata.get(METADATA_KEY, {})
    provenance = own.get("provenance")
    authors = own.get("authors") or [
        author["name"] if isinstance(author, Mapping) else str(author)
        for author in metadata.get("authors", [])
    ]
    # Of a report made in a run the record of it names the package; the first page has the date of the data.
    origin = [
        ("Package", None if (provenance or {}).get("maker") else own.get("version")),
        ("Run", own.get("run")),
    ]
    title = with_apostrophes(own.get("title") or title or metadata.get("title") or name)
    return Report(
        title=title,
        question=with_apostrophes(question),
        authors=tuple(authors),
        origin=tuple((label, str(value)) for label, value in origin if value),
        citation=cited(own.get("citation"), title),
        published=str(own.get("published") or ""),
        links=tuple((str(label), str(address)) for label, address in own.get("links", ())),
        licence=str(own.get("licence") or ""),
        notice=_notice(notebook),
        provenance=provenance,
        data_date=str(own.get("data_date") or ""),
        blocks=tuple(map(_typeset, blocks)),
        files=dict(_files(notebook["cells"])),
    )


def _typeset(block: Block) -> Block:
    """Return a block with its text as print has it; a table's cells and what is in fixed width stay as they were given."""
    if isinstance(block, Prose) and block.format != "html":
        return replace(block, text=with_apostrophes(block.text))
    if isinstance(block, Answer):
        return Answer(*(replace(part, text=with_apostrophes(part.text)) for part in block.parts))
    if isinstance(block, Figure):
        caption, source, alt = map(with_apostrophes, (block.caption, block.source, block.alt))
        return replace(block, caption=caption, source=source, alt=alt)
    if isinstance(block, TableBlock):
        caption, source, note = map(with_apostrophes, (block.caption, block.source, block.note))
        return replace(block, caption=caption, source=source, note=note)
    return block


def _files(cells: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Return the files that cells put into the archive, by name: what each holds, and its text."""
    for cell in cells:
        for output in cell.get("outputs", ()):
            about = output.get("metadata", {}).get(METADATA_KEY, {})
            if about.get("kind") == "file":
                yield str(about["name"]), (str(about.get("caption", "")), joined(output["data"][FILE_MIME]))


def cited(about: Mapping[str, str] | None, title: str) -> str:
    """Return how to cite a report by its own title, in the ``work`` that it is part of; nothing where that isn't told."""
    if not about:
        return ""
    year = f" ({about['year']})" if about.get("year") else ""
    parts = [f"{about['authors']}{year}", f"‘{title}’, in {about['work']}", about.get("address", "")]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def plain(value: Any) -> str:
    """Return a parameter's value as it is read by people: lists by commas, truth as yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(plain(entry) for entry in value) or "none"
    return "none" if value is None or value == "" else str(value)


def _numbered(cells: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Count cells as their author does: papermill's injected parameters aren't one of them."""
    number = 0
    for cell in cells:
        if INJECTED_TAG in cell.get("metadata", {}).get("tags", ()):
            continue
        number += 1
        yield number, cell


def _notice(notebook: Mapping[str, Any]) -> str:
    code = [
        cell for cell in notebook["cells"] if cell["cell_type"] == "code" and joined(cell["source"]).strip()
    ]
    if code and not any(cell.get("outputs") or cell.get("execution_count") for cell in code):
        return "This notebook has not been run: it has no results to show."
    return ""


def _shown_front(cells: list[tuple[int, Mapping[str, Any]]]) -> Mapping[str, Any]:
    """Return the title and the question that a cell computed, where one did."""
    for _, cell in cells:
        for output in cell.get("outputs", ()):
            about: Mapping[str, Any] = output.get("metadata", {}).get(METADATA_KEY, {})
            if about.get("kind") == "front":
                return about
    return {}


def _front_matter(
    cells: Iterable[tuple[int, Mapping[str, Any]]], front: Mapping[str, Any]
) -> tuple[str, str, dict[int, str]]:
    """Take the title and the Question section, which the front page shows, out of the markdown cells.

    What a cell computed goes before what is written.
    """
    title, question, texts = "", None, {}
    for number, cell in cells:
        if cell["cell_type"] != "markdown":
            continue
        text = joined(cell["source"])
        if not title:
            title, text = _taken_title(text)
        if question is None:
            question, text = _taken_section(text, "question", may_be_empty=bool(front))
        texts[number] = text
    return front.get("title") or title, front.get("question") or question or "", texts


def _headings(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    fenced = False
    for position, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        match = None if fenced else _HEADING.match(line)
        if match:
            yield position, len(match[1]), match[2]


def _taken_title(text: str) -> tuple[str, str]:
    lines = text.splitlines()
    for position, level, heading in _headings(lines):
        if level == 1:
            return re.sub(r"[*_`]", "", heading), "\n".join(lines[:position] + lines[position + 1 :])
    return "", text


def _taken_section(text: str, name: str, *, may_be_empty: bool) -> tuple[str | None, str]:
    lines = text.splitlines()
    headings = list(_headings(lines))
    for i, (position, _, heading) in enumerate(headings):
        if heading.casefold() == name:
            end = headings[i + 1][0] if i + 1 < len(headings) else len(lines)
            section = "\n".join(lines[position + 1 : end]).strip()
            if section or may_be_empty:
                return section, "\n".join(lines[:position] + lines[end:])
    return None, text


def _code_cell(
    cell: Mapping[str, Any], place: str, include_code: bool, allow_errors: bool, number: int
) -> list[Block]:
    tags = set(cell.get("metadata", {}).get("tags", ()))
    source = joined(cell.get("source", "")).strip()
    blocks: list[Block] = []
    if include_code and source and not tags & _HIDDEN_CODE_TAGS:
        blocks.append(Verbatim(source, "python"))
    if tags & _HIDDEN_OUTPUT_TAGS:
        return blocks
    described = _Described(cell, place)
    for output in cell.get("outputs", ()):
        blocks += _output(output, described, allow_errors, number)
    return blocks


class _Described:
    """The alternative texts and captions that a cell gives its figures, handed out in order."""

    def __init__(self, cell: Mapping[str, Any], place: str) -> None:
        metadata = cell.get("metadata", {})
        options = dict(_OPTION.findall(joined(cell.get("source", ""))))
        self.place = place
        self._shown = 0
        self._alts = _texts(
            metadata.get("alt") or metadata.get(METADATA_KEY, {}).get("alt") or options.get("fig-alt")
        )
        self._captions = _texts(metadata.get("caption") or options.get("fig-cap"))
        self._given = len(self._alts)

    def next(self, about: Mapping[str, Any]) -> tuple[str, str]:
        alt = about.get("alt") or (self._alts.pop(0) if self._alts else "")
        caption = about.get("caption") or (self._captions.pop(0) if self._captions else "")
        self._shown += 1
        if self._given and not str(alt).strip():
            told = "1 alternative text" if self._given == 1 else f"{self._given} alternative texts"
            raise PublishingError(
                f"{self.place}: shows {self._shown} or more figures and gives {told}; describe each as a list, or end "
                "the cell in something else than the figure, which shows it a second time"
            )
        if not str(alt).strip():
            raise PublishingError(f"{self.place}: a figure has no alternative text; {_HOW_TO_DESCRIBE}")
        return str(alt).strip(), str(caption).strip()


def _texts(given: Any) -> list[str]:
    if not given:
        return []
    if isinstance(given, str) and given.startswith(("[", '"', "'")):
        try:
            given = ast.literal_eval(given)
        except (SyntaxError, ValueError):
            return [given]
    return [given] if isinstance(given, str) else [str(entry) for entry in given]


def _output(output: Mapping[str, Any], described: _Described, allow_errors: bool, number: int) -> list[Block]:
    kind = output["output_type"]
    if kind == "stream":
        return _verbatim(joined(output.get("text", "")))
    if kind == "error":
        if not allow_errors:
            raise PublishingError(
                f"{described.place}: ends in an error, {output.get('ename')}: "
                f"{_first_line(output.get('evalue', ''))}; "
                "run the notebook again, or allow errors (--TypstPdfExporter.allow_errors=True)"
            )
        return _verbatim(
            "\n".join(output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"])
        )
    return _display(output, described, number)


def _first_line(text: str) -> str:
    lines = str(text).strip().splitlines()
    return lines[0] if lines else ""


def _display(output: Mapping[str, Any], described: _Described, number: int) -> list[Block]:
    data, metadata = output.get("data", {}), output.get("metadata", {})
    about = metadata.get(METADATA_KEY, {})
    if about.get("kind") in ("results", "front", "file") or not data:
        return []
    if about.get("kind") == "answer":
        return [_answer(about, described.place, number)]
    for mime, suffix in _IMAGES:
        if mime in data:
            return [_figure(data[mime], suffix, {**metadata.get(mime, {}), **about}, described)]
    if TABLE_MIME in data:
        grid = grid_of(**data[TABLE_MIME])
        return [TableBlock(grid, about.get("caption", ""), about.get("source", ""), about.get("note", ""))]
    if "text/html" in data:
        blocks = _html(joined(data["text/html"]), about, number)
        if blocks:
            return blocks
    if "text/markdown" in data:
        return [Prose(joined(data["text/markdown"]), cell=number)]
    if "text/latex" in data:
        return [Prose(_display_math(joined(data["text/latex"])), cell=number)]
    return _verbatim(joined(data.get("text/plain", "")))


def _answer(about: Mapping[str, Any], place: str, number: int) -> Answer:
    """Return an answer whose parts all say something, the first in few sentences; else raise PublishingError."""
    texts = {name: str(about.get(name) or "").strip() for name in ANSWER_LABELS}
    for name, text in texts.items():
        if not text:
            raise PublishingError(f"{place}: the answer lacks '{name}'")
    n_sentences = len(SENTENCE_END.findall(texts["answer"]))
    if n_sentences > MOST_SENTENCES:
        raise PublishingError(
            f"{place}: the answer has {n_sentences} sentences; {MOST_SENTENCES} at most are read, move the rest below"
        )
    return Answer(**{name: Prose(text, cell=number) for name, text in texts.items()})


def _figure(content: Any, suffix: str, about: Mapping[str, Any], described: _Described) -> Figure:
    alt, caption = described.next(about)
    text = joined(content)
    raw = text.encode() if suffix == "svg" else base64.b64decode(text)
    return Figure(
        content=raw,
        suffix=suffix,
        alt=alt,
        caption=caption,
        source=str(about.get("source") or ""),
        width_px=about.get("width"),
    )


def _html(text: str, about: Mapping[str, Any], number: int) -> list[Block]:
    blocks: list[Block] = []
    for part in split_html(text):
        if isinstance(part, str):
            blocks.append(Prose(part, format="html", cell=number))
        else:
            caption = about.get("caption") or part.caption
            blocks.append(TableBlock(part, caption, about.get("source", ""), about.get("note", "")))
    return blocks


def _display_math(latex: str) -> str:
    inner = latex.strip().strip("$").strip()
    return f"$$\n{inner.removeprefix(chr(92) + 'displaystyle').strip()}\n$$" if "$" in latex else latex


def _verbatim(text: str) -> list[Block]:
    clean = _ANSI.sub("", text).replace("\r\n", "\n").rstrip()
    lines = [line.rsplit("\r", 1)[-1] for line in clean.split("\n")]
    return [Verbatim("\n".join(lines))] if clean.strip() else []
