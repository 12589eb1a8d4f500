"""The command line as a user has it: run in a project of one's own."""

import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from analysis.cli.main import main
from analysis.data.panel import store
from analysis.run.parameters import read_parameters
from tests.making import REPOSITORY

MADE_HERE = (
    "inspection_reports.csv",
    "inspection_report_pairs.csv",
    "inspection_report_pages.csv",
    "inspection_directors.csv",
    "webb_2022.csv",
    "bach_mortensen_2022.csv",
    "datapackage.json",
)
"""What the project made itself and keeps in git."""
COMMAND = Path(sys.executable).with_name("plan-drift")


def run(*words, home=REPOSITORY, timeout=300, **more):
    """Run the command in a project; return the finished process."""
    environment = os.environ | {"PLAN_DRIFT_HOME": str(home)}
    return subprocess.run(
        [COMMAND, *words], capture_output=True, text=True, env=environment, timeout=timeout, **more
    )


def called(*words, home=REPOSITORY):
    """Run the command in this process: what it says and how it ends, as ``run`` has it, without a second for imports."""
    out, err, status = StringIO(), StringIO(), 0
    loaders = (store.panel_of, store.load_spending)  # of the project of this process
    try:
        with patch.dict(os.environ, PLAN_DRIFT_HOME=str(home)), redirect_stdout(out), redirect_stderr(err):
            for loader in loaders:
                loader.cache_clear()
            main(words)
    except SystemExit as ended:
        status = ended.code
    finally:
        for loader in loaders:
            loader.cache_clear()
    return CompletedProcess(words, status, out.getvalue(), err.getvalue())


def fewest_draws(notebook):
    """Return the parameters with which a notebook draws as seldom as it may."""
    declared = {
        parameter.name for parameter in read_parameters(REPOSITORY / "notebooks" / f"{notebook}.ipynb")
    }
    return {name: 19 for name in ("draws", "swaps") if name in declared}


def copy_of_what_a_user_has(home):
    """Copy figures, notebooks and studies into ``home`` and return it, a project to run in."""
    for name in ("data/raw", "notebooks", "studies"):
        shutil.copytree(REPOSITORY / name, home / name, ignore=shutil.ignore_patterns("official"))
    (home / "data" / "processed").mkdir()
    for name in MADE_HERE:
        shutil.copy(REPOSITORY / "data" / "processed" / name, home / "data" / "processed" / name)
    for name in ("requirements.lock", "CITATION.cff"):
        shutil.copy(REPOSITORY / name, home / name)
    return home
