"""The shape of an association: its curve, its slope along a moderator, its slopes by year, and its other forms."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.estimators.forms.dose import DoseResponse
from analysis.estimators.forms.interaction import Interaction
from analysis.estimators.forms.lags import DistributedLag
from analysis.estimators.pairs.rows import CASELOAD, SPEND, TURNOVER, WITHHELD_COUNTS
from analysis.estimators.regression.inference import Effect
from analysis.showing.forest import STANDARD_UNIT, estimators_forest
from analysis.showing.numbers import (
    axis_label_of,
    label_of,
    p_value,
    source_line,
    with_interval,
    wrapped,
)
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    HIGHLIGHT,
    INK,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from publishing.display import Chart, Table

from .study import FORMS, QUANTILES, Shapes
from .words import WORDS

_SHORT = {SPEND: "spend", CASELOAD: "caseload", TURNOVER: "turnover"}
_SLOPE = "Slope, standard deviations"


@themed
def shape_chart(found: Shapes) -> Chart:
    """Draw the curve of the exposure, its slope along the moderator and its slopes by year, as far as each was had."""
    parts: list[Callable[[Axes], None]] = []
    if found.dose:
        parts.append(partial(_draw_curve, dose=found.dose, found=found))
    if found.interaction:
        parts.append(partial(_draw_marginal, one=found.interaction))
    if found.lags:
        parts.append(partial(_draw_years, one=found.lags))
    figure = new_figure(height_cm=6.6)
    panels = figure.subplots(1, max(len(parts), 1), squeeze=False)[0]
    for axes, draw in zip(panels, parts, strict=False):
        style_axes(axes)
        axes.axhline(0, color=INK, linewidth=0.8)
        draw(axes)
        number_axis(axes.yaxis)
    pair = [found.sample.exposure, found.sample.outcome, found.moderator]
    return Chart(figure, _caption(found), _alt(found), source_line(pair))


def _draw_curve(axes: Axes, dose: DoseResponse, found: Shapes) -> None:
    heading(axes, "The curve", crowded=True)
    axes.fill_between(dose.exposure, dose.conf_low, dose.conf_high, color=BAND, linewidth=0)
    axes.plot(dose.exposure, dose.response, color=ENGLAND, linewidth=1.4)
    axes.plot(dose.reference, 0, "o", color=INK, markersize=3.5)
    axes.set_xlabel(wrapped(axis_label_of(found.sample.exposure), 30))
    axes.set_ylabel(wrapped(f"{axis_label_of(found.sample.outcome)}, difference from the median's", 34))
    number_axis(axes.xaxis)


def _draw_effects(
    axes: Axes, places: Sequence[float], effects: Sequence[Effect], colours: Sequence[str]
) -> None:
    for place, effect, colour in zip(places, effects, colours, strict=True):
        axes.vlines(place, effect.conf_low, effect.conf_high, color=colour, linewidth=1.4)
        axes.plot(place, effect.estimate, "o", color=colour, markersize=4.5)


def _draw_marginal(axes: Axes, one: Interaction) -> None:
    heading(axes, "Its slope along the moderator", crowded=True)
    places = [entry.moderator for entry in one.marginal]
    _draw_effects(axes, places, [entry.effect for entry in one.marginal], [ENGLAND] * len(places))
    axes.set_xlabel(wrapped(axis_label_of(one.moderator_name), 30))
    axes.set_ylabel(_SLOPE)
    axes.margins(x=0.2)
    number_axis(axes.xaxis)


def _draw_years(axes: Axes, one: DistributedLag) -> None:
    heading(axes, "Its slopes by year, jointly", crowded=True)
    places = [-entry.lag_years for entry in one.by_year]
    colours = [HIGHLIGHT if entry.lag_years < 0 else ENGLAND for entry in one.by_year]
    _draw_effects(axes, places, [entry.effect for entry in one.by_year], colours)
    axes.set_xticks(sorted(places))
    axes.set_xlabel("Years after the exposure that\nmeets the outcome")
    axes.set_ylabel(_SLOPE)
    axes.margins(x=0.15)


def _caption(found: Shapes) -> str:
    parts = [
        WORDS.say(
            "caption.pair",
            outcome=label_of(found.sample.outcome),
            exposure=label_of(found.sample.exposure),
        )
    ]
    if found.dose:
        parts.append(WORDS.say("caption.curve", p_value=found.dose.linearity.p_value))
    if found.interaction:
        percentiles = [
            WORDS.say("caption.slope.percentile", percentile=entry.percentile)
            for entry in found.interaction.marginal
        ]
        moderator = label_of(found.moderator)
        parts.append(WORDS.say("caption.slope", moderator=moderator, percentiles=percentiles))
    if found.lags:
        parts.append(WORDS.say("caption.placebo"))
    return " ".join([*parts, WORDS.say("caption.association")])


def _alt(found: Shapes) -> str:
    parts = []
    if found.dose:
        response = found.dose.response
        parts.append(WORDS.say("alt.curve", at_lowest=response[0], at_highest=response[-1]))
    if found.interaction:
        slopes = [
            WORDS.say("alt.slope.percentile", percentile=entry.percentile, slope=entry.effect.with_limits)
            for entry in found.interaction.marginal
        ]
        parts.append(WORDS.say("alt.slope", slopes=slopes))
    if found.lags:
        slopes = [
            WORDS.say("alt.years.year", years=-entry.lag_years, slope=entry.effect.with_limits)
            for entry in found.lags.by_year
        ]
        parts.append(WORDS.say("alt.years", slopes=slopes))
    return " ".join(parts) or WORDS.say("alt.none")


def _shown(effect: Effect) -> str:
    return with_interval(*effect.with_limits, 2)


def forms_chart(found: Shapes) -> Chart:
    """Draw the estimate with authority and year effects, and under it the same question in its other forms."""
    labels = {name: label for name, label in (FORMS | QUANTILES).items() if name in found.forms}
    effects = [found.main, *(found.forms[name] for name in labels)]
    return estimators_forest(effects, ["Authority and year effects", *labels.values()])


def shapes_table(found: Shapes) -> Table:
    """Return each question of shape with its answer, p value and counts, a row a question; last what couldn't be had."""
    rows = [
        *_product_rows(found),
        *_region_rows(found),
        *_curve_rows(found),
        *_lag_rows(found),
        *_count_rows(found),
        *_path_rows(found),
    ]
    rows += [(f"Not available: {name}", reason, "", "") for name, reason in found.reasons.items()]
    names = [found.sample.exposure, found.sample.outcome, found.moderator]
    return Table(
        pd.DataFrame(rows, columns=["Question", "Answer (95% interval)", "p", "n"]),
        caption=WORDS.say("caption.table", exposure=label_of(names[0]), outcome=label_of(names[1])),
        source=source_line(names),
        note=WORDS.say("note.table", unit=STANDARD_UNIT),
        align_right=("p", "n"),
    )


