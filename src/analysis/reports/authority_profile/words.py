"""What a brief says: where the authority stands, what has changed, what its inspectors judged, and what is missing."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from analysis.claims.rule import VERDICTS
from analysis.claims.telling import VERDICT_LABELS
from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.showing.numbers import amount, dates_in_words, decimals_of, number, ordinal
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Front, Prose

from .profile import Missing, Profile, Spoken, Standing

WORDS = words_of(__package__)
_OPENING = ("turnover_percent", "caseload_cases_per_fte")
"""Measures that the answer gives first: what this package is about."""
_PARTS = ("leaders", "help_protection", "in_care", "care_leavers")
"""What an inspection grades beside the whole, as fields of it."""
_MONEY = "children_services_real_gbp_per_child"
_MOST_THEMES = 3
_CLAIMS = "../claims.html"
"""Where the report on all claims stands, as from a brief."""
_UNUSUAL = 90
"""Percentile among reports beyond which a theme's share of problems is said to be unusual."""
_MOST_WITH_FIGURES = 2
"""Measures of which neither way is better that are told with their figures, at most; of more the picture has them."""
_MOST_TOLD = 4
"""Measures that a part of a sentence names, at most; of more, one fewer, and how many others. All that is worse is named,
and where that is so many or more, what is better names one and what is neither is left to the picture, as are figures."""


def make_ready() -> None:
    """Translate all sentences, once for every brief of a run."""
    WORDS.make_ready()


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
        answer=paragraphs(told),
        certainty=_certainty(profile),
        not_shown=WORDS.say("not_shown"),
    )


def _opened(profile: Profile) -> list[Standing]:
    """Return turnover, caseload and what is clearest of all else, or the first measure that there is.

    Clearest is the measure, of those of which one way is better, that lies furthest from the middle of all authorities where
    chance can't explain that it is in an outer quarter.
    """
    opening = [standing for name in _OPENING if (standing := profile.standing(name))]
    clear = [
        standing
        for standing in profile.standings
        if standing not in opening
        and standing.rank_low is not None
        and standing.place != "middle"
        and indicator(standing.indicator).polarity != "none"
    ]
    if clear and not profile.about.is_very_small:
        opening.append(max(clear, key=_distance))
    return opening or list(profile.standings[:1])


def _opening(profile: Profile) -> str:
    """Say the measures that open the answer, each with England's figure."""
    opening = _opened(profile)
    if not opening:
        return WORDS.say("opening.none", authority=profile.authority)
    first, *others = opening
    parts = [_measured(first), *(_measured(standing, first) for standing in others)]
    if profile.about.successors:
        return WORDS.say(
            "opening.ended",
            authority=profile.authority,
            last_year=profile.about.last_year,
            successors=profile.about.successors,
            parts=parts,
        )
    return WORDS.say("opening", authority=profile.authority, parts=parts)


def _measured(standing: Standing, first: Standing | None = None) -> str:
    """Say a figure beside England's; the first of a sentence with its year, those after it with one of their own."""
    entry = indicator(standing.indicator)
    return WORDS.say(
        "measured",
        measure=entry.phrase,
        value=_valued(entry, standing.value).replace("FTE", WORDS.say("measured.fte")),
        year=None if first and first.year == standing.year else standing.year,
        is_first=first is None,
        chance=None if standing.chance_low is None else (standing.chance_low, standing.chance_high),
        digits=decimals_of(entry),
        beside=_beside(standing, entry, is_first=first is None),
    )


