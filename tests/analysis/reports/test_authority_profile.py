"""A brief on one authority: its figures as published, places with their chance, and words that hold for any authority."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.panel import store
from analysis.data.panel.figures import (
    read_inspection_report_pages,
    read_inspection_reports,
    read_neighbours,
)
from analysis.errors import DataError
from analysis.paths import Project
from analysis.reports.authority_profile import charts, tables, words
from analysis.reports.authority_profile.profile import ClaimOn, Standing, read_profile
from analysis.reports.authority_profile.study import profiles
from publishing.display import Prose
from tests.making import REPOSITORY
from tests.making.drawn import check_layout

PROJECT = Project(REPOSITORY)
RAW = PROJECT.raw
WEST_SUSSEX, ENGLAND = "E10000032", "E92000001"
UNUSUAL = {
    "City of London": "E09000001", "Isles of Scilly": "E06000053", "Northamptonshire, ended": "E10000021",
    "Cumbria, ended": "E10000006", "Cumberland, the youngest": "E06000063", "Bristol, a comma": "E06000023",
    "Kingston, a joint return": "E09000021", "Birmingham, the largest": "E08000025", "St. Helens": "E08000013",
}  # fmt: skip


@pytest.fixture(scope="module")
def all_profiles():
    claims = (
        ClaimOn("C01", "Turnover harms", "not supported", "lateness"),
        ClaimOn("C20", "Outstanding, thanks to staff", "supported", "fewer cases where outstanding"),
    )
    return profiles(
        store.load_panel(),
        read_inspection_reports(PROJECT.processed),
        read_inspection_report_pages(PROJECT.processed),
        read_neighbours(RAW),
        claims,
    )


def published(name, code, year, source="social_work_workforce"):
    table = pd.read_csv(RAW / f"{source}.csv", dtype={"value": str}, keep_default_na=False)
    (value,) = table.query("authority_code == @code and year == @year and indicator == @name")["value"]
    return float(value)


def test_figures_are_those_published(all_profiles):
    turnover = all_profiles[WEST_SUSSEX].standing("turnover_percent")
    assert turnover.value == published("turnover_percent", WEST_SUSSEX, turnover.year)
    assert turnover.england == published("turnover_percent", ENGLAND, turnover.year)
    kin = pd.read_csv(RAW / "statistical_neighbours.csv").query("authority_code == @WEST_SUSSEX")
    values = [published("turnover_percent", code, turnover.year) for code in kin["neighbour_code"]]
    assert turnover.neighbours == pytest.approx(np.median(values), abs=0.006)


def test_the_interval_of_a_share_is_wilsons_of_its_counts(all_profiles):
    turnover = all_profiles[WEST_SUSSEX].standing("turnover_percent")
    left, staff = (
        published(name, WEST_SUSSEX, turnover.year) for name in ("leavers_fte", "social_workers_fte")
    )
    share, z = left / staff, 1.959964
    middle = (share + z**2 / (2 * staff)) / (1 + z**2 / staff)
    reach = z / (1 + z**2 / staff) * np.sqrt(share * (1 - share) / staff + z**2 / (4 * staff**2))
    assert (turnover.chance_low, turnover.chance_high) == pytest.approx(
        (100 * (middle - reach), 100 * (middle + reach)), abs=0.006
    )


def test_a_change_has_the_error_of_a_difference_of_two_shares_and_is_since_each_of_three_years(all_profiles):
    turnover = all_profiles[WEST_SUSSEX].standing("turnover_percent")
    assert (turnover.year, turnover.earlier_first, turnover.earlier_last) == (2025, 2018, 2020)

    def share(year):
        left, staff = (published(name, WEST_SUSSEX, year) for name in ("leavers_fte", "social_workers_fte"))
        return left / staff, left / staff * (1 - left / staff) / staff

    now, variance = share(2025)
    limits = [
        100 * (now - before + sign * 1.96 * np.sqrt(variance + variance_before))
        for before, variance_before in map(share, (2018, 2019, 2020))
        for sign in (-1, 1)
    ]
    assert (turnover.change_low, turnover.change_high) == pytest.approx((min(limits), max(limits)), abs=0.01)
    rates = [published("turnover_percent", WEST_SUSSEX, year) for year in (2018, 2019, 2020)]
    assert turnover.earlier == pytest.approx(np.mean(rates), abs=0.006)


def test_a_low_year_among_the_earlier_ones_makes_no_change(all_profiles):
    """Conferences: 85.1% in 2018, 61.0% in 2020 and 86.7% in 2025, which is no more than chance above the first."""
    conferences = all_profiles[WEST_SUSSEX].standing("conferences_in_15_days_percent")
    assert conferences.change > 10 and not conferences.has_changed and conferences.change_low < 0
    assert "conferences" not in words.profile_answer(all_profiles[WEST_SUSSEX]).answer.split("\n\n")[2]
    vacancies = all_profiles[WEST_SUSSEX].standing("vacancy_percent")
    assert vacancies.has_changed and vacancies.change_high < 0


def test_years_of_another_definition_are_none_to_set_the_latest_against(all_profiles):
    """Figures of the workforce are comparable from 2017, so that of Northamptonshire's last, 2020, there is none before."""
    turnover = all_profiles["E10000021"].standing("turnover_percent")
    assert (turnover.year, turnover.earlier, turnover.change_low) == (2020, None, None)


