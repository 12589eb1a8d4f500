"""What the report on the years around a judgement says: what moved after it, what before, and how far that holds."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.events.randomisation import EventRandomisation
from analysis.estimators.events.study import EventStudy
from analysis.showing.numbers import decimals_for
from analysis.showing.words import words_of
from publishing.display import Prose

from .honest import HonestBounds, ShockHonesty
from .study import AVERAGED, InspectionShock, Shock

WORDS = words_of(__package__)
DISCOVERY_RATE = 0.05
PRE_TREND_LEVEL = 0.05


def _label(outcome: str) -> str:
    return lower_first(indicator(outcome).label)


def events_described(study: InspectionShock) -> Prose:
    """Say how many judgements each group of outcomes rests on, and what their first years leave out."""
    workforce = study.of("turnover_percent").inadequate
    plans = study.of("plans_started_per_10k").inadequate
    text = WORDS.say(
        "described",
        n_reports=study.n_reports,
        first_year=study.first_year,
        last_year=study.last_year,
        n_plan_judgements=plans.n_events,
        n_plan_controls=plans.n_controls,
        comparable_from=indicator("turnover_percent").comparable_from,
        n_judged_before=workforce.n_already,
        n_workforce_judgements=workforce.n_events,
    )
    if not study.without_report:
        return Prose(text)
    return Prose(f"{text} {WORDS.say('described.without_report', authorities=study.without_report)}")


def events_result(study: InspectionShock) -> Prose:
    """Say which outcomes moved after an inadequate judgement, which didn't, and where figures moved before it."""
    clear = [shock for shock in study.shocks if shock.q_value < DISCOVERY_RATE]
    quiet = [shock.inadequate for shock in study.shocks if shock.q_value >= DISCOVERY_RATE]
    paragraphs = [
        WORDS.say(
            "after",
            first_event_year=AVERAGED[0],
            last_event_year=AVERAGED[1],
            n_clear=len(clear),
            n_outcomes=len(study.shocks),
            discovery_rate=DISCOVERY_RATE,
            effects=[_effect_with_q(shock.inadequate, shock.q_value) for shock in clear],
        ),
        WORDS.say("after.quiet", n_quiet=len(quiet), effects=[_effect(found) for found in quiet])
        if quiet
        else "",
        _before([shock.inadequate for shock in study.shocks]),
        _estimators(study.shocks),
    ]
    return Prose("\n\n".join(text for text in paragraphs if text))


def _effect(found: EventStudy) -> str:
    entry, average = indicator(found.specification.outcome), found.average
    return WORDS.say(
        "effect",
        outcome=lower_first(entry.label),
        estimate=average.estimate,
        low=average.conf_low,
        high=average.conf_high,
        digits=decimals_for((average.conf_high - average.conf_low) / 8),
        unit=entry.difference_label,
    )


def _effect_with_q(found: EventStudy, q_value: float) -> str:
    return WORDS.say("effect.q", effect=_effect(found), q_value=q_value)


def _moved_before(found: EventStudy) -> bool:
    """Return whether the years before clearly differ from nil; a study without such years (p is None) shows nothing."""
    joint = found.pre_trend_p_value
    return joint is not None and joint < PRE_TREND_LEVEL


def _before(studies: list[EventStudy]) -> str:
    moving = [_moving(found) for found in studies if _moved_before(found)]
    return WORDS.say("before", outcomes=moving) if moving else WORDS.say("before.none")


def _moving(found: EventStudy) -> str:
    outcome, joint_p = _label(found.specification.outcome), found.pre_trend_p_value
    if not found.before:
        return WORDS.say("before.outcome", outcome=outcome, joint_p=joint_p)
    return WORDS.say("before.outcome.mean", outcome=outcome, joint_p=joint_p, mean_p=found.before.p_value)


def _estimators(shocks: tuple[Shock, ...]) -> str:
    studies = [shock.inadequate for shock in shocks]
    averages = [
        (found.average, found.imputed_average, found.plain_average)
        for found in studies
        if found.imputed_average and found.plain_average
    ]
    n_agreeing = sum(len({average.estimate > 0 for average in three}) == 1 for three in averages)
    return WORDS.say("estimators", n_agreeing=n_agreeing, n_outcomes=len(averages))


def honest_result(study: InspectionShock, honesty: ShockHonesty) -> Prose:
    """Say how far effects survive figures that were moving before, and how rare they are among redrawn judgements."""
    known = [bounds for shock in study.shocks if (bounds := honesty.of(shock.outcome))]
    if not known:
        return WORDS.prose("honest.none")
    clear = [bounds for bounds in known if study.of(bounds.outcome).q_value < DISCOVERY_RATE]
    return Prose("\n\n".join((_survival(known, clear), _straight(clear), _redrawn(clear, honesty))))


