"""What the report on reproduced studies says. An association is not an effect, and a number made anew is not a truth."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Any

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.reach import real_price_year
from analysis.estimators.events.study import EventStudy
from analysis.estimators.grades.downgrades import Hazard, q_values
from analysis.estimators.grades.mundlak import between_name, within_name
from analysis.findings.interval import IntervalEstimate
from analysis.showing.numbers import amount, step_of
from analysis.showing.words import words_of
from publishing.display import Answer, Prose

from .printed import (
    BACH_MORTENSEN,
    LEFT_A_FILE,
    MARITIM,
    WEBB,
    Printed,
    printed_interval,
    printed_numbers,
    recorded_interval,
)
from .study import (
    FRAMEWORK_LAST_YEAR,
    HAZARDS,
    WEBB_LAST_YEAR,
    WEBB_PRICE_YEAR,
    Reproductions,
    of_study,
)

WORDS = words_of(__package__)
_WITHIN, _BETWEEN = within_name("prevention"), between_name("prevention")
AGENCY, _REREFERRALS = "agency_percent", "rereferrals_percent"
_ASKED = ("turnover_percent", "caseload_cases_per_fte")
_DIGEST = 12
DISCOVERY_RATE = 0.05


def financial_year(end: int) -> str:
    """Return a financial year by its end as it is written: ``2018-19``."""
    return f"{end - 1}-{end % 100:02d}"


def public_outcomes() -> tuple[str, ...]:
    """Return the outcomes of the public analysis, in the order in which it prints them."""
    return tuple(
        dict.fromkeys(
            printed.model
            for printed in printed_numbers()
            if printed.study == MARITIM and printed.quantity == "difference"
        )
    )


def n_printed_of(study: str, model: str, quantity: str = "observations") -> int:
    """Return a printed count of one model of a study."""
    return next(
        int(printed.value)
        for printed in printed_numbers()
        if (printed.study, printed.model, printed.quantity) == (study, model, quantity)
    )


def lies_between(reproductions: Reproductions) -> bool:
    """Whether preventative spending goes with grades between authorities and not within them, on both sets of data."""
    between, within = _both_ways(reproductions)
    return all(ratio.conf_low > 1 for ratio in between) and not any(ratio.excludes(1) for ratio in within)


def _both_ways(reproductions: Reproductions) -> tuple[list[IntervalEstimate], list[IntervalEstimate]]:
    """Return the odds ratios between authorities, on the authors' file and on this project's figures, and those within."""
    table, own = reproductions.reproduced[WEBB], reproductions.same_year_split.fitted
    between, within = (
        [recorded_interval(table, "within_between", term), own.term(term)] for term in (_BETWEEN, _WITHIN)
    )
    return between, within


def clear_alone(hazards: Mapping[str, Hazard]) -> list[str]:
    """Return the workforce figures with more of which downgrades are clearly more frequent, each asked alone."""
    return [name for name, hazard in hazards.items() if hazard.conf_low > 1]


def clear_of_all(hazards: Mapping[str, Hazard]) -> list[str]:
    """Return those of ``clear_alone`` that stay clear after allowing for all that are asked."""
    by_name = q_values(hazards)
    return [name for name in clear_alone(hazards) if by_name[name] < DISCOVERY_RATE]


def phrases(names: Iterable[str]) -> list[str]:
    """Return indicators as sentences name them."""
    return [indicator(name).phrase for name in names]


def reproductions_answer(reproductions: Reproductions) -> Answer:
    """Answer whether published findings hold within authorities and on more years, and whether printed numbers come out."""
    between, within = _both_ways(reproductions)
    finding = (
        WORDS.say("answer.finding.between")
        if lies_between(reproductions)
        else WORDS.say(
            "answer.finding.other",
            is_between=all(ratio.conf_low > 1 for ratio in between),
            is_within=all(ratio.conf_low > 1 for ratio in within),
        )
    )
    return Answer(
        answer=WORDS.say(
            "answer",
            finding=finding,
            grades=WORDS.say(
                "answer.grades",
                between=astuple(reproductions.good_of_100[_BETWEEN]),
                within=astuple(reproductions.good_of_100[_WITHIN]),
                prices=financial_year(real_price_year()),
            ),
            printed=WORDS.say(
                "answer.printed",
                n_printed=len(reproductions.compared),
                n_agree=sum(printed.agrees for printed in reproductions.compared),
                n_studies=len(LEFT_A_FILE),
            ),
            public=_public(reproductions),
        ),
        certainty=_certainty(reproductions),
        not_shown=WORDS.say("answer.not_shown"),
    )


def _public(reproductions: Reproductions) -> str:
    """Say what becomes of the public analysis's findings on re-referrals and on downgrades."""
    own, agency = reproductions.public[_REREFERRALS, AGENCY], indicator(AGENCY)
    is_same = own.conf_low > 0
    kept = clear_of_all(reproductions.hazards)
    told = [
        WORDS.say(
            "answer.agency" if is_same else "answer.agency.unclear",
            step=step_of(agency),
            change=[value * agency.step for value in own.with_limits],
            unit=indicator(_REREFERRALS).difference_label,
        ),
        WORDS.say("answer.hazard.some", figures=phrases(kept))
        if kept
        else WORDS.say(
            "answer.hazard.none",
            n_asked=len(reproductions.hazards),
            n_alone=len(clear_alone(reproductions.hazards)),
        ),
    ]
    return WORDS.say("answer.public" if is_same else "answer.public.not", told=told)


