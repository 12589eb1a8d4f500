"""The rule: what the figures show of a claim, and what follows for it. Tried on planted truths before it is believed.

It reads one pooled effect, in units whose positive side is the claimed one, the range over what isn't known, and the claim's
gates. It works on many data sets at once, the data's own being one, so that the rule that judges is the rule that was tried.
``telling`` has it in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import Field

from analysis.files.entries import Entry, Number, worded

from .synthesis import Pooled, View, pooled

Shows = Literal[
    "as claimed", "opposite", "negligible", "nothing as claimed", "mixed", "too uncertain", "no figures"
]
Verdict = Literal[
    "supported", "contradicted", "not supported", "unresolved", "not identified", "not testable", "unscored"
]
Strength = Literal["strong", "moderate", "weak", "none"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

MAIN, LEAD, TRENDS, DIFFERENCE = "main", "lead", "trends", "main less trends"
READ_BY_GATES = (MAIN, LEAD, TRENDS, DIFFERENCE)
"""The effect itself, and the views that gates read; other names are of the range, or of vintages."""
VINTAGE = "vintage"
"""Views whose name begins so are of figures as they were published earlier: a matter of stability, not of the range."""
WITHHELD, CORRECTED = "withheld", "corrected"
WIDENING = (WITHHELD, CORRECTED)
"""Views of the range whose name begins so (worst cases over withheld counts, figures set right by a few hand codes) widen
what can't be excluded, and decide nothing else."""
CARRIED_ON = "carried on: the line of the years before"
"""The view of what follows an event beside that line. With few events a gate alone would let a trend pass for an effect, so
that an effect must be clear in it too, with the probability that is asked of what is excluded."""
_FOLLOWS: Mapping[Shows, Verdict] = {
    "as claimed": "supported",
    "opposite": "contradicted",
    "negligible": "not supported",
    "nothing as claimed": "not supported",
    "mixed": "unresolved",
    "too uncertain": "unresolved",
}


def in_range(view: str) -> bool:
    """Return whether a view, by its name, is of the range over what isn't known."""
    return view not in READ_BY_GATES and not view.startswith(VINTAGE)


_Sure = Annotated[Number, Field(gt=0.5, lt=1), worded("a probability above 0.5 and below 1")]
_Probability = Annotated[Number, Field(gt=0, lt=1), worded("a probability between 0 and 1")]
_Positive = Annotated[Number, Field(gt=0), worded("a number above 0")]


@dataclass(frozen=True)
class Rule(Entry):
    """Thresholds, all of them probabilities but the last two.

    ``clear``: that the effect is on one side. ``beyond``: that it is beyond the smallest that matters there.
    ``excluded``: that it isn't, over the whole range. ``gate``: at which a lead, or a loss to authorities' own trends, is
    clear. ``lead_share``: of the effect that a lead must reach to fail the claim. ``prior_spread``: scale of the
    prior on how far outcomes' effects lie apart, in units of the smallest that matters. A threshold that no result, or any,
    would meet is refused where the rule is read.
    """

    clear: _Sure
    beyond: _Probability
    excluded: _Sure
    gate: _Sure
    lead_share: _Positive
    prior_spread: _Positive


@dataclass(frozen=True)
class Decision:
    """What the rule says of d data sets, arrays (d,) of words; ``failed`` has a boolean array by gate that reads figures."""

    shows: np.ndarray
    verdicts: np.ndarray
    failed: Mapping[str, np.ndarray]
    effect: Pooled


