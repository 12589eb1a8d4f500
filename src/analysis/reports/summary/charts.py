"""All pairs as one picture: exposures across, outcomes down, what goes with what and by how much."""

import re

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from analysis.data.definitions.indicators import indicator, share_a_count
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.forest import DIRECTIONS, direction_for_children
from analysis.showing.numbers import number, source_line, step_of, upper_first, wrapped
from analysis.showing.theme import GRID, INK, NEUTRAL, SMALL_POINTS, TEXT_POINTS, new_figure, themed
from publishing.display import Chart

from .words import WORDS

_RULED_OUT = "#EDEDED"


@themed
def pairs_matrix(family: pd.DataFrame, discovery_rate: float) -> Chart:
    """Draw a cell a pair: the difference in the outcome for a step of the exposure, in its own units.

    Cells of pairs that stand are filled by what they mean for children; grey ones rule out an association that matters.
    """
    exposures, outcomes = (list(dict.fromkeys(family[side])) for side in ("exposure", "outcome"))
    figure = new_figure(height_cm=2.1 + 0.4 * len(outcomes), left=0.03)
    axes = figure.subplots()
    for row in family.to_dict("records"):
        _cell(axes, exposures.index(row["exposure"]), outcomes.index(row["outcome"]), row, discovery_rate)
    heads = [f"{_head(name)}\n{_step(name)}" for name in exposures]
    axes.set_xticks(range(len(exposures)), heads)
    axes.set_yticks(range(len(outcomes)), [_outcome(name) for name in outcomes])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=SMALL_POINTS, labelcolor=INK)
    axes.set_xlim(-0.5, len(exposures) - 0.5)
    axes.set_ylim(len(outcomes) - 0.5, -0.5)
    axes.spines[:].set_visible(False)
    figure.legend(handles=_key(), loc="outside lower center", ncols=4, columnspacing=1.6)
    stand = family[family["q_value"] < discovery_rate].sort_values("q_value")
    values = {"n_pairs": len(family), "n_standing": len(stand), "rate": discovery_rate}
    shown = [
        WORDS.say("matrix.pair", exposure=indicator(str(row.exposure)).label, outcome=indicator(str(row.outcome)).label,
                  value=row.natural_estimate, unit=indicator(str(row.outcome)).difference_label)
        for row in stand.itertuples()
    ]  # fmt: skip
    return Chart(
        figure,
        WORDS.say("matrix.caption", **values),
        WORDS.say("matrix.alt", pairs=shown, **values),
        source_line([*family["exposure"], *family["outcome"]]),
    )


def _head(name: str) -> str:
    """Return what a measure of the workforce is called in a column's width: all are of social workers."""
    return wrapped(
        upper_first(re.sub("social (worker )?", "", indicator(name).label, flags=re.IGNORECASE)), 12
    )


def _step(name: str) -> str:
    return re.sub(r"( percentage)? points?$| per FTE worker", "", f"+{step_of(indicator(name))}")


def _outcome(name: str) -> str:
    entry = indicator(name)
    better = WORDS.say(f"matrix.better.{entry.polarity}")
    return f"{entry.label} {better}"


def _cell(axes: Axes, x: int, y: int, row: dict[str, float], rate: float) -> None:
    stands, ruled_out = row["q_value"] < rate, row["reach_sd"] < SMALLEST_OF_INTEREST
    colour = "white"
    if stands:
        colour = DIRECTIONS[direction_for_children(str(row["outcome"]), row["estimate"])][1]
    elif ruled_out:
        colour = _RULED_OUT
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor=GRID, linewidth=0.8))
    text = number(row["natural_estimate"], 1)
    mark = "†" if stands and share_a_count(str(row["exposure"]), str(row["outcome"])) else ""
    axes.text(
        x, y, ("" if text.startswith("−") or not text.strip("0.") else "+") + text + mark, ha="center", va="center",
        color="white" if stands else NEUTRAL, fontweight="bold" if stands else "normal",
        fontsize=TEXT_POINTS if stands else SMALL_POINTS,
    )  # fmt: skip


def _key() -> list[Patch]:
    entries = [
        (DIRECTIONS["worse"][1], "matrix.key.worse"), (DIRECTIONS["better"][1], "matrix.key.better"),
        (_RULED_OUT, "matrix.key.ruled_out"), ("white", "matrix.key.open"),
    ]  # fmt: skip
    return [
        Patch(facecolor=colour, edgecolor=NEUTRAL, linewidth=0.5, label=WORDS.say(name))
        for colour, name in entries
    ]
