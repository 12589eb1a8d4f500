"""The record of a run: inputs, outputs, versions and clock times."""

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.files.writing import write_text
from analysis.paths import Project

RECORDED_PACKAGES = (
    "plan-drift", "ipython", "matplotlib", "numpy", "pandas", "papermill", "pyarrow", "pyfixest",
    "pypandoc_binary", "scikit-learn", "scipy", "statsmodels", "typst",
)  # fmt: skip


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that bear on results."""
    # Takes long to import, and mostly nothing is run.
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for name in RECORDED_PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


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
