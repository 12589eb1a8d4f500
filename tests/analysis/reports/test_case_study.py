"""Case studies: places among authorities, timelines, authorities that came, went or have no report."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore

from analysis.data.panel import store
from analysis.data.panel.authority import panel_authority
from analysis.data.panel.store import load_reports
from analysis.errors import DataError, RequestError
from analysis.findings.finding import recorded
from analysis.reports.case_study import charts as case_charts
from analysis.reports.case_study.findings import case_findings
from analysis.reports.case_study.standing import percentile_of, percentile_with_chance, reports_standing
from analysis.reports.case_study.study import apart_after, load_neighbours, order_kept, study_case
from analysis.reports.case_study.timeline import case_events, timeline
from analysis.reports.case_study.words import (
    case_answer,
    case_described,
    case_front,
    case_limits,
    health_result,
    synthetic_result,
)
from analysis.run.names import check_authority
from analysis.showing.numbers import dates_in_words
from publishing.display import Answer, Chart, Prose, Table
from tests.making.drawn import check_layout


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
    events = west_sussex.timeline
    assert events["date"].is_monotonic_increasing
    assert (events["event"].str.startswith("Inspection")).sum() == 3 == west_sussex.n_reports
    assert timeline(load_reports().head(0), "E00000000").empty


def test_west_sussex_is_described_by_what_happened(west_sussex):
    assert west_sussex.inadequate_on == "2019-03-08" and len(west_sussex.neighbours) == 10
    assert west_sussex.health.year == 2019 and west_sussex.health.value == 88
    turnover = west_sussex.synthetic["turnover"]
    assert turnover.specification.start == 2019 and turnover.is_descriptive
    assert "2018" not in west_sussex.synthetic and "are needed" in west_sussex.synthetic["caseload"]


def test_the_answer_names_the_judgements_what_changed_and_what_figures_show(west_sussex):
    """Dates and grades as in Ofsted's reports of January 2016, May 2019 and May 2023."""
    said = case_answer(west_sussex)
    assert (
        "inadequate in an inspection that ended on 8 March 2019 (requires improvement on 19 November 2015 and"
        in said.answer
    )
    assert "24 March 2023); whether its figures changed after that cannot be told from them.**" in said.answer
    turnover = west_sussex.synthetic["turnover"]
    assert f"turnover of social workers was {turnover.estimate:.1f} percentage points higher" in said.answer
    known = west_sussex.standing.dropna(subset=["percentile"])
    loud = known[known["share_percentile"] > 50]
    n_both = (loud["percentile"] > 50).sum()
    assert f"In {len(loud)} comparisons a report spoke of turnover" in said.answer
    assert f"in the upper half of all authorities in {n_both} of them" in said.answer
    assert f"set {known['published'].nunique()} reports beside" in said.certainty
    assert "describe and do not test" in said.certainty
    assert "Figures of 2015 and 2016 have another definition" in said.certainty
    assert "or that it did not" in said.not_shown


def test_what_moved_after_the_years_compared_is_told_and_not_tested(west_sussex):
    """Agency work and vacancies of West Sussex as published: 2.1% of each in 2025, below the lower quartile since 2023."""
    assert [(figure.indicator, figure.side, figure.since, figure.last) for figure in west_sussex.apart_later()] == [
        ("agency_percent", "below", 2023, 2.1), ("vacancy_percent", "below", 2023, 2.1),
    ]  # fmt: skip
    said = case_answer(west_sussex).answer
    assert "the vacancy rate (since 2023; 2.1% in 2025) stayed below the middle half of authorities" in said
    assert "no comparison here tests" in said
    caption = case_charts.answer_series(west_sussex).caption
    assert caption.startswith(
        "In the 3 years compared after the judgement nothing stands out from chance; the share of agency workers and the "
        "vacancy rate fell below most authorities later, which is not tested."
    )


@pytest.mark.parametrize(
    ("own", "apart"),
    [
        ([5, 5, 5, 1, 1], ("below", 2018)),
        ([5, 5, 5, 9, 9], ("above", 2018)),
        ([5, 5, 5, 5, 1], None),  # one year may be chance
        ([1, 1, 1, 1, 1], None),  # it lay there before
        ([5, 5, 5, 1, 9], None),
        ([5, 5, 1, 1, 5], None),
    ],
)
def test_a_figure_lies_apart_where_its_latest_years_all_do_and_earlier_ones_did_not(own, apart):
    others = [(f"E{place}", year, float(place)) for place in range(3, 8) for year in range(2015, 2020)]
    rows = [
        *others,
        *(("own", year, float(value)) for year, value in zip(range(2015, 2020), own, strict=True)),
    ]
    panel = pd.DataFrame(rows, columns=["authority_code", "year", "figure"])
    departure = apart_after(panel, "own", "figure", 2016)
    assert (departure and (departure.side, departure.since)) == apart


