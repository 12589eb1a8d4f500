"""A specification curve: every result in order, and what each choice does to it."""

import numpy as np
import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.curve.curve import SIGNIFICANCE
from analysis.showing.numbers import label_of, listed, source_line, wrapped
from analysis.showing.theme import (
    BETTER,
    ENGLAND,
    INK,
    NEUTRAL,
    OTHER,
    SMALL_POINTS,
    TEXT_POINTS,
    WORSE,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from publishing.display import Chart

from .study import Robustness
from .words import WORDS, found_in, median_in_words, natural, step_in_words

AXIS_LABELS = {
    "exposure": "Exposure",
    "outcome": "Outcome",
    "lag_years": "Timing",
    "controls": "Held constant",
    "estimator": "Comparison",
    "weights": "Weights",
    "sample": "Rows",
    "transformation": "Scale",
}
AXIS_PHRASES = {
    "exposure": "the measure of the exposure",
    "outcome": "the measure of the outcome",
    "lag_years": "when the exposure is counted",
    "controls": "what is held constant",
    "estimator": "how authorities and years are compared",
    "weights": "what each row counts for",
    "sample": "which rows are used",
    "transformation": "the scale",
}
_SHORT = {"referrals_per_10k": "referrals", "children_services_real_gbp_per_child": "spend"}
_CHOICES = {
    "0": "September before",
    "1": "a year earlier",
    "none": "nothing",
    "two-way": "within authority and year",
    "two-way, entity and region by time": "within authority and region × year",
    "two-way, entity trends and time": "within authority, its trend, year",
    "pooled": "all authorities and years",
    "first-differences": "changes from the year before",
    "child_population_children": "by children",
}


def _choice(axis: str, value: object) -> str:
    if axis == "weights" and value == "none":
        return "each row alike"
    if axis in ("exposure", "outcome"):
        return lower_first(label_of(str(value)))
    if axis == "transformation" and value == "none":
        return "as published"
    if axis == "controls" and value != "none":
        return listed([_SHORT.get(name) or lower_first(label_of(name)) for name in str(value).split(", ")])
    return _CHOICES.get(str(value), str(value))


def _phrase(axis: str) -> str:
    return AXIS_PHRASES.get(axis, axis.replace("_", " "))


def _lines(frame: pd.DataFrame) -> list[tuple[str, object]]:
    return [
        (axis, value)
        for axis in AXIS_LABELS
        for value in dict.fromkeys(frame[axis])
        if frame[axis].nunique() > 1
    ]


def _shared(frame: pd.DataFrame, clear: np.ndarray) -> str:
    """Say which choices all clear results have in common, though others were declared; nothing without clear and others.

    Where some are clearly higher and others clearly lower, those of the rarer sign: a reader asks what turns it.
    """
    higher = clear & (frame["estimates"] > 0).to_numpy()
    sides = {"higher": higher, "lower": clear & ~higher}
    if all(side.any() for side in sides.values()):
        way, clear = min(sides.items(), key=lambda side: side[1].sum())
    else:
        way = ""
    n_clear = int(clear.sum())
    if not n_clear or n_clear == len(frame):
        return ""
    choices = [
        f"{lower_first(AXIS_LABELS[axis])} {_choice(axis, value)}"
        for axis, value in _lines(frame)
        if (frame.loc[clear, axis] == value).all()
    ]
    if not choices:
        return WORDS.say("curve.shared.none", n_clear=n_clear, way=way) if n_clear > 1 else ""
    return WORDS.say("curve.shared", n_clear=n_clear, choices=choices, way=way)


@themed
def specification_curve(robustness: Robustness) -> Chart:
    """Draw every result of a curve from the lowest to the highest, in the outcome's unit, with its interval."""
    curve, frame = robustness.curve, robustness.curve.frame()
    outcome = indicator(robustness.sample.outcome)
    figure = new_figure(height_cm=4.6)
    axes = figure.subplots()
    style_axes(axes)
    middle = np.array(natural(robustness, frame["estimates"]))
    reach = np.array(natural(robustness, 1.96 * frame["standard_errors"]))
    places, clear = np.arange(len(frame)), (frame["p_values"] < SIGNIFICANCE).to_numpy()
    (median,) = natural(robustness, [curve.median])
    axes.vlines(places, middle - reach, middle + reach, color=OTHER, linewidth=0.6, alpha=0.6)
    lower, higher = (BETTER, WORSE) if outcome.polarity == "low" else (WORSE, BETTER)
    for chosen, marker, colour, name in (
        (clear & (middle < 0), "v", lower, "key.lower"),
        (clear & (middle >= 0), "^", higher, "key.higher"),
        (~clear, "o", NEUTRAL, "key.unclear"),
    ):
        if chosen.any():
            axes.plot(
                places[chosen], middle[chosen], marker, color=colour, markersize=3, label=WORDS.say(name)
            )
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axhline(
        median, color=INK, linewidth=0.8, linestyle=":", label=WORDS.say("key.median", median=median)
    )
    axes.set_ylabel(wrapped(WORDS.say("axis.difference", unit=outcome.difference_label), 22))
    axes.set_xlabel(WORDS.say("axis.curve"))
    axes.set_xticks([])
    number_axis(axes.yaxis)
    figure.legend(loc="outside upper left", ncols=4, fontsize=SMALL_POINTS, frameon=False)
    said = {"n_specifications": len(curve.specifications), "found": found_in(robustness)}
    caption = WORDS.say(
        "caption.curve",
        outcome=outcome.phrase,
        exposure=indicator(robustness.sample.exposure).phrase,
        median=median_in_words(robustness),
        shared=_shared(frame, clear),
        step=step_in_words(robustness),
        better=f" {WORDS.say(f'curve.better.{outcome.polarity}')}",
        **said,
    )
    alt = WORDS.say("alt.curve", lowest=middle.min(), highest=middle.max(), middle=median, **said)
    return Chart(figure, caption, alt, source_line([robustness.sample.exposure, robustness.sample.outcome]))


@themed
def choices_chart(robustness: Robustness) -> Chart:
    """Draw, for each choice on each axis of a curve, the middle of its results and where most of them lie."""
    frame = robustness.curve.frame()
    lines = _lines(frame)
    figure = new_figure(height_cm=1.6 + 0.38 * len(lines))
    axes = figure.subplots()
    style_axes(axes, "x")
    told = []
    for row, (axis, value) in enumerate(lines):
        chosen = natural(robustness, frame.loc[frame[axis] == value, "estimates"])
        low, middle, high = np.quantile(chosen, [0.1, 0.5, 0.9])
        axes.hlines(row, low, high, color=ENGLAND, linewidth=1.4)
        axes.plot(middle, row, "o", color=ENGLAND, markersize=4.5)
        label = f"{AXIS_LABELS[axis]}: {_choice(axis, value)}"
        told.append(WORDS.say("alt.choices.row", label=label, middle=middle, low=low, high=high))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.axvline(natural(robustness, [robustness.curve.median])[0], color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(
        range(len(lines)), [f"{AXIS_LABELS[axis]}: {_choice(axis, value)}" for axis, value in lines]
    )
    axes.tick_params(axis="y", length=0, labelsize=TEXT_POINTS)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlabel(WORDS.say("axis.difference", unit=indicator(robustness.sample.outcome).difference_label))
    number_axis(axes.xaxis)
    alone, whole = robustness.curve.axis_shares, robustness.curve.axis_total_shares
    most, most_together = (max(shares, key=shares.__getitem__) for shares in (alone, whole))
    together = (
        WORDS.say("caption.choices.together", choice=_phrase(most_together), share=whole[most_together])
        if most_together != most
        else ""
    )
    caption = WORDS.say("caption.choices", choice=_phrase(most), share=alone[most], together=together)
    alt = WORDS.say("alt.choices", rows=told)
    return Chart(figure, caption, alt, source_line([robustness.sample.exposure, robustness.sample.outcome]))
