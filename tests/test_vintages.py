"""Workforce figures as they were published earlier: the table, the panel with them put back, and claims that read it."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.claims.gathering import Sources
from analysis.claims.panel_evidence import panel_evidence, panel_family
from analysis.claims.register import register
from analysis.claims.rule import Rule
from analysis.claims.stability import stability_of
from analysis.data.official.official_files import OfficialFile
from analysis.data.official.publications import Release, publications
from analysis.data.official.vintages import compared_indicators, table
from analysis.data.panel import figures, store
from analysis.data.panel.panel import Panel
from analysis.data.panel.vintages import panel_of_vintage, releases
from analysis.errors import DataError, RequestError
from analysis.paths import Project

RAW = Project(Path(__file__).resolve().parents[1]).raw
SOURCE = "social_work_workforce_vintages"
HEADING = "release,authority_code,year,indicator,value,marker\n"
ROW = "2022,E10000032,2019,turnover_percent,10.0,\n"

CENSUS = {
    "inpost_fte": "social_workers_fte", "leavers_fte": "leavers_fte", "turnover_rate_fte": "turnover_percent",
    "vacancy_fte": "vacancies_fte", "vacancy_rate_fte": "vacancy_percent", "agency_fte": "agency_workers_fte",
    "agency_rate_fte": "agency_percent", "absence_rate_fte": "absence_percent", "caseload_fte": "caseload_cases_per_fte",
    "cases": "cases_held_cases", "case_holders_fte": "case_holders_fte",
}  # fmt: skip
NAMES_OF_2022 = {
    "social_worker_fte": "inpost_fte", "leaver_fte": "leavers_fte", "turnover_rate_fte_%": "turnover_rate_fte",
    "vacancy_rate_fte_%": "vacancy_rate_fte", "agency_worker_rate_fte_%": "agency_rate_fte",
    "absence_rate_fte_%": "absence_rate_fte",
}  # fmt: skip
# Recoded between these releases (ONS): Buckinghamshire in 2020, North Yorkshire and Somerset in 2023. Two pairs of
# authorities make one return each (Achieving for Children; Northamptonshire Children's Trust).
CODES = {
    "E10000002": "E06000060", "E10000023": "E06000065", "E10000027": "E06000066",
    "E09000021 / E09000027": "E09000021", "E09000021+E09000027": "E09000021",
    "E06000061 / E06000062": "E06000061", "E06000061+E06000062": "E06000061",
}  # fmt: skip


# ------------------------------------------------------------------------------------------------- the table
def official(path):
    text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return text[text["geographic_level"] == "Local authority"].rename(columns=NAMES_OF_2022)


def numbers(text, column):
    keys = [text["new_la_code"].replace(CODES), text["time_period"].astype(int)]
    return pd.Series(pd.to_numeric(text[column], errors="coerce").to_numpy(), index=keys).dropna()


@pytest.fixture(scope="module")
def published(shared_data):
    names = {
        2022: "vintages/csww_headline_measures_2017_to_2022.csv",
        2023: "vintages/csww_indicators_2017_to_2023.csv",
        2024: "vintages/csww_indicators_2017_to_2024.csv",
        2025: "dfe/csww_indicators_2017_to_2025.csv",
    }
    return {year: official(shared_data / name) for year, name in names.items()}


@pytest.mark.shared
def test_revisions_are_of_the_release_of_2022(published):
    key = ["time_period", "new_la_code"]
    changed = {}
    for earlier, later in ((2022, 2023), (2023, 2024), (2024, 2025)):
        both = published[earlier].merge(published[later], on=key)
        then, now = (pd.to_numeric(both[f"turnover_rate_fte_{side}"], errors="coerce") for side in "xy")
        known = then.notna() & now.notna()
        changed[earlier] = (int((then != now)[known].sum()), int(known.sum()))
    assert changed[2022] == (88, 878)
    assert changed[2023][0] == changed[2024][0] == 0


@pytest.mark.shared
@pytest.mark.parametrize("release", [2022, 2023, 2024])
def test_the_table_holds_every_figure_that_was_published_otherwise_and_no_other(published, release):
    found = figures.read_workforce_vintages(RAW).query("release == @release")
    for column, name in CENSUS.items():
        then, now = numbers(published[release], column), numbers(published[2025], column)
        keys = then.index.union(now.index)
        keys = keys[keys.get_level_values(1) <= release]
        values = pd.DataFrame({"then": then.reindex(keys), "now": now.reindex(keys)})
        wanted = values[~np.isclose(values["then"], values["now"], equal_nan=True)]["then"]
        rows = found[found["indicator"] == name]
        told = rows.set_index([rows["authority_code"].replace(CODES), "year"])["value"]
        assert told.sort_index().to_dict() == wanted.sort_index().to_dict(), name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADING + ROW + ROW, "appears twice"),
        (HEADING + ROW.replace("2022,", "y2022,"), "row 1: column 'release': 'y2022' is no int16"),
        (HEADING + ROW.replace("10.0", "1000"), "1000 lies outside 0 to 100 %"),
        (HEADING + ROW.replace("turnover_", "turnovr_"), "did you mean 'turnover_percent'?"),
        (HEADING.replace("release", "relase") + ROW, "has no column 'release'; did you mean 'relase'?"),
    ],
)
def test_a_damaged_table_is_refused_in_one_line(tmp_path, text, words):
    (tmp_path / f"{SOURCE}.csv").write_text(text)
    entry = {
        "name": SOURCE,
        "bytes": len(text),
        "hash": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
    }
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [entry]}))
    with pytest.raises(DataError) as told:
        figures.read_workforce_vintages(tmp_path)
    assert words in str(told.value) and str(told.value).startswith(SOURCE) and "\n" not in str(told.value)


def census(name, rows):
    """A file in the census's layout, every compared figure of a row the one given."""
    heading = [
        "time_period", "geographic_level", "country_code", "region_code", "new_la_code", *CENSUS, "inpost_headcount",
        "starters_fte", "leavers_headcount", "turnover_rate_headcount", "working_days_lost_fte",
        "vacancy_agency_cover_rate_fte", "agency_cover_rate_fte",
    ]  # fmt: skip
    lines = [
        ",".join(
            [str(year), "Local authority", "E92000001", "E12000008", code, *[value] * (len(heading) - 5)]
        )
        for year, code, value in rows
    ]
    return OfficialFile(name, "\n".join([",".join(heading), *lines, ""]).encode())


