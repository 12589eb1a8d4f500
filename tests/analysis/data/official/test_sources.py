import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data.definitions.indicators import dictionary, published_by
from analysis.data.official import (
    areas,
    interactive_tool,
    layouts,
    publications,
    section_251,
    values,
)
from analysis.data.official import (
    official_files as files,
)
from analysis.data.official.official_files import OfficialFile
from analysis.data.official.prices import table as prices_table
from analysis.data.official.publications import Release
from analysis.data.official.statistical_neighbours import table as neighbours_table
from analysis.errors import DataError

CSV = "time_period,la_name,rate\n2020,Here,1.5\n2021,There,2.5\n"


def made(text: str, name: str = "made.csv") -> OfficialFile:
    return OfficialFile(name, text.encode())


# ------------------------------------------------------------------------------------------------- values
def read(*cells):
    figures = values.read_values(pd.Series(cells, dtype="str"), "made.csv", "rate")
    return list(zip(figures["value"], figures["marker"], strict=True))


def test_numbers_keep_the_publishers_text():
    assert read("1,234", "27,700.5", "12.0", "-3", " 7 ") == [
        ("1234", ""), ("27700.5", ""), ("12.0", ""), ("-3", ""), ("7", ""),
    ]  # fmt: skip


def test_float_noise_goes_and_long_whole_numbers_stay():
    assert read("2.2999999999999998", "79.599999999999994", "10530791234.25", "9419007972") == [
        ("2.3", ""), ("79.6", ""), ("10530791234.25", ""), ("9419007972", ""),
    ]  # fmt: skip


def test_markers_are_kept_and_never_numbers():
    assert read("c", "low", ":", "-", "..", ".", "[x]", "") == [
        ("", "c"), ("", "low"), ("", ":"), ("", "-"), ("", ".."), ("", "."), ("", "x"), ("", "blank"),
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["1,23", "n/a", "12%", "1e5", "1.2.3"])
def test_an_unknown_marker_is_named_with_file_row_column_and_value(cell):
    with pytest.raises(
        DataError, match=r"made\.csv row 1: column 'rate': '.+' is neither a number nor a known"
    ):
        read("1.0", cell)


def test_a_binary_floats_noise_goes_and_every_digit_that_was_published_stays():
    # Ten digits: what a publication gives as 1234567.89 stands in its file as 1234567.8900000001.
    noisy = {"2.2999999999999998": "2.3", "1234567.8900000001": "1234567.89", "0.30000000000000004": "0.3",
             "99.123456780000001": "99.12345678", "12.12345678": "12.12345678"}  # fmt: skip
    assert {text: values.without_noise(text) for text in noisy} == noisy


def test_thousands_of_pounds_are_pounds_exactly():
    assert [values.in_pounds(text) for text in ("5111775.09953", "0", "-975.0", "16878876.02917")] == [
        "5111775099.53", "0", "-975000", "16878876029.17",
    ]  # fmt: skip


# -------------------------------------------------------------------------------------------------- areas
def codes(number, years, indicator):
    years = pd.Series(years)
    numbers = pd.Series([number] * len(years))
    looked_up = areas.codes_of_numbers(numbers, years, pd.Series([indicator] * len(years)), "made.csv")
    return ["" if pd.isna(code) else code for code in looked_up]


MARCH, SEPTEMBER, SPEND = "looked_after_per_10k", "case_holders_percent", "looked_after_gbp"


@pytest.mark.parametrize(
    ("number", "indicator", "expected"),
    [
        # Dorset began anew on 1 April 2019: after March 2019, before September 2019.
        ("838", MARCH, {2019: "", 2020: "E06000059"}),
        ("835", MARCH, {2019: "E10000009", 2020: ""}),
        ("838", SEPTEMBER, {2018: "", 2019: "E06000059"}),
        ("835", SEPTEMBER, {2018: "E10000009", 2019: ""}),
        ("838", SPEND, {2019: "", 2020: "E06000059"}),
        # One number through a recode.
        ("815", MARCH, {2023: "E10000023", 2024: "E06000065"}),
        ("815", SEPTEMBER, {2022: "E10000023", 2023: "E06000065"}),
        ("825", MARCH, {2020: "E10000002", 2021: "E06000060"}),
        ("370", MARCH, {2025: "E08000016", 2026: "E08000038"}),
        ("370", SEPTEMBER, {2025: "E08000038"}),
        ("390", MARCH, {2013: "E08000020", 2014: "E08000037"}),
        ("929", SPEND, {2009: "E10000022", 2013: "E06000048", 2014: "E06000057"}),
        ("970", MARCH, {2020: "E92000001"}),
        ("988", MARCH, {2020: "E13000002"}),
    ],
)
def test_a_number_stands_for_the_code_valid_in_the_year(number, indicator, expected):
    assert dict(zip(expected, codes(number, list(expected), indicator), strict=True)) == expected


