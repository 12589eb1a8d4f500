"""The notebook on one estimate for each claim, in words."""

from collections.abc import Sequence

from analysis.claims.gathering import Gathered
from analysis.claims.judging import JudgedClaim
from analysis.claims.rule import VERDICTS, Rule
from analysis.claims.telling import answer_in_words, rule_in_words
from analysis.showing.words import words_of
from publishing.display import Prose

WORDS = words_of(__package__)


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
    """State how estimates become one effect, what the gates and the range are, and the rule with its thresholds."""
    return WORDS.prose("method", rule=rule_in_words(rule, "**"))


def synthesis_result(claims: Sequence[JudgedClaim]) -> Prose:
    """Say the answer to every claim, grouped by verdict."""
    parts = []
    for verdict in VERDICTS:
        lines = [
            WORDS.say(
                "result.claim",
                claim=judged.claim.id,
                wording=judged.claim.claim.rstrip("."),
                answer=answer_in_words(judged),
            )
            for judged in claims
            if judged.verdict == verdict
        ]
        if lines:
            parts.append(WORDS.say("result.verdict", verdict=verdict, lines="\n".join(lines)))
    return Prose("\n\n".join(parts))