def decide(views: Mapping[str, View], smallest: float, rule: Rule, failed: bool = False) -> Decision:
    """Return what the figures show, and the verdict, in each data set.

    ``views``: ``main``, what the gates read where the claim has them, and the range under other names. ``failed``: a gate
    that reads no figures has failed. An effect is ``as claimed`` where its sign is clear, it is beyond the smallest that
    matters with the probability asked for, and no outcome goes clearly the other way; ``opposite`` likewise; ``negligible``
    where effects beyond the smallest on either side are excluded in every view of the range; ``nothing as claimed`` where
    those on the claimed side are. The sign of an effect must also be that of every view of the range but the worst
    cases over withheld counts: what turns with the window or the rows is no finding.
    """
    effect = pooled(views[MAIN], rule.prior_spread * smallest)
    shows = _shown(views, effect, smallest, rule)
    gates = _gates(views, effect, smallest, rule)
    verdicts = np.array([_FOLLOWS[shown] for shown in shows], dtype=object)
    stopped = np.full(len(shows), failed)
    for fails in gates.values():
        stopped |= fails
    verdicts[stopped] = "not identified"
    return Decision(shows, verdicts, gates, effect)


def _shown(views: Mapping[str, View], effect: Pooled, smallest: float, rule: Rule) -> np.ndarray:
    positive, negative = (_stands(views, effect, smallest, rule, side) for side in (1, -1))
    main = views[MAIN]
    errors = np.sqrt(np.diagonal(main.covariance, axis1=1, axis2=2))
    apart = [
        ((side * main.estimates > 2.576 * errors) & (side * main.estimates > smallest)).any(axis=1)
        for side in (1, -1)
    ]
    above, below = _excluded(views, effect, smallest, rule)
    shows = np.full(len(positive), "too uncertain", dtype=object)
    shows[above] = "nothing as claimed"
    shows[above & below] = "negligible"
    shows[apart[0] & apart[1]] = "mixed"
    shows[positive & ~apart[1]] = "as claimed"
    shows[negative & ~apart[0]] = "opposite"
    return shows


def _stands(views: Mapping[str, View], effect: Pooled, smallest: float, rule: Rule, side: int) -> np.ndarray:
    """Return whether the effect is clearly on a side (1 claimed, −1 other), beyond the smallest there, and never turns."""
    clear, beyond = effect.beyond(0.0), effect.beyond(side * smallest)
    if side < 0:
        clear, beyond = 1 - clear, 1 - beyond
    stands = (clear >= rule.clear) & (beyond >= rule.beyond)
    for name, view in views.items():
        if not in_range(name) or name.startswith(WIDENING):
            continue
        other = pooled(view, rule.prior_spread * smallest)
        stands &= side * other.estimate > 0
        if name == CARRIED_ON:
            above = other.beyond(0.0)
            stands &= (above if side > 0 else 1 - above) >= rule.excluded
    return stands


def _excluded(
    views: Mapping[str, View], effect: Pooled, smallest: float, rule: Rule
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether effects beyond the smallest are excluded on the claimed side, and on the other, over the range."""
    prior = rule.prior_spread * smallest
    every = [effect, *(pooled(view, prior) for name, view in views.items() if in_range(name))]
    above = np.all([1 - view_effect.beyond(smallest) >= rule.excluded for view_effect in every], axis=0)
    below = np.all([view_effect.beyond(-smallest) >= rule.excluded for view_effect in every], axis=0)
    return above, below


def _gates(views: Mapping[str, View], effect: Pooled, smallest: float, rule: Rule) -> dict[str, np.ndarray]:
    """Return which data sets fail the gates that read figures: a lead as large, and a loss to authorities' own trends."""
    gates = {}
    prior = rule.prior_spread * smallest
    if LEAD in views:
        lead = pooled(views[LEAD], prior)
        sides = lead.beyond(0.0)
        clear = np.maximum(sides, 1 - sides) >= rule.gate
        large = np.abs(lead.estimate) >= rule.lead_share * np.maximum(np.abs(effect.estimate), smallest)
        gates[LEAD] = clear & large
    if TRENDS in views:
        kept, lost = pooled(views[TRENDS], prior), pooled(views[DIFFERENCE], prior)
        side = np.sign(effect.estimate)
        clear = np.where(side > 0, lost.beyond(0.0), 1 - lost.beyond(0.0)) >= rule.gate
        stays = np.where(side > 0, kept.beyond(0.0), 1 - kept.beyond(0.0)) >= rule.clear
        gates[TRENDS] = clear & ~stays
    return gates
