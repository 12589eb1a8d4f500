"""YAML that people edit: what is refused, and what a value means (YAML 1.2, chapter 10.3)."""

from pathlib import Path

import pytest

from analysis.errors import RequestError
from analysis.files.yaml_files import parse_yaml, read_yaml


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3", "here.yml, line 3: 'a' stands twice; keep one"),
        ("claims: {C01: {x: 1}, C01: {x: 2}}", "here.yml, line 1: 'C01' stands twice; keep one"),
        ("runs:\n  - {name: a, name: b}", "here.yml, line 2: 'name' stands twice; keep one"),
        ("a: [1", "here.yml, line 1: "),
        ("? [1]\n: 2", "here.yml, line 1: "),
        ("!!python/object/apply:os.system ['true']", "here.yml, line 1: "),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(text, told):
    with pytest.raises(RequestError) as refused:
        parse_yaml(text, "here.yml")
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30:45", "12:30:45"),
        ("1_0_0", "1_0_0"),
        ("on", "on"),
        ("2025-01-31", "2025-01-31"),
        ("010", 10),
        ("1e-3", 0.001),
        ("-.inf", float("-inf")),
        ("True", True),
        ("~", None),
        ("", None),
        ("{<<: {a: 1, b: 2}, b: 3}", {"a": 1, "b": 3}),
    ],
)
def test_a_value_means_what_yaml_1_2_says(text, value):
    parsed = parse_yaml(text, "here.yml")
    assert parsed == value and type(parsed) is type(value)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path):
    (tmp_path / "own.yml").write_bytes("title: Größe".encode("latin-1"))
    with pytest.raises(RequestError, match=r"^own\.yml: not UTF-8 \(byte 9\); save it as UTF-8$"):
        read_yaml(tmp_path / "own.yml")
