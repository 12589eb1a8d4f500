"""The dates of an inspection, in the ten ways that reports write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
# A day with or without its month and year: «5», «5th May», «5 May 2015», «05/06/2015».
_POINT = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
    rf"(?:\s*/\s*(?P<number>\d{{1,2}})\s*/\s*(?P<short>\d{{4}})|(?:\s+(?P<month>{_MONTH})(?:,?\s+(?P<year>\d{{4}}))?)?)"
)
# What stands between two days: any dash (also box-drawing and combining ones), «to», «and», «until», a comma.
_BETWEEN = re.compile(
    r"\s*(?P<sign>[-\u2010-\u2015\u2212\u2043\u2500-\u2503\u0335\u0336\ufe58\uff0d]+"
    r"|,?\s*\b(?:to|until|through|and|from)\b|[,&;])\s*(?:from\s+)?"
)
_SECOND_WINDOW = re.compile(r"and|,|&|;")
_INTRODUCTION = re.compile(r"\binspection dates?\s*:?\s*(?:from\s+)?", re.I)
FIRST_YEAR, LAST_YEAR = 2000, 2099
_REACH = 200  # letters after the introduction in which all dates stand


class DateError(ValueError):
    """Dates that can't be read, with the reason."""


@dataclass(frozen=True)
class Window:
    """A run of days on which inspectors were there."""

    start: date
    end: date


@dataclass(frozen=True)
class _Point:
    day: int
    month: int | None
    year: int | None
    opens_window: bool


def _point(match: re.Match[str], sign: str) -> _Point:
    month = int(match["number"]) if match["number"] else None
    if match["month"]:
        month = MONTHS.index(match["month"][:3].lower()) + 1
    year = match["year"] or match["short"]
    return _Point(int(match["day"]), month, int(year) if year else None, bool(_SECOND_WINDOW.search(sign)))


def _points(text: str) -> tuple[list[_Point], int]:
    """Return the days at the start of ``text``, up to the first word that belongs to no date, and where that stands."""
    points, position, end, sign = [], 0, 0, ","
    while match := _POINT.match(text, position):
        points.append(_point(match, sign))
        end = match.end()
        between = _BETWEEN.match(text, end)
        if not between:
            break
        position, sign = between.end(), between["sign"]
    return points, end


def _completed(points: Sequence[_Point]) -> list[date]:
    """Give each day the month and year that follow it; a start after its end belongs to the year before."""
    days: list[date] = []
    month = year = None
    for point in reversed(points):
        month, year = point.month or month, point.year or year
        if month is None or year is None:
            raise DateError("a date has no month or year")
        try:
            day = date(year, month, point.day)
            if days and day > days[-1] and point.year is None:
                day, year = date(year - 1, month, point.day), year - 1
        except ValueError as error:
            raise DateError(f"no such day: {point.day}/{month}/{year}") from error
        days.append(day)
    return days[::-1]


def _paired(points: Sequence[_Point], days: Sequence[date]) -> tuple[Window, ...]:
    windows: list[list[date]] = []
    for point, day in zip(points, days, strict=True):
        if point.opens_window or not windows:
            windows.append([])
        windows[-1].append(day)
    return tuple(Window(window[0], window[-1]) for window in windows)


def read_windows(text: str) -> tuple[Window, ...]:
    """Return the windows of the dates that ``text`` begins with, in order.

    Raises DateError where there is none, a part is missing, a day doesn't exist or an end precedes its start.
    """
    points, _ = _points(text.strip().lower())
    if not points:
        raise DateError("no date follows the words «Inspection dates»")
    days = _completed(points)
    if days != sorted(days):
        raise DateError(f"the dates run backwards: {', '.join(map(str, days))}")
    if not FIRST_YEAR <= days[0].year <= days[-1].year <= LAST_YEAR:
        raise DateError(f"no year of an inspection: {days[0].year} to {days[-1].year}")
    return _paired(points, days)


def inspection_windows(text: str) -> tuple[Window, ...]:
    """Return the windows after the first «Inspection date(s):» of a report's text; raises DateError with a reason."""
    match = _INTRODUCTION.search(text)
    if not match:
        raise DateError("the words «Inspection dates» aren't there")
    return read_windows(text[match.end() : match.end() + _REACH])


def after_dates(text: str) -> str:
    """Return what follows the dates after the first «Inspection date(s):» of ``text``, in small letters; "" without them.

    A sign that should join two dates and joins none belongs to what follows.
    """
    match = _INTRODUCTION.search(text)
    if not match:
        return ""
    rest = text[match.end() : match.end() + _REACH].strip().lower()
    return rest[_points(rest)[1] :].strip()