def test_a_number_of_no_authority_is_refused():
    with pytest.raises(
        DataError, match=r"made\.csv row 0: column 'LA Number': '999' is no authority's number"
    ):
        codes("999", [2020], MARCH)


def test_names_match_without_case_and_punctuation_and_mean_the_latest_code():
    names = pd.Series(["ST HELENS", "Kingston Upon Hull, City of", "Dorset", "Telford & Wrekin", "Adur"])
    assert areas.codes_of_names(names).fillna("").tolist() == [
        "E08000013",
        "E06000010",
        "E06000059",
        "E06000020",
        "",
    ]


def test_authorities_hold_each_code_once_and_spans_that_meet():
    table = areas.authorities()
    assert table["authority_code"].is_unique
    for _, group in table[table["la_number"].duplicated(keep=False)].groupby("la_number"):
        ordered = group.sort_values("first_year")
        assert ordered["last_year"].tolist()[:-1] == ordered["first_year"].tolist()[1:]


# -------------------------------------------------------------------------------------------------- years
def test_years_are_named_by_their_end():
    named = pd.Series(["2016", "2016-17 (OT)", "2014/15", "2018 (Rev)", "1999-00"])
    assert layouts.years_named(named, "made.csv", "Years").tolist() == [2016, 2017, 2015, 2018, 2000]


@pytest.mark.parametrize("name", ["2014-16", "2013/14-15/16", "16", "2016-2017"])
def test_a_text_that_names_no_year_is_refused(name):
    with pytest.raises(DataError, match=r"made\.csv row 1: column 'Years'.*names no year"):
        layouts.years_named(pd.Series(["2016", name]), "made.csv", "Years")


# -------------------------------------------------------------------------------------------------- files
def test_csv_is_read_as_text_with_the_row_of_the_official_file():
    table = files.read_csv(made("\ufeff" + CSV + ",,\n"), ["rate"])
    assert table.index.tolist() == [1, 2]
    assert table["rate"].tolist() == ["1.5", "2.5"] and table.columns[0] == "time_period"


def test_a_cell_that_never_ends_is_told():
    with pytest.raises(DataError, match=r"made\.csv: is no CSV file that can be read"):
        files.read_csv(made('a,b\n"' + "x" * 200_000))


def test_latin_1_is_read():
    table = files.read_csv(OfficialFile("made.csv", "line\nChildren’s".encode("cp1252")))
    assert len(table) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CSV[:-8], "made.csv row 2: 2 cells where the heading has 3"),
        (CSV.replace("rate", "rates"), "made.csv: has no column 'rate'; did you mean 'rates'"),
        ("time_period,la_name,rate\n", "has a heading and no rows"),
        ("PK\0\3", "is no CSV file"),
    ],
)
def test_bad_csv(text, words):
    with pytest.raises(DataError, match=words):
        files.read_csv(made(text), ["rate"])


def test_a_release_is_found_by_pattern_in_subfolders_and_archives(tmp_path):
    (tmp_path / "dfe").mkdir()
    (tmp_path / "dfe" / "b1_2013_to_2025.csv").write_text(CSV)
    with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
        archive.writestr("data/c1_2013_to_2025.csv", CSV)
        archive.writestr("data/b1_2013_to_2025.csv", CSV)  # the same bytes twice are one file
    assert files.read_release(tmp_path, "b1_2013_to_*.csv").name == "b1_2013_to_2025.csv"
    assert files.read_release(tmp_path, "c1_*.csv").content.decode() == CSV


@pytest.mark.parametrize(
    ("older", "newest"),
    [
        ("csww_indicators_2017_to_2024.csv", "csww_indicators_2018_to_2025.csv"),
        ("RO3_LA_Data_2023-24_data_by_LA.csv", "RO3_LA_Data_2024-25_data_by_LA.csv"),
        ("bds_long_0_2024-11-19.csv", "bds_long_0_2025-02-01.csv"),
        ("history2016-2025.csv", "history2016-26.csv"),  # 2016 to 2026, and no financial year
        ("tool_2024-11.csv", "tool_2025-02.csv"),  # a month
    ],
)
def test_of_several_releases_of_a_file_the_newest_by_its_name_is_read(tmp_path, older, newest):
    (tmp_path / older).write_text(CSV)
    (tmp_path / newest).write_text(CSV + "2022,Here,3\n")
    assert files.read_release(tmp_path, f"{newest[:4]}*.csv").name == newest
    assert files.read_release(tmp_path, f"{newest} | {older}").name == newest
    (tmp_path / newest).unlink()
    assert files.read_release(tmp_path, f"{newest} | {older}").name == older


