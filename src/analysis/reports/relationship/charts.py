"""One exposure and one outcome: as they are, and within authorities once years are taken out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from analysis.data.definitions.indicators import dictionary, lower_first
from analysis.errors import DataError
from analysis.estimators.regression.estimate import Estimate
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.within import without_effects
from analysis.showing.numbers import (
    axis_label_of,
    decimals_for,
    label_of,
    source_line,
    upper_first,
    with_interval,
    wrapped,
)
from analysis.showing.theme import (
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
from publishing.display import Chart

from .words import WORDS, size

_N_DOT_PATHS = 12


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
    return BinnedMeans(
        exposure=means["exposure"].to_numpy(), outcome=middle, low=middle - half, high=middle + half, n=n
    )


@themed
def residual_scatter(
    estimate: Estimate,
    *,
    n_bins: int = 12,
    labels: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Chart:
    """Draw outcome against exposure twice: as they are, and less what the estimator and the controls take out.

    Left, a dot an authority and year. Right, what is left of both (two-way: deviations from what authority, year and
    controls account for; pooled: from the mean and controls; first differences: changes from the year before, less
    the year's mean change and controls): binned means with 95% intervals, and the line of the estimate with the band
    of its clustered interval. Both use the rows of the estimate, and the units of the indicators whether or not the
    specification is standardised.

    Raises DataError where too few different values are left to draw.
    """
    sample, specification = estimate.sample, estimate.specification
    exposure, outcome = _residuals(sample.rows, specification)
    bins = binned_means(exposure, outcome, n_bins)
    if len(bins.n) < 2:
        raise DataError(f"{specification.exposure}: too few different values to draw")
    figure = new_figure(height_cm=6.6)
    left, right = figure.subplots(1, 2)
    _draw_raw(left, sample.levels)
    _draw_residuals(
        right,
        exposure,
        bins,
        estimate.in_outcome_units,
        WORDS.say(f"scatter.heading.{specification.estimator}"),
    )
    _label(left, right, specification, labels)
    caption, alt = _words(estimate, bins, labels)
    columns = (specification.outcome, *specification.regressors)
    return Chart(figure, caption, alt, source or source_line(columns))


def _residuals(rows: pd.DataFrame, specification: Specification) -> tuple[np.ndarray, np.ndarray]:
    """Return exposure and outcome less effects and controls, each of shape (rows,)."""
    names = ["exposure", "outcome", *(f"control_{i}" for i in range(len(specification.controls)))]
    weights, same = rows["weight"].to_numpy(), np.zeros(len(rows))
    entity = rows["entity"].to_numpy() if specification.estimator == "two-way" else same
    time = same if specification.estimator == "pooled" else rows["time"].to_numpy()
    left = without_effects(rows[names].to_numpy(), entity, time, weights)
    pair, controls, root = left[:, :2], left[:, 2:], np.sqrt(weights)[:, None]
    if controls.size:
        pair = pair - controls @ np.linalg.lstsq(controls * root, pair * root, rcond=None)[0]
    return pair[:, 0], pair[:, 1]


def _draw_raw(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw a dot a row: the round ends of lines without length, for a thousand dots as things of their own take long.

    Dots of one path don't darken where they overlap; with many paths, each of every so many rows, nearly all do.
    """
    style_axes(axes, "both")
    points = rows[["exposure", "outcome"]].to_numpy(float)
    for first in range(min(_N_DOT_PATHS, len(points))):
        chosen = points[first::_N_DOT_PATHS]
        lines = Path(np.repeat(chosen, 2, axis=0), np.tile([Path.MOVETO, Path.LINETO], len(chosen)))
        lines.should_simplify = False  # which would leave out a line without length
        axes.add_artist(
            PathPatch(
                lines, fill=False, edgecolor=(OTHER, 0.45), linewidth=2.2, capstyle="round", clip_on=False
            )
        )
    axes.update_datalim(points)
    axes.autoscale_view()
    heading(axes, WORDS.say("scatter.heading.as_they_are"))


def _draw_residuals(
    axes: Axes, exposure: np.ndarray, bins: BinnedMeans, slope: tuple[float, float, float], title: str
) -> None:
    style_axes(axes, "both")
    reach = np.quantile(exposure, [0.005, 0.995])
    line = np.linspace(min(reach[0], bins.exposure[0]), max(reach[1], bins.exposure[-1]), 50)
    edges = np.stack([slope[1] * line, slope[2] * line])
    axes.fill_between(line, edges.min(axis=0), edges.max(axis=0), color=ENGLAND, alpha=0.18, linewidth=0)
    axes.plot(line, slope[0] * line, color=ENGLAND, linewidth=1.4)
    axes.vlines(bins.exposure, bins.low, bins.high, color=HIGHLIGHT, linewidth=1)
    axes.plot(bins.exposure, bins.outcome, "D", color=HIGHLIGHT, markersize=3.5, zorder=3)
    axes.axhline(0, color=NEUTRAL, linewidth=0.6)
    axes.axvline(0, color=NEUTRAL, linewidth=0.6)
    heading(axes, wrapped(title, 30))


def _label(left: Axes, right: Axes, specification: Specification, labels: Mapping[str, str] | None) -> None:
    names = (specification.outcome, specification.exposure)
    outcome, exposure = (axis_label_of(name, labels) for name in names)
    left.set_xlabel(wrapped(exposure, 34))
    left.set_ylabel(wrapped(outcome, 28))
    left_over = WORDS.say(f"scatter.axis.{specification.estimator}")
    apart, more = (f"{left_over}{_unit_of_difference(name)}" for name in names)
    right.set_xlabel(wrapped(f"{label_of(specification.exposure, labels)}: {more}", 34))
    right.set_ylabel(wrapped(upper_first(apart), 28))
    for axes in (left, right):
        number_axis(axes.xaxis)
        number_axis(axes.yaxis)
        axes.xaxis.label.set_color(INK)


def _unit_of_difference(name: str) -> str:
    entry = dictionary().get(name)
    return f" ({entry.difference_label})" if entry else ""


def _words(estimate: Estimate, bins: BinnedMeans, labels: Mapping[str, str] | None) -> tuple[str, str]:
    """Return caption and alternative text."""
    specification, levels = estimate.specification, estimate.sample.levels
    outcome, exposure = (label_of(name, labels) for name in (specification.outcome, specification.exposure))
    controls = [lower_first(label_of(name, labels)) for name in specification.controls]
    left_over = "scatter.left_over.controls" if controls else "scatter.left_over"
    values = {
        "finding": size(estimate),
        "outcome": outcome,
        "exposure": lower_first(exposure),
        "first_year": levels["time"].min(),
        "last_year": levels["time"].max(),
        "left_over": WORDS.say(f"{left_over}.{specification.estimator}", controls=controls),
        "n_groups": len(bins.n),
        "place": WORDS.say(f"scatter.place.{specification.estimator}"),
        "slope": with_interval(*estimate.in_outcome_units),
        "confidence": specification.confidence_level,
        "n_rows": estimate.n_observations,
        "rows": WORDS.say(f"scatter.rows.{specification.estimator}"),
        "n_authorities": estimate.n_entities,
        "digits": decimals_for(float(np.ptp(bins.outcome)) / 4),
        "lowest_group": bins.outcome[0],
        "highest_group": bins.outcome[-1],
        "largest": bins.outcome.max(),
        "smallest": bins.outcome.min(),
    }
    return WORDS.say("scatter.caption", **values), WORDS.say("scatter.alt", **values)
