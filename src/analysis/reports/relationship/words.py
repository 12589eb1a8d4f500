"""What the report on one pair says: of which rows, what came out, and what it can't show."""

from collections.abc import Sequence

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import Indicator, dictionary, indicator, lower_first
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST, Estimated, Relationship
from analysis.estimators.regression.estimate import Estimate
from analysis.showing.numbers import step_of, with_unit
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

WORDS = words_of(__package__)
MOST_NAMED = 3
"""Other analyses that the answer names one by one; more are only counted."""


def make_ready() -> None:
    """Translate all sentences, once for every report of this kind."""
    WORDS.make_ready()


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


def finding(estimate: Estimate) -> str:
    """Return what an estimate finds, in the one sentence that opens the answer and titles the figure."""
    specification, verdict = estimate.specification, verdict_on(estimate)
    phrases = {name: phrase_of(getattr(specification, name)) for name in ("exposure", "outcome")}
    if verdict != "clear":
        place = WORDS.say(f"place.{specification.estimator}")
        if verdict == "none" and {specification.exposure, specification.outcome} <= set(dictionary()):
            exposure, measured = _measures(estimate)
            return WORDS.say(
                "finding.none.natural",
                place=place,
                smallest=smallest_of(estimate),
                unit=measured.difference_label,
                step=step_of(exposure),
                **phrases,
            )
        return WORDS.say(f"finding.{verdict}", place=place, **phrases)
    outcome = dictionary().get(specification.outcome)
    polarity = outcome.polarity if outcome else "none"
    return WORDS.say(
        f"finding.clear.{specification.estimator}",
        way="higher" if estimate.estimate > 0 else "lower",
        better="" if polarity == "none" else WORDS.say(f"better.{polarity}"),
        **phrases,
    )


def size(estimate: Estimate) -> str:
    """Return an estimate in natural units, as the figure's title says it; of columns of one's own, what it finds."""
    specification = estimate.specification
    if not {specification.exposure, specification.outcome} <= set(dictionary()):
        return finding(estimate)
    exposure, outcome = _measures(estimate)
    return WORDS.say(
        f"scatter.finding.{specification.estimator}",
        exposure=exposure.phrase,
        step=step_of(exposure),
        outcome=outcome.phrase,
        change=_natural(estimate),
        unit=outcome.difference_label,
    )


def smallest_of(estimate: Estimate) -> float:
    """Return the smallest difference that matters in the outcome's unit, for a step of the exposure."""
    step = _measures(estimate)[0].step
    return SMALLEST_OF_INTEREST * estimate.outcome_sd * step / estimate.exposure_sd


def phrase_of(name: str) -> str:
    """Return what a sentence calls a column: its phrase in the dictionary, else its own name."""
    return dictionary()[name].phrase if name in dictionary() else lower_first(name)


def relationship_answer(result: Relationship) -> Answer:
    """Answer whether the outcome goes with the exposure: in natural units, how sure that is, and what it doesn't show."""
    main = result.main.estimate
    exposure, outcome = _measures(main)
    verdict, estimator = verdict_on(main), main.specification.estimator
    is_short = verdict == "clear" and estimator != "first-differences"
    values = {
        "step": step_of(exposure),
        "change": _natural(main),
        "unit": outcome.difference_label,
        "mean": with_unit(main.outcome_mean, outcome),
    }
    size = (
        WORDS.say("answer.size.short", **values)
        if is_short
        else WORDS.say(f"answer.size.{estimator}", exposure=exposure.phrase, outcome=outcome.phrase, **values)
    )
    return Answer(
        answer=paragraphs([f"**{finding(main)}**", size]),
        certainty=_certainty(result),
        not_shown=_not_shown(verdict, exposure),
    )


def _measures(estimate: Estimate) -> tuple[Indicator, Indicator]:
    specification = estimate.specification
    return indicator(specification.exposure), indicator(specification.outcome)


def _natural(estimate: Estimate) -> list[float]:
    """Return an estimate with its limits as the outcome's difference, in its unit, for a step of the exposure."""
    step = _measures(estimate)[0].step
    return [value * step for value in estimate.in_outcome_units]


