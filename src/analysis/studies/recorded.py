"""What runs have recorded of themselves, and whether it still holds: one judge of what is stale, for every command."""

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.files.writing import sha256
from analysis.paths import Project

STATE_FILE = "reports/.state/state.jsonl"
"""What tasks record of themselves, a line each time; of two lines on one task the later holds."""


def read_records(file: Path) -> dict[str, dict[str, Any]]:
    """Return what each task last recorded of itself; nothing where the file or a line isn't what `State` writes.

    A file that a disk has damaged, and a line that a power cut left half written, are so no obstacle: what isn't known is
    done again.
    """
    try:
        lines = file.read_bytes().splitlines()
    except OSError:
        return {}
    records: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        name = entry.get("task") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            continue
        records.pop(name, None)
        if isinstance(entry.get("about"), dict) and _is_whole(entry["about"]):
            records[name] = entry["about"]
    return records


def _is_whole(about: Mapping[str, Any]) -> bool:
    return all(isinstance(about.get(key), dict) for key in ("inputs", "outputs", "settings"))


class Recorded:
    """The record of one project's runs, read once; files are hashed when they are asked about, once each.

    A run's results hold where the file of results is the one that the run wrote, and the data that it was computed
    from are those in place: tables, what was prepared from them, and the results of other runs, which must hold too.
    (Code that has changed makes `plan-drift reports` run it again; it doesn't make its results another data's.)
    """

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._hashes: dict[str, str] = {}
        self._reasons: dict[str, str] = {}

    @cached_property
    def _tasks(self) -> dict[str, dict[str, Any]]:
        return read_records(self._root / STATE_FILE)

    def of(self, run: str) -> Mapping[str, Any]:
        """Return what a run has recorded of itself; nothing where it hasn't run."""
        return self._tasks.get(run, {})

    def inputs(self, run: str) -> dict[str, str]:
        """Return the hashes, when the run read them, of its data and of the tables that those were prepared from."""
        own = {path: digest for path, digest in self.of(run).get("inputs", {}).items() if _is_data(path)}
        for name, about in self._tasks.items():
            if name.startswith("prepare:") and not own.keys().isdisjoint(about["outputs"]):
                own |= {path: digest for path, digest in about["inputs"].items() if _is_data(path)}
        return own

    def why_stale(self, run: str) -> str:
        """Return why a run's results no longer hold, an empty text where they do."""
        if run not in self._reasons:
            self._reasons[run] = ""  # a record that closes a circle is no reason of its own
            self._reasons[run] = self._why_stale(run)
        return self._reasons[run]

    def _why_stale(self, run: str) -> str:
        results = f"reports/results/{run}.json"
        made = self.of(run).get("outputs", {}).get(results)
        if made is None:
            return f"no run has recorded {results}"
        if self._hash(results) != made:
            return f"{results} isn't what its run wrote"
        for path, digest in sorted(self.inputs(run).items()):
            if self._hash(path) != digest:
                return f"{path} has changed since"
            if path.startswith("reports/results/"):
                other = path.removeprefix("reports/results/").removesuffix(".json")
                if other != run and (reason := self.why_stale(other)):
                    return reason
        return ""

    def _hash(self, path: str) -> str:
        if path not in self._hashes:
            try:
                self._hashes[path] = sha256(self._root / path)
            except OSError:  # one that isn't there equals no hash
                self._hashes[path] = ""
        return self._hashes[path]


def _is_data(path: str) -> bool:
    return path.startswith(("data/", "reports/results/")) and Path(path).suffix != ".py"