def _beside(standing: Standing, entry: Indicator, *, is_first: bool) -> str:
    """Say whether a figure lies clearly beside England's and its statistical neighbours' median, by the limits of chance
    around it as they are read, where they are known; how many neighbours there are is said the first time.
    """
    low, high = standing.chance_low, standing.chance_high
    values = {"england": standing.england, "neighbours": standing.neighbours}
    known = {whose: value for whose, value in values.items() if value is not None}
    if not known:
        return ""
    told, ways = {}, {}
    for whose, value in known.items():
        name = f"{'untested' if low is None or high is None else 'beside'}.{whose}"
        number_of = {"n_neighbours": standing.n_neighbours} if whose == "neighbours" and is_first else {}
        name += ".first" if number_of else ""
        told[whose] = WORDS.say(name, value=_number(entry, value), **number_of)
        if low is not None and high is not None:
            shown, least, most = (round(limit, decimals_of(entry)) for limit in (value, low, high))
            ways[whose] = "below" if most < shown else "above" if least > shown else "same"
    if not ways:
        return WORDS.say("beside.untested", others=[*told.values()])
    in_words = {whose: WORDS.say(f"beside.way.{way}") for whose, way in ways.items()}
    if len(told) == 1:
        ((whose, other),) = told.items()
        return WORDS.say("beside.one", way=in_words[whose], other=other)
    if ways["england"] == ways["neighbours"]:
        return WORDS.say("beside.both", way=in_words["england"], is_same=ways["england"] == "same", **told)
    return WORDS.say("beside.apart", way=in_words["england"], other_way=in_words["neighbours"], **told)


def _number(entry: Indicator, value: float | None) -> str:
    """Return a value as it is read beside another of its unit: ``11.8%``, ``15.2``, ``£1,232``."""
    text = number(value, decimals_of(entry))
    return f"{text}%" if entry.unit_label == "%" else f"£{text}" if entry.unit_label.startswith("£") else text


def _in_brief(entry: Indicator, value: float | None) -> str:
    """Return a value with its unit in short, money by its sign alone: ``11.8%``, ``221 per 10,000``, ``£846``."""
    if entry.unit_label.startswith("£"):
        return _number(entry, value)
    return _valued(entry, value).removesuffix(" children")


def _valued(entry: Indicator, value: float | None) -> str:
    """Return a value with its unit: ``11.8%``, ``15.2 cases per FTE worker``, ``£1,232 per child (2024-25 prices)``."""
    if entry.unit_label == "%":
        return _number(entry, value)
    return amount(value, entry.unit_label, decimals_of(entry))


def _ends(profile: Profile) -> str:
    """Say for what it is in an outer quarter of authorities, as far as chance allows to say so: the one that is favourable
    for children, the one that is not, and, of measures of which neither is better, the lowest and the highest.
    """
    if profile.about.is_very_small or not profile.standings:
        return ""
    ends: dict[str, list[Standing]] = {"better": [], "worse": [], "perhaps": [], "low": [], "high": []}
    for standing in profile.standings:
        polarity = indicator(standing.indicator).polarity
        if standing.place != "middle":
            favours = "better" if polarity == standing.place else "worse"
            ends[standing.place if polarity == "none" else favours].append(standing)
        elif standing.seen not in ("middle", polarity) and polarity != "none":
            ends["perhaps"].append(standing)
    opened, told = _opened(profile), dict[str, str]()
    is_long = len(ends["worse"]) + len(ends["perhaps"]) >= _MOST_TOLD
    most = 2 if is_long else _MOST_TOLD
    if is_long:
        ends |= {"low": [], "high": []}
    n_neither = len(ends["low"]) + len(ends["high"])
    for side, standings in ends.items():
        # Those that chance can't explain come first, then those furthest from the middle of all authorities.
        standings.sort(key=lambda standing: (standing.rank_low is None, -_distance(standing)))
        if standings:
            is_bare = is_long or (side in ("low", "high") and n_neither > _MOST_WITH_FIGURES)
            named = [_short(standing, is_bare or standing in opened) for standing in standings]
            if side == "perhaps" and "worse" in told:
                told["worse"] = WORDS.say("ends.worse.perhaps", worse=told["worse"], measures=named)
                continue
            told[side] = WORDS.say(f"ends.{side}", measures=named if side == "worse" else _fewer(named, most))
    if not told.keys() - {"perhaps"}:
        return WORDS.say(
            "ends.none",
            authority=profile.authority,
            n_measures=len(profile.standings),
            perhaps=told.get("perhaps", ""),
        )
    neither = [told.pop(side) for side in ("low", "high") if side in told and told.keys() - {"low", "high"}]
    return WORDS.say(
        "ends",
        authority=profile.authority,
        sides=[*told.values()],
        neither=WORDS.say("ends.neither", sides=neither) if neither else "",
    )


