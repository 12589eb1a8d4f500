"""The report on the size of each claim's association, in words."""

import re
from collections.abc import Sequence

from analysis.claims.gathering import Gathered
from analysis.claims.judging import JudgedClaim
from analysis.claims.rule import VERDICTS, Rule
from analysis.claims.synthesis import pooled
from analysis.claims.telling import (
    best_supported,
    rule_in_words,
    seen_in_words,
    seen_outcomes,
    unclear_outcomes,
)
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

WORDS = words_of(__package__)
_MOST_TOLD = 2
"""The answer gives so many amounts with their intervals, no more."""


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
    """Answer for all claims with an effect: how many have which verdict, and what the supported ones come to."""
    measured = [claim for claim in claims if claim.effect]
    supported = best_supported(measured)
    told = [_counts(measured, len(supported)), *_seen(supported), *_unclear(supported)]
    return Answer(answer=paragraphs(told), certainty=_certainty(measured), not_shown=_not_shown(measured))


def _seen(supported: Sequence[JudgedClaim]) -> list[str]:
    """Say what the best supported claims come to in natural units, each by the outcome that most clearly goes as claimed."""
    told: list[str] = []
    for claim in supported[:_MOST_TOLD]:
        as_claimed = [outcome for outcome in seen_outcomes(claim) if outcome.is_as_claimed]
        if as_claimed:
            seen = seen_in_words(claim, min(as_claimed, key=lambda outcome: outcome.p_value))
            told.append(
                WORDS.say("answer.supported", seen=seen, claim=claim.claim.in_short, id=claim.claim.id)
            )
    return told


def _unclear(supported: Sequence[JudgedClaim]) -> list[str]:
    unclear = [
        WORDS.say("answer.unclear.claim", outcomes=outcomes, claim=claim.claim.id)
        for claim in supported
        if (outcomes := unclear_outcomes(claim))
    ]
    n_unclear = sum(len(unclear_outcomes(claim)) for claim in supported)
    return [WORDS.say("answer.unclear", unclear=unclear, n_unclear=n_unclear)] if unclear else []


def _counts(measured: Sequence[JudgedClaim], n_supported: int) -> str:
    counts = [WORDS.say("answer.count.supported", n_claims=n_supported)]
    for verdict in VERDICTS:
        told, n = (
            f"answer.count.{verdict.replace(' ', '-')}",
            sum(claim.verdict == verdict for claim in measured),
        )
        if n and verdict != "supported" and told in WORDS.sentences:
            counts.append(WORDS.say(told, n_claims=n))
    return WORDS.say("answer.counts", n_claims=len(measured), counts=counts)


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
    told = [
        WORDS.say("certainty", n_same_side=len(same_side), n_claims=len(asked))
        if asked
        else WORDS.say("certainty.again.none")
    ]
    moves = [
        (abs(estimate[0] - claim.effect.estimate) / claim.effect.smallest, claim, view, estimate[0])
        for claim in asked
        for view, estimate in others[claim.claim.id].items()
        if claim.effect
    ]
    if moves:
        _, claim, view, other = max(moves, key=lambda move: move[0])
        assert claim.effect is not None
        told.append(
            WORDS.say(
                "certainty.moved",
                claim=claim.claim.in_short,
                main=claim.effect.estimate / claim.effect.smallest,
                other=other / claim.effect.smallest,
                view=view_in_words(view),
            )
        )
        told += _made_by(claim)
    return " ".join([*told, *_small(claims)])


def _made_by(claim: JudgedClaim) -> list[str]:
    """Say which outcomes make a claim's effect, and the first that went the other way by itself; nothing where none did."""
    assert claim.effect is not None
    side = 1 if claim.effect.estimate > 0 else -1
    outcomes = seen_outcomes(claim)
    with_claim = [outcome.phrase for outcome in outcomes if side * outcome.effect > 0]
    against = [outcome for outcome in outcomes if side * outcome.effect < 0]
    if not with_claim or not against:
        return []
    return [
        WORDS.say(
            "certainty.made_by",
            with_claim=with_claim,
            against=against[0].phrase,
            change=against[0].change,
            unit=against[0].facts.natural_unit,
        )
    ]


def _small(claims: Sequence[JudgedClaim]) -> list[str]:
    """Name the claims whose interval lies on the claimed side and whose effect is, all the same, likely too small."""
    small = [
        claim.claim.id
        for claim in claims
        if claim.verdict == "unresolved"
        and claim.effect
        and claim.effect.conf_low > 0
        and claim.effect.probability_beyond < claim.rule.beyond
    ]
    return [WORDS.say("certainty.small", claims=small, n_claims=len(small))] if small else []


def _keeps_its_sign(claim: JudgedClaim, others: dict[str, tuple[float, float, float]]) -> bool:
    assert claim.effect is not None
    return all(middle * claim.effect.estimate > 0 for middle, _, _ in others.values())


def _not_shown(claims: Sequence[JudgedClaim]) -> str:
    hidden = [
        outcome
        for claim in claims
        if claim.verdict == "not supported" and len(seen_outcomes(claim)) > 1
        for outcome in seen_outcomes(claim)
        if outcome.is_as_claimed
    ]
    outcome = max(hidden, key=lambda outcome: outcome.effect).phrase if hidden else ""
    return WORDS.say("not_shown", outcome=outcome)


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
