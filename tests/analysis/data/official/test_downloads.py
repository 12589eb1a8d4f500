"""Downloads against a server of this machine: what isn't what it should be never takes the place of a good file."""

import gzip
import hashlib
import io
import json
import threading
import time
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from analysis.data.official import downloads
from analysis.data.official.downloads import Limits, fetch
from analysis.data.official.publications import Publication
from analysis.errors import DataError, PlanDriftError, RequestError
from analysis.files.data_package import NAME

FILE = "ons_mid-year_population_estimates_2012_to_2024.csv"
HEADING = "time_period,geographic_level,country_code,region_code,new_la_code,age_group,population_estimate\n"
ROW = "2024,Local authority,E92000001,,E10000032,Children aged 0 to 17 years,170000\n"
GOOD = (HEADING + ROW * 100).encode()
OLD = b"the good file of last time"
LIMITS = Limits(most_bytes=1 << 20, most_seconds=20, silence_seconds=5, longest_pause_seconds=2)


def zipped(name=FILE, content=GOOD):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's ``answer`` says: status, headers, bytes; ``hits`` counts the requests."""

    protocol_version = "HTTP/1.0"

    def do_GET(self):
        self.server.hits[self.path] += 1
        status, headers, body = self.server.answer(self.server.hits[self.path])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        for part in body if isinstance(body, list) else [body]:
            if isinstance(part, float):
                time.sleep(part)
                continue
            try:
                self.wfile.write(part)
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.hits, made.daemon_threads = Counter(), True
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def official(tmp_path):
    folder = tmp_path / "raw" / "official"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def get(server, official, monkeypatch):
    """Fetch one publication whose address answers as given; its file of last time lies in ``official``."""

    def ask(body=GOOD, status=200, headers=None, answer=None, name=FILE, length=True, limits=LIMITS, **more):
        sized = {"Content-Length": str(len(body))} if length and isinstance(body, bytes) else {}
        server.answer = answer or (lambda hit: (status, sized | (headers or {}), body))
        address = f"http://127.0.0.1:{server.server_port}/{name}"
        publication = Publication("child_population", "t", "p", "page", (f"{FILE[:-8]}*.csv",), address)
        monkeypatch.setattr(downloads, "chosen", lambda only: (publication,))
        (official / name).write_bytes(OLD)
        (outcome,) = fetch(official, limits=limits, **more)
        return outcome

    return ask


