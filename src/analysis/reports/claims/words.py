"""The claims in plain language: the answer to all of them together, then a part for each."""

from collections.abc import Mapping, Sequence
from math import exp

from analysis.claims.judging import LEAST_POWER, Effect, JudgedClaim
from analysis.claims.register import Register
from analysis.claims.rule import VERDICTS, Strength, Verdict
from analysis.claims.telling import (
    LOG_ODDS,
    VERDICT_LABELS,
    answer_in_words,
    reasons_in_words,
    rule_in_words,
    seen_in_words,
    seen_outcomes,
)
from analysis.showing.words import words_of
from analysis.studies.study import page_name
from publishing.display import Answer, Prose

WORDS = words_of(__package__)
_DRAWN: tuple[Verdict, ...] = ("supported", "contradicted", "not supported")
_STRENGTHS: tuple[Strength, ...] = ("strong", "moderate", "weak")
_NOTHING_EXCLUDED = 20
"""An interval that reaches so many times the smallest effect that matters excludes nothing that a reader could imagine."""
_SHARED_BY = 3
"""A reason that weakens the evidence on so many claims or more is said once for all of them."""


def by_verdict(claims: Sequence[JudgedClaim]) -> dict[Verdict, list[JudgedClaim]]:
    """Return the claims of each verdict that occurs, in the order of verdicts."""
    groups = {verdict: [claim for claim in claims if claim.verdict == verdict] for verdict in VERDICTS}
    return {verdict: group for verdict, group in groups.items() if group}


def name_of(verdict: Verdict) -> str:
    """Return a verdict as names of sentences have it: ``not-supported``."""
    return verdict.replace(" ", "-")


def claims_answer(claims: Sequence[JudgedClaim], focus: Sequence[str]) -> Answer:
    """Answer for all claims: how many have which verdict, then those named in ``focus``, then what is supported.

    ``focus`` names claims by identifier; those that aren't among ``claims`` are passed over.
    """
    groups = by_verdict(claims)
    counts = [
        WORDS.say(f"answer.count.{name_of(verdict)}", n_claims=len(group))
        for verdict, group in groups.items()
    ]
    told = [WORDS.say("answer.counts", n_claims=len(claims), counts=counts)]
    wanted = {name.casefold() for name in focus}
    told += [_in_a_sentence(claim) for claim in claims if claim.claim.id.casefold() in wanted][:2]
    if supported := groups.get("supported"):
        told.append(WORDS.say("answer.supported", claims=[_with_exceptions(claim) for claim in supported]))
    return Answer(answer=" ".join(told), certainty=_certainty(claims), not_shown=_not_shown(groups))


def _in_a_sentence(claim: JudgedClaim) -> str:
    """Say a claim's verdict in a sentence, with its first outcome, or the one that goes against a nil."""
    said = {"claim": claim.claim.in_short, "brief": _brief(claim)}
    outcomes = seen_outcomes(claim)
    if not outcomes:
        return WORDS.say("focus", **said)
    exceptions = [outcome for outcome in outcomes if outcome.is_as_claimed]
    if claim.verdict == "not supported" and exceptions and len(outcomes) > 1:
        return WORDS.say("focus.seen.exception", **said, seen=seen_in_words(claim, exceptions[0]))
    return WORDS.say("focus.seen", **said, seen=seen_in_words(claim))


def _brief(claim: JudgedClaim) -> str:
    told = f"brief.{name_of(claim.verdict)}"
    if claim.verdict == "not identified":
        return WORDS.say(told, reason=reasons_in_words(claim)[0])
    if claim.verdict == "not supported" and claim.effect:
        if claim.effect.conf_low > 0:
            told += ".small"
        elif len(claim.effect.by_outcome) > 1:
            return WORDS.say(f"{told}.average", n_outcomes=len(claim.effect.by_outcome))
    return WORDS.say(told)


def _with_exceptions(claim: JudgedClaim) -> str:
    unclear = unclear_outcomes(claim)
    if not unclear:
        return WORDS.say("answer.supported.every", claim=claim.claim.in_short)
    return WORDS.say("answer.supported.some", claim=claim.claim.in_short, unclear=unclear)


def unclear_outcomes(claim: JudgedClaim) -> list[str]:
    """Return the outcomes of a claim that, taken alone, don't clearly go as it says."""
    return [outcome.phrase for outcome in seen_outcomes(claim) if not outcome.is_as_claimed]


def has_exceptions(claim: JudgedClaim) -> bool:
    """Return whether a verdict that is drawn of a claim doesn't clearly hold for every outcome taken alone."""
    outcomes = seen_outcomes(claim)
    if claim.verdict == "supported":
        return not all(outcome.is_as_claimed for outcome in outcomes)
    if claim.verdict == "not supported" and claim.effect:
        return len(outcomes) > 1 and any(outcome.high > claim.effect.smallest for outcome in outcomes)
    return False


