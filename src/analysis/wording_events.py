"""Sentences with computed numbers on the years around a judgement. Words follow the rule of ``wording``."""

from .display import Prose
from .indicators import indicator
from .inspections.shock import AVERAGED, InspectionShock, Shock
from .models.event_study import EventStudy
from .wording import decimals_for, interval, listed, lower_first, number, probability

DISCOVERY_RATE = 0.05
PRE_TREND_LEVEL = 0.05
WORKFORCE = ("turnover_percent", "agency_percent", "vacancy_percent", "caseload_cases_per_fte")


def events_described(study: InspectionShock) -> Prose:
    """Say how many judgements each group of outcomes rests on, and what their first years leave out."""
    workforce = study.of("turnover_percent").inadequate
    plans = study.of("plans_started_per_10k").inadequate
    first = indicator("turnover_percent").comparable_from
    return Prose(
        f"{study.n_reports} inspection reports, the earliest of November 2013, meet figures of {study.first_year} to "
        f"{study.last_year}. An event is an authority's first inadequate judgement among them; what it was judged before "
        f"isn't in the table. Child protection plans have figures from early on: {plans.n_events} judgements, "
        f"{plans.n_controls} authorities as controls at some time. Workforce figures of the present definition begin "
        f"with September {first}, so an authority judged inadequate before that has no year to compare with and is left "
        f"out: {workforce.n_already} of them, and {workforce.n_events} judgements stay. {_without_report(study)}"
    )


def _without_report(study: InspectionShock) -> str:
    if not study.without_report:
        return ""
    return (
        f"The table has no report of {listed(study.without_report)}, which no longer exist; they are left out, for nobody "
        f"can say here whether they were judged inadequate."
    )


def events_result(study: InspectionShock) -> Prose:
    """Say which outcomes moved after an inadequate judgement, which didn't, and where figures moved before it."""
    clear = [one for one in study.shocks if one.q_value < DISCOVERY_RATE]
    quiet = [one for one in study.shocks if one.q_value >= DISCOVERY_RATE]
    return Prose(
        "\n\n".join(
            (
                _clear(clear, len(study.shocks)),
                _quiet(quiet),
                _before(study.shocks),
                _ways(study.shocks),
            )
        )
    )


def _effect(found: EventStudy) -> str:
    entry, average = indicator(found.specification.outcome), found.average
    places = decimals_for((average.conf_high - average.conf_low) / 4)
    return (
        f"{lower_first(entry.label)} {number(average.estimate, places)} "
        f"({interval(average.conf_low, average.conf_high, places)}) {entry.difference_label}"
    )


def _clear(clear: list[Shock], of: int) -> str:
    first, last = AVERAGED
    words = [f"{_effect(one.inadequate)}, {probability('q', one.q_value)}" for one in clear]
    return (
        f"**After an inadequate judgement.** Averaged over event years {first} to {last} and set against the year before, "
        f"{len(clear)} of {of} outcomes differ at a false discovery rate of {DISCOVERY_RATE:.0%}: "
        f"{'; '.join(words) or 'none'}."
    )


def _quiet(quiet: list[Shock]) -> str:
    if not quiet:
        return ""
    return (
        f"**No clear difference** for {len(quiet)}: {'; '.join(_effect(one.inadequate) for one in quiet)}. "
        f"The intervals say how much either way they still allow."
    )


def _moved_before(found: EventStudy) -> bool:
    """Return whether the years before clearly differ from nil; a study without such years (p is None) shows nothing."""
    p_value = found.pre_trend_p_value
    return p_value is not None and p_value < PRE_TREND_LEVEL


def _before(shocks: tuple[Shock, ...]) -> str:
    moving = [one for one in shocks if _moved_before(one.inadequate)]
    if not moving:
        return "**Before the judgement** no outcome was clearly moving away from controls."
    names = listed(
        [
            f"{lower_first(indicator(one.outcome).label)} ({probability('p', one.inadequate.pre_trend_p_value)})"
            for one in moving
        ]
    )
    return (
        f"**Before the judgement** these were already moving away from controls: {names}. For them what follows the "
        f"judgement may go on from what came before it; inspectors come to authorities in trouble."
    )


def _ways(shocks: tuple[Shock, ...]) -> str:
    known = [
        one.inadequate for one in shocks if one.inadequate.imputed_average and one.inadequate.plain_average
    ]
    agree = [
        one
        for one in known
        if len({way.estimate > 0 for way in (one.average, one.imputed_average, one.plain_average)}) == 1
    ]
    return (
        f"**Estimators.** Local projections, imputation and the plain two-way regression agree in sign for {len(agree)} of "
        f"{len(known)} outcomes."
    )


