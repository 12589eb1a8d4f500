"""From PDF to a row: files that can't be read, reports that are, and what each says of itself."""

import io
from datetime import date

import pikepdf
import pytest

from analysis.inspections.reading import reports
from analysis.inspections.reading.dates import Window
from analysis.inspections.reading.framework import framework_of
from analysis.inspections.reading.reports import COLUMNS, DOUBT_COLUMNS, main_read, read_report, read_reports
from analysis.inspections.reading.text import MAX_PAGES
from tests.making.inspections_reports import BODY, ILACS_ROWS, PAGE, SIF_ROWS, ilacs, sif, whole_ilacs, write


@pytest.fixture
def good(tmp_path):
    return write(tmp_path, "80000_wigan_2023-08-01.pdf", whole_ilacs())


def run(paths):
    out, err = io.StringIO(), io.StringIO()
    status = main_read(paths, out, err)
    return status, [line.split("\t") for line in out.getvalue().splitlines()], err.getvalue().splitlines()


def test_an_ilacs_report_is_read_whole(good):
    reading = read_report(good)
    assert reading.is_usable and not reading.reasons
    assert reading.fields == {
        "overall": "good",
        "leaders": "good",
        "help_protection": "requires improvement",
        "in_care": "outstanding",
        "care_leavers": "inadequate",
        "adoption": "none",
        "framework": "ilacs_standard",
        "inspection_start": "2023-06-05",
        "inspection_end": "2023-06-16",
        "lead_inspector": "Ann Example",
        "authority": "Wigan",
    }


def test_a_week_on_site_is_a_short_inspection(tmp_path):
    reading = read_report(write(tmp_path, "a.pdf", ilacs(dates="5 to 9 June 2023 and 3 to 4 July 2023")))
    assert reading.fields["framework"] == "ilacs_short"
    assert (reading.fields["inspection_start"], reading.fields["inspection_end"]) == (
        "2023-06-05",
        "2023-07-04",
    )


def test_from_april_2026_there_is_no_overall_judgement(tmp_path):
    body = "When it was seen in 2021, overall effectiveness was judged to be inadequate. " + BODY
    reading = read_report(
        write(tmp_path, "a.pdf", ilacs(dates="11 to 22 May 2026", rows=ILACS_ROWS[:-1], body=body))
    )
    assert (reading.fields["framework"], reading.fields["overall"]) == ("ilacs_2026", "none")
    assert not reading.reasons


def test_a_missing_row_is_empty_with_a_reason(tmp_path):
    reading = read_report(write(tmp_path, "a.pdf", ilacs(rows=ILACS_ROWS[:-1])))
    assert reading.fields["overall"] == "" and "no row" in reading.reasons["overall"]
    assert reading.fields["leaders"] == "good"


def test_unreadable_dates_leave_what_follows_from_them_empty(tmp_path):
    reading = read_report(write(tmp_path, "a.pdf", ilacs(dates="31 to 32 June 2023")))
    assert [reading.fields[name] for name in ("inspection_start", "inspection_end", "framework")] == [""] * 3
    assert "no such day" in reading.reasons["inspection_start"]
    assert reading.fields["overall"] == "good"


def test_a_sif_report_gives_its_overall_grade_in_prose(tmp_path):
    after = "The effectiveness of the Local Safeguarding Children Board (LSCB) is inadequate."
    reading = read_report(write(tmp_path, "a.pdf", sif(after=after)))
    assert [
        reading.fields[name] for name in ("overall", "leaders", "in_care", "adoption", "care_leavers")
    ] == [
        "good",
        "good",
        "requires improvement",
        "outstanding",
        "inadequate",
    ]


def test_a_table_that_runs_over_the_page_is_one_table(tmp_path):
    first = sif(rows=SIF_ROWS[:3]).replace(BODY, "")
    second = sif(rows=SIF_ROWS[3:])
    reading = read_report(write(tmp_path, "a.pdf", first + second[second.index("#table") :]))
    assert reading.fields["care_leavers"] == "inadequate" and reading.fields["leaders"] == "good"


