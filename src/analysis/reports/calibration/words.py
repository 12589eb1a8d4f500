"""The report on how often the rule errs when the truth is known, in words."""

from collections.abc import Mapping, Sequence
from math import exp

from analysis.claims.asked import unmet_in_words
from analysis.claims.calibration import Calibrated, Subject
from analysis.claims.estimand import UNITS, Design
from analysis.claims.judging import LEAST_POWER
from analysis.claims.rule import Rule, Verdict
from analysis.claims.telling import LOG_ODDS, rule_in_words
from analysis.data.definitions.indicators import dictionary, lower_first
from analysis.showing.numbers import amount, step_of, upper_first
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .study import (
    CONFOUNDED,
    LEAST_FOUND,
    MOST_FALSE,
    Spread,
    denied_share,
    effect_tried,
    false_share,
    limits_of,
    mean_with_limits,
    nothing_tried,
    spread_of,
    verdict_spreads,
)

WORDS = words_of(__package__)
_HELD: Design = "within authorities"
"""The design whose claims are held to what was aimed at."""


def calibration_described(subjects: Sequence[Subject], draws: int) -> Prose:
    """Say how many claims are tried, on how many data sets a truth."""
    return WORDS.prose("described", n_claims=len(subjects), n_draws=draws)


def calibration_method(rule: Rule) -> Prose:
    """State how truths are planted, and the rule that is tried."""
    return WORDS.prose("method", rule=rule_in_words(rule, "**"))


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
    spreads = verdict_spreads(calibrated, smallest)
    nothing, twice = nothing_tried(calibrated), effect_tried(calibrated, smallest)
    told = []
    if nothing:
        told.append(_nothing([false_share(tried) for tried in nothing.values()], spreads.get(1.0)))
    if 1.0 in spreads:
        told.append(_open(spreads[1.0], spreads.get(0.0)))
    if twice:
        planted = ""
        if example and example.claim in twice:
            planted = _example(example, twice[example.claim], names)
        told.append(_power(twice, names, planted))
    return Answer(
        answer=paragraphs(told),
        certainty=_certainty(calibrated, effect_tried(calibrated, smallest, 0.5), spreads),
        not_shown=WORDS.say("not_shown"),
    )


def _nothing(shares: Sequence[float], once: Mapping[Verdict, Spread] | None) -> str:
    """Say how often there was a verdict on nothing, and in one breath how often an effect that matters was missed."""
    missed = (
        WORDS.say(
            "answer.nothing.missed", **_in_percent(once["supported"]), n_claims=once["supported"].n_claims
        )
        if once
        else ""
    )
    return WORDS.say(
        "answer.nothing", mean_share=mean_with_limits(shares), worst_share=max(shares), missed=missed
    )


def _open(once: Mapping[Verdict, Spread], nothing: Mapping[Verdict, Spread] | None) -> str:
    """Say how often there was no answer to an effect that matters, and to nothing; and how often the wrong one."""
    of_nothing = ""
    if nothing:
        of_nothing = WORDS.say(
            "answer.open.nothing",
            open=spread_in_words(nothing["unresolved"]),
            ruled_out=spread_in_words(nothing["not supported"]),
        )
    return WORDS.say(
        "answer.open",
        open=spread_in_words(once["unresolved"]),
        nothing=of_nothing,
        ruled_out=_worst(once["not supported"]),
        contradicted=_worst(once["contradicted"]),
    )


def _worst(share: Spread) -> str:
    return WORDS.say("answer.worst", highest_share=share.highest)


def _in_percent(share: Spread) -> dict[str, float]:
    return {
        "median": share.median, "lowest_percent": 100 * share.lowest, "highest_percent": 100 * share.highest
    }  # fmt: skip


def spread_in_words(share: Spread) -> str:
    """Return a median share over claims with its range: ``50% (40 to 95)``."""
    return WORDS.say("spread", **_in_percent(share))


def _example(example: Subject, tried: Calibrated, names: Mapping[str, str]) -> str:
    """Say in natural units what was planted for one claim."""
    outcome = example.evidence.outcomes[0]
    entry = dictionary().get(outcome.name)
    return WORDS.say(
        "answer.example",
        claim=names[example.claim],
        exposure=example.evidence.exposure,
        outcome=WORDS.say(
            "answer.example.outcome",
            outcome=entry.phrase if entry else outcome.label,
            amount=amount(outcome.natural * tried.truth.size, outcome.natural_unit, 1),
            is_higher=example.estimand.outcome(outcome.name).sign > 0,
        ),
    )


def compared_in_words(subject: Subject) -> str:
    """Return in a few words what a claim compares."""
    estimand, entry = subject.estimand, dictionary().get(subject.estimand.exposure)
    if entry is None or estimand.design != _HELD or estimand.moderator:
        return upper_first(subject.evidence.exposure)
    return WORDS.say(
        "matters.compared",
        exposure=entry.label,
        step=step_of(entry),
        is_two_years=estimand.acts_over_two_years,
    )


