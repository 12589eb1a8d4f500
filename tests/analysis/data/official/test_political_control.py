"""Seats of councils by party: whose they are in which year, and what is refused."""

import pandas as pd
import pytest

from analysis.data.official import ingest
from analysis.data.official.areas import authorities
from analysis.data.panel import store
from analysis.errors import DataError
from analysis.files.data_package import read_package

FILE = "history2016-2025.csv"
PARTIES = ("con", "lab", "ld", "green", "ukip", "ref", "pc", "snp", "other")


def row(name, year, **seats):
    return {
        "authority": name,
        "year": year,
        "total": sum(seats.values()),
        **dict.fromkeys(PARTIES, 0),
        **seats,
    }


@pytest.fixture
def official(tmp_path):
    """Every authority of today in 2023 and 2024; a district, councils of Scotland and Wales, and what became of others."""
    folder = tmp_path / "official"
    folder.mkdir()
    today = authorities().query("last_year == ''")["name"]
    rows = [row(name, year, con=20, lab=15, ld=5) for name in today for year in (2023, 2024)]
    rows += [row("Adur", year, con=20, lab=9) for year in (2023, 2024)]
    rows += [row("Aberdeen City", 2024, snp=20, lab=9), row("Cardiff", 2024, lab=55, pc=5)]
    # Elected in 2022, a year before its first day of duty.
    rows += [row("Cumberland", 2022, lab=30, con=7)]
    pd.DataFrame(rows).to_csv(folder / FILE, index=False)
    return folder


def test_figures_are_of_councils_that_run_childrens_services(official, tmp_path):
    (made,) = ingest(official, tmp_path / "raw", ["political_control"])
    table = pd.read_csv(tmp_path / "raw" / "political_control.csv")
    assert made.rows == len(table) == 153 * 2 * 3
    assert set(table["year"]) == {2023, 2024}
    values = table.groupby("indicator")["value"].unique().map(list).to_dict()
    assert values == {"conservative_seats": [20], "council_seats": [40], "labour_seats": [15]}


def test_their_licence_stands_beside_them(official, tmp_path):
    ingest(official, tmp_path / "raw", ["political_control"])
    resource = read_package(tmp_path / "raw")["political_control"]
    assert [licence["name"] for licence in resource["licenses"]] == ["CC-BY-SA-4.0"]
    assert resource["publisher"] == "Open Council Data UK"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("authority,", "council,", "has no column 'authority'"),
        ("Hartlepool,2023", "Hartlepool,soon", "column 'year': 'soon' names no year"),
        ("Hartlepool,", "Hartlepoole,", "no row of 'Hartlepool'; is the file whole?"),
        (
            "Hartlepool,2023,40,20,15",
            "Hartlepool,2023,40,20,25",
            "row 1: Hartlepool 2023: the parties' seats add up to 50",
        ),
        ("Hartlepool,2023,40,20,15", "Hartlepool,2023,40,20,", "the parties' seats add up to 25"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(official, tmp_path, old, new, words):
    path = official / FILE
    text = path.read_text()
    path.write_text(text.replace(old, new) if old == "Hartlepool," else text.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        ingest(official, tmp_path / "raw", ["political_control"])
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "raw" / "political_control.csv").exists()


@pytest.mark.parametrize(
    ("name", "year", "seats", "labour", "conservative"),
    [
        # As elected: West Sussex on 6 May 2021, Birmingham on 5 May 2022.
        ("West Sussex", 2021, 70, 9, 48),
        ("Birmingham", 2022, 101, 65, 22),
    ],
)
def test_councils_have_the_seats_that_were_elected(name, year, seats, labour, conservative):
    panel = store.load_panel().authorities
    council = panel[(panel["authority"] == name) & (panel["year"] == year)].iloc[0]
    assert (council["council_seats"], council["labour_seats"], council["conservative_seats"]) == (
        seats, labour, conservative,
    )  # fmt: skip
    assert council["labour_seats_percent"] == pytest.approx(100 * labour / seats)


def test_names_are_of_their_time():
    panel = store.load_panel().authorities
    known = panel.dropna(subset=["council_seats"]).groupby("authority")["year"].agg(["min", "max"])
    # Dorset County Council ended on 1 April 2019; the Dorset that goes on began then, with 82 seats instead of 46.
    assert known.loc["Dorset (to 2019)", "max"] == 2018 and known.loc["Dorset", "min"] == 2019
    seats = panel.set_index(["authority", "year"])["council_seats"]
    assert seats["Dorset (to 2019)", 2018] == 46 and seats["Dorset", 2019] == 82
