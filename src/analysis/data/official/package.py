"""The Frictionless Data Package that stands beside the tables: what each is, from where, and its hash."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints

from analysis.data.definitions.indicators import published_by
from analysis.errors import DataError
from analysis.files.entries import Text, Whole, read_entry, worded

from .publications import RELEASE, Publication, publications, vintage_sources
from .values import markers

NAME = "datapackage.json"
_CODE = r"^E\d{8}(\+E\d{8})*$"
_LICENCE = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}


def _field(name: str, kind: str, description: str, **constraints: Any) -> dict[str, Any]:
    field = {"name": name, "type": kind, "description": description}
    return {**field, "constraints": constraints} if constraints else field


def _schema(key: list[str], *fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": list(fields), "primaryKey": key, "missingValues": [""]}


def _code(name: str, description: str) -> dict[str, Any]:
    return _field(name, "string", description, required=True, pattern=_CODE)


def _figures_schema(source: str) -> dict[str, Any]:
    entries = published_by(source)
    years = [year for entry in entries for year in entry.years]
    names = sorted(entry.id for entry in entries)
    span = {"minimum": min(years), "maximum": max(years)}
    return _schema(
        ["authority_code", "year", "indicator"],
        _code("authority_code", "ONS code as published; of a joint return, the codes joined by +"),
        _field(
            "year", "integer", "the publication's own; a financial year by its end", required=True, **span
        ),
        _field("indicator", "string", "name in the dictionary of indicators", required=True, enum=names),
        _field("value", "number", "the published number in the indicator's unit; empty where withheld"),
        _field("marker", "string", "the publisher's marker of a withheld value", enum=sorted(markers())),
    )


def _vintages_schema(source: str) -> dict[str, Any]:
    from .vintages import KEY, compared_indicators

    figures = _figures_schema(publications()[source].vintages_of)
    fields = {field["name"]: field for field in figures["fields"]}
    fields["indicator"]["constraints"]["enum"] = sorted(compared_indicators(source))
    told = (
        "year of the census, or year and month of the release, with which the figure was published so; "
        "later releases have another, or withhold it"
    )
    release = _field("release", "string", told, required=True, pattern=f"^{RELEASE}$")
    return {**figures, **_schema(list(KEY), release, *fields.values())}


def _neighbours_schema() -> dict[str, Any]:
    return _schema(
        ["authority_code", "rank"],
        _code("authority_code", "ONS code, latest"),
        _field("rank", "integer", "1 is the most alike", required=True, minimum=1, maximum=10),
        _code("neighbour_code", "ONS code of the neighbour, latest"),
        _field("closeness", "string", "the publisher's word", required=True),
    )


def _prices_schema() -> dict[str, Any]:
    change = "change of the annual average on the year before, per cent"
    return _schema(
        ["year"],
        _field("year", "integer", "calendar year", required=True),
        _field("cpi_annual_rate_percent", "number", change, required=True),
    )


def _reports_schema() -> dict[str, Any]:
    from analysis.data.definitions.inspection_reports import COUNTS, JUDGEMENTS

    day = {"pattern": r"^\d{4}-\d{2}-\d{2}$"}
    grade = "the grade, or none where the report gives no such judgement"
    return _schema(
        ["report"],
        _field("report", "string", "the report's file without its ending", required=True),
        _code("authority_code", "ONS code of the authority on the day of the inspection"),
        _field("authority", "string", "name", required=True),
        _field("published", "string", "day of publication", required=True, **day),
        _field("inspection_start", "string", "first day of the inspection", **day),
        _field("inspection_end", "string", "last day of the inspection", **day),
        _field("framework", "string", "pre_sif, sif, ilacs_standard, ilacs_short or ilacs_2026"),
        *(_field(name, "string", grade) for name in JUDGEMENTS),
        _field("coder", "string", "version of the coder, and its artefact's hash", required=True),
        _field("sentences", "integer", "sentences read on the authority's own work", required=True),
        *(_field(name, "integer", "sentences coded so", required=True, minimum=0) for name in COUNTS),
    )


def _pairs_schema() -> dict[str, Any]:
    from analysis.data.definitions.inspection_reports import CONSTRUCTS, PAIR_KEY, PAIR_RATINGS

    both = "sentences of the report coded so on both constructs; pairs without one are left out"
    own = _schema(
        list(PAIR_KEY),
        _field("report", "string", "the report's file without its ending", required=True),
        _field("first", "string", "one construct", required=True, enum=list(CONSTRUCTS)),
        _field("second", "string", "another, later in the codebook", required=True, enum=list(CONSTRUCTS)),
        _field("rating", "string", "how both are coded", required=True, enum=list(PAIR_RATINGS)),
        _field("sentences", "integer", both, required=True, minimum=1),
    )
    of_reports = {"resource": "inspection_reports", "fields": ["report"]}
    return {**own, "foreignKeys": [{"fields": ["report"], "reference": of_reports}]}


PAIRS = "inspection_report_pairs"
"""The table that is made beside that of inspection reports, from the same reading."""
_BESIDE = {PAIRS: ("inspection_reports", "Inspection reports: sentences coded alike on two constructs")}
"""Tables made beside their publication's own: the publication, and the table's title."""

_OWN_SCHEMAS = {
    "statistical_neighbours": _neighbours_schema,
    "prices": _prices_schema,
    "inspection_reports": _reports_schema,
    PAIRS: _pairs_schema,
}


def schema(source: str) -> dict[str, Any]:
    """Return the table schema of a publication's table: fields, types, constraints, key."""
    if source in vintage_sources():
        return _vintages_schema(source)
    return _OWN_SCHEMAS[source]() if source in _OWN_SCHEMAS else _figures_schema(source)


