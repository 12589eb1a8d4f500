"""What a worker of a Dask cluster does for a run: it keeps the project's files by hash, and processes that run notebooks.

The class travels to workers by value, so that they need no copy of this package, or may have another: it uses nothing but
the standard library and Dask.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin
from distributed.versions import get_package_info

_LOST = "the process that runs notebooks on the cluster's worker ended unexpectedly; it may have run out of memory"


class Station(WorkerPlugin):
    """One run's place on one worker: a folder for the project's files, and a process for each of its threads that is busy.

    A worker takes notebooks (it offers the resource called ``name``) only where the packages of ``versions`` are what they
    are where the run was started. ``roots`` are the folders of code within the folder, ``variables`` the environment of the
    processes. All of it goes with the run, or with the worker.
    """

    def __init__(
        self,
        name: str,
        versions: Mapping[str, str | None],
        roots: Sequence[str],
        variables: Mapping[str, str],
    ) -> None:
        self.name = name
        self._versions, self._roots, self._variables = dict(versions), list(roots), dict(variables)

    async def setup(self, worker: Worker) -> None:
        """Offer the worker for notebooks, where it gives the same results."""
        self._address = worker.address
        self._folder = Path(worker.local_directory).resolve() / self.name
        self._lock = threading.Lock()
        self._placed: set[str] = set()
        self._is_over = False
        self._idle: list[subprocess.Popen[bytes]] = []
        self._busy: list[subprocess.Popen[bytes]] = []
        if get_package_info(name for name in self._versions if name != "python") == self._versions:
            await worker.set_resources(**{self.name: worker.state.nthreads})

    def teardown(self, worker: Worker) -> None:
        """End what runs here and take the folder away."""
        with self._lock:
            self._is_over = True
            ending = [*self._idle, *self._busy]
        for process in ending:
            process.terminate()  # it ends the notebooks that it runs before itself
        for process in ending:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(
        self, request: Mapping[str, Any], bundles: Sequence[str], *contents: bytes
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Put the files in place that aren't there yet, run one notebook, and return its answer and the files it made."""
        (job,) = request["arguments"]
        aside = self._folder / "reports" / ".state" / "aside" / job["folder"]
        try:
            for bundle, content in zip(bundles, contents, strict=True):
                self._place(bundle, content)
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            here = job | {
                "root": str(self._folder),
                "notebook": str(self._folder / job["notebook"]),
                "folder": str(aside),
            }
            answer = self._ask({**request, "arguments": [here], "log": str(aside / "log")})
            made = {path.name: path.read_bytes() for path in sorted(aside.iterdir())}
            shutil.rmtree(aside, ignore_errors=True)
        except OSError as error:
            told = f"worker {self._address}: {error.filename or self._folder}: {error.strerror or error}; make room there"
            return {"error": told, "machine": True}, {}
        return answer, made

    def _place(self, bundle: str, content: bytes) -> None:
        """Write a bundle's files, each whole, where no run before has."""
        with self._lock:
            if bundle in self._placed:
                return
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    target = self._folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    aside = target.with_name(f".{target.name}.new")
                    aside.write_bytes(archive.read(name))
                    aside.replace(target)
            self._placed.add(bundle)

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Have a process answer, a new one where all are busy; imports are made once, not for each notebook."""
        with self._lock:
            if self._is_over:
                return {"error": _LOST, "machine": True}
            process = self._idle.pop() if self._idle else self._launch()
            self._busy.append(process)
        assert process.stdin is not None and process.stdout is not None  # it was launched with pipes
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())["answer"]
        except (OSError, ValueError):  # it was ended, perhaps halfway through its answer
            process.kill()
            answer = {"error": _LOST, "machine": True}
        with self._lock:
            self._busy.remove(process)
            if process.poll() is None:
                self._idle.append(process)
        return answer

    def _launch(self) -> subprocess.Popen[bytes]:
        own = [str(self._folder / root) for root in self._roots]
        path = os.pathsep.join([*own, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        environment = {
            **os.environ,
            **self._variables,
            "PYTHONPATH": path,
            "PLAN_DRIFT_HOME": str(self._folder),
        }
        with (self._folder / "worker.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "analysis.run.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=self._folder,
                start_new_session=True,
            )
