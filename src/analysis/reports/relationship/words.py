"""What the report on one pair says: of which rows, what came out, and what it can't show."""

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from analysis.estimators.pairs.relationship import Relationship
from analysis.estimators.regression.estimate import Estimate
from analysis.showing.numbers import decimals_for
from analysis.showing.words import words_of
from publishing.display import Prose

WORDS = words_of(__package__)


def sample_described(parameters: SampleParameters, rows: pd.DataFrame) -> Prose:
    """Describe the rows that a model is given: years, authorities, how years meet, what is left out."""
    exposure, outcome = indicator(parameters.exposure), indicator(parameters.outcome)
    both = rows.dropna(subset=[parameters.outcome, parameters.exposure])
    parts = [
        WORDS.say(
            "sample",
            n_authorities=both["authority_code"].nunique(),
            n_years=both["year"].nunique(),
            first_year=both["year"].min(),
            last_year=both["year"].max(),
            n_both=len(both),
            n_rows=len(rows),
        ),
        WORDS.say(
            "sample.years",
            outcome_reference=outcome.reference_label,
            exposure_reference=exposure.reference_label,
            taken=_taken(parameters),
            met=WORDS.say(f"sample.met.{parameters.alignment.replace(' ', '-')}"),
        ),
        "" if parameters.include_very_small else WORDS.say("sample.very_small"),
        _earlier_definitions(exposure, parameters),
        _controls(parameters),
    ]
    return Prose(" ".join(part for part in parts if part))


def _taken(parameters: SampleParameters) -> str:
    if parameters.lag_years == 0:
        return ""
    when = "earlier" if parameters.lag_years > 0 else "later"
    return WORDS.say(f"sample.taken.{when}", years=abs(parameters.lag_years))


def _earlier_definitions(exposure: Indicator, parameters: SampleParameters) -> str:
    if exposure.comparable_from is None:
        return ""
    kept = "kept" if parameters.include_earlier_definitions else "left_out"
    return WORDS.say(f"sample.earlier_definitions.{kept}", year=exposure.comparable_from)


def _controls(parameters: SampleParameters) -> str:
    if not parameters.controls:
        return WORDS.say("sample.controls.none")
    return WORDS.say(
        "sample.controls", controls=[lower_first(indicator(name).label) for name in parameters.controls]
    )


def _direction(estimate: Estimate, outcome: Indicator) -> str:
    if not estimate.excludes():
        return WORDS.say("direction.none")
    way = "higher" if estimate.estimate > 0 else "lower"
    if outcome.polarity == "none":
        return WORDS.say("direction", way=way)
    is_better = (outcome.polarity == "high") == (way == "higher")
    return WORDS.say("direction.judged", way=way, verdict="better" if is_better else "worse")


def relationship_result(result: Relationship) -> Prose:
    """Say what the estimate asked for shows, in natural and in standard units, with interval and counts."""
    main = result.main.estimate
    exposure, outcome = (indicator(getattr(main.specification, name)) for name in ("exposure", "outcome"))
    natural = [value * main.exposure_sd for value in main.in_outcome_units]
    standard = main.in_standard_deviations
    text = WORDS.say(
        "result",
        direction=_direction(main, outcome),
        exposure=exposure.label,
        outcome=lower_first(outcome.label),
        step=main.exposure_sd,
        step_digits=decimals_for(main.exposure_sd / 4),
        exposure_unit=exposure.difference_label,
        outcome_unit=outcome.difference_label,
        digits=decimals_for((natural[2] - natural[1]) / 6),
        natural=natural,
        standard=standard,
        outcome_mean=main.outcome_mean,
        p_value=main.p_value,
        n_observations=main.n_observations,
        n_authorities=main.n_entities,
        n_clusters=main.n_clusters,
    )
    return Prose(f"{text}\n\n{_agreement(result)}")


def _agreement(result: Relationship) -> str:
    estimates = result.estimates
    is_positive = result.main.estimate.estimate > 0
    text = WORDS.say(
        "agreement",
        n_ways=len(estimates),
        n_same_sign=sum((entry.estimate > 0) == is_positive for entry in estimates),
        n_clear=sum(entry.excludes() for entry in estimates),
    )
    failed = [f"{variant.label}: {variant.failure}." for variant in result.variants if variant.failure]
    return " ".join([text, *failed])


def relationship_limits(result: Relationship) -> Prose:
    """Say what the estimate can't show: cause, children, and what was too imprecise to be seen."""
    main = result.main.estimate
    return WORDS.prose(
        "limits",
        strongest_sd=max(abs(value) for value in main.in_standard_deviations[1:]),
        rule=main.rule,
        n_incomplete=main.n_dropped_incomplete,
        n_singletons=main.n_dropped_singletons,
    )
