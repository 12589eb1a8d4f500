"""The tasks of a study: what each depends on, and what doing it means."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis import __version__
from analysis.errors import PlanDriftError, RequestError
from analysis.files.package_files import files_of
from analysis.paths import Project
from analysis.studies.code_used import code_of
from analysis.studies.study import Run, Study, page_name
from publishing.errors import PublishingError
from publishing.seed import DEFAULT_SEED

from .citing import citation
from .parameters import read_cells, read_parameters
from .record import package_versions
from .scheduling import Task
from .server import PUBLISH_RUN, RUN_CELLS, JobFailed, Jobs, Request
from .state import State

_PUBLISHING = ("analysis.run.job", "publishing.engine", "publishing.shell")
_EVERY_RUN = (
    "papermill",
    "nbformat",
    "typst",
    "pypandoc",
    "PIL.Image",
    "fontTools.ttLib",
    "publishing.shell",
    "analysis.run.job",
    "IPython.core.completer",
    "pyarrow.dataset",
    "xlsxwriter",
    "publishing.typesetting",
)
"""What every run asks for on its way, as the run itself would have to import it."""
_LOCK = "requirements.lock"
_WILD = re.compile(r"[*?\[]")
_DOWNLOADS = {
    "pdf": "PDF",
    "zip": "Tables and figures (ZIP)",
    "json": "Results (JSON)",
    "ipynb": "Executed notebook",
}
"""What a report's web page offers beside itself, by the files that a run makes."""
LICENCE = "Text, code and charts: MIT licence. Official figures: Crown copyright, under the Open Government Licence v3.0."


@dataclass(frozen=True)
class Preparation:
    """Data that runs read, and what makes it: ``module:function`` of a Project, its inputs and its outputs.

    Inputs are paths or patterns in the project, outputs paths. It is made again when an input, the function's
    code, a file in the folders ``code`` or an output has changed.
    """

    name: str
    function: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    code: tuple[Path, ...] = ()


