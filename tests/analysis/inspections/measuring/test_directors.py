"""The table of directors in post: it fits the reports, is refused where it doesn't, and agrees with reading by hand."""

import csv

import pandas as pd
import pytest

from analysis.data.definitions.inspection_reports import check_directors
from analysis.data.panel.figures import read_inspection_directors, read_inspection_reports
from analysis.errors import DataError
from analysis.inspections.measuring import folder as measuring
from analysis.inspections.reading.reports import read_reports
from analysis.paths import Project
from tests.making import REPOSITORY

PROCESSED = Project(REPOSITORY).processed
HAND_READ = REPOSITORY / "tests" / "reference" / "directors_hand_read.csv"
"""Fifty reports of the single inspection framework, drawn at random, as a person read them."""


@pytest.fixture(scope="module")
def directors():
    return read_inspection_directors(PROCESSED)


@pytest.fixture(scope="module")
def hand_read():
    with HAND_READ.open(encoding="utf-8", newline="") as stream:
        return {
            row["report"]: (row["in_post_since"], row["is_interim"] == "true")
            for row in csv.DictReader(stream)
        }


def test_nearly_every_report_of_the_framework_dates_its_director(directors):
    reports = read_inspection_reports(PROCESSED)
    dated = reports[reports["framework"] == "sif"]
    assert set(directors["report"]) <= set(dated["report"])
    assert len(directors) >= 0.95 * len(dated)


def test_the_table_agrees_with_reading_by_hand(directors, hand_read):
    in_table = {row.report: (row.in_post_since, row.is_interim) for row in directors.itertuples(index=False)}
    assert len(hand_read) == 50
    assert sum(in_table.get(report) == told for report, told in hand_read.items()) >= 49


@pytest.mark.shared
def test_reading_reports_again_gives_their_rows(shared_data, directors, hand_read):
    folder = shared_data / "ofsted"
    paths = [folder / "reports" / f"{report}.pdf" for report in list(hand_read)[::10]]
    again = measuring.directors_in_post(
        read_reports(paths, with_sentences=True), measuring.read_index(folder)
    ).astype({"page": int})
    kept = directors[directors["report"].isin(again["report"])].reset_index(drop=True)
    assert len(again) == 5
    assert again.assign(is_interim=again["is_interim"] == "true").equals(kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"report": "r9"}, "isn't in the table of inspection reports"),
        ({"authority_code": "E2"}, "another authority's"),
        ({"in_post_since": "2014-13"}, "no month as in 2014-07"),
        ({"in_post_since": "July 2014"}, "no month as in 2014-07"),
        ({"in_post_since": "2016-02"}, "after the report was published"),
    ],
)
def test_a_row_that_fits_no_report_is_refused_in_one_line(change, message):
    reports = pd.DataFrame({"report": ["r1"], "authority_code": ["E1"], "published": ["2016-01-31"]})
    row = {
        "report": "r1", "authority_code": "E1", "in_post_since": "2016-01", "is_interim": False, "page": 5,
    }  # fmt: skip
    check_directors(pd.DataFrame([row]), reports, "made.csv")
    with pytest.raises(DataError, match=message) as refused:
        check_directors(pd.DataFrame([row | change]), reports, "made.csv")
    assert str(refused.value).startswith("made.csv: ") and "\n" not in str(refused.value)
