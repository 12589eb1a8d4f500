"""The Frictionless Data Package beside the tables, written: what each is, of which release, from where, its hash."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.data.definitions.indicators import published_by
from analysis.data.definitions.reach import PRICES

from .publications import RELEASE, SHARE_ALIKE, Publication, authors_sources, publications, vintage_sources
from .values import markers

Spans = Mapping[str, Sequence[int]]
"""First and last year by indicator."""
_CODE = r"^E\d{8}(\+E\d{8})*$"
_LICENCE = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}

_SHARE_ALIKE = {
    "name": SHARE_ALIKE,
    "title": "Creative Commons Attribution-ShareAlike 4.0",
    "path": "https://creativecommons.org/licenses/by-sa/4.0/",
}
_OWN_LICENCE = {"name": "MIT", "title": "MIT licence: results of this project, none of the authors' rows"}


def _field(name: str, kind: str, description: str, **constraints: Any) -> dict[str, Any]:
    field = {"name": name, "type": kind, "description": description}
    return {**field, "constraints": constraints} if constraints else field


def _schema(key: list[str], *fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": list(fields), "primaryKey": key, "missingValues": [""]}


def _code(name: str, description: str) -> dict[str, Any]:
    return _field(name, "string", description, required=True, pattern=_CODE)


def _figures_schema(source: str, years: Spans) -> dict[str, Any]:
    names = sorted(entry.id for entry in published_by(source))
    ends = [year for span in years.values() for year in span]
    span = {"minimum": min(ends), "maximum": max(ends)} if ends else {}
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


def _vintages_schema(source: str, years: Spans) -> dict[str, Any]:
    from .vintages import KEY, compared_indicators

    figures = _figures_schema(publications()[source].vintages_of, years)
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
        _field(PRICES, "number", change, required=True),
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


def _of_reports(key: list[str], *fields: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a table beside that of inspection reports, whose rows it names by ``report``."""
    report = _field("report", "string", "the report's file without its ending", required=True)
    reports = {"resource": "inspection_reports", "fields": ["report"]}
    return {**_schema(key, report, *fields), "foreignKeys": [{"fields": ["report"], "reference": reports}]}


def _pairs_schema() -> dict[str, Any]:
    from analysis.data.definitions.inspection_reports import CONSTRUCTS, PAIR_KEY, PAIR_RATINGS

    both = "sentences of the report coded so on both constructs; pairs without one are left out"
    return _of_reports(
        list(PAIR_KEY),
        _field("first", "string", "one construct", required=True, enum=list(CONSTRUCTS)),
        _field("second", "string", "another, later in the codebook", required=True, enum=list(CONSTRUCTS)),
        _field("rating", "string", "how both are coded", required=True, enum=list(PAIR_RATINGS)),
        _field("sentences", "integer", both, required=True, minimum=1),
    )


def _pages_schema() -> dict[str, Any]:
    from analysis.data.definitions.inspection_reports import CONSTRUCTS, PAGE_KEY, PAIR_RATINGS

    on_page = "sentences of the page coded so; pages without one are left out"
    return _of_reports(
        list(PAGE_KEY),
        _field("construct", "string", "what the sentences speak of", required=True, enum=list(CONSTRUCTS)),
        _field("rating", "string", "how they are coded", required=True, enum=list(PAIR_RATINGS)),
        _field("page", "integer", "page of the PDF, from 1", required=True, minimum=1),
        _field("sentences", "integer", on_page, required=True, minimum=1),
    )


def _directors_schema() -> dict[str, Any]:
    month = {"pattern": r"^\d{4}(-\d{2})?$"}
    since = (
        "month since which the director of children's services has been in post, as the report says; the year where it "
        "names no month"
    )
    return _of_reports(
        ["report"],
        _code("authority_code", "ONS code of the authority on the day of the inspection"),
        _field("in_post_since", "string", since, required=True, **month),
        _field(
            "is_interim", "boolean", "whether the report calls the director interim or acting", required=True
        ),
        _field("page", "integer", "page of the report that says so", required=True, minimum=1),
    )


