"""Which rows of the panel a specification uses and what effects stand in them: worked out once for all that share rows."""

from dataclasses import dataclass

import numpy as np

from analysis.estimators.regression.scores import dummies


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


@dataclass(frozen=True)
class Layout:
    """The rows of one regression and its effects, whatever its variables are.

    ``rows`` (n,) are places in the panel, ``before`` (n,) those of the years before (first differences, else None),
    ``levels`` of all rows behind them. ``entity`` and ``cluster`` (n,) number runs from zero, ``clusters`` (G,) the
    clusters among the panel's. ``effects`` (n, e) are the columns of effects; ``centred``: means of entities are to be
    taken out besides; ``when`` (n,): lines over it too, or None. ``parameters`` counts effects as the errors' rule does.
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
    parameters: int

    def takes(self, slopes: int) -> bool:
        """Return whether there are two clusters and more rows than parameters with so many slopes."""
        lines = 2 if self.when is not None else 1
        absorbed = lines * self.entity[-1] if self.centred else 0
        return len(self.clusters) > 1 and len(self.rows) > slopes + self.parameters + absorbed

    def factor(self, slopes: int) -> float:
        """Return the small-sample factor of the clustered variance."""
        groups, n = len(self.clusters), len(self.rows)
        return groups / (groups - 1) * (n - 1) / (n - slopes - self.parameters)


def _runs(values: np.ndarray) -> np.ndarray:
    """Number runs of equal values from zero; ``values`` are sorted."""
    return np.concatenate([[0], np.cumsum(values[1:] != values[:-1])])


def _without_singletons(rows: np.ndarray, keys: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the places ``rows`` less those alone in a group of ``keys``, until none is."""
    while True:
        alone = np.zeros(len(rows), dtype=bool)
        for key in keys:
            alone |= np.bincount(key[rows])[key[rows]] == 1
        if not alone.any():
            return rows
        rows = rows[~alone]


def _two_way_rows(keys: Keys, rows: np.ndarray, effects: str) -> np.ndarray:
    """Return the rows of a two-way model: none alone; with trends three at least of each authority."""
    groups = (keys.entity, keys.times(effects))
    rows = _without_singletons(rows, groups)
    while effects == "entity trends and time" and len(rows):
        few = np.bincount(keys.entity[rows])[keys.entity[rows]] < 3
        if not few.any():
            break
        rows = _without_singletons(rows[~few], groups)
    return rows


def _differenced(keys: Keys, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows whose year before is there too, and that year's rows."""
    later, earlier = rows[1:], rows[:-1]
    same = keys.entity[later] == keys.entity[earlier]
    consecutive = same & (keys.year[later] - keys.year[earlier] == 1)
    later = _without_singletons(later[consecutive], (keys.times(""),))
    # Rows are sorted and years whole, so the row before a consecutive year's is that year's.
    return later, later - 1


def layout_of(keys: Keys, known: np.ndarray, estimator: str, effects: str) -> Layout | None:
    """Return the layout of the rows where ``known`` (N,) holds; None where none is left."""
    rows, before = np.flatnonzero(known), None
    if estimator == "two-way":
        rows = _two_way_rows(keys, rows, effects)
    elif estimator == "first-differences":
        rows, before = _differenced(keys, rows)
    if not len(rows):
        return None
    entity, cluster = _runs(keys.entity[rows]), _runs(keys.cluster[rows])
    first = np.flatnonzero(np.diff(cluster, prepend=-1))
    columns, parameters = _effects(keys, rows, estimator, effects)
    when = keys.year[rows].astype(float) if effects == "entity trends and time" else None
    levels = rows if before is None else np.union1d(rows, before)
    return Layout(
        rows=rows,
        before=before,
        levels=levels,
        entity=entity,
        cluster=cluster,
        clusters=keys.cluster[rows][first],
        effects=columns,
        centred=estimator == "two-way",
        when=when,
        parameters=parameters,
    )


def _effects(keys: Keys, rows: np.ndarray, estimator: str, effects: str) -> tuple[np.ndarray, int]:
    """Return columns of effects, none of which repeats others, and how many parameters they count for.

    Authorities' effects hold the constant, and that of each region where times are of regions: the first time of each
    goes without a column. Authorities' trends hold the line over years: the last year goes without one as well.
    """
    constant = np.ones((len(rows), 1))
    if estimator == "pooled":
        return constant, 1
    times, codes = np.unique(keys.times(effects)[rows], return_inverse=True)
    if estimator == "first-differences":
        return np.hstack([constant, dummies(codes)]), len(times)
    if effects == "entity trends and time":
        return dummies(codes)[:, :-1], len(times)
    if effects == "entity and time":
        return dummies(codes), len(times)
    region = keys.region[rows]
    firsts = [codes[region == one].min() for one in np.unique(region)]
    return np.delete(np.eye(len(times)), firsts, axis=1)[codes], len(times) - (len(firsts) - 1)