def _certainty(reproductions: Reproductions) -> str:
    table = reproductions.reproduced[WEBB]
    printed = printed_interval(WEBB, "published", "prevention")
    within = recorded_interval(table, "within_between", _WITHIN)
    return WORDS.say(
        "certainty",
        prices=financial_year(WEBB_PRICE_YEAR),
        printed=printed.with_limits,
        between=recorded_interval(table, "within_between", _BETWEEN).with_limits,
        within=within.with_limits,
        is_apart=reproductions.same_year_split.fitted.contrast(_BETWEEN, _WITHIN).excludes(1),
        hazard=_hazard(reproductions),
    )


def _hazard(reproductions: Reproductions) -> str:
    """Say which figures go with downgrades alone, and which after allowing for all, in the hazard and among inspections."""
    hazards, among = reproductions.hazards, reproductions.among_inspections
    alone, kept = clear_alone(hazards), clear_of_all(hazards)
    of_among = clear_of_all(among)
    inspected = (
        WORDS.say(
            "certainty.among",
            n_inspections=max(hazard.n_periods for hazard in among.values()),
            kept=phrases(of_among),
        )
        if of_among
        else ""
    )
    if not alone:
        return WORDS.say(
            "certainty.hazard.none",
            n_events=max(hazard.n_events for hazard in hazards.values()),
            first_year=min(hazard.first_year for hazard in hazards.values()),
            n_printed_events=n_printed_of(MARITIM, "downgrade", "events"),
            n_asked=len(hazards),
            among=inspected,
        ).strip()
    return WORDS.say(
        "certainty.hazard.alone",
        figures=[_downgraded(name, hazards[name]) for name in alone],
        n_asked=len(hazards),
        verdict=WORDS.say("certainty.hazard.kept", kept=phrases(kept))
        if kept
        else WORDS.say("certainty.hazard.lost", n_alone=len(alone)),
        among=inspected,
    ).strip()


def _downgraded(name: str, hazard: Hazard) -> str:
    entry = indicator(name)
    return WORDS.say(
        "certainty.hazard.figure",
        step=amount(entry.step, "percentage points" if entry.unit == "percent" else "cases", 0),
        figure=entry.phrase,
        shares=hazard.of_100(entry.step),
    )


