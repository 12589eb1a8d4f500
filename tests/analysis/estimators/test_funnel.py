"""Limits of rates by size: hand arithmetic, chance alone, planted excess, known truths behind shrunken rates."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, RequestError
from analysis.estimators.funnel import counts_behind, funnel, funnel_of


def drawn(seed, spread=0.0, n=150, kind="proportion"):
    """Counts whose true rates have this standard deviation around 0.15 (proportion) or 2 (rate), and the true rates."""
    rng = np.random.default_rng(seed)
    size = rng.integers(40, 800, n)
    if kind == "rate":
        truth = rng.gamma(4 / spread**2, spread**2 / 2, n) if spread else np.full(n, 2.0)
        return pd.Series(rng.poisson(truth * size)), pd.Series(size), truth
    total = 0.15 * 0.85 / spread**2 - 1 if spread else 0
    truth = rng.beta(0.15 * total, 0.85 * total, n) if spread else np.full(n, 0.15)
    return pd.Series(rng.binomial(size, truth)), pd.Series(size), truth


def test_without_excess_z_and_limits_are_those_of_a_hand_calculation():
    """Twenty authorities of 100 people: 19 with 10 events, one with 30. The middle of z scores is alike, so no excess."""
    counted, size = pd.Series([10.0] * 19 + [30.0]), pd.Series([100.0] * 20)
    plot = funnel(counted, size)
    assert plot.centre == pytest.approx(11.0) and plot.dispersion == 1 and plot.between_sd == 0
    middle, sd = math.asin(math.sqrt(0.11)), 1 / (2 * math.sqrt(100))
    assert plot.points["z"].iloc[-1] == pytest.approx((math.asin(math.sqrt(0.3)) - middle) / sd)
    assert plot.points["high_95"].iloc[0] == pytest.approx(100 * math.sin(middle + 1.959964 * sd) ** 2)
    assert plot.points["low_998"].iloc[0] == pytest.approx(100 * math.sin(middle - 3.090232 * sd) ** 2)
    assert list(plot.outside(0.998).index) == [19]


def test_additive_and_multiplicative_excess_are_spiegelhalters_formulas():
    counted, size, _ = drawn(1, 0.06)
    additive, multiplied = funnel(counted, size), funnel(counted, size, adjustment="multiplicative")
    chance = funnel(counted, size, adjustment="none").points["z"]
    drawn_in = chance.clip(*chance.quantile([0.1, 0.9]))
    dispersion, weight = (drawn_in**2).mean(), 4 * size
    between = (150 * dispersion - 149) / (weight.sum() - (weight**2).sum() / weight.sum())
    assert additive.dispersion == multiplied.dispersion == pytest.approx(dispersion)
    assert additive.between_sd == pytest.approx(math.sqrt(between)) and multiplied.between_sd == 0
    assert multiplied.points["z"].to_numpy() == pytest.approx((chance / math.sqrt(dispersion)).to_numpy())
    own = chance / np.sqrt(1 + 4 * size * between)
    assert additive.points["z"].to_numpy() == pytest.approx(own.to_numpy())


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_of_chance_alone_one_in_twenty_lies_outside_and_limits_of_chance_name_more_where_there_is_excess(
    kind,
):
    outside = [len(funnel(*drawn(seed, kind=kind)[:2], kind).outside()) for seed in range(30)]
    assert np.mean(outside) / 150 == pytest.approx(0.05, abs=0.015)
    wide = {"proportion": 0.06, "rate": 0.5}[kind]
    counted, size, _ = drawn(0, wide, kind=kind)
    assert len(funnel(counted, size, kind, adjustment="none").outside()) > 60
    assert len(funnel(counted, size, kind).outside()) < 25


def test_the_planted_excess_is_found_less_what_winsorising_takes():
    """A standard deviation s of shares is s / (2 √(p(1 − p))) on the scale of the arcsine.

    Normal scores whose outer tenths are drawn in keep 0.679 of their mean square: 0.8 − 2 c φ(c) + 0.2 c², c = 1.2816.
    """
    planted = (0.05 / (2 * math.sqrt(0.15 * 0.85))) ** 2
    spreads, expected = [], []
    for seed in range(30):
        counted, size, _ = drawn(seed, 0.05)
        weight = 4 * size
        kept = (0.679 * (1 + planted * weight)).sum() - 149
        spreads.append(funnel(counted, size).between_sd)
        expected.append(math.sqrt(kept / (weight.sum() - (weight**2).sum() / weight.sum())))
    assert np.mean(spreads) == pytest.approx(np.mean(expected), rel=0.1)


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_shrunken_rates_are_nearer_the_truth_and_their_intervals_cover_it(kind):
    counted, size, truth = drawn(3, {"proportion": 0.03, "rate": 0.1}[kind], n=600, kind=kind)
    points = funnel(counted, size, kind, 1.0).points
    assert ((points["shrunk"] - truth) ** 2).mean() < 0.8 * ((points["value"] - truth) ** 2).mean()
    covered = (points["shrunk_low"] <= truth) & (truth <= points["shrunk_high"])
    assert covered.mean() == pytest.approx(0.95, abs=0.03)
    assert (points[["low_95", "shrunk_low"]] >= 0).all().all()


def test_limits_narrow_with_size_and_hold_those_of_the_points():
    counted, size, _ = drawn(4, 0.04)
    plot = funnel(counted, size, scale=100.0)
    low, high = plot.limits(np.array([50, 500, 5000]))
    assert (np.diff(low) > 0).all() and (np.diff(high) < 0).all()
    low, high = plot.limits(size.to_numpy())
    assert high == pytest.approx(plot.points["high_95"].to_numpy())


def test_rows_without_a_figure_are_counted_and_left_out():
    counted, size, _ = drawn(5)
    counted[0], size[1] = np.nan, 0
    plot = funnel(counted, size)
    assert plot.n_missing == 2 and len(plot.points) == 148 and 0 not in plot.points.index


def test_what_has_no_limits_is_said():
    counted, size, _ = drawn(6)
    with pytest.raises(DataError, match="9 authorities have the figure"):
        funnel(counted[:9], size[:9])
    with pytest.raises(DataError, match="counts more than all"):
        funnel(size + 1, size)
    with pytest.raises(DataError, match="fewer than none"):
        funnel(counted - 500, size)
    with pytest.raises(DataError, match="nothing was counted"):
        funnel(counted * 0, size)
    with pytest.raises(RequestError, match="unknown kind"):
        funnel(counted, size, "share")
    with pytest.raises(RequestError, match="no counts are known behind it"):
        counts_behind("growth_percent")


def test_an_indicators_rates_are_those_that_are_published():
    """The figures of 2025 as the release prints them, to its one decimal, of counts that it prints beside."""
    codes = [f"E{number:08d}" for number in range(12)]
    panel = pd.DataFrame(
        {
            "authority_code": codes,
            "year": 2025,
            "leavers_fte": np.arange(12.0) + 5,
            "social_workers_fte": 100.0,
        }
    )
    panel["turnover_percent"] = panel["leavers_fte"]
    panel.loc[3, "turnover_percent"] = np.nan
    plot = funnel_of(panel, "turnover_percent", 2025)
    assert plot.n_missing == 1 and codes[3] not in plot.points.index
    assert plot.points["value"].to_numpy() == pytest.approx(panel["turnover_percent"].dropna().to_numpy())
    with pytest.raises(DataError, match="turnover_percent, 2024: 0 authorities"):
        funnel_of(panel, "turnover_percent", 2024)
