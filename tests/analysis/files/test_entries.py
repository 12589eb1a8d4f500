"""An entry of a file that people edit: what is wrong is told in one line, the first thing first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest

from analysis.errors import DataError, RequestError
from analysis.files.entries import (
    Entry,
    Flag,
    Number,
    Text,
    Texts,
    Whole,
    between,
    read_entries,
    read_entry,
    worded,
)


@dataclass(frozen=True)
class Part(Entry):
    name: Text
    share: Number = 1


@dataclass(frozen=True)
class Thing(Entry):
    id: str
    label: Text
    kind: Literal["near", "far"]
    pair: tuple[Whole, Whole] = (0, 1)
    parts: tuple[Part, ...] = ()
    tags: Texts = ("a",)
    by_year: Mapping[Whole, Text] = field(default_factory=dict)
    by_kind: Mapping[Literal["near", "far"], Part] = field(default_factory=dict)
    count: Annotated[Whole, between(1, 9)] | None = None
    either: Annotated[Whole | Text, worded("a whole number or text")] = 1
    is_new: Flag = False


RIGHT = {"label": "A", "kind": "near"}
WRONG = {
    "no mapping": (3, "3 is not a mapping with label, kind"),
    "a key with a typing error, before the key that it stands for": ({"labell": "A", "kind": "near"},
                                                                     "unknown key 'labell'; did you mean 'label'?"),
    "a key that is lacking": ({"kind": "near"}, "lacks 'label'"),
    "the first of two": ({"kind": "fra", "label": 3}, "label: 3 is not text"),
    "text of spaces": (RIGHT | {"label": " "}, "label: ' ' is not text"),
    "a name outside its set": (RIGHT | {"kind": "nearr"}, "kind: unknown 'nearr'; did you mean 'near'?"),
    "a name like none": (RIGHT | {"kind": "zzz"}, "kind: unknown 'zzz'; choose from near, far"),
    "a key that is no text": (RIGHT | {3: 4}, "unknown key '3'"),
    "a field that isn't for the file": (RIGHT | {"id": "x"}, "unknown key 'id'"),
    "one where two belong": (RIGHT | {"pair": [1]}, "pair: [1] is not a list of 2"),
    "three where two belong": (RIGHT | {"pair": [1, 2, 3]}, "pair: [1, 2, 3] is not a list of 2"),
    "true as a number": (RIGHT | {"pair": [1, True]}, "pair: entry 2: True is not a whole number"),
    "a number in quotes": (RIGHT | {"pair": ["1", 2]}, "pair: entry 1: '1' is not a whole number"),
    "no number": (RIGHT | {"parts": [{"name": "x", "share": float("nan")}]}, "parts: entry 1: share: nan is not a number"),
    "an unknown key within a list": (RIGHT | {"parts": [{"name": "x"}, {"nmae": "y"}]},
                                     "parts: entry 2: unknown key 'nmae'; did you mean 'name'?"),
    "a mapping for a list": (RIGHT | {"parts": {"name": "x"}}, "parts: {'name': 'x'} is not a list of mappings"),
    "a text for a list": (RIGHT | {"tags": "a"}, "tags: 'a' is not a list of texts"),
    "an empty list": (RIGHT | {"tags": []}, "tags: [] is not a list with something in it"),
    "a year in words": (RIGHT | {"by_year": {"one": "x"}}, "by_year: a name: 'one' is not a whole number"),
    "a number under a year": (RIGHT | {"by_year": {2017: 1}}, "by_year: 2017: 1 is not text"),
    "an unknown key of a set": (RIGHT | {"by_kind": {"fra": {}}}, "by_kind: unknown key 'fra'; did you mean 'far'?"),
    "what lacks below a key": (RIGHT | {"by_kind": {"far": {}}}, "by_kind: far: lacks 'name'"),
    "outside a range": (RIGHT | {"count": 10}, "count: 10 lies outside 1 to 9"),
    "neither of two kinds": (RIGHT | {"either": [1]}, "either: [1] is not a whole number or text"),
    "a word for yes": (RIGHT | {"is_new": "yes"}, "is_new: 'yes' is not true or false"),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(entry, told):
    with pytest.raises(DataError) as refused:
        read_entry(Thing, entry, "own.yml: one", id="one")
    assert str(refused.value) == f"own.yml: one: {told}"


def test_an_entry_is_read_as_it_stands():
    entry = {
        **RIGHT,
        "pair": [3, 4],
        "parts": [{"name": "x", "share": 2}],
        "by_year": {2017: "y"},
        "count": None,
    }
    assert read_entries(Thing, {"one": entry}, "own.yml", "id") == {
        "one": Thing("one", "A", "near", (3, 4), (Part("x", 2.0),), by_year={2017: "y"})
    }


def test_names_of_entries_are_texts_and_there_is_one_at_least():
    with pytest.raises(RequestError, match=r"^own\.yml: holds no entry; write one at least$"):
        read_entries(Thing, {}, "own.yml", "id", RequestError)
    with pytest.raises(DataError, match=r"^own\.yml: a name: 3 is not text$"):
        read_entries(Thing, {3: RIGHT}, "own.yml", "id")
