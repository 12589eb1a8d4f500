"""The pictures of a brief: where the authority stands by every measure, and its course beside England and its neighbours.

All is placed by hand on one pair of axes that fill the figure: making axes, and measuring letters to lay them out, is what
takes long.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.data.definitions.indicators import indicator, lower_first, sources_behind
from analysis.data.official.publications import publications
from analysis.showing.numbers import decimals_of, number, source_line, with_unit
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    GRID,
    HEADING_POINTS,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    SMALL_POINTS,
    new_figure,
    themed,
)
from publishing.display import Chart, Prose

from .profile import DRAWN, MEASURES, TOPICS, Profile, Series, Standing
from .words import WORDS

_WIDER_BAND = "#EDEDED"
_ROW_CM, _HEAD_CM, _KEY_CM = 0.325, 0.42, 0.5
"""How high a row of the first picture, the line above the rows, and the key below them are."""
_MOST_NAMED = 3
"""Measures beyond their limits that the first picture's title names, at most; there they are bold."""
_UNITS_IN_ROWS = ("per_10k", "per_100_children", "real_gbp_per_child", "cases_per_fte")
# Where rows of the first picture stand, in shares of its width: labels end, the scale begins and ends, numbers end.
_LABELS_END, _SCALE, _OWN_END, _ENGLAND_END = 0.40, (0.44, 0.76), 0.885, 0.99
_OVER = 0.08
"""How far beyond the 5th and 95th percentiles, as a share of the scale, a mark may stand; one farther out stands there."""
_PANELS_ACROSS, _PANEL_CM = 4, 2.75
_LETTER = 0.048
"""How wide a digit is, as a share of a panel's width."""


def standing_chart(profile: Profile) -> Chart | Prose:
    """Draw a row a measure: the authority between the 5th and 95th percentiles of all, with England and its neighbours.

    A sentence where there is no figure.
    """
    return _standing_chart(profile) if profile.standings else WORDS.prose("standing.none")


@themed
def _standing_chart(profile: Profile) -> Chart:
    shown = [standing for standing in profile.standings if standing.indicator in MEASURES]
    rows = _rows(shown)
    figure, axes = _placed(_HEAD_CM + _ROW_CM * len(rows) + _KEY_CM)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows) - 0.5 + _KEY_CM / _ROW_CM, -0.5 - _HEAD_CM / _ROW_CM)
    for x, name, colour in ((_OWN_END, "head.own", HIGHLIGHT), (_ENGLAND_END, "key.england", ENGLAND)):
        _text(axes, x, -1.1, WORDS.say(name), ha="right", color=colour)
    for place, row in enumerate(rows):
        if isinstance(row, str):
            _text(axes, 0.005, place, row, fontweight="bold", fontsize=HEADING_POINTS)
        else:
            _draw_standing(axes, place, row)
    _draw_standing_key(axes, len(rows) + 0.3)
    told = [_told(standing) for standing in shown]
    return Chart(
        figure,
        _standing_caption(profile, shown),
        WORDS.say("standing.alt", authority=profile.authority, measures=told),
        WORDS.say("standing.source", publishers=_publishers([standing.indicator for standing in shown])),
    )


def _publishers(names: Sequence[str]) -> list[str]:
    """Return who publishes what measures rest on, each once; the table has their releases."""
    return list(dict.fromkeys(publications()[name].publisher for name in sources_behind(names)))


def _standing_caption(profile: Profile, shown: Sequence[Standing]) -> str:
    if not any(standing.low is not None for standing in shown):
        return WORDS.say("standing.caption.very_small", authority=profile.authority)
    beyond = [
        lower_first(indicator(standing.indicator).label) for standing in shown if standing.is_beyond_limits
    ]
    if len(beyond) > _MOST_NAMED:
        more = WORDS.say("standing.caption.more", n=len(beyond) - _MOST_NAMED + 1)
        beyond = [*beyond[: _MOST_NAMED - 1], more]
    return WORDS.say("standing.caption", authority=profile.authority, measures=beyond)


