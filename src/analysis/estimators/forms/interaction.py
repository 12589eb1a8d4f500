"""Whether an association is stronger where something else is higher: exposure times moderator."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.estimators.regression.inference import Effect
from analysis.estimators.regression.sample import used_rows
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.terms import Terms, fit_terms
from analysis.files.as_json import plain_dict

PERCENTILES = (10, 50, 90)
_PRODUCT, _EXPOSURE, _MODERATOR, _OUTCOME = "product", "exposure (z)", "moderator (z)", "outcome (z)"


@dataclass(frozen=True)
class MarginalEffect:
    """The exposure's slope where the moderator stands at a percentile of its rows; ``moderator`` in its own unit."""

    percentile: int
    moderator: float
    effect: Effect


@dataclass(frozen=True)
class Interaction:
    """Exposure, moderator and their product in one regression, all in standard deviations.

    ``product`` is by how much the exposure's slope (standard deviations of the outcome per standard deviation) differs
    where the moderator is one standard deviation higher. ``exposure`` and ``moderator`` are the slopes of each where
    the other is at its mean. ``marginal`` has the exposure's slope along the moderator, and ``distance`` is how many
    standard deviations of it lie between the first and the last of these.
    """

    product: Effect
    exposure: Effect
    moderator: Effect
    marginal: tuple[MarginalEffect, ...]
    moderator_name: str
    specification: Specification
    distance: float

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        parts = {name: getattr(self, name).as_dict() for name in ("product", "exposure", "moderator")}
        marginal = [
            {"percentile": point.percentile, "moderator": point.moderator, "effect": point.effect.as_dict()}
            for point in self.marginal
        ]
        return plain_dict({**parts, "marginal": marginal, "moderator_name": self.moderator_name})


def _standard(values: pd.Series) -> pd.Series:
    spread = values.std()
    if not spread > 1e-12 * values.abs().max():
        raise DataError(f"{values.name}: the same value in all {len(values)} rows that are used")
    return (values - values.mean()) / spread


def interaction(
    frame: pd.DataFrame,
    specification: Specification,
    moderator: str,
    percentiles: tuple[int, ...] = PERCENTILES,
) -> Interaction:
    """Estimate how the exposure's slope goes with ``moderator``, a column of ``frame``.

    Outcome, exposure and moderator are centred at their means and divided by their standard deviations over the rows
    used, so that main slopes are read at the mean of the other (Aiken and West 1991); the product is of those, and its
    slope within entities also uses how means differ among entities (Giesselmann and Schmidt-Catran 2022). Percentiles
    are of the rows used. Raises as ``estimate`` does.
    """
    asked = replace(specification, controls=(moderator, *specification.controls))
    rows = used_rows(frame, asked)
    exposed, moderated = _standard(rows[specification.exposure]), _standard(rows[moderator])
    terms = fit_terms(
        rows.assign(**{
            _OUTCOME: _standard(rows[specification.outcome]),
            _EXPOSURE: exposed, _MODERATOR: moderated, _PRODUCT: exposed * moderated,
        }),
        replace(
            specification, outcome=_OUTCOME, exposure=_PRODUCT, standardised=False,
            controls=(_EXPOSURE, _MODERATOR, *specification.controls),
        ),
    )  # fmt: skip
    terms = replace(terms, specification=asked)
    values = np.percentile(rows[moderator], percentiles)
    places = (values - rows[moderator].mean()) / rows[moderator].std()
    return Interaction(
        product=terms.slope(_PRODUCT),
        exposure=terms.slope(_EXPOSURE),
        moderator=terms.slope(_MODERATOR),
        marginal=tuple(
            MarginalEffect(percentile, float(value), _slope_at(terms, place))
            for percentile, value, place in zip(percentiles, values, places, strict=True)
        ),
        moderator_name=moderator,
        specification=specification,
        distance=float(places[-1] - places[0]),
    )


def _slope_at(terms: Terms, place: float) -> Effect:
    """Return the exposure's slope where the moderator is ``place`` standard deviations above its mean."""
    return terms.combination({_EXPOSURE: 1.0, _PRODUCT: float(place)})
