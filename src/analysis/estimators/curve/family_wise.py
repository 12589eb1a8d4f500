"""A recorded family of estimates tested as one: Romano and Wolf's step-down, beside the rate of false discoveries.

q values allow a share of what is found to be false; these p values allow no false finding at all, and use how estimates go
together. Every pair is drawn anew with the same cluster weights, from sums by cluster, so that the family takes a second.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.definitions.reach import panel_years
from analysis.errors import DataError, RequestError
from analysis.estimators.curve.axes import CurveSpecification, SampleChoice
from analysis.estimators.curve.draws import Drawn, Failed, drawn_under_null
from analysis.estimators.resampling.bootstrap import romano_wolf, share_as_extreme

_AGREE = 1e-6
_DRAWN_WITH: Mapping[str, object] = {
    "authorities": [], "boundaries": "as published", "include_earlier_definitions": False
}  # fmt: skip
"""Parameters of a run on a pair that only have this value where the family is drawn: on one panel, the panel's own rows."""


def recorded_specification(result: Mapping[str, Any]) -> CurveSpecification:
    """Return how the main estimate of a recorded relationship was asked, from its values and its run's parameters.

    Raises RequestError for a run on some authorities, other boundaries or earlier definitions.
    """
    main, parameters = result["values"]["main"], result["parameters"]
    for name, value in _DRAWN_WITH.items():
        if (asked_for := parameters.get(name, value)) != value:
            raise RequestError(
                f"{result['name']}: ran with {name} {asked_for}, and pairs are tested together on the same panel; leave "
                f"{name} as it is by default in the runs that a summary gathers"
            )
    asked = main["estimate"]["specification"]
    return CurveSpecification(
        exposure=asked["exposure"],
        outcome=asked["outcome"],
        alignment=main["alignment"],
        lag_years=main["lag_years"],
        controls=tuple(asked["controls"]),
        estimator=asked["estimator"],
        effects=asked["effects"],
        weights=main["weights"],
        sample=SampleChoice(
            years=panel_years(parameters["first_year"], parameters["last_year"]),
            include_very_small=parameters.get("include_very_small", False),
        ),
        transformation="none",
    )


def with_family_p(
    family: pd.DataFrame,
    panel: pd.DataFrame,
    results: Sequence[Mapping[str, Any]],
    n_draws: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Add to ``family`` (as ``family_of`` returns) ``wild_p_value`` of each pair alone and ``family_p_value`` of the whole.

    Both are from a wild cluster bootstrap with the null imposed. ``family_p_value`` at or below α rejects with probability
    at most α of any false rejection (Romano and Wolf 2005, 2016). Raises as ``recorded_specification`` does, and DataError
    where a recorded estimate can't be had from ``panel`` again: the results are then of other figures or of other rows.
    """
    asked = [recorded_specification(result) for result in results]
    refits, enumerated = drawn_under_null(panel, asked, n_draws, "rademacher", seed)
    drawn = [_checked(result, refit) for result, refit in zip(results, refits, strict=True)]
    t = np.array([fit.t for fit in drawn])
    p_values = pd.DataFrame(
        {
            "exposure": [fit.asked.exposure for fit in drawn],
            "outcome": [fit.asked.outcome for fit in drawn],
            "wild_p_value": share_as_extreme(t[:, 0], t[:, 1:].T, enumerated),
            "family_p_value": romano_wolf(t[:, 0], t[:, 1:].T, enumerated),
        }
    )
    return family.merge(p_values, on=["exposure", "outcome"], how="left", validate="1:1")


def _checked(result: Mapping[str, Any], refit: Drawn | Failed) -> Drawn:
    recorded = result["values"]["main"]["estimate"]["t_statistic"]
    if isinstance(refit, Failed):
        raise DataError(f"{result['name']}: {refit.reason}; run it again")
    if abs(refit.t[0] - recorded) > _AGREE * max(1, abs(recorded)):
        raise DataError(f"{result['name']}: recorded t {recorded:.4f}, now {refit.t[0]:.4f}; run it again")
    return refit
