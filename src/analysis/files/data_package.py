"""The Frictionless Data Package beside a folder's tables, read: what each is, from where, how far it reaches, its hash."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints

from analysis.errors import DataError

from .entries import Text, Whole, read_entry, worded

NAME = "datapackage.json"

_Hash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$"), worded("a SHA-256 (sha256:…)")]
_Years = Annotated[tuple[Whole, Whole], worded("a first and a last year")]


@dataclass(frozen=True)
class _Source:
    """An official file of a resource: what is read of it."""

    hash: _Hash
    years: _Years | None = None


@dataclass(frozen=True)
class _Resource:
    """A resource of a data package: what tables are vouched for by, and the years of each of its indicators."""

    name: Text
    bytes: Whole
    hash: _Hash
    sources: tuple[_Source, ...] = ()
    years: Mapping[Text, _Years] = field(default_factory=dict)


@dataclass(frozen=True)
class _Package:
    resources: list[dict[str, Any]]


def read_package(folder: Path) -> dict[str, Any]:
    """Return the resources of ``folder/datapackage.json`` by name; empty where there is no such file yet.

    Raises DataError where the file is damaged, or an entry lacks what tables are vouched for by.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    try:
        resources = read_entry(_Package, json.loads(path.read_text(encoding="utf-8")), NAME).resources
        for number, entry in enumerate(resources, start=1):
            read_entry(_Resource, entry, f"resource '{entry.get('name', number)}'")
    except (OSError, ValueError, DataError) as error:
        raise DataError(f"{path}: is damaged ({error}); restore it from git") from error
    return {entry["name"]: entry for entry in resources}


def hashes_recorded(folder: Path, source: str) -> dict[str, str]:
    """Return the SHA-256 of each official file that a publication's table was made of, by the file's name."""
    files = read_package(folder).get(source, {}).get("sources", [])
    return {str(file.get("file")): file["hash"].removeprefix("sha256:") for file in files}
