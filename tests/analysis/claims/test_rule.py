"""The rule of version 0.1.0, whose verdicts stand beside, on results whose meaning is plain to see."""

import pytest

from analysis.claims.first_rule import FirstRule, first_verdict_of, outcome_of
from analysis.errors import DataError, RequestError
from analysis.files.entries import read_entry
from analysis.findings.finding import Finding, recorded

RULE = FirstRule(0.05, 0.75, {"standard deviations": 0.1, "odds ratio": 1.2, "percentile": 25})


def finding(estimate, low, high, scale="standard deviations", **more):
    return Finding(
        "main",
        "outcome on exposure",
        scale,
        1000,
        150,
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        p_value=0.01,
        **more,
    )


CASES = [
    # clear, large, on the expected side
    (finding(0.3, 0.2, 0.4), "positive", 0.001, "supports"),
    (finding(-0.3, -0.4, -0.2), "negative", 0.001, "supports"),
    # clear, and reaching what would matter, though it may be smaller
    (finding(0.15, 0.05, 0.25), "positive", 0.001, "supports"),
    (finding(-0.15, -0.25, -0.05), "negative", 0.001, "supports"),
    (finding(-0.15, -0.25, -0.05), "positive", 0.001, "contradicts"),
    (finding(1.3, 1.05, 1.6, "odds ratio"), "positive", 0.001, "supports"),
    # an interval that ends just where associations begin to matter reaches them, and one that begins at the null holds it
    (finding(0.05, 0.01, 0.1), "positive", 0.001, "supports"),
    (finding(-0.05, -0.1, -0.01), "positive", 0.001, "contradicts"),
    (finding(0.15, 0.0, 0.3), "positive", 0.001, "undecided"),
    (finding(-0.15, -0.3, 0.0), "positive", 0.001, "rules out"),
    # q at the rate itself isn't below it
    (finding(0.3, 0.2, 0.4), "positive", 0.05, "undecided"),
    (finding(0.3, 0.2, 0.4), "nil", 0.05, "undecided"),
    # nil is claimed, and the interval is small but for one end that touches what would matter
    (finding(0.05, 0.02, 0.1), "nil", 0.9, "undecided"),
    (finding(-0.05, -0.1, -0.02), "nil", 0.9, "undecided"),
    (finding(-0.3, -0.4, -0.2), "nil", 0.001, "contradicts"),
    # clear on the other side
    (finding(-0.3, -0.4, -0.2), "positive", 0.001, "contradicts"),
    # a precise nil: every association worth caring about is left out
    (finding(0.0, -0.05, 0.05), "positive", 0.9, "rules out"),
    (finding(0.0, -0.05, 0.05), "negative", 0.9, "rules out"),
    # clear, and too small to care about
    (finding(0.04, 0.01, 0.08), "positive", 0.01, "rules out"),
    # on the wrong side, too small to contradict
    (finding(-0.05, -0.09, -0.01), "positive", 0.01, "rules out"),
    # holds both nothing and what would matter
    (finding(0.1, -0.2, 0.4), "positive", 0.4, "undecided"),
    # clear alone, but not among as many as were asked
    (finding(0.15, 0.01, 0.3), "positive", 0.2, "undecided"),
    # clear, but the declared curve doesn't agree
    (finding(0.3, 0.2, 0.4, n_specifications=100, share_same_sign=0.6), "positive", 0.001, "undecided"),
    (finding(0.3, 0.2, 0.4, n_specifications=100, share_same_sign=0.75), "positive", 0.001, "supports"),
    # ratios are judged around one, on the log scale: 0.8 is further from 1 than 1/1.2
    (finding(1.7, 1.4, 2.1, "odds ratio"), "positive", 0.001, "supports"),
    (finding(1.0, 0.9, 1.15, "odds ratio"), "positive", 0.9, "rules out"),
    (finding(0.7, 0.6, 0.8, "odds ratio"), "positive", 0.001, "contradicts"),
    (finding(0.95, 0.85, 1.05, "odds ratio"), "negative", 0.4, "rules out"),
    (finding(0.95, 0.80, 1.10, "odds ratio"), "negative", 0.4, "undecided"),
    # percentiles are judged around the middle
    (finding(4, 2, 9, "percentile"), "negative", 0.001, "supports"),
    (finding(48, 40, 55, "percentile"), "negative", 0.6, "rules out"),
    # nil is what is claimed
    (finding(0.0, -0.05, 0.05), "nil", 0.9, "supports"),
    (finding(0.3, 0.2, 0.4), "nil", 0.001, "contradicts"),
    (finding(0.0, -0.3, 0.3), "nil", 0.9, "undecided"),
]


