"""The order of tasks, from the files that they read and make: several at once, each after those whose files it reads."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from queue import Empty, SimpleQueue
from typing import Any

from analysis.errors import PlanDriftError, RequestError
from publishing.errors import PublishingError

from .progress import DONE, FAILED, RUNNING, SKIPPED, UP_TO_DATE, Progress
from .state import State

# What tasks that have ended come through, in the order of their end; None asks for the end of all.
Ended = SimpleQueue[Future[dict[str, Any]] | None]
# A signal that reaches another thread wakes none; its handler waits until this one does something.
_AWAKE_SECONDS = 0.5


@dataclass(frozen=True)
class Task:
    """Something to be done: the files it reads and makes, the settings that bear on it, and what doing it means.

    ``work`` returns what is recorded of it and raises PlanDriftError or PublishingError where it fails.
    """

    name: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    settings: Mapping[str, Any]
    work: Callable[[], dict[str, Any]]


def linked(tasks: Sequence[Task], selected: Sequence[str]) -> dict[str, list[str]]:
    """Return the tasks that are selected, and those whose files they read, each with the tasks that it comes after.

    Raises RequestError where two tasks make one file.
    """
    makers: dict[str, str] = {}
    for task in tasks:
        for path in task.outputs:
            if path in makers:
                raise RequestError(f"{makers[path]} and {task.name} both make {path}; give one another name")
            makers[path] = task.name
    by_name = {task.name: task for task in tasks}
    after: dict[str, list[str]] = {}
    waiting = list(selected)
    while waiting:
        name = waiting.pop(0)
        if name not in after:
            after[name] = list(dict.fromkeys(makers[path] for path in by_name[name].inputs if path in makers))
            waiting += after[name]
    return after


def longest_ways(after: Mapping[str, Sequence[str]], seconds: Mapping[str, float]) -> dict[str, float]:
    """Return the seconds from each task's start to the end of the last that waits for it; one that isn't known takes none.

    ``after``: the tasks that each comes after, in no circle.
    """
    ways = dict.fromkeys(after, 0.0)
    for name in reversed([*TopologicalSorter(after).static_order()]):
        ways[name] += seconds.get(name, 0.0)
        for earlier in after[name]:
            ways[earlier] = max(ways[earlier], ways[name])
    return ways


def _seconds(about: Mapping[str, Any]) -> float:
    """Return how long a task took by its record; nothing where that doesn't say."""
    try:
        start, end = (datetime.fromisoformat(about[name]) for name in ("start", "end"))
    except (KeyError, ValueError):
        return 0.0
    return (end - start).total_seconds()


class Schedule:
    """Tasks under way, of which ``jobs`` run at a time in ``pool``.

    First goes what the longest way leads on from, by the seconds that tasks took when they were last done: a long task that
    others wait for would else be left to run alone at the end. Where nothing is known, what has been waited for goes first.
    ``at_the_last`` is called while the last tasks are under way and leave a processor idle.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        after: Mapping[str, Sequence[str]],
        state: State,
        progress: Progress,
        pool: Executor,
        jobs: int,
        ended: Ended,
        at_the_last: Callable[[], object] = int,
    ) -> None:
        self._tasks = {task.name: task for task in tasks}
        self._after, self._state, self._progress = after, state, progress
        self._pool, self._jobs, self._ended, self._at_the_last = pool, jobs, ended, at_the_last
        self._failed: set[str] = set()

    def run(self) -> None:
        """Do what isn't up to date; a task that fails is told, and so are those that wait for it.

        Raises RequestError where tasks wait for each other, KeyboardInterrupt where the end of all is asked for.
        """
        graph = TopologicalSorter(self._after)
        try:
            graph.prepare()
        except CycleError as error:
            raise RequestError(f"tasks wait for each other: {' before '.join(error.args[1])}") from None
        ways = longest_ways(
            self._after, {name: _seconds(about) for name, about in self._state.kept().items()}
        )
        ready: list[str] = []
        running: dict[Future[dict[str, Any]], str] = {}
        n_settled = 0
        while graph.is_active():
            ready = sorted([*graph.get_ready(), *ready], key=lambda name: -ways[name])
            if ready and len(running) < self._jobs and self._ended.empty():
                name = ready.pop(0)
                if self._is_due(name):
                    self._progress.tell(name, RUNNING)
                    future = self._pool.submit(self._tasks[name].work)
                    running[future] = name
                    future.add_done_callback(self._ended.put)
                else:
                    graph.done(name)
                    n_settled += 1
            else:
                self._state.look_again()
                if len(running) < self._jobs and n_settled + len(running) == len(self._after):
                    self._at_the_last()
                try:
                    ended = self._ended.get(timeout=_AWAKE_SECONDS)
                except Empty:
                    continue
                if ended is None:
                    raise KeyboardInterrupt
                name = running.pop(ended)
                self._settle(name, ended)
                graph.done(name)
                n_settled += 1

    def _is_due(self, name: str) -> bool:
        task = self._tasks[name]
        failed = [other for other in self._after[name] if other in self._failed]
        if failed:
            others = f" and {len(failed) - 1} other{'s' if failed[2:] else ''}" if failed[1:] else ""
            self._fail(name, SKIPPED, f"waits for {failed[0]}{others}, which failed")
        elif self._state.is_current(name, task.inputs, task.outputs, task.settings):
            self._progress.tell(name, UP_TO_DATE)
        else:
            return True
        return False

    def _settle(self, name: str, ended: Future[dict[str, Any]]) -> None:
        try:
            about = ended.result()
        except (PlanDriftError, PublishingError) as error:
            self._fail(name, FAILED, str(error))
        else:
            self._state.keep(name, about)
            self._progress.tell(name, DONE)

    def _fail(self, name: str, state: str, message: str) -> None:
        """Tell of a task that wasn't done, and forget it unless what it made before is there as it was made."""
        self._failed.add(name)
        if not self._state.still_holds(name):
            self._state.forget(name)
        self._progress.tell(name, state, message)
