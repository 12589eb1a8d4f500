"""Own tables travel as data: what the page sets is what the HTML beside it says."""

from dataclasses import replace

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdfium2 import PdfDocument

from publishing.blocks import TABLE_MIME
from publishing.display import Table
from publishing.publication import publish
from publishing.tables import grid_of, split_html

FRAMES = {
    "text that HTML minds": pd.DataFrame({"A & B": ["<b>", 'say "x"'], "n": [1, 2]}),
    "missing cells": pd.DataFrame({"place": ["Leeds", None], "rate": ["−1.5", float("nan")]}),
    "one column": pd.DataFrame({"only": ["one", "two  words"]}),
    "no rows": pd.DataFrame({"place": [], "rate": []}),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_table_is_the_same_as_data_and_as_html(frame):
    table = Table(frame, "A caption", "a source", align_right=tuple(frame.columns[1:]))
    data, _ = table._repr_mimebundle_()
    (parsed,) = split_html(data["text/html"])
    assert grid_of(**data[TABLE_MIME]) == replace(parsed, caption="")


def test_data_of_a_table_say_text_and_sides():
    table = Table(FRAMES["missing cells"], "A caption", "a source", align_right=("rate",))
    assert table.as_data() == {
        "columns": ["place", "rate"],
        "rows": [["Leeds", "−1.5"], ["", ""]],
        "right": [False, True],
    }


def test_cells_stay_on_a_line_where_all_can_and_heads_take_more():
    heads = ["Assessments on time, %", "Conferences on time, %", "Looked after per 10,000", "Spend, £ per child",
             "Plans of 2 years+, %", "Turnover, %", "Agency, %"]  # fmt: skip
    names = ["Windsor and Maidenhead", "Kensington and Chelsea"]
    frame = pd.DataFrame({"Authority": names, **{head: [76.3, 90.9] for head in heads}})
    data, metadata = Table(frame, "A caption", "a source")._repr_mimebundle_()
    output = new_output("display_data", data=data, metadata=metadata)
    cells = [new_markdown_cell("# Title"), new_code_cell("1", execution_count=1, outputs=[output])]
    page = PdfDocument(publish(new_notebook(cells=cells), "wide").pdf)[0]
    lines = page.get_textpage().get_text_range().splitlines()
    for name in names:
        assert any(name in line for line in lines), lines
