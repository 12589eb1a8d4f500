"""Results on one authority as findings, under the names by which claims ask for them."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.synthetic_control import SyntheticControl
from analysis.findings.finding import Finding
from analysis.showing.numbers import number, with_interval

from .standing import Percentile
from .study import CaseStudy


def case_findings(case: CaseStudy) -> tuple[Finding, ...]:
    """Return ``synthetic-OUTCOME`` for each synthetic control that there is, and ``health-assessments-percentile``."""
    found = [_synthetic(case, name, result) for name, result in case.computed().items()]
    if isinstance(case.health, Percentile):
        found.append(_health(case, case.health))
    return tuple(found)


def _synthetic(case: CaseStudy, name: str, found: SyntheticControl) -> Finding:
    asked = found.specification
    entry = indicator(asked.outcome)
    natural = f"{with_interval(*found.with_limits, 1)} {entry.difference_label}"
    first, last = (asked.start + years for years in asked.averaged)
    return Finding.of(
        found,
        name=f"synthetic-{name}",
        label=f"{case.authority}: {lower_first(entry.label)} less its synthetic control's, mean of {first} to {last}: "
        f"{natural}",
        scale="standard deviations",
        n_observations=len(found.path),
        n_clusters=found.n_donors + 1,
        unit=found.outcome_sd,
        caution=_caution(found),
        indicators=(entry.id,),
    )


def _caution(found: SyntheticControl) -> str:
    text = f"one authority, {found.n_years_before} years before the judgement"
    return f"{text}: too few for more than a description" if found.is_descriptive else text


def _health(case: CaseStudy, found: Percentile) -> Finding:
    entry = indicator(found.indicator)
    return Finding.of(
        found,
        name="health-assessments-percentile",
        label=f"{case.authority}: place of {lower_first(entry.label)}, {number(found.value, 0)}% in {found.year}, among "
        f"{found.n_authorities} authorities (0 lowest, 100 highest)",
        scale="percentile",
        n_observations=found.n_authorities,
        n_clusters=found.n_authorities,
        caution="annual health assessments of children looked after for a year, not the first ones of new entrants",
        indicators=(found.indicator,),
    )
