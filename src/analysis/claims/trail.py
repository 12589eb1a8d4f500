"""A claim's trail: from its verdict through findings, runs and notebook cells down to the figures and their files."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import PlanDriftError
from ..files import sha256
from ..findings import Finding
from ..indicators import dictionary, sources_behind
from ..paths import Project
from ..publishing.study import load_study
from ..results import RESULTS_MIME
from .judging import JudgedClaim


@dataclass(frozen=True)
class Table:
    """A table of figures in ``data/raw``: what it holds, who published it, and the hash of it as it stands."""

    path: str
    title: str
    publisher: str
    release: str
    sha256: str
    official_files: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """Where one finding comes from: the run and its parameters, the cell that recorded it, what stands behind it."""

    finding: str
    notebook: str
    cell: str
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
        self._project = project

    def of(self, claim: JudgedClaim) -> tuple[Step, ...]:
        """Return a step for each direct test that ran, in the order of the register.

        Raises PlanDriftError where a run's results or notebook can't be read.
        """
        return tuple(
            self._step(test.test.finding, test.test.run, test.finding) for test in claim.tests if test.finding
        )

    def _step(self, name: str, run: str, finding: Finding) -> Step:
        results = self._project.reports / "results" / f"{run}.json"
        about = _read_json(results)
        return Step(
            finding=name,
            notebook=f"notebooks/{about['notebook']}.ipynb",
            cell=self._recording_cell(run),
            parameters=about["parameters"],
            report=f"reports/{run}.pdf",
            results=f"reports/results/{run}.json",
            indicators={one: dictionary()[one].label for one in finding.indicators},
            tables=self._tables([*sources_behind(finding.indicators), *self._read_by(run)]),
        )

    def _recording_cell(self, run: str) -> str:
        """Return the identifier of the cell whose output holds the results."""
        notebook = _read_json(self._project.reports / "notebooks" / f"{run}.ipynb")
        for cell in notebook["cells"]:
            if any(RESULTS_MIME in output.get("data", {}) for output in cell.get("outputs", ())):
                return str(cell["id"])
        return ""

    def _read_by(self, run: str) -> list[str]:
        """Return the tables that the study says the run reads besides the panel."""
        reads = next((one.reads for one in self._runs if one.name == run), None) or ()
        return [Path(name).stem for name in reads if name.startswith("data/raw/") and "*" not in name]

    def _tables(self, names: Iterable[str]) -> tuple[Table, ...]:
        return tuple(self._table(name) for name in dict.fromkeys(names) if name in self._resources)

    def _table(self, name: str) -> Table:
        about = self._resources[name]
        files = tuple(f"{one['file']} ({one['hash']})" for one in about["sources"] if "file" in one)
        path = self._project.raw / about["path"]
        return Table(
            f"data/raw/{about['path']}",
            about["title"],
            about["publisher"],
            about["release"],
            sha256(path),
            files,
        )

    @cached_property
    def _runs(self):
        return load_study(self._project.studies / "main.yml").runs

    @cached_property
    def _resources(self) -> dict[str, Any]:
        document = _read_json(self._project.raw / "datapackage.json")
        return {resource["name"]: resource for resource in document["resources"]}


def cells_of(project: Project, claims: Iterable[JudgedClaim]) -> dict[str, tuple[str, str]]:
    """Return the notebook and the recording cell of every direct finding of ``claims``, by the finding's name."""
    trails = Trails(project)
    return {step.finding: (step.notebook, step.cell) for claim in claims for step in trails.of(claim)}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PlanDriftError(f"{path}: can't be read ({error}); run `plan-drift reports` again") from error
