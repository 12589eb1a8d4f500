"""One notebook's misfortune is its own: forks, endless loops, killed processes and full disks."""

import json
import time

import pytest

from analysis.errors import PlanDriftError
from analysis.paths import Project
from analysis.run import runner
from analysis.run.runner import run_study
from analysis.run.worker import _whole
from analysis.studies.recorded import Recorded
from analysis.studies.results import every_result, read_results
from analysis.studies.study import load_study
from tests.making.cluster import until
from tests.making.processes import is_running
from tests.making.publishing_project import (
    copied,
    new_code_cell,
    new_markdown_cell,
    parameters,
    small_project,
    write_notebook,
)


@pytest.fixture(autouse=True)
def _nothing_prepared(monkeypatch):
    monkeypatch.setattr(runner, "PREPARE", [])


@pytest.fixture
def fresh(tmp_path):
    """A project in which nothing has run."""
    root = small_project(tmp_path)
    (root / "studies" / "main.yml").write_text("runs: [first, {notebook: last, after: first}]\n")
    return Project(root)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A project after its first run, to be copied."""
    project = Project(small_project(tmp_path_factory.mktemp("once")))
    (project.studies / "main.yml").write_text("runs: [first, {notebook: last, after: first}]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "PREPARE", [])
        assert set(run(project).done) == {"first", "last"}
    return project


@pytest.fixture
def project(once, tmp_path):
    """A project of one's own that has run once."""
    return copied(once, tmp_path)


def run(project, **options):
    return run_study(project, load_study(project.studies / "main.yml"), progress=False, **options)


def write_first(project, *sources):
    cells = [new_code_cell(source) for source in sources]
    write_notebook(project.root, "first", new_markdown_cell("# First\n\n## Result"), *cells)


def beside(project, **sources):
    """Make a study of notebooks, each of the given cells, and of another that works meanwhile."""
    for name, cells in sources.items():
        write_notebook(project.root, name, new_markdown_cell("# It\n\n## Result"), *map(new_code_cell, cells))
    other = new_code_cell(
        "import time; time.sleep(2)\nfrom analysis.studies.results import Results\nResults({'a': 1})"
    )
    write_notebook(project.root, "other", new_markdown_cell("# Other\n\n## Result"), other)
    (project.studies / "main.yml").write_text(f"runs: [{', '.join(sources)}, other]\n")


def test_copies_that_notebooks_fork_harm_nobody_and_what_is_left_running_ends_with_its_notebook(project):
    forks = (
        "import os\nif os.fork() == 0: print(1)",
        "from analysis.studies.results import Results\nResults({'b': 2})",
    )
    leaves = (
        "import os, time\npid = os.fork()\nif pid == 0: time.sleep(600)",
        "from analysis.studies.results import Results\nResults({'pid': pid})",
    )
    beside(project, forks=forks, leaves=leaves)
    began = time.monotonic()
    summary = run(project)
    assert set(summary.done) == {"forks", "leaves", "other"}, summary.failed
    assert time.monotonic() - began < 300
    assert read_results(project, "forks")[0]["values"] == {"b": 2}
    left = read_results(project, "leaves")[0]["values"]["pid"]
    until(lambda: not is_running(left))  # it was ended, but perhaps nobody has asked how


def test_a_notebook_that_never_ends_is_ended_and_the_others_are_not(project):
    beside(project, first=["import time\nwhile True: time.sleep(1)"])
    summary = run(project, limit_seconds=10)
    assert summary.failed == {
        "first": "took longer than 10 s and was ended; --time-limit SECONDS allows more"
    }
    assert summary.done == ("other",)


@pytest.mark.parametrize("answer", [b"", b'{"val', b'{"value": 1}{"value": 1}', b"[1]", b"3"])
def test_an_answer_that_is_not_whole_is_told_by_how_the_process_ended(answer):
    assert _whole(bytearray(answer), 9) == {
        "error": "the process was ended by SIGKILL; it may have run out of memory",
        "machine": True,
    }
    assert _whole(bytearray(b'{"value": 1}'), 0) == {"value": 1}


SHORT_OF = {
    "first": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL"),
    "second": ("raise OSError(28, 'No space left on device')", "No space left on device"),
    "third": ("bytearray(1 << 62)", "MemoryError"),
    "fourth": ("from analysis.errors import PlanDriftError\ntry:\n    raise OSError(24, 'Too many open files')\n"
                "except OSError as error:\n    raise PlanDriftError('x: can not be read') from error",
                "x: can not be read"),
}  # fmt: skip
"""Notebooks whose machine runs short, each in its own way: the cell that fails, and what is told of it."""


