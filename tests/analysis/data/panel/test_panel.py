"""The panel of the figures in git, against what was published."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.definitions.indicators import dictionary
from analysis.data.panel import store
from analysis.data.panel.panel import PanelParameters, build_panel
from analysis.errors import DataError
from analysis.paths import current_project

WEST_SUSSEX, ENGLAND = "E10000032", "E92000001"
WORKFORCE = [
    "turnover_percent",
    "vacancy_percent",
    "agency_percent",
    "absence_percent",
    "caseload_cases_per_fte",
]


@pytest.fixture(scope="module")
def panel():
    return store.compute(current_project())


@pytest.fixture(scope="module")
def authorities(panel):
    return panel.authorities


def values(frame, code, name, first, last):
    rows = frame[(frame["authority_code"] == code) & frame["year"].between(first, last)]
    return rows.set_index("year")[name].tolist()


def test_it_is_keyed_by_authority_and_year_and_typed(authorities):
    assert not authorities.duplicated(["authority_code", "year"]).any()
    assert set(authorities["year"]) == set(range(2010, 2026))
    numbers = authorities.drop(columns=["authority_code", "authority", "region_code", "region", "cluster"])
    assert not any(
        pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind) for kind in numbers.dtypes
    )
    assert authorities[["authority", "region", "cluster"]].notna().all().all()


def test_every_year_has_150_to_154_authorities(authorities):
    assert authorities.groupby("year").size().between(150, 154).all()


@pytest.mark.parametrize("name", WORKFORCE)
def test_workforce_is_present_for_98_percent_of_authority_years(authorities, name):
    assert authorities.loc[authorities["year"].between(2016, 2025), name].notna().mean() >= 0.98


def test_west_sussex_turnover_is_as_published(authorities):
    published = [13.8, 16.3, 10.0, 9.7, 14.7, 16.1, 15.5, 9.3, 9.5]
    assert values(authorities, WEST_SUSSEX, "turnover_percent", 2017, 2025) == published


def test_englands_caseload_is_as_published(panel):
    series = panel.series[
        (panel.series["authority_code"] == ENGLAND) & (panel.series["indicator"] == WORKFORCE[-1])
    ]
    by_year = series.set_index("year")["value"]
    assert by_year[2017] == 17.7 and by_year[2025] == 15.2


def test_rates_computed_here_agree_with_those_that_the_publisher_rounds(authorities):
    # The tool prints looked-after children per 10,000; counts over population give it back within rounding.
    rate = (
        10_000
        * authorities["looked_after_children"]
        / authorities.groupby("authority_code")["child_population_children"].shift(1)
    )
    recent = authorities["year"].between(2022, 2025) & ~authorities["very_small"]
    difference = (rate - authorities["looked_after_per_10k"])[recent].dropna().abs()
    assert len(difference) > 550
    assert difference.quantile(0.95) < 1.0


def test_englands_referral_rate_is_as_published(panel):
    # Children in need 2025, England: 632,830 referrals; 12,183,016 children on 30 June 2024: 519.4 per 10,000.
    series = panel.series.set_index(["indicator", "authority_code", "year"])["value"]
    assert series["referrals_per_10k", ENGLAND, 2025] == pytest.approx(519.4, abs=0.05)


def test_no_withheld_figure_became_a_number(panel):
    keys = ["authority_code", "year", "indicator"]
    long = panel.authorities.melt(
        ["authority_code", "year"], panel.withheld["indicator"].unique(), "indicator", "value"
    )
    joined = panel.withheld.merge(long, on=keys, how="left")
    assert len(joined) == len(panel.withheld) > 1000
    assert joined["value"].isna().all()


def test_plans_of_two_years_are_withheld_in_a_third_of_authority_years(authorities):
    # Few children: 705 of 1,976 authority rows of the release of 2013 to 2025 carry the marker c.
    since = authorities[authorities["year"] >= 2013]
    assert since["plans_open_two_years_percent"].isna().mean() == pytest.approx(705 / 1976, abs=0.02)


def test_coverage_adds_up(panel):
    coverage = panel.coverage
    assert (coverage["n_present"] + coverage["n_withheld"] <= coverage["n_authorities"]).all()
    row = coverage[(coverage["indicator"] == "turnover_percent") & (coverage["year"] == 2017)].iloc[0]
    # 151 returns, one of them for two authorities; three of no leavers at all are mended to missing.
    assert (row["n_present"], row["n_withheld"]) == (149, 3)


@pytest.mark.parametrize("year, n_present", [(2020, 1), (2024, 2)])
def test_northamptonshire_is_one_before_2021_and_two_after(authorities, year, n_present):
    rows = authorities[
        (authorities["year"] == year) & authorities["authority"].str.contains("Northamptonshire")
    ]
    assert rows["plans_open_plans"].notna().sum() == n_present


def test_constant_areas_run_through_boundary_changes():
    project = current_project()
    constant = store.compute(project, PanelParameters(boundaries="constant areas")).authorities
    area = constant[constant["authority_code"] == "E06000063+E06000064"].set_index("year")
    as_published = store.compute(project).authorities.set_index(["authority_code", "year"])[
        "plans_open_plans"
    ]
    assert area.loc[2023, "plans_open_plans"] == as_published["E10000006", 2023]
    assert (
        area.loc[2024, "plans_open_plans"]
        == as_published["E06000063", 2024] + as_published["E06000064", 2024]
    )
    assert constant.groupby("year").size().nunique() == 1


def test_prices_with_a_gap_are_refused(panel):
    project = current_project()
    with pytest.raises(DataError, match="no rate for 2015"):
        build_panel(store.figures_of_all(project), pd.Series({2014: 1.5, 2016: 0.7}))


def test_a_year_with_too_few_authorities_is_refused_by_name(authorities):
    few = authorities[~((authorities["year"] == 2020) & authorities["authority_code"].str.startswith("E09"))]
    with pytest.raises(DataError, match=r"2020"):
        store.check_panel(few)


def test_a_value_out_of_range_is_refused_by_row_column_and_value(authorities):
    row = authorities.index[(authorities["authority_code"] == WEST_SUSSEX) & (authorities["year"] == 2020)][0]
    broken = authorities.assign(
        turnover_percent=authorities["turnover_percent"].mask(authorities.index == row, 970.0)
    )
    with pytest.raises(DataError, match=r"E10000032.*2020.*turnover_percent.*970"):
        store.check_panel(broken)


def test_a_repeated_key_is_refused(authorities):
    with pytest.raises(DataError, match=r"panel\.parquet"):
        store.check_panel(pd.concat([authorities, authorities.iloc[:1]], ignore_index=True))


def test_money_is_in_one_years_prices(authorities):
    # England's prices rose 2.7, 2.5, 1.8, 0.9, 2.6, 9.1, 7.3 and 2.5 per cent from 2017 to 2024 (ONS, D7G7).
    rise = np.prod([1.027, 1.025, 1.018, 1.009, 1.026, 1.091, 1.073, 1.025])
    row = authorities[(authorities["authority_code"] == WEST_SUSSEX) & (authorities["year"] == 2017)].iloc[0]
    # £113,140,611 in 2016-17 (section 251 outturn, gross)
    assert row["children_services_real_gbp"] == pytest.approx(113_140_611 * rise, rel=1e-9)


@pytest.mark.parametrize(
    ("year", "counted", "three_or_more", "percent"),
    [(2019, 74220, 20140, 27), (2020, 77110, 20580, 27), (2024, 83300, 22140, 27)],
)
def test_england_s_changes_of_worker_are_those_of_both_collectors(
    panel, year, counted, three_or_more, percent
):
    """The totals that the two publications print for England, rounded as they are."""
    england = panel.series[(panel.series["authority_code"] == ENGLAND) & (panel.series["year"] == year)]
    values = england.set_index("indicator")["value"]
    assert values["counted_for_social_workers_children"] == counted
    assert values["three_or_more_social_workers_children"] == three_or_more
    assert values["three_or_more_social_workers_percent"] == percent


PRINTED = {
    # what each census of 2010 to 2012 prints for England
    "children_in_need_per_10k": (341, 346.2, None),
    "referrals_per_10k": (548, 556.8, 533.5),
    "plans_per_10k": (36, 38.7, 37.8),
    "initial_assessments_in_10_days_percent": (76, 77.2, None),
    "core_assessments_in_35_days_percent": (78, 75, None),
    "conferences_in_15_days_percent": (66, 69.2, None),
    "plans_ceased_two_years_percent": (6, 6, 5.6),
    "reviews_on_time_percent": (97, 97.1, 96.7),
    "repeat_plans_percent": (13, 13.3, 14),
    "rereferrals_percent": (None, 25.6, 26.1),
    "cases_open_two_years_percent": (None, 34.5, 34.7),
    "cases_open_three_months_percent": (None, 22, 22.4),
    "plans_open_two_years_percent": (None, None, 3.6),
    "conferences_median_working_days": (None, None, 13),
}


@pytest.mark.parametrize("name", PRINTED)
def test_england_before_2013_is_what_each_census_printed(panel, name):
    """Computed from rounded totals: to within half of the last digit printed, and what rounding leaves."""
    series = panel.series[panel.series["authority_code"] == ENGLAND].set_index(["indicator", "year"])["value"]
    for year, printed in zip((2010, 2011, 2012), PRINTED[name], strict=True):
        if printed is not None:
            rounding = 0.55 if float(printed).is_integer() else 0.15
            assert series[name, year] == pytest.approx(printed, abs=rounding + 1e-9), year


AGREEING = {
    "assessments_in_45_days_percent": 1226,
    "conferences_in_15_days_percent": 1300,
    "reviews_on_time_percent": 1335,
    "plans_ceased_two_years_percent": 1070,
    "cases_open_two_years_percent": 1360,
    "cases_open_three_months_percent": 1350,
}


@pytest.mark.parametrize("name", AGREEING)
def test_counts_give_the_percentages_of_another_publication(authorities, name):
    """Of 2016 on the interactive tool publishes the percentage, the census the counts behind it; one figure differs."""
    of = dictionary()[name].counts
    rows = authorities[authorities["year"].between(2016, 2024) & ~authorities["very_small"]]
    computed = 100 * rows[of.numerator] / rows[list(of.denominator)].sum(axis=1, skipna=False)
    gap = (computed - rows[name]).abs().dropna()
    assert len(gap) >= 0.97 * AGREEING[name]
    assert (gap < 0.051).mean() > 0.99
    assert (gap > 0.6).sum() <= 1  # Southampton in 2016: 62.5 from counts, 61.8 in the tool


def test_a_rate_is_filled_from_its_counts_in_its_years_alone(authorities):
    name = "conferences_in_15_days_percent"
    of = dictionary()[name].counts
    computed = 100 * authorities[of.numerator] / authorities[of.denominator[0]]
    early = authorities["year"].between(2010, 2015)
    assert authorities.loc[early, name].equals(computed[early].rename(name))
    tool_only = authorities[name].notna() & computed.isna()
    assert set(authorities.loc[tool_only, "year"]) <= set(range(2016, 2026))
