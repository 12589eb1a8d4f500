"""doit's memory of what was done, by hashes: relative paths, one file, never half written."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from doit.dependency import Dependency, FileChangedChecker, JsonDB

from analysis.files.writing import sha256, write_text
from analysis.studies.recorded import VALUES_KEY


class Hashes(FileChangedChecker):  # type: ignore[misc]  # doit has no types
    """doit's checker by SHA-256, of paths relative to the project; a file is read once unless it changes."""

    CheckerError = OSError

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[tuple[str, int, int], str] = {}

    def of(self, path: str) -> str:
        """Return a file's hash; raises OSError where it can't be read."""
        full = self._root / path
        stat = full.stat()
        key = (path, stat.st_mtime_ns, stat.st_size)
        if key not in self._known:
            self._known[key] = sha256(full)
        return self._known[key]

    def exists(self, file_path: str) -> bool:
        """Tell whether a file is there."""
        return (self._root / file_path).exists()

    def info(self, file_path: str) -> os.stat_result:
        """Return a file's status."""
        return (self._root / file_path).stat()

    def check_modified(self, file_path: str, file_stat: os.stat_result, state: str) -> bool:
        """Tell whether a file differs from the hash that was kept."""
        return self.of(file_path) != state

    def get_state(self, dep: str, current_state: Any) -> str:
        """Return the hash to keep."""
        return self.of(dep)

    def unchanged(self, hashes: Mapping[str, str]) -> bool:
        """Tell whether every file is there with the hash given."""
        return all(self.exists(path) and self.of(path) == known for path, known in hashes.items())


class _File(JsonDB):  # type: ignore[misc]  # doit has no types
    """doit's JSON file, replaced as a whole; one that can't be read counts as none."""

    def _load(self) -> dict[str, Any]:
        try:
            found = self.codec.decode(Path(self.name).read_text(encoding="utf-8"))
        except (ValueError, OSError):
            return {}
        return found if isinstance(found, dict) else {}

    def dump(self) -> None:
        write_text(Path(self.name), self.codec.encode(self._db))

    def tasks(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._db
        return found


class State(Dependency):  # type: ignore[misc]  # doit has no types
    """doit's dependency manager over that file; written after every task: an interrupt costs one task."""

    def __init__(self, root: Path, file: Path) -> None:
        self.hashes = Hashes(root)
        self._changed = False
        super().__init__(_File, str(file), checker_cls=partial(_same, self.hashes))

    def save_success(self, task: Any, result_hash: Any = None) -> None:
        """Keep the hashes that the task's inputs had when it started, not what they have become since."""
        super().save_success(task, result_hash)
        for path, digest in task.values.get("inputs", {}).items():
            self._set(task.name, path, digest)
        self._changed = True
        self.backend.dump()

    def remove_success(self, task: Any) -> None:
        """Forget a task that failed, unless what it made before is there as it was made."""
        if not self.still_holds(task.name):
            self.forget(task.name)

    def still_holds(self, name: str) -> bool:
        """Tell whether every file that a task has made is there as it was made; not where it made none."""
        outputs = (self.get_values(name) or {}).get("outputs") or {}
        return bool(outputs) and self.hashes.unchanged(outputs)

    def forget(self, name: str) -> None:
        """Forget a task by its name."""
        if self._in(name):
            self._changed = True
            self.remove(name)
            self.backend.dump()

    def close(self) -> None:
        """Nothing is left to write: every change was written when it was made."""
        self._closed = True

    @property
    def has_changed(self) -> bool:
        """True once anything was done or forgotten."""
        return self._changed

    def kept(self) -> dict[str, dict[str, Any]]:
        """Return what finished tasks have recorded, by name, in alphabetical order."""
        tasks = self.backend.tasks()
        return {name: tasks[name].get(VALUES_KEY) or {} for name in sorted(tasks)}


def _same(hashes: Hashes) -> Hashes:
    return hashes
