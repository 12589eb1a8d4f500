"""One pair and a moderator: do the two go together in more than their sum, and does the form of the question matter?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pandas as pd

from ..cleaning.sample import SampleParameters, build_sample
from ..errors import DataError, RequestError
from ..findings import Finding, recorded
from ..indicators import indicator
from .dose import DoseResponse, dose_response
from .estimators import Estimate, estimate
from .inference import Effect, plain
from .interaction import Interaction, interaction
from .lags import DistributedLag, distributed_lag
from .recording import finding_of
from .relationship import DEMAND_CONTROLS, specification_for
from .specification import Specification

LAGS, LEADS = 2, 1
FORMS = {
    "region-year": "Region-by-year effects",
    "authority-trends": "Linear trends of authorities",
}
"""The same question in other forms, by the name of the finding, in the order in which they are shown."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Shapes:
    """Every answer for a pair and a moderator; one that can't be had is None or absent, its reason in ``reasons``.

    ``forms`` are by name as in FORMS, all in standard deviations of the outcome per standard deviation of the exposure.
    """

    sample: SampleParameters
    moderator: str
    main: Estimate
    interaction: Interaction | None
    dose: DoseResponse | None
    lags: DistributedLag | None
    forms: dict[str, Effect | Estimate]
    reasons: dict[str, str]

    def findings(self) -> list[Finding]:
        """Return what claims may rest on: the product, the sum over lags, and the estimate in its other forms."""
        found = [finding_of(one, name) for name, one in self.forms.items()]
        if self.lags:
            found.append(finding_of(self.lags.cumulative, "cumulative"))
        if self.interaction:
            found.append(self._product())
        return found

    def _product(self) -> Finding:
        exposure, moderator, outcome = (
            indicator(name).label for name in (self.sample.exposure, self.moderator, self.sample.outcome)
        )
        caution = "the slope of a product of two standardised measures, not of either alone"
        label = f"{outcome} on {exposure} × {moderator}"
        return replace(finding_of(self.interaction.product, "interaction", caution), label=label)

    def as_dict(self) -> dict[str, Any]:
        """Return the answers as JSON values, with the findings."""
        parts = {name: getattr(self, name) for name in ("interaction", "dose", "lags")}
        return {
            "exposure": self.sample.exposure,
            "moderator": self.moderator,
            "outcome": self.sample.outcome,
            "main": self.main.as_dict(),
            **{name: part.as_dict() if part else None for name, part in parts.items()},
            "forms": {name: one.as_dict() for name, one in self.forms.items()},
            "reasons": plain(self.reasons),
            **recorded(self.findings()),
        }


def assess_shapes(
    panel: pd.DataFrame, sample: SampleParameters, moderator: str, n_draws: int = 999, seed: int = 0
) -> Shapes:
    """Return every answer for the pair of ``sample`` and ``moderator``, two-way and standardised unless said otherwise.

    Raises DataError or RequestError where the estimate itself can't be had; anything else that can't is told in
    ``reasons``.
    """
    reasons: dict[str, str] = {}

    def tried(name: str, ask: Callable[[], _Result]) -> _Result | None:
        try:
            return ask()
        except (DataError, RequestError) as error:
            reasons[name] = str(error)
            return None

    asked = specification_for(sample, "two-way", True)
    rows = build_sample(panel, replace(sample, controls=_columns(sample, moderator)))
    main = estimate(rows, asked)
    forms = {name: tried(FORMS[name], ask) for name, ask in _asked_forms(rows, asked).items()}
    return Shapes(
        sample=sample,
        moderator=moderator,
        main=main,
        interaction=tried("interaction", lambda: interaction(rows, asked, moderator)),
        dose=tried("shape", lambda: dose_response(rows, replace(asked, standardised=False))),
        lags=tried("lags", lambda: distributed_lag(rows, asked, LAGS, LEADS)),
        forms={name: one for name, one in forms.items() if one},
        reasons=reasons,
    )


def _columns(sample: SampleParameters, moderator: str) -> tuple[str, ...]:
    """Return every column beside the pair that an answer reads: the moderator, controls, spend."""
    names = dict.fromkeys([*sample.controls, moderator, *DEMAND_CONTROLS])
    return tuple(name for name in names if name not in (sample.outcome, sample.exposure))


def _asked_forms(rows: pd.DataFrame, asked: Specification) -> dict[str, Callable[[], Effect | Estimate]]:
    """Return how each of FORMS is asked; nothing is fitted yet."""
    return {
        "region-year": lambda: estimate(rows, replace(asked, effects="entity and region by time")),
        "authority-trends": lambda: estimate(rows, replace(asked, effects="entity trends and time")),
    }
