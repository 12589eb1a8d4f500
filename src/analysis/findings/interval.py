"""An estimate with its interval: the one shape that results share, whatever else each of them says."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IntervalEstimate:
    """An estimate between the limits of its interval, all in one unit; which unit and what confidence its maker says."""

    estimate: float
    conf_low: float
    conf_high: float

    @property
    def with_limits(self) -> tuple[float, float, float]:
        """The estimate, the lower limit, the upper limit."""
        return self.estimate, self.conf_low, self.conf_high

    def excludes(self, null: float = 0.0) -> bool:
        """Return whether the interval leaves out ``null``."""
        return not self.conf_low <= null <= self.conf_high


@dataclass(frozen=True, kw_only=True)
class Inference(IntervalEstimate):
    """An estimate with its interval and the p value of the test that there is nothing."""

    p_value: float
