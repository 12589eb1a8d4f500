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
    best_supported,
    quoted_in_words,
    rule_in_words,
    seen_in_words,
    seen_outcomes,
    unclear_outcomes,
)
from analysis.showing.words import paragraphs, words_of
from analysis.studies.study import page_name
from publishing.display import Answer, Prose

WORDS = words_of(__package__)
DRAWN: tuple[Verdict, ...] = ("supported", "contradicted", "not supported")
"""The verdicts that say something of a claim."""
_OPEN: tuple[Verdict, ...] = ("unresolved", "not identified", "not testable", "unscored")
_IN_FOCUS: tuple[Verdict, ...] = ("contradicted", "not supported", "unresolved")
"""Verdicts on which a claim in focus gets a sentence of the answer; a supported one has its own already."""
_MOST_SENTENCES = 4
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
    """Answer for all claims: how many have which verdict, what the best supported comes to, and those named in ``focus``.

    ``focus`` names claims by identifier; those that aren't among ``claims``, or are told already, are passed over.
    """
    groups = by_verdict(claims)
    wanted = {name.casefold() for name in focus}
    in_focus = [claim for claim in claims if claim.claim.id.casefold() in wanted]
    told = [_counts(claims, groups), *_supported(claims)]
    told += [_in_a_sentence(claim) for claim in in_focus if claim.verdict in _IN_FOCUS]
    return Answer(
        answer=paragraphs(told[:_MOST_SENTENCES]),
        certainty=_certainty(claims, groups),
        not_shown=_not_shown(groups, in_focus),
    )


def _counts(claims: Sequence[JudgedClaim], groups: Mapping[Verdict, Sequence[JudgedClaim]]) -> str:
    n_open = sum(len(groups.get(verdict, ())) for verdict in _OPEN)
    supported = groups.get("supported", ())
    is_weak = bool(supported) and all(claim.strength == "weak" for claim in supported)
    counts = [WORDS.say("answer.count.supported", n_claims=len(supported), is_weak=is_weak)]
    counts += [
        WORDS.say(
            f"answer.count.{name_of(verdict)}",
            n_claims=len(groups[verdict]),
            n_supported=len(supported),
        )
        for verdict in DRAWN[1:]
        if verdict in groups
    ]
    if n_open:
        counts.append(WORDS.say("answer.count.open", n_claims=n_open))
    return WORDS.say("answer.counts", n_claims=len(claims), counts=counts)


def _supported(claims: Sequence[JudgedClaim]) -> list[str]:
    """Say what the best supported claim comes to in natural units, then what was tested of the others."""
    best, *others = [*best_supported(claims), None]
    if best is None:
        return []
    told = []
    outcomes = [outcome for outcome in seen_outcomes(best) if outcome.is_as_claimed]
    if outcomes:
        told.append(
            WORDS.say(
                "answer.best",
                claim=quoted_in_words(best) if unclear_outcomes(best) else f"‘{best.claim.in_short}’",
                seen=seen_in_words(best, outcomes[0]),
            )
        )
    rest = [*([] if told else [best]), *filter(None, others)]
    if rest:
        quoted = [quoted_in_words(claim) for claim in rest]
        told.append(WORDS.say("answer.supported", claims=quoted, is_first=not told))
    return told


def _in_a_sentence(claim: JudgedClaim) -> str:
    """Say a claim's verdict in a sentence, with its first outcome where the figures show the opposite."""
    said = {"claim": quoted_in_words(claim), "brief": _brief(claim)}
    if claim.verdict == "contradicted":
        return WORDS.say("focus.seen", **said, seen=seen_in_words(claim))
    return WORDS.say("focus", **said)


def _brief(claim: JudgedClaim) -> str:
    told = f"brief.{name_of(claim.verdict)}"
    if claim.verdict == "not supported" and claim.effect:
        if claim.effect.conf_low > 0:
            told += ".small"
        elif len(claim.effect.by_outcome) > 1:
            return WORDS.say(
                f"{told}.average",
                n_outcomes=len(claim.effect.by_outcome),
                n_rows=claim.evidence.n_observations if claim.evidence else 0,
                effect=claim.effect.with_limits,
                unit=claim.effect.unit,
                smallest=claim.effect.smallest,
                alone=_taken_alone(claim),
            )
    return WORDS.say(told)


