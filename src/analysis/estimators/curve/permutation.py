"""A curve against chance by swapping whole paths of the exposure among authorities.

Simonsohn, Simmons and Nelson (2020) set the median of a curve against what it is where the exposure is shuffled; here an
authority gets another's whole path, in every specification the same one's, so that a path keeps how its years go together
and the specifications how they hang together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.scores import Design, triangle_of
from analysis.estimators.regression.within import less_means, sums_by
from analysis.estimators.resampling.parallel import mapped

from .arrays import PanelArrays
from .axes import CurveSpecification, transformed
from .curve import Curve, JointTest, joint_test
from .layout import Layout


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


def permute_curve(panel: pd.DataFrame, curve: Curve, n_draws: int = 499, seed: int = 0) -> CurvePermutation:
    """Test the median of ``curve``, fitted on ``panel``, against swapped paths of its exposures.

    Slopes are compared, not t: the null is that an authority's path might as well have been another's. Raises
    RequestError for fewer than 19 draws; DataError where no two authorities can be swapped.
    """
    if n_draws < 19:
        raise RequestError(f"draws: {n_draws}; a p value of 0.05 needs 19 at least")
    arrays = PanelArrays(panel)
    groups = _swappable(arrays, curve.specifications)
    if not groups:
        raise DataError("paths: no two authorities have figures for the same years, so none can be swapped")
    places = _swapped(groups, len(arrays.keys.year), n_draws, seed)
    slopes: np.ndarray = np.array(
        mapped(partial(_slopes, arrays, places), _alike_together(curve.specifications))
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


def _alike_together(specifications: Sequence[CurveSpecification]) -> list[CurveSpecification]:
    """Put specifications that differ in controls alone side by side: they may share what swapping gives."""
    return sorted(specifications, key=lambda specification: repr(replace(specification, controls=())))


@dataclass(frozen=True)
class _Swapped:
    """One exposure under every draw, over the rows of one layout.

    ``weighted`` (n, B): its levels or differences times the root of the weights. ``squares`` (B,): their sums of squares
    once effects of authorities, and lines over time, are taken out. ``spread`` (B,): the standard deviation of the levels.
    """

    weighted: np.ndarray
    squares: np.ndarray
    spread: np.ndarray


def _slopes(
    arrays: PanelArrays, places: np.ndarray, specifications: Sequence[CurveSpecification]
) -> list[np.ndarray]:
    """Return each specification's signed slopes (B,) in standard deviations, under swapped exposures."""
    slopes: list[np.ndarray] = []
    shared: tuple[Layout, CurveSpecification, _Swapped] | None = None
    for asked in specifications:
        reduced = arrays.design(asked)
        if reduced is None:
            raise DataError("panel: not the one that the curve was fitted on; give that")
        layout, design = reduced
        alike = replace(asked, controls=())
        if shared is None or shared[0] is not layout or shared[1] != alike:
            shared = (layout, alike, _exposures(arrays, layout, places, asked))
        exposure = shared[2]
        slopes.append(asked.sign * exposure.spread * _projected(design, exposure))
    return slopes


def _projected(design: Design, exposure: _Swapped) -> np.ndarray:
    """Return the slopes (B,) of the outcome on each column of ``exposure``, other columns taken out of both.

    Outcome and other columns have lost what effects of authorities account for, so that the exposure needn't.
    """
    others = design.regressors[:, :-1]  # none repeats others: the curve was fitted on them
    inverse = np.linalg.inv(triangle_of(others)[1])
    outcome = design.outcome - others @ (inverse @ (inverse.T @ (others.T @ design.outcome)))
    left = exposure.squares - ((inverse.T @ (others.T @ exposure.weighted)) ** 2).sum(axis=0)
    slopes: np.ndarray = outcome @ exposure.weighted / left
    return slopes


def _exposures(
    arrays: PanelArrays, layout: Layout, places: np.ndarray, asked: CurveSpecification
) -> _Swapped:
    """Return the exposure under each draw as the regression reads it."""
    levels = _levels(arrays, layout, places, asked)
    sums, n_levels = levels.sum(axis=0), len(levels)
    if np.isnan(sums).any():
        raise DataError(
            f"{asked.exposure}: '{asked.transformation}' isn't defined for every path that is swapped"
        )
    spread = np.sqrt((np.einsum("nb,nb->b", levels, levels) - sums**2 / n_levels) / (n_levels - 1))
    weighted, root = levels, np.sqrt(arrays.weights(asked, layout))[:, None]
    if layout.before is not None:
        now, before = (np.searchsorted(layout.levels, rows) for rows in (layout.rows, layout.before))
        weighted = levels[now] - levels[before]
    if (root != 1).any():
        weighted = weighted * root
    squares = np.einsum("nb,nb->b", weighted, weighted)
    if layout.centred:
        squares -= _accounted(weighted, root, layout.entity)
    if layout.when is not None:
        squares -= _accounted(
            weighted, root * less_means(layout.when[:, None], layout.entity, root[:, 0] ** 2), layout.entity
        )
    return _Swapped(weighted, squares, spread)


def _accounted(weighted: np.ndarray, column: np.ndarray, entity: np.ndarray) -> np.ndarray:
    """Return the sums of squares (B,) that ``column`` (n, 1) accounts for in each of ``weighted`` (n, B), by entity."""
    lengths = sums_by(column**2, entity)
    products = sums_by(weighted * column if (column != 1).any() else weighted, entity)
    squares: np.ndarray = np.einsum(
        "eb,eb->b", products, np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    )
    return squares


def _levels(arrays: PanelArrays, layout: Layout, places: np.ndarray, asked: CurveSpecification) -> np.ndarray:
    """Return the swapped exposure of the rows behind a layout (levels, B), transformed over its sample's rows.

    From its mean over the panel: every regression has a constant or effects, and squares of what lies far from zero lose
    digits.
    """
    values = arrays.shifted(*arrays.timed(asked, asked.exposure))
    levels: np.ndarray
    if asked.transformation in ("none", "log outcome"):
        levels = (values - np.nanmean(values))[places[layout.levels]]
        return levels
    sampled = arrays.sampled(asked.sample, arrays.weighed(asked))
    drawn = np.full(places.shape, np.nan)
    drawn[sampled] = np.apply_along_axis(
        transformed, 0, values[places[sampled]], asked.transformation, "exposure"
    )
    levels = drawn[layout.levels]
    levels -= levels.mean()
    return levels
