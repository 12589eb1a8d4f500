import hashlib
import json

import pytest

from analysis.data.cleaning import tables
from analysis.data.panel import figures
from analysis.errors import DataError, RequestError
from analysis.paths import Project
from tests.making import REPOSITORY

RAW = Project(REPOSITORY).raw
HEADING = "authority_code,year,indicator,value,marker\n"
ROW = "E10000032,2019,turnover_percent,10.0,\n"


def kept(folder, text, source="social_work_workforce", vouched=None):
    """A raw folder with one table whose package vouches for ``vouched``, or for the text itself."""
    (folder / f"{source}.csv").write_text(text)
    told = (vouched or text).encode()
    entry = {"name": source, "bytes": len(told), "hash": f"sha256:{hashlib.sha256(told).hexdigest()}"}
    (folder / "datapackage.json").write_text(json.dumps({"resources": [entry]}))
    return folder


def test_types_and_withheld_values(tmp_path):
    read = figures.read_figures(
        kept(tmp_path, HEADING + ROW + "E10000032,2020,turnover_percent,,x\n"), "social_work_workforce"
    )
    assert list(read.columns) == ["authority_code", "year", "indicator", "value", "marker"]
    assert [str(kind) for kind in read.dtypes] == ["str", "int16", "str", "float64", "str"]
    assert read["value"].isna().tolist() == [False, True]
    assert read["marker"].tolist() == ["", "x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADING.replace("marker", "markr") + ROW, "has no column 'marker'; did you mean 'markr'?"),
        (HEADING + ROW + ROW, "appears twice"),
        (HEADING + ROW.replace("10.0", "10.x"), "row 1: column 'value': '10.x' is no double"),
        (HEADING + ROW.replace("2019", "2019/20"), "row 1: column 'year': '2019/20' is no int16"),
        (HEADING + ROW + "E10000032,2020,turn", "row 2: 3 cells, 5 expected"),
        (HEADING + ROW.replace("turnover_percent", "turnover"), "unknown indicator 'turnover'"),
        (HEADING + ROW.replace("10.0", ""), "a row holds either a value or a marker"),
    ],
)
def test_bad_tables_are_refused_by_file_row_column_and_value(tmp_path, text, words):
    with pytest.raises(DataError) as caught:
        figures.read_figures(kept(tmp_path, text), "social_work_workforce")
    assert words in str(caught.value) and str(caught.value).startswith("social_work_workforce.csv: ")
    assert "\n" not in str(caught.value)


def test_an_edited_table_is_refused_even_where_it_reads_well(tmp_path):
    raw = kept(tmp_path, HEADING + ROW.replace("10.0", "10.1"), vouched=HEADING + ROW)
    with pytest.raises(DataError, match="edited or truncated since `plan-drift ingest` made it"):
        figures.read_figures(raw, "social_work_workforce")


def test_a_truncated_table_is_refused_with_the_row_that_was_cut(tmp_path):
    whole = HEADING + ROW + ROW.replace("2019", "2020")
    raw = kept(tmp_path, whole[:-20], vouched=whole)
    with pytest.raises(DataError, match=r"row 2: 3 cells, 5 expected; edited or truncated"):
        figures.read_figures(raw, "social_work_workforce")


def test_a_missing_table_and_an_undescribed_one(tmp_path):
    with pytest.raises(DataError, match=r"child_poverty.csv: can't be read .*run `plan-drift ingest`"):
        figures.read_figures(tmp_path, "child_poverty")
    (tmp_path / "child_poverty.csv").write_text(HEADING)
    with pytest.raises(DataError, match=r"datapackage\.json doesn't describe it"):
        figures.read_figures(tmp_path, "child_poverty")


def test_an_unknown_publication_is_answered_with_the_nearest():
    with pytest.raises(RequestError, match="did you mean 'children_in_need'"):
        figures.read_figures(RAW, "child_in_need")
    with pytest.raises(RequestError, match="unknown publication 'boundaries'"):
        figures.read_figures(RAW, "boundaries")


def series(source, code, indicator):
    read = figures.read_figures(RAW, source)
    rows = read[(read["authority_code"] == code) & (read["indicator"] == indicator)]
    return rows.set_index("year")["value"].to_dict()


