"""For how many authorities there is a figure, by indicator and year."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from analysis.errors import DataError
from analysis.showing.numbers import check_columns, known_indicators, source_line
from analysis.showing.theme import INK, MAX_HEIGHT_CM, SEQUENTIAL, SMALL_POINTS, new_figure, themed
from publishing.display import Chart

from .gaps import shares_by_year
from .words import WORDS

COLUMNS = ("indicator", "year", "n_authorities", "n_present", "n_withheld")

_ROW_CM = 0.46
_MOST_WHOLE_YEARS = 9
"""Years beyond which four digits of each run into each other."""
_STEPS = (0, 25, 50, 75, 95, 100.001)


@themed
def coverage_heatmap(
    coverage: pd.DataFrame, indicators: Sequence[str] | None = None, *, source: str | None = None
) -> Chart:
    """Draw the share of authorities with a figure, by indicator (rows) and year (columns).

    ``coverage`` has COLUMNS: one row an indicator and year, with how many authorities there are, have a
    figure, have one withheld. A cell shows the share in per cent; an empty cell is a year without
    publication.

    Raises RequestError for an unknown indicator; DataError where nothing is covered or the rows exceed a
    page.
    """
    shares = _shares(coverage, indicators)
    height = len(shares) * _ROW_CM + 0.9
    if height > MAX_HEIGHT_CM:
        most = int((MAX_HEIGHT_CM - 0.9) / _ROW_CM)
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
    thinnest = known_indicators(shares.mean(axis=1).idxmin())[0].phrase
    caption = WORDS.say("caption.gaps", thinnest=thinnest)
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
    return shares.reindex(index=shown, columns=years)


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
        if not np.isnan(value):
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
    is_wide = len(shares.columns) > _MOST_WHOLE_YEARS
    years = [f"’{year % 100:02}" if is_wide else str(year) for year in shares.columns]
    axes.set_xticks(np.arange(len(years)) + 0.5, years)
    names = [entry.label for entry in known_indicators(list(shares.index))]
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL_POINTS)