def _placed(height_cm: float) -> tuple[Figure, Axes]:
    """Return a figure of this height and invisible axes that fill it."""
    figure = new_figure(height_cm=height_cm, is_placed=True)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def _text(axes: Axes, x: float, y: float, text: str, **style: object) -> None:
    axes.text(x, y, text, **{"va": "center", "fontsize": SMALL_POINTS, "color": INK, **style})  # type: ignore[arg-type]


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


def _bar(axes: Axes, left: float, right: float, place: float, colour: str, height: float = 0.56) -> None:
    low, high = place - height / 2, place + height / 2
    corners = [(left, low), (right, low), (right, high), (left, high)]
    axes.add_collection(PolyCollection([corners], facecolor=colour, edgecolor="none"))


def _draw_standing(axes: Axes, place: int, standing: Standing) -> None:
    entry = indicator(standing.indicator)
    better = "" if entry.polarity == "none" else f" {WORDS.say(f'better.{entry.polarity}')}"
    label = WORDS.say(f"row.{entry.unit}", label=entry.label) if entry.unit in _UNITS_IN_ROWS else entry.label
    uncounted = WORDS.say("row.uncounted") if standing.chance_low is None else ""
    _text(axes, _LABELS_END, place, f"{label}{uncounted}{better}", ha="right")
    for low, high, colour in (
        (standing.quantiles[0], standing.quantiles[-1], _WIDER_BAND),
        (standing.quantiles[1], standing.quantiles[3], BAND),
    ):
        _bar(axes, _on_scale(standing, low), _on_scale(standing, high), place, colour)
    if standing.chance_low is not None and standing.chance_high is not None:
        ends = [_on_scale(standing, value) for value in (standing.chance_low, standing.chance_high)]
        axes.plot(ends, [place, place], color=HIGHLIGHT, linewidth=1.6, solid_capstyle="butt", zorder=3)
    if standing.neighbours is not None:
        axes.plot(_on_scale(standing, standing.neighbours), place, "^", color=NEUTRAL, markersize=5, zorder=4)
    if standing.england is not None:
        x = _on_scale(standing, standing.england)
        axes.plot([x, x], [place - 0.36, place + 0.36], color=ENGLAND, linewidth=2, zorder=4)
    axes.plot(_on_scale(standing, standing.value), place, "D", color=HIGHLIGHT, markersize=6, zorder=5)
    weight = "bold" if standing.is_beyond_limits else "normal"
    _text(
        axes,
        _OWN_END,
        place,
        _short(standing, standing.value),
        ha="right",
        color=HIGHLIGHT,
        fontweight=weight,
    )
    if standing.england is not None:
        _text(axes, _ENGLAND_END, place, _short(standing, standing.england), ha="right", color=ENGLAND)


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


def _draw_standing_key(axes: Axes, at: float) -> None:
    """Draw what each mark means, in a line below the rows."""
    axes.plot([0.005, 0.045], [at, at], color=HIGHLIGHT, linewidth=1.6, solid_capstyle="butt")
    axes.plot(0.025, at, "D", color=HIGHLIGHT, markersize=6)
    axes.plot([0.125, 0.125], [at - 0.36, at + 0.36], color=ENGLAND, linewidth=2)
    axes.plot(0.265, at, "^", color=NEUTRAL, markersize=5)
    _bar(axes, 0.5, 0.55, at, BAND)
    _bar(axes, 0.705, 0.755, at, _WIDER_BAND)
    for x, name in (
        (0.055, "head.own"), (0.14, "key.england"), (0.285, "key.neighbours"), (0.56, "key.half"),
        (0.765, "key.nine_in_ten"),
    ):  # fmt: skip
        _text(axes, x, at, WORDS.say(name))


