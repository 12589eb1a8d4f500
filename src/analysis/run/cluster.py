"""The runner's side of a Dask cluster: code, data and notebooks go to its workers by hash, the files of a run come back.

Dask schedules, moves data, and does again elsewhere what a worker was doing that died. Workers need share no disk.
"""

import hashlib
import io
import logging
import threading
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import cloudpickle
from distributed import Client, Future, KilledWorker
from distributed import TimeoutError as NotYet
from distributed.versions import get_package_info

from analysis.errors import MachineError, RequestError
from analysis.estimators.resampling.parallel import connected
from analysis.estimators.resampling.profiles import PROFILE_VARIABLE
from analysis.studies.recorded import STATE_FILE

from . import station
from .record import RECORDED_PACKAGES
from .server import RUN_CELLS, VARIABLES, JobFailed, Request, Server
from .state import Hashes

_ALONE_SECONDS = 120.0
# How often a run that waits looks whether there is still a worker.
_LOOK_SECONDS = 10.0
# Besides what bears on results: what scheduler, workers and this process talk with.
_TALK = ("cloudpickle", "dask", "distributed", "msgpack")
_DATA = (
    "notebooks/*.ipynb", "studies/*.yml", "data/raw/*", "data/processed/**/*", "CITATION.cff", "requirements.lock",
)  # fmt: skip
_RESULTS = ("reports/results/**/*.json", "reports/notebooks/**/*.ipynb")


class Cluster:
    """Workers of the Dask scheduler at ``address``, asked as a Server is; what isn't a notebook's run is done by ``server``.

    Raises RequestError, before anything runs, where there is no scheduler, or scheduler or workers have other versions of
    what bears on results.
    """

    def __init__(
        self, address: str, project_root: Path, roots: Sequence[Path], server: Server, limit_seconds: float
    ) -> None:
        self._address, self._root, self._server = address, project_root.resolve(), server
        self._limit_seconds = limit_seconds
        self._hashes = Hashes(self._root)
        self._sent: dict[str, Future[Any]] = {}
        self._asked: set[Future[Any]] = set()
        self._is_gone = False
        self._lock = threading.Lock()
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what happens is told here, in one line
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions, which are compared below
            self._client: Client = connected(address)
        try:
            versions = self._checked_versions()
            self._name = f"plan-drift-{self._client.id.lower()}"
            self._roots, self._code = _code(self._root, roots)
            cloudpickle.register_pickle_by_value(station)
            there = station.Station(
                self._name, versions, self._roots, {**VARIABLES, PROFILE_VARIABLE: "local"}
            )
            self._client.register_plugin(there, name=self._name)
        except BaseException:
            self._client.close(timeout=1)
            raise

    def _checked_versions(self) -> dict[str, str | None]:
        """Return the versions that results rest on; raises RequestError where scheduler or workers have others."""
        names = [name for name in (*RECORDED_PACKAGES, *_TALK) if name != "plan-drift"]
        own = get_package_info(names)
        versions: Any = self._client.get_versions(packages=names)
        talk = {"python", *_TALK}
        wrong = _differences(
            {name: own[name] for name in talk}, versions["scheduler"], f"the scheduler at {self._address}"
        )
        for worker, about in sorted(versions["workers"].items()):
            wrong = wrong or _differences(own, about, f"worker {worker}")
        if wrong:
            raise RequestError(wrong)
        return own

    def run(self, request: Request) -> Any:
        """Do a job as ``Server.run`` does: a notebook on one of the cluster's workers, anything else here.

        Raises JobFailed with one line where it fails, takes too long, or the cluster is gone.
        """
        if request.function != RUN_CELLS:
            return self._server.run(replace(request, soon=()))  # those after it run elsewhere
        (job,) = request.arguments
        folder = Path(job["folder"])
        there = job | {
            "notebook": Path(job["notebook"]).resolve().relative_to(self._root).as_posix(),
            "folder": folder.name,
        }
        message = replace(request, arguments=[there]).message(job["name"], self._limit_seconds)
        bundles = self._bundles(reads_results=job["after"] != [])
        try:
            answer, made = self._done(message, bundles)
        except Exception as error:
            raise self._told(error) from error
        for name, content in made.items():
            (request.log if name == "log" else folder / name).write_bytes(content)
        if "error" in answer:
            of_the_machine = bool(answer.get("machine"))
            raise JobFailed(answer["error"], answer.get("traceback", ""), of_the_machine=of_the_machine)
        return answer["value"]

    def _told(self, error: Exception) -> JobFailed:
        """Return a failure of the cluster as one of a job, which loses no other job."""
        if isinstance(error, JobFailed):
            return error
        if isinstance(error, KilledWorker):
            n_workers = error.allowed_failures + 1
            told = f"{n_workers} of the cluster's workers ended while they ran it; they may have run out of memory"
        elif isinstance(error, CancelledError | OSError) or self._client.status != "running":
            self._is_gone = True
            told = f"the scheduler at {self._address} went away; run again to go on from here"
        else:
            told = f"a worker of the cluster failed: {type(error).__name__}: {' '.join(str(error).split())}"
        return JobFailed(told, of_the_machine=True)

    def _done(self, request: dict[str, Any], bundles: dict[str, Future[Any]]) -> Any:
        """Return what a worker answers; Dask asks another one where it dies."""

        # Local functions travel by value, as the station does.
        def ask(name: str, *given: Any) -> Any:
            from distributed import get_worker

            there: Any = get_worker().plugins[name]
            return there.run(*given)

        if self._is_gone:  # one that was started anew knows nothing of this run
            raise ConnectionError
        future = self._client.submit(
            ask,
            self._name,
            request,
            list(bundles),
            *bundles.values(),
            key=self._key("notebook", request["id"]),
            pure=False,
            resources={self._name: 1},
        )
        self._asked.add(future)
        alone = 0.0
        while alone < _ALONE_SECONDS:
            try:
                return future.result(timeout=_LOOK_SECONDS)
            except NotYet:
                alone = 0.0 if self._has_workers() else alone + _LOOK_SECONDS
            finally:
                if future.done():
                    self._asked.discard(future)
        told = f"no worker with these versions at {self._address} for {_ALONE_SECONDS:.0f} s; start workers and run again"
        raise JobFailed(told, of_the_machine=True)

    def _key(self, kind: str, name: str) -> str:
        """Return a key of this run's own; of one kind, so that Dask learns how long one takes, and shares work by it."""
        return f"{kind}-{hashlib.sha256(f'{self._name} {name}'.encode()).hexdigest()[:32]}"

    def _has_workers(self) -> bool:
        if self._client.status != "running":
            raise ConnectionError
        workers = self._client.scheduler_info()["workers"].values()
        return any(self._name in worker["resources"] for worker in workers)

    # What goes there

    def _bundles(self, *, reads_results: bool) -> dict[str, Future[Any]]:
        """Return what a run needs on its worker, by hash: code, data and, where it reads results, those and their record."""
        groups: list[list[tuple[str, Path]]] = [self._code, self._files(_DATA)]
        if reads_results:
            groups += [[entry] for entry in self._files((*_RESULTS, STATE_FILE))]
        return dict(self._sent_once(group) for group in groups if group)

    def _files(self, patterns: Iterable[str]) -> list[tuple[str, Path]]:
        paths = {path for pattern in patterns for path in self._root.glob(pattern) if _is_whole(path)}
        return sorted((path.relative_to(self._root).as_posix(), path) for path in paths)

    def _sent_once(self, files: Sequence[tuple[str, Path]]) -> tuple[str, Future[Any]]:
        """Return the hash of files and names, and their archive as the cluster's data, which is sent where it isn't known.

        The scheduler keeps it, so that it isn't lost with a worker.
        """
        with self._lock:
            listed_files = "".join(f"{name}\0{self._hashes.of(str(path))}\n" for name, path in files)
            digest = hashlib.sha256(listed_files.encode()).hexdigest()
            if digest not in self._sent:
                archive = _archive(files)
                self._sent[digest] = self._client.submit(
                    bytes, archive, key=self._key("files", digest), priority=10
                )
            return digest, self._sent[digest]

    def stop(self) -> None:
        """End what runs here and there, at once, and leave the cluster; jobs that are asked for later fail."""
        self._server.stop()
        with suppress(Exception):  # a scheduler that has gone
            if self._client.status == "running":
                self._client.cancel(list(self._asked), force=True)
                self._client.unregister_worker_plugin(self._name)
        with suppress(Exception):
            self._client.close(timeout=2)


