"""The rule of version 0.1.0, kept so that its verdicts stand beside: tests judged one by one, and their votes counted.

It can't recognise a true effect: most of its tests ask that half of a curve, which is of another quantity, agree in sign,
and it counts outcomes that go together as if each were news.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field

from analysis.errors import RequestError
from analysis.files.entries import Entry, Number, worded
from analysis.findings.finding import RATIOS, Finding, Scale

Expected = Literal["positive", "negative", "nil"]
Outcome = Literal["supports", "contradicts", "rules out", "undecided", "not run"]
FirstVerdict = Literal["supported", "not supported", "contradicted", "imprecise", "not testable", "unscored"]


def _matters(smallest: Mapping[Scale, float]) -> Mapping[Scale, float]:
    for scale, value in smallest.items():
        if value <= (1 if scale in RATIOS else 0) or (scale == "percentile" and value >= 50):
            raise ValueError(f"{value:g} can't be the smallest {scale} that matters")
    return smallest


@dataclass(frozen=True)
class FirstRule(Entry):
    """Thresholds: of false discoveries, of specifications that agree, and the smallest association that matters.

    ``smallest`` has a positive number for every scale, in its own units; for ratios the ratio itself, above 1. A threshold
    that no result, or any result, would meet is refused where the rule is read.
    """

    false_discovery_rate: Annotated[Number, Field(gt=0, lt=1), worded("a number between 0 and 1")]
    share_agreeing: Annotated[Number, Field(gt=0, le=1), worded("a number above 0 and up to 1")]
    smallest: Annotated[Mapping[Scale, Number], AfterValidator(_matters)]

    def smallest_on(self, scale: str) -> float:
        """Return the smallest association that matters on a scale; raises RequestError where none is set."""
        if scale not in self.smallest:
            raise RequestError(f"rule: smallest: no value for '{scale}'; add one")
        return self.smallest[cast(Scale, scale)]


def _towards(value: float, finding: Finding, expected: Expected) -> float:
    """Return a value's distance from the null, positive on the expected side; of ratios on the log scale."""
    distance = log(value) if finding.scale in RATIOS else value - finding.null
    return -distance if expected == "negative" else distance


def _smallest(finding: Finding, rule: FirstRule) -> float:
    value = rule.smallest_on(finding.scale)
    return log(value) if finding.scale in RATIOS else value


def _holds_up(finding: Finding, q_value: float, rule: FirstRule) -> bool:
    agreeing = finding.share_same_sign is None or finding.share_same_sign >= rule.share_agreeing
    return q_value < rule.false_discovery_rate and agreeing


def outcome_of(finding: Finding, expected: Expected, q_value: float, rule: FirstRule) -> Outcome:
    """Return what a finding says of a claim that expects a ``positive`` or ``negative`` association, or ``nil``.

    ``q_value`` is the finding's over all direct tests of the register. Where an association is expected, a test
    ``supports`` if the interval leaves out the null on the expected side, q is below the rate, enough of a declared curve
    agree in sign, and the interval reaches an association that matters; it ``contradicts`` if the same holds on the
    other side; it ``rules out`` if the interval leaves out every association that matters on the expected side.
    Where ``nil`` is expected, it supports if the whole interval is too small to care about, and contradicts if the
    interval leaves out the null clearly. Else it is ``undecided``.
    """
    limits = (_towards(value, finding, expected) for value in (finding.conf_low, finding.conf_high))
    low, high = sorted(limits)
    smallest = _smallest(finding, rule)
    if expected == "nil":
        if -smallest < low and high < smallest:
            return "supports"
        is_clear = (low > 0 or high < 0) and _holds_up(finding, q_value, rule)
        return "contradicts" if is_clear else "undecided"
    if low > 0 and high >= smallest and _holds_up(finding, q_value, rule):
        return "supports"
    if high < 0 and low <= -smallest and _holds_up(finding, q_value, rule):
        return "contradicts"
    return "rules out" if high < smallest else "undecided"


def more_than_half(tests: int) -> int:
    """Return the smallest number that is more than half of ``tests``: what a claim needs unless it says otherwise."""
    return tests // 2 + 1


def first_verdict_of(outcomes: Sequence[Outcome], needed: int) -> FirstVerdict:
    """Return the verdict on a claim from the outcomes of its direct tests, ``needed`` of which must support it.

    ``supported``: enough support and none contradicts. ``contradicted``: likewise. ``not supported``: so many rule it out
    or contradict it that enough can't be reached whatever the undecided ones might say. ``imprecise``: otherwise.
    ``unscored``: one did not run.
    """
    if "not run" in outcomes:
        return "unscored"
    supporting, against = outcomes.count("supports"), outcomes.count("contradicts")
    if supporting >= needed and not against:
        return "supported"
    if against >= needed and not supporting:
        return "contradicted"
    still_possible = supporting + outcomes.count("undecided")
    return "not supported" if still_possible < needed else "imprecise"
