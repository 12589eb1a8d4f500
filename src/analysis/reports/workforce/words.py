"""What the report on the workforce says: how a figure stands in England, how far authorities lie apart, what lasts."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import upper_first, with_unit
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .study import Course, Standing, Where

WORDS = words_of(__package__)
_SMALL_CHANGE = 3
"""Workers more or fewer by which the answer shows what chance does to a rate."""


def workforce_answer(
    summary: Mapping[str, Any],
    course: Course | None,
    others: Sequence[Course],
    where: Where | None,
    standing: Standing | None,
) -> Answer:
    """Answer how an indicator has moved in England, where it is high, and where one authority stands, with its doubt.

    ``summary`` is what ``workforce_facts`` returns; ``others`` are the courses of other indicators.
    """
    told = [_course(summary, course), _others(others), _where(summary, where), _place(summary, standing)]
    return Answer(
        answer=paragraphs(told),
        certainty=_certainty(summary, standing),
        not_shown=WORDS.say("not_shown", authority=summary["authority"], outcome=_phrase(summary)),
    )


def _phrase(summary: Mapping[str, Any]) -> str:
    return indicator(summary["indicator"]).phrase


def shape_of(course: Course) -> str:
    """Return which sentence tells a course: it rose or fell throughout, or turned at a peak or at a trough."""
    if course.last_year == course.peak_year:
        return "rose"
    if course.first_year == course.peak_year:
        return "fell" if course.last_year == course.lowest_year else "fell-then-rose"
    return "peaked"


def _course(summary: Mapping[str, Any], course: Course | None) -> str:
    if course is None:
        return WORDS.say("course.none", outcome=upper_first(_phrase(summary)))
    return WORDS.say(
        f"course.{shape_of(course)}",
        outcome=upper_first(_phrase(summary)),
        of_years=_of_years(course),
        counted=_counted(summary),
        **_values(course),
    )


def _counted(summary: Mapping[str, Any]) -> str:
    """Say what a share is of in the last year, as counted in all England; nothing where that isn't published."""
    if summary.get("england_counts") is None:
        return ""
    (numerator, denominator), counts = summary["england_counts"], indicator(summary["indicator"]).counts
    unit = indicator(counts.numerator).unit_label if counts else ""
    return WORDS.say("course.counted", numerator=numerator, denominator=denominator, unit=unit)


def _of_years(course: Course) -> str:
    """Return which years a figure is the lowest or the highest of."""
    is_first_comparable = indicator(course.indicator).comparable_from == course.first_year
    return WORDS.say(
        "of_years.comparable" if is_first_comparable else "of_years",
        n_years=course.n_years,
        first_year=course.first_year,
    )


def _values(course: Course) -> dict[str, Any]:
    entry = indicator(course.indicator)
    return {
        "first": with_unit(course.first, entry),
        "peak": with_unit(course.peak, entry),
        "lowest": with_unit(course.lowest, entry),
        "last": with_unit(course.last, entry),
        "first_year": course.first_year,
        "peak_year": course.peak_year,
        "lowest_year": course.lowest_year,
        "last_year": course.last_year,
        "is_lowest": course.last_year == course.lowest_year,
    }


def _others(courses: Sequence[Course]) -> str:
    """Say which of the other indicators, of which lower is better, fell, which rose, and which did neither as shown."""
    chosen = [course for course in courses if indicator(course.indicator).polarity == "low"]
    if not chosen:
        return ""
    moved: dict[str, list[str]] = {"fell": [], "rose": [], "same": []}
    for course in chosen:
        first, last = (with_unit(value, indicator(course.indicator)) for value in (course.first, course.last))
        way = "same" if first == last else "fell" if course.last < course.first else "rose"
        moved[way].append(_change(course))
    return WORDS.say(
        "others",
        first_year=min(course.first_year for course in chosen),
        last_year=max(course.last_year for course in chosen),
        parts=[WORDS.say(f"others.{way}", outcomes=outcomes) for way, outcomes in moved.items() if outcomes],
    )


def _change(course: Course) -> str:
    entry = indicator(course.indicator)
    return WORDS.say(
        "others.change",
        outcome=entry.phrase,
        first=with_unit(course.first, entry),
        last=with_unit(course.last, entry),
    )