def _taken_alone(claim: JudgedClaim) -> str:
    """Name the outcomes that clearly go either way by themselves, which their average hides."""
    outcomes = seen_outcomes(claim)
    clear = [outcome.phrase for outcome in outcomes if outcome.is_as_claimed]
    opposite = [outcome.phrase for outcome in outcomes if outcome.is_opposite]
    return WORDS.say("brief.alone", clear=clear, opposite=opposite) if clear or opposite else ""


def has_exceptions(claim: JudgedClaim) -> bool:
    """Return whether a verdict that is drawn of a claim doesn't clearly hold for every outcome taken alone."""
    outcomes = seen_outcomes(claim)
    if claim.verdict == "supported":
        return not all(outcome.is_as_claimed for outcome in outcomes)
    if claim.verdict == "not supported" and claim.effect:
        return len(outcomes) > 1 and any(outcome.high > claim.effect.smallest for outcome in outcomes)
    return False


def _certainty(claims: Sequence[JudgedClaim], groups: Mapping[Verdict, Sequence[JudgedClaim]]) -> str:
    return " ".join([*_strength(groups.get("supported", ())), *_tried(claims)])


def _strength(supported: Sequence[JudgedClaim]) -> list[str]:
    counts = {strength: sum(claim.strength == strength for claim in supported) for strength in _STRENGTHS}
    known = {strength: n_claims for strength, n_claims in counts.items() if n_claims}
    if not known:
        return []
    if len(known) == 1:
        (strength,) = known
        return [WORDS.say("certainty.strength", strength=strength, n_supported=len(supported))]
    parts = [
        WORDS.say("certainty.strength.part", n_claims=n_claims, strength=strength)
        for strength, n_claims in known.items()
    ]
    return [WORDS.say("certainty.strength.mixed", n_supported=len(supported), parts=parts)]


def _tried(claims: Sequence[JudgedClaim]) -> list[str]:
    """Say how the rule did on planted truths: false verdicts, and how often a true effect would be missed."""
    false_shares = [
        sum(entry["shares"].get(verdict, 0.0) for verdict in ("supported", "contradicted"))
        for claim in claims
        for entry in claim.calibration
        if entry["truth"] == "nothing"
    ]
    if not false_shares:
        return [WORDS.say("certainty.untried")]
    missed = {claim.claim.id: 1 - power for claim in claims if (power := power_of(claim)) is not None}
    told = WORDS.say(
        "certainty.false",
        mean_share=sum(false_shares) / len(false_shares),
        worst_share=max(false_shares),
    )
    return [told, _missed(missed)] if missed else [told]


def _missed(missed: Mapping[str, float]) -> str:
    """Say how often a true effect would be missed: claim by claim where that is often, at most for the others."""
    often = {claim: share for claim, share in missed.items() if share > 1 - LEAST_POWER}
    others = [share for claim, share in missed.items() if claim not in often]
    if not often:
        return WORDS.say("certainty.power.none", most_missed=max(others))
    return WORDS.say(
        "certainty.power",
        missed=[
            WORDS.say(
                f"certainty.power.{'next' if place else 'first'}", claim=claim, missed_share=often[claim]
            )
            for place, claim in enumerate(sorted(often, key=lambda claim: -often[claim]))
        ],
        most_others=max(others, default=None),
    )


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


def _not_shown(groups: Mapping[Verdict, Sequence[JudgedClaim]], in_focus: Sequence[JudgedClaim]) -> str:
    """Say what doesn't follow, with the claim that fails a check and is most easily misquoted: in focus, or the largest."""
    told = [WORDS.say("not_shown")]
    if undrawn := groups.get("not identified", ()):
        named = [claim for claim in in_focus if claim in undrawn] or [max(undrawn, key=_size)]
        told.append(
            WORDS.say(
                "not_shown.undrawn",
                claim=named[0].claim.in_short,
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
