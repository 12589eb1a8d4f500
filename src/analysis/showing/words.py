"""A report's sentences, kept as text in ``words.md`` beside its code: Python decides which one is said, the text says it.

A file of words holds sentences under names; a name stands alone on a line after ``===``::

    === result.none
    The estimate shows **no clear association**: the interval
    ({{ low | number(2) }} to {{ high | number(2) }}) holds zero.

Lines of a paragraph are joined, so that text may be broken anywhere; a blank line parts paragraphs, and a line that begins
with ``-`` or ``|`` stays a line of its own. Values come in by name, between ``{{`` and ``}}`` (Jinja), put into words by
the filters of ``numbers``. Text between ``{#`` and ``#}`` is for whoever edits the file.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import (
    DictLoader,
    Environment,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    UndefinedError,
    meta,
)

from analysis.data.definitions.indicators import lower_first
from analysis.errors import DataError, unknown
from publishing.display import Prose

from . import numbers

FILE = "words.md"


def _with_interval(estimate: tuple[float | None, float | None, float | None], decimals: int = 2) -> str:
    """Return an estimate with the limits of its interval, three numbers, as ``0.12 (0.03 to 0.21)``."""
    return numbers.with_interval(*estimate, decimals)


FILTERS: Mapping[str, Callable[..., str]] = {
    "number": numbers.number,
    "plain": numbers.plain,
    "percent": numbers.percent,
    "with_interval": _with_interval,
    "amount": numbers.amount,
    "difference": numbers.difference,
    "of_100": numbers.of_100,
    "count": numbers.count,
    "p_value": numbers.p_value,
    "probability": numbers.probability,
    "listed": numbers.listed,
    "lower_first": lower_first,
    "upper_first": numbers.upper_first,
}
"""What puts values into words, by the name that a file of words calls it by."""
FUNCTIONS: Mapping[str, Callable[..., str]] = {"interval": numbers.interval}
_HEAD = re.compile(r"^=== *(\S+) *$", re.MULTILINE)
_OWN_LINE = re.compile(r"^\s*[-|#]")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


class Words:
    """The sentences of one file of words, by name."""

    def __init__(self, package: str, text: str | None = None) -> None:
        """Read ``words.md`` of a package, or ``text`` as if it stood there.

        Raises DataError naming the sentence for a name that stands twice and for text that isn't a template.
        """
        self._where = f"{package.rpartition('.')[2]}/{FILE}"
        source = files(package).joinpath(FILE).read_text(encoding="utf-8") if text is None else text
        _, *parts = _HEAD.split(_COMMENT.sub("", source))
        self.sentences: dict[str, str] = {}
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            if name in self.sentences:
                raise DataError(f"{self._where}: '{name}' stands twice")
            self.sentences[name] = _joined(body)
        self._environment = Environment(
            undefined=StrictUndefined, autoescape=False, loader=DictLoader(self.sentences)
        )
        self._environment.filters.update(FILTERS)
        self._environment.globals.update(FUNCTIONS)

    def values_of(self, name: str) -> frozenset[str]:
        """Return the names of the values that a sentence takes."""
        tree = self._environment.parse(self._sentence(name))
        return frozenset(meta.find_undeclared_variables(tree) - set(FUNCTIONS))

    def say(self, name: str, **values: Any) -> str:
        """Return a sentence with its values; raises RequestError for an unknown name, DataError for a missing value."""
        self._sentence(name)
        try:
            return self._environment.get_template(name).render(values)
        except UndefinedError as error:
            raise DataError(
                f"{self._where}: '{name}': {error.message}; the report gives {numbers.listed(sorted(values))}"
            ) from error
        except TemplateSyntaxError as error:
            raise DataError(f"{self._where}: '{name}': {error.message}") from error
        except TemplateError as error:
            raise DataError(f"{self._where}: '{name}': {error}") from error

    def make_ready(self) -> None:
        """Translate every sentence, which takes longer than saying it; else each is when it is first said."""
        for name in self.sentences:
            self._environment.get_template(name)

    def prose(self, name: str, **values: Any) -> Prose:
        """Return a sentence as what a notebook's cell may end in."""
        return Prose(self.say(name, **values))

    def _sentence(self, name: str) -> str:
        if name not in self.sentences:
            raise unknown("sentence", name, self.sentences, self._where)
        return self.sentences[name]


def make_ready() -> None:
    """Translate the sentences that reports share, once for all of them."""
    words_of(__package__).make_ready()


def paragraphs(texts: Iterable[str]) -> str:
    """Return texts as paragraphs of Markdown, those that say nothing left out; an answer's first is what it comes to."""
    return "\n\n".join(text for text in texts if text)


@cache
def words_of(package: str) -> Words:
    """Return the words of a report's package, read once."""
    return Words(package)


def _joined(body: str) -> str:
    """Return text with the lines of each paragraph and list item joined by spaces."""
    lines: list[str] = []
    for line in body.strip().split("\n"):
        begins = not lines or not line.strip() or not lines[-1].strip() or _OWN_LINE.match(line)
        if begins:
            lines.append(line.strip())
        else:
            lines[-1] += f" {line.strip()}"
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
