"""Sentences with computed numbers on one authority. Words follow the rule of ``wording``."""

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.synthetic_control import SyntheticControl
from analysis.showing.numbers import interval, listed, number, probability
from publishing.display import Front, Prose

from .study import SYNTHETIC, CaseStudy


def reason_for_none(case: CaseStudy) -> str:
    """Return why an authority has no synthetic control at all."""
    reasons = {reason_of(str(text)) for text in case.synthetic.values()}
    if len(reasons) == 1:
        return reasons.pop()
    return "too few years with figures lie before its first inadequate judgement, as the table says for each outcome"


def reason_of(text: str) -> str:
    """Return why a result is missing, without the column's name before it."""
    head, _, rest = text.partition(": ")
    return rest if rest and " " not in head else text


def health_in_words(case: CaseStudy) -> str:
    """Return the place of its health assessments in words."""
    found = case.health
    if isinstance(found, str):
        return f"Its place by health assessments isn't known: {reason_of(found)}."
    return (
        f"Of children looked after for a year, {number(found.value, 0)}% had their health assessment in the year to March "
        f"{found.year}: place {number(found.percentile, 0)} of 100 from the lowest among {found.n_authorities} authorities "
        f"({interval(found.conf_low, found.conf_high, 0)} by the chance in such shares)."
    )


def case_front(case: CaseStudy) -> Front:
    """Return title and question of the report on one authority."""
    return Front(
        title=f"{case.authority}: reports and figures",
        question=f"What happened in **{case.authority}**, how do its figures compare with others, do they show what its "
        f"inspection reports say, and did they change after an inadequate judgement?",
    )


def case_described(case: CaseStudy) -> Prose:
    """Say which authority it is, in which years it existed, and what the tables have of it."""
    about = case.about
    parts = [
        f"{about.name} ({about.code}) has figures for {about.first_year} to {about.last_year}.",
        f"It was formed out of {listed(about.predecessors)}; earlier years are of those and not of it."
        if about.predecessors
        else "",
        f"It no longer exists and went into {listed(about.successors)}." if about.successors else "",
        "Its rates rest on a handful of people and say little." if about.is_very_small else "",
        _reports(case),
        f"{len(case.neighbours)} statistical neighbours stand beside it."
        if case.neighbours
        else "No statistical neighbours are published for it.",
    ]
    return Prose(" ".join(part for part in parts if part))


def _reports(case: CaseStudy) -> str:
    if not case.n_reports:
        return "The table of inspection reports has none of it."
    text = f"The table of inspection reports has {case.n_reports} on it"
    if not case.inadequate_on:
        return f"{text}, none of which judges it inadequate overall."
    return f"{text}; the first inspection that judged it inadequate ended on {case.inadequate_on}."


def case_result(case: CaseStudy) -> Prose:
    """Say what its synthetic controls show, whether figures show what reports say, and where its health checks stood."""
    return Prose(
        "\n\n".join((_synthetic(case), _standing(case), f"**Health assessments.** {health_in_words(case)}"))
    )


def _synthetic(case: CaseStudy) -> str:
    found = case.computed()
    if not found:
        return f"**Synthetic control.** There is none: {reason_for_none(case)}. What follows describes."
    words = [_gap(one) for one in found.values()]
    short = [one for one in found.values() if one.is_descriptive]
    years = sorted({one.n_years_before for one in short})
    caution = (
        f" They are **descriptive only** for {len(short)} of {len(found)}: "
        f"{listed([str(year) for year in years])} years before the judgement are too few to tell a "
        "good fit from a lucky one."
        if short
        else ""
    )
    missing = [
        f"{lower_first(indicator(SYNTHETIC[name]).label)} ({reason_of(text)})"
        for name, text in case.synthetic.items()
        if isinstance(text, str)
    ]
    left_out = f" None for {listed(missing)}." if missing else ""
    head = "**Synthetic control.** Against a weighted mean of others, after the judgement: "
    return f"{head}{'; '.join(words)}.{caution}{left_out}"


def _gap(found: SyntheticControl) -> str:
    entry = indicator(found.specification.outcome)
    return (
        f"{lower_first(entry.label)} {number(found.average_gap, 1)} "
        f"({interval(found.conf_low, found.conf_high, 1)}) {entry.difference_label}, {probability('p', found.p_value)}"
    )


def _standing(case: CaseStudy) -> str:
    known = case.standing.dropna(subset=["percentile"]) if len(case.standing) else case.standing
    if known.empty:
        return "**Reports and figures.** No report of it meets an official figure of the September before."
    loud = known[known["share_percentile"] > 50]
    both = loud[loud["percentile"] > 50]
    if loud.empty:
        return "**Reports and figures.** No report of it speaks of these as a problem more than half of all reports do."
    words = [_loud(published, own) for published, own in loud.groupby("published")]
    return (
        f"**Reports and figures.** In {len(loud)} of {len(known)} comparisons a report of it speaks of a problem more than "
        f"half of all reports do; in {len(both)} of those the official figure is in the upper half too. Places run from 0, "
        f"the lowest, to 100. {' '.join(words)}"
    )


def _loud(published: str, own: pd.DataFrame) -> str:
    parts = []
    for construct, rows in own.groupby("construct", sort=False):
        figures = [
            f"{lower_first(indicator(row.indicator).label)} {number(row.percentile, 0)}"
            for row in rows.itertuples()
        ]
        place = number(rows["share_percentile"].iloc[0], 0)
        parts.append(
            f"{lower_first(LABELS[construct])} {place} among reports, {listed(figures)} among authorities"
        )
    return f"Report of {published}: {'; '.join(parts)}."


def case_limits(case: CaseStudy) -> Prose:
    """Say what one authority can't show."""
    lines = [
        "- One authority is one: what happened in it may have happened for reasons of its own, and "
        "nothing here is an effect.",
        "- A judgement brings money, new leaders and a commissioner with it; a gap after it is of all these together.",
        "- A synthetic control is as good as the years before it are many. With as many donors as "
        "years or more, a close fit "
        "is to be expected by chance; the penalty prefers donors that are near.",
        "- Donors are authorities never judged inadequate since November 2013 that have reports and "
        "figures in all years; the "
        "thirty nearest before the judgement are used.",
        "- Limits of a gap are the spread of placebos' gaps: what chance does among others, not an interval of repeated "
        "sampling.",
        "- Official figures count on one day; reports speak of what inspectors saw months later, of some teams more than "
        "others. Sentences are coded with error.",
        "- Health assessments are the yearly ones of children looked after for a year, not the first "
        "ones of children who have "
        "just entered care. Limits of the place take all looked-after children for those counted, a little too many.",
    ]
    if case.about.predecessors or case.about.successors:
        lines.append(
            "- Figures stop where the authority's boundary changed; nothing is put together across it."
        )
    return Prose("\n".join(lines))
