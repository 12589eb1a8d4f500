"""What the report on two measures together says: whether they go with more than each alone, bends, other forms."""

from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from analysis.estimators.pairs.relationship import DEMAND_CONTROLS, SMALLEST_OF_INTEREST
from analysis.estimators.pairs.rows import WITHHELD_COUNTS
from analysis.findings.interval import IntervalEstimate
from analysis.showing.numbers import step_of, with_unit
from analysis.showing.words import words_of
from publishing.display import Answer, Front, Prose

from .study import FORMS, QUANTILES, Shapes

WORDS = words_of(__package__)


def shapes_question(exposure: str, moderator: str, outcome: str) -> Front:
    """Ask in words whether two measures together go with more than each alone."""
    measures = (indicator(exposure), indicator(moderator), indicator(outcome))
    labels = dict(zip(("exposure", "moderator", "outcome"), (one.label for one in measures), strict=True))
    phrases = dict(zip(("exposure", "moderator", "outcome"), (one.phrase for one in measures), strict=True))
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
    return (
        "none" if max(abs(product.conf_low), abs(product.conf_high)) < SMALLEST_OF_INTEREST else "undecided"
    )


def interaction_answer(shapes: Shapes) -> Answer:
    """Answer whether two measures together go with more than each alone: in natural units, and how sure that is."""
    exposure, moderator, outcome = _measures(shapes)
    return Answer(
        answer=" ".join(part for part in (_verdict(shapes), _slopes(shapes), _shape(shapes)) if part),
        certainty=_certainty(shapes),
        not_shown=WORDS.say(
            "answer.not_shown",
            exposure=exposure.phrase,
            moderator=moderator.phrase,
            outcome=outcome.phrase,
        ),
    )


def _measures(shapes: Shapes) -> tuple[Indicator, Indicator, Indicator]:
    return indicator(shapes.sample.exposure), indicator(shapes.moderator), indicator(shapes.sample.outcome)


def _verdict(shapes: Shapes) -> str:
    exposure, moderator, outcome = _measures(shapes)
    is_higher = bool(shapes.interaction and shapes.interaction.product.estimate > 0)
    better = "better" if (outcome.polarity == "high") == is_higher else "worse"
    return WORDS.say(
        f"answer.{verdict_of(shapes)}",
        exposure=exposure.phrase,
        moderator=moderator.phrase,
        outcome=outcome.phrase,
        way="higher" if is_higher else "lower",
        better="" if outcome.polarity == "none" else better,
        reason=shapes.reasons.get("interaction", ""),
    )


def _slopes(shapes: Shapes) -> str:
    if not shapes.interaction:
        return ""
    exposure, moderator, outcome = _measures(shapes)
    low, high = shapes.interaction.marginal[0], shapes.interaction.marginal[-1]
    return WORDS.say(
        "answer.slopes",
        exposure=exposure.phrase,
        step=step_in_words(shapes),
        moderator=moderator.phrase,
        outcome=outcome.phrase,
        unit=outcome.difference_label,
        low_value=with_unit(low.moderator, moderator),
        low_change=natural(shapes, low.effect),
        high_value=with_unit(high.moderator, moderator),
        high_change=natural(shapes, high.effect),
    )


def _shape(shapes: Shapes) -> str:
    """Say in one sentence whether the line bends and whether other forms agree, as far as each was had."""
    if not shapes.dose or not shapes.forms:
        return ""
    is_positive = shapes.main.estimate > 0
    return WORDS.say(
        "answer.shape.bends" if shapes.dose.linearity.p_value < 0.05 else "answer.shape",
        n_forms=len(shapes.forms),
        n_same_sign=sum((form.estimate > 0) == is_positive for form in shapes.forms.values()),
        n_clear=sum(form.excludes() for form in shapes.forms.values()),
    )


def _certainty(shapes: Shapes) -> str:
    told = []
    if shapes.interaction:
        product = shapes.interaction.product
        told.append(
            WORDS.say(
                "certainty",
                n_observations=product.n_observations,
                n_clusters=product.n_clusters,
                product=product.with_limits,
                p_value=product.p_value,
                smallest=SMALLEST_OF_INTEREST,
            )
        )
    if shapes.lags and shapes.lags.leads_test:
        p_value = shapes.lags.leads_test.p_value
        name = "certainty.lead" if p_value < 0.05 else "certainty.lead.none"
        told.append(WORDS.say(name, exposure=indicator(shapes.sample.exposure).phrase, p_value=p_value))
    if bounds := shapes.bounds:
        told.append(
            WORDS.say(
                "certainty.bounds.sign_unsure" if bounds.low < 0 < bounds.high else "certainty.bounds",
                n_bounded=bounds.n_bounded,
                n_observations=bounds.n_observations,
            )
        )
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


def forms_declared() -> Prose:
    """Name the forms in which the question is put, before any is fitted."""
    return WORDS.prose("declared", forms=[lower_first(label) for label in (FORMS | QUANTILES).values()])
