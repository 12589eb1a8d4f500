"""All pairs as one picture: exposures across, outcomes down, what goes with what and by how much."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from analysis.data.definitions.indicators import indicator
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.forest import DIRECTIONS, direction_for_children
from analysis.showing.numbers import number, source_line, step_of, upper_first, wrapped
from analysis.showing.theme import GRID, INK, NEUTRAL, SMALL_POINTS, TEXT_POINTS, new_figure, themed
from publishing.display import Chart

from .study import with_doubts
from .words import WORDS

_RULED_OUT = "#D9D9D9"
_PALE = {"worse": "#FBE3D3", "better": "#D6E8F3", "neither": "#EDEDED"}
_HATCH = "////"


@themed
def pairs_matrix(
    family: pd.DataFrame,
    discovery_rate: float,
    stability: pd.DataFrame | None = None,
    focus: str | None = None,
) -> Chart:
    """Draw a cell a pair: the difference in the outcome for a step of the exposure, in its own units.

    Cells of pairs that survive the correction are filled by whether that is favourable by the outcome's measure, and
    hatched where ``stability`` or arithmetic puts them in doubt; grey ones rule out an association that matters. The
    title tells of ``focus``, an exposure, apart.
    """
    exposures, outcomes = (list(dict.fromkeys(family[side])) for side in ("exposure", "outcome"))
    figure = new_figure(height_cm=2.0 + 0.36 * len(outcomes), left=0.03)
    axes = figure.subplots()
    marked = with_doubts(family, stability)
    for row in marked.to_dict("records"):
        _cell(axes, exposures.index(row["exposure"]), outcomes.index(row["outcome"]), row, discovery_rate)
    heads = [f"{_head(name)}\n{_step(name)}" for name in exposures]
    axes.set_xticks(range(len(exposures)), heads)
    axes.set_yticks(range(len(outcomes)), [_outcome(name) for name in outcomes])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=SMALL_POINTS, labelcolor=INK)
    axes.set_xlim(-0.5, len(exposures) - 0.5)
    axes.set_ylim(len(outcomes) - 0.5, -0.5)
    axes.spines[:].set_visible(False)
    stand = marked[marked["q_value"] < discovery_rate].sort_values("q_value")
    has_doubts = bool(stand["is_doubtful"].any())
    handles = _key(has_doubts=has_doubts)
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), columnspacing=1.0, handlelength=1.6,
        handletextpad=0.5,
    )  # fmt: skip
    values = {"n_pairs": len(family), "n_standing": len(stand)}
    shown = [
        WORDS.say("matrix.pair", exposure=indicator(str(row.exposure)).label, outcome=indicator(str(row.outcome)).label,
                  value=row.natural_estimate, unit=indicator(str(row.outcome)).difference_label)
        for row in stand.itertuples()
    ]  # fmt: skip
    return Chart(
        figure,
        WORDS.say(
            "matrix.caption",
            focus=_told_of(marked, discovery_rate, focus) if focus else "",
            doubts=WORDS.say("matrix.doubts") if has_doubts else "",
            smallest=SMALLEST_OF_INTEREST,
            **values,
        ),
        WORDS.say("matrix.alt", pairs=shown, rate=discovery_rate, **values),
        source_line([*family["exposure"], *family["outcome"]]),
    )


def _told_of(family: pd.DataFrame, rate: float, focus: str) -> str:
    """Return how the pairs of one exposure fare, as the end of the title."""
    own = family[family["exposure"] == focus]
    n_standing = int((own["q_value"] < rate).sum())
    return WORDS.say(
        "matrix.focus.many" if n_standing > 1 else "matrix.focus",
        n_own=len(own),
        exposure=indicator(focus).phrase,
        n_own_standing=n_standing,
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


def _cell(axes: Axes, x: int, y: int, row: Mapping[Any, Any], rate: float) -> None:
    stands, ruled_out = row["q_value"] < rate, row["reach_sd"] < SMALLEST_OF_INTEREST
    is_sure = stands and not row["is_doubtful"]
    direction = direction_for_children(str(row["outcome"]), row["estimate"])
    colour, pale = DIRECTIONS[direction][1], _PALE[direction]
    place = ((x - 0.5, y - 0.5), 1, 1)
    if stands and not is_sure:
        axes.add_patch(Rectangle(*place, facecolor=pale, edgecolor=colour, hatch=_HATCH, linewidth=0))
    else:
        fill = colour if stands else _RULED_OUT if ruled_out else "white"
        axes.add_patch(Rectangle(*place, facecolor=fill, edgecolor=GRID, linewidth=0.8))
    text = number(row["natural_estimate"], 1)
    marks = ("†" if row["is_arithmetic"] else "") + ("‡" if row["order_open"] else "") if stands else ""
    axes.text(
        x, y, ("" if text.startswith("−") or not text.strip("0.") else "+") + text + marks, ha="center", va="center",
        color="white" if is_sure else INK, fontweight="bold" if stands else "normal",
        fontsize=TEXT_POINTS if stands else SMALL_POINTS,
        bbox={"facecolor": pale, "edgecolor": "none", "pad": 0.6} if stands and not is_sure else None,
    )  # fmt: skip


def _key(*, has_doubts: bool) -> list[Patch]:
    doubtful = Patch(
        facecolor="white",
        edgecolor=NEUTRAL,
        hatch=_HATCH,
        linewidth=0.5,
        label=WORDS.say("matrix.key.doubtful"),
    )
    plain = [
        (DIRECTIONS["worse"][1], "matrix.key.worse"), (DIRECTIONS["better"][1], "matrix.key.better"),
        (_RULED_OUT, "matrix.key.ruled_out"), ("white", "matrix.key.open"),
    ]  # fmt: skip
    patches = [
        Patch(facecolor=colour, edgecolor=NEUTRAL, linewidth=0.5, label=WORDS.say(name))
        for colour, name in plain
    ]
    return [*patches[:2], *([doubtful] if has_doubts else []), *patches[2:]]
