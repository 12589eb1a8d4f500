"""Briefs by command: which authorities, what is done again when a figure changes, and the page that leads to them."""

import hashlib
import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from analysis.data.definitions.authorities import authorities, names_by_code
from analysis.files.writing import sha256
from analysis.paths import Project
from analysis.reports.authority_profile import prepared
from analysis.studies.study import slug
from tests.making.command import called, copy_of_what_a_user_has


def test_no_two_authorities_have_one_name_for_their_briefs():
    of_code = names_by_code()
    names = {slug(of_code[authority.code]).casefold() for authority in authorities()}
    assert len(names) == len(authorities())


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copy_of_what_a_user_has(tmp_path_factory.mktemp("profiles"))


@pytest.fixture(scope="module")
def making(home):
    ended = called("profiles", "Leeds", "Bristol, City of", "Dorset", "E10000009", home=home)
    assert ended.returncode == 0, ended.stderr
    return ended


def test_each_brief_has_a_name_of_its_own_and_is_told(making, home):
    names = [line.rsplit("/", 1)[1] for line in making.stdout.splitlines()[:-1]]
    assert sorted(names) == ["Bristol-City-of.pdf", "Dorset-to-2019.pdf", "Dorset.pdf", "Leeds.pdf"]
    for name in names:
        assert (home / "reports/profiles" / name).read_bytes().startswith(b"%PDF")
    assert making.stdout.splitlines()[-1].endswith("index.html lists every brief")


def test_the_list_leads_to_each_brief_by_name_and_by_tile(making, home):
    html = (home / "reports/profiles/index.html").read_text()
    assert html.count('href="Leeds.html"') == 2  # a tile, and a line of the list
    assert html.count("<polygon") == 153
    for address in re.findall(r'href="([^"#]+)"', html):
        assert address.startswith("data:") or (home / "reports/profiles" / address).resolve().exists(), (
            address
        )
    assert "profiles/index.html" in (home / "reports/index.html").read_text()
    assert "Leeds: children" not in (home / "reports/index.html").read_text()


SCRIPT = """
import sys
from analysis.cli.main import main
try:
    main(["profiles", "Leeds"])
except SystemExit as ended:
    print("STATUS", ended.code)
print("IMPORTED", [name for name in ("pandas", "numpy", "matplotlib", "scipy", "papermill") if name in sys.modules])
"""


def test_nothing_is_done_again_where_nothing_has_changed_and_nothing_heavy_imported(making, home):
    again = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300,
        env=os.environ | {"PLAN_DRIFT_HOME": str(home)},
    )  # fmt: skip
    assert "1 up to date" in again.stderr and "done" not in again.stderr.split(" in ")[0]
    assert "STATUS 0" in again.stdout and "IMPORTED []" in again.stdout


DAMAGED = ['["E0"]', '{"codes": ["E08000035"]}']


def test_data_of_a_brief_that_are_gone_or_damaged_are_told_from_those_of_the_figures(making, home):
    project, record = Project(home), home / "data/processed/profiles/made_of.json"
    brief, whole = home / "data/processed/profiles/E08000035.json", record.read_text()
    assert prepared.is_current(project)
    for damaged in DAMAGED:
        record.write_text(damaged)
        assert not prepared.is_current(project)
    record.write_text(whole)
    brief.rename(home / "aside")
    assert not prepared.is_current(project)
    (home / "aside").rename(brief)
    assert prepared.is_current(project)


def test_data_of_briefs_that_are_gone_and_damaged_are_made_again(making, home):
    files = [home / "data/processed/profiles" / name for name in ("E08000035.json", "made_of.json")]
    before = [file.read_bytes() for file in files]
    files[0].unlink()
    files[1].write_text(DAMAGED[1])
    ended = called("profiles", "Leeds", home=home)
    assert ended.returncode == 0 and [file.read_bytes() for file in files] == before


@pytest.fixture
def copy(making, home, tmp_path):
    """A project of one's own in which the briefs were made, to change figures in: `home` would have to make all anew."""
    return shutil.copytree(home, tmp_path / "copy")


