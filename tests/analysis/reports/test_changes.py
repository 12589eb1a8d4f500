"""What a release changed: pairs in three steps on made-up figures, the real release of 2022, and what the command prints."""

import numpy as np
import pandas as pd
import pytest

from analysis.claims.register import register
from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.panel import store
from analysis.data.panel.panel import Panel
from analysis.errors import RequestError
from analysis.estimators.pairs.relationship import fit_relationship
from analysis.reports.changes import charts, tables
from analysis.reports.changes.study import (
    NOW,
    REVISED,
    THEN,
    ChangedPair,
    Changes,
    Compared,
    cells_by_indicator,
    changed_pairs,
    compare,
    study_changes,
)
from analysis.reports.changes.words import changes_answer, changes_lines

EXPOSURE, OUTCOME = "turnover_percent", "repeat_plans_percent"


def made_up(years=range(2017, 2024), n_authorities=40, seed=5):
    """A panel in which the outcome of a year is 0.5 times the turnover of the September before, and noise."""
    random = np.random.default_rng(seed)
    rows = []
    for place in range(n_authorities):
        turnover = {year: 15 + 4 * random.standard_normal() for year in range(min(years) - 1, max(years) + 1)}
        rows += [
            (f"E06900{place:03}", f"Authority {place}", "South East", year, f"E06900{place:03}", False, turnover[year],
             20 + 0.5 * turnover[year - 1] + random.standard_normal())
            for year in years
        ]  # fmt: skip
    names = ["authority_code", "authority", "region", "year", "cluster", "very_small", EXPOSURE, OUTCOME]
    empty = pd.DataFrame()
    return Panel(pd.DataFrame(rows, columns=names), empty, empty, empty)


def published_otherwise(panel, release, change):
    """Every turnover up to the release as ``change`` of what it is today."""
    rows = panel.authorities[panel.authorities["year"] <= int(release)]
    return pd.DataFrame({
        "release": release, "authority_code": rows["authority_code"], "year": rows["year"], "indicator": EXPOSURE,
        "value": change(rows[EXPOSURE]), "marker": "",
    })  # fmt: skip


def test_figures_that_were_doubled_halve_the_slope_then_and_years_alone_change_the_rest():
    panel = made_up()
    compared = compare(panel, published_otherwise(panel, "2020", lambda values: 2 * values))
    ((pair,), missing) = changed_pairs(compared, [EXPOSURE], [OUTCOME])
    assert missing == ()
    then, revised, now = (pair.estimates[step][0] / 5 for step in (THEN, REVISED, NOW))
    # Of turnover, reports speak of five points more.
    assert then == pytest.approx(revised / 2, rel=1e-9)
    assert revised == pytest.approx(0.5, abs=0.1) and now == pytest.approx(0.5, abs=0.1)
    assert pair.last_years == {
        THEN: 2021,
        REVISED: 2021,
        NOW: 2023,
    }  # turnover of 2020 meets outcomes of 2021
    assert pair.n_rows == {THEN: 40 * 4, REVISED: 40 * 4, NOW: 40 * 6}
    assert pair.why == "revised figures" and not pair.has_turned


def test_figures_that_stand_change_nothing_before_years_are_added():
    panel = made_up()
    earlier_figure = published_otherwise(panel, "2020", lambda values: values).head(1).assign(value=99.0)
    compared = compare(panel, earlier_figure)
    ((pair,), _) = changed_pairs(compared, [EXPOSURE], [OUTCOME])
    assert len(compared.cells) == 1 and compared.cells["then"].tolist() == [99.0]
    assert cells_by_indicator(compared)["n_compared"].tolist() == [40 * 4]
    assert pair.estimates[THEN] != pair.estimates[REVISED]


def test_an_estimate_is_that_of_the_report_on_the_pair():
    panel = store.load_panel()
    compared = compare(panel, store.load_vintages())
    ((pair,), _) = changed_pairs(compared, [EXPOSURE], ["assessments_in_45_days_percent"])
    sample = SampleParameters("assessments_in_45_days_percent", EXPOSURE)
    whole = fit_relationship(panel.authorities, sample, standardised=False).main.estimate
    step = 5  # percentage points of turnover, of which all reports speak
    np.testing.assert_allclose(
        pair.estimates[NOW], (whole.estimate * step, whole.conf_low * step, whole.conf_high * step), rtol=1e-9
    )
    assert pair.n_rows[NOW] == whole.n_observations


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((1.0, 2.0, 2.05), "revised figures"),
        ((1.0, 1.05, 2.0), "new years"),
        ((1.0, 1.5, 2.0), "both"),
        ((1.0, 1.0, 1.0), "nothing"),
        ((1.0, 2.0, 1.0), "both"),  # one undid the other
    ],
)
def test_a_reason_is_what_makes_up_a_fifth_of_the_movement(steps, why):
    estimates = {step: (at, at - 1, at + 1) for step, at in zip((THEN, REVISED, NOW), steps, strict=True)}
    pair = ChangedPair(EXPOSURE, OUTCOME, estimates, {}, {})
    assert pair.why == why


