"""Every chart: text inside the figure and readable, bytes equal, nothing taken from a user's settings."""

import re
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from charts_data import CHARTS, LONG, MARKED, national, panel
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from analysis.reports.workforce.distribution import ranked
from analysis.showing.theme import MAX_HEIGHT_CM, SMALL_POINTS, TEXT_WIDTH_CM


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


@pytest.mark.parametrize("dots_per_inch", [72, 150, 300])
@pytest.mark.parametrize("name", CHARTS)
def test_text_is_inside_at_other_resolutions(name, dots_per_inch):
    """The layout is fixed once; letters are a little wider or narrower at another resolution."""
    figure = CHARTS[name]().figure
    figure.set_dpi(dots_per_inch)
    check_layout(figure)


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


@pytest.mark.parametrize("name", CHARTS)
def test_text_is_inside_readable_and_apart(name):
    figure = CHARTS[name]().figure
    check_layout(figure)
    sizes = [text.get_fontsize() for text in shown_texts(figure)]
    assert min(sizes) >= SMALL_POINTS
    width, height = figure.get_size_inches() * 2.54
    assert width == pytest.approx(TEXT_WIDTH_CM)
    assert height <= MAX_HEIGHT_CM


@pytest.mark.parametrize("place", [0, 1, 20, 60, 76, 100, 140, 150, 151])
def test_ranked_labels_stay_apart_wherever_the_marked_authority_stands(place):
    frame = panel()[panel()["year"] == 2024].copy()
    frame["turnover_percent"] = np.linspace(4.0, 41.0, 152).round(1)
    frame["authority_code"] = [f"X{i:03}" for i in range(152)]
    frame["authority"] = np.where(np.arange(152) == place, LONG, "Central Bedfordshire and Elsewhere")
    check_layout(ranked(frame, national(), "turnover_percent", 2024, f"X{place:03}").figure)


@pytest.mark.parametrize("name", CHARTS)
def test_same_bytes_twice_and_under_other_settings(name):
    first = CHARTS[name]().svg()
    chart = CHARTS[name]()
    assert chart.svg() == first
    assert chart.svg() == first, "drawing changed the figure"
    settings = {"font.size": 20, "font.family": ["serif"], "lines.linewidth": 6, "axes.facecolor": "yellow"}
    with matplotlib.rc_context(
        {**settings, "hatch.linewidth": 4, "axes.labelsize": 30, "figure.facecolor": "red"}
    ):
        assert CHARTS[name]().svg() == first


@pytest.mark.parametrize("name", CHARTS)
def test_words_beside_a_chart(name):
    chart = CHARTS[name]()
    assert chart.source.startswith("Department for Education")
    assert len(chart.alt) > 60 and re.search(r"\d", chart.alt)
    assert chart.caption.endswith(".") and len(chart.caption) > 40
    words = f"{chart.caption} {chart.alt}"
    assert "effect of" not in words and "nan" not in words.lower().split()
    assert not re.search(r"(?<![\w–])-\d", words), "a hyphen stands for a minus sign"


@pytest.mark.parametrize("name", [name for name in CHARTS if name in ("small_multiples", "ranked", "map")])
def test_marked_authority_is_named(name):
    chart = CHARTS[name]()
    assert LONG in chart.alt
    assert any(LONG in text.get_text().replace("\n", " ") for text in shown_texts(chart.figure))


def test_marked_code_is_an_authority_of_the_made_up_panel():
    assert (panel().loc[panel()["authority_code"] == MARKED, "authority"] == LONG).all()
