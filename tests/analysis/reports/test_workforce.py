"""The workforce's course, where it is high, and one authority's place with the doubt of few workers."""

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis.data.panel import store
from analysis.data.panel.panel import Panel
from analysis.estimators.funnel import funnel_of
from analysis.estimators.trajectories import trajectories
from analysis.reports.workforce import beyond_chance, groups, measures, series
from analysis.reports.workforce.study import (
    Where,
    course_of,
    courses_of,
    places_of,
    standing_of,
    standings_of,
    where_high,
    workforce_facts,
    workforce_results,
)
from analysis.reports.workforce.words import region_phrase, shape_of, workforce_answer
from analysis.showing.numbers import ordinal
from tests.making.drawn import check_layout

YEARS = (2017, 2025)


@pytest.fixture(scope="module")
def panel():
    return store.load_panel()


def answered(panel, name, authority, year=2025):
    code = store.authority_code(panel, authority, year)
    others = store.without_very_small(panel.authorities, code)
    facts = workforce_facts(panel, name, code, YEARS[0], year)
    course, beside = courses_of(panel, name, ["vacancy_percent", "absence_percent"], YEARS[0], year)
    where = where_high(panel, name, (YEARS[0], year))
    names = dict.fromkeys([name, "caseload_cases_per_fte", "vacancy_percent", "absence_percent"])
    return workforce_answer(facts, course, beside, where, places_of(panel, others, names, code, year))


def made(values):
    rows = pd.DataFrame({"year": list(values), "value": list(values.values())})
    national = rows.assign(authority_code="E92000001", indicator="turnover_percent")
    return Panel(pd.DataFrame(), national, None, None)


@pytest.mark.parametrize(
    ("values", "shape", "turn"),
    [
        ({2017: 13.0, 2022: 17.0, 2025: 12.0}, "peaked", 2022),
        ({2017: 13.0, 2022: 12.0, 2025: 17.0}, "rose", 2025),
        ({2017: 17.0, 2022: 13.0, 2025: 12.0}, "fell", 2017),
        ({2017: 17.0, 2022: 12.0, 2025: 13.0}, "fell-then-rose", 2017),
        # 17.04 is shown as 17.0, as high as the first.
        ({2017: 17.0, 2022: 17.04, 2025: 12.0}, "fell", 2017),
    ],
)
def test_a_course_is_told_by_where_it_turned(values, shape, turn):
    course = course_of(made(values), "turnover_percent", *YEARS)
    assert (shape_of(course), course.peak_year) == (shape, turn)
    assert course_of(made({2017: 13.0}), "turnover_percent", *YEARS) is None


def test_the_answer_has_level_peak_and_latest_as_published(panel):
    """Department for Education, Children's social work workforce 2025: 17.2% at 30 September 2022, 11.8% in 2025."""
    said = answered(panel, "turnover_percent", "West Sussex")
    assert (
        "rose from 13.4% in 2017 to a peak of 17.2% in 2022 and fell to 11.8% in 2025 (4,276 of 36,186 full-time "
        "equivalent (FTE) workers), the lowest of the 9 years since figures became comparable in 2017.**"
        in said.answer
    )
    assert "vacancy rate (17.0% to 14.2%) fell; the sickness absence rate (3.1% to 3.5%) rose" in said.answer
    low, high = proportion_confint(0.095 * 504, 504, method="wilson")
    assert (
        f"9.5% in 2025 (95% interval {100 * low:.1f} to {100 * high:.1f}), not clearly different from England’s 11.8%, "
        "36th lowest of 149 authorities, but chance alone could have put it anywhere from 9th to 76th; its average "
        "caseload was 15.3 cases per FTE worker (" in said.answer
    )
    assert "not clearly different from England’s 15.2; its vacancy rate was 2.1% (" in said.answer
    assert "below England’s 14.2%; its sickness absence rate was 4.5% (England 3.5%)." in said.answer
    assert "3 people more or fewer make 0.6 percentage points" in said.certainty
    assert (
        said.not_shown.startswith("It does not show how well West Sussex is run")
        and "why anyone left" in said.not_shown
    )
    assert said.certainty.startswith(
        "Social worker turnover: leavers in the year to 30 September as a share of"
    )


def test_chance_moves_the_place_of_a_small_authority_more():
    panel = pd.DataFrame(
        {"authority_code": [f"E{n:08}" for n in range(40)], "year": 2025,
         "turnover_percent": [5.0 + 0.5 * n for n in range(40)], "social_workers_fte": 400.0,
         "leavers_fte": [20.0 + 2 * n for n in range(40)]}
    )  # fmt: skip
    code = "E00000020"
    many = standing_of(panel, "turnover_percent", code, 2025)
    own = panel["authority_code"] == code
    fewer = panel.assign(
        **{name: panel[name].mask(own, panel[name] / 10) for name in ("social_workers_fte", "leavers_fte")}
    )
    few = standing_of(fewer, "turnover_percent", code, 2025)
    assert many.place_low < 21 < many.place_high
    assert few.place_high - few.place_low > many.place_high - many.place_low
    assert few.high - few.low > many.high - many.low
    assert (
        standing_of(panel.assign(absence_percent=3.0), "absence_percent", code, 2025) is None
    )  # no share of workers


