"""The report on how often a verdict would be right, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.claims.asked import unmet_in_words
from analysis.claims.calibration import Calibrated, Subject
from analysis.claims.judging import LEAST_POWER
from analysis.claims.rule import Rule
from analysis.claims.telling import rule_in_words
from analysis.inspections.measuring.measures import wilson
from analysis.showing.words import words_of
from publishing.display import Answer, Prose

WORDS = words_of(__package__)
LEAST_FOUND = 0.95
"""How often a true effect of twice the smallest that matters should be found."""
MOST_FALSE = 0.05
"""How often a claim may be called supported or contradicted where there is nothing to find."""
EFFECTS = ("at-once", "break", "associated")
CONFOUNDED = ("reversed", "shared-trend", "trend-before", "asserted")
"""Truths under which figures go together for another reason than the claim's."""


def calibration_described(subjects: Sequence[Subject], draws: int) -> Prose:
    """Say how many claims are tried, on how many data sets a truth."""
    return WORDS.prose("described", n_claims=len(subjects), n_draws=draws)


def calibration_method(rule: Rule) -> Prose:
    """State how truths are planted, and the rule that is tried."""
    return WORDS.prose("method", rule=rule_in_words(rule, "**"))


def false_share(tried: Calibrated) -> float:
    """Return the share of data sets in which a claim was called supported or contradicted."""
    return tried.share("supported", "contradicted")


def nothing_tried(calibrated: Sequence[Calibrated]) -> dict[str, Calibrated]:
    """Return, by claim, what came out where there was nothing to find."""
    return {tried.claim: tried for tried in calibrated if tried.truth.kind == "nothing"}


def twice_tried(calibrated: Sequence[Calibrated], smallest: Mapping[str, float]) -> dict[str, Calibrated]:
    """Return, by claim, what came out under an effect at once of twice the ``smallest`` that matters."""
    return {
        tried.claim: tried
        for tried in calibrated
        if tried.truth.kind in EFFECTS and np.isclose(tried.truth.size, 2 * smallest[tried.claim])
    }


def calibration_answer(
    calibrated: Sequence[Calibrated], smallest: Mapping[str, float], names: Mapping[str, str]
) -> Answer:
    """Answer how often the rule errs: where there is nothing to find, and where there is something large enough to matter.

    ``smallest`` and ``names`` have the smallest effect that matters, and the claim in a few words, by identifier.
    """
    nothing, twice = nothing_tried(calibrated), twice_tried(calibrated, smallest)
    told = []
    if nothing:
        worst = max(nothing.values(), key=false_share)
        told.append(
            WORDS.say(
                "answer.false",
                mean_share=sum(map(false_share, nothing.values())) / len(nothing),
                worst_share=false_share(worst),
                claim=names[worst.claim],
            )
        )
    if twice:
        shares = {claim: tried.share("supported") for claim, tried in twice.items()}
        unable = {claim: share for claim, share in shares.items() if share < LEAST_POWER}
        n_able = sum(share >= LEAST_FOUND for share in shares.values())
        told.append(WORDS.say("answer.power", least_share=LEAST_FOUND, n_able=n_able, n_claims=len(twice)))
        if unable:
            claims = [
                WORDS.say("answer.unable.claim", claim=names[claim], share=share)
                for claim, share in sorted(unable.items(), key=lambda entry: entry[1])
            ]
            told.append(WORDS.say("answer.unable", claims=claims))
    return Answer(
        answer=" ".join(told), certainty=_certainty(calibrated, twice), not_shown=WORDS.say("not_shown")
    )


def _certainty(calibrated: Sequence[Calibrated], twice: Mapping[str, Calibrated]) -> str:
    n_draws = min(tried.n_draws for tried in calibrated)
    low, high = wilson(np.array([round(MOST_FALSE * n_draws)]), np.array([n_draws]))
    told = [WORDS.say("certainty", n_draws=n_draws, limit=MOST_FALSE, low=float(low[0]), high=float(high[0]))]
    limits = [
        _false_limits(tried)
        for tried in nothing_tried(calibrated).values()
        if false_share(tried) > MOST_FALSE
    ]
    if limits:
        n_clear = sum(low > MOST_FALSE for low, _ in limits)
        told.append(WORDS.say("certainty.over", n_over=len(limits), n_clear=n_clear, limit=MOST_FALSE))
    if confounded := [tried for tried in calibrated if tried.truth.kind in CONFOUNDED]:
        worst = max(confounded, key=false_share)
        told.append(WORDS.say("certainty.confounded", worst_share=false_share(worst), claim=worst.claim))
    if twice:
        denied = max(twice.values(), key=_denied_share)
        told.append(
            WORDS.say("certainty.opposite", worst_share=_denied_share(denied), claim=denied.claim)
            if _denied_share(denied)
            else WORDS.say("certainty.opposite.never")
        )
    return " ".join(told)


def _false_limits(tried: Calibrated) -> tuple[float, float]:
    """Return the 95% interval of the share of false verdicts."""
    low, high = wilson(np.array([round(false_share(tried) * tried.n_draws)]), np.array([tried.n_draws]))
    return float(low[0]), float(high[0])


def _denied_share(tried: Calibrated) -> float:
    return tried.share("contradicted", "not supported")


def shortfalls_described(calibrated: Sequence[Calibrated], subjects: Sequence[Subject], rule: Rule) -> Prose:
    """Say for each claim about figures within authorities what falls short of what was aimed at, and what keeps it there."""
    lines, n_short = [], 0
    for subject in subjects:
        entries = [tried.as_dict() for tried in calibrated if tried.claim == subject.claim]
        cells = unmet_in_words(entries, subject.estimand, subject.evidence, rule)
        lines += [WORDS.say("shortfalls.claim", claim=subject.claim, cell=cell) for cell in cells]
        n_short += bool(cells)
    if not lines:
        return WORDS.prose("shortfalls.none")
    return WORDS.prose("shortfalls", n_claims=n_short, lines="\n".join(lines))


def calibration_results(calibrated: Sequence[Calibrated]) -> dict[str, Any]:
    """Return the results as the notebook records them: by claim, a list of truths with the shares of verdicts."""
    claims: dict[str, list[dict[str, Any]]] = {}
    for tried in calibrated:
        claims.setdefault(tried.claim, []).append(tried.as_dict())
    return {"claims": claims}
