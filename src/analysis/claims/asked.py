"""What is asked of verdicts under planted truths, where a claim about figures falls short of it, and what keeps it there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.inspections.measuring.measures import wilson
from analysis.showing.numbers import listed, number

from .estimand import Estimand
from .evidence import Evidence
from .rule import DIFFERENCE, LEAD, TRENDS, Rule, Verdict
from .synthesis import pooled

_EFFECTS = ("at-once", "a-year-later", "spread")
_ONE_SIDED: tuple[Verdict, ...] = ("supported", "contradicted")
_GATES = {LEAD: "by next year's exposure", TRENDS: "by authorities' own trends"}


@dataclass(frozen=True)
class Asked:
    """How often some verdicts must come out under truths of some kinds: ``limit`` at least, or at most.

    ``steps``: the size of the truth in units of the smallest effect that matters; None: any.
    """

    kinds: tuple[str, ...]
    steps: float | None
    verdicts: tuple[Verdict, ...]
    limit: float
    is_least: bool = False


ASKED = (
    Asked(("nothing",), None, _ONE_SIDED, 0.05),
    Asked(_EFFECTS, 1.5, ("supported",), 0.8, is_least=True),
    Asked(_EFFECTS, 2.0, ("supported",), 0.95, is_least=True),
    Asked(_EFFECTS, 2.0, ("contradicted",), 0.025),
    Asked(_EFFECTS, 2.0, ("not supported",), 0.025),
    Asked(("reversed", "shared-trend"), None, _ONE_SIDED, 0.05),
)
"""What verdicts on claims about figures within authorities must do. That a larger effect is never less often supported isn't
among it: it is no matter of one truth."""


@dataclass(frozen=True)
class Unmet:
    """A cell that a claim doesn't meet: the truths that gave it (with one share), the share, and Wilson's 95% interval."""

    asked: Asked
    truths: tuple[str, ...]
    share: float
    low: float
    high: float
    entry: Mapping[str, Any]

    @property
    def is_chance(self) -> bool:
        """Whether so many draws can't tell the share from what is asked."""
        return self.low <= self.asked.limit <= self.high


def unmet(entries: Sequence[Mapping[str, Any]], estimand: Estimand) -> tuple[Unmet, ...]:
    """Return the cells that a claim's calibration (``Calibrated.as_dict``) doesn't meet; none for other designs."""
    if estimand.design != "within authorities":
        return ()
    found: dict[tuple[Asked, float], Unmet] = {}
    for asked in ASKED:
        for entry in entries:
            kind, _, size = entry["truth"].partition(":")
            if kind not in asked.kinds or not _is_of(asked, size, estimand.smallest):
                continue
            n = entry["n_draws"]
            count = round(n * sum(entry["shares"].get(verdict, 0.0) for verdict in asked.verdicts))
            share = count / n
            if share >= asked.limit if asked.is_least else share <= asked.limit:
                continue
            low, high = wilson(np.array([count]), np.array([n]))
            before = found.get((asked, share))
            truths = (*(before.truths if before else ()), entry["words"])
            found[asked, share] = Unmet(
                asked=asked, truths=truths, share=share, low=float(low[0]), high=float(high[0]), entry=entry
            )
    return tuple(found.values())


def _is_of(asked: Asked, size: str, smallest: float) -> bool:
    return asked.steps is None or bool(np.isclose(float(size), asked.steps * smallest))


def unmet_in_words(
    entries: Sequence[Mapping[str, Any]], estimand: Estimand, evidence: Evidence, rule: Rule
) -> list[str]:
    """Return a sentence or two for each cell that a claim doesn't meet: the share, what is asked, and what keeps it there.

    All numbers are of ``entries`` (``Calibrated.as_dict``) and of the claim's own evidence.
    """
    cells = unmet(entries, estimand)
    return [f"{_shortfall(one)} {_why(one, entries, estimand, evidence, rule)}" for one in cells]


def _shortfall(one: Unmet) -> str:
    n, side = one.entry["n_draws"], "at least" if one.asked.is_least else "at most"
    chance = f", which {n:,} draws can't tell from it" if one.is_chance else ""
    return (
        f"{listed(one.truths)}: {' or '.join(one.asked.verdicts)} in {one.share:.1%} of {n:,} draws "
        f"({100 * one.low:.1f} to {100 * one.high:.1f}), where {side} {100 * one.asked.limit:g}% is asked{chance}."
    )


def _why(
    one: Unmet, entries: Sequence[Mapping[str, Any]], estimand: Estimand, evidence: Evidence, rule: Rule
) -> str:
    rows = (
        f"{evidence.n_observations:,} rows of {evidence.n_authorities} authorities, "
        f"{evidence.first_year} to {evidence.last_year}"
    )
    stopped = _stopped(one.entry)
    if one.asked.is_least:
        errors = estimand.smallest * (one.asked.steps or 0) / one.entry["mean_error"]
        unresolved = one.entry["shares"].get("unresolved", 0.0)
        return (
            f"The effect's error is {number(one.entry['mean_error'], 3)}, from {rows}: such an effect is {errors:.1f} of "
            "them. "
            f"{unresolved:.1%} of draws are unresolved{stopped and f', and gates stop {stopped}, by chance'}. "
            f"{_reached(one.asked, entries)}"
        )
    if DIFFERENCE in evidence.views and one.asked.kinds != ("nothing",):
        lost = pooled(evidence.views[DIFFERENCE], rule.prior_spread * estimand.smallest)
        years = evidence.last_year - evidence.first_year + 1
        return (
            f"Gates see it{stopped and f' in {stopped}'}, and no more often: with {rows}, what an effect owes to a line "
            f"over {years} years is known with an error of {number(float(lost.error[0]), 3)}."
        )
    coverage = one.entry["coverage"]
    held = "" if coverage is None else f", and its 95% interval holds the truth in {coverage:.1%} of draws"
    return f"The effect's error is {number(one.entry['mean_error'], 3)}, from {rows}{held}."


def _stopped(entry: Mapping[str, Any]) -> str:
    """Say in which share of draws each gate failed; nothing where that isn't on record, or none did."""
    return listed(
        [
            f"{share:.1%} {_GATES.get(gate, gate)}"
            for gate, share in (entry.get("stopped") or {}).items()
            if share
        ]
        or [""]
    )


def _reached(asked: Asked, entries: Sequence[Mapping[str, Any]]) -> str:
    """Say at which size of an effect at once, among those tried, what is asked is reached."""
    sizes = sorted(
        float(entry["truth"].partition(":")[2])
        for entry in entries
        if entry["truth"].startswith("at-once:") and entry["shares"].get("supported", 0.0) >= asked.limit
    )
    if not sizes:
        return f"No effect that was tried reaches {100 * asked.limit:g}%."
    return f"An effect of {sizes[0]:g} reaches {100 * asked.limit:g}%."
