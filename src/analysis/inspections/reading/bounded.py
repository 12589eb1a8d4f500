"""Calls in processes apart, each with limits of time and memory, so that no file stops or starves the others.

A few readers are started, which import and make ready what all calls need; each forks a child that does calls. A child goes
on to another only where the last is known to have left it as it was, and what comes to no end in one that has done others is
done again by one that hasn't.
"""

import gc
import importlib
import math
import pickle
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from analysis.errors import PlanDriftError

_READY = "make_ready"
"""A function of a preloaded module that is called before the first child is forked."""
_NOT_STARTED = (
    "the process that reads reports can't be started; "
    "in a script of your own, call it under `if __name__ == '__main__':`"
)
_LOST = (
    "the process that reads reports ended unexpectedly; the machine may have run short of processes or memory"
)
_MOST_CALLS = 32
"""What one child does at most: what it keeps of each call adds up."""
_GOES_ON, _ENDS, _STOPPED = "goes on", "ends", "stopped"
"""What a child tells before its answer: whether it does another call, or that this one came to no end."""
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Limits:
    """What one call may take: ``seconds`` of processor time (and three times as many by the clock), ``memory_mb``.

    The longest report of the corpus takes under 2 s and, with the libraries, under 1,000 MB of address space.
    """

    seconds: int = 30
    memory_mb: int = 2048

    @property
    def clock_seconds(self) -> int:
        """The limit by the clock, which also ends a call that waits."""
        return 3 * self.seconds


@dataclass(frozen=True)
class Stopped:
    """A call that came to no end, with the reason in words."""

    reason: str


def _set_limit(kind: int, limit: int) -> None:
    """Set a limit that can be raised again, never above what the system allows."""
    allowed = resource.getrlimit(kind)[1]
    if allowed != resource.RLIM_INFINITY:
        limit = min(limit, allowed)
    # macOS knows RLIMIT_AS but doesn't enforce it and may refuse to set it; there the limit of time has to do.
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (limit, allowed))


def _do_calls(
    asked: Connection,
    call: Callable[[Item], Result],
    limits: Limits,
    leaves_no_trace: Callable[[Result], bool],
) -> None:
    """Do the calls that are asked for, each within the limits, as long as none leaves a trace."""
    _set_limit(resource.RLIMIT_CORE, 0)
    _set_limit(resource.RLIMIT_AS, limits.memory_mb << 20)
    gc.disable()  # it ends after a few calls, and to look for circles would copy what it shares with its reader
    for n_calls in count(1):
        item = asked.recv()
        _set_limit(resource.RLIMIT_CPU, math.ceil(time.process_time()) + limits.seconds)
        try:
            done = call(item)
            result: Result | Stopped = done
            told = _GOES_ON if n_calls < _MOST_CALLS and leaves_no_trace(done) else _ENDS
        except MemoryError:
            result, told = Stopped(_too_much_memory(limits)), _STOPPED
        except Exception as error:  # ours, not the file's: said as what it is
            result = Stopped(f"unexpected {type(error).__name__}: {' '.join(str(error).split())}")
            told = _STOPPED
        asked.send(told)
        asked.send(result)
        if told != _GOES_ON:
            return


def _too_much_memory(limits: Limits) -> str:
    return f"needs more memory than one file may take ({limits.memory_mb:,} MB)"


def _too_slow(seconds: int) -> str:
    return f"takes longer than one file may take ({seconds} s)"


def _why_ended(status: int | None, limits: Limits) -> str:
    """Say why a process ended without an answer. A library that gets no memory ends its process by a signal."""
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return _too_slow(limits.seconds)
    return f"can't be read: damaged, or {_too_much_memory(limits)} (the process ended with status {status})"


class _Gone(Exception):
    """Who asked for a call is there no longer."""


