"""Amounts and differences as prose has them, written out by hand."""

import pytest

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import amount, difference, step_of


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
    "deviation, name, text",
    [
        (2.687, "caseload_cases_per_fte", "2.7 cases per FTE worker"),
        (6.458, "turnover_percent", "6.5 percentage points"),
        (108.9, "children_services_real_gbp_per_child", "£109 per child (2024-25 prices)"),
    ],
)
def test_a_step_of_a_measure_has_the_digits_that_it_is_read_with(deviation, name, text):
    assert step_of(deviation, indicator(name)) == text
