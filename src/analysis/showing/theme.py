"""How figures look: sizes, colours named by role, and the pieces that charts share.

Figures are made at their final size, on ``Figure`` objects; pyplot's state is never touched, and a user's own
matplotlib settings don't reach them.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, MaxNLocator

from publishing.display import Chart

from .layout import PanelLayout
from .numbers import number

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

P = ParamSpec("P")

TEXT_WIDTH_CM = 16.5
MAX_HEIGHT_CM = 22.0
TEXT_POINTS = 9.0
SMALL_POINTS = 9.0
HEADING_POINTS = 9.5

# Okabe and Ito (2008), safe for colour-blind readers; roles also differ by marker or line style.
HIGHLIGHT = "#D55E00"
ENGLAND = "#0072B2"
OTHER = "#8C8C8C"
BAND = "#DCDCDC"
WORSE = "#D55E00"
BETTER = "#0072B2"
NEUTRAL = "#5A5A5A"
INK = "#262626"
GRID = "#E4E4E4"
SEQUENTIAL = ("#E3ECF5", "#B4CDE4", "#78A6CF", "#3D76AD", "#143F72")

_LETTERS = ascii_letters + digits + " .,:;()[]%&/'+-−–×£≥<>"
"""What texts of charts are made of."""
_MOST_PASSES = 4
_UNSEEN_SHIFT = 1e-3
"""What axes may still move, as a share of the figure, when a layout counts as done."""

_SETTINGS: dict["RcKeyType", Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT_POINTS,
    "axes.titlesize": HEADING_POINTS,
    "axes.labelsize": TEXT_POINTS,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#9A9A9A",
    "axes.labelcolor": INK,
    # Titles stand right above their panels: no chart has ticks or an offset there, which each drawing would look for.
    "axes.titley": 1.0,
    "text.color": INK,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "legend.fontsize": SMALL_POINTS,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "hatch.color": "#9A9A9A",
    "axes.unicode_minus": True,
    "lines.solid_capstyle": "round",
}


def themed(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Run a function that returns a chart under the theme, whatever settings a notebook has made."""

    @wraps(draw)
    def drawn(*arguments: P.args, **named: P.kwargs) -> Chart:
        defaults: dict[RcKeyType, Any] = {
            key: value for key, value in rcParamsDefault.items() if key != "backend"
        }
        with rc_context({**defaults, **_SETTINGS}):
            made = draw(*arguments, **named)
            settle(made.figure)
            return made

    return drawn


def settle(figure: Figure) -> None:
    """Lay a figure out and fix it: without texts of its own in one pass, else in as many as their axes still move.

    A text beside data pushes its axes, and moves with them. A figure without a layout, all of it placed by hand, stays as
    it is.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        return
    for axes in figure.axes:
        for axis, below_or_beside in ((axes.xaxis, (0.5, -0.15)), (axes.yaxis, (-0.15, 0.5))):
            if (
                not axis.get_label_text()
            ):  # which each drawing would find a place for among the ticks' letters
                axis.set_label_coords(*below_or_beside)
    has_texts = bool(figure.texts or figure.legends or any(axes.texts for axes in figure.axes))
    placed = np.zeros((len(figure.axes), 4))
    for _ in range(_MOST_PASSES if has_texts else 1):
        engine.execute(figure)
        before, placed = placed, np.array([axes.get_position().bounds for axes in figure.axes])
        if np.allclose(before, placed, rtol=0, atol=_UNSEEN_SHIFT):
            break
    figure.set_layout_engine(None)  # not "none", which has each picture drawn once more before it is written


def new_figure(
    width_cm: float = TEXT_WIDTH_CM, height_cm: float = 9.0, left: float = 0.012, *, is_placed: bool = False
) -> Figure:
    """Return an empty figure of a final size in centimetres, with a layout for a grid of panels.

    ``left`` is the margin on that side, as a share of the width; more is for long labels there. One that ``is_placed`` has
    no layout: whoever draws places all of it.
    """
    if is_placed:
        return Figure(figsize=(width_cm / 2.54, height_cm / 2.54))
    # The margin allows for letters that screens draw a little wider than the layout measured them.
    margin = (left, 0.006, 0.986 - left, 0.988)
    layout = PanelLayout(rect=margin, pads_inches=(0.06, 0.05))
    return Figure(figsize=(width_cm / 2.54, height_cm / 2.54), layout=layout)


def style_axes(axes: Axes, grid: Literal["x", "y", "both", ""] = "y") -> None:
    """Give axes a thin grid (``x``, ``y``, ``both`` or an empty text) behind the data and two spines."""
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(
        length=2.5, width=0.6, color="#9A9A9A", labelcolor=INK, labelsize=SMALL_POINTS,
        labelfontfamily="DejaVu Sans",
    )  # fmt: skip


def number_axis(axis: Axis, most_ticks: int = 5) -> None:
    """Label an axis with plain numbers: thousands separated, a true minus, no offset."""
    axis.set_major_locator(MaxNLocator(most_ticks, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(_PlainNumbers(axis))


class _PlainNumbers(Formatter):
    """Tick labels with as many decimals as the step between ticks needs."""

    def __init__(self, of: Axis) -> None:
        self._of = of

    def __call__(self, value: float, position: int | None = None) -> str:
        return self._labels([value], list(self._of.get_majorticklocs()))[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the labels of all ticks; matplotlib would have them found anew for each."""
        return self._labels(values, values)

    def _labels(self, values: Sequence[float], ticks: Sequence[float]) -> list[str]:
        step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(values[0]) or 1 if len(values) else 1
        decimals = next(
            (d for d in range(7) if abs(round(step, d) - step) < 1e-9 * max(step, 1e-9) + 1e-12), 6
        )
        return [number(value, decimals) for value in values]


def year_axis(axes: Axes, years: Sequence[int], most_ticks: int = 5) -> None:
    """Label years in whole numbers: the last one always, the others at even steps before it."""
    first, last = min(years), max(years)
    step = max(1, -(-(last - first) // (most_ticks - 1)))
    axes.set_xticks(list(range(last, first - 1, -step))[::-1])
    axes.set_xlim(first - 0.4, last + 0.4)


def heading(axes: Axes, text: str, *, crowded: bool = False) -> None:
    """Write a left-aligned heading over axes; smaller where many stand side by side."""
    points = SMALL_POINTS if crowded else HEADING_POINTS
    axes.set_title(text, loc="left", fontsize=points, fontweight="bold", pad=4)


def make_ready() -> None:
    """Find the fonts and read their letters, before a process is copied for each notebook."""
    _lettered().svg()


@themed
def _lettered() -> Chart:
    figure = new_figure()
    axes = figure.subplots()
    heading(axes, _LETTERS)
    axes.set_xlabel(_LETTERS)
    return Chart(figure, "Letters", "Letters", "")