def table_name(source: str) -> str:
    """Return the file that holds a publication's table."""
    return f"{source}.json" if source == "boundaries" else f"{source}.csv"


def _kind(source: str) -> dict[str, Any]:
    if source == "boundaries":
        return {"type": "json", "format": "json", "mediatype": "application/geo+json"}
    return {
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema(source),
    }


def _official_file(name: str, sha256: str, publication: Publication) -> dict[str, str]:
    return {"title": name, "path": publication.get_from, "file": name, "hash": f"sha256:{sha256}"}


DIFFERS = " (official files differ from those of this release)"
"""What follows a release's name in the data package until publications.yml names the release of the files."""


def release_of(publication: Publication, hashes: Mapping[str, str], raw: Path) -> tuple[str, tuple[str, ...]]:
    """Return the release to record for files with these ``hashes`` by name, and a note on each that isn't the recorded one.

    publications.yml names the release by hand: where files changed and the name didn't, it is that of other files.
    """
    known = read_package(raw).get(publication.source)
    if known is None:
        return publication.release, ()
    recorded, told = hashes_recorded(raw, publication.source), str(known.get("release", ""))
    changed = [name for name, digest in hashes.items() if recorded.get(name) != digest]
    if told.removesuffix(DIFFERS) != publication.release:
        return publication.release, ()
    if not changed:
        return told, ()
    note = (
        f"isn't the file that {NAME} records, while publications.yml still names the release "
        f"'{publication.release}'; renew 'release' there (and 'address'), or get the recorded file"
    )
    return publication.release + DIFFERS, tuple(f"{publication.source}: {name} {note}" for name in changed)


def described(
    publication: Publication,
    content: bytes,
    sha256: str,
    hashes: Mapping[str, str],
    release: str,
    table: str | None = None,
) -> dict[str, Any]:
    """Return the description of a table: its bytes and hash, and the official files of a ``release`` with their hashes.

    ``table``: the one that is described, where a publication has another beside its own.
    """
    name = table or publication.source
    return {
        "name": name,
        "title": _BESIDE[name][1] if name in _BESIDE else publication.title,
        "path": table_name(name),
        **_kind(name),
        "publisher": publication.publisher,
        "homepage": publication.page,
        "release": release,
        "licenses": [_LICENCE],
        "bytes": len(content),
        "hash": f"sha256:{sha256}",
        "sources": [_official_file(name, digest, publication) for name, digest in hashes.items()],
    }


_Hash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$"), worded("a SHA-256 (sha256:…)")]


@dataclass(frozen=True)
class _Source:
    """An official file of a resource: what is read of it."""

    hash: _Hash


@dataclass(frozen=True)
class _Resource:
    """A resource of a data package: what tables are vouched for by."""

    name: Text
    bytes: Whole
    hash: _Hash
    sources: tuple[_Source, ...] = ()


@dataclass(frozen=True)
class _Package:
    resources: list[dict[str, Any]]


def read_package(raw: Path) -> dict[str, Any]:
    """Return the resources of ``raw/datapackage.json`` by name; empty where there is no such file yet.

    Raises DataError where the file is damaged, or an entry lacks what tables are vouched for by.
    """
    path = raw / NAME
    if not path.exists():
        return {}
    try:
        resources = read_entry(_Package, json.loads(path.read_text(encoding="utf-8")), NAME).resources
        for number, entry in enumerate(resources, start=1):
            read_entry(_Resource, entry, f"resource '{entry.get('name', number)}'")
    except (OSError, ValueError, DataError) as error:
        raise DataError(f"{path}: is damaged ({error}); restore it from git") from error
    return {entry["name"]: entry for entry in resources}


def hashes_recorded(raw: Path, source: str) -> dict[str, str]:
    """Return the SHA-256 of each official file that a publication's table was made of, by the file's name."""
    files = read_package(raw).get(source, {}).get("sources", [])
    return {str(file.get("file")): file["hash"].removeprefix("sha256:") for file in files}


_FIGURES = {
    "name": "plan-drift-figures",
    "title": "Figures from English official statistics on social work, children's plans and spending",
    "description": "Tidy figures by authority, region and nation, a table a publication, "
    "each made by `plan-drift ingest` from the official files whose hashes stand beside it.",
}
_MEASURED = {
    "name": "plan-drift-measures",
    "title": "Measures of inspection reports: judgements, and sentences coded by this project",
    "description": "Read and coded by `plan-drift ingest inspections` from the reports whose hashes stand beside it; "
    "no sentence of a report is kept.",
}


def _is_made_here(table: str) -> bool:
    own = _BESIDE[table][0] if table in _BESIDE else table
    return publications()[own].made_here


def package(resources: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the package of these resources as JSON, in the order of the publications."""
    order = [
        table
        for name in publications()
        for table in (name, *(beside for beside, (own, _) in _BESIDE.items() if own == name))
    ]
    document = {
        **(_MEASURED if all(_is_made_here(name) for name in resources) else _FIGURES),
        "licenses": [_LICENCE],
        "resources": [resources[name] for name in order if name in resources],
    }  # fmt: skip
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