# Values below were read by eye in the official files.
@pytest.mark.parametrize(
    ("source", "code", "indicator", "values"),
    [
        (
            "social_work_workforce",
            "E10000032",
            "turnover_percent",
            dict(zip(range(2017, 2026), [13.8, 16.3, 10.0, 9.7, 14.7, 16.1, 15.5, 9.3, 9.5], strict=True)),
        ),
        ("social_work_workforce", "E92000001", "caseload_cases_per_fte", {2017: 17.7, 2025: 15.2}),
        ("social_work_workforce", "E92000001", "leavers_fte", {2015: 4200, 2016: 4190, 2025: 4276.3}),
        ("social_work_workforce", "E12000001", "social_workers_fte", {2016: 1670, 2025: 2299.3}),
        ("children_in_need", "E92000001", "children_in_need_episodes", {2025: 402400}),
        ("children_in_need", "E12000001", "rereferrals_percent", {2025: 20.7}),
        ("children_in_need", "E92000001", "plans_open_two_years_plans", {2025: 1130}),
        ("children_in_need", "E12000001", "repeat_plans_percent", {2025: 27.2}),
        ("looked_after", "E92000001", "development_checks_percent", {2025: 88}),
        ("child_population", "E92000001", "child_population_children", {2024: 12183016}),
        ("child_poverty", "E06000047", "children_in_low_income_children", {2015: 21807, 2024: 31005}),
        ("deprivation", "E10000032", "deprivation_score", {2019: 14.429}),
        ("deprivation", "E06000002", "deprivation_rank_score", {2019: 23729.10}),
        ("section_251", "E10000032", "looked_after_gbp", {2009: 41015760.83, 2014: 42957661}),
        ("section_251", "E10000032", "children_services_gbp", {2014: 92519727}),
        ("revenue_outturn", "E92000001", "children_social_care_outturn_gbp", {2025: 16878876029.17}),
        ("revenue_outturn", "E06000014", "children_social_care_outturn_gbp", {2025: 35903000}),
        ("interactive_tool", "E09000002", "social_work_gbp_per_week", {2017: 135}),
        ("interactive_tool", "E08000016", "conferences_in_15_days_percent", {2016: 41.8}),
    ],
)
def test_figures_are_those_of_the_official_files(source, code, indicator, values):
    by_year = series(source, code, indicator)
    assert {year: by_year[year] for year in values} == pytest.approx(values)


def test_float_noise_of_the_interactive_tool_is_gone():
    read = (RAW / "interactive_tool.csv").read_text().splitlines()
    assert max(len(line.split(",")[3]) for line in read[1:]) <= 8
    assert "E09000003,2016,assessments_in_45_days_percent,79.6," in read


def test_dorset_before_2019_is_the_predecessor_alone():
    read = figures.read_figures(RAW, "interactive_tool")
    rows = read[read["indicator"] == "three_or_more_placements_percent"]
    years = {
        code: sorted(rows.loc[rows["authority_code"] == code, "year"]) for code in ("E10000009", "E06000059")
    }
    assert max(years["E10000009"]) == 2019 and min(years["E06000059"]) == 2020


def test_joint_returns_stand_under_their_codes_joined():
    assert series("social_work_workforce", "E09000021+E09000027", "turnover_percent")


def test_neighbours_prices_authorities_and_boundaries():
    neighbours = figures.read_neighbours(RAW)
    first = neighbours[(neighbours["authority_code"] == "E09000002") & (neighbours["rank"] == 1)]
    assert first[["neighbour_code", "closeness"]].to_numpy().tolist() == [["E09000010", "Close"]]
    assert (
        neighbours.groupby("authority_code").size().eq(10).all()
        and neighbours["authority_code"].nunique() == 153
    )
    prices = figures.read_prices(RAW).set_index("year")["cpi_annual_rate_percent"]
    assert prices[2008] == 3.6 and prices[2022] == 9.1
    authorities = tables.authorities()
    today = authorities["last_year"] == ""
    assert authorities["authority_code"].is_unique and today.sum() == 153
    features = figures.read_boundaries(RAW)["features"]
    codes = {feature["properties"]["authority_code"] for feature in features}
    assert codes == set(authorities.loc[today, "authority_code"])
