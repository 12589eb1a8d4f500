"""The rule in words follows the thresholds and what each claim needs; pairs of constructs follow the register."""

from dataclasses import replace

import pytest

from analysis.claims.first_rule import FirstRule
from analysis.claims.judging import judge
from analysis.claims.register import DirectTest, register
from analysis.claims.rule import VERDICTS, Rule
from analysis.claims.telling import (
    VERDICT_IN_WORDS,
    answer_in_words,
    claim_lines,
    needed_of_all_in_words,
    rule_in_words,
    rule_of_a_first_test_in_words,
)
from analysis.findings.finding import Finding
from analysis.reports.claims.words import rest_of, rule_described
from analysis.reports.reports_and_figures import words as words
from analysis.reports.reports_and_figures.charts import problems_forest
from tests.making.claims_written import claim, evidence, synthesis, written

OTHER = Rule(0.913, 0.61, 0.87, 0.942, 0.37, 1.0)
OTHER_FIRST = FirstRule(0.1, 0.5, {"standard deviations": 0.33, "odds ratio": 1.7})


def pair(name, low, estimate, high):
    return Finding(
        name, name, "odds ratio", 400, 150, estimate=estimate, conf_low=low, conf_high=high, p_value=0.01
    )


def test_the_rule_is_told_with_its_own_thresholds():
    told = rule_in_words(OTHER)
    for part in ("91.3% or more", "61% or more", "excluded with 87%", "at least 37% as much", "94.2%"):
        assert part in told
    for verdict in ("supported", "contradicted", "not supported", "unresolved", "not identified"):
        assert f"**{verdict}**" in rule_in_words(OTHER, "**")


def test_the_first_rule_is_told_with_its_own_thresholds():
    told = rule_of_a_first_test_in_words(OTHER_FIRST)
    for part in ("below 0.1,", "at least 50%", "(0.33 standard deviations; 1.7 odds ratio)"):
        assert part in told


def test_the_report_and_the_command_say_the_rule_alike():
    assert rule_in_words(OTHER) in rule_described(OTHER, register().claims).markdown.replace("**", "")


def test_a_claim_that_needed_another_number_than_more_than_half_is_named():
    three = next(one for one in register().claims if len(one.tests) == 3)
    assert "More than half of a claim's direct tests had to support it, and" in needed_of_all_in_words(
        [three]
    )
    edited = replace(three, needed=1)
    assert f"had to support it (1 of 3 for {three.id}), and none contradict it" in needed_of_all_in_words(
        [edited]
    )


def test_every_verdict_has_a_sentence_of_its_own():
    assert set(VERDICT_IN_WORDS) == set(VERDICTS)
    assert len(set(VERDICT_IN_WORDS.values())) == len(VERDICTS)


def test_an_answer_says_what_was_seen_in_natural_units_and_of_how_many_children(tmp_path):
    """0.3 standard deviations of 8 points are 2.4 points; of 500 children that is 12. The claim expects fewer on time."""
    asked = written(tmp_path, X01=claim())
    (judged,) = judge(asked, [synthesis(evidence())])
    told = answer_in_words(judged)
    assert told.startswith("The figures go together as the claim says. Where turnover was 5 points higher, ")
    assert "2.4 percentage points lower" in told and "about 12 of 500" in told


def test_a_claim_that_falls_short_under_a_planted_truth_says_so_in_command_and_report(tmp_path):
    """60 of 100 draws, where 95 are asked; the register's smallest effect is 0.1."""
    row = {
        "truth": "at-once:0.2", "words": "0.2 at once", "n_draws": 100, "mean_estimate": 0.2, "mean_error": 0.1,
        "coverage": 0.95, "shares": {"supported": 0.6, "unresolved": 0.4},
    }  # fmt: skip
    recorded = {"name": "calibration", "notebook": "calibration", "values": {"claims": {"X01": [row]}}}
    (judged,) = judge(written(tmp_path, X01=claim()), [synthesis(evidence()), recorded])
    told = "0.2 at once: supported in 60.0% of 100 draws"
    assert f"- {told}" in rest_of(judged)
    assert any(line.startswith(f"Falls short: {told}") for line in claim_lines(judged, []))
    (quiet,) = judge(written(tmp_path, X01=claim()), [synthesis(evidence())])
    assert "fall short" not in rest_of(quiet)


@pytest.mark.parametrize("gate", ["measure", "overlap"])
def test_a_claim_that_fails_a_gate_is_never_told_as_an_answer(tmp_path, gate):
    asked = written(tmp_path, X01=claim())
    (judged,) = judge(asked, [synthesis(evidence(gates=(gate,)))])
    told = answer_in_words(judged)
    assert told.startswith("These figures can't say whether the claim is right.")
    assert "No verdict is drawn from that" in told


def test_every_claim_of_the_package_needs_more_than_half():
    # Counted by hand from 2 to 4, and from the definition for all: half of the tests are too few, what is needed is enough.
    assert {len(one.tests): one.needed for one in register().claims if one.tests}.items() >= {
        1: 1,
        3: 2,
        5: 3,
    }.items()
    assert all(one.needed > len(one.tests) / 2 >= one.needed - 1 for one in register().claims if one.tests)


@pytest.fixture
def edited(monkeypatch):
    """The register with another pair for C03, and C04 without its own."""
    claims = []
    for one in register().claims:
        tests = one.tests
        if one.id == "C03":
            tests = (DirectTest("inspections/problems-drift-visits", "positive"),)
        if one.id == "C04":
            tests = tests[1:]
        claims.append(replace(one, tests=tests))
    changed = replace(register(), claims=tuple(claims))
    monkeypatch.setattr(words, "register", lambda: changed)


def test_an_edited_register_is_what_the_report_on_pairs_tells_and_draws(edited):
    recorded = {
        "problems-drift-visits": pair("problems-drift-visits", 1.2, 1.5, 1.9),
        "problems-turnover-visits": pair("problems-turnover-visits", 1.2, 1.5, 1.9),
        "problems-turnover-plans": pair("problems-turnover-plans", 0.5, 0.7, 0.9),
    }
    told = words.problems_result(recorded).markdown
    assert told.startswith(
        "Of the 2 pairs that claims are about, 1 clearly occurs together in reports: C03, drift and delay and visits."
    )
    assert "C04" not in told and "C08" not in told
    assert "Not recorded: C09, C10, C16 and C17." in told
    # The corrected estimate, where there is one, takes the place of the one as coded.
    unclear = recorded | {
        "problems-drift-visits-corrected": pair("problems-drift-visits-corrected", 0.8, 1.2, 1.9)
    }
    assert "0 clearly occur together in reports: none." in words.problems_result(unclear).markdown
    assert "C03: drift and delay and visits: 1.20" in problems_forest(unclear).alt
    alt = problems_forest(recorded).alt
    assert "C03: drift and delay and visits, as coded: 1.50" in alt
    assert (
        "C03: drift" in alt.replace("C03: Drift", "C03: drift")
        and "turnover of workers and visits" not in alt
    )


def test_every_pair_of_the_register_is_named_by_two_constructs():
    # The register names claims C03, C04, C08, C09, C10, C16 and C17 as resting on what stands together in reports.
    found = words.pairs_of_claims()
    assert [claim for claim, _ in found] == ["C03", "C04", "C08", "C09", "C10", "C16", "C17"]
    assert words.pair_in_words(dict(found)["C17"]).endswith("(strengths)")