@pytest.mark.parametrize(("direct_finding", "expected", "q_value", "outcome"), CASES)
def test_what_one_result_says(direct_finding, expected, q_value, outcome):
    assert outcome_of(direct_finding, expected, q_value, RULE) == outcome


VERDICTS = [
    (["supports", "supports", "undecided"], 2, "supported"),
    (["supports", "supports", "contradicts"], 2, "imprecise"),  # the tests disagree
    (["contradicts", "contradicts", "rules out"], 2, "contradicted"),
    (["rules out", "rules out", "supports"], 2, "not supported"),
    (["rules out", "undecided", "supports"], 2, "imprecise"),
    (["undecided", "undecided", "undecided"], 2, "imprecise"),
    (["rules out", "contradicts", "undecided"], 2, "not supported"),
    (["supports", "supports", "not run"], 2, "unscored"),  # never a verdict without all its tests
    (["supports"], 1, "supported"),
    (
        ["contradicts", "contradicts", "supports"],
        2,
        "not supported",
    ),  # two of three can't be reached, and one supports
    (["contradicts", "undecided", "undecided"], 2, "imprecise"),
    (["supports", "undecided"], 1, "supported"),
    (["undecided", "rules out"], 1, "imprecise"),
]


@pytest.mark.parametrize(("outcomes", "needed", "verdict"), VERDICTS)
def test_what_the_results_come_to(outcomes, needed, verdict):
    assert first_verdict_of(outcomes, needed) == verdict


@pytest.mark.parametrize(
    ("rate", "share", "smallest", "told"),
    [
        (0, 0.75, {}, "false_discovery_rate: 0 is not a number between 0 and 1"),
        (0.05, 1.2, {}, "share_agreeing: 1.2 is not a number above 0 and up to 1"),
        (0.05, 0.75, {"odds ratio": 0.9}, "0.9 can't be the smallest odds ratio"),
        (0.05, 0.75, {"standard deviations": 0}, "can't be the smallest"),
        (0.05, 0.75, {"percentile": 60}, "can't be the smallest percentile"),
        (0.05, 0.75, {"standard deviation": 0.1}, "did you mean 'standard deviations'"),
    ],
)
def test_a_rule_that_no_result_can_meet_is_refused(rate, share, smallest, told):
    entry = {"false_discovery_rate": rate, "share_agreeing": share, "smallest": smallest}
    with pytest.raises(DataError, match=told):
        read_entry(FirstRule, entry, "first")


def test_a_scale_without_a_smallest_association_is_named():
    with pytest.raises(RequestError, match="no value for 'correlation'"):
        outcome_of(finding(0.1, 0.0, 0.2, "correlation"), "positive", 0.5, RULE)


@pytest.mark.parametrize(
    ("numbers", "scale", "told"),
    [
        ((0.5, 0.6, 0.7), "correlation", "outside its own interval"),
        ((float("nan"), 0.0, 1.0), "correlation", "must be numbers"),
        ((1.0, -0.1, 2.0), "odds ratio", "must be above 0"),
    ],
)
def test_a_finding_that_cannot_be_is_refused(numbers, scale, told):
    with pytest.raises(DataError, match=told):
        finding(*numbers, scale)


def test_a_finding_is_recorded_once():
    with pytest.raises(DataError, match="'main' stands more than once"):
        recorded([finding(0, -1, 1), finding(0, -1, 1)])