def _certainty(claims: Sequence[JudgedClaim]) -> str:
    told = []
    drawn = [claim for claim in claims if claim.verdict in _DRAWN]
    counts = {strength: sum(claim.strength == strength for claim in drawn) for strength in _STRENGTHS}
    parts = [
        WORDS.say(f"certainty.strength.{'next' if place else 'first'}", n_claims=n_claims, strength=strength)
        for place, (strength, n_claims) in enumerate(
            (strength, n_claims) for strength, n_claims in counts.items() if n_claims
        )
    ]
    if parts:
        told.append(WORDS.say("certainty.strength", n_verdicts=len(drawn), parts=parts))
    return " ".join([*told, *_tried(claims)])


def _tried(claims: Sequence[JudgedClaim]) -> list[str]:
    """Say how the rule did on planted truths: false verdicts, and for which claims a true effect would often be missed."""
    false_shares = [
        sum(entry["shares"].get(verdict, 0.0) for verdict in ("supported", "contradicted"))
        for claim in claims
        for entry in claim.calibration
        if entry["truth"] == "nothing"
    ]
    if not false_shares:
        return [WORDS.say("certainty.untried")]
    often_missed = [
        claim.claim.id for claim in claims if (power := power_of(claim)) is not None and power < LEAST_POWER
    ]
    recognised = (
        WORDS.say("certainty.power", most_missed=1 - LEAST_POWER, claims=often_missed)
        if often_missed
        else WORDS.say("certainty.power.none", least_power=LEAST_POWER)
    )
    false = WORDS.say(
        "certainty.false",
        mean_share=sum(false_shares) / len(false_shares),
        worst_share=max(false_shares),
    )
    return [false, recognised]


def power_of(claim: JudgedClaim) -> float | None:
    """Return how often a true effect twice the smallest that matters was recognised; None where it wasn't tried."""
    if claim.effect is None:
        return None
    shares = [
        entry["shares"].get("supported", 0.0)
        for entry in claim.calibration
        if entry["truth"] in [f"{kind}:{2 * claim.effect.smallest:g}" for kind in ("at-once", "break", "associated")]
    ]  # fmt: skip
    return shares[0] if shares else None


def _not_shown(groups: Mapping[Verdict, Sequence[JudgedClaim]]) -> str:
    """Say what doesn't follow, with the largest effect on which no verdict is drawn: the one most easily misquoted."""
    told = [WORDS.say("not_shown")]
    if undrawn := [claim for claim in groups.get("not identified", ()) if claim.effect]:
        largest = max(undrawn, key=_size)
        told.append(
            WORDS.say(
                "not_shown.undrawn",
                n_claims=len(undrawn),
                claim=largest.claim.in_short,
                seen=seen_in_words(largest),
            )
        )
    return " ".join(told)


def _size(claim: JudgedClaim) -> float:
    """Return how large a claim's effect is, in units of the smallest that matters."""
    return abs(claim.effect.estimate) / claim.effect.smallest if claim.effect else 0.0


def claims_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Say how many claims anything public bears on, and what weakens the evidence on several of them alike."""
    n_answerable = sum(judged.claim.estimand is not None for judged in claims)
    told = [
        WORDS.say(
            "data",
            n_claims=len(claims),
            n_answerable=n_answerable,
            n_untestable=len(claims) - n_answerable,
        )
    ]
    if shared := shared_reasons(claims):
        lines = [f"- {WORDS.say('shared', claims=names, reason=reason)}" for reason, names in shared.items()]
        told.append(WORDS.say("data.shared", lines="\n".join(lines)))
    return Prose("\n\n".join(told))


def shared_reasons(claims: Sequence[JudgedClaim]) -> dict[str, list[str]]:
    """Return what weakens the evidence on three claims or more alike, with the claims' identifiers."""
    claims_by_reason: dict[str, list[str]] = {}
    for claim in claims:
        for text in dict.fromkeys((*claim.lowered_by, *claim.cautions)):
            if text != _standing(claim):
                claims_by_reason.setdefault(text, []).append(claim.claim.id)
    return {reason: names for reason, names in claims_by_reason.items() if len(names) >= _SHARED_BY}


def _standing(claim: JudgedClaim) -> str:
    """Return what the measure's standing is, which the answer says already."""
    return claim.claim.estimand.standing_reason if claim.claim.estimand else ""


