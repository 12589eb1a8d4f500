"""What the first edition's rule says: direct tests judged one by one, their votes counted. Told beside the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.errors import nearest
from analysis.estimators.resampling.family import benjamini_hochberg
from analysis.findings.finding import Finding
from analysis.showing.words import words_of

from .first_rule import FirstVerdict, Outcome, first_verdict_of, outcome_of
from .register import Claim, DirectTest, Register

WORDS = words_of(__package__)
STALE = "stale"
_PLACEBOS = ("lead", "placebo-outcome")
_BEFORE = "before-"


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
        finding = self.finding.as_dict() if self.finding else {}
        own = {"finding": self.test.finding, "expected": self.test.expected, "outcome": self.outcome}
        return {**finding, **own, "q_value": self.q_value, "reason": self.reason, "decides": False}


def judged_tests(
    asked: Register, findings: Mapping[str, Finding], ran: set[str], why_stale: Mapping[str, str]
) -> dict[str, tuple[JudgedTest, ...]]:
    """Return each claim's direct tests by the claim's identifier.

    q values (Benjamini and Hochberg 1995) are over all direct tests of the register that ran, each finding once.
    """
    names = dict.fromkeys(test.finding for claim in asked.claims for test in claim.tests)
    present = [name for name in names if name in findings]
    q_values = dict(
        zip(present, benjamini_hochberg([findings[name].p_value for name in present]), strict=True)
    )

    def judged(test: DirectTest) -> JudgedTest:
        if test.finding not in findings:
            return JudgedTest(test, "not run", reason=why_not(test.finding, ran, findings, why_stale))
        finding, q_value = findings[test.finding], float(q_values[test.finding])
        return JudgedTest(
            test, outcome_of(finding, test.expected, q_value, asked.first_rule), finding, q_value
        )

    return {claim.id: tuple(judged(test) for test in claim.tests) for claim in asked.claims}


def why_not(whole: str, ran: set[str], findings: Mapping[str, Finding], why_stale: Mapping[str, str]) -> str:
    """Return in a line why a finding, ``run/finding``, isn't there, and what to do."""
    run, _, name = whole.rpartition("/")
    if run in why_stale:
        return WORDS.say("missing.stale", mark=STALE, reason=why_stale[run], run=run)
    if run not in ran:
        return WORDS.say("missing.run", run=run)
    recorded = [key.removeprefix(f"{run}/") for key in findings if key.rpartition("/")[0] == run]
    return WORDS.say("missing.finding", run=run, finding=name, nearest=nearest(name, recorded))


def first_verdict(claim: Claim, tests: Sequence[JudgedTest]) -> FirstVerdict:
    """Return the verdict that the first edition's rule draws from what it says of a claim's direct tests."""
    return first_verdict_of([test.outcome for test in tests], claim.needed) if claim.tests else "not testable"


def placebos_of(claim: Claim, findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Return every recorded lead, pre-trend and placebo of the runs that a claim's tests rest on: by rule, not by choice.

    Those of a test's own run under the names that placebos have, and ``before-`` and the test's own name.
    """
    names: dict[str, None] = {}
    for test in claim.tests:
        own = test.finding.removeprefix(f"{test.run}/")
        names |= dict.fromkeys(f"{test.run}/{name}" for name in _PLACEBOS)
        names[f"{test.run}/{_BEFORE}{own}"] = None
    return {name: findings[name] for name in names if name in findings}
