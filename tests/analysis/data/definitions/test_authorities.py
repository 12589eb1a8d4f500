"""One authority has one answer, however it is written and whoever asks."""

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.data.definitions import authorities, inspection_reports
from analysis.data.official.areas import codes_of_names
from analysis.data.panel import store
from analysis.data.panel.authority import panel_authority
from analysis.errors import DataError, RequestError
from analysis.inspections.measuring import evidence, measures
from analysis.run.names import check_authority

TABLE = Path(authorities.__file__).parent / "authorities.csv"
with TABLE.open(encoding="utf-8", newline="") as stream:
    ROWS = list(csv.DictReader(stream))
TODAY = [row for row in ROWS if not row["last_year"]]

# Names as councils, the press and the inspectorate write them, with codes of the Office for National Statistics.
WRITTEN = {
    "Hull": "E06000010", "Kingston upon Hull": "E06000010", "City of Kingston upon Hull": "E06000010",
    "Kingston-upon-Hull City Council": "E06000010",
    "Brighton & Hove": "E06000043", "Brighton": "E06000043", "Bristol": "E06000023", "City of Bristol": "E06000023",
    "St Helens": "E08000013", "Saint Helens": "E08000013", "ST. HELENS MBC": "E08000013",
    "London Borough of Camden": "E09000007", "Royal Borough of Kensington and Chelsea": "E09000020",
    "Royal Borough of Kingston": "E09000021", "Royal Borough of Windsor & Maidenhead": "E06000040",
    "RBKC": "E09000020", "City of London Corporation": "E09000001", "Westminster City Council": "E09000033",
    "Herefordshire": "E06000019", "County of Herefordshire": "E06000019", "Durham": "E06000047",
    "Durham County Council": "E06000047", "Newcastle": "E08000021", "Newcastle-upon-Tyne": "E08000021",
    "Richmond": "E09000027", "BCP": "E06000058", "Bournemouth and Poole": "E06000058", "Sussex, West": "E10000032",
    "Telford & Wrekin": "E06000020", "Southend": "E06000033", "Stoke on Trent": "E06000021",
    "Bath & North East Somerset": "E06000022", "Scilly": "E06000053", "west sussex county council": "E10000032",
    "  Leeds  City Council ": "E08000035", "Leeds": "E08000035",
    # One authority under its newest code, by any of its codes.
    "E10000002": "E06000060", "Buckinghamshire County Council": "E06000060", "e08000016": "E08000038",
    "Northumberland": "E06000057", "E06000048": "E06000057", "E10000005": "E06000052",
    # What was divided is not what came of it.
    "Northamptonshire": "E10000021", "Cumbria": "E10000006", "Bournemouth": "E06000028", "Poole": "E06000029",
    "Dorset": "E06000059", "Dorset Council": "E06000059", "Dorset County Council": "E10000009",
    "Dorset (to 2019)": "E10000009",
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), WRITTEN.items())
def test_a_name_as_people_write_it_is_the_authority(name, code):
    assert authorities.resolve(name).code == code


def spellings(row):
    """Ways to write an official name that can't mean another authority."""
    name = row["name"]
    yield from (
        name,
        name.upper(),
        name.replace(" and ", " & "),
        name.replace("-", " "),
        row["authority_code"],
    )
    if not name.startswith(("Dorset", "City of London", "County", "Isle")):
        yield f"{name} Council"
    if row["authority_code"].startswith("E09") and name != "City of London":
        yield f"London Borough of {name}"
    if name.startswith("St. "):
        yield name.replace(".", "")
    if ", " in name and name.count(",") == 1 and " of" in name:
        yield " ".join(reversed(name.split(", ")))


@pytest.fixture(scope="module")
def panel():
    """The panel with one row of each code, today's and former: a name is looked up among all rows, whatever their years."""
    whole = store.load_panel()
    to_2024 = whole.authorities[whole.authorities["year"] <= 2024]
    return replace(whole, authorities=to_2024.drop_duplicates("authority_code", keep="last"))


@pytest.mark.parametrize("row", TODAY, ids=[row["authority_code"] for row in TODAY])
def test_every_entry_point_gives_every_spelling_the_same_authority(panel, row):
    code = row["authority_code"]
    in_panel = authorities.codes_in((code,), panel.authorities["authority_code"])
    for spelling in spellings(row):
        assert check_authority(spelling) == row["name"], "one authority has one report"
        assert authorities.resolve(spelling).code == code
        assert authorities.codes_in((spelling,), panel.authorities["authority_code"]) == in_panel
        assert store.authority_code(panel, spelling, 2024) == in_panel[0]
        assert panel_authority(spelling, panel.authorities).code == in_panel[0]
        if not spelling.startswith("E"):
            assert authorities.code_at(spelling, "2025-06-01") == code
    assert codes_of_names(pd.Series([row["name"]])).tolist() == [code]