def _fewer(named: list[str], most: int = _MOST_TOLD) -> list[str]:
    """Return measures as they are listed: all of a few; of more than ``most``, the first and how many others there are."""
    if len(named) <= most:
        return named
    return [*named[: most - 1], WORDS.say("ends.more", n=len(named) - most + 1)]


def _distance(standing: Standing) -> float:
    width = standing.quantiles[-1] - standing.quantiles[0]
    return abs(standing.value - standing.quantiles[2]) / width if width else 0.0


def _short(standing: Standing, is_told: bool) -> str:
    """Say a measure with its figure, or by its name alone where that is told elsewhere."""
    entry = indicator(standing.indicator)
    name = lower_first(entry.label)
    return (
        name if is_told else WORDS.say("ends.measure", measure=name, value=_in_brief(entry, standing.value))
    )


def _changes(profile: Profile) -> str:
    """Say which measures have changed beyond chance, by whether that is better, those that moved furthest first; and
    turnover where it has not.
    """
    if profile.about.is_very_small:
        return WORDS.say("changes.very_small")
    tested = [standing for standing in profile.standings if standing.change_low is not None]
    if not tested:
        return WORDS.say("changes.untested")
    ((first, last), _), *_ = Counter(map(_earlier_years, tested)).most_common(1)
    years = WORDS.say("changes.years", first=first, last=last)
    moved = sorted((standing for standing in tested if standing.has_changed), key=_moved, reverse=True)
    if not moved:
        return WORDS.say("changes.none", n_measures=len(tested), years=years, is_mean=first != last)
    parts, opened = [], _opened(profile)
    for way in ("better", "worse", "higher", "lower"):
        own = [standing for standing in moved if _way(standing) == way]
        # Where neither way is better the table has the earlier figures.
        named = [
            _change(standing, years, is_told=standing in opened)
            if way in ("better", "worse")
            else lower_first(indicator(standing.indicator).label)
            for standing in own
        ]
        if named:
            parts.append(WORDS.say(f"changes.{way}", measures=named if way == "worse" else _fewer(named)))
    turnover, unmoved = profile.standing(_OPENING[0]), ""
    if turnover in tested and turnover not in moved:
        entry = indicator(turnover.indicator)
        unmoved = WORDS.say(
            "changes.turnover",
            earlier=_number(entry, turnover.earlier),
            value=_number(entry, turnover.value),
            years=""
            if (turnover.earlier_first, turnover.earlier_last) == (first, last)
            else WORDS.say("changes.years", first=turnover.earlier_first, last=turnover.earlier_last),
        )
    return WORDS.say("changes", years=years, is_mean=first != last, parts=parts, turnover=unmoved)


def _earlier_years(standing: Standing) -> tuple[int | None, int | None]:
    return standing.earlier_first, standing.earlier_last


def _way(standing: Standing) -> str:
    """Return whether a change is for the better or the worse; where neither way is better, whether it is up or down."""
    polarity, rose = indicator(standing.indicator).polarity, (standing.change or 0.0) > 0
    if polarity == "none":
        return "higher" if rose else "lower"
    return "better" if rose == (polarity == "high") else "worse"


def _moved(standing: Standing) -> float:
    width = standing.quantiles[-1] - standing.quantiles[0]
    return abs(standing.change or 0.0) / width if width else 0.0


