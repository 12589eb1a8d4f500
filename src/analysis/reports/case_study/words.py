"""What the report on one authority says: what it is, what followed its judgement, whether figures show what reports say."""

from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.synthetic_control import SyntheticControl
from analysis.showing.numbers import dates_in_words, decimals_for, with_unit
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Front, Prose

from .study import MATCHED_ON_EARLIER, SYNTHETIC, CaseStudy, OrderKept, order_kept

WORDS = words_of(__package__)
FEWEST_COMPARISONS = 5
"""With fewer comparisons that speak of a problem, how many figures agree says nothing: half do by chance."""
ANSWERED = ("turnover", "agency")
"""Synthetic controls whose gaps the answer gives in numbers where none is clear; the others are in the table."""


def reason_for_none(case: CaseStudy) -> str:
    """Return why an authority has no synthetic control at all."""
    reasons = {reason_of(str(text)) for text in case.synthetic.values()}
    return reasons.pop() if len(reasons) == 1 else WORDS.say("synthetic.none.reason")


def reason_of(text: str) -> str:
    """Return why a result is missing, without the column's name before it."""
    head, _, rest = text.partition(": ")
    return rest if rest and " " not in head else text


def case_front(case: CaseStudy) -> Front:
    """Return title and question of the report on one authority."""
    return Front(
        title=WORDS.say("front.title", authority=case.authority),
        question=WORDS.say("front.question", authority=case.authority),
    )


def case_answer(case: CaseStudy) -> Answer:
    """Answer what judgements the authority had, what changed after an inadequate one, and what figures show of it."""
    return Answer(
        answer=paragraphs([_judged(case), _changed(case), _apart(case), _shown(case)]),
        certainty=_certainty(case),
        not_shown=WORDS.say(
            "not_shown.judged" if case.inadequate_on else "not_shown", authority=case.authority
        ),
    )


def _judged(case: CaseStudy) -> str:
    if not case.judgements:
        sentence = "judged.no_grade" if case.n_reports else "judged.none"
        return WORDS.say(sentence, authority=case.authority)
    days: dict[str, list[str]] = {}
    for day, grade in case.judgements:
        if day != case.inadequate_on:
            days.setdefault(grade, []).append(dates_in_words(day))
    others = [WORDS.say("judged.other", grade=grade, days=on) for grade, on in days.items()]
    if not case.inadequate_on:
        return WORDS.say("judged.never_inadequate", authority=case.authority, judgements=others)
    return WORDS.say(
        "judged.inadequate",
        authority=case.authority,
        day=dates_in_words(case.inadequate_on),
        others=WORDS.say("judged.others", judgements=others) if others else "",
        changed=_whether_changed(case),
    )


def _whether_changed(case: CaseStudy) -> str:
    controls = case.computed()
    if not controls:
        return ""
    n_clear = sum(control.excludes() for control in controls.values())
    if not n_clear:
        return WORDS.say("judged.changed.undecided")
    return WORDS.say("judged.changed.clear", n_clear=n_clear, n_outcomes=len(controls))


def _changed(case: CaseStudy) -> str:
    controls = case.computed()
    if not controls:
        return WORDS.say("changed.none", reason=reason_for_none(case))
    clear = [control for control in controls.values() if control.excludes()]
    told = clear or [controls[name] for name in ANSWERED if name in controls] or list(controls.values())[:1]
    spans = dict.fromkeys(case.years_compared(name) for name, control in controls.items() if control in told)
    return WORDS.say(
        "changed.clear" if clear else "changed.undecided",
        n_clear=len(clear),
        n_outcomes=len(controls),
        n_years=case.n_years_compared,
        spans=[WORDS.say("changed.span", first=first, last=last) for first, last in spans],
        gaps=[_gap(control) for control in told],
    )


def _gap(control: SyntheticControl) -> str:
    entry = indicator(control.specification.outcome)
    return WORDS.say(
        "changed.gap",
        outcome=entry.phrase,
        gap=control.with_limits,
        unit=entry.difference_label,
        digits=decimals_for((control.conf_high - control.conf_low) / 8),
    )


def _apart(case: CaseStudy) -> str:
    """Say what moved away from most authorities after the years compared; nothing where nothing did."""
    sides: dict[str, list[str]] = {"below": [], "above": []}
    for departure in case.apart_later():
        entry = indicator(departure.indicator)
        sides[departure.side].append(
            WORDS.say(
                "apart.outcome",
                outcome=entry.phrase,
                since=departure.since,
                last=with_unit(departure.last, entry),
                last_year=departure.last_year,
            )
        )
    later = [WORDS.say(f"apart.{side}", outcomes=outcomes) for side, outcomes in sides.items() if outcomes]
    return WORDS.say("apart", later=later) if later else ""


