"""The report on the size of each claim's association, in words."""

import re
from collections.abc import Sequence
from math import exp

from analysis.claims.gathering import Gathered
from analysis.claims.judging import JudgedClaim
from analysis.claims.rule import Rule
from analysis.claims.synthesis import pooled
from analysis.claims.telling import (
    LOG_ODDS,
    SeenOutcome,
    amount_in_words,
    rule_in_words,
    seen_in_words,
    seen_outcomes,
)
from analysis.showing.words import words_of
from publishing.display import Answer, Prose

WORDS = words_of(__package__)
_LIKELY = 0.5


def synthesis_described(gathered: Sequence[Gathered]) -> Prose:
    """Say on how many claims there is evidence, of which designs, and why there is none on others."""
    with_evidence = [entry for entry in gathered if entry.evidence]
    claims_by_design: dict[str, list[str]] = {}
    for entry in with_evidence:
        if entry.claim.estimand:
            claims_by_design.setdefault(entry.claim.estimand.design, []).append(entry.claim.id)
    lines = [
        *(
            WORDS.say("described.design", design=design, claims=claims)
            for design, claims in claims_by_design.items()
        ),
        *(
            WORDS.say("described.missing", claim=entry.claim.id, failure=entry.failure)
            for entry in gathered
            if not entry.evidence
        ),
    ]
    return WORDS.prose("described", n_claims=len(with_evidence), lines="\n".join(lines))


def synthesis_method(rule: Rule) -> Prose:
    """State how estimates become one effect, how it is checked, and the rule with its thresholds."""
    return WORDS.prose("method", rule=rule_in_words(rule, "**"))


def synthesis_answer(claims: Sequence[JudgedClaim]) -> Answer:
    """Answer for all claims with an effect: how many are large enough to matter, the largest, which are ruled out."""
    measured = [claim for claim in claims if claim.effect]
    likely = [claim for claim in measured if claim.effect and claim.effect.probability_beyond > _LIKELY]
    supported = [claim for claim in measured if claim.verdict == "supported"]
    told = [
        WORDS.say(
            "answer.counts" if likely else "answer.counts.none",
            n_claims=len(measured),
            n_beyond=len(likely),
            n_drawn=len(supported),
        )
    ]
    if supported:
        largest = max(supported, key=_size)
        outcomes = seen_outcomes(largest)
        most = max(outcomes, key=lambda outcome: outcome.effect)
        unclear = [outcome.phrase for outcome in outcomes if not outcome.is_as_claimed]
        told.append(
            WORDS.say(
                "answer.largest.exception" if unclear else "answer.largest",
                claim=largest.claim.in_short,
                seen=seen_in_words(largest, most),
                unclear=unclear,
            )
        )
    if excluded := [claim for claim in measured if claim.verdict == "not supported"]:
        told.append(WORDS.say("answer.ruled_out", claims=[_quoted(claim) for claim in excluded]))
    if stopped := [claim for claim in measured if claim.failed_gates]:
        names = [claim.claim.id for claim in stopped]
        told.append(WORDS.say("answer.stopped", claims=names, n_claims=len(names)))
    return Answer(answer=" ".join(told), certainty=_certainty(measured), not_shown=_not_shown(measured))


def _quoted(claim: JudgedClaim) -> str:
    is_average = len(seen_outcomes(claim)) > 1
    return WORDS.say("quoted.average" if is_average else "quoted", claim=claim.claim.in_short)


def _size(claim: JudgedClaim) -> float:
    """Return a claim's effect in units of the smallest that matters for it."""
    return claim.effect.estimate / claim.effect.smallest if claim.effect else 0.0


def view_in_words(name: str) -> str:
    """Return how another choice of rows, years or controls is told; its name where that says it already."""
    told = f"view.{'-'.join(re.findall('[a-z0-9]+', name.lower()))}"
    return WORDS.say(told) if told in WORDS.sentences else name


def other_estimates(claim: JudgedClaim) -> dict[str, tuple[float, float, float]]:
    """Return the effect with its 95% limits for each other choice of rows, years and withheld counts, by its name."""
    if claim.evidence is None or claim.effect is None:
        return {}
    prior = claim.rule.prior_spread * claim.effect.smallest
    return {
        name: pooled(view, prior).interval.with_limits for name, view in claim.evidence.range_views.items()
    }


def _certainty(claims: Sequence[JudgedClaim]) -> str:
    others = {claim.claim.id: other_estimates(claim) for claim in claims}
    asked = [claim for claim in claims if claim.effect and others[claim.claim.id]]
    same_side = [claim for claim in asked if _keeps_its_sign(claim, others[claim.claim.id])]
    told = [WORDS.say("certainty", n_same_side=len(same_side), n_claims=len(asked))]
    moves = [
        (abs(estimate[0] - claim.effect.estimate) / claim.effect.smallest, claim, view, estimate[0])
        for claim in asked
        for view, estimate in others[claim.claim.id].items()
        if claim.effect
    ]
    if moves:
        _, claim, view, other = max(moves, key=lambda move: move[0])
        assert claim.effect is not None
        moved = (claim.effect.estimate, other)
        is_odds = LOG_ODDS in claim.effect.unit
        main, other = map(exp, moved) if is_odds else moved
        told.append(
            WORDS.say(
                "certainty.moved.odds" if is_odds else "certainty.moved",
                claim=claim.claim.in_short,
                main=main,
                other=other,
                view=view_in_words(view),
            )
        )
    return " ".join(told)


def _keeps_its_sign(claim: JudgedClaim, others: dict[str, tuple[float, float, float]]) -> bool:
    assert claim.effect is not None
    return all(middle * claim.effect.estimate > 0 for middle, _, _ in others.values())


def _not_shown(claims: Sequence[JudgedClaim]) -> str:
    told = [WORDS.say("not_shown")]
    hidden: list[tuple[float, JudgedClaim, SeenOutcome]] = [
        (outcome.effect, claim, outcome)
        for claim in claims
        if claim.verdict == "not supported"
        for outcome in seen_outcomes(claim)
        if outcome.is_as_claimed
    ]
    if hidden:
        _, claim, outcome = max(hidden, key=lambda entry: entry[0])
        told.append(
            WORDS.say(
                "not_shown.average",
                outcome=outcome.phrase,
                claim=claim.claim.in_short,
                amount=amount_in_words(outcome),
            )
        )
    return " ".join(told)


def checks_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Say how many claims pass every check, and for each that fails one, which and why."""
    measured = [claim for claim in claims if claim.effect]
    failed = [claim for claim in measured if claim.failed_gates]
    if not failed:
        return WORDS.prose("checks.none")
    lines = [
        WORDS.say("checks.failed", claim=claim.claim.id, says=gate.says)
        for claim in failed
        for gate in claim.failed_gates
    ]
    return WORDS.prose(
        "checks", n_passed=len(measured) - len(failed), n_failed=len(failed), lines="\n".join(lines)
    )
