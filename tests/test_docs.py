"""What the documentation shows is what a reader gets: every command and every line of Python in it is run."""

import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from analysis.cli.main import cli
from analysis.data.definitions.indicators import dictionary
from analysis.studies.study import load_study
from tests.making import REPOSITORY
from tests.making.command import called, copy_of_what_a_user_has

DOCS = REPOSITORY / "docs"
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if not {"_build", "made"} & set(path.relative_to(DOCS).parts)
)
EXAMPLE = re.compile(r"^```(console|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# The tutorial first, as it is read: it makes the panel that the others then have.
WITH_EXAMPLES = sorted(
    (page for page in PAGES if EXAMPLE.search(page.read_text())), key=lambda page: page.stem != "tutorial"
)


def commands(block):
    """Pairs of a command and what it prints, of a console block."""
    for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, printed = piece.partition("\n")
        yield command, printed


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One project for all pages, as a reader has it who goes from one to the next."""
    home = copy_of_what_a_user_has(tmp_path_factory.mktemp("reader"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("PLAN_DRIFT_HOME", str(home))
        yield home


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_every_example_prints_what_the_page_says(page, project):
    checker, names = doctest.OutputChecker(), {}
    for kind, block in EXAMPLE.findall(page.read_text()):
        if kind == "console":
            for command, expected in commands(block):
                program, *words = shlex.split(command)
                assert program == "plan-drift", command
                ended = called(*words, home=project)
                printed = ended.stderr if ended.returncode else ended.stdout
                assert checker.check_output(expected, printed, LOOSE), f"{command}\n{printed}{ended.stderr}"
        else:
            example = doctest.DocTestParser().get_doctest(block, names, page.stem, str(page), 0)
            runner = doctest.DocTestRunner(checker, verbose=False, optionflags=LOOSE)
            told = []
            runner.run(example, out=told.append, clear_globs=False)
            assert runner.failures == 0, "".join(told)
            names = example.globs


def test_every_file_and_command_that_a_page_names_is_there():
    known = set(cli.list_commands(click.Context(cli)))
    for page in [*PAGES, REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]:
        text = page.read_text()
        for command in re.findall(r"(?:^|`|\$ )plan-drift ([a-z]+)", text, re.MULTILINE):
            assert command in known, f"{page.name}: plan-drift {command}"
        for path in re.findall(r"`((?:src|notebooks|studies|data/raw|tests)/[\w./-]+?)`", text):
            is_there = (REPOSITORY / path.rstrip("/")).exists() or "official" in path or "NAME" in path
            assert is_there or f"Saved as `{path}`" in text, f"{page.name}: {path}"


def test_the_study_that_a_page_shows_can_be_run(project):
    (written,) = re.findall(r"^```yaml\n(.*?)^```$", (DOCS / "how-to/own-study.md").read_text(), re.M | re.S)
    (project / "studies" / "vacancies.yml").write_text(written)
    study = load_study(project / "studies" / "vacancies.yml")
    assert [run.name for run in study.runs] == [
        *(
            f"relationship/{exposure}-{outcome}"
            for exposure in ("vacancy_percent", "agency_percent")
            for outcome in ("conferences_in_15_days_percent", "reviews_on_time_percent")
        ),
        "summary",
    ]


def test_the_site_is_built_without_a_warning(tmp_path):
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("no Sphinx: requirements-docs.lock")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", DOCS, tmp_path / "site"],
        capture_output=True, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    reference = (tmp_path / "site" / "reference" / "made" / "indicators.html").read_text()
    missing = [name for name in dictionary() if name not in reference]
    assert not missing
    assert "turnover_percent" in reference
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+)"', (tmp_path / "site" / "index.html").read_text())
    assert not [address for address in loaded if Path(address).suffix in {".css", ".js", ".woff2"}]
