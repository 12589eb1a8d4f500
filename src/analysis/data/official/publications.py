"""The publications, as `publications.yml` describes them, and the official files of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from analysis.errors import DataError, unknown
from analysis.files.entries import Entry, Flag, Text, Texts, check_choice, read_entries
from analysis.files.yaml_files import read_yaml

from .official_files import OfficialFile, alternatives, files_fitting, newest_of

_FILE = "publications.yml"
_SHORT = {"inspections": "inspection_reports"}
RELEASE = r"\d{4}(-\d{2})?"
"""An earlier release in a table: the year of its census, or the year and month in which it came out."""

SHARE_ALIKE = "CC-BY-SA-4.0"
"""The licence of figures that stay in tables of their own, and whose tables are shared under it."""


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError(f"'{text}' is no web address (https://…)")
    return text


def _name_of_a_file(text: str) -> str:
    if Path(text).name != text:
        raise ValueError(f"'{text}' is no name of a file without folders")
    return text


def _a_digest(text: str) -> str:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ValueError(f"'{text}' is no SHA-256 (64 digits from 0 to f)")
    return text


_Address = Annotated[Text, AfterValidator(_web_address)]


@dataclass(frozen=True)
class Publication(Entry):
    """One publication: what it is, where it is published and the patterns of its official files."""

    source: str
    title: Text
    publisher: Text
    page: _Address
    files: Texts
    address: _Address = ""
    save_as: Annotated[Text, AfterValidator(_name_of_a_file)] = ""
    vintages_of: Text = ""
    sha256: Annotated[Text, AfterValidator(_a_digest)] = ""
    licence: Text = ""
    apart: Flag = False
    made_here: Flag = False

    @property
    def is_share_alike(self) -> bool:
        """Whether its figures, and what is made of them, stay apart from those under another licence."""
        return self.licence == SHARE_ALIKE

    def folder(self, raw: Path) -> Path:
        """Return where its table stands: ``raw``, or ``processed`` beside it for what this project made itself."""
        return raw.parent / "processed" if self.made_here else raw


@dataclass(frozen=True)
class Release:
    """The official files of a publication, by the pattern that found them; earlier releases' by their own names.

    ``passed_over``: the files that fit too, whose names say that they are older.
    """

    publication: Publication
    files: Mapping[str, OfficialFile] = field(repr=False)
    passed_over: tuple[str, ...] = ()

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


def authors_sources() -> tuple[str, ...]:
    """Return the names of the publications that are files which authors of a study left, in the order of the file."""
    return tuple(name for name, publication in publications().items() if publication.sha256)


def share_alike_sources() -> tuple[str, ...]:
    """Return the names of the publications whose figures stay in tables of their own, in the order of the file."""
    return tuple(name for name, publication in publications().items() if publication.is_share_alike)


def check_version(publication: Publication, file: OfficialFile) -> None:
    """Raise DataError where authors' own file isn't the version whose results are recorded."""
    if publication.sha256 and file.sha256 != publication.sha256:
        raise DataError(
            f"{file.name}: isn't the file of {publication.source} whose results are recorded (SHA-256 "
            f"{file.sha256[:12]}…, not {publication.sha256[:12]}…); get it from {publication.address or publication.page}"
        )


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
    """Read a publication's official files: of several releases of one, the newest; of a publication of vintages, all.

    Raises DataError as ``read_release`` and ``check_version`` do.
    """
    if publication.vintages_of:
        every = [name for pattern in publication.files for name in alternatives(pattern)]
        fitting = files_fitting(official, *every)
        if len(fitting) < 2:
            raise DataError(
                f"{publication.source}: {len(fitting)} of the official files fits {', '.join(every)}; comparing needs the "
                f"current release and an earlier one, which {publication.page} may still have"
            )
        return Release(publication, {file.name: file for file in fitting})
    files, passed_over = {}, []
    for pattern in publication.files:
        fitting = files_fitting(official, *alternatives(pattern))
        file = newest_of(fitting, official, pattern, publication.address or publication.page)
        check_version(publication, file)
        own = next(name for name in alternatives(pattern) if fnmatchcase(file.name, name))
        files[own] = file
        passed_over += [older.name for older in fitting if older.name != file.name]
    return Release(publication, files, tuple(passed_over))
