"""Processes that code sentences end with the one that asked for them."""

import signal
import subprocess
import sys
import time

import pytest

from tests.making.processes import is_running

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
    script, noted = tmp_path / "asking.py", tmp_path / "noted"
    script.write_text(ASKING)
    noted.mkdir()
    asking = subprocess.Popen([sys.executable, str(script), str(noted)])
    until = time.monotonic() + 60
    while len(list(noted.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    pids = [int(path.name) for path in noted.iterdir()]
    assert len(pids) == 2 and all(map(is_running, pids))
    asking.send_signal(signal.SIGKILL)
    asking.wait(30)
    while any(map(is_running, pids)) and time.monotonic() < until - 10:
        time.sleep(0.05)
    assert not any(map(is_running, pids))
