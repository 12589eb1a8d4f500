"""Data of briefs are those of today only while all that they are made by is what it was."""

import shutil

import pytest

from analysis.paths import Project
from analysis.reports.authority_profile import prepared
from tests.making import REPOSITORY


@pytest.fixture
def project(tmp_path):
    """A project with a copy of the code of its own, in which one brief is noted as made."""
    shutil.copytree(REPOSITORY / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    project = Project(tmp_path)
    brief = prepared.file_of(project, "E08000035")
    brief.parent.mkdir(parents=True)
    brief.write_text("{}")
    prepared.note(project, prepared.read_now(project), ["E08000035"])
    return project


def test_they_are_current_until_something_changes(project):
    assert prepared.is_current(project)


@pytest.mark.parametrize(
    "path",
    [
        "reports/authority_profile/profile.py",
        "estimators/funnel.py",  # limits of chance
        "data/definitions/indicators.py",  # which the brief's own modules need not name
        "claims/register/C06.yml",  # a claim that briefs tell of
    ],
)
def test_a_change_of_what_computes_them_is_noticed_however_far_below(project, path):
    file = project.root / "src" / "analysis" / path
    file.write_bytes(file.read_bytes() + b"\n# changed\n")
    assert not prepared.is_current(project)


def test_a_change_of_what_only_shows_them_is_not(project):
    file = project.root / "src" / "analysis" / "reports" / "authority_profile" / "charts.py"
    file.write_bytes(file.read_bytes() + b"\n# changed\n")
    assert prepared.is_current(project)
