"""Truths planted in figures are found again by what estimates them; what can't be planted is refused by name."""

import numpy as np
import pytest

from analysis.claims.planting import DrawnFamily, Truth, own_views, truth_of, why_not
from analysis.claims.rule import DIFFERENCE, LEAD, MAIN, TRENDS
from analysis.errors import RequestError
from analysis.estimators.forms.windows import WindowQuestion, window_rows
from tests.making.windows_data import EXPOSURE, OTHER, OUTCOME, panel

SEED = 7


def family(window=(0, 1), within=True, **more):
    """Return the rows of two outcomes, of which the first is claimed to fall and the second to rise."""
    frame = panel(150, 3)
    questions = [
        WindowQuestion(EXPOSURE, name, sign, window, within, within, **more)
        for name, sign in ((OUTCOME, -1), (OTHER, 1))
    ]
    return [window_rows(frame, question) for question in questions]


@pytest.fixture(scope="module")
def rows():
    return family()


@pytest.fixture(scope="module")
def nothing(rows):
    return DrawnFamily(rows, 400, SEED).planted(truth_of("nothing"))


@pytest.mark.parametrize("truth", ["at-once:0.2", "at-once:-0.1", "a-year-later:0.2", "spread:0.2"])
def test_an_effect_is_added_to_the_window_of_every_outcome_and_to_nothing_else(rows, nothing, truth):
    """Same seed, same noise: the slopes of the window differ by what was planted, the lead and its errors not at all."""
    views = DrawnFamily(rows, 400, SEED).planted(truth_of(truth))
    size = truth_of(truth).size
    for name, planted in ((MAIN, size), (TRENDS, size), (LEAD, 0.0), (DIFFERENCE, 0.0)):
        assert views[name].estimates - nothing[name].estimates == pytest.approx(
            np.full((400, 2), planted), abs=1e-9
        )
        assert views[name].covariance == pytest.approx(nothing[name].covariance, abs=1e-12)


def test_where_nothing_was_planted_estimates_lie_around_nil_as_far_as_their_errors_say(nothing):
    for view in nothing.values():
        told = np.sqrt(np.diagonal(view.covariance, axis1=1, axis2=2).mean(axis=0))
        assert (np.abs(view.estimates.mean(axis=0)) < 4 * told / np.sqrt(400)).all()
        assert view.estimates.std(axis=0) == pytest.approx(told, rel=0.15)


def test_outcomes_that_go_together_do_so_in_what_is_drawn():
    """Two outcomes with one shock, claimed to move apart: their estimates go apart from draw to draw, as is reported."""
    frame = panel(150, 3)
    shock = np.random.default_rng(1).normal(0, 6, len(frame))
    frame[OUTCOME] += shock
    frame[OTHER] += shock
    rows = [
        window_rows(frame, WindowQuestion(EXPOSURE, name, sign)) for name, sign in ((OUTCOME, -1), (OTHER, 1))
    ]
    view = DrawnFamily(rows, 400, SEED).planted(truth_of("nothing"))[MAIN]
    told = view.covariance.mean(axis=0)
    drawn = np.corrcoef(view.estimates.T)[0, 1]
    assert drawn == pytest.approx(told[0, 1] / np.sqrt(told[0, 0] * told[1, 1]), abs=0.12)
    assert drawn < -0.4


def test_noise_in_the_exposure_leaves_the_root_of_its_reliability_of_an_effect(rows):
    """In standard deviations of what is seen: 0.2 times the root of 0.68 is 0.165."""
    view = DrawnFamily(rows, 400, SEED).planted(truth_of("noisy:0.2"))[MAIN]
    assert view.estimates.mean() == pytest.approx(0.2 * np.sqrt(0.68), rel=0.1)


def test_an_exposure_driven_by_outcomes_moves_the_lead(rows, nothing):
    views = DrawnFamily(rows, 400, SEED).planted(truth_of("reversed:0.3"))
    error = np.sqrt(views[LEAD].covariance[:, 0, 0].mean())
    assert (np.abs(views[LEAD].estimates.mean(axis=0)) > 3 * error).all()
    assert (np.abs(views[LEAD].estimates.mean(axis=0)) > 3 * np.abs(views[MAIN].estimates.mean(axis=0))).all()


