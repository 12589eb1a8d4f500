"""The dictionary of indicators: enough of each topic, units in names, no definition left open."""

from collections import Counter

import pytest

from analysis.data.definitions.indicators import dictionary, indicator
from analysis.errors import RequestError

ENTRIES = list(dictionary().values())
MONEY = ("real_gbp", "real_gbp_per_child", "real_gbp_per_week")


def test_there_are_as_many_as_the_questions_need():
    topics = Counter(entry.topic for entry in ENTRIES)
    assert topics["workforce"] >= 12
    assert topics["pace"] + topics["stability"] >= 22
    assert topics["need"] + topics["context"] >= 10
    assert sum(entry.unit in MONEY for entry in ENTRIES) >= 8


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_the_unit_stands_in_the_name_and_the_range_is_one(entry):
    assert entry.id.endswith(entry.unit)
    assert entry.range[0] < entry.range[1] and entry.years[0] <= entry.years[1]
    assert (
        entry.definition and entry.definition[0] == entry.definition[0].lower()
    ) or entry.definition.startswith("Index")


def test_labels_are_told_apart():
    labels = Counter(entry.label for entry in ENTRIES)
    assert [label for label, count in labels.items() if count > 1] == []


def test_an_unknown_indicator_is_refused_with_the_nearest():
    with pytest.raises(RequestError, match="'caseload'; did you mean 'caseload_cases_per_fte'"):
        indicator("caseload")
