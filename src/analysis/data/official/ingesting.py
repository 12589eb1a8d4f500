"""From official files to ``data/raw``: every table is built and checked in memory before any is written."""

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from analysis.data.definitions import checks
from analysis.data.definitions.indicators import published_by
from analysis.data.definitions.reach import PRICES
from analysis.errors import DataError, RequestError
from analysis.files.data_package import NAME, read_package
from analysis.files.writing import written_aside

from . import (
    boundaries,
    child_poverty,
    children_in_need,
    deprivation,
    downloads,
    education_statistics,
    interactive_tool,
    labour_market,
    package,
    political_control,
    prices,
    releases,
    revenue_outturn,
    section_251,
    social_work_workforce,
    statistical_neighbours,
    vintages,
)
from .areas import existed, references
from .layouts import columns_of
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
    "political_control": political_control.figures,
}
TABLES: Mapping[str, Callable[[Release], pd.DataFrame]] = {
    "statistical_neighbours": statistical_neighbours.table,
    "prices": prices.table,
}


class MeasuredReports(Protocol):
    """Tables measured in inspection reports: reports, sentences coded alike on two constructs and by page, directors."""

    @property
    def reports(self) -> pd.DataFrame:
        """A row a report."""

    @property
    def pairs(self) -> pd.DataFrame:
        """Sentences coded alike on two constructs."""

    @property
    def pages(self) -> pd.DataFrame:
        """Sentences of a page coded as a problem or as a strength."""

    @property
    def directors(self) -> pd.DataFrame:
        """Since when directors of children's services have been in post."""


FitPublished = Callable[[str, pd.DataFrame], pd.DataFrame]
"""From the name of a publication that authors left a file of, and the file's rows, to the table of results."""
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


def _typed(figures: pd.DataFrame) -> pd.DataFrame:
    return figures.assign(value=pd.to_numeric(figures["value"].replace("", None)).astype("float64"))


def check_figures(
    figures: pd.DataFrame,
    source: str,
    expected: Sequence[str],
    last_release: pd.DataFrame | None = None,
    gap: bool = False,
) -> None:
    """Run every category of checks on long figures with text values; raises DataError at the first that
    fails.

    ``expected``: the indicators that the files' layouts have; ``gap``: a last year that stands apart is taken.
    """
    where = package.table_name(source)
    typed = _typed(figures)
    checks.check_keys(typed, KEY, where)
    checks.check_types(typed, where)
    checks.check_years(typed, where, gap)
    checks.check_ranges(typed, where)
    checks.check_coverage(typed, expected, where, last_release=last_release)
    checks.check_magnitude(typed, where, last_release)


def _expected(release: Release) -> list[str]:
    """The indicators that the files of a release have by their layouts, in the order of the dictionary."""
    read = {
        entry.indicator for file in release.files.values() for entry in columns_of(release.source, file.name)
    }
    read |= set(section_251.lines()["indicator"]) if release.source == "section_251" else set()
    return [entry.id for entry in published_by(release.source) if entry.id in read]


@dataclass(frozen=True)
class _Table:
    """A table before it is written: its rows as text, years by indicator, release, official files and notes."""

    rows: pd.DataFrame
    years: releases.Spans
    release: str
    sources: Sequence[Mapping[str, Any]]
    notes: Sequence[str] = ()


def _figures(release: Release, in_place: releases.Before, wishes: releases.Wishes, official: Path) -> _Table:
    """Read a publication's figures, follow them on those in place, and check the whole."""
    source = release.source
    read = _without_rows_of_no_authority(FIGURES[source](release))
    releases.check_order(read, source, in_place, wishes)
    stay = releases.kept(read, in_place, COLUMNS)
    figures = pd.concat([read, stay], ignore_index=True) if len(stay) else read
    comparable = None if wishes.older or in_place.figures is None else _typed(in_place.figures)
    check_figures(figures, source, _expected(release), _still_read(comparable, source), wishes.gap)
    spans = read.groupby("file")["year"].agg(["min", "max"])
    years = {str(file): [int(first), int(last)] for file, first, last in spans.itertuples()}
    older = releases.kept_sources(stay, source, in_place)
    return _Table(
        figures.sort_values(list(KEY), kind="stable")[list(COLUMNS)],
        releases.spans_of(figures),
        wishes.release or releases.release_told(figures),
        [*_sources(release.publication, _hashes(release), in_place, official, years), *older],
        [*releases.news(figures, source, in_place), *releases.notes_on_kept(stay, source, older)],
    )


def _still_read(last_release: pd.DataFrame | None, source: str) -> pd.DataFrame | None:
    """The last release's figures without indicators that are no longer the publication's."""
    if last_release is None:
        return None
    return last_release[last_release["indicator"].isin([entry.id for entry in published_by(source)])]


def _hashes(release: Release) -> dict[str, str]:
    return {file.name: file.sha256 for file in release.files.values()}


