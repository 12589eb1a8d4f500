"""Where heavy work is done, by name: this process, several, or a cluster. Names are those of ``profiles.yml``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import AfterValidator

from analysis.errors import RequestError, unknown
from analysis.files.entries import Entry, Text, Whole, read_entries
from analysis.files.yaml_files import read_yaml

_FILE = "profiles.yml"
PROFILE_VARIABLE, SCHEDULER_VARIABLE = "PLAN_DRIFT_PROFILE", "PLAN_DRIFT_SCHEDULER"


def _some_jobs(jobs: int) -> int:
    if jobs == 0:
        raise ValueError("0 is no number of jobs; -1 means all cores")
    return jobs


@dataclass(frozen=True)
class Profile(Entry):
    """A backend of joblib, how many jobs at once (−1: all cores), and a cluster's address where one is needed."""

    name: str
    description: Text
    backend: Literal["sequential", "loky", "multiprocessing", "threading", "dask"]
    jobs: Annotated[Whole, AfterValidator(_some_jobs)]
    scheduler: str | None = None


@cache
def _table() -> Mapping[str, Profile]:
    return read_entries(Profile, read_yaml(files(__package__) / _FILE), _FILE, "name", scheduler=None)


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
    if _table()[name].backend == "dask" and not scheduler:
        raise RequestError(f"profile '{name}': set {SCHEDULER_VARIABLE} to the scheduler's address")
    return replace(_table()[name], scheduler=scheduler)
