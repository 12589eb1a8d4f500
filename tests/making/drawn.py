"""A figure as it is drawn: its texts, where they stand, and whether any is cut or lies over another."""

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def shown_texts(figure) -> list[Text]:
    """Every text that a reader sees, ticks outside the axes' limits left out."""
    FigureCanvasAgg(figure).draw()
    hidden: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            drawn = {id(tick) for tick in axis._update_ticks()} if axis.get_visible() else set()
            for tick in (*axis.majorTicks, *axis.minorTicks):
                if id(tick) not in drawn:
                    hidden |= {id(tick.label1), id(tick.label2)}
        if not axes.axison or not axes.get_visible():
            hidden |= {id(text) for text in axes.findobj(Text) if text not in (axes.title, axes._left_title)}
    texts = [text for text in figure.findobj(Text) if id(text) not in hidden]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def boxes(figure) -> list[tuple[str, np.ndarray]]:
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [(text.get_text(), text.get_window_extent(renderer).get_points()) for text in shown_texts(figure)]


def check_layout(figure) -> None:
    width, height = figure.bbox.width, figure.bbox.height
    placed = boxes(figure)
    for text, ((left, bottom), (right, top)) in placed:
        assert left >= 0 and bottom >= 0 and right <= width and top <= height, f"cut: {text!r}"
    for (text, a), (other, b) in combinations(placed, 2):
        overlap = np.prod(np.clip(np.minimum(a[1], b[1]) - np.maximum(a[0], b[0]), 0, None))
        smaller = min(np.prod(a[1] - a[0]), np.prod(b[1] - b[0]))
        assert overlap <= 0.08 * smaller, f"{text!r} lies over {other!r}"
