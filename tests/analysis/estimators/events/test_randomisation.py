"""Redrawn events: enumeration by hand, the estimates of event studies, size under no effect, power, degenerate input."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, RequestError
from analysis.estimators.events.family import event_family
from analysis.estimators.events.randomisation import _Table, event_randomisation
from analysis.estimators.events.specification import EventStudySpecification
from analysis.estimators.events.study import event_study

NAMES = {"entity": "unit", "time": "year", "cluster": "unit"}
FIRST, LAST = 2010, 2018


def simulated(seed, effect=0.0, n_units=40, starts=(2013, 2013, 2013, 2014, 2015, 2015), swing=1.0):
    """Units that walk at random, two outcomes that go together; ``swing`` multiplies the noise of units with events."""
    rng = np.random.default_rng(seed)
    begun = np.array([*starts, *[9999] * (n_units - len(starts))])
    years = np.arange(FIRST, LAST + 1)
    scale = np.where(begun < 9999, swing, 1.0)[:, None]
    common = np.cumsum(rng.normal(0, 1, (n_units, len(years))), axis=1) * scale
    after = effect * (years >= begun[:, None])
    frame = pd.DataFrame({
        "unit": np.repeat([f"u{k:02}" for k in range(n_units)], len(years)),
        "year": np.tile(years, n_units),
        "a": (common + after).ravel(),
        "b": (common + after + rng.normal(0, 1, common.shape) * scale).ravel(),
    })  # fmt: skip
    events = pd.DataFrame(
        {"unit": [f"u{k:02}" for k in range(len(starts))], "year": starts, "is_asked": True}
    )
    return frame, events


def asked(outcome, **changes):
    return EventStudySpecification(outcome, pre_years=2, post_years=3, **NAMES, **changes)


def redrawn(frame, events, outcomes=("a", "b"), n_draws=99, seed=1, **changes):
    return event_randomisation(
        frame, events, [asked(outcome, **changes) for outcome in outcomes], n_draws, seed
    )


def test_one_event_is_as_rare_as_its_units_change_is_among_all_units_changes():
    """With one event the statistic is the unit's change less the others' mean, which orders units by distance from all."""
    frame, events = simulated(5, n_units=12, starts=(2014,))
    wide = frame.pivot(index="unit", columns="year", values="a")
    change = wide[2015] - wide[2013]
    distance = (change - change.mean()).abs()
    share = (distance >= distance["u00"] * (1 - 1e-9)).mean()
    test = redrawn(frame, events, ("a",), 4000, averaged=(1, 1))
    assert 0.2 < share < 0.9  # neither end, so that a mistake would show
    assert test.p_values[0] == pytest.approx(share, abs=0.03)
    possible = np.sort((change * 12 / 11 - change.mean() * 12 / 11).to_numpy())
    assert np.abs(test.draws[:, :1] - possible).min(axis=1).max() < 1e-9
    assert (test.n_events, test.n_candidates, test.n_draws) == (1, 12, 4000)


def test_what_was_found_is_the_average_of_the_event_study_missing_figures_and_all():
    frame, events = simulated(2, effect=1.0)
    rng = np.random.default_rng(0)
    frame.loc[rng.random(len(frame)) < 0.1, "b"] = np.nan
    test = redrawn(frame, events)
    family = event_family(frame, events, [asked("a"), asked("b")])
    averages = [event_study(frame, events, asked(name)).average for name in ("a", "b")]
    assert test.estimates == pytest.approx([average.estimate for average in averages], rel=1e-9)
    pooled = np.mean([average.estimate / sd for average, sd in zip(averages, family.within_sds, strict=True)])
    assert test.pooled_estimate == pytest.approx(pooled, rel=1e-9)
    # The error by which averages are studentised is that of the event study but for its factor for small samples.
    table = _Table.of(frame, events, asked("b"))
    starts = table.over(table.wide.index).starts.to_numpy()
    _, influence = table.over(table.wide.index).averages(starts[None, :])
    ratio = averages[1].standard_error / np.sqrt((influence**2).sum())
    assert 1 < ratio < 1.06


def shares_below(level, n, **changes):
    """Share of simulated panels whose p value is at most ``level``: of the plain, studentised and pooled average."""
    tests = [redrawn(*simulated(seed, **changes), n_draws=39, seed=seed) for seed in range(n)]
    kinds = ([test.p_values[0] for test in tests], [test.studentised_p_values[0] for test in tests],
             [test.pooled_p_value for test in tests])  # fmt: skip
    return [np.mean(np.array(kind) <= level) for kind in kinds]


def test_without_an_effect_one_panel_in_ten_has_a_p_value_of_a_tenth():
    for share in shares_below(0.1, 80):
        assert share == pytest.approx(0.1, abs=0.1)  # three errors of 80 panels
        assert share > 0


def test_an_effect_is_found():
    assert min(shares_below(0.1, 10, effect=5.0)) >= 0.9


def test_units_that_swing_more_mislead_the_plain_average_and_the_studentised_less():
    plain, studentised, _ = shares_below(0.1, 40, swing=4.0)
    assert plain > 0.3 and studentised < plain / 1.5


def test_an_event_before_the_figures_begin_is_neither_drawn_nor_a_control():
    """The figures of such a unit are far off: a draw or a mean with them in it would show."""
    frame, events = simulated(3)
    early = pd.DataFrame({"unit": ["u39"], "year": [FIRST - 2], "is_asked": True})
    frame.loc[frame["unit"] == "u39", ["a", "b"]] = 1e6 * np.arange(2 * (LAST - FIRST + 1)).reshape(-1, 2)
    test = redrawn(frame, pd.concat([events, early]))
    without = redrawn(frame[frame["unit"] != "u39"], events)
    assert test.estimates == pytest.approx(without.estimates)
    assert np.abs(test.draws).max() < 100
    assert (test.n_events, test.n_candidates) == (without.n_events, without.n_candidates) == (6, 39)


def test_an_event_without_a_figure_before_it_stays_where_it_is():
    frame, events = simulated(3)
    more = pd.concat([events, pd.DataFrame({"unit": ["u20"], "year": [2016], "is_asked": True})])
    gone = (frame["unit"] == "u20") & (frame["year"] == 2015)
    assert (redrawn(frame, more).n_events, redrawn(frame[~gone], more).n_events) == (7, 6)


def test_the_same_seed_gives_the_same_draws_in_any_order_of_rows():
    frame, events = simulated(4)
    first = redrawn(frame, events)
    again = redrawn(frame.sample(frac=1, random_state=1), events.sample(frac=1, random_state=2))
    np.testing.assert_array_equal(first.draws, again.draws)
    assert not np.array_equal(first.draws, redrawn(frame, events, seed=2).draws)


def test_what_cannot_be_answered_is_said():
    frame, events = simulated(1)
    with pytest.raises(RequestError, match="clean_years"):
        redrawn(frame, events, clean_years=1)
    with pytest.raises(RequestError, match="n_draws 0"):
        redrawn(frame, events, n_draws=0)
    with pytest.raises(RequestError, match="aren't asked about"):
        redrawn(frame, events.assign(is_asked=False))
    # Three events of 2013 fall on five units with a figure of 2012, sometimes on all three with a figure of 2013.
    scarce = frame[
        ((frame["year"] != 2012) | frame["unit"].isin(["u00", "u01", "u02", "u03", "u04"]))
        & ((frame["year"] != 2013) | frame["unit"].isin(["u00", "u01", "u03"]))
    ]
    with pytest.raises(DataError, match="2014: 1 events, and 0 authorities"):
        redrawn(scarce, events, fewest_controls=0)
