"""Figures as SVG, the same bytes for the same figure; a text is set once for all that a process lays out and draws."""

import re
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import combining

from matplotlib import rc_context
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.textpath import TextToPath

if TYPE_CHECKING:
    from matplotlib.ft2font import GlyphIndexType
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


class _Letter(NamedTuple):
    """A glyph: what an SVG calls it, its outline, and its depth, height and advance in 64ths of a unit of ``FONT_SCALE``."""

    name: str
    outline: Any
    low: int
    high: int
    advance: int


class _Line(NamedTuple):
    """A text as it is set: its glyphs with where each stands, as matplotlib passes them on, and the whole's measures."""

    placed: tuple[tuple[str, float, float, float], ...]
    letters: tuple[_Letter, ...]
    width: float
    height: float
    descent: float


class _Letters(TextToPath):
    """matplotlib's letters, each read once, in texts that are set once, whether they are measured or drawn.

    Left to matplotlib: formulas, letters with marks put over them, which stand elsewhere than their advance says, and
    features of fonts.
    """

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        """Return width, height and descent of a text in points."""
        if ismath or any(map(combining, s)):
            return super().get_text_width_height_descent(s, prop, ismath)
        font: FT2Font = self._get_font(prop)  # type: ignore[attr-defined]  # its types leave it out
        line, scale = _set(font, s), prop.get_size_in_points() / self.FONT_SCALE
        return line.width * scale, line.height * scale, line.descent * scale

    def get_glyphs_with_font(
        self, font: FT2Font, s: str, glyph_map: Any = None, return_new_glyphs_only: bool = False,
        *, features: Any = None, language: Any = None,
    ) -> tuple[list[tuple[str, float, float, float]], dict[str, Any], list[Any]]:  # fmt: skip
        """Return the glyphs of a text and where they stand, the outlines of those that are new, and no rectangles."""
        if features or language or glyph_map is None or not return_new_glyphs_only:
            return super().get_glyphs_with_font(
                font, s, glyph_map, return_new_glyphs_only, features=features, language=language
            )
        line = _set(font, s)
        new = {letter.name: letter.outline for letter in line.letters if letter.name not in glyph_map}
        return list(line.placed), new, []


@lru_cache(maxsize=1 << 14)
def _set(font: FT2Font, text: str) -> _Line:
    """Set a text in a font that has been given ``FONT_SCALE`` as its size."""
    items = font._layout(text, LoadFlags.NO_HINTING)
    letters = [_letter(item.ft_object, item.glyph_index) for item in items]
    high = max((letter.high for letter in letters), default=0)
    low = min((letter.low for letter in letters), default=0)
    end = items[-1].x + letters[-1].advance / 64 if items else 0.0
    placed = [(letter.name, item.x, item.y, 1.0) for letter, item in zip(letters, items, strict=True)]
    return _Line(tuple(placed), tuple(letters), end, (high - low) / 64, -low / 64)


@lru_cache(maxsize=1 << 12)
def _letter(font: FT2Font, index: "GlyphIndexType") -> _Letter:
    glyph = font.load_glyph(index, LoadFlags.NO_HINTING)
    name: str = _LETTERS._get_glyph_repr(font, index)  # type: ignore[attr-defined]  # its types leave it out
    return _Letter(name, font.get_path(), glyph.bbox[1], glyph.bbox[3], glyph.horiAdvance)


_LETTERS = _Letters()


class Renderer(RendererSVG):
    """matplotlib's renderer of SVG, in which a text that was measured before isn't again; ``stream`` takes the drawing."""

    def __init__(self, figure: Figure, stream: StringIO) -> None:
        width, height = figure.get_size_inches() * DPI
        super().__init__(width, height, stream, image_dpi=DPI, metadata=_ABOUT)  # type: ignore[no-untyped-call]  # matplotlib's
        self._text2path = _LETTERS

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        """Return width, height and descent of a text in points."""
        if ismath or _BY_SETTINGS.intersection(prop.get_family()):
            return _LETTERS.get_text_width_height_descent(s, prop, ismath)
        return _measured(s, prop)


@lru_cache(maxsize=1 << 14)
def _measured(text: str, font: FontProperties) -> tuple[float, float, float]:
    return _LETTERS.get_text_width_height_descent(text, font, False)


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
