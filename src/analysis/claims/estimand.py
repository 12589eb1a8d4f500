"""What is to be estimated for a claim, said before it is: exposure, outcomes, window, direction, smallest effect, gates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from pydantic import Field

from analysis.data.cleaning.years import label_offset_years
from analysis.data.definitions.indicators import dictionary, indicator
from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import RequestError, unknown
from analysis.estimators.forms.windows import LEAD
from analysis.files.entries import Entry, Number, Whole, worded

Design = Literal[
    "within authorities", "across authorities", "after a judgement", "in reports", "after reports",
    "among the deepest cuts", "over the years",
]  # fmt: skip
DESIGNS: tuple[Design, ...] = get_args(Design)
Expected = Literal["positive", "negative"]
Standing = Literal["direct", "partial", "proxy"]
Rating = Literal["problem", "strength"]

GATES: Mapping[str, tuple[Design, ...]] = {
    "measure": DESIGNS,
    "overlap": ("within authorities", "across authorities"),
    "lead": ("within authorities",),
    "trends": ("within authorities",),
    "pre-trend": ("after a judgement",),
    "pre-trend carried on": ("after a judgement",),
    "independent text": ("in reports",),
}
"""The gates, and the designs that can answer them; a claim has all that its design can unless it names fewer."""
UNITS: Mapping[Design, str] = {
    "within authorities": "standard deviations within authorities",
    "across authorities": "standard deviations across authorities",
    "after a judgement": "standard deviations within authorities",
    "in reports": "log odds ratio per standard deviation",
    "after reports": "standard deviations",
    "among the deepest cuts": "standard deviations across authorities",
    "over the years": "standard deviations across authorities",
}
"""What one unit of a design's effect is."""
LEAST_YEARS = 3
"""Outcome years that a window must leave: a comparison of an authority with itself needs more than two."""


@dataclass(frozen=True)
class OutcomeOf(Entry):
    """An outcome of a claim: the direction that the claim expects of it, and the indicator that counts whom it is of."""

    name: str
    expected: Expected
    of: str = ""

    @property
    def sign(self) -> int:
        """1 where the claim expects the outcome to be higher, −1 where lower."""
        return 1 if self.expected == "positive" else -1


@dataclass(frozen=True)
class Estimand(Entry):
    """What a claim says in terms that figures can answer.

    ``window``: for figures within authorities, the years before the outcome in which the exposure may act (0 is the figure
    counted last before it); after a judgement, the years after it; over the years, the first and last year. ``smallest`` is
    the smallest effect that matters, in the design's unit, ``smallest_reason`` why. ``standing`` says how far the measures
    stand for what is said. ``overlap`` says, where exposure and outcome hold the same figures, which. ``simultaneous`` says
    what could bring the association about within one year the other way round.
    """

    design: Design
    exposure: str
    outcomes: tuple[OutcomeOf, ...]
    window: Annotated[tuple[Whole, ...], worded("a list of whole numbers of years, as in [0, 1]")]
    window_reason: str
    smallest: Annotated[Number, Field(gt=0), worded("a number above 0")]
    smallest_reason: str
    standing: Standing
    standing_reason: str
    population: str
    moderator: str = ""
    rating: Rating = "problem"
    overlap: str = ""
    simultaneous: str = ""
    gates: tuple[str, ...] = field(default=())

    @property
    def unit(self) -> str:
        """What one unit of the effect is."""
        return UNITS[self.design]

    @property
    def acts_over_two_years(self) -> bool:
        """Whether the exposure may act in either of the two years counted last before the outcome."""
        return self.window == (0, 1)

    def outcome(self, name: str) -> OutcomeOf:
        """Return one outcome by name."""
        return next(outcome for outcome in self.outcomes if outcome.name == name)

    def check(self) -> None:
        """Raise RequestError, naming what is wrong, for an estimand that no figures could answer."""
        self._check_outcomes()
        self._check_gates()
        self._check_window()

    def _check_outcomes(self) -> None:
        known = CONSTRUCTS if self.design == "in reports" else dictionary()
        for outcome in self.outcomes:
            if outcome.name not in known:
                raise unknown("outcome", outcome.name, known)
            if outcome.of:
                indicator(outcome.of)
            if outcome.name == self.exposure:
                raise RequestError(f"outcomes: '{outcome.name}' is the exposure already")
        if self.design in ("within authorities", "across authorities"):
            indicator(self.exposure)
        elif self.design == "in reports" and self.exposure not in CONSTRUCTS:
            raise unknown("exposure", self.exposure, CONSTRUCTS)
        if self.moderator:
            indicator(self.moderator)
            if self.design != "within authorities":
                raise RequestError(
                    f"moderator: only figures within authorities can have one, not {self.design}"
                )
        if self.overlap and self.design not in GATES["overlap"]:
            raise RequestError(f"overlap: figures {self.design} share none")

    def _check_gates(self) -> None:
        answered = [name for name, designs in GATES.items() if self.design in designs]
        for name in self.gates:
            if name not in GATES:
                raise unknown("gate", name, GATES)
            if name not in answered:
                raise RequestError(
                    f"gates: '{name}' names nothing {self.design}; choose from {', '.join(answered)}"
                )

    def _check_window(self) -> None:
        window = self.window
        if list(window) != sorted(set(window)):
            raise RequestError(f"window: {list(window)} isn't a list of different years in order")
        if self.design == "within authorities":
            if not window or min(window) < 0:
                raise RequestError(
                    "window: give the years before the outcome, from 0 on; a lead is a gate, not an effect"
                )
            for outcome in self.outcomes:
                self._check_years(outcome.name)
        elif self.design == "over the years" and len(window) != 2:
            raise RequestError(f"window: {list(window)} isn't a first and a last year")
        elif self.design == "after a judgement" and (not window or min(window) < 0):
            raise RequestError("window: give the years after the judgement, from 0 on")

    def _check_years(self, outcome: str) -> None:
        own, starts, ends = indicator(outcome), [], []
        # The year after the outcome's own is asked of every row where the claim has that gate.
        lead = LEAD if "lead" in asked_gates(self) else 0
        for name in filter(None, (self.exposure, self.moderator)):
            measure, offset = indicator(name), label_offset_years(name, outcome)
            starts.append((measure.comparable_from or measure.years[0]) + offset + max(self.window))
            ends.append(measure.years[1] + offset + lead)
        start = max(own.comparable_from or own.years[0], *starts)
        end = min(own.years[1], *ends)
        if end - start + 1 < LEAST_YEARS:
            raise RequestError(
                f"window: {list(self.window)} leaves {max(end - start + 1, 0)} years of {outcome} with {self.exposure}; "
                f"{LEAST_YEARS} are needed"
            )


def asked_gates(estimand: Estimand) -> tuple[str, ...]:
    """Return the names of the gates that are put to a claim, in the order of GATES."""
    answered = [name for name, designs in GATES.items() if estimand.design in designs]
    return tuple(name for name in answered if not estimand.gates or name in estimand.gates)
