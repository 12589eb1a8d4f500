"""What a reader takes away of a report: tables that a spreadsheet opens, pictures, how to cite; and links to all of it."""

import csv
import re
from io import BytesIO, StringIO
from zipfile import ZipFile

import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from python_calamine import CalamineWorkbook

from publishing.display import Chart, Table
from publishing.publication import publish


def shown(display):
    data, metadata = display._repr_mimebundle_()
    output = new_output("display_data", data=data, metadata=metadata)
    return new_code_cell("show()", execution_count=1, outputs=[output])


TABLE = Table(
    pd.DataFrame({"Authority": ["Bath, City of", "Łódź"], "Rate (%)": ["1.5", "−2.0"]}),
    "Rates, by authority",
    "DfE, 2025",
)
ABOUT = {
    "links": [["All reports", "../index.html"], ["PDF", "../a/b.pdf"]],
    "licence": "Open Government Licence v3.0.",
    "citation": {"authors": "A. Author", "year": "2026", "work": "a study"},
}


@pytest.fixture(scope="module")
def published():
    picture = Figure(figsize=(2, 1))
    picture.subplots().plot([1, 2])
    sections = "\n\n".join(f"## Part {name}\n\nText." for name in "ABCD")
    cells = [
        new_markdown_cell(f"# Rates\n\n{sections}"),
        shown(TABLE),
        shown(Chart(picture, "Rates rise", "A line", "DfE")),
    ]
    return publish(new_notebook(cells=cells, metadata={"plan_drift": ABOUT}), "rates")


def test_the_archive_holds_each_table_as_csv_and_each_figure_as_it_was_drawn(published):
    with ZipFile(BytesIO(published.archive)) as opened:
        names = opened.namelist()
        assert sorted(names) == [
            "README.txt", "figure-01-rates-rise.png", "figure-01-rates-rise.svg", "table-01-rates-by-authority.csv",
            "tables.xlsx",
        ]  # fmt: skip
        rows = list(csv.reader(StringIO(opened.read("table-01-rates-by-authority.csv").decode())))
        assert opened.read("figure-01-rates-rise.svg").lstrip().startswith(b"<?xml")
        readme = opened.read("README.txt").decode()
    assert rows == [["Authority", "Rate (%)"], ["Bath, City of", "1.5"], ["Łódź", "−2.0"]]
    assert "A. Author (2026). ‘Rates’, in a study." in readme
    assert "table-01-rates-by-authority.csv: Rates, by authority Source: DfE, 2025" in readme


def test_the_archive_of_a_run_lists_its_inputs_with_their_whole_digests():
    inputs = {"data/b.csv": "cd" * 32, "data/a.csv": "ab" * 32}
    about = {"plan_drift": {"provenance": {"inputs": inputs}}}
    made = publish(new_notebook(cells=[new_markdown_cell("# Rates"), shown(TABLE)], metadata=about), "rates")
    with ZipFile(BytesIO(made.archive)) as opened:
        rows = list(csv.reader(StringIO(opened.read("inputs.csv").decode())))
        assert "inputs.csv: " in opened.read("README.txt").decode()
    assert rows == [["file", "sha256"], ["data/a.csv", "ab" * 32], ["data/b.csv", "cd" * 32]]
    assert "ab" * 4 in made.html and "ab" * 32 not in made.html


def test_the_workbook_has_a_sheet_a_table_with_numbers_that_can_be_added(published):
    with ZipFile(BytesIO(published.archive)) as opened:
        book = CalamineWorkbook.from_filelike(BytesIO(opened.read("tables.xlsx")))
    assert book.sheet_names == ["Contents", "Table 1"]
    assert book.get_sheet_by_name("Contents").to_python()[1] == [
        "Table 1",
        "Rates, by authority Source: DfE, 2025",
    ]
    assert book.get_sheet_by_name("Table 1").to_python() == [
        ["Authority", "Rate (%)"],
        ["Bath, City of", 1.5],
        ["Łódź", -2.0],
    ]


@pytest.mark.parametrize(
    "shown_as, kept",
    [("1,234", 1234.0), ("−0.50", -0.5), ("1.2 (0.3 to 2.1)", None), ("", ""), ("=1+1", None), ("2019-20", None),
     ("12,34", None), ("C01", None), ("007", None), ("2019", 2019.0), ("£5", None)],
)  # fmt: skip
def test_only_what_is_a_number_becomes_one_in_the_workbook(shown_as, kept):
    table = Table(pd.DataFrame({"a": [shown_as], "b": ["x"]}), "One cell", "DfE")
    report = publish(new_notebook(cells=[new_markdown_cell("# A"), shown(table)]), "a")
    with ZipFile(BytesIO(report.archive)) as opened:
        book = CalamineWorkbook.from_filelike(BytesIO(opened.read("tables.xlsx")))
    assert book.get_sheet_by_name("Table 1").to_python()[1] == [shown_as if kept is None else kept, "x"]


def test_a_figure_is_there_as_png_at_150_pixels_an_inch(published):
    with ZipFile(BytesIO(published.archive)) as opened:
        picture = Image.open(BytesIO(opened.read("figure-01-rates-rise.png")))
        drawn = re.search(rb'width="([\d.]+)pt"', opened.read("figure-01-rates-rise.svg"))
    assert picture.size[0] == pytest.approx(float(drawn[1]) / 72 * 150, abs=1)


def test_the_archive_is_the_same_bytes_each_time(published):
    cells = [new_markdown_cell("# Rates"), shown(TABLE)]
    first, second = (publish(new_notebook(cells=cells), "rates").archive for _ in range(2))
    assert first == second


def test_the_page_links_to_the_list_to_its_files_and_to_its_parts(published):
    html = published.html
    assert '<a href="../index.html">All reports</a>' in html
    assert '<a href="../a/b.pdf">PDF</a>' in html
    contents = html[html.index('<nav class="contents"') :]
    for name in "ABCD":
        anchor = contents.split(f">Part {name}</a>")[0].rsplit('href="#', 1)[1].rstrip('"')
        assert f'<h2 id="{anchor}">Part {name}</h2>' in html
    assert "Open Government Licence v3.0." in html.split("<footer>")[1]


def test_a_short_page_has_no_contents():
    assert (
        "contents"
        not in publish(new_notebook(cells=[new_markdown_cell("# A\n\n## B\n\nText.")]), "a").html.split(
            "<body>"
        )[1]
    )
