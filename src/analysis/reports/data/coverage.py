"""For how many authorities there is a figure, by indicator and year."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError
from analysis.showing.numbers import check_columns, known_indicators, source_line
from analysis.showing.theme import INK, MAX_HEIGHT_CM, SEQUENTIAL, SMALL_POINTS, new_figure, themed
from publishing.display import Chart

from .gaps import shares_by_year
from .words import WORDS

COLUMNS = ("indicator", "year", "n_authorities", "n_present", "n_withheld")

_ROW_CM, _HEAD_CM = 0.38, 1.2
_MOST_WHOLE_YEARS = 9
"""Years beyond which four digits of each run into each other, so that every other one is named."""
_FULL = 95
_STEPS = (0, 25, 50, 75, _FULL, 100.001)


@themed
def coverage_heatmap(
    coverage: pd.DataFrame, indicators: Sequence[str] | None = None, *, source: str | None = None
) -> Chart:
    """Draw the share of authorities with a figure, by indicator (rows) and year (columns).

    ``coverage`` has COLUMNS: one row an indicator and year, with how many authorities there are, have a
    figure, have one withheld. A cell shows the share in per cent, and no number from 95 up; an empty
    cell is a year in which none has.

    Raises RequestError for an unknown indicator; DataError where nothing is covered or the rows exceed a
    page.
    """
    shares = _shares(coverage, indicators)
    height = len(shares) * _ROW_CM + _HEAD_CM
    if height > MAX_HEIGHT_CM:
        most = int((MAX_HEIGHT_CM - _HEAD_CM) / _ROW_CM)
        raise DataError(
            f"{len(shares)} rows of indicators don't fit a page, which holds {most}; choose indicators"
        )
    figure = new_figure(height_cm=height, left=0.04)
    _draw(figure.subplots(), shares)
    years = {"first_year": shares.columns.min(), "last_year": shares.columns.max()}
    cells = shares.stack()
    lowest_name, lowest_year = cells.idxmin()
    alt = WORDS.say(
        "alt.coverage",
        n_indicators=len(shares),
        **years,
        median_percent=cells.median(),
        lowest_percent=cells.min(),
        lowest_indicator=known_indicators(lowest_name)[0].label,
        lowest_year=lowest_year,
        full_share=(cells >= 95).mean(),
    )
    thinnest = str(shares.mean(axis=1).idxmin())
    of_all = coverage[coverage["indicator"] == thinnest]
    has_spend = any(indicator(name).topic == "spend" for name in shares.index)
    caption = WORDS.say(
        "caption.gaps",
        thinnest=indicator(thinnest).phrase,
        missing=1 - of_all["n_present"].sum() / of_all["n_authorities"].sum(),
        full_share=_FULL / 100,
        spend=WORDS.say("caption.gaps.spend") if has_spend else "",
    )
    return Chart(figure, caption, alt, source or source_line(shares.index))


def _shares(coverage: pd.DataFrame, indicators: Sequence[str] | None) -> pd.DataFrame:
    """Return shares in per cent, indicators × years, in the order of ``indicators``; of the rows where None is given."""
    check_columns(coverage, COLUMNS, "coverage")
    shares = 100 * shares_by_year(coverage)
    order = list(dict.fromkeys(coverage["indicator"])) if indicators is None else list(indicators)
    shown = [entry.id for entry in known_indicators(order) if entry.id in shares.index] if order else []
    if not shown:
        raise DataError("coverage: no indicator has an authority in any year")
    years = range(int(shares.columns.min()), int(shares.columns.max()) + 1)
    chosen = shares.reindex(index=shown, columns=years)
    return chosen.where(chosen > 0)


def _draw(axes: Axes, shares: pd.DataFrame) -> None:
    grid = shares.to_numpy()
    classes = np.where(np.isnan(grid), np.nan, np.digitize(grid, _STEPS) - 1)
    axes.pcolormesh(
        np.ma.masked_invalid(classes),
        cmap=ListedColormap(SEQUENTIAL),
        vmin=-0.5,
        vmax=4.5,
        edgecolor="white",
        linewidth=0.8,
    )
    for (row, column), value in np.ndenumerate(grid):
        if value < _FULL:
            axes.text(
                column + 0.5,
                row + 0.5,
                f"{math.floor(value + 1e-9)}",
                ha="center",
                va="center",
                fontsize=SMALL_POINTS,
                color="white" if value >= _STEPS[3] else INK,
            )
    axes.invert_yaxis()
    axes.xaxis.tick_top()
    axes.set_xlabel(WORDS.say("axis.gaps"), fontsize=SMALL_POINTS, color=INK)
    axes.xaxis.set_label_position("top")
    every = 1 if len(shares.columns) <= _MOST_WHOLE_YEARS else 2
    places = np.arange(len(shares.columns))[::-every][::-1]
    axes.set_xticks(places + 0.5, [str(shares.columns[place]) for place in places])
    names = [entry.label for entry in known_indicators(list(shares.index))]
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL_POINTS)
