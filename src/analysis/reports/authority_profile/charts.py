"""The pictures of a brief: where the authority stands by every measure, and its course beside England and its neighbours."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import decimals_of, number, source_line, with_unit, wrapped
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    GRID,
    HEADING_POINTS,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    OTHER,
    SMALL_POINTS,
    new_figure,
    themed,
)
from publishing.display import Chart

from .profile import MEASURES, TOPICS, Profile, Series, Standing
from .words import WORDS

_WIDER_BAND = "#EDEDED"
# Where rows of the first picture stand, in shares of its width: labels end, the scale begins and ends, numbers end.
_LABELS_END, _SCALE, _OWN_END, _ENGLAND_END = 0.41, (0.45, 0.74), 0.90, 1.0
_OVER = 0.08
"""How far beyond the 5th and 95th percentiles, as a share of the scale, a mark may stand; one farther out stands there."""
_PANELS_ACROSS = 3


@themed
def standing_chart(profile: Profile) -> Chart:
    """Draw a row a measure: the authority between the 5th and 95th percentiles of all, with England and its neighbours."""
    shown = [standing for standing in profile.standings if standing.indicator in MEASURES]
    rows = _rows(shown)
    figure = new_figure(height_cm=1.9 + 0.355 * len(rows))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows) - 0.4, -1.5)
    for x, name, colour in ((_OWN_END, "head.own", HIGHLIGHT), (_ENGLAND_END, "key.england", ENGLAND)):
        axes.text(x, -1, WORDS.say(name), ha="right", va="center", color=colour, fontsize=SMALL_POINTS)
    for place, row in enumerate(rows):
        if isinstance(row, str):
            axes.text(0, place, row, fontweight="bold", fontsize=HEADING_POINTS, va="center", color=INK)
        else:
            _draw_standing(axes, place, row)
    figure.legend(handles=_standing_key(), loc="outside lower center", ncols=3, columnspacing=1.4)
    told = [_told(standing) for standing in shown]
    return Chart(
        figure,
        WORDS.say("standing.caption", authority=profile.authority),
        WORDS.say("standing.alt", authority=profile.authority, measures=told),
        source_line([standing.indicator for standing in shown]),
    )


def _rows(shown: Sequence[Standing]) -> list[str | Standing]:
    by_name = {standing.indicator: standing for standing in shown}
    rows: list[str | Standing] = []
    for topic, names in TOPICS.items():
        if own := [by_name[name] for name in names if name in by_name]:
            rows += [WORDS.say(f"topic.{topic}"), *own]
    return rows


def _on_scale(standing: Standing, value: float) -> float:
    low, high = standing.quantiles[0], standing.quantiles[-1]
    share = (value - low) / (high - low) if high > low else 0.5
    left, right = _SCALE
    return left + (right - left) * float(np.clip(share, -_OVER, 1 + _OVER))


def _draw_standing(axes: Axes, place: int, standing: Standing) -> None:
    entry = indicator(standing.indicator)
    label = (
        entry.label if entry.polarity == "none" else f"{entry.label} {WORDS.say(f'better.{entry.polarity}')}"
    )
    axes.text(_LABELS_END, place, label, ha="right", va="center", fontsize=SMALL_POINTS, color=INK)
    for (low, high), colour, height in (
        ((standing.quantiles[0], standing.quantiles[-1]), _WIDER_BAND, 0.56),
        ((standing.quantiles[1], standing.quantiles[3]), BAND, 0.56),
    ):
        left, right = _on_scale(standing, low), _on_scale(standing, high)
        corners = [
            (left, place - height / 2), (right, place - height / 2), (right, place + height / 2), (left, place + height / 2)
        ]  # fmt: skip
        axes.add_collection(PolyCollection([corners], facecolor=colour, edgecolor="none"))
    if standing.chance_low is not None and standing.chance_high is not None:
        ends = [_on_scale(standing, value) for value in (standing.chance_low, standing.chance_high)]
        axes.plot(ends, [place, place], color=HIGHLIGHT, linewidth=1.6, solid_capstyle="butt", zorder=3)
    if standing.neighbours is not None:
        axes.plot(_on_scale(standing, standing.neighbours), place, "^", color=NEUTRAL, markersize=5, zorder=4)
    if standing.england is not None:
        x = _on_scale(standing, standing.england)
        axes.plot([x, x], [place - 0.36, place + 0.36], color=ENGLAND, linewidth=2, zorder=4)
    axes.plot(_on_scale(standing, standing.value), place, "D", color=HIGHLIGHT, markersize=6, zorder=5)
    own = _short(standing, standing.value)
    axes.text(_OWN_END, place, own, ha="right", va="center", color=HIGHLIGHT, fontweight="bold")
    if standing.england is not None:
        england = _short(standing, standing.england)
        axes.text(_ENGLAND_END, place, england, ha="right", va="center", color=ENGLAND)


def _short(standing: Standing, value: float) -> str:
    entry = indicator(standing.indicator)
    text = number(value, decimals_of(entry))
    return f"{text}%" if entry.unit_label == "%" else f"£{text}" if entry.unit_label.startswith("£") else text


def _told(standing: Standing) -> str:
    entry = indicator(standing.indicator)
    digits = decimals_of(entry)
    return WORDS.say(
        "standing.alt.measure",
        measure=entry.label,
        value=with_unit(standing.value, entry, digits),
        year=standing.year,
        england=WORDS.say("none.published") if standing.england is None else with_unit(standing.england, entry, digits),
    )  # fmt: skip


def _standing_key() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=HIGHLIGHT, marker="D", markersize=6, linewidth=1.6, label=WORDS.say("key.own")),
        Line2D([], [], color=ENGLAND, marker="|", markersize=10, markeredgewidth=2, linewidth=0,
               label=WORDS.say("key.england")),
        Line2D([], [], color=NEUTRAL, marker="^", markersize=5, linewidth=0, label=WORDS.say("key.neighbours")),
        Patch(facecolor=BAND, label=WORDS.say("key.half")),
        Patch(facecolor=_WIDER_BAND, label=WORDS.say("key.nine_in_ten")),
    ]  # fmt: skip


@themed
def course_chart(profile: Profile) -> Chart:
    """Draw small panels over the years: the authority, England, and the middle half of its statistical neighbours.

    All panels are drawn on one pair of axes: making axes is what takes long.
    """
    down = -(-len(profile.series) // _PANELS_ACROSS)
    figure = new_figure(height_cm=1.0 + 3.9 * down)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(0, _PANELS_ACROSS)
    axes.set_ylim(down, 0)
    for place, series in enumerate(profile.series):
        _draw_course(axes, place % _PANELS_ACROSS, place // _PANELS_ACROSS, series)
    figure.legend(handles=_course_key(profile.authority), loc="outside lower center", ncols=3)
    told = [_course_told(series) for series in profile.series]
    return Chart(
        figure,
        WORDS.say("course.caption", authority=profile.authority),
        WORDS.say("course.alt", authority=profile.authority, measures=told),
        source_line([series.indicator for series in profile.series]),
    )


def _draw_course(axes: Axes, column: int, row: int, series: Series) -> None:
    entry = indicator(series.indicator)
    years = np.array(series.years, dtype=float)
    own, england, low, high = (
        np.array([np.nan if value is None else value for value in values])
        for values in (series.own, series.england, series.low, series.high)
    )
    ticks = _ticks(np.concatenate([own, england, low, high]))
    left, right, top, bottom = column + 0.15, column + 0.96, row + 0.3, row + 0.86

    def x(values: np.ndarray) -> np.ndarray:
        span = max(years[-1] - years[0], 1)
        placed: np.ndarray = left + (right - left) * (values - years[0]) / span
        return placed

    def y(values: np.ndarray) -> np.ndarray:
        placed: np.ndarray = bottom - (bottom - top) * (values - ticks[0]) / (ticks[-1] - ticks[0])
        return placed

    axes.text(
        column + 0.01, row + 0.02, wrapped(entry.axis_label, 30), fontsize=SMALL_POINTS, va="top", color=INK, linespacing=1.1
    )  # fmt: skip
    axes.add_collection(
        LineCollection([[(left, at), (right, at)] for at in y(ticks)], colors=GRID, linewidths=0.6, zorder=0)
    )
    for tick, at in zip(ticks, y(ticks), strict=True):
        axes.text(
            left - 0.015,
            at,
            number(tick, _tick_digits(ticks)),
            ha="right",
            va="center",
            fontsize=SMALL_POINTS,
        )
    for year, side in ((years[0], "left"), (years[-1], "right")):
        axes.text(
            float(x(np.array(year))),
            bottom + 0.06,
            f"{year:.0f}",
            ha=side,
            va="center",
            fontsize=SMALL_POINTS,
        )
    axes.fill_between(x(years), y(low), y(high), color=BAND, linewidth=0, zorder=1)
    axes.plot(x(years), y(england), color=ENGLAND, linewidth=1.3, linestyle="--", zorder=2)
    axes.plot(x(years), y(own), color=HIGHLIGHT, linewidth=1.8, marker="o", markersize=3, zorder=3)


def _ticks(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = low - 1, high + 1
    found: np.ndarray = np.asarray(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    return found


def _tick_digits(ticks: np.ndarray) -> int:
    step = float(ticks[1] - ticks[0])
    return next((digits for digits in range(4) if abs(round(step, digits) - step) < 1e-9), 3)


def _course_told(series: Series) -> str:
    entry = indicator(series.indicator)
    known = [(year, value) for year, value in zip(series.years, series.own, strict=True) if value is not None]
    digits = decimals_of(entry)
    return WORDS.say(
        "course.alt.measure",
        measure=entry.label,
        first=with_unit(known[0][1], entry, digits),
        first_year=known[0][0],
        last=with_unit(known[-1][1], entry, digits),
        last_year=known[-1][0],
    )


def _course_key(authority: str) -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=HIGHLIGHT, marker="o", markersize=3, linewidth=1.8, label=authority),
        Line2D([], [], color=ENGLAND, linewidth=1.3, linestyle="--", label=WORDS.say("key.england")),
        Patch(facecolor=BAND, edgecolor=OTHER, linewidth=0, label=WORDS.say("key.neighbours_half")),
    ]
