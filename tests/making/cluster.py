"""A Dask cluster as on several machines: a scheduler and workers, each a process of its own in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress


def until(condition, seconds=60.0):
    """Wait until a condition holds; fail where it doesn't come to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


OWN = os.environ.get("PYTHONPATH", "")
"""Where these tests' own packages are found, if not where they are installed."""


class SeveralMachines:
    """Processes by name; ``end`` ends them all."""

    def __init__(self, folder, python_path=OWN):
        self.folder, self._processes = folder, {}
        self._file = folder / "scheduler" / "address.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self._start("scheduler", "dask_scheduler", *options, python_path=python_path)
        until(lambda: self._file.is_file() and self._file.read_text().endswith("}"))
        self.address = json.loads(self._file.read_text())["address"]

    def start_worker(self, name, python_path=OWN):
        """Start a worker; wait until the scheduler knows it."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", ".")
        self._start(name, "dask_worker", *options, python_path=python_path)
        until(lambda: "Registered to" in self._log(name).read_text())

    def kill(self, name):
        """End a process as a power cut does."""
        self._processes[name].send_signal(signal.SIGKILL)
        self._processes[name].wait()

    def is_running_notebooks(self, name):
        """Tell whether a worker has a notebook under way."""
        return any((self.folder / name).glob("dask-scratch-space/*/plan-drift-*/reports/.state/aside/*/log"))

    def end(self):
        """End every process that is left."""
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()

    def _log(self, name):
        return self.folder / name / "log"

    def _start(self, name, module, *options, python_path):
        (self.folder / name).mkdir(parents=True)
        with self._log(name).open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", self._file, *options],
                cwd=self.folder / name, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": str(python_path)},
            )  # fmt: skip
