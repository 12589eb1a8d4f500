"""Notebooks on a Dask cluster: the bytes of a local run, whatever becomes of its workers; one line where it can't be had."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from analysis.errors import RequestError
from analysis.paths import Project
from analysis.run import runner
from analysis.run.runner import Preparation, run_study
from analysis.studies.study import load_study
from tests.making import REPOSITORY
from tests.making.cluster import SeveralMachines, until
from tests.making.publishing_project import (
    new_code_cell,
    new_markdown_cell,
    parameters,
    small_project,
    write_notebook,
)

pytest.importorskip("distributed")
pytestmark = pytest.mark.sends_code

PANEL = Preparation("panel", "tinypack.making:build", ("data/raw/*.csv",), ("data/processed/panel.txt",))
STUDY = """
title: A study that takes a while
runs:
  - notebook: first
  - notebook: slow
    name: "{number}"
    grid: {number: [1, 2, 3, 4, 5]}
  - notebook: last
    after: first
"""
SLOW = {f"slow/{number}" for number in range(1, 6)}


@pytest.fixture(autouse=True)
def _prepared(monkeypatch):
    monkeypatch.setattr(runner, "PREPARE", [PANEL])


@pytest.fixture
def project(tmp_path):
    root = small_project(tmp_path / "project")
    (root / "studies" / "main.yml").write_text(STUDY)
    write_notebook(
        root,
        "slow",
        new_markdown_cell("# A slow one\n\n## Result"),
        parameters("number: int = 1  # which"),
        new_code_cell("import time\nimport warnings\nfrom tinypack.scaling import scaled\n"
                      "from analysis.paths import current_project\nfrom analysis.studies.results import Results"),
        new_code_cell("time.sleep(3)\nwarnings.warn('as a cell warns')\nprint(current_project().root)\n"
                      "print((current_project().processed / 'panel.txt').read_text())"),
        new_code_cell("Results({'scaled': scaled(number)})"),
    )  # fmt: skip
    return Project(root)


@pytest.fixture
def machines(tmp_path):
    started = SeveralMachines(tmp_path / "machines")
    yield started
    started.end()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """A cluster with one worker for tests that leave it so; starting both takes seconds."""
    started = SeveralMachines(tmp_path_factory.mktemp("lasting"))
    started.start_worker("one")
    yield started
    started.end()


def run(project, **options):
    return run_study(project, load_study(project.studies / "main.yml"), jobs=32, progress=False, **options)


def contents(project):
    files = [path for path in project.reports.rglob("*") if path.is_file() and ".state" not in path.parts]
    by_name = {path.relative_to(project.reports).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in by_name.items() if name != "record.json"}


def other_version(folder, name, version):
    """Make a folder in which a package has another version, for whom finds it first."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder


def test_the_bytes_are_those_of_a_local_run_though_one_worker_dies_and_others_come_late(
    project, lasting, tmp_path
):
    lasting.start_worker("doomed")
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(run, project, cluster=lasting.address)
        until(lambda: lasting.is_running_notebooks("doomed"))
        lasting.kill("doomed")
        lasting.start_worker("late")
        lasting.start_worker("unfit", other_version(tmp_path / "other", "numpy", "9.9"))
        until(lambda: lasting.is_running_notebooks("late"))
        assert not lasting.is_running_notebooks("unfit")
        summary = running.result(timeout=120)
    for name in ("late", "unfit"):
        lasting.kill(name)
    assert (summary.exit_status, set(summary.done)) == (0, {"prepare:panel", "first", "last", *SLOW})
    assert not list(lasting.folder.glob("late/dask-scratch-space/*/plan-drift-*")), (
        "a run takes its folder along"
    )
    assert run(project).done == (), "a local run finds all of it up to date"
    there = contents(project)
    shutil.rmtree(project.reports)
    run(project)
    assert contents(project) == there


def test_a_notebook_that_fails_there_is_told_as_one_that_fails_here(project, lasting):
    write_notebook(
        project.root,
        "first",
        new_markdown_cell("# The first\n\n## Result"),
        parameters("level: str = 'low'  # which"),
        new_code_cell("1 / 0"),
    )
    there = run(project, only=["first"], cluster=lasting.address)
    executed = project.reports / "notebooks" / "first.failed.ipynb"
    assert there.failed == {"first": "cell 3, '1 / 0': ZeroDivisionError: division by zero"}
    assert "ZeroDivisionError" in executed.read_text()
    executed.unlink()
    assert run(project, only=["first"]).failed == there.failed
    assert executed.exists()