def rule_described(asked: Register, claims: Sequence[JudgedClaim]) -> Prose:
    """State the rule with its thresholds, how it was chosen, and which verdicts the rule of version 0.1.0 gave otherwise."""
    changed = [
        WORDS.say(
            "changes.claim",
            claim=judged.claim.id,
            first_verdict=judged.first_verdict,
            verdict=judged.verdict,
        )
        for judged in claims
        if judged.first_verdict != judged.verdict
        and not (judged.first_verdict == "imprecise" and judged.verdict == "unresolved")
    ]
    changes = (
        WORDS.say("changes", n_claims=len(changed), claims=changed) if changed else WORDS.say("changes.none")
    )
    return WORDS.prose("method", rule=rule_in_words(asked.rule, "**"), changes=changes)


def claims_told(claims: Sequence[JudgedClaim]) -> Prose:
    """Tell each claim in a part of its own, by verdict: who said it, answer, how sure, cautions, what would settle it."""
    shared = shared_reasons(claims)
    parts = []
    for verdict, group in by_verdict(claims).items():
        parts.append(WORDS.say("group.head", label=VERDICT_LABELS[verdict]))
        parts += [claim_told(claim, shared) for claim in group]
    return Prose("\n\n".join(parts))


def claim_told(claim: JudgedClaim, shared: Mapping[str, Sequence[str]]) -> str:
    """Return the part of one claim; ``shared`` is said elsewhere for several claims."""
    said = claim.claim
    places = [
        WORDS.say("claim.place", document=source.document, place=source.place) for source in said.sources
    ]
    parts = [
        WORDS.say("claim.head", claim=said.id, wording=said.claim.rstrip("."), places=places),
        answer_in_words(claim),
    ]
    if claim.effect:
        parts.append(WORDS.say("claim.sure", reasons=_reasons(claim, shared)))
    if cautions := [text for text in claim.cautions if text not in shared]:
        parts.append(WORDS.say("claim.cautions", cautions=cautions))
    if reports := _reports_on(claim):
        parts.append(WORDS.say("claim.reports", reports=reports))
    parts.append(WORDS.say("claim.would_change", would_change=said.would_change))
    return "\n\n".join(parts)


def _reports_on(claim: JudgedClaim) -> list[str]:
    """Return a link to each report with a test of the claim, named by the first of its tests that was recorded."""
    labels: dict[str, str] = {}
    for test in claim.tests:
        if test.finding:
            labels.setdefault(test.test.run, test.finding.label)
    return [WORDS.say("claim.report", label=label, page=page_name(run)) for run, label in labels.items()]


def _reasons(claim: JudgedClaim, shared: Mapping[str, Sequence[str]]) -> list[str]:
    assert claim.effect is not None
    reasons = _sizes(claim.effect)
    if claim.strength != "none":
        reasons.append(WORDS.say("claim.strength", strength=claim.strength))
    reasons += [gate.says for gate in claim.failed_gates if gate.says != _standing(claim)]
    reasons += [text for text in claim.lowered_by if text not in shared and text != _standing(claim)]
    if claim.stability:
        stability = claim.stability
        reasons.append(WORDS.say("claim.stability", share=stability.share, n_variants=stability.n_variants))
    if claim.placebos:
        reasons.append(_placebos(claim))
    return reasons


def _sizes(effect: Effect) -> list[str]:
    """Say how large the effect is, what would matter, and how far it reaches over other choices; odds ratios for reports."""
    is_odds = effect.by_outcome[0]["unit"] == LOG_ODDS
    size = (
        WORDS.say("claim.effect.odds", smallest=exp(effect.smallest))
        if is_odds
        else WORDS.say(
            "claim.effect",
            n_outcomes=len(effect.by_outcome),
            effect=effect.with_limits,
            unit=effect.unit,
            smallest=effect.smallest,
        )
    )
    limits = (effect.range_low, effect.range_high)
    if limits == (effect.conf_low, effect.conf_high):
        reach = WORDS.say("claim.range.none")
    elif max(map(abs, limits)) > _NOTHING_EXCLUDED * effect.smallest:
        reach = WORDS.say("claim.range.open")
    else:
        low, high = map(exp, limits) if is_odds else limits
        reach = WORDS.say("claim.range", low=low, high=high)
    return [size, reach]


def _placebos(claim: JudgedClaim) -> str:
    clear, n_placebos = claim.placebos_that_show, len(claim.placebos)
    if not clear:
        return WORDS.say("placebos.none", n_placebos=n_placebos)
    meanings = []
    if any(name.endswith("/lead") for name in clear):
        meanings.append(WORDS.say("placebos.lead"))
    if any("/before-" in name for name in clear):
        meanings.append(WORDS.say("placebos.before"))
    return WORDS.say("placebos.some", n_clear=len(clear), n_placebos=n_placebos, meanings=meanings)
