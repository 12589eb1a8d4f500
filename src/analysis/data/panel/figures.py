"""Figures as they stand in ``data/raw``: read typed and fast, and refused where a table was edited or cut."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from analysis.data.definitions import checks
from analysis.data.definitions.indicators import dictionary
from analysis.data.definitions.inspection_reports import (
    COUNTS,
    JUDGEMENTS,
    PAIR_KEY,
    check_directors,
    check_pages,
    check_pairs,
)
from analysis.data.definitions.reach import PRICES
from analysis.data.official import package
from analysis.data.official.publications import RELEASE, authors_sources, vintage_sources
from analysis.errors import DataError, unknown
from analysis.files.data_package import NAME, read_package

_FIGURES = {
    "authority_code": pa.string(),
    "year": pa.int16(),
    "indicator": pa.string(),
    "value": pa.float64(),
    "marker": pa.string(),
}
_VINTAGES = {"release": pa.string(), **_FIGURES}
_NEIGHBOURS = {
    "authority_code": pa.string(),
    "rank": pa.int16(),
    "neighbour_code": pa.string(),
    "closeness": pa.string(),
}
_PRICES = {"year": pa.int16(), PRICES: pa.float64()}
_REPORTS = {
    **dict.fromkeys(("report", "authority_code", "authority", "published"), pa.string()),
    **dict.fromkeys(("inspection_start", "inspection_end", "framework", *JUDGEMENTS, "coder"), pa.string()),
    **dict.fromkeys(("sentences", *COUNTS), pa.int64()),
}
_REPORT_PAIRS = {**dict.fromkeys(PAIR_KEY, pa.string()), "sentences": pa.int64()}
_REPORT_PAGES = {
    **dict.fromkeys(("report", "construct", "rating"), pa.string()),
    **dict.fromkeys(("page", "sentences"), pa.int64()),
}
_DIRECTORS = {
    **dict.fromkeys(("report", "authority_code", "in_post_since"), pa.string()),
    "is_interim": pa.bool_(),
    "page": pa.int64(),
}
_REPRODUCED = {
    **dict.fromkeys(("model", "term", "quantity"), pa.string()),
    "value": pa.float64(),
}
_KEY = ["authority_code", "year", "indicator"]


def _vouched_content(raw: Path, source: str) -> bytes:
    """The table's bytes, once their hash is the one in the data package."""
    path = raw / package.table_name(source)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name}: can't be read ({error.strerror}); run `plan-drift ingest`") from error
    entry = read_package(raw).get(source)
    if entry is None:
        raise DataError(f"{path.name}: {NAME} doesn't describe it; run `plan-drift ingest`")
    if entry["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}":
        return content
    problem = _first_problem(content, path.name, source)
    raise DataError(
        f"{path.name}: {problem}edited or truncated since `plan-drift ingest` made it ({len(content)} bytes, "
        f"{entry['bytes']} in {NAME}); restore it or ingest again"
    )


def _first_problem(content: bytes, file: str, source: str) -> str:
    """What is wrong inside a table that no longer has its hash, or nothing when it reads well."""
    if source not in _SCHEMAS:
        return ""
    try:
        table = _checked(_table(content, _SCHEMAS[source], file), source, file)
        if _SCHEMAS[source] is _FIGURES:
            checks.check_ranges(table, file)
    except DataError as error:
        return f"{str(error).removeprefix(f'{file}: ')}; "
    return ""


def _table(content: bytes, schema: dict[str, pa.DataType], file: str) -> pd.DataFrame:
    try:
        header = content.partition(b"\n")[0].decode().split(",")
        checks.check_columns(header, schema, file)
        table = pa_csv.read_csv(
            pa.BufferReader(content),
            convert_options=pa_csv.ConvertOptions(
                column_types=schema, null_values=[""], strings_can_be_null=False, include_columns=list(schema)
            ),
        )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _bad_cell(content, schema, file) from error
    return table.to_pandas()


def _bad_cell(content: bytes, schema: dict[str, pa.DataType], file: str) -> DataError:
    """The first row of the wrong length, or the first cell that isn't of its column's type."""
    columns, *rows = [line.split(",") for line in content.decode(errors="replace").splitlines()]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            return DataError(f"{file}: row {number}: {len(row)} cells, {len(columns)} expected")
        for name, text in zip(columns, row, strict=True):
            if name in schema and not _converts(text, schema[name]):
                return DataError(f"{file}: row {number}: column '{name}': '{text}' is no {schema[name]}")
    return DataError(f"{file}: is no CSV file that can be read")


def _converts(text: str, kind: pa.DataType) -> bool:
    if kind == pa.string() or (text == "" and kind == pa.float64()):
        return True
    try:
        pc.cast(pa.scalar(text), kind)
    except pa.ArrowException:
        return False
    return True


def _checked(figures: pd.DataFrame, source: str, file: str) -> pd.DataFrame:
    if _SCHEMAS[source] is _VINTAGES:
        _check_releases(figures, file)
        checks.check_keys(figures, ["release", *_KEY], file)
        checks.check_types(figures, file)
        checks.check_ranges(figures, file)
    elif _SCHEMAS[source] is _FIGURES:
        checks.check_types(figures, file)
        checks.check_keys(figures, _KEY, file)
    return figures


def _check_releases(figures: pd.DataFrame, file: str) -> None:
    wrong = ~figures["release"].str.fullmatch(RELEASE).to_numpy(dtype=bool)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{file}: row {row + 1}: column 'release': '{figures['release'].iloc[row]}' is no release: a year, or a year "
            "and month as in 2024-11"
        )


