"""Case studies: places among authorities, timelines, authorities that came, went or have no report."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore

from analysis.data.panel import store
from analysis.data.panel.store import load_reports
from analysis.errors import DataError, RequestError
from analysis.findings.finding import recorded
from analysis.reports.case_study import charts as case_charts
from analysis.reports.case_study.authority import case_authority
from analysis.reports.case_study.findings import case_findings
from analysis.reports.case_study.standing import percentile_of, percentile_with_chance, reports_standing
from analysis.reports.case_study.study import load_neighbours, study_case
from analysis.reports.case_study.timeline import case_events, timeline
from analysis.reports.case_study.words import case_described, case_front, case_limits, case_result
from analysis.run.names import check_authority
from publishing.display import Chart, Prose, Table


@pytest.fixture(scope="module")
def panel():
    return store.load_panel().authorities


def studied(name):
    whole = store.load_panel()
    return study_case(name, load_reports(), whole.authorities, whole.series, load_neighbours())


@pytest.fixture(scope="module")
def west_sussex():
    return studied("West Sussex")


def test_a_place_is_the_mean_rank_of_scipy():
    values = pd.Series([3.0, 1, 4, 1, 5, 9, np.nan, 2, 6])
    for value in (1, 4, 9):
        assert percentile_of(values, value) == percentileofscore(values.dropna(), value, kind="mean")


def test_limits_of_a_place_widen_as_children_get_fewer():
    shares = np.linspace(80, 96, 9)
    frame = pd.DataFrame(
        {"authority_code": list("abcdefghi"), "year": 2019, "share": shares, "children": 2000}
    )
    many = percentile_with_chance(frame, "b", "share", "children", 2019)
    few = percentile_with_chance(frame.assign(children=30), "b", "share", "children", 2019)
    assert many.estimate == few.estimate == pytest.approx(100 * 1.5 / 9)
    assert few.conf_high - few.conf_low > many.conf_high - many.conf_low
    assert many.p_value < 0.01 and percentile_with_chance(frame, "e", "share", "children", 2019).p_value > 0.5
    with pytest.raises(DataError, match="has no figure in 2020"):
        percentile_with_chance(frame, "b", "share", "children", 2020)


def test_facts_have_a_source_a_date_and_an_authority_that_exists(panel):
    events = case_events()
    assert events.drop(columns="date").ne("").all(axis=None)
    assert events["date"].str.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?").all()
    assert set(events["authority_code"]) <= set(panel["authority_code"])


def test_a_timeline_puts_inspections_and_facts_in_order(west_sussex):
    found = west_sussex.timeline
    assert found["date"].is_monotonic_increasing
    assert (found["event"].str.startswith("Inspection")).sum() == 3 == west_sussex.n_reports
    assert timeline(load_reports().head(0), "E00000000").empty


def test_west_sussex_is_described_by_what_happened(west_sussex):
    assert west_sussex.inadequate_on == "2019-03-08" and len(west_sussex.neighbours) == 10
    assert west_sussex.health.year == 2019 and west_sussex.health.value == 88
    turnover = west_sussex.synthetic["turnover"]
    assert turnover.specification.start == 2019 and turnover.is_descriptive
    assert "2018" not in west_sussex.synthetic and "are needed" in west_sussex.synthetic["caseload"]
    assert "descriptive only" in case_result(west_sussex).markdown


def test_findings_have_their_promised_names_and_cautions(west_sussex):
    found = {one.name: one for one in case_findings(west_sussex)}
    assert {
        "synthetic-turnover",
        "synthetic-agency",
        "synthetic-spend",
        "health-assessments-percentile",
    } <= set(found)
    assert "too few" in found["synthetic-turnover"].caution
    assert found["health-assessments-percentile"].scale == "percentile"
    assert recorded(found.values())["findings"]


def test_figures_meet_a_report_by_the_september_before_it(panel):
    reports = load_reports()
    own = reports[reports["authority_code"] == "E10000032"]
    rows = reports_standing(own, reports, panel, "E10000032").set_index(["published", "indicator"])
    row = rows.loc[("2019-05-08", "turnover_percent")]
    official = panel[(panel["authority_code"] == "E10000032") & (panel["year"] == 2018)][
        "turnover_percent"
    ].item()
    assert row["year"] == 2018 and row["value"] == official


SHOWN = (
    case_charts.timeline_table,
    case_charts.series,
    case_charts.gaps,
    case_charts.synthetic_table,
    case_charts.reports_table,
    case_charts.standing_table,
    case_described,
    case_result,
    case_limits,
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("City of London", "handful of people"),
        ("Cumbria", "none of it"),
        ("Dorset", "formed out of Dorset (to 2019)"),
        ("Birmingham", "too few years with figures"),
        ("Sheffield", "none of which judges it inadequate"),
    ],
)
def test_it_runs_for_any_authority_and_says_what_is_missing(name, said):
    case = studied(name)
    shown = [make(case) for make in SHOWN]
    assert all(isinstance(one, Chart | Prose | Table) for one in shown)
    text = " ".join(one.markdown for one in shown if isinstance(one, Prose))
    assert said in text and "nan" not in text
    assert case.authority in case_front(case).title
    recorded(case_findings(case))


def test_an_authority_that_is_unknown_or_long_gone_is_said_to_be(panel):
    with pytest.raises(RequestError, match="did you mean 'West Sussex'"):
        case_authority("West Susex", panel)
    assert check_authority("Bedfordshire")  # a known name, but of an authority that ended in 2009
    with pytest.raises(RequestError, match="Bedfordshire ended in 2009"):
        case_authority("Bedfordshire", panel)
