"""The tasks of a study as doit knows them: what each depends on, by hash, and what doing it means."""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from doit.action import BaseAction
from doit.exceptions import TaskFailed
from doit.task import Task

from analysis import __version__
from analysis.errors import PlanDriftError, RequestError
from analysis.paths import Project
from analysis.studies.study import Run, Study, page_name
from publishing.errors import PublishingError
from publishing.seed import DEFAULT_SEED

from . import dependencies
from .parameters import read_parameters
from .record import citation, package_versions
from .server import JobFailed, Server
from .state import State

_PUBLISHING = ("analysis.run.job", "publishing.engine", "publishing.shell")
_LOCK = "requirements.lock"
_DAMAGE = "can't be written ({}); check the disk's space and the folder's rights"


class _Action(BaseAction):  # type: ignore[misc]  # doit has no types
    """A doit action that calls a function and leaves the standard streams alone, which other threads use."""

    def __init__(self, work: Callable[[], dict[str, Any]], on_failure: Callable[[Exception], None]) -> None:
        self._work, self._on_failure = work, on_failure
        self.task: Any = None
        self.out = self.err = self.result = None
        self.values: dict[str, Any] = {}

    def execute(self, out: Any = None, err: Any = None) -> TaskFailed | None:
        """Do the work; a failure is told to doit in one line."""
        try:
            self.values = self._work()
        except (PlanDriftError, PublishingError) as error:
            self._on_failure(error)
            return TaskFailed(str(error))
        except OSError as error:  # placing files: the disk or the folder's rights, never the notebook
            self._on_failure(error)
            return TaskFailed(f"{error.filename}: {_DAMAGE.format(error.strerror)}")
        return None