def test_earlier_figures_serve_where_the_order_of_authorities_held(panel, west_sussex):
    wide = panel[~panel["very_small"]].pivot_table(
        index="authority_code", columns="year", values="agency_percent"
    )
    across = wide[[2016, 2017]].dropna().rank().corr().iloc[0, 1]
    order = order_kept(west_sussex.panel, "agency_percent")
    assert order.year == 2017 and order.across == pytest.approx(across)
    said = case_limits(west_sussex).markdown
    assert f"{order.across:.2f} and {order.after:.2f}" in said
    assert "that of the average caseload changed more" in said
    assert west_sussex.earlier_years() == (2015, 2016)


def test_a_clear_gap_and_figures_that_agree_are_told_as_such(west_sussex):
    clear = {
        name: control
        if isinstance(control, str)
        else replace(control, estimate=9.0, conf_low=4.0, conf_high=14.0)
        for name, control in west_sussex.synthetic.items()
    }
    agreeing = west_sussex.standing.assign(percentile=90.0)
    said = case_answer(replace(west_sussex, synthetic=clear, standing=agreeing)).answer
    n_compared = len(west_sussex.computed())
    assert (
        f"; after that {n_compared} of {n_compared} figures moved apart from those of similar authorities.**"
        in said
    )
    assert (
        f"{n_compared} of {n_compared} outcomes stand out from what the same comparison gives elsewhere"
        in said
    )
    n_loud = (west_sussex.standing["share_percentile"] > 50).sum()
    assert f"in the upper half of all authorities in {n_loud} of them" in said
    few = west_sussex.standing.dropna(subset=["percentile"]).head(2)
    assert "too few comparisons can tell" in case_answer(replace(west_sussex, standing=few)).answer
    quiet = case_answer(
        replace(west_sussex, standing=west_sussex.standing.assign(share_percentile=10.0))
    ).answer
    assert "more than most reports do." in quiet and "In none of" in quiet


def test_dates_are_read_as_words_and_ranks_as_ranks(west_sussex):
    assert (
        dates_in_words("begun 2019-02-25, in 2018-11 or 2015")
        == "begun 25 February 2019, in November 2018 or 2015"
    )
    assert "8 March 2019" in set(case_charts.timeline_table(west_sussex).frame["Date"])
    turnover = west_sussex.synthetic["turnover"]
    table = case_charts.synthetic_table(west_sussex).frame.set_index("Outcome")
    rank = table.loc["Social worker turnover (percentage points)", "Rank"]
    place, of_all = map(int, rank.split(" of "))
    assert of_all == turnover.n_donors + 1 and place / of_all == pytest.approx(turnover.p_value)


def test_charts_on_one_authority_are_laid_out(west_sussex):
    for draw in (case_charts.answer_series, case_charts.series, case_charts.gaps):
        check_layout(draw(west_sussex).figure)
    counted = re.match(r"In the latest year (\d) of (\d) figures of West Sussex were higher than England's and (\d) lower\.",
                       case_charts.series(west_sussex).caption)  # fmt: skip
    above, figures, below = map(int, counted.groups())
    assert above + below <= figures == len(case_charts.SERIES) - 3


def test_findings_have_their_promised_names_and_cautions(west_sussex):
    findings = {finding.name: finding for finding in case_findings(west_sussex)}
    assert {
        "synthetic-turnover",
        "synthetic-agency",
        "synthetic-spend",
        "health-assessments-percentile",
    } <= set(findings)
    assert "too few" in findings["synthetic-turnover"].caution
    assert findings["health-assessments-percentile"].scale == "percentile"
    assert recorded(findings.values())["findings"]


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
    case_charts.answer_series,
    case_charts.series,
    case_charts.gaps,
    case_charts.synthetic_table,
    case_charts.reports_table,
    case_charts.standing_table,
    case_described,
    synthetic_result,
    health_result,
    case_answer,
    case_limits,
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("City of London", "handful of people"),
        ("Cumbria", "does not mean that it was never inspected"),
        ("Dorset", "formed out of Dorset (to 2019)"),
        ("Birmingham", "too few years with figures"),
        ("Sheffield", "has not been judged inadequate in any report available here"),
    ],
)
def test_it_runs_for_any_authority_and_says_what_is_missing(name, said):
    case = studied(name)
    shown = [make(case) for make in SHOWN]
    assert all(isinstance(part, Answer | Chart | Prose | Table) for part in shown)
    answer = case_answer(case)
    proses = [part.markdown for part in shown if isinstance(part, Prose)]
    text = " ".join((*proses, answer.answer, answer.certainty, answer.not_shown))
    assert said in text and "nan" not in text
    assert case.authority in case_front(case).title
    recorded(case_findings(case))


def test_an_authority_that_is_unknown_or_long_gone_is_said_to_be(panel):
    with pytest.raises(RequestError, match="did you mean 'West Sussex'"):
        panel_authority("West Susex", panel)
    assert check_authority("Bedfordshire")  # a known name, but of an authority that ended in 2009
    with pytest.raises(RequestError, match="Bedfordshire ended in 2009"):
        panel_authority("Bedfordshire", panel)