_SCHEMAS = {
    **{entry.source: _FIGURES for entry in dictionary().values() if entry.source},
    **dict.fromkeys(vintage_sources(), _VINTAGES),
    "statistical_neighbours": _NEIGHBOURS,
    "prices": _PRICES,
    "inspection_reports": _REPORTS,
    package.PAIRS: _REPORT_PAIRS,
    package.PAGES: _REPORT_PAGES,
    package.DIRECTORS: _DIRECTORS,
    **dict.fromkeys(authors_sources(), _REPRODUCED),
}


def _read(raw: Path, source: str) -> pd.DataFrame:
    file = package.table_name(source)
    return _checked(_table(_vouched_content(raw, source), _SCHEMAS[source], file), source, file)


def read_figures(raw: Path, source: str) -> pd.DataFrame:
    """Read a publication's figures: authority_code, indicator and marker text, year int16, value float64
    (NaN: withheld). Whether values lie in their indicators' ranges is asked where they are used: ``checks.range_problems``.

    Raises RequestError for an unknown publication; DataError naming file, row, column and value for a table
    that is missing, cut or edited (its hash isn't the data package's), lacks a column, repeats a key or holds
    a bad number.
    """
    known = [name for name, schema in _SCHEMAS.items() if schema is _FIGURES]
    if source not in known:
        raise unknown("publication", source, known)
    return _read(raw, source)


def read_vintages(raw: Path, source: str) -> pd.DataFrame:
    """Read the figures that an earlier release of a publication had otherwise: release (text: the census's year, or year
    and month), and the columns of ``read_figures``. ``source`` is a publication of vintages: ``vintage_sources``.

    Raises RequestError for another; DataError as ``read_figures`` does, and where a value lies outside its
    indicator's range.
    """
    if source not in vintage_sources():
        raise unknown("publication of vintages", source, vintage_sources())
    return _read(raw, source)


def read_neighbours(raw: Path) -> pd.DataFrame:
    """Read the statistical neighbours: authority_code, rank (1 to 10, nearest first), neighbour_code,
    closeness.
    """
    return _read(raw, "statistical_neighbours")


def read_prices(raw: Path) -> pd.DataFrame:
    """Read the annual average change of consumer prices: year (calendar), cpi_annual_rate_percent."""
    return _read(raw, "prices")


def read_inspection_reports(processed: Path) -> pd.DataFrame:
    """Read the measures of inspection reports: a row a report; days are text, counts whole numbers."""
    return _read(processed, "inspection_reports")


def read_inspection_report_pairs(processed: Path) -> pd.DataFrame:
    """Read the sentences coded alike on two constructs: report, first, second, rating, sentences (above 0).

    Raises DataError as ``read_figures`` does, and where a row doesn't fit the table of inspection reports.
    """
    pairs = _read(processed, package.PAIRS)
    check_pairs(pairs, read_inspection_reports(processed), package.table_name(package.PAIRS))
    return pairs


def read_inspection_report_pages(processed: Path) -> pd.DataFrame:
    """Read on which pages sentences are coded so: report, construct, rating, page (from 1), sentences (above 0).

    Raises DataError as ``read_figures`` does, and where pages don't add up to the table of inspection reports.
    """
    pages = _read(processed, package.PAGES)
    check_pages(pages, read_inspection_reports(processed), package.table_name(package.PAGES))
    return pages


def read_inspection_directors(processed: Path) -> pd.DataFrame:
    """Read since when directors of children's services have been in post: a row a report that says so, ``DIRECTOR_COLUMNS``.

    Raises DataError as ``read_figures`` does, and where a row doesn't fit the table of inspection reports.
    """
    directors = _read(processed, package.DIRECTORS)
    check_directors(directors, read_inspection_reports(processed), package.table_name(package.DIRECTORS))
    return directors


def read_reproduced(processed: Path, source: str) -> pd.DataFrame:
    """Read what authors' models give on the file that they left: model, term, quantity, value.

    Raises RequestError for a publication that left no file; DataError as ``read_figures`` does.
    """
    if source not in authors_sources():
        raise unknown("publication of authors", source, authors_sources())
    return _read(processed, source)


def read_boundaries(raw: Path) -> dict[str, Any]:
    """Read the GeoJSON FeatureCollection of upper-tier authorities (properties authority_code, name;
    degrees).
    """
    collection: dict[str, Any] = json.loads(_vouched_content(raw, "boundaries"))
    return collection
