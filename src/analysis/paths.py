"""Where a project keeps what: the folders of the house, found once."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import RequestError

HOME_VARIABLE = "PLAN_DRIFT_HOME"


@dataclass(frozen=True)
class Project:
    """The folders of one project: inputs, what is built from them, what is run and what comes out."""

    root: Path

    @cached_property
    def raw(self) -> Path:
        """Figures in git, one table a publication."""
        return self.root / "data" / "raw"

    @cached_property
    def official(self) -> Path:
        """Official files as released; not in git."""
        return self.raw / "official"

    @cached_property
    def processed(self) -> Path:
        """What the project makes: measures of reports (in git), and what is built from figures in seconds (not)."""
        return self.root / "data" / "processed"

    @cached_property
    def notebooks(self) -> Path:
        """Notebooks without outputs."""
        return self.root / "notebooks"

    @cached_property
    def studies(self) -> Path:
        """What to run, in YAML."""
        return self.root / "studies"

    @cached_property
    def reports(self) -> Path:
        """What was run: executed notebooks, PDF, HTML, the record; not in git."""
        return self.root / "reports"


def current_project() -> Project:
    """Return the project of ``PLAN_DRIFT_HOME``, or the checkout that this package is installed from.

    Raises RequestError when neither holds ``data/raw``.
    """
    named = os.environ.get(HOME_VARIABLE)
    root = Path(named).resolve() if named else Path(__file__).resolve().parents[2]
    if not (root / "data" / "raw").is_dir():
        raise RequestError(
            f"{root}: no data/raw folder here; run from a checkout of the project or set {HOME_VARIABLE} to one"
        )
    return Project(root)
