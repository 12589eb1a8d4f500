"""What an event study estimates: which outcome, which years around the event, and which comparisons count."""

from dataclasses import dataclass

from analysis.errors import RequestError


@dataclass(frozen=True)
class EventStudySpecification:
    """Which outcome, how many years before and after the event, and over which of them the effect is averaged.

    Event year −1 is the base. ``clean_years``: controls, and units when their event comes, have had no event in that many
    years before; None means never before (an event that lasts, such as a first judgement).
    A comparison with fewer controls than ``fewest_controls`` is left out: each event counts the same, so that a few controls
    would carry much.
    """

    outcome: str
    pre_years: int = 4
    post_years: int = 5
    averaged: tuple[int, int] = (1, 3)
    clean_years: int | None = None
    fewest_controls: int = 5
    entity: str = "authority_code"
    time: str = "year"
    cluster: str = "cluster"
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "averaged", tuple(self.averaged))
        if self.pre_years < 1 or self.post_years < 0:
            raise RequestError(
                f"event years from -{self.pre_years} to {self.post_years}: one before and the event's own are needed"
            )
        if not 0 <= self.averaged[0] <= self.averaged[1] <= self.post_years:
            raise RequestError(
                f"averaged {self.averaged} isn't within the event years 0 to {self.post_years}"
            )
        if not 0 < self.confidence_level < 1:
            raise RequestError(f"confidence_level {self.confidence_level} is not between 0 and 1")

    @property
    def averaged_years(self) -> tuple[int, ...]:
        """The event years that the average is of."""
        return tuple(range(self.averaged[0], self.averaged[1] + 1))
