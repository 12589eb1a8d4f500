"""Processes that a script starts: whether they end with it."""

import subprocess
import sys
import time


def is_running(pid):
    """Tell whether a process runs, by /proc; one that ended and waits to be asked about doesn't."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may end between opening and reading
        return False


def check_all_end_with(script, folder, n_processes, how):
    """Run a script that gets a folder and has ``n_processes`` leave a file there, named by their numbers; end it by the
    signal ``how``, and hold all of them to end soon, well before the minute that they sleep.
    """
    written, noted = folder / "asking.py", folder / "noted"
    written.write_text(script)
    noted.mkdir()
    asking = subprocess.Popen([sys.executable, str(written), str(noted)])
    until = time.monotonic() + 60
    while len(list(noted.iterdir())) < n_processes and time.monotonic() < until:
        time.sleep(0.05)
    pids = [int(path.name) for path in noted.iterdir()]
    assert len(pids) == n_processes and all(map(is_running, pids))
    asking.send_signal(how)
    asking.wait(30)
    until = time.monotonic() + 30
    while any(map(is_running, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_running, pids))
