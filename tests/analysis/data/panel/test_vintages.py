"""Figures as they were published earlier: the tables, the panel with them put back, and claims that read it."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.gathering import Sources
from analysis.claims.panel_evidence import panel_evidence, panel_family
from analysis.claims.register import register
from analysis.claims.rule import Rule
from analysis.claims.stability import stability_of
from analysis.data.official import vintages as released
from analysis.data.official.official_files import OfficialFile
from analysis.data.official.publications import Release, publications
from analysis.data.official.vintages import compared_indicators, table
from analysis.data.panel import figures, store
from analysis.data.panel.panel import Panel
from analysis.data.panel.vintages import EarlierPanels, panel_of_vintage, releases
from analysis.errors import DataError, RequestError
from analysis.paths import Project
from tests.making import REPOSITORY

RAW = Project(REPOSITORY).raw
SOURCE = "social_work_workforce_vintages"
TOOL = "interactive_tool_vintages"
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
    revised = figures.read_vintages(RAW, SOURCE).query(f"release == '{release}'")
    for column, name in CENSUS.items():
        then, now = numbers(published[release], column), numbers(published[2025], column)
        keys = then.index.union(now.index)
        keys = keys[keys.get_level_values(1) <= release]
        values = pd.DataFrame({"then": then.reindex(keys), "now": now.reindex(keys)})
        wanted = values[~np.isclose(values["then"], values["now"], equal_nan=True)]["then"]
        rows = revised[revised["indicator"] == name]
        told = rows.set_index([rows["authority_code"].replace(CODES), "year"])["value"]
        assert told.sort_index().to_dict() == wanted.sort_index().to_dict(), name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADING + ROW + ROW, "appears twice"),
        (HEADING + ROW.replace("2022,", "y2022,"), "row 1: column 'release': 'y2022' is no release: a year"),
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
        figures.read_vintages(tmp_path, SOURCE)
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


def vintages_of(current, *earlier):
    """The table of earlier releases; the current one is the file that fits the publication's own pattern."""
    files = {file.name: file for file in (*earlier, current)}
    return table(Release(publications()[SOURCE], files))


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
    revised = vintages_of(current, earlier).query("indicator == 'turnover_percent'")
    assert revised.values.tolist() == [
        ["2021", "E06000061+E06000062", 2021, "turnover_percent", "12", ""],
        ["2021", "E10000023", 2020, "turnover_percent", "11", ""],
        ["2021", "E10000032", 2020, "turnover_percent", "", "x"],
    ]


def test_a_release_whose_year_its_name_does_not_tell_is_refused():
    with pytest.raises(
        DataError, match=r"csww_indicators_2017_to_now\.csv: the name doesn't end in the year"
    ):
        vintages_of(
            census("csww_indicators_2017_to_2025.csv", [(2019, "E10000032", "10")]),
            census("csww_indicators_2017_to_now.csv", [(2019, "E10000032", "10")]),
        )


def test_what_is_compared_of_the_census_is_the_rates_and_the_counts_behind_them():
    assert set(compared_indicators(SOURCE)) == set(CENSUS.values())


# ------------------------------------------------------------------------------------------ the interactive tool
TOOL_FILES = ("vintages/lait_bds_long_0_2024-11-19.parquet", "lait/bds_long_0.parquet")
# The tool's names of measures, and those of the dictionary: of each that claims read, and that was revised most.
MEASURES = {
    "LACStable_2016on": "three_or_more_placements_percent", "LAC_LongStable%": "long_term_stability_percent",
    "LAC_Start_Rate": "started_to_be_looked_after_per_10k", "Section_47": "section_47_enquiries_per_10k",
    "ISCP_Conf": "conferences_per_10k", "LACnum": "looked_after_children", "LAC": "looked_after_per_10k",
    "Continue_Assess_Comp": "assessments_in_45_days_percent", "CP_conf_15days": "conferences_in_15_days_percent",
    "RevCP": "reviews_on_time_percent", "CPPlans2yrs": "plans_ceased_two_years_percent",
}  # fmt: skip
ENGLAND_AND_REGIONS = range(970, 991)


