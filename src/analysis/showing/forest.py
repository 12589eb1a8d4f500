"""Estimates with their intervals: one pair asked in several ways, and a family of pairs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.data.definitions.indicators import TOPICS, dictionary, lower_first
from analysis.errors import DataError, RequestError
from analysis.estimators.regression.inference import Effect
from analysis.estimators.regression.specification import Specification
from publishing.display import Chart

from .numbers import (
    TOPIC_LABELS,
    axis_label_of,
    check_columns,
    decimals_for,
    label_of,
    source_line,
    with_interval,
    wrapped,
)
from .theme import (
    BETTER,
    ENGLAND,
    INK,
    MAX_HEIGHT_CM,
    NEUTRAL,
    SMALL_POINTS,
    TEXT_POINTS,
    WORSE,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from .words import words_of

WORDS = words_of(__package__)

STANDARD_UNIT = "standard deviations of the outcome per standard deviation of the exposure"
FAMILY_COLUMNS = (
    "outcome",
    "exposure",
    "estimator",
    "estimate",
    "conf_low",
    "conf_high",
    "q_value",
    "n_observations",
)
MOST_ROWS, MOST_EXPOSURES = 20, 5

#: What an estimate says of children: marker, colour and words, by direction.
DIRECTIONS = {
    "worse": ("v", WORSE, "more exposure, worse for children"),
    "better": ("^", BETTER, "more exposure, better for children"),
    "neither": ("o", NEUTRAL, "neither direction is better for children"),
}
_SIGN_OF_WORSE = {"low": 1, "high": -1, "none": 0}


def direction_for_children(outcome: str, estimate: float) -> str:
    """Return whether more exposure goes with a ``worse`` or a ``better`` outcome, or ``neither``.

    From the sign of the estimate and the outcome's polarity in the dictionary; an outcome that isn't there,
    or has no polarity, is ``neither``. It says nothing of precision.
    """
    entry = dictionary().get(outcome)
    sign = _SIGN_OF_WORSE[entry.polarity] * np.sign(estimate) if entry else 0
    return {1: "worse", -1: "better"}.get(int(sign) if np.isfinite(sign) else 0, "neither")


@themed
def estimators_forest(
    estimates: Sequence[Effect],
    row_labels: Sequence[str],
    *,
    labels: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Chart:
    """Draw estimates of one pair, asked in several ways, as rows with intervals, numbers and counts.

    ``row_labels`` names each estimate; all are in the same units. Counts are of the regression's rows:
    differences, for first differences. Raises RequestError where labels and estimates differ in number, or
    the estimates are partly standardised; DataError where there are none, or more than fit a page.
    """
    _check_estimates(estimates, row_labels)
    specification = estimates[0].specification
    figure = new_figure(height_cm=2.6 + 0.85 * len(estimates))
    axes = figure.subplots()
    rows = np.arange(len(estimates))
    values = np.array([estimate.with_limits for estimate in estimates])
    axes.hlines(rows, values[:, 1], values[:, 2], color=ENGLAND, linewidth=1.4)
    axes.plot(values[:, 0], rows, "o", color=ENGLAND, markersize=5)
    _style_forest(axes, [wrapped(label, 34) for label in row_labels])
    axes.set_xlabel(_unit(specification, labels))
    digits = decimals_for(float(np.median(values[:, 2] - values[:, 1])) / 2)
    _write_columns(axes, estimates, digits)
    outcome, exposure = (label_of(name, labels) for name in (specification.outcome, specification.exposure))
    level = f"{specification.confidence_level:.0%}"
    caption = WORDS.say(
        "forest.caption", outcome=outcome, exposure=exposure, level=level, n_estimates=len(estimates)
    )
    shown = "; ".join(
        f"{label}: {with_interval(*estimate.with_limits, digits)}, n = {estimate.n_observations:,}"
        for label, estimate in zip(row_labels, estimates, strict=True)
    )
    alt = WORDS.say("forest.alt", outcome=outcome, exposure=exposure, level=level, shown=shown)
    return Chart(figure, caption, alt, source or source_line([specification.outcome, specification.exposure]))


def _check_estimates(estimates: Sequence[Effect], row_labels: Sequence[str]) -> None:
    if not estimates:
        raise DataError("no estimates to draw")
    if len(estimates) != len(row_labels):
        raise RequestError(f"{len(estimates)} estimates and {len(row_labels)} row labels")
    if len({estimate.specification.standardised for estimate in estimates}) > 1:
        raise RequestError("some estimates are standardised and others aren't; draw them apart")
    if len(estimates) > MOST_ROWS:
        raise DataError(f"{len(estimates)} estimates don't fit a page; draw at most {MOST_ROWS} at once")


def _unit(specification: Specification, labels: Mapping[str, str] | None) -> str:
    if specification.standardised:
        return wrapped(STANDARD_UNIT[:1].upper() + STANDARD_UNIT[1:], 48)
    exposure = f"per unit of {lower_first(axis_label_of(specification.exposure, labels))}"
    return f"{wrapped(axis_label_of(specification.outcome, labels), 56)}\n{wrapped(exposure, 56)}"


def _style_forest(axes: Axes, names: Sequence[str]) -> None:
    style_axes(axes, "x")
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(np.arange(len(names)), names)
    axes.tick_params(axis="y", length=0, labelsize=TEXT_POINTS)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, -0.02 * (high - low)), max(high, 0.02 * (high - low)))
    number_axis(axes.xaxis)


def _write_columns(axes: Axes, estimates: Sequence[Effect], digits: int) -> None:
    """Write estimate and n to the right of the rows, as an axis of its own so that the layout keeps room."""
    right = axes.twinx()
    right.set_ylim(axes.get_ylim())
    texts = [
        f"{with_interval(*estimate.with_limits, digits)}\nn = {estimate.n_observations:,}"
        for estimate in estimates
    ]
    right.set_yticks(np.arange(len(estimates)), texts)
    right.tick_params(axis="y", length=0, labelsize=SMALL_POINTS)
    right.spines[:].set_visible(False)


@themed
def summary_forest(
    family: pd.DataFrame,
    *,
    discovery_rate: float = 0.05,
    labels: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Chart:
    """Draw a family of standardised estimates: a panel an exposure, a row an outcome, grouped by topic.

    ``family`` has FAMILY_COLUMNS, one row an exposure and outcome, of one estimator. A marker is filled where
    q is below ``discovery_rate``; it points down where more of the exposure goes with what is worse for
    children, up where with what is better, and is round where neither is better. Numbers keep their sign.

    Raises RequestError for several estimators or a pair that stands twice; DataError for no rows, or for more
    outcomes or exposures than fit a page (20 and 5).
    """
    check_columns(family, FAMILY_COLUMNS, "family")
    _check_family(family)
    exposures = list(dict.fromkeys(family["exposure"]))
    lines = _outcome_lines(list(dict.fromkeys(family["outcome"])))
    figure = new_figure(height_cm=min(4.2 + 0.68 * len(lines), MAX_HEIGHT_CM))
    panels = figure.subplots(1, len(exposures), sharex=True, sharey=True, squeeze=False)[0]
    for axes, exposure in zip(panels, exposures, strict=True):
        rows = family[family["exposure"] == exposure].set_index("outcome")
        _draw_exposure(axes, rows, lines, discovery_rate)
        heading(
            axes, wrapped(label_of(exposure, labels), 50 // len(exposures) + 4), crowded=len(exposures) > 4
        )
    _name_outcomes(panels[0], lines, labels)
    number_axis(panels[0].xaxis, 4)
    figure.supxlabel(wrapped(STANDARD_UNIT[:1].upper() + STANDARD_UNIT[1:], 80), fontsize=TEXT_POINTS)
    _direction_key(figure, discovery_rate)
    caption, alt = _family_words(family, exposures, discovery_rate, labels)
    return Chart(figure, caption, alt, source or source_line([*exposures, *family["outcome"].unique()]))


def _check_family(family: pd.DataFrame) -> None:
    if family.empty:
        raise DataError("the family has no estimates to draw")
    if family["estimator"].nunique() > 1:
        raise RequestError(
            f"several estimators ({', '.join(sorted(family['estimator'].unique()))}); draw one at a time"
        )
    twice = family.duplicated(["outcome", "exposure"])
    if twice.any():
        row = family[twice].iloc[0]
        raise RequestError(f"{row['outcome']} on {row['exposure']} stands twice in the family")
    for name, most in (("outcome", MOST_ROWS), ("exposure", MOST_EXPOSURES)):
        if (n := family[name].nunique()) > most:
            raise DataError(f"{n} {name}s don't fit a page; draw at most {most} at once")


def _outcome_lines(outcomes: list[str]) -> list[tuple[str, bool]]:
    """Return (text or outcome, whether it is a topic's title) for each line, in the topics' order."""

    def topic(name: str) -> str:
        return dictionary()[name].topic if name in dictionary() else ""

    lines: list[tuple[str, bool]] = []
    for group in (*TOPICS, ""):
        members = [name for name in outcomes if topic(name) == group]
        if members:
            lines += [(TOPIC_LABELS.get(group, "Other"), True), *((name, False) for name in members)]
    return lines


def _draw_exposure(axes: Axes, rows: pd.DataFrame, lines: list[tuple[str, bool]], rate: float) -> None:
    style_axes(axes, "x")
    axes.axvline(0, color=INK, linewidth=0.8)
    for place, (name, is_title) in enumerate(lines):
        if is_title or name not in rows.index or not np.isfinite(rows["estimate"][name]):
            continue
        row = rows.loc[name]
        marker, colour, _ = DIRECTIONS[direction_for_children(name, row["estimate"])]
        axes.hlines(place, row["conf_low"], row["conf_high"], color=colour, linewidth=1.1)
        face = colour if row["q_value"] < rate else "white"
        axes.plot(
            row["estimate"],
            place,
            marker,
            markersize=5.5,
            markeredgecolor=colour,
            markerfacecolor=face,
            zorder=3,
        )
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _name_outcomes(axes: Axes, lines: list[tuple[str, bool]], labels: Mapping[str, str] | None) -> None:
    names = [name if is_title else wrapped(label_of(name, labels), 26) for name, is_title in lines]
    axes.set_yticks(np.arange(len(lines)), names)
    for label, (_, is_title) in zip(axes.get_yticklabels(), lines, strict=True):
        label.set(fontweight="bold" if is_title else "normal", fontsize=SMALL_POINTS, linespacing=1.1)


def _direction_key(figure: Figure, rate: float) -> None:
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=colour, markersize=5.5, label=words)
        for marker, colour, words in DIRECTIONS.values()
    ]
    for face, words in ((NEUTRAL, f"filled: q below {rate:g}"), ("white", f"open: q of {rate:g} or more")):
        handles.append(
            Line2D(
                [], [], linestyle="", marker="s", markerfacecolor=face, markeredgecolor=NEUTRAL, label=words
            )
        )
    figure.legend(handles=handles, loc="outside upper left", ncols=3, handletextpad=0.2, columnspacing=1.4)


def _family_words(
    family: pd.DataFrame, exposures: list[str], rate: float, labels: Mapping[str, str] | None
) -> tuple[str, str]:
    clear = family[family["q_value"] < rate].sort_values("q_value")
    caption = WORDS.say(
        "forest.family.caption",
        exposures=[label_of(name, labels) for name in exposures],
        n_outcomes=family["outcome"].nunique(),
        estimator=family["estimator"].iloc[0],
        unit=STANDARD_UNIT,
        n_clear=len(clear),
        n=len(family),
        rate=rate,
    )
    ends = family.loc[[family["estimate"].idxmax(), family["estimate"].idxmin()]]
    alt = WORDS.say(
        "forest.family.alt",
        n=len(family),
        rate=rate,
        ends=[
            WORDS.say("forest.family.end", end=end, estimate=row.estimate, pair=_pair(row, labels))
            for end, row in zip(("highest", "lowest"), ends.itertuples(), strict=True)
        ],
        clear=[
            f"{_pair(row, labels)} {with_interval(row.estimate, row.conf_low, row.conf_high, 2)}"
            for row in clear.head(6).itertuples()
        ],
    )
    return caption, alt


def _pair(row: Any, labels: Mapping[str, str] | None) -> str:
    return WORDS.say(
        "forest.family.pair", outcome=label_of(row.outcome, labels), exposure=label_of(row.exposure, labels)
    )
