import fcntl
import os
from pathlib import Path

import pytest

from tests.making import REPOSITORY

# As `make` sets it, for one who runs pytest without: two BLAS threads slow small fits. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the official files in ../shared/data, which are not here")
    return folder


@pytest.fixture(scope="session")
def whole_study(tmp_path_factory) -> Path:
    """A project in which every notebook of the main study has run, each grid once; to be read, or copied.

    It takes minutes: one of the processes that test at once makes it, the others wait for it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home, is_made = folder / "whole-study", folder / "whole-study-made"
    with (folder / "whole-study-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_made.exists():
            from tests.making.whole_study import run_whole

            run_whole(home)
            is_made.touch()
    return home
