"""Pairs that moved most between two releases: then, from revised figures, and now."""

from collections.abc import Sequence

import numpy as np

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError
from analysis.showing.numbers import source_line, step_of, wrapped
from analysis.showing.theme import (
    ENGLAND,
    INK,
    NEUTRAL,
    SMALL_POINTS,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from publishing.display import Chart

from .study import NOW, REVISED, STEPS, THEN, ChangedPair, Changes
from .words import WORDS, moved, pair_told

N_SHOWN = 8
POINTS = "percentage points"


@themed
def moved_pairs(changes: Changes, n_shown: int = N_SHOWN) -> Chart:
    """Draw the ``n_shown`` pairs that moved most for their uncertainty, a row each; raises DataError where there is none."""
    if not changes.pairs:
        raise DataError("no pair was estimated in both releases")
    chosen = sorted(changes.pairs, key=lambda pair: -abs(pair.moved))[:n_shown]
    figure = new_figure(height_cm=2.6 + 0.85 * len(chosen))
    axes = figure.subplots()
    style_axes(axes, "x")
    places = np.arange(len(chosen))
    now, low, high = zip(*(pair.estimates[NOW] for pair in chosen), strict=True)
    axes.hlines(places, low, high, color=ENGLAND, linewidth=1.4)
    axes.plot(now, places, "o", color=ENGLAND, markersize=5, zorder=4, label=WORDS.say("key.now"))
    for step, marker, fill, size in ((THEN, "s", "white", 8.5), (REVISED, "D", NEUTRAL, 4)):
        values = [pair.estimates[step][0] for pair in chosen]
        axes.plot(
            values, places, marker, color=NEUTRAL, markerfacecolor=fill, markersize=size, linestyle="none",
            label=WORDS.say(f"key.{step}"),
        )  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(places, [wrapped(pair_told(pair), 46) for pair in chosen])
    axes.set_ylim(len(chosen) - 0.5, -0.5)
    number_axis(axes.xaxis)
    axes.set_xlabel(wrapped(WORDS.say("axis.pairs"), 36))
    right = axes.twinx()
    right.set_ylim(axes.get_ylim())
    right.set_yticks(places, [_then_and_now(pair) for pair in chosen])
    right.tick_params(axis="y", length=0, labelsize=SMALL_POINTS)
    right.spines[:].set_visible(False)
    figure.legend(loc="outside upper left", ncols=3)
    rows = [
        WORDS.say("alt.row", pair=pair_told(pair), **{step: pair.estimates[step][0] for step in STEPS})
        for pair in chosen
    ]
    exposures = [indicator(name) for name in dict.fromkeys(pair.exposure for pair in chosen)]
    steps = [
        WORDS.say("caption.pairs.step", step=step_of(entry), exposure=entry.phrase) for entry in exposures
    ]
    names = dict.fromkeys(name for pair in chosen for name in (pair.exposure, pair.outcome))
    return Chart(
        figure,
        WORDS.say("caption.pairs", finding=_finding(chosen), n_shown=len(chosen), steps=steps),
        WORDS.say("alt.pairs", rows=rows),
        source_line([indicator(name).id for name in names]),
    )


def _finding(chosen: Sequence[ChangedPair]) -> str:
    """Say whether the pairs that changed most did so because years were added or because figures were revised."""
    n_new = sum(pair.why == "new years" for pair in chosen)
    if n_new == len(chosen):
        return WORDS.say("finding.new")
    if all(pair.why == "revised figures" for pair in chosen):
        return WORDS.say("finding.revised")
    return WORDS.say("finding.mixed", n_shown=len(chosen), n_new=n_new)


def _then_and_now(pair: ChangedPair) -> str:
    values = moved(pair, THEN, NOW)
    unit = "" if values["unit"] == POINTS else f" {values['unit']}"
    return WORDS.say("then_and_now", then=values[THEN], now=values[NOW], digits=values["digits"], unit=unit)
