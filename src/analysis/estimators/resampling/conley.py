"""Errors that allow neighbours to err together: Conley's, from sums by cluster and where each cluster lies."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.scores import Scores, t_statistics

Kernel = Literal["bartlett", "uniform"]
EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class SpatialError:
    """A slope's error where clusters up to ``cutoff_km`` apart may err together, in the scores' unit (natural).

    ``n_pairs`` counts pairs of clusters that near; ``clustered`` is the error where clusters are independent.
    """

    estimate: float
    standard_error: float
    clustered: float
    n_pairs: int
    n_clusters: int
    cutoff_km: float
    kernel: str
    rule: str


def distances_km(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Return great-circle distances (n, n) in kilometres between places given in degrees, each (n,)."""
    from sklearn.metrics.pairwise import haversine_distances

    places = np.radians(np.column_stack([latitude, longitude]).astype(float))
    return haversine_distances(places) * EARTH_RADIUS_KM


def conley_error(
    scores: Scores, distances: np.ndarray, cutoff_km: float, kernel: Kernel = "bartlett"
) -> SpatialError:
    """Return the error of the slope of ``scores`` with clusters ``distances`` (G, G) km apart, in the order of its labels.

    Products of the scores of two clusters, over all years of both, count in full (``uniform``) or with a weight that
    falls in a straight line from 1 to 0 at the cutoff (``bartlett``: Conley 1999). Within a cluster all years may err
    together, as in CR1, whose factor is kept. Raises RequestError for an unknown kernel or a cutoff that isn't positive;
    DataError where distances don't match, are missing, or give a variance that isn't positive (as the uniform kernel may).
    """
    if kernel not in get_args(Kernel):
        raise unknown("kernel", kernel, get_args(Kernel))
    if not cutoff_km > 0:
        raise RequestError(f"cutoff_km {cutoff_km}: not a positive distance")
    n = len(scores.labels)
    if distances.shape != (n, n) or not np.isfinite(distances).all():
        raise DataError(f"distances {distances.shape} for {n} clusters: one is needed for each pair")
    slope = float(t_statistics(scores, np.ones((1, n)))[0][0])
    sums = scores.at(slope)[:, -1]
    near = distances <= cutoff_km
    weights = near.astype(float) if kernel == "uniform" else np.maximum(1 - distances / cutoff_km, 0)
    np.fill_diagonal(weights, 1.0)
    variance = float(sums @ weights @ sums)
    if not variance > 0:
        raise DataError(
            f"a {kernel} kernel up to {cutoff_km:g} km gives a variance of {variance:g}; try bartlett"
        )
    scale = np.sqrt(scores.factor) / scores.norm
    rule = f"Conley, {kernel} kernel to {cutoff_km:g} km between clusters, any years within; factor as CR1's, G = {n}"
    pairs = int(np.triu(near, 1).sum())
    clustered = float(scale * np.sqrt(sums @ sums))
    return SpatialError(slope, float(scale * np.sqrt(variance)), clustered, pairs, n, cutoff_km, kernel, rule)
