"""One exposure and one outcome: as they are, and within authorities once years are taken out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..display import Chart
from ..errors import DataError, RequestError
from ..models.estimators import Estimate, estimate
from ..models.sample import estimation_sample
from ..models.specification import Specification
from ..models.within import without_effects
from ..wording import listed, lower_first
from .theme import (
    ENGLAND,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    OTHER,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from .words import axis_label_of, count, decimals_for, interval, label_of, number, source_line, wrapped


@dataclass(frozen=True)
class BinnedMeans:
    """Means of the outcome in bins of the exposure, each of about equally many rows.

    ``exposure`` and ``outcome`` are the bins' means, ``low`` and ``high`` the 95% interval of the outcome's,
    all of shape (bins,); ``n`` counts rows. The intervals take rows as independent, unlike the fitted line's.
    """

    exposure: np.ndarray
    outcome: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray


def binned_means(exposure: np.ndarray, outcome: np.ndarray, n_bins: int = 12) -> BinnedMeans:
    """Return means of ``outcome`` (1-d) in bins of ``exposure`` (1-d) with about equally many rows.

    Equal exposures stay together, so that there can be fewer bins; a bin of one row has no interval. The
    practice is described by Cattaneo, Crump, Farrell and Feng (2024), "On Binscatter".
    """
    edges = np.quantile(exposure, np.linspace(0, 1, n_bins + 1))
    groups = pd.DataFrame({"exposure": exposure, "outcome": outcome}).groupby(
        np.searchsorted(edges[1:-1], exposure, side="left")
    )
    means, n = groups.mean(), groups.size().to_numpy()
    half = 1.96 * groups["outcome"].std(ddof=1).to_numpy() / np.sqrt(n)
    middle = means["outcome"].to_numpy()
    return BinnedMeans(means["exposure"].to_numpy(), middle, middle - half, middle + half, n)


@themed
def within_scatter(
    frame: pd.DataFrame,
    specification: Specification,
    *,
    n_bins: int = 12,
    labels: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Chart:
    """Draw outcome against exposure twice: as they are, and less authority and year effects and controls.

    Left, a dot an authority and year. Right, deviations from what authority, year and controls account for:
    binned means with 95% intervals, and the line of the two-way estimate with the band of its clustered
    interval. Both use the rows of the estimate, and the units of the indicators whether or not the
    specification is standardised.

    Raises RequestError for another estimator than ``two-way``; otherwise as ``estimate`` does.
    """
    if specification.estimator != "two-way":
        raise RequestError(
            f"the scatter within authorities needs the two-way estimator, not {specification.estimator}"
        )
    specification = replace(specification, standardised=False)
    found = estimate(frame, specification)
    rows = estimation_sample(frame, specification).rows
    exposure, outcome = _residuals(rows, specification)
    bins = binned_means(exposure, outcome, n_bins)
    if len(bins.n) < 2:
        raise DataError(f"{specification.exposure}: too few different values to draw")
    figure = new_figure(height_cm=8.2)
    left, right = figure.subplots(1, 2)
    _draw_raw(left, rows)
    _draw_within(right, exposure, bins, found)
    _label(left, right, specification, labels)
    caption, alt = _words(rows, bins, found, specification, labels)
    columns = (specification.outcome, *specification.regressors)
    return Chart(figure, caption, alt, source or source_line(columns))


def _residuals(rows: pd.DataFrame, specification: Specification) -> tuple[np.ndarray, np.ndarray]:
    """Return exposure and outcome less effects and controls, each of shape (rows,)."""
    names = ["exposure", "outcome", *(f"control_{i}" for i in range(len(specification.controls)))]
    weights = rows["weight"].to_numpy()
    left = without_effects(
        rows[names].to_numpy(), rows["entity"].to_numpy(), rows["time"].to_numpy(), weights
    )
    pair, controls, root = left[:, :2], left[:, 2:], np.sqrt(weights)[:, None]
    if controls.size:
        pair = pair - controls @ np.linalg.lstsq(controls * root, pair * root, rcond=None)[0]
    return pair[:, 0], pair[:, 1]


def _draw_raw(axes: Axes, rows: pd.DataFrame) -> None:
    style_axes(axes, "both")
    axes.plot(
        rows["exposure"], rows["outcome"], "o", color=OTHER, markersize=2.2, alpha=0.45, markeredgewidth=0
    )
    heading(axes, "Authorities and years as they are")


def _draw_within(axes: Axes, exposure: np.ndarray, bins: BinnedMeans, found: Estimate) -> None:
    style_axes(axes, "both")
    reach = np.quantile(exposure, [0.005, 0.995])
    line = np.linspace(min(reach[0], bins.exposure[0]), max(reach[1], bins.exposure[-1]), 50)
    edges = np.stack([found.conf_low * line, found.conf_high * line])
    axes.fill_between(line, edges.min(axis=0), edges.max(axis=0), color=ENGLAND, alpha=0.18, linewidth=0)
    axes.plot(line, found.estimate * line, color=ENGLAND, linewidth=1.4)
    axes.vlines(bins.exposure, bins.low, bins.high, color=HIGHLIGHT, linewidth=1)
    axes.plot(bins.exposure, bins.outcome, "D", color=HIGHLIGHT, markersize=3.5, zorder=3)
    axes.axhline(0, color=NEUTRAL, linewidth=0.6)
    axes.axvline(0, color=NEUTRAL, linewidth=0.6)
    heading(axes, "Within authorities, years taken out")


def _label(left: Axes, right: Axes, specification: Specification, labels: Mapping[str, str] | None) -> None:
    outcome, exposure = (axis_label_of(n, labels) for n in (specification.outcome, specification.exposure))
    left.set_xlabel(wrapped(exposure, 40))
    left.set_ylabel(wrapped(outcome, 42))
    right.set_xlabel(wrapped(f"{exposure}, deviation", 40))
    right.set_ylabel(wrapped(f"{outcome}, deviation", 42))
    for axes in (left, right):
        number_axis(axes.xaxis)
        number_axis(axes.yaxis)
        axes.xaxis.label.set_color(INK)


def _words(
    rows: pd.DataFrame, bins: BinnedMeans, found: Estimate, specification: Specification, labels
) -> tuple[str, str]:
    outcome, exposure = (label_of(name, labels) for name in (specification.outcome, specification.exposure))
    controls = [lower_first(label_of(name, labels)) for name in specification.controls]
    level = f"{specification.confidence_level:.0%}"
    shown = interval(found.estimate, found.conf_low, found.conf_high)
    authorities = count(found.n_entities, "authority", "authorities")
    n = f"n = {found.n_observations:,} authority-years of {authorities}"
    caption = (
        f"{outcome} by {lower_first(exposure)}, {rows['time'].min()} to {rows['time'].max()}. Left: each "
        f"dot is an "
        f"authority in a year. Right: deviations from what authority{', year' if controls else ' and year'}"
        f"{' and ' + listed(controls) if controls else ''} account for; diamonds are means of {len(bins.n)} "
        f"groups of "
        f"about equal size with 95% intervals, the line is the two-way estimate, {shown} per unit, with its "
        f"{level} "
        f"band. An association, not an effect. {n}."
    )
    digits = decimals_for(float(np.ptp(bins.outcome)) / 4)
    alt = (
        f"Two scatter plots of {lower_first(outcome)} against {lower_first(exposure)}. Within authorities "
        f"the line's "
        f"slope is {shown}, {level} interval in brackets. Mean deviation of the outcome in the lowest group "
        f"{number(bins.outcome[0], digits)}, in the highest {number(bins.outcome[-1], digits)}; largest "
        f"{number(bins.outcome.max(), digits)}, smallest {number(bins.outcome.min(), digits)}. {n}."
    )
    return caption, alt
