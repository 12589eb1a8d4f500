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
from analysis.estimators.curve.curve import SIGNIFICANCE
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.findings.interval import IntervalEstimate
from analysis.showing.numbers import amount, decimals_for, step_of, with_unit
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Front, Prose

from .study import Robustness

WORDS = words_of(__package__)
LEVEL = 0.05
MOST_AGREE = 0.75
"""The share of analyses with the same sign below which the verdict says that they disagree."""
MANY_CLEAR = 0.2
"""The share of analyses with a clear result from which a verdict of none says that there are such."""
_AXES = (
    "exposure", "outcome", "lag_years", "controls", "estimator", "weights", "sample", "transformation",
)  # fmt: skip


def make_ready() -> None:
    """Translate all sentences, once for every report of this kind."""
    WORDS.make_ready()


def robustness_question(sample: SampleParameters) -> Front:
    """Ask whether the association of a pair withstands other analyses."""
    exposure, outcome = indicator(sample.exposure), indicator(sample.outcome)
    return Front(
        title=WORDS.say("question.title", exposure=exposure.label, outcome=lower_first(outcome.label)),
        question=WORDS.say("question", exposure=exposure.phrase, outcome=outcome.phrase),
    )


def curve_declared(specifications: Sequence[CurveSpecification]) -> Prose:
    """Count the ways in which a curve asks, by the axes on which there is a choice, before any of them is fitted."""
    return WORDS.prose("declared", n_specifications=len(specifications), choices=_choices(specifications))


def _choices(specifications: Sequence[CurveSpecification]) -> list[str]:
    """Return how many choices there are of each thing that is varied."""
    labels = [specification.labels() for specification in specifications]
    sizes = {axis: len({choice[axis] for choice in labels}) for axis in _AXES}
    return [WORDS.say(f"axis.{axis}", n_choices=size) for axis, size in sizes.items() if size > 1]


def natural(robustness: Robustness, values: Sequence[float]) -> list[float]:
    """Return standard deviations as the outcome's difference, in its unit, for a step of the exposure."""
    steps = indicator(robustness.sample.exposure).step / robustness.main.exposure_sd
    return [value * robustness.main.outcome_sd * steps for value in values]


def corrected_natural(robustness: Robustness) -> list[float] | None:
    """Return the estimate without chance variation as ``natural`` does; None where it can't be had."""
    if robustness.corrected is None:
        return None
    return [value * indicator(robustness.sample.exposure).step for value in robustness.corrected.with_limits]


def step_in_words(robustness: Robustness) -> str:
    """Return how much more of the exposure the report speaks of, as prose has it: ``5 percentage points``."""
    return step_of(indicator(robustness.sample.exposure))


def joint_tests_passed(robustness: Robustness) -> int:
    """Return in how many of the two ways the median of the curve can be told from chance; one way stands for both alone."""
    by_bootstrap = robustness.curve.joint["median"].p_value < LEVEL
    by_swapping = robustness.permuted.p_value < LEVEL if robustness.permuted else by_bootstrap
    return by_bootstrap + by_swapping


def turning(robustness: Robustness) -> list[str]:
    """Return what can turn the estimate's sign when one of it is left out: ``authority``, ``region`` or ``year``."""
    return [
        influence.by
        for influence in robustness.influence
        if min(influence.low, robustness.main.estimate) < 0 < max(influence.high, robustness.main.estimate)
    ]


def _is_ruled_out(robustness: Robustness) -> bool:
    reach = max(abs(value) for value in robustness.main.with_limits[1:])
    if robustness.corrected:
        scale = robustness.main.exposure_sd / robustness.main.outcome_sd
        reach = max(reach, *(abs(value) * scale for value in robustness.corrected.with_limits[1:]))
    return reach < SMALLEST_OF_INTEREST


def verdict_on(robustness: Robustness) -> str:
    """Return ``withstands``, ``one_test`` or ``falls`` where the first estimate is clear, else ``none`` or ``undecided``."""
    if robustness.main.excludes():
        return ("falls", "one_test", "withstands")[joint_tests_passed(robustness)]
    return "none" if _is_ruled_out(robustness) else "undecided"


