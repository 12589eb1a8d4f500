"""What the report on the years around a judgement says: what moved after it, what before, and how far that holds."""

from calendar import month_name
from collections.abc import Sequence
from datetime import date
from typing import Any

from analysis.data.definitions.indicators import indicator
from analysis.estimators.events.randomisation import EventRandomisation
from analysis.estimators.events.study import EventStudy
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.numbers import decimals_for, listed, upper_first
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .honest import STAFFING, HonestBounds, ShockHonesty
from .study import AVERAGED, InspectionShock, Shock

WORDS = words_of(__package__)
DISCOVERY_RATE = 0.05
PRE_TREND_LEVEL = 0.05
ASKED = STAFFING[0]
"""What the question is about: turnover, the one outcome that counts who left."""
_MOST_TOLD = 2
"""Other outcomes that the answer names, at most; Result has all."""
_SHORT = "effect.short"
"""A change whose interval doesn't say again that it is one of 95%."""
_N_YEARS = AVERAGED[1] - AVERAGED[0] + 1


def phrase_of(outcome: str) -> str:
    """Return an outcome as the subject of a sentence."""
    return indicator(outcome).phrase


def moved_before(events: EventStudy) -> bool:
    """Return whether the years before clearly differ from nil; a study without such years (p is None) shows nothing."""
    joint = events.pre_trend_p_value
    return joint is not None and joint < PRE_TREND_LEVEL


def shock_answer(study: InspectionShock, honesty: ShockHonesty) -> Answer:
    """Answer whether an inadequate judgement, or inspection itself, drives staff away, turnover first.

    What moved before the judgement stands in the sentence that says what changed after it.
    """
    asked = study.of(ASKED)
    told = [
        _asked(asked.inadequate, asked.q_value, "judgement"),
        _vacant(study, honesty),
        _else(study, honesty),
        _asked(asked.other, asked.other_q_value, "others", _verdict(asked.inadequate, asked.q_value)),
    ]
    return Answer(
        answer=paragraphs(text for text in told if text),
        certainty=_certainty(study),
        not_shown=WORDS.say("not_shown"),
    )


def _verdict(events: EventStudy, q_value: float) -> str:
    """Return which sentence is said: a clear change after allowing for all outcomes, none that matters, or undecided."""
    average = events.average
    if q_value < DISCOVERY_RATE:
        return "rose" if average.estimate > 0 else "fell"
    reach = max(abs(average.conf_low), abs(average.conf_high)) / events.outcome_sd
    return "nil" if reach < SMALLEST_OF_INTEREST else "undecided"


def _asked(events: EventStudy, q_value: float, kind: str, verdict_before: str = "") -> str:
    verdict = _verdict(events, q_value)
    before = WORDS.say("answer.before") if moved_before(events) else ""
    if kind == "others":
        told = WORDS.say("answer.others.told", n_others=events.n_events, before=before, **_values_of(events))
        by_verdict: dict[str, dict[str, Any]] = {
            "undecided": {"is_second": verdict_before == "undecided"},
            "rose": {"before": before},
        }
        return WORDS.say(f"answer.others.{verdict}", told=told, **by_verdict.get(verdict, {}))
    return WORDS.say(f"answer.judgement.{verdict}", n_years=_N_YEARS, before=before, **_values_of(events))


def _values_of(events: EventStudy) -> dict[str, Any]:
    """Return what a sentence on an outcome's average says: its name, change, unit and digits."""
    entry = indicator(events.specification.outcome)
    return {
        "outcome": entry.phrase,
        "change": events.average.with_limits,
        "digits": digits_of(events),
        "unit": entry.difference_label,
    }


