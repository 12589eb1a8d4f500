"""The judgements and dates of the hand-read reports, where the official files are present."""

import csv

import pytest

from analysis.data.definitions.inspection_reports import JUDGEMENTS
from analysis.inspections.reading.reports import COLUMNS, read_reports

pytestmark = [pytest.mark.shared]

DATES = ("inspection_start", "inspection_end")


@pytest.fixture(scope="module")
def gold(shared_data):
    with (shared_data.parent / "gold" / "judgements.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.fixture(scope="module")
def readings(shared_data, gold):
    reports = shared_data / "ofsted" / "reports"
    return {reading.file: reading for reading in read_reports([reports / row["report"] for row in gold])}


def agreement(gold, readings, columns):
    same = [readings[row["report"]].fields[column] == row[column] for row in gold for column in columns]
    return sum(same) / len(same)


def test_judgements_agree_with_the_hand_read_ones(gold, readings):
    assert agreement(gold, readings, (*JUDGEMENTS, "framework")) >= 0.99


def test_dates_agree_with_the_hand_read_ones(gold, readings):
    assert agreement(gold, readings, DATES) >= 0.97


def test_the_table_has_the_columns_of_the_hand_read_one(gold):
    assert list(gold[0]) == list(COLUMNS)


def test_no_hand_read_report_has_an_empty_field_or_a_concern(readings):
    assert not [
        (reading.file, reading.reasons, reading.concerns)
        for reading in readings.values()
        if not reading.is_usable or reading.reasons
    ]
