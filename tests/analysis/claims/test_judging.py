"""Verdicts from recorded evidence made by hand, in which it is plain to see what they must be.

Two outcomes, 0.1 the smallest effect that matters; errors of 0.02 unless another is given, so that 0.3 is clear and 0.0 is
precisely nothing.
"""

import json

import pytest

from analysis.claims.judging import judge
from analysis.data.definitions.indicators import lower_first
from analysis.errors import DataError
from tests.making.claims_written import OUTCOMES, claim, estimand, evidence, synthesis, view, written


@pytest.fixture
def judged(tmp_path):
    def of(entry, *more, **changes):
        asked = written(tmp_path, X01=claim(tests=None, estimand=estimand(**changes)))
        return judge(asked, [json.loads(json.dumps(synthesis(entry))), *more])[0]

    return of


VERDICTS = {
    "clear and large on the claimed side": (evidence(), "as claimed", "supported"),
    "clear and large on the other": (evidence(main=(-0.3, -0.3)), "opposite", "contradicted"),
    "precisely nothing": (evidence(main=(0.0, 0.0)), "negligible", "not supported"),
    "the other way, how far can't be told": (
        evidence(main=(-0.15, -0.15), error=0.13), "nothing as claimed", "not supported",
    ),
    "nothing or much": (evidence(main=(0.1, 0.1), error=0.2), "too uncertain", "unresolved"),
    "clear, and too small to matter": (evidence(main=(0.05, 0.05), error=0.01), "negligible", "not supported"),
    "outcomes go clearly apart": (evidence(main=(0.4, -0.4)), "mixed", "unresolved"),
    "one outcome against a mean on the claimed side": (evidence(main=(1.2, -0.3)), "mixed", "unresolved"),
    "another choice of rows turns the sign": (
        evidence(views={"without London": view((-0.05, -0.05), 0.1)}), "too uncertain", "unresolved",
    ),
    "another choice of rows weakens it": (
        evidence(views={"without London": view((0.1, 0.1), 0.2)}), "as claimed", "supported",
    ),
    "withheld counts could turn the sign, which is known of the worst cases": (
        evidence(views={"withheld: lowest": view((-0.2, -0.2))}), "as claimed", "supported",
    ),
    "nothing, but another window leaves room": (
        evidence(main=(0.0, 0.0), views={"exposure a year longer": view((0.1, 0.1), 0.05)}), "too uncertain", "unresolved",
    ),
    "nothing, but withheld counts leave room": (
        evidence(main=(0.0, 0.0), views={"withheld: highest": view((0.2, 0.2))}), "too uncertain", "unresolved",
    ),
    "nothing, but an earlier vintage leaves room, which is a matter of stability": (
        evidence(main=(0.0, 0.0), views={"vintage 2024": view((0.2, 0.2))}), "negligible", "not supported",
    ),
    "nothing, in the whole range": (
        evidence(main=(0.0, 0.0), views={"without London": view((0.02, 0.02)), "withheld: highest": view((0.03, 0.03))}),
        "negligible", "not supported",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", VERDICTS)
def test_what_evidence_shows_and_the_verdict_that_follows(judged, case):
    entry, shows, verdict = VERDICTS[case]
    judged_claim = judged(entry)
    assert (judged_claim.shows, judged_claim.verdict) == (shows, verdict)


TRENDS_KEPT = {"trends": view((0.28, 0.28)), "main less trends": view((0.02, 0.02))}
TRENDS_LOST = {"trends": view((0.02, 0.02), 0.05), "main less trends": view((0.28, 0.28), 0.05)}
GATES = {
    "lead": evidence(views={"lead": view((0.3, 0.3))}),
    "trends": evidence(views=TRENDS_LOST),
    "measure": evidence(gates=("measure",)),
    "overlap": evidence(gates=("overlap",)),
}


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("side", [1, -1])
def test_a_claim_that_fails_a_gate_is_not_identified_whichever_side_the_effect_is_on(judged, gate, side):
    entry = json.loads(json.dumps(GATES[gate]))
    for recorded_view in entry["views"].values():
        recorded_view["estimates"] = [side * value for value in recorded_view["estimates"]]
    judged_claim = judged(entry)
    assert judged_claim.verdict == "not identified"
    assert judged_claim.shows == ("as claimed" if side > 0 else "opposite"), (
        "what the figures show is told all the same"
    )
    assert [failed.name for failed in judged_claim.failed_gates] == [gate]
    assert judged_claim.failed_gates[0].says
    assert judged_claim.strength == "none"


def test_a_gate_that_the_claim_does_not_name_is_not_put_to_it(judged):
    for name in ("lead", "trends"):
        assert judged(GATES[name], gates=["measure"]).verdict == "supported"
    assert judged(GATES["overlap"], gates=["lead"]).verdict == "supported"
    assert judged(GATES["lead"], gates=["lead"]).verdict == "not identified"


@pytest.mark.parametrize(
    "views",
    [
        {"lead": view((0.05, 0.05))},  # clear, but a sixth of the effect
        {"lead": view((0.2, 0.2), 0.2)},  # as large, but not clear
        TRENDS_KEPT,
        # what is lost is clear, but what is left is too
        {"trends": view((0.15, 0.15)), "main less trends": view((0.15, 0.15))},
        # the loss may be chance
        {"trends": view((0.1, 0.1), 0.2), "main less trends": view((0.2, 0.2), 0.2)},
    ],
)
def test_a_lead_or_a_loss_to_trends_that_is_small_or_unclear_stops_nothing(judged, views):
    judged_claim = judged(evidence(views=views))
    assert judged_claim.verdict == "supported"
    assert all(gate.holds for gate in judged_claim.gates)


def test_a_lead_says_its_size_beside_that_of_the_effect(judged):
    (gate,) = judged(GATES["lead"]).failed_gates
    assert (
        gate.says
        == "With next year's exposure: 0.30 (0.27 to 0.33); the effect itself is 0.30 (0.27 to 0.33)."
    )


EVENT = {
    "design": "after a judgement", "exposure": "inadequate", "window": [1, 2, 3],
    "outcomes": {name: {"expected": "positive"} for name in OUTCOMES},
}  # fmt: skip
EVENT_NAMES = {"lead": "pre-trend", "trends": "pre-trend carried on"}


@pytest.mark.parametrize(
    ("gate", "views"), [("pre-trend", {"lead": view((0.3, 0.3))}), ("pre-trend carried on", TRENDS_LOST)]
)
def test_what_moved_before_a_judgement_stops_a_verdict_on_what_came_after(judged, gate, views):
    entry = evidence(views=views, gate_names=EVENT_NAMES)
    entry["gates"] = entry["gates"][:1]
    judged_claim = judged(entry, **EVENT)
    assert judged_claim.verdict == "not identified"
    assert [failed.name for failed in judged_claim.failed_gates] == [gate]
    assert judged(entry, **EVENT, gates=["measure"]).verdict == "supported"


def test_text_that_only_asserts_the_claim_stops_a_verdict(judged):
    entry = evidence(main=(0.4,))
    entry["outcomes"][0]["name"] = "visits"
    entry["gates"] = [{"name": "independent text", "holds": False, "says": "Only text asserts it."}]
    reports = {"design": "in reports", "exposure": "turnover", "outcomes": {"visits": {"expected": "positive"}},
               "window": []}  # fmt: skip
    judged_claim = judged(entry, **reports)
    assert (judged_claim.verdict, [failed.name for failed in judged_claim.failed_gates]) == (
        "not identified",
        ["independent text"],
    )
    entry["gates"][0]["holds"] = True
    assert judged(entry, **reports).verdict == "supported"


def test_stale_evidence_leaves_a_claim_unscored_and_says_what_renews_it(tmp_path):
    asked = written(tmp_path, X01=claim(tests=None))
    (judged_claim,) = judge(asked, [synthesis(evidence()) | {"stale": "data/raw/x.csv has changed since"}])
    assert (judged_claim.verdict, judged_claim.effect, judged_claim.is_stale) == ("unscored", None, True)
    assert (
        judged_claim.reason == "stale: data/raw/x.csv has changed since; plan-drift reports --only synthesis"
    )


def test_evidence_that_was_not_gathered_says_what_gathers_it(tmp_path):
    asked = written(tmp_path, X01=claim(tests=None), X02=claim(tests=None))
    (first, _), (_, second) = judge(asked, []), judge(asked, [synthesis(evidence("X01"))])
    assert first.reason == "'synthesis' has not been run: plan-drift reports --only synthesis"
    assert second.reason == "'synthesis' recorded nothing on X02: plan-drift reports --only synthesis"
    assert {first.verdict, second.verdict} == {"unscored"}


def test_figures_that_could_not_be_had_leave_a_claim_unscored_with_their_reason(tmp_path):
    asked = written(tmp_path, X01=claim(tests=None))
    failed = synthesis() | {"values": {"claims": {"X01": {"failure": "turnover_percent: no variation"}}}}
    (judged_claim,) = judge(asked, [failed])
    assert (judged_claim.verdict, judged_claim.reason) == ("unscored", "turnover_percent: no variation")


def test_evidence_of_another_shape_is_refused_in_one_line(judged):
    entry = evidence()
    del entry["views"]
    with pytest.raises(DataError, match="of another shape than this version's") as caught:
        judged(entry)
    assert "\n" not in str(caught.value)


def test_the_effect_is_told_in_natural_units_of_the_outcome_and_in_children(judged):
    """0.3 of 8 points, on the claimed side, which is below: 2.4 points lower, of 500 children 12."""
    judged_claim = judged(evidence(main=(0.3, 0.3), error=0.02))
    assert judged_claim.effect.estimate == pytest.approx(0.3, abs=1e-9)
    part = judged_claim.effect.by_outcome[0]
    assert (part["natural"], part["people"]) == pytest.approx((-2.4, -12.0), abs=1e-6)
    assert part["conf_low"] < -2.4 < part["conf_high"] < 0


def test_probabilities_beyond_below_and_between_sum_to_one(judged):
    effect = judged(evidence(main=(0.1, 0.1), error=0.05)).effect
    assert effect.probability_beyond == pytest.approx(0.5, abs=1e-6)
    total = effect.probability_beyond + effect.probability_opposite + effect.probability_negligible
    assert total == pytest.approx(1)


def test_the_range_reaches_from_the_lowest_to_the_highest_limit_over_what_is_not_known(judged):
    """One outcome, so that limits are those of the normal distribution: -0.2 - 1.96 × 0.05 and 0.4 + 1.96 × 0.01."""
    views = {"withheld: lowest": view((-0.2,), 0.05), "without London": view((0.4,), 0.01), "lead": view((9.0,)),
             "vintage 2024": view((-9.0,))}  # fmt: skip
    outcome = {OUTCOMES[0]: {"expected": "negative"}}
    effect = judged(evidence(main=(0.3,), views=views), outcomes=outcome).effect
    assert (effect.range_low, effect.range_high) == pytest.approx((-0.298, 0.4196), abs=1e-4)
    assert (effect.conf_low, effect.conf_high) == pytest.approx((0.2608, 0.3392), abs=1e-4)


def test_the_share_of_variants_is_that_counted_by_hand(judged):
    """Twelve thresholds a step laxer and stricter, two smallest effects, two outcomes left out, one other choice of rows.

    The first outcome carries it: without it the mean of the other is nothing. Without London it is nothing too. All else
    leaves a mean of 0.3 that is 15 errors from nil: 15 of 17.
    """
    judged_claim = judged(evidence(main=(0.6, 0.0), views={"without London": view((0.04, 0.04))}))
    assert judged_claim.verdict == "supported"
    assert judged_claim.stability.n_variants == 17
    first = f"without {lower_first(judged_claim.evidence.outcomes[0].label)}"
    assert set(judged_claim.stability.turned) == {first, "rows or window: without London"}
    assert judged_claim.stability.turned[first] == "not supported"
    assert judged_claim.stability.turned["rows or window: without London"] == "not supported"
    assert judged_claim.stability.share == pytest.approx(15 / 17)


def test_views_that_gates_read_are_no_variants_and_vintages_are(judged):
    entry = evidence(views={"lead": view((0.0, 0.0)), **TRENDS_KEPT, "vintage 2024": view((0.3, 0.3))})
    judged_claim = judged(entry)
    assert judged_claim.stability.n_variants == 12 + 2 + 2 + 1
    assert (judged_claim.stability.share, judged_claim.stability.turned) == (1.0, {})


@pytest.mark.parametrize(
    ("weaknesses", "strength"), [(0, "strong"), (1, "moderate"), (2, "moderate"), (3, "weak"), (5, "weak")]
)
def test_each_weakness_lowers_the_strength(judged, weaknesses, strength):
    reasons = [f"Reason {number}." for number in range(weaknesses)]
    judged_claim = judged(evidence(weaknesses=reasons))
    assert (judged_claim.strength, list(judged_claim.lowered_by)) == (strength, reasons)


def test_evidence_without_a_verdict_has_no_strength(judged):
    assert judged(evidence(main=(0.1, 0.1), error=0.2)).strength == "none"


def test_a_verdict_that_rests_on_one_outcome_or_on_few_variants_is_weaker(judged):
    judged_claim = judged(evidence(main=(0.6, 0.0)))
    assert judged_claim.strength == "moderate"
    assert judged_claim.lowered_by == (
        f"The verdict rests on label of {OUTCOMES[0]}; without that outcome it would be another.",
    )


def test_a_range_that_reaches_nil_lowers_the_strength(judged):
    judged_claim = judged(evidence(views={"withheld: lowest": view((-0.2, -0.2))}))
    assert judged_claim.verdict == "supported" and judged_claim.strength == "moderate"
    assert any("the intervals include no effect" in reason for reason in judged_claim.lowered_by)


def calibration(share):
    row = {
        "truth": "at-once:0.2", "words": "0.2 at once", "n_draws": 100, "mean_estimate": 0.2, "mean_error": 0.04,
        "coverage": 0.95, "shares": {"supported": share, "unresolved": 1 - share},
    }  # fmt: skip
    return {
        "name": "calibration",
        "notebook": "calibration",
        "parameters": {},
        "values": {"claims": {"X01": [row]}},
    }


def test_a_test_that_would_miss_a_true_effect_is_weaker(judged):
    judged_claim = judged(evidence(), calibration(0.55))
    assert judged_claim.strength == "moderate"
    assert judged_claim.lowered_by == (
        "A true effect twice the smallest that matters would be recognised only 55% of the time.",
    )
    assert judged(evidence(), calibration(0.97)).strength == "strong"


def test_json_holds_what_programs_need_and_nothing_that_json_cannot(judged):
    data = judged(evidence(views={"lead": view((0.0, 0.0))}), calibration(0.97)).as_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data.keys() >= {
        "id", "verdict", "estimates", "shows", "strength", "gates", "effect", "stability", "calibration",
    }  # fmt: skip
    assert (data["id"], data["verdict"], data["shows"]) == ("X01", "supported", "as claimed")
    assert [gate["name"] for gate in data["gates"]] == ["measure", "overlap", "lead"]
    assert data["stability"]["share"] == 1.0 and data["calibration"][0]["truth"] == "at-once:0.2"


def test_a_claim_without_figures_is_not_testable_whatever_was_recorded(tmp_path):
    asked = written(
        tmp_path, X01=claim(tests=None, estimand=None, hypothesis=None, not_testable="No one counts it.")
    )
    (judged_claim,) = judge(asked, [synthesis(evidence())])
    assert (judged_claim.verdict, judged_claim.shows, judged_claim.effect, judged_claim.stability) == (
        "not testable",
        "no figures",
        None,
        None,
    )
