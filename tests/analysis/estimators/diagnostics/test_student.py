"""Intervals by Student's t with one degree of freedom, whose quantiles are tangents: tan(π (q − ½))."""

from math import pi, tan

import numpy as np
import pytest

from analysis.estimators import Specification
from analysis.estimators.diagnostics.power import equivalence
from analysis.estimators.regression.inference import Counts, by_student, effect_from_draws, effect_from_error


def test_an_effect_of_two_clusters_has_one_degree_of_freedom():
    effect = by_student(2.0, 2.0, 1, 0.95)
    assert effect.conf_high == pytest.approx(2 + 2 * tan(pi * 0.475))
    assert effect.p_value == pytest.approx(0.5)  # of Cauchy's law half lies beyond one either way


def test_the_interval_beside_an_equivalence_test_leaves_its_level_out_on_either_side():
    tested = equivalence(0.0, 1.0, 1, -8.0, 8.0, level=0.05)
    assert (tested.conf_low, tested.conf_high) == pytest.approx((-tan(pi * 0.45), tan(pi * 0.45)))
    assert tested.equivalent


ASKED = Specification("y", "x")


def test_the_p_value_of_an_effect_is_of_both_sides_and_its_interval_of_the_level_asked_for():
    effect = effect_from_error(2.0, 2.0, 1, Counts(4, 2, 2), "by hand", ASKED)
    assert effect.p_value == pytest.approx(0.5)  # of Cauchy's law half lies beyond one either way
    assert (effect.conf_low, effect.conf_high) == pytest.approx(
        (2 - 2 * tan(pi * 0.475), 2 + 2 * tan(pi * 0.475))
    )


def test_draws_all_on_one_side_of_zero_still_leave_the_data_as_one_draw():
    """Of 39 draws none is at or below zero: with the data as the fortieth the p value is 2 × 1/40."""
    draws = np.arange(1.0, 40.0)
    effect = effect_from_draws(20.0, draws, Counts(4, 2, 2), "by hand", ASKED)
    assert effect.p_value == pytest.approx(2 / 40)
    # Ranks of 39 draws: 0.025 × 38 steps from the first, and as many from the last.
    assert (effect.conf_low, effect.conf_high) == pytest.approx((1.95, 38.05))
    assert effect.standard_error == pytest.approx((39 * 40 / 12) ** 0.5)  # of 1 to n: n (n + 1) / 12
