"""Sentences with computed numbers on the years around a judgement. Words follow the rule of ``wording``."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.events.randomisation import EventRandomisation
from analysis.estimators.events.study import EventStudy
from analysis.showing.numbers import decimals_for, interval, listed, number, p_value, probability
from publishing.display import Prose

from .honest import HonestBounds, ShockHonesty
from .study import AVERAGED, InspectionShock, Shock

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
    joint = found.pre_trend_p_value
    return joint is not None and joint < PRE_TREND_LEVEL


def _before(shocks: tuple[Shock, ...]) -> str:
    moving = [one for one in shocks if _moved_before(one.inadequate)]
    if not moving:
        return "**Before the judgement** no outcome was clearly moving away from controls."
    names = listed(
        [f"{lower_first(indicator(one.outcome).label)} ({_tests_before(one.inadequate)})" for one in moving]
    )
    return (
        f"**Before the judgement** these were already moving away from controls: {names}. For them what follows the "
        f"judgement may go on from what came before it; inspectors come to authorities in trouble."
    )


def _tests_before(found: EventStudy) -> str:
    joint = f"joint test {probability('p', found.pre_trend_p_value)}"
    return f"{joint}, mean of those years {probability('p', found.before.p_value)}" if found.before else joint


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


def honest_result(study: InspectionShock, honesty: ShockHonesty) -> Prose:
    """Say how far effects survive figures that were moving before, and how rare they are among redrawn judgements."""
    known = [bounds for one in study.shocks if (bounds := honesty.of(one.outcome))]
    if not known:
        return Prose("The years before the judgement are too few to bound what follows it.")
    clear = [one for one in known if study.of(one.outcome).q_value < DISCOVERY_RATE]
    return Prose("\n\n".join((_survival(known, clear), _straight(clear), _redrawn(clear, honesty))))


def _name(bounds: HonestBounds) -> str:
    return lower_first(indicator(bounds.outcome).label)


def _survival(known: list[HonestBounds], clear: list[HonestBounds]) -> str:
    at_one = [one for one in known if one.relative[0] > 0 or one.relative[1] < 0]
    words = [f"{_name(one)} {number(one.breakdown.relative, 2)}" for one in clear]
    return (
        f"**If figures were already moving.** The estimates suppose that authorities would otherwise have moved in step "
        f"with their controls. Honest bounds let figures stray instead. Suppose they may stray after the judgement by as "
        f"much, from one year to the next, as in the worst year before it: then the 95% interval leaves out zero for "
        f"{len(at_one) or 'none'} of {len(known)} outcomes. The breakdown value is the largest multiple of that worst year "
        f"that an effect survives; 1 or more is a usual demand. For the outcomes that differ clearly it is: "
        f"{'; '.join(words) or 'none'}."
    )


def _straight(clear: list[HonestBounds]) -> str:
    words = []
    for one in clear:
        places = decimals_for((one.straight[1] - one.straight[0]) / 4)
        words.append(f"{_name(one)} {interval(*one.straight, places)}")
    held = [one for one in clear if one.breakdown.smoothness > 0]
    return (
        f"**If figures had gone on along a straight line** from the years before, the 95% intervals of those effects would "
        f"be: {'; '.join(words) or 'none'}. Still clear, on the side found: {listed([_name(one) for one in held])}."
    )


def _redrawn(clear: list[HonestBounds], honesty: ShockHonesty) -> str:
    words = [f"{_name(one)} {p_value(one.randomisation_p)} and {p_value(one.studentised_p)}" for one in clear]
    return (
        f"**If judgements had fallen at random.** For each year, as many judgements as there were are drawn among "
        f"authorities without one so far. The p value is the share of draws whose average is at least as large either way; "
        f"a second one compares averages over their errors, which counts where authorities that come to be judged have "
        f"figures that swing more than others'. For the outcomes that differ clearly: {'; '.join(words) or 'none'}."
        f"{_pooled(honesty.pooled)} Neither asks whether figures were moving before: among judgements drawn at random, a "
        f"trend that led to a judgement is as rare as an effect of one."
    )


def _pooled(found: EventRandomisation | None) -> str:
    if found is None:
        return ""
    names = listed([lower_first(indicator(name).label) for name in found.outcomes])
    return (
        f" Pooled over {names}, the average is {number(found.pooled_estimate, 2)} standard deviations within authorities "
        f"({p_value(found.pooled_p_value)} and {p_value(found.pooled_studentised_p_value)})."
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
        f"they may be somewhat too small. Redrawn judgements don't rest on such errors, but suppose that every authority "
        "without a judgement was as likely to have the next.\n"
        "- Honest bounds measure how far figures stray by the few years before. After a judgement they may stray in other "
        "ways.\n"
        "- Controls may be inspected too, and a second judgement of the same authority counts as part of what follows the "
        "first.\n"
        "- The average compares with the last year before. Where figures rose until then, setting them against all years "
        "before (imputation) gives more.\n"
        "- Authorities never judged inadequate are chosen by what came later; the comparison among them is of inspections, "
        "not of judgements at random.\n"
        "- Almost every authority is inspected every few years, so that controls for other inspections are few and chosen "
        "by when inspectors came to them.\n"
        "- Event year 0 lies partly before the judgement. Spend has no figures for 2015 and 2016.\n"
        f"- For turnover the interval still allows {number(reach, 2)} standard deviations either way.\n"
        "- An authority is not a worker: nothing here says why anyone left."
    )


def _standard(found: EventStudy) -> tuple[float, float]:
    return found.average.conf_low / found.outcome_sd, found.average.conf_high / found.outcome_sd
