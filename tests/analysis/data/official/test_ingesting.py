"""Ingesting small made-up official files: what is written, what is refused, nothing half written."""

import hashlib
import json
import shutil
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from analysis.data.official import ingest, publications, releases
from analysis.data.official.areas import authorities
from analysis.data.official.releases import Wishes
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
        (
            "2024",
            "2034",
            f"{POPULATION} row 155: child_population_children: column 'year': 2034 lies beyond 2024",
        ),
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
        DataError, match=r"ons_mid-year_.*: not among the official files.*get it from https://explore"
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
    before = {file.name: file.read_bytes() for file in raw.iterdir()}
    with pytest.raises(DataError, match=told):
        ingest(official, raw, ["child_population"])
    with pytest.raises(DataError, match=told):
        figures.read_figures(raw, "deprivation")
    assert before == {file.name: file.read_bytes() for file in raw.iterdir()}


# ------------------------------------------------------------------------------------- one release after another
NEXT = POPULATION.replace("2024", "2025")


def next_release(official, first=2024):
    """A release of mid-2025 beside the old one; each year's figures are those of the year before, and one is revised."""
    old = population()
    years = [old[old["time_period"] == str(year)] for year in range(first, 2025)]
    table = pd.concat([*years, old[old["time_period"] == "2024"].assign(time_period="2025")])
    revised = (table["new_la_code"] == "E06000002") & (table["time_period"] == "2024")
    table.loc[revised, "population_estimate"] = "50101"
    (official / NEXT).write_text(table.to_csv(index=False))


def described(raw):
    (entry,) = json.loads((raw / "datapackage.json").read_text())["resources"]
    return entry


def test_a_new_release_is_read_and_what_it_no_longer_has_is_kept(official, raw):
    ingest(official, raw, ["child_population"])
    before = pd.read_csv(raw / "child_population.csv").query("year == 2023")
    next_release(official)
    (made,) = ingest(official, raw, ["child_population"])
    table = pd.read_csv(raw / "child_population.csv")
    assert sorted(set(table["year"])) == [2009, 2010, 2011, 2023, 2024, 2025]
    pd.testing.assert_frame_equal(
        table.query("year == 2023").reset_index(drop=True), before.reset_index(drop=True)
    )
    entry = described(raw)
    assert (
        entry["years"] == {"child_population_children": [2009, 2025]} and entry["release"] == "2009 to 2025"
    )
    told = [(file["file"], file["years"], file.get("kept", False)) for file in entry["sources"]]
    assert told[0] == (NEXT, [2024, 2025], False) and told[-1] == (POPULATION, [2023, 2023], True)
    assert all(not kept and years[1] <= 2011 for _, years, kept in told[1:-1])
    assert made.notes == (
        f"child_population: {POPULATION} is passed over, the folder has a newer release",
        f"child_population: {NEXT} isn't among those that datapackage.json recorded: another release, or a revised one",
        "child_population: 2025 is new: 1 indicator",
        "child_population: 1 figure of earlier years revised",
        f"child_population: 2023: not in the new release, kept from {POPULATION} (154 figures)",
    )
    first = (raw / "child_population.csv").read_bytes()
    ingest(official, raw, ["child_population"])
    assert (raw / "child_population.csv").read_bytes() == first and described(raw)["sources"] == entry[
        "sources"
    ]


def test_an_older_release_a_gap_and_a_file_cut_short_are_refused_and_nothing_is_written(official, raw):
    next_release(official, first=2023)
    ingest(official, raw, ["child_population"])
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    newest = (official / NEXT).read_text()
    (official / NEXT).unlink()
    with pytest.raises(
        DataError, match=r"ends with 2024, where the release in place has 2025; .*--older` takes"
    ):
        ingest(official, raw, ["child_population"])
    (official / NEXT).write_text(
        "".join(row for row in newest.splitlines(True) if not row.endswith("2025\n"))
    )
    with pytest.raises(DataError, match=r"2025\.csv: ends with 2024, before 2025 of its name; is it whole\?"):
        ingest(official, raw, ["child_population"])
    later = official / POPULATION.replace("2024", "2028")
    later.write_text(newest.replace(",2025\n", ",2028\n"))
    with pytest.raises(DataError, match=r"2028 comes after 2025, with no year between"):
        ingest(official, raw, ["child_population"])
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == before
    ingest(official, raw, ["child_population"], wishes=Wishes(gap=True))
    assert described(raw)["years"] == {"child_population_children": [2009, 2028]}


def test_a_renamed_column_names_the_line_to_edit(official, raw):
    change(official / POPULATION, "population_estimate", "people")
    lines = (files("analysis.data.official") / "columns.csv").read_text().splitlines()
    (line,) = [
        number
        for number, text in enumerate(lines, start=1)
        if text.startswith("child_population,ons_mid-year")
    ]
    with pytest.raises(
        DataError, match=rf"no column 'population_estimate'.*; if it was renamed, edit line {line} of col"
    ):
        ingest(official, raw, ["child_population"])


def test_an_address_is_told_only_of_a_file_that_came_from_it(official, raw):
    ingest(official, raw, ["child_population"])
    page = publications.publications()["child_population"].page
    assert described(raw)["sources"][0]["path"] == page
    digest = hashlib.sha256((official / POPULATION).read_bytes()).hexdigest()
    (official / ".fetched.json").write_text(json.dumps({digest: "https://example.org/files"}))
    ingest(official, raw, ["child_population"])
    assert described(raw)["sources"][0]["path"] == "https://example.org/files"
    (official / ".fetched.json").unlink()
    ingest(official, raw, ["child_population"])  # the data package knows it of the same file
    assert described(raw)["sources"][0]["path"] == "https://example.org/files"
    change(official / POPULATION, "50000", "50001")
    ingest(official, raw, ["child_population"])  # but not of another
    assert described(raw)["sources"][0]["path"] == page


def test_a_release_can_be_named_for_one_publication_alone(official, raw):
    ingest(official, raw, ["deprivation"], wishes=Wishes(release="2019, second edition"))
    assert described(raw)["release"] == "2019, second edition"
    with pytest.raises(RequestError, match="release: names the release of one publication"):
        ingest(official, raw, ["deprivation", "child_poverty"], wishes=Wishes(release="2019"))


def test_spend_without_prices_is_refused_and_prices_alone_are_not_asked_for():
    years = {"children_services_gbp": (2009, 2026), "cpi_annual_rate_percent": (2008, 2025)}
    releases.check_prices(years)
    with pytest.raises(
        DataError, match="children_services_gbp: 2025-26 has no prices: those in place end with 2024, 2025"
    ):
        releases.check_prices({**years, "cpi_annual_rate_percent": (2008, 2024)})
    releases.check_prices({"children_services_gbp": (2009, 2026)})


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["sn_model_2025_wide.csv"], "2025"),
        (["districts.json", "LTLA-UTLA_Apr23_Lookup_England-Wales.csv"], "April 2023"),
        (["districts.json", "lookup.csv"], "districts.json and lookup.csv"),
    ],
)
def test_a_release_without_figures_is_called_by_its_files_names(names, told):
    assert releases.editions_told(names) == told
