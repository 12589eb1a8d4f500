"""Two measures together: the slope along a moderator, its curve, its slopes by year, and its other forms."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.data.definitions.indicators import indicator
from analysis.estimators.curve.curve import SIGNIFICANCE
from analysis.estimators.forms.dose import DoseResponse
from analysis.estimators.forms.lags import DistributedLag
from analysis.estimators.pairs.rows import CASELOAD, SPEND, TURNOVER, WITHHELD_COUNTS
from analysis.estimators.regression.inference import Effect
from analysis.showing.findings import Row, findings_forest
from analysis.showing.numbers import axis_label_of, number, p_value, source_line, with_interval, wrapped
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
from .words import WORDS, difference_between, natural, step_in_words, verdict_of

_SHORT = {SPEND: "spend", CASELOAD: "caseload", TURNOVER: "turnover"}
_HIGHEST = 20
"""Letters that a label of the upright axis has room for."""
_PLACES = ("low", "middle", "high")
_TableRow = tuple[str, str, str]


def _sources(shapes: Shapes) -> str:
    return source_line([shapes.sample.exposure, shapes.sample.outcome, shapes.moderator])


def _difference(shapes: Shapes) -> str:
    return f"difference, {indicator(shapes.sample.outcome).difference_label}"


def _in_words(shapes: Shapes) -> dict[str, str]:
    """Return what sentences name: the exposure, the step of it, and the outcome."""
    return {
        "exposure": indicator(shapes.sample.exposure).phrase,
        "step": step_in_words(shapes),
        "outcome": indicator(shapes.sample.outcome).phrase,
    }


def slopes_forest(shapes: Shapes) -> Chart:
    """Draw the outcome's difference with the exposure where the moderator is low, middling and high, and high less low.

    Where the product couldn't be estimated, the one difference over all levels of the moderator.
    """
    moderator, outcome = indicator(shapes.moderator), indicator(shapes.sample.outcome)
    rows = []
    marginal = shapes.interaction.marginal if shapes.interaction else ()
    if not marginal:
        middle, low, high = natural(shapes, shapes.main)
        label = WORDS.say("label.slope.all", moderator=moderator.label)
        rows.append(Row(label, estimate=middle, conf_low=low, conf_high=high))
    for place, slope in zip(_PLACES, marginal, strict=False):
        label = WORDS.say(
            "label.slope",
            moderator=moderator.label,
            value=number(slope.moderator, 1),
            place=WORDS.say(f"place.{place}"),
        )
        middle, low, high = natural(shapes, slope.effect)
        rows.append(Row(label, estimate=middle, conf_low=low, conf_high=high))
    if marginal:
        middle, low, high = difference_between(shapes)
        label = WORDS.say("label.slope.difference")
        rows.append(Row(label, estimate=middle, conf_low=low, conf_high=high))
    measure = WORDS.say(
        "caption.slopes.measure",
        moderator=moderator.phrase,
        better=f" {WORDS.say(f'better.{outcome.polarity}')}",
        **_in_words(shapes),
    )
    caption = WORDS.say(
        f"caption.slopes.{verdict_of(shapes)}",
        outcome=outcome.phrase,
        moderator=moderator.phrase,
        measure=measure,
    )
    return findings_forest(rows, "outcome units", caption, _sources(shapes), unit=_difference(shapes))


@themed
def shape_chart(shapes: Shapes) -> Chart:
    """Draw the curve of the exposure and its slopes by year, as far as each was had."""
    parts: list[Callable[[Axes], None]] = []
    captions, alts = [], []
    if shapes.dose:
        parts.append(partial(_draw_curve, dose=shapes.dose, shapes=shapes))
        bend = shapes.dose.linearity.p_value
        finding = WORDS.say(f"caption.curve.{'bent' if bend < SIGNIFICANCE else 'straight'}")
        captions.append(WORDS.say("caption.curve", finding=finding, p_value=bend, **_in_words(shapes)))
        response = shapes.dose.response
        alts.append(WORDS.say("alt.curve", at_lowest=response[0], at_highest=response[-1]))
    if shapes.lags:
        parts.append(partial(_draw_years, lags=shapes.lags, shapes=shapes))
        captions.append(WORDS.say("caption.years"))
        slopes = [
            WORDS.say("alt.years.year", when=_when(entry.lag_years), slope=natural(shapes, entry.effect))
            for entry in shapes.lags.by_year
        ]
        alts.append(WORDS.say("alt.years", slopes=slopes))
    figure = new_figure(height_cm=5.0)
    panels = figure.subplots(1, max(len(parts), 1), squeeze=False)[0]
    for axes, draw in zip(panels, parts, strict=False):
        style_axes(axes)
        axes.axhline(0, color=INK, linewidth=0.8)
        draw(axes)
        number_axis(axes.yaxis)
    nothing = WORDS.say("alt.none")
    caption = WORDS.say("caption.shape", parts=captions or [nothing])
    return Chart(figure, caption, " ".join(alts) or nothing, _sources(shapes))


def _draw_curve(axes: Axes, dose: DoseResponse, shapes: Shapes) -> None:
    heading(axes, WORDS.say("heading.curve"), crowded=True)
    axes.fill_between(dose.exposure, dose.conf_low, dose.conf_high, color=BAND, linewidth=0)
    axes.plot(dose.exposure, dose.response, color=ENGLAND, linewidth=1.4)
    axes.plot(dose.reference, 0, "o", color=INK, markersize=3.5)
    axes.set_xlabel(wrapped(axis_label_of(shapes.sample.exposure), 31))
    axes.set_ylabel(wrapped(_difference(shapes), _HIGHEST))
    number_axis(axes.xaxis)


def _when(lag_years: int) -> str:
    if lag_years < 0:
        return WORDS.say("year.after")
    return WORDS.say("year.before", n_years=lag_years) if lag_years else WORDS.say("year.same")


def _draw_years(axes: Axes, lags: DistributedLag, shapes: Shapes) -> None:
    heading(axes, WORDS.say("heading.years"), crowded=True)
    entries = sorted(lags.by_year, key=lambda entry: -entry.lag_years)
    for place, entry in enumerate(entries):
        colour = HIGHLIGHT if entry.lag_years < 0 else ENGLAND
        middle, low, high = natural(shapes, entry.effect)
        axes.vlines(place, low, high, color=colour, linewidth=1.4)
        axes.plot(place, middle, "o", color=colour, markersize=4.5)
    axes.set_xticks(range(len(entries)), [wrapped(_when(entry.lag_years), 8) for entry in entries])
    axes.set_ylabel(wrapped(_difference(shapes), _HIGHEST))
    axes.margins(x=0.15)


def forms_chart(shapes: Shapes) -> Chart:
    """Draw the estimate with authority and year effects, and under it the same question in its other forms."""
    labels = {name: label for name, label in (FORMS | QUANTILES).items() if name in shapes.forms}
    effects = [
        (WORDS.say("label.main"), shapes.main),
        *((label, shapes.forms[name]) for name, label in labels.items()),
    ]
    rows = []
    for label, effect in effects:
        middle, low, high = natural(shapes, effect)
        rows.append(Row(label, estimate=middle, conf_low=low, conf_high=high))
    caption = WORDS.say(
        "caption.forms",
        n=len(rows),
        n_clear=sum(row.excludes() for row in rows),
        **_in_words(shapes),
    )
    return findings_forest(rows, "outcome units", caption, _sources(shapes), unit=_difference(shapes))


def shapes_table(shapes: Shapes) -> Table:
    """Return what else was asked, each question with its answer and p value; last what couldn't be had."""
    rows = [
        *_region_rows(shapes),
        *_curve_rows(shapes),
        *_lag_rows(shapes),
        *_count_rows(shapes),
        *_path_rows(shapes),
    ]
    rows += [(WORDS.say("asked.missing", what=name), reason, "–") for name, reason in shapes.reasons.items()]
    return Table(
        pd.DataFrame(rows, columns=["Question", "Answer (95% interval)", "p"]),
        caption=WORDS.say("caption.table"),
        source=_sources(shapes),
        note=WORDS.say(
            "note.table",
            unit=indicator(shapes.sample.outcome).difference_label,
            step=step_in_words(shapes),
        ),
        align_right=("p",),
    )


