"""The parameters of a notebook: read from its ``parameters`` cell without running it, checked before."""

import ast
import io
import json
import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import RequestError, unknown

_SCALARS = {"str": str, "int": int, "float": (int, float), "bool": bool}
_NAMES = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}


def _indicator(value: str) -> Any:
    from ..indicators import indicator

    return indicator(value)


def _authority(value: str) -> Any:
    from ..names import check_authority

    return check_authority(value)


# What an annotation's name promises of a text: a callable that raises RequestError with the nearest right.
VALIDATORS: dict[str, Callable[[str], Any]] = {
    "Indicator": _indicator,
    "IndicatorName": _indicator,
    "AuthorityName": _authority,
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
    found = []
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
        found.append(Parameter(name, annotation, default, comment))
    return tuple(found)


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
    value.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    checked = {}
    for name, value in given.items():
        if name not in by_name:
            raise unknown("parameter", name, by_name, where)
        place = f"{where}: {name}" if where else name
        checked[name] = _checked(value, by_name[name], place)
    return checked


def _checked(value: Any, parameter: Parameter, place: str) -> Any:
    if value is None and parameter.default is None:
        return None
    if not parameter.type:
        return value
    return _conform(value, ast.parse(parameter.type, mode="eval").body, place)


def _conform(value: Any, kind: ast.expr, place: str) -> Any:
    """Return the value where it is of the kind that an annotation names; raise RequestError otherwise."""
    if isinstance(kind, ast.Name):
        return _conform_name(value, kind.id, place)
    if isinstance(kind, ast.Constant) and kind.value is None:
        return _refuse_unless(value is None, value, "nothing", place)
    if isinstance(kind, ast.BinOp):
        return _conform_either(value, (kind.left, kind.right), place)
    if isinstance(kind, ast.Subscript) and isinstance(kind.value, ast.Name | ast.Attribute):
        name = kind.value.id if isinstance(kind.value, ast.Name) else kind.value.attr
        inner = list(kind.slice.elts) if isinstance(kind.slice, ast.Tuple) else [kind.slice]
        return _conform_subscript(value, name, inner, place)
    return value


def _conform_name(value: Any, name: str, place: str) -> Any:
    if name in _SCALARS:
        fits = isinstance(value, _SCALARS[name]) and (name == "bool" or not isinstance(value, bool))
        _refuse_unless(fits, value, _NAMES[name], place)
        return float(value) if name == "float" else value
    if name in VALIDATORS:
        _refuse_unless(isinstance(value, str), value, "text", place)
        try:
            VALIDATORS[name](value)
        except RequestError as error:
            raise RequestError(f"{place}: {error}") from error
    return value


def _conform_either(value: Any, kinds: Iterable[ast.expr], place: str) -> Any:
    kinds = list(kinds)
    for kind in kinds[:-1]:
        try:
            return _conform(value, kind, place)
        except RequestError:
            if not (isinstance(kinds[-1], ast.Constant) and value is not None):
                continue
            raise
    return _conform(value, kinds[-1], place)


def _conform_subscript(value: Any, name: str, inner: list[ast.expr], place: str) -> Any:
    if name == "Literal":
        allowed = [ast.literal_eval(entry) for entry in inner]
        if value not in allowed or isinstance(value, bool) != any(isinstance(a, bool) for a in allowed):
            raise unknown("value", str(value), map(str, allowed), place)
        return value
    if name == "Optional":
        return None if value is None else _conform(value, inner[0], place)
    if name == "list":
        _refuse_unless(isinstance(value, list | tuple), value, "a list", place)
        return [_conform(entry, inner[0], place) for entry in value]
    if name == "tuple":
        return _conform_tuple(value, inner, place)
    return value


def _conform_tuple(value: Any, inner: list[ast.expr], place: str) -> list[Any]:
    _refuse_unless(isinstance(value, list | tuple), value, "a list", place)
    if len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is ...:
        return [_conform(entry, inner[0], place) for entry in value]
    _refuse_unless(len(value) == len(inner), value, f"a list of {len(inner)}", place)
    return [_conform(entry, kind, place) for entry, kind in zip(value, inner, strict=True)]


def _refuse_unless(fits: bool, value: Any, wanted: str, place: str) -> Any:
    if not fits:
        raise RequestError(f"{place}: {value!r} is not {wanted}")
    return value


def parse_assignments(assignments: Iterable[str], parameters: Sequence[Parameter] = ()) -> dict[str, Any]:
    """Return ``name=value`` texts as values: by YAML's rules, except where the parameter is text or a list.

    ``a,b`` is a list where the parameter is one. Names aren't checked here. Raises RequestError where a text
    has no ``=`` or its value isn't YAML.
    """
    types = {parameter.name: parameter.type for parameter in parameters}
    found = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise RequestError(f"'{assignment}': write a parameter as name=value")
        found[name.strip()] = _value(text.strip(), types.get(name.strip(), ""), assignment)
    return found


def _value(text: str, kind: str, assignment: str) -> Any:
    if kind == "str" or kind.split("[")[0] in VALIDATORS or (kind.startswith("Literal") and "'" in kind):
        return text
    if kind.startswith(("list", "tuple")) and not text.startswith("["):
        text = f"[{text}]"
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise RequestError(
            f"'{assignment}': its value can't be read; quote it or write a list as [a, b]"
        ) from None
