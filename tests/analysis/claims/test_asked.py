"""What is asked under planted truths, where a claim falls short of it, and what is said to keep it there."""

from dataclasses import replace

import pytest
from scipy import stats

from analysis.claims.asked import unmet, unmet_in_words
from analysis.claims.evidence import Evidence, OutcomeFacts, view_of
from analysis.claims.planting import truth_of
from analysis.claims.register import register

ESTIMAND = register().claim("C18").estimand
RULE = register().rule
EVIDENCE = Evidence(
    "C18", ESTIMAND.unit, "Where it was higher",
    (OutcomeFacts("turnover_percent", "Turnover", 1.0, "points", 900, 2018, 2024),),
    {"main": view_of([0.2], [[0.05**2]]), "main less trends": view_of([0.0], [[0.08**2]])},
    n_observations=1027, n_authorities=151, n_clusters=147, first_year=2018, last_year=2024,
)  # fmt: skip


def entry(truth, n_draws=2000, stopped=None, **counts):
    """What ``calibrate`` records of a truth, from counts of verdicts."""
    shares = {name.replace("_", " "): n / n_draws for name, n in counts.items()}
    return {
        "truth": truth, "words": truth_of(truth).words, "n_draws": n_draws, "shares": shares, "mean_estimate": 0.2,
        "mean_error": 0.05, "coverage": 0.94, "stopped": stopped or {},
    }  # fmt: skip


# Each truth with counts of 2,000 draws on either side of what VERDICTS.md's table asks, which is met at the limit itself.
CELLS = {
    "nothing, too often a verdict": (entry("nothing", supported=60, contradicted=41), True),
    "nothing, at the limit": (entry("nothing", supported=60, contradicted=40), False),
    "a fifth, missed too often": (entry("at-once:0.2", supported=1899, unresolved=101), True),
    "a fifth, at the limit": (entry("at-once:0.2", supported=1900, unresolved=100), False),
    "a fifth, a year later": (entry("a-year-later:0.2", supported=1899, unresolved=101), True),
    "a fifth, spread": (entry("spread:0.2", supported=1899, unresolved=101), True),
    "a fifth, two years later, of which nothing is asked": (entry("two-years-later:0.2", supported=0), False),
    "three twentieths, missed too often": (entry("at-once:0.15", supported=1599, unresolved=401), True),
    "three twentieths, at the limit": (entry("at-once:0.15", supported=1600, unresolved=400), False),
    "a tenth, of which nothing is asked": (entry("at-once:0.1", supported=3), False),
    "a fifth, called the opposite": (entry("at-once:0.2", supported=1949, contradicted=51), True),
    "a fifth, called nothing": (entry("spread:0.2", supported=1949, not_supported=51), True),
    "a shared trend, taken for an effect": (entry("shared-trend:0.3", supported=101), True),
    "a shared trend, at the limit": (entry("shared-trend:0.3", supported=100), False),
    "an outcome that drives, taken for the opposite": (entry("reversed:0.3", contradicted=101), True),
}


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_is_met_at_its_limit_and_not_beyond(case):
    given, falls_short = CELLS[case]
    assert bool(unmet([given], ESTIMAND)) == falls_short


def test_sizes_are_in_units_of_the_smallest_effect_that_matters():
    """Of a claim whose smallest effect is 0.05, a tenth is twice as much and a fifth four times."""
    smaller = replace(ESTIMAND, smallest=0.05)
    assert unmet([entry("at-once:0.1", supported=1800)], smaller)
    assert not unmet([entry("at-once:0.2", supported=0)], smaller)


def test_nothing_is_asked_of_claims_about_reports():
    estimand = register().claim("C08").estimand
    assert unmet([entry("nothing", supported=2000)], estimand) == ()


@pytest.mark.parametrize(("n", "of", "is_chance"), [(377, 400, True), (1877, 2000, False)])
def test_the_interval_is_wilsons_and_says_whether_it_may_be_chance(n, of, is_chance):
    """Against scipy's: 94.25% of 400 draws may be 95%, and 93.85% of 2,000 may not."""
    (unmet_cell,) = unmet([entry("at-once:0.2", of, supported=n)], ESTIMAND)
    wanted = stats.binomtest(n, of).proportion_ci(method="wilson")
    assert (unmet_cell.conf_low, unmet_cell.conf_high) == pytest.approx((wanted.low, wanted.high), abs=1e-4)
    assert unmet_cell.is_chance == is_chance


def test_truths_that_give_one_share_are_told_together_with_what_keeps_them_there():
    gates = {"lead": 0.02, "trends": 0.0215}
    given = [
        entry(f"{kind}:0.2", stopped=gates, supported=1877, unresolved=40, not_identified=83)
        for kind in ("at-once", "spread")
    ]
    (told,) = unmet_in_words(
        [*given, entry("at-once:0.3", supported=1973, not_identified=27)], ESTIMAND, EVIDENCE, RULE
    )
    assert told == (
        "0.2 at once and 0.2 spread over the window: supported in 93.8% of 2,000 draws (92.7 to 94.8), where at least 95% "
        "is asked. The standard error is 0.050, from 1,027 rows of 151 authorities, 2018 to 2024: the effect is 4.0 times "
        "that. In 2.0% of draws the figures cannot tell, and checks stop 2.0% by next year's exposure and 2.1% by "
        "authorities' own trends by chance. An effect of 0.3 reaches 95%."
    )


def test_a_trend_that_passes_for_an_effect_is_told_with_the_error_of_what_a_line_over_the_years_takes():
    """One outcome, so that the pooled error is that of the view: 0.08."""
    given = entry("shared-trend:0.3", stopped={"lead": 0.695, "trends": 0.79}, supported=116)
    (told,) = unmet_in_words([given], ESTIMAND, EVIDENCE, RULE)
    assert told.startswith(
        "no effect, a trend of each authority in both (0.3): supported or contradicted in 5.8% of 2,000"
    )
    assert "(4.9 to 6.9), where at most 5% is asked; this number of draws cannot distinguish the two." in told
    assert "Checks notice it in 69.5% by next year's exposure and 79.0% by authorities' own trends" in told
    assert "over 7 years is known with a standard error of 0.080" in told


def test_where_no_effect_that_was_tried_is_found_so_often_that_is_said():
    told = unmet_in_words([entry("at-once:0.2", supported=1200, unresolved=800)], ESTIMAND, EVIDENCE, RULE)
    assert told[0].endswith(
        "In 40.0% of draws the figures cannot tell. No effect that was tried reaches 95%."
    )


def test_where_all_is_met_nothing_is_said():
    assert unmet_in_words([entry("at-once:0.2", supported=2000)], ESTIMAND, EVIDENCE, RULE) == []
