"""pyproject.toml, the lock files and environment.yml name the same packages and versions."""

import re
import tomllib

import pytest
import yaml

from tests.making import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
NAMED_BY_THE_USER = {"jupyterlab", "pandas", "matplotlib", "scikit-learn", "statsmodels", "papermill"}


LOCKS = (
    "requirements.lock",
    "requirements-lab.lock",
    "requirements-training.lock",
    "requirements-browser.lock",
    "requirements-docs.lock",
)
BUILDS_THE_PACKAGE = {"setuptools"}


def canonical(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", requirement).group()).lower()


def locked(name):
    """Versions by package in a lock file, and the packages of it that have no hash."""
    versions, without_hash = {}, []
    for block in re.split(r"\n(?=\S)", (REPOSITORY / name).read_text().strip()):
        package, version = re.match(r"([A-Za-z0-9._-]+)==([^ ;\\\n]+)", block).groups()
        versions.setdefault(canonical(package), set()).add(version)
        if "--hash=sha256:" not in block:
            without_hash.append(package)
    return versions, without_hash


def in_environment():
    (pip,) = [
        d["pip"]
        for d in yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"]
        if isinstance(d, dict)
    ]
    versions = {}
    for line in pip:
        if match := re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line):
            versions.setdefault(canonical(match[1]), set()).add(match[2])
    return versions


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash_and_no_address(name):
    assert locked(name)[1] == []
    assert "://" not in (REPOSITORY / name).read_text()


@pytest.mark.parametrize("name, extras", list(zip(LOCKS[:3], (["test"], ["lab"], ["training"]), strict=True)))
def test_every_package_that_pyproject_names_is_locked(name, extras):
    wanted = [*PROJECT["dependencies"], *(r for e in extras for r in PROJECT["optional-dependencies"][e])]
    assert {canonical(requirement) for requirement in wanted} <= set(locked(name)[0])


@pytest.mark.parametrize("name", LOCKS[1:])
def test_the_lock_files_hold_the_same_version_of_what_they_share(name):
    run, other = locked("requirements.lock")[0], locked(name)[0]
    assert {name: run[name] for name in run.keys() & other.keys()} == {
        name: other[name] for name in run.keys() & other.keys()
    }


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-lab.lock"])
def test_an_environment_of_the_makefile_can_build_the_package_by_itself(name):
    assert set(locked(name)[0]) >= BUILDS_THE_PACKAGE | {"nbstripout"}


@pytest.mark.parametrize(
    "package", ["numpy", "scipy", "pandas", "pyfixest", "statsmodels", "scikit-learn", "pyarrow"]
)
@pytest.mark.parametrize("name", LOCKS[:2])
def test_results_rest_on_one_version_whatever_the_python(name, package):
    assert len(locked(name)[0][package]) == 1


def test_environment_yml_holds_what_the_lab_lock_holds():
    assert in_environment() == locked("requirements-lab.lock")[0]


def test_environment_yml_names_what_was_asked_for():
    assert set(in_environment()) >= NAMED_BY_THE_USER


def test_python_of_environment_yml_is_one_that_the_package_supports():
    (python,) = [
        d
        for d in yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"]
        if str(d).startswith("python=")
    ]
    assert (3, 11) <= tuple(map(int, python.removeprefix("python=").split("."))) < (3, 14)
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
