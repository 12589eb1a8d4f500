"""Runs a study or a notebook: what is stale is done, a forked child runs each, reports appear whole."""

import fcntl
import json
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from analysis.errors import PlanDriftError, RequestError, unknown
from analysis.files.writing import write_text
from analysis.paths import Project
from analysis.studies.code_used import code_roots
from analysis.studies.recorded import STATE_FILE, Recorded
from analysis.studies.study import Run, Study, load_study, variant_name

from .parameters import VALIDATORS, Parameter, check, read_parameters
from .profiles import FOLDER as PROFILES
from .progress import DONE, FAILED, SKIPPED, UP_TO_DATE, WAITING, Progress
from .record import read_failures, write_record
from .scheduling import Ended, Schedule, linked
from .server import DEFAULT_LIMIT_SECONDS, Jobs, Server
from .state import State
from .tasks import Plan, Preparation

INTERRUPTED = 130


PREPARE: list[Preparation] = []


@dataclass(frozen=True)
class RunSummary:
    """How a run ended: names by state, a line for each failure, and the exit status for the command line."""

    done: tuple[str, ...] = ()
    up_to_date: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def exit_status(self) -> int:
        """0 where all is done, 1 where something failed, 130 where the run was interrupted."""
        return INTERRUPTED if self.interrupted else 1 if self.failed or self.skipped else 0

    def __str__(self) -> str:
        counts = {
            "done": self.done,
            "up to date": self.up_to_date,
            "failed": self.failed,
            "skipped": self.skipped,
        }
        told = (
            ", ".join(f"{len(names)} {state}" for state, names in counts.items() if names) or "nothing to run"
        )
        return f"{told}{' (interrupted: the next run goes on from here)' if self.interrupted else ''}"


def notebook_path(project: Project, name: str) -> Path:
    """Return a notebook's file; raises RequestError with the nearest right name where there is none."""
    path = project.notebooks / f"{name.removesuffix('.ipynb')}.ipynb"
    if not path.is_file():
        raise unknown("notebook", name, (path.stem for path in project.notebooks.glob("*.ipynb")))
    return path


def study_parameters(project: Project, study: Study, only: Sequence[str] = ()) -> tuple[Parameter, ...]:
    """Return the parameters of the selected notebooks, one of each name, to read the command line by."""
    by_name: dict[str, Parameter] = {}
    for notebook in dict.fromkeys(run.notebook for run in study.selected(only)):
        for parameter in read_parameters(notebook_path(project, notebook)):
            by_name.setdefault(parameter.name, parameter)
    return tuple(by_name.values())


def checked_study(
    project: Project, study: Study, only: Sequence[str] = (), overrides: Mapping[str, Any] | None = None
) -> tuple[Study, tuple[str, ...]]:
    """Return the study with every parameter checked, and the names of the runs that are asked for.

    A selected run that has an overridden parameter is asked for beside its standard one, as a run of its own
    under ``runs/``: what is varied never replaces a report of the study. Raises RequestError, before anything
    is run, for a notebook, parameter, type or value that isn't right.
    """
    overrides = dict(overrides or {})
    declared = {
        name: read_parameters(notebook_path(project, name))
        for name in dict.fromkeys(run.notebook for run in study.runs)
    }
    chosen = study.selected(only)
    known = {p.name for run in chosen for p in declared[run.notebook]}
    for name in overrides:
        if name not in known:
            raise unknown("parameter", name, known)
    runs = [
        replace(run, parameters=check(declared[run.notebook], run.parameters, f"{study.name}: {run.name}"))
        for run in study.runs
    ]
    by_name = {run.name: run for run in runs}
    asked = [_varied(by_name[run.name], declared[run.notebook], overrides, study.name) for run in chosen]
    variants = [run for run in asked if run.name not in by_name]
    return replace(study, runs=(*runs, *variants)), tuple(run.name for run in asked)


def _varied(run: Run, declared: Sequence[Parameter], overrides: Mapping[str, Any], where: str) -> Run:
    """Return the run with the overrides that it has parameters for, named by what they change."""
    names = {parameter.name for parameter in declared}
    own = {name: value for name, value in overrides.items() if name in names}
    given = check(declared, {**run.parameters, **own}, f"{where}: {run.name}")
    standard = {p.name: _as_json(p.default) for p in declared} | dict(run.parameters)
    changed = {name: given[name] for name in own if given[name] != standard[name]}
    if not changed:
        return run
    name = variant_name(run.name, changed, _free_text(declared))
    return replace(run, name=name, parameters=given)


