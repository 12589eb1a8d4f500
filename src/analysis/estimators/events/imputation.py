"""An event's effect by imputation: what unit and year effects of untreated years leave of the years after it.

Gardner (2022), with Borusyak, Jaravel and Spiess (2024): unit and year effects are estimated on rows without the event's
influence alone and taken out of all rows; effects are means of what is left. It compares with the mean of all years
before the event, where local projections compare with the last one: where the outcome was moving before, they differ.
"""

import math
import warnings

import numpy as np
import pandas as pd

from analysis.estimators.regression.inference import EstimateWithError, by_student

from .specification import EventStudySpecification


def imputed_average(levels: pd.DataFrame, specification: EventStudySpecification) -> EstimateWithError | None:
    """Return the mean effect over the averaged event years, computed by pyfixest (did2s); None where there is none.

    ``levels``: entity, time, cluster, outcome, event_time. Units with fewer than two years before their event are left
    out: one year is taken up by the unit's own effect.
    """
    import pyfixest.did

    table = levels.assign(is_after=levels["event_time"] >= 0)
    n_before = table[~table["is_after"]].groupby("entity").size()
    table = table[table["entity"].isin(n_before.index[n_before > 1])].reset_index(drop=True)
    binned = table["event_time"].clip(upper=specification.post_years + 1)
    dummies = {f"at_{year}": (binned == year).astype(float) for year in range(specification.post_years + 2)}
    dummies = {name: values for name, values in dummies.items() if values.any()}
    wanted = [name for year in specification.averaged_years if (name := f"at_{year}") in dummies]
    if not wanted:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = pyfixest.did2s(
            table.assign(**dummies),
            yname="outcome",
            first_stage="~ C(time) | entity",
            second_stage="~ " + " + ".join(dummies),
            treatment="is_after",
            cluster="cluster",
        )
    weights = np.array([name in wanted for name in fitted._coefnames], dtype=float) / len(wanted)
    error = math.sqrt(float(weights @ fitted._vcov @ weights))
    value = float(weights @ fitted._beta_hat)
    return by_student(value, error, table["cluster"].nunique() - 1, specification.confidence_level)
