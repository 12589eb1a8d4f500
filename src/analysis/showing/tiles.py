"""England as tiles: a hexagon of one size for each authority, where area would lie about how many there are."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment
from shapely.geometry import shape

from analysis.errors import DataError

# A degree of longitude over a degree of latitude at England's middle.
_NARROWER = math.cos(math.radians(52.8))
# The coast matters less than its shape: outlines are simplified by this many degrees, some two kilometres.
_SIMPLIFIED_DEGREES = 0.02
_ROW = math.sqrt(3) / 2
"""How far rows of hexagons lie apart, where a hexagon is one wide."""
_BEYOND_THE_COAST = 0.2
"""How far beyond the coast, in its widths, the middle of a hexagon may lie: a coast has more authorities than land."""
_HALVINGS = 40


def tile_layout(boundaries: Mapping[str, Any]) -> pd.DataFrame:
    """Return where each authority's tile stands: ``name``, ``x`` and ``y``, in widths of a tile, by authority code.

    ``boundaries`` is a GeoJSON FeatureCollection in degrees with properties ``authority_code, name``. As many hexagons as
    there are authorities fill the outline of England; each authority gets one so that together they are moved least (the sum
    of squared distances; Kuhn 1955, by ``scipy.optimize.linear_sum_assignment``). Raises DataError where there is nothing
    to draw, or a geometry isn't an area.
    """
    features = sorted(
        boundaries.get("features", []), key=lambda feature: feature["properties"]["authority_code"]
    )
    if not features:
        raise DataError("boundaries: no features to draw")
    outlines = np.array([_outline(feature["geometry"]) for feature in features])
    inside = np.array([outline.representative_point().coords[0] for outline in outlines])
    england = shapely.union_all(outlines)
    shapely.prepare(england)
    width = _tile_width(england, len(features))
    places = _places(england, width)
    distances = ((inside[:, None, :] - places[None, :, :] * width) ** 2).sum(axis=2)
    own, taken = linear_sum_assignment(distances)
    chosen = places[taken] - places[taken].min(axis=0)
    return pd.DataFrame(
        {
            "name": [features[place]["properties"]["name"] for place in own],
            "x": chosen[:, 0].round(6),
            "y": chosen[:, 1].round(6),
        },
        index=pd.Index(
            [features[place]["properties"]["authority_code"] for place in own], name="authority_code"
        ),
    )


def hexagon(x: float, y: float) -> np.ndarray:
    """Return the corners (6 × 2) of the tile whose middle is at ``x``, ``y``."""
    angles = np.radians(np.arange(30, 390, 60))
    return np.column_stack((x + np.cos(angles) / math.sqrt(3), y + np.sin(angles) / math.sqrt(3)))


def _outline(geometry: Mapping[str, Any]) -> shapely.Geometry:
    if geometry["type"] not in ("Polygon", "MultiPolygon"):
        raise DataError(f"boundaries: a geometry is a {geometry['type']}, not a Polygon or MultiPolygon")
    whole = shapely.make_valid(shape(geometry).simplify(_SIMPLIFIED_DEGREES))
    return shapely.transform(whole, lambda points: points * [_NARROWER, 1])


def _places(england: shapely.Geometry, width: float) -> np.ndarray:
    """Return the middles of the hexagons of a width in England or just off it, in widths: (n × 2), from the south."""
    left, bottom, right, top = england.bounds
    rows, columns = np.mgrid[: int((top - bottom) / (width * _ROW)) + 2, : int((right - left) / width) + 2]
    x = left / width + (columns + (rows % 2) / 2).ravel()
    y = bottom / width + (rows * _ROW).ravel()
    kept = shapely.dwithin(england, shapely.points(x * width, y * width), _BEYOND_THE_COAST * width)
    places: np.ndarray = np.column_stack((x, y))[kept]
    return places


def _tile_width(england: shapely.Geometry, n_tiles: int) -> float:
    """Return the largest width, in degrees, of which as many hexagons as are needed lie in England."""
    high = 2 * math.sqrt(england.area / n_tiles)
    while len(_places(england, high)) >= n_tiles:
        high *= 2
    low = high / 8
    while len(_places(england, low)) < n_tiles:
        low /= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if len(_places(england, middle)) >= n_tiles:
            low = middle
        else:
            high = middle
    return low
