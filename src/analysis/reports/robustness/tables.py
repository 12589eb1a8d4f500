"""What a referee asks of one pair, and what the figures answer: a table."""

from collections.abc import Callable

import pandas as pd

from analysis.estimators.curve.curve import Curve
from analysis.estimators.diagnostics.influence import Influence
from analysis.showing.numbers import interval, label_of, number, probability, source_line
from publishing.display import Table

from .charts import AXIS_LABELS
from .study import SMALLEST_OF_INTEREST, Robustness
from .words import WORDS

_JOINT = {"share_significant": "share clear", "stouffer_z": "sum of z"}
_FAR = 10
"""A delta beyond this, either way, says no more than that controls hardly move the estimate."""
_Rows = list[tuple[str, str]]


def answers_table(found: Robustness) -> Table:
    """Return what a referee asks and what the figures answer, a row a question."""
    parts: tuple[Callable[[Robustness], _Rows], ...] = (
        _estimates, _choices, _left_out, _power, _noise, _confounding, _placebos, _withheld,
    )  # fmt: skip
    rows = [row for part in parts for row in part(found)]
    rows += [(f"Not available: {name}", reason) for name, reason in found.reasons.items()]
    return Table(
        pd.DataFrame(rows, columns=["Question", "Answer"]),
        caption=WORDS.say(
            "caption.answers",
            exposure=label_of(found.sample.exposure),
            outcome=label_of(found.sample.outcome),
        ),
        source=source_line([found.sample.exposure, found.sample.outcome]),
        note=WORDS.say("note.answers"),
    )


def _estimates(found: Robustness) -> _Rows:
    main, wild, regional = found.main, found.wild, found.regional
    rows = [
        ("Authority and year effects", f"{number(main.estimate, 2)} ({interval(main.conf_low, main.conf_high)}), "
         f"{probability('p', main.p_value)}"),
        ("Wild bootstrap, authorities as clusters", f"{probability('p', wild.p_value)}, {wild.n_draws} draws"),
    ]  # fmt: skip
    if regional:
        answer = f"{probability('p', regional.p_value)}, {regional.n_clusters} regions"
        rows.append(("Wild bootstrap, regions as clusters", answer))
    return rows


def _choices(found: Robustness) -> _Rows:
    curve, permuted = found.curve, found.permuted
    rows = [
        ("Every declared way", f"{len(curve.specifications)} fitted ({curve.n_distinct} distinct), {len(curve.failures)} "
         f"failed; median {number(curve.median, 2)}, {curve.same_sign:.0%} of one sign, {curve.significant:.0%} clear"),
        ("All of them, residuals reweighted", _joint(curve)),
    ]  # fmt: skip
    if permuted:
        answer = f"median {probability('p', permuted.p_value)}, {permuted.n_swappable} authorities swapped"
        rows.append(("All of them, paths of the exposure swapped", answer))
    most = max(curve.axis_total_shares, key=curve.axis_total_shares.__getitem__)
    share = f"{AXIS_LABELS.get(most, most).lower()} ({curve.axis_total_shares[most]:.0%} of the variance)"
    return [*rows, ("The choice that matters most", share)]


def _joint(curve: Curve) -> str:
    return ", ".join(
        f"{_JOINT.get(name, name)} {probability('p', test.p_value)}" for name, test in curve.joint.items()
    )


def _left_out(found: Robustness) -> _Rows:
    return [(f"Each {one.by} left out in turn", _moved(one)) for one in found.influence]


def _moved(one: Influence) -> str:
    return f"{interval(one.low, one.high)}; most moved without {one.most}, to {number(one.without_most, 2)}"


def _power(found: Robustness) -> _Rows:
    test, reach = found.equivalence, number(SMALLEST_OF_INTEREST, 1)
    verdict = "yes" if test.equivalent else "can't be said"
    return [
        ("Smallest association found four times in five", number(found.power.by_simulation, 2)),
        (f"As good as none (within {reach} either way)?", f"{verdict}, {probability('p', test.p_value)}; 90% interval "
         f"{interval(test.conf_low, test.conf_high)}"),
    ]  # fmt: skip


def _noise(found: Robustness) -> _Rows:
    one = found.corrected
    if one is None:
        return []
    answer = (
        f"{number(one.corrected, 3)} ({interval(one.conf_low, one.conf_high, 3)}) where the plain estimate is "
        f"{number(one.naive, 3)}; reliability {number(one.reliability, 2)}"
    )
    return [("Chance moves of small rates taken out (natural units)", answer)]


def _confounding(found: Robustness) -> _Rows:
    one = found.sensitivity
    if one is None:
        return []
    needed = f"{one.robustness_value:.1%} of what is left of both"
    if one.oster_delta is not None:
        far = abs(one.oster_delta) > _FAR
        needed += f"; Oster's delta {f'beyond {_FAR}' if far else number(one.oster_delta, 1)}"
    return [("What an unmeasured confounder would need", needed)]


def _placebos(found: Robustness) -> _Rows:
    asked = {"Placebo: the exposure a year later": found.lead, "Placebo outcome: school moves": found.placebo}
    return [
        (name, f"{number(one.estimate, 2)} ({interval(one.conf_low, one.conf_high)})")
        for name, one in asked.items()
        if one
    ]


def _withheld(found: Robustness) -> _Rows:
    one = found.bounds
    if one is None:
        return []
    answer = (
        f"{interval(one.low, one.high)} over all that {one.n_bounded} withheld figures may be, of {one.n_observations:,}; "
        f"with chance {interval(one.conf_low, one.conf_high)}"
    )
    return [("Bounds for withheld figures", answer)]
