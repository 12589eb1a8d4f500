"""What ``plan-drift claims`` prints."""

import json
from collections.abc import Sequence

from ..paths import Project
from ..publishing.study import load_study
from .judging import judge_project
from .register import check_runs, register
from .telling import as_data, claim_lines, table_lines
from .trail import Trails


def main_claims(project: Project, names: Sequence[str], as_json: bool) -> str:
    """Return the table of verdicts, or the named claims with their trails; as JSON a list of claims in either case.

    Raises RequestError for an unknown claim, a register that doesn't hold together, or a test of a run that the main study
    doesn't have.
    """
    check_runs(register(), [run.name for run in load_study(project.studies / "main.yml").runs])
    chosen = judge_project(project, names)
    trails = Trails(project)
    if as_json:
        return json.dumps([as_data(claim, trails) for claim in chosen], indent=1, ensure_ascii=False)
    if not names:
        return "\n".join(table_lines(chosen))
    return "\n\n".join("\n".join(claim_lines(claim, trails.of(claim))) for claim in chosen)