def test_missing_empty_and_ambiguous_files_are_named(tmp_path):
    (tmp_path / "b1_new.csv").write_text(CSV)
    (tmp_path / "b1_newer.csv").write_text(CSV + "2022,Here,3\n")
    (tmp_path / "empty.csv").write_text(" \n")
    with pytest.raises(
        DataError, match=r"c1_\*\.csv: not among the official files.*get it from https://example.org"
    ):
        files.read_release(tmp_path, "c1_*.csv", "https://example.org")
    with pytest.raises(
        DataError, match=r"2 different official files fit \(b1_new\.csv, b1_newer.csv\); keep one"
    ):
        files.read_release(tmp_path, "b1_*.csv")
    with pytest.raises(DataError, match=r"empty\.csv: is empty"):
        files.read_release(tmp_path, "empty.csv")


def test_a_cut_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("c1.csv", CSV)
    content = (tmp_path / "whole.zip").read_bytes()
    (tmp_path / "whole.zip").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"whole\.zip: is no whole zip archive"):
        files.read_release(tmp_path, "c1.csv")


def parquet(frame: pd.DataFrame) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(frame), sink)
    return sink.getvalue().to_pybytes()


def test_parquet_is_read_as_text_and_a_cut_one_is_refused():
    frame = pd.DataFrame(
        {"Short Desc": ["A", "B", "A"], "Values": ["1", "-", None], "LA Number": [301.0, 302.0, None]}
    )
    content = parquet(frame)
    table = files.read_parquet(OfficialFile("made.parquet", content), "Short Desc", ["A"], ["Values"])
    assert table.index.tolist() == [1, 3]
    assert table["LA Number"].tolist() == ["301", ""] and table["Values"].tolist() == ["1", ""]
    with pytest.raises(DataError, match=r"made\.parquet: is no whole Parquet file"):
        files.read_parquet(OfficialFile("made.parquet", content[:-40]), "Short Desc", ["A"])
    with pytest.raises(DataError, match="has no column 'Value'; did you mean 'Values'"):
        files.read_parquet(OfficialFile("made.parquet", content), "Short Desc", ["A"], ["Value"])


def test_a_cut_spreadsheet_is_refused():
    with pytest.raises(DataError, match=r"made\.ods: is no whole ODS or XLSX file"):
        files.read_sheet(OfficialFile("made.ods", b"PK\3\4 cut"), "E-code")


# ---------------------------------------------------------------------------------------- tables of drift
def test_columns_cover_each_indicator_of_each_publication_and_no_other():
    listed = {
        (entry.source, entry.indicator)
        for name in publications.publications()
        for entry in layouts.columns(name)
    }
    listed |= {("section_251", name) for name in section_251.lines()["indicator"]}
    # Earlier releases hold indicators of the publication whose releases they are.
    listed = {(source.removesuffix("_vintages"), name) for source, name in listed}
    assert listed == {(entry.source, name) for name, entry in dictionary().items() if entry.source}


def test_every_pattern_of_the_columns_is_a_file_of_its_publication():
    for name, publication in publications.publications().items():
        read = {entry for file in publication.files for entry in layouts.columns_of(name, file)}
        assert read == set(layouts.columns(name))


def test_every_publication_of_the_dictionary_is_described():
    assert all(published_by(entry.source) for entry in dictionary().values() if entry.source)
    named = {entry.source for entry in dictionary().values() if entry.source}
    assert named <= set(publications.publications())


def test_a_filter_value_that_is_gone_is_named_with_the_nearest():
    entry = layouts.Column(
        "made", "made.csv", "rate", (("la_name", "Theer"),), "turnover_percent", 2000, 9999
    )
    table = files.read_csv(made(CSV))
    with pytest.raises(DataError, match=r"made\.csv: column 'la_name' has no 'Theer'; did you mean 'There'"):
        layouts.long_figures(
            table, [entry], "made.csv", lambda rows, _: (rows["la_name"], rows["time_period"].astype(int))
        )