def _vacant(study: InspectionShock, honesty: ShockHonesty) -> str:
    """Say what became of agency work and vacancies, beyond the trend of the years before where there was one."""
    shocks = [shock for shock in study.shocks if shock.outcome in STAFFING and shock.outcome != ASKED]
    clear = [shock for shock in shocks if shock.q_value < DISCOVERY_RATE]
    if not shocks:
        return ""
    if not clear:
        return WORDS.say(
            "answer.vacant.none",
            outcomes=upper_first(listed([phrase_of(shock.outcome) for shock in shocks])),
            n_tested=len(study.shocks),
        )
    moving = [shock for shock in clear if moved_before(shock.inadequate)]
    bounded = [bounds for shock in moving if (bounds := honesty.of(shock.outcome))]
    known = {bounds.outcome for bounds in bounded}
    unbounded = [shock for shock in moving if shock.outcome not in known]
    calm = [shock for shock in clear if shock not in moving]
    told = [
        _beyond_trend(bounded) if bounded else "",
        WORDS.say(
            "answer.vacant.unbounded",
            effects=[_change(shock.inadequate, _SHORT) for shock in unbounded],
            n_moving=len(unbounded),
        )
        if unbounded
        else "",
        WORDS.say(
            "answer.vacant.calm",
            effects=[_change(shock.inadequate, _SHORT) for shock in calm],
        )
        if calm
        else "",
    ]
    return WORDS.say("answer.vacant", told=[text for text in told if text])


def _else(study: InspectionShock, honesty: ShockHonesty) -> str:
    """Say what else clearly changed without moving before the judgement, the clearest first; nothing where nothing did.

    The sentence begins with how far that holds where figures went on drifting as before.
    """
    clear = [
        shock
        for shock in study.shocks
        if shock.outcome not in STAFFING
        and shock.q_value < DISCOVERY_RATE
        and not moved_before(shock.inadequate)
    ]
    told = sorted(clear, key=lambda shock: shock.q_value)[:_MOST_TOLD]
    if not told:
        return ""
    bounds = [honesty.of(shock.outcome) for shock in told]
    holding = [bound.outcome for bound in bounds if bound and holds(bound)]
    if None in bounds:
        verdict = "untested"
    else:
        verdict = "fragile" if not holding else "firm" if len(holding) == len(told) else "partly"
    by_verdict: dict[str, dict[str, Any]] = {
        "partly": {"outcomes": list(map(phrase_of, holding))},
        "fragile": {
            "n_told": len(told),
            "multiple": min((bound.breakdown.relative for bound in bounds if bound), default=0.0),
        },
    }
    values = by_verdict.get(verdict, {"n_told": len(told)})
    return WORDS.say(
        "answer.else",
        n_told=len(told),
        verdict=WORDS.say(f"answer.else.{verdict}", **values),
        effects=[
            WORDS.say(
                "answer.else.effect",
                n_judgements=shock.inadequate.n_events,
                **_values_of(shock.inadequate),
            )
            for shock in told
        ],
    )


def way_of(bounded: Sequence[HonestBounds]) -> str:
    """Return how outcomes moved before the judgement: rising, falling, or apart where they did not do alike."""
    rising = {bounds.slope > 0 for bounds in bounded}
    alike = {frozenset({True}): "rising", frozenset({False}): "falling"}
    return WORDS.say(f"answer.vacant.{alike.get(frozenset(rising), 'moving')}")


def _beyond_trend(bounded: Sequence[HonestBounds]) -> str:
    left = [phrase_of(bounds.outcome) for bounds in bounded if bounds.breakdown.smoothness > 0]
    return WORDS.say(
        "answer.vacant.moved",
        outcomes=[phrase_of(bounds.outcome) for bounds in bounded],
        way=way_of(bounded),
        effects=_effects_beyond(bounded),
        verdict=WORDS.say("answer.vacant.some_left", outcomes=left)
        if left
        else WORDS.say("answer.vacant.none_left", n_bounded=len(bounded)),
    )


def _moved_beyond(bounds: HonestBounds) -> dict[str, Any]:
    """Return what a sentence says of how much more or less an outcome moved than its trend alone would have moved it.

    Both count in the direction in which it moved: ``size`` with its interval, ``reach``, in words. ``is_alike`` is whether
    the trend went that way too; where it did not, ``size`` is the gap between both.
    """
    is_up = bounds.estimate > 0
    is_alike = is_up == (bounds.slope > 0)
    size, low, high = (bounds.beyond_line, *bounds.straight)
    if not is_up:
        size, low, high = -size, -high, -low
    digits = decimals_for((high - low) / 8)
    if is_alike and low < 0 < high:
        reach = WORDS.say("beyond.reach.both", low=-low, high=high, digits=digits)
    else:
        near, far = sorted((abs(low), abs(high))) if is_alike else (low, high)
        reach = WORDS.say(
            "beyond.reach", near=near, far=far, digits=digits, is_less=size < 0, is_alike=is_alike
        )
    return {
        "size": abs(size),
        "is_up": is_up,
        "is_less": size < 0,
        "is_alike": is_alike,
        "reach": reach,
        "unit": indicator(bounds.outcome).difference_label,
        "digits": digits,
    }


