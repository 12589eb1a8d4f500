"""All authorities in one year, in order."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import Indicator, lower_first
from analysis.errors import DataError
from analysis.showing.numbers import (
    authority_name,
    check_columns,
    decimals_of,
    known_indicators,
    number,
    ordinal,
    source_line,
    spread_apart,
    wrapped,
)
from analysis.showing.theme import (
    ENGLAND,
    HIGHLIGHT,
    NEUTRAL,
    OTHER,
    SMALL_POINTS,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from publishing.display import Chart

from .words import WORDS

QUIET = NEUTRAL
_ROOM_FOR_LABELS = 1.22
_BETTER = {"low": "lower is better", "high": "higher is better", "none": ""}


@themed
def ranked(
    panel: pd.DataFrame,
    national: pd.DataFrame,
    indicator: str,
    year: int,
    highlight_code: str | None = None,
    *,
    source: str | None = None,
) -> Chart:
    """Draw every authority's value of one year from the lowest to the highest, with England's and one marked.

    ``panel`` has ``authority_code, authority, year`` and the indicator; ``national`` is long:
    ``authority_code, year, indicator, value``. Authorities without a figure are counted in the caption and
    not drawn; England's line is left out where the publication gives no figure.

    Raises RequestError for an unknown indicator or authority; DataError where no authority has a figure that
    year.
    """
    entry = known_indicators(indicator)[0]
    check_columns(panel, ["authority_code", "authority", "year", indicator], "panel")
    name = authority_name(panel, highlight_code) if highlight_code else None
    rows = panel[panel["year"] == year]
    # The marked one stands first among equals: its place is one more than how many lie below it.
    rows = rows.assign(is_other=rows["authority_code"] != highlight_code)
    order = [indicator, "is_other", "authority_code"]
    known = rows.dropna(subset=[indicator]).sort_values(order, ignore_index=True)
    if known.empty:
        raise DataError(f"{indicator}: no authority has a figure for {year}")
    england = _england(national, indicator, year)
    figure = new_figure(height_cm=6.5)
    axes = figure.subplots()
    _draw(axes, known, entry, england, highlight_code)
    axes.set_ylabel(wrapped(f"{entry.axis_label}, {year}", 28))
    better = _BETTER[entry.polarity]
    axes.set_xlabel("Authorities, from the lowest value to the highest" + (f" ({better})" if better else ""))
    summary = _summary(known, entry, england, highlight_code, name)
    finding = _finding(known, entry, year)
    caption = WORDS.say(
        "caption.ranked", finding=finding, indicator=entry.label, unit=entry.unit_label, summary=summary
    )
    n_missing = len(rows) - len(known)
    if n_missing:
        caption += f" {WORDS.say('caption.ranked.missing', n_missing=n_missing)}"
    alt = WORDS.say(
        "alt.ranked", indicator=lower_first(entry.axis_label), year=year, summary=f"{finding} {summary}"
    )
    return Chart(figure, caption, alt, source or source_line([indicator]))


def _england(national: pd.DataFrame, indicator: str, year: int) -> float | None:
    rows = national[
        (national["authority_code"] == ENGLAND_CODE)
        & (national["indicator"] == indicator)
        & (national["year"] == year)
    ]
    values = rows["value"].dropna()
    return float(values.iloc[0]) if len(values) else None


def _draw(axes: Axes, known: pd.DataFrame, entry: Indicator, england: float | None, code: str | None) -> None:
    style_axes(axes)
    values, places = known[entry.id].to_numpy(), np.arange(1, len(known) + 1)
    marked = (known["authority_code"] == code).to_numpy()
    axes.plot(places[~marked], values[~marked], "o", color=OTHER, markersize=3, markeredgewidth=0)
    axes.set_xlim(-0.02 * len(known), len(known) * _ROOM_FOR_LABELS)
    axes.margins(y=0.12)
    number_axis(axes.yaxis)
    axes.set_xticks(sorted({1, *range(25, len(known) - 10, 25), len(known)}))
    if england is not None:
        axes.plot([0, len(known) * 1.01], [england, england], color=ENGLAND, linewidth=1.2, zorder=1)
    if marked.any():
        axes.plot(places[marked], values[marked], "D", color=HIGHLIGHT, markersize=6, zorder=3)
        _label_marked(axes, known, int(np.flatnonzero(marked)[0]), entry)
    _label_right(axes, known, entry, england, code)
    if not marked[: max(1, int(len(known) * 0.3))].any() and len(known) > 1:
        _write(
            axes,
            f"{known['authority'][0]} {_shown(entry, values[0])}",
            (1, values[0]),
            (5, -9),
            QUIET,
            "left",
        )


def _shown(entry: Indicator, value: float) -> str:
    return number(value, decimals_of(entry))


def _write(
    axes: Axes, text: str, point: tuple[float, float], offset: tuple[float, float], colour: str, side: str
) -> None:
    """Write beside a point, on a white edge that keeps it readable over lines."""
    axes.annotate(
        text,
        point,
        xytext=offset,
        textcoords="offset points",
        ha=side,
        va="center",
        color=colour,
        zorder=4,
        fontsize=SMALL_POINTS,
        fontweight="normal" if colour == QUIET else "bold",
        path_effects=[withStroke(linewidth=2, foreground="white")],
    )


def _label_marked(axes: Axes, known: pd.DataFrame, row: int, entry: Indicator) -> None:
    """Label the marked authority where rising dots leave room: below right, or above left."""
    value = known[entry.id][row]
    text = wrapped(f"{known['authority'][row]} {_shown(entry, value)}, {row + 1} of {len(known)}", 34)
    offset, side = ((6, -7), "left") if row < len(known) / 2 else ((-7, 13), "right")
    _write(axes, text, (row + 1, value), offset, HIGHLIGHT, side)


def _label_right(
    axes: Axes, known: pd.DataFrame, entry: Indicator, england: float | None, code: str | None
) -> None:
    """Label England's line and the highest authority in the margin, apart from each other."""
    last, labels = known.iloc[-1], []
    if england is not None:
        labels.append((f"England {_shown(entry, england)}", england, ENGLAND))
    if last["authority_code"] != code:
        labels.append(
            (wrapped(f"{last['authority']} {_shown(entry, last[entry.id])}", 15), last[entry.id], QUIET)
        )
    low, high = axes.get_ylim()
    places = spread_apart([value for _, value, _ in labels], (high - low) * 0.12)
    for (text, _, colour), place in zip(labels, places, strict=True):
        _write(axes, text, (len(known) * 1.01, place), (3, 0), colour, "left")


def _finding(known: pd.DataFrame, entry: Indicator, year: int) -> str:
    first, last = known.iloc[0], known.iloc[-1]
    return WORDS.say(
        "ranked.finding",
        indicator=entry.label,
        year=year,
        lowest_value=_shown(entry, first[entry.id]),
        lowest_authority=first["authority"],
        highest_value=_shown(entry, last[entry.id]),
        highest_authority=last["authority"],
    )


def _summary(
    known: pd.DataFrame, entry: Indicator, england: float | None, code: str | None, name: str | None
) -> str:
    median = _shown(entry, known[entry.id].median())
    sentences = [WORDS.say("ranked", n_authorities=len(known), median=median)]
    if england is not None:
        sentences.append(WORDS.say("ranked.england", value=_shown(entry, england)))
    rows_marked = np.flatnonzero(known["authority_code"] == code)
    if name and len(rows_marked):
        row = rows_marked[0]
        value = _shown(entry, known[entry.id].iloc[row])
        sentences.append(
            WORDS.say("ranked.authority", authority=name, value=value, place=ordinal(int(row) + 1))
        )
    elif name:
        sentences.append(WORDS.say("ranked.authority.none", authority=name))
    return " ".join(sentences)
