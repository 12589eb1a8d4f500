"""Sentences with computed numbers on one pair under a referee's questions.

An association over all specifications «holds together» where both ways of testing the median, reweighted residuals and
swapped paths, give p below 0.05; where they part, the sentence says so. Written before any result.
"""

from collections.abc import Sequence

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.curve.axes import CurveSpecification
from analysis.showing.numbers import interval, listed, number, probability
from publishing.display import Prose

from .study import SMALLEST_OF_INTEREST, Robustness

_AXES = {
    "exposure": "measures of the exposure",
    "outcome": "measures of the outcome",
    "lag_years": "timings",
    "controls": "sets of controls",
    "estimator": "estimators with their effects",
    "weights": "weights",
    "sample": "sets of rows",
    "transformation": "transformations",
}


def curve_declared(specifications: Sequence[CurveSpecification]) -> Prose:
    """Count the ways in which a curve asks, by the axes on which there is a choice, before any of them is fitted."""
    choices = [specification.labels() for specification in specifications]
    sizes = {axis: len({choice[axis] for choice in choices}) for axis in _AXES}
    counts = [f"{sizes[axis]} {name}" for axis, name in _AXES.items() if sizes[axis] > 1]
    return Prose(
        f"The curve has {len(choices)} specifications: {listed(counts) if counts else 'one of each choice'}."
    )


def robustness_result(found: Robustness) -> Prose:
    """Say whether an association stands when it is asked in every declared way, and what could have been seen."""
    curve, main = found.curve, found.main
    return Prose(
        f"Taken over {len(curve.specifications)} ways to ask, the association **{_verdict(found)}**: the median is "
        f"{number(curve.median, 2)} standard deviations, {curve.same_sign:.0%} are of one sign and "
        f"{curve.significant:.0%} are "
        f"clear alone; were there nothing, so large a median would come up with {_chance(found)}. The estimate with "
        f"authority and year effects is {number(main.estimate, 2)} ({interval(main.conf_low, main.conf_high)}). "
        f"{_could_have_seen(found)} {_hangs_on(found)}"
    )


def _verdict(found: Robustness) -> str:
    clear = found.curve.joint["median"].p_value < 0.05
    swapped = found.permuted.p_value < 0.05 if found.permuted else clear
    if clear and swapped:
        return "holds together"
    return "stands by one test of two only" if clear or swapped else "doesn't tell itself from chance"


def _chance(found: Robustness) -> str:
    bootstrap = f"{probability('p', found.curve.joint['median'].p_value)} by the wild bootstrap"
    if not found.permuted:
        return bootstrap
    return f"{bootstrap} and {probability('p', found.permuted.p_value)} by swapping authorities' paths"


def _could_have_seen(found: Robustness) -> str:
    reach = number(SMALLEST_OF_INTEREST, 1)
    if found.equivalence.equivalent:
        verdict = f"An association beyond {reach} either way is excluded"
    else:
        verdict = f"An association beyond {reach} can't be excluded"
    return (
        f"{verdict} ({probability('p', found.equivalence.p_value)}); "
        f"one of {number(found.power.by_simulation, 2)} would have "
        "been found four times in five."
    )


def _hangs_on(found: Robustness) -> str:
    """Say whether the estimate's sign survives every row left out; the signs of its range tell, whichever moved it most."""
    if not found.influence:
        return ""
    turning = [
        one.by
        for one in found.influence
        if min(one.low, found.main.estimate) < 0 < max(one.high, found.main.estimate)
    ]
    if turning:
        return f"Leaving out a single {' or '.join(turning)} can turn its sign."
    return f"It keeps its sign whichever {' or '.join(one.by for one in found.influence)} is left out."


def family_wise_result(family: pd.DataFrame, level: float = 0.05) -> Prose:
    """Say which pairs stand where no false finding is allowed at all; ``family`` as ``with_family_p`` returns."""
    standing = family[family["family_p_value"] < level].sort_values(["family_p_value", "p_value"])
    pairs = [
        f"{lower_first(indicator(row['exposure']).label)} and {lower_first(indicator(row['outcome']).label)} "
        f"({probability('p', row['family_p_value'])})"
        for row in standing.to_dict("records")
    ]
    said = f": {'; '.join(pairs)}" if pairs else ""
    return Prose(
        f"Allowing no false finding at all, rather than a share of them (Romano and Wolf's step-down by a wild cluster "
        f"bootstrap, the {len(family)} pairs drawn together), {len(pairs)} of {len(family)} stand at {level:.0%}{said}."
    )
