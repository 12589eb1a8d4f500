"""Where the data of every brief stand, and whether they are still those of the figures; light, for every command asks."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from analysis.files.writing import sha256, write_text
from analysis.paths import Project

FOLDER = "profiles"
_RECORD = "made_of.json"
_READ = (
    "data/processed/panel.parquet", "data/processed/series.parquet", "data/processed/withheld.parquet",
    "data/processed/inspection_reports.csv", "data/processed/inspection_report_pages.csv",
    "data/raw/statistical_neighbours.csv", "reports/results/claims.json",
)  # fmt: skip


_MADE_BY = ("profile.py", "study.py", "../../estimators/funnel.py")
"""What computes briefs, beside this file: those made by another version aren't those of today."""


def file_of(project: Project, code: str) -> Path:
    """Return where the brief of an authority stands, by its code."""
    return project.processed / FOLDER / f"{code}.json"


def files_of(project: Project) -> dict[str, Path]:
    """Return where the brief of each authority stands that there are figures of, by its code; empty where none was made."""
    return {code: file_of(project, code) for code in _record(project).get("codes", ())}


def read_now(project: Project) -> dict[str, str]:
    """Return the hashes of what briefs are made of and by, as it stands now."""
    here = Path(__file__).parent
    made_by = {
        path: _hash_of(file := here / path, (stat := file.stat()).st_mtime_ns, stat.st_size)
        for path in _MADE_BY
    }
    present = [path for path in _READ if (project.root / path).is_file()]
    stats = {path: (project.root / path).stat() for path in present}
    return made_by | {
        path: _hash_of(project.root / path, stats[path].st_mtime_ns, stats[path].st_size) for path in present
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
