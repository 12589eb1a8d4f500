"""A specification curve: every estimate in order, and under it what was chosen for each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.data.definitions.indicators import lower_first
from analysis.estimators.curve.curve import SIGNIFICANCE, Curve
from analysis.showing.numbers import label_of, listed, number, source_line
from analysis.showing.theme import (
    ENGLAND,
    HIGHLIGHT,
    INK,
    OTHER,
    SMALL_POINTS,
    new_figure,
    style_axes,
    themed,
)
from publishing.display import Chart

from .words import WORDS

AXIS_LABELS = {
    "exposure": "Exposure",
    "outcome": "Outcome",
    "lag_years": "Timing",
    "controls": "Held constant",
    "estimator": "Effects",
    "weights": "Weights",
    "sample": "Rows",
    "transformation": "Scale",
}
_SHORT = {"referrals_per_10k": "referrals", "children_services_real_gbp_per_child": "spend"}
_CHOICES = {
    "0": "September before",
    "1": "a year earlier",
    "none": "nothing",
    "two-way": "authority and year",
    "two-way, entity and region by time": "authority and region × year",
    "two-way, entity trends and time": "authority, its trend, year",
    "pooled": "none",
    "first-differences": "differences",
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


def _lines(frame: pd.DataFrame) -> list[tuple[str, object]]:
    return [
        (axis, value)
        for axis in AXIS_LABELS
        for value in dict.fromkeys(frame[axis])
        if frame[axis].nunique() > 1
    ]


@themed
def specification_curve(curve: Curve) -> Chart:
    """Draw every estimate of a curve from the lowest to the highest, and the choices behind each under it.

    Raises DataError where nothing could be fitted (as the curve itself does).
    """
    frame = curve.frame()
    lines = _lines(frame)
    figure = new_figure(height_cm=6.5 + 0.42 * len(lines))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[6.0, 0.42 * len(lines)])
    _draw_estimates(upper, frame, curve)
    _draw_choices(lower, frame, lines)
    pair = (frame["exposure"].iloc[0], frame["outcome"].iloc[0])
    caption, alt = _caption_and_alt(curve, pair)
    return Chart(figure, caption, alt, source_line(pair))


def _draw_estimates(axes: Axes, frame: pd.DataFrame, curve: Curve) -> None:
    style_axes(axes)
    places, clear = np.arange(len(frame)), (frame["wild_p_values"] < SIGNIFICANCE).to_numpy()
    reach = 1.96 * frame["standard_errors"]
    axes.vlines(
        places, frame["estimates"] - reach, frame["estimates"] + reach, color=OTHER, linewidth=0.6, alpha=0.6
    )
    axes.plot(
        places[clear],
        frame["estimates"][clear],
        "D",
        color=HIGHLIGHT,
        markersize=2.6,
        label="wild p below 0.05",
    )
    axes.plot(
        places[~clear],
        frame["estimates"][~clear],
        "o",
        color=ENGLAND,
        markersize=2.2,
        label="wild p of 0.05 or more",
    )
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axhline(
        curve.median, color=INK, linewidth=0.8, linestyle=":", label=f"median {number(curve.median, 2)}"
    )
    axes.set_ylabel("Standard deviations of the\noutcome per standard\ndeviation of the exposure")
    axes.figure.legend(loc="outside upper left", ncols=3, fontsize=SMALL_POINTS, frameon=False)


def _draw_choices(axes: Axes, frame: pd.DataFrame, lines: list[tuple[str, object]]) -> None:
    style_axes(axes, "x")
    for row, (axis, value) in enumerate(lines):
        chosen = np.flatnonzero(frame[axis] == value)
        axes.plot(chosen, np.full(len(chosen), row), "|", color=INK, markersize=3.5, markeredgewidth=0.7)
    axes.set_yticks(
        range(len(lines)), [f"{AXIS_LABELS[axis]}: {_choice(axis, value)}" for axis, value in lines]
    )
    axes.tick_params(axis="y", length=0, labelsize=SMALL_POINTS)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlabel("Specifications, from the lowest estimate to the highest")


def _caption_and_alt(curve: Curve, pair: tuple[str, str]) -> tuple[str, str]:
    told = WORDS.say(
        "curve.told",
        n_specifications=len(curve.specifications),
        median=curve.median,
        same_sign=curve.same_sign,
        clear=curve.significant,
        level=SIGNIFICANCE,
    )
    said = {"exposure": label_of(pair[0]), "outcome": label_of(pair[1]), "told": told}
    lowest, highest = curve.estimates.min(), curve.estimates.max()
    return (
        WORDS.say("caption.curve", **said),
        WORDS.say("alt.curve", **said, lowest=lowest, highest=highest),
    )