def _free_text(declared: Sequence[Parameter]) -> list[str]:
    """Return the parameters that hold text of no known set."""
    closed = re.compile(
        rf"(list\[)?({'|'.join(VALIDATORS)}|int|float|bool|(Literal|Annotated)\[[^\[\]]*\])\]?"
    )
    return [p.name for p in declared if not closed.fullmatch(p.type)]


def run_study(
    project: Project,
    study: Study,
    only: Sequence[str] = (),
    overrides: Mapping[str, Any] | None = None,
    jobs: int = 2,
    progress: bool = True,
    debug: bool = False,
    engine: str = "forked",
    limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    cluster: str | None = None,
) -> RunSummary:
    """Run what is stale of a study, ``only`` some of it (runs or notebooks by name), and return how it ended.

    ``engine='kernel'`` runs each notebook in an ordinary kernel; a run that takes longer than ``limit_seconds`` is
    ended and counts as failed. ``cluster`` is the address of a Dask scheduler whose workers run the notebooks; the files
    are the same as without. Raises RequestError for a request that can't be met or a cluster that can't be had,
    PlanDriftError where the reports folder can't be written or another run is under way; a notebook that fails is told
    in the summary and doesn't stop the others.
    """
    if engine not in ("forked", "kernel"):
        raise unknown("engine", engine, ("forked", "kernel"))
    study, selected = checked_study(project, study, only, overrides)
    retire = not only and not overrides
    return _run(
        project, study, selected, max(1, jobs), progress, debug, engine, limit_seconds, cluster, retire=retire
    )


def run_notebook(
    project: Project,
    notebook: str,
    parameters: Mapping[str, Any] | None = None,
    after: Sequence[str] | None = None,
    progress: bool = True,
    debug: bool = False,
    engine: str = "forked",
    limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    cluster: str | None = None,
) -> RunSummary:
    """Run one notebook with parameters of its own into ``reports/runs``, where that isn't done yet.

    ``after`` names the runs whose recorded results it may read, all where it is None. Raises as run_study does.
    """
    path = notebook_path(project, notebook)
    declared = read_parameters(path)
    given = check(declared, parameters or {}, path.stem)
    defaults = {parameter.name: parameter.default for parameter in declared}
    changed = {name: value for name, value in given.items() if value != _as_json(defaults[name])}
    reads = tuple(f"reports/results/{name}{tail}" for name in after or () for tail in (".json", "/*.json"))
    run = Run(variant_name(path.stem, changed, _free_text(declared)), path.stem, changed)
    study = Study("ad hoc", "", (run,))
    return _run(
        project,
        study,
        [run.name],
        1,
        progress,
        debug,
        engine,
        limit_seconds,
        cluster,
        retire=False,
        more=reads,
        reads_from=after,
    )


def _as_json(value: Any) -> Any:
    return [_as_json(entry) for entry in value] if isinstance(value, tuple | list) else value


def _run(
    project: Project,
    study: Study,
    selected: Sequence[str],
    jobs: int,
    progress: bool,
    debug: bool,
    engine: str,
    limit_seconds: float,
    cluster: str | None,
    *,
    retire: bool,
    more: tuple[str, ...] = (),
    reads_from: Sequence[str] | None = (),
) -> RunSummary:
    started = time.monotonic()
    private = project.reports / ".state"
    ended: Ended = SimpleQueue()
    with _alone(private), _signals_asking_for_the_end(ended):
        state = State(project.root, project.root / STATE_FILE)
        roots = code_roots(project.root)
        server = Server(project.root, roots, private / "worker.log", limit_seconds)
        asked = _of_cluster(cluster, project.root, roots, server, limit_seconds) if cluster else server
        shown = Progress([], shown=progress)
        plan = Plan(project, study, PREPARE, state, asked, engine, more, reads_from)
        interrupted = _dispatch(plan, selected, jobs, shown, asked, ended)
        shutil.rmtree(private / "aside", ignore_errors=True)
        if retire and not interrupted:
            plan.retire()
        summary = _summary(shown, started, interrupted)
        _write_lists(project, plan, summary, read_failures(private / "failures.json"))
    if progress:
        _tell(summary, plan.traces if debug else {})
    return summary


