"""The publications, as `publications.yml` describes them, and the official files of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from analysis.errors import unknown
from analysis.files.entries import Entry, Flag, Text, Texts, check_choice, read_entries
from analysis.files.yaml_files import read_yaml

from .official_files import OfficialFile, read_release

_FILE = "publications.yml"
_SHORT = {"inspections": "inspection_reports"}
RELEASE = r"\d{4}(-\d{2})?"
"""An earlier release in a table: the year of its census, or the year and month in which it came out."""


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError(f"'{text}' is no web address (https://…)")
    return text


def _name_of_a_file(text: str) -> str:
    if Path(text).name != text:
        raise ValueError(f"'{text}' is no name of a file without folders")
    return text


_Address = Annotated[Text, AfterValidator(_web_address)]


@dataclass(frozen=True)
class Publication(Entry):
    """One publication: what it is, where it is published and the patterns of its official files."""

    source: str
    title: Text
    publisher: Text
    page: _Address
    release: Text
    files: Texts
    address: _Address = ""
    save_as: Annotated[Text, AfterValidator(_name_of_a_file)] = ""
    vintages_of: Text = ""
    apart: Flag = False
    made_here: Flag = False

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
    entries = read_entries(Publication, read_yaml(files(__package__).joinpath(_FILE)), _FILE, "source")
    for name, entry in entries.items():
        if entry.vintages_of:
            check_choice(entry.vintages_of, entries, f"{_FILE}: {name}: vintages_of")
    return entries


def vintage_sources() -> tuple[str, ...]:
    """Return the names of the publications that have earlier releases of another, in the order of the file."""
    return tuple(name for name, publication in publications().items() if publication.vintages_of)


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