def _where(summary: Mapping[str, Any], where: Where | None) -> str:
    if where is None:
        return ""
    entry = indicator(summary["indicator"])
    return WORDS.say(
        "where",
        outcome=upper_first(entry.phrase),
        highest_region=region_phrase(where.highest_region),
        lowest_region=region_phrase(where.lowest_region),
        highest=with_unit(where.highest, entry),
        lowest=with_unit(where.lowest, entry),
        first_year=summary["first_year"],
        last_year=summary["year"],
    )


_WITHOUT_ARTICLE = ("London", "Yorkshire")


def region_phrase(region: str) -> str:
    """Return a region's name as a sentence has it: ``the North East``, but ``Outer London``."""
    return region if any(name in region for name in _WITHOUT_ARTICLE) else f"the {region}"


def _place(summary: Mapping[str, Any], standing: Standing | None) -> str:
    if summary["authority_value"] is None:
        return WORDS.say("place.none", authority=summary["authority"], year=summary["year"])
    entry = indicator(summary["indicator"])
    place = summary["authority_place_from_lowest"]
    values = {
        "authority": summary["authority"],
        "value": with_unit(summary["authority_value"], entry),
        "year": summary["year"],
        "place": ordinal(place),
        "n_authorities": summary["n_authorities"],
    }
    if standing is None:
        return WORDS.say("place", **values)
    return WORDS.say(
        "place.doubt",
        low=standing.low,
        high=standing.high,
        lowest_place=ordinal(standing.place_low),
        highest_place=ordinal(standing.place_high),
        **values,
    )


def ordinal(number: int) -> str:
    """Return a place as it is read: ``1st``, ``22nd``, ``113th``."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= number % 100 <= 20 else endings.get(number % 10, "th")
    return f"{number}{ending}"


def _certainty(summary: Mapping[str, Any], standing: Standing | None) -> str:
    entry = indicator(summary["indicator"])
    told = [
        WORDS.say("certainty.definition", outcome=entry.label, definition=entry.definition),
        WORDS.say(
            "certainty",
            n_rows=summary["n_authority_years"],
            between_share=summary["between_share"],
            how_much=_foretold(summary["correlation_year_on_year"]),
        ),
    ]
    if standing is not None and standing.n_workers:
        told.insert(
            1,
            WORDS.say(
                "certainty.small",
                authority=summary["authority"],
                n_fte=round(standing.n_workers),
                workers=_SMALL_CHANGE,
                points=100 * _SMALL_CHANGE / standing.n_workers,
            ),
        )
    return " ".join(told)


def _foretold(correlation: float) -> str:
    """Return how much a figure says about that of the next year."""
    return next(
        word for word, least in (("much", 0.8), ("something", 0.5), ("little", -1)) if correlation >= least
    )


def courses_told(courses: Sequence[Course]) -> Prose:
    """Say, an item an indicator, where England stood first, at its highest and last; says so where there is none."""
    if not courses:
        return WORDS.prose("courses.none")
    return Prose("\n".join(_item(course) for course in courses))


def _item(course: Course) -> str:
    entry = indicator(course.indicator)
    return WORDS.say(
        f"courses.{shape_of(course)}",
        outcome=upper_first(entry.phrase),
        better=WORDS.say(f"courses.better.{entry.polarity}"),
        **_values(course),
    )


def workforce_described(summary: Mapping[str, Any]) -> Prose:
    """Say which figures are shown and which authority is marked."""
    return WORDS.prose("described", **{name: summary[name] for name in ("first_year", "year", "authority")})


def spread_told(summary: Mapping[str, Any]) -> Prose:
    """Say how far authorities lie apart in the year of the ranking."""
    entry = indicator(summary["indicator"])
    return WORDS.prose(
        "spread",
        outcome=upper_first(entry.phrase),
        year=summary["year"],
        lower_quartile=with_unit(summary["lower_quartile"], entry),
        upper_quartile=with_unit(summary["upper_quartile"], entry),
        n_authorities=summary["n_authorities"],
    )
