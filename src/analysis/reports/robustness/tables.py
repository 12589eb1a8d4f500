"""What a referee asks of one pair, and what the figures answer: a table."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.estimators.curve.curve import Curve
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.numbers import label_of, source_line
from publishing.display import Table

from .charts import AXIS_LABELS
from .study import Robustness
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


def _row(name: str, variant: str = "", **values: Any) -> tuple[str, str]:
    """Return question and answer: the sentences ``answers.NAME`` and ``answers.NAME.answer``."""
    answer = f"answers.{name}.answer.{variant}" if variant else f"answers.{name}.answer"
    return WORDS.say(f"answers.{name}", **values), WORDS.say(answer, **values)


def _estimates(answers: Robustness) -> _Rows:
    main, wild, regional = answers.main, answers.wild, answers.regional
    rows = [
        _row("main", estimate=main.with_limits, p_value=main.p_value),
        _row("wild", p_value=wild.p_value, n_draws=wild.n_draws),
    ]
    if regional:
        rows.append(_row("regions", p_value=regional.p_value, n_regions=regional.n_clusters))
    return rows


def _choices(found: Robustness) -> _Rows:
    curve, permuted = found.curve, found.permuted
    rows = [
        _row(
            "curve",
            n_fitted=len(curve.specifications),
            n_distinct=curve.n_distinct,
            n_failed=len(curve.failures),
            median=curve.median,
            same_sign=curve.same_sign,
            clear=curve.significant,
        ),
        _row("joint", tests=_joint(curve)),
    ]
    if permuted:
        rows.append(_row("permuted", p_value=permuted.p_value, n_swappable=permuted.n_swappable))
    most = max(curve.axis_total_shares, key=curve.axis_total_shares.__getitem__)
    choice = AXIS_LABELS.get(most, most).lower()
    return [*rows, _row("choice", choice=choice, share=curve.axis_total_shares[most])]


def _joint(curve: Curve) -> list[str]:
    return [
        WORDS.say("answers.joint.test", test=_JOINT.get(name, name), p_value=test.p_value)
        for name, test in curve.joint.items()
    ]


def _left_out(found: Robustness) -> _Rows:
    return [
        _row("left_out", by=part.by, low=part.low, high=part.high, most=part.most, without=part.without_most)
        for part in found.influence
    ]


def _power(found: Robustness) -> _Rows:
    test = found.equivalence
    return [
        _row("power", smallest=found.power.by_simulation),
        _row(
            "equivalence",
            "yes" if test.equivalent else "unsure",
            within=SMALLEST_OF_INTEREST,
            p_value=test.p_value,
            low=test.conf_low,
            high=test.conf_high,
        ),
    ]


def _noise(answers: Robustness) -> _Rows:
    corrected = answers.corrected
    if corrected is None:
        return []
    return [
        _row(
            "noise",
            corrected=corrected.with_limits,
            plain=corrected.naive,
            reliability=corrected.reliability,
        )
    ]


def _confounding(found: Robustness) -> _Rows:
    needed = found.sensitivity
    if needed is None:
        return []
    delta = needed.oster_delta
    variant = "" if delta is None else "far" if abs(delta) > _FAR else "delta"
    return [_row("confounding", variant, share=needed.robustness_value, delta=delta, far=_FAR)]


def _placebos(answers: Robustness) -> _Rows:
    asked = {"placebo.lead": answers.lead, "placebo.outcome": answers.placebo}
    return [_row(name, estimate=placebo.with_limits) for name, placebo in asked.items() if placebo]


def _withheld(found: Robustness) -> _Rows:
    bounds = found.bounds
    if bounds is None:
        return []
    return [
        _row(
            "withheld",
            low=bounds.low,
            high=bounds.high,
            n_bounded=bounds.n_bounded,
            n_observations=bounds.n_observations,
            conf_low=bounds.conf_low,
            conf_high=bounds.conf_high,
        )
    ]
