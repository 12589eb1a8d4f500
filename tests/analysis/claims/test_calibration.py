"""The rule tried on planted truths: errors, power, coverage, and what can't be planted."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.claims.calibration import Subject, calibrate, calibrated, truths_for
from analysis.claims.evidence import Evidence, OutcomeFacts, view_of
from analysis.claims.gathering import Sources, gather
from analysis.claims.panel_evidence import panel_family, views_of_family
from analysis.claims.planting import truth_of
from analysis.claims.register import register
from analysis.claims.rule import Rule
from analysis.data.panel.store import load_panel
from analysis.errors import RequestError
from analysis.estimators.resampling.parallel import using

DRAWS = 200
RULE = register().rule


def truths(*texts):
    return tuple(truth_of(text) for text in texts)


def evidence_of(name, estimand, views):
    facts = tuple(
        OutcomeFacts(outcome.name, outcome.name, 1.0, "points", 900, 2018, 2025)
        for outcome in estimand.outcomes
    )
    return Evidence(name, estimand.unit, "Where it was higher", facts, views)


@pytest.fixture(scope="module")
def c07():
    """Claim C07 with its own rows; of the range the window a year longer alone, which is what can be had quickly."""
    estimand = register().claim("C07").estimand
    family = panel_family(estimand, load_panel().authorities)
    return Subject("C07", estimand, evidence_of("C07", estimand, views_of_family(family)), family)


@pytest.fixture(scope="module")
def by_truth(c07):
    asked = truths(
        "nothing", "at-once:0.05", "at-once:0.1", "at-once:0.15", "at-once:0.2", "at-once:0.3", "a-year-later:0.15",
        "a-year-later:0.2", "spread:0.2", "reversed:0.3", "shared-trend:0.3",
    )  # fmt: skip
    return {calibration.truth.name: calibration for calibration in calibrate([c07], RULE, DRAWS, asked)}


def most(share):
    """Return the largest count that so many draws give one time in a thousand where the share is ``share`` at most."""
    return stats.binom.ppf(0.999, DRAWS, share) / DRAWS


def test_where_there_is_nothing_a_verdict_for_or_against_is_rare(by_truth):
    assert by_truth["nothing"].share("supported", "contradicted") <= most(0.05)


@pytest.mark.parametrize("truth", ["at-once:0.2", "a-year-later:0.2", "spread:0.2"])
def test_an_effect_of_a_fifth_is_recognised_whenever_in_the_window_it_acts(by_truth, truth):
    assert by_truth[truth].share("supported") >= 0.95
    assert by_truth[truth].share("contradicted") <= most(0.025)
    assert by_truth[truth].share("not supported") <= most(0.025)


@pytest.mark.parametrize("truth", ["at-once:0.15", "a-year-later:0.15"])
def test_an_effect_of_three_twentieths_is_recognised_four_times_in_five(by_truth, truth):
    assert by_truth[truth].share("supported") >= 0.8 - (most(0.2) - 0.2)


@pytest.mark.parametrize("truth", ["reversed:0.3", "shared-trend:0.3"])
def test_what_only_looks_like_an_effect_is_not_called_one(by_truth, truth):
    assert by_truth[truth].share("supported", "contradicted") <= most(0.05)
    assert by_truth[truth].share("not identified") > 0.9


def test_a_larger_effect_is_never_less_often_supported(by_truth):
    shares = [by_truth["nothing"].share("supported")]
    shares += [by_truth[f"at-once:{size:g}"].share("supported") for size in (0.05, 0.1, 0.15, 0.2, 0.3)]
    assert shares == sorted(shares)


@pytest.mark.parametrize("truth", ["nothing", "at-once:0.1", "a-year-later:0.2", "spread:0.2"])
def test_the_interval_holds_what_was_planted_as_often_as_it_says(by_truth, truth):
    """Within 3.3 binomial errors of 95%, and the mean over draws within four of its own."""
    calibration = by_truth[truth]
    assert abs(calibration.coverage - 0.95) < 3.3 * np.sqrt(0.95 * 0.05 / DRAWS)
    assert calibration.mean_estimate == pytest.approx(
        truth_of(truth).size, abs=4 * calibration.mean_error / np.sqrt(DRAWS)
    )


def test_the_effect_of_an_exposure_that_follows_is_not_of_the_window_so_that_nothing_is_covered(by_truth):
    assert by_truth["reversed:0.3"].coverage is None and by_truth["shared-trend:0.3"].coverage is None


def test_counts_are_of_all_draws_and_shares_of_counts(by_truth):
    for calibration in by_truth.values():
        assert sum(calibration.counts.values()) == calibration.n_draws == DRAWS
        assert sum(calibration.as_dict()["shares"].values()) == pytest.approx(1)
    assert by_truth["nothing"].as_dict()["truth"] == "nothing"


def test_what_gates_stopped_is_told_gate_by_gate(by_truth):
    """A draw that isn't identified failed one gate at least, and may have failed both."""
    for calibration in by_truth.values():
        assert set(calibration.stopped) == {"lead", "trends"}
        assert (
            max(calibration.stopped.values())
            <= calibration.share("not identified")
            <= sum(calibration.stopped.values())
        )
        assert calibration.as_dict()["stopped"] == calibration.stopped
    assert by_truth["reversed:0.3"].stopped["lead"] > 0.9


