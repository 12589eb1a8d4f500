"""Amounts and differences as prose has them, written out by hand."""

import pytest

from analysis.data.definitions.indicators import dictionary, indicator
from analysis.showing.numbers import amount, difference, of_100, p_value, step_of


@pytest.mark.parametrize(
    "value, unit, decimals, text",
    [
        (2.69, "cases per FTE worker", 1, "2.7 cases per FTE worker"),
        (108.4, "£ per child, 2024-25 prices", None, "£108 per child (2024-25 prices)"),
        (-1234.5, "£", 0, "−£1,234"),
        (-1234.5, "£ a week, 2024-25 prices", 0, "−£1,234 a week (2024-25 prices)"),
    ],
)
def test_an_amount_has_its_unit_where_prose_has_it(value, unit, decimals, text):
    assert amount(value, unit, decimals) == text


@pytest.mark.parametrize(
    "change, unit, text",
    [
        (
            (-2.57, -3.4, -1.7),
            "percentage points",
            "2.6 percentage points lower (95% interval 1.7 to 3.4 lower)",
        ),
        (
            (2.57, 1.7, 3.4),
            "percentage points",
            "2.6 percentage points higher (95% interval 1.7 to 3.4 higher)",
        ),
        (
            (0.2, -0.4, 0.8),
            "percentage points",
            "0.2 percentage points higher (95% interval 0.4 lower to 0.8 higher)",
        ),
        ((107.7, 43.9, 171.6), "£ per child", "£108 per child higher (95% interval 44 to 172 higher)"),
        ((float("nan"), 1.0, 2.0), "£", "–"),
        ((None, None, None), "£", "–"),
    ],
)
def test_a_difference_says_which_way_each_end_of_its_interval_lies(change, unit, text):
    assert difference(change, unit) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("turnover_percent", "5 percentage points"),
        ("agency_percent", "10 percentage points"),
        ("absence_percent", "1 percentage point"),
        ("caseload_cases_per_fte", "1 case per FTE worker"),
        ("safeguarding_real_gbp_per_child", "£100 per child (2024-25 prices)"),
    ],
)
def test_all_reports_speak_of_the_same_step_of_a_measure(name, text):
    assert step_of(indicator(name)) == text


def test_every_indicator_has_a_step():
    assert all(entry.step > 0 for entry in dictionary().values())


@pytest.mark.parametrize(
    ("shares", "text"),
    [
        ((63.3, 49.4, 43.6, 55.2), "49 (95% interval 44 to 55) rather than 63"),
        ((53.0, 53.2, 46.6, 62.2), "53 (95% interval 47 to 62) either way"),
        ((53.0, None, 46.6, 62.2), "–"),
        ((53.0, float("nan"), 46.6, 62.2), "–"),
    ],
)
def test_how_many_of_100_there_are_is_told_beside_how_many_there_were(shares, text):
    assert of_100(shares) == text


def test_how_many_of_100_there_are_can_stand_after_another_sentence_that_compares():
    assert of_100((63.3, 49.4, 43.6, 55.2), False) == "49 (44 to 55)"
    assert of_100((4.31, 5.82, 4.48, 7.7), decimals=1) == "5.8 (95% interval 4.5 to 7.7) rather than 4.3"


@pytest.mark.parametrize(
    ("shares", "text"),
    [
        # 62.6 is below 63.3, though both round to 63: a digit more shows it.
        ((63.3, 60.7, 58.3, 62.6), "60.7 (58.3 to 62.6)"),
        ((63.3, 66.0, 63.4, 68.0), "66.0 (63.4 to 68.0)"),
        ((63.3, 61.0, 58.0, 63.4), "61 (58 to 63)"),  # the interval holds the number as it was
    ],
)
def test_a_limit_that_leaves_out_the_number_as_it_was_shows_that_it_does(shares, text):
    assert of_100(shares, False) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0504, "0.0504"),
        (0.0496, "0.0496"),
        (0.05, "0.0500"),
        (0.0489, "0.049"),
        (0.0004, "<0.001"),
        (None, "–"),
    ],
)
def test_a_p_value_near_one_in_twenty_shows_on_which_side_it_lies(value, text):
    assert p_value(value) == text
