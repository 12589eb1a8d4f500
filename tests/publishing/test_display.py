"""Charts as SVG: places to a thousandth of a point, letters as large as they were drawn."""

import re
from io import BytesIO

from matplotlib import rc_context
from matplotlib.figure import Figure

from publishing.display import Chart

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
