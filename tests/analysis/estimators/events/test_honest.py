"""Honest bounds: the authors' published example, a linear program, closed forms, coverage with a planted trend."""

import numpy as np
import pytest
from scipy.optimize import linprog

from analysis.errors import DataError, RequestError
from analysis.estimators.events.honest import EventPath, Smoothness, _tests, breakdown, relative_interval

# Benzarti and Carloni (2019), profits of restaurants around a cut of value-added tax, as in the R package HonestDiD
# (BCdata_EventStudy): coefficients of four years before, the base left out, and four after, with their covariance.
ESTIMATES = (0.006696351804, 0.02934503369, -0.006472972222, 0.0730149895,
             0.1959611177, 0.3120639026, 0.2395415455, 0.1260425001)  # fmt: skip
UPPER = (
    (8.428358124e-4, 4.768686777e-4, 2.618051076e-4, 2.354220342e-4, 1.676371467e-4, 1.128707663e-4, 1.992816215e-5,
     -1.368265366e-4),
    (6.425420288e-4, 3.987425007e-4, 2.435515198e-4, 2.201960306e-4, 1.804591157e-4, 3.84376508e-5, -2.960421989e-5),
    (5.229949602e-4, 2.11768609e-4, 1.840722252e-4, 1.45852784e-4, 7.005197403e-5, 5.952994979e-5),
    (3.089595411e-4, 1.197866077e-4, 1.334081317e-4, 1.016335009e-4, 1.079051726e-4),
    (3.59970436e-4, 2.478818642e-4, 1.749579242e-4, 1.654256921e-4),
    (4.263949813e-4, 2.171437809e-4, 2.892747871e-4),
    (4.886697861e-4, 3.805322049e-4),
    (7.61739444e-4,),
)  # fmt: skip
YEARS = (-5, -4, -3, -2, 0, 1, 2, 3)


def covariance():
    upper = np.zeros((8, 8))
    for row, values in enumerate(UPPER):
        upper[row, row:] = values
    return upper + np.triu(upper, 1).T


@pytest.fixture(scope="module")
def published():
    return EventPath.of(YEARS, ESTIMATES, covariance(), [0])


# What HonestDiD gives for the effect in the first year after, with its default settings: for relative magnitudes it
# searches a grid with steps of 0.0008 that ends at 0.3795, and simulates its critical values.
RELATIVE = {0.5: (0.1181, 0.2716), 1.0: (0.0672, 0.3187), 1.5: (0.0133, 0.3696), 2.0: (-0.0422, None)}
SMOOTHNESS = {0.0: (0.1314, 0.2162), 0.01: (0.1550, 0.2704), 0.02: (0.1773, 0.3160), 0.03: (0.1894, 0.3485),
              0.1: (0.1194, 0.4185), 0.2: (0.0194, 0.5185)}  # fmt: skip


@pytest.mark.parametrize("m", RELATIVE)
def test_relative_magnitudes_are_those_of_the_authors_package(published, m):
    low, high = relative_interval(published, m)
    assert low == pytest.approx(RELATIVE[m][0], abs=0.001)
    assert RELATIVE[m][1] is None or high == pytest.approx(RELATIVE[m][1], abs=0.001)


@pytest.mark.parametrize("m", SMOOTHNESS)
def test_smoothness_intervals_are_those_of_the_authors_package(published, m):
    assert Smoothness(published).interval(m) == pytest.approx(SMOOTHNESS[m], abs=0.001)


def test_no_violation_gives_the_plain_interval(published):
    assert relative_interval(published, 0) == pytest.approx((0.158775, 0.233147), abs=2e-5)


def test_breakdown_is_where_the_published_lower_limits_cross_nil(published):
    breaks_at = breakdown(published)
    assert breaks_at.relative == pytest.approx(1.5 + 0.5 * 0.0133 / (0.0133 + 0.0422), abs=0.02)
    # Beyond 0.1 the limit falls by M.
    assert breaks_at.smoothness == pytest.approx(0.2 + 0.0194 / 1.0, abs=0.001)
    assert relative_interval(published, breaks_at.relative)[0] == pytest.approx(0, abs=2e-4)
    assert Smoothness(published).interval(breaks_at.smoothness)[0] == pytest.approx(0, abs=5e-4)


def test_turned_round_an_effect_has_the_same_breakdown_and_mirrored_limits(published):
    turned = EventPath.of(YEARS, [-estimate for estimate in ESTIMATES], covariance(), [0])
    assert vars(breakdown(turned)) == pytest.approx(vars(breakdown(published)), rel=1e-6)
    low, high = relative_interval(published, 1)
    assert relative_interval(turned, 1) == pytest.approx((-high, -low), abs=1e-5)


@pytest.mark.parametrize("theta", [-0.4, 0.1, 0.24, 0.9])
@pytest.mark.parametrize("m", [0.3, 1.7])
def test_the_statistic_is_the_value_of_the_authors_linear_program(theta, m):
    """Smallest η so that some effects with mean θ leave no inequality violated by more than η of its own errors."""
    path = EventPath.of(YEARS, ESTIMATES, covariance(), [1, 2, 3])
    for test, (which, sign) in zip(
        _tests(path, m, 0.95), [(k, s) for k in range(4) for s in (1, -1)], strict=True
    ):
        values = np.r_[path.before, path.after]
        worst = np.zeros(8)
        worst[which] = -sign
        if which < 3:
            worst[which + 1] = sign
        after = np.zeros((4, 8))
        for t in range(4):
            after[t, 4 + t] = 1
            if t:
                after[t, 3 + t] = -1
        rows = np.vstack([after - m * worst, -after - m * worst])
        errors = np.sqrt(np.einsum("ij,jk,ik->i", rows, covariance(), rows))
        steps = np.vstack([after[:, 4:], -after[:, 4:]])
        program = linprog(
            np.r_[1.0, np.zeros(4)], A_ub=-np.column_stack([errors, steps]), b_ub=-(rows @ values),
            A_eq=np.r_[0.0, path.weights][None, :], b_eq=[theta], bounds=(None, None),
        )  # fmt: skip
        moments = test.constants + test.slopes * (test.centre - theta)
        assert moments.max() == pytest.approx(program.fun, rel=1e-7, abs=1e-9)


