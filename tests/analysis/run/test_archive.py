"""A replication archive: whole, checked by its own sums, and refused where it would hold what doesn't belong together."""

import json
import subprocess
from zipfile import ZipFile

import pytest
import yaml

from tests.making.command import called, copy_of_what_a_user_has

STUDY = """\
title: One pair
runs:
  - notebook: relationship
    name: '{exposure}'
    grid: {exposure: [agency_percent]}
"""


def git(home, *words):
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", *author, *words], cwd=home, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A committed project in which a study of one report has been run."""
    home = copy_of_what_a_user_has(tmp_path_factory.mktemp("project"))
    (home / "studies" / "small.yml").write_text(STUDY)
    (home / ".gitignore").write_text("/reports/\n/data/processed/*.parquet\n/data/processed/inputs.json\n")
    git(home, "init", "-q")
    git(home, "add", ".")
    git(home, "commit", "-qm", "All of it")
    ended = called("reports", "small", home=home)
    assert ended.returncode == 0, ended.stderr
    return home


@pytest.fixture(scope="module")
def archive(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "archive"
    ended = called("archive", str(folder), home=checkout)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{folder}\n"
    return folder


def test_its_sums_hold_and_leave_no_file_out(archive):
    told = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=archive, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout
    listed = {line.split("  ", 1)[1] for line in (archive / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file()}
    assert listed == there - {"SHA256SUMS"}


def test_it_holds_what_is_committed_and_what_was_made(archive, checkout):
    inside = archive / "plan-drift"
    for path in git(checkout, "ls-files").splitlines():
        assert (inside / path).read_bytes() == (checkout / path).read_bytes()
    for suffix in ("pdf", "html"):
        assert (inside / f"reports/relationship/agency_percent.{suffix}").is_file()
    assert (inside / "reports/notebooks/relationship/agency_percent.ipynb").is_file()


def test_its_readme_names_every_source_and_leads_each_exhibit_to_its_notebook(archive, checkout):
    readme = (archive / "README.md").read_text()
    for folder in ("raw", "processed"):
        package = json.loads((checkout / f"data/{folder}/datapackage.json").read_text())
        for entry in package["resources"]:
            (row,) = [line for line in readme.splitlines() if f"`data/{folder}/{entry['path']}`" in line]
            assert entry["title"] in row and entry["publisher"] in row
            assert entry.get("licenses", package["licenses"])[0]["title"] in row
    with ZipFile(checkout / "reports/files/relationship/agency_percent.zip") as opened:
        inside = opened.namelist()
    # The PNG of a figure and the workbook of all tables show the same again.
    exhibits = [
        name for name in inside if name.startswith(("figure-", "table-")) and not name.endswith(".png")
    ]
    assert exhibits and all(name in inside for name in ("README.txt", exhibits[0].replace(".svg", ".png")))
    for name in exhibits:
        (row,) = [line for line in readme.splitlines() if name in line]
        assert "`relationship.ipynb`" in row and "exposure=agency_percent" in row
    assert git(checkout, "rev-parse", "HEAD").strip() in readme


def test_codecheck_and_zenodo_can_read_what_is_for_them(archive):
    checked = yaml.safe_load((archive / "codecheck.yml").read_text())
    assert [entry["file"] for entry in checked["manifest"]] == [
        "plan-drift/reports/relationship/agency_percent.pdf"
    ]
    assert checked["paper"]["authors"] == [{"name": "The plan-drift authors"}]
    deposit = json.loads((archive / ".zenodo.json").read_text())
    assert deposit["license"] == "MIT" and deposit["upload_type"] == "software"


def test_the_same_reports_make_the_same_archive(archive, checkout, tmp_path):
    assert called("archive", str(tmp_path / "again"), home=checkout).returncode == 0
    assert (tmp_path / "again/SHA256SUMS").read_bytes() == (archive / "SHA256SUMS").read_bytes()


def refused(checkout, folder):
    ended = called("archive", str(folder), home=checkout)
    assert ended.returncode and ended.stderr.count("\n") == 1
    assert not folder.exists() or not (folder / "SHA256SUMS").exists()
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]
    return ended.stderr


def test_a_folder_that_holds_something_is_left_alone(checkout, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    assert "is there already" in refused(checkout, tmp_path / "mine")
    assert (tmp_path / "mine" / "file").read_text() == "mine"


def test_changes_that_are_not_committed_are_named(checkout, tmp_path):
    file = checkout / "studies" / "small.yml"
    file.write_text(STUDY + "# changed\n")
    try:
        assert "studies/small.yml: has changes that aren't committed" in refused(checkout, tmp_path / "a")
    finally:
        file.write_text(STUDY)


def test_a_report_that_is_gone_is_named(checkout, tmp_path):
    report = checkout / "reports/relationship/agency_percent.pdf"
    content = report.read_bytes()
    report.unlink()
    try:
        assert "reports/relationship/agency_percent.pdf: isn't there; run `make reports`" in refused(
            checkout, tmp_path / "a"
        )
    finally:
        report.write_bytes(content)


def test_where_no_report_was_made_it_says_so(tmp_path):
    home = copy_of_what_a_user_has(tmp_path / "project")
    assert "is no git checkout" in refused(home, tmp_path / "a")
    git(home, "init", "-q")
    git(home, "add", ".")
    git(home, "commit", "-qm", "All of it")
    assert "no reports have been made" in refused(home, tmp_path / "a")
