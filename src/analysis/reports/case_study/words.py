"""What the report on one authority says: what it is, what followed its judgement, whether figures show what reports say."""

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.synthetic_control import SyntheticControl
from analysis.showing.words import words_of
from publishing.display import Front, Prose

from .study import SYNTHETIC, CaseStudy

WORDS = words_of(__package__)


def reason_for_none(case: CaseStudy) -> str:
    """Return why an authority has no synthetic control at all."""
    reasons = {reason_of(str(text)) for text in case.synthetic.values()}
    return reasons.pop() if len(reasons) == 1 else WORDS.say("synthetic.none.reason")


def reason_of(text: str) -> str:
    """Return why a result is missing, without the column's name before it."""
    head, _, rest = text.partition(": ")
    return rest if rest and " " not in head else text


def health_in_words(case: CaseStudy) -> str:
    """Return the place of its health assessments in words."""
    place = case.health
    if isinstance(place, str):
        return WORDS.say("health.none", reason=reason_of(place))
    return WORDS.say(
        "health",
        value_percent=place.value,
        year=place.year,
        place=place.estimate,
        n_authorities=place.n_authorities,
        low=place.conf_low,
        high=place.conf_high,
    )


def case_front(case: CaseStudy) -> Front:
    """Return title and question of the report on one authority."""
    return Front(
        title=WORDS.say("front.title", authority=case.authority),
        question=WORDS.say("front.question", authority=case.authority),
    )


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
        _reports(case),
        WORDS.say("described.neighbours", n_neighbours=len(case.neighbours))
        if case.neighbours
        else WORDS.say("described.neighbours.none"),
    ]
    return Prose(" ".join(text for text in sentences if text))


def _reports(case: CaseStudy) -> str:
    if not case.n_reports:
        return WORDS.say("described.reports.none")
    if not case.inadequate_on:
        return WORDS.say("described.reports.never_inadequate", n_reports=case.n_reports)
    return WORDS.say("described.reports", n_reports=case.n_reports, inadequate_on=case.inadequate_on)


def case_result(case: CaseStudy) -> Prose:
    """Say what its synthetic controls show, whether figures show what reports say, and where its health checks stood."""
    health = WORDS.say("health.paragraph", health=health_in_words(case))
    return Prose("\n\n".join((_synthetic(case), _standing(case), health)))


def _synthetic(case: CaseStudy) -> str:
    controls = case.computed()
    if not controls:
        return WORDS.say("synthetic.none", reason=reason_for_none(case))
    descriptive = [control for control in controls.values() if control.is_descriptive]
    missing = [
        WORDS.say(
            "synthetic.missing.outcome",
            outcome=lower_first(indicator(SYNTHETIC[name]).label),
            reason=reason_of(control),
        )
        for name, control in case.synthetic.items()
        if isinstance(control, str)
    ]
    sentences = (
        WORDS.say("synthetic", gaps=[_gap(control) for control in controls.values()]),
        WORDS.say(
            "synthetic.descriptive",
            n_descriptive=len(descriptive),
            n_outcomes=len(controls),
            numbers_of_years=[str(n) for n in sorted({control.n_years_before for control in descriptive})],
        )
        if descriptive
        else "",
        WORDS.say("synthetic.missing", outcomes=missing) if missing else "",
    )
    return " ".join(text for text in sentences if text)


def _gap(control: SyntheticControl) -> str:
    entry = indicator(control.specification.outcome)
    return WORDS.say(
        "synthetic.gap",
        outcome=lower_first(entry.label),
        gap=control.estimate,
        low=control.conf_low,
        high=control.conf_high,
        unit=entry.difference_label,
        p_value=control.p_value,
    )


def _standing(case: CaseStudy) -> str:
    known = case.standing.dropna(subset=["percentile"]) if len(case.standing) else case.standing
    if known.empty:
        return WORDS.say("standing.none")
    loud = known[known["share_percentile"] > 50]
    if loud.empty:
        return WORDS.say("standing.quiet")
    text = WORDS.say(
        "standing",
        n_loud=len(loud),
        n_comparisons=len(known),
        n_both=int((loud["percentile"] > 50).sum()),
    )
    reports = [_loud_report(published, rows) for published, rows in loud.groupby("published")]
    return " ".join((text, *reports))


def _loud_report(published: str, rows: pd.DataFrame) -> str:
    constructs = [
        WORDS.say(
            "standing.construct",
            construct=lower_first(LABELS[construct]),
            place_among_reports=comparisons["share_percentile"].iloc[0],
            figures=[
                WORDS.say(
                    "standing.figure",
                    indicator=lower_first(indicator(comparison.indicator).label),
                    place=comparison.percentile,
                )
                for comparison in comparisons.itertuples()
            ],
        )
        for construct, comparisons in rows.groupby("construct", sort=False)
    ]
    return WORDS.say("standing.report", published=published, constructs=constructs)


def case_limits(case: CaseStudy) -> Prose:
    """Say what one authority can't show."""
    has_changed = case.about.predecessors or case.about.successors
    names = ("limits", "limits.boundary") if has_changed else ("limits",)
    return Prose("\n".join(WORDS.say(name) for name in names))
