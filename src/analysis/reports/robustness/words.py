"""What the report on one pair under a referee's questions says.

The verdict was written before any result. An association «holds up» where the first estimate is clear and both ways of
testing the median of all ways, reweighted residuals and swapped paths, give p below 0.05. One that isn't clear is ruled out
where its interval, and that of the estimate without chance variation of small rates, stays within the smallest association
of interest; else these figures cannot tell. What speaks against a verdict stands in the same sentence.
"""

from collections.abc import Sequence

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.curve.axes import CurveSpecification
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.findings.interval import IntervalEstimate
from analysis.showing.numbers import amount, decimals_for, step_of, with_unit
from analysis.showing.words import words_of
from publishing.display import Answer, Front, Prose

from .study import Robustness

WORDS = words_of(__package__)
LEVEL = 0.05
MOST_AGREE = 0.75
"""The share of ways of asking with the same sign below which the verdict says that they disagree."""
MANY_CLEAR = 0.2
"""The share of ways of asking with a clear result from which a verdict of none says that there are such."""
_AXES = (
    "exposure", "outcome", "lag_years", "controls", "estimator", "weights", "sample", "transformation",
)  # fmt: skip


def robustness_question(sample: SampleParameters) -> Front:
    """Ask whether the association of a pair withstands other ways of asking."""
    exposure, outcome = indicator(sample.exposure), indicator(sample.outcome)
    return Front(
        title=WORDS.say("question.title", exposure=exposure.label, outcome=lower_first(outcome.label)),
        question=WORDS.say("question", exposure=exposure.phrase, outcome=outcome.phrase),
    )


def curve_declared(specifications: Sequence[CurveSpecification]) -> Prose:
    """Count the ways in which a curve asks, by the axes on which there is a choice, before any of them is fitted."""
    labels = [specification.labels() for specification in specifications]
    sizes = {axis: len({choice[axis] for choice in labels}) for axis in _AXES}
    choices = [WORDS.say(f"axis.{axis}", n_choices=size) for axis, size in sizes.items() if size > 1]
    return WORDS.prose("declared", n_specifications=len(specifications), choices=choices)


def natural(found: Robustness, values: Sequence[float]) -> list[float]:
    """Return standard deviations as the outcome's difference, in its unit, for a standard deviation more of the exposure."""
    return [value * found.main.outcome_sd for value in values]


def corrected_natural(found: Robustness) -> list[float] | None:
    """Return the estimate without chance variation as ``natural`` does; None where it can't be had."""
    if found.corrected is None:
        return None
    return [value * found.main.exposure_sd for value in found.corrected.with_limits]


def step_in_words(found: Robustness) -> str:
    """Return a standard deviation of the exposure as prose has it: ``6.5 percentage points``."""
    deviation = found.main.exposure_sd
    return step_of(deviation, indicator(found.sample.exposure))


def joint_tests_passed(found: Robustness) -> int:
    """Return in how many of the two ways the median of the curve can be told from chance; one way stands for both alone."""
    by_bootstrap = found.curve.joint["median"].p_value < LEVEL
    by_swapping = found.permuted.p_value < LEVEL if found.permuted else by_bootstrap
    return by_bootstrap + by_swapping


def turning(found: Robustness) -> list[str]:
    """Return what can turn the estimate's sign when one of it is left out: ``authority``, ``region`` or ``year``."""
    return [
        influence.by
        for influence in found.influence
        if min(influence.low, found.main.estimate) < 0 < max(influence.high, found.main.estimate)
    ]


def _is_ruled_out(found: Robustness) -> bool:
    reach = max(abs(value) for value in found.main.with_limits[1:])
    corrected = corrected_natural(found)
    if corrected:
        reach = max(reach, *(abs(value) / found.main.outcome_sd for value in corrected[1:]))
    return reach < SMALLEST_OF_INTEREST


def robustness_answer(found: Robustness) -> Answer:
    """Answer whether the association holds up when asked in every declared way, in natural units and with its doubts."""
    exposure, outcome = indicator(found.sample.exposure), indicator(found.sample.outcome)
    return Answer(
        answer=" ".join([_verdict(found), _size(found), _over_all_ways(found)]),
        certainty=_certainty(found),
        not_shown=WORDS.say(
            "answer.not_shown",
            exposure=exposure.phrase,
            outcome=outcome.phrase,
        ),
    )