class Plan:
    """A study made into tasks for one project."""

    def __init__(
        self,
        project: Project,
        study: Study,
        preparations: Sequence[Preparation],
        state: State,
        jobs: Jobs,
        engine: str,
        more: tuple[str, ...] = (),
        reads_from: Sequence[str] | None = (),
    ) -> None:
        self.project, self.study, self.state = project, study, state
        self.traces: dict[str, str] = {}
        self._preparations, self._jobs = preparations, jobs
        self._code = code_of(project)
        self._engine, self._more, self._reads_from = engine, more, reads_from
        self._root = project.root.resolve()
        self._aside = project.reports / ".state" / "aside"
        self._placing, self._is_closed = threading.Lock(), False
        self._relatives: dict[Path, str] = {}
        self._preloads: list[str] = []
        self._publishing = self._code.module_uses(_PUBLISHING).files

    def tasks(self) -> list[Task]:
        """Return every task, preparations first."""
        used = {
            notebook: self._used(notebook)
            for notebook in dict.fromkeys(run.notebook for run in self.study.runs)
        }
        runs = [self._run_task(run, *used[run.notebook]) for run in self.study.runs]
        self._preloads = list(dict.fromkeys(name for _, preload in used.values() for name in preload))
        return [*map(self._preparation, self._preparations), *runs]

    def keep_imports(self) -> None:
        """Keep what was learnt of the code's imports, so that the next run needn't parse it."""
        self._code.keep()

    # Preparations

    def _preparation(self, entry: Preparation) -> Task:
        uses = self._code.module_uses([entry.function.partition(":")[0]])
        beside = {path for folder in entry.code for path in files_of(folder)}
        inputs = sorted({*self._matching(entry.inputs), *map(self._relative, uses.files | beside)})

        def work(before: Mapping[str, str]) -> dict[str, Any]:
            arguments, log = [entry.function, str(self._root)], self._log(f"prepare-{entry.name}")
            self._jobs.run(Request("analysis.run.job:prepare", arguments, log, soon=self._preloads))
            missing = [path for path in entry.outputs if not (self._root / path).exists()]
            if missing:
                raise PlanDriftError(f"{entry.function}: made no {', '.join(missing)}")
            return {"outputs": {path: self.state.hashes.of(path) for path in entry.outputs}}

        settings = {"function": entry.function}
        return self._task(f"prepare:{entry.name}", inputs, entry.outputs, settings, work, lambda error: None)

    # Runs

    def _used(self, notebook: str) -> tuple[list[str], list[str]]:
        """Return the files of code that a notebook's runs depend on, and the modules to import before they start."""
        cells = read_cells(self._file_of(notebook))
        uses = self._code.cells_use(cell["source"] for cell in cells if cell.get("cell_type") == "code")
        code = sorted(map(self._relative, uses.files | self._publishing))
        return code, [*_EVERY_RUN, *sorted({*uses.modules, *uses.outside})]

    def _run_task(self, run: Run, code: Sequence[str], preload: Sequence[str]) -> Task:
        data = self._data(run)
        settings = {
            "parameters": dict(run.parameters),
            "title": run.title,
            "data_date": self.study.data_date,
            "published": self.study.published.isoformat() if self.study.published else "",
            "seed": self._seed,
            "engine": self._engine,
        }

        def work(before: Mapping[str, str]) -> dict[str, Any]:
            return self._run(run, code, data, preload, before)

        def tidy(error: Exception) -> None:
            self._after_failure(run, error)

        return self._task(run.name, [*code, *data], [*self._targets(run).values()], settings, work, tidy)

    def _file_of(self, notebook: str) -> Path:
        return self.project.notebooks / f"{notebook}.ipynb"

    @property
    def _seed(self) -> int:
        return DEFAULT_SEED if self.study.seed is None else self.study.seed

    def _data(self, run: Run) -> list[str]:
        """Return what the run reads besides code: notebook, lock, prepared data, results it comes after."""
        made = {entry.name: entry.outputs for entry in self._preparations}
        wanted = made if run.reads is None else run.reads
        inputs = {f"notebooks/{run.notebook}.ipynb"}
        for name in wanted:
            inputs |= set(made[name]) if name in made else set(self._matching([name], needed=run.name))
        inputs |= {f"reports/results/{name}.json" for name in run.after}
        inputs |= {name for name in (_LOCK, "CITATION.cff") if (self._root / name).is_file()}
        inputs |= set(self._matching(self._more))
        return sorted(inputs)

    def _targets(self, run: Run) -> dict[str, str]:
        return {
            "ipynb": f"reports/notebooks/{run.name}.ipynb",
            "json": f"reports/results/{run.name}.json",
            "html": f"reports/{page_name(run.name)}",
            "pdf": f"reports/{run.name}.pdf",
            "zip": f"reports/files/{run.name}.zip",
        }

    def _run(
        self,
        run: Run,
        code: Sequence[str],
        data: Sequence[str],
        preload: Sequence[str],
        before: Mapping[str, str],
    ) -> dict[str, Any]:
        folder = self._aside / run.name.replace("/", "--")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        everything = {p.name: p.default for p in read_parameters(self._file_of(run.notebook))} | dict(
            run.parameters
        )
        job = {
            "name": run.name,
            "root": str(self._root),
            "notebook": str(self._file_of(run.notebook)),
            "folder": str(folder),
            "parameters": dict(run.parameters),
            "all_parameters": everything,
            "engine": self._engine,
            "seed": self._seed,
            "after": None if self._reads_from is None else [*run.after, *self._reads_from],
            "about": self._about(run, everything, before, code, data),
        }
        log = self._log(folder.name)
        answer = self._jobs.run(Request(RUN_CELLS, [job], log, then=PUBLISH_RUN, preload=preload))
        targets = self._targets(run)
        self._put_in_place(folder, targets)
        hashes = answer["hashes"]
        return {
            "notebook": run.notebook,
            "study": self.study.name,
            "title": answer["title"],
            "question": answer["question"],
            "answer": answer["answer"],
            "given": dict(run.parameters),
            "parameters": everything,
            "outputs": {path: hashes[suffix] for suffix, path in targets.items()},
            "packages": self._package_versions,
            "seed": self._seed,
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
        authors, cite = citation(self.project, self.study.published)
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
                "packages": self._package_versions,
                "seed": self._seed,
            },
        }
        targets, up = self._targets(run), "../" * page_name(run.name).count("/")
        links = [("All reports", f"{up}index.html"), ("What words mean", f"{up}index.html#glossary")]
        links += [
            (label, quote(up + targets[suffix].removeprefix("reports/")))
            for suffix, label in _DOWNLOADS.items()
        ]
        told = {
            "title": run.title,
            "data_date": self.study.data_date,
            "published": self.study.published.isoformat() if self.study.published else "",
            "authors": authors,
            "citation": cite,
            "links": links,
            "licence": LICENCE,
        }
        return about | {key: value for key, value in told.items() if value}

    def _put_in_place(self, folder: Path, targets: Mapping[str, str]) -> None:
        """Let the files of a run appear together, each whole, as its last step."""
        for path in targets.values():
            (self._root / path).parent.mkdir(parents=True, exist_ok=True)
        with self._placing:
            if self._is_closed:
                raise PlanDriftError("interrupted before its reports were put in place")
            for suffix, path in targets.items():
                (folder / f"run.{suffix}").replace(self._root / path)
            self._failed_notebook(Path(targets["ipynb"])).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Let nothing more appear or vanish: waits for files being placed, and lets no others follow."""
        with self._placing:
            self._is_closed = True

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
            if not self._is_closed and not (_is_of_the_machine(error) and self.state.still_holds(run.name)):
                self._take_away(run)

    def _take_away(self, run: Run) -> None:
        targets = self._targets(run)
        for path in targets.values():
            with suppress(NotADirectoryError):  # a file of somebody's stands where its folder would
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
                if self.state.hashes.unchanged({path: digest}):
                    (self._root / path).unlink()
            self.state.forget(name)

    # Shared

    def _task(
        self,
        name: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        settings: Mapping[str, Any],
        work: Callable[[Mapping[str, str]], dict[str, Any]],
        tidy: Callable[[Exception], None],
    ) -> Task:
        """Return a task that records the hashes that its inputs had when it started, not what they have become since."""
        as_read_back = json.loads(json.dumps(settings))

        def recorded() -> dict[str, Any]:
            before, start = self._hashed(inputs), _now()
            try:
                about = work(before)
            except (PlanDriftError, PublishingError) as error:
                tidy(error)
                raise
            except OSError as error:  # placing files: the disk or the folder's rights, never the notebook
                tidy(error)
                raise PlanDriftError(
                    f"{error.filename}: can't be written ({error.strerror}); "
                    "check the disk's space and the folder's rights"
                ) from error
            return {**about, "inputs": before, "settings": as_read_back, "start": start, "end": _now()}

        return Task(name, inputs, outputs, as_read_back, recorded)

    def _hashed(self, inputs: Iterable[str]) -> dict[str, str]:
        try:
            return {path: self.state.hashes.of(path) for path in inputs}
        except OSError as error:
            raise PlanDriftError(
                f"{error.filename}: can't be read ({error.strerror}); put it back"
            ) from error

    def _log(self, name: str) -> Path:
        """Return where a job writes what it has to say, in a folder that is there."""
        self._aside.mkdir(parents=True, exist_ok=True)
        return self._aside / f"{name}.log"

    def _matching(self, patterns: Sequence[str], needed: str = "") -> list[str]:
        inputs: set[str] = set()
        for pattern in patterns:
            if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                raise RequestError(f"{needed or 'reads'}: '{pattern}' is no path within the project")
            # A plain path needs no search; each brief reads one.
            matched = self._root.glob(pattern) if _WILD.search(pattern) else [self._root / pattern]
            paths = [path for path in matched if path.is_file()]
            if not paths and needed:
                raise RequestError(f"{needed}: reads '{pattern}', which is neither prepared data nor a file")
            inputs |= {self._relative(path) for path in paths}
        return sorted(inputs)

    def _relative(self, path: Path) -> str:
        """Return a file's path in the project, or its whole path elsewhere; found once, for notebooks share most code."""
        if path not in self._relatives:
            real = path.resolve()
            self._relatives[path] = (
                real.relative_to(self._root).as_posix() if real.is_relative_to(self._root) else str(real)
            )
        return self._relatives[path]

    @cached_property
    def _package_versions(self) -> dict[str, str]:
        return package_versions()


def _is_of_the_machine(error: Exception) -> bool:
    return isinstance(error, OSError) or (isinstance(error, JobFailed) and error.of_the_machine)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
