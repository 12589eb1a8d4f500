"""Markdown and HTML of cells to Typst and HTML, by one call of pandoc for a whole notebook."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from .errors import PublishingError
from .words import with_links

_BARE_LATEX = re.compile(
    r"(?<!\$)(\\begin\{(equation|align|gather|eqnarray)\*?\}.*?\\end\{\2\*?\})(?!\$)", re.DOTALL
)


@dataclass(frozen=True)
class Markup:
    """A text to be set: ``markdown`` (as JupyterLab reads it) or ``html``."""

    text: str
    format: str = "markdown"


@dataclass(frozen=True)
class MarkupImage:
    """An image that a text refers to: its key in the converted text, where it is and what it shows."""

    key: str
    src: str
    alt: str


@dataclass(frozen=True)
class Converted:
    """A text as Typst and as HTML, with the images that both refer to."""

    typst: str
    html: str
    images: tuple[MarkupImage, ...] = ()


@cache
def _pandoc() -> str:
    """Return the path of the pandoc that comes with the package; one on the PATH may be another version."""
    import pypandoc

    bundled = Path(pypandoc.__file__).parent / "files" / "pandoc"
    return str(bundled) if bundled.exists() else pypandoc.get_pandoc_path()


def _prepared(markup: Markup) -> dict[str, str]:
    text = markup.text
    if markup.format == "markdown":
        text = with_links(_BARE_LATEX.sub(lambda match: f"$$\n{match[1]}\n$$", text))
    return {"format": markup.format, "text": text}


def convert(texts: Sequence[Markup]) -> list[Converted]:
    """Convert every text, in order; headings are renumbered from level 1 and their anchors made unique.

    Raises PublishingError where pandoc can't be run or refuses the input.
    """
    if not texts:
        return []
    script = str(files(__package__).joinpath("markup.lua"))
    request = json.dumps({"blocks": [_prepared(text) for text in texts]})
    done = subprocess.run(
        [_pandoc(), "lua", script], input=request.encode(), capture_output=True, check=False
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise PublishingError(
            f"pandoc could not convert the text: {reason[-1] if reason else 'no reason given'}"
        )
    return [
        Converted(entry["typst"], entry["html"], tuple(MarkupImage(**image) for image in entry["images"]))
        for entry in json.loads(done.stdout)
    ]
