"""Facts on the workforce that prose states and the notebook records: computed once, so that the two can't differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import indicator
from analysis.data.panel.panel import Panel
from analysis.errors import DataError, RequestError
from analysis.estimators.components import components
from analysis.estimators.funnel import funnel_of, points_with_chance
from analysis.files.as_json import plain_dict
from analysis.showing.numbers import decimals_of


def _value(frame: pd.DataFrame, code: str, year: int, column: str) -> float | None:
    values = frame.loc[(frame["authority_code"] == code) & (frame["year"] == year), column].dropna()
    return float(values.iloc[0]) if len(values) else None


def workforce_facts(panel: Panel, name: str, code: str, first_year: int, year: int) -> dict[str, Any]:
    """Return an indicator's national values, its spread, what the differences between authorities consist of, and whose
    place is told.

    ``variation`` is of all years, as ``components`` has it; None where it cannot be split.
    """
    usual = panel.authorities[~panel.authorities["very_small"]]
    latest = usual[usual["year"] == year].dropna(subset=[name])
    national = panel.series[panel.series["indicator"] == name]
    try:
        variation = components(usual, name, (first_year, year))
    except DataError:
        variation = None
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
        "variation": variation,
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


@dataclass(frozen=True)
class Place:
    """One authority's figure of one year beside England's, both in the indicator's unit, and its place from the lowest.

    ``value`` and ``rank`` are None without a figure, ``standing`` where no counts are known behind it; ``n_authorities``
    have one.
    """

    indicator: str
    year: int
    value: float | None
    england: float | None
    rank: int | None
    n_authorities: int
    standing: Standing | None

    @property
    def beside(self) -> Literal["below", "above", "same"] | None:
        """Where England's figure lies by the interval of the authority's own; None where one of the two isn't known."""
        if self.standing is None or self.england is None:
            return None
        if self.standing.high < self.england:
            return "below"
        return "above" if self.standing.low > self.england else "same"


def places_of(
    panel: Panel, ranked: pd.DataFrame, names: Iterable[str], code: str, year: int
) -> tuple[Place, ...]:
    """Return where an authority stands in each indicator, in order; ``ranked``: the authorities that it is set among."""
    rows, places = ranked[ranked["year"] == year], []
    for name in names:
        value, values = _value(ranked, code, year, name), rows[name].dropna()
        national = panel.series[panel.series["indicator"] == name]
        places.append(
            Place(
                indicator=name,
                year=year,
                value=value,
                england=_value(national, ENGLAND_CODE, year, "value"),
                rank=None if value is None else int((values < value).sum() + 1),
                n_authorities=len(values),
                standing=standing_of(ranked, name, code, year),
            )
        )
    return tuple(places)


def standings_of(panel: pd.DataFrame, name: str, code: str, years: tuple[int, int]) -> dict[int, Standing]:
    """Return where an authority stood in each year, first and last, in which counts are known behind its rate."""
    by_year = {year: standing_of(panel, name, code, year) for year in range(years[0], years[1] + 1)}
    return {year: standing for year, standing in by_year.items() if standing}


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
    """Where an indicator is high: the regions that lie furthest apart in ``year``, as published, reckoned as England is.

    ``n_highest`` and ``n_lowest``: in how many of ``n_years`` these two were the highest and the lowest.
    """

    year: int
    highest_region: str
    lowest_region: str
    highest: float
    lowest: float
    n_highest: int
    n_lowest: int
    n_years: int


def where_high(panel: Panel, name: str, years: tuple[int, int]) -> Where | None:
    """Return in which of the authorities' regions an indicator is highest and lowest in the last of ``years``.

    None without figures of two regions in that year.
    """
    series = panel.series
    rows = series[
        (series["indicator"] == name)
        & series["year"].between(*years)
        & series["authority_code"].isin(panel.authorities["region_code"].unique())
    ]
    by_year = rows.pivot_table(index="year", columns="area", values="value")
    if years[1] not in by_year.index or by_year.loc[years[1]].count() < 2:
        return None
    last = by_year.loc[years[1]]
    highest, lowest = str(last.idxmax()), str(last.idxmin())
    return Where(
        year=years[1],
        highest_region=highest,
        lowest_region=lowest,
        highest=float(last.max()),
        lowest=float(last.min()),
        n_highest=int((by_year[highest] >= by_year.max(axis=1)).sum()),
        n_lowest=int((by_year[lowest] <= by_year.min(axis=1)).sum()),
        n_years=len(by_year),
    )


def workforce_results(
    facts: Mapping[str, Any],
    where: Where | None,
    places: Sequence[Place],
    standings: Mapping[int, Standing],
) -> dict[str, Any]:
    """Return what the report states as the notebook records it."""
    by_year = {str(year): standing for year, standing in standings.items()}
    return plain_dict({**facts, "where": where, "places": places, "authority_by_year": by_year})
