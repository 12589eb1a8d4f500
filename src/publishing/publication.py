"""A notebook's report, as PDF and as web page, from one reading and one call of pandoc."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import typesetting, webpage
from .blocks import Answer, Block, Prose, Report, TableBlock
from .errors import PublishingError
from .markup import Converted, Markup, MarkupImage, convert
from .provenance import provenance_blocks
from .reading import joined, read_report
from .takeaway import archive

LONGEST_WORD = 2_000
_ENDLESS_WORD = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}
_FILE_SUFFIXES = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".svg": "svg"}


@dataclass(frozen=True)
class Publication:
    """A report as PDF, as web page, and as an archive of its tables and figures."""

    report: Report = field(repr=False)
    pdf: bytes = field(repr=False)
    html: str = field(repr=False)
    archive: bytes = field(repr=False)


def publish(
    notebook: Mapping[str, Any],
    name: str,
    *,
    folder: str | Path = ".",
    include_code: bool = False,
    allow_errors: bool = False,
) -> Publication:
    """Return an executed notebook as PDF, web page and archive; ``folder`` holds the pictures that it names.

    Raises PublishingError, with the notebook's name and cell, for a figure without alternative text, a cell
    that failed (unless ``allow_errors``) or a document that can't be set.
    """
    report = read_report(notebook, name, include_code=include_code, allow_errors=allow_errors)
    _refuse_endless_words(report, name)
    blocks = (*report.blocks, *provenance_blocks(report))
    prose = list(_prose_of(blocks))
    question = [Markup(report.question)] if report.question else []
    converted = convert([*question, *(Markup(block.text, block.format) for block in prose)])
    asked = converted.pop(0) if question else None
    pictures = _pictures(zip(prose, converted, strict=True), Path(folder), name)
    by_block = dict(zip(map(id, prose), converted, strict=True))
    pdf = _pdf(report, blocks, by_block, asked, pictures, name)
    return Publication(report, pdf, _html(report, blocks, by_block, asked, pictures), archive(report))


def _prose_of(blocks: Iterable[Block]) -> Iterator[Prose]:
    for block in blocks:
        if isinstance(block, Prose):
            yield block
        elif isinstance(block, Answer):
            yield from block.parts


def _refuse_endless_words(report: Report, name: str) -> None:
    """Raise PublishingError for a word that no line could hold: setting it would take minutes."""
    for block in report.blocks:
        texts = [prose.text for prose in _prose_of([block])]
        if isinstance(block, TableBlock):
            texts = [cell.text for row in (*block.grid.head, *block.grid.body) for cell in row]
        for text in texts:
            for word in _ENDLESS_WORD.findall(text):
                if "base64," not in word:  # a picture within the text
                    place = f", cell {block.cell}" if isinstance(block, Prose) else ", a table"
                    raise PublishingError(
                        f"{name}{place}: a word of {len(word):,} characters ('{word[:20]}…'); "
                        f"a report takes {LONGEST_WORD:,}"
                    )


def _pdf(
    report: Report,
    blocks: Iterable[Block],
    by_block: Mapping[int, Converted],
    question: Converted | None,
    pictures: Mapping[str, tuple[bytes, str]],
    name: str,
) -> bytes:
    source = typesetting.Source()
    placed = {
        key: (source.add_file(content, suffix), typesetting.picture_width(content, suffix))
        for key, (content, suffix) in pictures.items()
    }
    for block in blocks:
        typesetting.add_block(source, block, by_block)
    text = typesetting.compose(report, source, question, placed)
    return typesetting.compile_pdf(text, source.files, report.published or report.data_date, name)


def _html(
    report: Report,
    blocks: Iterable[Block],
    by_block: Mapping[int, Converted],
    question: Converted | None,
    pictures: Mapping[str, tuple[bytes, str]],
) -> str:
    page = webpage.Page({key: webpage.data_uri(*picture) for key, picture in pictures.items()})
    for block in blocks:
        page.add(block, by_block)
    front = webpage.front(report, page.prose(question) if question else "")
    main, contents = webpage.with_contents("\n".join(page.parts))
    body = "\n".join(
        [
            webpage.bar(report.links),
            front,
            contents,
            '<main id="content">',
            main,
            "</main>",
            webpage.footer(report),
        ]
    )
    description = " ".join(report.answer.answer.text.replace("*", "").split()) if report.answer else ""
    return webpage.page(report.title, body, description)


def _pictures(
    pairs: Iterable[tuple[Prose, Converted]], folder: Path, name: str
) -> dict[str, tuple[bytes, str]]:
    """Return the pictures that the prose shows: attachments, data addresses, files beside the notebook.

    Raises PublishingError, by cell, for one without alternative text and one that can't be had: a page holds all that
    it shows.
    """
    pictures = {}
    for block, converted in pairs:
        for image in converted.images:
            if not image.alt.strip():
                raise PublishingError(
                    f"{name}, cell {block.cell}: the picture '{image.src[:60]}' has no alternative text; "
                    "write what it shows between the brackets of ![…](…)"
                )
            content = _content(image, block, folder)
            if content is None:
                raise PublishingError(
                    f"{name}, cell {block.cell}: the picture '{image.src[:60]}' can't be had; "
                    f"put a file (PNG, JPEG or SVG) beside the notebook and name it"
                )
            pictures[image.key] = content
    return pictures


def _content(image: MarkupImage, block: Prose, folder: Path) -> tuple[bytes, str] | None:
    if image.src.startswith("attachment:"):
        bundle = block.attachments.get(image.src.removeprefix("attachment:"), {})
        for mime, suffix in _SUFFIXES.items():
            if mime in bundle:
                text = joined(bundle[mime])
                return (text.encode() if suffix == "svg" else base64.b64decode(text)), suffix
        return None
    if image.src.startswith("data:"):
        mime, _, text = image.src.removeprefix("data:").partition(";base64,")
        return (base64.b64decode(text), _SUFFIXES[mime]) if mime in _SUFFIXES and text else None
    path = folder / image.src
    kind = _FILE_SUFFIXES.get(path.suffix.lower())
    return (path.read_bytes(), kind) if "://" not in image.src and kind and path.is_file() else None
