"""Which rows of the panel a specification uses and what effects stand in them: worked out once for all that share rows."""

from dataclasses import dataclass

import numpy as np

from analysis.estimators.regression.rows import differenced_rows, two_way_rows
from analysis.estimators.regression.scores import effect_columns
from analysis.estimators.regression.small_sample import small_sample_factor


@dataclass(frozen=True)
class Keys:
    """The panel's rows (N,), sorted by cluster, authority and year: codes of authority, cluster and region, and years."""

    entity: np.ndarray
    cluster: np.ndarray
    region: np.ndarray
    year: np.ndarray

    def times(self, effects: str) -> np.ndarray:
        """Return codes (N,) of the times that have an effect: years, or years of a region."""
        years: np.ndarray = self.year - self.year.min()
        return self.region * (years.max() + 1) + years if effects == "entity and region by time" else years


@dataclass(frozen=True, eq=False)
class Layout:
    """The rows of one regression and its effects, whatever its variables are. One is equal to itself alone.

    ``rows`` (n,) are places in the panel, ``before`` (n,) those of the years before (first differences, else None),
    ``levels`` of all rows behind them. ``entity`` and ``cluster`` (n,) number runs from zero, ``clusters`` (G,) the
    clusters among the panel's. ``effects`` (n, e) are the columns of effects; ``centred``: means of entities are to be
    taken out besides; ``when`` (n,): lines over it too, or None.
    """

    rows: np.ndarray
    before: np.ndarray | None
    levels: np.ndarray
    entity: np.ndarray
    cluster: np.ndarray
    clusters: np.ndarray
    effects: np.ndarray
    centred: bool
    when: np.ndarray | None

    @property
    def parameters(self) -> int:
        """How many parameters effects count for by the errors' rule, those within clusters but once."""
        return int(self.effects.shape[1] + self.centred + (self.when is not None))

    def takes(self, slopes: int) -> bool:
        """Return whether there are two clusters and more rows than parameters with so many slopes."""
        lines = 2 if self.when is not None else 1
        absorbed = lines * self.entity[-1] if self.centred else 0
        return len(self.clusters) > 1 and len(self.rows) > slopes + self.parameters + absorbed

    def factor(self, slopes: int) -> float:
        """Return the small-sample factor of the clustered variance."""
        return small_sample_factor(len(self.rows), len(self.clusters), slopes + self.parameters)


def _runs(values: np.ndarray) -> np.ndarray:
    """Number runs of equal values from zero; ``values`` are sorted."""
    return np.concatenate([[0], np.cumsum(values[1:] != values[:-1])])


def layout_of(keys: Keys, known: np.ndarray, estimator: str, effects: str) -> Layout | None:
    """Return the layout of the rows where ``known`` (N,) holds; None where none is left."""
    rows, before = np.flatnonzero(known), None
    has_trends = effects == "entity trends and time"
    if estimator == "two-way":
        rows = two_way_rows(rows, keys.entity, keys.times(effects), has_trends)
    elif estimator == "first-differences":
        rows, before = differenced_rows(rows, keys.entity, keys.year)
    if not len(rows):
        return None
    entity, cluster = _runs(keys.entity[rows]), _runs(keys.cluster[rows])
    first = np.flatnonzero(np.diff(cluster, prepend=-1))
    times = np.unique(keys.times(effects)[rows], return_inverse=True)[1]
    regions = keys.region[rows] if effects == "entity and region by time" else None
    when = keys.year[rows].astype(float) if has_trends else None
    levels = rows if before is None else np.union1d(rows, before)
    return Layout(
        rows=rows,
        before=before,
        levels=levels,
        entity=entity,
        cluster=cluster,
        clusters=keys.cluster[rows][first],
        effects=effect_columns(estimator, effects, times, regions),
        centred=estimator == "two-way",
        when=when,
    )
