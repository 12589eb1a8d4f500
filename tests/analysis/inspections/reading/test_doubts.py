"""Damaged reports are told: whatever is lost or changed in a made-up report, the field that it changes is doubtful."""

import csv
import io
import random
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from datetime import date

import pikepdf
import pytest

from analysis.inspections.measuring import evidence
from analysis.inspections.measuring import folder as measuring
from analysis.inspections.reading import known
from analysis.inspections.reading.bounded import Limits, Stopped, each_bounded
from analysis.inspections.reading.doubts import FIELDS
from analysis.inspections.reading.integrity import damage_in
from analysis.inspections.reading.reports import COLUMNS, DOUBT_COLUMNS, main_read, read_report, read_reports
from tests.making.inspections_reports import ILACS_ROWS, SIF_ROWS, whole_ilacs, whole_sif, write

NAME = "80000_wigan_2023-08-01.pdf"
DAYS = ("inspection_start", "inspection_end")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return write(tmp_path_factory.mktemp("good"), NAME, whole_ilacs())


def edited(good, folder, change: Callable[[pikepdf.Pdf], None]):
    """Save a changed copy whose bytes are whole, so that only its content can tell."""
    path = folder / good.name
    with pikepdf.open(good) as document:
        change(document)
        document.save(path)
    assert not damage_in(path)
    return path


def doubts(path):
    return read_report(path).doubts


def test_whole_reports_raise_no_doubt(good, tmp_path):
    assert not doubts(good)
    assert not doubts(write(tmp_path, "80000_wigan_2015-07-20.pdf", whole_sif()))


def blank(document):
    document.pages[4].Contents = document.make_stream(b" ")


def lose_a_page(document):
    del document.pages[4]


def lose_the_last_but_one(document):
    del document.pages[-2]


def lose_the_end(document):
    del document.pages[-2:]


def repeat_a_page(document):
    document.pages.insert(5, document.pages[4])


def swap_pages(document):
    page = document.pages[4]
    del document.pages[4]
    document.pages.insert(6, page)


@pytest.mark.parametrize(
    "change", [blank, lose_a_page, lose_the_last_but_one, lose_the_end, repeat_a_page, swap_pages]
)
def test_lost_and_repeated_pages_make_the_text_doubtful(change, good, tmp_path):
    assert "sentences" in doubts(edited(good, tmp_path, change))


def test_several_reports_in_one_file_are_not_one(good, tmp_path):
    other = write(tmp_path, "other.pdf", whole_ilacs("Bolton"))

    def bind(document):
        with pikepdf.open(other) as second:
            document.pages.extend(second.pages)

    def copy(document):
        for _ in range(9):
            document.pages.extend(list(document.pages)[:10])

    for change in (bind, copy):
        reasons = doubts(edited(good, tmp_path, change))
        assert set(reasons) == set(FIELDS) and "not one report but several" in reasons["overall"][0]