def both_releases(shared_data, measure):
    """Then and now by the tool's number of the authority and its year, as text, of the authorities in both files."""
    sides = []
    for name in TOOL_FILES:
        whole = pd.read_parquet(shared_data / name)
        rows = whole[(whole["Short Desc"] == measure) & ~whole["LA Number"].isin(ENGLAND_AND_REGIONS)]
        sides.append(rows.set_index(["LA Number", "Years"])["Values"])
    both = pd.concat(sides, axis=1, keys=["then", "now"], join="inner")
    return both.apply(pd.to_numeric, errors="coerce")


@pytest.mark.shared
@pytest.mark.parametrize("measure", MEASURES)
def test_the_tools_table_holds_every_figure_that_was_published_otherwise_and_no_other(shared_data, measure):
    both = both_releases(shared_data, measure)
    both = both[~np.isclose(both["then"], both["now"], rtol=0, atol=1e-9, equal_nan=True)]
    years = both.index.get_level_values("Years").astype(int)
    rows = figures.read_vintages(RAW, TOOL).query(f"indicator == '{MEASURES[measure]}'")
    assert sorted(zip(years, both["then"].round(8), strict=True)) == sorted(
        zip(rows["year"], rows["value"], strict=True)
    )


@pytest.mark.shared
def test_spend_is_left_out_as_its_unit_changed_and_in_pounds_nothing_else_did(shared_data):
    both = both_releases(shared_data, "C&YPExpenditure").dropna()
    assert len(both) > 1000
    np.testing.assert_allclose(1000 * both["then"], both["now"], rtol=1e-9)
    assert "children_services_gbp" not in compared_indicators(TOOL)
    assert "thousands of pounds" in released.not_compared()[TOOL, "children_services_gbp"]


@pytest.mark.shared
def test_rates_of_enquiries_and_conferences_were_revised_by_the_number_of_children_alone(shared_data):
    """Both rates of an authority's year moved by one factor, as far as a decimal shows: that of their denominator."""
    enquiries = both_releases(shared_data, "Section_47")
    conferences = both_releases(shared_data, "ISCP_Conf")
    recent = enquiries.index[enquiries.index.get_level_values("Years").isin(["2023", "2024"])]
    pairs = pd.concat([enquiries, conferences], axis=1, keys=["s47", "icpc"]).loc[recent].dropna()
    pairs = pairs[(pairs > 0).all(axis=1)]
    factors = {name: pairs[name, "then"] / pairs[name, "now"] for name in ("s47", "icpc")}
    rounding = 0.055 * (1 / pairs).sum(axis=1)
    assert len(pairs) > 290
    assert ((factors["s47"] - factors["icpc"]).abs() <= rounding).all()


def test_figures_of_the_tool_are_as_the_file_of_november_2024_has_them():
    """Read in the file itself: numbers 889 (Blackburn with Darwen), 805 (Hartlepool) and 201 (City of London)."""
    revised = figures.read_vintages(RAW, TOOL)
    told = revised.set_index(["authority_code", "year", "indicator"])["value"]
    assert set(revised["release"]) == {"2024-11"}
    assert told["E06000008", 2020, "three_or_more_placements_percent"] == 12  # 13 now
    assert told["E06000001", 2020, "looked_after_per_10k"] == 156  # 157 now
    assert told["E09000001", 2023, "looked_after_per_10k"] == 152  # 91 now
    assert told["E06000001", 2020, "looked_after_children"] == 311  # 312 now
    now = figures.read_figures(RAW, "interactive_tool").set_index(["authority_code", "year", "indicator"])[
        "value"
    ]
    assert now["E06000008", 2020, "three_or_more_placements_percent"] == 13
    assert now["E09000001", 2023, "looked_after_per_10k"] == 91


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"source": "interactive_tol"}, "no publication of vintages 'interactive_tol'"),
        ({"source": "interactive_tool"}, "no publication of vintages 'interactive_tool'"),
        ({"indicator": "turnover_percent"}, "'turnover_percent' isn't read from bds_long_*.parquet"),
    ],
)
def test_a_damaged_table_of_what_is_not_compared_is_refused_in_one_line(monkeypatch, row, words):
    whole = {"source": TOOL, "indicator": "children_services_gbp", "reason": "a reason", **row}
    monkeypatch.setattr(released, "read_table", lambda *_: [whole])
    with pytest.raises(DataError) as told:
        released.not_compared.__wrapped__()
    assert words in str(told.value) and str(told.value).startswith("not_compared.csv row 2: ")
    assert "\n" not in str(told.value)


