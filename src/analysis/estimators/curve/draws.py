"""Every specification of a curve fitted and drawn anew under the null, batch by batch, wherever the work is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from analysis.errors import PlanDriftError
from analysis.estimators.regression.scores import factors_of, t_of_products
from analysis.estimators.resampling.bootstrap import WildWeights, cluster_weights
from analysis.estimators.resampling.parallel import mapped

from .arrays import Fitted, PanelArrays, arrays_of
from .axes import CurveSpecification

_BATCH = 16


@dataclass(frozen=True)
class Drawn:
    """A specification's estimates and t, each (1 + B,), the data's first; slopes in standard deviations, signed."""

    asked: CurveSpecification
    n_observations: int
    n_clusters: int
    estimates: np.ndarray = field(repr=False)
    t: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Failed:
    """A specification that can't be fitted, and why."""

    asked: CurveSpecification
    reason: str


def drawn_under_null(
    panel: pd.DataFrame | PanelArrays,
    specifications: Sequence[CurveSpecification],
    n_draws: int,
    weights: WildWeights,
    seed: int,
) -> tuple[list[Drawn | Failed], bool]:
    """Return each specification with its draws, or why it has none, and whether the draws are all there are.

    Batches are the same whoever fits them, so that results are, to the bit.
    """
    arrays = arrays_of(panel)
    drawn, enumerated = cluster_weights(len(arrays.labels), n_draws, weights, seed)
    drawn = np.vstack([np.ones(drawn.shape[1]), drawn]).T.copy()
    batches = [specifications[at : at + _BATCH] for at in range(0, len(specifications), _BATCH)]
    return mapped(partial(_fit_batches, arrays, drawn, weights == "rademacher"), batches), enumerated


def _fit_batches(
    arrays: PanelArrays, drawn: np.ndarray, signs: bool, batches: Sequence[Sequence[CurveSpecification]]
) -> list[Drawn | Failed]:
    return [result for batch in batches for result in _fit_batch(arrays, drawn, signs, batch)]


def _fit_batch(
    arrays: PanelArrays, drawn: np.ndarray, signs: bool, batch: Sequence[CurveSpecification]
) -> list[Drawn | Failed]:
    results: dict[CurveSpecification, Fitted | Failed] = {}
    for asked in batch:
        try:
            results[asked] = arrays.reduce(asked)
        except PlanDriftError as error:
            results[asked] = Failed(asked, str(error))
    fitted = [result for result in results.values() if isinstance(result, Fitted)]
    draws = _draws(fitted, drawn, signs)
    return [
        _drawn(asked, result, *next(draws)) if isinstance(result, Fitted) else result
        for asked, result in results.items()
    ]


def _drawn(asked: CurveSpecification, fit: Fitted, estimates: np.ndarray, t: np.ndarray) -> Drawn:
    return Drawn(
        asked=asked,
        n_observations=fit.n_observations,
        n_clusters=len(fit.clusters),
        estimates=estimates * fit.sign,
        t=t * fit.sign,
    )


def _draws(
    fitted: Sequence[Fitted], drawn: np.ndarray, signs: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield estimates and t of each of ``fitted`` from one product with the weights (G, 1 + B) of all clusters."""
    factors = [factors_of(fit.scores) for fit in fitted]
    ends = np.cumsum([0, *(len(part) for part in factors)])
    stacked = np.zeros((ends[-1], len(drawn)))
    for fit, part, start in zip(fitted, factors, ends, strict=False):
        stacked[start : start + len(part), fit.clusters] = part
    products = stacked @ drawn
    for place, fit in enumerate(fitted):
        squared = None if signs else drawn[fit.clusters]
        yield t_of_products(fit.scores, products[ends[place] : ends[place + 1]], squared)
