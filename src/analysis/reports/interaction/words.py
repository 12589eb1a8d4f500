"""What the report on two measures together says: whether they go with more than each alone, bends, other forms."""

import math
from dataclasses import replace

from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from analysis.errors import DataError
from analysis.estimators.curve.curve import SIGNIFICANCE
from analysis.estimators.diagnostics.power import detectable_effect
from analysis.estimators.pairs.relationship import DEMAND_CONTROLS, SMALLEST_PRODUCT
from analysis.estimators.pairs.rows import WITHHELD_COUNTS
from analysis.findings.interval import IntervalEstimate
from analysis.showing.numbers import step_of, with_unit
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Front, Prose

from .study import FORMS, QUANTILES, Shapes

WORDS = words_of(__package__)


def make_ready() -> None:
    """Translate all sentences, once for every report of this kind."""
    WORDS.make_ready()


def shapes_question(exposure: str, moderator: str, outcome: str) -> Front:
    """Ask in words whether two measures together go with more than each alone."""
    measures = (indicator(exposure), indicator(moderator), indicator(outcome))
    labels = dict(
        zip(("exposure", "moderator", "outcome"), (measure.label for measure in measures), strict=True)
    )
    phrases = dict(
        zip(("exposure", "moderator", "outcome"), (measure.phrase for measure in measures), strict=True)
    )
    return Front(title=WORDS.say("question.title", **labels), question=WORDS.say("question", **phrases))


def natural(shapes: Shapes, estimate: IntervalEstimate) -> tuple[float, float, float]:
    """Return an estimate in standard deviations as the outcome's difference, in its unit, for a step of the exposure."""
    steps = indicator(shapes.sample.exposure).step / shapes.main.exposure_sd
    middle, low, high = (value * shapes.main.outcome_sd * steps for value in estimate.with_limits)
    return middle, low, high


def step_in_words(shapes: Shapes) -> str:
    """Return how much more of the exposure the report speaks of, as prose has it: ``5 percentage points``."""
    return step_of(indicator(shapes.sample.exposure))


def verdict_of(shapes: Shapes) -> str:
    """Return ``clear``, ``none`` where one that matters is ruled out, ``undecided``, or ``missing``: of the product."""
    if not shapes.interaction:
        return "missing"
    product = shapes.interaction.product
    if product.excludes():
        return "clear"
    return "none" if max(abs(product.conf_low), abs(product.conf_high)) < SMALLEST_PRODUCT else "undecided"


def interaction_answer(shapes: Shapes) -> Answer:
    """Answer whether a difference depends on how high another measure is: in natural units, and how sure that is."""
    return Answer(
        answer=paragraphs([_verdict(shapes), _slopes(shapes), _shape(shapes)]),
        certainty=_certainty(shapes),
        not_shown=_not_shown(shapes),
    )


def _measures(shapes: Shapes) -> tuple[Indicator, Indicator, Indicator]:
    return indicator(shapes.sample.exposure), indicator(shapes.moderator), indicator(shapes.sample.outcome)


def _phrases(shapes: Shapes) -> dict[str, str]:
    names = ("exposure", "moderator", "outcome")
    return {name: entry.phrase for name, entry in zip(names, _measures(shapes), strict=True)}


def _verdict(shapes: Shapes) -> str:
    outcome, verdict = indicator(shapes.sample.outcome), verdict_of(shapes)
    if verdict == "missing":
        reason = shapes.reasons.get("interaction", "")
        return WORDS.say("answer.missing", reason=reason, **_phrases(shapes))
    if not shapes.interaction or verdict != "clear":
        ruled_out = {"smallest": _smallest_gap(shapes), "unit": outcome.difference_label}
        return WORDS.say(f"answer.{verdict}", **_phrases(shapes), **(ruled_out if verdict == "none" else {}))
    better = "" if outcome.polarity == "none" else WORDS.say(f"better.{outcome.polarity}.short")
    way = "higher" if shapes.interaction.product.estimate > 0 else "lower"
    return WORDS.say("answer.clear", way=way, better=better, **_phrases(shapes))


def _not_shown(shapes: Shapes) -> str:
    """Say first the mistake that a reader would make: a cause where something is found, no harm where nothing is."""
    verdict, polarity = verdict_of(shapes), indicator(shapes.sample.exposure).polarity
    kind = "low" if polarity == "low" else "other"
    phrases = _phrases(shapes)
    del phrases["outcome"]
    if verdict == "clear":
        return WORDS.say("answer.not_shown.clear", **phrases)
    no_harm = WORDS.say(f"no_harm.{kind}")
    if verdict == "none":
        return WORDS.say("answer.not_shown.none", no_harm=no_harm, **phrases)
    harm = WORDS.say(f"harm.{kind}")
    return WORDS.say("answer.not_shown.undecided", no_harm=no_harm, harm=harm, **phrases)


