"""A curve against swapped paths: the same slopes as refitting, its size where there is nothing, power where there is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.panel.store import load_panel
from analysis.errors import DataError, RequestError
from analysis.estimators import estimate
from analysis.estimators.curve.arrays import PanelArrays
from analysis.estimators.curve.axes import Axes, SampleChoice, expand, frame_of
from analysis.estimators.curve.curve import fit_curve
from analysis.estimators.curve.permutation import _slopes, _swappable, _swapped, permute_curve

TURNOVER, TIMELY = "turnover_percent", "assessments_in_45_days_percent"
AXES = Axes(
    (TURNOVER,), (TIMELY,), lag_years=(0, 1), controls=((), ("referrals_per_10k",)),
    estimators=("pooled", "two-way", "first-differences"),
    effects=("entity and time", "entity and region by time", "entity trends and time"),
    weights=("none", "child_population_children"),
    samples=(SampleChoice(), SampleChoice("without London", without_regions=("Inner London", "Outer London"))),
    transformations=("none", "ranks"),
)  # fmt: skip


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return load_panel().authorities


def _swap(panel: pd.DataFrame, places: np.ndarray, arrays: PanelArrays) -> pd.DataFrame:
    """Return the panel with the exposure itself swapped, as one who does it by hand would."""
    return arrays.panel.assign(**{TURNOVER: arrays.panel[TURNOVER].to_numpy()[places]})


def test_slopes_of_a_draw_are_those_of_a_panel_with_swapped_paths(panel):
    arrays, asked = PanelArrays(panel), expand(AXES)
    chosen = [asked[at] for at in np.random.default_rng(2).choice(len(asked), 16, replace=False)]
    places = _swapped(_swappable(arrays, chosen), len(panel), 2, seed=5)
    drawn_slopes = _slopes(arrays, places, chosen)
    for draw in range(2):
        swapped = _swap(panel, places[:, draw], arrays)
        for combination, slopes in zip(chosen, drawn_slopes, strict=True):
            expected = estimate(frame_of(swapped, combination), combination.specification)
            assert slopes[draw] == pytest.approx(expected.estimate, rel=1e-8), combination


def test_slopes_are_the_same_to_the_bit_whoever_is_asked_beside(panel):
    arrays, asked = PanelArrays(panel), expand(AXES)[:40]
    places = _swapped(_swappable(arrays, asked), len(panel), 19, seed=2)
    together = _slopes(arrays, places, asked)
    alone = [_slopes(arrays, places, [one])[0] for one in asked]
    parted = [*_slopes(arrays, places, asked[:7]), *_slopes(arrays, places, asked[7:])]
    assert all(np.array_equal(*pair) for pair in zip(together, alone, strict=True))
    assert all(np.array_equal(*pair) for pair in zip(together, parted, strict=True))


def test_whole_paths_move_between_authorities_and_years_stay(panel):
    arrays = PanelArrays(panel)
    places = _swapped(_swappable(arrays, expand(AXES)), len(panel), 3, seed=1)
    years = arrays.panel["year"].to_numpy()
    assert (years[places] == years[:, None]).all()
    for draw in range(3):
        givers = pd.Series(arrays.keys.entity[places[:, draw]]).groupby(arrays.keys.entity)
        assert (givers.nunique() == 1).all()
        assert givers.first().is_unique


SMALL = Axes((TURNOVER,), (TIMELY,), controls=((), ("referrals_per_10k",)), estimators=("two-way", "pooled"))


def test_nothing_is_called_nothing_and_something_found(panel):
    """60 outcomes of noise: rejections at 20% within Monte Carlo error; then an outcome that follows the exposure."""
    generator, p_values = np.random.default_rng(4), []
    for seed in range(60):
        empty = panel.assign(**{TIMELY: generator.normal(size=len(panel))})
        p_values.append(permute_curve(empty, fit_curve(empty, expand(SMALL), 1), 19, seed).p_value)
    assert abs(np.mean(np.array(p_values) <= 0.2) - 0.2) < 3 * np.sqrt(0.16 / 60)
    met = panel.groupby("authority_code")[TURNOVER].shift(1)
    full = panel.assign(**{TIMELY: met + 2 * generator.normal(size=len(panel))})
    curve = fit_curve(full, expand(SMALL), 1)
    permutation = permute_curve(full, curve, 99)
    assert permutation.p_value == 0.01 and permutation.null_high < permutation.value == curve.median
    assert permutation == permute_curve(full, curve, 99)
    assert 100 < permutation.n_swappable < permutation.n_authorities


def test_of_thirty_nine_draws_one_lies_below_the_null_interval_and_one_above(panel):
    """A fortieth of draws on either side: 0.025 × 38 lies between the first and the second."""
    arrays, asked = PanelArrays(panel), expand(SMALL)
    permutation = permute_curve(panel, fit_curve(panel, asked, 1), 39, seed=3)
    places = _swapped(_swappable(arrays, asked), len(panel), 39, seed=3)
    medians = np.median(_slopes(arrays, places, asked), axis=0)
    assert ((medians < permutation.null_low).sum(), (medians > permutation.null_high).sum()) == (1, 1)


def test_what_cannot_be_swapped_is_refused(panel):
    curve = fit_curve(panel, expand(SMALL), 1)
    with pytest.raises(RequestError, match=r"draws: 9; a p value of 0\.05 needs 19"):
        permute_curve(panel, curve, 9)
    with pytest.raises(DataError, match="panel: not the one that the curve was fitted on"):
        permute_curve(panel.assign(**{TIMELY: 1.0}), curve, 19)
    logs = replace(SMALL, transformations=("log exposure",))
    zero = panel.assign(**{TURNOVER: panel[TURNOVER].where(panel[TURNOVER] > 5, 0)})
    with pytest.raises(DataError, match="'log exposure' isn't defined for every path"):
        permute_curve(zero, fit_curve(zero, expand(logs), 1), 19)
    unlike = panel[TURNOVER].where(panel.groupby("year").cumcount() != panel["year"] - 2016)
    gaps = panel.assign(**{TURNOVER: unlike}).groupby("authority_code").head(20)
    few = gaps[gaps["authority_code"].isin(gaps["authority_code"].unique()[:3])]
    with pytest.raises(DataError, match="no two authorities have figures for the same years"):
        permute_curve(
            few, fit_curve(few, expand(replace(SMALL, estimators=("pooled",), controls=((),))), 1), 19
        )
