import fcntl
import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.making import REPOSITORY

# As `make` sets it, for one who runs pytest without: two BLAS threads slow small fits. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


# Whole files go to the processes that test at once, in this order. Those that take longest are taken first, or one process
# would be left alone with one of them; what reads the whole study comes after what makes it, so that nobody waits for it.
LONGEST = (
    "test_notebooks", "test_profiles", "test_cluster", "test_runner", "test_worker", "test_bounded", "test_verdicts",
    "test_matrix", "test_charts_layout", "test_charts_claims", "test_ingesting_shared", "test_curve", "test_docs",
    "test_downloads", "test_estimate", "test_replay_shared", "test_cli", "test_directors", "test_trajectories",
    "test_accuracy", "test_reports_shared", "test_study", "test_design", "test_reproductions", "test_noise", "test_engine",
    "test_doubts", "test_authorities", "test_calibration", "test_taking", "test_lab", "test_archive", "test_vintages",
    "test_authority_profile", "test_robustness", "test_case_study",
)  # fmt: skip


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session):
    """Search what is imported and collected for garbage neither meanwhile nor later: a fourth of collecting went there."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the official files in ../shared/data, which are not here")
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return a function that has what takes long made once: given a name and what makes it at a path, that path.

    One of the processes that test at once makes it, the others wait for it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def made(name: str, make: Callable[[Path], object]) -> Path:
        target, is_made = folder / name, folder / f"{name}-made"
        with (folder / f"{name}-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_made.exists():
                make(target)
                is_made.touch()
        return target

    return made


@pytest.fixture(scope="session")
def whole_study(made_once) -> Path:
    """A project in which every notebook of the main study has run, each grid once; to be read, or copied."""
    from tests.making.whole_study import run_whole

    return made_once("whole-study", run_whole)