def test_reports_outlive_a_machine_that_ran_short(fresh):

    def write(**sources):
        for name, source in sources.items():
            write_notebook(fresh.root, name, new_markdown_cell("# A\n\n## Result"), new_code_cell(source))

    sound = "from analysis.studies.results import Results\nResults({{'scaled': {}}})"
    write(**{name: sound.format(30) for name in SHORT_OF})
    asked = ", ".join([*SHORT_OF, "{notebook: last, after: first}"])
    (fresh.studies / "main.yml").write_text(f"runs: [{asked}]\n")
    assert set(run(fresh).done) == {*SHORT_OF, "last"}
    before = {path: path.read_bytes() for name in SHORT_OF for path in fresh.reports.rglob(f"{name}.*")}
    assert len(before) == 5 * len(SHORT_OF)
    write(**{name: source for name, (source, _) in SHORT_OF.items()})
    summary = run(fresh)
    assert {path: path.read_bytes() for path in before} == before
    page = (fresh.reports / "index.html").read_text()
    for name, (_, told) in SHORT_OF.items():
        assert told in summary.failed[name] and told in page and f'href="{name}.pdf"' in page
    assert page.count("older than its inputs; could not be made again") == len(SHORT_OF)
    write(**{name: sound.format(7) for name in SHORT_OF})
    assert set(run(fresh).done) == {*SHORT_OF, "last"}, "the next run makes all of them again"
    assert "older than its inputs" not in (fresh.reports / "index.html").read_text()


def test_a_notebooks_own_failure_takes_its_reports_away(project):
    write_first(project, "raise OSError(2, 'No such file or directory')")
    run(project)
    assert not (project.reports / "first.pdf").exists()
    assert "older than its inputs" in (project.reports / "index.html").read_text(), "the one that reads it"


def test_results_that_no_run_has_written_are_not_believed(project):
    path = project.reports / "results" / "first.json"
    whole = path.read_text()
    path.write_text(whole.replace("30", "31"))
    with pytest.raises(PlanDriftError, match=r"first: reports/results/first\.json isn't what its run wrote"):
        read_results(project, "first")
    path.write_text(whole)
    assert read_results(project, "first")[0]["values"] == {"scaled": 30}
    (project.reports / "results" / "own.json").write_text(whole)
    stale = {entry["name"]: entry["stale"] for entry in every_result(project)}
    assert stale["first"] == ""
    assert stale["own"] == "no run has recorded reports/results/own.json"


def test_results_of_other_data_are_stale_and_so_is_what_rests_on_them_though_it_reads_no_data_itself(
    fresh, monkeypatch
):
    panel = runner.Preparation(
        "panel", "tinypack.making:build", ("data/raw/*.csv",), ("data/processed/panel.txt",)
    )
    monkeypatch.setattr(runner, "PREPARE", [panel])
    (fresh.studies / "main.yml").write_text(
        "runs: [first, {notebook: last, after: first}, {notebook: last, name: resting, after: first, reads: []}]\n"
    )
    run(fresh)
    recorded = Recorded(fresh)
    assert [recorded.why_stale(name) for name in ("first", "last", "resting")] == ["", "", ""]
    assert "data/raw/figures.csv" not in recorded.inputs("resting")
    figures = fresh.raw / "figures.csv"
    digest = recorded.inputs("last")["data/raw/figures.csv"]
    figures.write_text("a,b\n1,3\n")
    for name in ("last", "resting"):
        assert Recorded(fresh).why_stale(name) == "data/raw/figures.csv has changed since"
    assert Recorded(fresh).inputs("last")["data/raw/figures.csv"] == digest, "as it was when it was read"
    with pytest.raises(PlanDriftError, match=r"^last: data/raw/figures\.csv has changed since"):
        read_results(fresh, "last")
    figures.write_text("a,b\n1,2\n")
    assert Recorded(fresh).why_stale("last") == ""


def test_runs_of_ones_own_are_no_results_of_the_study(project):
    run(project, only=["first"], overrides={"count": 5})
    assert (project.reports / "results" / "runs" / "first-count-5.json").is_file()
    assert [entry["name"] for entry in every_result(project)] == ["first", "last"]
    assert [entry["values"] for entry in read_results(project, "first")] == [{"scaled": 30}]


def test_a_run_reads_only_the_results_that_it_comes_after(project):
    write_notebook(project.root, "other", new_markdown_cell("# Other"), parameters("n: int = 1"),
                   new_code_cell("from analysis.paths import current_project\n"
                                 "from analysis.studies.results import Results, read_results\n"
                                 "Results({'seen': [run['name'] for run in read_results(current_project())]})"))  # fmt: skip
    (project.studies / "own.yml").write_text("runs: [first, {notebook: other, after: first}]\n")
    summary = run_study(project, load_study(project.studies / "own.yml"), progress=False)
    assert "other" in summary.done, summary.failed
    values = json.loads((project.reports / "results" / "other.json").read_text())["values"]
    assert values == {"seen": ["first"]}, "not 'last', which another study has left there"


def test_a_run_called_index_keeps_its_page(fresh):
    write_notebook(fresh.root, "index", new_markdown_cell("# An own index\n\n## Result"), new_code_cell("1"))
    (fresh.studies / "main.yml").write_text("runs: [index]\n")
    assert run(fresh).done == ("index",)
    assert run(fresh).done == (), "it is up to date"
    assert "An own index" in (fresh.reports / "index-report.html").read_text()
    assert 'href="index-report.html"' in (fresh.reports / "index.html").read_text()


def test_results_that_no_longer_hold_are_refused_where_all_are_asked_for(project):
    assert [entry["name"] for entry in read_results(project)] == ["first", "last"]
    path = project.reports / "results" / "first.json"
    path.write_text(path.read_text().replace("30", "31"))
    with pytest.raises(PlanDriftError, match=r"first: reports/results/first\.json isn't what its run wrote"):
        read_results(project)
    assert Recorded(project).why_stale("last") == "reports/results/first.json has changed since"
