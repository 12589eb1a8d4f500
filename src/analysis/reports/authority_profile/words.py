"""What a brief says: where the authority stands, what has changed, what its inspectors judged, and what is missing."""

from collections.abc import Sequence

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.showing.numbers import dates_in_words, decimals_of, interval, number, with_unit
from analysis.showing.words import words_of
from publishing.display import Answer, Front, Prose

from .profile import Profile, Standing

WORDS = words_of(__package__)
_OPENING = ("turnover_percent", "caseload_cases_per_fte")
"""Measures that the answer gives first, with their intervals: what this package is about."""
_MOST_THEMES = 4
_UNUSUAL = 90
"""Percentile among reports beyond which a theme's share of problems is said to be unusual."""
_MOST_TOLD = 2
"""Measures that a sentence of the answer names, at most; the table has all."""


def profile_front(profile: Profile) -> Front:
    """Return title and question of the brief."""
    return Front(
        title=WORDS.say("front.title", authority=profile.authority),
        question=WORDS.say("front.question", authority=profile.authority),
    )


def profile_answer(profile: Profile) -> Answer:
    """Answer where the authority stands, what has changed beyond chance, and how it was last judged."""
    told = [_opening(profile), _ends(profile), _changes(profile), _judged(profile)]
    return Answer(
        answer=" ".join(text for text in told if text),
        certainty=_certainty(profile),
        not_shown=WORDS.say("not_shown", authority=profile.authority),
    )


def _opening(profile: Profile) -> str:
    """Say turnover and caseload, or the first measures that there are, each with its interval and England's figure."""
    found = [standing for name in _OPENING if (standing := profile.standing(name))]
    found = found or list(profile.standings[:1])
    if not found:
        return WORDS.say("opening.none", authority=profile.authority)
    parts = [_measured(standing) for standing in found]
    if profile.about.successors:
        return WORDS.say(
            "opening.ended",
            authority=profile.authority,
            last_year=profile.about.last_year,
            successors=profile.about.successors,
            parts=parts,
        )
    return WORDS.say("opening", authority=profile.authority, parts=parts)


def _measured(standing: Standing) -> str:
    entry = indicator(standing.indicator)
    digits = decimals_of(entry)
    england = WORDS.say("none.published") if standing.england is None else number(standing.england, digits)
    said = {
        "measure": entry.phrase,
        "value": with_unit(standing.value, entry, digits),
        "year": standing.year,
        "england": f"{england}%" if entry.unit_label == "%" and standing.england is not None else england,
    }
    if standing.chance_low is None or standing.chance_high is None:
        return WORDS.say("measured", **said)
    return WORDS.say(
        "measured.interval", **said, interval=interval(standing.chance_low, standing.chance_high, digits)
    )


def _ends(profile: Profile) -> str:
    """Say for what it is in the lowest and the highest quarter of authorities, as far as chance allows to say so."""
    if profile.about.is_very_small or not profile.standings:
        return ""
    sides = []
    for place in ("low", "high"):
        found = [standing for standing in profile.standings if standing.place == place]
        # Those that chance can't explain come first, then those furthest from the middle of all authorities.
        found.sort(key=lambda standing: (standing.rank_low is None, -_distance(standing)))
        if found:
            parts = [_short(standing) for standing in found[:_MOST_TOLD]]
            more = len(found) - len(parts)
            sides.append(WORDS.say(f"ends.{place}", measures=parts, n_more=more))
    n_told = sum(standing.place != "middle" for standing in profile.standings)
    n_others = len(profile.standings) - n_told
    if not sides:
        return WORDS.say("ends.none", authority=profile.authority, n_measures=n_others)
    return WORDS.say("ends", authority=profile.authority, sides=sides, n_others=n_others)


def _distance(standing: Standing) -> float:
    width = standing.quantiles[-1] - standing.quantiles[0]
    return abs(standing.value - standing.quantiles[2]) / width if width else 0.0


def _short(standing: Standing) -> str:
    entry = indicator(standing.indicator)
    return WORDS.say(
        "ends.measure", measure=entry.phrase, value=with_unit(standing.value, entry, decimals_of(entry))
    )


