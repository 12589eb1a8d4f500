"""YAML that people edit, read strictly: a key that stands twice is refused, and a value means what YAML 1.2 says."""

import re
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from analysis.errors import RequestError


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader in C, without the surprises of YAML 1.1 and without its silence about repeated keys."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (the library's own way to declare them)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping; raises yaml.YAMLError where a key stands twice (a merged one may be overridden)."""
        seen: set[Any] = set()
        for key_node, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            key = None if key_node.tag == "tag:yaml.org,2002:merge" else self.construct_object(key_node, True)
            if isinstance(key, str | int | float) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key}' stands twice; keep one", key_node.start_mark
                )
            seen.add(key if isinstance(key, str | int | float) else None)
        return super().construct_mapping(node, deep)


# YAML 1.2's core schema (chapter 10.3): `12:30:45`, `1_0_0`, `on` and `2025-01-31` are text, `1e-3` is a number.
_CORE_SCHEMA = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+", "-+0123456789"),
    "float": (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
              "-+.0123456789"),
    "merge": (r"<<", "<"),
    "null": (r"~|null|Null|NULL|", "~nN"),
}  # fmt: skip
for _name, (_pattern, _first) in _CORE_SCHEMA.items():
    _first_characters = [*_first, ""] if _name == "null" else list(_first)
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(rf"^(?:{_pattern})$"), _first_characters
    )


def _whole_number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


def parse_yaml(text: str, where: str) -> Any:
    """Return what a YAML text holds; ``where`` names it in errors.

    Raises RequestError, in one line, for a text that isn't YAML or in which a mapping holds a key twice.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        # What is missing at the end is missing on the last line, not on one that isn't there.
        place = f", line {min(mark.line + 1, max(len(text.splitlines()), 1))}" if mark else ""
        told = " ".join(f"{error.context or ''} {error.problem or ''}".split())
        raise RequestError(f"{where}{place}: {told or 'not YAML'}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RequestError(f"{where}: can't be read as YAML: {' '.join(str(error).split())}") from error


def read_yaml(path: Path | Traversable) -> Any:
    """Return what a YAML file holds.

    Raises RequestError, in one line with the file's name, where it can't be read, isn't UTF-8 or isn't YAML, or
    where a mapping in it holds a key twice; FileNotFoundError where it isn't there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise RequestError(f"{path.name}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise RequestError(f"{path.name}: can't be read ({error.strerror})") from error
    return parse_yaml(text, path.name)