@pytest.mark.sends_code
def test_the_same_seed_gives_the_same_alone_together_and_in_processes(c07):
    asked = truths("at-once:0.2", "reversed:0.3")
    expected = calibrate([c07], RULE, 10, asked)
    assert [calibrated(c07, [truth], RULE, 10)[0] for truth in asked] == list(expected)
    with using("processes"):
        assert calibrate([c07], RULE, 10, asked) == expected
    assert calibrate([c07], RULE, 10, asked, seed=1) != expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "break:0.2",
            "C07: truth 'break:0.2' can't be planted within authorities; choose from nothing, at-once",
        ),
        ("asserted:0.2", "C07: truth 'asserted:0.2' can't be planted within authorities"),
    ],
)
def test_a_truth_that_a_claim_cannot_hold_is_refused_before_anything_is_drawn(c07, text, told):
    with pytest.raises(RequestError) as caught:
        calibrate([c07], RULE, 10**9, truths("nothing", text))
    assert str(caught.value).startswith(told) and "\n" not in str(caught.value)


def test_fewer_than_two_draws_are_refused(c07):
    with pytest.raises(RequestError, match="draws: 1 is too few"):
        calibrate([c07], RULE, 1)


# Claims that rest on one comparison: an estimate with its error is drawn, so that shares are known in closed form.
ERROR, SMALLEST = 0.05, 0.1


def one_comparison(**changes):
    claim = register().claim("C20")
    outcome = claim.estimand.outcomes[0]
    estimand = replace(claim.estimand, outcomes=(outcome,), smallest=SMALLEST, **changes)
    return Subject("C20", estimand, evidence_of("C20", estimand, {"main": view_of([0.02], [[ERROR**2]])}))


@pytest.mark.parametrize(("text", "truth"), [("nothing", 0.0), ("at-once:0.1", 0.1), ("at-once:0.2", 0.2)])
def test_shares_of_one_comparison_are_those_of_the_normal_distribution(text, truth):
    """Supported: above the 98% point of its error, and likelier than not beyond 0.1. Not supported: 0.1 left out at 95%."""
    rule = Rule(clear=0.98, beyond=0.5, excluded=0.95, gate=0.98, lead_share=0.5, prior_spread=1.0)
    (calibration,) = calibrate([one_comparison()], rule, 4000, truths(text))
    estimate = stats.norm(truth, ERROR)
    expected = {
        "supported": estimate.sf(max(stats.norm.ppf(0.98) * ERROR, SMALLEST)),
        "contradicted": estimate.cdf(-max(stats.norm.ppf(0.98) * ERROR, SMALLEST)),
        "not supported": estimate.cdf(SMALLEST - stats.norm.ppf(0.95) * ERROR),
    }
    expected["not supported"] -= expected["contradicted"]
    for verdict, share in expected.items():
        assert calibration.share(verdict) == pytest.approx(share, abs=0.0265), (
            verdict
        )  # 3.3 binomial errors at a half
    assert calibration.coverage == pytest.approx(0.95, abs=0.012)


def test_truths_of_a_design_are_those_that_can_be_planted_in_it():
    subject = one_comparison()
    assert [truth.name for truth in truths_for(subject)] == [
        "nothing", "at-once:0.05", "at-once:0.1", "at-once:0.15", "at-once:0.2", "at-once:0.3",
    ]  # fmt: skip
    calibrate([subject], RULE, 2)


def test_the_range_keeps_its_distance_from_a_planted_effect():
    """A view of the range 0.3 below the effect has the other sign under 0.2 in nearly all draws: nothing is supported."""
    subject = one_comparison()
    views = {**subject.evidence.views, "another window": view_of([0.02 - 0.3], [[ERROR**2]])}
    apart = replace(subject, evidence=replace(subject.evidence, views=views))
    (alone,), (together,) = (calibrate([each], RULE, 400, truths("at-once:0.2")) for each in (subject, apart))
    assert alone.share("supported") > 0.9
    assert together.share("supported") < 0.05


@pytest.fixture(scope="module")
def around_judgements():
    gathered = {
        gathered_claim.claim.id: gathered_claim
        for gathered_claim in gather(register(), Sources(), ["C19", "C09"])
    }
    return {name: gathered_claim.subject() for name, gathered_claim in gathered.items()}


@pytest.mark.parametrize(
    ("claim", "truth", "most"),
    [("C19", "nothing", 0.05), ("C19", "trend-before:0.4", 0.05), ("C09", "asserted:0.364", 0.05)],
)
def test_what_is_no_effect_of_a_judgement_or_only_asserted_is_rarely_called_one(
    around_judgements, claim, truth, most
):
    (calibration,) = calibrate([around_judgements[claim]], register().rule, 400, [truth_of(truth)])
    false = calibration.counts.get("supported", 0) + calibration.counts.get("contradicted", 0)
    assert false <= stats.binom.ppf(0.999, 400, most)


def test_a_break_after_a_judgement_and_an_association_in_reports_are_found_the_more_the_larger(
    around_judgements,
):
    for claim, kind, sizes in (("C19", "break", (0.2, 0.6, 0.95)), ("C09", "associated", (0.091, 0.364))):
        truths = [truth_of(f"{kind}:{size}") for size in sizes]
        shares = [
            calibration.share("supported")
            for calibration in calibrate([around_judgements[claim]], register().rule, 400, truths)
        ]
        assert shares == sorted(shares) and shares[-1] > 0.4
        estimates = [
            calibration.mean_estimate
            for calibration in calibrate([around_judgements[claim]], register().rule, 400, truths)
        ]
        assert estimates == pytest.approx(sizes, abs=0.05)
