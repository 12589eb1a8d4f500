"""What ``plan-drift changes`` prints."""

import json

from analysis.claims.gathering import recorded_evidence
from analysis.claims.register import register
from analysis.data.panel import store
from analysis.errors import RequestError
from analysis.files.as_json import plain
from analysis.paths import Project
from analysis.reports.changes.study import study_changes
from analysis.reports.changes.words import changes_lines
from analysis.studies.study import load_study

_RUN = "changes"
"""The run of the main study whose pairs are compared."""


def main_changes(project: Project, earlier: str, later: str, as_json: bool) -> str:
    """Return what changed from one release to another, over the pairs of the main study's report.

    Raises RequestError for an unknown release, or a main study without the report.
    """
    runs = load_study(project.studies / "main.yml").runs
    own = next((run.parameters for run in runs if run.notebook == _RUN), None)
    if own is None:
        raise RequestError(f"main: has no run of '{_RUN}', which names the pairs to compare")
    pairs = own["exposures"], own["outcomes"]
    evidence = recorded_evidence(project)
    changes = study_changes(
        store.load_panel(), store.load_vintages(), pairs, register(), evidence, (earlier, later)
    )
    if as_json:
        return json.dumps(plain(changes.as_dict()), indent=1, ensure_ascii=False)
    return "\n".join(changes_lines(changes))
