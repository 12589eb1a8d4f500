"""The tables of a brief: every figure shown, inspections, neighbours, claims, and the years behind the picture."""

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import (
    MISSING,
    dates_in_words,
    decimals_of,
    interval,
    number,
    source_line,
    upper_first,
)
from publishing.display import Prose, Table

from .profile import COMPARED, Profile, Standing
from .words import WORDS

_OFSTED = "Ofsted: inspection reports of local authority children's services"


def standing_table(profile: Profile) -> Table:
    """Return a row a measure: the figure with its interval, England, neighbours, its rank, the earlier figure."""
    rows = [_standing_row(standing) for standing in profile.standings]
    columns = [
        "Measure",
        profile.authority,
        "England",
        "Neighbours",
        "Rank from the lowest",
        "Five years before",
    ]
    return Table(
        pd.DataFrame(rows, columns=columns),
        WORDS.say("figures.caption", authority=profile.authority),
        source_line([standing.indicator for standing in profile.standings]),
        note=WORDS.say("figures.note"),
        align_right=tuple(columns[1:]),
    )


def _standing_row(standing: Standing) -> list[str]:
    entry = indicator(standing.indicator)
    digits = decimals_of(entry)
    own = number(standing.value, digits)
    if standing.chance_low is not None:
        own += f" ({interval(standing.chance_low, standing.chance_high, digits)})"
    rank = (
        MISSING
        if standing.rank is None
        else WORDS.say(
            "figures.rank",
            rank=standing.rank,
            low=standing.rank_low,
            high=standing.rank_high,
            n_authorities=standing.n_authorities,
        )
    )
    return [
        WORDS.say("figures.measure", measure=entry.axis_label, year=standing.year),
        own,
        number(standing.england, digits),
        number(standing.neighbours, digits),
        rank,
        number(standing.earlier, digits),
    ]


def inspections_table(profile: Profile) -> Table | Prose:
    """Return a row an inspection, the latest first; a sentence where no report is to be had."""
    if not profile.inspections:
        return Prose(WORDS.say("inspections.none", authority=profile.authority))
    columns = ["Ended", "Kind", "Overall", "Leaders", "Help and protection", "In care", "Care leavers"]
    rows = [
        [
            dates_in_words(entry.day), upper_first(entry.framework),
            *(grade or MISSING for grade in (entry.overall, entry.leaders, entry.help_protection, entry.in_care,
                                             entry.care_leavers)),
        ]
        for entry in profile.inspections
    ]  # fmt: skip
    return Table(
        pd.DataFrame(rows, columns=columns),
        WORDS.say("inspections.caption", authority=profile.authority),
        _OFSTED,
        note=WORDS.say("inspections.note"),
    )


def neighbours_table(profile: Profile) -> Table | Prose:
    """Return a row for the authority and for each statistical neighbour, the closest first."""
    if len(profile.neighbours) < 2:
        return Prose(WORDS.say("neighbours.none", authority=profile.authority))
    columns = [indicator(name).axis_label for name in COMPARED]
    rows = [
        [entry.name]
        + [number(value, decimals_of(indicator(name))) for name, value in zip(COMPARED, entry.values, strict=True)]
        for entry in profile.neighbours
    ]  # fmt: skip
    return Table(
        pd.DataFrame(rows, columns=["Authority", *columns]),
        WORDS.say("neighbours.caption", authority=profile.authority),
        source_line(COMPARED),
        note=WORDS.say("neighbours.note"),
        align_right=tuple(columns),
    )


def claims_table(profile: Profile) -> Table | Prose:
    """Return what is known across England of the claims that rest on these measures."""
    if not profile.claims:
        return Prose(WORDS.say("claims.none"))
    rows = [[f"{entry.id}. {entry.claim}", entry.says] for entry in profile.claims]
    return Table(
        pd.DataFrame(rows, columns=["What is said", "What the figures of all authorities show"]),
        WORDS.say("claims.caption"),
        WORDS.say("claims.source"),
        note=WORDS.say("claims.note", authority=profile.authority),
    )


def years_table(profile: Profile) -> Table:
    """Return the authority's figures of what is drawn, by year."""
    years = sorted({year for series in profile.series for year in series.years}, reverse=True)
    by_measure = {
        indicator(series.indicator).axis_label: (
            dict(zip(series.years, series.own, strict=True)),
            decimals_of(indicator(series.indicator)),
        )
        for series in profile.series
    }
    frame = pd.DataFrame(
        {
            "Year": [str(year) for year in years],
            **{label: [number(own.get(year), digits) for year in years] for label, (own, digits) in by_measure.items()},
        }
    )  # fmt: skip
    return Table(
        frame,
        WORDS.say("years.caption", authority=profile.authority),
        source_line([series.indicator for series in profile.series]),
        align_right=tuple(by_measure),
    )
