"""A study is run once, then only where something it depends on has changed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pikepdf
import pytest

from analysis.errors import PlanDriftError, RequestError
from analysis.paths import Project
from analysis.run import runner
from analysis.run.parameters import read_parameters
from analysis.run.runner import Preparation, run_notebook, run_study
from analysis.studies.results import read_results
from analysis.studies.study import load_study, variant_name
from tests.making.publishing_project import (
    STUDY,
    copied,
    new_code_cell,
    new_markdown_cell,
    parameters,
    small_project,
    write_notebook,
)

PANEL = Preparation("panel", "tinypack.making:build", ("data/raw/*.csv",), ("data/processed/panel.txt",))
EVERY_RUN = {"first", "grid/low", "grid/high", "last"}

SCRIPT = """
import sys
from pathlib import Path
from analysis.paths import current_project
from analysis.run import runner
from analysis.studies.study import load_study
runner.PREPARE[:] = [runner.Preparation(
    "panel", "tinypack.making:build", ("data/raw/*.csv",), ("data/processed/panel.txt",))]
project = current_project()
summary = runner.run_study(project, load_study(project.studies / "main.yml"))
heavy = ("pandas", "numpy", "matplotlib", "pyfixest", "statsmodels", "papermill", "IPython", "typst")
print("IMPORTED", [name for name in heavy if name in sys.modules])
sys.exit(summary.exit_status)
"""


@pytest.fixture(autouse=True)
def _prepared(monkeypatch):
    monkeypatch.setattr(runner, "PREPARE", [PANEL])


@pytest.fixture
def fresh(tmp_path):
    """A project in which nothing has run."""
    return Project(small_project(tmp_path))


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A project after its first run, to be copied."""
    project = Project(small_project(tmp_path_factory.mktemp("once")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "PREPARE", [PANEL])
        summary = run(project)
    assert (summary.exit_status, ran(summary)) == (0, EVERY_RUN)
    return project


@pytest.fixture
def project(once, tmp_path):
    """A project of one's own that has run once."""
    return copied(once, tmp_path)


def run(project, **options):
    return run_study(project, load_study(project.studies / "main.yml"), progress=False, **options)


def ran(summary):
    return set(summary.done) - {"prepare:panel"}


def contents(project):
    files = [path for path in project.reports.rglob("*") if path.is_file() and ".state" not in path.parts]
    return {path.relative_to(project.reports).as_posix(): path.read_bytes() for path in files}


def test_a_study_runs_once_and_reports_lie_where_they_should(project):
    assert set(contents(project)) == {
        "record.json", "index.html",
        *(f"{name}.{suffix}" for name in EVERY_RUN for suffix in ("pdf", "html")),
        *(f"notebooks/{name}.ipynb" for name in EVERY_RUN),
        *(f"results/{name}.json" for name in EVERY_RUN),
        *(f"files/{name}.zip" for name in EVERY_RUN),
    }  # fmt: skip
    before = contents(project)
    again = run(project)
    assert (again.exit_status, again.done) == (0, ())
    assert contents(project) == before


def test_reruns_give_the_same_bytes_but_for_the_record(once, fresh, tmp_path):
    """Though the folder is another."""
    before = contents(once)
    run(fresh)
    after = contents(fresh)
    record = before.pop("record.json")
    assert after.pop("record.json") != record, "clock times stay in the record"
    assert after == before
    everything = b"".join(content for name, content in after.items() if not name.endswith(".pdf"))
    assert str(tmp_path).encode() not in everything
    assert sys.prefix.encode() not in everything


def test_record_and_results_trace_every_number(project):
    record = json.loads((project.reports / "record.json").read_text())["runs"]
    first = record["first"]
    assert {"src/tinypack/deep.py", "notebooks/first.ipynb", "data/processed/panel.txt"} <= set(
        first["inputs"]
    )
    assert first["parameters"] == {"count": 3, "level": "low"}
    assert first["packages"]["pandas"] and first["seed"] and first["start"] <= first["end"]
    made = ("first.pdf", "first.html", "notebooks/first.ipynb", "results/first.json", "files/first.zip")
    assert set(first["outputs"]) == {f"reports/{name}" for name in made}
    assert "reports/results/first.json" in record["last"]["inputs"]
    assert read_results(project, "last")[0]["values"] == {"seen": {"scaled": 30}}
    assert [entry["name"] for entry in read_results(project, "grid")] == ["grid/high", "grid/low"]


def test_only_what_depends_on_a_change_runs_again(project):
    deep = project.root / "src" / "tinypack" / "deep.py"
    deep.write_text("def base():\n    return 11\n")
    assert ran(run(project)) == {"first", "last"}, "a module behind a module, then what reads the results"

    (project.raw / "figures.csv").write_text("a,b\n1,3\n")
    summary = run(project)
    assert ran(summary) == EVERY_RUN and "prepare:panel" in summary.done

    study = project.studies / "main.yml"
    study.write_text(STUDY.replace("[low, high]}", "[low, high]}\n    parameters: {size: 2.0}"))
    assert ran(run(project)) == {"grid/low", "grid/high"}

    (project.reports / "first.pdf").unlink()
    (project.reports / "grid" / "low.html").write_text("edited by hand")
    assert ran(run(project)) == {"first", "grid/low"}, "those whose reports are gone or changed"
    assert run(project).done == ()


def test_a_run_that_left_the_study_takes_its_reports_along(project):
    (project.studies / "main.yml").write_text(STUDY.replace("[low, high]", "[low]"))
    run(project)
    assert not [name for name in contents(project) if "high" in name]
    assert "grid/high" not in (project.reports / "index.html").read_text()


def test_a_notebook_that_fails_is_told_and_does_not_stop_the_rest(project, capsys):
    write_notebook(project.root, "first", new_markdown_cell("# First"), new_code_cell("x = 1\n1 / 0"))
    summary = run(project)
    assert summary.exit_status == 1
    assert summary.failed == {"first": "cell 2, 'x = 1': ZeroDivisionError: division by zero"}
    assert summary.skipped == ("last",)
    assert set(summary.up_to_date) >= {"grid/low", "grid/high"}
    left = [name for name in contents(project) if "first" in name]
    assert left == ["notebooks/first.failed.ipynb"], "no report that no longer holds"
    assert "division by zero" in (project.reports / "index.html").read_text()

    write_notebook(project.root, "first", new_markdown_cell("# First"), new_code_cell("1"))
    assert ran(run(project)) >= {"first"}
    assert "division by zero" not in (project.reports / "index.html").read_text()
    assert "notebooks/first.failed.ipynb" not in contents(project)


def test_a_figure_without_alternative_text_fails_its_run(project):
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    write_notebook(project.root, "first", new_markdown_cell("# First"), new_code_cell(source))
    summary = run(project, only=["first"])
    assert "first, cell 2: a figure has no alternative text" in summary.failed["first"]


def test_wrong_requests_are_refused_before_anything_runs(fresh):
    cases = [
        ({"overrides": {"levle": "low"}}, "unknown parameter 'levle'; did you mean 'level'"),
        ({"overrides": {"size": "big"}}, "size: 'big' is not a number"),
        ({"overrides": {"level": "hihg"}, "only": ["grid"]}, "level: unknown 'hihg'; did you mean 'high'"),
        ({"only": ["frist"]}, "unknown run 'frist'; did you mean 'first'"),
    ]
    for options, told in cases:
        with pytest.raises(RequestError, match=told):
            run(fresh, **options)
    with pytest.raises(RequestError, match="did you mean 'first'"):
        run_notebook(fresh, "firts", progress=False)
    assert not fresh.reports.exists()


def test_an_override_makes_reports_of_its_own_beside_those_of_the_study(project):
    before = contents(project)
    summary = run(project, only=["first", "last"], overrides={"count": 5})
    assert ran(summary) == {"runs/first-count-5"}, "the last has no such parameter, and its own is up to date"
    after = contents(project)
    lists = {"index.html", "record.json"}
    assert {name: after[name] for name in before.keys() - lists} == {
        name: before[name] for name in before.keys() - lists
    }
    own = json.loads((project.reports / "results/runs/first-count-5.json").read_text())
    assert (own["parameters"]["count"], own["values"]) == (5, {"scaled": 50})
    assert run(project).done == (), "a run of the whole study takes none of them away"
    assert (project.reports / "runs" / "first-count-5.pdf").is_file()


def test_different_parameters_never_share_a_report(project):
    write_notebook(
        project.root,
        "many",
        new_markdown_cell("# Many\n\n## Result"),
        parameters("lag: int = 0  # years\nwords: str = ''  # free\nnames: list[str] = []  # free"),
        new_code_cell(
            "from analysis.studies.results import Results\nResults({'given': [lag, words, names]})"
        ),
    )
    asked = [
        {"lag": 1}, {"lag": -1}, {"words": "a b"}, {"words": "a-b"}, {"words": "A-B"}, {"words": "a b "},
        {"words": "1"}, {"names": ["a", "b"]}, {"names": ["a-b"]}, {"names": ["a+b"]}, {"names": ["x" * 40] * 26},
        {"names": ["x" * 40] * 27}, {"lag": -1, "words": "a b ", "names": ["a+b"]},
    ]  # fmt: skip
    free = runner._free_text(read_parameters(project.notebooks / "many.ipynb"))
    names = [variant_name("many", given, free) for given in asked]
    assert len({name.casefold() for name in names}) == len(asked)
    assert all(len(Path(name).name) <= 100 for name in names)
    assert run_notebook(project, "many", asked[-1], progress=False).done == (names[-1],)
    values = json.loads((project.reports / "results" / f"{names[-1]}.json").read_text())["values"]["given"]
    assert values == list(asked[-1].values())
    assert names[:2] == ["runs/many-lag-1", "runs/many-lag-minus1"]


def test_one_notebook_runs_with_parameters_of_its_own(fresh):
    summary = run_notebook(fresh, "grid", {"level": "high", "size": 1.0}, progress=False)
    assert ran(summary) == {"runs/grid-level-high"}
    assert (fresh.reports / "runs" / "grid-level-high.pdf").is_file()
    assert run_notebook(fresh, "grid", {"level": "high"}, progress=False).done == ()
    with pytest.raises(RequestError, match="no results"):
        read_results(fresh, "grid")


def test_a_notebook_that_names_no_kernel_and_no_language_is_run(fresh):
    path = fresh.notebooks / "first.ipynb"
    written = json.loads(path.read_text())
    assert "kernelspec" in written.pop("metadata")
    path.write_text(json.dumps({**written, "metadata": {}}))
    assert run_notebook(fresh, "first", {"count": 2}, progress=False).exit_status == 0


def test_the_kernel_engine_gives_the_same_report(project):
    before = contents(project)
    summary = run(project, only=["grid/low"], engine="kernel")
    assert ran(summary) == {"grid/low"}
    assert contents(project)["grid/low.pdf"] == before["grid/low.pdf"]


def test_reports_name_their_data_and_their_provenance(project):
    with pikepdf.open(project.reports / "first.pdf") as opened, opened.open_metadata() as metadata:
        assert metadata["dc:title"] == "The first"
        assert metadata["xmp:CreateDate"].startswith("2024-03-31")
    page = (project.reports / "first.html").read_text()
    for piece in (
        "2024-03-31",
        "notebooks/first.ipynb",
        "Does it run?",
        "It is <strong>30</strong>",
        "pandas",
    ):
        assert piece in page


def test_reports_that_cannot_be_written_are_said_in_one_line(fresh):
    fresh.reports.write_text("a file where the folder should be")
    with pytest.raises(PlanDriftError, match="can't be written") as refused:
        run(fresh)
    assert "\n" not in str(refused.value)


def test_a_second_run_at_once_is_refused(project):
    with (
        runner._alone(project.reports / ".state"),
        pytest.raises(RequestError, match="another run is under way"),
    ):
        run(project)


def start(project):
    environment = {**os.environ, "PLAN_DRIFT_HOME": str(project.root)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_to_do_imports_nothing_heavy_and_prints_a_line(project):
    out, err = start(project).communicate(timeout=300)
    assert "5 up to date" in err
    assert "IMPORTED []" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_whole_work_and_the_next_run_resumes(fresh, number):
    (fresh.studies / "main.yml").write_text("runs: [first, {notebook: last, after: first}]\n")
    slow = "import pathlib, time\npathlib.Path('started').touch()\ntime.sleep(60)"
    write_last(fresh, slow)
    process = start(fresh)
    deadline = time.monotonic() + 300  # to end a test that hangs, not to hold it to a time
    while not (fresh.root / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    process.send_signal(signal.SIGTERM)  # a user who is in a hurry: the first is heeded, the tidying goes on
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "first: done" in err and "interrupted" in err and "Traceback" not in err
    assert not workers(fresh), "no process left behind"
    made = [name for name in contents(fresh) if Path(name).name not in ("index.html", "record.json")]
    stems = {
        name.split("/", 1)[-1] if name.startswith(("notebooks", "results", "files")) else name
        for name in made
    }
    whole = {stem.rsplit(".", 1)[0] for stem in stems}
    assert len(made) == 5 * len(whole)
    assert "last" not in whole
    assert "first" in whole

    write_last(fresh, "1")
    summary = run(fresh)
    assert summary.exit_status == 0
    assert "first" in summary.up_to_date


def write_last(project, source):
    cells = new_markdown_cell("# Last"), parameters("level: str = 'low'"), new_code_cell(source)
    write_notebook(project.root, "last", *cells)


def workers(project):
    """Worker processes of this project that are still alive."""
    alive = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"analysis.run.worker" in (entry / "cmdline").read_bytes():
                alive += [entry] if os.readlink(entry / "cwd") == str(project.root) else []
        except OSError:
            continue
    return alive
