"""Worker processes forked from one that has imported already: a test waits for none to import pandas and papermill anew.

The runner starts ``python -m analysis.run.worker``. Tests that call it in their own process get that process from one that
each of them keeps, forked with the same arguments, environment, folder and pipes; from there on the worker's own code runs.
Commands that tests start as processes (``tests.making.command.run``) and clusters start theirs as a user's do.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

WORKER = "analysis.run.worker"
REPOSITORY = Path(__file__).resolve().parents[2]


class WarmProcess:
    """A process that has imported and forks workers; started when the first is asked for, it ends with this one."""

    def __init__(self):
        self._lock, self._socket, self._process = threading.Lock(), None, None

    def fork(self, path, environment, folder, handles):
        """Return the number of a worker that starts in ``folder``, with these handles as its input, output and errors."""
        with self._lock:
            if self._socket is None:
                self._socket = self._started(environment)
            request = {"path": path, "environment": environment, "folder": str(folder)}
            # Handles go along with the first byte; a pipe's worth of text may need several sendings.
            socket.send_fds(self._socket, [b"\n"], handles)
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(received_line(self._socket))

    def _started(self, environment):
        own, its = socket.socketpair()
        asked = [sys.executable, __file__, str(its.fileno())]
        self._process = subprocess.Popen(
            asked, stdin=subprocess.DEVNULL, env=environment, pass_fds=[its.fileno()]
        )
        its.close()
        return own

    def end(self):
        if self._socket is not None:
            self._socket.close()
            self._process.wait()


class Forked:
    """A worker that was forked, as ``subprocess.Popen`` has it in what the runner asks of one."""

    def __init__(self, warm, environment, folder, log):
        self._handles = ()
        (asked, asking), (answering, answers) = os.pipe(), os.pipe()
        self.pid = warm.fork(
            environment["PYTHONPATH"].split(os.pathsep), environment, folder, [asked, answers, log.fileno()]
        )
        os.close(asked)
        os.close(answers)
        self._ending = os.pidfd_open(self.pid)
        self._handles = (asking, answering, self._ending)
        # Closed by number, at the end: the runner closes neither.
        self.stdin = os.fdopen(asking, "wb", 0, closefd=False)
        self.stdout = os.fdopen(answering, "rb", closefd=False)

    def terminate(self):
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._ending, signal.SIGTERM)

    def wait(self, timeout=None):
        if not select.select([self._ending], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(WORKER, timeout)

    def __del__(self):
        for handle in self._handles:
            os.close(handle)


def received_line(channel):
    """Return a line that was sent; nothing where the other side has ended."""
    received = b""
    while not received.endswith(b"\n"):
        more = channel.recv(1 << 16)
        if not more:
            return b""
        received += more
    return received


class Subprocess:
    """The module ``subprocess`` as the runner has it, but that workers are forked."""

    PIPE, TimeoutExpired = subprocess.PIPE, subprocess.TimeoutExpired

    def __init__(self):
        self.warm = WarmProcess()

    def Popen(self, asked, *, stderr, env, cwd, **more):
        root = Path(env["PYTHONPATH"].split(os.pathsep)[0])
        is_own_code = (root / "analysis").is_dir() and root != REPOSITORY / "src"
        if asked[1:] != ["-m", WORKER] or not hasattr(os, "pidfd_open") or is_own_code:
            return subprocess.Popen(asked, stderr=stderr, env=env, cwd=cwd, **more)
        return Forked(self.warm, env, cwd, stderr)


# From here on, the process that forks.


# Which notebooks ask for beside the package's own modules; what isn't named here each worker imports for itself.
OUTSIDE = (
    "distributed",
    "joblib",
    "pyfixest.estimation",
    "statsmodels.stats.multitest",
    "statsmodels.stats.proportion",
)


def modules_of_notebooks():
    """Return what a worker imports for most of the project's notebooks."""
    from analysis.run import worker

    names = [*worker._ALWAYS, *OUTSIDE]
    del sys.modules[WORKER]  # which each of those forked runs as its program
    for path in sorted((REPOSITORY / "src" / "analysis" / "reports").rglob("*.py")):
        names.append(
            ".".join(path.relative_to(REPOSITORY / "src").with_suffix("").parts).removesuffix(".__init__")
        )
    return names


def _reap(number, frame):
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def serve(channel):
    """Import, then fork a worker for each request."""
    import gc
    import importlib

    gc.disable()  # until all is imported, and then none of that is searched
    for name in modules_of_notebooks():
        with suppress(Exception):  # is told by the worker whose notebook needs it
            importlib.import_module(name)
    gc.freeze()
    gc.enable()
    signal.signal(signal.SIGCHLD, _reap)
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    installed = [path for path in sys.path[1:] if path not in given]
    while True:
        first, handles, _, _ = socket.recv_fds(channel, 1, 3)
        if not first:
            return
        request = json.loads(received_line(channel))
        pid = os.fork()
        if pid == 0:
            channel.close()
            _be_worker(request, handles, installed)
        for handle in handles:
            os.close(handle)
        channel.sendall(b"%d\n" % pid)


def _be_worker(request, handles, installed):
    """Become what ``python -m analysis.run.worker`` is in this environment and folder; never returns."""
    import importlib
    import runpy

    os.setsid()
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:] = [request["folder"], *request["path"], *installed]
    importlib.invalidate_caches()
    try:
        runpy.run_module(WORKER, run_name="__main__", alter_sys=True)
    finally:
        os._exit(1)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
