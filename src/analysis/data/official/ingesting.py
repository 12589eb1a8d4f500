"""From official files to ``data/raw``: every table is built and checked in memory before any is written."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from analysis.data.definitions import checks
from analysis.data.definitions.indicators import published_by
from analysis.errors import RequestError
from analysis.files.writing import sha256, written_aside

from . import (
    boundaries,
    child_poverty,
    children_in_need,
    deprivation,
    education_statistics,
    interactive_tool,
    labour_market,
    package,
    prices,
    revenue_outturn,
    section_251,
    social_work_workforce,
    statistical_neighbours,
    vintages,
)
from .areas import existed, references
from .publications import Publication, Release, chosen, read_official

COLUMNS = ("authority_code", "year", "indicator", "value", "marker")
KEY = ("indicator", "authority_code", "year")

FIGURES: Mapping[str, Callable[[Release], pd.DataFrame]] = {
    "social_work_workforce": social_work_workforce.figures,
    "children_in_need": children_in_need.figures,
    "looked_after": education_statistics.figures,
    "changes_of_worker": education_statistics.figures,
    "interactive_tool": interactive_tool.figures,
    "section_251": section_251.figures,
    "revenue_outturn": revenue_outturn.figures,
    "child_population": children_in_need.figures,
    "deprivation": deprivation.figures,
    "child_poverty": child_poverty.figures,
    "labour_market": labour_market.figures,
}
TABLES: Mapping[str, Callable[[Release], pd.DataFrame]] = {
    "statistical_neighbours": statistical_neighbours.table,
    "prices": prices.table,
}


class MeasuredReports(Protocol):
    """Two tables measured in inspection reports: a row a report, and sentences coded alike on two constructs."""

    @property
    def reports(self) -> pd.DataFrame:
        """A row a report."""

    @property
    def pairs(self) -> pd.DataFrame:
        """Sentences coded alike on two constructs."""


MeasureReports = Callable[[Path], tuple[MeasuredReports, Sequence[str], Mapping[str, str]]]
"""From a folder of official files: the tables, what couldn't be read, and the files' hashes."""


@dataclass(frozen=True)
class Ingested:
    """One table that was made: its rows, how many of its values are withheld, its hash, its official files,
    and a note on each file that was passed over, or isn't the one recorded.
    """

    source: str
    rows: int
    withheld: int
    sha256: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Made:
    ingested: Ingested
    content: bytes = field(repr=False)
    resource: Mapping[str, Any] = field(repr=False)


def _without_rows_of_no_authority(figures: pd.DataFrame) -> pd.DataFrame:
    """Leave out withheld rows of authorities that did not exist in the year, which some releases list as
    fillers.
    """
    alive = existed(figures["authority_code"], figures["year"], references(figures["indicator"]))
    return figures[alive | (figures["value"] != "")]


def check_figures(figures: pd.DataFrame, source: str, last_release: pd.DataFrame | None = None) -> None:
    """Run every category of checks on long figures with text values; raises DataError at the first that
    fails.
    """
    where = package.table_name(source)
    typed = figures.assign(value=pd.to_numeric(figures["value"].replace("", None)).astype("float64"))
    checks.check_keys(typed, KEY, where)
    checks.check_types(typed, where)
    checks.check_years(typed, where)
    checks.check_ranges(typed, where)
    expected = [entry.id for entry in published_by(source)]
    checks.check_coverage(typed, expected, where, last_release=last_release)
    checks.check_magnitude(typed, where, last_release)


def tidy_figures(release: Release, last_release: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a publication's checked figures (``COLUMNS``, values as text), sorted by ``KEY``."""
    figures = _without_rows_of_no_authority(FIGURES[release.source](release))
    check_figures(figures, release.source, last_release)
    return figures.sort_values(list(KEY), kind="stable")[list(COLUMNS)]


def _table(release: Release, raw: Path) -> pd.DataFrame:
    if release.source in TABLES:
        return TABLES[release.source](release)
    if release.publication.vintages_of:
        return vintages.table(release)
    return tidy_figures(release, _last_release(raw, release.source))


def _last_release(raw: Path, source: str) -> pd.DataFrame | None:
    """The table as `ingest` last made it; None where there is none, or one that was edited since."""
    path = raw / package.table_name(source)
    known = package.read_package(raw).get(source, {}).get("hash")
    if not path.is_file() or known != f"sha256:{sha256(path)}":
        return None
    last = pd.read_csv(path, dtype={"authority_code": str, "value": "float64"})
    return last[last["indicator"].isin([entry.id for entry in published_by(source)])]


