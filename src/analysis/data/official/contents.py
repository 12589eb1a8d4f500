"""Whether a file is what its publication promises: of the kind that its name says, with the columns that are read."""

import json

from analysis.errors import DataError

from . import child_poverty, prices
from .layouts import Column, columns_of, listed_columns, needed
from .official_files import OfficialFile, read_csv, read_parquet, read_sheet
from .publications import Publication, Release, check_version

_OWN_LAYOUT = {"prices": prices.table, "child_poverty": child_poverty.figures}


def is_web_page(content: bytes) -> bool:
    """Return whether bytes begin as a web page does."""
    return content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def check_content(publication: Publication, pattern: str, file: OfficialFile) -> None:
    """Raise DataError, in one line with the file's name, where the file isn't what the publication's reader can read."""
    if is_web_page(file.content):
        raise DataError(f"{file.name}: a web page came in its place")
    check_version(publication, file)
    entries = columns_of(publication.source, file.name)
    with listed_columns(entries):
        _check_kind(publication, pattern, file, entries)


def _check_kind(
    publication: Publication, pattern: str, file: OfficialFile, entries: tuple[Column, ...]
) -> None:
    if publication.source in _OWN_LAYOUT:
        _OWN_LAYOUT[publication.source](Release(publication, {pattern: file}))
    elif file.name.endswith(".csv"):
        read_csv(file, needed(entries))
    elif file.name.endswith(".parquet"):
        read_parquet(file, "Short Desc", (), needed(entries))
    elif file.name.endswith((".ods", ".xlsx")):
        read_sheet(file, "E-code", needed(entries))
    elif file.name.endswith((".json", ".geojson")):
        _check_geojson(file)


def _check_geojson(file: OfficialFile) -> None:
    try:
        features = json.loads(file.content)["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file.name}: is no whole GeoJSON; get it again") from error
    if not isinstance(features, list) or not features:
        raise DataError(f"{file.name}: a GeoJSON without features; get it again")