def _change(standing: Standing, usual_years: str, *, is_told: bool) -> str:
    """Say a change, with the years that it is since where they aren't those of the sentence, and with the latest figure's
    interval where that hasn't been told.
    """
    entry = indicator(standing.indicator)
    years = WORDS.say("changes.years", first=standing.earlier_first, last=standing.earlier_last)
    return WORDS.say(
        "changes.measure",
        measure=lower_first(entry.label),
        earlier=_number(entry, standing.earlier),
        years="" if years == usual_years else years,
        value=_in_brief(entry, standing.value),
        chance=None
        if is_told or standing.chance_low is None
        else (standing.chance_low, standing.chance_high),
        digits=decimals_of(entry),
    )


def _judged(profile: Profile) -> str:
    """Say the grades that it was given, the last first, and what its latest report speaks of most as a problem."""
    graded = [entry for entry in profile.inspections if entry.overall]
    if not profile.inspections:
        return WORDS.say("judged.none", authority=profile.authority)
    if not graded:
        return WORDS.say("judged.no_grade", day=dates_in_words(profile.inspections[0].day))
    last, *before = graded
    (most, *_) = [*_problems(profile), None]
    spoken = (
        WORDS.say(
            "judged.spoken",
            published=dates_in_words(profile.report_of),
            theme=lower_first(LABELS[most.construct]),
            n_problem=most.problem,
            n_strength=most.strength,
            is_of_it=profile.inspections[0] == last,
            n_sentences=profile.sentences,
        )
        if most
        else ""
    )
    return WORDS.say(
        "judged",
        grade=last.overall,
        day=dates_in_words(last.day),
        before=[WORDS.say("judged.before", grade=entry.overall, year=entry.day[:4]) for entry in before[:1]],
        spoken=spoken,
    )


def _problems(profile: Profile) -> list[Spoken]:
    """Return the themes that the latest report speaks of as a problem, those with most sentences first."""
    return sorted((theme for theme in profile.spoken if theme.problem), key=lambda theme: -theme.problem)


def _certainty(profile: Profile) -> str:
    n_unknown = sum(standing.chance_low is None for standing in profile.standings)
    unknown = (
        WORDS.say("certainty.unknown", n_measures=len(profile.standings), n_unknown=n_unknown)
        if n_unknown
        else ""
    )
    told = [
        WORDS.say("certainty", unknown=unknown),
        _ranks(_opened(profile)),
    ]
    if profile.about.is_very_small:
        told = [WORDS.say("certainty.very_small", authority=profile.authority)]
    if profile.missing:
        told.append(WORDS.say("certainty.missing", n_missing=len(profile.missing)))
    return " ".join(filter(None, told))


def _ranks(opened: Sequence[Standing]) -> str:
    """Say where chance alone could rank the authority on the measures that open the answer; nothing without limits."""
    ranks, n_told = [], None
    for standing in opened:
        if standing.rank_low is None or standing.rank_high is None:
            continue
        told = "certainty.rank.next" if standing.n_authorities == n_told else "certainty.rank"
        values: dict[str, str | int | bool] = {
            "low": ordinal(standing.rank_low),
            "high": ordinal(standing.rank_high),
            "measure": lower_first(indicator(standing.indicator).label),
        }
        if standing.n_authorities != n_told:
            values |= {"n_authorities": standing.n_authorities, "is_first": n_told is None}
        n_told = standing.n_authorities
        ranks.append(WORDS.say(told, **values))
    return WORDS.say("certainty.ranks", ranks=ranks) if ranks else ""


def inspections_told(profile: Profile) -> Prose:
    """Say what the latest inspection judged, part by part, and the grade of each before."""
    if not profile.inspections:
        return WORDS.prose("inspections.none", authority=profile.authority)
    last, *before = profile.inspections
    return WORDS.prose(
        "inspections",
        day=dates_in_words(last.day),
        grade=last.overall,
        parts=[
            WORDS.say(f"inspections.{name}", grade=grade) for name in _PARTS if (grade := getattr(last, name))
        ],
        before=[
            WORDS.say("inspections.before", grade=entry.overall, day=dates_in_words(entry.day))
            for entry in before
        ],
    )


