"""The results that runs have recorded, for later notebooks and for text: numbers that trace to their step."""

import json
from typing import Any

from .errors import PlanDriftError, RequestError
from .paths import Project

FOLDER = "results"
RESULTS_MIME = "application/vnd.plan-drift.results+json"


def read_results(project: Project, notebook: str | None = None) -> list[dict[str, Any]]:
    """Return the results of a study's runs, of one notebook where it is named, ordered by the run's name.

    Each has ``name``, ``notebook``, ``parameters`` and ``values``. Raises RequestError where there are none,
    PlanDriftError where a file isn't what a run wrote.
    """
    folder = project.reports / FOLDER
    found = [
        _read(path) for path in sorted(folder.rglob("*.json")) if path.relative_to(folder).parts[0] != "runs"
    ]
    chosen = [entry for entry in found if notebook in (None, entry["notebook"])]
    if not chosen:
        whose = f"the notebook '{notebook}'" if notebook else "any notebook"
        raise RequestError(f"{folder}: no results of {whose}; run it first")
    return sorted(chosen, key=lambda entry: entry["name"])


def without(results: list[dict[str, Any]], notebook: str) -> list[dict[str, Any]]:
    """Return the results but those of ``notebook``: one that gathers all others must not gather its own last run."""
    return [entry for entry in results if entry["notebook"] != notebook]


def _read(path) -> dict[str, Any]:
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        return {key: entry[key] for key in ("name", "notebook", "parameters", "values")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanDriftError(f"{path}: not a run's results ({error}); delete it and run again") from error
