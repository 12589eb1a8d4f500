"""The notebook on one estimate for each claim, in words."""

from collections.abc import Sequence

from analysis.claims.gathering import Gathered
from analysis.claims.judging import JudgedClaim
from analysis.claims.rule import VERDICTS, Rule
from analysis.claims.telling import answer_in_words, rule_in_words
from analysis.showing.numbers import listed
from publishing.display import Prose


def synthesis_described(gathered: Sequence[Gathered]) -> Prose:
    """Say on how many claims there is evidence, of which designs, and why there is none on others."""
    found = [one for one in gathered if one.evidence]
    designs: dict[str, list[str]] = {}
    for one in found:
        if one.claim.estimand:
            designs.setdefault(one.claim.estimand.design, []).append(one.claim.id)
    lines = [f"- **{design}**: {listed(names)}" for design, names in designs.items()]
    missing = [f"- No evidence on {one.claim.id}: {one.failure}." for one in gathered if not one.evidence]
    return Prose(
        "\n".join([f"Evidence on {len(found)} claims, by how figures are compared:\n", *lines, *missing])
    )


def synthesis_method(rule: Rule) -> Prose:
    """State how estimates become one effect, what the gates and the range are, and the rule with its thresholds."""
    return Prose(
        "For a claim about authorities over years, the outcome is regressed on the exposure of every "
        "year of the claim's window "
        "and of the year after (the lead) at once, with effects of authority and year; the effect is "
        "the sum over the window. "
        "Outcomes are put on one scale, standard deviations within authorities on the claimed side, "
        "and pooled partially: how "
        "far they lie apart is learnt from them. Their covariance is that of a cluster bootstrap "
        "with multipliers, in closed "
        "form. The range asks the same in other rows, with other weights and controls, over a longer window, with withheld "
        "counts at their worst cases and the exposure without its noise.\n\n"
        f"{rule_in_words(rule, '**')}"
    )


def synthesis_result(claims: Sequence[JudgedClaim]) -> Prose:
    """Say the answer to every claim, grouped by verdict."""
    parts = []
    for verdict in VERDICTS:
        found = [one for one in claims if one.verdict == verdict]
        if found:
            lines = [
                f"- {one.claim.id}, «{one.claim.claim.rstrip('.')}»: {answer_in_words(one)}" for one in found
            ]
            parts.append("\n".join([f"**{verdict.capitalize()}**\n", *lines]))
    return Prose("\n\n".join(parts).replace("«", "‘").replace("»", "’"))