def spoken_told(profile: Profile) -> Prose:
    """Say what the latest report speaks of most, as a problem and as a strength, and on which pages."""
    if not profile.spoken:
        return Prose("")  # what is said of inspections says that no report could be read
    problems = _problems(profile)
    strengths = sorted(
        (theme for theme in profile.spoken if theme.strength), key=lambda theme: -theme.strength
    )
    return WORDS.prose(
        "spoken",
        n_sentences=profile.sentences,
        published=dates_in_words(profile.report_of),
        problems=[_theme(theme, theme.problem, theme.problem_pages) for theme in problems[:_MOST_THEMES]],
        strengths=[_theme(theme, theme.strength, theme.strength_pages) for theme in strengths[:_MOST_THEMES]],
        unusual=[
            lower_first(LABELS[theme.construct]) for theme in problems if theme.share_percentile > _UNUSUAL
        ],
    )


def _theme(theme: Spoken, n_sentences: int, pages: Sequence[int]) -> str:
    return WORDS.say(
        "spoken.theme",
        n_sentences=n_sentences,
        theme=lower_first(LABELS[theme.construct]),
        pages=_spans(pages),
        n_pages=len(pages),
    )


def _spans(pages: Sequence[int]) -> str:
    """Return pages as they are cited: ``2, 4–6, 9``."""
    runs = groupby(enumerate(sorted(pages)), lambda entry: entry[1] - entry[0])
    spans = [[page for _, page in run] for _, run in runs]
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}–{span[-1]}" for span in spans)


def claims_told(profile: Profile) -> Prose:
    """Say what is known across England of the claims that rest on these measures, by verdict."""
    if not profile.claims:
        return WORDS.prose("claims.none")
    groups = [
        WORDS.say(
            "claims.group",
            verdict=VERDICT_LABELS[verdict],
            claims=[
                WORDS.say(
                    "claims.claim",
                    claim=lower_first(entry.claim),
                    id=entry.id,
                    tested=entry.tested if verdict == "supported" else "",
                )
                for entry in own
            ],
        )
        for verdict in VERDICTS
        if (own := [entry for entry in profile.claims if entry.verdict == verdict])
    ]
    return WORDS.prose(
        "claims",
        n_claims=len(profile.claims),
        address=_CLAIMS,
        groups=" ".join(groups),
        authority=profile.authority,
    )


def described(profile: Profile) -> Prose:
    """Say which authority it is, how many children live there, whether its figures are its own, and which are missing."""
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
        _missing_told(profile),
    ]
    return Prose(" ".join(text for text in told if text))


def _missing_told(profile: Profile) -> str:
    """Say which latest figures are missing, by the reason, with the year of the last there is."""
    if not profile.missing:
        return WORDS.say("missing.none")
    by_reason: dict[str, list[Missing]] = {}
    for gap in profile.missing:
        by_reason.setdefault(gap.reason or WORDS.say("missing.no_reason"), []).append(gap)
    reasons = [
        WORDS.say("missing.reason", reason=reason, measures=[_gap(gap) for gap in gaps])
        for reason, gaps in by_reason.items()
    ]
    return WORDS.say("missing", reasons=reasons)


def _gap(gap: Missing) -> str:
    last = (
        WORDS.say("missing.latest", year=gap.latest_year) if gap.latest_year else WORDS.say("missing.never")
    )
    return WORDS.say(
        "missing.measure", measure=lower_first(indicator(gap.indicator).label), year=gap.year, last=last
    )


def limits() -> Prose:
    """Say what figures of one authority can't show, and what they are of."""
    return WORDS.prose(
        "limits", money=indicator(_MONEY).unit_label, comparable_from=indicator(_OPENING[0]).comparable_from
    )
