"""A study: which notebooks are run, with which parameters and in which order, read from YAML."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import product
from math import prod
from pathlib import Path
from string import Formatter
from typing import Any

from analysis.errors import RequestError, unknown
from analysis.files.yaml_files import read_yaml

MOST_RUNS = 10_000
# Some file systems take 143 bytes; what is written aside adds some twenty.
LONGEST_NAME = 100
# A minus sign, which a dash between words isn't.
_MINUS = re.compile(r"(?<![A-Za-z0-9._+])-(?=\.?\d)")
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
    return Study(
        name=path.stem,
        title=str(document.get("title") or path.stem),
        runs=runs,
        data_date=data_date,
        seed=_seed(document, where),
    )


def _seed(document: Mapping[str, Any], where: str) -> int | None:
    seed = document.get("seed")
    if seed is None or (type(seed) is int and 0 <= seed < 2**32):
        return seed
    raise RequestError(f"{where}: seed: {seed!r} is not a whole number from 0 to {2**32 - 1}")


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
    after = tuple(map(str, _listed(entry.get("after"))))
    reads = tuple(map(str, _listed(entry["reads"]))) if "reads" in entry else None
    runs = []
    for point in _points(entry.get("grid"), where):
        parameters = {**fixed, **point}
        if any(one.items() <= parameters.items() for one in skipped):
            continue
        name = _name(entry, notebook, point, parameters, where)
        title = _filled(str(entry.get("title") or ""), parameters, where)
        runs.append(Run(name, notebook, parameters, after=after, title=title, reads=reads))
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
    size = prod(map(len, grid.values()))
    if size > MOST_RUNS:
        raise RequestError(f"{where}: grid: makes {size:,} runs, {MOST_RUNS:,} at most; split it")
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def slug(text: str) -> str:
    """Return a text as part of a file name: letters, digits, dots, dashes, plus signs; the minus of a number in words."""
    text = _MINUS.sub("minus", text)
    return re.sub(r"[^A-Za-z0-9._+]+", "-", text).strip("-.") or "run"


def _shown(value: Any, between: str = "-") -> str:
    return slug(between.join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value))


def variant_name(base: str, changed: Mapping[str, Any], free_text: Iterable[str] = ()) -> str:
    """Return the name of a run of one's own: what it varies, and each parameter that it changes with its value.

    Two different sets of parameters never have one name, and no name is longer than a file's name may be: where the
    words would be too long, or could be another value's (those of ``free_text``, parameters that aren't one of a known
    set), ten digits of a SHA-256 of the parameters follow them.
    """
    folder, _, last = f"runs/{base}".rpartition("/")
    words = "-".join(
        [slug(last), *(f"{name}-{_shown(value, '+')}" for name, value in sorted(changed.items()))]
    )
    is_exact = all(_is_exact(value) for name, value in changed.items() if name in set(free_text))
    return f"{folder}/{_short(words, json.dumps(changed, sort_keys=True), is_exact)}"


def _is_exact(value: Any) -> bool:
    entries = value if isinstance(value, list | tuple) else [value]
    return all(not isinstance(one, str) or re.fullmatch(r"[a-z][a-z0-9._]*", one) for one in entries)


def _short(words: str, exact: str, is_exact: bool = True) -> str:
    if is_exact and len(words) <= LONGEST_NAME:
        return words
    return f"{words[: LONGEST_NAME - 11].rstrip('-.')}-{sha256(exact.encode()).hexdigest()[:10]}"


def page_name(run: str) -> str:
    """Return where the web page of a run stands under ``reports``: ``index.html`` is the list of all."""
    return f"{run}-report.html" if run.casefold() == "index" else f"{run}.html"


def _name(
    entry: Mapping[str, Any],
    notebook: str,
    point: Mapping[str, Any],
    parameters: Mapping[str, Any],
    where: str,
) -> str:
    template = entry.get("name")
    if not point:
        return (
            _short(slug(_filled(str(template), parameters, where)), str(template)) if template else notebook
        )
    filled = _filled(str(template), parameters, where) if template else "-".join(map(_shown, point.values()))
    return f"{notebook}/{_short(slug(filled), json.dumps(parameters, sort_keys=True, default=str))}"


def _filled(template: str, parameters: Mapping[str, Any], where: str) -> str:
    """Return a name or title with the values of the parameters that it holds, each as a plain ``{parameter}``."""
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise RequestError(f"{where}: '{template}' can't be filled: {error}") from error
    for _, name, spec, conversion in pieces:
        if name is not None and (spec or conversion or not name.isidentifier()):
            raise RequestError(
                f"{where}: '{template}' can't be filled: write a parameter as {{name}}, no more"
            )
        if name is not None and name not in parameters:
            raise unknown("parameter", name, parameters, f"{where}: name")
    return "".join(text + ("" if name is None else str(parameters[name])) for text, name, _, _ in pieces)


def _linked(runs: list[Run], where: str) -> tuple[Run, ...]:
    names = {run.name for run in runs}
    seen: set[str] = set()
    for run in runs:
        if run.name.casefold() in seen:
            raise RequestError(f"{where}: two runs are called '{run.name}'; give one a 'name'")
        seen.add(run.name.casefold())
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
        linked.append(replace(run, after=tuple(after)))
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
