"""The tables of a brief: every figure shown, and its neighbours; the files of all figures by year and of inspections."""

from collections import Counter

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import (
    decimals_of,
    number,
    source_line,
)
from publishing.display import File, Prose, Table

from .profile import COMPARED, Profile, Standing
from .words import WORDS


def standing_table(profile: Profile) -> Table | Prose:
    """Return a row a measure: the figure with its interval, shrunken, the mean of earlier years; England, neighbours, rank.

    A sentence where there is no figure.
    """
    if not profile.standings:
        return WORDS.prose("standing.none")
    columns = ["Measure", "Here", "95% from", "95% to", "Smoothed", "Before", "England", "Neighbours",
               "Rank from", "Rank to"]  # fmt: skip
    ((year, _),) = Counter(standing.year for standing in profile.standings).most_common(1)
    return Table(
        pd.DataFrame([_standing_row(standing, year) for standing in profile.standings], columns=columns),
        WORDS.say("figures.caption", authority=profile.authority, year=year),
        source_line([standing.indicator for standing in profile.standings]),
        note=WORDS.say("figures.note"),
        align_right=tuple(columns[1:]),
    )


def _standing_row(standing: Standing, usual_year: int) -> list[str]:
    digits = decimals_of(indicator(standing.indicator))
    short = WORDS.say(f"short.{standing.indicator}")
    figures = (
        standing.value, standing.chance_low, standing.chance_high, standing.shrunk, standing.earlier, standing.england,
        standing.neighbours,
    )  # fmt: skip
    return [
        short if standing.year == usual_year else f"{short} ({standing.year})",
        *(number(figure, digits) for figure in figures),
        *(number(rank, 0) for rank in (standing.rank_low, standing.rank_high)),
    ]


def neighbours_table(profile: Profile) -> Table | Prose:
    """Return a row for the authority and for each statistical neighbour, the closest first."""
    if len(profile.neighbours) < 2:
        return Prose(WORDS.say("neighbours.none", authority=profile.authority))
    columns = [WORDS.say(f"short.{name}") for name in COMPARED]
    rows = [
        [entry.name]
        + [number(value, decimals_of(indicator(name))) for name, value in zip(COMPARED, entry.values, strict=True)]
        for entry in profile.neighbours
    ]  # fmt: skip
    return Table(
        pd.DataFrame(rows, columns=["Authority", *columns]),
        WORDS.say("neighbours.caption", authority=profile.authority),
        WORDS.say("figures.source"),
        align_right=tuple(columns),
    )


def inspections_file(profile: Profile) -> File:
    """Return the judgements of every inspection whose report could be read as a file, the latest first."""
    rows = [
        [entry.day, entry.framework, entry.overall, entry.leaders, entry.help_protection, entry.in_care, entry.care_leavers]
        for entry in profile.inspections
    ]  # fmt: skip
    columns = ["ended", "framework", "overall", "leaders", "help_protection", "in_care", "care_leavers"]
    caption = WORDS.say("inspections.file", authority=profile.authority)
    return File("inspections.csv", pd.DataFrame(rows, columns=columns), caption)


def figures_file(profile: Profile) -> File:
    """Return all figures by year as a file: a row a measure and year, numbers as they were computed.

    ``is_comparable``: whether the year may be set beside the latest.
    """
    rows = [
        {
            "indicator": series.indicator,
            "measure": indicator(series.indicator).label,
            "unit": indicator(series.indicator).unit_label,
            "year": year,
            "is_comparable": series.is_comparable(year),
            "authority": own,
            "england": england,
            "neighbours_lower_quartile": low,
            "neighbours_upper_quartile": high,
        }
        for series in profile.series
        for year, own, england, low, high in zip(
            series.years, series.own, series.england, series.low, series.high, strict=True
        )
    ]
    columns = list(rows[0]) if rows else ["indicator"]
    frame = pd.DataFrame(rows, columns=columns)
    return File("figures-by-year.csv", frame, WORDS.say("file.caption", authority=profile.authority))