# ------------------------------------------------------------------------------------------------- prices
def prices(text: str) -> pd.DataFrame:
    file = made(text, "cpi.csv")
    return prices_table(Release(publications.publications()["prices"], {"cpi.csv": file}))


def test_prices_are_read_from_the_publishers_own_layout():
    text = '"Title","CPI ANNUAL RATE"\n"Unit","%"\n"2023","7.3"\n"2024","2.5"\n"2024 Q1","3.5"\n'
    assert prices(text).to_numpy().tolist() == [["2023", "7.3"], ["2024", "2.5"]]


def test_bad_prices():
    with pytest.raises(DataError, match=r"cpi\.csv row 1: column 'cpi_annual_rate_percent': \['high'\]"):
        prices("2023,high\n")
    with pytest.raises(DataError, match="no row names a year"):
        prices("year,rate\n")
    with pytest.raises(DataError, match="appears twice"):
        prices("2023,1\n2023,1\n")
    with pytest.raises(DataError, match="no row of 2023; prices of the years around it"):
        prices("2022,9.1\n2024,2.5\n")


# -------------------------------------------------------------------------------------------- section 251
def test_a_total_that_is_not_the_sum_of_its_lines_is_refused():
    rows = section_251.lines().query("year == '2013' and indicator == 'young_people_gbp'")
    cells = "".join(f"938,{line},{pounds}\n" for line, pounds in [(27, "1,000"), (28, "500"), (29, "1,600")])
    with pytest.raises(
        DataError, match="authority 938: column 'TotalExpenditure': line 29 is 100 pounds off"
    ):
        section_251._figures_of_release(
            made("LA,LineNumber,TotalExpenditure\n" + cells.replace("1,", "1")), rows
        )


# ------------------------------------------------------------------------------------------------ neighbours
def neighbours(closeness: str, numbers: list[str]) -> pd.DataFrame:
    """A table in which the ten that follow in the list are each one's neighbours."""
    names = [name for rank in range(1, 11) for name in (f"SN_{rank}", f"SN_{rank}P")]
    rows = [["old_la_code", *names]]
    for place, number in enumerate(numbers):
        others = [numbers[(place + step) % len(numbers)] for step in range(1, 11)]
        rows.append([number, *(cell for other in others for cell in (other, closeness))])
    text = "\n".join(",".join(row) for row in rows) + "\n"
    release = Release(publications.publications()["statistical_neighbours"], {"sn.csv": made(text, "sn.csv")})
    return neighbours_table(release)


def numbers_of_today() -> list[str]:
    return areas.authorities().query("last_year == ''")["la_number"].tolist()


def test_neighbours_stand_on_the_latest_codes():
    nearest = neighbours("Close ", numbers_of_today())
    assert len(nearest) == 1530 and "E08000038" in set(nearest["neighbour_code"])
    assert set(nearest["closeness"]) == {"Close"} and nearest["rank"].max() == 10


def test_bad_neighbours():
    with pytest.raises(DataError, match=r"sn\.csv row 1: 'Clos' is no word of closeness; did you"):
        neighbours("Clos", numbers_of_today())
    with pytest.raises(DataError, match=r"sn\.csv: no row of 'West Sussex'; is the file whole"):
        neighbours("Close", [number for number in numbers_of_today() if number != "938"])
    with pytest.raises(DataError, match=r"sn\.csv row 153: column 'old_la_code': '999' is no authority"):
        neighbours("Close", [number.replace("885", "999") for number in numbers_of_today()])


def test_the_interactive_tool_has_a_place_under_the_code_of_the_year_alone():
    """Dorset began anew in April 2019: of its two numbers, which both stand in every year, one holds in each September."""
    rows = [
        (number, year, value) for year in ("2018", "2019") for number, value in (("835", "70"), ("838", "71"))
    ]
    frame = pd.DataFrame(rows, columns=["LA Number", "Years", "Values"]).assign(
        **{"Short Desc": "Social_Work_Caseholders_%"}
    )
    file = OfficialFile("bds_long_2025.parquet", parquet(frame))
    entries = [
        entry for entry in layouts.columns_of("interactive_tool", file.name) if entry.indicator == SEPTEMBER
    ]
    figures = interactive_tool.figures_of(file, tuple(entries))
    assert figures[["authority_code", "year", "value"]].to_numpy().tolist() == [
        ["E10000009", 2018, "70"],
        ["E06000059", 2019, "71"],
    ]
