from pathlib import Path

import pytest

from tests.making import REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the official files in ../shared/data, which are not here")
    return folder
