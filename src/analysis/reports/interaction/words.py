"""Sentences on the shape of an association: two measures together, lines that bend, and other forms of the question."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.pairs.relationship import DEMAND_CONTROLS
from analysis.estimators.pairs.rows import WITHHELD_COUNTS
from analysis.estimators.regression.inference import Effect
from analysis.showing.numbers import interval, listed, number, probability
from publishing.display import Front, Prose

from .study import FORMS, QUANTILES, Shapes


def shapes_question(exposure: str, moderator: str, outcome: str) -> Front:
    """Ask in words whether two measures go with an outcome in more than their sum."""
    first, second, third = (indicator(name).label for name in (exposure, moderator, outcome))
    return Front(
        title=f"{first} and {lower_first(second)} together: {lower_first(third)}",
        question=f"Does **{lower_first(first)}** go with **{lower_first(third)}** differently where "
        f"**{lower_first(second)}** is high, and does the answer hang on the form in which the question is put?",
    )


def _shown(effect: Effect) -> str:
    return f"{number(effect.estimate, 2)} ({interval(effect.conf_low, effect.conf_high)})"


def _is_clear(effect: Effect) -> bool:
    return not effect.conf_low <= 0 <= effect.conf_high


def interaction_result(found: Shapes) -> Prose:
    """Say whether the exposure's slope goes with the moderator, and how the slope runs along it."""
    if not found.interaction:
        return Prose(f"The interaction can't be had: {found.reasons['interaction']}.")
    one, exposure = found.interaction, indicator(found.sample.exposure).label
    moderator = lower_first(indicator(found.moderator).label)
    product = one.product
    verdict = (
        f"is **{'larger' if product.estimate > 0 else 'smaller'}** where {moderator} is higher"
        if _is_clear(product)
        else f"**doesn't clearly differ with {moderator}**: the interval of the product holds zero"
    )
    low, high = one.marginal[0], one.marginal[-1]
    return Prose(
        f"The slope of {lower_first(exposure)} {verdict}. One standard deviation more of {moderator} changes it by "
        f"{_shown(product)} standard deviations, {probability('p', product.p_value)}, from {product.n_observations:,} "
        f"authority-years and {product.n_clusters} clusters. It is {_shown(low.effect)} where {moderator} stands at its "
        f"{low.percentile}th percentile ({number(low.moderator, 1)}) and {_shown(high.effect)} at its {high.percentile}th "
        f"({number(high.moderator, 1)})."
    )


def shape_result(found: Shapes) -> Prose:
    """Say whether the line bends, what the years before and after add, and whether other forms agree."""
    parts = [*_bend(found), *_years(found), _forms(found), *_bounded(found)]
    return Prose(" ".join(parts))


def _bend(found: Shapes) -> list[str]:
    if not found.dose:
        return []
    test = found.dose.linearity
    said = (
        "The association **bends**"
        if test.p_value < 0.05
        else "Nothing says that the association isn't a straight line"
    )
    return [f"{said} ({probability('p', test.p_value)} for a spline with {len(found.dose.knots)} knots)."]


def _years(found: Shapes) -> list[str]:
    if not found.lags:
        return []
    one = found.lags
    text = f"Over the year and the two before it the slopes add up to {_shown(one.cumulative)}"
    if not one.leads_test:
        return [text + "."]
    lead = (
        "stands too, which speaks against its coming first"
        if one.leads_test.p_value < 0.05
        else "adds nothing clear"
    )
    return [
        f"{text}; the exposure of the year after the outcome {lead} ({probability('p', one.leads_test.p_value)})."
    ]


def _forms(found: Shapes) -> str:
    if not found.forms:
        return "No other form of the question could be asked."
    same = sum((one.estimate > 0) == (found.main.estimate > 0) for one in found.forms.values())
    labels = FORMS | QUANTILES
    clear = [lower_first(labels[name]) for name, one in found.forms.items() if _is_clear(one)]
    return (
        f"Of {len(found.forms)} other forms of the question {same} have the sign of the estimate with authority and year "
        f"effects, {_shown(found.main)}; clear alone: {listed(clear)}."
    )


def _bounded(found: Shapes) -> list[str]:
    if not found.bounds:
        return []
    one, (low, high) = found.bounds, WITHHELD_COUNTS
    sign = "not even its sign is sure" if one.low < 0 < one.high else "its sign is sure"
    return [
        f"{one.n_bounded:,} of {one.n_observations:,} authority-years have a withheld count; were each known only to be "
        f"{low} to {high}, the estimate could lie anywhere from {number(one.low, 2)} to {number(one.high, 2)}: {sign}."
    ]


def shape_limits(found: Shapes) -> Prose:
    """Say what it takes to read confounders, paths and bounds, as far as each was had."""
    held = listed(
        [lower_first(indicator(name).label) for name in dict.fromkeys([*DEMAND_CONTROLS, found.moderator])]
    )
    lines = [
        f"- The confounders that may act in any form are {held}; what isn't measured stays in the estimate."
    ]
    if found.paths:
        lines += [f"- Paths assume: {lower_first(assumption)}." for assumption in found.paths.assumptions]
    if found.bounds:
        low, high = WITHHELD_COUNTS
        lines.append(
            f"- Bounds take a count withheld as confidential to be {low} to {high}, as published counts suggest, which hold "
            "zeros and no other number so small; one withheld to protect another may be larger."
        )
    return Prose("\n".join(lines))


def forms_declared() -> Prose:
    """Name the forms in which the question is put, before any is fitted."""
    labels = [lower_first(label) for label in (FORMS | QUANTILES).values()]
    return Prose(f"Other forms of the same question, declared here: {listed(labels)}.")