def record(official, content, source="child_population", **more):
    """Let the data package record the hash of an official file."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    entry = {
        "name": source,
        "path": "t.csv",
        "bytes": 1,
        "hash": digest,
        "sources": [{"file": FILE, "hash": digest}],
    }
    (official.parent / NAME).write_text(json.dumps({"resources": [entry | more]}))


def only_the_old_file(official, name=FILE):
    """Whether the old file is all that there is, but for the note of what was got from where."""
    names = [path.name for path in official.iterdir() if path.name != ".fetched.json"]
    return names == [name] and (official / name).read_bytes() == OLD


def test_a_whole_file_takes_the_old_ones_place(get, official):
    outcome = get()
    assert (outcome.status, outcome.bytes) == ("fetched", len(GOOD))
    assert (official / FILE).read_bytes() == GOOD
    assert sorted(path.name for path in official.iterdir()) == [".fetched.json", FILE]
    assert downloads.addresses(official) == {hashlib.sha256(GOOD).hexdigest(): outcome.note}


PAGE = b"<!DOCTYPE html><html><body>Accept cookies</body></html>"
PACKED = gzip.compress(GOOD)
NOT_TAKEN = {
    "a web page with status 200": ({"body": PAGE}, "a web page came in its place"),
    "a part with status 206": ({"status": 206}, "answered 206 Partial Content where it should 200"),
    "no content with status 204": ({"status": 204, "body": b""}, "answered 204"),
    "an empty answer": ({"body": b""}, "the answer was empty"),
    "fewer bytes than promised": ({"headers": {"Content-Length": "99999"}, "length": False}, "of 99999 bytes came"),
    "a body without length": ({"length": False}, "didn't say how long it is"),
    "a body without length, cut": ({"body": GOOD[:103], "length": False}, "2 cells where the heading has 7"),
    "a row that is cut": ({"body": GOOD[:-40]}, "the file is cut or damaged"),
    "a gzip body that is cut": (
        {"body": PACKED[:-20], "headers": {"Content-Encoding": "gzip"}}, "its gzip packing ends in the middle"
    ),
    "a gzip body that is damaged": (
        {"body": b"no gzip", "headers": {"Content-Encoding": "gzip"}}, "its gzip packing is damaged"
    ),
    "a packing nobody asked for": ({"headers": {"Content-Encoding": "br"}}, "it came packed as 'br'"),
    "a gzip bomb": (
        {"body": gzip.compress(bytes(50 << 20)), "headers": {"Content-Encoding": "gzip"}}, "more than 1 MB"
    ),
    "too many bytes": ({"body": bytes(2 << 20)}, "it holds more than 1 MB; raise --max-mb"),
    "a column that is gone": ({"body": GOOD.replace(b"population_e", b"people_e")}, "no column 'population_estimate'"),
    "another kind of file": ({"body": b"PK\x03\x04" + bytes(50)}, "is no CSV file"),
    "a redirect in a circle": ({"status": 302, "headers": {"Location": "/again"}}, "it leads on more than 5 times"),
    "not found": ({"status": 404}, "answered 404 Not Found"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "told"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_what_is_not_the_file_leaves_the_old_one_in_place(get, official, given, told):
    outcome = get(**given)
    assert outcome.failed and told in outcome.note and "\n" not in str(outcome)
    assert only_the_old_file(official)


@pytest.mark.parametrize(
    "content",
    [zipped()[:60], zipped()[:-30], b"no archive at all"],
    ids=["its first bytes", "without its end", "none"],
)
def test_a_cut_archive_leaves_the_old_one_in_place(get, official, content):
    outcome = get(content, name="children.zip")
    assert outcome.failed and "no whole zip archive" in outcome.note
    assert only_the_old_file(official, "children.zip")


def test_an_archive_without_the_file_and_one_that_would_fill_the_memory_are_not_taken(get, official):
    assert "something else came" in get(zipped("other.csv"), name="children.zip").note
    bomb = zipped(content=bytes(200 << 20))
    assert len(bomb) < 1 << 20
    assert "times its packed size" in get(bomb, name="children.zip").note
    assert only_the_old_file(official, "children.zip")


def test_gzip_and_chunks_are_read(get, official):
    assert get(PACKED, headers={"Content-Encoding": "gzip"}).status == "fetched"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (GOOD[:99], GOOD[99:])) + b"0\r\n\r\n"
    Handler.protocol_version = "HTTP/1.1"
    try:
        chunked = {"Transfer-Encoding": "chunked", "Connection": "close"}
        assert get(chunks, headers=chunked, length=False).status == "fetched"
        cut = get(chunks[:400], headers=chunked, length=False)
    finally:
        Handler.protocol_version = "HTTP/1.0"
    assert cut.failed and only_the_old_file(official)


def test_a_server_that_is_busy_is_asked_again_after_the_pause_that_it_names(get, server):
    def busy_once(hit):
        if hit == 1:
            return 429, {"Retry-After": "1", "Content-Length": "0"}, b""
        return 200, {"Content-Length": str(len(GOOD))}, GOOD

    start = time.monotonic()
    assert get(answer=busy_once).status == "fetched"
    assert server.hits[f"/{FILE}"] == 2 and time.monotonic() - start >= 1


def test_a_server_that_stumbles_is_asked_again(get, server):
    def stumble_once(hit):
        return (
            (500, {"Content-Length": "0"}, b"")
            if hit == 1
            else (200, {"Content-Length": str(len(GOOD))}, GOOD)
        )

    assert get(answer=stumble_once).status == "fetched" and server.hits[f"/{FILE}"] == 2


def test_a_server_that_stays_busy_is_given_up(get, server):
    outcome = get(status=503, headers={"Retry-After": "0"})
    assert outcome.failed and "503" in outcome.note and server.hits[f"/{FILE}"] == LIMITS.tries


def test_a_trickle_ends_with_the_whole_time(get, official):
    trickle = [part for _ in range(100) for part in (b"x", 0.2)]
    limits = Limits(most_seconds=1, silence_seconds=5)
    outcome = get(trickle, headers={"Content-Length": "100"}, limits=limits)
    assert "took more than 1 seconds; raise --max-seconds" in outcome.note and only_the_old_file(official)


def test_the_recorded_release_is_taken_even_where_its_length_is_not_told(get, official):
    record(official, GOOD)
    assert get(length=False).status == "fetched" and (official / FILE).read_bytes() == GOOD


def test_another_release_is_kept_aside_unless_asked_for(get, official):
    record(official, b"the release of last year")
    outcome = get()
    assert outcome.failed and outcome.status == "kept aside"
    assert f"another release than datapackage.json records: {FILE}" in outcome.note
    assert (official / FILE).read_bytes() == OLD and (official / f"{FILE}.newer").read_bytes() == GOOD
    taken = get(newer=True)
    assert taken.status == "fetched" and "`plan-drift ingest` reads it" in taken.note
    assert (official / FILE).read_bytes() == GOOD


def test_an_address_of_another_release_is_taken_noted_and_asked_for_by_publication(get, server, official):
    record(official, b"the release of last year")
    address = f"http://127.0.0.1:{server.server_port}/releases/2026/{FILE}"
    outcome = get(only=["child_population"], address=address)
    assert outcome.status == "fetched" and (official / FILE).read_bytes() == GOOD
    assert server.hits[f"/releases/2026/{FILE}"] == 1
    assert downloads.addresses(official) == {hashlib.sha256(GOOD).hexdigest(): address}
    with pytest.raises(RequestError, match="address: is of one release; name its publication too"):
        get(address=address)


def test_no_network_is_one_plain_line(official, monkeypatch):
    # Port 9 of this machine: nothing listens there.
    publication = Publication("child_population", "t", "p", "page", (FILE,), f"http://127.0.0.1:9/{FILE}")
    monkeypatch.setattr(downloads, "chosen", lambda only: (publication,))
    (outcome,) = fetch(official, limits=LIMITS)
    assert outcome.failed and "the network can't be reached, or 127.0.0.1 can't" in outcome.note
    assert "Error" not in outcome.note and not list(official.iterdir())


def test_a_failure_does_not_stop_the_rest_and_pages_are_named(official, monkeypatch):
    monkeypatch.setattr(downloads, "_download", lambda *_: (_ for _ in ()).throw(downloads._NotTaken("no")))
    entries = [
        {"name": name, "path": "t.csv", "bytes": 1, "hash": f"sha256:{'0' * 64}",
         "sources": [{"file": "f", "hash": f"sha256:{'0' * 64}", "path": f"https://release.example/{where}"}]}
        for name, where in (("children_in_need", 1), ("child_population", 1), ("social_work_workforce", 2))
    ]  # fmt: skip
    (official.parent / NAME).write_text(json.dumps({"resources": entries}))
    outcomes = {outcome.file: outcome for outcome in fetch(official)}
    assert outcomes["children_in_need.zip"].sources == ("children_in_need", "child_population")
    assert outcomes["childrens_social_work_workforce.zip"].failed
    assert outcomes["imd_2019_upper_tier.csv"].status == "by hand"
    assert outcomes["imd_2019_upper_tier.csv"].note.startswith("https://www.gov.uk/")


def test_a_damaged_data_package_and_a_folder_that_cannot_be_written_are_told(get, official, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanDriftError, match="can't be written"):
        fetch(tmp_path / "file" / "official", raw=tmp_path)
    (official.parent / NAME).write_text('{"resources": [')
    with pytest.raises(DataError, match="is damaged"):
        get()
