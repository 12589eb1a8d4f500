"""The house is as it is drawn: docs/house.md is what the imports say."""

import subprocess
import sys

from tests.making import REPOSITORY


def test_the_drawing_of_the_house_is_what_the_imports_say():
    done = subprocess.run(
        [sys.executable, REPOSITORY / ".ci" / "house", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, f"run .ci/house to draw it anew {done.stderr}"