def test_vintages_of_a_publication_whose_files_no_reader_compares_are_refused_in_one_line():
    own = replace(
        publications()["children_in_need"],
        source="children_in_need_vintages",
        vintages_of="children_in_need",
        files=("b1_children_in_need_*_to_*.csv",),
    )
    file = OfficialFile("b1_children_in_need_2013_to_2025.csv", b"")
    with pytest.raises(
        DataError, match=r"vintages_of: no reader of earlier releases of 'children_in_need'; "
    ):
        table(Release(own, {own.files[0]: file}))


def test_a_publication_without_vintages_is_refused_with_those_that_have_them():
    with pytest.raises(RequestError, match="unknown publication of vintages 'interactive_tool'"):
        figures.read_vintages(RAW, "interactive_tool")


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
    names = ["release", "authority_code", "year", "indicator", "value", "marker"]
    return pd.DataFrame(rows, columns=names).astype({"release": str})


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
    as_released = panel_of_vintage(panel, vintages, "2022")
    # Churn of North Yorkshire: (20 starters + 15 leavers) of 100. A count of a joint return is neither authority's.
    np.testing.assert_array_equal(as_released["turnover_percent"], [15.0, 31.5, 31.5, np.nan, np.nan, 8.0])
    np.testing.assert_array_equal(as_released["leavers_fte"], [15.0, np.nan, np.nan, np.nan, 18.0, 16.0])
    np.testing.assert_allclose(as_released["churn_percent"], [35.0, np.nan, np.nan, np.nan, 24.0, 23.0])
    assert list(as_released) == list(before) and panel.authorities.equals(before)
    assert panel_of_vintage(panel, vintages, "2023")["turnover_percent"].iloc[-1] == 7.0
    assert releases(vintages) == ["2022", "2023"]


def test_a_release_without_figures_is_refused_with_those_that_there_are():
    vintages = earlier_figures((2022, "E10000032", 2022, "turnover_percent", 5.0, ""))
    with pytest.raises(RequestError, match=r"unknown release '2021'.*2022"):
        panel_of_vintage(small_panel(), vintages, "2021")


def test_money_is_refused_for_its_real_amounts_would_need_prices():
    panel = small_panel()
    frame = panel.authorities.assign(social_work_gbp_per_week=100.0, social_work_real_gbp_per_week=110.0)
    vintages = earlier_figures((2022, "E10000032", 2022, "social_work_gbp_per_week", 90.0, ""))
    with pytest.raises(DataError, match=r"social_work_real_gbp_per_week: .* without prices"):
        panel_of_vintage(replace(panel, authorities=frame), vintages, "2022")


def test_a_rate_on_the_children_of_the_year_before_is_computed_from_them():
    """93 referrals put back over 4,000 children of mid-2021; the year itself had 5,000."""
    rows = [("E10000032", 2021, 80.0, 4000.0, np.nan), ("E10000032", 2022, 90.0, 5000.0, 225.0)]
    names = [
        "authority_code",
        "year",
        "referrals_referrals",
        "child_population_children",
        "referrals_per_10k",
    ]
    empty = pd.DataFrame()
    panel = Panel(pd.DataFrame(rows, columns=names), empty, empty, empty)
    vintages = earlier_figures((2022, "E10000032", 2022, "referrals_referrals", 93.0, ""))
    as_released = panel_of_vintage(panel, vintages, "2022")
    np.testing.assert_allclose(as_released["referrals_per_10k"], [np.nan, 232.5])


