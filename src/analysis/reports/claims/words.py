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
from analysis.showing.numbers import interval, listed, number
from publishing.display import Prose

_MEANING = {
    "supported": "The figures go together as the claim says, whatever was chosen otherwise. That is "
    "an association; it does not "
    "show that one brings about the other.",
    "contradicted": "The figures show the opposite of what is claimed.",
    "not supported": "An association as claimed that is large enough to matter can be excluded, over "
    "everything that isn’t known.",
    "unresolved": "These figures can’t tell: what they leave open holds both nothing and something "
    "that would matter, or the "
    "outcomes disagree. That is no sign that the claim is wrong.",
    "not identified": "The claim fails a gate, so that no verdict is drawn from the figures, whatever they show.",
    "not testable": "Public figures can’t bear on it, either way.",
    "unscored": "What it rests on has not been run, or no longer holds, so that there is no verdict.",
}
_BEYOND = (
    "An authority is not a child: figures of authorities don’t show that a child whose worker left "
    "waited longer, nor that none "
    "did."
)


def claims_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Count the claims and the documents they stand in, and say who made them and who chose them."""
    documents = dict.fromkeys(source.document for one in claims for source in one.claim.sources)
    with_figures = sum(one.claim.estimand is not None for one in claims)
    return Prose(
        f"{len(claims)} claims in our words, chosen by the authors of this project from {len(documents)} documents on one "
        f"authority: {'; '.join(documents)}. Public figures or reports can answer {with_figures} of them."
    )


def rule_described(rule: Rule, claims: Sequence[Claim] | None = None) -> Prose:
    """State the rule with its thresholds, how it was chosen, and the rule of version 0.1.0 beside it."""
    asked = register()
    return Prose(
        f"{rule_in_words(rule, '**')}\n\nThe rule was written with the results of version 0.1.0 and a first "
        "look at pooled estimates known; its thresholds were chosen on planted truths alone. The report on calibration "
        "shows how often each verdict comes out when the truth is known. "
        f"{rule_of_a_first_test_in_words(asked.first_rule)} "
        f"{needed_of_all_in_words(asked.claims if claims is None else claims)}"
    )


def claims_result(claims: Sequence[JudgedClaim]) -> Prose:
    """Say how many claims have which verdict, what that means, and the answer to each."""
    parts = []
    for verdict in VERDICTS:
        found = [one for one in claims if one.verdict == verdict]
        if found:
            names = listed([one.claim.id for one in found])
            parts.append(f"- **{verdict.capitalize()}**: {len(found)} ({names}). {_MEANING[verdict]}")
    return Prose("\n".join(parts))


def changes_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Say which verdicts differ from those of version 0.1.0's rule, and why."""
    lines = [
        f"- {one.claim.id}: {one.first_verdict} → **{one.verdict}**. {_why_changed(one)}"
        for one in claims
        if one.first_verdict != one.verdict
        and not (one.first_verdict == "imprecise" and one.verdict == "unresolved")
    ]
    if not lines:
        return Prose(
            "Every verdict is that of version 0.1.0’s rule (its ‘imprecise’ is called ‘unresolved’ now)."
        )
    return Prose(
        "\n".join(
            [
                "Verdicts that differ from those of version 0.1.0’s rule (its ‘imprecise’ is called ‘unresolved’ now):\n",
                *lines,
            ]
        )
    )


def _why_changed(claim: JudgedClaim) -> str:
    if claim.failed_gates:
        gate = claim.failed_gates[0]
        return f"It fails the gate ‘{gate.name}’: {gate.says}"
    if claim.verdict == "not testable":
        return claim.claim.not_testable
    if claim.effect is None:
        return claim.reason
    found = claim.effect
    return (
        f"All outcomes and years together come to {number(found.estimate, 2)} "
        f"({interval(found.conf_low, found.conf_high)}), and to "
        f"{number(found.range_low, 2)} to {number(found.range_high, 2)} over what isn’t known; the smallest that matters is "
        f"{found.smallest:g}."
    )


def answer_of(claim: JudgedClaim) -> str:
    """Return the head of a claim's page: the answer, how strong the evidence is and why, what it doesn't show."""
    said = claim.claim
    places = "; ".join(f"{source.document}, {source.place}" for source in said.sources)
    parts = [
        f"#### {said.id}: {claim.verdict}",
        f"**What was claimed.** {said.claim} ({places}.)",
        f"**Answer.** {answer_in_words(claim)}",
    ]
    if claim.effect:
        parts.append(f"**How strong the evidence is.** {_strength(claim)}")
    parts.append(f"**What it does not show.** {' '.join((*claim.cautions, _not_shown(claim)))}".rstrip())
    return "\n\n".join(parts)


def _strength(claim: JudgedClaim) -> str:
    drawn = claim.strength != "none"
    start = f"{claim.strength.capitalize()}." if drawn else "No verdict is drawn."
    reasons = " ".join(claim.lowered_by) or "Nothing was found that lowers it."
    return f"{start} {reasons}"


def _not_shown(claim: JudgedClaim) -> str:
    if claim.claim.estimand is None or claim.claim.estimand.design == "in reports":
        return ""
    return _BEYOND if claim.verdict in ("supported", "contradicted", "not supported") else ""


def rest_of(claim: JudgedClaim) -> str:
    """Return the rest of a claim's page: what was asked, the effect with its range, stability, what stands beside."""
    said = claim.claim
    parts = []
    if said.hypothesis and said.estimand:
        asked, estimand = said.hypothesis, said.estimand
        window = f" {estimand.window_reason}" if estimand.window_reason else ""
        parts.append(
            f"**What was asked.** Exposure: {asked.exposure}. Outcome: {asked.outcome}. If the claim "
            f"holds: {asked.expected}."
            f"{window} Whom: {population_in_words(claim)}. The smallest effect that matters is {estimand.smallest:g} "
            f"{estimand.unit}. {estimand.smallest_reason}"
        )
    if claim.effect:
        parts.append(f"**The effect.** {effect_in_words(claim.effect)}.")
    if claim.stability:
        text = stability_in_words(claim)
        parts.append(f"**Stability.** {text[0].upper()}{text[1:]}.")
    if short := shortfalls_in_words(claim):
        lines = "\n".join(f"- {line[0].upper()}{line[1:]}" for line in short)
        parts.append(f"**Where verdicts on it fall short under planted truths.**\n\n{lines}")
    if claim.placebos:
        parts.append(f"**Leads, pre-trends and placebos on record.** {_placebos(claim)}")
    if said.published:
        parts.append(
            f"**Published beside it.** {' '.join(f'{one.reference}: {one.finding}' for one in said.published)}"
        )
    parts.append(f"**What would change the verdict.** {said.would_change}")
    return "\n\n".join(parts)


def _placebos(claim: JudgedClaim) -> str:
    shows = claim.placebos_that_show
    words = [f"{claim.placebos[name].label} ({number(claim.placebos[name].estimate, 2)})" for name in shows]
    count = len(claim.placebos)
    if not shows:
        return (
            "The one on record shows nothing clear."
            if count == 1
            else f"None of {count} shows anything clear."
        )
    verb = "shows" if len(shows) == 1 else "show"
    return f"{len(shows)} of {count} {verb} an association where there should be none: {listed(words)}.{_meaning(shows)}"


def _meaning(shows: tuple[str, ...]) -> str:
    """Say what it means that placebos show something: a lead was counted later, the years before an event earlier."""
    text = ""
    if any(name.endswith("/lead") for name in shows):
        text += " What was counted later goes with the outcome too."
    if any("/before-" in name for name in shows):
        text += " Figures of the years before were moving already."
    return text
