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