def _effects_beyond(bounded: Sequence[HonestBounds]) -> list[str]:
    """Say how far outcomes left their trends; in short after the first that moved the same way, along with its trend."""
    told: list[str] = []
    ways: set[tuple[bool, bool]] = set()
    for bounds in bounded:
        values, outcome = _moved_beyond(bounds), phrase_of(bounds.outcome)
        way = (values["is_up"], values["is_alike"])
        if ways == {way} and values["is_alike"]:
            short = {name: values[name] for name in ("size", "is_less", "reach", "unit", "digits")}
            told.append(WORDS.say("answer.vacant.effect.next", outcome=outcome, **short))
        else:
            beyond = WORDS.say("beyond", **values, is_full=not told)
            told.append(
                WORDS.say("answer.vacant.effect", outcome=outcome, is_up=values["is_up"], beyond=beyond)
            )
        ways.add(way)
    return told


def digits_of(events: EventStudy) -> int:
    """Return decimals that tell apart numbers which lie a quarter of the interval's reach from each other."""
    return decimals_for((events.average.conf_high - events.average.conf_low) / 8)


def _change(events: EventStudy, sentence: str = "after.effect") -> str:
    return WORDS.say(sentence, **_values_of(events))


def _with_what_came_before(events: EventStudy, bounds: HonestBounds | None) -> str:
    """Return a change, and where the outcome was moving before, the change beyond that trend in the same breath."""
    change = _change(events)
    if not moved_before(events):
        return change
    beyond = ""
    if bounds:
        beyond = WORDS.say(
            "after.moved.beyond", beyond=WORDS.say("beyond", **_moved_beyond(bounds), is_full=False)
        )
    return WORDS.say("after.moved", change=change, beyond=beyond)


def _since(study: InspectionShock) -> str:
    """Return the month of the earliest inspection, ``June 2013``."""
    day = date.fromisoformat(study.earliest)
    return f"{month_name[day.month]} {day.year}"


def _certainty(study: InspectionShock) -> str:
    """Say how the answer was had: the design by its name, whom it rests on, the years before, what would have been seen."""
    events = study.of(ASKED).inadequate
    entry = indicator(ASKED)
    told = [
        WORDS.say(
            "certainty",
            n_judgements=events.n_events,
            n_controls=events.n_controls,
            n_never=events.n_controls - events.n_controls_later,
            n_later=events.n_controls_later,
            counted=WORDS.say(
                "certainty.counted",
                n_counted=events.n_controls_counted,
                n_later=events.n_controls_later,
                n_judgements=events.n_events,
            )
            if events.n_controls_counted
            else "",
            since=_since(study),
            already=WORDS.say(
                "certainty.already", n_already=events.n_already, comparable_from=entry.comparable_from
            )
            if events.n_already
            else "",
            before=_years_before(events),
            detectable=events.minimum_detectable,
            unit=entry.difference_label,
            digits=digits_of(events),
        )
    ]
    calm = [
        shock
        for shock in study.shocks
        if shock.outcome in STAFFING and shock.q_value < DISCOVERY_RATE and not moved_before(shock.inadequate)
    ]
    if calm:
        told.append(
            WORDS.say(
                "certainty.q.calm",
                n_outcomes=len(study.shocks),
                outcomes=[phrase_of(shock.outcome) for shock in calm],
            )
        )
    return " ".join(told)


def _years_before(events: EventStudy) -> str:
    """Say what the test of the years before the judgement found, with their mean."""
    if events.before is None or events.pre_trend_p_value is None:
        return WORDS.say("certainty.before.none")
    return WORDS.say(
        "certainty.before",
        is_moving=moved_before(events),
        p_value=events.pre_trend_p_value,
        change=events.before.with_limits,
        unit=indicator(ASKED).difference_label,
        digits=digits_of(events),
    )


