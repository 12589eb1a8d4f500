"""Years at risk of a downgrade: hand-made histories, and hazards of a planted truth."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, RequestError
from analysis.estimators.grades.downgrades import downgrade_hazard, downgrade_periods

CODES = ("E08000001", "E08000002", "E08000003", "E08000004")


def reports_of(*inspections):
    """Reports of (authority number, first day, overall judgement)."""
    rows = [
        {
            "report": f"r{place}",
            "authority_code": CODES[number],
            "published": day,
            "inspection_start": day,
            "inspection_end": day,
            "overall": grade,
        }
        for place, (number, day, grade) in enumerate(inspections)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def panel():
    years = range(2014, 2026)
    rows = [
        {
            "authority_code": code,
            "year": year,
            "turnover_percent": 10.0 + place + year % 5,
            "deprivation_score": place,
        }
        for place, code in enumerate(CODES)
        for year in years
    ]
    return pd.DataFrame(rows)


def test_a_history_is_cut_into_years_that_begin_after_the_census(panel):
    """Good in May 2018, worse in November 2020 and inadequate in October 2022: at risk until then."""
    reports = reports_of(
        (0, "2018-05-14", "good"),
        (0, "2020-11-02", "requires improvement"),
        (0, "2022-10-03", "inadequate"),
        (1, "2024-06-01", "good"),
    )
    periods = downgrade_periods(reports, panel, ["turnover_percent"]).query("panel_code == 'E08000001'")
    assert periods["year"].tolist() == [2018, 2019, 2020, 2021, 2022]
    assert periods["downgraded"].tolist() == [0, 0, 1, 0, 1] == periods["inspected"].tolist()
    assert periods["held"].tolist() == ["good"] * 3 + ["requires improvement"] * 2
    assert periods["waited_years"].tolist() == [
        1,
        1,
        2,
        1,
        1,
    ]  # none, 1, 2, none and 1 whole years, at least one
    assert periods["turnover_percent"].tolist() == [10.0 + year % 5 for year in range(2018, 2023)]


def test_a_better_judgement_is_an_inspection_and_no_event_and_earlier_definitions_stay_out(panel):
    reports = reports_of(
        (1, "2014-02-03", "requires improvement"), (1, "2017-03-06", "good"), (1, "2019-09-30", "good"),
        (2, "2020-01-13", "good"),
    )  # fmt: skip
    periods = downgrade_periods(reports, panel, ["turnover_percent"]).query("panel_code == 'E08000002'")
    assert not periods["downgraded"].any()
    assert periods.set_index("year")["inspected"].to_dict() == {
        2014: 0, 2015: 0, 2016: 1, 2017: 0, 2018: 1, 2019: 0,
    }  # fmt: skip
    assert periods.set_index("year")["turnover_percent"].isna().to_dict() == {
        2014: True, 2015: True, 2016: True, 2017: False, 2018: False, 2019: False,
    }  # fmt: skip


def simulated(seed, slope, n=150):
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([range(n), range(2017, 2026)], names=["panel_code", "year"]).to_frame(
        index=False
    )
    level = rng.normal(size=n)[rows["panel_code"]]
    rows["figure"] = 10 + 3 * level + 2 * rng.normal(size=len(rows)) + rows["year"] % 4
    rows["deprivation_decile"] = rows["panel_code"] % 10 + 1
    rows["held"] = rng.choice(["good", "outstanding", "requires improvement"], len(rows))
    rows["waited_years"] = rng.integers(1, 5, len(rows))
    own = rows["figure"] - rows.groupby("year")["figure"].transform("mean")
    hazard = 0.05 * np.exp(slope * own)
    rows["downgraded"] = (rng.random(len(rows)) < 1 - np.exp(-hazard)).astype(int)
    rows["inspected"] = np.maximum(rows["downgraded"], rng.random(len(rows)) < 0.2).astype(int)
    return rows


def test_the_planted_hazard_ratio_is_found_and_its_interval_covers_it():
    hazards = [downgrade_hazard(simulated(seed, 0.1), "figure") for seed in range(20)]
    assert np.mean([np.log(hazard.estimate) for hazard in hazards]) == pytest.approx(0.1, abs=0.02)
    held = [hazard.conf_low <= np.exp(0.1) <= hazard.conf_high for hazard in hazards]
    assert np.mean(held) >= 0.8
    first_hazard = hazards[0]
    assert (
        first_hazard.n_periods == 1350
        and first_hazard.n_authorities == 150
        and (first_hazard.first_year, first_hazard.last_year) == (2017, 2025)
    )
    assert first_hazard.n_events == simulated(0, 0.1)["downgraded"].sum()


def test_among_inspections_it_is_the_odds_of_a_worse_judgement():
    periods = simulated(1, 0.15)
    hazard = downgrade_hazard(periods, "figure", given_inspection=True)
    assert hazard.n_periods == periods["inspected"].sum() and hazard.excludes(1)


def test_what_has_no_hazard_is_said(panel):
    periods = simulated(2, 0.0)
    with pytest.raises(DataError, match="0 downgrades; a hazard needs 10"):
        downgrade_hazard(periods.assign(downgraded=0), "figure")
    with pytest.raises(DataError, match="the same value in all authorities"):
        downgrade_hazard(periods.assign(figure=periods["year"].astype(float)), "figure")
    with pytest.raises(RequestError, match="unknown figure 'figur'; did you mean 'figure'"):
        downgrade_hazard(periods, "figur")
    with pytest.raises(RequestError, match="unknown column"):
        downgrade_periods(reports_of((0, "2018-05-14", "good")), panel, ["turnover"])
