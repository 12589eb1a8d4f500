"""A curve against chance by swapping whole paths of the exposure among authorities.

Simonsohn, Simmons and Nelson (2020) set the median of a curve against what it is where the exposure is shuffled; here an
authority gets another's whole path, in every specification the same one's, so that a path keeps how its years go together
and the specifications how they hang together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import groupby

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.scores import triangle_of
from analysis.estimators.regression.within import less_means
from analysis.estimators.resampling.parallel import mapped

from .arrays import PanelArrays, arrays_of
from .axes import CurveSpecification, transformed
from .curve import Curve, JointTest, joint_test
from .layout import Layout

_BATCH = 16
_OF_SAMPLE = ("ranks", "winsorised")
"""Transformations that depend on all values of a sample."""


@dataclass(frozen=True)
class CurvePermutation(JointTest):
    """The curve's median and how often it is as large in size where paths are swapped: (1 + such draws) / (1 + draws).

    ``n_swappable`` of ``n_authorities`` have a path over the same years
    as another; the rest keep their own.
    """

    n_swappable: int
    n_authorities: int
    n_draws: int
    seed: int


def permute_curve(
    panel: pd.DataFrame | PanelArrays, curve: Curve, n_draws: int = 499, seed: int = 0
) -> CurvePermutation:
    """Test the median of ``curve``, fitted on ``panel``, against swapped paths of its exposures.

    Slopes are compared, not t: the null is that an authority's path might as well have been another's. Raises
    RequestError for fewer than 19 draws; DataError where no two authorities can be swapped.
    """
    if n_draws < 19:
        raise RequestError(f"draws: {n_draws}; a p value of 0.05 needs 19 at least")
    arrays = arrays_of(panel)
    groups = _swappable(arrays, curve.specifications)
    if not groups:
        raise DataError("paths: no two authorities have figures for the same years, so none can be swapped")
    places = _swapped(groups, len(arrays.keys.year), n_draws, seed)
    slopes: np.ndarray = np.array(
        mapped(
            partial(_slopes, arrays, places),
            sorted(curve.specifications, key=lambda asked: repr(_source(arrays, asked))),
        )
    )
    medians = np.median(slopes, axis=0)
    return CurvePermutation(
        **vars(joint_test(np.append(curve.median, medians), enumerated=False)),
        n_swappable=sum(len(rows) for rows in groups),
        n_authorities=int(arrays.keys.entity[-1] + 1),
        n_draws=n_draws,
        seed=seed,
    )


def _swappable(arrays: PanelArrays, specifications: Sequence[CurveSpecification]) -> list[np.ndarray]:
    """Return places (authorities, years) of those that may be swapped, for each set with the same years of figures.

    Very small authorities, which most samples leave out, are swapped among themselves.
    """
    exposures = sorted({specification.exposure for specification in specifications})
    known = np.array([~np.isnan(arrays.shifted(name, 0)) for name in exposures])
    small = arrays.panel["very_small"].to_numpy()
    groups: dict[tuple[bool, tuple[int, ...], bytes], list[np.ndarray]] = {}
    starts = np.flatnonzero(np.diff(arrays.keys.entity)) + 1
    for places in np.split(np.arange(len(small)), starts):
        path = (bool(small[places[0]]), tuple(arrays.keys.year[places]), known[:, places].tobytes())
        if known[:, places].any():
            groups.setdefault(path, []).append(places)
    return [np.array(places) for _, places in sorted(groups.items()) if len(places) > 1]


def _swapped(groups: Sequence[np.ndarray], n: int, n_draws: int, seed: int) -> np.ndarray:
    """Return for each of ``n`` rows and each draw (n, B) the row whose exposure it gets."""
    generator = np.random.default_rng(seed)
    places = np.repeat(np.arange(n)[:, None], n_draws, axis=1)
    for draw in range(n_draws):
        for group in groups:
            places[group, draw] = generator.permutation(group, axis=0)
    return places


def _source(arrays: PanelArrays, asked: CurveSpecification) -> tuple[object, ...]:
    """Return what a specification's swapped exposure depends on: column and years, transformation and over which rows."""
    timed, how = arrays.timed(asked, asked.exposure), asked.transformation
    is_of_changes = asked.estimator == "first-differences"
    if how in _OF_SAMPLE:
        return (is_of_changes, *timed, how, asked.sample, arrays.weighed(asked))
    return (is_of_changes, *timed, how in ("log exposure", "log both"))


@dataclass(frozen=True)
class _Swapped:
    """One exposure on the panel's rows under every draw, from its mean; zero where it ``is_missing`` (N,).

    ``levels`` (N, B), and ``values`` (N, B) that a regression reads: the levels or their changes from the row before.
    """

    levels: np.ndarray
    values: np.ndarray
    is_missing: np.ndarray

    @cached_property
    def squared_levels(self) -> np.ndarray:
        """Squares of the levels (N, B)."""
        return self.levels**2

    @cached_property
    def squared_values(self) -> np.ndarray:
        """Squares of the values (N, B)."""
        return self.squared_levels if self.values is self.levels else self.values**2


