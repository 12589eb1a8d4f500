"""The same associations with what else differs held constant: the local economy, and the parties on the council.

What a council spends answers need and choice. Claims and pay stand for the one, the parties' shares of seats for the other.
Seats are known from 2016 only, so what they change is told against the same rows without them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.errors import DataError
from analysis.estimators.grades.judgements import GoodOf100, JudgementModel, good_of_100, odds_finding
from analysis.estimators.grades.mundlak import between_name, within_name
from analysis.estimators.grades.spend import COUNCIL, ECONOMY, SPEND, prevention_within_between
from analysis.estimators.pairs.relationship import specification_for
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.findings.finding import Finding
from analysis.showing.words import words_of

WORDS = words_of(__package__)
WITHIN, BETWEEN = within_name("prevention"), between_name("prevention")


@dataclass(frozen=True)
class WithContext:
    """The associations of spend with ``held`` constant, on the rows where ``known`` is known.

    ``split``: grades on prevention as WITHIN and BETWEEN; ``good_of_100`` of both for £100 more; ``after``: staff and pace
    in the year after the spending, by outcome; None where there are too few years.
    """

    name: str
    held: tuple[str, ...]
    split: JudgementModel
    good_of_100: Mapping[str, GoodOf100]
    after: Mapping[str, Estimate | None] = field(repr=False)

    def findings(self) -> tuple[Finding, ...]:
        """Return what claims may rest on: the odds ratios of prevention, between authorities and within one."""
        return tuple(
            odds_finding(
                self.split,
                term,
                f"good-grade-on-prevention-{way}-{self.name}",
                WORDS.say(f"finding.{way}") + WORDS.say(f"finding.context.{self.name}"),
                [SPEND[0], *self.held],
            )
            for way, term in (("within", WITHIN), ("between", BETWEEN))
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON values."""
        return {
            "name": self.name,
            "held_constant": list(self.held),
            **self.split.fitted.as_dict(),
            "good_of_100": {term: vars(shares).copy() for term, shares in self.good_of_100.items()},
            "year_after": {
                outcome: known.as_dict() if known else None for outcome, known in self.after.items()
            },
        }


def with_context(
    inspections: pd.DataFrame, panel: pd.DataFrame, spend: str, outcomes: Sequence[str]
) -> tuple[WithContext, ...]:
    """Return the associations with the economy held constant; then, where seats are known, without anything and with both.

    ``inspections``: of ``inspections_with_spend``; ``panel``: authorities without the very small;
    ``spend``: the line of spend that ``outcomes`` follow by a year.
    """
    both = (*ECONOMY, *COUNCIL)
    return tuple(
        _asked(name, held, known, inspections, panel, spend, outcomes)
        for name, held, known in (
            ("economy", ECONOMY, ECONOMY),
            ("same-years", (), both),
            ("economy-and-council", both, both),
        )
    )


def _asked(
    name: str,
    held: tuple[str, ...],
    known: tuple[str, ...],
    inspections: pd.DataFrame,
    panel: pd.DataFrame,
    spend: str,
    outcomes: Sequence[str],
) -> WithContext:
    split = prevention_within_between(inspections.dropna(subset=list(known)), held)
    after = {outcome: _year_after(panel, outcome, spend, held, known) for outcome in outcomes}
    shares = {term: good_of_100(split, term) for term in (WITHIN, BETWEEN)}
    return WithContext(name, held, split, shares, after)


def _year_after(
    panel: pd.DataFrame, outcome: str, spend: str, held: tuple[str, ...], known: tuple[str, ...]
) -> Estimate | None:
    sample = SampleParameters(outcome, spend, controls=known, lag_years=1)
    rows = build_sample(panel, sample).dropna(subset=list(known))
    try:
        return estimate(rows, specification_for(replace(sample, controls=held), "two-way", True))
    except DataError:  # too few years are left: shown as an empty place
        return None
