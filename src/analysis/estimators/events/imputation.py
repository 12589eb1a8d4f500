"""An event's effect by imputation: what unit and year effects of untreated years leave of the years after it.

Gardner (2022), with Borusyak, Jaravel and Spiess (2024): unit and year effects are estimated on rows without the event's
influence alone and taken out of all rows; effects are means of what is left. It compares with the mean of all years
before the event, where local projections compare with the last one: where the outcome was moving before, they differ.
"""

import math

import numpy as np
import pandas as pd

from analysis.estimators.regression.inference import EstimateWithError, by_student
from analysis.estimators.regression.within import dummies

from .specification import EventStudySpecification


def imputed_average(levels: pd.DataFrame, specification: EventStudySpecification) -> EstimateWithError | None:
    """Return the mean effect over the averaged event years; None where none has an event, or a year no untreated unit.

    ``levels``: entity, time, cluster, outcome, event_time. Units with fewer than two years before their event are left
    out: one year is taken up by the unit's own effect. Errors are clustered, allow for both steps (Gardner 2022) and have no
    small-sample factor: those of pyfixest's did2s, whose formulas and sparse matrices take twenty times as long.
    """
    n_before = levels[~(levels["event_time"] >= 0)].groupby("entity").size()
    table = levels[levels["entity"].isin(n_before.index[n_before > 1])]
    outcome, event_time = table["outcome"].to_numpy(), table["event_time"].to_numpy()
    untreated = ~(event_time >= 0)
    binned = np.minimum(event_time, specification.post_years + 1)
    years = [year for year in range(specification.post_years + 2) if (binned == year).any()]
    weights = np.isin(years, specification.averaged_years).astype(float)
    if not weights.any() or set(table["time"]) > set(table["time"][untreated]):
        return None
    weights /= weights.sum()
    by_year = (binned[:, None] == np.array(years)).astype(float)
    units, times = (dummies(pd.factorize(table[name], sort=True)[0]) for name in ("entity", "time"))
    effects = np.hstack([np.ones((len(table), 1)), units, times])
    known = effects[untreated]
    # Of the outcome: unit and year effects. Of the event years: what these effects' errors do to theirs.
    solved = np.linalg.solve(
        known.T @ known, np.column_stack([known.T @ outcome[untreated], effects.T @ by_year])
    )
    left = outcome - effects @ solved[:, 0]
    bread = np.linalg.inv(by_year.T @ by_year)
    values = bread @ (by_year.T @ left)
    scores = by_year * (left - by_year @ values)[:, None]
    scores[untreated] -= (known @ solved[:, 1:]) * left[untreated][:, None]
    clusters = pd.factorize(table["cluster"])[0]
    summed = np.zeros((clusters.max() + 1, len(years)))
    np.add.at(summed, clusters, scores)
    error = math.sqrt(float(((summed @ bread @ weights) ** 2).sum()))
    return by_student(float(weights @ values), error, len(summed) - 1, specification.confidence_level)
