"""The claims in plain language: the answer, how strong the evidence is and why, what it doesn't show, then the rest."""

from collections.abc import Sequence

from analysis.claims.judging import JudgedClaim
from analysis.claims.register import Claim, register
from analysis.claims.rule import VERDICTS, Rule
from analysis.claims.telling import (
    answer_in_words,
    effect_in_words,
    needed_of_all_in_words,
    population_in_words,
    rule_in_words,
    rule_of_a_first_test_in_words,
    shortfalls_in_words,
    stability_in_words,
)
from analysis.showing.numbers import upper_first
from analysis.showing.words import words_of
from publishing.display import Prose

WORDS = words_of(__package__)


def claims_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Count the claims and the documents they stand in, and say who made them and who chose them."""
    documents = list(dict.fromkeys(source.document for judged in claims for source in judged.claim.sources))
    return WORDS.prose(
        "described",
        n_claims=len(claims),
        n_documents=len(documents),
        documents=documents,
        n_answerable=sum(judged.claim.estimand is not None for judged in claims),
    )


def rule_described(rule: Rule, claims: Sequence[Claim] | None = None) -> Prose:
    """State the rule with its thresholds, how it was chosen, and the rule of version 0.1.0 beside it."""
    asked = register()
    return WORDS.prose(
        "rule",
        rule=rule_in_words(rule, "**"),
        first_rule=rule_of_a_first_test_in_words(asked.first_rule),
        needed=needed_of_all_in_words(asked.claims if claims is None else claims),
    )


def claims_result(claims: Sequence[JudgedClaim]) -> Prose:
    """Say how many claims have which verdict, what that means, and the answer to each."""
    lines = []
    for verdict in VERDICTS:
        names = [judged.claim.id for judged in claims if judged.verdict == verdict]
        if names:
            meaning = WORDS.say(f"meaning.{verdict.replace(' ', '-')}")
            lines.append(
                WORDS.say(
                    "result.verdict", verdict=verdict, n_claims=len(names), claims=names, meaning=meaning
                )
            )
    return Prose("\n".join(lines))


def changes_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Say which verdicts differ from those of version 0.1.0's rule, and why."""
    lines = [
        WORDS.say(
            "changes.claim",
            claim=judged.claim.id,
            first_verdict=judged.first_verdict,
            verdict=judged.verdict,
            why=_why_changed(judged),
        )
        for judged in claims
        if judged.first_verdict != judged.verdict
        and not (judged.first_verdict == "imprecise" and judged.verdict == "unresolved")
    ]
    return WORDS.prose("changes", lines="\n".join(lines)) if lines else WORDS.prose("changes.none")


def _why_changed(claim: JudgedClaim) -> str:
    if claim.failed_gates:
        gate = claim.failed_gates[0]
        return WORDS.say("changed.gate", gate=gate.name, says=gate.says)
    if claim.verdict == "not testable":
        return claim.claim.not_testable
    if claim.effect is None:
        return claim.reason
    effect = claim.effect
    return WORDS.say(
        "changed.effect",
        effect=effect.with_limits,
        range_low=effect.range_low,
        range_high=effect.range_high,
        smallest=effect.smallest,
    )


def answer_of(claim: JudgedClaim) -> str:
    """Return the head of a claim's page: the answer, how strong the evidence is and why, what it doesn't show."""
    said = claim.claim
    head = WORDS.say(
        "page.head",
        claim=said.id,
        verdict=claim.verdict,
        wording=said.claim,
        places=[
            WORDS.say("page.place", document=source.document, place=source.place) for source in said.sources
        ],
        answer=answer_in_words(claim),
    )
    parts = [head]
    if claim.effect:
        parts.append(_strength(claim))
    cautions = list(claim.cautions)
    if _is_drawn_of_authorities(claim):
        cautions.append(WORDS.say("not_shown.beyond"))
    parts.append(WORDS.say("page.not_shown", cautions=cautions).rstrip())
    return "\n\n".join(parts)


def _strength(claim: JudgedClaim) -> str:
    reasons = " ".join(claim.lowered_by) or WORDS.say("page.strength.unlowered")
    if claim.strength == "none":
        return WORDS.say("page.strength.none", reasons=reasons)
    return WORDS.say("page.strength", strength=claim.strength, reasons=reasons)


def _is_drawn_of_authorities(claim: JudgedClaim) -> bool:
    """Return whether a verdict is drawn from figures of authorities."""
    if claim.claim.estimand is None or claim.claim.estimand.design == "in reports":
        return False
    return claim.verdict in ("supported", "contradicted", "not supported")


def rest_of(claim: JudgedClaim) -> str:
    """Return the rest of a claim's page: what was asked, the effect with its range, stability, what stands beside."""
    said = claim.claim
    parts = []
    if said.hypothesis and said.estimand:
        parts.append(_asked(claim))
    if claim.effect:
        parts.append(WORDS.say("page.effect", effect=effect_in_words(claim.effect)))
    if claim.stability:
        parts.append(WORDS.say("page.stability", stability=stability_in_words(claim)))
    if short := shortfalls_in_words(claim):
        parts.append(
            "\n\n".join([WORDS.say("page.shortfalls"), "\n".join(f"- {upper_first(line)}" for line in short)])
        )
    if claim.placebos:
        parts.append(WORDS.say("page.placebos", placebos=_placebos(claim)))
    if said.published:
        published = [
            WORDS.say("page.published.finding", reference=entry.reference, finding=entry.finding)
            for entry in said.published
        ]
        parts.append(WORDS.say("page.published", published=published))
    parts.append(WORDS.say("page.would_change", would_change=said.would_change))
    return "\n\n".join(parts)


def _asked(claim: JudgedClaim) -> str:
    hypothesis, estimand = claim.claim.hypothesis, claim.claim.estimand
    assert hypothesis is not None and estimand is not None
    population = population_in_words(claim)
    return WORDS.say(
        "page.asked",
        exposure=hypothesis.exposure,
        outcome=hypothesis.outcome,
        expected=hypothesis.expected,
        window_and_whom=WORDS.say(
            "page.asked.window", window_reason=estimand.window_reason, population=population
        )
        if estimand.window_reason
        else WORDS.say("page.asked.whom", population=population),
        smallest=estimand.smallest,
        unit=estimand.unit,
        smallest_reason=estimand.smallest_reason,
    )


def _placebos(claim: JudgedClaim) -> str:
    clear, n_placebos = claim.placebos_that_show, len(claim.placebos)
    if not clear:
        return (
            WORDS.say("placebos.only")
            if n_placebos == 1
            else WORDS.say("placebos.none", n_placebos=n_placebos)
        )
    some = WORDS.say(
        "placebos.some",
        n_clear=len(clear),
        n_placebos=n_placebos,
        placebos=[
            WORDS.say(
                "placebos.placebo", label=claim.placebos[name].label, estimate=claim.placebos[name].estimate
            )
            for name in clear
        ],
    )
    return " ".join([some, *_meaning(clear)])


def _meaning(clear: tuple[str, ...]) -> list[str]:
    """Say what it means that placebos show something: a lead was counted later, the years before an event earlier."""
    meanings = []
    if any(name.endswith("/lead") for name in clear):
        meanings.append(WORDS.say("placebos.lead"))
    if any("/before-" in name for name in clear):
        meanings.append(WORDS.say("placebos.before"))
    return meanings
