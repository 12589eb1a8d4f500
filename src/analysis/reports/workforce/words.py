"""What the report on the workforce says: how a figure stands in England, how far authorities lie apart, what lasts."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.data.definitions.indicators import Indicator, indicator
from analysis.estimators.components import Components
from analysis.findings.interval import IntervalEstimate
from analysis.showing.numbers import decimals_of, number, ordinal, upper_first, with_unit
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .study import Course, Place, Standing, Where

WORDS = words_of(__package__)
_BESIDE = ("caseload_cases_per_fte", "vacancy_percent", "absence_percent")
"""Measures of which the answer gives the authority's figure beside that of the main one."""
_SMALL_CHANGE = 3
"""Workers more or fewer by which the answer shows what chance does to a rate."""


def workforce_answer(
    summary: Mapping[str, Any],
    course: Course | None,
    others: Sequence[Course],
    where: Where | None,
    places: Sequence[Place],
) -> Answer:
    """Answer how an indicator has moved in England, where it is high, and where one authority stands, with its doubt.

    ``summary`` is what ``workforce_facts`` returns; ``others`` are the courses of other indicators; ``places`` are the
    authority's, of this indicator first.
    """
    told = [_course(summary, course), _others(others), _where(summary, where), _place(summary, places)]
    return Answer(
        answer=paragraphs(told),
        certainty=_certainty(summary, places[0].standing),
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
    parts = [WORDS.say(f"others.{way}", outcomes=outcomes) for way, outcomes in moved.items() if outcomes]
    return WORDS.say("others", parts=parts)


def _change(course: Course) -> str:
    entry = indicator(course.indicator)
    return WORDS.say(
        "others.change",
        outcome=entry.phrase,
        first=_bare(course.first, entry),
        last=with_unit(course.last, entry),
    )


def _bare(value: float | None, entry: Indicator) -> str:
    """Return a value that stands beside another of its unit: ``11.8%``, but ``15.2``."""
    return with_unit(value, entry) if entry.unit_label == "%" else number(value, decimals_of(entry))


def _where(summary: Mapping[str, Any], where: Where | None) -> str:
    if where is None:
        return ""
    entry = indicator(summary["indicator"])

    def how_often(n: int) -> str:
        if where.n_years == 1:
            return ""
        return WORDS.say("where.how_often", n=n, n_years=where.n_years)

    return WORDS.say(
        "where",
        year=where.year,
        outcome=entry.phrase,
        england="" if summary["england"] is None else with_unit(summary["england"], entry),
        highest_region=region_phrase(where.highest_region),
        lowest_region=region_phrase(where.lowest_region),
        highest=with_unit(where.highest, entry),
        lowest=with_unit(where.lowest, entry),
        years_highest=how_often(where.n_highest),
        years_lowest=how_often(where.n_lowest),
    )


_WITHOUT_ARTICLE = ("London", "Yorkshire")


def region_phrase(region: str) -> str:
    """Return a region's name as a sentence has it: ``the North East``, but ``Outer London``."""
    return region if any(name in region for name in _WITHOUT_ARTICLE) else f"the {region}"


def _place(summary: Mapping[str, Any], places: Sequence[Place]) -> str:
    """Say the authority's figure and place with the doubt of few workers, and its figures of ``_BESIDE``."""
    first, *others = places
    by_name = {place.indicator: place for place in others if place.value is not None}
    told = [_other(by_name[name]) for name in _BESIDE if name in by_name]
    if first.value is None or first.rank is None:
        return WORDS.say(
            "place.none",
            authority=summary["authority"],
            outcome=_phrase(summary),
            year=first.year,
            others=told,
        )
    standing = first.standing
    return WORDS.say(
        "place",
        authority=summary["authority"],
        value=with_unit(first.value, indicator(first.indicator)),
        year=first.year,
        beside=_beside(first, is_first=True),
        place=ordinal(first.rank),
        n_authorities=first.n_authorities,
        lowest_place=standing and ordinal(standing.place_low),
        highest_place=standing and ordinal(standing.place_high),
        others=told,
    )


def _other(place: Place) -> str:
    entry = indicator(place.indicator)
    return WORDS.say(
        "place.other",
        outcome=entry.phrase,
        value=with_unit(place.value, entry),
        beside=_beside(place, is_first=False),
    )


def _beside(place: Place, *, is_first: bool) -> str:
    """Say whether a figure lies clearly beside England's by its interval, which is named the first time."""
    if place.england is None:
        return ""
    england = _bare(place.england, indicator(place.indicator))
    if place.standing is None:
        return WORDS.say("beside.untested", england=england)
    limits = WORDS.say("beside.limits", low=place.standing.low, high=place.standing.high, is_first=is_first)
    return WORDS.say(
        f"beside.{place.beside}",
        limits=limits,
        england=england,
    )


def _certainty(summary: Mapping[str, Any], standing: Standing | None) -> str:
    entry = indicator(summary["indicator"])
    told = [WORDS.say("certainty.definition", outcome=entry.label, definition=entry.definition)]
    if standing is not None and standing.n_workers:
        told.append(
            WORDS.say(
                "certainty.small",
                authority=summary["authority"],
                n_fte=round(standing.n_workers),
                workers=_SMALL_CHANGE,
                points=100 * _SMALL_CHANGE / standing.n_workers,
            ),
        )
    told.append(_variation(summary))
    return " ".join(filter(None, told))


def _variation(summary: Mapping[str, Any]) -> str:
    """Say how much of the differences between authorities lasts, is chance and changes; nothing where it isn't known."""
    variation: Components | None = summary["variation"]
    if variation is None:
        return ""
    parts = WORDS.say("certainty.unknown")
    if variation.chance and variation.changing:
        parts = WORDS.say(
            "certainty.parts", chance=_share(variation.chance), changing=_share(variation.changing)
        )
    return WORDS.say(
        "certainty",
        n_rows=variation.n_rows,
        n_authorities=variation.n_authorities,
        first_year=summary["first_year"],
        year=summary["year"],
        lasting=_share(variation.lasting, is_first=True),
        parts=parts,
    )


def _share(share: IntervalEstimate, *, is_first: bool = False) -> str:
    middle, low, high = share.with_limits
    return WORDS.say(
        "certainty.share", share=middle, low_percent=100 * low, high_percent=100 * high, is_first=is_first
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
