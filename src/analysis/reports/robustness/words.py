"""What the report on one pair under a referee's questions says.

An association over all specifications «holds together» where both ways of testing the median, reweighted residuals and
swapped paths, give p below 0.05; where they part, the sentence says so. Written before any result.
"""

from collections.abc import Sequence

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.estimators.curve.axes import CurveSpecification
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.words import words_of
from publishing.display import Prose

from .study import Robustness

WORDS = words_of(__package__)
_AXES = (
    "exposure", "outcome", "lag_years", "controls", "estimator", "weights", "sample", "transformation",
)  # fmt: skip


def curve_declared(specifications: Sequence[CurveSpecification]) -> Prose:
    """Count the ways in which a curve asks, by the axes on which there is a choice, before any of them is fitted."""
    labels = [specification.labels() for specification in specifications]
    sizes = {axis: len({choice[axis] for choice in labels}) for axis in _AXES}
    choices = [WORDS.say(f"axis.{axis}", n_choices=size) for axis, size in sizes.items() if size > 1]
    return WORDS.prose("declared", n_specifications=len(specifications), choices=choices)


def robustness_result(found: Robustness) -> Prose:
    """Say whether an association stands when it is asked in every declared way, and what could have been seen."""
    curve, main = found.curve, found.main
    result = WORDS.say(
        "result",
        n_specifications=len(curve.specifications),
        verdict=_verdict(found),
        median=curve.median,
        same_sign=curve.same_sign,
        clear=curve.significant,
        chance=_chance(found),
        estimate=main.with_limits,
    )
    reach = WORDS.say(
        "reach.excluded" if found.equivalence.equivalent else "reach.open",
        smallest=SMALLEST_OF_INTEREST,
        p_value=found.equivalence.p_value,
        detectable=found.power.by_simulation,
    )
    return Prose(" ".join(part for part in (result, reach, _hangs_on(found)) if part))


def _verdict(found: Robustness) -> str:
    by_bootstrap = found.curve.joint["median"].p_value < 0.05
    by_swapping = found.permuted.p_value < 0.05 if found.permuted else by_bootstrap
    if by_bootstrap and by_swapping:
        return WORDS.say("verdict.both-tests")
    return WORDS.say("verdict.one-test" if by_bootstrap or by_swapping else "verdict.no-test")


def _chance(found: Robustness) -> str:
    bootstrap = found.curve.joint["median"].p_value
    if not found.permuted:
        return WORDS.say("chance", bootstrap_p_value=bootstrap)
    return WORDS.say("chance.swapped", bootstrap_p_value=bootstrap, swapped_p_value=found.permuted.p_value)


def _hangs_on(found: Robustness) -> str:
    """Say whether the estimate's sign survives every row left out; the signs of its range tell, whichever moved it most."""
    if not found.influence:
        return ""
    turning = [
        influence.by
        for influence in found.influence
        if min(influence.low, found.main.estimate) < 0 < max(influence.high, found.main.estimate)
    ]
    if turning:
        return WORDS.say("left_out.turns", turning=turning)
    return WORDS.say("left_out.keeps", left_out=[influence.by for influence in found.influence])


def family_wise_result(family: pd.DataFrame, level: float = 0.05) -> Prose:
    """Say which pairs stand where no false finding is allowed at all; ``family`` as ``with_family_p`` returns."""
    standing = family[family["family_p_value"] < level].sort_values(["family_p_value", "p_value"])
    pairs = [
        WORDS.say(
            "family.pair",
            exposure=indicator(row["exposure"]).label,
            outcome=indicator(row["outcome"]).label,
            p_value=row["family_p_value"],
        )
        for row in standing.to_dict("records")
    ]
    if not pairs:
        return WORDS.prose("family.none", n_pairs=len(family), level=level)
    return WORDS.prose("family", n_pairs=len(family), n_standing=len(pairs), level=level, pairs=pairs)
