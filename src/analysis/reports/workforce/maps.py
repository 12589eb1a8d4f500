"""England by authority: a tile for each, shaded by its figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.data.definitions.indicators import Indicator, lower_first
from analysis.errors import DataError, RequestError, unknown
from analysis.showing.numbers import (
    check_columns,
    decimals_of,
    known_indicators,
    number,
    source_line,
    wrapped,
)
from analysis.showing.theme import GRID, HIGHLIGHT, INK, SEQUENTIAL, SMALL_POINTS, new_figure, themed
from analysis.showing.tiles import hexagon, tile_layout
from publishing.display import Chart

from .words import WORDS

CLASSINGS = ("quantiles", "equal")
MISSING_SHADE = "#F4F4F4"

_LONDON = "E09"


@dataclass(frozen=True)
class Classes:
    """Classes of values: for each a lower and an upper limit, as observed, and how many fall in it."""

    limits: tuple[tuple[float, float], ...]
    counts: tuple[int, ...]
    codes: np.ndarray


def classify(values: np.ndarray, classing: str, n_classes: int = 5) -> Classes:
    """Put values (1-d, none missing) into at most ``n_classes``: equal in number, or equal in width.

    Equal values never part; classes that would be empty are left out, so that there can be fewer.
    """
    shares = np.linspace(0, 1, n_classes + 1)
    edges = np.quantile(values, shares) if classing == "quantiles" else values.min() + np.ptp(values) * shares
    codes = np.searchsorted(edges[1:-1], values, side="left")
    kept = np.unique(codes)
    codes = np.searchsorted(kept, codes)
    groups = [values[codes == code] for code in range(len(kept))]
    return Classes(tuple((g.min(), g.max()) for g in groups), tuple(len(g) for g in groups), codes)


@themed
def authority_map(
    boundaries: Mapping[str, Any],
    values: pd.DataFrame,
    indicator: str,
    year: int,
    highlight_code: str | None = None,
    *,
    classing: Literal["quantiles", "equal"] = "quantiles",
    source: str | None = None,
) -> Chart:
    """Draw England as a tile for each authority, shaded in up to five classes of an indicator's values in one year.

    ``boundaries`` is a GeoJSON FeatureCollection in degrees with properties ``authority_code, name``;
    ``values`` has ``authority_code, year`` and the indicator, such as the panel. Classes hold equally many
    authorities (``quantiles``) or are equally wide (``equal``); the key gives the lowest and highest value in
    each and their number.
    An authority without a figure is hatched; one that is no more isn't there. London is outlined.

    Raises RequestError for an unknown indicator, classing or authority; DataError where no drawn authority
    has a figure that year.
    """
    entry = known_indicators(indicator)[0]
    check_columns(values, ["authority_code", "year", indicator], "values")
    if classing not in CLASSINGS:
        raise unknown("classing", classing, CLASSINGS)
    areas = _areas(boundaries, values[values["year"] == year], indicator)
    known = areas["value"].notna().to_numpy()
    if not known.any():
        raise DataError(f"{indicator}: no authority on the map has a figure for {year}")
    if highlight_code and highlight_code not in areas.index:
        if highlight_code not in set(values["authority_code"]):
            raise unknown("authority", highlight_code, areas.index)
        highlight_code = None
    classes = classify(areas["value"].to_numpy()[known], classing)
    areas["class"] = -1
    areas.loc[known, "class"] = classes.codes
    figure = _figure(areas, classes, entry, highlight_code, year)
    caption, alt = _words(areas, classes, entry, year, highlight_code, classing)
    return Chart(figure, caption, alt, source or source_line([indicator]))


def _areas(boundaries: Mapping[str, Any], rows: pd.DataFrame, indicator: str) -> pd.DataFrame:
    frame = tile_layout(boundaries).sort_index()
    if rows["authority_code"].duplicated().any():
        raise RequestError("values: an authority has two rows in the year; give one")
    frame["value"] = rows.set_index("authority_code")[indicator].reindex(frame.index).astype(float)
    return frame


def _figure(
    areas: pd.DataFrame, classes: Classes, entry: Indicator, highlight: str | None, year: int
) -> Figure:
    figure = new_figure(height_cm=7.9)
    figure.set_layout_engine("none")
    _draw(figure.add_axes((0.01, 0.01, 0.64, 0.98)), areas, highlight)
    _key(figure, classes, entry, year, areas, highlight)
    return figure


def _draw(axes: Axes, areas: pd.DataFrame, highlight: str | None) -> None:
    axes.set_axis_off()
    axes.set_aspect("equal")
    tiles = np.array([hexagon(x, y) for x, y in areas[["x", "y"]].to_numpy()])
    missing = areas["class"].to_numpy() < 0
    shades = [SEQUENTIAL[code] for code in areas["class"][~missing]]
    axes.add_collection(
        PolyCollection(list(tiles[~missing]), facecolor=shades, edgecolor="white", linewidth=0.8)
    )
    axes.add_collection(
        PolyCollection(
            list(tiles[missing]), facecolor=MISSING_SHADE, hatch="//////", edgecolor="#9A9A9A", linewidth=0.3
        )
    )
    london = shapely.union_all(
        shapely.buffer(shapely.polygons(tiles[areas.index.str.startswith(_LONDON)]), 0.01)
    )
    for part in shapely.get_parts(london):
        axes.plot(*np.array(part.exterior.coords).T, color=INK, linewidth=1.0)
    corners = tiles.reshape(-1, 2)
    (left, bottom), (right, top) = corners.min(axis=0) - 0.2, corners.max(axis=0) + 0.2
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    if highlight in areas.index:
        own = tiles[[areas.index.get_loc(highlight)]]
        for colour, width in (("white", 4), (HIGHLIGHT, 2)):
            axes.add_collection(
                PolyCollection(list(own), facecolor="none", edgecolor=colour, linewidth=width)
            )


def _key(
    figure: Figure,
    classes: Classes,
    entry: Indicator,
    year: int,
    areas: pd.DataFrame,
    highlight: str | None,
) -> None:
    """List the classes, highest first, with limits and counts; then the missing and the marked authority."""
    digits = decimals_of(entry)
    handles = [
        Patch(facecolor=SEQUENTIAL[code], edgecolor=GRID, label=f"{_span(low, high, digits)}  ({n})")
        for code, ((low, high), n) in enumerate(zip(classes.limits, classes.counts, strict=True))
    ][::-1]
    missing = int((areas["class"] < 0).sum())
    if missing:
        handles.append(
            Patch(
                facecolor=MISSING_SHADE, edgecolor="#9A9A9A", hatch="//////", label=f"no figure  ({missing})"
            )
        )
    if areas.index.str.startswith(_LONDON).any():
        handles.append(Patch(facecolor="white", edgecolor=INK, linewidth=1.0, label="London"))
    if highlight:
        value = areas["value"][highlight]
        text = f"{areas['name'][highlight]}: {'no figure' if np.isnan(value) else number(value, digits)}"
        handles.append(Patch(facecolor="white", edgecolor=HIGHLIGHT, linewidth=1.5, label=wrapped(text, 21)))
    title = f"{wrapped(entry.label, 22)}\n{wrapped(entry.unit_label, 26)}, {year}\n(number of authorities)"
    legend = figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.64, 0.98), title=title, handleheight=1.1
    )
    legend.set_alignment("left")
    legend.get_title().set_fontsize(SMALL_POINTS)
    legend.get_title().set_color(INK)


def _span(low: float, high: float, digits: int) -> str:
    ends = list(dict.fromkeys(number(value, digits) for value in (low, high)))
    return " to ".join(ends)


def _words(
    areas: pd.DataFrame, classes: Classes, entry: Indicator, year: int, highlight: str | None, classing: str
) -> tuple[str, str]:
    digits, known = decimals_of(entry), areas.dropna(subset="value")
    low, high = known["value"].idxmin(), known["value"].idxmax()
    quarter, three_quarters = known["value"].quantile([0.25, 0.75])
    finding = WORDS.say(
        "caption.map.finding",
        indicator=entry.label,
        unit=entry.unit_label,
        low=quarter,
        high=three_quarters,
        digits=digits,
    )
    caption = WORDS.say(
        f"caption.map.{classing}",
        finding=finding,
        indicator=entry.label,
        unit=entry.unit_label,
        year=year,
        n_classes=len(classes.counts),
    )
    n_missing = len(areas) - len(known)
    if n_missing:
        caption += f" {WORDS.say('caption.map.missing', n_missing=n_missing)}"
    alt = WORDS.say(
        "alt.map",
        indicator=lower_first(entry.axis_label),
        year=year,
        n_authorities=len(known),
        lowest_value=known["value"][low],
        lowest_authority=known["name"][low],
        highest_value=known["value"][high],
        highest_authority=known["name"][high],
        median=known["value"].median(),
        digits=digits,
    )
    if highlight:
        name, value = areas["name"][highlight], areas["value"][highlight]
        alt += f" {WORDS.say('alt.map.authority', authority=name, value=value, digits=digits)}"
    return caption, alt
