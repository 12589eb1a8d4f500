"""Which authorities lie further from the others than chance and the usual differences would put them."""

import numpy as np
import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError, RequestError
from analysis.estimators.funnel import WIDEST, Funnel, counts_behind, funnel_of
from analysis.estimators.trajectories import FEWEST_YEARS, trajectories
from analysis.showing.numbers import authority_name, check_columns, number, source_line, with_unit, wrapped
from analysis.showing.theme import (
    ENGLAND,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    OTHER,
    SMALL_POINTS,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from publishing.display import Chart, Prose

from .words import WORDS

_STEPS = 200
_NAMED = 5
"""The most authorities that the alternative text and the caption name."""


def funnel_told(panel: pd.DataFrame, name: str, year: int, code: str) -> Chart | Prose:
    """Draw one year's rates by size against control limits, or say why there are none.

    ``panel``: authorities by year, with ``authority``; ``code`` is marked. Raises RequestError for an unknown indicator or
    authority.
    """
    indicator(name)
    check_columns(panel, ["authority_code", "authority", "year"], "panel")
    try:
        counts_behind(name)
        funnel = funnel_of(panel, name, year)
    except (DataError, RequestError):
        return WORDS.prose("funnel.none", outcome=indicator(name).phrase, year=year)
    return funnel_plot(panel, funnel, name, year, code)


def trajectories_told(panel: pd.DataFrame, name: str, years: tuple[int, int]) -> Prose:
    """Say how many authorities lie clearly above or below the others over the years, and how many move apart from them.

    ``panel``: authorities by year. Raises RequestError for an unknown indicator.
    """
    phrase = indicator(name).phrase
    try:
        paths = trajectories(panel, name, years)
    except DataError:
        return WORDS.prose("trajectories.none", outcome=phrase, first_year=years[0], last_year=years[1])
    levels, changes = paths.groups().sum(axis=1), paths.groups().sum(axis=0)
    return WORDS.prose(
        "trajectories",
        outcome=phrase,
        first_year=paths.first_year,
        last_year=paths.last_year,
        n=len(paths.authorities),
        fewest_years=FEWEST_YEARS,
        n_higher=int(levels["higher"]),
        n_lower=int(levels["lower"]),
        n_rising=int(changes["rising"]),
        n_falling=int(changes["falling"]),
        noise=paths.noise_sd,
        unit=indicator(name).difference_label,
    )


@themed
def funnel_plot(panel: pd.DataFrame, funnel: Funnel, name: str, year: int, code: str) -> Chart:
    """Draw a funnel: rates by size, all authorities' rate together, and limits at 95% and 99.8%."""
    points, entry = funnel.points, indicator(name)
    figure = new_figure(height_cm=7.2)
    axes = figure.subplots()
    style_axes(axes)
    sizes = np.geomspace(points["denominator"].min(), points["denominator"].max(), _STEPS)
    for level, style, label in ((0.95, "-", "95% limits"), (WIDEST, "--", "99.8% limits")):
        low, high = funnel.limits(sizes, level)
        axes.plot(sizes, low, style, color=NEUTRAL, linewidth=0.9, label=label)
        axes.plot(sizes, high, style, color=NEUTRAL, linewidth=0.9)
    axes.axhline(funnel.centre, color=ENGLAND, linewidth=1.2, label="all authorities together")
    outside = funnel.outside()
    quiet = points.drop(index=[*outside.index.union([code]).intersection(points.index)])
    axes.plot(quiet["denominator"], quiet["value"], "o", color=OTHER, markersize=3, markeredgewidth=0)
    beyond = outside.drop(index=code, errors="ignore")
    axes.plot(beyond["denominator"], beyond["value"], "s", color=INK, markersize=3.6, label="outside 95%")
    if code in points.index:
        own = points.loc[code]
        axes.plot(
            own["denominator"],
            own["value"],
            "D",
            color=HIGHLIGHT,
            markersize=6,
            label=authority_name(panel, code),
        )
    axes.set_xscale("log")
    axes.set_xticks([], minor=True)
    ticks = [tick for tick in (20, 50, 100, 200, 500, 1000, 2000) if sizes[0] <= tick <= sizes[-1]]
    axes.set_xticks(ticks, [number(tick, 0) for tick in ticks])
    axes.set_ylim(bottom=0)
    number_axis(axes.yaxis)
    axes.set_ylabel(wrapped(f"{entry.axis_label}, {year}", 44))
    axes.set_xlabel(WORDS.say("funnel.size", counted=_counted(name)))
    axes.tick_params(labelsize=SMALL_POINTS)
    figure.legend(loc="outside upper left", ncols=3, columnspacing=1.4)
    values = {
        "n": len(points),
        "n_outside": len(outside),
        "n_far": len(funnel.outside(WIDEST)),
        "year": year,
        "outcome": entry.label,
        "place": _place(panel, funnel, code),
    }
    names = [authority_name(panel, outlier) for outlier in funnel.outside(WIDEST).index[:_NAMED]]
    alt = WORDS.say("alt.funnel", centre=with_unit(funnel.centre, entry), names=names, **values)
    return Chart(figure, WORDS.say("caption.funnel", **values), alt, source_line([name]))


def _counted(name: str) -> str:
    return ", ".join(indicator(column).label.lower() for column in counts_behind(name).denominator)


def _place(panel: pd.DataFrame, funnel: Funnel, code: str) -> str:
    if code not in funnel.points.index:
        return ""
    own = funnel.points.loc[code]
    inside = own["low_95"] <= own["value"] <= own["high_95"]
    return WORDS.say(
        "funnel.place.inside" if inside else "funnel.place.outside",
        authority=authority_name(panel, code),
        low=own["low_95"],
        high=own["high_95"],
    )