def test_a_time_limit_holds_there(project, lasting):
    summary = run(project, only=["slow/1"], cluster=lasting.address, limit_seconds=0.5)
    assert "took longer than 0.5 s" in summary.failed["slow/1"]


def test_workers_of_other_versions_are_refused_by_name_before_anything_runs(project, lasting, tmp_path):
    lasting.start_worker("older", other_version(tmp_path / "other", "numpy", "9.9"))
    try:
        with pytest.raises(RequestError, match=r"worker tcp://\S+ has other versions: numpy 9\.9, here "):
            run(project, cluster=lasting.address)
    finally:
        lasting.kill("older")
    assert not contents(project)


def test_a_scheduler_of_another_version_is_refused_by_name(project, tmp_path):
    other = SeveralMachines(tmp_path / "machines", other_version(tmp_path / "other", "cloudpickle", "1.0"))
    try:
        with pytest.raises(
            RequestError, match=r"the scheduler at \S+ has other versions: cloudpickle 1\.0, here "
        ):
            run(project, cluster=other.address)
    finally:
        other.end()


def test_an_interrupt_ends_what_runs_there(project, lasting):
    script = (
        "from analysis.paths import current_project\nfrom analysis.run import runner\n"
        "from analysis.studies.study import load_study\nproject = current_project()\n"
        "study = load_study(project.studies / 'main.yml')\n"
        f"raise SystemExit(runner.run_study(project, study, ['slow'], cluster='{lasting.address}').exit_status)"
    )
    environment = os.environ | {"PLAN_DRIFT_HOME": str(project.root), "PYTHONPATH": str(REPOSITORY / "src")}
    running = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE, text=True
    )
    until(lambda: lasting.is_running_notebooks("one"))
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == runner.INTERRUPTED and "interrupted" in told.splitlines()[-1]
    assert "Traceback" not in told and "distributed" not in told
    until(lambda: not list(lasting.folder.glob("one/dask-scratch-space/*/plan-drift-*")))


def test_no_scheduler_is_told_in_one_line_and_nothing_is_lost(project, monkeypatch):
    monkeypatch.setattr("analysis.estimators.resampling.parallel._SECONDS_TO_CONNECT", 0.3)
    run(project, only=["first"])
    before = contents(project)
    with pytest.raises(RequestError, match=r"no scheduler at tcp://127.0.0.1:9 \(.*; start one") as told:
        run(project, cluster="tcp://127.0.0.1:9")
    assert "\n" not in str(told.value)
    assert contents(project) == before


def test_a_scheduler_without_workers_is_told(project, machines, monkeypatch):
    monkeypatch.setattr("analysis.run.cluster._ALONE_SECONDS", 0.2)
    monkeypatch.setattr("analysis.run.cluster._LOOK_SECONDS", 0.1)
    summary = run(project, only=["first"], cluster=machines.address)
    assert summary.failed["first"].startswith(f"no worker with these versions at {machines.address}")


def test_where_the_scheduler_goes_away_midway_what_is_done_stays_and_the_next_run_goes_on(project, machines):
    machines.start_worker("one")
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(run, project, cluster=machines.address)
        until(lambda: (project.reports / "slow" / "1.pdf").exists())
        machines.kill("scheduler")
        summary = running.result(timeout=120)
    done = {name for name in summary.done if not name.startswith("prepare:")}
    assert summary.exit_status == 1 and "slow/1" in done
    assert summary.failed and set(summary.failed) <= {"first", "last", *SLOW} - done
    assert set(summary.failed.values()) == {
        f"the scheduler at {machines.address} went away; run again to go on from here"
    }
    assert all((project.reports / f"{name}.pdf").exists() for name in done)
    record = json.loads((project.reports / "record.json").read_text())
    assert record["failures"].keys() == {*summary.failed, *summary.skipped} - set(summary.skipped)
    assert set(run(project).done) == {*summary.failed, *summary.skipped}
