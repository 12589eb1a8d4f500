"""Calls in processes of their own, each with limits of time and memory, so that no file stops or starves the others.

A few readers are started, which import and make ready what all calls need; each forks a child for each call.
"""

import gc
import importlib
import pickle
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Generic, TypeVar

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


def _set_limit(kind: int, soft: int, hard: int) -> None:
    """Lower a limit, never above what the system allows."""
    allowed = resource.getrlimit(kind)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    # macOS knows RLIMIT_AS but doesn't enforce it and may refuse to set it; there the limit of time has to do.
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard))


def _run(send: Connection, call: Callable[[Item], Result], item: Item, limits: Limits) -> None:
    size = limits.memory_mb << 20
    _set_limit(resource.RLIMIT_CORE, 0, 0)
    _set_limit(resource.RLIMIT_AS, size, size)
    _set_limit(resource.RLIMIT_CPU, limits.seconds, limits.seconds + 1)
    gc.disable()  # it ends with the call, and to look for circles would copy what it shares with its reader
    try:
        result: Result | Stopped = call(item)
    except MemoryError:
        result = Stopped(_too_much_memory(limits))
    except Exception as error:  # ours, not the file's: said as what it is
        result = Stopped(f"unexpected {type(error).__name__}: {' '.join(str(error).split())}")
    send.send(result)


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


def _bounded(call: Callable[[Item], Result], item: Item, limits: Limits, asker: Connection) -> bytes:
    """Return ``call(item)`` from a forked child, pickled, or why it was stopped.

    Raises _Gone where ``asker`` ends meanwhile, OSError where no child can be forked: neither says anything of the item.
    """
    context = get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(send, call, item, limits), daemon=True)
    process.start()
    send.close()
    until = time.monotonic() + limits.clock_seconds
    try:
        ready = wait([receive, asker], limits.clock_seconds)
        if asker in ready:  # it asks for nothing else before it has its answer
            raise _Gone
        if not ready:
            return pickle.dumps(Stopped(_too_slow(limits.clock_seconds)))
        return receive.recv_bytes()
    except (EOFError, OSError):  # it ended before its answer, or in the midst of it
        process.join(max(0.0, until - time.monotonic()))
        return pickle.dumps(Stopped(_why_ended(process.exitcode, limits)))
    finally:
        process.kill()
        process.join()
        process.close()
        receive.close()


def _read(asker: Connection, call: Callable[[Item], Result], limits: Limits, preload: str) -> None:
    """Answer calls until the asker is gone; the first answer is that it is ready."""
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # an interrupt ends the reader, and its child, without a traceback
    getattr(importlib.import_module(preload), _READY, int)()
    gc.freeze()
    with suppress(_Gone, EOFError, OSError):
        asker.send_bytes(b"")
        while True:
            asker.send_bytes(_bounded(call, asker.recv(), limits, asker))


class _Reader(Generic[Item, Result]):
    """One reader, from where it is asked."""

    def __init__(self, call: Callable[[Item], Result], limits: Limits, preload: str) -> None:
        context = get_context("forkserver")
        self._asked, asker = context.Pipe()
        self._process = context.Process(target=_read, args=(asker, call, limits, preload))
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


def each_bounded(
    call: Callable[[Item], Result], items: Sequence[Item], jobs: int, limits: Limits, preload: str
) -> Iterator[Result | Stopped]:
    """Yield ``call`` of each item in order, ``jobs`` at once, each in a process of its own.

    The processes are forked from readers that have loaded the module ``preload``, and called its ``make_ready`` where it has
    one, so that each costs milliseconds. Raises PlanDriftError where no reader can be started, or one is lost.
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
            reader: _Reader[Item, Result] = _Reader(call, limits, preload)
            readers.callback(reader.close)
            free.put(reader)
        pool = readers.enter_context(ThreadPoolExecutor(max(1, jobs)))
        yield from pool.map(asked, items)
