"""Processes that code sentences end with the one that asked for them."""

import signal
import sys

import pytest

from tests.making.processes import check_all_end_with

ASKING = """import os, sys, time
from pathlib import Path
from analysis.inspections.measuring.folder import coders

def wait(folder):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)

if __name__ == "__main__":
    with coders(2) as pool:
        list(pool.map(wait, [sys.argv[1]] * 2))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_coders_end_with_a_command_that_is_killed(tmp_path):
    check_all_end_with(ASKING, tmp_path, 2, signal.SIGKILL)
