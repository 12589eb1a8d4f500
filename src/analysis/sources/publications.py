"""The publications, as `publications.yml` describes them, and the official files of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import unknown
from ..yaml_files import read_yaml
from .files import OfficialFile, read_release

_SHORT = {"inspections": "inspection_reports"}


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
    apart: bool = False

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
    """Return every publication by name, in the order of the file."""
    document = read_yaml(files(__package__).joinpath("publications.yml"))
    return {
        name: Publication(source=name, **{**entry, "files": tuple(entry["files"])})
        for name, entry in document.items()
    }


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
