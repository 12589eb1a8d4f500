"""What is built from figures, kept in ``data/processed`` and built anew when figures or the code behind it change."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd
from pyarrow.parquet import ParquetFile

from analysis.data.cleaning import tables
from analysis.data.cleaning.corrections import correct
from analysis.data.cleaning.rates import deflators, price_index
from analysis.data.cleaning.spending import LINES, real_spending
from analysis.data.definitions import checks
from analysis.data.definitions.authorities import codes_in
from analysis.data.definitions.indicators import dictionary, sources_behind
from analysis.data.definitions.reach import PRICES, real_price_year
from analysis.data.official.publications import share_alike_sources, vintage_sources
from analysis.errors import DataError, RequestError
from analysis.files.data_package import read_package
from analysis.files.writing import sha256, write_text, written_aside
from analysis.paths import Project, current_project

from .built import APART, FILE_OF, RECORD, STORED, fingerprint, is_current, unusable
from .figures import (
    read_boundaries,
    read_figures,
    read_inspection_directors,
    read_inspection_report_pairs,
    read_inspection_reports,
    read_prices,
    read_reproduced,
    read_vintages,
)
from .panel import (
    KEY,
    Boundaries,
    Panel,
    PanelParameters,
    build_panel,
    check_years,
    clean_figures,
    without_unusable,
)


def figures_of_all(project: Project) -> pd.DataFrame:
    """Read the figures of every publication, with a column ``source``; raises DataError as ``read_figures`` does."""
    return _figures_of(project, {entry.source for entry in dictionary().values() if entry.source})


def _figures_of(project: Project, sources: Iterable[str]) -> pd.DataFrame:
    parts = [read_figures(project.raw, source).assign(source=source) for source in sorted(sources)]
    return pd.concat(parts, ignore_index=True)


def _price_index(project: Project) -> pd.Series:
    return price_index(read_prices(project.raw).set_index("year")[PRICES])


@cache
def load_spending(price_year: int | None = None) -> pd.DataFrame:
    """Return spend by authority and financial year from 2008-09, in £ of ``price_year``: see ``real_spending``.

    None means the prices of real indicators.

    Raises RequestError where prices don't reach ``price_year``; DataError where a line of spend or the number of children
    lies outside its range.
    """
    project, names = current_project(), (*LINES, "child_population_children")
    figures = _figures_of(project, sources_behind(names))
    for name, problem in _range_problems(figures).items():
        if name in names:
            raise DataError(problem)
    mended = correct(figures, tables.corrections())
    figures = clean_figures(mended[mended["indicator"].isin(names)])
    rates = read_prices(project.raw).set_index("year")[PRICES]
    return real_spending(figures, rates, price_year or real_price_year())


def price_factor(price_year: int) -> float:
    """Return the factor that takes the prices of real indicators to those of financial ``price_year``."""
    index = _price_index(current_project())
    return float(1 / deflators(pd.Series([price_year]), index, real_price_year()).iloc[0])


def _range_problems(figures: pd.DataFrame) -> dict[str, str]:
    """A line by indicator on figures (with ``source``) that lie outside their ranges."""
    problems: dict[str, str] = {}
    for source, rows in figures.groupby("source"):
        problems |= checks.range_problems(rows, f"{source}.csv")
    return problems


def compute(project: Project, parameters: PanelParameters | None = None) -> Panel:
    """Build the panel from the project's figures and check it; writes nothing.

    An indicator with a value outside its range is left out with the reason (``Panel.unusable``), and so are those that are
    computed from it; asking for one raises DataError. Raises DataError where a census lies before the panel's first year.
    """
    prices = read_prices(project.raw).set_index("year")[PRICES]
    figures = figures_of_all(project)
    check_years(figures)
    panel = build_panel(figures, prices, parameters)
    problems = checks.range_problems(panel.authorities, FILE_OF["authorities"]) | _range_problems(figures)
    panel = without_unusable(panel, problems)
    check_panel(panel.authorities)
    return panel


def check_panel(frame: pd.DataFrame) -> None:
    """Raise DataError naming row, column and value where the panel's keys, ranges or coverage can't be."""
    where = FILE_OF["authorities"]
    checks.check_keys(frame, ["authority_code", "year"], where)
    checks.check_ranges(frame, where)
    sizes = frame.groupby("year").size()
    for year, n_authorities in sizes[(sizes < 145) | (sizes > 156)].items():
        raise DataError(f"{where}: year {year} has {n_authorities} authorities, where England has about 150")


def by_licence(authorities: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a panel's rows without the columns that are shared alike, and those columns (with the keys) by themselves."""
    share_alike = set(share_alike_sources())
    apart = [name for name in authorities.columns if share_alike & set(sources_behind([name]))]
    return pd.DataFrame(authorities.drop(columns=apart)), pd.DataFrame(authorities[[*KEY, *apart]])


