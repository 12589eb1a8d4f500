"""Own tables travel as data: what the page sets is what the HTML beside it says."""

from dataclasses import replace

import pandas as pd
import pytest

from publishing.blocks import TABLE_MIME
from publishing.display import Table
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