def test_a_review_of_the_board_only_grades_no_authority(tmp_path):
    source = (
        f"{PAGE}= Wigan Safeguarding Children Board\nReview of the effectiveness of the Local Safeguarding Children "
        f"Board\n\nInspection date: 15 June 2015 – 17 June 2015\n\n*The Local Safeguarding Children Board is good*\n\n"
        f"{BODY}"
    )
    reading = read_report(write(tmp_path, "a.pdf", source))
    assert reading.fields["framework"] == "sif" and not reading.reasons
    assert {reading.fields[name] for name in COLUMNS[1:7]} == {"none"}


def test_before_november_2013_the_grades_stand_in_a_closing_table(tmp_path):
    scale = (
        "All judgements are made on a scale. Outstanding (Grade 1). Good (Grade 2). Adequate (Grade 3).\n\n"
    )
    rows = (
        ("Overall effectiveness", "Inadequate Grade 4"),
        ("Capacity to improve", "Good Grade 2"),
        ("Outcomes for looked after children and young people", "Adequate Grade 3"),
        ("Quality of provision", "Good Grade 2"),
        ("Leadership and management", "Inadequate Grade 4"),
    )
    cells = ", ".join(f"[{label}], [{grade}]" for label, grade in rows)
    source = (
        f"{PAGE}= Inspection of looked after children services\nWigan Council\n\nInspection dates: 8 – 12 July 2013\n\n"
        f"Reporting inspector Ann Example HMI\n\n{scale}{BODY}\n#pagebreak()\n== Record of main findings\n"
        f"#table(columns: (13em, 11em), stroke: none, {cells})"
    )
    fields = read_report(write(tmp_path, "a.pdf", source)).fields
    assert [fields[name] for name in COLUMNS[1:]] == [
        "inadequate",
        "inadequate",
        "none",
        "adequate",
        "none",
        "none",
        "pre_sif",
        "2013-07-08",
        "2013-07-12",
    ]
    assert fields["lead_inspector"] == "Ann Example"


def blank_pages(path, count):
    document = pikepdf.new()
    for _ in range(count):
        document.add_blank_page()
    document.save(path)


def encrypt(good, path):
    with pikepdf.open(good) as document:
        document.save(path, encryption=pikepdf.Encryption(user="secret", owner="secret"))


