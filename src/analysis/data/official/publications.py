"""The publications, as `publications.yml` describes them, and the official files of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from analysis.errors import DataError, nearest, unknown
from analysis.files.entries import check_entries, check_entry
from analysis.files.yaml_files import read_yaml

from .official_files import OfficialFile, read_release

_FILE = "publications.yml"
_KINDS = {
    **dict.fromkeys(("title", "publisher", "page", "release", "address", "save_as", "vintages_of"), "text"),
    "files": "a list of texts",
    "apart": "true or false",
    "made_here": "true or false",
}
_SHORT = {"inspections": "inspection_reports"}
RELEASE = r"\d{4}(-\d{2})?"
"""An earlier release in a table: the year of its census, or the year and month in which it came out."""


@dataclass(frozen=True)
class Publication:
    """One publication: what it is, where it is published and the patterns of its official files."""

    source: str
    title: str
    publisher: str
    page: str
    release: str
    files: tuple[str, ...]
    address: str = ""
    save_as: str = ""
    vintages_of: str = ""
    apart: bool = False
    made_here: bool = False

    def folder(self, raw: Path) -> Path:
        """Return where its table stands: ``raw``, or ``processed`` beside it for what this project made itself."""
        return raw.parent / "processed" if self.made_here else raw

    @property
    def download_name(self) -> str:
        """The name that a download is kept under."""
        return self.save_as or Path(urlsplit(self.address).path).name

    @property
    def get_from(self) -> str:
        """Where a person gets the files: the file's address, else the page."""
        return self.address or self.page


@dataclass(frozen=True)
class Release:
    """The official files of a publication, by the pattern that found them."""

    publication: Publication
    files: Mapping[str, OfficialFile] = field(repr=False)

    @property
    def source(self) -> str:
        """The publication's name."""
        return self.publication.source


@cache
def publications() -> Mapping[str, Publication]:
    """Return every publication by name, in the order of the file.

    Raises DataError, in one line that names entry, key and value, for an entry that isn't one.
    """
    document = read_yaml(files(__package__).joinpath(_FILE))
    check_entries(document, _FILE)
    for name, entry in document.items():
        where = f"{_FILE}: {name}"
        check_entry(entry, _KINDS, where, ("title", "publisher", "page", "release", "files"))
        for key in ("page", "address"):
            if not entry.get(key, "https://x").startswith(("https://", "http://")):
                raise DataError(f"{where}: {key}: '{entry[key]}' is no web address (https://…)")
        if Path(entry.get("save_as", "")).name != entry.get("save_as", ""):
            raise DataError(f"{where}: save_as: '{entry['save_as']}' is no name of a file without folders")
        if (of := entry.get("vintages_of")) is not None and of not in document:
            raise DataError(f"{where}: vintages_of: unknown publication '{of}'{nearest(of, document)}")
    return {
        name: Publication(source=name, **{**entry, "files": tuple(entry["files"])})
        for name, entry in document.items()
    }


def vintage_sources() -> tuple[str, ...]:
    """Return the names of the publications that have earlier releases of another, in the order of the file."""
    return tuple(name for name, one in publications().items() if one.vintages_of)


def chosen(only: Sequence[str]) -> tuple[Publication, ...]:
    """Return the publications named in ``only``, or all but those that are done apart; raises RequestError with
    the nearest name for an unknown one.
    """
    only = [_SHORT.get(name, name) for name in only]
    for name in only:
        if name not in publications():
            raise unknown("publication", name, publications())
    return tuple(entry for name, entry in publications().items() if name in only or not (only or entry.apart))


def read_official(publication: Publication, official: Path) -> Release:
    """Read a publication's official files; raises DataError as ``read_release`` does."""
    return Release(
        publication,
        {pattern: read_release(official, pattern, publication.get_from) for pattern in publication.files},
    )
