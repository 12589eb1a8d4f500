"""Local statistics of the Office for National Statistics: which rows are figures, and what is refused."""

import pandas as pd
import pytest

from analysis.data.official import ingest
from analysis.data.official.areas import authorities
from analysis.errors import DataError

CLAIMANTS, PAY = "ons_claimant-count.csv", "ons_gross-median-weekly-pay.csv"
PERIODS = {CLAIMANTS: "-01-01/P1Y", PAY: "-04-17"}
INDICATORS = {CLAIMANTS: "Claimant Count", PAY: "Gross median weekly pay"}


@pytest.fixture
def official(tmp_path):
    """Both files for England, Wales, a district and every authority of today, Sheffield under its old code."""
    folder = tmp_path / "official"
    folder.mkdir()
    today = authorities().query("last_year == ''")["authority_code"].replace("E08000039", "E08000019")
    for name, ending in PERIODS.items():
        rows = [
            {
                "areacd": code,
                "indicator": INDICATORS[name],
                "period": f"{year}{ending}",
                "observation": "400.5",
                "status": "",
            }
            for code in ("E92000001", "E12000008", "W92000004", "E07000061", *today)
            for year in (2024, 2025)
        ]
        table = pd.DataFrame(rows)
        if name == CLAIMANTS:
            table["observation"] = "4.5"
        table.loc[
            (table["areacd"] == "E10000032") & (table["period"] > "2025"), ["observation", "status"]
        ] = ["", "u"]
        (folder / name).write_text(table.to_csv(index=False))
    return folder


def test_figures_are_of_england_its_regions_and_authorities(official, tmp_path):
    (made,) = ingest(official, tmp_path / "raw", ["labour_market"])
    table = pd.read_csv(tmp_path / "raw" / "labour_market.csv", keep_default_na=False)
    assert made.rows == len(table) == 2 * 2 * (153 + 2)
    assert set(table["authority_code"].str[:3]) == {"E06", "E08", "E09", "E10", "E12", "E92"}
    assert set(table["year"]) == {2024, 2025}
    west_sussex = table[(table["authority_code"] == "E10000032") & (table["year"] == 2025)]
    assert west_sussex["marker"].tolist() == ["u", "u"] and (west_sussex["value"] == "").all()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("observation", "value", "has no column 'observation'"),
        ("2024-04-17", "in spring", "column 'period': 'in spring' names no year"),
        ("E06000001", "E06000099", "no row of 'Hartlepool'; is the file whole?"),
        ("400.5", "many", "column 'observation': 'many' is neither a number nor a known marker"),
        ("400.5", "40050", "lies outside 100 to 3000"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(official, tmp_path, old, new, words):
    path = official / PAY
    text = path.read_text()
    path.write_text(text.replace(old, new) if old == "E06000001" else text.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        ingest(official, tmp_path / "raw", ["labour_market"])
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_of_other_years_is_told(official, tmp_path):
    ingest(official, tmp_path / "raw", ["labour_market"])
    path = official / CLAIMANTS
    path.write_text(path.read_text().replace("2025-01-01", "2023-01-01"))
    with pytest.raises(
        DataError, match=r"claimants_percent.* ends with 2024, where the release in place has 2025"
    ):
        ingest(official, tmp_path / "raw", ["labour_market"])
