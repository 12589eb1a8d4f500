"""Indicators over years: England, the middle half of authorities, one authority marked."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import Indicator
from analysis.errors import DataError
from analysis.showing.numbers import (
    authority_name,
    check_columns,
    decimals_of,
    first_last_extremes,
    known_indicators,
    number,
    source_line,
    spread_apart,
    wrapped,
)
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    HIGHLIGHT,
    INK,
    MAX_HEIGHT_CM,
    OTHER,
    SMALL_POINTS,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
    year_axis,
)
from publishing.display import Chart

from .study import Course, Standing
from .words import WORDS, shape_of

_PANEL_HEIGHT_CM = 4.6
_MOST_NAMED = 2
"""Measures that a title names one by one; more are only counted."""


@themed
def small_multiples(
    panel: pd.DataFrame,
    national: pd.DataFrame,
    indicators: Sequence[str],
    highlight_code: str | None = None,
    *,
    columns: int = 3,
    source: str | None = None,
) -> Chart:
    """Draw a small chart an indicator over years: England, the middle half of authorities, one marked.

    ``panel`` has ``authority_code, authority, year`` and a column an indicator; ``national`` is long:
    ``authority_code, year, indicator, value``, of which England's rows are drawn. The band runs from the
    lower to the upper quartile of authorities, unweighted. A dotted line stands before each year of a new
    definition. An indicator without figures gets an empty chart that says so.

    Raises RequestError for an unknown indicator or authority; DataError where no indicator has a figure, or
    where the charts would not fit a page.
    """
    chosen = known_indicators(indicators)
    check_columns(panel, ["authority_code", "authority", "year"], "panel")
    check_columns(national, ["authority_code", "year", "indicator", "value"], "national series")
    name = authority_name(panel, highlight_code) if highlight_code else None
    frames = {entry.id: _by_year(panel, national, entry.id, highlight_code) for entry in chosen}
    if all(frame.empty for frame in frames.values()):
        raise DataError(f"no figures of {', '.join(frames)} to draw")
    columns = min(columns, len(chosen))
    rows = -(-len(chosen) // columns)
    height = min(rows * _PANEL_HEIGHT_CM + 1.0, MAX_HEIGHT_CM)
    if height < rows * 3.4:
        raise DataError(f"{len(chosen)} charts don't fit a page; draw at most {6 * columns} at once")
    figure = new_figure(height_cm=height)
    years = sorted({int(year) for frame in frames.values() for year in frame.index})
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, entry in zip(grid, chosen, strict=False):
        _draw(axes, entry, frames[entry.id], years, wide=columns < 3)
    for axes in grid[len(chosen) :]:
        axes.set_visible(False)
    _key(figure, name, has_breaks=bool(_breaks(chosen, years)))
    return Chart(
        figure,
        _caption(chosen, frames, name, years),
        _alt(chosen, frames, name),
        source or source_line(indicators),
    )


def beside(indicators: Sequence[str], shown: str) -> list[str]:
    """Return the indicators that aren't shown elsewhere already; all where none would be left."""
    return [name for name in indicators if name != shown] or list(indicators)


@themed
def story(
    panel: pd.DataFrame,
    national: pd.DataFrame,
    name: str,
    code: str,
    course: Course | None,
    years: tuple[int, int],
    standings: Mapping[int, Standing],
) -> Chart:
    """Draw one indicator over ``years``: England with its turning points named, one authority, the middle half of all.

    ``standings`` have the authority's limits of chance by year, which are drawn as lines through its figures.

    Raises RequestError for an unknown indicator or authority; DataError where the years have no figure.
    """
    (entry,) = known_indicators(name)
    authority = authority_name(panel, code)
    frame = _by_year(panel, national, name, code).loc[years[0] : years[1]]
    if frame.empty:
        raise DataError(f"{name}: no figures of {years[0]} to {years[1]} to draw")
    figure = new_figure(height_cm=5.9)
    axes = figure.subplots()
    _draw_story(axes, entry, frame, authority)
    shown = [year for year in standings if year in frame["highlight"].dropna().index]
    low, high = ([getattr(standings[year], side) for year in shown] for side in ("low", "high"))
    axes.vlines(shown, low, high, color=HIGHLIGHT, linewidth=0.7, zorder=1)
    if course is not None:
        _label_turns(axes, course, decimals_of(entry))
    finding = (
        WORDS.say("caption.story.none")
        if course is None
        else WORDS.say(f"caption.story.{shape_of(course)}", **_finding_values(entry, course))
    )
    caption = WORDS.say(
        "caption.story",
        finding=finding,
        indicator=entry.label,
        unit=entry.unit_label,
        authority=authority,
        first_year=int(frame.index[0]),
        last_year=int(frame.index[-1]),
        better=WORDS.say(f"caption.story.better.{entry.polarity}"),
        has_limits=bool(shown),
    )
    alt = WORDS.say("alt.series", indicators=[_indicator_alt(entry, frame, authority)])
    return Chart(figure, caption, alt, source_line([name]))


