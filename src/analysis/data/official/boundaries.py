"""Boundaries of upper-tier authorities: generalised districts dissolved and simplified, for maps."""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import pandas as pd
import shapely
from shapely.geometry import mapping, shape

from analysis.data.cleaning.tables import authorities
from analysis.errors import DataError

from .areas import check_all_present, latest_codes_of_numbers
from .official_files import OfficialFile, read_csv
from .publications import Release

TOLERANCE_DEGREES = 0.001
# Generalised districts don't always meet: enclosed gaps narrower than this are slivers, and go to a neighbour.
GAP_DEGREES = 0.02
DECIMALS = 4
_DISTRICT, _AUTHORITY = "LTLA23CD", "UTLA23CD"
_Coordinates: TypeAlias = "float | Sequence[_Coordinates]"


def _districts(file: OfficialFile) -> dict[str, shapely.Geometry]:
    try:
        features = json.loads(file.content)["features"]
        codes = [feature["properties"]["LAD23CD"] for feature in features]
        outlines = [shapely.make_valid(shape(feature["geometry"])) for feature in features]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file.name}: is no whole GeoJSON of districts (LAD23CD); get it again") from error
    return dict(zip(codes, shapely.coverage_clean(outlines, gap_width=GAP_DEGREES), strict=True))


def _latest_codes() -> pd.Series:
    known = authorities()
    return latest_codes_of_numbers(known["la_number"], "authorities.csv", "la_number").set_axis(
        known["authority_code"]
    )


def _dissolved(
    districts: dict[str, shapely.Geometry], lookup: pd.DataFrame, where: str
) -> dict[str, shapely.Geometry]:
    shapes = {}
    for code, members in lookup.groupby(_AUTHORITY)[_DISTRICT]:
        absent = [member for member in members if member not in districts]
        if absent:
            raise DataError(f"{where}: column '{_DISTRICT}': no boundary of '{absent[0]}'")
        shapes[code] = shapely.union_all([districts[member] for member in members])
    return shapes


def _rounded(coordinates: _Coordinates) -> _Coordinates:
    if isinstance(coordinates, float):
        return round(coordinates, DECIMALS)
    return [_rounded(part) for part in coordinates]


def _feature(code: str, name: str, geometry: shapely.Geometry) -> dict[str, Any]:
    drawn = mapping(geometry)
    return {
        "type": "Feature",
        "properties": {"authority_code": code, "name": name},
        "geometry": {"type": drawn["type"], "coordinates": _rounded(drawn["coordinates"])},
    }


def feature_collection(release: Release) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection of England's upper-tier authorities on their latest codes.

    Longitude and latitude in degrees; properties ``authority_code``, ``name``; borders that neighbours share
    are simplified once. Raises DataError where a district has no boundary.
    """
    districts_file, lookup_file = release.files.values()
    lookup = read_csv(lookup_file, (_DISTRICT, _AUTHORITY))
    lookup = lookup[lookup[_AUTHORITY].str.startswith("E")]
    dissolved = _dissolved(_districts(districts_file), lookup, lookup_file.name)
    simplified = shapely.coverage_simplify(list(dissolved.values()), TOLERANCE_DEGREES)
    # A grid of four decimals is some ten metres; what collapses on it goes, and what stays is valid.
    drawn = shapely.set_precision(simplified, 10.0**-DECIMALS)
    latest, names = _latest_codes(), authorities().set_index("authority_code")["name"]
    codes = [latest.get(code, code) for code in dissolved]
    check_all_present(codes, lookup_file.name)
    features = [_feature(code, names[code], part) for code, part in zip(codes, drawn, strict=True)]
    return {
        "type": "FeatureCollection",
        "features": sorted(features, key=lambda part: part["properties"]["authority_code"]),
    }