def test_the_panel_of_the_tools_release_has_its_figures_and_the_censuss_of_today():
    """Blackburn with Darwen's placements of 2020: 12 then."""
    panel = store.load_panel()
    as_released = panel_of_vintage(panel, store.load_vintages(), "2024-11")
    row = as_released.query("authority_code == 'E06000008' and year == 2020").iloc[0]
    assert row["three_or_more_placements_percent"] == 12
    census = list(CENSUS.values())
    assert as_released[census].equals(panel.authorities[census])
    later = as_released["year"] > 2024
    assert as_released[later].equals(panel.authorities[later])


def test_north_yorkshires_turnover_of_2018_is_as_the_release_of_2022_had_it():
    panel = store.load_panel()
    as_released = panel_of_vintage(panel, figures.read_vintages(RAW, SOURCE), "2022")
    row = as_released.query("authority_code == 'E06000065' and year == 2018").iloc[0]
    assert (row["turnover_percent"], row["leavers_fte"]) == (10.3, 26.9)
    later = (as_released["year"] > 2022) | (as_released["year"] < 2017)
    assert as_released[later].equals(panel.authorities[later])


# -------------------------------------------------------------------------------------------------- the claims
@pytest.fixture(scope="module")
def caseload():
    """Evidence on caseload and assessments, with a release that had 60 less the caseload everywhere, and its own."""
    estimand = register().claim("C06").estimand
    estimand = replace(estimand, outcomes=estimand.outcomes[:1])
    panel, own = store.load_panel(), Sources().vintages
    known = panel.authorities[["authority_code", "year", "caseload_cases_per_fte"]].dropna()
    turned = known[["authority_code", "year"]].assign(
        release="1999",
        indicator="caseload_cases_per_fte",
        value=60 - known["caseload_cases_per_fte"],
        marker="",
    )
    family = panel_family(estimand, panel.authorities)
    earlier = EarlierPanels(panel, pd.concat([own, turned]))
    return estimand, panel_evidence("C06", estimand, panel, family, earlier)


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
        evidence, views={name: view for name, view in evidence.views.items() if "vintage" not in name}
    )
    rule = Rule(0.975, 0.5, 0.95, 0.975, 0.5, 1.0)
    stability, other = (stability_of(basis, estimand.smallest, rule, False) for basis in (evidence, without))
    assert stability.n_variants == other.n_variants + 2
    assert "vintage 1999" in stability.turned


@pytest.mark.parametrize(
    ("claim", "with_the_tools"),
    # What the tool revised of outcomes: placements and long-term stability (C01), children who started to be looked after
    # (C12). Assessments, conferences, reviews and plans stand as they were; so does spend, but for its unit.
    [("C01", True), ("C12", True), ("C07", False), ("C15", False)],
)
def test_a_claim_is_estimated_from_the_tools_release_where_its_outcomes_were_revised(claim, with_the_tools):
    estimand = register().claim(claim).estimand
    panel = store.load_panel()
    earlier = EarlierPanels(panel, store.load_vintages())
    evidence = panel_evidence(claim, estimand, panel, panel_family(estimand, panel.authorities), earlier)
    assert ("vintage 2024-11" in evidence.views) == with_the_tools
    if claim == "C01":  # turnover itself is the census's: outcomes that weren't revised give what they gave
        names = [outcome.name for outcome in estimand.outcomes]
        same = evidence.views["vintage 2024-11"].estimates[0] == evidence.views["main"].estimates[0]
        revised = {"long_term_stability_percent", "three_or_more_placements_percent"}
        assert {name for name, equal in zip(names, same, strict=True) if not equal} == revised