def _missed(printed: Printed) -> str:
    return WORDS.say(
        "certainty.missed.number",
        quantity=WORDS.say(f"quantity.{printed.quantity}"),
        term=WORDS.say(term_name(printed.study, printed.term)),
        text=printed.text,
        value=printed.reproduced,
        digits=len(printed.text.partition(".")[2]),
    )


def term_name(study: str, term: str) -> str:
    """Return the name of the sentence that a term is read by; deprivation is a decile in one study, a share in the other."""
    return "term.deprived_extent" if (study, term) == (BACH_MORTENSEN, "deprivation") else f"term.{term}"


def printed_result(reproductions: Reproductions) -> Prose:
    """Say how many numbers of each study come out."""
    told = [
        WORDS.say(
            "printed.study",
            study=WORDS.say(f"study.{study}"),
            n=len(of_study(reproductions, study)),
            n_agree=sum(printed.agrees for printed in of_study(reproductions, study)),
        )
        for study in LEFT_A_FILE
    ]
    missed = [_missed(printed) for printed in reproductions.compared if not printed.agrees]
    table = reproductions.reproduced[BACH_MORTENSEN]
    return WORDS.prose(
        "printed.result",
        told=told,
        missed=WORDS.say("certainty.missed", numbers=missed) if missed else WORDS.say("certainty.all"),
        at_nil=recorded_interval(table, "overall", "for_profit").with_limits,
        at_mean=recorded_interval(table, "overall_at_mean", "for_profit").with_limits,
    )


def prevention_result(reproductions: Reproductions) -> Prose:
    """Say what Webb's model gives on this project's figures."""
    safeguarding = reproductions.whole.term("safeguarding")
    return WORDS.prose(
        "prevention.result.safeguarding" if safeguarding.excludes(1) else "prevention.result",
        n_early=reproductions.early.n_observations,
        early_year=WEBB_LAST_YEAR,
        early=reproductions.early.term("prevention").with_limits,
        printed=printed_interval(WEBB, "published", "prevention").with_limits,
        n_whole=reproductions.whole.n_observations,
        last_year=reproductions.whole_years[1],
        whole=reproductions.whole.term("prevention").with_limits,
        printed_deprivation=printed_interval(WEBB, "published", "deprivation").with_limits,
        early_deprivation=reproductions.early.term("deprivation_decile").with_limits,
        deprivation=reproductions.whole.term("deprivation_decile").with_limits,
        safeguarding=safeguarding.with_limits,
        same_year=WORDS.say(
            "prevention.same_year",
            together=reproductions.same_year.fitted.term("prevention").with_limits,
            between=reproductions.same_year_split.fitted.term(_BETWEEN).with_limits,
            within=reproductions.same_year_split.fitted.term(_WITHIN).with_limits,
            random_between=reproductions.whole_split.term(_BETWEEN).with_limits,
            random_within=reproductions.whole_split.term(_WITHIN).with_limits,
        ),
    )


def latest_result(reproductions: Reproductions) -> Prose:
    """Say how latest judgements go with the workforce, over the longest span of years."""
    longest = max(years for years, _ in reproductions.latest)
    groups: dict[str, list[str]] = {}
    for name in HAZARDS:
        term, _ = reproductions.latest[longest, name]
        way = "unclear" if not term.excludes(1) else "more" if term.estimate > 1 else "less"
        groups.setdefault(way, []).append(indicator(name).phrase)
    told = [
        WORDS.say("latest.unclear", figures=figures)
        if way == "unclear"
        else WORDS.say("latest.clear", way=way, figures=figures)
        for way, figures in groups.items()
    ]
    return WORDS.prose("latest.result", told=told)


