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


def natural(found: Shapes, estimate: IntervalEstimate) -> tuple[float, float, float]:
    """Return an estimate in standard deviations as the outcome's difference, in its unit, with its limits."""
    low, middle, high = (
        value * found.main.outcome_sd for value in (estimate.conf_low, estimate.estimate, estimate.conf_high)
    )
    return middle, low, high


def step_in_words(found: Shapes) -> str:
    """Return a standard deviation of the exposure as prose has it: ``6.5 percentage points``."""
    deviation = found.main.exposure_sd
    return step_of(deviation, indicator(found.sample.exposure))


def verdict_of(found: Shapes) -> str:
    """Return ``clear``, ``none`` where one that matters is ruled out, ``undecided``, or ``missing``: of the product."""
    if not found.interaction:
        return "missing"
    product = found.interaction.product
    if product.excludes():
        return "clear"
    return (
        "none" if max(abs(product.conf_low), abs(product.conf_high)) < SMALLEST_OF_INTEREST else "undecided"
    )


def interaction_answer(found: Shapes) -> Answer:
    """Answer whether two measures together go with more than each alone: in natural units, and how sure that is."""
    exposure, moderator, outcome = _measures(found)
    return Answer(
        answer=" ".join(part for part in (_verdict(found), _slopes(found), _shape(found)) if part),
        certainty=_certainty(found),
        not_shown=WORDS.say(
            "answer.not_shown",
            exposure=exposure.phrase,
            moderator=moderator.phrase,
            outcome=outcome.phrase,
        ),
    )


def _measures(found: Shapes) -> tuple[Indicator, Indicator, Indicator]:
    return indicator(found.sample.exposure), indicator(found.moderator), indicator(found.sample.outcome)


def _verdict(found: Shapes) -> str:
    exposure, moderator, outcome = _measures(found)
    is_higher = bool(found.interaction and found.interaction.product.estimate > 0)
    better = "better" if (outcome.polarity == "high") == is_higher else "worse"
    return WORDS.say(
        f"answer.{verdict_of(found)}",
        exposure=exposure.phrase,
        moderator=moderator.phrase,
        outcome=outcome.phrase,
        way="higher" if is_higher else "lower",
        better="" if outcome.polarity == "none" else better,
        reason=found.reasons.get("interaction", ""),
    )


def _slopes(found: Shapes) -> str:
    if not found.interaction:
        return ""
    exposure, moderator, outcome = _measures(found)
    low, high = found.interaction.marginal[0], found.interaction.marginal[-1]
    return WORDS.say(
        "answer.slopes",
        exposure=exposure.phrase,
        step=step_in_words(found),
        moderator=moderator.phrase,
        outcome=outcome.phrase,
        unit=outcome.difference_label,
        low_value=with_unit(low.moderator, moderator),
        low_change=natural(found, low.effect),
        high_value=with_unit(high.moderator, moderator),
        high_change=natural(found, high.effect),
    )


def _shape(found: Shapes) -> str:
    """Say in one sentence whether the line bends and whether other forms agree, as far as each was had."""
    if not found.dose or not found.forms:
        return ""
    is_positive = found.main.estimate > 0
    return WORDS.say(
        "answer.shape.bends" if found.dose.linearity.p_value < 0.05 else "answer.shape",
        n_forms=len(found.forms),
        n_same_sign=sum((form.estimate > 0) == is_positive for form in found.forms.values()),
        n_clear=sum(form.excludes() for form in found.forms.values()),
    )


def _certainty(found: Shapes) -> str:
    told = []
    if found.interaction:
        product = found.interaction.product
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
    if found.lags and found.lags.leads_test:
        p_value = found.lags.leads_test.p_value
        name = "certainty.lead" if p_value < 0.05 else "certainty.lead.none"
        told.append(WORDS.say(name, exposure=indicator(found.sample.exposure).phrase, p_value=p_value))
    if bounds := found.bounds:
        told.append(
            WORDS.say(
                "certainty.bounds.sign_unsure" if bounds.low < 0 < bounds.high else "certainty.bounds",
                n_bounded=bounds.n_bounded,
                n_observations=bounds.n_observations,
            )
        )
    told.append(WORDS.say("certainty.wide"))
    return " ".join(told)


def shape_limits(found: Shapes) -> Prose:
    """Say what it takes to read confounders, paths and bounds, as far as each was had."""
    confounders = dict.fromkeys([*DEMAND_CONTROLS, found.moderator])
    lines = [
        WORDS.say(
            "limits.confounders",
            confounders=[lower_first(indicator(name).label) for name in confounders],
        )
    ]
    if found.paths:
        lines.append(WORDS.say("limits.paths", assumptions=found.paths.assumptions))
    if found.bounds:
        lowest, highest = WITHHELD_COUNTS
        lines.append(WORDS.say("limits.bounds", lowest_count=lowest, highest_count=highest))
    return Prose("\n".join(lines))


def forms_declared() -> Prose:
    """Name the forms in which the question is put, before any is fitted."""
    return WORDS.prose("declared", forms=[lower_first(label) for label in (FORMS | QUANTILES).values()])