def _reproduced_schema() -> dict[str, Any]:
    return _schema(
        ["model", "term", "quantity"],
        _field("model", "string", "the model, as this project calls it", required=True),
        _field("term", "string", "what it is of: a term, a group, or the whole model", required=True),
        _field("quantity", "string", "which number", required=True),
        _field("value", "number", "as computed from the authors' file, to six digits", required=True),
    )


PAIRS = "inspection_report_pairs"
PAGES = "inspection_report_pages"
DIRECTORS = "inspection_directors"
"""The tables that are made beside that of inspection reports, from the same reading."""
_BESIDE = {
    PAIRS: ("inspection_reports", "Inspection reports: sentences coded alike on two constructs"),
    PAGES: ("inspection_reports", "Inspection reports: the pages on which sentences are coded so"),
    DIRECTORS: (
        "inspection_reports",
        "Inspection reports: since when the director of children's services has been in post",
    ),
}
"""Tables made beside their publication's own: the publication, and the table's title."""

_OWN_SCHEMAS = {
    "statistical_neighbours": _neighbours_schema,
    "prices": _prices_schema,
    "inspection_reports": _reports_schema,
    PAIRS: _pairs_schema,
    PAGES: _pages_schema,
    DIRECTORS: _directors_schema,
}


def schema(source: str, years: Spans) -> dict[str, Any]:
    """Return the table schema of a publication's table: fields, types, constraints (its ``years`` among them), key."""
    if source in vintage_sources():
        return _vintages_schema(source, years)
    if source in authors_sources():
        return _reproduced_schema()
    return _OWN_SCHEMAS[source]() if source in _OWN_SCHEMAS else _figures_schema(source, years)


def table_name(source: str) -> str:
    """Return the file that holds a publication's table."""
    return f"{source}.json" if source == "boundaries" else f"{source}.csv"


def _kind(source: str, years: Spans) -> dict[str, Any]:
    if source == "boundaries":
        return {"type": "json", "format": "json", "mediatype": "application/geo+json"}
    return {
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema(source, years),
    }


def official_file(name: str, sha256: str, path: str, years: Sequence[int] = ()) -> dict[str, Any]:
    """Return the description of an official file: ``path`` is the address that it came from, or the page where a person
    gets it; ``years`` are those that the table has of it, first and last.
    """
    of_years = {"years": list(years)} if years else {}
    return {"title": name, "path": path, "file": name, "hash": f"sha256:{sha256}", **of_years}


def _licence_of(publication: Publication) -> dict[str, str]:
    """The licence of a publication's table; of authors' own files the table has none of the rows."""
    if publication.sha256:
        return _OWN_LICENCE
    return _SHARE_ALIKE if publication.is_share_alike else _LICENCE


def described(
    publication: Publication,
    content: bytes,
    sha256: str,
    sources: Iterable[Mapping[str, Any]],
    release: str,
    years: Spans,
    table: str | None = None,
) -> dict[str, Any]:
    """Return the description of a table: its bytes and hash, its ``release``, its ``years`` by indicator, and the official
    files that it is made of (``official_file``).

    ``table``: the one that is described, where a publication has another beside its own. Of vintages, whose years are those
    of figures that were revised, the years stand in the schema alone.
    """
    name = table or publication.source
    is_of_figures = bool(years) and not publication.vintages_of
    return {
        "name": name,
        "title": _BESIDE[name][1] if name in _BESIDE else publication.title,
        "path": table_name(name),
        **_kind(name, years),
        "publisher": publication.publisher,
        "homepage": publication.page,
        "release": release,
        **({"years": dict(years)} if is_of_figures else {}),
        "licenses": [_licence_of(publication)],
        "bytes": len(content),
        "hash": f"sha256:{sha256}",
        "sources": [dict(source) for source in sources],
    }


_FIGURES = {
    "name": "plan-drift-figures",
    "title": "Figures from English official statistics on social work, children's plans and spending",
    "description": "Tidy figures by authority, region and nation, a table a publication, "
    "each made by `plan-drift ingest` from the official files whose hashes stand beside it.",
}
_MEASURED = {
    "name": "plan-drift-measures",
    "title": "Measures of inspection reports: judgements, and sentences coded by this project; results of authors' models",
    "description": "Read and coded by `plan-drift ingest inspections` from the reports whose hashes stand beside it, of "
    "which no sentence is kept; fitted by `plan-drift ingest` to authors' files, of which no row is.",
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
