"""Calls in processes of their own, each with limits of time and memory, so that no file stops or starves the others."""

import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from analysis.errors import PlanDriftError

_STARTED = "started"
_NOT_STARTED = (
    "the process that reads reports can't be started; "
    "in a script of your own, call it under `if __name__ == '__main__':`"
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
    send.send(_STARTED)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt ends the child without a traceback
    size = limits.memory_mb << 20
    _set_limit(resource.RLIMIT_CORE, 0, 0)
    _set_limit(resource.RLIMIT_AS, size, size)
    _set_limit(resource.RLIMIT_CPU, limits.seconds, limits.seconds + 1)
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


def bounded(call: Callable[[Item], Result], item: Item, limits: Limits) -> Result | Stopped:
    """Return ``call(item)`` from a process of its own, or why it was stopped.

    Raises PlanDriftError where no such process can be started: that says nothing of the item.
    """
    context = get_context("forkserver")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(send, call, item, limits), daemon=True)
    process.start()
    send.close()
    started = False
    try:
        if not receive.poll(limits.clock_seconds):
            return Stopped(_too_slow(limits.clock_seconds))
        receive.recv()  # it has started
        started = True
        if not receive.poll(limits.clock_seconds):
            return Stopped(_too_slow(limits.clock_seconds))
        answer: Result | Stopped = receive.recv()
        return answer
    except EOFError:
        process.join()
        if not started:
            raise PlanDriftError(_NOT_STARTED) from None
        return Stopped(_why_ended(process.exitcode, limits))
    finally:
        process.kill()
        process.join()
        process.close()
        receive.close()


def each_bounded(
    call: Callable[[Item], Result], items: Sequence[Item], jobs: int, limits: Limits, preload: str
) -> Iterator[Result | Stopped]:
    """Yield ``call`` of each item in order, ``jobs`` at once, each in a process of its own.

    The processes are forked from a server that has loaded the module ``preload``, so that each costs milliseconds.
    """
    get_context("forkserver").set_forkserver_preload(["__main__", preload])
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(partial(bounded, call, limits=limits), items)
