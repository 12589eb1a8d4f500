"""Whether what stands in ``data/processed`` is what figures and code would build now; light, for every command asks."""

import json
from pathlib import Path
from typing import Any

from analysis.files.package_files import files_of
from analysis.files.writing import sha256
from analysis.paths import Project

FILE_OF = {
    "authorities": "panel.parquet",
    "series": "series.parquet",
    "coverage": "coverage.parquet",
    "withheld": "withheld.parquet",
}
"""Where each part of a Panel is kept."""
APART = "panel-CC-BY-SA-4.0.parquet"
"""Where the authorities' columns that are shared under that licence are kept: no table holds figures of two licences."""
STORED = (*FILE_OF.values(), APART)
RECORD = "inputs.json"
"""Where a build notes what it was made of, and what it made."""
PACKAGE = Path(__file__).resolve().parents[2]
BUILT_BY = tuple(PACKAGE / folder for folder in ("data/cleaning", "data/definitions", "data/panel", "files"))
"""The folders of this package whose code and tables the panel is built by: it is built anew when a file in them changes."""


def inputs(project: Project) -> list[Path]:
    """Return every file that the panel is built from: figures, and the modules and tables that clean them."""
    code = [path for folder in BUILT_BY for path in files_of(folder)]
    figures = [*project.raw.glob("*.csv"), project.raw / "datapackage.json"]
    return sorted(figures) + sorted(code)


def fingerprint(project: Project) -> dict[str, str]:
    """Return the hash of every input, by its path in the figures or in this package."""
    roots = (project.raw, PACKAGE)
    return {
        next(str(path.relative_to(root)) for root in roots if path.is_relative_to(root)): sha256(path)
        for path in inputs(project)
    }


def _record(project: Project) -> dict[str, Any]:
    """What the last build noted; empty where there is nothing that can be read, so that it is built anew."""
    try:
        record = json.loads((project.processed / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def is_current(project: Project) -> bool:
    """Return whether ``data/processed`` holds what was built from the figures and code as they are, to the byte."""
    record = _record(project)
    if record.get("inputs") != fingerprint(project) or not isinstance(record.get("unusable"), dict):
        return False
    paths = [project.processed / name for name in STORED]
    return all(path.is_file() for path in paths) and record.get("outputs") == {
        path.name: sha256(path) for path in paths
    }


def unusable(project: Project) -> dict[str, str]:
    """Return the reason, in one line, for each indicator that the panel was built without."""
    return dict(_record(project).get("unusable") or {})
