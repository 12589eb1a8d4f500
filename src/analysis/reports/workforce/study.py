"""Facts on the workforce that prose states and the notebook records: computed once, so that the two can't differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import indicator
from analysis.data.panel.panel import Panel
from analysis.errors import DataError, RequestError
from analysis.estimators.funnel import funnel_of, points_with_chance
from analysis.showing.numbers import decimals_of

from .grouping import group_means


def _value(frame: pd.DataFrame, code: str, year: int, column: str) -> float | None:
    values = frame.loc[(frame["authority_code"] == code) & (frame["year"] == year), column].dropna()
    return float(values.iloc[0]) if len(values) else None


def workforce_facts(panel: Panel, name: str, code: str, first_year: int, year: int) -> dict[str, Any]:
    """Return an indicator's national values, its spread, how much of it lasts, and where the marked authority stands.

    ``between_share`` is the share of the variance over authority-years that lies between authorities (their means over
    the years); ``correlation_year_on_year`` is of each authority's value with its own of the year before.
    """
    frame = panel.authorities[
        panel.authorities["year"].between(first_year, year) & ~panel.authorities["very_small"]
    ]
    latest = frame[frame["year"] == year].dropna(subset=[name])
    national = panel.series[panel.series["indicator"] == name]
    value = _value(panel.authorities, code, year, name)
    means = frame.groupby("authority_code")[name].transform("mean")
    before = frame[["authority_code", "year", name]].assign(year=frame["year"] + 1)
    pairs = frame.merge(before, on=["authority_code", "year"], suffixes=("", "_before"))
    return {
        "indicator": name,
        "authority_code": code,
        "authority": str(
            panel.authorities.loc[panel.authorities["authority_code"] == code, "authority"].iloc[-1]
        ),
        "first_year": first_year,
        "year": year,
        "england_first": _value(national, ENGLAND_CODE, first_year, "value"),
        "england": _value(national, ENGLAND_CODE, year, "value"),
        "england_counts": _england_counts(panel, name, year),
        "n_authorities": len(latest),
        "lower_quartile": float(latest[name].quantile(0.25)),
        "upper_quartile": float(latest[name].quantile(0.75)),
        "authority_value": value,
        "authority_place_from_lowest": int((latest[name] < value).sum() + 1) if value is not None else None,
        "n_authority_years": int(frame[name].notna().sum()),
        "between_share": float(means.var() / frame[name].var()),
        "correlation_year_on_year": float(pairs[name].corr(pairs[f"{name}_before"])),
    }


def _england_counts(panel: Panel, name: str, year: int) -> tuple[float, float] | None:
    """Return what a share is of in England: the part and the whole; None for no share, or where either isn't published."""
    counts = indicator(name).counts
    if counts is None or counts.scale != 100:
        return None
    own = panel.series[(panel.series["authority_code"] == ENGLAND_CODE) & (panel.series["year"] == year)]
    values = own.set_index("indicator")["value"]
    if not {counts.numerator, *counts.denominator} <= set(values.index):
        return None
    return float(values[counts.numerator]), float(values[list(counts.denominator)].sum())


@dataclass(frozen=True)
class Course:
    """England's course in one indicator over years: first, highest, lowest and last value, with their years."""

    indicator: str
    first_year: int
    peak_year: int
    lowest_year: int
    last_year: int
    first: float
    peak: float
    lowest: float
    last: float

    @property
    def n_years(self) -> int:
        """How many years lie from the first to the last, both counted."""
        return self.last_year - self.first_year + 1


def course_of(panel: Panel, name: str, first_year: int, year: int) -> Course | None:
    """Return England's course in an indicator; None where fewer than two years have a figure."""
    rows = panel.series
    chosen = rows[
        (rows["authority_code"] == ENGLAND_CODE)
        & (rows["indicator"] == name)
        & rows["year"].between(first_year, year)
    ]
    values = chosen.dropna(subset=["value"]).set_index("year")["value"].sort_index()
    if len(values) < 2:
        return None
    shown = values.round(decimals_of(indicator(name)))
    years = (
        int(values.index[0]),
        _year_of(shown, float(shown.max())),
        _year_of(shown, float(shown.min())),
        int(values.index[-1]),
    )
    return Course(name, *years, *(float(values[at]) for at in years))


def _year_of(shown: pd.Series, extreme: float) -> int:
    """Return the year of an extreme among values as they are shown: the last or the first year where those equal it."""
    ends = [int(shown.index[-1]), int(shown.index[0])]
    return next((year for year in ends if shown[year] == extreme), int((shown == extreme).idxmax()))


def courses_of(
    panel: Panel, name: str, others: Sequence[str], first_year: int, year: int
) -> tuple[Course | None, tuple[Course, ...]]:
    """Return England's course in an indicator, and in those of ``others`` that have figures."""
    known = (course_of(panel, other, first_year, year) for other in others)
    return course_of(panel, name, first_year, year), tuple(course for course in known if course)


@dataclass(frozen=True)
class Standing:
    """One authority's rate in one year with the doubt of few workers, as briefs have it.

    ``low`` and ``high`` are 95% limits of chance of the rate, ``place_low`` and ``place_high`` those of its place from the
    lowest (``points_with_chance``). ``n_workers`` is what the rate is a share of, None where it isn't one of workers.
    """

    low: float
    high: float
    place_low: int
    place_high: int
    n_workers: float | None


def standing_of(panel: pd.DataFrame, name: str, code: str, year: int) -> Standing | None:
    """Return where an authority stands with the doubt of few workers; None where no counts are known behind the rate.

    ``panel`` are the authorities that it is set among. Counting full-time equivalents as people is an approximation.
    """
    try:
        points = points_with_chance(funnel_of(panel, name, year))
    except (DataError, RequestError):
        return None
    if code not in points.index:
        return None
    own, counts = points.loc[code], indicator(name).counts
    is_share = counts is not None and counts.scale == 100
    return Standing(
        low=float(own["chance_low"]),
        high=float(own["chance_high"]),
        place_low=int(own["rank_low"]),
        place_high=int(own["rank_high"]),
        n_workers=float(own["denominator"]) if is_share else None,
    )


@dataclass(frozen=True)
class Where:
    """Where an indicator is high: the means of the regions that lie furthest apart."""

    highest_region: str
    lowest_region: str
    highest: float
    lowest: float


def where_high(panel: pd.DataFrame, name: str, years: tuple[int, int]) -> Where | None:
    """Return where an indicator is high over ``years``, as means of authority-years; None without two regions."""
    regions = group_means(panel, name, years, "region")
    if len(regions) < 2:
        return None
    return Where(
        highest_region=str(regions.idxmax()),
        lowest_region=str(regions.idxmin()),
        highest=float(regions.max()),
        lowest=float(regions.min()),
    )