def difference_between(shapes: Shapes) -> tuple[float, float, float]:
    """Return the outcome's difference at the high level of the moderator less that at the low one, in natural units.

    The slope is a line along the moderator, so that this is the product's coefficient over the distance between the two.
    Raises DataError where the product couldn't be estimated.
    """
    if not shapes.interaction:
        raise DataError(shapes.reasons.get("interaction", "no product was estimated"))
    distance = shapes.interaction.distance
    middle, low, high = (value * distance for value in natural(shapes, shapes.interaction.product))
    return middle, low, high


def _smallest_gap(shapes: Shapes) -> float:
    """Return the smallest gap between both levels of the moderator that matters, in the outcome's unit."""
    return _gap(shapes, SMALLEST_PRODUCT)


def _gap(shapes: Shapes, product_sd: float) -> float:
    """Return the gap between both levels of the moderator that a product of so many standard deviations makes."""
    if not shapes.interaction:
        return math.nan
    per_sd, *_ = natural(shapes, replace(shapes.interaction.product, estimate=product_sd))
    return per_sd * shapes.interaction.distance


def _slopes(shapes: Shapes) -> str:
    if not shapes.interaction:
        return ""
    exposure, moderator, outcome = _measures(shapes)
    low, high = shapes.interaction.marginal[0], shapes.interaction.marginal[-1]
    return WORDS.say(
        "answer.slopes",
        step=step_in_words(shapes),
        exposure=exposure.phrase,
        moderator=moderator.phrase,
        outcome=outcome.phrase,
        low_value=with_unit(low.moderator, moderator),
        high_value=with_unit(high.moderator, moderator),
        unit=outcome.difference_label,
        low_change=natural(shapes, low.effect),
        high_change=natural(shapes, high.effect),
        clear=_clear_slopes(low.effect, high.effect),
        gap=difference_between(shapes),
    )


def _clear_slopes(low: IntervalEstimate, high: IntervalEstimate) -> str:
    """Say which of both slopes leave out nil, where not both do."""
    if low.excludes() and high.excludes():
        return ""
    return WORDS.say(f"slopes.{'low' if low.excludes() else 'high' if high.excludes() else 'neither'}")


def _shape(shapes: Shapes) -> str:
    """Say that the line bends, where it does: one number then doesn't sum it up."""
    bends = shapes.dose is not None and shapes.dose.linearity.p_value < SIGNIFICANCE
    return WORDS.say("answer.shape.bends") if bends else ""


def _certainty(shapes: Shapes) -> str:
    told = []
    if shapes.interaction:
        product = shapes.interaction.product
        told.append(
            WORDS.say(
                "certainty",
                n_observations=product.n_observations,
                n_clusters=product.n_clusters,
                smallest=_smallest_gap(shapes),
                unit=indicator(shapes.sample.outcome).difference_label,
                product=SMALLEST_PRODUCT,
            )
        )
        if verdict_of(shapes) == "undecided":
            told.append(
                WORDS.say(
                    "certainty.detectable",
                    detectable=_gap(
                        shapes, detectable_effect(product.standard_error, product.n_clusters - 1)
                    ),
                    unit=indicator(shapes.sample.outcome).difference_label,
                )
            )
    if shapes.lags and shapes.lags.leads_test and shapes.lags.leads_test.p_value < SIGNIFICANCE:
        told.append(WORDS.say("certainty.lead", exposure=indicator(shapes.sample.exposure).phrase))
    if bounds := shapes.bounds:
        told.append(WORDS.say("certainty.withheld", n_bounded=bounds.n_bounded))
    told.append(WORDS.say("certainty.wide"))
    return " ".join(told)


def shape_limits(shapes: Shapes) -> Prose:
    """Say what it takes to read confounders, paths and bounds, as far as each was had."""
    confounders = dict.fromkeys([*DEMAND_CONTROLS, shapes.moderator])
    lines = [
        WORDS.say(
            "limits.confounders",
            confounders=[lower_first(indicator(name).label) for name in confounders],
        )
    ]
    if shapes.paths:
        lines.append(WORDS.say("limits.paths", assumptions=shapes.paths.assumptions))
    if shapes.bounds:
        lowest, highest = WITHHELD_COUNTS
        lines.append(WORDS.say("limits.bounds", lowest_count=lowest, highest_count=highest))
    return Prose("\n".join(lines))


def forms_declared(exposure: str) -> Prose:
    """Name the forms in which the association with the exposure alone is put, before any is fitted."""
    return WORDS.prose(
        "declared",
        exposure=indicator(exposure).phrase,
        forms=[lower_first(label) for label in (FORMS | QUANTILES).values()],
    )
