"""How often the rule gives each verdict under planted truths: what it recognises, what misleads it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.claims.calibration import Calibrated, Subject
from analysis.claims.telling import label_in_words
from analysis.errors import DataError
from analysis.showing.numbers import MISSING, percent
from analysis.showing.theme import BETTER, NEUTRAL, SMALL_POINTS, WORSE, new_figure, style_axes, themed
from publishing.display import Chart, Table

from .study import (
    CONFOUNDED,
    EFFECTS,
    LEAST_FOUND,
    MOST_FALSE,
    TOLD,
    effect_tried,
    false_share,
    limits_of,
    nothing_tried,
    verdict_spreads,
)
from .words import WORDS, compared_in_words, spread_in_words, what_would_matter

SOURCE = "this project’s trials: official figures and reports in which effects of known size, or none, were planted"
_STEPS = {0.5: "Half", 1.0: "Smallest", 1.5: "1.5 times", 2.0: "Twice", 3.0: "3 times"}
"""Sizes of a true effect in units of the smallest that matters, and what heads their columns."""


@themed
def recognition_chart(
    calibrated: Sequence[Calibrated], smallest: Mapping[str, float], names: Mapping[str, str]
) -> Chart:
    """Draw, for each claim, how often a true effect was recognised and how often nothing was taken for something.

    ``smallest`` and ``names`` have the smallest effect that matters, and the claim in a few words, by identifier. Raises
    DataError where no claim was tried on an effect of twice the smallest and on nothing.
    """
    nothing, twice = nothing_tried(calibrated), effect_tried(calibrated, smallest)
    once = effect_tried(calibrated, smallest, 1)
    claims = sorted(
        nothing.keys() & twice.keys(), key=lambda claim: (-twice[claim].share("supported"), claim)
    )
    if not claims:
        raise DataError("no claim was tried both on nothing and on an effect: there is nothing to draw")
    figure = new_figure(height_cm=max(3.2, 2.1 + 0.37 * len(claims)))
    axes = figure.subplots()
    style_axes(axes, "x")
    for limit, told, side in ((MOST_FALSE, "aim.most", "left"), (LEAST_FOUND, "aim.least", "right")):
        axes.axvline(100 * limit, color=NEUTRAL, linewidth=1.0, linestyle=(0, (3, 2)), zorder=0)
        axes.annotate(
            WORDS.say(told, limit=limit), (100 * limit, -0.85), color=NEUTRAL, fontsize=SMALL_POINTS, ha=side,
            va="center", xytext=(3 if side == "left" else -3, 0), textcoords="offset points",
        )  # fmt: skip
    for place, claim in enumerate(claims):
        _draw_share(axes, place, false_share(nothing[claim]), nothing[claim].n_draws, WORSE, "x")
        if claim in once:
            share = once[claim].share("supported")
            _draw_share(axes, place, share, once[claim].n_draws, BETTER, "o", fill="white")
        _draw_share(axes, place, twice[claim].share("supported"), twice[claim].n_draws, BETTER, "o")
    axes.set_yticks(range(len(claims)), [label_in_words(claim, names[claim]) for claim in claims])
    axes.set_ylim(len(claims) - 0.4, -1.4)
    axes.set_xlim(-2, 102)
    axes.tick_params(axis="y", length=0, labelsize=SMALL_POINTS)
    axes.set_xlabel(WORDS.say("axis.recognition"))
    handles = [
        Line2D([], [], color=WORSE, marker="x", linewidth=1.0, markersize=4, label=WORDS.say("key.false")),
        Line2D([], [], color=BETTER, marker="o", markerfacecolor="white", linewidth=0, markersize=4.5,
               label=WORDS.say("key.smallest")),
        Line2D([], [], color=BETTER, marker="o", linewidth=1.0, markersize=4, label=WORDS.say("key.power")),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper right", ncols=3)
    n_able = sum(twice[claim].share("supported") >= LEAST_FOUND for claim in claims)
    caption = WORDS.say(
        "caption.recognition",
        least_share=LEAST_FOUND,
        n_able=n_able,
        n_claims=len(claims),
        n_draws=twice[claims[0]].n_draws,
    )
    alt = [
        WORDS.say(
            "alt.recognition.claim",
            claim=claim,
            power=twice[claim].share("supported"),
            false_share=false_share(nothing[claim]),
        )
        for claim in claims
    ]
    return Chart(figure, caption, WORDS.say("alt.recognition", claims=alt), SOURCE)


def _draw_share(
    axes: Axes, place: int, share: float, n_draws: int, colour: str, marker: str, fill: str | None = None
) -> None:
    low, high = limits_of(share, n_draws)
    axes.hlines(place, 100 * low, 100 * high, color=colour, linewidth=1.0, zorder=1)
    axes.plot(100 * share, place, marker, color=colour, markersize=4.5, markerfacecolor=fill or colour)


def verdicts_table(calibrated: Sequence[Calibrated], smallest: Mapping[str, float]) -> Table:
    """Return a row a truth: how often claims got each verdict, as the median of claims with the lowest and the highest."""
    heads = {verdict: WORDS.say(f"verdict.{verdict.replace(' ', '-')}") for verdict in TOLD}
    spreads = verdict_spreads(calibrated, smallest)
    rows = [
        [WORDS.say(f"truth.{step:g}"), *(spread_in_words(shares[verdict]) for verdict in TOLD)]
        for step, shares in spreads.items()
    ]
    return Table(
        pd.DataFrame(rows, columns=["Truth", *heads.values()]),
        WORDS.say(
            "caption.verdicts",
            n_draws=min(tried.n_draws for tried in calibrated),
            n_claims=len({tried.claim for tried in calibrated}),
        ),
        SOURCE,
        note=WORDS.say("note.verdicts"),
        align_right=tuple(heads.values()),
    )


def sizes_table(calibrated: Sequence[Calibrated], smallest: Mapping[str, float]) -> Table:
    """Return a row a claim: how often it was called supported by the size of a true effect, and wrongly given a verdict."""
    nothing = nothing_tried(calibrated)
    rows = []
    for claim in dict.fromkeys(tried.claim for tried in calibrated):
        own = [tried for tried in calibrated if tried.claim == claim]
        misleading = [false_share(tried) for tried in own if tried.truth.kind in CONFOUNDED]
        row = {
            "Claim": claim,
            "Nothing": percent(false_share(nothing[claim])) if claim in nothing else MISSING,
            "Another reason": percent(max(misleading)) if misleading else MISSING,
        }
        for step, heading in _STEPS.items():
            shares = [
                tried.share("supported")
                for tried in own
                if tried.truth.kind in EFFECTS and np.isclose(tried.truth.size, step * smallest[claim])
            ]
            row[heading] = percent(shares[0]) if shares else MISSING
        rows.append(row)
    numbers = ("Nothing", "Another reason", *_STEPS.values())
    return Table(
        pd.DataFrame(rows, columns=["Claim", *numbers]),
        WORDS.say("caption.sizes"),
        SOURCE,
        note=WORDS.say("note.sizes"),
        align_right=numbers,
    )


def matters_table(subjects: Sequence[Subject]) -> Table:
    """Return a row a claim: what is compared, and how much of each outcome would matter, in natural units."""
    rows = [[subject.claim, compared_in_words(subject), what_would_matter(subject)] for subject in subjects]
    return Table(
        pd.DataFrame(rows, columns=["Claim", "Compared", "What would matter"]),
        WORDS.say("caption.matters"),
        WORDS.say("source.matters"),
        note=WORDS.say("note.matters"),
    )
