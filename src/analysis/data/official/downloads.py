"""Getting the official files from their addresses; what has no lasting address is named with its page.

A download takes the place of the file that is there only when it is what it should be: whole, of the kind that its name
says, with the columns that its reader needs, and the release that ``datapackage.json`` records or one asked for. Retries
are urllib3's, with the pause that the server names; requests brings it, so that nothing is added.
"""

import json
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from analysis.errors import DataError, PlanDriftError, RequestError
from analysis.files.data_package import hashes_recorded, read_package
from analysis.files.entries import read_entry
from analysis.files.writing import write_text

from .contents import check_content, is_web_page
from .official_files import OfficialFile, candidates
from .publications import Publication, chosen

CHUNK_BYTES = 1 << 16
MEGABYTE = 1 << 20
NEWER = ".newer"
"""Ending of a file of another release that is kept aside, where ``ingest`` doesn't look at it."""

_FETCHED = ".fetched.json"
"""What was got from where, beside the files: the address of each official file by its SHA-256."""

_TRANSIENT = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Limits:
    """How much one download may take: bytes (unpacked), seconds in all, seconds of silence, redirects, and tries."""

    most_bytes: int = 1024 * MEGABYTE
    most_seconds: float = 900
    silence_seconds: float = 60
    most_redirects: int = 5
    tries: int = 4
    longest_pause_seconds: int = 120


@dataclass(frozen=True)
class Fetched:
    """What became of one download: ``status`` is ``fetched``, ``kept aside``, ``failed`` or ``by hand``; ``note`` says why
    or where.
    """

    sources: tuple[str, ...]
    file: str
    status: str
    note: str = ""
    bytes: int = 0

    @property
    def failed(self) -> bool:
        """True where a download was tried and the file in its place isn't the one that came."""
        return self.status in ("failed", "kept aside")

    def __str__(self) -> str:
        size = f" {self.bytes:,} bytes" if self.bytes else ""
        return f"{self.status:10} {', '.join(self.sources)}: {self.file}{size} ({self.note})"


class _NotTaken(Exception):
    """A download that isn't what it should be, with the reason; no OSError, which would be a failure to write."""


def _session(limits: Limits) -> requests.Session:
    retries = urllib3.Retry(
        total=limits.tries - 1,
        connect=1,
        status_forcelist=_TRANSIENT,
        allowed_methods=["GET"],
        backoff_factor=0.5,
        raise_on_status=False,
        retry_after_max=limits.longest_pause_seconds,
    )
    session = requests.Session()
    session.max_redirects = limits.most_redirects
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retries))
    return session