def _finding_values(entry: Indicator, course: Course) -> dict[str, object]:
    shape = shape_of(course)
    values: dict[str, object] = {"indicator": entry.label}
    if shape == "fell-then-rose":
        return values | {"lowest_year": course.lowest_year}
    values["n_years"] = course.n_years
    if shape == "peaked":
        values |= {"peak_year": course.peak_year, "is_lowest": course.last_year == course.lowest_year}
    return values


def _draw_lines(axes: Axes, frame: pd.DataFrame, **england: Any) -> pd.DataFrame:
    """Draw the band of the middle half, England's line, in the style given, and the authority's; return every year's row."""
    frame = frame.reindex(range(int(frame.index.min()), int(frame.index.max()) + 1))
    axes.fill_between(frame.index, frame["low"], frame["high"], color=BAND, linewidth=0)
    axes.plot(frame.index, frame["england"], color=ENGLAND, **england)
    authority = axes.plot(frame.index, frame["highlight"], color=HIGHLIGHT, linewidth=1.2, linestyle="--")
    authority[0].set(marker="o", markersize=3)
    return frame


def _draw_story(axes: Axes, entry: Indicator, frame: pd.DataFrame, authority: str) -> None:
    style_axes(axes)
    frame = _draw_lines(axes, frame, linewidth=2, marker="o", markersize=3)
    axes.set_ylim(bottom=0)
    year_axis(axes, list(frame.index), 9)
    first, last = int(frame.index[0]), int(frame.index[-1])
    axes.set_xlim(first - 0.9, last + 0.28 * max(last - first, 1))
    axes.set_ylabel(entry.unit_label)
    number_axis(axes.yaxis)
    ends = {
        f"England {number(value, decimals_of(entry))}": (value, ENGLAND)
        for value in frame["england"].dropna().tail(1)
    } | {
        f"{authority} {number(value, decimals_of(entry))}": (value, HIGHLIGHT)
        for value in frame["highlight"].dropna().tail(1)
    }
    low, high = axes.get_ylim()
    places = spread_apart([value for value, _ in ends.values()], (high - low) * 0.08)
    for (text, (_, colour)), place in zip(ends.items(), places, strict=True):
        axes.text(
            last + 0.2,
            place,
            wrapped(text, 19),
            color=colour,
            va="center",
            fontsize=SMALL_POINTS,
            fontweight="bold",
        )
    if frame[["low", "high"]].notna().all(axis=1).any():
        upper = frame["high"].dropna().iloc[0]
        axes.annotate(
            "middle half of authorities", (first, upper), xytext=(0, 3), textcoords="offset points",
            color=OTHER, va="bottom", fontsize=SMALL_POINTS,
        )  # fmt: skip


def _label_turns(axes: Axes, course: Course, decimals: int) -> None:
    """Write England's value left of its first point, and over its highest or under its lowest."""
    first = {"xytext": (-6, 0), "ha": "right", "va": "center"}
    _write(axes, number(course.first, decimals), (course.first_year, course.first), first)
    if shape_of(course) == "peaked":
        text, point = (
            f"{number(course.peak, decimals)} in {course.peak_year}",
            (course.peak_year, course.peak),
        )
        _write(axes, text, point, {"xytext": (0, 6), "ha": "center", "va": "bottom"})
    elif shape_of(course) == "fell-then-rose":
        text = f"{number(course.lowest, decimals)} in {course.lowest_year}"
        point = (course.lowest_year, course.lowest)
        _write(axes, text, point, {"xytext": (0, -6), "ha": "center", "va": "top"})


def _write(axes: Axes, text: str, point: tuple[int, float], place: dict[str, Any]) -> None:
    axes.annotate(
        text,
        point,
        textcoords="offset points",
        color=ENGLAND,
        fontsize=SMALL_POINTS,
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground="white")],
        **place,
    )


def _by_year(panel: pd.DataFrame, national: pd.DataFrame, name: str, code: str | None) -> pd.DataFrame:
    """Return ``england, low, high, highlight`` by year, for the years in which any of them is known."""
    rows = national[(national["authority_code"] == ENGLAND_CODE) & (national["indicator"] == name)]
    columns = {"england": rows.set_index("year")["value"]}
    if name in panel.columns:
        quartiles = panel.groupby("year")[name].quantile([0.25, 0.75]).unstack()
        columns |= {"low": quartiles.get(0.25), "high": quartiles.get(0.75)}
        columns["highlight"] = panel[panel["authority_code"] == code].set_index("year")[name]
    frame = pd.DataFrame(columns).reindex(columns=["england", "low", "high", "highlight"]).astype(float)
    return frame.dropna(how="all").sort_index()


