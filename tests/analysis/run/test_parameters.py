"""What may be asked of a notebook is read from it; the rest is refused with the nearest right answer."""

import pytest

from analysis.errors import RequestError
from analysis.run.parameters import check, parameter_lines, parse_assignments, read_parameters
from tests.making.publishing_project import new_code_cell, parameters, write_notebook

SOURCE = """from typing import Literal

exposure: Indicator = 'turnover_rate_percent'  # what varies
level: Literal['low', 'high'] = 'low'  # which
years: tuple[int, int] = (2017, 2024)  # first and last
names: list[str] = []  # left out
share: float = 0.5
count: int = 3
weighted: bool = False  # by children
first_year: Year = 2013
last_year: Year = 2020
lag: Annotated[int, Between(-5, 5)] = 0
rate: Annotated[float, Between(0.001, 0.5)] = 0.05
region: str | None = None
"""


@pytest.fixture
def declared(tmp_path):
    write_notebook(tmp_path, "one", new_code_cell("x = 1"), parameters(SOURCE))
    return read_parameters(tmp_path / "notebooks" / "one.ipynb")


def test_parameters_come_with_type_default_and_meaning(declared):
    by_name = {parameter.name: parameter for parameter in declared}
    assert by_name["years"].default == (2017, 2024)
    assert by_name["years"].comment == "first and last"
    assert by_name["level"].type == "Literal['low', 'high']"


def test_right_values_pass(declared):
    given = {
        "level": "high",
        "years": [2018, 2020],
        "share": 1,
        "weighted": True,
        "region": None,
        "names": ["a"],
    }
    assert check(declared, given) == {**given, "share": 1.0}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"levle": "low"}, "unknown parameter 'levle'; did you mean 'level'"),
        ({"level": "hihg"}, "level: unknown 'hihg'; did you mean 'high'"),
        ({"count": "three"}, "count: 'three' is not a whole number"),
        ({"count": True}, "count: True is not a whole number"),
        ({"years": [2017]}, "years: .* is not a list of 2"),
        ({"years": ["a", "b"]}, "years: entry 1: 'a' is not a whole number"),
        ({"names": "a"}, "names: 'a' is not a list"),
        ({"weighted": "yes"}, "weighted: 'yes' is not true or false"),
        ({"exposure": "turnover_rat"}, "exposure: unknown indicator 'turnover_rat'"),
        ({"region": 4}, "region: 4 is not"),
        ({"lag": 99999}, "lag: 99999 lies outside -5 to 5"),
        ({"lag": "12:30:45"}, "lag: '12:30:45' is not a whole number"),
        ({"rate": float("nan")}, "rate: nan is not a number"),
        ({"rate": 0.6}, "rate: 0.6 lies outside 0.001 to 0.5"),
        ({"share": float("inf")}, "share: inf is not a number"),
        (
            {"first_year": 1066},
            r"first_year: 1066 lies outside \d{4} to \d{4}, the years of which there are figures",
        ),
        ({"first_year": 2021}, "first_year: 2021 is later than last_year 2020"),
        ({"last_year": 2012}, "first_year: 2013 is later than last_year 2012"),
    ],
)
def test_wrong_values_are_refused_in_one_line(declared, given, told):
    with pytest.raises(RequestError, match=told) as refused:
        check(declared, given, "study")
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("study: ")


def test_command_line_values_follow_the_declared_type(declared):
    asked = ["level=high", "years=2018,2020", "share=0.25", "weighted=true", "names=[a, b]", "region=no"]
    parsed = parse_assignments(asked, declared)
    assert parsed["years"] == [2018, 2020]
    assert parsed["weighted"] is True
    assert parsed["names"] == ["a", "b"]
    assert parsed["share"] == 0.25


@pytest.mark.parametrize("text", ["12:30:45", "1_0_0", "0x1f", "1,5", "yes"])
def test_only_what_looks_like_a_whole_number_is_one(declared, text):
    with pytest.raises(RequestError, match="is not a whole number"):
        check(declared, parse_assignments([f"lag={text}"], declared))


def test_what_may_be_set_is_told_in_words(declared):
    lines = "\n".join(parameter_lines("one", declared))
    for words in ("one of: low, high", "a whole number from -5 to 5", "by children", "default: low", "a list, each text",
                  "a year of which there are figures", "text or nothing"):  # fmt: skip
        assert words in lines, words


def test_a_constraint_that_is_not_known_is_refused(tmp_path):
    write_notebook(tmp_path, "one", parameters("n: Annotated[int, Positive()] = 1"))
    declared = read_parameters(tmp_path / "notebooks" / "one.ipynb")
    with pytest.raises(
        RequestError, match=r"n: 'Positive\(\)' can't be checked; write Between\(least, most\)"
    ):
        check(declared, {"n": 2})


def test_a_word_for_text_stays_text(tmp_path):
    write_notebook(tmp_path, "one", parameters("answer: str = 'x'"))
    declared = read_parameters(tmp_path / "notebooks" / "one.ipynb")
    assert parse_assignments(["answer=no"], declared) == {"answer": "no"}
    assert parse_assignments(["answer=2020"], declared) == {"answer": "2020"}


def test_an_assignment_without_a_value_is_refused():
    with pytest.raises(RequestError, match="name=value"):
        parse_assignments(["level"])


def test_a_computed_default_is_refused(tmp_path):
    write_notebook(tmp_path, "one", parameters("count: int = len('abc')"))
    with pytest.raises(RequestError, match=r"one\.ipynb, cell 1: count"):
        read_parameters(tmp_path / "notebooks" / "one.ipynb")


@pytest.mark.parametrize("text", ['{"cells": null}', '{"cells": [1]}', "[]", "{", '{"cells": {"a": 1}}'])
def test_what_is_no_notebook_is_said_in_one_line(tmp_path, text):
    (tmp_path / "own.ipynb").write_text(text)
    with pytest.raises(
        RequestError, match=r"own\.ipynb: not a notebook \(.*\); open and save it in JupyterLab"
    ):
        read_parameters(tmp_path / "own.ipynb")


def test_both_ends_of_a_range_and_a_single_year_are_taken(declared):
    for given in (
        {"lag": 5},
        {"lag": -5},
        {"rate": 0.5},
        {"rate": 0.001},
        {"first_year": 2019, "last_year": 2019},
    ):
        assert check(declared, given) == given


def test_a_claim_is_passed_on_as_the_register_writes_it(tmp_path):
    write_notebook(tmp_path, "one", parameters("claim: ClaimName = 'C01'"))
    declared = read_parameters(tmp_path / "notebooks" / "one.ipynb")
    assert check(declared, {"claim": "c07"}) == {"claim": "C07"}