def _verdict(found: Robustness) -> str:
    exposure, outcome = indicator(found.sample.exposure), indicator(found.sample.outcome)
    is_higher = found.main.estimate > 0
    better = "better" if (outcome.polarity == "high") == is_higher else "worse"
    passed = joint_tests_passed(found)
    if found.main.excludes():
        name = ("answer.falls", "answer.one_test", "answer.withstands")[passed]
    else:
        name = "answer.none" if _is_ruled_out(found) else "answer.undecided"
    return WORDS.say(
        name,
        exposure=exposure.phrase,
        outcome=outcome.phrase,
        way="higher" if is_higher else "lower",
        better="" if outcome.polarity == "none" else better,
        doubts=_doubts(found, passed),
    )


def _doubts(found: Robustness, passed: int) -> list[str]:
    """Return what speaks against the verdict, each as the rest of a sentence."""
    doubts = []
    if found.main.excludes():
        if (found.curve.median > 0) != (found.main.estimate > 0):
            doubts.append("median")
        elif found.curve.same_sign < MOST_AGREE:
            doubts.append("few")
        if found.lead and found.lead.excludes():
            doubts.append("lead")
    elif passed == 2:
        doubts.append("joint")
    elif found.curve.significant >= MANY_CLEAR:
        doubts.append("many")
    told = [WORDS.say(f"doubt.{name}", clear=found.curve.significant) for name in doubts]
    if found.main.excludes() and turning(found):
        told.append(WORDS.say("doubt.turns", left_out=turning(found)))
    return told


def _size(found: Robustness) -> str:
    exposure, outcome = indicator(found.sample.exposure), indicator(found.sample.outcome)
    corrected = corrected_natural(found)
    plain = natural(found, found.main.with_limits)
    return WORDS.say(
        "answer.size.corrected" if corrected else "answer.size",
        exposure=exposure.phrase,
        step=step_in_words(found),
        outcome=outcome.phrase,
        change=corrected or plain,
        plain=_told(found, plain[0]),
        unit=outcome.difference_label,
        mean=with_unit(found.main.outcome_mean, outcome),
    )


def _over_all_ways(found: Robustness) -> str:
    curve = found.curve
    (median,) = natural(found, [curve.median])
    opposite = curve.significant_negative if median > 0 else curve.significant_positive
    return WORDS.say(
        "answer.ways",
        n_specifications=len(curve.specifications),
        median=_told(found, median),
        same_sign=curve.same_sign,
        clear=curve.significant_positive if median > 0 else curve.significant_negative,
        opposite=opposite if opposite >= 0.005 else 0,  # less would be told as 0%
    )


def _told(found: Robustness, difference: float) -> str:
    """Return a difference in the outcome's unit to the digits that the first result's interval has; nil as such."""
    digits = decimals_for((found.main.conf_high - found.main.conf_low) * found.main.outcome_sd / 3)
    if abs(difference) < 0.5 * 10**-digits:
        return WORDS.say("size.nil")
    unit, way = indicator(found.sample.outcome).difference_label, "higher" if difference > 0 else "lower"
    return WORDS.say("size", size=abs(difference), unit=unit, digits=digits, way=way)


def _certainty(found: Robustness) -> str:
    told = [_chance(found)]
    if found.main.excludes() and found.sensitivity:
        told.append(WORDS.say("certainty.confounder", share=found.sensitivity.robustness_value))
    if not found.main.excludes():
        (detectable,) = natural(found, [found.power.by_simulation])
        unit = indicator(found.sample.outcome).difference_label
        told.append(
            WORDS.say(
                "certainty.detectable", detectable=amount(detectable, unit, decimals_for(detectable / 4))
            )
        )
    if found.lead and not found.lead.excludes():
        told.append(WORDS.say("certainty.lead"))
    if found.influence and not turning(found):
        told.append(WORDS.say("certainty.left_out", left_out=[influence.by for influence in found.influence]))
    told.append(
        WORDS.say("certainty.standard", standard=found.main.with_limits, smallest=SMALLEST_OF_INTEREST)
    )
    return " ".join(told)


def _chance(found: Robustness) -> str:
    bootstrap = found.curve.joint["median"].p_value
    if not found.permuted:
        return WORDS.say("certainty.chance", bootstrap_p_value=bootstrap)
    return WORDS.say(
        "certainty.chance.swapped", bootstrap_p_value=bootstrap, swapped_p_value=found.permuted.p_value
    )


def clear_or_not(estimate: IntervalEstimate) -> str:
    """Return ``clear`` where an interval leaves out nil, else ``not clear``."""
    return WORDS.say("table.clear" if estimate.excludes() else "table.not_clear")
