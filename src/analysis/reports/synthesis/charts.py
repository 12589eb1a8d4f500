"""One estimate for each claim: effects with their intervals, outcomes in natural units, gates, and the range."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.claims.judging import JudgedClaim
from analysis.claims.rule import VERDICTS, Verdict
from analysis.claims.synthesis import pooled
from analysis.claims.telling import amount_in_words
from analysis.errors import DataError
from analysis.showing.numbers import interval, number, with_interval, wrapped
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

from .words import WORDS

SOURCE = "the official figures and inspection reports in data/raw, as each claim's trail names them"
REACH = 5.0
"""Effects are drawn up to this many times the smallest that matters; an arrow shows that they go on."""
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
    """Draw each claim's pooled effect in units of the smallest that matters, by verdict, failed gates marked.

    What lies beyond the axis ends in an arrow at its edge; no point is moved. Raises DataError where there is no claim.
    """
    if not claims:
        raise DataError("no claims to draw")
    groups = [(one, [claim for claim in claims if claim.verdict == one]) for one in VERDICTS]
    groups = [(verdict, found) for verdict, found in groups if found]
    height = sum(len(found) for _, found in groups) + 1.1 * len(groups)
    figure = new_figure(height_cm=min(21.5, 2.6 + 0.72 * height))
    axes = figure.subplots()
    style_axes(axes, "x")
    axes.axvspan(-1, 1, color=BAND, linewidth=0)
    axes.axvline(0, color=INK, linewidth=0.8)
    place, ticks, labels = 0.0, [], []
    for verdict, found in groups:
        axes.text(
            -REACH, place, WORDS.say(f"group.{verdict.replace(' ', '-')}"), va="center", fontweight="bold"
        )
        place += 1
        for claim in found:
            _draw(axes, place, claim)
            ticks.append(place)
            labels.append(f"{claim.claim.id}  {wrapped(claim.claim.claim, 50)}")
            place += 1
        place += 0.1
    axes.set_yticks(ticks, labels)
    axes.set_ylim(place - 0.4, -0.6)
    axes.set_xlim(-REACH - 0.2, REACH + 0.2)
    axes.set_xlabel("← opposite        as claimed →\n(times the smallest effect that matters)")
    handles = [
        Line2D([], [], color=BETTER, marker="o", linewidth=1.6, markersize=4, label="effect, 95% interval"),
        Line2D([], [], color=OTHER, linewidth=0.7, label="range over what isn’t known"),
        Line2D([], [], color=WORSE, marker="x", linestyle="", markersize=5, label="fails a gate"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    counts = [
        WORDS.say("caption.forest.count", n_claims=len(found), verdict=verdict) for verdict, found in groups
    ]
    alt = WORDS.say("alt.forest", claims=[_effect_alt(claim) for claim in claims])
    return Chart(figure, WORDS.say("caption.forest", counts=counts), alt, SOURCE)


def _effect_alt(claim: JudgedClaim) -> str:
    said = {"claim": claim.claim.id, "verdict": claim.verdict}
    if claim.effect is None:
        return WORDS.say("alt.forest.claim", **said)
    return WORDS.say("alt.forest.effect", **said, estimate=claim.effect.estimate)


def _draw(axes: Axes, place: float, claim: JudgedClaim) -> None:
    if claim.effect is None:
        axes.text(0, place, "no figures", ha="center", va="center", fontsize=SMALL_POINTS, color=NEUTRAL)
        return
    colour, marker = LOOK[claim.verdict]
    found, unit = claim.effect, claim.effect.smallest
    for low, high, line, shade in (
        (found.range_low, found.range_high, 0.7, OTHER), (found.conf_low, found.conf_high, 1.6, colour),
    ):  # fmt: skip
        low, high = low / unit, high / unit
        axes.hlines(place, max(low, -REACH), min(high, REACH), color=shade, linewidth=line)
        for value, edge, arrow in ((low, -REACH, "<"), (high, REACH, ">")):
            if abs(value) > REACH and np.sign(value) == np.sign(edge):
                axes.plot(edge, place, arrow, color=shade, markersize=3.5, clip_on=False)
    if abs(found.estimate / unit) <= REACH:
        axes.plot(found.estimate / unit, place, marker, color=colour, markersize=4)
    if claim.failed_gates:
        axes.plot(REACH + 0.1, place, "x", color=WORSE, markersize=5, clip_on=False)


def effects_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim with an effect: estimate, interval, probabilities, range, rows, and the verdict."""
    rows = [
        {
            "Claim": claim.claim.id,
            "Effect (95% interval)": with_interval(*claim.effect.with_limits, 2),
            "Smallest": number(claim.effect.smallest, 2),
            "As claimed": f"{claim.effect.probability_beyond:.0%}",
            "Opposite": f"{claim.effect.probability_opposite:.0%}",
            "Range": interval(claim.effect.range_low, claim.effect.range_high),
            "Rows": f"{claim.evidence.n_observations:,}",
            "Verdict": claim.verdict,
        }
        for claim in claims
        if claim.effect and claim.evidence
    ]
    return Table(
        pd.DataFrame(rows),
        WORDS.say("caption.effects"),
        SOURCE,
        note=WORDS.say("note.effects"),
        align_right=("Effect (95% interval)", "Smallest", "As claimed", "Opposite", "Range", "Rows"),
    )


def outcomes_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim and outcome: its own effect in natural units, drawn towards the claim's other outcomes."""
    rows = [
        {
            "Claim": one.claim.id,
            "Outcome": part["label"],
            "With the exposure a step higher": amount_in_words(part),
            "Years": f"{part['years'][0]} to {part['years'][1]}" if part["years"][0] else "–",
            "n": f"{part['n_observations']:,}",
        }
        for one in claims
        if one.effect
        for part in one.effect.by_outcome
    ]
    return Table(
        pd.DataFrame(rows),
        "Each outcome in natural units",
        SOURCE,
        note=WORDS.say("note.outcomes"),
        align_right=("n",),
    )


def gates_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim and gate: whether it holds, and what says so."""
    rows = [
        {
            "Claim": one.claim.id,
            "Gate": gate.name,
            "Holds": {True: "yes", False: "no", None: "can’t be asked"}[gate.holds],
            "What says so": gate.says,
        }
        for one in claims
        for gate in one.gates
    ]
    return Table(pd.DataFrame(rows), WORDS.say("caption.gates"), SOURCE)


def range_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim and view: the pooled effect in other rows, windows and worst cases."""
    rows = []
    for claim in claims:
        if claim.evidence is None or claim.effect is None:
            continue
        prior = claim.rule.prior_spread * claim.effect.smallest
        for name, view in claim.evidence.range_views.items():
            rows.append(
                {
                    "Claim": claim.claim.id,
                    "View": name,
                    "Effect (95% interval)": with_interval(*pooled(view, prior).interval.with_limits, 2),
                }
            )
    return Table(
        pd.DataFrame(rows, columns=["Claim", "View", "Effect (95% interval)"]),
        "The same effect asked otherwise",
        SOURCE,
        align_right=("Effect (95% interval)",),
    )