def _chunks(answer: requests.Response, limits: Limits, start: float) -> Iterator[bytes]:
    """The bytes as they are sent, each as soon as it comes, so that a trickle is noticed."""
    size, promised = 0, answer.headers.get("Content-Length", "")
    while True:
        try:
            chunk = answer.raw.read1(CHUNK_BYTES, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            of = f" of {promised}" if promised else ""
            raise _NotTaken(f"the answer broke off: {size}{of} bytes came") from error
        if time.monotonic() - start > limits.most_seconds:
            raise _NotTaken(f"it took more than {limits.most_seconds:g} seconds; raise --max-seconds")
        if not chunk:
            break
        size += len(chunk)
        yield chunk
    if promised.isdecimal() and size != int(promised):
        raise _NotTaken(f"{size} of {promised} bytes came")
    if not size:
        raise _NotTaken("the answer was empty")


def _unpacked(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Undo gzip, which some servers use unasked; a body that ends before its gzip does was cut."""
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding != "gzip":
        raise _NotTaken(f"it came packed as '{encoding}', which wasn't asked for")
    gzip = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            while chunk:
                yield gzip.decompress(chunk, CHUNK_BYTES)
                chunk = gzip.unconsumed_tail
    except zlib.error as error:
        raise _NotTaken("its gzip packing is damaged") from error
    if not gzip.eof:
        raise _NotTaken("its gzip packing ends in the middle; the answer was cut")


def _is_delimited(answer: requests.Response) -> bool:
    """Whether the end of the answer can be told from a connection that broke."""
    return "Content-Length" in answer.headers or answer.headers.get("Transfer-Encoding", "") == "chunked"


def _download(address: str, target: Path, limits: Limits) -> tuple[int, bool]:
    """Write what the address holds to ``target``; returns its bytes, and whether its end is certain."""
    start, size = time.monotonic(), 0
    headers = {"Accept-Encoding": "identity"}
    with (
        _session(limits) as session,
        session.get(address, stream=True, timeout=limits.silence_seconds, headers=headers) as answer,
    ):
        if answer.status_code != 200:
            reason = f"{answer.status_code} {answer.reason or ''}".strip()
            raise _NotTaken(f"the server answered {reason} where it should 200")
        packing = answer.headers.get("Content-Encoding", "").strip().lower()
        with target.open("wb") as stream:
            for chunk in _unpacked(_chunks(answer, limits, start), packing):
                size += stream.write(chunk)
                if size > limits.most_bytes:
                    raise _NotTaken(
                        f"it holds more than {limits.most_bytes // MEGABYTE:,} MB; raise --max-mb"
                    )
        return size, _is_delimited(answer)


def _reason(error: requests.RequestException, address: str, limits: Limits) -> str:
    """A failure of the network in plain words."""
    host = urlsplit(address).hostname or address
    if isinstance(error, requests.exceptions.SSLError):
        return f"{host}'s certificate isn't trusted here"
    if isinstance(error, requests.TooManyRedirects):
        return f"it leads on more than {limits.most_redirects} times"
    if isinstance(error, requests.Timeout):
        return f"{host} gave no answer in {limits.silence_seconds:g} seconds"
    if isinstance(error, requests.ConnectionError):
        return f"the network can't be reached, or {host} can't; go online and try again"
    return (str(error) or type(error).__name__).splitlines()[0]


def _opened(path: Path, publication: Publication) -> list[OfficialFile]:
    """Return the publication's files in a download, each opened and checked as its reader needs it."""
    opened = []
    for pattern in publication.files:
        for name, content in candidates([path], pattern):
            file = OfficialFile(name, content)
            check_content(publication, pattern, file)
            opened.append(file)
    if not opened:
        told = "a web page" if is_web_page(path.read_bytes()) else "something else"
        raise _NotTaken(f"{told} came, not {' or '.join(publication.files)}")
    return opened


def _changed(
    path: Path, group: Sequence[Publication], raw: Path
) -> tuple[list[str], bool, list[OfficialFile]]:
    """Return names of files that aren't those recorded, once all are checked, whether all were recorded as they are, and the
    files.
    """
    changed, known, files = [], True, []
    for publication in group:
        recorded = hashes_recorded(publication.folder(raw), publication.source)
        for file in _opened(path, publication):
            files.append(file)
            known &= recorded.get(file.name) == file.sha256
            if recorded and recorded.get(file.name) != file.sha256:
                changed.append(file.name)
    return changed, known, files


def addresses(official: Path) -> dict[str, str]:
    """Return the address that each official file was got from, by its SHA-256; nothing where nothing was fetched.

    Raises DataError where the note of it is damaged.
    """
    path = official / _FETCHED
    if not path.is_file():
        return {}
    try:
        return dict(read_entry(dict[str, str], json.loads(path.read_text(encoding="utf-8")), _FETCHED))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: is damaged ({error}); delete it and fetch again") from error


def _note_address(official: Path, address: str, files: Sequence[OfficialFile]) -> None:
    noted = addresses(official) | {file.sha256: address for file in files}
    write_text(official / _FETCHED, json.dumps(noted, indent=1, sort_keys=True) + "\n")


def _address_of(publication: Publication, raw: Path) -> str:
    """Return the lasting address of a publication's files, or else the one that the recorded release came from."""
    files = read_package(publication.folder(raw)).get(publication.source, {}).get("sources", [])
    if publication.address:
        return publication.address
    return next((str(file["path"]) for file in files if file.get("path") != publication.page), "")


def _fetch_one(
    address: str, group: Sequence[Publication], official: Path, raw: Path, newer: bool, limits: Limits
) -> Fetched:
    publication, sources = group[0], tuple(member.source for member in group)
    name = publication.save_as or Path(urlsplit(address).path).name
    # The folder's name starts with a dot: what a killed download leaves there is no official file.
    aside = Path(tempfile.mkdtemp(dir=official, prefix=".fetch-"))
    try:
        path = aside / name
        size, is_delimited = _download(address, path, limits)
        changed, known, files = _changed(path, group, raw)
        if not (is_delimited or known or path.suffix == ".zip"):
            raise _NotTaken("the server didn't say how long it is, so that a cut can't be told")
        kept = f"{name}{NEWER}" if changed and not newer else name
        path.replace(official / kept)
        _note_address(official, address, files)
    except requests.RequestException as error:
        return Fetched(sources, name, "failed", f"{address}: {_reason(error, address, limits)}")
    except (_NotTaken, DataError) as error:
        return Fetched(sources, name, "failed", f"{address}: {error}")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return _taken(sources, name, address, size, changed, newer)


def _taken(
    sources: tuple[str, ...], name: str, address: str, size: int, changed: Sequence[str], newer: bool
) -> Fetched:
    if not changed:
        return Fetched(sources=sources, file=name, status="fetched", note=address, bytes=size)
    told = f"another release than datapackage.json records: {', '.join(changed)}"
    if newer:
        return Fetched(
            sources=sources,
            file=name,
            status="fetched",
            note=f"{told}; `plan-drift ingest` reads it",
            bytes=size,
        )
    return Fetched(
        sources=sources,
        file=f"{name}{NEWER}",
        status="kept aside",
        note=f"{told}; `plan-drift fetch --newer` takes it",
        bytes=size,
    )


def _by_hand(publication: Publication) -> Fetched:
    return Fetched((publication.source,), ", ".join(publication.files), "by hand", publication.page)


def fetch(
    official: Path,
    only: Sequence[str] = (),
    raw: Path | None = None,
    newer: bool = False,
    limits: Limits | None = None,
    address: str = "",
) -> tuple[Fetched, ...]:
    """Download official files into ``official``; one that fails is listed, the old one stays, and the rest go on.

    ``raw`` holds the data package with the hashes and addresses of the recorded release (default: the folder above).
    ``address`` is that of another release of the publications that ``only`` names. A file of another
    release is kept aside with the ending ``.newer``, or takes its place where ``newer`` or an ``address`` asks for it. Which
    file came from where is noted for ``ingest`` (``addresses``). Publications without an address come back ``by hand`` with
    the page where a person gets them. Raises RequestError for an unknown publication and an address for all of them,
    DataError for a damaged data package, PlanDriftError where the folder can't be written.
    """
    wanted, raw, limits = chosen(only), raw or official.parent, limits or Limits()
    if address and not only:
        raise RequestError(
            "address: is of one release; name its publication too, as in `plan-drift fetch prices`"
        )
    # A damaged data package is told before anything is fetched.
    known = {publication: _address_of(publication, raw) for publication in wanted}
    from_where = {publication: address or where for publication, where in known.items()}
    shared: dict[str, list[Publication]] = {}
    for publication, where in from_where.items():
        if where:
            shared.setdefault(where, []).append(publication)
    try:
        official.mkdir(parents=True, exist_ok=True)
        fetched = [
            _fetch_one(where, group, official, raw, newer or bool(address), limits)
            for where, group in shared.items()
        ]
    except OSError as error:
        raise PlanDriftError(
            f"{official}: can't be written ({error.strerror or error}); check the disk's space and the folder's rights"
        ) from error
    return tuple(fetched + [_by_hand(publication) for publication, where in from_where.items() if not where])