def test_without_noise_bounds_are_the_closed_form_of_the_worst_path():
    """Steps before are 1 and −3; three years' mean from year 1 moves by 1 + 1 + 2/3 + 1/3 of the steps after."""
    path = EventPath.of(
        (-3, -2, 0, 1, 2, 3), [2.0, 3.0, 50.0, 60.0, 70.0, 80.0], np.eye(6) * 1e-10, [1, 2, 3]
    )
    assert relative_interval(path, 0.5) == pytest.approx((70 - 0.5 * 3 * 3, 70 + 0.5 * 3 * 3), abs=1e-3)


def test_a_straight_line_is_taken_out_by_smoothness_without_bends():
    """Figures that rise by two a year, and by five more from the event on: the effect is five."""
    line = np.array([2.0 * (year + 1) for year in YEARS])
    path = EventPath.of(YEARS, line + 5 * (np.array(YEARS) >= 0), np.eye(8) * 1e-8, [1, 2, 3])
    low, high = Smoothness(path).interval(0)
    assert low < 5 < high and high - low < 0.01
    # A bend of M at the base and at each year after shifts years 1 to 3 by 3, 6 and 10 M, less what steps before bear.
    low, high = Smoothness(path).interval(0.1)
    assert (high - low) / 2 == pytest.approx(0.1 * (3 + 6 + 10) / 3, rel=0.01)


def covered(slope, draws=400):
    """Shares of draws in which intervals hold the effect of 1 where figures rise by ``slope`` a year: plain, relative at
    M = 1, smooth at M = 0; both of the latter allow a straight line."""
    rng = np.random.default_rng(3)
    years = (-4, -3, -2, 0, 1, 2, 3)
    truth = slope * (np.array(years) + 1.0) + (np.array(years) >= 0)
    spread = 0.15 * (0.5 * np.eye(7) + 0.5)
    held = np.zeros(3)
    for values in rng.multivariate_normal(truth, spread, draws):
        path = EventPath.of(years, values, spread, [1, 2, 3])
        held[0] += abs(path.effect - 1) <= 1.96 * path.standard_error
        held[1] += not all(test.rejects(np.array([1.0]))[0] for test in _tests(path, 1.0, 0.95))
        low, high = Smoothness(path).interval(0)
        held[2] += low <= 1 <= high
    return held / draws


def test_honest_intervals_hold_the_effect_where_a_trend_makes_plain_ones_fail():
    plain, relative, smooth = covered(0.5)
    assert plain < 0.15
    assert relative >= 0.93 and smooth == pytest.approx(0.95, abs=0.033)  # three errors of 400 draws
    assert covered(0.0)[0] == pytest.approx(0.95, abs=0.033)


def test_an_effect_that_goes_on_from_before_has_no_breakdown():
    """A rise of three a year that the event doesn't bend: parallel lines show an effect, straight ones none."""
    years = (-4, -3, -2, 0, 1, 2, 3)
    path = EventPath.of(years, 3 * (np.array(years) + 1.0), np.eye(7), [1, 2, 3])
    breaks_at = breakdown(path)
    assert path.effect == 9 and breaks_at.smoothness == 0 and 0 < breaks_at.relative < 1
    assert breakdown(EventPath.of(years, np.full(7, 0.1), np.eye(7), [1, 2, 3])) == type(breaks_at)(0.0, 0.0)


def test_one_year_before_is_enough():
    path = EventPath.of((-2, 0, 1), [0.5, 4.0, 4.0], np.eye(3) * 0.01, [0, 1])
    breaks_at = breakdown(path)
    # Two years' mean moves by 1 + 1/2 of the steps after, the step before is 0.5: 4 / 0.75, less noise.
    assert 4 / 0.75 * 0.5 < breaks_at.relative < 4 / 0.75
    assert Smoothness(path).interval(0)[0] == pytest.approx(
        4 + 0.75 - 1.96 * np.sqrt(0.005 + 0.0225), abs=1e-3
    )


def test_years_beyond_a_gap_are_left_out_and_a_gap_after_is_said():
    gap = EventPath.of((-4, -2, 0, 1), [9.0, 1.0, 2.0, 3.0], np.eye(4), [1])
    assert gap.before.tolist() == [1.0] and gap.after.tolist() == [2.0, 3.0]
    with pytest.raises(DataError, match="event year 1 has no estimate"):
        EventPath.of((-2, 0, 2), [1.0, 2.0, 3.0], np.eye(3), [1, 2])
    with pytest.raises(DataError, match="event year -2 has no estimate"):
        EventPath.of((-3, 0), [1.0, 2.0], np.eye(2), [0])
    with pytest.raises(RequestError, match="below nil"):
        relative_interval(gap, -1)
    with pytest.raises(RequestError, match="below nil"):
        Smoothness(gap).interval(-1)
