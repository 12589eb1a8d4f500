"""The process that runs notebooks: imports once, then forks a child for each job; a JSON line each way.

Started as ``python -m analysis.run.worker`` by the runner. It imports and never fits: a child of a
process that has used OpenMP hangs. What later jobs will want it imports while it has nothing else to do. A job ends with its
child: processes that the child has left behind end with it, a child that takes longer than its limit is ended, and an answer
that isn't whole is told as a failure of that job alone. What a job has to have done ``then``, by code that is ours and keeps
nothing, is done by a child that stays and has at hand what the first use takes long to make. When its standard input closes,
or at SIGTERM, the worker ends its children and itself.
"""

import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import MachineError, PlanDriftError
from publishing.errors import PublishingError

from .shortages import SHORTAGES

_READY = "make_ready"
"""A function that a module may have: what every child would do first with it, and that starts no thread."""
_DONE = "make_done"
"""A function that a module may have whose jobs a child does that stays: what the child does last, where nobody kills it."""
_LAST_SECONDS = 2.0
"""How long children that have nothing to do may take to end."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class _Job:
    """What was asked for, and when it must have ended."""

    request: dict[str, Any]
    deadline: float


@dataclass
class _Child:
    """A process, its job and what it has answered so far; one that stays is ``asked`` by a pipe, and may have no job."""

    pid: int
    job: _Job | None
    asked: int | None = None
    answer: bytearray = field(default_factory=bytearray)


class _Worker:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._loaded: set[str] = set()
        self._soon: list[str] = []
        self._has_new_modules = False
        self._waiting = b""
        # A byte arrives here whenever a child ends: its pipe alone wouldn't tell, for whatever it has left
        # behind may hold it open.
        self._ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._end)

    def serve(self) -> None:
        self._selector.register(0, selectors.EVENT_READ)
        self._selector.register(self._ended, selectors.EVENT_READ)
        while True:
            ready = self._selector.select(0 if self._soon else self._until_next_deadline())
            if self._soon and not ready:
                self._load([self._soon.pop(0)])
            for key, _ in ready:
                if key.fd == 0:
                    if not self._read_requests():
                        self._end()
                elif key.fd == self._ended:
                    os.read(self._ended, 1 << 16)
                elif key.fd in self._children:
                    self._read_answer(key.fd)
            for reader, child in list(self._children.items()):
                self._settle(reader, child)

    def _until_next_deadline(self) -> float | None:
        deadlines = [child.job.deadline for child in self._children.values() if child.job]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _read_requests(self) -> bool:
        received = os.read(0, 1 << 16)
        self._waiting += received
        *lines, self._waiting = self._waiting.split(b"\n")
        for line in lines:
            self._start(json.loads(line))
        return bool(received)

    def _start(self, request: dict[str, Any]) -> None:
        self._load(request.get("preload", ()))
        self._soon += request.get("soon", ())
        if self._has_new_modules:
            gc.collect()
            gc.freeze()
            self._has_new_modules = False
        self._fork(_Job(request, time.monotonic() + float(request["limit_seconds"])))

    def _fork(self, job: _Job, *, stays: bool = False) -> None:
        """Give a job to a new child, which ends with it unless it ``stays``."""
        reader, writer = os.pipe()
        asked, ask = os.pipe() if stays else (None, None)
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            # What others are asked through would stay open with this one.
            for handle in (reader, ask, *(child.asked for child in self._children.values())):
                if handle is not None:
                    os.close(handle)
            _be_child(job.request, asked, writer, parent)
        os.close(writer)
        if asked is not None:
            os.close(asked)
        with suppress(OSError):  # the child does the same; whoever comes first
            os.setpgid(pid, pid)
        os.set_blocking(reader, False)
        self._children[reader] = _Child(pid, job, ask)
        self._selector.register(reader, selectors.EVENT_READ)

    def _hand_on(self, job: _Job) -> None:
        """Give a job to a child that stays and has nothing to do, else to a new one."""
        line = json.dumps(job.request).encode() + b"\n"
        for child in self._children.values():
            if child.asked is not None and child.job is None:
                try:
                    _write(child.asked, line)
                except OSError:  # it has just ended; _settle will find out
                    continue
                child.job = job
                return
        self._fork(job, stays=True)

    def _load(self, modules: Sequence[str]) -> None:
        """Import what children need, once; a module that can't be imported is the notebook's to report."""
        gc.disable()  # what is being imported is searched for garbage again and again, and there is none
        for name in modules:
            if name in self._loaded:
                continue
            self._loaded.add(name)
            self._has_new_modules = True
            try:
                module = importlib.import_module(name)
                getattr(module, _READY, int)()
            except BaseException:
                continue
        gc.enable()

    def _read_answer(self, reader: int) -> bool:
        """Take what a child has written; return whether there may be more."""
        try:
            received = os.read(reader, 1 << 16)
        except BlockingIOError:
            return False
        self._children[reader].answer += received
        if not received and reader in self._selector.get_map():
            self._selector.unregister(reader)
        return bool(received)

    def _settle(self, reader: int, child: _Child) -> None:
        """Answer for a child whose job is done or whose time is over, and for one that has ended."""
        job = child.job
        overdue = job is not None and time.monotonic() >= job.deadline
        if job and child.asked is not None and child.answer.endswith(b"\n"):
            answer = _whole(child.answer, 0)
            self._release(child, answer)
            self._finish(job, answer)
            return
        if overdue:
            _kill_group(child.pid)
        ended, status = os.waitpid(child.pid, 0 if overdue else os.WNOHANG)
        if not ended:
            return
        while self._read_answer(reader):
            continue
        _kill_group(child.pid)
        if reader in self._selector.get_map():
            self._selector.unregister(reader)
        os.close(reader)
        if child.asked is not None:
            os.close(child.asked)
        del self._children[reader]
        if job:
            self._finish(job, _overdue(job) if overdue else _whole(child.answer, status))

    @staticmethod
    def _release(child: _Child, answer: dict[str, Any]) -> None:
        """Let a child that stays take other jobs; not where the machine ran short, which may have left it halfway."""
        child.job = None
        child.answer.clear()
        if answer.get("machine") and child.asked is not None:
            os.close(child.asked)  # with that it ends
            child.asked = None

    def _finish(self, job: _Job, answer: dict[str, Any]) -> None:
        """Tell the answer, or have done what comes after a job that went well."""
        if (then := job.request.get("then")) and "value" in answer:
            self._hand_on(_Job({**job.request, "function": then, "then": ""}, job.deadline))
        else:
            _write(1, json.dumps({"id": job.request["id"], "answer": answer}).encode() + b"\n")

    def _end(self, number: int = 0, frame: Any = None) -> None:
        """End every child with all that it has started, and then itself.

        Children are waited for, or the time that they took would count for nobody.
        """
        for child in self._children.values():
            if child.asked is not None and child.job is None:
                with suppress(OSError):
                    os.close(child.asked)  # with that it ends
            else:
                _kill_group(child.pid)
        until = time.monotonic() + _LAST_SECONDS
        for child in self._children.values():
            with suppress(OSError):
                while os.waitpid(child.pid, os.WNOHANG) == (0, 0) and time.monotonic() < until:
                    time.sleep(0.01)
            _kill_group(child.pid)
        os._exit(0)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _overdue(job: _Job) -> dict[str, Any]:
    told = f"took longer than {float(job.request['limit_seconds']):,.10g} s and was ended; --time-limit SECONDS allows more"
    return {"error": told, "machine": True}


def _whole(answer: bytearray, status: int) -> dict[str, Any]:
    """Return a child's answer where it is whole, else how the child ended, which is the machine's doing."""
    try:
        answered = json.loads(bytes(answer))
    except ValueError:
        answered = None
    if isinstance(answered, dict) and ("value" in answered or "error" in answered):
        return answered
    return {"error": _ending(status), "machine": True}


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"the process was ended by {signal.Signals(-code).name}; it may have run out of memory"
    return f"the process ended with status {code} and without an answer"


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


def _be_child(request: dict[str, Any], asked: int | None, writer: int, parent: int) -> None:
    """Do one job, then those that are ``asked`` for, a line each, and end; never returns."""
    own = os.getpid()
    try:
        _become_independent(writer, parent)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        while True:
            _log_to(request["log"], os.O_TRUNC if asked is None else os.O_APPEND)
            answer = json.dumps(_answer(request)).encode() + b"\n"
            if os.getpid() == own:
                _write(writer, answer)
            line = _read_line(asked) if asked is not None and os.getpid() == own else b""
            if not line:
                if asked is not None and os.getpid() == own:
                    module = importlib.import_module(request["function"].partition(":")[0])
                    getattr(module, _DONE, int)()
                os._exit(0)
            request = json.loads(line)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _log_to(path: str, how: int) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _read_line(handle: int) -> bytes:
    """Return what is read up to the end of a line; nothing where nobody will write one any more."""
    line = b""
    while not line.endswith(b"\n"):
        received = os.read(handle, 1 << 16)
        if not received:
            return b""
        line += received
    return line


def _become_independent(writer: int, parent: int) -> None:
    """Lead a process group, so that all it starts can be ended; end where the worker ends (Linux can tell)."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    # A copy of this process that a notebook forks has no answer to give.
    os.register_at_fork(after_in_child=lambda: os.close(writer))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what the job returns, or its error; ``machine`` tells that the notebook isn't at fault."""
    module, _, function = request["function"].partition(":")
    try:
        return {"value": getattr(importlib.import_module(module), function)(*request["arguments"])}
    except (PlanDriftError, PublishingError) as error:
        return {
            "error": str(error),
            "machine": _is_of_the_machine(error),
            "traceback": traceback.format_exc(),
        }
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)}, line {last.lineno}"
        told = f"{type(error).__name__}: {' '.join(str(error).split())} ({where})"
        of_the_machine = _is_of_the_machine(error)
        if of_the_machine:
            told = f"the machine ran short ({getattr(error, 'strerror', None) or 'no memory left'}); make room and run again"
        return {"error": told, "machine": of_the_machine, "traceback": traceback.format_exc()}


def _is_of_the_machine(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, is a lack of disk, memory or files, not the notebook's own."""
    while error is not None:
        if isinstance(error, MemoryError | MachineError) or getattr(error, "errno", 0) in SHORTAGES:
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker().serve()