@pytest.mark.parametrize(
    ("name", "authority", "said"),
    [
        ("caseload_cases_per_fte", "Sutton", "**Sutton** had"),
        ("turnover_percent", "City of London", "City of London"),
        ("absence_percent", "Kent", "rose from 3.1%"),
        ("starters_percent", "Kent", "fell from 19.3% in 2017 to 15.3% in 2022"),
    ],
)
def test_it_answers_for_any_indicator_and_authority(panel, name, authority, said):
    answer = answered(panel, name, authority)
    assert said in answer.answer and "nan" not in f"{answer}"


def test_an_authority_without_a_figure_is_said_to_have_none(panel):
    facts = workforce_facts(panel, "turnover_percent", "E10000032", *YEARS)
    ranked = store.without_very_small(panel.authorities)
    own = (ranked["authority_code"] == "E10000032") & (ranked["year"] == 2025)
    gone = ranked.assign(turnover_percent=ranked["turnover_percent"].mask(own))
    places = places_of(panel, gone, ["turnover_percent", "vacancy_percent"], "E10000032", 2025)
    assert (places[0].value, places[0].rank, places[0].standing, places[0].n_authorities) == (
        None,
        None,
        None,
        148,
    )
    said = workforce_answer(facts, None, (), None, places)
    assert (
        "West Sussex has no figure of turnover of social workers for 2025; its vacancy rate was 2.1%"
        in said.answer
    )
    assert "too few figures" in said.answer


def test_regions_are_reckoned_as_england_is_and_counted_over_the_years(panel):
    """Department for Education, Children's social work workforce 2025: 15.7% in Outer London, 9.8% in the East Midlands."""
    where = where_high(panel, "turnover_percent", YEARS)
    rows = panel.series.query(
        "indicator == 'turnover_percent' and 2017 <= year <= 2025 and area != 'England'"
    )
    by_year = rows.pivot(index="year", columns="area", values="value").drop(columns="London", errors="ignore")
    n_highest = (by_year.idxmax(axis=1) == "Outer London").sum()
    n_lowest = (by_year.eq(by_year.min(axis=1), axis=0)["East Midlands"]).sum()
    assert where == Where(2025, "Outer London", "East Midlands", 15.7, 9.8, n_highest, n_lowest, 9)
    said = answered(panel, "turnover_percent", "West Sussex").answer
    assert (
        f"In 2025 turnover of social workers (England 11.8%) was highest in Outer London (15.7%; the highest in "
        f"{n_highest} of the 9 years) and lowest in the East Midlands (9.8%; the lowest in {n_lowest} of the 9 years)."
    ) in said
    assert where_high(panel, "turnover_percent", (2030, 2031)) is None
    of_one_year = answered(panel, "turnover_percent", "West Sussex", 2017).answer
    assert "the highest in" not in of_one_year and "(18.6%)" in of_one_year


def test_groups_are_means_of_authority_years_and_regions_have_their_article(panel):
    rows = store.without_very_small(panel.authorities)
    chosen = rows[rows["year"].between(*YEARS)].dropna(subset=["turnover_percent"])
    means = chosen.groupby("region")["turnover_percent"].mean()
    table = groups.groups_table(rows, "turnover_percent", YEARS).frame.set_index("Authorities")
    assert table.index[:2].tolist() == ["All authorities", means.idxmax()]
    assert table.loc[means.idxmax(), "Mean"] == f"{means.max():.1f}"
    assert table.loc["All authorities", "Mean"] == f"{chosen['turnover_percent'].mean():.1f}"
    assert (region_phrase("North East"), region_phrase("Outer London")) == ("the North East", "Outer London")


def test_every_measure_has_a_row_with_its_doubt(panel):
    ranked, names = store.without_very_small(panel.authorities), ["turnover_percent", "absence_percent"]
    places = places_of(panel, ranked, names, "E10000032", 2025)
    course, _ = courses_of(panel, "turnover_percent", (), *YEARS)
    frame = measures.measures_table("West Sussex", [course], places, 2017).frame.set_index("Measure")
    low, high = proportion_confint(0.095 * 504, 504, method="wilson")
    assert frame.loc["Social worker turnover (%)"].tolist() == [
        "13.4", "17.2 (2022)", "11.8 (2025)", "11.8", "9.5", f"{100 * low:.1f} to {100 * high:.1f}", "36", "9 to 76",
    ]  # fmt: skip
    absence = frame.loc["Social worker sickness absence (%)"].tolist()
    assert absence[:5] == ["–", "–", "–", "–", "4.5"] and absence[5] == absence[7] == "–"


