"""Results on one authority as findings, under the names by which claims ask for them."""

from analysis.data.definitions.indicators import indicator
from analysis.estimators.synthetic_control import SyntheticControl
from analysis.findings.finding import Finding
from analysis.showing.words import words_of

from .standing import Percentile
from .study import CaseStudy

WORDS = words_of(__package__)


def case_findings(case: CaseStudy) -> tuple[Finding, ...]:
    """Return ``synthetic-OUTCOME`` for each synthetic control that there is, and ``health-assessments-percentile``."""
    findings = [_synthetic(case, name, result) for name, result in case.computed().items()]
    if isinstance(case.health, Percentile):
        findings.append(_health(case, case.health))
    return tuple(findings)


def _synthetic(case: CaseStudy, name: str, control: SyntheticControl) -> Finding:
    asked = control.specification
    entry = indicator(asked.outcome)
    first, last = (asked.start + years for years in asked.averaged)
    return Finding.of(
        control,
        name=f"synthetic-{name}",
        label=WORDS.say(
            "finding.synthetic",
            authority=case.authority,
            outcome=entry.label,
            first_year=first,
            last_year=last,
            gap=control.with_limits,
            unit=entry.difference_label,
        ),
        scale="standard deviations",
        n_observations=len(control.path),
        n_clusters=control.n_donors + 1,
        unit=control.outcome_sd,
        caution=_caution(control),
        indicators=(entry.id,),
    )


def _caution(control: SyntheticControl) -> str:
    told = "finding.synthetic.caution.few" if control.is_descriptive else "finding.synthetic.caution"
    return WORDS.say(told, n_years=control.n_years_before)


def _health(case: CaseStudy, place: Percentile) -> Finding:
    entry = indicator(place.indicator)
    return Finding.of(
        place,
        name="health-assessments-percentile",
        label=WORDS.say(
            "finding.health",
            authority=case.authority,
            outcome=entry.label,
            value=place.value,
            year=place.year,
            n_authorities=place.n_authorities,
        ),
        scale="percentile",
        n_observations=place.n_authorities,
        n_clusters=place.n_authorities,
        caution=WORDS.say("finding.health.caution"),
        indicators=(place.indicator,),
    )
