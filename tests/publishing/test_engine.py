"""Cells run in this process give what a real kernel gives, and leave the process as it was."""

import os
import random
import re
import sys
from contextlib import suppress

import nbformat
import papermill
import pytest

from tests.making import TESTS

NOTEBOOK = TESTS / "notebooks" / "every_output.ipynb"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def executed(engine, folder, source=NOTEBOOK, **parameters):
    target = folder / f"{engine}.ipynb"
    with suppress(papermill.PapermillExecutionError):
        papermill.execute_notebook(source, target, parameters, engine_name=engine, progress_bar=False)
    return nbformat.read(target, 4)


def plain(output):
    """An output without what a kernel leaves to chance: the colours of tracebacks."""
    if output.output_type == "error":
        output["traceback"] = [_ANSI.sub("", line) for line in output["traceback"]]
    return dict(output)


def streams_and_rest(cell):
    """Printed text by stream, which a kernel cuts by its clock; and every other output in order."""
    outputs = cell.get("outputs", [])
    streams = {
        name: "".join(o.text for o in outputs if o.get("name") == name) for name in ("stdout", "stderr")
    }
    return streams, [plain(output) for output in outputs if output.output_type != "stream"]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines")
    return executed("plan-drift", folder, count=4), executed("nbclient", folder, count=4)


def test_outputs_equal_a_kernels(both):
    ours, kernels = both
    assert len(ours.cells) == len(kernels.cells)
    for mine, theirs in zip(ours.cells, kernels.cells, strict=True):
        assert mine.source == theirs.source
        assert mine.get("execution_count") == theirs.get("execution_count")
        assert streams_and_rest(mine) == streams_and_rest(theirs)


def test_the_notebook_shows_every_kind_of_output(both):
    ours, _ = both
    outputs = [output for cell in ours.cells for output in cell.get("outputs", [])]
    assert {o.output_type for o in outputs} == {"stream", "execute_result", "display_data", "error"}
    mimes = {mime for o in outputs for mime in o.get("data", {})}
    assert {"image/png", "image/svg+xml", "text/html", "text/markdown"} <= mimes
    assert "application/vnd.plan-drift.results+json" in mimes


def test_nothing_runs_after_the_cell_that_failed(both):
    ours, _ = both
    assert ours.cells[-1].outputs == []


def process_state():
    import matplotlib

    streams = sys.stdout, sys.stderr, sys.displayhook, sys.excepthook
    folders = os.getcwd(), list(sys.path), dict(os.environ)
    drawing = dict(dict.items(matplotlib.rcParams)), matplotlib.is_interactive()
    return streams, folders, drawing, sys.modules["__main__"], random.getstate()


def test_the_process_is_left_as_it_was(tmp_path):
    import numpy as np

    random.seed(3)
    np.random.seed(3)
    before = process_state()
    executed("plan-drift", tmp_path)
    assert process_state() == before
    assert np.random.random() == np.random.RandomState(3).random()


def test_every_run_starts_from_the_same_seed(tmp_path):
    source = tmp_path / "random.ipynb"
    cell = nbformat.v4.new_code_cell("import random, numpy\n(random.random(), numpy.random.random())")
    made = nbformat.v4.new_notebook(cells=[cell])
    made.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(made, source)
    first, second = (executed("plan-drift", tmp_path, source).cells[0].outputs for _ in range(2))
    assert first == second


def fails(engine, folder, source):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell("1")]
    )
    notebook.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "asked.ipynb")
    try:
        papermill.execute_notebook(
            folder / "asked.ipynb", folder / "out.ipynb", engine_name=engine, progress_bar=False
        )
    except papermill.PapermillExecutionError:
        return True
    return False


@pytest.mark.parametrize(
    "source",
    ["%nosuchmagic", "%%nosuchcell\nx", "%run nosuch.py", "%%bash\nfalse", "!false", "x = (", "input()",
     "raise KeyboardInterrupt", "import sys; sys.exit(3)", "import warnings; warnings.warn('x')"],
)  # fmt: skip
def test_a_cell_fails_where_a_kernel_says_so(tmp_path, source):
    assert fails("plan-drift", tmp_path, source) == fails("nbclient", tmp_path, source)
