"""Randomisation inference: what would be found if authorities had each other's histories of the exposure."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.sample import used_rows
from analysis.estimators.regression.scores import scores_of, t_statistics
from analysis.estimators.regression.specification import Specification

from .bootstrap import share_as_extreme


@dataclass(frozen=True)
class Permutation:
    """The test that the exposure's slope is nil, against paths of the exposure swapped among entities.

    ``p_value`` is (1 + draws with a t as large in size) / (1 + draws). ``n_swappable`` entities have a path for every
    time of the rows used; the others keep their own.
    """

    estimate: float
    t_statistic: float
    p_value: float
    n_draws: int
    n_swappable: int
    n_observations: int
    seed: int
    specification: Specification


def permutation_test(
    frame: pd.DataFrame, specification: Specification, n_draws: int = 499, seed: int = 0
) -> Permutation:
    """Swap whole paths of the exposure at random among entities, and compare t by CR1 with that of the data.

    A path goes from one entity to another with all its years, so that it keeps how its years go together (Fisher 1935;
    Young 2019). Only paths over the same times are swapped: entities are permuted among those whose rows are of the
    same times. t, not the slope, is compared, which holds the size where the errors' variance differs (DiCiccio and Romano
    2017). The estimate is in natural units. Raises RequestError for fewer than 19 draws or another estimator than
    two-way; DataError where no two entities can be swapped.
    """
    if specification.estimator != "two-way" or specification.has_trends:
        raise RequestError("paths are swapped under two-way effects")
    if n_draws < 19:
        raise RequestError(f"draws: {n_draws}; a p value of 0.05 needs 19 at least")
    rows = used_rows(frame, specification)
    groups = _swappable(rows, specification)
    if not groups:
        raise DataError(
            f"{specification.entity}: no two have rows for the same {specification.time}s, so no path can be swapped"
        )
    slope, t = _statistic(rows, specification)
    generator = np.random.default_rng(seed)
    draws = np.empty(n_draws)
    values = rows[specification.exposure].to_numpy(dtype=float)
    for draw in range(n_draws):
        swapped = values.copy()
        for places in groups:
            swapped[places] = values[generator.permutation(places, axis=0)]
        draws[draw] = _statistic(rows.assign(**{specification.exposure: swapped}), specification)[1]
    swappable = sum(len(places) for places in groups)
    p_value = float(share_as_extreme(t, draws))
    return Permutation(slope, t, p_value, n_draws, swappable, len(rows), seed, specification)


def _swappable(rows: pd.DataFrame, specification: Specification) -> list[np.ndarray]:
    """Return the rows' places of entities with the same times, (entities, times) for each set of two or more."""
    found: dict[tuple, list[np.ndarray]] = {}
    for _, places in rows.groupby(specification.entity, sort=True).indices.items():
        times = tuple(rows[specification.time].to_numpy()[places])
        found.setdefault(times, []).append(places)
    return [np.array(places) for _, places in sorted(found.items()) if len(places) > 1]


def _statistic(rows: pd.DataFrame, specification: Specification) -> tuple[float, float]:
    scores = scores_of(rows, specification)
    slope, t = t_statistics(scores, np.ones((1, len(scores.labels))))
    return float(slope[0]), float(t[0])
