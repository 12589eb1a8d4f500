"""The table of measures in git is what `ingest inspections` makes of the reports."""

from importlib.resources import files

import pytest

from analysis.data.panel.figures import read_inspection_reports
from analysis.inspections.measuring import agreement
from analysis.inspections.measuring import folder as measuring
from analysis.inspections.reading.reports import read_reports
from analysis.paths import Project
from tests.making import REPOSITORY
from training.shipped import coded_twice, known_reports

PROCESSED = Project(REPOSITORY).processed


def test_every_report_has_an_authority_dates_and_no_more_coded_than_read():
    reports = read_inspection_reports(PROCESSED)
    assert len(reports) == reports["report"].nunique() > 480
    assert (reports[["authority_code", "inspection_start", "inspection_end", "framework"]] != "").all().all()
    counts = [column for column in reports.columns if column.endswith(("_problem", "_strength", "_mixed"))]
    assert len(counts) == 24 and (reports[counts].min() >= 0).all()
    for name in measuring.RATINGS:
        assert (reports[f"turnover_{name}"] <= reports["sentences"]).all()


@pytest.mark.shared
def test_measuring_some_reports_again_gives_their_rows(shared_data):
    kept = read_inspection_reports(PROCESSED).set_index("report")
    if set(kept["coder"]) != {measuring.coder()}:
        pytest.skip(f"the table was coded by {kept['coder'].iloc[0]}; run `plan-drift ingest inspections`")
    folder = shared_data / "ofsted"
    paths = sorted((folder / "reports").glob("*west-sussex*.pdf"))
    table = measuring.measured(
        read_reports(paths, with_sentences=True), measuring.read_index(folder), jobs=1
    ).reports
    assert len(table) == 3
    for row in table.set_index("report").itertuples():
        assert list(row[1:]) == kept.loc[row.Index].tolist()


@pytest.mark.shared
def test_the_counts_of_two_coders_are_those_of_their_codes(shared_data):
    made = coded_twice(shared_data.parent / "gold" / "double_coded.tsv")
    assert made.to_dict() == agreement.counts().to_dict()


@pytest.mark.shared
def test_reports_are_known_by_what_is_read_of_them(shared_data):
    paths = sorted((shared_data / "ofsted" / "reports").glob("*west-sussex*.pdf"))
    made = known_reports(read_reports(paths)).splitlines()
    shipped = files("analysis.inspections.reading").joinpath("reports.csv").read_text("utf-8").splitlines()
    assert len(made) == 4 and set(made) <= set(shipped)
