"""The regression of all event years together: changes of the outcome on a dummy an event year, within each comparison.

Weighted least squares with the means of cells (an event year in a calendar year) taken out; errors clustered (Liang and
Zeger 1986) with the small-sample factor of CR1, as pyfixest has it. Its formulas and its checks would take ten times as
long as the regression, of which a report asks dozens.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.estimators.regression.within import group_means

from .rows import EventRows
from .specification import EventStudySpecification


@dataclass(frozen=True)
class LocalProjections:
    """Effects of K event years, and what each of G clusters contributes to them.

    ``estimates`` (K,) in the outcome's unit, in the order of ``years``; ``influence`` (G, K), rows as ``clusters``, which
    are sorted: ``influence.T @ influence`` is the estimates' clustered covariance.
    """

    years: tuple[int, ...]
    estimates: np.ndarray
    influence: np.ndarray = field(repr=False)
    clusters: tuple[str, ...] = field(repr=False)

    @property
    def covariance(self) -> np.ndarray:
        """The clustered covariance of the estimates (K, K)."""
        covariance: np.ndarray = self.influence.T @ self.influence
        return covariance


def local_projections(rows: EventRows, asked: EventStudySpecification) -> LocalProjections:
    """Fit the comparisons of ``rows``; raises DataError where one cluster is left."""
    stacked, years = rows.stacked, rows.event_years
    weights = stacked["weight"].to_numpy(float)
    is_event = stacked["is_event"].to_numpy(bool)[:, None]
    dummies = (is_event & (stacked["event_year"].to_numpy()[:, None] == np.array(years))).astype(float)
    cells = pd.factorize(stacked["cell"])[0]
    both = np.column_stack([dummies, stacked["value"].to_numpy(float)])
    both = both - group_means(both, cells, weights)
    dummies, value = both[:, :-1], both[:, -1]
    bread = np.linalg.inv(dummies.T @ (dummies * weights[:, None]))
    estimates = bread @ (dummies.T @ (weights * value))
    scores = dummies * (weights * (value - dummies @ estimates))[:, None]
    codes, clusters = pd.factorize(stacked["cluster"], sort=True)
    if len(clusters) < 2:
        raise DataError(f"{asked.cluster}: {len(clusters)} cluster in the rows used; two are needed")
    by_cluster = np.zeros((len(clusters), len(years)))
    np.add.at(by_cluster, codes, scores)
    # Cells aren't nested in clusters, so their effects count among the parameters.
    n, n_parameters, g = len(stacked), len(years) + cells.max() + 1, len(clusters)
    factor = (n - 1) / (n - n_parameters) * g / (g - 1)
    return LocalProjections(
        years=years,
        estimates=estimates,
        influence=np.sqrt(factor) * by_cluster @ bread,
        clusters=tuple(map(str, clusters)),
    )
