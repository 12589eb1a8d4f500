"""What a process makes ready before it is copied for each notebook: a copy of one that has started threads may hang."""

import json
import os
import subprocess
import sys

import pytest

from analysis.cli import main
from analysis.run.parameters import read_cells
from analysis.run.server import Request, Server
from analysis.run.tasks import _EVERY_RUN
from analysis.studies.code_used import Code, code_roots
from tests.making import REPOSITORY

# Importing pandas starts a thread of its own, of an allocator, that copies do without.
SCRIPT = """
import json, os, sys
import pandas
from analysis.run.worker import _Worker

before = len(os.listdir("/proc/self/task"))
_Worker()._load(json.loads(sys.argv[1]))
from analysis.data.panel import store

threads = len(os.listdir("/proc/self/task")) - before
store.load_panel("as published")  # as notebooks with that parameter ask
print(json.dumps([threads, store.panel_of.cache_info().misses]))
"""


def test_the_panel_is_read_before_and_no_thread_started():
    main._prepare_panel()
    cells = read_cells(REPOSITORY / "notebooks" / "relationship.ipynb")
    uses = Code(code_roots(REPOSITORY)).cells_use(
        cell["source"] for cell in cells if cell["cell_type"] == "code"
    )
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([*_EVERY_RUN, *sorted({*uses.modules, *uses.outside})])],
        env=os.environ | {"PLAN_DRIFT_HOME": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    threads, read = json.loads(told.stdout)
    assert read == 1
    assert threads == 0


@pytest.fixture
def server(tmp_path):
    made = Server(REPOSITORY, code_roots(REPOSITORY), tmp_path / "worker.log", limit_seconds=60)
    yield made
    made.stop()


def test_what_later_jobs_want_is_imported_while_one_is_under_way(server, tmp_path):
    is_there = Request("builtins:eval", ["'colorsys' in __import__('sys').modules"], tmp_path / "log")
    assert not server.run(is_there)
    soon = ["no_module_of_this_name", "colorsys"]
    server.run(Request("time:sleep", [0.5], tmp_path / "log", soon=soon))
    assert server.run(is_there)
