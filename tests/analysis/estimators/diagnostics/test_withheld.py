"""Bounds of a slope where outcomes are withheld: against means worked out by hand, statsmodels, and simulated truth."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import DataError
from analysis.estimators import Specification
from analysis.estimators.diagnostics.withheld import imbens_manski, withheld_bounds

ASKED = Specification("y", "x", (), "pooled", entity="place", cluster="place")
NORMAL = NormalDist()


def two_groups() -> pd.DataFrame:
    """Six places with x 0 and six with 1, two years each; the slope of a pooled model is the difference of means.

    Known values are 10 with x 0 and 20 with x 1, give or take; two of either are withheld, between 0 and 8 where x is 0
    and between 20 and 60 where it is 1.
    """
    place = np.repeat(np.arange(12), 2)
    frame = pd.DataFrame({"place": place, "year": np.tile([2018, 2019], 12), "x": (place >= 6).astype(float)})
    known = np.where(frame["x"] == 1, 20.0, 10.0) + np.tile([1.0, -1.0, 2.0, -2.0], 6)
    frame = frame.assign(low=known, high=known)
    frame.loc[[0, 4], ["low", "high"]] = [0.0, 8.0]
    frame.loc[[12, 18], ["low", "high"]] = [20.0, 60.0]
    return frame


def by_statsmodels(frame: pd.DataFrame, outcome: np.ndarray) -> tuple[float, float]:
    fitted = sm.OLS(outcome, sm.add_constant(frame["x"])).fit(
        cov_type="cluster", cov_kwds={"groups": frame["place"].to_numpy()}
    )
    return fitted.params["x"], fitted.bse["x"]


def test_the_lowest_slope_has_low_outcomes_where_x_is_high_and_each_end_has_its_own_error():
    frame = two_groups()
    is_high = frame["x"] == 1
    lowest = np.where(is_high, frame["low"], frame["high"])
    highest = np.where(is_high, frame["high"], frame["low"])
    bounds = withheld_bounds(frame, ASKED, "low", "high")
    assert bounds.low == pytest.approx(lowest[is_high].mean() - lowest[~is_high].mean())
    assert bounds.high == pytest.approx(highest[is_high].mean() - highest[~is_high].mean())
    assert bounds.high - bounds.low == pytest.approx((40 + 40) / 12 + (8 + 8) / 12)
    (low, low_error), (high, high_error) = by_statsmodels(frame, lowest), by_statsmodels(frame, highest)
    assert (bounds.low, bounds.high) == pytest.approx((low, high))
    assert high_error > 1.5 * low_error
    reach = imbens_manski(high - low, high_error)
    assert bounds.conf_low == pytest.approx(low - reach * low_error)
    assert bounds.conf_high == pytest.approx(high + reach * high_error)
    assert f"with {reach:.3f} errors beyond" in bounds.rule
    assert (bounds.n_bounded, bounds.n_observations, bounds.n_clusters) == (4, 24, 12)


def test_bounds_that_are_wide_beside_the_error_at_one_end_are_reached_for_by_the_larger_error():
    """Imbens and Manski (2004, section 4) divide the width by the larger of the two errors."""
    frame = two_groups()
    bounds = withheld_bounds(frame, ASKED, "low", "high")
    below = (bounds.low - bounds.conf_low) / by_statsmodels(
        frame, np.where(frame["x"] == 1, frame["low"], frame["high"])
    )[1]
    larger = by_statsmodels(frame, np.where(frame["x"] == 1, frame["high"], frame["low"]))[1]
    assert NORMAL.cdf(below + (bounds.high - bounds.low) / larger) - NORMAL.cdf(-below) == pytest.approx(
        0.95, abs=1e-9
    )


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
def test_the_reach_of_the_interval_solves_the_equation_of_imbens_and_manski(level, share):
    """Given the reach C, the width that belongs to it follows in closed form: Φ⁻¹(level + Φ(−C)) − C, in errors."""
    one_sided, two_sided = NORMAL.inv_cdf(level), NORMAL.inv_cdf((1 + level) / 2)
    reach = one_sided + share * (two_sided - one_sided)
    width = NORMAL.inv_cdf(level + NORMAL.cdf(-reach)) - reach
    assert imbens_manski(width * 3.0, 3.0, level) == pytest.approx(reach, abs=1e-9)


def test_an_interval_without_an_error_or_with_ends_turned_is_refused():
    with pytest.raises(DataError, match="no interval"):
        imbens_manski(-0.1, 1.0)
    with pytest.raises(DataError, match="no interval"):
        imbens_manski(0.1, 0.0)


@pytest.mark.parametrize("width", [0.0, 0.3, 1.0, 4.0])
def test_the_interval_covers_a_truth_at_an_end_of_the_bounds_as_often_as_it_says(width):
    """A truth at the lower bound: the estimated bounds lie a chance error, of half a unit, off from it, both alike."""
    off = np.random.default_rng(4).normal(scale=0.5, size=40_000)
    reach = imbens_manski(width, 0.5)
    covered = (off - reach * 0.5 <= 0) & (off + width + reach * 0.5 >= 0)
    assert covered.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 40_000))


def test_the_whole_interval_covers_a_truth_at_the_end_of_the_bounds():
    """Every withheld outcome is at its lowest where x is 1 and at its highest where x is 0: the slope is the lower bound."""
    covered = []
    for seed in range(24):
        generator = np.random.default_rng(seed)
        place = np.repeat(np.arange(60), 2)
        x = (place >= 30).astype(float)
        y = 5 + 2 * x + generator.normal(size=60)[place] + generator.normal(size=120)
        withheld = generator.random(120) < 0.2
        lowest = np.where(withheld & (x == 0), y - 3, y)
        highest = np.where(withheld & (x == 1), y + 3, y)
        frame = pd.DataFrame(
            {"place": place, "year": np.tile([1, 2], 60), "x": x, "low": lowest, "high": highest}
        )
        bounds = withheld_bounds(frame, ASKED, "low", "high")
        covered.append(bounds.conf_low <= 2 <= bounds.conf_high)
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 24)


def test_in_standard_deviations_the_bounds_are_those_of_the_middle_values():
    frame = two_groups()
    natural = withheld_bounds(frame, ASKED, "low", "high")
    standard = withheld_bounds(
        frame,
        Specification("y", "x", (), "pooled", entity="place", cluster="place", standardised=True),
        "low",
        "high",
    )
    unit = frame["x"].std() / ((frame["low"] + frame["high"]) / 2).std()
    for name in ("low", "high", "conf_low", "conf_high"):
        assert getattr(standard, name) == pytest.approx(unit * getattr(natural, name))
