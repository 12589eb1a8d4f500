"""Event studies of inspections as findings, under the names by which claims ask for them."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.events.study import EventStudy
from analysis.estimators.regression.estimate import Estimate
from analysis.estimators.regression.inference import EstimateWithError
from analysis.findings.finding import Finding
from analysis.showing.numbers import probability, with_interval

from .study import AVERAGED, InspectionShock, Shock


def shock_findings(study: InspectionShock) -> tuple[Finding, ...]:
    """Return what is found around inspections, each outcome's name in kebab case.

    ``inadequate-OUTCOME`` after an inadequate judgement, ``before-inadequate-OUTCOME`` in the years that led to it (a
    placebo), ``inspection-OUTCOME`` after another inspection, and ``leadership-problem-turnover``.
    """
    own = [_finding(f"inadequate-{_kebab(one.outcome)}", one.inadequate, _AFTER) for one in study.shocks]
    before = [_before(one, one.inadequate.before) for one in study.shocks if one.inadequate.before]
    other = [_finding(f"inspection-{_kebab(one.outcome)}", one.other, _AFTER_OTHER) for one in study.shocks]
    return (*own, *before, *other, _leadership(study.leadership))


_AFTER = f"in years {AVERAGED[0]} to {AVERAGED[1]} after a first inadequate judgement"
_AFTER_OTHER = "in the year of an inspection that was not judged inadequate and the year after it"


def _kebab(outcome: str) -> str:
    return outcome.replace("_", "-")


def _finding(name: str, study: EventStudy, when: str) -> Finding:
    return _standardised(name, study, study.average, f"{when}, against the year before", _caution(study))


def _before(shock: Shock, before: EstimateWithError) -> Finding:
    """Return the mean of the years before as a finding; its caution has the joint test, which a mean can miss."""
    study = shock.inadequate
    first = study.specification.pre_years
    when = (
        "in the year two years before a first inadequate judgement"
        if first == 2
        else f"on average over the years from {first} to 2 years before a first inadequate judgement"
    )
    caution = (
        f"a placebo: a difference says that the figures were moving before the judgement. This is the mean of the years "
        f"before ({probability('p', before.p_value)}); the joint test that none of them differs from the year before "
        f"the judgement has {probability('p', study.pre_trend_p_value)}"
    )
    return _standardised(
        f"before-inadequate-{_kebab(shock.outcome)}",
        study,
        before,
        f"{when}, against the year before it",
        caution,
    )


def _standardised(
    name: str, study: EventStudy, effect: EstimateWithError, when: str, caution: str
) -> Finding:
    """Return an effect in the outcome's standard deviations; the label has it in natural units too."""
    entry = indicator(study.specification.outcome)
    return Finding.of(
        effect,
        name=name,
        label=f"{entry.label} {when}: {with_interval(*effect.with_limits, 1)} {entry.difference_label}",
        scale="standard deviations",
        n_observations=study.n_observations,
        n_clusters=study.n_clusters,
        unit=study.outcome_sd,
        caution=caution,
        indicators=(entry.id,),
    )


def _caution(study: EventStudy) -> str:
    text = f"{study.n_events} judgements; what led to the judgement may drive the figures too"
    if study.pre_trend_p_value is not None and study.pre_trend_p_value < 0.05:
        text += f"; the figures were moving before it ({probability('p', study.pre_trend_p_value)})"
    return text


def _leadership(difference: Estimate) -> Finding:
    entry = indicator("turnover_percent")
    natural = f"{with_interval(*difference.with_limits, 1)} {entry.difference_label}"
    return Finding.of(
        difference,
        name="leadership-problem-turnover",
        label=f"{entry.label} in the year after reports that call leadership a problem more than the median, against "
        f"other reports, after allowing for {lower_first(entry.label)} before and for the year: {natural}",
        scale="standard deviations",
        n_observations=difference.n_observations,
        n_clusters=difference.n_clusters,
        unit=difference.outcome_sd,
        caution="the coder misses some sentences on leadership and mistakes some, which draws differences towards zero",
        indicators=(entry.id,),
    )
