"""What the report on one pair says: of which rows, what came out, and what it can't show."""

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST, Relationship
from analysis.estimators.regression.estimate import Estimate
from analysis.showing.numbers import step_of, with_unit
from analysis.showing.words import words_of
from publishing.display import Answer, Prose

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


def verdict_on(estimate: Estimate) -> str:
    """Return which sentence opens the answer and titles the figure.

    A clear association, none that matters, or that the figures can't tell.
    """
    if estimate.excludes():
        return "clear"
    reach = max(abs(value) for value in estimate.in_standard_deviations[1:])
    return "none" if reach < SMALLEST_OF_INTEREST else "undecided"


def relationship_answer(result: Relationship) -> Answer:
    """Answer whether the outcome goes with the exposure: in natural units, how sure that is, and what it doesn't show."""
    main = result.main.estimate
    exposure, outcome = (indicator(getattr(main.specification, name)) for name in ("exposure", "outcome"))
    verdict = verdict_on(main)
    is_higher = main.estimate > 0
    better = "better" if (outcome.polarity == "high") == is_higher else "worse"
    opening = WORDS.say(
        f"answer.{verdict}",
        exposure=exposure.phrase,
        outcome=outcome.phrase,
        way="higher" if is_higher else "lower",
        better="" if outcome.polarity == "none" else better,
    )
    size = WORDS.say(
        f"answer.size.{main.specification.estimator}",
        exposure=exposure.phrase,
        step=step_of(exposure),
        outcome=outcome.phrase,
        change=[value * exposure.step for value in main.in_outcome_units],
        unit=outcome.difference_label,
        mean=with_unit(main.outcome_mean, outcome),
    )
    return Answer(
        answer=f"{opening} {size}",
        certainty=_certainty(result),
        not_shown=WORDS.say("answer.not_shown", exposure=exposure.phrase, outcome=outcome.phrase),
    )


def _certainty(result: Relationship) -> str:
    main, (_, *others) = result.main.estimate, result.estimated
    same_side = [way for way in others if (way.estimate.estimate > 0) == (main.estimate > 0)]
    told = [
        WORDS.say(
            "certainty",
            n_rows=main.n_observations,
            n_authorities=main.n_entities,
            standard=main.in_standard_deviations,
            p_value=main.p_value,
            smallest=SMALLEST_OF_INTEREST,
        ),
        WORDS.say(
            "certainty.ways",
            n_others=len(others),
            n_same_side=len(same_side),
            n_clear=sum(way.estimate.excludes() for way in same_side),
        ),
    ]
    placebo = next((way for way in others if way.sample.lag_years == result.main.sample.lag_years - 1), None)
    if placebo and main.excludes():
        told.append(WORDS.say(f"certainty.placebo.{'clear' if placebo.estimate.excludes() else 'unclear'}"))
    return " ".join(told)


def relationship_limits(result: Relationship) -> Prose:
    """Say what the estimate can't show: cause, children, and what was too imprecise to be seen."""
    main = result.main.estimate
    limits = WORDS.say(
        "limits",
        n_incomplete=main.n_dropped_incomplete,
        n_singletons=main.n_dropped_singletons,
    )
    failed = [f"{variant.label} ({variant.failure})" for variant in result.variants if variant.failure]
    return Prose(f"{limits}\n{WORDS.say('limits.failed', failed=failed)}" if failed else limits)
