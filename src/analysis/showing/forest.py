"""Estimates with their intervals: one pair asked in several ways, and a family of pairs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from analysis.data.definitions.indicators import dictionary, lower_first
from analysis.errors import DataError, RequestError
from analysis.estimators.regression.inference import Effect
from analysis.estimators.regression.specification import Specification
from publishing.display import Chart

from .numbers import (
    axis_label_of,
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
    NEUTRAL,
    SMALL_POINTS,
    TEXT_POINTS,
    WORSE,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from .words import words_of

WORDS = words_of(__package__)

STANDARD_UNIT = "standard deviations of the outcome per standard deviation of the exposure"
MOST_ROWS = 20

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
    """Draw estimates of one pair, asked in several ways, as rows with intervals and numbers.

    ``row_labels`` names each estimate; all are in the same units. The caption tells the fewest and the most rows of a
    regression (differences, for first differences), the alternative text those of each. Raises RequestError where labels
    and estimates differ in number, or the estimates are partly standardised; DataError where there are none, or more
    than fit a page.
    """
    _check_estimates(estimates, row_labels)
    specification = estimates[0].specification
    names = [wrapped(label, 33) for label in row_labels]
    most_lines = 1 + max(name.count("\n") for name in names)
    figure = new_figure(height_cm=1.9 + max(0.56, 0.4 * most_lines) * len(estimates), left=0.03)
    axes = figure.subplots()
    rows = np.arange(len(estimates))
    values = np.array([estimate.with_limits for estimate in estimates])
    axes.hlines(rows, values[:, 1], values[:, 2], color=ENGLAND, linewidth=1.4)
    axes.plot(values[:, 0], rows, "o", color=ENGLAND, markersize=5)
    _style_forest(axes, names)
    axes.set_xlabel(_unit(specification, labels))
    digits = decimals_for(float(np.median(values[:, 2] - values[:, 1])) / 2)
    _write_columns(axes, estimates, digits)
    outcome, exposure = (label_of(name, labels) for name in (specification.outcome, specification.exposure))
    level = f"{specification.confidence_level:.0%}"
    counts = [estimate.n_observations for estimate in estimates]
    caption = WORDS.say(
        "forest.caption",
        outcome=outcome,
        exposure=exposure,
        level=level,
        n_estimates=len(estimates),
        n_clear=int(((values[:, 1] > 0) | (values[:, 2] < 0)).sum()),
        n_least=min(counts),
        n_most=max(counts),
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
        return wrapped(STANDARD_UNIT[:1].upper() + STANDARD_UNIT[1:], 41)
    exposure = f"per unit of {lower_first(axis_label_of(specification.exposure, labels))}"
    return f"{wrapped(axis_label_of(specification.outcome, labels), 48)}\n{wrapped(exposure, 48)}"


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
    """Write each estimate to the right of its row, as an axis of its own so that the layout keeps room."""
    right = axes.twinx()
    right.set_ylim(axes.get_ylim())
    texts = [with_interval(*estimate.with_limits, digits) for estimate in estimates]
    right.set_yticks(np.arange(len(estimates)), texts)
    right.tick_params(axis="y", length=0, labelsize=SMALL_POINTS)
    right.spines[:].set_visible(False)