def _of_both_licences(authorities: pd.DataFrame, apart: pd.DataFrame) -> pd.DataFrame:
    """Put both parts of ``by_licence`` side by side in memory, columns in the order in which they were built: what an
    authority is, what is published, what is computed.
    """
    whole = pd.concat([authorities, apart.drop(columns=KEY)], axis=1)
    places = {name: place for place, name in enumerate(dictionary())}
    return whole[sorted(whole.columns, key=lambda name: _place(name, places))]


def _place(name: str, places: Mapping[str, int]) -> tuple[bool, bool, int]:
    entry = dictionary().get(name)
    return entry is not None, entry is not None and entry.is_derived, places.get(name, 0)


def build(project: Project | None = None) -> None:
    """Build ``data/processed`` from figures; every file is written aside, the record of inputs and outputs last."""
    project = project or current_project()
    made_of = fingerprint(project)
    panel = compute(project)
    parts = {FILE_OF[attribute]: pd.DataFrame(getattr(panel, attribute)) for attribute in FILE_OF}
    parts[FILE_OF["authorities"]], parts[APART] = by_licence(panel.authorities)
    for name, table in parts.items():
        with written_aside(project.processed / name) as temporary:
            table.to_parquet(temporary, index=False)
    outputs = {name: sha256(project.processed / name) for name in STORED}
    record = {"inputs": made_of, "outputs": outputs, "unusable": panel.unusable}
    write_text(project.processed / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")


def load_panel(boundaries: Boundaries = "as published") -> Panel:
    """Return the panel of the current project, building it first where it is missing or no longer current.

    ``boundaries``: ``as published`` (stored) or ``constant areas`` (built each time, in about a second).
    """
    return panel_of(boundaries)


@cache
def panel_of(boundaries: Boundaries) -> Panel:
    """Return what ``load_panel`` does, kept under one name whether or not the boundaries were named in its call."""
    project = current_project()
    if boundaries != "as published":
        return compute(project, PanelParameters(boundaries=boundaries))
    if not is_current(project):
        build(project)
    stored = {name: _stored(project, file) for name, file in FILE_OF.items()}
    stored["authorities"] = _of_both_licences(stored["authorities"], _stored(project, APART))
    return without_unusable(Panel(**stored), unusable(project))


def _stored(project: Project, name: str) -> pd.DataFrame:
    """Read a table by this thread alone: a process that has started others can't be copied for each notebook."""
    table = ParquetFile(project.processed / name, pre_buffer=False).read(use_threads=False)
    return pd.DataFrame(table.to_pandas(use_threads=False))


def make_ready() -> None:
    """Read the panel once, before a process is copied for each notebook; one that must be built first is left to them."""
    if is_current(current_project()):
        load_panel()


def load_vintages() -> pd.DataFrame:
    """Return the figures of earlier releases of every publication that were revised since; see ``read_vintages``."""
    raw = current_project().raw
    return pd.concat([read_vintages(raw, source) for source in vintage_sources()], ignore_index=True)


def package() -> dict[str, Any]:
    """Return every table by name: title, publisher, release and hash, as the data packages beside the tables say."""
    project = current_project()
    return {**read_package(project.raw), **read_package(project.processed)}


def table_sizes() -> dict[str, int]:
    """Return how many figures each publication's table holds."""
    project = current_project()
    sizes = figures_of_all(project).groupby("source").size().to_dict()
    return {**sizes, **{source: len(read_vintages(project.raw, source)) for source in vintage_sources()}}


def boundaries() -> dict[str, Any]:
    """Return the boundaries of authorities as a GeoJSON FeatureCollection."""
    return read_boundaries(current_project().raw)


def authority_code(panel: Panel, name: str, year: int) -> str:
    """Return the code of an authority that the panel has in ``year``, by name or code, former codes too.

    Raises RequestError with the nearest right name, or with the years that the authority has.
    """
    (code,) = codes_in((name,), panel.authorities["authority_code"])
    years = panel.authorities.loc[panel.authorities["authority_code"] == code, "year"]
    if year not in set(years):
        raise RequestError(
            f"{name} is not an authority of {year}: choose a year from {years.min()} to {years.max()}"
        )
    return code


def without_very_small(authorities: pd.DataFrame, keep: str = "") -> pd.DataFrame:
    """Return a panel's rows without the authorities whose rates rest on a handful of people, but for the one to ``keep``."""
    return authorities[~authorities["very_small"] | (authorities["authority_code"] == keep)]


def load_reports() -> pd.DataFrame:
    """Return the table of measures of the current project, a row a report."""
    return read_inspection_reports(current_project().processed)


def load_reproduced(source: str) -> pd.DataFrame:
    """Return what authors' models give on the file that they left, as the current project recorded it."""
    return read_reproduced(current_project().processed, source)


def load_joint() -> pd.DataFrame:
    """Return the current project's counts of sentences coded alike on two constructs."""
    return read_inspection_report_pairs(current_project().processed)


def load_directors() -> pd.DataFrame:
    """Return since when directors of children's services have been in post, by report, of the current project."""
    return read_inspection_directors(current_project().processed)