def _not_shown(verdict: str, exposure: Indicator) -> str:
    """Say first the mistake that a reader would make: a cause where something is found, no harm where nothing is."""
    kind = "low" if exposure.polarity == "low" else "other"
    harms = {"no_harm": WORDS.say(f"no_harm.{kind}"), "harm": WORDS.say(f"harm.{kind}")}
    taken = {"clear": (), "none": ("no_harm",), "undecided": ("no_harm", "harm")}[verdict]
    return WORDS.say(
        f"answer.not_shown.{verdict}", exposure=exposure.phrase, **{name: harms[name] for name in taken}
    )


def _certainty(result: Relationship) -> str:
    main, (_, *others) = result.main.estimate, result.estimated
    exposure, outcome = _measures(main)
    later = result.main.sample.lag_years - 1
    placebo = next((way for way in others if way.sample.lag_years == later), None)
    told = [
        WORDS.say(
            "certainty",
            design=WORDS.say(f"design.{main.specification.estimator}"),
            n_rows=main.n_observations,
            n_authorities=main.n_entities,
            former=WORDS.say("former", n=result.n_former) if result.n_former else "",
            smallest_natural=smallest_of(main),
            unit=outcome.difference_label,
            smallest=SMALLEST_OF_INTEREST,
        ),
        *([WORDS.say("certainty.noise")] if verdict_on(main) == "none" else []),
        *_ways(main, [way for way in others if way is not placebo]),
        *_not_ruled_out(main, [way for way in others if way is not placebo]),
    ]
    if placebo:
        clear = "clear" if main.excludes() else "clear.alone"
        told.append(
            WORDS.say(
                f"certainty.placebo.{clear if placebo.estimate.excludes() else 'unclear'}",
                exposure=exposure.phrase,
                change=_natural(placebo.estimate),
                unit=outcome.difference_label,
            )
        )
    return " ".join(told)


def _ways(main: Estimate, others: Sequence[Estimated]) -> list[str]:
    """Say in how many other analyses the direction is the same and clear, and name those that matter where they are few."""
    same_side = [way for way in others if (way.estimate.estimate > 0) == (main.estimate > 0)]
    clear = [way for way in same_side if way.estimate.excludes()]
    opposite = [way for way in others if way not in same_side and way.estimate.excludes()]
    named = [way for way in others if way not in clear] if main.excludes() else clear
    if not clear and not opposite:
        return [WORDS.say("certainty.ways.nil", n_others=len(others))] if others else []
    if len(clear) == len(others):
        told = WORDS.say("certainty.ways.all")
    elif len(named) > MOST_NAMED:
        told = WORDS.say("certainty.ways.some", n_clear=len(clear))
    else:
        sentence = "certainty.ways.but" if main.excludes() else "certainty.ways.only"
        told = WORDS.say(sentence, n_clear=len(clear), labels=_labels(named))
    ways = [WORDS.say("certainty.ways", n_others=len(others), n_same_side=len(same_side), clear=told)]
    if opposite:
        ways.append(WORDS.say("certainty.ways.opposite", n_opposite=len(opposite), labels=_labels(opposite)))
    return ways


def _not_ruled_out(main: Estimate, others: Sequence[Estimated]) -> list[str]:
    """Say which other analyses leave possible what the answer says is ruled out."""
    open_to_it = [way for way in others if verdict_on(way.estimate) != "none"]
    if verdict_on(main) != "none" or not open_to_it:
        return []
    if len(open_to_it) > 1:
        labels = _labels(open_to_it) if len(open_to_it) <= MOST_NAMED else []
        return [WORDS.say("certainty.ways.not_ruled_out.some", n=len(open_to_it), labels=labels)]
    (way,) = open_to_it
    return [
        WORDS.say(
            "certainty.ways.not_ruled_out",
            label=lower_first(way.label),
            change=_natural(way.estimate),
            unit=_measures(main)[1].difference_label,
        )
    ]


def _labels(ways: Sequence[Estimated]) -> list[str]:
    return [lower_first(way.label) for way in ways]


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