def what_would_matter(subject: Subject) -> str:
    """Return by how much each outcome would differ with the smallest effect that matters, in natural units."""
    told, smallest = [], subject.estimand.smallest
    for outcome in subject.evidence.outcomes:
        entry = dictionary().get(outcome.name)
        label = lower_first(entry.label if entry else outcome.label)
        change = subject.estimand.outcome(outcome.name).sign * outcome.natural * smallest
        if outcome.natural_unit == LOG_ODDS:
            told.append(WORDS.say("matters.outcome.odds", outcome=label, ratio=exp(change)))
        else:
            told.append(
                WORDS.say(
                    "matters.outcome",
                    outcome=label,
                    change=change,
                    is_higher=change > 0,
                    unit=outcome.natural_unit,
                )
            )
    return upper_first("; ".join(told))


def _power(twice: Mapping[str, Calibrated], names: Mapping[str, str], example: str) -> str:
    shares = {claim: tried.share("supported") for claim, tried in twice.items()}
    unable = sorted((share, claim) for claim, share in shares.items() if share < LEAST_POWER)
    return WORDS.say(
        "answer.power",
        example=example,
        least_share=LEAST_FOUND,
        n_able=sum(share >= LEAST_FOUND for share in shares.values()),
        n_claims=len(shares),
        claims=[WORDS.say("answer.power.unable", claim=names[claim], share=share) for share, claim in unable],
        denied=_worst(spread_of([denied_share(tried) for tried in twice.values()])),
    )


def _certainty(
    calibrated: Sequence[Calibrated],
    half: Mapping[str, Calibrated],
    spreads: Mapping[float, Mapping[Verdict, Spread]],
) -> str:
    n_draws = min(tried.n_draws for tried in calibrated)
    low, high = limits_of(MOST_FALSE, n_draws)
    told = [
        WORDS.say("certainty", n_draws=n_draws, limit=MOST_FALSE, low=low, high=high, over=_over(calibrated))
    ]
    if half:
        shares = [tried.share("supported") for tried in half.values()]
        spread = spread_of(shares)
        told.append(WORDS.say("certainty.half", median=spread.median, worst_share=spread.highest))
    if confounded := [tried for tried in calibrated if tried.truth.kind in CONFOUNDED]:
        told.append(
            WORDS.say(
                "certainty.confounded",
                n_tried=len({tried.claim for tried in confounded}),
                worst_share=max(map(false_share, confounded)),
            )
        )
    withheld = {step: of_step["not identified"] for step, of_step in spreads.items()}
    tried = {
        "nothing": [share for step, share in withheld.items() if not step],
        "effect": [share for step, share in withheld.items() if step],
    }
    by_truth = [
        WORDS.say(
            f"certainty.check.{truth}",
            worst_share=max(share.highest for share in own),
            median=max(share.median for share in own),
        )
        for truth, own in tried.items()
        if own
    ]
    if by_truth:
        told.append(WORDS.say("certainty.check", shares=by_truth))
    told.append(WORDS.say("certainty.thresholds"))
    return " ".join(told)


def _over(calibrated: Sequence[Calibrated]) -> str:
    """Say how many claims got a verdict on nothing more often than was aimed at; nothing where none was tried."""
    nothing = nothing_tried(calibrated).values()
    if not nothing:
        return ""
    limits = [limits_of(false_share(tried), tried.n_draws) for tried in nothing]
    return WORDS.say(
        "certainty.over",
        n_claims=len(nothing),
        n_over=sum(false_share(tried) > MOST_FALSE for tried in nothing),
        n_clear=sum(low > MOST_FALSE for low, _ in limits),
        n_below=sum(high < MOST_FALSE for _, high in limits),
        limit=MOST_FALSE,
    )


def shortfalls_described(calibrated: Sequence[Calibrated], subjects: Sequence[Subject], rule: Rule) -> Prose:
    """Say for each claim about figures within authorities what falls short of what was aimed at, and what keeps it there;
    then which other claims are often missed.
    """
    lines, n_short, others = [], 0, []
    twice = effect_tried(calibrated, {subject.claim: subject.estimand.smallest for subject in subjects})
    for subject in subjects:
        if subject.estimand.design != _HELD:
            tried = twice.get(subject.claim)
            if tried and (share := tried.share("supported")) < LEAST_FOUND:
                others.append(WORDS.say("shortfalls.other", claim=subject.claim, share=share))
            continue
        entries = [tried.as_dict() for tried in calibrated if tried.claim == subject.claim]
        cells = unmet_in_words(entries, subject.estimand, subject.evidence, rule)
        lines += [WORDS.say("shortfalls.claim", claim=subject.claim, cell=cell) for cell in cells]
        n_short += bool(cells)
    told = WORDS.say("shortfalls.others", least_share=LEAST_FOUND, claims=others) if others else ""
    if not lines:
        return Prose(" ".join(filter(None, [WORDS.say("shortfalls.none"), told])))
    return WORDS.prose("shortfalls", n_claims=n_short, lines="\n".join(lines), unit=UNITS[_HELD], others=told)
