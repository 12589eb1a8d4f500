"""The parameters of a notebook: read from its ``parameters`` cell without running it, checked before."""

import ast
import io
import json
import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args

from pydantic import AfterValidator

from analysis.errors import RequestError, unknown
from analysis.files.entries import Flag, Number, Whole, between, read_entry, worded
from analysis.files.yaml_files import parse_yaml

_SCALARS: Mapping[str, Any] = {"str": str, "int": Whole, "float": Number, "bool": Flag}
_NAMES = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}


def _indicator(value: str) -> str:
    from analysis.data.definitions.indicators import indicator

    return indicator(value).id


def _authority(value: str) -> str:
    from .names import check_authority

    return check_authority(value)


def _claim(value: str) -> str:
    from analysis.claims.register import register

    return register().claim(value).id


def _years() -> tuple[int, int]:
    """Return the first and the last year of which there are figures."""
    from analysis.data.definitions.indicators import dictionary

    spans = [entry.years for entry in dictionary().values()]
    return min(first for first, _ in spans), max(last for _, last in spans)


def _year(value: int) -> int:
    first, last = _years()
    if not first <= value <= last:
        raise RequestError(f"{value} lies outside {first} to {last}, the years of which there are figures")
    return value


@dataclass(frozen=True)
class Named:
    """What the name of an annotation promises: a plain kind, its meaning, and the check of a value.

    ``check`` returns the value as the project writes it (an authority by its official name) and raises
    RequestError, with the nearest right one, for a value that isn't of the kind.
    """

    kind: str
    meaning: str
    check: Callable[[Any], Any]

    def checked(self, value: Any) -> Any:
        """Return what ``check`` returns; raises ValueError where it refuses, as pydantic asks of a validator."""
        try:
            return self.check(value)
        except RequestError as error:
            raise ValueError(str(error)) from error