def events_described(study: InspectionShock) -> Prose:
    """Say how many judgements each group of outcomes rests on, and what their first years leave out."""
    workforce = study.of(ASKED).inadequate
    plans = study.of("plans_started_per_10k").inadequate
    text = WORDS.say(
        "described",
        n_reports=study.n_reports,
        since=_since(study),
        first_year=study.first_year,
        last_year=study.last_year,
        n_plan_judgements=plans.n_events,
        n_plan_controls=plans.n_controls,
        comparable_from=indicator(ASKED).comparable_from,
        n_workforce_judgements=workforce.n_events,
    )
    if not study.without_report:
        return Prose(text)
    return Prose(f"{text} {WORDS.say('described.without_report', authorities=study.without_report)}")


def events_result(study: InspectionShock, honesty: ShockHonesty) -> Prose:
    """Say which outcomes moved after an inadequate judgement, which didn't, and where figures moved before it."""
    clear = [shock for shock in study.shocks if shock.q_value < DISCOVERY_RATE]
    alone = [
        shock
        for shock in study.shocks
        if shock.q_value >= DISCOVERY_RATE and shock.inadequate.average.excludes()
    ]
    rest = [phrase_of(shock.outcome) for shock in study.shocks if shock not in clear and shock not in alone]
    effects = [_with_what_came_before(shock.inadequate, honesty.of(shock.outcome)) for shock in clear]
    n_moving = sum(moved_before(shock.inadequate) for shock in clear)
    is_twice = any(moved_before(shock.inadequate) and honesty.of(shock.outcome) for shock in clear)
    after = (
        WORDS.say("after.open", outcomes=rest) if rest else "",
        WORDS.say(
            "after",
            moving=WORDS.say("after.moving", n_moving=n_moving) if n_moving else "",
            n_years=_N_YEARS,
            n_clear=len(clear),
            n_outcomes=len(study.shocks),
            effects=WORDS.say("after.effects", effects=effects) if effects else "",
        ),
        WORDS.say("after.two_numbers") if is_twice else "",
        _alone([(shock.inadequate, shock.q_value) for shock in alone], len(clear)),
    )
    moving = [phrase_of(shock.outcome) for shock in study.shocks if moved_before(shock.inadequate)]
    before = (
        WORDS.say("before", outcomes=moving) if moving else WORDS.say("before.none"),
        _estimators(study.shocks),
    )
    return Prose("\n\n".join(" ".join(text for text in part if text) for part in (after, before)))


def _alone(clear: Sequence[tuple[EventStudy, float]], n_clear: int) -> str:
    """Name outcomes that are clear tested alone, each with its q value; ``n_clear`` others are after all tests."""
    if not clear:
        return ""
    outcomes = [
        WORDS.say("after.alone.outcome", q_value=q_value, **_values_of(events)) for events, q_value in clear
    ]
    return WORDS.say("after.alone", n_clear=n_clear, outcomes=outcomes)


def _estimators(shocks: tuple[Shock, ...]) -> str:
    n_agreeing, apart = 0, []
    for shock in shocks:
        events = shock.inadequate
        if not events.imputed_average or not events.plain_average:
            continue
        averages = (events.average, events.imputed_average, events.plain_average)
        if len({average.estimate > 0 for average in averages}) == 1:
            n_agreeing += 1
            continue
        values = _values_of(events)
        del values["change"]
        apart.append(
            WORDS.say(
                "estimators.apart",
                imputed=events.imputed_average.with_limits,
                plain=events.plain_average.with_limits,
                **values,
            )
        )
    return WORDS.say("estimators", n_agreeing=n_agreeing, n_outcomes=n_agreeing + len(apart), apart=apart)


def holds(bounds: HonestBounds) -> bool:
    """Return whether a change stays clear where figures may drift by as much as in the worst year before."""
    return bounds.relative[0] > 0 or bounds.relative[1] < 0


