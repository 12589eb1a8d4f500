"""A study: which notebooks are run, with which parameters and in which order, read from YAML."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from ..errors import RequestError, unknown
from ..yaml_files import read_yaml

_STUDY_KEYS = ("title", "data_date", "seed", "runs")
_RUN_KEYS = ("notebook", "parameters", "grid", "skip", "after", "name", "title", "reads")


@dataclass(frozen=True)
class Run:
    """One notebook with its parameters; ``name`` is also where its reports stand under ``reports``.

    ``after`` names the runs whose results it reads; ``reads`` the data that it depends on (prepared data by
    name, paths or patterns in the project), all that is prepared where it is None.
    """

    name: str
    notebook: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    title: str = ""
    reads: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Study:
    """A title and its runs, in the order of the file."""

    name: str
    title: str
    runs: tuple[Run, ...]
    data_date: str = ""
    seed: int | None = None

    def selected(self, only: Iterable[str]) -> tuple[Run, ...]:
        """Return the runs that are named, by run or by notebook; all where none is named.

        Raises RequestError with the nearest right name.
        """
        only = list(only)
        if not only:
            return self.runs
        names = {run.name for run in self.runs} | {run.notebook for run in self.runs}
        for name in only:
            if name not in names:
                raise unknown("run", name, names, self.name)
        return tuple(run for run in self.runs if run.name in only or run.notebook in only)


def load_study(path: Path) -> Study:
    """Return the study of a YAML file, grids expanded.

    Raises RequestError for an unknown key, a grid that can't be expanded, a name used twice, or an ``after``
    that names no notebook of the study or closes a circle.
    """
    try:
        document = read_yaml(path)
    except FileNotFoundError:
        raise unknown("study", path.stem, (p.stem for p in path.parent.glob("*.yml"))) from None
    where = path.name
    document = _mapping(document, _STUDY_KEYS, where)
    entries = document.get("runs")
    if not isinstance(entries, list) or not entries:
        raise RequestError(f"{where}: 'runs' must list at least one notebook")
    expanded = [
        run for number, entry in enumerate(entries, 1) for run in _expanded(entry, f"{where}: run {number}")
    ]
    runs = _linked(expanded, where)
    data_date = str(document.get("data_date") or "")
    return Study(path.stem, str(document.get("title") or path.stem), runs, data_date, document.get("seed"))


def _mapping(value: Any, keys: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(f"{where}: must be a mapping with {', '.join(keys)}")
    for key in value:
        if key not in keys:
            raise unknown("key", str(key), keys, where)
    return value


def _expanded(entry: Any, where: str) -> list[Run]:
    entry = _mapping({"notebook": entry} if isinstance(entry, str) else entry, _RUN_KEYS, where)
    notebook = entry.get("notebook")
    if not isinstance(notebook, str):
        raise RequestError(f"{where}: 'notebook' must name a notebook")
    notebook = notebook.removesuffix(".ipynb")
    fixed = _plain_mapping(entry.get("parameters"), "parameters", where)
    skipped = [_plain_mapping(one, "skip", where) for one in _listed(entry.get("skip"))]
    shared = {
        "after": tuple(map(str, _listed(entry.get("after")))),
        "reads": tuple(map(str, _listed(entry["reads"]))) if "reads" in entry else None,
    }
    runs = []
    for point in _points(entry.get("grid"), where):
        parameters = {**fixed, **point}
        if any(one.items() <= parameters.items() for one in skipped):
            continue
        name = _name(entry, notebook, point, parameters, where)
        title = _filled(str(entry.get("title") or ""), parameters, where)
        runs.append(Run(name, notebook, parameters, title=title, **shared))
    return runs


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _plain_mapping(value: Any, key: str, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RequestError(f"{where}: '{key}' must map parameters to values")
    return value


def _points(grid: Any, where: str) -> list[dict[str, Any]]:
    if grid is None:
        return [{}]
    if isinstance(grid, list):
        return [_plain_mapping(point, "grid", where) for point in grid]
    for name, values in _plain_mapping(grid, "grid", where).items():
        if not isinstance(values, list):
            raise RequestError(f"{where}: grid: '{name}' must list its values")
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def slug(text: str) -> str:
    """Return a text as part of a file name: letters, digits, dots and dashes."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "run"


def _shown(value: Any) -> str:
    return slug("-".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _name(entry: Mapping[str, Any], notebook: str, point, parameters, where: str) -> str:
    template = entry.get("name")
    if not point:
        return slug(_filled(str(template), parameters, where)) if template else notebook
    filled = _filled(str(template), parameters, where) if template else "-".join(map(_shown, point.values()))
    return f"{notebook}/{slug(filled)}"


def _filled(template: str, parameters: Mapping[str, Any], where: str) -> str:
    try:
        return template.format_map({key: value for key, value in parameters.items()})
    except KeyError as error:
        raise unknown("parameter", str(error.args[0]), parameters, f"{where}: name") from None
    except (ValueError, IndexError, AttributeError) as error:
        raise RequestError(f"{where}: '{template}' can't be filled: {error}") from error


def _linked(runs: list[Run], where: str) -> tuple[Run, ...]:
    names = [run.name for run in runs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise RequestError(f"{where}: two runs are called '{twice}'; give one a 'name'")
    by_notebook: dict[str, list[str]] = {}
    for run in runs:
        by_notebook.setdefault(run.notebook, []).append(run.name)
    linked = []
    for run in runs:
        after: list[str] = []
        for name in run.after:
            if name not in by_notebook and name not in names:
                raise unknown("notebook", name, by_notebook, f"{where}: {run.name}: after")
            after += by_notebook.get(name, [name])
        linked.append(Run(run.name, run.notebook, run.parameters, tuple(after), run.title, run.reads))
    _refuse_circles(linked, where)
    return tuple(linked)


def _refuse_circles(runs: list[Run], where: str) -> None:
    after = {run.name: run.after for run in runs}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise RequestError(f"{where}: runs wait for each other: {' after '.join([*path, name])}")
        if name not in done:
            for other in after[name]:
                visit(other, (*path, name))
            done.add(name)

    for run in runs:
        visit(run.name, ())
