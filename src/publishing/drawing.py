"""Figures as SVG: letters measured once for all that a process lays out and draws, the same bytes for the same figure."""

import re
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

DPI = 72
"""Of every SVG, as matplotlib has it."""
# A thousandth of a point is nothing to see, and matplotlib writes six decimals. Numbers below one stay: they scale letters.
# The point comes first: a search for one sign takes a fifth of a search for numbers.
_BEYOND_A_THOUSANDTH = re.compile(r"\.(?<=\d\.)(?<!\D0\.)\d{3}\d+")
_SETTINGS: dict["RcKeyType", Any] = {"svg.hashsalt": "plan-drift", "svg.fonttype": "path"}
_ABOUT: dict[str, Any] = {"Date": None, "Creator": None}
# Families that the settings of the moment give a font for, so that a text may have another size in the next.
_BY_SETTINGS = frozenset({"serif", "sans-serif", "sans serif", "sans", "monospace", "cursive", "fantasy"})


class Renderer(RendererSVG):
    """matplotlib's renderer of SVG, in which a text that was measured before isn't again; ``stream`` takes the drawing."""

    def __init__(self, figure: Figure, stream: StringIO) -> None:
        width, height = figure.get_size_inches() * DPI
        super().__init__(width, height, stream, image_dpi=DPI, metadata=_ABOUT)  # type: ignore[no-untyped-call]  # matplotlib's

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        """Return width, height and descent of a text in points."""
        if ismath or _BY_SETTINGS.intersection(prop.get_family()):
            return super().get_text_width_height_descent(s, prop, ismath)  # type: ignore[no-untyped-call,no-any-return]
        return _measured(s, prop)


@lru_cache(maxsize=1 << 14)
def _measured(text: str, font: FontProperties) -> tuple[float, float, float]:
    size: tuple[float, float, float] = TextToPath().get_text_width_height_descent(text, font, False)
    return size


def svg(figure: Figure) -> str:
    """Return a figure as SVG; one whose layout is still to be made is left to matplotlib, which measures it by its own."""
    if figure.get_layout_engine() is not None:
        stream = StringIO()
        with rc_context(_SETTINGS):
            figure.savefig(stream, format="svg", metadata=_ABOUT)
        return _to_a_thousandth(stream)
    return _to_a_thousandth(_drawn(figure))


def _drawn(figure: Figure) -> StringIO:
    stream, shown_at = StringIO(), figure.get_dpi()
    with rc_context(_SETTINGS):
        figure.set_dpi(DPI)
        try:
            renderer = Renderer(figure, stream)
            figure.draw(renderer)
            renderer.finalize()  # type: ignore[no-untyped-call]  # matplotlib's
        finally:
            figure.set_dpi(shown_at)
    return stream


def _to_a_thousandth(drawing: StringIO) -> str:
    return _BEYOND_A_THOUSANDTH.sub(lambda number: number[0][:4], drawing.getvalue())
