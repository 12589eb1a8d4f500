"""Verdicts, computed: the register's rule put to the results that runs have recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import nearest
from ..findings import Finding, findings_of
from ..models.family import benjamini_hochberg
from ..paths import Project
from ..results import every_result
from .register import Claim, DirectTest, Register, check_findings, register
from .rule import Outcome, Rule, Verdict, outcome_of, verdict_of

STALE = "stale"


@dataclass(frozen=True)
class JudgedTest:
    """A direct test with its finding and what it says of the claim; ``reason`` says why it did not run."""

    test: DirectTest
    outcome: Outcome
    finding: Finding | None = None
    q_value: float | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding with what it says, as JSON values."""
        found = self.finding.as_dict() if self.finding else {}
        own = {"finding": self.test.finding, "expected": self.test.expected, "outcome": self.outcome}
        return {**found, **own, "q_value": self.q_value, "reason": self.reason}


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict, its tests in the order of the register, and the placebos that ran, by name."""

    claim: Claim
    verdict: Verdict
    tests: tuple[JudgedTest, ...]
    placebos: Mapping[str, Finding]
    rule: Rule

    def as_dict(self) -> dict[str, Any]:
        """Return verdict and tests as JSON values."""
        return {
            "id": self.claim.id,
            "verdict": self.verdict,
            "needed": self.claim.needed,
            "estimates": [test.as_dict() for test in self.tests],
            "placebos": {name: found.as_dict() for name, found in self.placebos.items()},
        }

    def count(self, outcome: Outcome) -> int:
        """Return how many direct tests have an outcome."""
        return sum(test.outcome == outcome for test in self.tests)

    @property
    def is_stale(self) -> bool:
        """Whether a test rests on results that no longer hold; its claim is unscored then."""
        return any(test.reason.startswith(STALE) for test in self.tests)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must not miss: the claim's own cautions, then those of its findings, each once, as sentences."""
        noted = dict.fromkeys(
            one.finding.caution for one in self.tests if one.finding and one.finding.caution
        )
        return (*self.claim.cautions, *(f"{text[0].upper()}{text[1:]}." for text in noted))

    @property
    def placebos_that_show(self) -> tuple[str, ...]:
        """The placebos whose interval leaves out the null: where one does, the exposure need not come first."""
        return tuple(name for name, one in self.placebos.items() if one.is_clear)


def judge(
    asked: Register, results: Sequence[Mapping[str, Any]], only: Sequence[str] = ()
) -> tuple[JudgedClaim, ...]:
    """Return the claims of a register with their verdicts, from what ``read_results`` or ``every_result`` returns.

    A result that no longer holds (``stale`` says why) counts as none, so that its claim is unscored.

    ``only`` names claims by identifier; none named means all. q values (Benjamini and Hochberg 1995) are over all direct
    tests of the register that ran, each finding once, whichever claims are asked for. Raises RequestError for an unknown
    claim.
    """
    results, why_stale = _holding(results)
    wanted = {asked.claim(name).id for name in only}
    chosen = [claim for claim in asked.claims if not wanted or claim.id in wanted]
    found = findings_of(results)
    ran = {str(result["name"]) for result in results}
    names = dict.fromkeys(test.finding for claim in asked.claims for test in claim.tests)
    present = [name for name in names if name in found]
    q_values = dict(zip(present, benjamini_hochberg([found[name].p_value for name in present]), strict=True))

    def judged(test: DirectTest) -> JudgedTest:
        if test.finding not in found:
            return JudgedTest(test, "not run", reason=_why_not(test, ran, found, why_stale))
        finding, q_value = found[test.finding], float(q_values[test.finding])
        return JudgedTest(test, outcome_of(finding, test.expected, q_value, asked.rule), finding, q_value)

    return tuple(
        _judged_claim(claim, [judged(test) for test in claim.tests], found, asked.rule) for claim in chosen
    )


def _holding(
    results: Sequence[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    """Return the results that hold, and for those that don't, by their run, why."""
    stale = {str(result["name"]): str(result["stale"]) for result in results if result.get("stale")}
    return [result for result in results if not result.get("stale")], stale


def _why_not(
    test: DirectTest, ran: set[str], found: Mapping[str, Finding], why_stale: Mapping[str, str]
) -> str:
    if test.run in why_stale:
        return f"{STALE}: {why_stale[test.run]}; plan-drift reports --only {test.run}"
    if test.run not in ran:
        return f"'{test.run}' has not been run: plan-drift reports --only {test.run}"
    name = test.finding.removeprefix(f"{test.run}/")
    own = [key.removeprefix(f"{test.run}/") for key in found if key.rpartition("/")[0] == test.run]
    return f"'{test.run}' recorded no finding '{name}'{nearest(name, own)}"


def _judged_claim(
    claim: Claim, tests: Sequence[JudgedTest], found: Mapping[str, Finding], rule: Rule
) -> JudgedClaim:
    verdict: Verdict = "not testable"
    if claim.tests:
        verdict = verdict_of([test.outcome for test in tests], claim.needed)
    placebos = {name: found[name] for name in claim.placebos if name in found}
    return JudgedClaim(claim, verdict, tuple(tests), placebos, rule)


def judge_project(project: Project, only: Sequence[str] = ()) -> tuple[JudgedClaim, ...]:
    """Return the package's claims with verdicts from the results that the project's runs have recorded.

    A claim one of whose tests has not run, or was run on other data than those in place, is unscored. Raises
    RequestError for a register that doesn't hold together or names a finding that its run doesn't record.
    """
    asked, results = register(), every_result(project)
    check_findings(asked, results)
    return judge(asked, results, only)
