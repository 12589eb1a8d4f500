"""What is asked of verdicts under planted truths, where a claim about figures falls short of it, and what keeps it there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.findings.interval import IntervalEstimate
from analysis.inspections.measuring.measures import wilson
from analysis.showing.words import words_of

from .estimand import Estimand
from .evidence import Evidence
from .rule import DIFFERENCE, LEAD, TRENDS, Rule, Verdict
from .synthesis import pooled

_EFFECTS = ("at-once", "a-year-later", "spread")
_ONE_SIDED: tuple[Verdict, ...] = ("supported", "contradicted")
_GATES = {LEAD: "by next year's exposure", TRENDS: "by authorities' own trends"}


WORDS = words_of(__package__)


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
class Unmet(IntervalEstimate):
    """A cell that a claim doesn't meet: the share, with Wilson's 95% interval, and the truths that gave it."""

    asked: Asked
    truths: tuple[str, ...]
    entry: Mapping[str, Any]

    @property
    def is_chance(self) -> bool:
        """Whether so many draws can't tell the share from what is asked."""
        return not self.excludes(self.asked.limit)


def unmet(entries: Sequence[Mapping[str, Any]], estimand: Estimand) -> tuple[Unmet, ...]:
    """Return the cells that a claim's calibration (``Calibrated.as_dict``) doesn't meet; none for other designs."""
    if estimand.design != "within authorities":
        return ()
    cells: dict[tuple[Asked, float], Unmet] = {}
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
            before = cells.get((asked, share))
            truths = (*(before.truths if before else ()), entry["words"])
            cells[asked, share] = Unmet(
                asked, truths, entry, estimate=share, conf_low=float(low[0]), conf_high=float(high[0])
            )
    return tuple(cells.values())


def _is_of(asked: Asked, size: str, smallest: float) -> bool:
    return asked.steps is None or bool(np.isclose(float(size), asked.steps * smallest))


def unmet_in_words(
    entries: Sequence[Mapping[str, Any]], estimand: Estimand, evidence: Evidence, rule: Rule
) -> list[str]:
    """Return a sentence or two for each cell that a claim doesn't meet: the share, what is asked, and what keeps it there.

    All numbers are of ``entries`` (``Calibrated.as_dict``) and of the claim's own evidence.
    """
    return [
        WORDS.say("short", shortfall=_shortfall(cell), why=_why(cell, entries, estimand, evidence, rule))
        for cell in unmet(entries, estimand)
    ]


def _shortfall(cell: Unmet) -> str:
    side = "least" if cell.asked.is_least else "most"
    return WORDS.say(
        f"short.{side}.chance" if cell.is_chance else f"short.{side}",
        truths=cell.truths,
        verdicts=" or ".join(cell.asked.verdicts),
        share=cell.estimate,
        n_draws=cell.entry["n_draws"],
        low_percent=100 * cell.conf_low,
        high_percent=100 * cell.conf_high,
        limit_percent=100 * cell.asked.limit,
    )


def _why(
    cell: Unmet, entries: Sequence[Mapping[str, Any]], estimand: Estimand, evidence: Evidence, rule: Rule
) -> str:
    rows = WORDS.say(
        "short.rows",
        n_rows=evidence.n_observations,
        n_authorities=evidence.n_authorities,
        first_year=evidence.first_year,
        last_year=evidence.last_year,
    )
    stopped, error = _stopped(cell.entry), cell.entry["mean_error"]
    if cell.asked.is_least:
        return WORDS.say(
            "short.why.power.stopped" if stopped else "short.why.power",
            error=error,
            rows=rows,
            errors=estimand.smallest * (cell.asked.steps or 0) / error,
            unresolved=cell.entry["shares"].get("unresolved", 0.0),
            stopped=stopped,
            reached=_reached(cell.asked, entries),
        )
    if DIFFERENCE in evidence.views and cell.asked.kinds != ("nothing",):
        lost = pooled(evidence.views[DIFFERENCE], rule.prior_spread * estimand.smallest)
        return WORDS.say(
            "short.why.trend.stopped" if stopped else "short.why.trend",
            stopped=stopped,
            rows=rows,
            n_years=evidence.last_year - evidence.first_year + 1,
            error=float(lost.error[0]),
        )
    coverage = cell.entry["coverage"]
    told = "short.why.error" if coverage is None else "short.why.error.coverage"
    return WORDS.say(told, error=error, rows=rows, coverage=coverage)


def _stopped(entry: Mapping[str, Any]) -> list[str]:
    """Say in which share of draws each gate failed; nothing where that isn't on record, or none did."""
    return [
        WORDS.say("short.stopped", share=share, gate=_GATES.get(gate, gate))
        for gate, share in (entry.get("stopped") or {}).items()
        if share
    ]


def _reached(asked: Asked, entries: Sequence[Mapping[str, Any]]) -> str:
    """Say at which size of an effect at once, among those tried, what is asked is reached."""
    sizes = sorted(
        float(entry["truth"].partition(":")[2])
        for entry in entries
        if entry["truth"].startswith("at-once:") and entry["shares"].get("supported", 0.0) >= asked.limit
    )
    if not sizes:
        return WORDS.say("short.reached.none", limit_percent=100 * asked.limit)
    return WORDS.say("short.reached", size=sizes[0], limit_percent=100 * asked.limit)
