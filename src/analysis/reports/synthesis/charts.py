"""The effect behind each claim: all of them as one picture, outcomes in natural units, and estimates made otherwise."""

from collections.abc import Sequence
from math import exp

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.claims.judging import Effect, JudgedClaim
from analysis.claims.rule import VERDICTS, Verdict
from analysis.claims.telling import (
    LOG_ODDS,
    VERDICT_LABELS,
    amount_in_words,
    label_in_words,
    seen_outcomes,
)
from analysis.errors import DataError
from analysis.showing.numbers import number, upper_first, with_interval
from analysis.showing.theme import (
    BAND,
    BETTER,
    INK,
    NEUTRAL,
    OTHER,
    SMALL_POINTS,
    WORSE,
    new_figure,
    style_axes,
    themed,
)
from publishing.display import Chart, Table

from .words import WORDS, other_estimates, view_in_words

SOURCE = "the official figures and inspection reports that each claim's trail names"
REACH = 5.0
"""Effects are drawn up to this many times the smallest that matters; an arrow shows that they go on."""
_SMALLEST_AT, _TIMES_AT = 4.0, 52.0
"""Where the columns of numbers begin, in points right of the axis."""
LOOK: dict[Verdict, tuple[str, str]] = {
    "supported": (BETTER, "o"),
    "contradicted": (WORSE, "X"),
    "not supported": (INK, "s"),
    "unresolved": (OTHER, "D"),
    "not identified": (NEUTRAL, "P"),
}
"""Colour and marker of a verdict."""


