"""Pairs that moved most between two releases: then, from revised figures, and now."""

import numpy as np

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError
from analysis.showing.numbers import source_line, wrapped
from analysis.showing.theme import ENGLAND, INK, NEUTRAL, new_figure, number_axis, style_axes, themed
from publishing.display import Chart

from .study import NOW, REVISED, STEPS, THEN, ChangedPair, Changes
from .words import WORDS, pair_told

N_SHOWN = 10


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
    for step, marker in ((REVISED, "D"), (THEN, "s")):
        values = [_in_errors(pair, step)[0] for pair in chosen]
        fill = NEUTRAL if step == REVISED else "white"
        axes.plot(
            values, places, marker, color=NEUTRAL, markerfacecolor=fill, markersize=5, linestyle="none",
            label=WORDS.say(f"key.{step}"),
        )  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(places, [wrapped(pair_told(pair), 46) for pair in chosen])
    axes.set_ylim(len(chosen) - 0.5, -0.5)
    number_axis(axes.xaxis)
    axes.set_xlabel(wrapped(WORDS.say("axis.pairs"), 40))
    figure.legend(loc="outside upper left", ncols=3)
    rows = [
        WORDS.say("alt.row", pair=pair_told(pair), **{step: _in_errors(pair, step)[0] for step in STEPS})
        for pair in chosen
    ]
    names = dict.fromkeys(name for pair in chosen for name in (pair.exposure, pair.outcome))
    return Chart(
        figure,
        WORDS.say("caption.pairs", pair=pair_told(chosen[0]), moved=abs(chosen[0].moved)),
        WORDS.say("alt.pairs", rows=rows),
        source_line([indicator(name).id for name in names]),
    )


def _in_errors(pair: ChangedPair, step: str) -> tuple[float, float, float]:
    estimate, low, high = pair.estimates[step]
    return estimate / pair.error, low / pair.error, high / pair.error
