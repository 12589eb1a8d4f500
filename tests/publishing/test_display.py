"""Charts as SVG: places to a thousandth of a point, letters as large as they were drawn."""

import re
from io import BytesIO, StringIO
from pathlib import Path

import matplotlib
import pytest
from fontTools.ttLib import TTFont
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from publishing.display import Chart
from publishing.drawing import Renderer

NUMBER = re.compile(r"(?<![\w.#-])\d+\.\d+")


def drawn():
    figure = Figure(figsize=(6, 3))
    axes = figure.subplots()
    axes.plot([1, 2, 3, 4], [1.23456, 7, 3, 5 / 3])
    axes.set_title("Letters, 0.015625")
    return figure


def test_places_keep_three_decimals_and_scales_all():
    with rc_context({"svg.hashsalt": "plan-drift", "svg.fonttype": "path"}):
        stream = BytesIO()
        drawn().savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    whole, kept = stream.getvalue().decode(), Chart(drawn(), "Caption", "Alt", "Source").svg()
    assert re.findall(r"scale\([^)]*\)", kept) == re.findall(r"scale\([^)]*\)", whole)
    assert "scale(0.015625)" in kept
    before, after = (NUMBER.findall(text) for text in (whole, kept))
    assert len(before) == len(after) > 50
    assert all(0 <= float(was) - float(now) < 0.001 for was, now in zip(before, after, strict=True))
    assert any(len(number.split(".")[1]) > 3 for number in before if float(number) >= 1)
    assert not any(len(number.split(".")[1]) > 3 for number in after if float(number) >= 1)


def test_a_text_is_as_long_as_its_font_makes_it_whatever_was_measured_before():
    lengths = {}
    for font in ("DejaVu Sans", "DejaVu Serif"):
        with rc_context({"font.sans-serif": [font]}):
            renderer = Renderer(Figure(), StringIO())
            asked = FontProperties(family="sans-serif", size=10)
            lengths[font] = renderer.get_text_width_height_descent("Wide", asked, False)[0]
    # Units of an em of 2,048 that the glyphs W, i, d and e advance by in each font's own table, kerning left aside.
    for font, file in (("DejaVu Sans", "DejaVuSans.ttf"), ("DejaVu Serif", "DejaVuSerif.ttf")):
        tables = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / file)
        advances = sum(tables["hmtx"][tables.getBestCmap()[ord(letter)]][0] for letter in "Wide")
        assert lengths[font] == pytest.approx(advances / 2048 * 10, rel=0.05)
    assert abs(lengths["DejaVu Sans"] - lengths["DejaVu Serif"]) > 0.5


@pytest.mark.parametrize("layout", [None, "tight", "constrained"])
def test_a_figure_is_drawn_as_matplotlib_saves_it_whoever_lays_it_out(layout):
    def made():
        figure = Figure(figsize=(5, 3), layout=layout)
        left, right = figure.subplots(1, 2)
        left.plot([1, 2, 30000])
        left.set_ylabel("A long label")
        right.set_title("Title")
        return figure

    with rc_context({"svg.hashsalt": "plan-drift", "svg.fonttype": "path"}):
        stream = BytesIO()
        made().savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    places = [
        NUMBER.findall(text) for text in (stream.getvalue().decode(), Chart(made(), "C", "A", "S").svg())
    ]
    assert len(places[0]) == len(places[1]) > 100
    assert all(0 <= float(was) - float(now) < 0.001 for was, now in zip(*places, strict=True))


@pytest.mark.parametrize(
    "text",
    ["AVATAR, To. Yo", "fi ffi \ufb01", "\u22120.5 to \u00a31,234", "", " ", "e\u0301x\u0301", "x\u0301\u0302",
     "\u05e9\u05dc\u05d5\u05dd abc", "$x^2$ is \u00bd"],
)  # fmt: skip
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_a_text_is_set_as_matplotlib_sets_it(text, weight):
    asked = FontProperties(family="DejaVu Sans", size=9.5, weight=weight)
    math = "$" in text
    renderer = Renderer(Figure(), StringIO())
    again = [renderer.get_text_width_height_descent(text, asked, math) for _ in range(2)]
    assert again == [TextToPath().get_text_width_height_descent(text, asked, math)] * 2

    def made():
        figure = Figure(figsize=(4, 1))
        figure.text(0.1, 0.5, text + "I", fontproperties=asked)
        figure.text(0.1, 0.2, text + "I", fontproperties=asked, fontfeatures=["-kern"])
        return figure

    with rc_context({"svg.hashsalt": "plan-drift", "svg.fonttype": "path"}):
        stream = BytesIO()
        made().savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    whole, ours = stream.getvalue().decode(), Chart(made(), "C", "A", "S").svg()
    assert re.findall(r'xlink:href="[^"]+"', whole) == re.findall(r'xlink:href="[^"]+"', ours)
    assert len(NUMBER.findall(whole)) == len(NUMBER.findall(ours)) > 0
    for was, now in zip(NUMBER.findall(whole), NUMBER.findall(ours), strict=True):
        assert 0 <= float(was) - float(now) < 0.001
