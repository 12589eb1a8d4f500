"""The runner's side of the worker process: asks for jobs from any thread, and ends them all at once."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from analysis.errors import PlanDriftError

DEFAULT_LIMIT_SECONDS = 1800.0
# How much longer than a job's own limit its answer is waited for: the worker imports before it forks.
_GRACE_SECONDS = 120.0
VARIABLES = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "agg",
}
"""What every process that runs notebooks has in its environment, wherever it is."""
RUN_CELLS, PUBLISH_RUN = "analysis.run.job:run_cells", "analysis.run.job:publish_run"
"""The two jobs that make a run's files: its notebook's cells, and then its report."""
_LOST = {
    "error": "the process that runs notebooks ended unexpectedly; see the log beside reports/.state",
    "machine": True,
}


class JobFailed(PlanDriftError):
    """A job that failed; ``trace`` is what debugging shows, ``of_the_machine`` that the notebook isn't at fault.

    That is so where memory, disk or time ran out, or the process was ended from outside.
    """

    def __init__(self, message: str, trace: str = "", *, of_the_machine: bool = False) -> None:
        super().__init__(message)
        self.trace, self.of_the_machine = trace, of_the_machine


@dataclass(frozen=True)
class Request:
    """A job to be done: ``module:function`` of plain arguments, in a process forked for it that writes into ``log``.

    ``then`` names a function of the same arguments that comes after it, where it went well, and whose value is the answer.
    It is called in a process that does so for other jobs too, and must keep nothing of what it is given. ``preload`` names
    the modules that the job needs, ``soon`` those that jobs after it will need: they can be imported while it is under way.
    """

    function: str
    arguments: Sequence[Any]
    log: Path
    then: str = ""
    preload: Sequence[str] = ()
    soon: Sequence[str] = ()

    def message(self, name: str, limit_seconds: float) -> dict[str, Any]:
        """Return the request as the worker takes it, from whom its answer goes by ``name``."""
        return {
            "id": name,
            "function": self.function,
            "arguments": list(self.arguments),
            "log": str(self.log),
            "then": self.then,
            "preload": list(self.preload),
            "soon": list(self.soon),
            "limit_seconds": limit_seconds,
        }


class Jobs(Protocol):
    """Who does jobs: a process here (Server) or a cluster's workers (Cluster)."""

    def run(self, request: Request) -> Any:
        """Return what the job's function returns; raises JobFailed with one line where it fails."""

    def stop(self) -> None:
        """End everything that is under way."""


class Server:
    """One worker process, started when the first job comes; a job that takes ``limit_seconds`` is ended."""

    def __init__(
        self,
        project_root: Path,
        roots: Sequence[Path],
        log: Path,
        limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    ) -> None:
        self._root, self._roots, self._log = project_root, roots, log
        self._limit_seconds = limit_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: dict[str, queue.SimpleQueue[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._is_stopped = False

    def start(self) -> None:
        """Start the worker process, where it isn't running yet and hasn't been stopped."""
        with self._lock:
            if self._process is None and not self._is_stopped:
                self._process = self._launch()
                threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def _launch(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([*map(str, self._roots), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        environment = {
            **os.environ,
            **VARIABLES,
            "PYTHONPATH": path,
            "PLAN_DRIFT_HOME": str(self._root),
        }
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "analysis.run.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=self._root,
                start_new_session=True,
            )

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # it was launched with a pipe
        for line in process.stdout:
            try:
                message = json.loads(line)
            except ValueError:  # half a line: the worker was killed while it wrote
                break
            with self._lock:
                waiting = self._answers.pop(message["id"], None)
            if waiting:
                waiting.put(message["answer"])
        with self._lock:
            lost, self._answers = list(self._answers.values()), {}
            self._process = None
        for waiting in lost:
            waiting.put(_LOST)

    def run(self, request: Request) -> Any:
        """Do a job in a forked child and return what its function returns.

        Raises JobFailed with one line where it fails or takes too long.
        """
        self.start()
        name = str(next(self._numbers))
        waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._send(name, waiting, json.dumps(request.message(name, self._limit_seconds)).encode() + b"\n")
        try:
            answer = waiting.get(timeout=self._limit_seconds + _GRACE_SECONDS)
        except queue.Empty:  # the worker itself stands still
            self._kill()
            answer = _LOST
        if "error" in answer:
            of_the_machine = bool(answer.get("machine"))
            raise JobFailed(answer["error"], answer.get("traceback", ""), of_the_machine=of_the_machine)
        return answer["value"]

    def _send(self, name: str, waiting: queue.SimpleQueue[dict[str, Any]], line: bytes) -> None:
        with self._lock:
            self._answers[name] = waiting
            pipe = self._process.stdin if self._process else None
            try:
                if pipe is None:
                    raise BrokenPipeError
                pipe.write(line)
                pipe.flush()
            except OSError:
                self._answers.pop(name, None)
                waiting.put(_LOST)

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the worker and all that it started, at once; jobs under way and any that are asked for later fail."""
        with self._lock:
            self._is_stopped = True
            process = self._process
        if process is None:
            return
        process.terminate()  # its children lead groups of their own, which it ends before itself
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        self._kill()
        process.wait()