def _boundaries(release: Release) -> tuple[bytes, int]:
    collection = boundaries.feature_collection(release)
    features = ",\n".join(
        json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in collection["features"]
    )
    return f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'.encode(), len(
        collection["features"]
    )


def _make(release: Release, raw: Path) -> _Made:
    withheld = 0
    if release.source == "boundaries":
        content, rows = _boundaries(release)
    else:
        table = _table(release, raw)
        content, rows = table.to_csv(index=False, lineterminator="\n").encode(), len(table)
        withheld = int((table["value"] == "").sum()) if "value" in table else 0
    digest = hashlib.sha256(content).hexdigest()
    hashes = {file.name: file.sha256 for file in release.files.values()}
    told, notes = package.release_of(release.publication, hashes, raw)
    names = tuple(file.name for file in release.files.values())
    return _Made(
        Ingested(
            source=release.source, rows=rows, withheld=withheld, sha256=digest, files=names, notes=notes
        ),
        content,
        package.described(release.publication, content, digest, hashes, told),
    )


def _make_reports(
    publication: Publication, official: Path, processed: Path, measure: MeasureReports
) -> list[_Made]:
    """Measure inspection reports; those that can't be read are named, and the rest go on."""
    tables, notes, hashes = measure(official)
    told, changes = package.release_of(publication, hashes, processed)
    made = []
    for source, table, noted in (
        (publication.source, tables.reports, (*notes, *changes)),
        (package.PAIRS, tables.pairs, ()),
    ):
        content = table.to_csv(index=False, lineterminator="\n").encode()
        digest = hashlib.sha256(content).hexdigest()
        described = package.described(publication, content, digest, hashes, told, source)
        made.append(
            _Made(
                Ingested(
                    source=source,
                    rows=len(table),
                    withheld=0,
                    sha256=digest,
                    files=tuple(hashes),
                    notes=noted,
                ),
                content,
                described,
            )
        )
    return made


def _made_of(
    publication: Publication, official: Path, raw: Path, measure: MeasureReports | None
) -> list[_Made]:
    if publication.source == "inspection_reports":
        if measure is None:
            raise RequestError(
                "inspection_reports: no reader of reports was given; `plan-drift ingest` has one"
            )
        return _make_reports(publication, official, publication.folder(raw), measure)
    return [_make(read_official(publication, official), raw)]


def _write(made: Sequence[_Made], folder: Path) -> None:
    """Write tables into a folder, and the data package beside them; nothing where nothing was made."""
    if not made:
        return
    resources = {**package.read_package(folder), **{table.ingested.source: table.resource for table in made}}
    with ExitStack() as stack:
        # Contexts end last in, first out: the package vouches for the tables, so it is entered first, to be
        # replaced last.
        aside = stack.enter_context(written_aside(folder / package.NAME))
        aside.write_bytes(package.package(resources))
        for table in made:
            target = folder / package.table_name(table.ingested.source)
            stack.enter_context(written_aside(target)).write_bytes(table.content)


def ingest(
    official: Path, raw: Path, only: Sequence[str] = (), measure_reports: MeasureReports | None = None
) -> tuple[Ingested, ...]:
    """Turn official files under ``official`` into the tables of ``raw`` and their data package; the same
    bytes each time.

    ``only`` names publications; the others' tables stay as they are. ``measure_reports`` reads a folder of inspection
    reports (``inspections.measuring.folder.measure_folder``), for the publication that is made from them.
    Raises RequestError for an unknown publication or a missing folder, DataError for a missing, cut, renamed or
    implausible official file and for a damaged data package; then nothing is written. A file of another release than the
    recorded one is told in a note.
    """
    wanted = chosen(only)
    if not official.is_dir():
        raise RequestError(
            f"{official}: no such folder of official files; run `plan-drift fetch` or name another"
        )
    for folder in {publication.folder(raw) for publication in wanted}:
        package.read_package(folder)  # a damaged one is told before any file is read
    made = {publication: _made_of(publication, official, raw, measure_reports) for publication in wanted}
    for folder in dict.fromkeys(publication.folder(raw) for publication in wanted):
        _write([table for own, parts in made.items() if own.folder(raw) == folder for table in parts], folder)
    return tuple(table.ingested for parts in made.values() for table in parts)
