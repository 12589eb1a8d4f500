"""A figure as it is drawn: its texts, where they stand, and whether any is cut or lies over another."""

import html
import re

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import TextToPath


def shown_texts(figure) -> list[Text]:
    """Every text that a reader sees, ticks outside the axes' limits left out."""
    FigureCanvasAgg(figure)  # which the figure's texts are measured by from now on
    figure.draw_without_rendering()
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
    """Hold every text to lie inside the figure, and over no other text by more than 8% of the smaller one."""
    check_boxes(np.array([figure.bbox.width, figure.bbox.height]), boxes(figure))


def check_boxes(size: np.ndarray, placed: list[tuple[str, np.ndarray]]) -> None:
    """Hold texts, each with its two corners, as ``check_layout`` does those of a figure of ``size`` (width, height)."""
    texts, corners = [text for text, _ in placed], np.array([own for _, own in placed]).reshape(-1, 2, 2)
    low, high = corners[:, 0], corners[:, 1]
    cut = ((low < 0) | (high > size)).any(axis=1)
    assert not cut.any(), f"cut: {[text for text, is_cut in zip(texts, cut, strict=True) if is_cut]}"
    sides = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    areas = (high - low).prod(axis=1)
    over = np.clip(sides, 0, None).prod(axis=2) > 0.08 * np.minimum(areas[:, None], areas)
    pairs = [(texts[first], texts[second]) for first, second in np.argwhere(np.triu(over, 1))]
    assert not pairs, f"texts lie over each other: {pairs}"


_WRITTEN = re.compile(
    r'<!-- (?P<text>[^\n]*?) -->\s*<g (?:style="[^"]*" )?transform="translate\((?P<x>[-\d.]+) (?P<y>[-\d.]+)\)'
    r'(?: rotate\((?P<turn>-?[\d.]+)\))? scale\((?P<scale>[\d.]+) -[\d.]+\)">(?P<letters>.*?)</g>',
    re.DOTALL,
)


def boxes_in_svg(svg: str) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """The size of a drawing, and each line of text in it with its corners: letters are outlines, comments say which."""
    size = np.array([float(re.search(rf'{side}="([\d.]+)pt"', svg)[1]) for side in ("width", "height")])
    placed = []
    for line in _WRITTEN.finditer(svg):
        weight = "bold" if "#DejaVuSans-Bold" in line["letters"] else "normal"
        font = FontProperties(family="DejaVu Sans", weight=weight, size=100 * float(line["scale"]))
        text = html.unescape(line["text"])
        width, height, descent = TextToPath().get_text_width_height_descent(text, font, ismath=False)
        x, y, is_upright = float(line["x"]), float(line["y"]), float(line["turn"] or 0) == -90
        assert is_upright or not float(line["turn"] or 0), f"'{text}' is turned by {line['turn']}"
        corners = (
            [(x - height + descent, y - width), (x + descent, y)]
            if is_upright
            else [(x, y - height + descent), (x + width, y + descent)]
        )
        placed.append((text, np.array(corners)))
    return size, placed
