"""Pairs that moved most between two releases: then, from revised figures, and now."""

from collections.abc import Sequence

import numpy as np

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError
from analysis.showing.numbers import source_line, wrapped
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
CLEAR = 1.96
"""Standard errors beyond which a 95% interval leaves out zero."""
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
    now = [_in_errors(pair, NOW) for pair in chosen]
    axes.hlines(
        places, [low for _, low, _ in now], [high for _, _, high in now], color=ENGLAND, linewidth=1.4
    )
    axes.plot(
        [value for value, _, _ in now], places, "o", color=ENGLAND, markersize=5, label=WORDS.say("key.now")
    )
    for step, marker, fill, size in ((THEN, "s", "white", 8.5), (REVISED, "D", NEUTRAL, 4)):
        values = [_in_errors(pair, step)[0] for pair in chosen]
        axes.plot(
            values, places, marker, color=NEUTRAL, markerfacecolor=fill, markersize=size, linestyle="none",
            label=WORDS.say(f"key.{step}"),
        )  # fmt: skip
    for limit in (-CLEAR, CLEAR):
        axes.axvline(limit, color=NEUTRAL, linewidth=0.8, linestyle=":")
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
        WORDS.say("alt.row", pair=pair_told(pair), **{step: _in_errors(pair, step)[0] for step in STEPS})
        for pair in chosen
    ]
    names = dict.fromkeys(name for pair in chosen for name in (pair.exposure, pair.outcome))
    return Chart(
        figure,
        WORDS.say("caption.pairs", finding=_finding(chosen), n_shown=len(chosen)),
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


def _in_errors(pair: ChangedPair, step: str) -> tuple[float, float, float]:
    estimate, low, high = pair.estimates[step]
    return estimate / pair.error, low / pair.error, high / pair.error
