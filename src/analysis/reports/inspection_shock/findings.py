"""Event studies of inspections as findings, under the names by which claims ask for them."""

from analysis.data.definitions.indicators import indicator
from analysis.estimators.events.study import EventStudy
from analysis.estimators.regression.estimate import Estimate
from analysis.estimators.regression.inference import EstimateWithError
from analysis.findings.finding import Finding
from analysis.showing.words import words_of

from .study import AVERAGED, InspectionShock, Shock

WORDS = words_of(__package__)


def shock_findings(study: InspectionShock) -> tuple[Finding, ...]:
    """Return what is found around inspections, each outcome's name in kebab case.

    ``inadequate-OUTCOME`` after an inadequate judgement, ``before-inadequate-OUTCOME`` in the years that led to it (a
    placebo), ``inspection-OUTCOME`` after another inspection, and ``leadership-problem-turnover``.
    """
    own = [
        _finding(f"inadequate-{_kebab(shock.outcome)}", shock.inadequate, _AFTER) for shock in study.shocks
    ]
    before = [_before(shock, shock.inadequate.before) for shock in study.shocks if shock.inadequate.before]
    other = [
        _finding(f"inspection-{_kebab(shock.outcome)}", shock.other, _AFTER_OTHER) for shock in study.shocks
    ]
    return (*own, *before, *other, _leadership(study.leadership))


_AFTER = WORDS.say("finding.after", first=AVERAGED[0], last=AVERAGED[1])
_AFTER_OTHER = WORDS.say("finding.after.other")


def _kebab(outcome: str) -> str:
    return outcome.replace("_", "-")


def _finding(name: str, study: EventStudy, when: str) -> Finding:
    since = WORDS.say("finding.since", when=when)
    return _standardised(name, study, study.average, since, _caution(study))


def _before(shock: Shock, before: EstimateWithError) -> Finding:
    """Return the mean of the years before as a finding; its caution has the joint test, which a mean can miss."""
    study = shock.inadequate
    first = study.specification.pre_years
    when = WORDS.say("finding.before.one" if first == 2 else "finding.before", first=first)
    caution = WORDS.say(
        "finding.before.caution", p_value=before.p_value, joint_p_value=study.pre_trend_p_value
    )
    return _standardised(
        f"before-inadequate-{_kebab(shock.outcome)}",
        study,
        before,
        WORDS.say("finding.since.it", when=when),
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
        label=WORDS.say(
            "finding.label",
            outcome=entry.label,
            when=when,
            effect=effect.with_limits,
            unit=entry.difference_label,
        ),
        scale="standard deviations",
        n_observations=study.n_observations,
        n_clusters=study.n_clusters,
        unit=study.outcome_sd,
        caution=caution,
        indicators=(entry.id,),
    )


def _caution(study: EventStudy) -> str:
    moving = study.pre_trend_p_value is not None and study.pre_trend_p_value < 0.05
    return WORDS.say(
        "finding.caution.moving" if moving else "finding.caution",
        n_events=study.n_events,
        **({"p_value": study.pre_trend_p_value} if moving else {}),
    )


def _leadership(difference: Estimate) -> Finding:
    entry = indicator("turnover_percent")
    return Finding.of(
        difference,
        name="leadership-problem-turnover",
        label=WORDS.say(
            "finding.leadership",
            outcome=entry.label,
            difference=difference.with_limits,
            unit=entry.difference_label,
        ),
        scale="standard deviations",
        n_observations=difference.n_observations,
        n_clusters=difference.n_clusters,
        unit=difference.outcome_sd,
        caution=WORDS.say("finding.leadership.caution"),
        indicators=(entry.id,),
    )