def _shown(limits: Sequence[float]) -> str:
    if max(map(abs, limits)) < 0.005:
        return WORDS.say("shown.tiny")
    estimate, low, high = limits
    return with_interval(estimate, low, high, 2)


def _effect_row(shapes: Shapes, question: str, effect: Effect) -> _TableRow:
    return question, _shown(natural(shapes, effect)), p_value(effect.p_value)


def _region_rows(shapes: Shapes) -> list[_TableRow]:
    """Return the main estimate with the interval of the wild bootstrap over regions."""
    if not shapes.by_region:
        return []
    wild, step = shapes.by_region, indicator(shapes.sample.exposure).step
    shown = _shown([step * value for value in wild.with_limits])
    return [(WORDS.say("asked.region", n_regions=wild.n_clusters), shown, p_value(wild.p_value))]


def _curve_rows(shapes: Shapes) -> list[_TableRow]:
    if not shapes.dose:
        return []
    straight, flat, response = shapes.dose.linearity, shapes.dose.any_association, shapes.dose.response
    bend = WORDS.say("shown.statistic", statistic=straight.statistic)
    widest = number(response[np.argmax(np.abs(response))], 2)
    return [
        (WORDS.say("asked.straight"), bend, p_value(straight.p_value)),
        (WORDS.say("asked.flat"), widest, p_value(flat.p_value)),
    ]


def _lag_rows(shapes: Shapes) -> list[_TableRow]:
    if not shapes.lags:
        return []
    rows = [_effect_row(shapes, WORDS.say("asked.lags"), shapes.lags.cumulative)]
    if test := shapes.lags.leads_test:
        shown = WORDS.say("shown.statistic", statistic=test.statistic)
        rows.append((WORDS.say("asked.lead"), shown, p_value(test.p_value)))
    return rows


def _count_rows(shapes: Shapes) -> list[_TableRow]:
    rows = []
    if shapes.counts:
        ratio = shapes.counts.per_sd
        rows.append((WORDS.say("asked.counts"), _shown(ratio.with_limits), p_value(ratio.p_value)))
    if shapes.bounds:
        bounds, (least, most) = shapes.bounds, WITHHELD_COUNTS
        unit = shapes.main.outcome_sd
        shown = WORDS.say(
            "shown.bounds",
            low=unit * bounds.low,
            high=unit * bounds.high,
            conf_low=unit * bounds.conf_low,
            conf_high=unit * bounds.conf_high,
        )
        question = WORDS.say("asked.withheld", n_withheld=bounds.n_bounded, low=least, high=most)
        rows.append((question, shown, "–"))
    return rows


def _path_rows(shapes: Shapes) -> list[_TableRow]:
    if not shapes.paths:
        return []
    chain = [_SHORT.get(name, "outcome") for name in shapes.paths.chain]
    return [
        _effect_row(shapes, WORDS.say("asked.path", chain=chain), shapes.paths.along_chain),
        _effect_row(shapes, WORDS.say("asked.path.total", start=chain[0]), shapes.paths.total),
    ]