def vintages_of(*files):
    return table(Release(publications()[SOURCE], {file.name: file for file in files}))


def test_codes_and_joint_returns_of_a_release_are_met_before_figures_are_compared():
    earlier = census("csww_indicators_2017_to_2021.csv", [
        (2019, "E10000023", "10"), (2020, "E10000023", "11"),  # North Yorkshire: E06000065 since
        (2021, "E06000061", "12"), (2021, "E06000062", "z"),  # one return, under the first of two authorities
        (2020, "E10000032", "x"), (2021, "E10000032", "u"), (2019, "E10000032", "13.0"),
    ])  # fmt: skip
    current = census("csww_indicators_2017_to_2022.csv", [
        (2019, "E06000065", "10"), (2020, "E06000065", "14"),
        (2021, "E06000061 / E06000062", "15"),
        (2020, "E10000032", "9"), (2021, "E10000032", "x"), (2019, "E10000032", "13"), (2022, "E10000032", "8"),
    ])  # fmt: skip
    found = vintages_of(current, earlier).query("indicator == 'turnover_percent'")
    assert found.values.tolist() == [
        [2021, "E06000061+E06000062", 2021, "turnover_percent", "12", ""],
        [2021, "E10000023", 2020, "turnover_percent", "11", ""],
        [2021, "E10000032", 2020, "turnover_percent", "", "x"],
    ]


def test_a_release_whose_year_its_name_does_not_tell_is_refused():
    with pytest.raises(
        DataError, match=r"csww_indicators_2017_to_now\.csv: the name doesn't end in the year"
    ):
        vintages_of(census("csww_indicators_2017_to_now.csv", [(2019, "E10000032", "10")]))


def test_what_is_compared_is_the_rates_and_the_counts_behind_them():
    assert set(compared_indicators()) == set(CENSUS.values())


# --------------------------------------------------------------------------------------- the panel of a release
def small_panel():
    rows = [
        ("E06000065", 2018, 12.0, 12.0, 100.0, 20.0),
        ("E09000021", 2017, 27.5, np.nan, np.nan, np.nan),
        ("E09000027", 2017, 27.5, np.nan, np.nan, np.nan),
        ("E08000003", 2022, np.nan, np.nan, 400.0, 50.0),
        ("E10000032", 2022, 9.0, 18.0, 200.0, 30.0),
        ("E10000032", 2023, 8.0, 16.0, 200.0, 30.0),
    ]
    names = ["turnover_percent", "leavers_fte", "social_workers_fte", "starters_fte"]
    frame = pd.DataFrame(rows, columns=["authority_code", "year", *names])
    frame["churn_percent"] = (
        100 * (frame["starters_fte"] + frame["leavers_fte"]) / frame["social_workers_fte"]
    )
    empty = pd.DataFrame()
    return Panel(frame, empty, empty, empty)


def earlier_figures(*rows):
    return pd.DataFrame(rows, columns=["release", "authority_code", "year", "indicator", "value", "marker"])


