"""What ``plan-drift claims`` prints."""

import json
from collections.abc import Sequence

from analysis.claims.calibration import calibrate
from analysis.claims.gathering import Sources, gather, recorded_evidence
from analysis.claims.judging import JudgedClaim, judge_project
from analysis.claims.register import check_runs, register
from analysis.claims.telling import WORDS, as_data, calibration_lines, claim_lines, table_lines, truths_of
from analysis.claims.trail import Trails
from analysis.errors import RequestError
from analysis.paths import Project
from analysis.studies.study import load_study


def _hint(chosen: Sequence[JudgedClaim]) -> list[str]:
    """Return what to do about claims without a verdict: those not run yet, and those whose results no longer hold."""
    unscored = [claim for claim in chosen if claim.verdict == "unscored"]
    stale = [claim for claim in unscored if claim.is_stale]
    if stale:
        return [WORDS.say("hint.stale", n=len(stale), reason=stale[0].reason.partition(";")[0])]
    if unscored:
        return [WORDS.say("hint.not_run", n=len(unscored))]
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


def main_calibrate(
    project: Project, names: Sequence[str], truths: Sequence[str], n_draws: int, as_json: bool
) -> str:
    """Return how often the rule gives each verdict to claims under planted truths: all claims, or those named.

    Raises RequestError for an unknown claim, one without an estimand, or a truth that can't be planted in it.
    """
    asked = register()
    for name in names:
        claim = asked.claim(name)
        if claim.estimand is None:
            raise RequestError(f"{claim.id}: it has no estimand, so that there is nothing to calibrate")
    gathered = gather(asked, Sources(), names, recorded_evidence(project))
    subjects = [entry.subject() for entry in gathered if names or entry.evidence]
    calibrated = calibrate(subjects, asked.rule, n_draws, truths_of(truths))
    if as_json:
        entries = [{"claim": calibration.claim, **calibration.as_dict()} for calibration in calibrated]
        return json.dumps(entries, indent=1, ensure_ascii=False)
    return "\n".join(calibration_lines(calibrated))
