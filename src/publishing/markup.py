"""Markdown and HTML of cells to Typst and HTML, by one pandoc for all that a process converts."""

import atexit
import json
import os
import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

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


class _Pandoc:
    """One pandoc for a process and all that it converts: to start it takes longer than to convert most notebooks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None

    def ask(self, blocks: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """Return what the script makes of a notebook's texts; raises PublishingError with the reason where it refuses."""
        with self._lock:
            try:
                line = self._exchanged(json.dumps({"blocks": blocks}).encode() + b"\n")
            except BaseException:  # what it may still answer is no answer to the next
                self.end()
                raise
        answer = json.loads(line)
        if "refused" in answer:
            raise _refused(answer["refused"])
        done: list[dict[str, Any]] = answer["done"]
        return done

    def _exchanged(self, request: bytes) -> bytes:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None  # it was launched with pipes
        with suppress(BrokenPipeError):  # why is read below
            process.stdin.write(request)
            process.stdin.flush()
        answer = process.stdout.readline()
        if not answer.endswith(b"\n"):
            process.wait()
            assert self._complaints is not None
            self._complaints.seek(0)
            raise _refused(self._complaints.read().decode(errors="replace"))
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.end()
            script = str(files(__package__).joinpath("markup.lua"))
            self._complaints = TemporaryFile()  # noqa: SIM115  # it lives as long as the process that writes into it
            self._process = subprocess.Popen(
                [_pandoc(), "lua", script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
            )
        return self._process

    def end(self) -> None:
        """End it, where it runs; the next that is asked is another."""
        if self._process is not None and self._complaints is not None:
            self._process.kill()
            self._process.communicate()
            self._complaints.close()
        self._process = self._complaints = None

    def forget(self) -> None:
        """Have none, in a copy of a process: it must not listen to what the other has asked."""
        self._lock, self._process, self._complaints = threading.Lock(), None, None


_PANDOC = _Pandoc()
os.register_at_fork(after_in_child=_PANDOC.forget)
atexit.register(_PANDOC.end)


def end_pandoc() -> None:
    """End this process's pandoc, where it has one; the next conversion starts another."""
    _PANDOC.end()


def _refused(reason: str) -> PublishingError:
    lines = reason.strip().splitlines()
    return PublishingError(f"pandoc could not convert the text: {lines[-1] if lines else 'no reason given'}")


def convert(texts: Sequence[Markup]) -> list[Converted]:
    """Convert every text, in order; headings are renumbered from level 1 and their anchors made unique.

    Raises PublishingError where pandoc can't be run or refuses the input.
    """
    if not texts:
        return []
    return [
        Converted(entry["typst"], entry["html"], tuple(MarkupImage(**image) for image in entry["images"]))
        for entry in _PANDOC.ask([_prepared(text) for text in texts])
    ]
