"""For how many authorities there is a figure, by indicator and year."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from analysis.data.definitions.indicators import TOPICS, Indicator
from analysis.errors import DataError
from analysis.showing.numbers import TOPIC_LABELS, check_columns, known_indicators, source_line
from analysis.showing.theme import (
    HEADING_POINTS,
    INK,
    MAX_HEIGHT_CM,
    OTHER,
    SEQUENTIAL,
    SMALL_POINTS,
    new_figure,
    themed,
)
from publishing.display import Chart, Table

from .words import WORDS

COLUMNS = ("indicator", "year", "n_authorities", "n_present", "n_withheld")

_ROW_CM = 0.46
_STEPS = (0, 25, 50, 75, 95, 100.001)


@themed
def coverage_heatmap(
    coverage: pd.DataFrame, indicators: Sequence[str] | None = None, *, source: str | None = None
) -> Chart:
    """Draw the share of authorities with a figure, by indicator (rows, under topics) and year (columns).

    ``coverage`` has COLUMNS: one row an indicator and year, with how many authorities there are, have a
    figure, have one withheld. A cell shows the share in per cent; an empty cell is a year without
    publication.

    Raises RequestError for an unknown indicator; DataError where nothing is covered or the rows exceed a
    page.
    """
    shares = _shares(coverage, indicators)
    lines = _lines(shares)
    height = len(lines) * _ROW_CM + 1.4
    if height > MAX_HEIGHT_CM:
        most = int((MAX_HEIGHT_CM - 1.4) / _ROW_CM)
        raise DataError(
            f"{len(lines)} rows of indicators and topics don't fit a page, which holds {most}; choose "
            f"indicators"
        )
    figure = new_figure(height_cm=height)
    _draw(figure.subplots(), shares, lines)
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
    caption = WORDS.say("caption.coverage", **years)
    return Chart(figure, caption, alt, source or source_line(shares.index))


def _shares(coverage: pd.DataFrame, indicators: Sequence[str] | None) -> pd.DataFrame:
    """Return shares in per cent, indicators × years, in the order of the topics."""
    check_columns(coverage, COLUMNS, "coverage")
    rows = coverage[coverage["n_authorities"] > 0]
    if indicators is not None:
        rows = rows[rows["indicator"].isin([entry.id for entry in known_indicators(indicators)])]
    if rows.empty:
        raise DataError("coverage: no indicator has an authority in any year")
    wide = rows.assign(share=100 * rows["n_present"] / rows["n_authorities"]).pivot(
        index="indicator", columns="year", values="share"
    )
    order = sorted(
        known_indicators(list(dict.fromkeys(rows["indicator"]))), key=lambda e: TOPICS.index(e.topic)
    )
    years = range(int(wide.columns.min()), int(wide.columns.max()) + 1)
    return wide.reindex(index=[entry.id for entry in order], columns=years)


def _lines(shares: pd.DataFrame) -> list[str | Indicator]:
    """Return what stands on each line: the title of a topic, or an indicator."""
    lines: list[str | Indicator] = []
    topic = ""
    for entry in known_indicators(list(shares.index)):
        if entry.topic != topic:
            topic = entry.topic
            lines.append(TOPIC_LABELS[topic])
        lines.append(entry)
    return lines


def _draw(axes: Axes, shares: pd.DataFrame, lines: list[str | Indicator]) -> None:
    grid = np.full((len(lines), len(shares.columns)), np.nan)
    for place, line in enumerate(lines):
        if isinstance(line, Indicator):
            grid[place] = shares.loc[line.id]
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
    axes.set_xticks(np.arange(len(shares.columns)) + 0.5, [str(year) for year in shares.columns])
    _name_lines(axes, lines)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL_POINTS)
    axes.set_xlabel("Share of authorities with a figure (%)", color=OTHER)


def _name_lines(axes: Axes, lines: list[str | Indicator]) -> None:
    names = [line.label if isinstance(line, Indicator) else line for line in lines]
    axes.set_yticks(np.arange(len(lines)) + 0.5, names)
    for label, line in zip(axes.get_yticklabels(), lines, strict=True):
        if not isinstance(line, Indicator):
            label.set(fontweight="bold", fontsize=HEADING_POINTS, color=INK)


def coverage_table(
    coverage: pd.DataFrame, indicators: Sequence[str] | None = None, *, source: str | None = None
) -> Table:
    """Return one row an indicator: years covered, authorities in the least and most covered year.

    ``coverage`` as for ``coverage_heatmap``; rows are in the order of topics. Raises as ``coverage_heatmap``
    does.
    """
    shares = _shares(coverage, indicators)
    rows = [
        _table_row(entry, coverage[coverage["indicator"] == entry.id])
        for entry in known_indicators(shares.index)
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.coverage_table"),
        source=source or source_line(shares.index),
        note=WORDS.say("note.coverage_table"),
        align_right=("Years", "Fewest authorities", "Most authorities", "Figures", "Withheld"),
    )


def _table_row(entry: Indicator, rows: pd.DataFrame) -> dict[str, str]:
    covered = rows[rows["n_present"] > 0].sort_values("year", ignore_index=True)
    row = {"Topic": TOPIC_LABELS[entry.topic], "Indicator": entry.axis_label}
    if covered.empty:
        return {
            **row,
            "Years": "–",
            "Fewest authorities": "–",
            "Most authorities": "–",
            "Figures": "0",
            "Withheld": f"{rows['n_withheld'].sum():,}",
        }
    fewest, most = (
        covered.loc[place] for place in (covered["n_present"].idxmin(), covered["n_present"].idxmax())
    )
    return {
        **row,
        "Years": " to ".join(
            str(year) for year in dict.fromkeys([covered["year"].min(), covered["year"].max()])
        ),
        "Fewest authorities": f"{fewest['n_present']} of {fewest['n_authorities']} ({fewest['year']})",
        "Most authorities": f"{most['n_present']} of {most['n_authorities']} ({most['year']})",
        "Figures": f"{covered['n_present'].sum():,}",
        "Withheld": f"{rows['n_withheld'].sum():,}",
    }
