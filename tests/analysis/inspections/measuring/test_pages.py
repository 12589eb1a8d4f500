"""The pages on which reports speak of what: they add up to the reports' counts, and are those of the PDFs."""

import pandas as pd
import pypdfium2
import pytest

from analysis.data.definitions.inspection_reports import CONSTRUCTS, COUNTS, check_pages
from analysis.data.panel.figures import read_inspection_report_pages
from analysis.errors import DataError
from analysis.inspections.measuring import folder as measuring
from tests.making import REPOSITORY

PROCESSED = REPOSITORY / "data" / "processed"


def test_sentences_of_a_page_are_counted_by_hand():
    codes = pd.DataFrame("0", index=range(4), columns=list(CONSTRUCTS))
    codes["drift"] = ["-", "-", "+", "-"]
    codes.loc[3, "plans"] = "~"
    assert measuring.page_counts(codes, [2, 2, 2, 5]) == {
        ("drift", "problem", 2): 2,
        ("drift", "problem", 5): 1,
        ("drift", "strength", 2): 1,
    }


@pytest.mark.shared
def test_no_page_lies_behind_a_reports_last(shared_data):
    last = read_inspection_report_pages(PROCESSED).groupby("report")["page"].max()
    for report in last.index[::100]:
        assert last[report] <= len(
            pypdfium2.PdfDocument(shared_data / "ofsted" / "reports" / f"{report}.pdf")
        )


def rows(*pages):
    return pd.DataFrame(
        [("r1", "drift", "problem", page, n) for page, n in pages],
        columns=["report", "construct", "rating", "page", "sentences"],
    )


def test_pages_that_do_not_add_up_to_the_reports_counts_are_refused_in_one_line():
    reports = pd.DataFrame([{"report": "r1", **dict.fromkeys(COUNTS, 0), "drift_problem": 3}])
    check_pages(rows((2, 1), (7, 2)), reports, "made.csv")
    for wrong in (rows((2, 1)), rows((2, 1), (7, 3)), rows((2, 3)).assign(construct="plans")):
        with pytest.raises(DataError, match=r"^made\.csv: r1, [a-z]+ as problem: .*[^\n]$"):
            check_pages(wrong, reports, "made.csv")
