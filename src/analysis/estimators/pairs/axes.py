"""The ways in which a pair is asked, declared before anything is fitted."""

from collections.abc import Sequence

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import indicator
from analysis.estimators.curve.axes import Axes, CurveSpecification, SampleChoice, Transformation, expand
from analysis.estimators.regression.specification import ESTIMATORS

from .relationship import DEMAND_CONTROLS

PANDEMIC_YEARS = (2020, 2021)
TREND_YEARS = 6
"""A line for each authority leaves something to compare only where there are clearly more years than its two numbers."""


def held_constant(sample: SampleParameters) -> tuple[str, ...]:
    """Return the controls of demand and money, less those that are themselves asked about."""
    return tuple(name for name in DEMAND_CONTROLS if name not in (sample.outcome, sample.exposure))


def curve_axes(
    sample: SampleParameters,
    other_exposures: Sequence[str] = (),
    other_outcomes: Sequence[str] = (),
    transformations: Sequence[Transformation] = ("none",),
) -> Axes:
    """Return the axes of the curve of a pair, declared before anything is fitted, each for a reason.

    Timing: the September before, and a year earlier, for what takes time. Held constant: demand and money, which may
    drive both. Estimators, and effects of two-way: years of a region, because neighbours hire from one another and meet
    the same shocks; a trend of each authority, because authorities drift apart for reasons that neither measure holds
    (only where both are known for TREND_YEARS years). Weights: an authority or a child alike. Rows: without the years of
    the pandemic, without London, whose labour market is its own. Other measures of the same things, and transformations,
    are a study's to declare; a measure whose better side is the other one is turned.
    """
    held = held_constant(sample)
    samples = (
        SampleChoice("all", sample.years),
        SampleChoice("without 2020 and 2021", sample.years, without_years=PANDEMIC_YEARS),
        SampleChoice("without London", sample.years, without_regions=("Inner London", "Outer London")),
    )
    trends = ("entity trends and time",) if _years_known(sample) >= TREND_YEARS else ()
    turned = [name for name in other_exposures if _opposed(name, sample.exposure)]
    turned += [name for name in other_outcomes if _opposed(name, sample.outcome)]
    return Axes(
        exposures=(sample.exposure, *other_exposures), outcomes=(sample.outcome, *other_outcomes), lag_years=(0, 1),
        controls=tuple(dict.fromkeys([(), *((name,) for name in held), held])), estimators=ESTIMATORS,
        effects=("entity and time", "entity and region by time", *trends),
        weights=("none", "child_population_children"), samples=samples, transformations=tuple(transformations),
        reversed_measures=tuple(turned),
    )  # fmt: skip


def _years_known(sample: SampleParameters) -> int:
    entries = [indicator(name) for name in (sample.exposure, sample.outcome)]
    first = max(sample.years[0], *(entry.comparable_from or entry.years[0] for entry in entries))
    return min(sample.years[1], *(entry.years[1] for entry in entries)) - first + 1


def _opposed(first: str, second: str) -> bool:
    return {indicator(first).polarity, indicator(second).polarity} == {"low", "high"}


def specifications_of(
    sample: SampleParameters,
    other_exposures: Sequence[str] = (),
    other_outcomes: Sequence[str] = (),
    transformations: Sequence[Transformation] = ("none",),
) -> tuple[CurveSpecification, ...]:
    """Return every specification of a pair's curve, as ``curve_axes`` declares them; nothing is fitted."""
    return expand(curve_axes(sample, other_exposures, other_outcomes, transformations))
