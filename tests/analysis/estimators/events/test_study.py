"""Event studies: another library, a direct computation, simulated truths under staggered timing, degenerate input."""

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm

from analysis.errors import DataError, RequestError
from analysis.estimators.events.specification import EventStudySpecification
from analysis.estimators.events.study import _Fitted, event_study

pytestmark = pytest.mark.filterwarnings("ignore")  # of the second library

FIRST, LAST = 2010, 2021
NAMES = {"entity": "unit", "time": "year", "cluster": "group"}


def simulated(seed=0, n_never=80, starts=(2014, 2016, 2018), n_each=10, effect=lambda start, h: 1.0, noise=1.0,
              drift=0.0):  # fmt: skip
    """Units with their own levels, years with theirs; ``drift`` a year is the treated units' own trend."""
    rng = np.random.default_rng(seed)
    begun = np.array([*np.repeat(starts, n_each), *[0] * n_never])
    rows = []
    for unit, start in enumerate(begun):
        level = rng.normal(0, 2)
        for year in range(FIRST, LAST + 1):
            value = level + 0.3 * (year - FIRST) + rng.normal(0, noise) + drift * (year - FIRST) * (start > 0)
            value += effect(start, year - start) if start and year >= start else 0.0
            rows.append((f"u{unit:03}", year, f"g{unit:03}", value, start))
    frame = pd.DataFrame(rows, columns=["unit", "year", "group", "y", "start"])
    events = (
        frame.loc[frame["start"] > 0, ["unit", "start"]].drop_duplicates().rename(columns={"start": "year"})
    )
    return frame, events.assign(is_asked=True)


def studied(frame, events, **changes):
    return event_study(frame, events, EventStudySpecification("y", **NAMES, **changes))


def by_year(event_years):
    return {event_year.year: event_year.effect.estimate for event_year in event_years if event_year.effect}


def test_one_cohort_gives_the_local_projections_of_pyfixest():
    frame, events = simulated(1, starts=(2015,))
    ours = by_year(studied(frame, events).years)
    theirs = pyfixest.lpdid(
        frame.copy(), "y", "unit", "year", "start", {"CRV1": "unit"}, 4, 5, att=False
    ).tidy()
    for event_year, value in ours.items():
        assert value == pytest.approx(
            float(theirs.loc[f"time_to_treatment::{event_year}", "Estimate"]), rel=1e-8
        )


def test_cohorts_come_near_the_sun_and_abraham_estimates_of_pyfixest():
    frame, events = simulated(2, effect=lambda start, h: (start - 2012) * 0.5 + h, n_each=15)
    ours = by_year(studied(frame, events).years)
    theirs = pyfixest.event_study(frame, "y", "unit", "year", "start", estimator="saturated").aggregate()
    for event_year in (0, 1, 2, 3):
        assert ours[event_year] == pytest.approx(float(theirs.loc[event_year, "Estimate"]), abs=0.35)


def test_an_estimate_is_the_mean_of_events_changes_less_their_controls():
    frame, events = simulated(3)
    wide = frame.pivot(index="unit", columns="year", values="y")
    start = frame.drop_duplicates("unit").set_index("unit")["start"]
    changes = []
    for unit, year in events[["unit", "year"]].itertuples(index=False):
        change = wide[year + 2] - wide[year - 1]
        changes.append(change[unit] - change[(start == 0) | (start > year + 2)].mean())
    assert by_year(studied(frame, events).years)[2] == pytest.approx(np.mean(changes), rel=1e-9)


def test_the_imputed_average_is_what_effects_of_untreated_years_leave_by_dummies_in_statsmodels():
    """Events of 2011 have one year before, which their own effects would take up: they are left out."""
    frame, events = simulated(12, starts=(FIRST + 1, 2014, 2017), n_never=20)
    kept = frame[frame["start"] != FIRST + 1]
    dummies = pd.get_dummies(kept[["unit", "year"]], columns=["unit", "year"], dtype=float)
    untreated = ((kept["start"] == 0) | (kept["year"] < kept["start"])).to_numpy()
    effects = sm.OLS(kept["y"][untreated], dummies[untreated]).fit(method="pinv").params
    left = kept["y"] - dummies @ effects
    expected = np.mean(
        [left[(kept["start"] > 0) & (kept["year"] - kept["start"] == h)].mean() for h in (1, 2, 3)]
    )
    assert studied(frame, events).imputed_average.estimate == pytest.approx(expected, rel=1e-6)