def test_the_real_release_of_2022_reads_as_its_figures_do():
    """Turnover: 88 of 878 figures of the file were revised (read in the files themselves, see test_vintages); in the panel
    two joint returns stand for two authorities each, and a figure stands under each.
    """
    pairs = ([EXPOSURE], ["assessments_in_45_days_percent", "conferences_in_15_days_percent"])
    changes = study_changes(
        store.load_panel(), store.load_vintages(), pairs, register(), {}, ("2022", "in use")
    )
    turnover = cells_by_indicator(changes.compared).set_index("indicator").loc[EXPOSURE]
    assert 88 <= turnover["n_revised"] <= 88 + 8 and 878 <= turnover["n_compared"] <= 878 + 24
    assert [pair.outcome for pair in changes.pairs if pair.has_turned] == ["conferences_in_15_days_percent"]
    assert changes.verdicts is None
    answer = changes_answer(changes)
    assert "1 is read differently now, each taken alone, because years were added" in answer.answer
    # 94 of 402: more than of any other measure, and not most of them.
    assert (
        "402 (4.5%) were revised**, more in turnover of social workers (94 of 900) than in any other measure."
        in answer.answer
    )
    assert (
        "(social worker turnover and conferences within 15 working days: not clear then, lower now)"
        in answer.answer
    )
    lines = changes_lines(changes)
    assert lines[0].startswith(
        "What differs in the release in use (figures to 2025) from what was published with the release of 2022"
    )
    assert all("\n" not in line for line in lines)
    assert len(tables.turned_table(changes).frame) == 1
    assert "verdict" in tables.verdicts_table(changes).markdown
    drawn = charts.moved_pairs(changes)
    assert drawn.alt.count("then") == 2
    assert drawn.caption.startswith("Of the 2 pairs that changed most, 1 changed because years were added.")
    assert drawn.figure.axes[1].get_yticklabels()[0].get_text() == "−0.41 → −0.74"
    # Points stand where the numbers beside them say, in the outcome's own unit.
    (now, *_) = drawn.figure.axes[0].get_lines()
    assert now.get_xdata()[0] == pytest.approx(-0.74, abs=0.005)
    assert (
        "in percentage points unless said, for 5 percentage points more of turnover of social workers"
        in drawn.caption
    )


def pair_of(then, revised, now, outcome=OUTCOME, half=1.0):
    steps = zip((THEN, REVISED, NOW), (then, revised, now), strict=True)
    return ChangedPair(EXPOSURE, outcome, {step: (at, at - half, at + half) for step, at in steps}, {}, {})


def changes_of(*pairs):
    cells = pd.DataFrame(columns=["authority_code", "year", "indicator", "then", "now"])
    compared = Compared("2022", None, pd.DataFrame(), pd.DataFrame({"year": [2025]}), cells)
    return Changes(compared, pairs, (), None)


def test_pairs_that_read_differently_are_named_up_to_three_the_furthest_moved_first():
    names = ["repeat_plans_percent", "rereferrals_percent", "dental_checks_percent", "school_moves_percent"]
    turned = [pair_of(0.5, 0.5, 1.5 + 0.1 * place, name) for place, name in enumerate(names)]
    few = changes_answer(changes_of(turned[0], pair_of(0, 0, 0))).answer
    assert (
        "Of 2 pairs of a workforce measure and an outcome, 1 is read differently now, each taken alone, because years "
        "were added" in few
    )
    assert "(social worker turnover and repeat child protection plans: not clear then, higher now)" in few
    assert (
        "was from 0.5 (−0.5 to 1.5) to 1.5 (0.5 to 2.5) percentage points for 5 percentage points more of the measure, "
        "because years" in few
    )
    many = changes_answer(changes_of(*turned)).answer
    first, last = many.index("mid-year school moves: not"), many.index("re-referrals within a year: not")
    assert "(among them" in many and first < last and "repeat child protection plans:" not in many


@pytest.mark.parametrize(
    ("pairs", "title"),
    [
        ([(0, 0, 2), (0, 0, 1)], "The largest changes came from added years, not from revised figures."),
        ([(0, 2, 2), (0, 1, 1)], "The largest changes came from revised figures, not from added years."),
        ([(0, 2, 2), (0, 0, 1)], "Of the 2 pairs that changed most, 1 changed because years were added."),
    ],
)
def test_the_title_of_the_figure_says_what_the_largest_changes_came_from(pairs, title):
    assert charts.moved_pairs(changes_of(*(pair_of(*steps) for steps in pairs))).caption.startswith(title)


@pytest.mark.parametrize(
    ("releases", "told"),
    [
        (("2021", "in use"), "unknown release '2021'"),
        (("2024", "2022"), "to: 2022 isn't after 2024"),
        (("2022", "2032"), "unknown release '2032'; did you mean"),
    ],
)
def test_a_release_that_isnt_known_or_not_before_is_refused(releases, told):
    with pytest.raises(RequestError, match=told):
        compare(store.load_panel(), store.load_vintages(), *releases)
