"""Every measure in a row: England's course, and one authority's figure with its interval and place."""

from collections.abc import Sequence

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import MISSING, decimals_of, interval, number, source_line
from publishing.display import Table

from .study import Course, Place
from .words import WORDS


def measures_table(
    authority: str, courses: Sequence[Course], places: Sequence[Place], first_year: int
) -> Table:
    """Return a row a measure of ``places``: England first, highest, lowest and last, the authority with its doubt.

    ``courses`` are England's, from ``first_year``; a measure without one has dashes.
    """
    by_name, year = {course.indicator: course for course in courses}, max(place.year for place in places)
    columns = ["Measure", f"England {first_year}", "Highest", "Lowest", f"England {year}", "Here", "95%", "Place",
               "By chance"]  # fmt: skip
    rows = [_row(place, by_name.get(place.indicator), (first_year, year)) for place in places]
    counts = {place.n_authorities for place in places}
    return Table(
        pd.DataFrame(rows, columns=columns),
        WORDS.say("caption.measures", authority=authority, first_year=first_year, year=year),
        source_line([place.indicator for place in places]),
        note=WORDS.say(
            "note.measures", authority=authority, year=year, n_authorities=max(counts), differ=len(counts) > 1
        ),
        align_right=tuple(columns[1:]),
    )


def _row(place: Place, course: Course | None, years: tuple[int, int]) -> list[str]:
    entry, standing = indicator(place.indicator), place.standing
    digits = decimals_of(entry)

    def of(value: float, year: int, usual: int | None = None) -> str:
        return number(value, digits) if year == usual else f"{number(value, digits)} ({year})"

    england = [MISSING] * 4
    if course:
        england = [
            of(course.first, course.first_year, years[0]),
            of(course.peak, course.peak_year),
            of(course.lowest, course.lowest_year),
            of(course.last, course.last_year, years[1]),
        ]
    return [
        entry.axis_label,
        *england,
        number(place.value, digits),
        interval(standing.low, standing.high, digits) if standing else MISSING,
        number(place.rank, 0),
        interval(standing.place_low, standing.place_high, 0) if standing else MISSING,
    ]
