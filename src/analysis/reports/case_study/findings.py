"""Results on one authority as findings, under the names by which claims ask for them."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.synthetic_control import SyntheticControl
from analysis.findings.finding import Finding
from analysis.showing.numbers import number, with_interval

from .standing import Percentile
from .study import CaseStudy


def case_findings(case: CaseStudy) -> tuple[Finding, ...]:
    """Return ``synthetic-OUTCOME`` for each synthetic control that there is, and ``health-assessments-percentile``."""
    findings = [_synthetic(case, name, result) for name, result in case.computed().items()]
    if isinstance(case.health, Percentile):
        findings.append(_health(case, case.health))
    return tuple(findings)


def _synthetic(case: CaseStudy, name: str, control: SyntheticControl) -> Finding:
    asked = control.specification
    entry = indicator(asked.outcome)
    natural = f"{with_interval(*control.with_limits, 1)} {entry.difference_label}"
    first, last = (asked.start + years for years in asked.averaged)
    return Finding.of(
        control,
        name=f"synthetic-{name}",
        label=f"{case.authority}: {lower_first(entry.label)} less its synthetic control's, mean of {first} to {last}: "
        f"{natural}",
        scale="standard deviations",
        n_observations=len(control.path),
        n_clusters=control.n_donors + 1,
        unit=control.outcome_sd,
        caution=_caution(control),
        indicators=(entry.id,),
    )


def _caution(control: SyntheticControl) -> str:
    text = f"one authority, {control.n_years_before} years before the judgement"
    return f"{text}: too few for more than a description" if control.is_descriptive else text


def _health(case: CaseStudy, place: Percentile) -> Finding:
    entry = indicator(place.indicator)
    return Finding.of(
        place,
        name="health-assessments-percentile",
        label=f"{case.authority}: place of {lower_first(entry.label)}, {number(place.value, 0)}% in {place.year}, among "
        f"{place.n_authorities} authorities (0 lowest, 100 highest)",
        scale="percentile",
        n_observations=place.n_authorities,
        n_clusters=place.n_authorities,
        caution="annual health assessments of children looked after for a year, not the first ones of new entrants",
        indicators=(place.indicator,),
    )
