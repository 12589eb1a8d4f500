"""Entries of YAML files that people edit, checked by key and kind: what is wrong is told in one line, where it stands."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analysis.errors import DataError, nearest


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _is_pair(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(fits, value)) and value[0] <= value[1]


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "a whole number": _is_whole,
    "a number": _is_number,
    "true or false": lambda value: isinstance(value, bool),
    "a list of texts": _are_texts,
    "a text or a list of texts": lambda value: _is_text(value) or _are_texts(value),
    "two years in order, as in [2015, 2025]": lambda value: _is_pair(value, _is_whole),
    "two numbers in order, as in [0, 100]": lambda value: _is_pair(value, _is_number),
    "a list": lambda value: isinstance(value, list) and bool(value),
    "a mapping": lambda value: isinstance(value, dict),
    "a mapping of years to texts": lambda value: (
        isinstance(value, dict) and all(map(_is_whole, value)) and all(map(_is_text, value.values()))
    ),
}
"""What a value may be: the words of the message, and the test."""


def shown(value: Any) -> str:
    """Return a value as a message shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_kind(value: Any, kind: str, where: str) -> None:
    """Raise DataError where a value isn't of a kind of ``KINDS``."""
    if not KINDS[kind](value):
        raise DataError(f"{where}: {shown(value)} is not {kind}")


def check_choice(value: Any, choices: Iterable[str], where: str) -> None:
    """Raise DataError, with the nearest right one, where a value isn't among ``choices``."""
    choices = list(choices)
    if value not in choices:
        listed = "; choose from " + ", ".join(choices) if len(choices) <= 12 else ""
        raise DataError(f"{where}: unknown '{value}'{nearest(str(value), choices) or listed}")


def check_entry(entry: Any, kinds: Mapping[str, str], where: str, needed: Iterable[str] = ()) -> None:
    """Raise DataError where an entry isn't a mapping with keys of ``kinds``, each of its kind, and those ``needed``.

    The message names entry, key and value, and the nearest right key.
    """
    check_kind(entry, "a mapping", where)
    for key in entry:
        if key not in kinds:
            raise DataError(f"{where}: unknown key '{key}'{nearest(str(key), kinds)}")
    for key in needed:
        if key not in entry:
            raise DataError(f"{where}: lacks '{key}'")
    for key, value in entry.items():
        check_kind(value, kinds[key], f"{where}: {key}")


def check_entries(document: Any, where: str) -> None:
    """Raise DataError where a document isn't a mapping of names to entries, with at least one."""
    check_kind(document, "a mapping", where)
    if not document:
        raise DataError(f"{where}: holds no entry; restore it")
    for name in document:
        check_kind(name, "text", f"{where}: a name")