def _differences(own: dict[str, str | None], about: Any, who: str) -> str:
    """Return a line on packages that ``who`` has other versions of than this process; nothing where there are none."""
    theirs = about["packages"] if about else {}
    other = [
        f"{name} {theirs.get(name) or 'missing'}, here {version}"
        for name, version in sorted(own.items())
        if theirs.get(name) != version
    ]
    if not other:
        return ""
    return f"{who} has other versions: {'; '.join(other)}; install requirements.lock there"


def _code(project_root: Path, roots: Sequence[Path]) -> tuple[list[str], list[tuple[str, Path]]]:
    """Return the folders of code as they lie on a worker, and their files by name there.

    Of a root outside the project only this package and the one that publishes are taken: others may be installed there.
    """
    folders, files = [], []
    for number, root in enumerate(roots):
        inside = root.is_relative_to(project_root)
        folder = root.relative_to(project_root).as_posix() if inside else f".code/{number}"
        folders.append(folder)
        for part in [root] if inside else [root / "analysis", root / "publishing"]:
            files += [
                (f"{folder}/{path.relative_to(root).as_posix()}", path)
                for path in part.rglob("*")
                if path.is_file() and "__pycache__" not in path.parts
            ]
    return folders, sorted(files)


def _is_whole(path: Path) -> bool:
    """Tell whether a path is a file that isn't being written at this moment."""
    return path.is_file() and not path.name.startswith(".")


def _archive(files: Sequence[tuple[str, Path]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, path in files:
            try:
                archive.write(path, name)
            except OSError as error:
                raise MachineError(f"{path}: can't be read ({error.strerror}); put it back") from error
    return content.getvalue()
