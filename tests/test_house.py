"""The house is as it is drawn: docs/house.md is what the imports say."""

import re
import subprocess
import sys

import pytest

from tests.making import REPOSITORY


def test_the_drawing_of_the_house_is_what_the_imports_say():
    done = subprocess.run(
        [sys.executable, REPOSITORY / ".ci" / "house", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, f"run .ci/house to draw it anew {done.stderr}"


WRITTEN = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/walks.md",
    "src/publishing/README.md",
    "data/processed/README.md",
)
PLACE = re.compile(r"`((?:src|data/raw|docs|notebooks|studies|tests|training|\.ci)/[\w./-]*)`")


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_page_names_is_there(name):
    """Left out are what a user fetches or makes, and names that stand for another."""
    named = PLACE.findall((REPOSITORY / name).read_text(encoding="utf-8"))
    gone = [
        place
        for place in named
        if not re.search("official|NAME|_build|dist", place) and not (REPOSITORY / place).exists()
    ]
    assert not gone


def test_a_test_stands_in_the_room_that_it_tests():
    rooms = {path.relative_to(REPOSITORY / "src") for path in (REPOSITORY / "src").rglob("__init__.py")}
    folders = {
        path.parent.relative_to(REPOSITORY / "tests") for path in (REPOSITORY / "tests").rglob("test_*.py")
    }
    elsewhere = {folder for folder in folders if folder.parts} - {room.parent for room in rooms}
    assert not elsewhere