def course_chart(profile: Profile) -> Chart | Prose:
    """Draw small panels over the years: the authority, England, and the middle half of its statistical neighbours.

    A sentence where there is no figure.
    """
    comparable = [series.comparable for series in profile.series if series.indicator in DRAWN]
    shown = [series for series in comparable if series]
    return _course_chart(profile, shown) if shown else WORDS.prose("course.none")


@themed
def _course_chart(profile: Profile, shown: Sequence[Series]) -> Chart:
    down = -(-len(shown) // _PANELS_ACROSS)
    key = 0.8 / _PANEL_CM
    figure, axes = _placed(_PANEL_CM * (down + key))
    axes.set_xlim(0, _PANELS_ACROSS)
    axes.set_ylim(down + key, 0)
    for place, series in enumerate(shown):
        _draw_course(axes, place % _PANELS_ACROSS, place // _PANELS_ACROSS, series)
    _draw_course_key(axes, down + key / 2, profile.authority)
    told = [_course_told(series) for series in shown]
    return Chart(
        figure,
        WORDS.say("course.caption", authority=profile.authority),
        WORDS.say("course.alt", authority=profile.authority, measures=told),
        source_line([series.indicator for series in shown]),
    )


def _draw_course(axes: Axes, column: int, row: int, series: Series) -> None:
    years = np.array(series.years, dtype=float)
    own, england, low, high = (
        np.array([np.nan if value is None else value for value in values])
        for values in (series.own, series.england, series.low, series.high)
    )
    ticks = _ticks(np.concatenate([own, england, low, high]))
    labels = [number(tick, _tick_digits(ticks)) for tick in ticks]
    left = column + 0.06 + _LETTER * max(map(len, labels))
    right, top, bottom = column + 0.97, row + 0.24, row + 0.83

    def x(values: np.ndarray) -> np.ndarray:
        span = max(years[-1] - years[0], 1)
        placed: np.ndarray = left + (right - left) * (values - years[0]) / span
        return placed

    def y(values: np.ndarray) -> np.ndarray:
        placed: np.ndarray = bottom - (bottom - top) * (values - ticks[0]) / (ticks[-1] - ticks[0])
        return placed

    title = WORDS.say(f"short.{series.indicator}")
    _text(axes, column + 0.02, row + 0.03, title, va="top")
    axes.add_collection(
        LineCollection([[(left, at), (right, at)] for at in y(ticks)], colors=GRID, linewidths=0.6, zorder=0)
    )
    for label, at in zip(labels, y(ticks), strict=True):
        _text(axes, left - 0.02, at, label, ha="right")
    for year, side in ((years[0], "left"), (years[-1], "right")):
        _text(axes, float(x(np.array(year))), bottom + 0.085, f"{year:.0f}", ha=side)
    axes.fill_between(x(years), y(low), y(high), color=BAND, linewidth=0, zorder=1)
    axes.plot(x(years), y(england), color=ENGLAND, linewidth=1.3, linestyle="--", zorder=2)
    axes.plot(x(years), y(own), color=HIGHLIGHT, linewidth=1.8, marker="o", markersize=2.5, zorder=3)


def _ticks(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = low - 1, high + 1
    ticks: np.ndarray = np.asarray(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    return ticks


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


def _draw_course_key(axes: Axes, at: float, authority: str) -> None:
    """Draw what each line means, below the panels; the authority last, where the longest name has room."""
    axes.plot([0.05, 0.2], [at, at], color=ENGLAND, linewidth=1.3, linestyle="--")
    _bar(axes, 0.62, 0.75, at, BAND, 0.07)
    axes.plot([2.36, 2.49], [at, at], color=HIGHLIGHT, linewidth=1.8)
    axes.plot(2.425, at, "o", color=HIGHLIGHT, markersize=2.5)
    names = (WORDS.say("key.england"), WORDS.say("key.neighbours_half"), authority)
    for x, name in zip((0.24, 0.79, 2.53), names, strict=True):
        _text(axes, x, at, name)
