"""Where the data of every brief stand, and whether they are still those of the figures; light, for every command asks."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from analysis.files.writing import sha256, write_text
from analysis.paths import Project
from analysis.studies.code_used import code_of, code_roots

FOLDER = "profiles"
_RECORD = "made_of.json"
_READ = (
    "data/processed/panel.parquet", "data/processed/series.parquet", "data/processed/withheld.parquet",
    "data/processed/inspection_reports.csv", "data/processed/inspection_report_pages.csv",
    "data/raw/statistical_neighbours.csv", "reports/results/claims.json",
)  # fmt: skip

_MADE_BY = f"{__package__}.study"
"""What computes briefs: those made by another version of it, or of what it uses, aren't those of today."""


def file_of(project: Project, code: str) -> Path:
    """Return where the brief of an authority stands, by its code."""
    return project.processed / FOLDER / f"{code}.json"


def files_of(project: Project) -> dict[str, Path]:
    """Return where the brief of each authority stands that there are figures of, by its code; empty where none was made."""
    return {code: file_of(project, code) for code in _record(project).get("codes", ())}


def read_now(project: Project) -> dict[str, str]:
    """Return the hashes of what briefs are made of and by, as it stands now, by path in the project or below its code."""
    read = {path: file for path in _READ if (file := project.root / path).is_file()}
    stats = {path: (file, file.stat()) for path, file in (_made_by(project) | read).items()}
    return {
        path: _hash_of(file, stat.st_mtime_ns, stat.st_size) for path, (file, stat) in sorted(stats.items())
    }


@cache
def _made_by(project: Project) -> dict[str, Path]:
    """Return the code that computes briefs; which files that is changes only where one of them does."""
    code = code_of(project)
    files = code.module_uses([_MADE_BY]).files
    code.keep()
    roots = code_roots(project.root)
    return {
        next(file.relative_to(root).as_posix() for root in roots if file.is_relative_to(root)): file
        for file in files
    }


@cache
def _hash_of(path: Path, modified: int, size: int) -> str:
    """Return a file's hash, computed once while the file doesn't change."""
    return sha256(path)


def note(project: Project, made_of: dict[str, str], codes: list[str]) -> None:
    """Note which briefs were made, and of what."""
    record = {"codes": codes, "made_of": made_of}
    write_text(project.processed / FOLDER / _RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")


def _record(project: Project) -> dict[str, Any]:
    try:
        record = json.loads((project.processed / FOLDER / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and isinstance(record.get("codes"), list) else {}


def is_current(project: Project) -> bool:
    """Return whether the data of the briefs are those of the figures, reports and verdicts in place."""
    files = files_of(project).values()
    return (
        bool(files)
        and all(path.is_file() for path in files)
        and _record(project).get("made_of") == read_now(project)
    )
