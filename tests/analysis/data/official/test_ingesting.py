"""Ingesting small made-up official files: what is written, what is refused, nothing half written."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.official import ingest, publications
from analysis.data.official.areas import authorities
from analysis.data.panel import figures
from analysis.errors import DataError, PlanDriftError, RequestError

POPULATION = "ons_mid-year_population_estimates_2012_to_2024.csv"
POVERTY = "children_in_relative_poverty.csv"
ONE_YEAR = {
    "osr28-2010ud.csv": "Mid2009Pop0-17",
    "osr26-2011ud.csv": "Mid2010Pop0-17",
    "SFR27-2012ud.csv": "Mid2011Pop0-17",
}
"""Files of a census of one year with the column on children that each has."""


@pytest.fixture
def official(tmp_path):
    """A folder of official files with made-up figures for every authority of today."""
    folder = tmp_path / "official"
    folder.mkdir()
    (folder / POPULATION).write_text(population().to_csv(index=False))
    for name, column in ONE_YEAR.items():
        (folder / name).write_text(one_year(column))
    (folder / "imd_2019_upper_tier.csv").write_text(deprivation().to_csv(index=False))
    (folder / POVERTY).write_text(poverty())
    return folder


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


def today():
    table = authorities()
    return table[table["last_year"] == ""].reset_index(drop=True)


def population() -> pd.DataFrame:
    areas = today()
    england = pd.DataFrame(
        {"geographic_level": ["National"], "new_la_code": "", "population_estimate": "12000000"}
    )
    rows = pd.DataFrame(
        {
            "geographic_level": "Local authority",
            "new_la_code": areas["authority_code"],
            "population_estimate": (np.arange(len(areas)) * 100 + 50_000).astype(str),
        }
    )
    table = pd.concat([england, rows]).assign(
        country_code="E92000001", region_code="", age_group="Children aged 0 to 17 years"
    )
    table.loc[table["new_la_code"] == "E10000032", "population_estimate"] = "x"
    return pd.concat([table.assign(time_period=str(year)) for year in (2023, 2024)])


def one_year(column: str) -> str:
    """A file as the census had it before 2013: LA numbers, England under that of the Isle of Wight, thousands separated."""
    table = authorities()
    then = table[(table["first_year"] == "") | (table["first_year"].replace("", "0").astype(int) <= 2009)]
    numbers = sorted(set(then["la_number"]))
    rows = ['National,921,England,"8,000,000"', *(f'LA,{number},name,"50,100"' for number in numbers)]
    return "\n".join([f"geog_l,geog_c,geog_n,{column}", *rows]) + "\n"


def deprivation() -> pd.DataFrame:
    codes = today()["authority_code"]
    name = "Upper Tier Local Authority District code (2019)"
    return pd.DataFrame({name: codes, "IMD - Average score ": "20.5", "IMD - Average rank ": "16000"})


def poverty() -> str:
    years = [f"{year}/{(year + 1) % 100:02d}" for year in range(2014, 2024)]
    rows = [["Year", "", *years], ["", "areas"] + [""] * 10]
    rows += [
        ["", name, *(str(1000 + n) for n in range(10))] for name in [*today()["name"], "Cardiff", "Adur"]
    ]
    quoted = [",".join(f'"{cell}"' for cell in row) for row in rows]
    return "\n".join(['"Table"', "", *quoted, ",Unknown" + ",.." * 10]) + "\n"


def change(path, old, new, count=1):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


def test_figures_are_written_sorted_and_described(official, raw):
    (made,) = ingest(official, raw, ["child_population"])
    assert (made.source, made.rows, made.withheld) == ("child_population", 2 * 154 + 3 * 153, 2)
    assert made.files == (POPULATION, *ONE_YEAR)
    lines = (raw / "child_population.csv").read_bytes().split(b"\n")
    assert lines[0] == b"authority_code,year,indicator,value,marker"
    assert lines[4] == b"E06000001,2023,child_population_children,50000,"
    assert b"E10000032,2024,child_population_children,,x" in lines
    assert b"\r" not in lines[1]
    (entry,) = json.loads((raw / "datapackage.json").read_text())["resources"]
    assert entry["hash"] == f"sha256:{made.sha256}" and entry["sources"][0]["file"] == POPULATION
    assert len(figures.read_figures(raw, "child_population")) == made.rows


def test_the_same_files_give_the_same_bytes(official, raw, tmp_path):
    ingest(official, raw, ["child_population", "deprivation"])
    ingest(official, tmp_path / "again", ["deprivation"])
    ingest(official, tmp_path / "again", ["child_population"])
    for path in raw.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_only_england_is_taken_from_a_table_of_the_united_kingdom(official, raw):
    (made,) = ingest(official, raw, ["child_poverty"])
    assert made.rows == 153 * 10
    read = figures.read_figures(raw, "child_poverty")
    assert read["authority_code"].str.startswith("E").all() and set(read["year"]) == set(range(2015, 2025))


def add_row(path, **cells):
    columns = path.read_text().splitlines()[0].split(",")
    cells |= {"country_code": "E92000001", "age_group": "Children aged 0 to 17 years"}
    with path.open("a") as stream:
        stream.write(",".join(cells.get(name, "") for name in columns) + "\n")


def test_a_filler_row_before_an_authority_existed_is_left_out(official, raw):
    row = {"geographic_level": "Local authority", "new_la_code": "E06000063", "population_estimate": "x"}
    add_row(official / POPULATION, time_period="2022", **row)
    ingest(official, raw, ["child_population"])
    assert set(figures.read_figures(raw, "child_population")["year"]) == {2009, 2010, 2011, 2023, 2024}


def test_a_year_with_hardly_an_authority_is_refused(official, raw):
    row = {"geographic_level": "Local authority", "new_la_code": "E06000001", "population_estimate": "7000"}
    add_row(official / POPULATION, time_period="2022", **row)
    with pytest.raises(
        DataError, match=r"child_population_children 2022: .* 1 authorities, at least 140 expected"
    ):
        ingest(official, raw, ["child_population"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "population_estimate",
            "population_estimates",
            "has no column 'population_estimate'; did you mean 'population_",
        ),
        (
            "50000",
            "fifty",
            "row 2: column 'population_estimate': 'fifty' is neither a number nor a known marker",
        ),
        (
            "50000",
            "99000000",
            "row 2, E06000001 2023 child_population_children: column 'population_estimate': 9.9e+07",
        ),
        ("50000", "1.x", "'1.x' is neither a number"),
        ("E06000002", "E06000001", "appears twice"),
        ("E06000002", "W06000002", "'W06000002' is no ONS code"),
        (
            "Local authority",
            "Local authorty",
            "unknown level 'Local authorty'; did you mean 'Local authority'",
        ),
        ("2023", "20x3", "column 'time_period': '20x3' names no year"),
        ("2024", "2034", "2034 lies outside 2009 to 2024"),
        ("12000000", "5000000", "in England against 5e+06 in the year before"),
        ("Children aged 0 to 17 years", "All ages", "column 'age_group'"),
    ],
)
def test_bad_official_files_are_refused_in_one_line_and_nothing_is_written(official, raw, old, new, words):
    path = official / POPULATION
    change(path, old, new, -1 if old in {"Children aged 0 to 17 years"} else 1)
    with pytest.raises(DataError) as caught:
        ingest(official, raw, ["child_population", "deprivation"])
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert not raw.exists() or not list(raw.iterdir())


def test_a_truncated_file_is_refused_and_the_old_table_stays(official, raw):
    ingest(official, raw, ["child_population"])
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    path = official / POPULATION
    content = path.read_bytes()
    for kept in (len(content) - 30, content.rindex(b"\n", 0, -600) + 1, 10, 0):
        path.write_bytes(content[:kept])
        with pytest.raises(DataError, match=POPULATION.replace(".", r"\.") + r"|child_population\.csv"):
            ingest(official, raw, ["child_population"])
        assert {path.name: path.read_bytes() for path in raw.iterdir()} == before


def test_a_missing_file_is_named_with_its_address(official, raw):
    (official / POPULATION).unlink()
    with pytest.raises(
        DataError, match=r"ons_mid-year_.*: not among the official files.*get it from https://content"
    ):
        ingest(official, raw, ["child_population"])


def test_a_wrong_file_under_the_right_name_is_refused(official, raw):
    shutil.copy(official / "imd_2019_upper_tier.csv", official / POPULATION)
    with pytest.raises(DataError, match="has no column 'time_period'"):
        ingest(official, raw, ["child_population"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "Mid2010Pop0-17",
            "Mid2010Pop0-18",
            "osr26-2011ud.csv: has no column 'Mid2010Pop0-17'; did you mean 'Mid2010Pop0-18'",
        ),
        ("geog_c", "geog", "osr26-2011ud.csv: has no column 'geog_c'"),
        ("LA,938", "LA,9380", "column 'geog_c': '9380' is no authority's number"),
        (
            'LA,938,name,"50,100"',
            "LA,938,name",
            "3 cells where the heading has 4; the file is cut or damaged",
        ),
        ('"50,100"', '"50,1oo"', "column 'Mid2010Pop0-17': '50,1oo' is neither a number nor a known marker"),
        ("Mid2010Pop0-17", "Mid2009Pop0-17", "has no column 'Mid2010Pop0-17'"),
    ],
    ids=["renamed", "no numbers", "unknown number", "cut", "no number", "another year"],
)
def test_a_bad_file_of_one_year_is_refused_in_one_line(official, raw, old, new, words):
    change(official / "osr26-2011ud.csv", old, new)
    with pytest.raises(DataError) as caught:
        ingest(official, raw, ["child_population"])
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_england_of_a_file_of_one_year_is_no_authority(official, raw):
    ingest(official, raw, ["child_population"])
    made = pd.read_csv(raw / "child_population.csv")
    then = made[made["year"] == 2010].set_index("authority_code")["value"]
    assert then["E92000001"] == 8_000_000
    assert then["E06000046"] == 50_100  # the Isle of Wight, whose number England has too


def test_a_name_that_is_missing_from_child_poverty_is_told(official, raw):
    change(official / POVERTY, '"West Sussex"', '"West Susex"')
    with pytest.raises(DataError, match="no row of 'West Sussex'"):
        ingest(official, raw, ["child_poverty"])


def test_an_unknown_publication_and_a_missing_folder_are_requests(official, raw, tmp_path):
    with pytest.raises(
        RequestError, match="unknown publication 'child_populaton'; did you mean 'child_population'"
    ):
        ingest(official, raw, ["child_populaton"])
    with pytest.raises(RequestError, match="no such folder of official files"):
        ingest(tmp_path / "nowhere", raw)


def test_a_folder_that_cannot_be_written_is_told(official, tmp_path):
    (tmp_path / "raw").write_text("a file where the folder should be")
    with pytest.raises(PlanDriftError, match="can't be written"):
        ingest(official, tmp_path / "raw", ["deprivation"])


def test_nothing_is_half_written_when_one_table_cannot_be(official, raw):
    (raw / "deprivation.csv").mkdir(parents=True)
    with pytest.raises(PlanDriftError, match="can't be written"):
        ingest(official, raw, ["child_population", "deprivation"])
    assert not (raw / "datapackage.json").exists()
    assert not [path for path in raw.iterdir() if path.name.startswith(".")]


DAMAGE = {
    "cut": (lambda text: text[: len(text) // 2], r"datapackage\.json: is damaged .*; restore it from git"),
    "no resources": (lambda text: "{}", r"is damaged \(datapackage\.json: lacks 'resources'\)"),
    "a list": (lambda text: "[]", "is damaged"),
    "resources that are none": (lambda text: '{"resources": 3}', "resources: 3 is not a list"),
    "an entry that is none": (lambda text: '{"resources": [1]}', "resources: entry 1: 1 is not a mapping"),
    "no hash": (lambda text: text.replace('"hash"', '"hsah"'), "resource 'deprivation': lacks 'hash'"),
    "no bytes": (lambda text: text.replace('"bytes"', '"byte"'), "resource 'deprivation': lacks 'bytes'"),
    "a hash that is none": (
        lambda text: text.replace("sha256:", "md5:"),
        "hash: 'md5:.* is not a SHA-256",
    ),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_data_package_is_refused_and_left_as_it_is(official, raw, damage, told):
    ingest(official, raw, ["deprivation"])
    path = raw / "datapackage.json"
    path.write_text(damage(path.read_text()))
    before = {one.name: one.read_bytes() for one in raw.iterdir()}
    with pytest.raises(DataError, match=told):
        ingest(official, raw, ["child_population"])
    with pytest.raises(DataError, match=told):
        figures.read_figures(raw, "deprivation")
    assert before == {one.name: one.read_bytes() for one in raw.iterdir()}


def release_recorded(raw):
    (entry,) = json.loads((raw / "datapackage.json").read_text())["resources"]
    return entry["release"]


def test_files_of_another_release_are_told_until_its_name_is_renewed(official, raw, monkeypatch):
    (first,) = ingest(official, raw, ["deprivation"])
    assert first.notes == () and release_recorded(raw) == "2019"
    change(official / "imd_2019_upper_tier.csv", "20.5", "20.6")
    (second,) = ingest(official, raw, ["deprivation"])
    assert "imd_2019_upper_tier.csv isn't the file that datapackage.json records" in second.notes[0]
    assert "'2019'; renew 'release'" in second.notes[0]
    differs = "2019 (official files differ from those of this release)"
    assert release_recorded(raw) == differs
    (third,) = ingest(official, raw, ["deprivation"])
    assert third.notes == () and release_recorded(raw) == differs
    renewed = {**publications.publications()}
    renewed["deprivation"] = replace(renewed["deprivation"], release="2025")
    monkeypatch.setattr(publications, "publications", lambda: renewed)
    ingest(official, raw, ["deprivation"])
    assert release_recorded(raw) == "2025"