def _comparisons(case: CaseStudy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the comparisons of a report with a figure, and those in which the report speaks of a problem more than most."""
    if case.standing.empty:
        return case.standing, case.standing
    known = case.standing.dropna(subset=["percentile"])
    return known, known[known["share_percentile"] > 50]


def _shown(case: CaseStudy) -> str:
    known, loud = _comparisons(case)
    if known.empty:
        return WORDS.say("shown.none")
    if loud.empty:
        return WORDS.say("shown.quiet", n_comparisons=len(known))
    n_both = int((loud["percentile"] > 50).sum())
    if len(loud) < FEWEST_COMPARISONS:
        return WORDS.say("shown.few", n_loud=len(loud), n_comparisons=len(known), n_both=n_both)
    return WORDS.say("shown", n_loud=len(loud), n_both=n_both)


def _certainty(case: CaseStudy) -> str:
    controls = case.computed()
    told = []
    if controls:
        told.append(
            WORDS.say("certainty.placebos", n_most=max(control.n_donors for control in controls.values()))
        )
        descriptive = [control for control in controls.values() if control.is_descriptive]
        if descriptive:
            told.append(
                WORDS.say(
                    "certainty.descriptive",
                    n_descriptive=len(descriptive),
                    n_outcomes=len(controls),
                    numbers_of_years=[
                        str(n) for n in sorted({control.n_years_before for control in descriptive})
                    ],
                )
            )
        if years := case.earlier_years():
            told.append(WORDS.say("certainty.earlier", years=[str(year) for year in years]))
    known, _ = _comparisons(case)
    if len(known):
        told.append(WORDS.say("certainty.reports", n_reports=known["published"].nunique()))
    return " ".join(told) or WORDS.say("certainty.none")


def case_described(case: CaseStudy) -> Prose:
    """Say which authority it is, in which years it existed, and what the tables have of it."""
    about = case.about
    sentences = [
        WORDS.say(
            "described",
            authority=about.name,
            code=about.code,
            first_year=about.first_year,
            last_year=about.last_year,
        ),
        WORDS.say("described.predecessors", authorities=about.predecessors) if about.predecessors else "",
        WORDS.say("described.successors", authorities=about.successors) if about.successors else "",
        WORDS.say("described.very_small") if about.is_very_small else "",
        WORDS.say("described.reports", n_reports=case.n_reports)
        if case.n_reports
        else WORDS.say("described.reports.none"),
        WORDS.say("described.neighbours", n_neighbours=len(case.neighbours))
        if case.neighbours
        else WORDS.say("described.neighbours.none"),
    ]
    return Prose(" ".join(text for text in sentences if text))


def synthetic_result(case: CaseStudy) -> Prose:
    """Say which outcomes have no synthetic control and why, or why there is none at all."""
    if not case.computed():
        return WORDS.prose("synthetic.none", reason=reason_for_none(case))
    missing = [
        WORDS.say(
            "synthetic.missing.outcome",
            outcome=lower_first(indicator(SYNTHETIC[name]).label),
            reason=reason_of(control),
        )
        for name, control in case.synthetic.items()
        if isinstance(control, str)
    ]
    told = [WORDS.say("synthetic"), WORDS.say("synthetic.missing", outcomes=missing) if missing else ""]
    return Prose(" ".join(text for text in told if text))


def health_result(case: CaseStudy) -> Prose:
    """Say how many children had their health assessment and where that put the authority, with the doubt of chance."""
    place = case.health
    if isinstance(place, str):
        return WORDS.prose("health.none", reason=reason_of(place))
    values: dict[str, Any] = {
        "value_percent": place.value,
        "year": place.year,
        "n_authorities": place.n_authorities,
    }
    return WORDS.prose(
        "health", place_percent=place.estimate, low=place.conf_low, high=place.conf_high, **values
    )


def case_limits(case: CaseStudy) -> Prose:
    """Say what one authority can't show."""
    told = [WORDS.say("limits")]
    if case.earlier_years():
        told.append(_earlier_definitions(case))
    if case.about.predecessors or case.about.successors:
        told.append(WORDS.say("limits.boundary"))
    return Prose("\n".join(told))


def _earlier_definitions(case: CaseStudy) -> str:
    """Say why figures of an earlier definition serve to find similar authorities, and of which measures they don't."""
    orders = [order_kept(case.panel, name) for name in SYNTHETIC.values() if indicator(name).comparable_from]
    kept = [order for order in orders if order.indicator in MATCHED_ON_EARLIER]
    dropped = [order for order in orders if order.indicator not in MATCHED_ON_EARLIER]
    told = WORDS.say(
        "limits.earlier.dropped",
        outcomes=[indicator(order.indicator).phrase for order in dropped],
        correlations=[_correlations(order) for order in dropped],
    )
    return WORDS.say(
        "limits.earlier",
        year=kept[0].year,
        next_year=kept[0].year + 1,
        kept=[indicator(order.indicator).phrase for order in kept],
        correlations=[_correlations(order) for order in kept],
        dropped=told if dropped else "",
    )


def _correlations(order: OrderKept) -> str:
    return WORDS.say("limits.earlier.correlations", across=order.across, after=order.after)
