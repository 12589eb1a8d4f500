"""JupyterLab as `make lab` opens it: a notebook that is run and saved there leaves git as it was."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.making import REPOSITORY
from tests.making.browser import browser, needs_chromium
from tests.making.command import copy_of_what_a_user_has

LAB = REPOSITORY / ".venv-lab" / "bin" / "jupyter-lab"
QUIET = ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
         "--LabApp.extension_manager=readonly", "--ServerApp.open_browser=False", "--allow-root",
         "--IdentityProvider.token="]  # fmt: skip
NEEDED_SECONDS = 180


def git(home, *words):
    return subprocess.run(["git", *words], cwd=home, check=True, capture_output=True, text=True).stdout


def the_filter_that_make_sets_up():
    """Return the command by which the Makefile has git clean notebooks, with this checkout's own nbstripout."""
    strip = re.search(r"^STRIP := (.*)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)[1]
    return f"{Path(sys.executable).parent / 'nbstripout'} {strip}"


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A project in git, as a user has it after `make`: notebooks committed, the filter set up."""
    home = copy_of_what_a_user_has(tmp_path_factory.mktemp("lab"))
    for name in (".gitattributes", ".gitignore"):
        shutil.copy(REPOSITORY / name, home)
    git(home, "init", "--quiet")
    git(home, "config", "filter.notebook-outputs.clean", the_filter_that_make_sets_up())
    git(home, "add", "notebooks", ".gitattributes")
    git(home, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "all")
    return home


@pytest.fixture
def checkout(committed):
    """That project; what a test changes of its notebooks is put back as it was committed."""
    yield committed
    git(committed, "checkout", "--quiet", "HEAD", "--", "notebooks")


def test_notebooks_are_committed_as_the_filter_leaves_them(checkout):
    assert git(checkout, "status", "--porcelain", "notebooks") == ""
    for path in (REPOSITORY / "notebooks").glob("*.ipynb"):
        assert git(checkout, "show", f"HEAD:notebooks/{path.name}") == path.read_text(), path.name


def test_outputs_of_a_notebook_stay_out_of_git(checkout):
    path = checkout / "notebooks" / "data.ipynb"
    document = json.loads(path.read_text())
    cell = next(cell for cell in document["cells"] if cell["cell_type"] == "code")
    cell |= {
        "execution_count": 3,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["seen\n"]}],
    }
    path.write_text(json.dumps(document, indent=1))
    git(checkout, "add", "notebooks")
    assert git(checkout, "status", "--porcelain", "notebooks") == ""
    cell["source"] = ["print('changed')"]
    path.write_text(json.dumps(document, indent=1))
    assert "changed" in git(checkout, "diff") and "seen" not in git(checkout, "diff")


@contextmanager
def lab_of(home, port):
    environment = {**os.environ, "PLAN_DRIFT_HOME": str(home), "HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [LAB, f"--notebook-dir={home / 'notebooks'}", f"--port={port}", *QUIET],
            stdout=log, stderr=log, env=environment, cwd=home,
        )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}/lab/tree/relationship.ipynb?reset"
        finally:
            server.terminate()
            server.wait(30)


def opened(page, address):
    """Go to an address of a server that may still be starting."""
    for _ in range(NEEDED_SECONDS):
        try:
            return page.goto(address)
        except Exception:
            time.sleep(1)
    raise AssertionError("JupyterLab didn't start")


def code_cells(path):
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


@pytest.mark.skipif(not LAB.exists(), reason="no .venv-lab: `make .venv-lab/ready` sets it up")
@needs_chromium
def test_run_all_and_save_in_jupyterlab_leaves_git_clean(checkout, unused_port):
    path = checkout / "notebooks" / "relationship.ipynb"
    with browser() as chromium, lab_of(checkout, unused_port) as address:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(NEEDED_SECONDS * 1000)
        opened(page, address)
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_selector("text=/Python 3.*Idle/")
        page.click("text=Run >> nth=0")
        page.click("text=Run All Cells")
        for _ in range(NEEDED_SECONDS // 2):
            page.keyboard.press("Control+s")
            time.sleep(2)
            if code_cells(path)[-1]["outputs"]:
                break
    shown = [output for cell in code_cells(path) for output in cell["outputs"]]
    assert any("image/svg+xml" in output.get("data", {}) for output in shown), "it ran and was saved"
    assert not any(output["output_type"] == "error" for output in shown)
    assert git(checkout, "diff", "notebooks") == "", "what git would take is what was committed"
    # Status goes by the file's size on disk until git has looked at what the filter leaves of it.
    git(checkout, "add", "notebooks")
    assert git(checkout, "status", "--porcelain", "notebooks") == ""


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
