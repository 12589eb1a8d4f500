"""Intervals by Student's t with one degree of freedom, whose quantiles are tangents: tan(π (q − ½))."""

from math import pi, tan

import pytest

from analysis.models.event_effect import effect_of
from analysis.models.power import equivalence


def test_an_effect_of_two_clusters_has_one_degree_of_freedom():
    found = effect_of(2.0, 2.0, 2, 0.95)
    assert found.conf_high == pytest.approx(2 + 2 * tan(pi * 0.475))
    assert found.p_value == pytest.approx(0.5)  # of Cauchy's law half lies beyond one either way


def test_the_interval_beside_an_equivalence_test_leaves_its_level_out_on_either_side():
    found = equivalence(0.0, 1.0, 1, -8.0, 8.0, level=0.05)
    assert (found.conf_low, found.conf_high) == pytest.approx((-tan(pi * 0.45), tan(pi * 0.45)))
    assert found.equivalent
