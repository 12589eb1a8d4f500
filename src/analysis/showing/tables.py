"""Estimates and indicators as tables for readers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.estimate import Estimate
from analysis.showing.numbers import p_value
from publishing.display import Table

from .forest import FAMILY_COLUMNS, STANDARD_UNIT, direction_for_children
from .numbers import check_columns, label_of, number, source_line, with_interval
from .words import words_of

WORDS = words_of(__package__)

_ESTIMATORS = {
    "pooled": "pooled",
    "two-way": "two-way fixed effects",
    "first-differences": "first differences",
}


def estimates_table(
    estimates: Sequence[Estimate],
    row_labels: Sequence[str] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Table:
    """Return one row an estimate: pair, estimator, estimate with its interval, p value, counts.

    ``row_labels`` heads the rows in place of outcome and exposure. The note names the small-sample rule of
    each kind of estimate once. Raises DataError for no estimates, RequestError where the labels differ in
    number.
    """
    if not estimates:
        raise DataError("no estimates to show")
    if row_labels is not None and len(row_labels) != len(estimates):
        raise RequestError(f"{len(estimates)} estimates and {len(row_labels)} row labels")
    rows = [_estimate_row(one, labels) for one in estimates]
    frame = pd.DataFrame(rows)
    if row_labels is not None:
        frame = frame.drop(columns=["Outcome", "Exposure"])
        frame.insert(0, "Asked", list(row_labels))
    level = f"{estimates[0].specification.confidence_level:.0%}"
    columns = [name for one in estimates for name in (one.specification.outcome, one.specification.exposure)]
    return Table(
        frame.rename(columns={"Interval": f"Estimate ({level} interval)"}),
        caption=f"Associations: estimates with {level} intervals",
        source=source or source_line(columns),
        note=_note(estimates),
        align_right=(f"Estimate ({level} interval)", "p", "Rows", "Authorities", "Clusters"),
    )


def _estimate_row(estimate: Estimate, labels: Mapping[str, str] | None) -> dict[str, str]:
    return {
        "Outcome": label_of(estimate.specification.outcome, labels),
        "Exposure": label_of(estimate.specification.exposure, labels),
        "Estimator": _ESTIMATORS[estimate.specification.estimator],
        "Interval": with_interval(*estimate.with_limits),
        "p": p_value(estimate.p_value),
        "Rows": f"{estimate.n_observations:,}",
        "Authorities": f"{estimate.n_entities:,}",
        "Clusters": f"{estimate.n_clusters:,}",
    }


def _note(estimates: Sequence[Estimate]) -> str:
    units = dict.fromkeys(one.specification.standardised for one in estimates)
    words = {True: WORDS.say("unit.standard", unit=STANDARD_UNIT), False: WORDS.say("unit.natural")}
    rules = list(dict.fromkeys(one.rule for one in estimates))
    return WORDS.say("estimates.note", units=[words[one] for one in units], rule=rules[0], n_rules=len(rules))


def summary_table(
    family: pd.DataFrame,
    *,
    discovery_rate: float = 0.05,
    labels: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Table:
    """Return a family of standardised estimates in words: the pair, what was found, how sure, with q values.

    ``family`` has the columns of ``FAMILY_COLUMNS``. Rows with the smallest q values come first. Raises
    DataError for no rows, RequestError for a column that lacks.
    """
    check_columns(family, FAMILY_COLUMNS, "family")
    if family.empty:
        raise DataError("the family has no estimates to show")
    ordered = family.sort_values(["q_value", "outcome", "exposure"], kind="stable")
    rows = [_summary_row(row, discovery_rate, labels) for row in ordered.to_dict("records")]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("family.caption", n=len(family)),
        source=source or source_line([*family["exposure"], *family["outcome"]]),
        note=WORDS.say("family.note", unit=STANDARD_UNIT, rate=discovery_rate),
        align_right=("Estimate (95% interval)", "q", "n"),
    )


def _summary_row(row: Mapping[str, Any], rate: float, labels: Mapping[str, str] | None) -> dict[str, str]:
    return {
        "Exposure": label_of(row["exposure"], labels),
        "Outcome": label_of(row["outcome"], labels),
        "What the figures show": _in_words(row, rate),
        "Estimate (95% interval)": with_interval(row["estimate"], row["conf_low"], row["conf_high"], 2),
        "q": p_value(row["q_value"]),
        "n": number(row["n_observations"], 0),
    }


def _in_words(row: Mapping[str, Any], rate: float) -> str:
    if not row["q_value"] < rate:
        if row["conf_low"] > 0 or row["conf_high"] < 0:
            return WORDS.say("seen.not_clear")
        return WORDS.say("seen.none", reach=max(abs(row["conf_low"]), abs(row["conf_high"])))
    size = abs(row["estimate"])
    return WORDS.say(
        "seen",
        way="higher" if row["estimate"] > 0 else "lower",
        strength="weak" if size < 0.1 else "moderate" if size < 0.3 else "strong",
        direction=direction_for_children(row["outcome"], row["estimate"]),
    )
