"""A claim's trail: from its verdict through findings, runs and notebook cells down to the figures and their files."""

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.data.definitions.indicators import dictionary, sources_behind
from analysis.errors import PlanDriftError
from analysis.findings.finding import Finding
from analysis.paths import Project
from analysis.studies.recorded import Recorded
from analysis.studies.results import RESULTS_MIME
from analysis.studies.study import Run, load_study
from publishing.reading import INJECTED_TAG

from .judging import JudgedClaim

_PARAMETERS = {"parameters", INJECTED_TAG}


@dataclass(frozen=True)
class Table:
    """A table in ``data/raw`` or ``data/processed``: what it holds, who published it, and its hash when the run read it."""

    path: str
    title: str
    publisher: str
    release: str
    sha256: str
    official_files: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """Where one finding comes from: the run and its parameters, the cells, what stands behind it.

    ``cell`` computed it (several, with commas, where the recorded values come from several), ``recorded_by`` put it
    among the results.
    """

    finding: str
    notebook: str
    cell: str
    recorded_by: str
    parameters: Mapping[str, Any]
    report: str
    results: str
    indicators: Mapping[str, str]
    tables: tuple[Table, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the step as JSON values."""
        return asdict(self)


class Trails:
    """The trails of one project; files are read once."""

    def __init__(self, project: Project) -> None:
        self._project, self._recorded = project, Recorded(project)

    def of(self, claim: JudgedClaim) -> tuple[Step, ...]:
        """Return a step for each estimate that decides, then for each direct test that ran, in the order of the register.

        Raises PlanDriftError where a run's results or notebook can't be read.
        """
        own = list(claim.parts.items())
        own += [(test.test.finding, test.finding) for test in claim.tests if test.finding]
        return tuple(self._step(name, name.rpartition("/")[0], finding) for name, finding in own)

    def _step(self, name: str, run: str, finding: Finding) -> Step:
        results = self._project.reports / "results" / f"{run}.json"
        about = _read_json(results)
        computing, recording = self._cells(run)
        return Step(
            finding=name,
            notebook=f"notebooks/{about['notebook']}.ipynb",
            cell=", ".join(computing),
            recorded_by=recording,
            parameters=about["parameters"],
            report=f"reports/{run}.pdf",
            results=f"reports/results/{run}.json",
            indicators={indicator: dictionary()[indicator].label for indicator in finding.indicators},
            tables=self._tables(run, [*sources_behind(finding.indicators), *self._read_by(run)]),
        )

    def _cells(self, run: str) -> tuple[list[str], str]:
        """Return the identifiers of the cells that computed the results, and of the one that recorded them.

        A value is computed where the name under which it is recorded was last assigned.
        """
        notebook = _read_json(self._project.reports / "notebooks" / f"{run}.ipynb")
        assigned: dict[str, str] = {}
        for cell in notebook["cells"]:
            if cell["cell_type"] != "code" or _PARAMETERS & set(cell["metadata"].get("tags", ())):
                continue
            stored, loaded = _names("".join(cell["source"]))
            if any(RESULTS_MIME in output.get("data", {}) for output in cell.get("outputs", ())):
                own = [str(cell["id"])] if stored & loaded else []
                return list(
                    dict.fromkeys([assigned[name] for name in sorted(loaded & set(assigned))] + own)
                ), str(cell["id"])
            assigned |= dict.fromkeys(stored, str(cell["id"]))
        return [], ""

    def _read_by(self, run: str) -> list[str]:
        """Return the tables that the study says the run reads besides the panel."""
        reads = next((planned.reads for planned in self._runs if planned.name == run), None) or ()
        return [
            Path(name).stem
            for name in reads
            if name.startswith("data/") and name.endswith(".csv") and "*" not in name
        ]

    def _tables(self, run: str, names: Iterable[str]) -> tuple[Table, ...]:
        hashes = self._recorded.inputs(run)
        return tuple(self._table(name, hashes) for name in dict.fromkeys(names) if name in self._resources)

    def _table(self, name: str, hashes: Mapping[str, str]) -> Table:
        about = self._resources[name]
        files = tuple(
            f"{source['file']} ({source['hash']})" for source in about["sources"] if "file" in source
        )
        path = about["place"]
        if path not in hashes:
            raise PlanDriftError(
                f"{path}: no run has recorded that it read it; run `plan-drift reports` again"
            )
        return Table(
            path=path,
            title=about["title"],
            publisher=about["publisher"],
            release=about["release"],
            sha256=hashes[path],
            official_files=files,
        )

    @cached_property
    def _runs(self) -> tuple[Run, ...]:
        return load_study(self._project.studies / "main.yml").runs

    @cached_property
    def _resources(self) -> dict[str, Any]:
        return {
            resource["name"]: {**resource, "place": f"data/{folder.name}/{resource['path']}"}
            for folder in (self._project.raw, self._project.processed)
            if (folder / "datapackage.json").is_file()
            for resource in _read_json(folder / "datapackage.json")["resources"]
        }


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell's code assigns and those that it loads; imports assign none that compute."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # magics
        return set(), set()
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return (
        {node.id for node in names if isinstance(node.ctx, ast.Store)},
        {node.id for node in names if isinstance(node.ctx, ast.Load)},
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content
    except (OSError, ValueError) as error:
        raise PlanDriftError(f"{path}: can't be read ({error}); run `plan-drift reports` again") from error