class _Child:
    """A process that does calls; ``told`` is what it said of the last, ``n_done`` how many came to an end."""

    def __init__(self, limits: Limits, *about: Any) -> None:
        """Fork it; raises OSError where that can't be done."""
        context = get_context("fork")
        self._limits, self.n_done, self.told = limits, 0, _GOES_ON
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_do_calls, args=(other, *about), daemon=True)
        self._process.start()
        other.close()

    def answer(self, item: Any, asker: Connection) -> bytes:
        """Return what the call gives, pickled, or why it was stopped; raises _Gone where ``asker`` ends meanwhile."""
        until, self.told = time.monotonic() + self._limits.clock_seconds, _STOPPED
        try:
            self._pipe.send(item)
            ready = wait([self._pipe, asker], self._limits.clock_seconds)
            if asker in ready:  # it asks for nothing else before it has its answer
                raise _Gone
            if not ready:
                return pickle.dumps(Stopped(_too_slow(self._limits.clock_seconds)))
            told, answer = self._pipe.recv(), self._pipe.recv_bytes()
        except (EOFError, OSError):  # it ended before its answer, or in the midst of it
            self._process.join(max(0.0, until - time.monotonic()))
            return pickle.dumps(Stopped(_why_ended(self._process.exitcode, self._limits)))
        self.told, self.n_done = told, self.n_done + (told != _STOPPED)
        return answer

    def end(self) -> None:
        """End it, whatever it does."""
        self._pipe.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _read(
    asker: Connection,
    call: Callable[[Item], Result],
    limits: Limits,
    leaves_no_trace: Callable[[Result], bool],
    preload: str,
) -> None:
    """Answer calls until the asker is gone; the first answer is that it is ready."""
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # an interrupt ends the reader, and its child, without a traceback
    getattr(importlib.import_module(preload), _READY, int)()
    gc.freeze()
    child: _Child | None = None
    with suppress(_Gone, EOFError, OSError), ExitStack() as ending:
        ending.callback(lambda: child.end() if child else None)
        asker.send_bytes(b"")
        while True:
            item, answer = asker.recv(), None
            while answer is None:
                child = child or _Child(limits, call, limits, leaves_no_trace)
                answer = child.answer(item, asker)
                if child.told == _STOPPED and child.n_done:  # perhaps for what it has done before
                    answer = None
                if child.told != _GOES_ON:
                    child.end()
                    child = None
            asker.send_bytes(answer)


class _Reader(Generic[Item, Result]):
    """One reader, from where it is asked."""

    def __init__(self, *about: Any) -> None:
        context = get_context("forkserver")
        self._asked, asker = context.Pipe()
        self._process = context.Process(target=_read, args=(asker, *about))
        self._process.start()
        asker.close()
        self._is_ready = False

    def ask(self, item: Item) -> Result | Stopped:
        """Return what the call returns, or why it was stopped; raises PlanDriftError where the reader is lost."""
        try:
            if not self._is_ready:
                self._asked.recv_bytes()
                self._is_ready = True
            self._asked.send(item)
            answer: Result | Stopped = pickle.loads(self._asked.recv_bytes())
            return answer
        except (EOFError, OSError):
            raise PlanDriftError(_LOST if self._is_ready else _NOT_STARTED) from None

    def close(self) -> None:
        """Let the reader end, with what it is doing."""
        self._asked.close()
        self._process.join()
        self._process.close()


def _never(result: object) -> bool:
    return False


def each_bounded(
    call: Callable[[Item], Result],
    items: Sequence[Item],
    jobs: int,
    limits: Limits,
    preload: str,
    leaves_no_trace: Callable[[Result], bool] = _never,
) -> Iterator[Result | Stopped]:
    """Yield ``call`` of each item in order, ``jobs`` at once, in processes apart.

    Each item has one of its own, which goes on to another where ``leaves_no_trace`` says of the result that it may. They are
    forked from readers that have loaded the module ``preload``, and called its ``make_ready`` where it has one, so that each
    costs milliseconds. Raises PlanDriftError where no reader can be started, or one is lost.
    """
    get_context("forkserver").set_forkserver_preload([preload])
    free: SimpleQueue[_Reader[Item, Result]] = SimpleQueue()

    def asked(item: Item) -> Result | Stopped:
        reader = free.get()
        try:
            return reader.ask(item)
        finally:
            free.put(reader)

    with ExitStack() as readers:
        for _ in range(min(jobs, len(items))):
            reader: _Reader[Item, Result] = _Reader(call, limits, leaves_no_trace, preload)
            readers.callback(reader.close)
            free.put(reader)
        pool = readers.enter_context(ThreadPoolExecutor(max(1, jobs)))
        yield from pool.map(asked, items)