def test_ranks_hold_the_rank_and_are_wide_where_authorities_are_small(all_profiles):
    widths = {}
    for code, profile in all_profiles.items():
        turnover = profile.standing("turnover_percent")
        if turnover is None or turnover.rank is None:
            continue
        assert 1 <= turnover.rank_low <= turnover.rank <= turnover.rank_high <= turnover.n_authorities
        widths[code] = (turnover.rank_high - turnover.rank_low, turnover.chance_high - turnover.chance_low)
    table = pd.DataFrame(widths.values())
    assert table.corr(method="spearman").iloc[0, 1] > 0.3


@pytest.mark.parametrize(
    ("rank_low", "rank_high", "place"),
    [(1, 25, "low"), (1, 26, "middle"), (76, 100, "high"), (75, 100, "middle"), (10, 90, "middle")],
)
def test_a_place_at_an_end_is_told_only_where_chance_leaves_it_there(rank_low, rank_high, place):
    standing = Standing(
        "turnover_percent", 2025, 5.0, None, None, 0, (1, 2, 3, 4, 6), 100, "usual",
        rank=(rank_low + rank_high) // 2, rank_low=rank_low, rank_high=rank_high,
    )  # fmt: skip
    assert standing.place == place


def sentences(text):
    return len(re.findall(r"(?<!St)[.!?](?= [A-Z‘]|$)", text))