def test_reports_of_an_authority_by_any_spelling_are_its_own_among_those_of_all():
    """Reports take long to count: every fourth authority is asked for, by one spelling, by the next kind each time."""
    codes = [row["authority_code"] for row in TODAY]
    reports = pd.DataFrame(
        {"report": codes, "authority_code": codes, "authority": [row["name"] for row in TODAY]}
    ).assign(published="2025-06-01", inspection_start="2025-05-01", sentences=10)
    reports[list(inspection_reports.COUNTS)] = 1
    for number, row in enumerate(TODAY[::4]):
        written = list(spellings(row))
        spelling = written[number % len(written)]
        assert set(measures.marked(reports, spelling)["report"]) == {row["authority_code"]}, spelling


def test_reports_are_found_by_any_name_and_by_code(tmp_path):
    hull = tmp_path / "1_kingston-upon-hull_2019-05-08.pdf"
    for path in (hull, tmp_path / "2_solihull_2019-05-08.pdf"):
        path.touch()
    for name in ("Hull", "Kingston upon Hull, City of", "E06000010"):
        assert evidence.reports_of(name, tmp_path) == [hull]
    with pytest.raises(RequestError, match="no inspection report of Leeds here"):
        evidence.reports_of("leeds", tmp_path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Kingston", "did you mean 'Kingston upon Hull, City of' or 'Kingston upon Thames'?"),
        ("Sussex", "did you mean 'East Sussex' or 'West Sussex'?"),
        ("Yorkshire", "did you mean 'East Riding of Yorkshire' or 'North Yorkshire'?"),
        (
            "Northampton",
            "did you mean 'North Northamptonshire', 'West Northamptonshire' or 'Northamptonshire'?",
        ),
        ("Hul", "did you mean 'Kingston upon Hull, City of'?"),
        ("West Susex", "did you mean 'West Sussex'?"),
        ("", "unknown authority ''"),
    ],
)
def test_what_is_no_one_authority_is_refused_with_those_that_it_may_be(name, told):
    with pytest.raises(RequestError) as refused:
        authorities.resolve(name)
    assert str(refused.value).endswith(told)
    assert "Solihull" not in str(refused.value)


def test_districts_and_other_nations_are_no_authorities():
    names = pd.Series(
        ["Adur", "Newcastle-under-Lyme", "Richmondshire", "Derbyshire Dales", "Cardiff", "Bath"]
    )
    assert codes_of_names(names).isna().all()
    for name in ("Newcastle under Lyme", "Cardiff", "Adur"):
        with pytest.raises(RequestError, match="unknown authority"):
            authorities.resolve(name)


@pytest.mark.parametrize(
    ("name", "day", "code"),
    [
        ("Dorset", "2019-03-31", "E10000009"),
        ("dorset", "2021-09-27", "E06000059"),
        ("ST. HELENS", "2019-09-09", "E08000013"),
        ("Dorset", "2019-04-01", "E06000059"),
        ("Somerset", "2022-11-10", "E10000027"),
        ("Somerset", "2024-11-10", "E06000066"),
        ("Hull", "2019-01-21", "E06000010"),
        ("Nowhere", "2019-01-21", None),
    ],
)
def test_a_name_has_the_code_of_the_day(name, day, code):
    assert authorities.code_at(name, day) == code


def test_an_area_of_several_authorities_is_asked_for_by_its_codes():
    present = ["E06000063+E06000064", "E10000032"]
    assert authorities.codes_in(["West Sussex", "e06000063+e06000064"], present) == ("E10000032", present[0])
    with pytest.raises(
        RequestError, match=r"Cumberland is part of an area .* ask for 'E06000063\+E06000064'"
    ):
        authorities.codes_in(["Cumberland"], present)
    with pytest.raises(RequestError, match="Cheshire ended in 2009; there are no figures of it here"):
        authorities.codes_in(["Cheshire"], present)
    assert check_authority("E06000063+E06000064")


def test_another_name_of_no_authority_is_refused_by_row(tmp_path, monkeypatch):
    (tmp_path / "authorities.csv").write_bytes(TABLE.read_bytes())
    (tmp_path / "authority_names.csv").write_text(
        "other_name,name,in_report_titles\nHull,Kingston upon Hul,\n"
    )
    monkeypatch.setattr(authorities, "files", lambda package: tmp_path)
    authorities.other_names.cache_clear()  # what it raises isn't kept, so that the next call reads the package's own
    with pytest.raises(
        DataError, match=r"authority_names\.csv row 2: column 'name': 'Kingston upon Hul' is no"
    ):
        authorities.other_names()


def test_a_check_of_a_name_needs_no_heavy_library():
    code = "import sys, analysis.run.names as n; n.check_authority('Hull'); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_table_of_both_codes_gives_the_newest():
    assert authorities.codes_in(["Buckinghamshire"], ["E10000002", "E06000060"]) == ("E06000060",)
    assert authorities.codes_in(["Buckinghamshire"], ["E10000002"]) == ("E10000002",)