def test_a_changed_figure_makes_its_own_brief_again_and_few_others(copy):
    folder = copy / "data/processed/profiles"
    before = {path.name: sha256(path) for path in folder.glob("E*.json")}
    file = copy / "data/raw/social_work_workforce.csv"
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    own = (table["authority_code"] == "E08000035") & (table["indicator"] == "agency_percent")
    latest = own & (table["year"] == table["year"].max())
    table.loc[latest, "value"] = str(round(float(table.loc[latest, "value"].iloc[0]) + 0.1, 1))
    package = copy / "data/raw/datapackage.json"
    old, vouched = file.read_bytes(), package.read_text()
    file.write_text(table.to_csv(index=False, lineterminator="\n"))
    package.write_text(
        vouched.replace(hashlib.sha256(old).hexdigest(), sha256(file)).replace(
            f'"bytes": {len(old)}', f'"bytes": {file.stat().st_size}'
        )
    )
    ended = called("profiles", "Leeds", "Dorset", home=copy)
    assert ended.returncode == 0, ended.stderr
    changed = {name for name, digest in before.items() if sha256(folder / name) != digest}
    kin = pd.read_csv(copy / "data/raw/statistical_neighbours.csv").query("neighbour_code == 'E08000035'")
    # Its own, those of whom it is a neighbour, and those that it passed in rank: far from all.
    assert {"E08000035.json", *(f"{code}.json" for code in kin["authority_code"])} <= changed
    assert len(changed) < 40
    told = "2 done" if "E06000059.json" in changed else "1 done, 1 up to date"
    assert re.search(rf"\b{told}\b", ended.stderr), ended.stderr


@pytest.mark.parametrize(
    "words, told",
    [
        ((), "name authorities"),
        (("Leedz",), "unknown authority 'Leedz'; did you mean 'Leeds'?"),
        (("Bedfordshire",), "Bedfordshire ended in 2009"),
    ],
)
def test_what_is_no_authority_is_refused_in_one_line(home, words, told):
    ended = called("profiles", *words, home=home)
    assert ended.returncode == 2 and told in ended.stderr and len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "folder, names",
    [
        ("reports/files/profiles", ["Leeds", "Bath and North East Somerset"]),
        ("reports/results/profiles", ["Leeds"]),
    ],
)
def test_a_folder_taken_by_a_file_is_told_in_a_line_for_each_brief(making, home, folder, names):
    (home / folder).rename(home / "aside")
    (home / folder).write_text("mine")
    try:
        ended = called("profiles", *names, home=home)
        told = [line for line in ended.stderr.splitlines() if "failed (" in line]
        assert ended.returncode == 1 and len(told) == len(names) and "Traceback" not in ended.stderr
        assert all(folder in line and "can't be written" in line for line in told)
        assert (home / folder).read_text() == "mine"
    finally:
        (home / folder).unlink()
        (home / "aside").rename(home / folder)


def test_a_brief_that_cannot_be_read_fails_alone(making, home):
    file = home / "data/processed/profiles/E08000035.json"
    before = file.read_bytes()
    file.write_text('{"about"')
    try:
        ended = called("profiles", "Leeds", "Wigan", home=home)
        assert ended.returncode == 1 and "1 done, 1 failed" in ended.stderr
        (told,) = [line for line in ended.stderr.splitlines() if "failed (" in line]
        assert "is no whole brief" in told and "delete it and run again" in told
        assert (home / "reports/profiles/Wigan.pdf").read_bytes().startswith(b"%PDF")
    finally:
        file.write_bytes(before)


def test_a_folder_taken_by_a_file_is_told_and_other_reports_stay(copy):
    shutil.rmtree(copy / "reports")
    (copy / "reports").mkdir()
    (copy / "reports/profiles").write_text("mine")
    ended = called("profiles", "Leeds", home=copy)
    assert ended.returncode == 1 and "reports/profiles" in ended.stderr and "Traceback" not in ended.stderr
    assert (copy / "reports/profiles").read_text() == "mine"
