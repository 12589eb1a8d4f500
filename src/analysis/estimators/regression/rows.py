"""Which rows a panel regression uses, by place: the same choice for one regression and for many at once.

``rows`` are places in a panel that is sorted by entity and time; keys are codes from zero, one for each row of the panel.
"""

import numpy as np


def without_singletons(rows: np.ndarray, *keys: np.ndarray) -> np.ndarray:
    """Return ``rows`` less those alone in a group of ``keys``, until none is: dropping one can leave another alone."""
    while True:
        alone = np.zeros(len(rows), dtype=bool)
        for key in keys:
            alone |= np.bincount(key[rows])[key[rows]] == 1
        if not alone.any():
            return rows
        rows = rows[~alone]


def two_way_rows(rows: np.ndarray, entity: np.ndarray, time: np.ndarray, trends: bool = False) -> np.ndarray:
    """Return the rows of a two-way model: none alone; with ``trends`` three at least of each entity."""
    rows = without_singletons(rows, entity, time)
    while trends and len(rows) and (few := np.bincount(entity[rows])[entity[rows]] < 3).any():
        rows = without_singletons(rows[~few], entity, time)
    return rows


def differenced_rows(
    rows: np.ndarray, entity: np.ndarray, years: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows whose year before is there too, and that year's rows; ``years`` are numbers. A gap gives none."""
    consecutive = (np.diff(entity[rows]) == 0) & (np.diff(years[rows]) == 1)
    later = without_singletons(rows[1:][consecutive], np.unique(years, return_inverse=True)[1])
    return later, rows[np.searchsorted(rows, later) - 1]
