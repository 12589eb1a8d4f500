"""The command line: what a user types wrong is answered in one line, with the status that scripts rely on."""

import json
import shutil

import pytest

from analysis.cli import main
from analysis.data.panel import built
from analysis.paths import Project
from analysis.run import runner
from analysis.run.state import State
from analysis.run.tasks import Plan
from analysis.studies.study import load_study
from tests.making import REPOSITORY
from tests.making.command import called, copy_of_what_a_user_has, run


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_of_what_a_user_has(tmp_path_factory.mktemp("project"))


BAD_REQUESTS = {
    "a mistyped command": (["reprots"], "unknown command 'reprots'; did you mean 'reports'?"),
    "an unknown study": (["reports", "mian"], "unknown study 'mian'; did you mean 'main'?"),
    "an unknown run": (["reports", "--only", "sumary"], "unknown run 'sumary'; did you mean 'summary'?"),
    "an unknown notebook": (["run", "workfroce"], "unknown notebook 'workfroce'; did you mean 'workforce'?"),
    "a parameter that no notebook has": (
        ["run", "relationship", "-p", "exposur=turnover_percent"],
        "unknown parameter 'exposur'; did you mean 'exposure'?",
    ),
    "the same in a study": (
        ["reports", "-p", "exposrue=x"],
        "unknown parameter 'exposrue'; did you mean 'exposure'?",
    ),
    "a wrong type": (
        ["run", "relationship", "-p", "lag_years=one"],
        "lag_years: 'one' is not a whole number",
    ),
    "an unknown indicator": (
        ["run", "relationship", "-p", "outcome=assesments_in_45_days_percent"],
        "did you mean 'assessments_in_45_days_percent'?",
    ),
    "a value outside its set": (
        ["run", "relationship", "-p", "estimator=twoway"],
        "did you mean 'two-way'?",
    ),
    "an unknown authority": (
        ["run", "workforce", "-p", "authority=West Susex"],
        "did you mean 'West Sussex'?",
    ),
    "an unknown option": (["reports", "--onyl", "data"], "--onyl"),
    "no equals sign": (["run", "workforce", "-p", "year"], "write a parameter as name=value"),
    "an unknown publication": (["ingest", "workforc"], "unknown publication"),
    "an unknown indicator to define": (["indicators", "turnover"], "did you mean 'turnover_percent'?"),
}


@pytest.mark.parametrize("words, message", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_bad_request_is_one_line_with_the_nearest_right_name_and_status_2(words, message, project):
    done = called(*words, home=project)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert not (project / "reports" / "runs").exists()


def test_a_traceback_is_shown_on_request():
    done = run("indicators", "turnover", "--debug")
    assert done.returncode != 0 and "Traceback" in done.stderr


def test_a_folder_that_is_no_project_is_said(tmp_path):
    done = called("panel", home=tmp_path)
    assert done.returncode == 2 and "no data/raw folder here" in done.stderr


def test_edited_figures_fail_by_name_and_leave_no_panel(project, tmp_path):
    home = tmp_path / "copy"
    shutil.copytree(project, home)
    table = home / "data" / "raw" / "social_work_workforce.csv"
    table.write_text(table.read_text()[:-40])
    done = called("panel", home=home)
    assert done.returncode == 1
    assert "social_work_workforce.csv" in done.stderr and done.stderr.count("\n") == 1
    assert not (home / "data" / "processed" / "panel.parquet").exists()


def test_a_folder_that_cannot_be_written_is_said(project, tmp_path):
    home = tmp_path / "copy"
    shutil.copytree(project, home)
    shutil.rmtree(home / "data" / "processed")
    (home / "data" / "processed").write_text("a file where the folder should be")
    done = called("panel", home=home)
    assert done.returncode == 1 and "can't be written" in done.stderr and done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def leeds(project):
    return run("run", "workforce", "-p", "authority=Leeds", home=project)


def test_one_notebook_with_a_parameter_of_its_own_becomes_a_report(project, leeds):
    assert leeds.returncode == 0, leeds.stderr
    (report,) = (project / "reports" / "runs").glob("workforce*Leeds*.pdf")
    assert report.read_bytes().startswith(b"%PDF")
    (results,) = (project / "reports" / "results" / "runs").glob("*.json")
    values = json.loads(results.read_text())["values"]
    assert values["authority_code"] == "E08000035"
    # England, 30 September 2025, as published: turnover 11.8 per cent.
    assert values["england"] == 11.8


def test_the_same_again_does_nothing(project, leeds):
    again = run("run", "workforce", "-p", "authority=Leeds", home=project)
    assert again.returncode == 0 and "up to date" in again.stderr


def test_a_notebook_that_fails_is_shown_with_its_cell_and_status_1(project):
    # Plans over two years met by a count of 2015 only: no authority has both.
    done = called("run", "relationship", "-p", "exposure=children_in_need_per_worker_fte", home=project)
    assert done.returncode == 1
    assert "cell" in done.stderr and "no authority has both" in done.stderr and "Traceback" not in done.stderr


def test_indicators_are_listed_for_programs_too():
    entries = json.loads(called("indicators", "--json").stdout)
    assert len(entries) >= 52
    assert {entry["unit"] for entry in entries if entry["id"] == "turnover_percent"} == {"percent"}


def test_the_panel_is_made_anew_before_any_run_for_every_file_that_makes_it_stale(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "PREPARE", [])
    main._prepare_panel()
    project = Project(REPOSITORY)
    study = load_study(project.studies / "main.yml")
    state = State(project.root, tmp_path / "state.jsonl")
    task = Plan(project, study, runner.PREPARE, state, None, "in-process").tasks()[0]
    known = {(REPOSITORY / path).resolve() for path in task.inputs}
    assert task.name == "prepare:panel" and set(built.inputs(project)) <= known
    assert REPOSITORY / "src/analysis/data/cleaning/years.py" in known  # which building itself doesn't import
