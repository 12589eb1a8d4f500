"""Getting the official files from their addresses; what has no lasting address is named with its page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from ..errors import PlanDriftError
from ..files import written_aside
from .publications import Publication, chosen

TIMEOUT_SECONDS = 60
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """What became of one download: ``status`` is ``fetched``, ``failed`` or ``by hand``; ``note`` says why or
    where.
    """

    sources: tuple[str, ...]
    file: str
    status: str
    note: str = ""
    bytes: int = 0

    @property
    def failed(self) -> bool:
        """True where a download was tried and did not come."""
        return self.status == "failed"

    def __str__(self) -> str:
        size = f" {self.bytes:,} bytes" if self.bytes else ""
        return f"{self.status:8} {', '.join(self.sources)}: {self.file}{size} ({self.note})"


class _CutShort(Exception):
    """A download that stopped in its middle; no OSError, which would be taken for a failure to write."""


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    size = 0
    try:
        for chunk in answer.iter_content(CHUNK_BYTES):
            size += len(chunk)
            yield chunk
    except requests.RequestException as error:
        raise _CutShort(_reason(error)) from error
    promised = answer.headers.get("Content-Length")
    if promised and "Content-Encoding" not in answer.headers and size != int(promised):
        raise _CutShort(f"{size} of {promised} bytes came")
    if not size:
        raise _CutShort("the answer was empty")


def _download(address: str, target: Path) -> int:
    with requests.get(address, stream=True, timeout=TIMEOUT_SECONDS) as answer:
        answer.raise_for_status()
        with written_aside(target) as temporary, temporary.open("wb") as stream:
            return sum(stream.write(chunk) for chunk in _chunks(answer))


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _fetch_one(sources: tuple[str, ...], publication: Publication, official: Path) -> Fetched:
    name = publication.download_name
    try:
        size = _download(publication.address, official / name)
    except (requests.RequestException, _CutShort) as error:
        return Fetched(sources, name, "failed", f"{publication.address}: {_reason(error)}")
    return Fetched(sources, name, "fetched", publication.address, size)


def _by_hand(publication: Publication) -> Fetched:
    return Fetched((publication.source,), ", ".join(publication.files), "by hand", publication.page)


def fetch(official: Path, only: Sequence[str] = ()) -> tuple[Fetched, ...]:
    """Download official files into ``official``, each written aside; one that fails is listed and the rest go
    on.

    Publications without a lasting address come back ``by hand`` with the page where a person gets them.
    Raises RequestError for an unknown publication, PlanDriftError where the folder can't be written.
    """
    wanted = chosen(only)
    _ensure_folder(official)
    shared: dict[str, list[Publication]] = {}
    for publication in wanted:
        if publication.address:
            shared.setdefault(publication.address, []).append(publication)
    fetched = [
        _fetch_one(tuple(one.source for one in group), group[0], official) for group in shared.values()
    ]
    return tuple(fetched + [_by_hand(publication) for publication in wanted if not publication.address])


def _ensure_folder(official: Path) -> None:
    try:
        official.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlanDriftError(f"{official}: can't be made a folder ({error.strerror})") from error