def _sources(
    publication: Publication,
    hashes: Mapping[str, str],
    in_place: releases.Before,
    official: Path,
    years: Mapping[str, Sequence[int]] | None = None,
) -> list[dict[str, Any]]:
    """Describe official files. An address is told only where the file is known to have come from it: `fetch` got it
    there, or the data package has that file from there; else the page is.
    """
    recorded = {file["hash"]: file["path"] for file in in_place.resource.get("sources", [])}
    came_from = {f"sha256:{digest}": address for digest, address in downloads.addresses(official).items()}
    known = recorded | came_from
    years = years or {}
    return [
        package.official_file(
            name, digest, known.get(f"sha256:{digest}", publication.page), years.get(name, ())
        )
        for name, digest in hashes.items()
    ]


def _other_table(
    release: Release, in_place: releases.Before, wishes: releases.Wishes, official: Path
) -> _Table:
    """Read a table that isn't one of figures: neighbours, prices, or what earlier releases had otherwise."""
    sources = _sources(release.publication, _hashes(release), in_place, official)
    names = [file.name for file in release.files.values()]
    if release.publication.vintages_of:
        rows = vintages.table(release)
        told = wishes.release or vintages.release_told(release.publication, names)
        return _Table(rows, releases.spans_of(rows), told, sources)
    rows = TABLES[release.source](release)
    if release.source != "prices":
        return _Table(rows, {}, wishes.release or releases.editions_told(names), sources)
    first, last = int(rows["year"].min()), int(rows["year"].max())
    before = in_place.years.get(PRICES, (0, 0))[1]
    if last < before and not wishes.older:
        raise DataError(
            f"{names[0]}: ends with {last}, where the prices in place reach {before}; get the newer file, or "
            "`plan-drift ingest prices --older` takes the older release"
        )
    told = wishes.release or releases.span_told(first, last)
    news = [f"prices: {year} is new" for year in range(before + 1, last + 1) if before]
    return _Table(rows, {PRICES: [first, last]}, told, sources, news)


def _boundaries(release: Release) -> tuple[bytes, int]:
    collection = boundaries.feature_collection(release)
    features = ",\n".join(
        json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in collection["features"]
    )
    return f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'.encode(), len(
        collection["features"]
    )


def _file_notes(release: Release, in_place: releases.Before) -> list[str]:
    """A note on each file that was passed over for a newer one, and on each that isn't the recorded one."""
    source, recorded = (
        release.source,
        {file["file"]: file["hash"] for file in in_place.resource.get("sources", [])},
    )
    notes = [
        f"{source}: {name} is passed over, the folder has a newer release" for name in release.passed_over
    ]
    for name, digest in _hashes(release).items():
        if recorded and recorded.get(name) != f"sha256:{digest}":
            how = "is another file than" if name in recorded else "isn't among"
            notes.append(
                f"{source}: {name} {how} those that {NAME} recorded: another release, or a revised one"
            )
    return notes


def _make(release: Release, raw: Path, official: Path, wishes: releases.Wishes) -> _Made:
    publication, withheld = release.publication, 0
    is_of_figures = release.source in FIGURES
    in_place = releases.before(raw, release.source, package.table_name(release.source), is_of_figures)
    names = tuple(_hashes(release))
    if release.source == "boundaries":
        content, n_rows = _boundaries(release)
        sources = _sources(publication, _hashes(release), in_place, official)
        table = _Table(pd.DataFrame(), {}, wishes.release or releases.editions_told(names), sources)
    else:
        read = _figures if is_of_figures else _other_table
        table = read(release, in_place, wishes, official)
        content, n_rows = table.rows.to_csv(index=False, lineterminator="\n").encode(), len(table.rows)
        withheld = int((table.rows["value"] == "").sum()) if "value" in table.rows else 0
    digest = hashlib.sha256(content).hexdigest()
    notes = (*_file_notes(release, in_place), *table.notes)
    ingested = Ingested(
        source=release.source, rows=n_rows, withheld=withheld, sha256=digest, files=names, notes=notes
    )
    described = package.described(publication, content, digest, table.sources, table.release, table.years)
    return _Made(ingested, content, described)


def _make_reports(
    publication: Publication, official: Path, processed: Path, measure: MeasureReports
) -> list[_Made]:
    """Measure inspection reports; those that can't be read are named, and the rest go on."""
    tables, notes, hashes = measure(official)
    days = tables.reports["published"].str[:4].astype(int)
    told = f"reports published from {releases.span_told(days.min(), days.max())}"
    made = []
    for source, table, noted in (
        (publication.source, tables.reports, tuple(notes)),
        (package.PAIRS, tables.pairs, ()),
        (package.PAGES, tables.pages, ()),
        (package.DIRECTORS, tables.directors, ()),
    ):
        content = table.to_csv(index=False, lineterminator="\n").encode()
        digest = hashlib.sha256(content).hexdigest()
        sources = [package.official_file(name, hash_, publication.page) for name, hash_ in hashes.items()]
        described = package.described(publication, content, digest, sources, told, {}, source)
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


