"""What ``plan-drift claims`` prints."""

import json
from collections.abc import Sequence

from ..paths import Project
from ..publishing.study import load_study
from .judging import STALE, JudgedClaim, judge_project
from .register import check_runs, register
from .telling import as_data, claim_lines, table_lines
from .trail import Trails


def _hint(chosen: Sequence[JudgedClaim]) -> list[str]:
    """Return what to do about claims without a verdict: those not run yet, and those whose results no longer hold."""
    unscored = [claim for claim in chosen if claim.verdict == "unscored"]
    stale = [claim for claim in unscored if claim.is_stale]
    if stale:
        reason = next(test.reason for test in stale[0].tests if test.reason.startswith(STALE))
        return [f"{len(stale)} unscored: {reason.partition(';')[0]}; `plan-drift reports` renews them"]
    if unscored:
        return [
            f"{len(unscored)} unscored, for not all that they rest on has been run: `plan-drift reports` runs it, "
            "in some minutes"
        ]
    return []


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
        return "\n".join([*table_lines(chosen), *_hint(chosen)])
    return "\n\n".join("\n".join(claim_lines(claim, trails.of(claim))) for claim in chosen)
