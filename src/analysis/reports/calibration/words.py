"""The report on how often the rule errs when the truth is known, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import t as student

from analysis.claims.asked import unmet_in_words
from analysis.claims.calibration import Calibrated, Subject
from analysis.claims.judging import LEAST_POWER
from analysis.claims.rule import Rule
from analysis.claims.telling import rule_in_words
from analysis.data.definitions.indicators import dictionary
from analysis.inspections.measuring.measures import wilson
from analysis.showing.numbers import amount
from analysis.showing.words import paragraphs, words_of
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


def effect_tried(
    calibrated: Sequence[Calibrated], smallest: Mapping[str, float], times: float = 2
) -> dict[str, Calibrated]:
    """Return, by claim, what came out under an effect at once of so many ``times`` the ``smallest`` that matters."""
    return {
        tried.claim: tried
        for tried in calibrated
        if tried.truth.kind in EFFECTS and np.isclose(tried.truth.size, times * smallest[tried.claim])
    }


def calibration_answer(
    calibrated: Sequence[Calibrated],
    smallest: Mapping[str, float],
    names: Mapping[str, str],
    example: Subject | None = None,
) -> Answer:
    """Answer how often the rule errs: where there is nothing to find, and where there is something large enough to matter.

    ``smallest`` and ``names`` have the smallest effect that matters, and the claim in a few words, by identifier; what is
    planted for the ``example`` is told in natural units.
    """
    nothing, twice = nothing_tried(calibrated), effect_tried(calibrated, smallest)
    once = effect_tried(calibrated, smallest, 1)
    told = []
    if nothing:
        shares = [false_share(tried) for tried in nothing.values()]
        told.append(WORDS.say("answer.false", mean_share=_mean_with_limits(shares), worst_share=max(shares)))
    if twice:
        of_example = example and twice.get(example.claim)
        if example and of_example:
            told.append(_example(example, of_example, names))
        told.append(_power(twice, once, bool(of_example)))
        told += _unable(twice, names)
    how_sure = (
        _certainty(calibrated, twice, once, names),
        _half(effect_tried(calibrated, smallest, 0.5)),
    )
    return Answer(
        answer=paragraphs(told),
        certainty=" ".join(filter(None, how_sure)),
        not_shown=WORDS.say("not_shown"),
    )


def _mean_with_limits(shares: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of claims' shares with its 95% interval, claims being clusters: trials of one use the same figures."""
    mean = float(np.mean(shares))
    if len(shares) < 2:
        return mean, float("nan"), float("nan")
    reach = float(student.ppf(0.975, len(shares) - 1) * np.std(shares, ddof=1) / np.sqrt(len(shares)))
    return mean, max(mean - reach, 0.0), min(mean + reach, 1.0)


def _example(example: Subject, tried: Calibrated, names: Mapping[str, str]) -> str:
    """Say in natural units what was planted for one claim, and how often the rule found it."""
    outcomes = []
    for outcome in example.evidence.outcomes:
        entry = dictionary().get(outcome.name)
        outcomes.append(
            WORDS.say(
                "answer.example.outcome",
                outcome=entry.phrase if entry else outcome.label,
                amount=amount(outcome.natural * tried.truth.size, outcome.natural_unit, 1),
                is_higher=example.estimand.outcome(outcome.name).sign > 0,
            )
        )
    return WORDS.say(
        "answer.example",
        claim=names[example.claim],
        exposure=example.evidence.exposure,
        outcomes=outcomes,
        n_found=tried.counts.get("supported", 0),
        n_draws=tried.n_draws,
    )


def _power(twice: Mapping[str, Calibrated], once: Mapping[str, Calibrated], has_example: bool) -> str:
    shares = [tried.share("supported") for tried in twice.values()]
    said = {
        "least_share": LEAST_FOUND,
        "n_able": sum(share >= LEAST_FOUND for share in shares),
        "n_claims": len(shares),
    }
    if not once or not has_example:
        return WORDS.say("answer.power.alone", **said)
    median = float(np.median([tried.share("supported") for tried in once.values()]))
    return WORDS.say("answer.power", **said, median_smallest=median)


def _unable(twice: Mapping[str, Calibrated], names: Mapping[str, str]) -> list[str]:
    unable = sorted(
        (share, claim) for claim, tried in twice.items() if (share := tried.share("supported")) < LEAST_POWER
    )
    claims = [
        WORDS.say(f"answer.unable.{'next' if place else 'first'}", claim=names[claim], share=share)
        for place, (share, claim) in enumerate(unable)
    ]
    return [WORDS.say("answer.unable", claims=claims)] if claims else []


def _certainty(
    calibrated: Sequence[Calibrated],
    twice: Mapping[str, Calibrated],
    once: Mapping[str, Calibrated],
    names: Mapping[str, str],
) -> str:
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
        told.append(
            WORDS.say(
                "certainty.confounded",
                n_tried=len({tried.claim for tried in confounded}),
                worst_share=false_share(worst),
                claim=names[worst.claim],
            )
        )
    if twice:
        told.append(
            WORDS.say(
                "certainty.opposite",
                twice=max(map(_denied_share, twice.values())),
                once=max(map(_denied_share, once.values()), default=None),
            )
        )
    return " ".join(told)


def _half(half: Mapping[str, Calibrated]) -> str:
    """Say how often an effect too small to matter was called supported all the same; nothing where none was tried."""
    if not half:
        return ""
    return WORDS.say("certainty.half", most_share=max(tried.share("supported") for tried in half.values()))


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