def _make_reproduced(release: Release, fit_published: FitPublished | None) -> _Made:
    """Fit authors' models to their own file; of its rows nothing is kept."""
    publication = release.publication
    if fit_published is None:
        raise RequestError(f"{release.source}: no models were given; `plan-drift ingest` has them")
    (file,) = release.files.values()
    # Blank cells and R's NA are missing, and numbers are numbers, as the authors' own programs read them.
    table = fit_published(release.source, pd.read_csv(io.BytesIO(file.content)))
    content = table.to_csv(index=False, lineterminator="\n").encode()
    digest = hashlib.sha256(content).hexdigest()
    source = package.official_file(file.name, file.sha256, publication.address)
    told = f"the version whose SHA-256 begins {file.sha256[:12]}"
    described = package.described(
        publication, content, digest, [{**source, "licence": publication.licence}], told, {}
    )
    made = Ingested(source=release.source, rows=len(table), withheld=0, sha256=digest, files=(file.name,))
    return _Made(made, content, described)


def _made_of(
    publication: Publication,
    official: Path,
    raw: Path,
    measure: MeasureReports | None,
    wishes: releases.Wishes,
    fit_published: FitPublished | None,
) -> list[_Made]:
    if publication.source == "inspection_reports":
        if measure is None:
            raise RequestError(
                "inspection_reports: no reader of reports was given; `plan-drift ingest` has one"
            )
        return _make_reports(publication, official, publication.folder(raw), measure)
    release = read_official(publication, official)
    if publication.sha256:
        return [_make_reproduced(release, fit_published)]
    return [_make(release, raw, official, wishes)]


def _check_together(made: Iterable[_Made], raw: Path) -> Mapping[str, Mapping[str, Any]]:
    """Check what tables need of each other, and return the resources of all: those in place, and those that take theirs."""
    resources = {**read_package(raw), **{table.ingested.source: table.resource for table in made}}
    releases.check_prices(
        {name: span for resource in resources.values() for name, span in resource.get("years", {}).items()}
    )
    return resources


def _write(made: Sequence[_Made], folder: Path) -> None:
    """Write tables into a folder, and the data package beside them; nothing where nothing was made."""
    if not made:
        return
    resources = {**read_package(folder), **{table.ingested.source: table.resource for table in made}}
    with ExitStack() as stack:
        # Contexts end last in, first out: the package vouches for the tables, so it is entered first, to be
        # replaced last.
        aside = stack.enter_context(written_aside(folder / NAME))
        aside.write_bytes(package.package(resources))
        for table in made:
            target = folder / package.table_name(table.ingested.source)
            stack.enter_context(written_aside(target)).write_bytes(table.content)


def ingest(
    official: Path,
    raw: Path,
    only: Sequence[str] = (),
    measure_reports: MeasureReports | None = None,
    wishes: releases.Wishes | None = None,
    fit_published: FitPublished | None = None,
) -> tuple[Ingested, ...]:
    """Turn official files under ``official`` into the tables of ``raw`` and their data package; the same
    bytes each time.

    ``only`` names publications; the others' tables stay as they are. ``measure_reports`` reads a folder of inspection
    reports (``inspections.measuring.folder.measure_folder``), for the publication that is made from them;
    ``fit_published`` fits what authors published to the file that they left (``published_models.PUBLISHED_MODELS``).
    Of several releases of a file the newest is read; years before those that it begins with are kept from the table
    in place. What is new, revised, kept or passed over is told in notes. Raises RequestError for an unknown
    publication, a missing folder or a release named for several; DataError for a missing, cut, renamed or implausible
    official file, a release older than the one in place (unless ``wishes`` say so), spend without prices, and a
    damaged data package; then nothing is written.
    """
    wanted, wishes = chosen(only), wishes or releases.Wishes()
    if wishes.release and len(wanted) != 1:
        raise RequestError("release: names the release of one publication; name that publication too")
    if not official.is_dir():
        raise RequestError(
            f"{official}: no such folder of official files; run `plan-drift fetch` or name another"
        )
    for folder in {publication.folder(raw) for publication in wanted}:
        read_package(folder)  # a damaged one is told before any file is read
    made = {
        publication: _made_of(publication, official, raw, measure_reports, wishes, fit_published)
        for publication in wanted
    }
    resources = _check_together((table for parts in made.values() for table in parts), raw)
    for folder in dict.fromkeys(publication.folder(raw) for publication in wanted):
        _write([table for own, parts in made.items() if own.folder(raw) == folder for table in parts], folder)
    ingested = [table.ingested for parts in made.values() for table in parts]
    return tuple(
        replace(
            publication, notes=(*publication.notes, *releases.beyond_the_panel(publication.source, resources))
        )
        for publication in ingested
    )
