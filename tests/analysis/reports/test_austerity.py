"""Spend per child in the prices of one year, and figures that meet an inspection: by hand, on a few rows."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.cleaning.at_inspection import figures_at_inspection, newest_before
from analysis.data.cleaning.spending import (
    change_since,
    national_spending,
    per_child_of_returns,
    real_spending,
)
from analysis.data.cleaning.years import end_of_period
from analysis.data.panel import store
from analysis.errors import DataError, RequestError
from analysis.estimators.grades.judgements import (
    decile,
    fit_judgements,
    judged_inspections,
    with_year_effects,
)
from analysis.estimators.grades.spend import prevention_within_between
from analysis.reports.austerity.changes import mean_change, outstanding_among_deepest_cuts
from analysis.reports.austerity.context import with_context
from analysis.reports.austerity.study import england_per_child

RATES = pd.Series(
    {2010: 0.0, 2011: 10.0, 2012: 10.0}
)  # index 1, 1.1, 1.21 for financial years 2011, 2012, 2013


def figures(*rows):
    return pd.DataFrame(rows, columns=["authority_code", "year", "indicator", "value"])


MONEY = figures(
    ("A", 2011, "children_services_gbp", 1000.0),
    ("A", 2012, "children_services_gbp", 1100.0),
    ("A", 2013, "children_services_gbp", 605.0),
    ("A", 2012, "child_population_children", 10.0),
    ("B", 2011, "children_services_gbp", 500.0),
    ("B", 2013, "family_support_gbp", 100.0),
    ("B", 2013, "young_people_gbp", 50.0),
    ("B", 2013, "early_years_gbp", 25.0),
    ("B", 2012, "family_support_gbp", 100.0),
)


def test_money_of_each_year_is_put_into_the_prices_of_one():
    spending = real_spending(MONEY, RATES, 2013).set_index(["authority_code", "year"])
    # £1,000 of 2010-11 buys what £1,210 do in 2012-13, two years of 10% later.
    assert spending.loc[("A", 2011), "children_services_gbp"] == pytest.approx(1210)
    assert spending.loc[("A", 2012), "children_services_gbp"] == pytest.approx(1210)
    assert spending.loc[("A", 2013), "children_services_gbp"] == pytest.approx(605)


def test_prevention_is_the_sum_of_its_lines_only_where_all_are_returned():
    spending = real_spending(MONEY, RATES, 2013).set_index(["authority_code", "year"])
    assert spending.loc[("B", 2013), "prevention_gbp"] == pytest.approx(175)
    assert pd.isna(spending.loc[("B", 2012), "prevention_gbp"])


def test_the_change_is_of_spend_per_child_and_children_before_2012_are_those_of_2012():
    changed = change_since(real_spending(MONEY, RATES, 2013), "children_services_gbp", 2011)
    changed = changed.set_index(["authority_code", "year"])
    assert changed.loc[("A", 2011), "per_child_gbp"] == pytest.approx(121)
    assert changed.loc[("A", 2013), "change_percent"] == pytest.approx(-50)
    assert pd.isna(changed.loc[("B", 2011), "change_percent"])  # no children counted


def test_england_is_a_sum_only_where_nearly_all_returned_the_line():
    national = national_spending(real_spending(MONEY, RATES, 2013))
    assert national.loc[2011, "children_services_gbp"] == pytest.approx(1.21 * 1500)
    assert pd.isna(national.loc[2013, "children_services_gbp"])  # one of two authorities


def test_children_of_authorities_without_a_return_are_not_divided_by():
    """England has 100 children, 40 of them in A, which made no return: £600 are £10 for each of the other 60."""
    own = pd.DataFrame(
        [
            ("A", 2020, "child_population_children", 40.0, ""),
            ("B", 2020, "child_population_children", 60.0, ""),
            ("A", 2021, "children_services_gbp", float("nan"), "-"),
            ("B", 2021, "children_services_gbp", 600.0, ""),
        ],
        columns=["authority_code", "year", "indicator", "value", "marker"],
    )
    areas = [(code, year) for code in ("E92000001", "E12000001", "E12000002") for year in (2020, 2021)]
    national = pd.DataFrame(areas, columns=["authority_code", "year"]).assign(
        child_population_children=[100.0, 100.0, 50.0, 50.0, 50.0, 50.0],
        children_services_real_gbp_per_child=[5.0, 6.0, 5.0, 2.0, 5.0, 6.0],
    )
    told = per_child_of_returns(national, own, pd.Series({"A": "E12000001", "B": "E12000002"}))
    spend = told.set_index(["authority_code", "year"])["children_services_real_gbp_per_child"]
    assert spend["E92000001", 2021] == pytest.approx(10.0)
    assert spend["E12000001", 2021] == pytest.approx(2.0 * 50 / 10)
    assert spend["E12000002", 2021] == 6.0 and spend["E92000001", 2020] == 5.0


def test_all_reports_give_england_the_same_spend_per_child():
    series = store.load_panel().series
    panel = series[
        series["area"].eq("England") & series["indicator"].eq("children_services_real_gbp_per_child")
    ]
    own = england_per_child(store.load_spending(), 2021)["children_services_gbp"]
    shared = panel.set_index("year")["value"].reindex(own.index)
    assert len(shared.dropna()) >= 5
    assert own.to_dict() == pytest.approx(shared.to_dict(), rel=1e-9)


def test_prices_that_are_not_there_are_refused():
    with pytest.raises(RequestError, match="price_year 2030: prices reach from 2011 to 2013"):
        real_spending(MONEY, RATES, 2030)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2019-03-31", 10.0),  # the year to 31 March isn't over on its last day
        ("2019-04-01", 20.0),
        ("2020-12-01", 30.0),
        ("2022-05-01", 30.0),  # 2022 and 2021 are missing: two years back is the oldest taken
        ("2023-05-01", None),
    ],
)
def test_an_inspection_meets_the_newest_figure_counted_before_it(day, expected):
    values = pd.Series(
        [10.0, 20.0, 30.0], index=pd.MultiIndex.from_tuples([("A", 2018), ("A", 2019), ("A", 2020)])
    )
    newest = newest_before(
        values, pd.Series(["A"]), pd.Series([day]), "children_services_gbp", oldest_years=2
    )
    assert (None if pd.isna(newest[0]) else newest[0]) == expected


def test_years_end_on_the_day_that_their_publications_say():
    assert end_of_period("turnover_percent") == (9, 30)
    assert end_of_period("children_services_gbp") == (3, 31)
    with pytest.raises(RequestError, match="of one release"):
        end_of_period("deprivation_score")


REPORTS = pd.DataFrame(
    {
        "report": ["one", "two", "three"],
        "authority_code": ["A", "A", "B"],
        "inspection_start": ["2019-02-25", "", "2022-11-01"],
        "published": ["2019-05-08", "2021-01-10", "2022-12-20"],
        "overall": ["inadequate", "good", "none"],
    }
)
PANEL = pd.DataFrame(
    {
        "authority_code": ["A", "A", "A", "B"],
        "year": [2016, 2018, 2020, 2022],
        "turnover_percent": [50.0, 11.0, 12.0, 13.0],
        "deprivation_score": [20.0, 20.0, 20.0, 40.0],
    }
)


def test_figures_stand_beside_inspections_by_day_and_fixed_ones_always():
    at_inspection = figures_at_inspection(REPORTS, PANEL, ["turnover_percent", "deprivation_score"])
    assert at_inspection["turnover_percent"].tolist() == [11.0, 12.0, 13.0]
    assert at_inspection["deprivation_score"].tolist() == [20.0, 20.0, 40.0]


def test_workforce_figures_of_the_earlier_definition_are_never_taken():
    early = REPORTS.head(1).assign(inspection_start="2017-02-01")
    assert figures_at_inspection(early, PANEL, ["turnover_percent"], 2)["turnover_percent"].isna().all()


def test_an_inspection_without_any_day_is_named():
    with pytest.raises(DataError, match="report one: neither begun nor published"):
        figures_at_inspection(REPORTS.assign(inspection_start="", published=""), PANEL, ["turnover_percent"])


def test_only_graded_inspections_are_judged():
    rows = judged_inspections(REPORTS, PANEL, ["turnover_percent"])
    assert rows[["report", "good", "worse"]].to_numpy().tolist() == [["one", 0, 3], ["two", 1, 1]]


def test_years_with_few_inspections_share_an_effect():
    frame = pd.DataFrame({"year": [2014] * 12 + [2015] * 4 + [2016] * 7 + [2017] * 3})
    dummied, names = with_year_effects(frame)
    # 2015 joins 2016; 2017, after which there is none, joins it too; 2014 is the one without an indicator.
    assert len(names) == 1
    assert dummied[names[0]].sum() == 14


def test_deciles_are_of_authorities():
    values = pd.Series([1.0, 55.0, 100.0, None])
    assert decile(values, pd.Series(range(1, 101), dtype=float)).tolist()[:3] == [1.0, 6.0, 10.0]


def test_a_model_of_grades_finds_a_known_truth():
    import numpy as np

    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"panel_code": np.repeat(np.arange(150), 4), "year": np.tile([2014, 2016, 2018, 2020], 150)}
    )
    frame["spend"] = rng.normal(size=600)
    latent = 0.8 * frame["spend"] + np.repeat(rng.normal(size=150), 4) + rng.logistic(size=600)
    frame["good"] = (latent > 0).astype(int)
    term = fit_judgements(frame, ("spend",), "simulated").fitted.term("spend")
    assert abs(term.log_odds - 0.8) < 3 * term.standard_error
    assert term.standard_error < 0.2


def test_the_share_outstanding_among_the_deepest_cuts_is_counted():
    rows = pd.DataFrame(
        {
            "change_percent": range(30),
            "grade": ["outstanding"] * 2 + ["good"] * 28,
            "panel_code": [str(number % 15) for number in range(30)],
        }
    )
    share = outstanding_among_deepest_cuts(rows)
    assert (share.estimate, share.n_observations) == (20.0, 10)
    # Wilson (1927) for 2 of 10: 5.67% to 50.98%.
    assert (share.conf_low, share.conf_high) == pytest.approx((5.67, 50.98), abs=0.01)


def test_the_mean_change_is_that_of_clusters_in_standard_deviations_of_the_first_year():
    panel = pd.DataFrame(
        {
            "authority_code": list("ABC") * 2,
            "cluster": ["A", "B", "B"] * 2,
            "year": [2017] * 3 + [2025] * 3,
            "caseload_cases_per_fte": [10.0, 20.0, 30.0, 15.0, 22.0, 36.0],
        }
    )
    change = mean_change(panel, "caseload_cases_per_fte", "change")
    # Changes 5, and 2 and 6 averaged to 4, over a standard deviation of 10.
    assert change.estimate == pytest.approx(0.45)
    assert change.n_clusters == 2
    with pytest.raises(DataError, match="fewer than two"):
        mean_change(panel[panel["cluster"] == "A"], "caseload_cases_per_fte", "change")


def planted_inspections(rng, n_authorities=120, each=4):
    """Inspections of authorities whose residents' pay drives both what they spend on prevention and their grades."""
    pay = np.repeat(rng.normal(0, 1, n_authorities), each)
    n = len(pay)
    prevention = pay + rng.normal(0, 0.5, n)
    good = rng.random(n) < 1 / (1 + np.exp(-1.5 * pay))
    return pd.DataFrame(
        {
            "panel_code": np.repeat(np.arange(n_authorities), each),
            "year": np.tile(np.arange(2016, 2016 + each), n_authorities),
            "good": good.astype(int),
            "prevention": prevention,
            "safeguarding": rng.normal(0, 1, n),
            "deprivation_decile": rng.integers(1, 11, n),
            "claimants_percent": rng.normal(5, 1, n),
            "median_pay_gbp_per_week": 500 + 50 * pay,
            # Seats of one inspection in eight aren't known.
            "labour_seats_percent": np.where(np.arange(n) % 8, rng.uniform(0, 60, n), np.nan),
            "conservative_seats_percent": rng.uniform(0, 60, n),
        }
    )


def test_an_association_that_is_the_local_economys_goes_with_it_held_constant():
    inspections = planted_inspections(np.random.default_rng(5))
    economy, same, both = with_context(inspections, pd.DataFrame(), "unused", ())
    assert (economy.name, same.name, both.name) == ("economy", "same-years", "economy-and-council")
    as_asked = prevention_within_between(inspections).fitted.term("prevention_between")
    assert as_asked.conf_low > 2
    for held in (economy, both):
        odds = held.split.fitted.term("prevention_between")
        assert odds.conf_low < 1 < odds.conf_high
    # What seats change is told against the same rows without them.
    assert economy.split.fitted.n_observations == 480
    assert same.split.fitted.n_observations == both.split.fitted.n_observations == 420
    assert same.split.fitted.term("prevention_between").conf_low > 2 and same.held == ()
