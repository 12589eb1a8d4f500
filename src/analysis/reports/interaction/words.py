"""What the report on the shape of an association says: two measures together, bends, other forms of the question."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.pairs.relationship import DEMAND_CONTROLS
from analysis.estimators.pairs.rows import WITHHELD_COUNTS
from analysis.showing.words import words_of
from publishing.display import Front, Prose

from .study import FORMS, QUANTILES, Shapes

WORDS = words_of(__package__)


def shapes_question(exposure: str, moderator: str, outcome: str) -> Front:
    """Ask in words whether two measures go with an outcome in more than their sum."""
    names = {
        "exposure": indicator(exposure).label,
        "moderator": indicator(moderator).label,
        "outcome": indicator(outcome).label,
    }
    return Front(title=WORDS.say("question.title", **names), question=WORDS.say("question", **names))


def interaction_result(found: Shapes) -> Prose:
    """Say whether the exposure's slope goes with the moderator, and how the slope runs along it."""
    if not found.interaction:
        return WORDS.prose("product.missing", reason=found.reasons["interaction"])
    moderator = lower_first(indicator(found.moderator).label)
    product, marginal = found.interaction.product, found.interaction.marginal
    way = "unclear" if not product.excludes() else "larger" if product.estimate > 0 else "smaller"
    return WORDS.prose(
        "product",
        exposure=indicator(found.sample.exposure).label,
        moderator=moderator,
        verdict=WORDS.say(f"product.{way}", moderator=moderator),
        product=product.with_limits,
        p_value=product.p_value,
        n_observations=product.n_observations,
        n_clusters=product.n_clusters,
        slope_at_low=marginal[0].effect.with_limits,
        low_percentile=marginal[0].percentile,
        low_moderator=marginal[0].moderator,
        slope_at_high=marginal[-1].effect.with_limits,
        high_percentile=marginal[-1].percentile,
        high_moderator=marginal[-1].moderator,
    )


def shape_result(found: Shapes) -> Prose:
    """Say whether the line bends, what the years before and after add, and whether other forms agree."""
    parts = (_bend(found), _years(found), _forms(found), _bounded(found))
    return Prose(" ".join(part for part in parts if part))


def _bend(found: Shapes) -> str:
    if not found.dose:
        return ""
    p_value = found.dose.linearity.p_value
    return WORDS.say(
        "bend" if p_value < 0.05 else "bend.none", p_value=p_value, n_knots=len(found.dose.knots)
    )


def _years(found: Shapes) -> str:
    if not found.lags:
        return ""
    total, lead = found.lags.cumulative.with_limits, found.lags.leads_test
    if not lead:
        return WORDS.say("years", total=total)
    name = "years.lead" if lead.p_value < 0.05 else "years.lead.none"
    return WORDS.say(name, total=total, p_value=lead.p_value)


def _forms(found: Shapes) -> str:
    if not found.forms:
        return WORDS.say("forms.none")
    labels = FORMS | QUANTILES
    is_positive = found.main.estimate > 0
    return WORDS.say(
        "forms",
        n_forms=len(found.forms),
        n_same_sign=sum((form.estimate > 0) == is_positive for form in found.forms.values()),
        estimate=found.main.with_limits,
        clear=[lower_first(labels[name]) for name, form in found.forms.items() if form.excludes()],
    )


def _bounded(found: Shapes) -> str:
    bounds = found.bounds
    if not bounds:
        return ""
    return WORDS.say(
        "bounds.sign_unsure" if bounds.low < 0 < bounds.high else "bounds",
        n_bounded=bounds.n_bounded,
        n_observations=bounds.n_observations,
        low=bounds.low,
        high=bounds.high,
        **_withheld_counts(),
    )


def _withheld_counts() -> dict[str, int]:
    lowest, highest = WITHHELD_COUNTS
    return {"lowest_count": lowest, "highest_count": highest}


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
        lines += [WORDS.say("limits.paths", assumption=text) for text in found.paths.assumptions]
    if found.bounds:
        lines.append(WORDS.say("limits.bounds", **_withheld_counts()))
    return Prose("\n".join(lines))


def forms_declared() -> Prose:
    """Name the forms in which the question is put, before any is fitted."""
    return WORDS.prose("declared", forms=[lower_first(label) for label in (FORMS | QUANTILES).values()])
