"""Findings as readers see them: rows with intervals, ours and published ones on one axis, and a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.errors import DataError
from analysis.findings.finding import RATIOS, Finding
from analysis.findings.interval import IntervalEstimate
from publishing.display import Chart

from .numbers import with_interval, wrapped
from .theme import ENGLAND, INK, NEUTRAL, SMALL_POINTS, new_figure, number_axis, style_axes, themed
from .words import words_of

WORDS = words_of(__package__)

_RATIO_TICKS = (
    (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20),
    (0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8),
    (0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2),
)
"""Places of ticks on an axis of ratios, from the widest; the first that puts ``_FEWEST_TICKS`` on the axis is taken."""
_FEWEST_TICKS = 3
_LINE_CM = 0.37
_COARSE_TICKS, _WIDE = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100), 25
"""Places of ticks where the axis reaches over more than so many times its lowest value."""


@dataclass(frozen=True)
class Row(IntervalEstimate):
    """One estimate to draw: what it is, and whether somebody else published it."""

    label: str
    published: bool = False

    @classmethod
    def of(cls, finding: Finding, label: str = "") -> "Row":
        """Return a finding as a row, under its own label unless another is given."""
        return cls(
            label or finding.label,
            estimate=finding.estimate,
            conf_low=finding.conf_low,
            conf_high=finding.conf_high,
        )


def ratio_axis(axes: Axes) -> None:
    """Give axes of ratios a logarithmic scale with plain numbers; call it once everything is drawn."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    choices = (_COARSE_TICKS,) if high > _WIDE * low else _RATIO_TICKS
    shown = [[tick for tick in ticks if low <= tick <= high] for ticks in choices]
    ticks = next((ticks for ticks in shown if len(ticks) >= _FEWEST_TICKS), shown[-1])
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


@themed
def findings_forest(
    rows: Sequence[Row],
    scale: str,
    caption: str,
    source: str,
    unit: str = "",
    *,
    decimals: int = 2,
    row_cm: float = 0.68,
) -> Chart:
    """Draw estimates of one scale as rows with 95% intervals, numbers beside them; published ones in grey diamonds.

    Ratios stand on a logarithmic axis around 1. ``row_cm``: the height of a row, less where labels are one line. Raises
    DataError where there is nothing to draw.
    """
    if not rows:
        raise DataError("no findings to draw")
    is_ratio = scale in RATIOS
    labels = [wrapped(row.label, 38) for row in rows]
    most_lines = 1 + max(label.count("\n") for label in labels)
    figure = new_figure(height_cm=2.4 + max(row_cm, _LINE_CM * most_lines) * len(rows))
    axes = figure.subplots()
    style_axes(axes, "x")
    places = np.arange(len(rows))
    for place, row in zip(places, rows, strict=True):
        colour, marker = (NEUTRAL, "D") if row.published else (ENGLAND, "o")
        axes.hlines(place, row.conf_low, row.conf_high, color=colour, linewidth=1.4)
        axes.plot(row.estimate, place, marker, color=colour, markersize=5)
    axes.axvline(1 if is_ratio else 0, color=INK, linewidth=0.8)
    axes.set_yticks(places, labels)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    ratio_axis(axes) if is_ratio else number_axis(axes.xaxis)
    axes.set_xlabel(unit or scale)
    _numbers_beside(axes, rows, decimals)
    if any(row.published for row in rows):
        ours = Line2D([], [], color=ENGLAND, marker="o", label="this project")
        theirs = Line2D([], [], color=NEUTRAL, marker="D", label="published")
        figure.legend(handles=[ours, theirs], loc="outside upper left", ncols=2)
    alt = "; ".join(f"{row.label}: {with_interval(*row.with_limits, decimals)}" for row in rows)
    return Chart(figure, caption, WORDS.say("findings.alt", unit=unit or scale, rows=alt), source)


def _numbers_beside(axes: Axes, rows: Sequence[Row], decimals: int) -> None:
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(rows)), [with_interval(*row.with_limits, decimals) for row in rows])
    right.tick_params(length=0, labelsize=SMALL_POINTS)
    right.spines["right"].set_visible(False)
