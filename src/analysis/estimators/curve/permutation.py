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
from analysis.estimators.regression.scores import Design
from analysis.estimators.regression.within import less_lines, less_means
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


def _slopes(
    arrays: PanelArrays, places: np.ndarray, specifications: Sequence[CurveSpecification]
) -> list[np.ndarray]:
    """Return each specification's signed slopes (B,) in standard deviations, under swapped exposures."""
    slopes: list[np.ndarray] = []
    shared: tuple[Layout, CurveSpecification, tuple[np.ndarray, np.ndarray]] | None = None
    for asked in specifications:
        reduced = arrays.design(asked)
        if reduced is None:
            raise DataError("panel: not the one that the curve was fitted on; give that")
        layout, design = reduced
        alike = replace(asked, controls=())
        if shared is None or shared[0] is not layout or shared[1] != alike:
            shared = (layout, alike, _exposures(arrays, layout, places, asked))
        exposure, spread = shared[2]
        slopes.append(asked.sign * spread * _projected(design, exposure))
    return slopes


def _projected(design: Design, exposure: np.ndarray) -> np.ndarray:
    """Return the slopes (B,) of the outcome on each column of ``exposure`` (n, B), other columns taken out of both."""
    others = np.linalg.qr(design.regressors[:, :-1])[0]
    outcome = design.outcome - others @ (others.T @ design.outcome)
    left = np.einsum("nb,nb->b", exposure, exposure) - ((others.T @ exposure) ** 2).sum(axis=0)
    slopes: np.ndarray = outcome @ exposure / left
    return slopes


def _exposures(
    arrays: PanelArrays, layout: Layout, places: np.ndarray, asked: CurveSpecification
) -> tuple[np.ndarray, np.ndarray]:
    """Return the exposure under each draw as the regression reads it (n, B), and the deviation of its levels (B,)."""
    levels = _levels(arrays, layout, places, asked)
    if np.isnan(levels).any():
        raise DataError(
            f"{asked.exposure}: '{asked.transformation}' isn't defined for every path that is swapped"
        )
    weights, exposure = arrays.weights(asked, layout), levels
    if layout.before is not None:
        now, before = (np.searchsorted(layout.levels, rows) for rows in (layout.rows, layout.before))
        exposure = levels[now] - levels[before]
    if layout.centred:
        exposure = less_means(exposure, layout.entity, weights)
    if layout.when is not None:
        exposure = less_lines(exposure, layout.entity, weights, layout.when)
    return exposure * np.sqrt(weights)[:, None], levels.std(axis=0, ddof=1)


def _levels(arrays: PanelArrays, layout: Layout, places: np.ndarray, asked: CurveSpecification) -> np.ndarray:
    """Return the swapped exposure of the rows behind a layout (levels, B), transformed over its sample's rows."""
    values = arrays.shifted(*arrays.timed(asked, asked.exposure))
    levels: np.ndarray
    if asked.transformation in ("none", "log outcome"):
        levels = values[places[layout.levels]]
        return levels
    sampled = arrays.sampled(asked.sample, arrays.weighed(asked))
    drawn = np.full(places.shape, np.nan)
    drawn[sampled] = np.apply_along_axis(
        transformed, 0, values[places[sampled]], asked.transformation, "exposure"
    )
    levels = drawn[layout.levels]
    return levels
