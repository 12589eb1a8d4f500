"""The command line as a user has it: run in a project of one's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.making import REPOSITORY

MADE_HERE = (
    "inspection_reports.csv",
    "inspection_report_pairs.csv",
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