def test_the_imputed_average_and_its_error_are_those_of_did2s():
    frame, events = simulated(14, starts=(2014, 2016, 2019), effect=lambda start, h: 0.5 * h)
    frame["group"] = "g" + (frame["unit"].str[1:].astype(int) // 2).astype(str)
    table = frame.assign(is_after=(frame["start"] > 0) & (frame["year"] >= frame["start"]))
    since = np.where(frame["start"] > 0, np.minimum(frame["year"] - frame["start"], 6), -1)
    names = [f"at_{h}" for h in range(7)]
    theirs = pyfixest.did2s(
        table.assign(**{name: (since == h).astype(float) for h, name in enumerate(names)}),
        yname="y", first_stage="~ C(year) | unit", second_stage="~ " + " + ".join(names), treatment="is_after",
        cluster="group",
    )  # fmt: skip
    averaged = np.isin(theirs._coefnames, ["at_1", "at_2", "at_3"]) / 3
    ours = studied(frame, events).imputed_average
    assert ours.estimate == pytest.approx(averaged @ theirs.coef().to_numpy(), rel=1e-8)
    assert ours.standard_error == pytest.approx(np.sqrt(averaged @ theirs._vcov @ averaged), rel=1e-8)


def test_nothing_is_imputed_where_every_unit_has_had_its_event_in_a_year():
    estimated = studied(*simulated(1, n_never=0, starts=(2014, 2018), n_each=12))
    assert estimated.imputed_average is None and estimated.average.estimate == pytest.approx(1, abs=0.7)


GROWTH = {2012: 2.0, 2015: 1.0, 2018: 0.0}
"""What the effect grows by a year, by the year of the event: the setting in which the plain regression goes wrong."""


def test_effects_that_differ_mislead_the_plain_regression_and_not_this_one():
    frame, events = simulated(4, n_never=5, starts=tuple(GROWTH), n_each=25, noise=0.2,
                              effect=lambda start, h: GROWTH[start] * h)  # fmt: skip
    study = studied(frame, events, post_years=3)
    truth = np.mean([growth * h for growth in GROWTH.values() for h in (1, 2, 3)])
    assert study.average.estimate == pytest.approx(truth, abs=0.1)
    assert study.imputed_average.estimate == pytest.approx(truth, abs=0.1)
    assert study.plain_average.estimate < 0  # it even has the sign wrong


def test_intervals_cover_and_the_test_of_the_years_before_keeps_its_size():
    studies = [studied(*simulated(seed, n_never=40)) for seed in range(20)]
    held = [study.average.conf_low <= 1 <= study.average.conf_high for study in studies]
    rejected = [study.pre_trend_p_value < 0.05 for study in studies]
    assert np.mean(held) >= 0.8 and np.mean(rejected) <= 0.15  # within three Monte Carlo errors of 95% and 5%


def test_a_trend_before_the_event_is_found_and_a_step_is_none():
    assert studied(*simulated(5, drift=0.5)).pre_trend_p_value < 0.001
    assert studied(*simulated(6, effect=lambda start, h: 5.0)).pre_trend_p_value > 0.01


def test_counts_say_what_an_estimate_rests_on():
    frame, events = simulated(7, n_never=20)
    early = pd.DataFrame({"unit": ["u045", "u046"], "year": [FIRST - 3, FIRST], "is_asked": True})
    study = studied(frame, pd.concat([events, early]))
    assert (study.n_events, study.n_already, study.n_controls) == (
        30,
        2,
        18 + 20,
    )  # later events are controls first
    assert (
        study.n_controls_later == study.n_controls_counted == 20
    )  # two cohorts of ten; the other 18 never have an event
    assert {event_year.year: event_year.n_events for event_year in study.years}[
        4
    ] == 20  # the last ten events have no year so late
    assert study.n_observations == (50 - 2) * (LAST - FIRST + 1)


def test_the_smallest_change_that_would_be_found_is_found_four_times_in_five():
    """In the normal law 0.975 and 0.8 lie at 1.96 and 0.84 standard errors; Student's with 109 degrees is a little wider."""
    study = studied(*simulated(9))
    assert study.n_clusters == 110
    assert study.minimum_detectable / study.average.standard_error == pytest.approx(1.982 + 0.845, abs=0.002)
    assert study.as_dict()["minimum_detectable"] == study.minimum_detectable


def test_events_that_repeat_are_compared_with_units_clean_of_any():
    frame, events = simulated(8, n_never=60, effect=lambda start, h: 2.0 if h <= 1 else 0.0)
    again = events.assign(year=events["year"] + 3)
    spoiled = pd.DataFrame({"unit": [f"u{k:03}" for k in range(30, 50)], "year": 2015, "is_asked": False})
    frame.loc[frame["unit"].isin(spoiled["unit"]) & (frame["year"] >= 2015), "y"] += 50
    study = studied(frame, pd.concat([events, again, spoiled]), pre_years=2, post_years=1, averaged=(0, 1),
                    clean_years=2)  # fmt: skip
    assert study.n_events == 60 and study.plain is None and study.imputed_average is None
    assert by_year(study.years)[0] == pytest.approx(1.0, abs=0.5)  # first +2, second event does nothing


def test_a_comparison_with_few_controls_is_left_out():
    frame, events = simulated(11, n_never=4, starts=(2014, 2018))
    n_events = {event_year.year: event_year.n_events for event_year in studied(frame, events).years}
    assert n_events[0] == 10 and n_events[5] == 0  # after 2018 only the four never touched are left
    assert {
        event_year.year: event_year.n_events for event_year in studied(frame, events, fewest_controls=4).years
    }[0] == 20


def test_order_of_rows_changes_nothing():
    frame, events = simulated(9)
    first = studied(frame, events)
    second = studied(frame.sample(frac=1, random_state=1), events.sample(frac=1, random_state=2))
    assert first.as_dict() == second.as_dict()


def test_what_cannot_be_answered_is_said():
    frame, events = simulated(10, n_never=10, n_each=3)
    with pytest.raises(DataError, match="no event has a figure"):
        studied(frame, events.assign(is_asked=False))
    with pytest.raises(DataError, match="no figures"):
        studied(frame.assign(y=np.nan), events)
    with pytest.raises(DataError, match="event years 1 to 3"):
        studied(frame[frame["year"] <= 2018], events[events["year"] == 2018])
    with pytest.raises(DataError, match="two are needed"):
        studied(frame.assign(group="one"), events)
    with pytest.raises(RequestError, match="unknown column 'yy'"):
        event_study(frame, events, EventStudySpecification("yy", **NAMES))
    with pytest.raises(RequestError, match="isn't within"):
        EventStudySpecification("y", averaged=(1, 9))


def test_the_years_before_show_a_drift_and_nothing_where_there_is_none():
    drifting = studied(*simulated(5, starts=(2016,), n_each=20, noise=0.2, drift=1.0)).before
    # Years −4, −3 and −2 lie 3, 2 and 1 years before the base: a drift of one a year puts them at −2 on average.
    assert drifting.estimate == pytest.approx(-2, abs=0.15)
    assert drifting.conf_high < 0
    still = studied(*simulated(5, noise=0.2)).before
    assert still.conf_low < 0 < still.conf_high


def test_the_joint_test_of_two_years_has_the_closed_form_of_f_with_two_degrees():
    """The chance of an F of two and d degrees above x is (1 + 2x/d)^(−d/2); here x is (2² + 1²)/2 and d 19."""
    fitted = _Fitted(["at_minus_3", "at_minus_2", "at_0"], np.array([2.0, 1.0, 9.0]), np.eye(3), 20, 0.95)
    p_value = fitted.joint_p_value(["at_minus_3", "at_minus_2"])
    assert p_value == pytest.approx((1 + 2 * 2.5 / 19) ** (-19 / 2))
    assert fitted.joint_p_value([]) is None