@themed
def effects_forest(claims: Sequence[JudgedClaim]) -> Chart:
    """Draw each claim's effect over all its outcomes in units of the smallest that matters, by verdict.

    Claims without figures are left out. What lies beyond the axis ends in an arrow at its edge; no point is moved. Raises
    DataError where no claim has an effect.
    """
    measured = [claim for claim in claims if claim.effect]
    if not measured:
        raise DataError("no claims with figures to draw")
    groups = {verdict: [claim for claim in measured if claim.verdict == verdict] for verdict in VERDICTS}
    groups = {verdict: group for verdict, group in groups.items() if group}
    figure = new_figure(height_cm=1.3 + 0.35 * (len(measured) + len(groups)))
    axes = figure.subplots()
    style_axes(axes, "x")
    axes.axvspan(-1, 1, color=BAND, linewidth=0)
    axes.axvline(0, color=INK, linewidth=0.8)
    place, ticks, labels, headings = 0, [], [], []
    for verdict, group in groups.items():
        headings.append(place)
        ticks.append(place)
        labels.append(upper_first(VERDICT_LABELS[verdict]))
        place += 1
        for claim in group:
            _draw(axes, place, claim)
            ticks.append(place)
            labels.append(label_in_words(claim.claim.id, claim.claim.in_short))
            place += 1
    axes.set_yticks(ticks, labels)
    for tick, label in zip(ticks, axes.get_yticklabels(), strict=True):
        label.set(fontweight="bold" if tick in headings else "normal", fontsize=SMALL_POINTS)
    axes.tick_params(axis="y", length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(place - 0.4, -0.6)
    axes.set_xlim(-REACH - 0.5, REACH + 0.5)
    axes.set_xlabel(WORDS.say("axis.forest"), fontsize=SMALL_POINTS)
    for x, head in ((_TIMES_AT, "head.times"), (_SMALLEST_AT, "head.smallest")):
        _beside(axes, x, 0, WORDS.say(head), "bold")
    caption = WORDS.say(
        "caption.forest",
        n_claims=len(measured),
        n_supported=sum(claim.verdict == "supported" for claim in measured),
        n_odds=sum(bool(claim.effect and LOG_ODDS in claim.effect.unit) for claim in measured),
    )
    alt = WORDS.say("alt.forest", claims=[_effect_alt(claim) for claim in measured])
    return Chart(figure, caption, alt, SOURCE)


def _beside(axes: Axes, x: float, place: int, text: str, weight: str = "normal") -> None:
    axes.annotate(
        text, (1, place), (x, 0), ("axes fraction", "data"), "offset points", va="center", fontsize=SMALL_POINTS,
        fontweight=weight,
    )  # fmt: skip


def _effect_alt(claim: JudgedClaim) -> str:
    said = {"claim": claim.claim.id, "verdict": claim.verdict}
    if claim.effect is None:
        return WORDS.say("alt.forest.claim", **said)
    return WORDS.say("alt.forest.effect", **said, estimate=claim.effect.estimate / claim.effect.smallest)


def _draw(axes: Axes, place: int, claim: JudgedClaim) -> None:
    assert claim.effect is not None
    colour, marker = LOOK[claim.verdict]
    effect, unit = claim.effect, claim.effect.smallest
    for low, high, width, shade in (
        (effect.range_low, effect.range_high, 0.7, OTHER), (effect.conf_low, effect.conf_high, 1.8, colour),
    ):  # fmt: skip
        low, high = low / unit, high / unit
        axes.hlines(place, max(low, -REACH), min(high, REACH), color=shade, linewidth=width)
        for value, edge, arrow in ((low, -REACH, "<"), (high, REACH, ">")):
            if abs(value) > REACH and np.sign(value) == np.sign(edge):
                axes.plot(edge, place, arrow, color=shade, markersize=3.5, clip_on=False)
    if abs(effect.estimate / unit) <= REACH:
        axes.plot(effect.estimate / unit, place, marker, color=colour, markersize=4.5)
    _beside(
        axes,
        _TIMES_AT,
        place,
        with_interval(effect.estimate / unit, effect.conf_low / unit, effect.conf_high / unit, 1),
    )
    _beside(axes, _SMALLEST_AT, place, _smallest(effect))


def _smallest(effect: Effect) -> str:
    if LOG_ODDS in effect.unit:
        return WORDS.say("smallest.odds", smallest=exp(effect.smallest))
    return WORDS.say("smallest", smallest=effect.smallest)


def outcomes_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim and outcome: its own estimate in natural units, before outcomes are averaged.

    What the exposure's step is stands in the first row of each claim.
    """
    rows = [
        {
            "Claim": claim.claim.id,
            "Where or when": claim.effect.exposure if place == 0 else "",
            "Outcome": upper_first(outcome.facts.label),
            **_in_two_columns(amount_in_words(outcome)),
        }
        for claim in claims
        if claim.effect
        for place, outcome in enumerate(seen_outcomes(claim))
    ]
    columns = ["Claim", "Where or when", "Outcome", "Difference", "95% interval"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        WORDS.say("caption.outcomes"),
        SOURCE,
        note=WORDS.say("note.outcomes"),
    )


def _in_two_columns(amount: str) -> dict[str, str]:
    """Return an amount and its interval apart: they stand under headings of their own."""
    difference, _, limits = amount.removeprefix("an ").partition(" (95% interval ")
    return {"Difference": difference, "95% interval": limits.removesuffix(")")}


def range_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim: its effect, and the lowest and highest of those for other choices, with what was chosen."""
    rows = []
    for claim in claims:
        others = other_estimates(claim)
        if claim.effect is None or not others:
            continue
        lowest = min(others, key=lambda name: others[name][0])
        highest = max(others, key=lambda name: others[name][0])
        rows.append(
            {
                "Claim": claim.claim.id,
                "Effect": number(claim.effect.estimate, 2),
                "Ways": str(len(others)),
                "Lowest": f"{number(others[lowest][0], 2)} ({view_in_words(lowest)})",
                "Highest": f"{number(others[highest][0], 2)} ({view_in_words(highest)})",
            }
        )
    columns = ["Claim", "Effect", "Ways", "Lowest", "Highest"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        WORDS.say("caption.range"),
        SOURCE,
        note=WORDS.say("note.range"),
        align_right=("Effect", "Ways"),
    )