def public_result(reproductions: Reproductions) -> Prose:
    """Say how far the public analysis comes out on this project's panel, and what differs."""
    inside = [
        own.conf_low <= printed_interval(MARITIM, outcome, exposure).estimate <= own.conf_high
        for (outcome, exposure), own in reproductions.public.items()
    ]
    clear = [
        WORDS.say(
            "public.clear",
            outcome=indicator(outcome).label,
            figure=indicator(exposure).phrase,
            own=own.with_limits,
        )
        for (outcome, exposure), own in reproductions.public.items()
        if exposure in _ASKED and own.excludes()
    ]
    values: dict[str, Any] = {
        "n": len(inside),
        "n_within": sum(inside),
        "n_printed": n_printed_of(MARITIM, _REREFERRALS),
        "n_own": reproductions.public[_REREFERRALS, AGENCY].n_observations,
    }
    return (
        WORDS.prose("public.result.more", clear=clear, **values)
        if clear
        else WORDS.prose("public.result", **values)
    )


def hazard_result(reproductions: Reproductions) -> Prose:
    """Say how the risk of a downgrade goes with each workforce figure, beside what the public analysis prints."""
    largest = max(reproductions.hazards.values(), key=lambda hazard: hazard.n_periods)
    by_name = q_values(reproductions.among_inspections)
    told = [
        WORDS.say(
            "hazard.among.one", figure=indicator(name).phrase, own=hazard.with_limits, q_value=by_name[name]
        )
        for name, hazard in reproductions.among_inspections.items()
        if hazard.conf_low > 1
    ]
    n_inspections = max(hazard.n_periods for hazard in reproductions.among_inspections.values())
    among = (
        WORDS.say("hazard.among", n_inspections=n_inspections, told=told)
        if told
        else WORDS.say("hazard.among.none", n_inspections=n_inspections)
    )
    return WORDS.prose(
        "hazard.result",
        n_printed=n_printed_of(MARITIM, "downgrade", "events"),
        n_events=largest.n_events,
        n_periods=largest.n_periods,
        alone=_asked_alone(reproductions.hazards),
        among=among,
    )


def _asked_alone(hazards: Mapping[str, Hazard]) -> str:
    by_name = q_values(hazards)
    told = [
        WORDS.say(
            "hazard.alone.one",
            figure=indicator(name).phrase,
            p_value=hazards[name].p_value,
            q_value=by_name[name],
        )
        for name in clear_alone(hazards)
    ]
    return WORDS.say("hazard.alone", told=told) if told else ""


def around_result(reproductions: Reproductions) -> Prose:
    """Say what goes with inspections in the nearest design to two studies whose data can't be had."""
    after = [
        WORDS.say("around.inadequate", **_change(around.outcome, around.inadequate))
        for around in reproductions.around
        if around.inadequate.average.excludes()
    ]
    others = [
        WORDS.say("around.other", **_change(around.outcome, around.other))
        for around in reproductions.around
        if around.other.average.excludes()
    ]
    return WORDS.prose("around.result", last_year=FRAMEWORK_LAST_YEAR, after=after, others=others)


def _change(outcome: str, study: EventStudy) -> dict[str, Any]:
    entry = indicator(outcome)
    return {"outcome": entry.phrase, "change": study.average.with_limits, "unit": entry.difference_label}


def reproductions_described(package: Mapping[str, Mapping[str, Any]]) -> Prose:
    """Say where printed numbers and authors' files come from; ``package``: every table of the project by name."""
    tables, licences = [], []
    for name in LEFT_A_FILE:
        (source,) = package[name]["sources"]
        digest = str(source["hash"]).removeprefix("sha256:")[:_DIGEST]
        tables.append(WORDS.say("described.table", title=WORDS.say(f"study.{name}"), digest=digest))
        licences.append(
            WORDS.say("described.licence", publisher=package[name]["publisher"], licence=source["licence"])
        )
    return WORDS.prose("described", licences=licences, names=" ".join(LEFT_A_FILE), tables=tables)


def reproductions_limits() -> Prose:
    """Say what a reproduction can't show."""
    return WORDS.prose("limits")