VALIDATORS: dict[str, Named] = {
    "Indicator": Named("str", "an indicator (plan-drift indicators lists them)", _indicator),
    "IndicatorName": Named("str", "an indicator (plan-drift indicators lists them)", _indicator),
    "AuthorityName": Named("str", "an authority, by name or ONS code", _authority),
    "ClaimName": Named("str", "a claim (plan-drift claims lists them)", _claim),
    "Year": Named("int", "a year of which there are figures", _year),
}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, its annotation as written, its default and the comment beside it."""

    name: str
    type: str
    default: Any
    comment: str = ""


def read_cells(notebook: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook file, sources joined; raises RequestError where it isn't a notebook."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise TypeError("'cells' is no list of cells")
    except FileNotFoundError:
        raise RequestError(f"{notebook.name}: no such notebook in {notebook.parent}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RequestError(f"{notebook}: not a notebook ({error}); open and save it in JupyterLab") from error
    return [{**cell, "source": "".join(cell.get("source", ""))} for cell in cells]


def read_parameters(notebook: Path) -> tuple[Parameter, ...]:
    """Return the parameters of a notebook, in order; none where no cell is tagged ``parameters``.

    Raises RequestError where that cell holds anything but ``name: type = literal``.
    """
    for number, cell in enumerate(read_cells(notebook), start=1):
        if "parameters" in cell.get("metadata", {}).get("tags", ()):
            return _parsed(cell["source"], f"{notebook.name}, cell {number}")
    return ()


def _parsed(source: str, place: str) -> tuple[Parameter, ...]:
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise RequestError(f"{place}: line {error.lineno}: {error.msg}") from error
    comments = _comments(source)
    parameters = []
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom) or _is_docstring(statement):
            continue
        name, annotation, value = _assignment(statement, place)
        try:
            default = ast.literal_eval(value)
        except ValueError:
            raise RequestError(f"{place}: {name}: its default must be written out, not computed") from None
        lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        comment = next((comments[line] for line in reversed(lines) if line in comments), "")
        parameters.append(Parameter(name, annotation, default, comment))
    return tuple(parameters)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _assignment(statement: ast.stmt, place: str) -> tuple[str, str, ast.expr]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        return statement.target.id, ast.unparse(statement.annotation), statement.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, "", statement.value
    raise RequestError(
        f"{place}: line {statement.lineno}: write each parameter as 'name: type = value  # meaning'"
    )


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip()
    }


def check(parameters: Sequence[Parameter], given: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Return ``given`` as the notebook takes it: every name known, every value of its type and in its set.

    Pairs come as lists, for papermill can't pass tuples. Raises RequestError with the nearest right name or
    value, for a number outside its range, and for a first year after the last.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    checked = {}
    for name, value in given.items():
        if name not in by_name:
            raise unknown("parameter", name, by_name, where)
        place = f"{where}: {name}" if where else name
        checked[name] = _checked(value, by_name[name], place)
    _refuse_reversed_years(parameters, checked, where)
    return checked


def _refuse_reversed_years(parameters: Sequence[Parameter], given: Mapping[str, Any], where: str) -> None:
    """Raise RequestError where ``first_x: Year`` is later than ``last_x: Year``."""
    of_years = [p for p in parameters if p.type.startswith("Year")]
    years = {p.name: given.get(p.name, p.default) for p in of_years}
    for name, first in years.items():
        last_name = name.replace("first_", "last_", 1)
        last = years.get(last_name)
        if name.startswith("first_") and isinstance(last, int) and first > last:
            place = f"{where}: " if where else ""
            raise RequestError(f"{place}{name}: {first} is later than {last_name} {last}")


def _checked(value: Any, parameter: Parameter, place: str) -> Any:
    if (value is None and parameter.default is None) or not parameter.type:
        return value
    try:
        kind = _kind(parameter.type)
    except RequestError as error:
        raise RequestError(f"{place}: {error}") from error
    return read_entry(kind, value, place, RequestError)


@cache
def _kind(annotation: str) -> Any:
    """Return the type that pydantic validates a value by, built once for an annotation; raises as ``_type_of`` does."""
    return _type_of(ast.parse(annotation, mode="eval").body)


def _type_of(annotation: ast.expr) -> Any:
    """Return the type that an annotation names, without running it: a name that isn't known promises nothing.

    Raises RequestError for a constraint other than ``Between(least, most)``.
    """
    match annotation:
        case ast.Constant(value=None):
            return None
        case ast.Name(id=name) if name in VALIDATORS:
            return Annotated[_SCALARS[VALIDATORS[name].kind], AfterValidator(VALIDATORS[name].checked)]
        case ast.Name(id=name):
            return _SCALARS.get(name, Any)
        case ast.BinOp(left=left, right=right):
            either: Any = Union[_type_of(left), _type_of(right)]  # noqa: UP007 (for Any, which takes no `|`)
            has_none = type(None) in get_args(either)
            return either if has_none else Annotated[either, worded(_in_words(annotation))]
        case ast.Subscript():
            return _type_of_subscript(*_parts(annotation))
    return Any


def _parts(annotation: ast.Subscript) -> tuple[str, list[ast.expr]]:
    """Return the name before the brackets, and what stands in them."""
    inner = annotation.slice
    name = ast.unparse(annotation.value).rpartition(".")[2]
    return name, list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]


def _type_of_subscript(name: str, inner: list[ast.expr]) -> Any:
    match name:
        case "Literal":
            return Literal[tuple(ast.literal_eval(choice) for choice in inner)]
        case "Annotated":
            kind = _type_of(inner[0])
            for constraint in inner[1:]:
                kind = Annotated[kind, between(*_range_of(constraint))]
            return kind
        case "Optional":
            return Union[_type_of(inner[0]), None]  # noqa: UP007
        case "list":
            return list[_type_of(inner[0])]  # type: ignore[misc]
        case "tuple":
            if isinstance(inner[-1], ast.Constant) and inner[-1].value is ...:
                return list[_type_of(inner[0])]  # type: ignore[misc]
            values: Any = tuple.__class_getitem__(tuple(map(_type_of, inner)))
            return Annotated[values, AfterValidator(list)]  # papermill can't pass tuples
    return Any


def _range_of(constraint: ast.expr) -> tuple[float, float]:
    """Return least and most of ``Between(least, most)`` as an annotation has it."""
    call = constraint if isinstance(constraint, ast.Call) else None
    if call is None or ast.unparse(call.func) != "Between" or len(call.args) != 2 or call.keywords:
        raise RequestError(f"'{ast.unparse(constraint)}' can't be checked; write Between(least, most)")
    least, most = (ast.literal_eval(argument) for argument in call.args)
    return least, most


def described(parameter: Parameter) -> str:
    """Return what a user may set a parameter to, in words: kind, choices or range."""
    return _in_words(ast.parse(parameter.type, mode="eval").body) if parameter.type else "any value"


def parameter_lines(notebook: str, parameters: Sequence[Parameter]) -> list[str]:
    """Return lines that tell a user each parameter of a notebook: kind and choices, default, meaning."""
    if not parameters:
        return [f"{notebook} has no parameters."]
    lines = [f"Parameters of {notebook} (set one by -p NAME=VALUE):"]
    for parameter in parameters:
        shown = (
            parameter.default
            if isinstance(parameter.default, str) and parameter.default
            else json.dumps(parameter.default)
        )
        lines += [
            f"  {parameter.name}",
            f"      {parameter.comment}" if parameter.comment else "",
            f"      {described(parameter)}",
        ]
        lines.append(f"      default: {shown}")
    return [line for line in lines if line]


def _in_words(kind: ast.expr) -> str:
    if isinstance(kind, ast.Name):
        named = VALIDATORS.get(kind.id)
        return named.meaning if named else _NAMES.get(kind.id, kind.id)
    if isinstance(kind, ast.BinOp):
        return f"{_in_words(kind.left)} or {_in_words(kind.right)}"
    if isinstance(kind, ast.Constant) and kind.value is None:
        return "nothing"
    if not isinstance(kind, ast.Subscript):
        return ast.unparse(kind)
    name, inner = _parts(kind)
    match name:
        case "Literal":
            choices = [str(ast.literal_eval(entry)) for entry in inner]
            return choices[0] if len(choices) == 1 else "one of: " + ", ".join(choices)
        case "Annotated":
            ranges = (_range_of(constraint) for constraint in inner[1:])
            return " ".join([_in_words(inner[0]), *(f"from {least} to {most}" for least, most in ranges)])
        case "list":
            return f"a list, each {_in_words(inner[0])}"
    return ast.unparse(kind)


def parse_assignments(assignments: Iterable[str], parameters: Sequence[Parameter] = ()) -> dict[str, Any]:
    """Return ``name=value`` texts as values: by YAML's rules, except where the parameter is text or a list.

    ``a,b`` is a list where the parameter is one. Names aren't checked here. Raises RequestError where a text
    has no ``=`` or its value isn't YAML.
    """
    types = {parameter.name: parameter.type for parameter in parameters}
    values = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise RequestError(f"'{assignment}': write a parameter as name=value")
        values[name.strip()] = _value(text.strip(), types.get(name.strip(), ""), assignment)
    return values


def _is_text(kind: str) -> bool:
    named = VALIDATORS.get(kind)
    return (
        kind == "str"
        or (named is not None and named.kind == "str")
        or (kind.startswith("Literal") and "'" in kind)
    )


def _value(text: str, kind: str, assignment: str) -> Any:
    if _is_text(kind):
        return text
    if kind.startswith(("list", "tuple")) and not text.startswith("["):
        text = f"[{text}]"
    try:
        return parse_yaml(text, assignment)
    except RequestError:
        raise RequestError(
            f"'{assignment}': its value can't be read; quote it or write a list as [a, b]"
        ) from None