def _slopes(
    arrays: PanelArrays, places: np.ndarray, specifications: Sequence[CurveSpecification]
) -> list[np.ndarray]:
    """Return each specification's signed slopes (B,) in standard deviations, under swapped exposures."""
    slopes: list[np.ndarray] = []
    for _, alike in groupby(specifications, key=partial(_source, arrays)):
        together = list(alike)
        exposure = _swapped_exposure(arrays, places, together[0])
        for at in range(0, len(together), _BATCH):
            slopes += _batch_slopes(arrays, exposure, together[at : at + _BATCH])
    return slopes


def _swapped_exposure(arrays: PanelArrays, places: np.ndarray, asked: CurveSpecification) -> _Swapped:
    """Return the exposure under each draw as ``asked`` reads it.

    From its mean: every regression has a constant or effects, and squares of what lies far from zero lose digits.
    """
    values, how = arrays.shifted(*arrays.timed(asked, asked.exposure)), asked.transformation
    if how in _OF_SAMPLE:
        sampled = arrays.sampled(asked.sample, arrays.weighed(asked))
        levels = np.full(places.shape, np.nan)
        levels[sampled] = np.apply_along_axis(transformed, 0, values[places[sampled]], how, "exposure")
    else:
        levels = transformed(values, how, "exposure")[places]
    is_missing = np.isnan(levels)
    levels = np.where(is_missing, 0, levels - levels[~is_missing].mean())
    # Rows are sorted by authority and year: where the year before is there, it stands before.
    changes = asked.estimator == "first-differences"
    return _Swapped(levels, np.diff(levels, axis=0, prepend=0) if changes else levels, is_missing.any(axis=1))


def _batch_slopes(
    arrays: PanelArrays, exposure: _Swapped, specifications: Sequence[CurveSpecification]
) -> list[np.ndarray]:
    """Return the slopes (B,) of specifications that read one exposure.

    What a regression needs of it are sums over rows, of it and of its squares: one product does for many regressions. Their
    outcomes and other columns have lost what effects of authorities account for, so that the exposure needn't.
    """
    reduced = [_reduced(arrays, exposure, asked) for asked in specifications]
    # Always of one shape: products of another may differ in their last bit, and results mustn't by who stands beside whom.
    squaring, behind = np.zeros((2, _BATCH, len(exposure.levels)))
    for place, (layout, _, root) in enumerate(reduced):
        squaring[place, layout.rows] = root**2
        behind[place, layout.levels] = 1
    squares, n = squaring @ exposure.squared_values, len(specifications)
    sums, squared = (behind @ exposure.levels)[:n], (behind @ exposure.squared_levels)[:n]
    n_levels = behind.sum(axis=1, keepdims=True)[:n]
    spread = np.sqrt((squared - sums**2 / n_levels) / (n_levels - 1))
    values_of = cache(lambda layout: exposure.values[layout.rows])
    slopes = []
    for place, (asked, (layout, columns, root)) in enumerate(zip(specifications, reduced, strict=True)):
        values = values_of(layout)
        own = (columns * root) @ values
        left = squares[place] - np.einsum("kb,kb->b", own[1:], own[1:])
        if layout.centred:
            left -= _accounted(values, layout.entity, root, root)
        if layout.when is not None:
            steps = less_means(layout.when[:, None], layout.entity, root**2)[:, 0]
            left -= _accounted(values, layout.entity, root, root * steps)
        slopes.append(asked.sign * spread[place] * own[0] / left)
    return slopes


def _reduced(
    arrays: PanelArrays, exposure: _Swapped, asked: CurveSpecification
) -> tuple[Layout, np.ndarray, np.ndarray]:
    """Return a specification's rows; what its other columns leave of the outcome, and these, orthonormal (1 + k, n); and
    the roots of the weights (n,).
    """
    found = arrays.design(asked)
    if found is None:
        raise DataError("panel: not the one that the curve was fitted on; give that")
    layout, design = found
    if exposure.is_missing[layout.levels].any():
        raise DataError(
            f"{asked.exposure}: '{asked.transformation}' isn't defined for every path that is swapped"
        )
    others = design.regressors[:, :-1]  # none repeats others: the curve was fitted on them
    others = others @ np.linalg.inv(triangle_of(others)[1])
    outcome = design.outcome - others @ (others.T @ design.outcome)
    return layout, np.vstack([outcome, others.T]), np.sqrt(arrays.weights(asked, layout))


def _accounted(values: np.ndarray, entity: np.ndarray, root: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the sums of squares (B,) that ``column`` (n,) accounts for in each of ``values`` (n, B), by authority.

    A row of ``values`` counts for the square of ``root`` (n,).
    """
    starts = np.flatnonzero(np.diff(entity, prepend=-1, append=-1))
    rows = np.arange(len(entity))
    by_entity = csr_array((root * column, rows, starts), shape=(len(starts) - 1, len(rows)))
    products, lengths = by_entity @ values, np.add.reduceat(column**2, starts[:-1])[:, None]
    squares: np.ndarray = np.einsum(
        "eb,eb->b", products, np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    )
    return squares
