"""The notebook on how often a verdict would be right, in words."""

from collections.abc import Sequence
from typing import Any

from analysis.claims.asked import unmet_in_words
from analysis.claims.calibration import Calibrated, Subject
from analysis.claims.rule import Rule
from analysis.claims.telling import rule_in_words
from analysis.showing.words import words_of
from publishing.display import Prose

WORDS = words_of(__package__)
LEAST_FOUND = 0.95
"""How often a true effect of twice the smallest that matters should be found."""


def calibration_described(subjects: Sequence[Subject], draws: int) -> Prose:
    """Say which claims are tried, on how many data sets a truth."""
    return WORDS.prose(
        "described", n_claims=len(subjects), claims=[subject.claim for subject in subjects], n_draws=draws
    )


def calibration_method(rule: Rule) -> Prose:
    """State how truths are planted, and the rule that is tried."""
    return WORDS.prose("method", rule=rule_in_words(rule, "**"))


def calibration_result(found: Sequence[Calibrated], subjects: Sequence[Subject], rule: Rule) -> Prose:
    """Say for which claims false verdicts stay below what is asked, which find a true effect, and which can't, and why."""
    lines = []
    nothing_as_claimed = [
        tried for tried in found if not tried.truth.is_effect or tried.truth.kind == "nothing"
    ]
    if nothing_as_claimed:
        worst = max(nothing_as_claimed, key=_false_share)
        lines.append(
            WORDS.say("result.false", share=_false_share(worst), claim=worst.claim, truth=worst.truth.words)
        )
    recognised = {tried.claim: tried.share("supported") for tried in found if _is_twice(tried, found)}
    able = [claim for claim, share in recognised.items() if share >= LEAST_FOUND]
    if able:
        lines.append(WORDS.say("result.able", least_share=LEAST_FOUND, claims=able))
    unable = [
        WORDS.say("result.unable.claim", claim=claim, share=share)
        for claim, share in recognised.items()
        if share < LEAST_FOUND
    ]
    if unable:
        lines.append(WORDS.say("result.unable", claims=unable))
    return Prose("\n".join([*lines, *_shortfalls(found, subjects, rule)]))


def _shortfalls(found: Sequence[Calibrated], subjects: Sequence[Subject], rule: Rule) -> list[str]:
    """Return a line a cell that a claim about figures within authorities doesn't meet, with what keeps it there."""
    lines = []
    for subject in subjects:
        entries = [tried.as_dict() for tried in found if tried.claim == subject.claim]
        short = unmet_in_words(entries, subject.estimand, subject.evidence, rule)
        lines += [f"    {WORDS.say('result.short.cell', claim=subject.claim, cell=cell)}" for cell in short]
    return [WORDS.say("result.short"), *lines] if lines else []


def _false_share(tried: Calibrated) -> float:
    return tried.share("supported", "contradicted")


def _is_twice(tried: Calibrated, found: Sequence[Calibrated]) -> bool:
    """Return whether a truth is the claim's effect at once of twice the smallest that matters: the largest but one."""
    sizes = sorted(
        other.truth.size
        for other in found
        if other.claim == tried.claim and other.truth.kind == tried.truth.kind
    )
    return (
        tried.truth.kind in ("at-once", "break", "associated")
        and len(sizes) > 1
        and tried.truth.size == sizes[-2]
    )


def calibration_results(found: Sequence[Calibrated]) -> dict[str, Any]:
    """Return the results as the notebook records them: by claim, a list of truths with the shares of verdicts."""
    claims: dict[str, list[dict[str, Any]]] = {}
    for tried in found:
        claims.setdefault(tried.claim, []).append(tried.as_dict())
    return {"claims": claims}