def robustness_answer(robustness: Robustness) -> Answer:
    """Answer whether the association holds up in every declared analysis, in natural units and with its doubts."""
    return Answer(
        answer=paragraphs([_verdict(robustness), _size(robustness), _over_all_ways(robustness)]),
        certainty=_certainty(robustness),
        not_shown=_not_shown(robustness),
    )


def _not_shown(robustness: Robustness) -> str:
    """Say first the mistake that a reader would make: a cause where something is found, no harm where nothing is."""
    exposure, verdict = indicator(robustness.sample.exposure), verdict_on(robustness)
    kind = "low" if exposure.polarity == "low" else "other"
    harms = {"no_harm": WORDS.say(f"no_harm.{kind}"), "harm": WORDS.say(f"harm.{kind}")}
    taken = {"none": ("no_harm",), "undecided": ("no_harm", "harm")}.get(verdict, ())
    return WORDS.say(
        f"answer.not_shown.{verdict if taken else 'clear'}",
        exposure=exposure.phrase,
        **{name: harms[name] for name in taken},
    )


def _verdict(robustness: Robustness) -> str:
    exposure, outcome = indicator(robustness.sample.exposure), indicator(robustness.sample.outcome)
    better = "" if outcome.polarity == "none" else WORDS.say(f"better.{outcome.polarity}")
    return WORDS.say(
        f"answer.{verdict_on(robustness)}",
        exposure=exposure.phrase,
        outcome=outcome.phrase,
        way="higher" if robustness.main.estimate > 0 else "lower",
        better=better,
        doubts=_doubts(robustness, joint_tests_passed(robustness)),
    )


def _doubts(robustness: Robustness, passed: int) -> list[str]:
    """Return what speaks against the verdict, each as the rest of a sentence."""
    doubts = []
    if robustness.main.excludes():
        if (robustness.curve.median > 0) != (robustness.main.estimate > 0):
            doubts.append("median")
        elif robustness.curve.same_sign < MOST_AGREE:
            doubts.append("few")
        if robustness.lead and robustness.lead.excludes():
            doubts.append("lead")
    elif passed == 2:
        doubts.append("joint")
    elif robustness.curve.significant >= MANY_CLEAR:
        doubts.append("many")
    told = [WORDS.say(f"doubt.{name}", clear=robustness.curve.significant) for name in doubts]
    if robustness.main.excludes() and turning(robustness):
        told.append(WORDS.say("doubt.turns", left_out=turning(robustness)))
    return told


def _size(robustness: Robustness) -> str:
    exposure, outcome = indicator(robustness.sample.exposure), indicator(robustness.sample.outcome)
    values = {
        "step": step_in_words(robustness),
        "change": natural(robustness, robustness.main.with_limits),
        "unit": outcome.difference_label,
        "mean": with_unit(robustness.main.outcome_mean, outcome),
    }
    if verdict_on(robustness) in ("withstands", "one_test"):
        return WORDS.say("answer.size.short", **values)
    return WORDS.say("answer.size", exposure=exposure.phrase, outcome=outcome.phrase, **values)


def counted(robustness: Robustness) -> dict[str, int]:
    """Return how many analyses find the outcome clearly higher, clearly lower, and neither."""
    curve = robustness.curve
    is_clear = curve.p_values < SIGNIFICANCE
    n_higher = int((is_clear & (curve.estimates > 0)).sum())
    n_lower = int((is_clear & (curve.estimates < 0)).sum())
    return {"n_unclear": len(is_clear) - n_higher - n_lower, "n_higher": n_higher, "n_lower": n_lower}


def found_in(robustness: Robustness) -> list[str]:
    """Return what analyses find, each with how many of them, those that find something clear after those that don't."""
    counts = counted(robustness)
    if counts["n_unclear"] == len(robustness.curve.specifications):
        return [WORDS.say("ways.none")]
    return [WORDS.say(f"ways.{name.removeprefix('n_')}", **{name: n}) for name, n in counts.items() if n]


def median_in_words(robustness: Robustness) -> str:
    """Return the middle result of all analyses in the outcome's unit, with its direction."""
    return _told(robustness, natural(robustness, [robustness.curve.median])[0])


