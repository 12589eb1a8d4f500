"""Event studies of inspections as findings, under the names by which claims ask for them."""

from ..findings import Finding
from ..indicators import indicator
from ..models.estimators import Estimate
from ..models.event_study import EventStudy
from ..wording import interval, lower_first, number, probability
from .shock import AVERAGED, InspectionShock


def shock_findings(study: InspectionShock) -> tuple[Finding, ...]:
    """Return ``inadequate-OUTCOME`` and ``inspection-OUTCOME`` for every outcome, and ``leadership-problem-turnover``."""
    own = [_finding(f"inadequate-{_kebab(one.outcome)}", one.inadequate, _AFTER) for one in study.shocks]
    other = [_finding(f"inspection-{_kebab(one.outcome)}", one.other, _AFTER_OTHER) for one in study.shocks]
    return (*own, *other, _leadership(study.leadership))


_AFTER = f"in years {AVERAGED[0]} to {AVERAGED[1]} after a first inadequate judgement"
_AFTER_OTHER = "in the year of an inspection that wasn't judged inadequate and the year after it"


def _kebab(outcome: str) -> str:
    return outcome.replace("_", "-")


def _finding(name: str, found: EventStudy, when: str) -> Finding:
    entry = indicator(found.specification.outcome)
    average, sd = found.average, found.outcome_sd
    natural = f"{number(average.estimate, 1)} ({interval(average.conf_low, average.conf_high, 1)}) {entry.difference_label}"
    return Finding(
        name=name,
        label=f"{entry.label} {when}, against the year before: {natural}",
        scale="standard deviations",
        estimate=average.estimate / sd,
        conf_low=average.conf_low / sd,
        conf_high=average.conf_high / sd,
        p_value=average.p_value,
        n_observations=found.n_observations,
        n_clusters=found.n_clusters,
        caution=_caution(found),
        indicators=(entry.id,),
    )


def _caution(found: EventStudy) -> str:
    text = f"{found.n_events} judgements; what led to the judgement may drive the figures too"
    if found.pre_trend_p_value is not None and found.pre_trend_p_value < 0.05:
        text += f"; the figures were moving before it ({probability('p', found.pre_trend_p_value)})"
    return text


def _leadership(found: Estimate) -> Finding:
    entry, sd = indicator("turnover_percent"), found.outcome_sd
    natural = f"{number(found.estimate, 1)} ({interval(found.conf_low, found.conf_high, 1)}) {entry.difference_label}"
    return Finding(
        name="leadership-problem-turnover",
        label=f"{entry.label} in the year after reports that call leadership a problem more than the median, against "
        f"other reports, net of {lower_first(entry.label)} before and of the year: {natural}",
        scale="standard deviations",
        estimate=found.estimate / sd,
        conf_low=found.conf_low / sd,
        conf_high=found.conf_high / sd,
        p_value=found.p_value,
        n_observations=found.n_observations,
        n_clusters=found.n_clusters,
        caution="the coder misses some sentences on leadership and mistakes some, which draws differences towards nil",
        indicators=(entry.id,),
    )
