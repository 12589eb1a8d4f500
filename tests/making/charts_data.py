"""Made-up panels, series, boundaries and coverage of real size, and every chart function on them."""

from functools import cache

import numpy as np
import pandas as pd

from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import dictionary
from analysis.estimators import ESTIMATORS, Specification, estimate
from analysis.reports.data.coverage import coverage_heatmap
from analysis.reports.relationship.charts import residual_scatter
from analysis.reports.summary.charts import pairs_matrix
from analysis.reports.summary.study import family_of
from analysis.reports.workforce.distribution import ranked
from analysis.reports.workforce.maps import authority_map
from analysis.reports.workforce.series import small_multiples
from analysis.showing.forest import estimators_forest

LONG = "Bournemouth, Christchurch and Poole"
MARKED = "E06000058"
OUTCOMES = tuple(
    name for name, e in dictionary().items() if e.topic in ("pace", "stability") and not e.is_derived
)
INDICATORS = ("turnover_percent", "caseload_cases_per_fte", "agency_percent", *OUTCOMES)


@cache
def panel() -> pd.DataFrame:
    """152 authorities, 2017 to 2025; each indicator with a level of the authority, a year's and noise."""
    generator = np.random.default_rng(8)
    codes = [f"E0600{i:04}" for i in range(119)] + [f"E09000{i:03}" for i in range(1, 34)]
    frame = pd.DataFrame({"authority_code": np.repeat(codes, 9), "year": np.tile(range(2017, 2026), 152)})
    frame["authority"] = frame["authority_code"].map(
        {c: f"Authority {i}" for i, c in enumerate(codes)} | {MARKED: LONG}
    )
    frame["cluster"] = frame["authority_code"]
    frame["region"] = "London"
    for name in INDICATORS:
        level = np.repeat(generator.normal(20, 5, 152), 9) + 0.3 * (frame["year"] - 2017)
        frame[name] = (level + generator.normal(0, 3, len(frame))).clip(0.1).round(1)
    gaps = generator.random((len(frame), len(INDICATORS))) < 0.05
    frame[list(INDICATORS)] = frame[list(INDICATORS)].mask(gaps)
    return frame


@cache
def national() -> pd.DataFrame:
    means = panel().groupby("year")[list(INDICATORS)].mean().round(1).reset_index()
    return means.melt("year", var_name="indicator", value_name="value").assign(authority_code=ENGLAND_CODE)


@cache
def boundaries() -> dict:
    """A square an authority on a grid over England; London's in small; one with a hole, one in two parts."""
    features = []
    for place, (code, name) in enumerate(panel().groupby("authority_code")["authority"].first().items()):
        london = code.startswith("E09")
        size = 0.05 if london else 0.5
        x, y = (-0.5, 51.3) if london else (-5.5, 50.0)
        x, y = x + (place % 12) * size, y + (place // 12) * size
        square = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
        hole = [
            [x + size * a, y + size * b]
            for a, b in ((0.4, 0.4), (0.4, 0.6), (0.6, 0.6), (0.6, 0.4), (0.4, 0.4))
        ]
        geometry = {"type": "Polygon", "coordinates": [square, hole] if place == 3 else [square]}
        if place == 5:
            geometry = {"type": "MultiPolygon", "coordinates": [[square], [hole]]}
        properties = {"authority_code": code, "name": name}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


@cache
def coverage() -> pd.DataFrame:
    counts = panel().groupby("year")[list(INDICATORS)].count().reset_index()
    long = counts.melt("year", var_name="indicator", value_name="n_present")
    return long.assign(n_authorities=152, n_withheld=152 - long["n_present"])


@cache
def estimates() -> list:
    return [
        estimate(panel(), Specification("repeat_plans_percent", "turnover_percent", estimator=name))
        for name in ESTIMATORS
    ]


@cache
def family() -> pd.DataFrame:
    exposures = ("turnover_percent", "caseload_cases_per_fte", "agency_percent")
    fitted = [
        estimate(panel(), Specification(outcome, exposure, standardised=True))
        for exposure in exposures
        for outcome in OUTCOMES[:18]
    ]
    return family_of(
        [{"name": str(n), "values": {"main": {"estimate": fit.as_dict()}}} for n, fit in enumerate(fitted)]
    )


ROW_LABELS = (
    "Pooled",
    "Two-way fixed effects with a label that is rather long for its row",
    "First differences",
)
SCATTER = Specification("repeat_plans_percent", "turnover_percent", ("agency_percent",))

CHARTS = {
    "small_multiples": lambda: small_multiples(panel(), national(), INDICATORS[:9], MARKED),
    "small_multiples_wide": lambda: small_multiples(panel(), national(), INDICATORS[:2], MARKED, columns=1),
    "small_multiples_unmarked": lambda: small_multiples(panel(), national(), INDICATORS[3:5]),
    "ranked": lambda: ranked(panel(), national(), "turnover_percent", 2024, MARKED),
    "ranked_unmarked": lambda: ranked(panel(), national(), "repeat_plans_percent", 2020),
    "map": lambda: authority_map(boundaries(), panel(), "turnover_percent", 2024, MARKED),
    "map_equal": lambda: authority_map(boundaries(), panel(), "repeat_plans_percent", 2024, classing="equal"),
    "coverage": lambda: coverage_heatmap(coverage()),
    "residual_scatter": lambda: residual_scatter(estimate(panel(), SCATTER)),
    "estimators_forest": lambda: estimators_forest(estimates(), ROW_LABELS),
    "pairs_matrix": lambda: pairs_matrix(family(), 0.05),
    "pairs_matrix_of_one": lambda: pairs_matrix(family().query("exposure == 'turnover_percent'"), 0.05),
}
