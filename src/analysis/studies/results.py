"""The results that runs have recorded, for later notebooks and for text: numbers that trace to their step."""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PlanDriftError, RequestError
from analysis.paths import Project
from publishing.blocks import METADATA_KEY

from .recorded import Recorded

FOLDER = "results"
RESULTS_MIME = "application/vnd.plan-drift.results+json"
# Set for a notebook that a study runs: the names, in JSON, of the runs that it comes after.
AFTER_VARIABLE = "PLAN_DRIFT_AFTER"


@dataclass(frozen=True)
class Results:
    """The results of a notebook as data, shown by its last cell and read by later notebooks and the run's record.

    ``values`` is JSON: text, numbers, booleans, lists and mappings; a missing number is None.
    """

    values: Mapping[str, Any]

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        plain = json.loads(json.dumps(self.values, allow_nan=False))
        return (
            {RESULTS_MIME: plain, "text/plain": f"[results] {', '.join(self.values)}"},
            {METADATA_KEY: {"kind": "results"}},
        )


def read_results(project: Project, notebook: str | None = None) -> list[dict[str, Any]]:
    """Return the results of a study's runs, of one notebook where it is named, ordered by the run's name.

    Each has ``name``, ``notebook``, ``parameters`` and ``values``. A notebook that a study runs gets those of the
    runs that it comes after, no others that happen to lie there. Raises RequestError where there are none,
    PlanDriftError where a file isn't what a run wrote, or the data that it was computed from are no longer those in
    place.
    """
    after = os.environ.get(AFTER_VARIABLE)
    names = None if after is None else set(json.loads(after))
    chosen = [entry for entry in every_result(project, names) if notebook in (None, entry["notebook"])]
    if not chosen:
        whose = f"the notebook '{notebook}'" if notebook else "any notebook"
        raise RequestError(f"{project.reports / FOLDER}: no results of {whose}; run it first")
    for entry in chosen:
        if entry["stale"]:
            raise PlanDriftError(f"{entry['name']}: {entry['stale']}; `plan-drift reports` renews it")
    return [{key: value for key, value in entry.items() if key != "stale"} for entry in chosen]


def recorded_values(project: Project, name: str) -> Mapping[str, Any]:
    """Return what a run has recorded, whether or not it still holds; nothing where that isn't there or can't be read."""
    try:
        entry = json.loads((project.reports / FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    values = entry.get("values") if isinstance(entry, dict) else None
    return values if isinstance(values, dict) else {}


def every_result(project: Project, names: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Return every result of a study's runs, by the run's name, with ``stale``: why it no longer holds, or nothing.

    With ``names`` those of these runs alone are read.

    Raises PlanDriftError where a file can't be read as a run's results, or the record of runs can't be read.
    """
    folder, recorded = project.reports / FOLDER, Recorded(project)
    results = []
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if not name.startswith("runs/") and (names is None or name in names):
            results.append(_read(path, name, recorded.why_stale(name)))
    return sorted(results, key=lambda entry: entry["name"])


def without(results: list[dict[str, Any]], notebook: str) -> list[dict[str, Any]]:
    """Return the results but those of ``notebook``: one that gathers all others must not gather its own last run."""
    return [entry for entry in results if entry["notebook"] != notebook]


def _read(path: Path, name: str, stale: str) -> dict[str, Any]:
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        kept = {key: entry[key] for key in ("name", "notebook", "parameters", "values")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanDriftError(f"{path}: not a run's results ({error}); delete it and run again") from error
    if not isinstance(kept["values"], dict):
        raise PlanDriftError(f"{path}: not a run's results ('values' is no mapping); delete it and run again")
    return {**kept, "name": name, "stale": stale}
