"""How often the rule gives each verdict under planted truths: power curves, false verdicts, the whole table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.claims.calibration import Calibrated
from analysis.claims.rule import VERDICTS
from analysis.errors import DataError
from analysis.inspections.measuring.measures import wilson
from analysis.showing.theme import (
    BETTER,
    ENGLAND,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    OTHER,
    new_figure,
    style_axes,
    themed,
)
from publishing.display import Chart, Table

from .words import WORDS

SOURCE = "the figures in place, with truths planted in them"
_EFFECTS = ("nothing", "at-once", "break", "associated")
_STYLES = tuple(
    (colour, line) for line in ("-", "--", ":", "-.") for colour in (ENGLAND, HIGHLIGHT, INK, OTHER, NEUTRAL)
)


@themed
def power_curves(found: Sequence[Calibrated], smallest: Mapping[str, float]) -> Chart:
    """Draw, for each claim, how often it is called supported over the size of a true effect, in units of the smallest.

    ``smallest``: the smallest effect that matters, by claim. Raises DataError where no truth is an effect.
    """
    curves = {}
    for claim in dict.fromkeys(one.claim for one in found):
        own = sorted(
            (one for one in found if one.claim == claim and one.truth.kind in _EFFECTS),
            key=lambda one: one.truth.size,
        )
        if len(own) > 1:
            curves[claim] = own
    if not curves:
        raise DataError("no claim was tried on truths of several sizes: there is no curve to draw")
    figure = new_figure(height_cm=9.5)
    axes = figure.subplots()
    style_axes(axes, "y")
    for (claim, own), (colour, line) in zip(curves.items(), _STYLES, strict=False):
        steps = [one.truth.size / smallest[claim] for one in own]
        shares = [100 * one.share("supported") for one in own]
        axes.plot(steps, shares, line, color=colour, marker="o", markersize=2.5, linewidth=1.1, label=claim)
    axes.axhline(95, color=BETTER, linewidth=0.6, linestyle=":")
    axes.set_ylim(-2, 102)
    axes.set_ylabel("called supported, % of draws")
    axes.set_xlabel("size of the true effect, in units of the smallest that matters")
    figure.legend(loc="outside right upper", ncols=1)
    able = [claim for claim, own in curves.items() if own[-2].share("supported") >= 0.9]
    caption = WORDS.say("caption.power", n_able=len(able), n_claims=len(curves))
    alt = WORDS.say("alt.power", claims=[_curve_alt(claim, tried) for claim, tried in curves.items()])
    return Chart(figure, caption, alt, SOURCE)


def _curve_alt(claim: str, tried: Sequence[Calibrated]) -> str:
    shares = [
        WORDS.say("alt.power.share", size=one.truth.size, share=one.share("supported")) for one in tried
    ]
    return WORDS.say("alt.power.claim", claim=claim, shares=shares)


def false_verdicts_table(found: Sequence[Calibrated]) -> Table:
    """Return a row a claim and truth under which nothing is as claimed: false verdicts with Wilson's interval."""
    rows = []
    for one in found:
        if one.truth.is_effect and one.truth.kind != "nothing":
            continue
        n = one.counts.get("supported", 0) + one.counts.get("contradicted", 0)
        low, high = wilson(np.array([n]), np.array([one.n_draws]))
        rows.append(
            {
                "Claim": one.claim,
                "Truth": one.truth.words,
                "Supported or contradicted": f"{n / one.n_draws:.1%} ({100 * low[0]:.1f} to {100 * high[0]:.1f})",
                "Draws": one.n_draws,
            }
        )
    return Table(
        pd.DataFrame(rows, columns=["Claim", "Truth", "Supported or contradicted", "Draws"]),
        WORDS.say("caption.false"),
        SOURCE,
        note=WORDS.say("note.false"),
        align_right=("Supported or contradicted",),
    )


def verdicts_table(found: Sequence[Calibrated]) -> Table:
    """Return a row a claim and truth: the share of each verdict, the mean estimate and how often intervals held it."""
    kept = [verdict for verdict in VERDICTS if any(one.counts.get(verdict) for one in found)]
    rows = [
        {
            "Claim": one.claim,
            "Truth": one.truth.words,
            **{verdict.capitalize(): f"{one.share(verdict):.0%}" for verdict in kept},
            "Estimate": f"{one.mean_estimate:.2f}".replace("-", "−"),
            "Held": "–" if one.coverage is None else f"{one.coverage:.0%}",
        }
        for one in found
    ]
    return Table(
        pd.DataFrame(rows),
        "Verdicts under each truth, % of draws",
        SOURCE,
        note=WORDS.say("note.verdicts"),
        align_right=(*(verdict.capitalize() for verdict in kept), "Estimate", "Held"),
    )