def others_result(study: InspectionShock) -> Prose:
    """Say what follows other inspections, in the year itself and after, and what follows talk of leadership."""
    clear = [one for one in study.shocks if one.other_q_value < DISCOVERY_RATE]
    words = [f"{_effect(one.other)}, {probability('q', one.other_q_value)}" for one in clear]
    moving = [one for one in clear if _moved_before(one.other)]
    names = listed([lower_first(indicator(one.outcome).label) for one in moving])
    before = f" Already moving before: {names}." if moving else ""
    at_once = [one for one in study.shocks if _clear_at_once(one.other)]
    spikes = [lower_first(indicator(one.outcome).label) for one in at_once]
    return Prose(
        f"**Other inspections.** In authorities never judged inadequate, {len(clear)} of {len(study.shocks)} outcomes "
        f"differ over the year of an inspection and the year after it: {'; '.join(words) or 'none'}.{before} In the year of "
        f"the inspection alone an interval leaves out nil for {listed(spikes)}.\n\n{_leadership(study)}"
    )


def _clear_at_once(found: EventStudy) -> bool:
    effect = {one.year: one.effect for one in found.years}[0]
    return effect is not None and not effect.conf_low <= 0 <= effect.conf_high


def _leadership(study: InspectionShock) -> str:
    found = study.leadership
    verdict = "doesn't clearly differ" if found.conf_low <= 0 <= found.conf_high else "differs"
    return (
        f"**Leadership.** In the year after a report that speaks of leadership as a problem more than the median report, "
        f"official turnover {verdict} from that after other reports: {number(found.estimate, 1)} percentage points "
        f"({interval(found.conf_low, found.conf_high, 1)}), net of turnover before and of the year, from "
        f"{found.n_observations} reports of {found.n_clusters} clusters of authorities."
    )


def published_beside(study: InspectionShock) -> Prose:
    """Set published findings beside ours, each with the numbers here that bear on it."""
    spend, agency = (
        study.of(name).inadequate for name in ("children_services_real_gbp_per_child", "agency_percent")
    )
    plans, enquiries = (study.of(name) for name in ("plans_started_per_10k", "section_47_enquiries_per_10k"))
    return Prose(
        "Hood and Goldacre (2021; 150 authorities, inspections of 2014 to 2017, interrupted time series) found a steep rise "
        f"in spend and in agency workers after an inadequate judgement. Here: {_effect(spend)}; {_effect(agency)}. They "
        f"also found a short spike of interventions after any inspection, and Bennett and others (2022) higher intervention "
        f"rates in inspection years, driven by inadequate judgements. Here, after an inadequate judgement: "
        f"{_effect(plans.inadequate)}; {_effect(enquiries.inadequate)}. After other inspections: {_effect(plans.other)}; "
        f"{_effect(enquiries.other)}."
    )


def events_limits(study: InspectionShock) -> Prose:
    """Say what an event study of judgements can't show."""
    least = min(one.inadequate.n_events for one in study.shocks)
    reach = max(abs(value) for value in _standard(study.of("turnover_percent").inadequate))
    return Prose(
        "- A judgement isn't drawn by lot. What made inspectors find an authority inadequate may go on by itself, and a new "
        "director, money and a commissioner come with it: what follows is of all these together, not of the inspection.\n"
        "- A test of the years before that finds nothing is weak evidence: it may miss trends that matter (Roth 2022). "
        "Workforce figures have few such years, and only for judgements after September 2017.\n"
        f"- The fewest judgements behind an outcome are {least}. Errors are clustered by authority; with so few on one side "
        f"they may be somewhat too small.\n"
        "- Controls may be inspected too, and a second judgement of the same authority counts as part of what follows the "
        "first.\n"
        "- The average compares with the last year before. Where figures rose until then, setting them against all years "
        "before (imputation) gives more.\n"
        "- Authorities never judged inadequate are chosen by what came later; the comparison among them is of inspections, "
        "not of judgements at random.\n"
        "- Almost every authority is inspected every few years, so that controls for other inspections are few and chosen "
        "by when inspectors came to them.\n"
        "- Event year 0 lies partly before the judgement. Spend has no figures for 2015 and 2016.\n"
        f"- For turnover the interval still allows {number(reach)} standard deviations either way.\n"
        "- An authority is not a worker: nothing here says why anyone left."
    )


def _standard(found: EventStudy) -> tuple[float, float]:
    return found.average.conf_low / found.outcome_sd, found.average.conf_high / found.outcome_sd
