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

from .arrays import Fitted, PanelArrays
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
    panel: pd.DataFrame,
    specifications: Sequence[CurveSpecification],
    n_draws: int,
    weights: WildWeights,
    seed: int,
) -> tuple[list[Drawn | Failed], bool]:
    """Return each specification with its draws, or why it has none, and whether the draws are all there are.

    Batches are the same whoever fits them, so that results are, to the bit.
    """
    arrays = PanelArrays(panel)
    drawn, enumerated = cluster_weights(len(arrays.labels), n_draws, weights, seed)
    drawn = np.vstack([np.ones(drawn.shape[1]), drawn]).T.copy()
    batches = [specifications[at : at + _BATCH] for at in range(0, len(specifications), _BATCH)]
    return mapped(partial(_fit_batches, arrays, drawn, weights == "rademacher"), batches), enumerated


def _fit_batches(
    arrays: PanelArrays, drawn: np.ndarray, signs: bool, batches: Sequence[Sequence[CurveSpecification]]
) -> list[Drawn | Failed]:
    return [one for batch in batches for one in _fit_batch(arrays, drawn, signs, batch)]


def _fit_batch(
    arrays: PanelArrays, drawn: np.ndarray, signs: bool, batch: Sequence[CurveSpecification]
) -> list[Drawn | Failed]:
    found: dict[CurveSpecification, Fitted | Failed] = {}
    for asked in batch:
        try:
            found[asked] = arrays.reduce(asked)
        except PlanDriftError as error:
            found[asked] = Failed(asked, str(error))
    fitted = [one for one in found.values() if isinstance(one, Fitted)]
    draws = _draws(fitted, drawn, signs)
    return [
        _drawn(asked, one, *next(draws)) if isinstance(one, Fitted) else one for asked, one in found.items()
    ]


def _drawn(asked: CurveSpecification, one: Fitted, estimates: np.ndarray, t: np.ndarray) -> Drawn:
    return Drawn(
        asked=asked,
        n_observations=one.n_observations,
        n_clusters=len(one.clusters),
        estimates=estimates * one.sign,
        t=t * one.sign,
    )


def _draws(
    fitted: Sequence[Fitted], drawn: np.ndarray, signs: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield estimates and t of each of ``fitted`` from one product with the weights (G, 1 + B) of all clusters."""
    factors = [factors_of(one.scores) for one in fitted]
    ends = np.cumsum([0, *(len(part) for part in factors)])
    stacked = np.zeros((ends[-1], len(drawn)))
    for one, part, start in zip(fitted, factors, ends, strict=False):
        stacked[start : start + len(part), one.clusters] = part
    products = stacked @ drawn
    for place, one in enumerate(fitted):
        squared = None if signs else drawn[one.clusters]
        yield t_of_products(one.scores, products[ends[place] : ends[place + 1]], squared)
