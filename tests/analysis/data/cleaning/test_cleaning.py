"""Cleaning: boundary changes, joint returns, alignment of years, rates and prices, each on made-up figures."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.cleaning import (
    at_inspection,
    corrections,
    rates,
    tables,
    years,
)
from analysis.data.cleaning import (
    boundary_changes as authorities,
)
from analysis.data.cleaning import (
    lasting_areas as areas,
)
from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.definitions.authorities import codes_in
from analysis.data.definitions.indicators import Formula, dictionary
from analysis.errors import DataError, RequestError

CENSUS = "children_in_need"


def figures(*rows, source=CENSUS):
    """Figures from (code, year, indicator, value[, marker])."""
    columns = ["authority_code", "year", "indicator", "value", "marker"]
    padded = [(*row, "")[:5] for row in rows]
    return pd.DataFrame(padded, columns=columns).astype({"value": "float64"}).assign(source=source)


def value_of(frame, code, year, indicator):
    row = frame[
        (frame["authority_code"] == code) & (frame["year"] == year) & (frame["indicator"] == indicator)
    ]
    assert len(row) <= 1, "one key, one figure"
    return row["value"].iloc[0] if len(row) else None


def changes(*rows):
    return pd.DataFrame(rows, columns=["predecessor_code", "successor_code", "share"]).assign(
        first_day="2019-04-01"
    )


class TestBoundaryChanges:
    def test_a_recoded_authority_stands_under_its_newest_code_in_every_year(self):
        # North Yorkshire and Barnsley kept their boundary when their codes changed (2023, 2025).
        given = figures(
            ("E10000023", 2020, "plans_open_plans", 300), ("E08000016", 2024, "plans_open_plans", 250)
        )
        codes = set(authorities.use_newest_codes(given, tables.authority_changes())["authority_code"])
        assert codes == {"E06000065", "E08000038"}

    def test_codes_changed_twice_are_followed_to_the_end(self):
        table = changes(("A", "B", "whole"), ("B", "C", "whole"))
        assert authorities.newest_code(table) == {"A": "C", "B": "C"}

    @pytest.mark.parametrize("code", ["E06000028", "E06000029", "E10000009", "E10000021", "E10000006"])
    def test_divided_and_merged_authorities_keep_their_own_code(self, code):
        assert code not in authorities.newest_code(tables.authority_changes())

    def test_a_merger_of_whole_authorities_sums_counts_and_leaves_rates(self):
        given = figures(
            ("A", 2018, "plans_open_plans", 30), ("B", 2018, "plans_open_plans", 12),
            ("A", 2018, "repeat_plans_percent", 20.0), ("B", 2018, "repeat_plans_percent", 10.0),
        )  # fmt: skip
        merged = authorities.add_mergers(given, changes(("A", "N", "whole"), ("B", "N", "whole")))
        assert value_of(merged, "N", 2018, "plans_open_plans") == 42
        assert value_of(merged, "N", 2018, "repeat_plans_percent") is None

    def test_a_merger_with_one_withheld_count_is_missing_not_partial(self):
        given = figures(
            ("A", 2018, "plans_open_plans", 30), ("B", 2018, "plans_open_plans", float("nan"), "c")
        )
        merged = authorities.add_mergers(given, changes(("A", "N", "whole"), ("B", "N", "whole")))
        assert value_of(merged, "N", 2018, "plans_open_plans") is None

    def test_bournemouth_christchurch_and_poole_is_not_invented_before_2019(self):
        given = figures(
            ("E06000028", 2018, "plans_open_plans", 100), ("E06000029", 2018, "plans_open_plans", 80)
        )
        merged = authorities.add_mergers(given, tables.authority_changes())
        assert value_of(merged, "E06000058", 2018, "plans_open_plans") is None

    def test_constant_areas_sum_both_sides_of_a_change_and_compute_the_rate(self):
        given = figures(
            ("E10000006", 2023, "plans_open_plans", 400), ("E10000006", 2023, "plans_open_two_years_plans", 20),
            ("E06000063", 2024, "plans_open_plans", 150), ("E06000064", 2024, "plans_open_plans", 250),
            ("E06000063", 2024, "plans_open_two_years_plans", 6), ("E06000064", 2024, "plans_open_two_years_plans", 10),
        )  # fmt: skip
        constant = areas.to_constant_areas(given, tables.authority_changes(), tables.joint_returns())
        area = "E06000063+E06000064"
        assert value_of(constant, area, 2023, "plans_open_two_years_percent") == pytest.approx(5.0)
        assert value_of(constant, area, 2024, "plans_open_two_years_percent") == pytest.approx(4.0)
        assert set(constant["authority_code"]) == {area}

    def test_constant_areas_leave_out_what_one_member_withholds(self):
        given = figures(
            ("E06000063", 2024, "plans_open_plans", 150), ("E06000064", 2024, "plans_open_plans", None, "c")
        )
        constant = areas.to_constant_areas(given, tables.authority_changes(), tables.joint_returns())
        assert constant.empty

    def test_constant_areas_have_no_rate_where_a_part_of_its_denominator_is_missing(self):
        # 10 vacancies and 90 workers are 10%; 10 vacancies alone would be a hundred per cent, which nobody published.
        table = changes(("A", "N", "whole"), ("B", "N", "whole"), ("C", "M", "whole"), ("D", "M", "whole"))
        given = figures(
            *((code, 2018, "vacancies_fte", 5) for code in "ABCD"),
            *((code, 2018, "social_workers_fte", 45) for code in "AB"),
            source="social_work_workforce",
        )
        constant = areas.to_constant_areas(
            given, table, pd.DataFrame({"published_code": [], "member_codes": []})
        )
        assert value_of(constant, "N", 2018, "vacancy_percent") == pytest.approx(10)
        assert value_of(constant, "M", 2018, "vacancies_fte") == 10
        assert value_of(constant, "M", 2018, "vacancy_percent") is None


class TestJointReturns:
    def test_a_rate_holds_for_each_member_and_a_count_for_none(self):
        given = figures(
            ("E09000021+E09000027", 2020, "turnover_percent", 15.7),
            ("E09000021+E09000027", 2020, "leavers_fte", 22.8),
            source="social_work_workforce",
        )
        expanded = authorities.expand_joint_returns(given, tables.joint_returns())
        for code in ("E09000021", "E09000027"):
            assert value_of(expanded, code, 2020, "turnover_percent") == 15.7
            count = expanded[(expanded["authority_code"] == code) & (expanded["indicator"] == "leavers_fte")]
            assert count["value"].isna().all() and list(count["marker"]) == ["joint"]

    def test_in_2016_kingston_stands_for_richmond_too(self):
        given = figures(
            ("E09000021", 2016, "turnover_percent", 17.4), ("E09000027", 2016, "turnover_percent", None, "."),
            source="social_work_workforce",
        )  # fmt: skip
        expanded = authorities.expand_joint_returns(given, tables.joint_returns())
        assert value_of(expanded, "E09000027", 2016, "turnover_percent") == 17.4

    def test_other_publications_of_the_same_authority_are_left_alone(self):
        given = figures(("E09000021", 2016, "repeat_plans_percent", 12.0))
        pd.testing.assert_frame_equal(authorities.expand_joint_returns(given, tables.joint_returns()), given)

    def test_joint_returns_and_successors_share_a_cluster(self):
        codes = pd.Series(["E09000021", "E09000027", "E06000061", "E10000021", "E10000032"])
        clusters = authorities.clusters(codes, tables.authority_changes(), tables.joint_returns()).tolist()
        assert clusters[0] == clusters[1] and clusters[2] == clusters[3]
        assert len(set(clusters)) == 3

    def test_all_members_of_a_joint_return_share_the_cluster_of_the_smallest_code(self):
        none = pd.DataFrame({"predecessor_code": [], "successor_code": []})
        returns = pd.DataFrame({"member_codes": ["E3+E2+E5", "E7+E6"]})
        codes = pd.Series(["E5", "E2", "E3", "E4", "E6", "E7"])
        clusters = authorities.clusters(codes, none, returns).tolist()
        assert clusters == ["E2", "E2", "E2", "E4", "E6", "E6"]


class TestAtInspection:
    def test_the_newest_figure_that_was_counted_before_the_inspection_is_met(self):
        values = pd.Series(
            [14.0, 15.0, 16.0, 17.0], pd.MultiIndex.from_product([["E1"], [2014, 2015, 2016, 2017]])
        )
        days = pd.Series(["2017-09-30", "2017-10-01", "2019-10-01", "2020-10-01"])
        codes = pd.Series(["E1"] * 4)
        # Workforce of 30 September 2017 is counted before 1 October of that year, and not before 30 September.
        at_once = at_inspection.newest_before(values, codes, days, "turnover_percent")
        assert at_once.tolist()[:2] == [16, 17] and at_once[2:].isna().all()
        up_to_two = at_inspection.newest_before(values, codes, days, "turnover_percent", oldest_years=2)
        assert up_to_two.tolist()[:3] == [16, 17, 17] and up_to_two[3:].isna().all()


class TestCorrections:
    table = pd.DataFrame(
        [(CENSUS, "E1", 2020, "plans_open_plans", "7", "", "70", "", "a digit was lost")],
        columns=[
            "source", "authority_code", "year", "indicator", "published_value", "published_marker", "value", "marker",
            "reason",
        ],
    )  # fmt: skip

    def test_an_error_of_the_source_is_mended(self):
        mended = corrections.correct(figures(("E1", 2020, "plans_open_plans", 7)), self.table)
        assert value_of(mended, "E1", 2020, "plans_open_plans") == 70

    def test_a_correction_that_the_publisher_has_overtaken_is_refused_by_name(self):
        with pytest.raises(DataError, match=r"E1, 2020, plans_open_plans.*now has '71.0'"):
            corrections.correct(figures(("E1", 2020, "plans_open_plans", 71)), self.table)

    def test_a_figure_that_became_withheld_is_noticed(self):
        with pytest.raises(DataError, match="E1, 2020"):
            corrections.correct(figures(("E1", 2020, "plans_open_plans", None, "c")), self.table)

    def test_a_marker_that_the_publisher_changed_is_noticed(self):
        withheld = self.table.assign(published_value="", published_marker="c")
        mended = corrections.correct(figures(("E1", 2020, "plans_open_plans", None, "c")), withheld)
        assert value_of(mended, "E1", 2020, "plans_open_plans") == 70
        with pytest.raises(DataError, match=r"E1, 2020, plans_open_plans.*'x', not 'c'"):
            corrections.correct(figures(("E1", 2020, "plans_open_plans", None, "x")), withheld)


class TestYears:
    @pytest.mark.parametrize(
        "column, outcome, offset",
        [
            ("turnover_percent", "assessments_in_45_days_percent", 1),  # 30 September precedes 31 March
            ("plans_per_10k", "assessments_in_45_days_percent", 0),
            (
                "children_services_real_gbp_per_child",
                "turnover_percent",
                0,
            ),  # the year to March precedes September
            ("child_population_children", "plans_per_10k", 1),  # 30 June precedes 31 March
            ("deprivation_score", "plans_per_10k", 0),
            ("turnover_percent", "vacancy_percent", 0),
        ],
    )
    def test_an_outcome_meets_the_newest_figure_that_is_not_later(self, column, outcome, offset):
        assert years.label_offset_years(column, outcome) == offset

    def test_the_same_label_can_be_asked_for(self):
        assert years.label_offset_years("turnover_percent", "plans_per_10k", "same label") == 0

    def test_another_definition_stays_out_unless_asked_for(self):
        panel = pd.DataFrame({"authority_code": "E1", "year": [2016, 2017], "turnover_percent": [10.0, 11.0]})
        assert years.without_earlier_definitions(panel, "turnover_percent").isna().tolist() == [True, False]


class TestRates:
    # Consumer prices rose by 10% in 2023 and by 20% in 2024, in a world made for this test.
    prices = rates.price_index(pd.Series({2022: 5.0, 2023: 10.0, 2024: 20.0}))

    def test_money_of_a_financial_year_takes_the_prices_of_its_nine_months(self):
        # 2022-23 (named 2023) is in prices of 2022; 2024-25 prices are 1.1 × 1.2 of them.
        factors = rates.deflators(pd.Series([2023, 2024, 2025]), self.prices, 2025)
        assert factors.tolist() == pytest.approx([1.32, 1.2, 1.0])

    def test_a_year_without_prices_gives_a_missing_factor(self):
        assert rates.deflators(pd.Series([2021]), self.prices, 2025).isna().all()

    def test_a_gap_in_prices_is_refused(self):
        with pytest.raises(DataError, match="no rate for 2023"):
            rates.price_index(pd.Series({2022: 5.0, 2024: 20.0}))

    frame = pd.DataFrame(
        {
            "authority_code": "E1",
            "year": [2024, 2025],
            "children": [1000.0, 2000.0],
            "plans": [4.0, 6.0],
            "more": [1.0, float("nan")],
            "less": [2.0, 2.0],
        }
    )

    def apply(self, **formula):
        return rates.apply_formula(self.frame, Formula(**formula), self.prices).tolist()

    def test_a_ratio_takes_the_denominator_of_its_own_year_or_an_earlier_one(self):
        assert self.apply(operation="ratio", numerator="plans", denominator="children", scale=10000) == [
            40.0,
            30.0,
        ]
        lagged = self.apply(
            operation="ratio", numerator="plans", denominator="children", denominator_lag_years=1, scale=10000
        )
        assert pd.isna(lagged[0]) and lagged[1] == 60.0

    def test_parts_are_added_and_taken_away_and_a_missing_part_makes_it_missing(self):
        total = self.apply(
            operation="ratio", numerator="plans", plus=("more",), less=("less",), denominator="children"
        )
        assert total[0] == pytest.approx(0.003) and pd.isna(total[1])

    def test_a_zero_denominator_gives_missing_not_infinity(self):
        frame = self.frame.assign(children=0.0)
        assert (
            rates.apply_formula(frame, Formula("ratio", "plans", denominator="children"), self.prices)
            .isna()
            .all()
        )

    def test_real_money_per_child(self):
        real = self.apply(operation="real_per_child", numerator="plans", denominator="children")
        assert real == pytest.approx([4 * 1.2 / 1000, 6 / 2000])


DERIVED_BY_HAND = {
    # from 200 leavers, 300 starters, 2,000 in post …: each expected value worked out on paper
    "starters_percent": 15.0,
    "growth_percent": 5.0,
    "churn_percent": 25.0,
    "children_in_need_per_10k": 300.0,
    "referrals_per_10k": 500.0,
    "plans_per_10k": 40.0,
    "plans_started_per_10k": 50.0,
    "awaiting_assessment_per_10k": 10.0,
    "children_in_low_income_per_100_children": 25.0,
    "children_services_real_gbp_per_child": 1100.0,
    "looked_after_real_gbp_per_child": 550.0,
    "safeguarding_real_gbp_per_child": 220.0,
    "family_support_real_gbp_per_child": 110.0,
    "young_people_real_gbp_per_child": 55.0,
    "youth_justice_real_gbp_per_child": 22.0,
    "early_years_real_gbp_per_child": 44.0,
    "prevention_real_gbp_per_child": 209.0,
    "children_services_real_gbp": 110_000_000.0,
    "social_work_real_gbp_per_week": 165.0,
    "looked_after_real_gbp_per_week": 1100.0,
    "labour_seats_percent": 40.0,
    "conservative_seats_percent": 35.0,
}


INPUTS = {
    "social_workers_fte": 2000, "starters_fte": 300, "leavers_fte": 200, "children_in_need_episodes": 3000,
    "referrals_referrals": 5000, "plans_open_plans": 400, "plans_started_plans": 500,
    "awaiting_assessment_children": 100, "children_in_low_income_children": 25_000,
    "children_services_gbp": 100e6, "looked_after_gbp": 50e6, "safeguarding_gbp": 20e6, "family_support_gbp": 10e6,
    "young_people_gbp": 5e6, "youth_justice_gbp": 2e6, "early_years_gbp": 4e6, "social_work_gbp_per_week": 150,
    "looked_after_gbp_per_week": 1000, "initial_assessments_assessments": 800,
    "initial_assessments_in_10_days_assessments": 600, "core_assessments_assessments": 400,
    "core_assessments_in_35_days_assessments": 340, "council_seats": 60, "labour_seats": 24, "conservative_seats": 21,
}  # fmt: skip
ENDED_BY_HAND = {"initial_assessments_in_10_days_percent": 75.0, "core_assessments_in_35_days_percent": 85.0}
"""Rates whose counts are of 2010 to 2012 alone; the inputs here go on."""


@pytest.fixture(scope="module")
def derived_by_package():
    frame = pd.DataFrame({"authority_code": "E1", "year": [2023, 2024]}).assign(
        **{name: float(value) for name, value in INPUTS.items()}, child_population_children=[100_000.0, 50.0]
    )
    prices = pd.Series({2022: 0.0, 2023: 0.0, 2024: 10.0})  # prices rise once, by a tenth, to the base year
    return rates.add_derived(frame, prices).set_index("year").loc[2024]


def test_a_derived_indicator_begins_with_its_definition_and_goes_on_as_far_as_its_inputs():
    """Children in low income are defined from 2015 on, as the dictionary says; the inputs here reach further back."""
    frame = pd.DataFrame({"authority_code": "E1", "year": range(2012, 2026)}).assign(
        **{name: float(value) for name, value in INPUTS.items()}, child_population_children=100_000.0
    )
    made = rates.add_derived(frame, pd.Series(0.0, index=range(2007, 2026))).set_index("year")
    assert made.index[made["children_in_low_income_per_100_children"].notna()].tolist() == list(
        range(2015, 2026)
    )
    assert made.index[made["children_in_need_per_10k"].notna()].tolist() == list(range(2013, 2026))
    for name, expected in ENDED_BY_HAND.items():
        assert made[name].tolist() == pytest.approx([expected] * len(made))


def test_a_rate_that_is_not_published_is_filled_from_its_counts_within_its_years():
    """Conferences of 2010 to 2015, 30 of 40: a published figure stays, nobody at risk or another year is missing."""
    counted = {
        name: np.nan
        for entry in dictionary().values()
        if entry.counts and entry.counts.fills
        for name in (entry.id, entry.counts.numerator, *entry.counts.denominator)
    }
    frame = pd.DataFrame({"year": [2009, 2010, 2011, 2015, 2016]}).assign(**counted)
    frame["conferences_in_15_days_conferences"] = 30.0
    frame["conferences_conferences"] = [40.0, 40.0, 0.0, 40.0, 40.0]
    frame["conferences_in_15_days_percent"] = [np.nan, np.nan, np.nan, 74.0, np.nan]
    filled = rates.add_filled(frame)["conferences_in_15_days_percent"]
    assert filled.tolist() == pytest.approx([np.nan, 75.0, np.nan, 74.0, np.nan], nan_ok=True)


def test_every_derived_indicator_has_a_value_worked_out_by_hand():
    assert {*DERIVED_BY_HAND, *ENDED_BY_HAND} == {
        name for name, entry in dictionary().items() if entry.is_derived
    }


@pytest.mark.parametrize("name, expected", DERIVED_BY_HAND.items())
def test_derived_indicator(derived_by_package, name, expected):
    assert derived_by_package[name] == pytest.approx(expected)


@pytest.fixture
def small_panel():
    years_ = list(range(2016, 2021))
    return pd.concat(
        pd.DataFrame(
            {
                "authority_code": code, "authority": name, "region": "South East", "year": years_, "cluster": code,
                "very_small": code == "E06000053", "turnover_percent": [float(offset + y - 2016) for y in years_],
                "repeat_plans_percent": [100.0 + y for y in years_],
                "children_in_need_per_10k": [float(y) for y in years_],
            }
        )
        for offset, code, name in ((10, "E10000032", "West Sussex"), (50, "E06000053", "Isles of Scilly"))
    ).reset_index(drop=True)  # fmt: skip


class TestSample:
    parameters = SampleParameters("repeat_plans_percent", "turnover_percent", years=(2016, 2020))

    def test_an_outcome_to_march_meets_the_workforce_of_the_september_before(self, small_panel):
        sample = build_sample(small_panel, self.parameters).set_index("year")
        assert sample.loc[2019, "turnover_percent"] == 12.0  # of September 2018
        assert sample.loc[2019, "repeat_plans_percent"] == 2119.0

    def test_turnover_of_2016_is_another_definition(self, small_panel):
        assert pd.isna(
            build_sample(small_panel, self.parameters).set_index("year").loc[2017, "turnover_percent"]
        )
        asked = SampleParameters(
            "repeat_plans_percent", "turnover_percent", years=(2016, 2020), include_earlier_definitions=True
        )
        assert build_sample(small_panel, asked).set_index("year").loc[2017, "turnover_percent"] == 10.0

    def test_a_lead_takes_the_exposure_after_the_outcome(self, small_panel):
        lead = SampleParameters("repeat_plans_percent", "turnover_percent", lag_years=-1, years=(2016, 2020))
        assert build_sample(small_panel, lead).set_index("year").loc[2019, "turnover_percent"] == 13.0

    def test_controls_are_of_the_outcomes_year_however_long_the_exposures_lag_is(self, small_panel):
        rates = small_panel.assign(rereferrals_percent=100.0 + small_panel["year"] % 100)
        asked = SampleParameters(
            "repeat_plans_percent",
            "turnover_percent",
            ("rereferrals_percent",),
            lag_years=1,
            years=(2016, 2020),
        )
        row = build_sample(rates, asked).set_index("year").loc[2019]
        assert (row["turnover_percent"], row["rereferrals_percent"]) == (11.0, 119.0)

    def test_very_small_authorities_stay_out_unless_asked_for(self, small_panel):
        assert set(build_sample(small_panel, self.parameters)["authority"]) == {"West Sussex"}

    def test_authorities_are_found_by_name_or_code(self, small_panel):
        assert codes_in(("west sussex", "E06000053"), small_panel["authority_code"]) == (
            "E10000032",
            "E06000053",
        )

    def test_a_former_code_finds_the_authority_of_today(self, small_panel):
        renamed = small_panel.replace({"authority_code": {"E10000032": "E06000065"}})
        assert codes_in(("E10000023",), renamed["authority_code"]) == ("E06000065",)  # North Yorkshire

    def test_an_unknown_authority_is_refused_with_the_nearest(self, small_panel):
        with pytest.raises(RequestError, match=r"'West Susex'; did you mean 'West Sussex'"):
            codes_in(("West Susex",), small_panel["authority_code"])

    @pytest.mark.parametrize(
        "given, message",
        [
            ({"outcome": "repeat_plan_percent"}, "did you mean 'repeat_plans_percent'"),
            ({"exposure": "repeat_plans_percent"}, "more than once"),
            ({"years": (2020, 2017)}, "after the last"),
            ({"weights": "children"}, "unknown weights"),
            (
                {"weights": "number at risk", "outcome": "children_in_need_per_10k"},
                "number at risk isn't known of children_in_need_per_10k",
            ),
            ({"alignment": "label"}, "alignment"),
        ],
    )
    def test_a_bad_request_is_refused(self, small_panel, given, message):
        base = {"outcome": "repeat_plans_percent", "exposure": "turnover_percent"}
        with pytest.raises(RequestError, match=message):
            build_sample(small_panel, SampleParameters(**{**base, **given}))

    def test_rows_count_for_as_many_as_were_at_risk(self, small_panel):
        """Second plans are a share of plans started, of which there are 10, 20 … and none in the last year."""
        started = np.tile([10.0, 20.0, 30.0, 40.0, 0.0], len(small_panel) // 5)
        sample = SampleParameters("repeat_plans_percent", "turnover_percent", weights="number at risk")
        rows = build_sample(small_panel.assign(plans_started_plans=started), sample)
        assert rows.groupby("year")["weight"].first().to_dict() == {2016: 10, 2017: 20, 2018: 30, 2019: 40}

    def test_a_pair_that_never_meets_is_said(self, small_panel):
        with pytest.raises(DataError, match="no authority has both"):
            build_sample(
                small_panel, SampleParameters("repeat_plans_percent", "turnover_percent", years=(2016, 2016))
            )
