"""How many of 100 inspections are good or outstanding: from simulated grades whose shares are known."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import RequestError
from analysis.estimators.grades.judgements import GRADES, fit_judgements, good_of_100


def inspections(slope, cuts=(-2.0, 0.0, 2.0), n_authorities=500, seed=0):
    """Four inspections of each authority; a figure raises the log odds of a worse grade by ``slope`` for one more."""
    rng = np.random.default_rng(seed)
    size = 4 * n_authorities
    frame = pd.DataFrame(
        {
            "panel_code": np.repeat(np.arange(n_authorities), 4).astype(str),
            "year": np.tile([2018, 2020, 2022, 2024], n_authorities),
            "figure": rng.normal(size=size),
        }
    )
    latent = slope * frame["figure"] + np.repeat(rng.normal(size=n_authorities), 4)
    frame["latent"] = latent
    frame["error"] = rng.logistic(size=size)
    frame["worse"] = ((latent + frame["error"]).to_numpy()[:, None] > np.array(cuts)).sum(axis=1)
    return frame.assign(good=(frame["worse"] <= 1).astype(int))


@pytest.mark.parametrize("kind", ["ordinal", "logistic"])
def test_the_numbers_are_those_of_grades_drawn_again_with_the_figure_higher(kind):
    frame = inspections(slope=0.7)
    model = fit_judgements(frame, ("figure",), "simulated", kind=kind)
    of_100 = good_of_100(model, "figure")
    assert of_100.as_it_was == pytest.approx(100 * frame["good"].mean(), abs=1.5)
    again = 100 * (frame["latent"] + 0.7 + frame["error"] <= 0).mean()
    assert of_100.with_more == pytest.approx(again, abs=3)
    assert of_100.conf_low < of_100.with_more < of_100.conf_high < of_100.as_it_was
    half = good_of_100(model, "figure", 0.5)
    assert of_100.with_more < half.with_more < of_100.as_it_was


def test_grades_of_which_none_is_outstanding_are_counted_by_their_names():
    frame = inspections(slope=0.7)
    frame = frame[frame["worse"] > 0]
    of_100 = good_of_100(fit_judgements(frame, ("figure",), "simulated", kind="ordinal"), "figure")
    assert GRADES[1] == "good"
    assert of_100.as_it_was == pytest.approx(100 * (frame["worse"] == 1).mean(), abs=1.5)


def test_grades_that_are_all_good_or_none_of_them_are_counted_so():
    frame = inspections(slope=0.7)
    for chosen, share in ((frame["worse"] <= 1, 100), (frame["worse"] >= 2, 0)):
        model = fit_judgements(frame[chosen], ("figure",), "simulated", kind="ordinal")
        of_100 = good_of_100(model, "figure")
        assert (of_100.as_it_was, of_100.with_more) == (share, share)


def test_the_interval_leaves_out_the_number_as_it_was_just_where_the_odds_ratio_leaves_out_1():
    for seed, slope in enumerate((0.0, 0.1, 0.2, 0.3)):
        model = fit_judgements(
            inspections(slope, n_authorities=120, seed=seed), ("figure",), "simulated", "ordinal"
        )
        of_100 = good_of_100(model, "figure")
        is_out = not of_100.conf_low <= of_100.as_it_was <= of_100.conf_high
        assert is_out == model.fitted.term("figure").excludes(1)


def test_a_figure_that_the_model_lacks_is_named():
    model = fit_judgements(inspections(0.5, n_authorities=80), ("figure",), "simulated", kind="ordinal")
    with pytest.raises(RequestError, match="unknown term 'figures'; did you mean 'figure'"):
        good_of_100(model, "figures")