BAD = {
    "empty": (lambda good, path: path.write_bytes(b""), "the file is empty"),
    "truncated": (lambda good, path: path.write_bytes(good.read_bytes()[:3000]), "cut short"),
    "damaged": (lambda good, path: path.write_bytes(b"%PDF-1.7\nnothing here\n%%EOF\n"), "damaged"),
    "a web page": (
        lambda good, path: path.write_bytes(b"<!DOCTYPE html><html></html>"),
        "not a PDF but a web page",
    ),
    "a word document": (
        lambda good, path: path.write_bytes(b"PK\x03\x04 word"),
        "not a PDF but something else",
    ),
    "encrypted": (encrypt, "asks for a password"),
    "scanned": (lambda good, path: blank_pages(path, 3), "holds no text"),
    "500 pages": (
        lambda good, path: blank_pages(path, 500),
        f"500 pages, and no report of an inspection has over {MAX_PAGES}",
    ),
    "missing": (lambda good, path: None, "no such file"),
    "a folder": (lambda good, path: path.mkdir(), "can't be opened"),
    "a school": (
        lambda good, path: write(
            path.parent,
            path.name,
            f"{PAGE}= Inspection of Elmbank Primary School\nInspection dates: 5 to 6 June 2023\n\n"
            f"Overall effectiveness #h(1em) Good\n\nThe quality of education #h(1em) Good\n\n{BODY}",
        ),
        "not a report of an inspection of a local authority's children's services",
    ),
    "a letter on a visit": (
        lambda good, path: write(
            path.parent, path.name, f"{PAGE}= Focused visit to Wigan children’s services\n{BODY}"
        ),
        "a letter on a visit",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_told_with_its_reason_and_stops_nothing(case, good, tmp_path):
    make, reason = BAD[case]
    bad = tmp_path / "80001_bolton_2023-08-01.pdf"
    make(good, bad)
    status, rows, lines = run([bad, good])
    assert status == 0
    assert rows[0] == [*COLUMNS, *DOUBT_COLUMNS] and [row[0] for row in rows[1:]] == [good.name]
    assert len(lines) == 1 and lines[0].startswith(bad.name) and reason in lines[0]


def test_the_status_is_1_where_nothing_was_read(tmp_path):
    assert run([tmp_path / "nowhere.pdf"])[0] == 1


def test_two_reports_of_one_authority_on_one_day_keep_each_other_out(good, tmp_path):
    twin = write(tmp_path, "80000_wigan_2023-08-02.pdf", whole_ilacs())
    other = write(tmp_path, "80001_bolton_2023-08-01.pdf", whole_ilacs("Bolton"))
    first, second, third = read_reports([good, twin, other])
    assert twin.name in first.concerns[0] and good.name in second.concerns[0]
    assert not first.is_usable and third.is_usable
    status, rows, lines = run([good, twin])
    assert (status, len(rows), len(lines)) == (0, 3, 2)


@pytest.mark.parametrize(
    ("file", "authority"),
    [
        ("80001_bolton_2023-08-01.pdf", "Wigan"),
        ("80001_lincolnshire_2023-08-01.pdf", "North Lincolnshire"),
        ("80001_derby_2023-08-01.pdf", "Derbyshire County Council"),
    ],
)
def test_a_file_named_after_another_authority_is_kept_out_of_measures(file, authority, tmp_path):
    reading = read_report(write(tmp_path, file, ilacs(authority=authority)))
    assert reading.is_read and not reading.is_usable
    assert "the file's name says" in reading.concerns[0]


@pytest.mark.parametrize(
    ("file", "authority"),
    [
        ("80001_kingston-upon-hull_2023-08-01.pdf", "Hull City Council"),
        ("80001_telford-wrekin_2023-08-01.pdf", "Telford and Wrekin"),
        ("80001_london-corporation_2023-08-01.pdf", "City of London"),
        ("80001_windsor-maidenhead_2023-08-01.pdf", "Royal Borough of Windsor and Maidenhead"),
        ("80001_bristol_2023-08-01.pdf", "Bristol City of"),
    ],
)
def test_one_authority_under_two_names_is_one(file, authority, tmp_path):
    assert read_report(write(tmp_path, file, whole_ilacs(authority))).is_usable


def test_a_place_that_is_no_authority_is_kept_out_of_measures(tmp_path):
    assert (
        "no authority that is known"
        in read_report(write(tmp_path, "a.pdf", ilacs(authority="Erewhon"))).concerns[0]
    )


def test_many_files_are_read_in_two_processes_in_the_order_given(good, tmp_path):
    paths = [good] * 5 + [tmp_path / "nowhere.pdf"] + [good] * 4
    readings = read_reports(paths, jobs=2)
    assert [reading.file for reading in readings] == [path.name for path in paths]


@pytest.mark.parametrize(
    ("first", "last", "framework"),
    [
        (date(2019, 3, 4), date(2019, 3, 8), "ilacs_short"),
        (date(2019, 3, 4), date(2019, 3, 10), "ilacs_short"),  # Monday to Sunday: one week
        (date(2019, 3, 4), date(2019, 3, 11), "ilacs_standard"),
        (date(2026, 3, 31), date(2026, 4, 10), "ilacs_standard"),
        (date(2026, 4, 1), date(2026, 4, 3), "ilacs_2026"),
    ],
)
def test_the_framework_follows_from_the_first_days_on_site(first, last, framework):
    assert (
        framework_of("ilacs", [Window(first, last), Window(date(2026, 5, 1), date(2026, 5, 20))]) == framework
    )
    assert framework_of("ilacs", []) is None
    assert (framework_of("board", []), framework_of("sif", []), framework_of("pre_sif", [])) == (
        "sif",
        "sif",
        "pre_sif",
    )


def test_no_file_shares_a_process_with_one_before_it_that_was_not_read_without_a_doubt(
    good, tmp_path, monkeypatch
):
    torn = tmp_path / "80002_wigan_2023-08-01.pdf"
    torn.write_bytes(good.read_bytes()[:-200])
    undated = write(tmp_path, "80003_wigan_2023-08-01.pdf", sif())
    told = {}

    def each(call, paths, jobs, limits, preload, leaves_no_trace):
        for path in paths:
            reading = call(path)
            told[path] = leaves_no_trace(reading), reading
            yield reading

    monkeypatch.setattr(reports, "each_bounded", each)
    read_reports([good, torn, undated])
    assert {path: goes_on for path, (goes_on, _) in told.items()} == {good: True, torn: False, undated: False}
    assert told[torn][1].problem and told[undated][1].is_read and told[undated][1].doubts