def test_revised_figures_are_put_back_under_the_panels_codes_and_what_rests_on_them():
    panel = small_panel()
    before = panel.authorities.copy()
    vintages = earlier_figures(
        (2022, "E10000023", 2018, "leavers_fte", 15.0, ""),
        (2022, "E10000023", 2018, "turnover_percent", 15.0, ""),
        (2022, "E09000021+E09000027", 2017, "turnover_percent", 31.5, ""),
        (2022, "E09000021+E09000027", 2017, "leavers_fte", 39.0, ""),
        (2022, "E08000003", 2022, "turnover_percent", 1.0, ""),  # an error that the project mends
        (2022, "E10000032", 2022, "turnover_percent", np.nan, "x"),
        (2022, "E10000032", 2022, "agency_percent", 5.0, ""),  # the frame hasn't this indicator
        (2023, "E10000032", 2023, "turnover_percent", 7.0, ""),
    )
    found = panel_of_vintage(panel, vintages, 2022)
    # Churn of North Yorkshire: (20 starters + 15 leavers) of 100. A count of a joint return is neither authority's.
    np.testing.assert_array_equal(found["turnover_percent"], [15.0, 31.5, 31.5, np.nan, np.nan, 8.0])
    np.testing.assert_array_equal(found["leavers_fte"], [15.0, np.nan, np.nan, np.nan, 18.0, 16.0])
    np.testing.assert_allclose(found["churn_percent"], [35.0, np.nan, np.nan, np.nan, 24.0, 23.0])
    assert list(found) == list(before) and panel.authorities.equals(before)
    assert panel_of_vintage(panel, vintages, 2023)["turnover_percent"].iloc[-1] == 7.0
    assert releases(vintages) == [2022, 2023]


def test_a_release_without_figures_is_refused_with_those_that_there_are():
    vintages = earlier_figures((2022, "E10000032", 2022, "turnover_percent", 5.0, ""))
    with pytest.raises(RequestError, match=r"unknown release '2021'.*2022"):
        panel_of_vintage(small_panel(), vintages, 2021)


def test_north_yorkshires_turnover_of_2018_is_as_the_release_of_2022_had_it():
    panel = store.load_panel()
    found = panel_of_vintage(panel, figures.read_workforce_vintages(RAW), 2022)
    row = found.query("authority_code == 'E06000065' and year == 2018").iloc[0]
    assert (row["turnover_percent"], row["leavers_fte"]) == (10.3, 26.9)
    later = (found["year"] > 2022) | (found["year"] < 2017)
    assert found[later].equals(panel.authorities[later])


# -------------------------------------------------------------------------------------------------- the claims
@pytest.fixture(scope="module")
def caseload():
    """Evidence on caseload and assessments, with a release that had 60 less the caseload everywhere, and its own."""
    estimand = register().claim("C06").estimand
    estimand = replace(estimand, outcomes=estimand.outcomes[:1])
    panel, own = store.load_panel(), Sources().vintages
    known = panel.authorities[["authority_code", "year", "caseload_cases_per_fte"]].dropna()
    turned = known[["authority_code", "year"]].assign(
        release=1999,
        indicator="caseload_cases_per_fte",
        value=60 - known["caseload_cases_per_fte"],
        marker="",
    )
    family = panel_family(estimand, panel.authorities)
    return estimand, panel_evidence("C06", estimand, panel, family, pd.concat([own, turned]))


def test_a_claim_has_a_view_for_each_release_that_had_other_figures_of_it(caseload):
    _, evidence = caseload
    # No caseload was revised after the release of 2022: those of 2023 and 2024 would give the main view again.
    assert [name for name in evidence.views if name.startswith("vintage")] == ["vintage 1999", "vintage 2022"]
    main, turned = evidence.views["main"], evidence.views["vintage 1999"]
    np.testing.assert_allclose(turned.estimates, -main.estimates, rtol=1e-9)
    np.testing.assert_allclose(turned.covariance, main.covariance, rtol=1e-9)
    difference = evidence.views["vintage 2022"].estimates - main.estimates
    assert 0 < np.abs(difference).max() < 0.05


def test_earlier_releases_are_read_by_stability_and_not_by_the_range(caseload):
    estimand, evidence = caseload
    assert not any(name.startswith("vintage") for name in evidence.range_views)
    without = replace(
        evidence, views={name: one for name, one in evidence.views.items() if "vintage" not in name}
    )
    rule = Rule(0.975, 0.5, 0.95, 0.975, 0.5, 1.0)
    found, other = (stability_of(one, estimand.smallest, rule, False) for one in (evidence, without))
    assert found.n_variants == other.n_variants + 2
    assert "vintage 1999" in found.turned
