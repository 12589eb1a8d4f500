"""What a user sees of a run: a live table at a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

WAITING, RUNNING, DONE = "waiting", "running", "done"
UP_TO_DATE, FAILED, SKIPPED = "up to date", "failed", "skipped"
_STYLES = {RUNNING: "bold cyan", DONE: "green", FAILED: "bold red", SKIPPED: "yellow"}


class Progress:
    """The state and the seconds of every run, told by one thread (a live table has another, which only reads)."""

    def __init__(self, names: Sequence[str], *, shown: bool = True, stream: TextIO | None = None) -> None:
        self.states: dict[str, str] = dict.fromkeys(names, WAITING)
        self.messages: dict[str, str] = {}
        self._starts: dict[str, float] = {}
        self._seconds: dict[str, float] = {}
        self._shown, self._stream = shown, stream or sys.stderr
        self._live: Any = None

    def tell(self, name: str, state: str, message: str = "") -> None:
        """Take note of a run's new state, and show it."""
        if state == RUNNING:
            self._starts[name] = time.monotonic()
        elif name in self._starts:
            self._seconds[name] = time.monotonic() - self._starts[name]
        if message:
            self.messages[name] = message
        self.states[name] = state  # last: the live table asks a run that goes on when it started
        self._show(name, state, message)

    def _show(self, name: str, state: str, message: str) -> None:
        if not self._shown or state == UP_TO_DATE:
            return
        if self._stream.isatty():
            self._show_live()
        if self._live is None:
            self._line(name, state, message)
        elif message:
            self._live.console.print(
                f"{name}: {state}: {message}", style="red", markup=False, highlight=False
            )

    def _line(self, name: str, state: str, message: str) -> None:
        seconds = f" ({self._seconds[name]:.1f} s)" if name in self._seconds and state != RUNNING else ""
        told = f": {message}" if message else ""
        if state != RUNNING:
            ended = sum(state not in (WAITING, RUNNING) for state in self.states.values())
            place = f"{ended}/{len(self.states)} "
            print(f"{place}{name}: {state}{seconds}{told}", file=self._stream, flush=True)

    def _show_live(self) -> None:
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            console = Console(file=self._stream)
            self._live = Live(
                get_renderable=self._table, console=console, transient=True, refresh_per_second=4
            )
            self._live.start()

    def _table(self) -> Any:
        from rich.table import Table

        states = dict(self.states)
        counts = {state: list(states.values()).count(state) for state in dict.fromkeys(states.values())}
        table = Table(caption=", ".join(f"{count} {state}" for state, count in counts.items()), expand=False)
        table.add_column("run")
        table.add_column("state")
        table.add_column("seconds", justify="right")
        room = max(4, self._live.console.height - 8)
        for name in self._most_telling(states)[:room]:
            seconds = self._seconds.get(name)
            if states[name] == RUNNING:
                seconds = time.monotonic() - self._starts[name]
            told = "" if seconds is None else f"{seconds:.1f}"
            table.add_row(name, states[name], told, style=_STYLES.get(states[name], "dim"))
        return table

    @staticmethod
    def _most_telling(states: dict[str, str]) -> list[str]:
        rank = {FAILED: 0, RUNNING: 1, SKIPPED: 2, WAITING: 3, DONE: 4, UP_TO_DATE: 5}
        return sorted(states, key=lambda name: rank[states[name]])

    def finish(self) -> None:
        """Take the live table away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