def _draw(axes: Axes, entry: Indicator, frame: pd.DataFrame, years: list[int], *, wide: bool) -> None:
    style_axes(axes)
    heading(axes, wrapped(entry.label, 33 if wide else 19))
    axes.set_ylabel(wrapped(entry.unit_label, 22))
    year_axis(axes, years, 7 if wide else 4)
    axes.set_xlim(years[0] - 0.4, years[-1] + (1.2 if wide else 2.2) * max((years[-1] - years[0]) / 9, 0.4))
    if frame.empty:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no figures", transform=axes.transAxes, ha="center", color=OTHER)
        return
    frame = _draw_lines(axes, frame, linewidth=1.6)
    for year in entry.breaks:
        if years[0] < year <= years[-1] and year > frame.index.min():
            axes.axvline(year - 0.5, color=INK, linewidth=0.8, linestyle=":")
    number_axis(axes.yaxis, 4)
    _label_ends(axes, frame, decimals_of(entry))


def _label_ends(axes: Axes, frame: pd.DataFrame, decimals: int) -> None:
    """Write the last value of each line beside it, apart from each other."""
    ends = {c: frame[c].dropna() for c in ("england", "highlight")}
    ends = {c: values for c, values in ends.items() if len(values)}
    low, high = axes.get_ylim()
    places = spread_apart([values.iloc[-1] for values in ends.values()], (high - low) * 0.13)
    for (column, values), place in zip(ends.items(), places, strict=True):
        colour = ENGLAND if column == "england" else HIGHLIGHT
        axes.annotate(
            number(values.iloc[-1], decimals),
            (values.index[-1], place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=SMALL_POINTS,
            fontweight="bold",
        )


def _key(figure: Figure, name: str | None, *, has_breaks: bool) -> None:
    handles = [
        Line2D([], [], color=ENGLAND, linewidth=1.6, label="England"),
        Patch(color=BAND, label="middle half of authorities"),
    ]
    if has_breaks:
        handles.append(Line2D([], [], color=INK, linewidth=0.8, linestyle=":", label="new definition"))
    if name:
        marked = Line2D(
            [], [], color=HIGHLIGHT, linestyle="--", linewidth=1.2, marker="o", markersize=3, label=name
        )
        handles.insert(1, marked)
    figure.legend(handles=handles, loc="outside upper left", ncols=4, handlelength=2.2, columnspacing=1.6)


def _breaks(chosen: Sequence[Indicator], years: list[int]) -> dict[tuple[int, str], list[str]]:
    breaks: dict[tuple[int, str], list[str]] = {}
    for entry in chosen:
        for year, why in entry.breaks.items():
            if years[0] < year <= years[-1]:
                breaks.setdefault((year, why), []).append(entry.label)
    return breaks


def _finding(chosen: Sequence[Indicator], frames: dict[str, pd.DataFrame]) -> str:
    """Say which measures of England are lower and which higher than when their figures first became comparable."""
    moved: dict[str, list[str]] = {"lower": [], "higher": [], "same": []}
    ends: list[int] = []
    for entry in chosen:
        values = frames[entry.id]["england"].dropna()
        values = values.loc[entry.comparable_from or values.index.min() :].round(decimals_of(entry))
        if len(values) > 1:
            first, last = values.iloc[0], values.iloc[-1]
            way = "lower" if last < first else "higher" if last > first else "same"
            moved[way].append(entry.phrase)
            ends += [int(values.index[0]), int(values.index[-1])]
    if not ends:
        return WORDS.say("caption.series.finding.none")
    changes = [
        WORDS.say(f"caption.series.finding.{way}", measures=_named_or_counted(measures))
        for way, measures in moved.items()
        if measures
    ]
    return WORDS.say("caption.series.finding", changes=changes, first_year=min(ends), last_year=max(ends))


def _named_or_counted(measures: Sequence[str]) -> str:
    if len(measures) > _MOST_NAMED:
        return WORDS.say("caption.series.finding.counted", n_measures=len(measures))
    return WORDS.say("caption.series.finding.named", measures=measures)


def _caption(
    chosen: Sequence[Indicator], frames: dict[str, pd.DataFrame], name: str | None, years: list[int]
) -> str:
    span = {"first_year": years[0], "last_year": years[-1]}
    shown = (
        WORDS.say("caption.series.marked", authority=name, **span)
        if name
        else WORDS.say("caption.series", **span)
    )
    text = f"{_finding(chosen, frames)} {shown}"
    breaks = [
        WORDS.say("caption.series.break", year=year, reason=reason)
        for year, reason in sorted(_breaks(chosen, years))
    ]
    return f"{text} {WORDS.say('caption.series.breaks', breaks=breaks)}" if breaks else text


def _alt(chosen: Sequence[Indicator], frames: dict[str, pd.DataFrame], name: str | None) -> str:
    told = [_indicator_alt(entry, frames[entry.id], name) for entry in chosen]
    return WORDS.say("alt.series", indicators=told)


def _indicator_alt(entry: Indicator, frame: pd.DataFrame, name: str | None) -> str:
    digits = decimals_of(entry)
    england = first_last_extremes(frame["england"], digits)
    if not name:
        return WORDS.say("alt.series.indicator", indicator=entry.axis_label, england_values=england)
    return WORDS.say(
        "alt.series.indicator.marked",
        indicator=entry.axis_label,
        england_values=england,
        authority=name,
        authority_values=first_last_extremes(frame["highlight"], digits),
    )