def _of_cluster(
    address: str, root: Path, code: tuple[Path, ...], server: Server, limit_seconds: float
) -> Jobs:
    from .cluster import Cluster  # Dask takes long to import, and mostly there is no cluster

    return Cluster(address, root, code, server, limit_seconds)


def _dispatch(
    plan: Plan, selected: Sequence[str], jobs: int, shown: Progress, asked: Jobs, ended: Ended
) -> bool:
    """Do the tasks that are due; return whether it was interrupted."""
    pool = ThreadPoolExecutor(jobs)
    try:
        tasks = plan.tasks()
        plan.keep_imports()
        after = linked(tasks, selected)
        shown.states.update(dict.fromkeys(after, WAITING))
        Schedule(tasks, after, plan.state, shown, pool, jobs, ended, _load_lists).run()
    except KeyboardInterrupt:
        return True
    finally:
        plan.close()
        asked.stop()
        pool.shutdown(cancel_futures=True)
        shown.finish()
    return False


def _load_lists() -> None:
    """Import what the list of reports is written with: it takes long, and is needed only where something was run."""
    from . import index  # noqa: F401


def _summary(shown: Progress, started: float, interrupted: bool) -> RunSummary:
    def names(state: str) -> tuple[str, ...]:
        return tuple(name for name, last in shown.states.items() if last == state)

    failed = {name: shown.messages.get(name, "") for name in names(FAILED)}
    seconds = time.monotonic() - started
    return RunSummary(
        done=names(DONE),
        up_to_date=names(UP_TO_DATE),
        skipped=names(SKIPPED),
        failed=failed,
        seconds=seconds,
        interrupted=interrupted,
    )


def _write_lists(project: Project, plan: Plan, summary: RunSummary, failures: dict[str, str]) -> None:
    """Write the record, the index and the failures, where anything has changed since they were written."""
    settled = {*summary.done, *summary.up_to_date}
    known = {run.name for run in plan.study.runs} | set(failures)
    now = {
        name: line
        for name, line in {**failures, **summary.failed}.items()
        if name not in settled and name in known
    }
    missing = any(not (project.reports / name).exists() for name in ("record.json", "index.html"))
    if not (plan.state.has_changed or missing or now != failures):
        return
    kept, recorded = plan.state.kept(), Recorded(project)
    reasons = {name: recorded.why_stale(name) for name, about in kept.items() if "notebook" in about}
    older = {name: reason for name, reason in reasons.items() if reason}
    from .index import write_index  # see _load_lists

    write_record(project, kept, now, older)
    write_index(project, _listing(project, plan.study), kept, now, older)
    if any(name.startswith(PROFILES) for name in kept):
        from .profiles_index import write_profiles_index

        write_profiles_index(project, kept)
    write_text(project.reports / ".state" / "failures.json", json.dumps(now, indent=1, sort_keys=True))


def _listing(project: Project, study: Study) -> Study:
    """Return the study that the list of reports is of: the main one, where the one that ran isn't a file of its own."""
    main = project.studies / "main.yml"
    is_own = (project.studies / f"{study.name}.yml").is_file()
    return study if is_own or not main.is_file() else load_study(main)


def _tell(summary: RunSummary, traces: Mapping[str, str]) -> None:
    for trace in traces.values():
        print(trace, file=sys.stderr)
    print(f"{summary} in {summary.seconds:.1f} s", file=sys.stderr)


@contextmanager
def _alone(private: Path) -> Iterator[None]:
    """Keep a second run out of the same reports; the system lets go when the process ends."""
    try:
        private.mkdir(parents=True, exist_ok=True)
        lock = (private / "lock").open("w")
    except OSError as error:
        raise PlanDriftError(
            f"{private}: can't be written ({error.strerror}); check the folder's rights"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RequestError(
                f"{private.parent}: another run is under way; wait for it or end it first"
            ) from None
        yield


@contextmanager
def _signals_asking_for_the_end(ended: Ended) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C both end a run the same tidy way; further ones, while it tidies, change nothing.

    A handler that raises may do so while its thread half holds a lock that others wait for. A queue of this kind
    takes an entry at any moment.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: Any) -> None:
        ended.put(None)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