def _effect_row(question: str, effect: Effect, unit: str = "") -> tuple[str, str, str, str]:
    return question, f"{_shown(effect)}{unit}", p_value(effect.p_value), f"{effect.n_observations:,}"


def _product_rows(found: Shapes) -> list[tuple[str, str, str, str]]:
    if not found.interaction:
        return []
    moderator = label_of(found.moderator)
    rows = [_effect_row(WORDS.say("asked.product", moderator=moderator), found.interaction.product)]
    for slope in found.interaction.marginal:
        question = WORDS.say(
            "asked.slope", moderator=moderator, value=slope.moderator, percentile=slope.percentile
        )
        rows.append(_effect_row(question, slope.effect))
    return rows


def _region_rows(found: Shapes) -> list[tuple[str, str, str, str]]:
    """Return the main estimate with the interval of the wild bootstrap over regions, in standard deviations."""
    if not found.by_region:
        return []
    wild, main = found.by_region, found.main
    unit = main.exposure_sd / main.outcome_sd
    shown = with_interval(main.estimate, unit * wild.conf_low, unit * wild.conf_high, 2)
    question = WORDS.say("asked.region", n_regions=wild.n_clusters)
    return [(question, shown, p_value(wild.p_value), f"{main.n_observations:,}")]


def _curve_rows(found: Shapes) -> list[tuple[str, str, str, str]]:
    if not found.dose:
        return []
    dose, n = found.dose, f"{found.dose.terms.counts.n_observations:,}"
    straight, flat = dose.linearity, dose.any_association
    widest = WORDS.say("shown.widest", widest=dose.response[np.argmax(np.abs(dose.response))])
    bend = WORDS.say("shown.statistic", statistic=straight.statistic)
    return [
        (WORDS.say("asked.straight"), bend, p_value(straight.p_value), n),
        (WORDS.say("asked.flat"), widest, p_value(flat.p_value), n),
    ]


def _lag_rows(found: Shapes) -> list[tuple[str, str, str, str]]:
    if not found.lags:
        return []
    rows = [_effect_row(WORDS.say("asked.lags"), found.lags.cumulative)]
    if test := found.lags.leads_test:
        shown = WORDS.say("shown.statistic", statistic=test.statistic)
        n = f"{found.lags.cumulative.n_observations:,}"
        rows.append((WORDS.say("asked.lead"), shown, p_value(test.p_value), n))
    return rows


def _count_rows(found: Shapes) -> list[tuple[str, str, str, str]]:
    rows = []
    if found.counts:
        rows.append(_effect_row(WORDS.say("asked.counts"), found.counts.per_sd))
    if found.bounds:
        bounds, (low, high) = found.bounds, WITHHELD_COUNTS
        shown = WORDS.say(
            "shown.bounds",
            low=bounds.low,
            high=bounds.high,
            conf_low=bounds.conf_low,
            conf_high=bounds.conf_high,
        )
        question = WORDS.say("asked.withheld", n_withheld=bounds.n_bounded, low=low, high=high)
        rows.append((question, shown, "", f"{bounds.n_observations:,}"))
    return rows


def _path_rows(found: Shapes) -> list[tuple[str, str, str, str]]:
    if not found.paths:
        return []
    chain = [_SHORT.get(name, "outcome") for name in found.paths.chain]
    return [
        _effect_row(WORDS.say("asked.path", chain=chain), found.paths.along_chain),
        _effect_row(WORDS.say("asked.path.total", start=chain[0]), found.paths.total),
    ]
