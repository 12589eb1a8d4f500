"""How far figures reach, and what follows: last years of indicators, the panel's years, and the prices that words name."""

import json

import pytest

from analysis.data.definitions import reach
from analysis.data.definitions.indicators import indicator, latest_year
from analysis.errors import DataError, RequestError
from analysis.paths import HOME_VARIABLE


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose data package says what is given."""
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))

    def holds(**years):
        entries = [
            {"name": name, "bytes": 1, "hash": f"sha256:{'0' * 64}", "years": spans}
            for name, spans in years.items()
        ]
        (raw / "datapackage.json").write_text(json.dumps({"resources": entries}))

    return holds


def test_nothing_in_place_reaches_no_further_than_its_definition(project):
    assert indicator("turnover_percent").years == (2015, 2015)
    assert indicator("children_services_real_gbp").unit_label == "£, constant prices"
    with pytest.raises(DataError, match="records no prices"):
        reach.real_price_year()


def test_years_and_prices_follow_the_tables_as_soon_as_they_change(project):
    project(
        social_work_workforce={"turnover_percent": [2015, 2026], "starters_fte": [2015, 2026],
                               "social_workers_fte": [2015, 2025]},
        children_in_need={"children_in_need_episodes": [2013, 2024]},
        child_population={"child_population_children": [2012, 2025]},
        prices={"cpi_annual_rate_percent": [2008, 2025]},
    )  # fmt: skip
    assert indicator("turnover_percent").years == (2015, 2026) and latest_year("turnover_percent") == 2026
    assert latest_year("turnover_percent", 2020) == 2020
    assert reach.panel_years() == (2010, 2026) and reach.panel_years(2016, 2020) == (2016, 2020)
    # What is computed ends with the input that ends first; a denominator of the year before reaches a year further.
    assert indicator("starters_percent").years == (2015, 2025)
    assert indicator("children_in_need_per_10k").years == (2010, 2024)
    spend = indicator("children_services_real_gbp_per_child")
    assert spend.unit_label == "£ per child, 2025-26 prices" and spend.definition.endswith(
        "in 2025-26 prices"
    )
    project(prices={"cpi_annual_rate_percent": [2008, 2023]})
    assert indicator("children_services_real_gbp_per_child").unit_label == "£ per child, 2023-24 prices"
    assert indicator("turnover_percent").years == (2015, 2015)


def test_a_damaged_data_package_is_told_in_one_line(project, tmp_path):
    project(prices={"cpi_annual_rate_percent": ["2008", 2023]})
    with pytest.raises(DataError, match=r"is damaged .*; restore it from git") as told:
        indicator("turnover_percent")
    assert "\n" not in str(told.value)


def test_an_indicator_that_isnt_defined_has_no_latest_year():
    with pytest.raises(RequestError, match="did you mean 'turnover_percent'"):
        latest_year("turnovr_percent")
