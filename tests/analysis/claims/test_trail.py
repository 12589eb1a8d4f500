"""A trail through a project made by hand: cells, parameters, tables and their hashes when they were read."""

import json

import pytest

from analysis.claims.judging import judge
from analysis.claims.trail import Trails
from analysis.paths import Project
from analysis.run.state import State
from analysis.studies.recorded import STATE_FILE
from analysis.studies.results import RESULTS_MIME
from tests.making.claims_written import claim, result, written

CELLS = [
    ("one", "share = 0.5", ["parameters"], False),
    ("two", "import math\nfound = 1", [], False),
    ("three", "found = math.sqrt(share)", [], False),
    ("four", "beside = 3", [], False),
]
"""Identifier, source, tags, and whether the cell records the results: ``found`` is computed twice, the last time counts."""


def write(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def record(inputs, outputs):
    return {"inputs": inputs, "outputs": outputs, "settings": {}}


@pytest.fixture
def step(tmp_path):
    def of(recording):
        cells = [
            {"id": name, "cell_type": "code", "source": source, "metadata": {"tags": tags},
             "outputs": [{"data": {RESULTS_MIME: {}}}] if records else []}
            for name, source, tags, records in [*CELLS, ("five", recording, [], True), ("six", "found = 9", [], False)]
        ]  # fmt: skip
        recorded = result("pair/a", 0.3, 0.2, 0.4, 0.01) | {"parameters": {"share": 0.5}}
        reports = tmp_path / "reports"
        write(reports / "notebooks/pair/a.ipynb", {"cells": cells})
        write(reports / "results/pair/a.json", recorded)
        records = {
            "pair/a": record({"data/processed/made.parquet": "m", "data/raw/beside.csv": "b"}, {}),
            "prepare:made": record(
                {"data/raw/behind.csv": "h", "src/analysis/made.py": "s"},
                {"data/processed/made.parquet": "m"},
            ),
        }
        state = State(tmp_path, tmp_path / STATE_FILE)
        for name, kept in records.items():
            state.keep(name, kept)
        about = {"title": "t", "publisher": "p", "release": "r"}
        official = [{"file": "beside_2024.csv", "hash": "sha256:0"}, {"title": "no file"}]
        write(
            tmp_path / "data/raw/datapackage.json",
            {
                "resources": [
                    {"name": name, "path": f"{name}.csv", "sources": official, **about}
                    for name in ("behind", "beside", "unread")
                ]
            },
        )
        (tmp_path / "studies").mkdir(exist_ok=True)
        (tmp_path / "studies/main.yml").write_text(
            "runs: [{notebook: pair, grid: [{x: a}], reads: [data/raw/beside.csv, data/raw/behind.csv, 'data/raw/un*.csv']}]"
        )
        register = written(tmp_path, X01=claim(tests=[{"finding": "pair/a/main", "expected": "positive"}]))
        (only,) = Trails(Project(tmp_path)).of(judge(register, [recorded | {"stale": ""}])[0])
        return only

    return of


def test_the_last_cell_that_assigned_what_is_recorded_computed_it(step):
    traced_step = step("Results(found)")
    assert (traced_step.cell, traced_step.recorded_by) == ("three", "five")
    assert (traced_step.notebook, traced_step.parameters) == ("notebooks/pair.ipynb", {"share": 0.5})


def test_a_cell_that_computes_what_it_records_is_named_beside_the_others(step):
    traced_step = step("rounded = round(found, 2)\nResults(rounded)")
    assert (traced_step.cell, traced_step.recorded_by) == ("three, five", "five")


def test_tables_are_those_that_the_run_reads_with_their_hashes_when_it_read_them(step):
    traced_step = step("Results(found)")
    assert [(table.path, table.sha256) for table in traced_step.tables] == [
        ("data/raw/beside.csv", "b"),
        ("data/raw/behind.csv", "h"),
    ]
    assert traced_step.tables[0].official_files == ("beside_2024.csv (sha256:0)",)
