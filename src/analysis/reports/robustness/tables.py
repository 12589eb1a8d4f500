"""What a referee asks of one pair, what the figures answer, and what that says of the association: a table."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import dictionary, indicator
from analysis.estimators.curve.curve import Curve
from analysis.estimators.diagnostics.power import Equivalence
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.numbers import source_line
from publishing.display import Table

from .study import Robustness
from .words import LEVEL, WORDS, clear_or_not, corrected_natural, natural, step_in_words, turning

_JOINT = {"share_significant": "share clear", "stouffer_z": "sum of z"}
_FAR = 10
"""A delta beyond this, either way, says no more than that controls hardly move the estimate."""
_Rows = list[tuple[str, str, str]]


def answers_table(robustness: Robustness) -> Table:
    """Return what a referee asks, what the figures answer and what that says, a row a question."""
    parts: tuple[Callable[[Robustness], _Rows], ...] = (
        _estimates, _choices, _left_out, _power, _confounding, _placebos, _withheld,
    )  # fmt: skip
    rows = [row for part in parts for row in part(robustness)]
    rows += [
        (_missing(name), in_words(reason), WORDS.say("table.none"))
        for name, reason in robustness.reasons.items()
    ]
    return Table(
        pd.DataFrame(rows, columns=["Question", "Answer", "Verdict"]),
        caption=WORDS.say("caption.answers"),
        source=source_line([robustness.sample.exposure, robustness.sample.outcome]),
        note=WORDS.say(
            "note.answers",
            unit=indicator(robustness.sample.outcome).difference_label,
            step=step_in_words(robustness),
        ),
    )


def in_words(reason: str) -> str:
    """Return a reason with every indicator's name in it replaced by what readers call it."""
    for name in sorted(dictionary(), key=len, reverse=True):
        reason = reason.replace(name, dictionary()[name].phrase)
    return reason


def _missing(name: str) -> str:
    sentence = f"missing.{name.replace(' ', '-')}"
    return WORDS.say(sentence) if sentence in WORDS.sentences else WORDS.say("missing.other", what=name)


def _row(name: str, verdict: str, variant: str = "", **values: Any) -> tuple[str, str, str]:
    """Return question, answer and verdict: the sentences ``answers.NAME``, ``answers.NAME.answer`` and ``table.VERDICT``."""
    answer = f"answers.{name}.answer.{variant}" if variant else f"answers.{name}.answer"
    return WORDS.say(f"answers.{name}", **values), WORDS.say(answer, **values), verdict


def _said(p_value: float) -> str:
    return WORDS.say("table.clear" if p_value < LEVEL else "table.not_clear")


def _estimates(robustness: Robustness) -> _Rows:
    main, regional, corrected = robustness.main, robustness.regional, corrected_natural(robustness)
    rows = [
        _row(
            "main",
            clear_or_not(main),
            estimate=natural(robustness, main.with_limits),
            p_value=main.p_value,
            wild_p_value=robustness.wild.p_value,
        )
    ]
    if robustness.corrected and corrected:
        rows.append(
            _row(
                "noise",
                clear_or_not(robustness.corrected),
                corrected=corrected,
                reliability=robustness.corrected.reliability,
            )
        )
    if regional:
        rows.append(
            _row("regions", _said(regional.p_value), p_value=regional.p_value, n_regions=regional.n_clusters)
        )
    return rows


def _choices(robustness: Robustness) -> _Rows:
    curve, permuted = robustness.curve, robustness.permuted
    same = (curve.median > 0) == (robustness.main.estimate > 0)
    rows = [
        _row(
            "curve",
            WORDS.say("table.holds" if same else "table.turns"),
            median=natural(robustness, [curve.median])[0],
            same_sign=curve.same_sign,
            clear=curve.significant,
            n_failed=len(curve.failures),
            n_declared=len(curve.specifications) + len(curve.failures),
        ),
        _row("joint", _said(curve.joint["median"].p_value), tests=_joint(curve)),
    ]
    if permuted:
        rows.append(
            _row(
                "permuted",
                _said(permuted.p_value),
                p_value=permuted.p_value,
                n_swappable=permuted.n_swappable,
            )
        )
    return rows


def _joint(curve: Curve) -> list[str]:
    return [
        WORDS.say("answers.joint.test", test=_JOINT.get(name, name), p_value=test.p_value)
        for name, test in curve.joint.items()
    ]


def _left_out(robustness: Robustness) -> _Rows:
    rows = []
    for part in robustness.influence:
        low, high, without = natural(robustness, [part.low, part.high, part.without_most])
        verdict = WORDS.say("table.turns" if part.by in turning(robustness) else "table.holds")
        rows.append(
            _row("left_out", verdict, by=part.by, low=low, high=high, most=part.most, without=without)
        )
    return rows


def _power(robustness: Robustness) -> _Rows:
    test, detectable = robustness.equivalence, robustness.power.by_simulation
    smallest, matters = natural(robustness, [detectable, SMALLEST_OF_INTEREST])
    low, high = natural(robustness, [test.conf_low, test.conf_high])
    return [
        _row(
            "power",
            WORDS.say("table.fine" if detectable <= SMALLEST_OF_INTEREST else "table.coarse"),
            smallest=smallest,
            matters=matters,
        ),
        _row(
            "equivalence",
            WORDS.say(f"table.{_smaller(test)}"),
            p_value=test.p_value,
            low=low,
            high=high,
        ),
    ]


def _smaller(test: Equivalence) -> str:
    """Return whether it is smaller than what matters: ``yes``, ``no`` where it is surely larger, or ``unsure``."""
    if test.equivalent:
        return "yes"
    is_larger = test.conf_low > SMALLEST_OF_INTEREST or test.conf_high < -SMALLEST_OF_INTEREST
    return "no" if is_larger else "unsure"


def _confounding(robustness: Robustness) -> _Rows:
    needed = robustness.sensitivity
    if needed is None:
        return []
    delta = needed.oster_delta
    variant = "" if delta is None else "far" if abs(delta) > _FAR else "delta"
    share = needed.robustness_value
    return [_row("confounding", WORDS.say("table.none"), variant, share=share, delta=delta, far=_FAR)]


def _placebos(robustness: Robustness) -> _Rows:
    rows = []
    if robustness.lead:
        rows.append(
            _row(
                "placebo.lead",
                _passed(robustness.lead),
                estimate=natural(robustness, robustness.lead.with_limits),
            )
        )
    if robustness.placebo:
        rows.append(
            _row("placebo.outcome", _passed(robustness.placebo), estimate=robustness.placebo.with_limits)
        )
    return rows


def _passed(placebo: Any) -> str:
    return WORDS.say("table.fails" if placebo.excludes() else "table.passes")


def _withheld(robustness: Robustness) -> _Rows:
    bounds = robustness.bounds
    if bounds is None:
        return []
    low, high, conf_low, conf_high = natural(
        robustness, [bounds.low, bounds.high, bounds.conf_low, bounds.conf_high]
    )
    return [
        _row(
            "withheld",
            WORDS.say("table.sign.unsure" if low < 0 < high else "table.sign.sure"),
            low=low,
            high=high,
            n_bounded=bounds.n_bounded,
            conf_low=conf_low,
            conf_high=conf_high,
        )
    ]