def _changes(profile: Profile) -> str:
    """Say which measures have changed beyond chance, those that moved furthest among authorities first."""
    if profile.about.is_very_small:
        return WORDS.say("changes.very_small")
    tested = [standing for standing in profile.standings if standing.change_low is not None]
    if not tested:
        return WORDS.say("changes.untested")
    moved = sorted((standing for standing in tested if standing.has_changed), key=_moved, reverse=True)
    if not moved:
        return WORDS.say("changes.none", n_measures=len(tested))
    parts = [_change(standing) for standing in moved[:_MOST_TOLD]]
    return WORDS.say("changes", parts=parts, n_others=len(moved) - len(parts), n_measures=len(tested))


def _moved(standing: Standing) -> float:
    width = standing.quantiles[-1] - standing.quantiles[0]
    return abs(standing.change or 0.0) / width if width else 0.0


def _change(standing: Standing) -> str:
    entry = indicator(standing.indicator)
    digits = decimals_of(entry)
    return WORDS.say(
        "changes.measure",
        measure=entry.phrase,
        rose=bool(standing.change and standing.change > 0),
        earlier=with_unit(standing.earlier, entry, digits),
        earlier_year=standing.earlier_year,
        value=with_unit(standing.value, entry, digits),
        year=standing.year,
    )


def _judged(profile: Profile) -> str:
    graded = [entry for entry in profile.inspections if entry.overall]
    if not profile.inspections:
        return WORDS.say("judged.none")
    if not graded:
        return WORDS.say("judged.no_grade", day=dates_in_words(profile.inspections[0].day))
    last, *before = graded
    return WORDS.say(
        "judged",
        grade=last.overall,
        day=dates_in_words(last.day),
        before=[
            WORDS.say("judged.before", grade=entry.overall, day=dates_in_words(entry.day)) for entry in before
        ],
    )


def _certainty(profile: Profile) -> str:
    n_unknown = sum(standing.chance_low is None for standing in profile.standings)
    told = [WORDS.say("certainty", n_measures=len(profile.standings), n_unknown=n_unknown)]
    if profile.about.is_very_small:
        told = [WORDS.say("certainty.very_small", authority=profile.authority)]
    if profile.missing:
        told.append(
            WORDS.say("certainty.missing", measures=_names([gap.indicator for gap in profile.missing]))
        )
    return " ".join(told)


def _names(names: Sequence[str]) -> list[str]:
    return [indicator(name).phrase for name in names]


def spoken_told(profile: Profile) -> Prose:
    """Say which themes the latest report speaks of most as a problem, and of which more than nine of ten reports do."""
    if not profile.spoken:
        return WORDS.prose("spoken.none")
    published = dates_in_words(profile.report_of)
    most = sorted((theme for theme in profile.spoken if theme.problem), key=lambda theme: -theme.problem)
    if not most:
        return WORDS.prose("spoken.no_problem", n_sentences=profile.sentences, published=published)
    return WORDS.prose(
        "spoken",
        n_sentences=profile.sentences,
        published=published,
        themes=[
            WORDS.say("spoken.theme", n_sentences=theme.problem, theme=lower_first(LABELS[theme.construct]))
            for theme in most[:_MOST_THEMES]
        ],
        unusual=[lower_first(LABELS[theme.construct]) for theme in most if theme.share_percentile > _UNUSUAL],
    )


def described(profile: Profile) -> Prose:
    """Say which authority it is, how many children live there, and whether its figures are its own."""
    about = profile.about
    told = [
        WORDS.say(
            "described",
            authority=about.name,
            code=about.code,
            region=profile.region,
            children=profile.children,
        ),
        WORDS.say("described.predecessors", authorities=about.predecessors) if about.predecessors else "",
        WORDS.say("described.successors", authorities=about.successors, year=about.last_year)
        if about.successors
        else "",
        WORDS.say("described.joint") if profile.is_joint else "",
        WORDS.say("described.very_small") if about.is_very_small else "",
    ]
    return Prose(" ".join(text for text in told if text))


def missing_told(profile: Profile) -> Prose:
    """Say which latest figures are missing and why, with the year of the last there is."""
    if not profile.missing:
        return WORDS.prose("missing.none")
    lines = [
        WORDS.say(
            "missing.measure",
            measure=indicator(gap.indicator).phrase,
            year=gap.year,
            reason=gap.reason or WORDS.say("missing.no_reason"),
            latest=WORDS.say("missing.latest", year=gap.latest_year)
            if gap.latest_year
            else WORDS.say("missing.never"),
        )
        for gap in profile.missing
    ]
    return WORDS.prose("missing", lines="\n".join(f"- {line}" for line in lines))


def limits(profile: Profile) -> Prose:
    """Say what a brief on one authority can't show."""
    return WORDS.prose("limits", authority=profile.authority)