@pytest.mark.parametrize("code", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_the_brief_on_any_authority_says_and_draws_what_there_is(all_profiles, code):
    profile = all_profiles[code]
    answer = words.profile_answer(profile)
    assert 1 <= sentences(answer.answer) <= 4
    assert profile.authority in answer.answer
    told = [answer.answer, answer.certainty, answer.not_shown, words.described(profile).markdown,
            words.inspections_told(profile).markdown, words.spoken_told(profile).markdown,
            words.claims_told(profile).markdown]  # fmt: skip
    for text in told:
        assert not re.search(r"\bnan\b|\bNone (?!of)|  |\{|\}", text), text
    for chart in (charts.standing_chart(profile), charts.course_chart(profile)):
        assert chart.alt and profile.authority in chart.caption
    for make in (tables.neighbours_table, tables.standing_table):
        shown = make(profile)
        assert isinstance(shown, Prose) or len(shown.frame)


def test_the_charts_have_room_for_the_longest_names(all_profiles):
    for profile in sorted(all_profiles.values(), key=lambda profile: -len(profile.authority))[:4]:
        for drawn in (charts.standing_chart(profile), charts.course_chart(profile)):
            if not isinstance(drawn, Prose):
                check_layout(drawn.figure)


def test_years_of_another_definition_are_not_drawn_and_marked_in_the_file(all_profiles):
    profile = all_profiles[WEST_SUSSEX]
    (turnover,) = [series for series in profile.series if series.indicator == "turnover_percent"]
    assert turnover.years[0] == 2015 and turnover.comparable.years[0] == 2017
    assert turnover.comparable.own == turnover.own[2:]
    marked = tables.figures_file(profile).frame.query("indicator == 'turnover_percent'")
    assert marked.set_index("year")["is_comparable"].to_dict() == {
        year: year >= 2017 for year in turnover.years
    }


def test_a_supported_claim_stands_beside_what_of_it_was_tested(all_profiles):
    told = words.claims_told(all_profiles[WEST_SUSSEX]).markdown
    assert "‘outstanding, thanks to staff’ (C20; tested: fewer cases where outstanding)" in told
    assert "‘turnover harms’ (C01)" in told


@pytest.mark.parametrize(
    ("england", "said"),
    [
        (99.0, ", below England’s 99.0%"),
        (0.1, ", above England’s 0.1%"),
        (9.0, ", not clearly different from England’s 9.0%"),
        (None, ""),
    ],
)
def test_the_answer_says_whether_turnover_differs_from_englands_by_its_interval(all_profiles, england, said):
    profile = all_profiles[WEST_SUSSEX]
    turnover = replace(profile.standing("turnover_percent"), england=england, neighbours=None)
    told = words.profile_answer(replace(profile, standings=(turnover,))).answer
    assert turnover.chance_low < 9.0 < turnover.chance_high
    assert (
        f"**In West Sussex turnover of social workers was {turnover.value:.1f}% in {turnover.year} (95% interval "
        f"{turnover.chance_low:.1f} to {turnover.chance_high:.1f}){said}.**"
    ) in told


def test_outer_quarters_are_told_by_what_is_favourable_for_children(all_profiles):
    profile = all_profiles[WEST_SUSSEX]
    # Placed by hand: low vacancies are good, many re-referrals and few reviews on time are not, of children in need neither.
    places = {
        "vacancy_percent": "low", "rereferrals_percent": "high", "reviews_on_time_percent": "low",
        "children_in_need_per_10k": "low", "turnover_percent": "middle",
    }  # fmt: skip
    at = {"low": (1, 2), "middle": (70, 80), "high": (148, 149)}
    standings = tuple(
        replace(profile.standing(name), n_authorities=150, rank_low=at[place][0], rank_high=at[place][1])
        for name, place in places.items()
    )
    told = words.profile_answer(replace(profile, standings=standings)).answer.split("\n\n")[1]
    favourable, rest = told.split("least favourable quarter for ")
    least, lowest = rest.split("; it is also in the lowest quarter for ")
    # The figure of vacancies opens the answer.
    assert "most favourable quarter for social worker vacancies and in the" in favourable
    assert "re-referrals within a year (" in least and "plan reviews on time (" in least
    in_need = profile.standing("children_in_need_per_10k").value
    assert lowest == f"children in need ({in_need:.0f} per 10,000)." and "turnover" not in told
    # Of three and more of which neither way is better the picture has the figures.
    names = ("children_in_need_per_10k", "plans_per_10k", "looked_after_per_10k")
    more = placed(profile, dict.fromkeys(names, "low"))
    told = words.profile_answer(replace(profile, standings=more)).answer.split("\n\n")[1]
    assert "per 10,000" not in told and "children in need" in told


@pytest.mark.parametrize(
    ("england", "neighbours", "said"),
    [
        (99.0, 98.0, ", below England’s 99.0% and its 10 statistical neighbours’ median, 98.0%"),
        (9.0, 9.5, ", not clearly different from England’s 9.0% or its 10 statistical neighbours’ median, 9.5%"),
        (9.0, 99.0, ", not clearly different from England’s 9.0% but below its 10 statistical neighbours’ median, 99.0%"),
        (0.1, 9.0, ", above England’s 0.1% but not clearly different from its 10 statistical neighbours’ median, 9.0%"),
        (None, 0.1, ", above its 10 statistical neighbours’ median, 0.1%"),
        (None, None, ""),
    ],
)  # fmt: skip
def test_a_figure_is_set_beside_england_and_the_median_of_so_many_neighbours(
    all_profiles, england, neighbours, said
):
    profile = all_profiles[WEST_SUSSEX]
    kin = pd.read_csv(RAW / "statistical_neighbours.csv").query("authority_code == @WEST_SUSSEX")
    assert profile.standing("turnover_percent").n_neighbours == len(kin) == 10
    turnover = replace(profile.standing("turnover_percent"), england=england, neighbours=neighbours)
    assert turnover.chance_low < 9.0 < 9.5 < turnover.chance_high
    told = words.profile_answer(replace(profile, standings=(turnover,))).answer
    assert f"to {turnover.chance_high:.1f}){said}.**" in told
    # A limit that reads the same as what it is set beside is not told as clearly beside it.
    alike = replace(turnover, england=turnover.chance_high + 0.001, neighbours=None)
    told = words.profile_answer(replace(profile, standings=(alike,))).answer
    assert "not clearly different from England’s" in told


def test_measures_without_counts_are_told_to_have_no_place_among_the_changes(all_profiles):
    for profile in all_profiles.values():
        unknown = [standing for standing in profile.standings if standing.chance_low is None]
        assert not any(standing.has_changed for standing in unknown)
        if unknown and not profile.about.is_very_small:
            n = f"{len(unknown)} of {len(profile.standings)} measures (°), published without counts, ha"
            assert n in words.profile_answer(profile).certainty


def test_what_is_clearest_opens_the_answer_beside_turnover_and_caseload_with_its_ranks(all_profiles):
    answer = words.profile_answer(all_profiles[WEST_SUSSEX])
    vacancies = all_profiles[WEST_SUSSEX].standing("vacancy_percent")
    opening = answer.answer.split("\n\n")[0]
    assert (
        f"the vacancy rate was {vacancies.value:.1f}% ({vacancies.chance_low:.1f} to {vacancies.chance_high:.1f}), below "
        f"England’s {vacancies.england:.1f}% and the neighbours’ {vacancies.neighbours:.1f}%.**" in opening
    )
    assert opening.count("95% interval") == 1 and opening.count("full-time equivalent (FTE)") == 1
    ranks = [
        all_profiles[WEST_SUSSEX].standing(name)
        for name in ("turnover_percent", "caseload_cases_per_fte", "vacancy_percent")
    ]
    assert [(rank.rank_low, rank.rank_high) for rank in ranks] == [(9, 76), (53, 87), (2, 15)]
    assert (
        "Ranks (95% ranges): 9th to 76th lowest of 149 on "
        "social worker turnover, 53rd to 87th on caseload and 2nd to "
        "15th on social worker vacancies." in answer.certainty
    )


def placed(profile, places, **also):
    """Return standings of these measures, clearly at an end or not as they are placed."""
    at = {"low": (1, 2), "middle": (70, 80), "high": (148, 149)}
    return tuple(
        replace(
            profile.standing(name), n_authorities=150, rank_low=at[place][0], rank_high=at[place][1], **also
        )
        for name, place in places.items()
    )


def test_what_chance_may_have_put_in_the_least_favourable_quarter_is_told_as_such(all_profiles):
    profile, seen = all_profiles[WEST_SUSSEX], {"quantiles": (0.0, 0.1, 0.2, 0.3, 0.4)}
    perhaps = placed(profile, {"repeat_plans_percent": "middle"}, **seen)
    told = words.profile_answer(replace(profile, standings=perhaps)).answer
    assert (
        "on none of 1 measure, but unless by chance, in the least favourable quarter for repeat child" in told
    )
    worse = placed(profile, {"rereferrals_percent": "high"})
    told = words.profile_answer(replace(profile, standings=(*worse, *perhaps))).answer
    assert (
        "re-referrals within a year and, unless by chance, for repeat child protection plans (29.2%)." in told
    )


def test_all_that_is_worse_is_named_however_much_it_is(all_profiles):
    profile = all_profiles[WEST_SUSSEX]
    worse = dict.fromkeys(
        [
            "turnover_percent",
            "agency_percent",
            "vacancy_percent",
            "plans_open_two_years_percent",
            "rereferrals_percent",
        ],
        "high",
    )
    better = {
        "assessments_in_45_days_percent": "high",
        "conferences_in_15_days_percent": "high",
        "reviews_on_time_percent": "high",
    }
    told = words.profile_answer(
        replace(profile, standings=placed(profile, worse | better | {"children_in_need_per_10k": "low"}))
    ).answer.split("\n\n")[1]
    for name in ("turnover", "agency", "vacancies", "plans open two years", "re-referrals"):
        assert name in told
    assert "and 2 other measures in the" not in told and "and 2 other measures and in the least" in told
    assert "(" not in told and "children in need" not in told


def test_changes_are_told_by_whether_they_are_for_the_better(all_profiles):
    profile = all_profiles[WEST_SUSSEX]
    # Of agency work and caseload less is better, of reviews on time more; of children in need neither is.
    changes = {
        "agency_percent": -1.0, "caseload_cases_per_fte": 1.0, "reviews_on_time_percent": 1.0,
        "children_in_need_per_10k": -1.0, "turnover_percent": 0.0,
    }  # fmt: skip
    standings = [
        replace(
            standing,
            earlier=standing.value - change,
            earlier_first=2018,
            earlier_last=2020,
            change_low=change - 0.1,
            change_high=change + 0.1,
        )
        for name, change in changes.items()
        for standing in [profile.standing(name)]
    ]
    own, *_ = standings
    told = words.profile_answer(replace(profile, standings=tuple(standings))).answer.split("\n\n")[-2]
    start, rest = told.split("; worse, ")
    assert start.startswith(
        "**Changes beyond chance since each of 2018 to 2020** (their mean to the latest, 95% interval): "
        "better, "
    )
    assert (
        f"agency social workers ({own.value + 1:.1f}% to {own.value:.1f}%)" in start
        and "reviews on time" in start
    )
    caseload = profile.standing("caseload_cases_per_fte").value
    assert rest.startswith(
        f"caseload ({caseload - 1:.1f} to {caseload:.1f} cases per FTE worker); also down, children in need;"
    )
    assert rest.endswith("; not clearly, turnover (9.5% to 9.5%).")
    since = replace(own, earlier_first=2020)
    told = words.profile_answer(replace(profile, standings=(since,))).answer
    assert "**Changes beyond chance since 2020**: better, agency social workers (" in told
    told = words.profile_answer(replace(profile, standings=(replace(own, change_high=0.1),))).answer
    assert (
        "**Since 2018 to 2020** the one measure with counts behind it has not changed by more than chance from"
        in told
    )
    mixed = (*standings, replace(own, indicator="vacancy_percent", earlier_first=2017, earlier_last=2019))
    assert "% in 2017 to 2019, now " in words.profile_answer(replace(profile, standings=mixed)).answer


def test_a_change_has_the_interval_of_the_latest_figure_where_that_is_not_told_before(all_profiles):
    """Of West Sussex vacancies open the answer with their interval, agency workers don't."""
    profile = all_profiles[WEST_SUSSEX]
    agency, vacancies = (profile.standing(f"{name}_percent") for name in ("agency", "vacancy"))
    told = words.profile_answer(profile).answer.split("\n\n")[2]
    assert (
        f"agency social workers ({agency.earlier:.1f}% to {agency.value:.1f}%, {agency.chance_low:.1f} to "
        f"{agency.chance_high:.1f}), social worker vacancies ({vacancies.earlier:.1f}% to {vacancies.value:.1f}%) and"
        in told
    )
    turnover = replace(
        profile.standing("turnover_percent"), earlier_first=2020, change_low=-9.0, change_high=9.0
    )
    moved = replace(agency, earlier_first=2020)
    told = words.profile_answer(replace(profile, standings=(turnover, moved))).answer
    assert "**Changes beyond chance since 2020**: " in told and "; not clearly, turnover (" in told
    longer = replace(turnover, earlier_first=2018)
    agreed = replace(moved, indicator="vacancy_percent")
    told = words.profile_answer(replace(profile, standings=(longer, moved, agreed))).answer
    assert (
        f"; not clearly, turnover ({turnover.earlier:.1f}% in 2018 to 2020 to {turnover.value:.1f}%)." in told
    )


def test_inspectors_are_told_by_one_inspection_with_both_sides_of_what_they_say(all_profiles):
    profile = all_profiles[WEST_SUSSEX]
    (drift,) = [theme for theme in profile.spoken if theme.construct == "drift"]
    told = words.profile_answer(profile).answer.split("\n\n")[3]
    assert (
        "requires improvement overall (inspection to 24 March 2023), before that "
        "inadequate (2019); its report speaks most of drift and delay as a problem "
        f"({drift.problem} of {profile.sentences} sentences; {drift.strength} as a strength; coded by a model, "
        "some wrongly)." in told
    )
    ungraded = replace(profile.inspections[0], overall="", day="2026-01-09")
    later = replace(
        profile, inspections=(ungraded, *profile.inspections), spoken=(replace(drift, strength=0),)
    )
    told = words.profile_answer(later).answer.split("\n\n")[3]
    assert "; its latest report, of 11 May 2023, speaks most of" in told and "; none as a strength;" in told


def test_an_authority_that_ended_says_what_it_became(all_profiles):
    answer = words.profile_answer(all_profiles["E10000021"]).answer
    assert answer.startswith(
        "**Northamptonshire ended in 2021** and became North Northamptonshire and West Northamptonshire"
    )


def test_the_smallest_have_no_places_among_others(all_profiles):
    answer = words.profile_answer(all_profiles["E09000001"])
    assert "quarter" not in answer.answer and "is so small" in answer.certainty


def test_without_any_figure_or_report_the_brief_says_so(all_profiles):
    empty = replace(
        all_profiles[WEST_SUSSEX],
        standings=(),
        series=(),
        inspections=(),
        spoken=(),
        neighbours=(),
        claims=(),
    )
    answer = words.profile_answer(empty)
    assert answer.answer.startswith("There are no figures of West Sussex")
    assert "does not mean that it was never inspected" in answer.answer
    assert "does not mean that it was never inspected" in words.inspections_told(empty).markdown
    for make in (tables.neighbours_table, tables.standing_table, charts.standing_chart, charts.course_chart):
        assert isinstance(make(empty), Prose)
    assert tables.figures_file(empty).frame.empty


def test_a_figure_that_is_withheld_is_told_with_its_reason(all_profiles):
    withheld = [
        (profile, gap) for profile in all_profiles.values() for gap in profile.missing if "confidential" in gap.reason
    ]  # fmt: skip
    profile, gap = withheld[0]
    assert gap.reason in words.described(profile).markdown


def test_what_inspectors_speak_of_is_told_with_the_pages_where_it_stands(all_profiles):
    reports = read_inspection_reports(PROJECT.processed).query("authority_code == @WEST_SUSSEX")
    report = reports.sort_values("inspection_end")["report"].iloc[-1]  # noqa: F841  # the query names it
    pages = read_inspection_report_pages(PROJECT.processed).query(
        "report == @report and construct == 'drift' and rating == 'problem'"
    )
    text = words.spoken_told(all_profiles[WEST_SUSSEX]).markdown
    told, cited = re.search(r"(\d+) speak of drift and delay \(pages? ([^)]*)\)", text).groups()
    assert int(told) == pages["sentences"].sum()
    spans = [list(map(int, span.split("–"))) for span in cited.split(", ")]
    assert [page for span in spans for page in range(span[0], span[-1] + 1)] == pages["page"].tolist()


def test_all_figures_by_year_are_a_file(all_profiles):
    frame = tables.figures_file(all_profiles[WEST_SUSSEX]).frame
    row = frame.query("indicator == 'turnover_percent' and year == 2020").iloc[0]
    assert row["authority"] == published("turnover_percent", WEST_SUSSEX, 2020)
    assert row["england"] == published("turnover_percent", ENGLAND, 2020)
    kin = pd.read_csv(RAW / "statistical_neighbours.csv").query("authority_code == @WEST_SUSSEX")
    values = [published("turnover_percent", code, 2020) for code in kin["neighbour_code"]]
    assert [row["neighbours_lower_quartile"], row["neighbours_upper_quartile"]] == pytest.approx(
        np.quantile(values, [0.25, 0.75]), abs=0.006
    )


def test_a_smoothed_rate_lies_between_its_own_and_that_of_all_the_nearer_to_all_the_fewer_its_people(
    all_profiles,
):
    pulls = {}
    for code in ("E06000017", "E08000025"):  # Rutland and Birmingham
        turnover = all_profiles[code].standing("turnover_percent")
        everybody = published("turnover_percent", ENGLAND, turnover.year)
        assert min(turnover.value, everybody) - 0.5 <= turnover.shrunk <= max(turnover.value, everybody) + 0.5
        pulls[code] = (turnover.shrunk - turnover.value) / (everybody - turnover.value)
    assert pulls["E06000017"] > 2 * pulls["E08000025"]


def test_what_is_written_is_read_back(all_profiles, tmp_path):
    file = tmp_path / "E.json"
    for code in (WEST_SUSSEX, *UNUSUAL.values()):
        file.write_text(json.dumps(all_profiles[code].as_dict()))
        assert read_profile(file) == all_profiles[code]


@pytest.mark.parametrize("text", ["", "{", '{"about": 1}', "[]"])
def test_a_damaged_brief_is_told_in_one_line(tmp_path, text):
    (tmp_path / "E.json").write_text(text)
    with pytest.raises(DataError, match=r"E\.json: is no whole brief .*; delete it and run again") as told:
        read_profile(tmp_path / "E.json")
    assert "\n" not in str(told.value)
