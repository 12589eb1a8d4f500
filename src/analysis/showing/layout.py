"""How the panels of a chart are placed: as matplotlib's constrained layout does it, but measured once.

To measure letters is most of what a layout costs. Constrained layout measures all of them twice in each pass, for grids
within grids and bars of colour, which no chart here has.
"""

import warnings
from io import StringIO

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine
from matplotlib.transforms import Bbox

from publishing.drawing import DPI, Renderer


class PanelLayout(LayoutEngine):
    """Places the panels of a figure, all of one size in one grid, each with room for what is written around it.

    ``rect`` (left, bottom, width, height, as shares of the figure) holds everything. ``pads_inches`` (width, height) stay
    free on each side of a panel with what is written around it. Legends of the figure stand above or below the panels; its
    own texts below them, upright ones on their left.
    """

    _adjust_compatible = False
    _colorbar_gridspec = False

    def __init__(self, rect: tuple[float, float, float, float], pads_inches: tuple[float, float]) -> None:
        super().__init__()
        self._rect, self._pads_inches = rect, pads_inches

    def execute(self, fig: Figure) -> None:
        """Measure, in the letters of an SVG, what stands around the panels as they are placed now, and place them anew."""
        shown_at = fig.get_dpi()
        fig.set_dpi(DPI)
        renderer, pads = Renderer(fig, StringIO()), np.array(self._pads_inches) / fig.get_size_inches()
        _place_panels(fig, _room_for_panels(fig, self._rect, pads, renderer), pads, renderer)
        fig.set_dpi(shown_at)


def _room_for_panels(
    figure: Figure, rect: tuple[float, float, float, float], pads: np.ndarray, renderer: RendererBase
) -> Bbox:
    """Return what legends and texts of the figure leave of ``rect``; its texts are moved to the lower or the left edge."""
    left, bottom, width, height = rect
    right, top = left + width, bottom + height
    taken = figure.transFigure.inverted().transform_bbox
    for text in figure.texts:
        if text.get_rotation() == 90:
            text.set_x(pads[0])
            left += taken(text.get_window_extent(renderer)).width + 2 * pads[0]
        else:
            text.set_y(pads[1])
            bottom += taken(text.get_window_extent(renderer)).height + 2 * pads[1]
    for legend in figure.legends:
        box = taken(legend.get_window_extent(renderer))
        if box.y0 + box.y1 > 1:
            top -= box.height + 2 * pads[1]
        else:
            bottom += box.height + 2 * pads[1]
    return Bbox.from_extents(left, bottom, right, top)


def _place_panels(figure: Figure, room: Bbox, pads: np.ndarray, renderer: RendererBase) -> None:
    """Give all panels one size, and each column and row the margins that the most written there needs.

    ``pads``: the width and height, as shares of the figure's, that stay free on each side.
    """
    placed = [(axes, spec) for axes in figure.axes if (spec := axes.get_subplotspec()) is not None]
    if not placed:
        return
    n_rows, n_columns = placed[0][1].get_gridspec().get_geometry()
    left, right = np.zeros(n_columns), np.zeros(n_columns)
    above, below = np.zeros(n_rows), np.zeros(n_rows)
    for axes, spec in placed:
        column, row = spec.colspan.start, spec.rowspan.start
        panel, all_of_it = (
            axes.get_position(original=True),
            axes.get_tightbbox(renderer, for_layout_only=True),
        )
        if all_of_it is None:  # nothing is shown of it
            continue
        outer = all_of_it.transformed(figure.transFigure.inverted())
        left[column] = max(left[column], panel.x0 - outer.x0)
        right[column] = max(right[column], outer.x1 - panel.x1)
        above[row] = max(above[row], outer.y1 - panel.y1)
        below[row] = max(below[row], panel.y0 - outer.y0)
    starts, width = _shared_out(room.width, left + pads[0], right + pads[0])
    tops, height = _shared_out(room.height, above + pads[1], below + pads[1])
    if min(width, height) <= 0:
        warnings.warn("what is written around the panels leaves no room for them", stacklevel=2)
        return
    for axes, spec in placed:
        x, y = room.x0 + starts[spec.colspan.start], room.y1 - tops[spec.rowspan.start] - height
        axes.set_position((x, y, width, height))


def _shared_out(length: float, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, float]:
    """Return where each part of ``length`` starts and how long all are, with room before and after each."""
    each = (length - before.sum() - after.sum()) / len(before)
    return np.cumsum(before + np.roll(after, 1) + each) - each - after[-1], each