def test_what_is_told_is_recorded(panel):
    facts = workforce_facts(panel, "turnover_percent", "E10000032", *YEARS)
    ranked = store.without_very_small(panel.authorities)
    standings = standings_of(ranked, "turnover_percent", "E10000032", (2016, 2025))
    places = places_of(panel, ranked, ["turnover_percent"], "E10000032", 2025)
    recorded = workforce_results(facts, None, places, standings)
    assert recorded["places"][0]["standing"] == recorded["authority_by_year"]["2025"]
    assert recorded["variation"]["lasting"]["estimate"] == facts["variation"].lasting.estimate


def test_the_chart_of_the_answer_says_its_finding_and_fits(panel):
    course = course_of(panel, "turnover_percent", *YEARS)
    ranked = store.without_very_small(panel.authorities)
    standings = standings_of(ranked, "turnover_percent", "E10000032", YEARS)
    assert list(standings) == list(range(2017, 2026))
    chart = series.story(
        panel.authorities, panel.series, "turnover_percent", "E10000032", course, YEARS, standings
    )
    check_layout(chart.figure)
    assert chart.caption.startswith(
        "Social worker turnover in England peaked in 2022 and is now the lowest of the 9 years shown."
    )
    assert series.beside(["turnover_percent"], "turnover_percent") == ["turnover_percent"]


def test_what_differences_consist_of_is_told_with_intervals_and_without_counts_as_unknown(panel):
    variation = workforce_facts(panel, "turnover_percent", "E10000032", *YEARS)["variation"]
    told = [
        f"{100 * part.estimate:.0f}% ({'95% interval ' if part is variation.lasting else ''}"
        f"{100 * part.conf_low:.0f} to {100 * part.conf_high:.0f})"
        for part in (variation.lasting, variation.chance, variation.changing)
    ]
    said = answered(panel, "turnover_percent", "West Sussex").certainty
    assert f"{told[0]} lasts; {told[1]} is the chance of small numbers; {told[2]} is change" in said
    assert "The rest is not all noise, yet" in said and said.count("3 people more or fewer") == 1
    absence = answered(panel, "absence_percent", "West Sussex").certainty
    assert "how much of the rest is chance is not known" in absence
    short = answered(panel, "turnover_percent", "West Sussex", 2017).certainty
    assert "lasts" not in short  # of one year nothing can be told


def test_years_that_begin_later_are_told_as_such(panel):
    facts = workforce_facts(panel, "turnover_percent", "E10000032", 2019, 2025)
    course = course_of(panel, "turnover_percent", 2019, 2025)
    places = places_of(
        panel, store.without_very_small(panel.authorities), ["turnover_percent"], "E10000032", 2025
    )
    said = workforce_answer(facts, course, (), None, places).answer
    assert (
        "(4,276 of 36,186 full-time equivalent (FTE) workers), the lowest of the 7 years from 2019.**" in said
    )


def test_places_read_as_places():
    assert [ordinal(place) for place in (1, 2, 3, 11, 12, 13, 22, 113)] == [
        "1st", "2nd", "3rd", "11th", "12th", "13th", "22nd", "113th",
    ]  # fmt: skip


def test_limits_of_chance_are_drawn_where_counts_are_known():
    panel = store.load_panel().authorities
    ranked = store.without_very_small(panel)
    chart = beyond_chance.funnel_told(ranked, "turnover_percent", 2025, "E10000032")
    check_layout(chart.figure)
    funnel = funnel_of(ranked, "turnover_percent", 2025)
    assert (
        f"{len(funnel.outside())} of the {len(funnel.points)} authorities whose counts are published"
        in chart.caption
    )
    assert "West Sussex lies inside" in chart.caption
    told = beyond_chance.funnel_told(ranked, "absence_percent", 2025, "E10000032")
    assert "no counts are known behind" in told.markdown


def test_authorities_that_lie_or_move_apart_are_counted():
    ranked = store.without_very_small(store.load_panel().authorities)
    counts = trajectories(ranked, "turnover_percent", (2017, 2025)).groups()
    told = beyond_chance.trajectories_told(ranked, "turnover_percent", (2017, 2025)).markdown
    higher, falling = counts.loc["higher"].sum(), counts["falling"].sum()
    n = counts.to_numpy().sum()
    assert f"clearly higher than elsewhere in {higher} of {n} authorities with at least 4 years" in told
    assert f"fell clearly in {falling}." in told
    few = beyond_chance.trajectories_told(ranked, "turnover_percent", (2024, 2025)).markdown
    assert few.startswith("Too few authorities")