ILACS_WITHOUT = tuple(row for row in ILACS_ROWS if "in care" not in row[0])
CHANGED = {
    "a second day that can't be read": (whole_ilacs(dates="5 to l6 June 2023", foot="5 to 16 June 2023"), DAYS),
    "the feet say other days": (whole_ilacs(dates="12 to 16 June 2023", foot="5 to 16 June 2023"), (*DAYS, "framework")),
    "a Saturday": (whole_ilacs(dates="5 to 17 June 2023"), DAYS),
    "long after publication": (whole_ilacs(dates="3 to 14 June 2024"), (*DAYS, "framework")),
    "after April 2026 by a slip": (
        whole_ilacs(dates="1 to 12 June 2026", foot="5 to 16 June 2023"),
        (*DAYS, "framework", "overall"),
    ),
    "an ILACS of 2013": (whole_ilacs(dates="3 to 14 June 2013"), (*DAYS, "framework")),
    "care leavers apart too early": (whole_ilacs(dates="6 to 17 June 2022"), ("care_leavers", *DAYS)),
    "a row that can't be read": (whole_ilacs(rows=ILACS_WITHOUT), ("overall", "leaders", "in_care")),
    "a grade that its section contradicts": (
        whole_ilacs(rows=(*ILACS_ROWS[:2], (ILACS_ROWS[2][0], "Good"), *ILACS_ROWS[3:])),
        ("in_care",),
    ),
    "a whole worse than its parts": (
        whole_ilacs(rows=(*((label, "Outstanding") for label, _ in ILACS_ROWS[:-1]), ILACS_ROWS[-1])),
        ("overall",),
    ),
    "another place at the feet": (
        whole_ilacs().replace("#text(8pt)[Inspection of Wigan", "#text(8pt)[Inspection of Leeds"),
        ("authority",),
    ),
    "no lead inspector": (whole_ilacs(lead=""), ("lead_inspector",)),
    "numbers of paragraphs with a hole": (
        re.sub(r"(?m)^[456]\\\. ", "", whole_ilacs(count=14)),
        ("sentences",),
    ),
    "lines that lack": (whole_ilacs(body="The first stand here.\n\n#v(150pt)\nThe last here."), ("sentences",)),
    "words of no language": (
        whole_ilacs(body="Wqrkxrs zn thzs mqde-vp plxce wrzte lzsts qf whxt thxy hxve sxxn. " * 9),
        ("overall", "sentences"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGED)
def test_what_does_not_agree_is_doubtful(case, tmp_path):
    source, fields = CHANGED[case]
    assert set(fields) <= set(doubts(write(tmp_path, NAME, source)))


def test_an_inspection_of_one_day_is_doubtful(tmp_path):
    for source in (whole_ilacs(dates="5 June 2023"), whole_sif(dates="4 May 2015")):
        assert set(DAYS) <= set(doubts(write(tmp_path, "80000_wigan.pdf", source)))


def test_a_sif_whose_title_is_lost_is_no_review_of_the_board(tmp_path):
    source = whole_sif(after="Review of the effectiveness of the Local Safeguarding Children Board").replace(
        "Inspection of services for", "Inspxctxn of sxrvices"
    ).replace("children looked after and care leavers*", "chxldren*")  # fmt: skip
    reading = read_report(write(tmp_path, "80000_wigan_2015-07-20.pdf", source))
    assert reading.problem or {"overall", "leaders", "in_care", "framework"} <= set(reading.doubts)


def test_a_single_inspection_is_inadequate_where_a_key_judgement_is(tmp_path):
    rows = ((SIF_ROWS[0][0], "Inadequate"), *SIF_ROWS[1:])
    assert "overall" in doubts(write(tmp_path, "80000_wigan_2015-07-20.pdf", whole_sif(rows=rows)))


def test_changed_bytes_in_streams_are_refused_or_make_all_doubtful(good, tmp_path):
    clean, spans = good.read_bytes(), []
    for opening in re.finditer(rb"stream\r?\n", good.read_bytes()):
        end = clean.find(b"endstream", opening.end())
        if clean[opening.start() - 3 : opening.start()] != b"end" and end - opening.end() > 100:
            spans.append((opening.end(), end))
    chance, path = random.Random(1), tmp_path / good.name
    for _ in range(25):
        damaged = bytearray(clean)
        for _ in range(5):
            start, end = chance.choice(spans)
            damaged[chance.randrange(start + 2, end - 6)] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        reading = read_report(path)
        assert reading.problem or set(reading.doubts) == set(FIELDS)


def test_doubt_stands_beside_the_reading_and_is_told_once(good, tmp_path):
    path = edited(good, tmp_path, lose_a_page)
    out, err = io.StringIO(), io.StringIO()
    assert main_read([path], out, err) == 1  # nothing was read without doubt
    (row,) = csv.DictReader(io.StringIO(out.getvalue()), delimiter="\t")
    assert list(row) == [*COLUMNS, *DOUBT_COLUMNS]
    assert (row["overall"], row["doubtful"], row["file_is"]) == ("good", "sentences", known.NEW)
    for line in err.getvalue().splitlines():
        assert "sentences doubtful" in line and line.endswith("kept out of measures")
    assert main_read([path, good], io.StringIO(), io.StringIO()) == 0


def test_a_doubtful_report_enters_neither_measures_nor_evidence(good, tmp_path):
    (reading,) = read_reports([edited(good, tmp_path, lose_a_page)], with_sentences=True)
    index = {good.name: {"file": good.name, "authority": "wigan", "published": "2023-08-01"}}
    table = measuring.measured([reading], index, jobs=1).reports
    assert table.empty
    assert "sentences doubtful" in measuring.left_out([reading], index, table)[0]
    (told,) = evidence.lines_of([reading], "turnover")
    assert "left out: sentences doubtful" in told


def test_a_known_report_with_other_bytes_is_told_and_not_kept_out(good, monkeypatch, tmp_path):
    rows = {
        known.REPORTS: [
            {"report": "x.pdf", "sha256": "0" * 64, "authority": "Wigan", "inspection_start": "2023-06-05"}
        ],
        known.LOOKED_AT: [],
    }
    monkeypatch.setattr(known, "_rows", rows.get)
    known._known.cache_clear()
    known._looked_at.cache_clear()
    try:
        reading = read_report(good)
    finally:
        known._known.cache_clear()
        known._looked_at.cache_clear()
    assert reading.standing == known.CHANGED and reading.is_usable


def test_the_tables_of_known_reports_hold_together():
    rows = known._rows(known.REPORTS)
    names = [row["report"] for row in rows]
    assert len(set(names)) == len(names) == len({row["sha256"] for row in rows})
    assert all(re.fullmatch("[0-9a-f]{64}", row["sha256"]) for row in rows)
    assert all(date.fromisoformat(row["inspection_start"]) for row in rows)
    for row in known._rows(known.LOOKED_AT):
        assert row["report"] in names and row["why"] and set(row["fields"].split()) <= set(FIELDS)


def nested(path, times=2, size=10**9):
    """A PDF whose page's text is packed twice and unpacks to a gigabyte."""
    content, piece = zlib.compressobj(9), bytes(10**7)
    packed = b"".join(content.compress(piece) for _ in range(size // len(piece))) + content.flush()
    for _ in range(times - 1):
        packed = zlib.compress(packed, 9)
    document = pikepdf.new()
    for _ in range(3):
        document.add_blank_page()
        document.pages[-1].Contents = pikepdf.Stream(
            document, packed, Filter=pikepdf.Array([pikepdf.Name.FlateDecode] * times)
        )
    document.save(path, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)


def test_a_file_that_needs_too_much_stops_no_other(good, tmp_path):
    bomb = tmp_path / "80001_bolton_2023-08-01.pdf"
    nested(bomb)
    assert bomb.stat().st_size < 100_000
    started = time.monotonic()
    first, second = read_reports([bomb, good], limits=Limits(seconds=10, memory_mb=800))
    assert second.is_usable and first.problem and "\n" not in first.problem
    assert time.monotonic() - started < 120


def spin(_):
    while True:
        pass


def hoard(_):
    return len(bytearray(3 << 30))


def end(_):
    raise SystemExit(3)


def err(_):
    raise ZeroDivisionError("one by none")


@pytest.mark.parametrize(
    ("call", "seconds", "reason"),
    [(spin, 1, "takes longer than one file may take"),
     (hoard, 60, "needs more memory than one file may take (2,048 MB)"), (end, 60, "can't be read"),
     (err, 60, "unexpected ZeroDivisionError: one by none")],
)  # fmt: skip
def test_limits_are_told(call, seconds, reason):
    (stopped,) = each_bounded(call, [0], 1, Limits(seconds=seconds), preload="analysis.errors")
    assert isinstance(stopped, Stopped) and reason in stopped.reason


def test_a_single_inspection_began_before_august_2018(tmp_path):
    for day, is_told in ((31, False), (1, True)):
        month = "August" if is_told else "July"
        source = whole_sif(dates=f"{day} {month} 2018 – 24 August 2018").replace(
            "20 July 2015", "20 September 2018"
        )
        told = doubts(write(tmp_path, "80000_wigan_2018-09-20.pdf", source)).get("framework", ())
        assert any("no inspection of this framework (sif) began on" in reason for reason in told) == is_told


def test_the_foot_of_a_single_page_is_a_slip_and_of_most_a_contradiction(tmp_path):
    """One page of a whole report has another's day at its foot."""
    source = whole_ilacs().replace(
        "\\ 5 to 16 June 2023 #n]", "\\ #if n == 3 [12] else [5] to 16 June 2023 #n]"
    )
    assert "#if n == 3" in source
    assert not doubts(write(tmp_path, NAME, source))


def test_the_foot_of_the_only_page_that_prints_days_is_no_contradiction(tmp_path):
    source = whole_ilacs().replace("\\ 5 to 16 June 2023 #n]", "\\ #if n == 3 [12 to 16 June 2023] #n]")
    assert "#if n == 3" in source
    assert not doubts(write(tmp_path, NAME, source))


@pytest.mark.parametrize(("lost", "is_told"), [("[5]", False), ("[56]", True)])
def test_one_number_of_a_paragraph_may_lack_and_two_in_a_row_may_not(lost, is_told, tmp_path):
    source = re.sub(rf"(?m)^{lost}\\\. ", "", whole_ilacs(count=14))
    told = doubts(write(tmp_path, NAME, source)).get("sentences", ())
    assert any("paragraphs 5 to 6 lack" in reason for reason in told) == is_told


UNGUARDED = """from pathlib import Path
from analysis.errors import PlanDriftError
from analysis.inspections.reading.reports import read_reports
try:
    print("PROBLEMS", [one.problem for one in read_reports([Path(REPORT)])])
except PlanDriftError as error:
    print("TOLD", error)
"""


def test_a_script_without_a_guard_is_told_so_and_no_report_is_called_damaged(tmp_path):
    report = write(tmp_path, NAME, whole_ilacs())
    script = tmp_path / "own.py"
    script.write_text(UNGUARDED.replace("REPORT", repr(str(report))))
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120).stdout
    assert "damaged" not in said
    assert "PROBLEMS ['']" in said or "under `if __name__ == '__main__':`" in said
