"""Four releases of the workforce census, one after another into an empty project, as they came out."""

import json
import os

import numpy as np
import pandas as pd
import pytest

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.reach import reach
from analysis.data.official import ingest, revenue_outturn
from analysis.data.official.official_files import OfficialFile
from analysis.data.official.publications import Release, publications
from analysis.data.official.releases import Wishes
from analysis.errors import DataError
from analysis.files.data_package import NAME
from analysis.paths import HOME_VARIABLE

SOURCE = "social_work_workforce"
RETURNS = ("dfe/SFR07_2016_UD.csv", "dfe/SFR08_2017_UD.csv")
RELEASES = {
    2022: "vintages/csww_headline_measures_2017_to_2022.csv",
    2023: "vintages/csww_indicators_2017_to_2023.csv",
    2024: "vintages/csww_indicators_2017_to_2024.csv",
    2025: "dfe/csww_indicators_2017_to_2025.csv",
}
TURNOVER = {
    2022: "turnover_rate_fte_%",
    2023: "turnover_rate_fte",
    2024: "turnover_rate_fte",
    2025: "turnover_rate_fte",
}


def turnover_published(shared_data, year):
    """England's and the authorities' turnover in a release's own file, by code as it is written there, and year."""
    text = pd.read_csv(shared_data / RELEASES[year], dtype=str, keep_default_na=False, encoding="utf-8-sig")
    codes = text["new_la_code"].where(text["geographic_level"] == "Local authority", text["country_code"])
    kept = text["geographic_level"].isin(["Local authority", "National"])
    keys = [codes[kept].str.replace(" / ", "+"), text.loc[kept, "time_period"].astype(int)]
    return pd.Series(
        pd.to_numeric(text.loc[kept, TURNOVER[year]], errors="coerce").to_numpy(), index=keys
    ).dropna()


@pytest.fixture(scope="module")
def replayed(shared_data, tmp_path_factory):
    """What stands in the project after each release: the table, its description and the notes of ``ingest``."""
    home = tmp_path_factory.mktemp("replay")
    official, raw = home / "official", home / "data" / "raw"
    official.mkdir()
    raw.mkdir(parents=True)
    for name in RETURNS:
        os.symlink(shared_data / name, official / name.rpartition("/")[2])
    steps = {}
    for year, name in RELEASES.items():
        target = official / name.rpartition("/")[2]
        os.symlink(shared_data / name, target)
        (made,) = ingest(official, raw, [SOURCE])
        entry = json.loads((raw / NAME).read_text())["resources"][0]
        table = pd.read_csv(raw / f"{SOURCE}.csv", dtype={"marker": str})
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOME_VARIABLE, str(home))
            years, last = indicator("turnover_percent").years, reach().last_year
        steps[year] = {"made": made, "entry": entry, "table": table, "years": years, "last": last}
    return steps, official, raw


@pytest.mark.shared
@pytest.mark.parametrize("year", RELEASES)
def test_each_release_extends_the_years_by_itself(replayed, year):
    step = replayed[0][year]
    assert step["entry"]["years"]["turnover_percent"] == [2015, year]
    assert step["entry"]["release"] == f"2015 to {year}"
    assert step["years"] == (2015, year) and step["last"] == year
    spans = {file["file"]: file["years"] for file in step["entry"]["sources"]}
    assert spans == {
        "SFR07_2016_UD.csv": [2015, 2015],
        "SFR08_2017_UD.csv": [2016, 2016],
        RELEASES[year].rpartition("/")[2]: [2017, year],
    }


@pytest.mark.shared
@pytest.mark.parametrize("year", RELEASES)
def test_each_release_holds_the_figures_of_its_own_file(replayed, shared_data, year):
    table = (
        replayed[0][year]["table"]
        .query("indicator == 'turnover_percent' and year >= 2017")
        .dropna(subset="value")
    )
    figures = table.set_index(["authority_code", "year"])["value"]
    wanted = turnover_published(shared_data, year)
    own = figures.index.get_level_values(0).str.match("E0[6-9]|E10|E92")
    assert len(wanted) > 100 * (year - 2016)
    pd.testing.assert_series_equal(
        figures[own].sort_index(), wanted.sort_index(), check_names=False, check_index_type=False
    )