def _survival(known: list[HonestBounds], clear: list[HonestBounds]) -> str:
    return WORDS.say(
        "honest.survival",
        n_holding=sum(bounds.relative[0] > 0 or bounds.relative[1] < 0 for bounds in known),
        n_outcomes=len(known),
        breakdown_values=[
            WORDS.say(
                "honest.survival.outcome",
                outcome=_label(bounds.outcome),
                breakdown_multiple=bounds.breakdown.relative,
            )
            for bounds in clear
        ],
    )


def _straight(clear: list[HonestBounds]) -> str:
    return WORDS.say(
        "honest.straight",
        intervals=[
            WORDS.say(
                "honest.straight.outcome",
                outcome=_label(bounds.outcome),
                low=bounds.straight[0],
                high=bounds.straight[1],
                digits=decimals_for((bounds.straight[1] - bounds.straight[0]) / 8),
            )
            for bounds in clear
        ],
        still_clear=[_label(bounds.outcome) for bounds in clear if bounds.breakdown.smoothness > 0],
    )


def _redrawn(clear: list[HonestBounds], honesty: ShockHonesty) -> str:
    p_values = [
        WORDS.say(
            "honest.redrawn.outcome",
            outcome=_label(bounds.outcome),
            average_p=bounds.randomisation_p,
            studentised_p=bounds.studentised_p,
        )
        for bounds in clear
    ]
    sentences = (
        WORDS.say("honest.redrawn", p_values=p_values),
        _pooled(honesty.pooled) if honesty.pooled else "",
        WORDS.say("honest.redrawn.trend"),
    )
    return " ".join(text for text in sentences if text)


def _pooled(pooled: EventRandomisation) -> str:
    return WORDS.say(
        "honest.redrawn.pooled",
        outcomes=[_label(name) for name in pooled.outcomes],
        estimate_sd=pooled.pooled_estimate,
        average_p=pooled.pooled_p_value,
        studentised_p=pooled.pooled_studentised_p_value,
    )


def others_result(study: InspectionShock) -> Prose:
    """Say what follows other inspections, in the year itself and after, and what follows talk of leadership."""
    clear = [shock for shock in study.shocks if shock.other_q_value < DISCOVERY_RATE]
    moving = [_label(shock.outcome) for shock in clear if _moved_before(shock.other)]
    at_once = [_label(shock.outcome) for shock in study.shocks if _is_clear_at_once(shock.other)]
    sentences = (
        WORDS.say(
            "others",
            n_clear=len(clear),
            n_outcomes=len(study.shocks),
            effects=[_effect_with_q(shock.other, shock.other_q_value) for shock in clear],
        ),
        WORDS.say("others.moving", outcomes=moving) if moving else "",
        WORDS.say("others.at_once", outcomes=at_once),
    )
    return Prose(f"{' '.join(text for text in sentences if text)}\n\n{_leadership(study)}")


def _is_clear_at_once(found: EventStudy) -> bool:
    effect = {event_year.year: event_year.effect for event_year in found.years}[0]
    return effect is not None and effect.excludes()


def _leadership(study: InspectionShock) -> str:
    difference = study.leadership
    return WORDS.say(
        "leadership",
        verdict=WORDS.say("leadership.clear" if difference.excludes() else "leadership.unclear"),
        difference_points=difference.estimate,
        low=difference.conf_low,
        high=difference.conf_high,
        n_reports=difference.n_observations,
        n_clusters=difference.n_clusters,
    )


def published_beside(study: InspectionShock) -> Prose:
    """Set published findings beside ours, each with the numbers here that bear on it."""
    plans, enquiries = (study.of(name) for name in ("plans_started_per_10k", "section_47_enquiries_per_10k"))
    return WORDS.prose(
        "published",
        spend=_effect(study.of("children_services_real_gbp_per_child").inadequate),
        agency=_effect(study.of("agency_percent").inadequate),
        plans=_effect(plans.inadequate),
        enquiries=_effect(enquiries.inadequate),
        plans_after_others=_effect(plans.other),
        enquiries_after_others=_effect(enquiries.other),
    )


def events_limits(study: InspectionShock) -> Prose:
    """Say what an event study of judgements can't show."""
    turnover = study.of("turnover_percent").inadequate
    ends = (turnover.average.conf_low, turnover.average.conf_high)
    return WORDS.prose(
        "limits",
        n_fewest=min(shock.inadequate.n_events for shock in study.shocks),
        strongest_sd=max(abs(end) / turnover.outcome_sd for end in ends),
    )
