"""Every chart: text inside the figure and readable, bytes equal, nothing taken from a user's settings."""

import re
from functools import cache

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.reports.workforce.distribution import ranked
from analysis.showing.layout import PanelLayout
from analysis.showing.theme import MAX_HEIGHT_CM, SMALL_POINTS, TEXT_WIDTH_CM
from tests.making.charts_data import CHARTS, LONG, MARKED, national, panel
from tests.making.drawn import check_layout, shown_texts


@cache
def drawn(name):
    """A chart of those that are looked at, each drawn once."""
    return CHARTS[name]()


@pytest.mark.parametrize("name", CHARTS)
def test_text_is_inside_at_other_resolutions(name):
    """The layout is fixed once; letters are a little wider or narrower at another resolution."""
    figure = drawn(name).figure
    usual = figure.get_dpi()
    try:
        for dots_per_inch in (72, 150, 300):
            figure.set_dpi(dots_per_inch)
            check_layout(figure)
    finally:
        figure.set_dpi(usual)  # others look at the same figure


@pytest.mark.parametrize("name", CHARTS)
def test_text_is_inside_readable_and_apart(name):
    figure = drawn(name).figure
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


RECT, PADS_INCHES = (0.02, 0.01, 0.95, 0.97), (0.06, 0.05)


def _grid(layout, legend: str, *, below: str = "", beside: str = "") -> np.ndarray:
    """Where panels stand, in inches: six with labels of several lengths, a second scale on one, and one that isn't shown."""
    figure = Figure(figsize=(6.5, 4.5), layout=layout)
    for place, axes in enumerate(panels := figure.subplots(2, 3).ravel()):
        axes.plot([0, 10 ** (place + 1)], [0, 3], label=f"line {place}")
        axes.set_title(f"Panel {place}", loc="left")
        axes.set_ylabel("lines\nof a label" if place == 1 else "")
        axes.set_xlabel("below" if place > 2 else "")
    panels[4].twinx().set_ylim(0, 1000)
    panels[5].set_visible(False)
    if legend:
        figure.legend(handles=panels[0].lines, loc=f"outside {legend}")
    if below:
        figure.supxlabel(below)
    if beside:
        figure.supylabel(beside)
    layout.execute(figure)
    return np.array([axes.get_position().bounds for axes in panels[:5]]) * [6.5, 4.5, 6.5, 4.5]


@pytest.mark.parametrize(
    ("legend", "below", "beside"),
    [
        ("", "", ""),
        ("upper left", "", ""),
        ("lower center", "", ""),
        ("upper right", "years", ""),
        ("upper left", "", "sentences, per 100"),
        ("", "years", "sentences, per 100"),
    ],
)
def test_panels_stand_where_constrained_layout_puts_them(legend, below, beside):
    pads = dict(zip(("w_pad", "h_pad"), PADS_INCHES, strict=True))
    theirs = _grid(
        ConstrainedLayoutEngine(**pads, hspace=0, wspace=0, rect=RECT), legend, below=below, beside=beside
    )
    ours = _grid(PanelLayout(RECT, PADS_INCHES), legend, below=below, beside=beside)
    np.testing.assert_allclose(ours, theirs, atol=0.03)  # inches: letters are measured as SVG has them
    assert np.ptp(ours[:, 2]) < 1e-9 and np.ptp(ours[:, 3]) < 1e-9


def test_panels_that_have_no_room_stay_where_they_are():
    figure = Figure(figsize=(1, 1), layout=PanelLayout(RECT, PADS_INCHES))
    axes = figure.subplots()
    axes.set_ylabel("as wide as the figure", fontsize=100)
    before = axes.get_position().bounds
    with pytest.warns(UserWarning, match="leaves no room"):
        figure.get_layout_engine().execute(figure)
    assert axes.get_position().bounds == before


@pytest.mark.parametrize("name", CHARTS)
def test_same_bytes_twice_and_under_other_settings(name):
    """Drawn anew under other settings the bytes are the same, and so they are drawn anew at all."""
    chart = CHARTS[name]()
    first = chart.svg()
    assert chart.svg() == first, "drawing changed the figure"
    settings = {"font.size": 20, "font.family": ["serif"], "lines.linewidth": 6, "axes.facecolor": "yellow"}
    with matplotlib.rc_context(
        {**settings, "hatch.linewidth": 4, "axes.labelsize": 30, "figure.facecolor": "red"}
    ):
        assert CHARTS[name]().svg() == first


@pytest.mark.parametrize("name", CHARTS)
def test_words_beside_a_chart(name):
    chart = drawn(name)
    assert chart.source.startswith("Department for Education")
    assert len(chart.alt) > 60 and re.search(r"\d", chart.alt)
    assert chart.caption.endswith(".") and len(chart.caption) > 40
    words = f"{chart.caption} {chart.alt}"
    assert "effect of" not in words and "nan" not in words.lower().split()
    assert not re.search(r"(?<![\w–])-\d", words), "a hyphen stands for a minus sign"


@pytest.mark.parametrize("name", [name for name in CHARTS if name in ("small_multiples", "ranked", "map")])
def test_marked_authority_is_named(name):
    chart = drawn(name)
    assert LONG in chart.alt
    assert any(LONG in text.get_text().replace("\n", " ") for text in shown_texts(chart.figure))


def test_marked_code_is_an_authority_of_the_made_up_panel():
    assert (panel().loc[panel()["authority_code"] == MARKED, "authority"] == LONG).all()
