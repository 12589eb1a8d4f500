"""One exposure and one outcome: as they are, and within authorities once years are taken out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.data.definitions.indicators import lower_first
from analysis.errors import DataError
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.sample import estimation_sample
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.within import without_effects
from analysis.showing.numbers import (
    axis_label_of,
    count,
    decimals_for,
    label_of,
    listed,
    number,
    source_line,
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


@dataclass(frozen=True)
class _TakenOut:
    """What an estimator takes out of both variables before it compares them, in the words of the chart."""

    called: str
    heading: str
    heading_short: str
    axis: str
    rows: str
    without_controls: str
    with_controls: str

    def described(self, controls: Sequence[str]) -> str:
        return self.with_controls.format(controls=listed(controls)) if controls else self.without_controls


_TAKEN_OUT = {
    "two-way": _TakenOut(
        called="two-way",
        heading="Within authorities, years taken out",
        heading_short="Within authorities",
        axis="deviation",
        rows="authority-years",
        without_controls="deviations from what authority and year account for",
        with_controls="deviations from what authority, year and {controls} account for",
    ),
    "pooled": _TakenOut(
        called="pooled",
        heading="All authorities and years together",
        heading_short="Over all authorities and years",
        axis="deviation",
        rows="authority-years",
        without_controls="deviations from the mean of all",
        with_controls="deviations from what {controls} account for",
    ),
    "first-differences": _TakenOut(
        called="first-difference",
        heading="Changes from the year before",
        heading_short="Between changes from the year before",
        axis="change",
        rows="changes",
        without_controls="changes from the year before, less the mean change of the year",
        with_controls="changes from the year before, less what the year and {controls} account for",
    ),
}


@themed
def residual_scatter(
    frame: pd.DataFrame,
    specification: Specification,
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

    Raises as ``estimate`` does; DataError where too few different values are left to draw.
    """
    specification = replace(specification, standardised=False)
    found = estimate(frame, specification)
    sample = estimation_sample(frame, specification)
    exposure, outcome = _residuals(sample.rows, specification)
    bins = binned_means(exposure, outcome, n_bins)
    if len(bins.n) < 2:
        raise DataError(f"{specification.exposure}: too few different values to draw")
    figure = new_figure(height_cm=8.2)
    left, right = figure.subplots(1, 2)
    _draw_raw(left, sample.levels)
    _draw_residuals(right, exposure, bins, found, _TAKEN_OUT[specification.estimator].heading)
    _label(left, right, specification, labels)
    caption, alt = _words(sample.levels, bins, found, specification, labels)
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
    style_axes(axes, "both")
    axes.plot(
        rows["exposure"], rows["outcome"], "o", color=OTHER, markersize=2.2, alpha=0.45, markeredgewidth=0
    )
    heading(axes, "Authorities and years as they are")


def _draw_residuals(axes: Axes, exposure: np.ndarray, bins: BinnedMeans, found: Estimate, title: str) -> None:
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
    heading(axes, title)


def _label(left: Axes, right: Axes, specification: Specification, labels: Mapping[str, str] | None) -> None:
    outcome, exposure = (axis_label_of(n, labels) for n in (specification.outcome, specification.exposure))
    left.set_xlabel(wrapped(exposure, 40))
    left.set_ylabel(wrapped(outcome, 42))
    left_over = _TAKEN_OUT[specification.estimator].axis
    right.set_xlabel(wrapped(f"{exposure}, {left_over}", 40))
    right.set_ylabel(wrapped(f"{outcome}, {left_over}", 42))
    for axes in (left, right):
        number_axis(axes.xaxis)
        number_axis(axes.yaxis)
        axes.xaxis.label.set_color(INK)


def _words(
    levels: pd.DataFrame,
    bins: BinnedMeans,
    found: Estimate,
    specification: Specification,
    labels: Mapping[str, str] | None,
) -> tuple[str, str]:
    outcome, exposure = (label_of(name, labels) for name in (specification.outcome, specification.exposure))
    controls = [lower_first(label_of(name, labels)) for name in specification.controls]
    level = f"{specification.confidence_level:.0%}"
    shown = with_interval(found.estimate, found.conf_low, found.conf_high)
    authorities = count(found.n_entities, "authority", "authorities")
    way = _TAKEN_OUT[specification.estimator]
    n = f"n = {found.n_observations:,} {way.rows} of {authorities}"
    caption = (
        f"{outcome} by {lower_first(exposure)}, {levels['time'].min()} to {levels['time'].max()}. Left: each dot is an "
        f"authority in a year. Right: {way.described(controls)}; diamonds are means of {len(bins.n)} groups of about "
        f"equal size with 95% intervals, the line is the {way.called} estimate, {shown} per unit, with its {level} "
        f"band. An association, not an effect. {n}."
    )
    digits = decimals_for(float(np.ptp(bins.outcome)) / 4)
    alt = (
        f"Two scatter plots of {lower_first(outcome)} against {lower_first(exposure)}. {way.heading_short} the line's "
        f"slope is {shown}, {level} interval in brackets. Mean deviation of the outcome in the lowest group "
        f"{number(bins.outcome[0], digits)}, in the highest {number(bins.outcome[-1], digits)}; largest "
        f"{number(bins.outcome.max(), digits)}, smallest {number(bins.outcome.min(), digits)}. {n}."
    )
    return caption, alt
