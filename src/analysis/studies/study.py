"""A study: which notebooks are run, with which parameters and in which order, read from YAML."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from itertools import product
from math import prod
from pathlib import Path
from string import Formatter
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from analysis.data.definitions.indicators import dictionary
from analysis.errors import RequestError, unknown
from analysis.files.entries import Entry, Text, Whole, between, read_entry, worded
from analysis.files.yaml_files import read_yaml

MOST_RUNS = 10_000
# Some file systems take 143 bytes; what is written aside adds some twenty.
LONGEST_NAME = 100
# A minus sign, which a dash between words isn't.
_MINUS = re.compile(r"(?<![A-Za-z0-9._+])-(?=\.?\d)")


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
    """A title and its runs, in the order of the file; the list of reports begins with notebooks of ``first_listed``."""

    name: str
    title: str
    runs: tuple[Run, ...]
    data_date: str = ""
    seed: int | None = None
    published: date | None = None
    first_listed: tuple[str, ...] = ()

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
    written = read_entry(_Written, document, where, RequestError)
    runs = [
        run
        for number, entry in enumerate(written.runs, 1)
        for run in _expanded(entry, f"{where}: run {number}")
    ]
    return Study(
        name=path.stem,
        title=written.title or path.stem,
        runs=_linked(runs, where),
        data_date=_dated(written.data_date or ""),
        seed=written.seed,
        published=written.published,
        first_listed=_known(written.first_listed, runs, where),
    )


_LAST = {"{last_march}": "march", "{last_september}": "september"}
"""What stands in a study's ``data_date`` for the last year of figures with a reference, by what is written."""
_Words = Annotated[str, Field(coerce_numbers_to_str=True)]
_Day = Annotated[
    date, BeforeValidator(lambda day: date.fromisoformat(str(day))), worded("a day, as in 2026-11-28")
]
_Parameters = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]
_as_list = BeforeValidator(
    lambda value: [] if value is None else value if isinstance(value, list) else [value]
)


def _points(grid: Any) -> Any:
    """Return the points of a grid that lists the values of each parameter; any other is returned as it is."""
    if not isinstance(grid, dict):
        return [{}] if grid is None else grid
    for name, values in grid.items():
        if not isinstance(values, list):
            raise ValueError(f"'{name}' must list its values")
    size = prod(map(len, grid.values()))
    if size > MOST_RUNS:
        raise ValueError(f"makes {size:,} runs, {MOST_RUNS:,} at most; split it")
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


@dataclass(frozen=True)
class _Written(Entry):
    """A study as its file has it."""

    runs: Annotated[list[Any], Field(min_length=1), worded("a list of one notebook at least")]
    title: _Words | None = None
    data_date: _Words | None = None
    published: _Day | None = None
    seed: Annotated[Whole, between(0, 2**32 - 1)] | None = None
    first_listed: Annotated[tuple[_Words, ...], _as_list] = ()


def _dated(told: str) -> str:
    """Return what a study says its data are of, with the years of the last 31 March and 30 September that figures reach."""
    for written, reference in _LAST.items():
        if written in told:
            ends = [entry.years[1] for entry in dictionary().values() if entry.reference == reference]
            told = told.replace(written, str(max(ends)))
    return told


def _known(names: tuple[str, ...], runs: Iterable[Run], where: str) -> tuple[str, ...]:
    notebooks = {run.notebook for run in runs}
    for name in names:
        if name not in notebooks:
            raise unknown("notebook", name, notebooks, f"{where}: first_listed")
    return names


@dataclass(frozen=True)
class _WrittenRun(Entry):
    """One notebook of a study as its file has it: with a grid, a run for each of its points that isn't skipped."""

    notebook: Text
    parameters: _Parameters = field(default_factory=dict)
    grid: Annotated[tuple[_Parameters, ...], BeforeValidator(_points)] = ({},)
    skip: Annotated[tuple[dict[str, Any], ...], _as_list] = ()
    after: Annotated[tuple[_Words, ...], _as_list] = ()
    name: _Words | None = None
    title: _Words | None = None
    reads: Annotated[tuple[_Words, ...] | None, _as_list] = None


def _expanded(entry: Any, where: str) -> list[Run]:
    entry = {"notebook": entry} if isinstance(entry, str) else entry
    written = read_entry(_WrittenRun, entry, where, RequestError)
    notebook = written.notebook.removesuffix(".ipynb")
    runs = []
    for point in written.grid:
        parameters = {**written.parameters, **point}
        if any(skipped.items() <= parameters.items() for skipped in written.skip):
            continue
        name = _name(written.name, notebook, point, parameters, where)
        title = _filled(written.title or "", parameters, where)
        runs.append(Run(name, notebook, parameters, written.after, title, written.reads))
    return runs


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
    return all(not isinstance(entry, str) or re.fullmatch(r"[a-z][a-z0-9._]*", entry) for entry in entries)


def _short(words: str, exact: str, is_exact: bool = True) -> str:
    if is_exact and len(words) <= LONGEST_NAME:
        return words
    return f"{words[: LONGEST_NAME - 11].rstrip('-.')}-{sha256(exact.encode()).hexdigest()[:10]}"


def page_name(run: str) -> str:
    """Return where the web page of a run stands under ``reports``: ``index.html`` is the list of all."""
    return f"{run}-report.html" if run.casefold() == "index" else f"{run}.html"


def _name(
    template: str | None,
    notebook: str,
    point: Mapping[str, Any],
    parameters: Mapping[str, Any],
    where: str,
) -> str:
    if not point:
        return _short(slug(_filled(template, parameters, where)), template) if template else notebook
    filled = _filled(template, parameters, where) if template else "-".join(map(_shown, point.values()))
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