def _over_all_ways(robustness: Robustness) -> str:
    first, median = _told(robustness, _first(robustness)), median_in_words(robustness)
    nil = WORDS.say("size.nil")
    is_turned = (robustness.curve.median > 0) != (robustness.main.estimate > 0) and nil not in (first, median)
    return WORDS.say(
        "answer.ways",
        n_specifications=len(robustness.curve.specifications),
        choices=_choices(robustness.curve.specifications),
        found=found_in(robustness),
        lowest=_told(robustness, natural(robustness, [min(robustness.curve.estimates)])[0]),
        highest=_told(robustness, natural(robustness, [max(robustness.curve.estimates)])[0]),
        median=median,
        n_below=int((robustness.curve.estimates < 0).sum()),
        n_above=int((robustness.curve.estimates > 0).sum()),
        moved=_moved(robustness),
        turned=WORDS.say("ways.turned") if is_turned and not robustness.main.excludes() else "",
    )


def _moved(robustness: Robustness) -> str:
    """Say which choice the analyses differ most by: the one that goes with the largest share of their variance."""
    shares = robustness.curve.axis_shares
    if not shares:
        return ""
    return WORDS.say("ways.moved", axis=WORDS.say(f"moved.{max(shares, key=lambda axis: shares[axis])}"))


def _first(robustness: Robustness) -> float:
    return natural(robustness, [robustness.main.estimate])[0]


def _told(robustness: Robustness, difference: float) -> str:
    """Return a difference in the outcome's unit to the digits that the first result's interval has; nil as such."""
    _, low, high = natural(robustness, robustness.main.with_limits)
    digits = decimals_for((high - low) / 3)
    if abs(difference) < 0.5 * 10**-digits:
        return WORDS.say("size.nil")
    unit, way = indicator(robustness.sample.outcome).difference_label, "higher" if difference > 0 else "lower"
    return WORDS.say("size", size=abs(difference), unit=unit, digits=digits, way=way)


def _certainty(robustness: Robustness) -> str:
    outcome = indicator(robustness.sample.outcome)
    unit = outcome.difference_label
    (smallest,) = natural(robustness, [SMALLEST_OF_INTEREST])
    told = [
        WORDS.say(
            "certainty.sample",
            n_rows=robustness.main.n_observations,
            n_authorities=robustness.main.n_entities,
            smallest_natural=smallest,
            smallest=SMALLEST_OF_INTEREST,
            unit=unit,
        )
    ]
    if corrected := corrected_natural(robustness):
        told.append(
            WORDS.say(
                "certainty.corrected",
                change=corrected,
                unit=unit,
                step=step_in_words(robustness),
            )
        )
    told.append(_chance(robustness))
    if robustness.main.excludes() and robustness.sensitivity:
        told.append(WORDS.say("certainty.confounder", share=robustness.sensitivity.robustness_value))
    if not robustness.main.excludes():
        (detectable,) = natural(robustness, [robustness.power.by_simulation])
        told.append(
            WORDS.say(
                "certainty.detectable", detectable=amount(detectable, unit, decimals_for(detectable / 4))
            )
        )
    if robustness.lead and not robustness.lead.excludes():
        step = indicator(robustness.sample.exposure).step
        told.append(
            WORDS.say(
                "certainty.lead",
                exposure=indicator(robustness.sample.exposure).phrase,
                change=[value * step for value in robustness.lead.in_outcome_units],
                unit=unit,
                step=step_in_words(robustness),
            )
        )
    if robustness.influence and not turning(robustness):
        told.append(
            WORDS.say("certainty.left_out", left_out=[influence.by for influence in robustness.influence])
        )
    return " ".join(told)


def _chance(robustness: Robustness) -> str:
    by_bootstrap = _tries(robustness.curve.joint["median"].p_value)
    if not robustness.permuted:
        return WORDS.say("certainty.chance", by_bootstrap=by_bootstrap)
    return WORDS.say(
        "certainty.chance.swapped", by_bootstrap=by_bootstrap, by_swapping=_tries(robustness.permuted.p_value)
    )


def _tries(p_value: float) -> str:
    """Return how often chance alone would do as much: ``62 of 100``, ``fewer than 1 of 100``."""
    of_hundred = round(100 * p_value)
    return WORDS.say("tries", of_hundred=of_hundred) if of_hundred else WORDS.say("tries.few")


def clear_or_not(estimate: IntervalEstimate) -> str:
    """Return ``clear`` where an interval leaves out nil, else ``not clear``."""
    return WORDS.say("table.clear" if estimate.excludes() else "table.not_clear")
