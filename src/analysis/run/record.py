"""The record of a run, with hashes and clocks, and what reports are cited as."""

import json
import platform
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis import __version__
from analysis.errors import RequestError
from analysis.files.writing import write_text
from analysis.files.yaml_files import read_yaml
from analysis.paths import Project

RECORDED_PACKAGES = (
    "plan-drift", "ipython", "matplotlib", "numpy", "pandas", "papermill", "pyarrow", "pyfixest",
    "pypandoc_binary", "scikit-learn", "scipy", "statsmodels", "typst",
)  # fmt: skip


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that bear on results."""
    found = {"python": platform.python_version()}
    for name in RECORDED_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def citation(project: Project, published: date | None) -> tuple[list[str], dict[str, str]]:
    """Return the authors and the work that reports are cited in, from ``CITATION.cff``; empty where there is none.

    The work: ``authors``, ``year`` (the study's, else the file's), ``work`` with its version, and ``address``.

    Raises RequestError where that file isn't what it should be.
    """
    try:
        document = read_yaml(project.root / "CITATION.cff")
    except FileNotFoundError:
        return [], {}
    if not isinstance(document, dict) or not all(
        isinstance(one, dict) for one in document.get("authors", [])
    ):
        raise RequestError("CITATION.cff: must map names to values, with a list of 'authors'")
    authors = [_author(entry) for entry in document.get("authors", [])]
    return authors, {
        "authors": ", ".join(authors),
        "year": str(published.year if published else document.get("date-released", ""))[:4],
        "work": f"{document.get('title', '')}, version {document.get('version', __version__)}",
        "address": str(document.get("doi") or document.get("url") or document.get("repository-code") or ""),
    }


def _author(entry: Mapping[str, Any]) -> str:
    given, family = entry.get("given-names", ""), entry.get("family-names", "")
    return entry.get("name") or f"{given} {family}".strip()


def write_record(
    project: Project,
    kept: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, str],
    older: Mapping[str, str],
) -> None:
    """Write ``reports/record.json``: every run with its inputs, outputs, versions, seed and clock times.

    ``failures`` says of runs why they failed last, ``older`` of reports why they are older than their inputs.
    Raises PlanDriftError where it can't be written.
    """
    document = {
        "runs": kept,
        "failures": dict(sorted(failures.items())),
        "older_than_inputs": dict(sorted(older.items())),
    }
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_text(project.reports / "record.json", text)


def read_failures(file: Path) -> dict[str, str]:
    """Return the failures that the runs before have left, by run."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