class Plan:
    """A study made into doit's tasks for one project."""

    def __init__(
        self,
        project: Project,
        study: Study,
        preparations: Sequence[Any],
        state: State,
        server: Server,
        roots: tuple[Path, ...],
        engine: str,
        more: tuple[str, ...] = (),
        reads_from: Sequence[str] | None = (),
    ) -> None:
        self.project, self.study, self.state = project, study, state
        self.traces: dict[str, str] = {}
        self._preparations, self._server, self._roots = preparations, server, roots
        self._engine, self._more, self._reads_from = engine, more, reads_from
        self._root = project.root.resolve()
        self._aside = project.reports / ".state" / "aside"
        self._lock, self._placing = threading.Lock(), threading.Lock()
        self._versions: dict[str, str] | None = None
        self._publishing = dependencies.module_uses(_PUBLISHING, roots).files
        self._preload: set[str] = set()

    def tasks(self) -> list[Task]:
        """Return every task, preparations first."""
        return [*map(self._preparation, self._preparations), *map(self._run_task, self.study.runs)]

    # Preparations

    def _preparation(self, entry: Any) -> Task:
        uses = dependencies.module_uses([entry.function.partition(":")[0]], self._roots)
        inputs = sorted({*self._matching(entry.inputs), *map(self._relative, uses.files)})
        name = f"prepare:{entry.name}"

        def work() -> dict[str, Any]:
            return self._prepare(entry, inputs)

        return self._task(
            name, work, inputs, list(entry.outputs), {"function": entry.function}, lambda error: None
        )

    def _prepare(self, entry: Any, inputs: list[str]) -> dict[str, Any]:
        before = {path: self.state.hashes.of(path) for path in inputs}
        start = _now()
        arguments = [entry.function, str(self._root)]
        self._ask("analysis.run.job:prepare", arguments, f"prepare-{entry.name}", [])
        missing = [path for path in entry.outputs if not self.state.hashes.exists(path)]
        if missing:
            raise PlanDriftError(f"{entry.function}: made no {', '.join(missing)}")
        return {
            "inputs": before,
            "outputs": {path: self.state.hashes.of(path) for path in entry.outputs},
            "settings": {"function": entry.function},
            "start": start,
            "end": _now(),
        }

    # Runs

    def _run_task(self, run: Run) -> Task:
        notebook = self.project.notebooks / f"{run.notebook}.ipynb"
        uses = dependencies.notebook_uses(notebook, self._roots)
        code = sorted(map(self._relative, uses.files | self._publishing))
        data = self._data(run)
        preload = sorted({*uses.modules, *uses.outside})
        settings = {
            "parameters": dict(run.parameters),
            "title": run.title,
            "data_date": self.study.data_date,
            "seed": self._seed,
            "engine": self._engine,
        }

        def work() -> dict[str, Any]:
            return self._run(run, notebook, code, data, settings, preload)

        def tidy(error: Exception) -> None:
            self._after_failure(run, error)

        inputs = [*code, *data]
        return self._task(run.name, work, inputs, list(self._targets(run).values()), settings, tidy)

    @property
    def _seed(self) -> int:
        return DEFAULT_SEED if self.study.seed is None else self.study.seed

    def _data(self, run: Run) -> list[str]:
        """Return what the run reads besides code: notebook, lock, prepared data, results it comes after."""
        made = {entry.name: entry.outputs for entry in self._preparations}
        wanted = made if run.reads is None else run.reads
        found = {f"notebooks/{run.notebook}.ipynb"}
        for name in wanted:
            found |= set(made[name]) if name in made else set(self._matching([name], needed=run.name))
        found |= {f"reports/results/{name}.json" for name in run.after}
        found |= {name for name in (_LOCK, "CITATION.cff") if (self._root / name).is_file()}
        found |= set(self._matching(self._more))
        return sorted(found)

    def _targets(self, run: Run) -> dict[str, str]:
        return {
            "ipynb": f"reports/notebooks/{run.name}.ipynb",
            "json": f"reports/results/{run.name}.json",
            "html": f"reports/{page_name(run.name)}",
            "pdf": f"reports/{run.name}.pdf",
        }

    def _run(
        self,
        run: Run,
        notebook: Path,
        code: Sequence[str],
        data: Sequence[str],
        settings: Mapping[str, Any],
        preload: Sequence[str],
    ) -> dict[str, Any]:
        before = {path: self.state.hashes.of(path) for path in [*code, *data]}
        start = _now()
        folder = self._aside / run.name.replace("/", "--")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        everything = {p.name: p.default for p in read_parameters(notebook)} | dict(run.parameters)
        job = {
            "name": run.name,
            "root": str(self._root),
            "notebook": str(notebook),
            "folder": str(folder),
            "parameters": dict(run.parameters),
            "all_parameters": everything,
            "engine": self._engine,
            "seed": self._seed,
            "after": None if self._reads_from is None else [*run.after, *self._reads_from],
            "about": self._about(run, everything, before, code, data),
        }
        answer = self._ask("analysis.run.job:run_job", [job], folder.name, preload)
        targets = self._targets(run)
        self._put_in_place(folder, targets)
        hashes = answer["hashes"]
        return {
            "notebook": run.notebook,
            "study": self.study.name,
            "title": answer["title"],
            "question": answer["question"],
            "given": dict(run.parameters),
            "parameters": everything,
            "settings": settings,
            "inputs": before,
            "outputs": {path: hashes[suffix] for suffix, path in targets.items()},
            "packages": self._package_versions(),
            "seed": self._seed,
            "start": start,
            "end": _now(),
        }

    def _about(
        self,
        run: Run,
        everything: Mapping[str, Any],
        hashes: Mapping[str, str],
        code: Sequence[str],
        data: Sequence[str],
    ) -> dict[str, Any]:
        """Return what the notebook's report says of itself; nothing in it changes from run to run."""
        authors, cite = citation(self.project)
        results = [path for path in data if path.startswith("reports/results/")]
        inputs = {path: hashes[path] for path in data if path not in results}
        for name, paths in (("code", code), ("results of other runs", results)):
            if paths:
                listed = "".join(f"{path}\0{hashes[path]}\n" for path in paths)
                inputs[f"{name} ({len(paths)} files together)"] = sha256(listed.encode()).hexdigest()
        about = {
            "run": run.name,
            "version": __version__,
            "provenance": {
                "notebook": f"notebooks/{run.notebook}.ipynb",
                "maker": f"plan-drift {__version__}",
                "inputs": inputs,
                "parameters": everything,
                "packages": self._package_versions(),
                "seed": self._seed,
            },
        }
        told = {"title": run.title, "data_date": self.study.data_date, "authors": authors, "citation": cite}
        return about | {key: value for key, value in told.items() if value}

    def _put_in_place(self, folder: Path, targets: Mapping[str, str]) -> None:
        """Let the files of a run appear together, each whole, as its last step."""
        for path in targets.values():
            (self._root / path).parent.mkdir(parents=True, exist_ok=True)
        with self._placing:
            for suffix, path in targets.items():
                (folder / f"run.{suffix}").replace(self._root / path)
            self._failed_notebook(Path(targets["ipynb"])).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Let nothing more appear or vanish: waits for files being placed, and lets no others follow."""
        self._placing.acquire()

    def _failed_notebook(self, executed: Path) -> Path:
        return self._root / executed.with_suffix(".failed.ipynb")

    def _after_failure(self, run: Run, error: Exception) -> None:
        """Take away reports that no longer hold, and keep the notebook up to the cell that failed.

        Where memory, disk or time ran out the last good reports stay; the index says that they are older than
        their inputs.
        """
        if isinstance(error, JobFailed) and error.trace:
            self.traces[run.name] = error.trace
        with self._placing:
            if _is_of_the_machine(error) and self.state.still_holds(run.name):
                return
            self._take_away(run)

    def _take_away(self, run: Run) -> None:
        targets = self._targets(run)
        for path in targets.values():
            (self._root / path).unlink(missing_ok=True)
        left = self._aside / run.name.replace("/", "--") / "failed.ipynb"
        if left.exists():
            kept = self._failed_notebook(Path(targets["ipynb"]))
            kept.parent.mkdir(parents=True, exist_ok=True)
            left.replace(kept)

    def retire(self) -> None:
        """Take away the reports of runs that this study no longer has, where nobody has changed them."""
        names = {run.name for run in self.study.runs}
        for name, about in self.state.kept().items():
            if about.get("study") != self.study.name or name in names or name.startswith("runs/"):
                continue
            for path, digest in about.get("outputs", {}).items():
                if self.state.hashes.exists(path) and self.state.hashes.of(path) == digest:
                    (self._root / path).unlink()
            self.state.forget(name)

    # Shared

    def _task(
        self,
        name: str,
        work: Callable[[], dict[str, Any]],
        inputs: Sequence[str],
        outputs: Sequence[str],
        settings: Mapping[str, Any],
        on_failure: Callable[[Exception], None],
    ) -> Task:
        known = _as_json(settings)

        def same_settings(task: Any, values: Mapping[str, Any]) -> bool:
            return bool(values.get("settings") == known)

        def same_outputs(task: Any, values: Mapping[str, Any]) -> bool:
            kept = values.get("outputs", {})
            return set(kept) == set(outputs) and self.state.hashes.unchanged(kept)

        return Task(
            name,
            [_Action(work, on_failure)],
            file_dep=inputs,
            targets=outputs,
            uptodate=[same_settings, same_outputs],
            verbosity=0,
        )

    def _ask(self, function: str, arguments: list[Any], name: str, preload: Sequence[str]) -> Any:
        self._aside.mkdir(parents=True, exist_ok=True)
        return self._server.run(function, arguments, self._aside / f"{name}.log", preload)

    def _matching(self, patterns: Sequence[str], needed: str = "") -> list[str]:
        found: set[str] = set()
        for pattern in patterns:
            if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                raise RequestError(f"{needed or 'reads'}: '{pattern}' is no path within the project")
            paths = [path for path in self._root.glob(pattern) if path.is_file()]
            if not paths and needed:
                raise RequestError(f"{needed}: reads '{pattern}', which is neither prepared data nor a file")
            found |= {self._relative(path) for path in paths}
        return sorted(found)

    def _relative(self, path: Path) -> str:
        path = path.resolve()
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)

    def _package_versions(self) -> dict[str, str]:
        with self._lock:
            if self._versions is None:
                self._versions = package_versions()
            return self._versions


def _is_of_the_machine(error: Exception) -> bool:
    return isinstance(error, OSError) or (isinstance(error, JobFailed) and error.of_the_machine)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _as_json(entry) for key, entry in value.items()}
    return [_as_json(entry) for entry in value] if isinstance(value, list | tuple) else value
