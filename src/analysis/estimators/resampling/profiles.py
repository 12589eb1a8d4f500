"""Where heavy work is done, by name: this process, several, or a cluster. Names are those of ``profiles.yml``."""

import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.errors import DataError, RequestError, unknown
from analysis.files.entries import check_choice, check_entries, check_entry
from analysis.files.yaml_files import read_yaml

BACKENDS = ("sequential", "loky", "multiprocessing", "threading", "dask")
"""Backends of joblib that a profile may name."""
_FILE = "profiles.yml"
_KINDS = {"description": "text", "backend": "text", "jobs": "a whole number"}
PROFILE_VARIABLE, SCHEDULER_VARIABLE = "PLAN_DRIFT_PROFILE", "PLAN_DRIFT_SCHEDULER"


@dataclass(frozen=True)
class Profile:
    """A backend of joblib, how many jobs at once (−1: all cores), and a cluster's address where one is needed."""

    name: str
    description: str
    backend: str
    jobs: int
    scheduler: str | None = None


@cache
def _table() -> dict[str, dict[str, Any]]:
    document: dict[str, dict[str, Any]] = read_yaml(files(__package__) / _FILE)
    check_entries(document, _FILE)
    for name, entry in document.items():
        check_entry(entry, _KINDS, f"{_FILE}: {name}", _KINDS)
        check_choice(entry["backend"], BACKENDS, f"{_FILE}: {name}: backend")
        if entry["jobs"] == 0:
            raise DataError(f"{_FILE}: {name}: jobs: 0 is no number of jobs; -1 means all cores")
    return document


def profile_names() -> tuple[str, ...]:
    """Return the names of all profiles, the default first."""
    return tuple(_table())


def profile(name: str | None = None) -> Profile:
    """Return a profile by name; without one that of the environment, else the first of the table.

    Raises RequestError for an unknown name, and for a cluster without an address in PLAN_DRIFT_SCHEDULER.
    """
    name = name or os.environ.get(PROFILE_VARIABLE) or profile_names()[0]
    if name not in _table():
        raise unknown("profile", name, profile_names())
    scheduler = os.environ.get(SCHEDULER_VARIABLE)
    if _table()[name]["backend"] == "dask" and not scheduler:
        raise RequestError(f"profile '{name}': set {SCHEDULER_VARIABLE} to the scheduler's address")
    return Profile(name, **_table()[name], scheduler=scheduler)