@pytest.mark.shared
def test_what_is_new_revised_or_passed_over_is_told(replayed):
    notes = {year: "\n".join(step["made"].notes) for year, step in replayed[0].items()}
    assert notes[2022] == ""
    assert f"{SOURCE}: 2023 is new: 11 indicators" in notes[2023]
    assert f"{SOURCE}: 2017 to 2023 are new: 7 indicators" in notes[2023]
    assert "csww_headline_measures_2017_to_2022.csv is passed over" in notes[2023]
    assert f"{SOURCE}: 2025 is new: 18 indicators" in notes[2025]
    assert "figures of earlier years revised" in notes[2023]


@pytest.mark.shared
def test_an_older_release_is_refused_unless_asked_for(replayed, shared_data, tmp_path):
    _, official, raw = replayed
    older = tmp_path / "official"
    older.mkdir()
    for name in (*RETURNS, RELEASES[2024]):
        os.symlink(shared_data / name, older / name.rpartition("/")[2])
    before = (raw / f"{SOURCE}.csv").read_bytes()
    with pytest.raises(
        DataError, match=r"2017_to_2024\.csv: \w+ ends with 2024, where the release in place has 2025"
    ):
        ingest(older, raw, [SOURCE])
    assert (raw / f"{SOURCE}.csv").read_bytes() == before
    (made,) = ingest(older, raw, [SOURCE], wishes=Wishes(older=True))
    entry = json.loads((raw / NAME).read_text())["resources"][0]
    assert entry["years"]["turnover_percent"] == [2015, 2024] and made.rows < len(before.splitlines())
    ingest(official, raw, [SOURCE])
    assert (raw / f"{SOURCE}.csv").read_bytes() == before


@pytest.mark.shared
def test_years_that_a_release_leaves_out_are_kept_and_said_to_be(replayed, shared_data, tmp_path):
    """A release of 2026 made of that of 2025: it begins with 2019, and has a year more."""
    _, _, raw = replayed
    text = pd.read_csv(shared_data / RELEASES[2025], dtype=str, keep_default_na=False, encoding="utf-8-sig")
    last = text[text["time_period"] == "2025"].assign(time_period="2026")
    official = tmp_path / "official"
    official.mkdir()
    for name in RETURNS:
        os.symlink(shared_data / name, official / name.rpartition("/")[2])
    recent = text[text["time_period"].astype(int) >= 2019]
    pd.concat([recent, last]).to_csv(official / "csww_indicators_2019_to_2026.csv", index=False)
    before = pd.read_csv(raw / f"{SOURCE}.csv")
    made_here = tmp_path / "raw"
    made_here.mkdir()
    for path in raw.iterdir():
        (made_here / path.name).write_bytes(path.read_bytes())
    for _ in range(2):  # the second time is of the merged table, and changes nothing
        (made,) = ingest(official, made_here, [SOURCE])
        after = pd.read_csv(made_here / f"{SOURCE}.csv")
        pd.testing.assert_frame_equal(
            after[after["year"] < 2026].reset_index(drop=True), before, check_dtype=False
        )
        assert set(after["year"]) == set(range(2015, 2027))
        entry = json.loads((made_here / NAME).read_text())["resources"][0]
        spans = {(file["file"], tuple(file["years"]), file.get("kept", False)) for file in entry["sources"]}
        assert ("csww_indicators_2019_to_2026.csv", (2019, 2026), False) in spans
        assert ("csww_indicators_2017_to_2025.csv", (2017, 2018), True) in spans
        assert any("2017 and 2018: not in the new release, kept from" in note for note in made.notes)
    values = after.query("year == 2026 and indicator == 'turnover_percent'").set_index("authority_code")[
        "value"
    ]
    then = after.query("year == 2025 and indicator == 'turnover_percent'").set_index("authority_code")[
        "value"
    ]
    np.testing.assert_array_equal(values, then.reindex(values.index))


@pytest.mark.shared
def test_the_year_of_a_revenue_outturn_is_that_of_its_name(shared_data):
    own = publications()["revenue_outturn"]
    for named, year in (("2024-25", 2025), ("2025-26", 2026)):
        files = {}
        for pattern in own.files:
            (path,) = (shared_data / "spending").glob(pattern)
            files[pattern] = OfficialFile(path.name.replace("2024-25", named), path.read_bytes())
        assert set(revenue_outturn.figures(Release(own, files))["year"]) == {year}
    files[pattern] = OfficialFile(path.name.replace("2024-25", "latest"), path.read_bytes())
    with pytest.raises(DataError, match="its name gives no financial year, as in RO3_LA_Data_2024-25"):
        revenue_outturn.figures(Release(own, files))
