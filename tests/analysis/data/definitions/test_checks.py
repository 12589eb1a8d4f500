import numpy as np
import pandas as pd
import pytest

from analysis.data.definitions import checks
from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.errors import DataError

TURNOVER, POPULATION = "turnover_percent", "child_population_children"


def figures(*rows):
    return pd.DataFrame(rows, columns=["authority_code", "year", "indicator", "value", "marker"])


def year_of(year, indicator, value, n_authorities=150):
    codes = [f"E060{number:05d}" for number in range(n_authorities)]
    return [(code, year, indicator, value, "") for code in codes]


def test_a_sound_table_passes_every_check():
    frame = figures(("E10000032", 2019, TURNOVER, 10.0, ""), ("E10000032", 2020, TURNOVER, np.nan, "x"))
    checks.check_keys(frame, ["authority_code", "year", "indicator"], "made.csv")
    checks.check_types(frame, "made.csv")
    checks.check_years(frame, "made.csv")
    checks.check_ranges(frame, "made.csv")


def test_a_repeated_key_is_named_with_its_row_and_value():
    frame = figures(("E10000032", 2019, TURNOVER, 1, ""), ("E10000032", 2019, TURNOVER, 2, ""))
    frame = frame.assign(file="official.csv", row=[4, 9])
    with pytest.raises(
        DataError, match=r"official.csv row 9.*appears twice: authority_code 'E10000032', year '2019'"
    ):
        checks.check_keys(frame, ["authority_code", "year"], "made.csv")


def test_an_empty_key_and_a_missing_column_are_named():
    frame = figures(("", 2019, TURNOVER, 1, ""))
    with pytest.raises(DataError, match="column 'authority_code' is empty"):
        checks.check_keys(frame, ["authority_code"], "made.csv")
    with pytest.raises(DataError, match="has no column 'years'; did you mean 'year'"):
        checks.check_keys(frame, ["years"], "made.csv")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            ("E10000032", 2019, "turnover_percnt", 1.0, ""),
            "unknown indicator 'turnover_percnt'; did you mean 'turnover_",
        ),
        (("W06000001", 2019, TURNOVER, 1.0, ""), "'W06000001' is no ONS code"),
        (("E10000032", 2019, TURNOVER, np.nan, ""), "a row holds either a value or a marker"),
        (("E10000032", 2019, TURNOVER, 3.0, "c"), "a row holds either a value or a marker"),
    ],
)
def test_types(row, words):
    with pytest.raises(DataError, match=words):
        checks.check_types(figures(row), "made.csv")


@pytest.mark.parametrize("value", [-0.1, 100.1])
def test_a_value_out_of_range_is_named_in_tidy_and_in_wide_frames(value):
    tidy = figures(("E10000032", 2019, TURNOVER, 1.0, ""), ("E10000032", 2020, TURNOVER, value, ""))
    with pytest.raises(
        DataError, match=rf"made.csv: E10000032 2020 {TURNOVER}.*{value:g} lies outside 0 to 100 %"
    ):
        checks.check_ranges(tidy, "made.csv")
    wide = pd.DataFrame(
        {"authority_code": ["E10000032"] * 2, "year": [2019, 2020], TURNOVER: [1.0, value], "other": 999}
    )
    with pytest.raises(DataError, match=f"panel: E10000032 2020: column '{TURNOVER}': {value:g}"):
        checks.check_ranges(wide, "panel")


def test_a_year_before_the_definition_and_one_that_stands_apart_are_refused_and_the_next_is_taken():
    def of(*years):
        return figures(*(("E10000032", year, TURNOVER, 1.0, "") for year in years))

    with pytest.raises(
        DataError, match="2014 lies before 2015, the 'first_year' of turnover_percent in indic"
    ):
        checks.check_years(of(2014, 2015), "made.csv")
    with pytest.raises(
        DataError, match=r"2031 comes after 2026, with no year between; .* `plan-drift ingest --gap`"
    ):
        checks.check_years(of(2025, 2026, 2031), "made.csv")
    checks.check_years(of(2025, 2026, 2031), "made.csv", gap=True)
    checks.check_years(of(2015, 2017, 2025, 2026, 2027), "made.csv")


def test_coverage_wants_the_indicator_and_the_authorities():
    whole = figures(*year_of(2024, POPULATION, 80_000))
    checks.check_coverage(whole, [POPULATION], "made.csv")
    with pytest.raises(DataError, match=f"no row of '{TURNOVER}'"):
        checks.check_coverage(whole, [TURNOVER], "made.csv")
    with pytest.raises(DataError, match="100 authorities, at least 140 expected"):
        checks.check_coverage(whole.iloc[:100], [POPULATION], "made.csv")


def test_coverage_may_not_fall_behind_the_last_release():
    whole = figures(*year_of(2024, POPULATION, 80_000))
    checks.check_coverage(whole.iloc[:148], [POPULATION], "made.csv", last_release=whole)
    with pytest.raises(DataError, match="145 authorities, at least 147 expected"):
        checks.check_coverage(whole.iloc[:145], [POPULATION], "made.csv", last_release=whole)


def england(*levels, first=2018, indicator=POPULATION):
    return figures(*((ENGLAND_CODE, first + n, indicator, level, "") for n, level in enumerate(levels)))


def test_magnitude_compares_with_the_year_before_and_with_the_last_release():
    checks.check_magnitude(england(100.0, 190.0, 96.0), "made.csv")
    with pytest.raises(
        DataError, match="2019: column 'value': 210 in England against 100 in the year before"
    ):
        checks.check_magnitude(england(100.0, 210.0), "made.csv")
    with pytest.raises(DataError, match="100 in England against 1000 in the last release"):
        checks.check_magnitude(england(100.0), "made.csv", last_release=england(1000.0))


def test_magnitude_sums_authorities_where_england_is_not_published():
    rows = [*year_of(2023, POPULATION, 10.0, 3), *year_of(2024, POPULATION, 25.0, 3)]
    with pytest.raises(DataError, match="75 in England against 30"):
        checks.check_magnitude(figures(*rows), "made.csv")


def test_magnitude_allows_a_break_that_the_dictionary_gives():
    checks.check_magnitude(england(86.0, 40.0, first=2020, indicator="dental_checks_percent"), "made.csv")
