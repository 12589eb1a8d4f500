"""What tests are made of: made-up panels, reports, registers and projects, and where the repository's own things stand."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
REPOSITORY = TESTS.parent
