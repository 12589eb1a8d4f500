"""What tasks have recorded of themselves, and whether it holds, by hashes: one file, to which each adds its line."""

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from analysis.files.writing import append_line, sha256, write_text
from analysis.studies.recorded import read_records


class Hashes:
    """SHA-256 of files by their path in the project; a file is read once unless it changes."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._known: dict[tuple[str, int, int], str] = {}

    def of(self, path: str) -> str:
        """Return a file's hash; raises OSError where it can't be read."""
        full = os.path.join(self._root, path)
        stat = os.stat(full)
        key = (path, stat.st_mtime_ns, stat.st_size)
        if key not in self._known:
            self._known[key] = sha256(Path(full))
        return self._known[key]

    def unchanged(self, hashes: Mapping[str, str]) -> bool:
        """Tell whether every file is there with the hash given."""
        try:
            return all(self.of(path) == known for path, known in hashes.items())
        except OSError:
            return False


class State:
    """The records of tasks in one file, to which each task adds a line as it ends: an interrupt costs one task.

    Lines that no longer hold, and what can't be read, are taken out when the file is opened.
    """

    def __init__(self, root: Path, file: Path) -> None:
        self.hashes = Hashes(root)
        self.has_changed = False
        self._seen: dict[str, str | None] = {}
        self._file, self._records = file, read_records(file)
        content = file.read_bytes() if file.is_file() else b""
        if content.count(b"\n") != len(self._records) or content[-1:] not in (b"", b"\n"):
            write_text(file, "".join(f"{_line(*record)}\n" for record in self._records.items()))

    def is_current(
        self, name: str, inputs: Collection[str], outputs: Collection[str], settings: Mapping[str, Any]
    ) -> bool:
        """Tell whether a task was done with these inputs, outputs and settings, and every file is as it was then.

        Files are taken as they were when first looked at since ``look_again``.
        """
        about = self._records.get(name)
        return (
            about is not None
            and about["settings"] == settings
            and about["outputs"].keys() == set(outputs)
            and about["inputs"].keys() == set(inputs)
            and self._are_seen(about["outputs"])
            and self._are_seen(about["inputs"])
        )

    def look_again(self) -> None:
        """Look at files anew from now on: time has passed in which they may have changed."""
        self._seen.clear()

    def _are_seen(self, hashes: Mapping[str, str]) -> bool:
        """Tell whether every file is there with the hash given; each is looked at once, for tasks share most of theirs."""
        for path in hashes.keys() - self._seen.keys():
            try:
                self._seen[path] = self.hashes.of(path)
            except OSError:
                self._seen[path] = None
        return hashes.items() <= self._seen.items()

    def still_holds(self, name: str) -> bool:
        """Tell whether every file that a task has made is there as it was made; not where it made none."""
        outputs = self._records[name]["outputs"] if name in self._records else {}
        return bool(outputs) and self.hashes.unchanged(outputs)

    def keep(self, name: str, about: dict[str, Any]) -> None:
        """Keep what a task records of itself."""
        self._records[name] = about
        self._add(name, about)

    def forget(self, name: str) -> None:
        """Forget a task by its name."""
        if self._records.pop(name, None) is not None:
            self._add(name, None)

    def _add(self, name: str, about: dict[str, Any] | None) -> None:
        self.has_changed = True
        append_line(self._file, _line(name, about))

    def kept(self) -> dict[str, dict[str, Any]]:
        """Return what finished tasks have recorded, by name, in alphabetical order."""
        return dict(sorted(self._records.items()))


def _line(name: str, about: dict[str, Any] | None) -> str:
    return json.dumps({"task": name, "about": about})
