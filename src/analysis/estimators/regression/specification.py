"""What to estimate, said in full before anything is estimated."""

from dataclasses import dataclass
from typing import Literal, get_args

from analysis.errors import RequestError, unknown

Estimator = Literal["pooled", "two-way", "first-differences"]
ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
Effects = Literal["entity and time", "entity and region by time", "entity trends and time"]
EFFECTS: tuple[Effects, ...] = get_args(Effects)


@dataclass(frozen=True)
class Specification:
    """One regression of ``outcome`` on ``exposure``: columns, estimator, clusters, weights and scale.

    Estimators: ``pooled`` (a constant only), ``two-way`` (entity and time effects), ``first-differences``
    (differences of consecutive years, with year effects). With ``standardised`` the estimate is in standard
    deviations of the outcome per standard deviation of the exposure, both over the rows that are used.
    ``cluster`` names the column within which errors may be correlated.

    ``effects`` says what a two-way model takes out: ``entity and region by time`` has an effect of each ``region``
    at each time in place of those of time, ``entity trends and time`` a straight line over time for each entity
    beside its effect.

    Raises RequestError for an unknown estimator, effects that another estimator than two-way is asked to take
    out, a column named twice or a confidence level outside (0, 1).
    """

    outcome: str
    exposure: str
    controls: tuple[str, ...] = ()
    estimator: Estimator = "two-way"
    entity: str = "authority_code"
    time: str = "year"
    cluster: str = "cluster"
    weights: str | None = None
    standardised: bool = False
    confidence_level: float = 0.95
    effects: Effects = "entity and time"
    region: str = "region"

    def __post_init__(self) -> None:
        if isinstance(self.controls, str):
            raise RequestError(f"controls: give a list of columns, not the text '{self.controls}'")
        object.__setattr__(self, "controls", tuple(self.controls))
        if self.estimator not in ESTIMATORS:
            raise unknown("estimator", str(self.estimator), ESTIMATORS)
        if self.effects not in EFFECTS:
            raise unknown("effects", str(self.effects), EFFECTS)
        if self.effects != "entity and time" and self.estimator != "two-way":
            raise RequestError(f"effects '{self.effects}' are those of two-way, not of {self.estimator}")
        self._refuse_repeated_columns()
        if not 0 < self.confidence_level < 1:
            raise RequestError(f"confidence_level {self.confidence_level} is not between 0 and 1")

    def _refuse_repeated_columns(self) -> None:
        if self.outcome == self.exposure:
            raise RequestError(f"outcome and exposure are the same column '{self.outcome}'")
        taken = {self.outcome: "the outcome", self.exposure: "the exposure"}
        for control in self.controls:
            if control in taken:
                raise RequestError(f"control '{control}' is {taken[control]} already")
            taken[control] = "a control"
        for part in ("entity", "time"):
            if (column := getattr(self, part)) in taken:
                raise RequestError(f"{part} '{column}' is {taken[column]} already")

    @property
    def regressors(self) -> tuple[str, ...]:
        """The exposure, then the controls."""
        return (self.exposure, *self.controls)

    @property
    def has_trends(self) -> bool:
        """Whether each entity has a line over time of its own."""
        return self.effects == "entity trends and time"

    @property
    def has_region_times(self) -> bool:
        """Whether each region has an effect of its own at each time."""
        return self.effects == "entity and region by time"

    @property
    def time_label(self) -> str:
        """What the effects of time are of, as messages name it: ``year``, or ``region × year``."""
        return f"{self.region} × {self.time}" if self.has_region_times else self.time

    @property
    def identity(self) -> tuple[str, str, str]:
        """Outcome, exposure and estimator, as they name a result in a table."""
        return self.outcome, self.exposure, self.estimator
