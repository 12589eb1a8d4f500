"""England as tiles: one for each authority, none on another, each about where it lies."""

import json
from itertools import product

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from analysis.errors import DataError
from analysis.showing.tiles import hexagon, tile_layout
from tests.making import REPOSITORY

ENGLAND = json.loads((REPOSITORY / "data/raw/boundaries.json").read_text())


def squares(*corners):
    """Features of a degree's side, by their south-western corners."""
    return {
        "features": [
            {
                "properties": {"authority_code": f"E{x}{y}", "name": f"{x} {y}"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]],
                },
            }
            for x, y in corners
        ]
    }


@pytest.fixture(scope="module")
def england():
    return tile_layout(ENGLAND)


def test_every_authority_has_a_tile_of_its_own(england):
    codes = {feature["properties"]["authority_code"] for feature in ENGLAND["features"]}
    assert set(england.index) == codes and len(england) == len(codes)
    # Middles of hexagons that are one wide are at least one apart.
    assert pdist(england[["x", "y"]].to_numpy()).min() == pytest.approx(1, abs=1e-5)


def test_authorities_stand_about_where_they_lie(england):
    middles = {
        feature["properties"]["authority_code"]: np.mean(_points(feature["geometry"]["coordinates"]), axis=0)
        for feature in ENGLAND["features"]
    }
    lies = np.array([middles[code] for code in england.index])
    assert spearmanr(lies[:, 1], england["y"])[0] > 0.95
    assert spearmanr(lies[:, 0], england["x"])[0] > 0.85
    by_name = england.set_index("name")
    assert by_name["y"].idxmax() in {"Northumberland", "North Tyneside"}
    assert by_name["x"].idxmin() == "Isles of Scilly"


def _points(coordinates):
    return (
        [coordinates]
        if isinstance(coordinates[0], float)
        else [point for part in coordinates for point in _points(part)]
    )


def test_the_tiles_are_the_same_however_the_authorities_are_ordered(england):
    backwards = tile_layout({"features": ENGLAND["features"][::-1]})
    assert backwards.sort_index().equals(england.sort_index())


def test_a_block_of_squares_keeps_its_order():
    layout = tile_layout(squares(*product(range(4), range(50, 54)))).reset_index(drop=True)
    place = layout["name"].str.split(expand=True).astype(int)
    for x, y in product(range(3), range(50, 53)):
        here = layout[(place[0] == x) & (place[1] == y)].iloc[0]
        above = layout[(place[0] == x) & (place[1] == y + 1)].iloc[0]
        right = layout[(place[0] == x + 1) & (place[1] == y)].iloc[0]
        assert above["y"] > here["y"] and right["x"] > here["x"]


def test_a_tile_is_one_wide_and_has_its_middle_where_it_stands():
    corners = hexagon(3.0, 5.0)
    assert np.ptp(corners[:, 0]) == pytest.approx(1)
    assert corners.mean(axis=0) == pytest.approx([3.0, 5.0])


@pytest.mark.parametrize(
    "features, told",
    [
        ([], "no features to draw"),
        ([{"properties": {"authority_code": "E1", "name": "A"}, "geometry": {"type": "Point", "coordinates": [0, 0]}}],
         "a geometry is a Point"),
    ],
)  # fmt: skip
def test_what_has_no_area_is_refused(features, told):
    with pytest.raises(DataError, match=told):
        tile_layout({"features": features})