def test_a_shared_trend_looks_like_an_effect_until_trends_are_taken_out(rows):
    views = DrawnFamily(rows, 400, SEED).planted(truth_of("shared-trend:0.3"))
    assert (views[MAIN].estimates.mean(axis=0) > 0.15).all()
    assert np.abs(views[TRENDS].estimates.mean(axis=0)).max() < 0.03


@pytest.mark.parametrize("truth", ["nothing", "spread:0.2", "noisy:0.2", "reversed:0.3", "shared-trend:0.3"])
def test_the_same_seed_gives_the_same_to_the_bit_and_another_does_not(rows, truth):
    views, again, other = (
        DrawnFamily(rows, 20, seed).planted(truth_of(truth)) for seed in (SEED, SEED, SEED + 1)
    )
    for name, view in views.items():
        assert view.estimates.tobytes() == again[name].estimates.tobytes()
        assert view.covariance.tobytes() == again[name].covariance.tobytes()
    assert not np.allclose(views[MAIN].estimates, other[MAIN].estimates)


def test_more_draws_begin_with_the_same_ones(rows):
    few, more = (DrawnFamily(rows, draws, SEED).planted(truth_of("at-once:0.1"))[MAIN] for draws in (10, 30))
    assert few.estimates == pytest.approx(more.estimates[:10], abs=1e-12)


def test_the_data_themselves_are_one_data_set_with_the_views_of_the_gates(rows):
    views = own_views(rows)
    assert set(views) == {MAIN, LEAD, TRENDS, DIFFERENCE}
    assert views[MAIN].estimates.shape == (1, 2) and views[MAIN].covariance.shape == (1, 2, 2)
    assert views[DIFFERENCE].estimates == pytest.approx(views[MAIN].estimates - views[TRENDS].estimates)


BAD = {
    "at-onec:0.2": "unknown truth 'at-onec'; did you mean 'at-once'",
    "at-once": "give its size, as in at-once:0.2",
    "at-once:much": "give its size",
    "at-once:0": "between -1 and 1",
    "at-once:2": "between -1 and 1",
    "at-once:nan": "between -1 and 1",
    "nothing:0.2": "nothing has no size",
    "reversed:-0.2": "must be above 0",
    "shared-trend:-0.2": "must be above 0",
}


@pytest.mark.parametrize("text", BAD)
def test_a_truth_that_is_not_known_or_cannot_be_is_refused_in_one_line(text):
    with pytest.raises(RequestError) as caught:
        truth_of(text)
    assert BAD[text] in str(caught.value) and text.partition(":")[0] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("truth", ["nothing", "at-once:0.05", "spread:-0.2", "break:0.5", "asserted:0.3"])
def test_a_truth_has_the_name_by_which_it_is_asked_for(truth):
    assert truth_of(truth).name == truth


def test_what_figures_over_years_cannot_hold_is_refused(rows):
    with pytest.raises(RequestError, match=r"'break:0\.5' can't be planted in figures within authorities"):
        DrawnFamily(rows, 10, SEED).planted(truth_of("break:0.5"))
    across = family((0,), within=False)
    for truth in (Truth("reversed", 0.3), Truth("shared-trend", 0.3)):
        with pytest.raises(RequestError, match=f"'{truth.name}' needs figures over years"):
            DrawnFamily(across, 10, SEED).planted(truth)


def test_years_with_gaps_are_tried_on_the_truths_that_they_can_hold():
    """Three years of which one has a year before it: nothing acts two years later, and no lead can be planted."""
    frame = panel(150, 3)
    frame[OUTCOME] = frame[OUTCOME].where(frame["year"].isin([2019, 2020, 2024]))
    rows = [window_rows(frame, WindowQuestion(EXPOSURE, OUTCOME, -1, (0,), has_lead=False))]
    with pytest.raises(RequestError, match=r"'two-years-later:0\.2' needs figures of two years earlier"):
        DrawnFamily(rows, 10, SEED).planted(truth_of("two-years-later:0.2"))
    assert not why_not(rows, truth_of("at-once:0.2"))
    assert why_not(rows, truth_of("reversed:0.3"))
    assert np.isfinite(
        DrawnFamily(rows, 10, SEED).planted(truth_of("a-year-later:0.2"))[MAIN].estimates
    ).all()
