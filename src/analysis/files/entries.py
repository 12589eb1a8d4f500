"""Entries of files that people edit, validated by pydantic: what is wrong is told in one line, with where it stands.

The shape of an entry is the frozen dataclass that the code reads, with ``Entry`` as its base; a check across entries is a
plain function of the module that reads the file.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, WrapValidator
from pydantic.types import AllowInfNan, Strict, StringConstraints

from analysis.errors import DataError, PlanDriftError, nearest

_T = TypeVar("_T")


class Entry:
    """Base of a frozen dataclass that is read from a mapping: no other keys than its fields.

    Numbers are ``Whole`` or ``Number``, and booleans ``Flag``: YAML has types already, so that none is read from a text. A
    field that is ``str`` takes text only, and may be empty. A validator raises ValueError with the words of the message; a
    union of two kinds has words of its own (``worded``).
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


Text = Annotated[str, StringConstraints(pattern=r"\S")]
"""Text that isn't empty."""
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), AllowInfNan(False)]
Flag = Annotated[bool, Strict()]

_KINDS = {
    **dict.fromkeys(("string_type", "string_pattern_mismatch"), "text"),
    "int_type": "a whole number",
    **dict.fromkeys(("float_type", "finite_number"), "a number"),
    "bool_type": "true or false",
    **dict.fromkeys(("dataclass_type", "dict_type"), "a mapping"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    "too_short": "a list with something in it",
}
"""What a value should have been, by pydantic's name of the error."""


def worded(kind: str) -> WrapValidator:
    """Return a validator that says of whatever is wrong with a value that it isn't ``kind``."""

    def validated(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValueError as error:
            raise ValueError(f"{shown(value)} is not {kind}") from error

    return WrapValidator(validated)


def between(least: float, most: float) -> AfterValidator:
    """Return a validator of a number, or None, by the least and the most that it may be."""

    def checked(value: float | None) -> float | None:
        if value is not None and not least <= value <= most:
            raise ValueError(f"{value} lies outside {least} to {most}")
        return value

    return AfterValidator(checked)


def read_entry(
    kind: type[_T], entry: Any, where: str, refusal: type[PlanDriftError] = DataError, **given: Any
) -> _T:
    """Return an entry as ``kind``: a dataclass, or a list or mapping of such. ``given``: fields that the file doesn't have.

    Raises ``refusal`` for the first thing that is wrong, in one line with file, entry, key and value: an unknown key, with
    the nearest right one; a key that is lacking; a value of another kind, or outside its set, with the nearest right one.
    """
    if isinstance(entry, Mapping):
        for key in given:
            if key in entry:
                raise refusal(f"{where}: unknown key '{key}'")
        entry = {**entry, **given}
    try:
        adapter: TypeAdapter[_T] = _adapter(cast(Hashable, kind))
        return adapter.validate_python(entry)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    # A key that is lacking may be the one that stands there with a typing error.
    first = next((error for error in errors if error["type"] == "unexpected_keyword_argument"), errors[0])
    raise refusal(f"{where}{_told(kind, first, given)}")


def read_entries(
    kind: type[_T],
    document: Any,
    where: str,
    name: str,
    refusal: type[PlanDriftError] = DataError,
    **given: Any,
) -> dict[str, _T]:
    """Return a mapping of names to entries, at least one, each as ``kind`` with its name in the field ``name``.

    Raises ``refusal`` as ``read_entry`` does.
    """
    entries = read_entry(dict[Text, Any], document, where, refusal)
    if not entries:
        raise refusal(f"{where}: holds no entry; write one at least")
    return {
        key: read_entry(kind, entry, f"{where}: {key}", refusal, **{name: key}, **given)
        for key, entry in entries.items()
    }


def check_choice(value: Any, choices: Iterable[Any], where: str) -> None:
    """Raise DataError, with the nearest right one, where a value isn't among ``choices``."""
    choices = list(choices)
    if value not in choices:
        raise DataError(f"{where}: {_unknown(value, choices)}")


def shown(value: Any) -> str:
    """Return a value as a message shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _unknown(value: Any, choices: Iterable[Any], kind: str = "") -> str:
    choices = [str(choice) for choice in choices]
    listed = "; choose from " + ", ".join(choices) if len(choices) <= 12 else ""
    return f"unknown {kind}'{value}'{nearest(str(value), choices) or listed}"


def _told(kind: Any, error: Mapping[str, Any], given: Iterable[str]) -> str:
    """Return what one error says, and where below an entry of ``kind`` it stands."""
    way, value, problem = list(error["loc"]), error["input"], error["type"]
    key = way.pop() if problem in ("missing", "unexpected_keyword_argument", "invalid_key") else None
    is_key = way[-1:] == ["[key]"]
    place, kind = _followed(kind, way[: len(way) - 2 * is_key])
    names = (
        {field.name: field for field in fields(kind) if field.name not in given} if is_dataclass(kind) else {}
    )
    if problem == "too_long" or (problem == "missing" and not names):
        return f"{place}: {shown(value)} is not a list of {len(get_args(kind))}"
    if problem == "missing":
        return f"{place}: lacks '{key}'"
    if key is not None:
        return f"{place}: unknown key '{key}'{nearest(str(key), names)}"
    if problem == "literal_error":
        choices = get_args(get_args(kind)[0]) if is_key else get_args(kind)
        return f"{place}: {_unknown(value, choices, 'key ' * is_key)}"
    if problem == "value_error":
        return f"{place}: {error['ctx']['error']}"
    more, inner = "", _plain(next(iter(get_args(kind)), None))
    if names:
        needed = [name for name, field in names.items() if field.default is field.default_factory is MISSING]
        more = f" with {', '.join(needed)}" if needed else ""
    elif problem in ("list_type", "tuple_type"):
        more = " of texts" if inner is str else " of mappings" if is_dataclass(inner) else ""
    told = f"is not {_KINDS[problem]}{more}" if problem in _KINDS else f"is refused: {error['msg']}"
    return f"{place}{': a name' * is_key}: {shown(value)} {told}"


def _followed(kind: Any, way: Sequence[str | int]) -> tuple[str, Any]:
    """Return the way to a value as a message has it, and the value's type."""
    place, kind = "", _plain(kind)
    for step in way:
        in_list = get_origin(kind) in (list, tuple)
        place += f": entry {int(step) + 1}" if in_list else f": {step}"
        inner = get_type_hints(kind)[str(step)] if is_dataclass(kind) else get_args(kind)[0 if in_list else 1]
        kind = _plain(inner)
    return place, kind


def _plain(kind: Any) -> Any:
    """Return a type without what pydantic is told of it, and without None."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    kinds = [inner for inner in get_args(kind) if inner is not type(None)]
    return _plain(kinds[0]) if get_origin(kind) in (Union, UnionType) and len(kinds) == 1 else kind
