"""A report's page on a desk and on a phone: no violation of axe-core, nothing to scroll sideways, keyboard and print."""

import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publishing.display import Answer, Chart, Table
from publishing.publication import publish
from tests.making.browser import browser, needs_chromium

pytestmark = [needs_chromium]
WIDTHS = [1280, 390]
ABOUT = {
    "links": [["All reports", "index.html"], ["PDF", "report.pdf"]],
    "licence": "Open Government Licence v3.0.",
    "citation": {"authors": "A. Author", "year": "2026", "work": "a study"},
    "published": "2026-11-28",
    "provenance": {
        "inputs": {f"data/raw/a_long_name_{n}.csv": "ab" * 32 for n in range(5)},
        "parameters": {"a": 1},
    },
}


def shown(display):
    data, metadata = display._repr_mimebundle_()
    output = new_output("display_data", data=data, metadata=metadata)
    return new_code_cell("show()", execution_count=1, outputs=[output])


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    picture = Figure(figsize=(6.5, 3))
    picture.subplots().plot([1, 3, 2])
    wide = pd.DataFrame({f"A measure with a name {n}": ["12.5 (10.1 to 14.9)"] * 12 for n in range(9)})
    wide.insert(0, "Authority", [f"Authority {n}" for n in range(12)])
    text = "\n\n".join(
        f"## Part {name}\n\nSee [the method](#part-b).\n\n| a | b |\n|---|---|\n| c | 1 |" for name in "ABCD"
    )
    cells = [
        new_markdown_cell("# Do cases rise?\n\n## Question\n\nWhether they do."),
        shown(Answer("**Yes.** They rise by 2.6 points.", "Fairly.", "Why.")),
        shown(Chart(picture, "Cases rise", "A line that rises", "DfE")),
        new_markdown_cell(text),
        shown(Table(wide, "A wide table", "DfE", "A note")),
        shown(Table(wide.iloc[:, :2], "Another", "DfE")),
    ]
    path = tmp_path_factory.mktemp("screens") / "report.html"
    path.write_text(
        publish(new_notebook(cells=cells, metadata={"plan_drift": ABOUT}), "report").html, encoding="utf-8"
    )
    return path.as_uri()


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_the_page_does_not_scroll_sideways(chromium, report, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: requirements-browser.lock"
    )
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(report)
    violations = axe.Axe().run(page).response["violations"]
    assert not [(entry["id"], [node["html"][:120] for node in entry["nodes"]]) for entry in violations]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_keyboard_reaches_the_text_first_and_then_every_link(chromium, report):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('href') || ''"))
    assert {"index.html", "report.pdf"} <= reached
    page.close()


def test_print_leaves_out_what_only_a_screen_needs(chromium, report):
    page = chromium.new_page()
    page.goto(report)
    page.emulate_media(media="print")
    for bar in page.query_selector_all("nav"):
        assert not bar.is_visible()
    assert page.query_selector(".answer").is_visible()
    page.close()


def test_a_dark_screen_gets_a_dark_page_that_can_be_read(chromium, report):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: requirements-browser.lock"
    )
    page = chromium.new_page(color_scheme="dark")
    page.goto(report)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert not axe.Axe().run(page).response["violations"]
    page.close()