def honest_result(study: InspectionShock, honesty: ShockHonesty) -> Prose:
    """Say how far effects survive figures that were moving before, and how rare they are among redrawn judgements."""
    known = [bounds for shock in study.shocks if (bounds := honesty.of(shock.outcome))]
    if not known:
        return WORDS.prose("honest.none")
    clear = [bounds for bounds in known if study.of(bounds.outcome).q_value < DISCOVERY_RATE]
    survival = WORDS.say(
        "honest.survival",
        n_holding=sum(map(holds, known)),
        n_outcomes=len(known),
        breakdown_values=[
            WORDS.say(
                "honest.survival.outcome",
                outcome=phrase_of(bounds.outcome),
                breakdown_multiple=bounds.breakdown.relative,
            )
            for bounds in clear
        ],
    )
    straight = WORDS.say(
        "honest.straight",
        still_clear=[phrase_of(bounds.outcome) for bounds in clear if bounds.breakdown.smoothness > 0],
    )
    redrawn = WORDS.say(
        "honest.redrawn",
        p_values=[
            WORDS.say(
                "honest.redrawn.outcome", outcome=phrase_of(bounds.outcome), average_p=bounds.randomisation_p
            )
            for bounds in clear
        ],
        pooled=_pooled(honesty.pooled) if honesty.pooled else "",
    )
    return Prose("\n\n".join((survival, straight, redrawn)))


def _pooled(pooled: EventRandomisation) -> str:
    return WORDS.say(
        "honest.redrawn.pooled",
        outcomes=[phrase_of(name) for name in pooled.outcomes],
        estimate_sd=pooled.pooled_estimate,
        average_p=pooled.pooled_p_value,
    )


def others_result(study: InspectionShock, honesty: ShockHonesty) -> Prose:
    """Say what follows other inspections, in the year itself and after, and what follows talk of leadership."""
    clear = [shock for shock in study.shocks if shock.other_q_value < DISCOVERY_RATE]
    at_once = [text for shock in study.shocks if (text := _at_once(shock.other))]
    bounded = [bounds for shock in study.shocks if (bounds := honesty.of(shock.outcome, "other"))]
    effects = [_with_what_came_before(shock.other, honesty.of(shock.outcome, "other")) for shock in clear]
    alone = [
        shock
        for shock in study.shocks
        if shock.other_q_value >= DISCOVERY_RATE and shock.other.average.excludes()
    ]
    sentences = (
        WORDS.say(
            "others",
            n_clear=len(clear),
            n_outcomes=len(study.shocks),
            effects=WORDS.say("after.effects", effects=effects) if effects else "",
        ),
        _alone([(shock.other, shock.other_q_value) for shock in alone], len(clear)),
        WORDS.say("others.at_once", effects=at_once) if at_once else "",
        WORDS.say("others.honest", n_holding=sum(map(holds, bounded)), n_outcomes=len(bounded))
        if bounded
        else "",
    )
    return Prose(f"{' '.join(text for text in sentences if text)}\n\n{_leadership(study)}")


def _at_once(events: EventStudy) -> str:
    """Return what changed in the inspection's own year; nothing where its interval holds zero."""
    effect = {event_year.year: event_year.effect for event_year in events.years}[0]
    if effect is None or not effect.excludes():
        return ""
    entry = indicator(events.specification.outcome)
    return WORDS.say(
        "after.effect",
        outcome=entry.phrase,
        change=effect.with_limits,
        unit=entry.difference_label,
        digits=digits_of(events),
    )


def _leadership(study: InspectionShock) -> str:
    difference, entry = study.leadership, indicator(ASKED)
    return WORDS.say(
        "leadership",
        outcome=entry.phrase,
        unit=entry.difference_label,
        verdict=WORDS.say("leadership.clear" if difference.excludes() else "leadership.unclear"),
        change=difference.with_limits,
        n_reports=difference.n_observations,
    )


def published_beside(study: InspectionShock, honesty: ShockHonesty) -> Prose:
    """Set published findings beside ours, each with the numbers here that bear on it."""
    plans, enquiries = (study.of(name) for name in ("plans_started_per_10k", "section_47_enquiries_per_10k"))
    return WORDS.prose(
        "published",
        spend=_change(study.of("children_services_real_gbp_per_child").inadequate),
        agency=_with_what_came_before(study.of("agency_percent").inadequate, honesty.of("agency_percent")),
        plans=_change(plans.inadequate, _SHORT),
        enquiries=_change(enquiries.inadequate, _SHORT),
        plans_after_others=_change(plans.other, _SHORT),
        enquiries_after_others=_change(enquiries.other, _SHORT),
    )


def events_limits(study: InspectionShock) -> Prose:
    """Say what an event study of judgements can't show."""
    return WORDS.prose("limits", n_fewest=min(shock.inadequate.n_events for shock in study.shocks))
