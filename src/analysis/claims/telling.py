"""Claims as text and as data: the rule in words, the table of verdicts, one claim with its trail down to the figures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from textwrap import fill
from typing import Any

from ..wording import interval, number, probability
from .judging import STALE, JudgedClaim, JudgedTest
from .register import Claim
from .rule import Outcome, Rule, more_than_half
from .trail import Step, Trails

WIDTH = 110
_EXPECTED = {"positive": "above", "negative": "below", "nil": "at"}


def rule_of_a_test_in_words(rule: Rule, scales: Iterable[str] = (), mark: str = "") -> str:
    """Return when one test supports a claim and when it rules it out, with the thresholds of ``rule``.

    ``scales`` are those whose smallest association is told (none named: all); ``mark`` goes around the two verbs.
    """
    worth = "; ".join(f"{rule.smallest_on(scale):g} {scale}" for scale in scales or rule.smallest)
    return (
        f"A test {mark}supports{mark} a claim where its 95% interval leaves out the null on the expected side, its q value "
        f"over all direct tests is below {rule.false_discovery_rate:g}, at least {rule.share_agreeing:.0%} of a declared "
        f"curve of specifications agree in sign, and the interval reaches an association worth caring about ({worth}). It "
        f"{mark}rules a claim out{mark} where the interval leaves out every association worth caring about."
    )


def needed_in_words(claim: Claim) -> str:
    """Return how many of one claim's tests must support it."""
    return (
        f"{claim.needed} of {len(claim.tests)} direct tests would have to support it and none contradict it."
    )


def needed_of_all_in_words(claims: Sequence[Claim]) -> str:
    """Return how many of a claim's tests must support it, naming the claims that ask for another number than most do."""
    other = [
        f"{one.needed} of {len(one.tests)} for {one.id}"
        for one in claims
        if one.tests and one.needed != more_than_half(len(one.tests))
    ]
    unless = f" ({', '.join(other)})" if other else ""
    return f"More than half of a claim's direct tests must support it{unless}, and none contradict it."


def rule_in_words(claim: JudgedClaim) -> str:
    """Return the rule that turns this claim's tests into its verdict, with its thresholds."""
    if not claim.tests:
        return "No rule: there is nothing public to test it with."
    scales = dict.fromkeys(test.finding.scale for test in claim.tests if test.finding)
    return f"{needed_in_words(claim.claim)} {rule_of_a_test_in_words(claim.rule, scales)}"


_SAID: dict[Outcome, tuple[str, str]] = {
    "supports": ("supports", "support"),
    "contradicts": ("contradicts", "contradict"),
    "rules out": ("rules out", "rule out"),
    "undecided": ("undecided", "undecided"),
    "not run": ("not run", "not run"),
}
"""What one test does, and what several do."""


def counts_in_words(claim: JudgedClaim) -> str:
    """Return how many direct tests say what: ``of 3: 2 support, 1 undecided``."""
    if not claim.tests:
        return "no test"
    counts = {outcome: claim.count(outcome) for outcome in _SAID}
    found = [f"{count} {_SAID[outcome][count > 1]}" for outcome, count in counts.items() if count]
    return f"of {len(claim.tests)}: {', '.join(found)}"


def test_in_words(test: JudgedTest) -> str:
    """Return a direct test in a line: what, estimate, interval, q, counts, curve and what it says of the claim."""
    if test.finding is None:
        return test.reason if test.reason.startswith(STALE) else f"not run: {test.reason}"
    found, expected = test.finding, _EXPECTED[test.test.expected]
    curve = (
        f", {found.share_same_sign:.0%} of {found.n_specifications} specifications agree in sign"
        if found.share_same_sign is not None
        else ""
    )
    return (
        f"{test.outcome}: {found.label}, {number(found.estimate)} ({interval(found.conf_low, found.conf_high)}) "
        f"{found.scale}, expected {expected} {found.null:g}, {probability('q', test.q_value)}, "
        f"n = {found.n_observations:,} in {found.n_clusters} clusters{curve}"
    )


def table_lines(claims: Sequence[JudgedClaim]) -> Iterator[str]:
    """Yield the table of verdicts: a line a claim, then a line with how many have which verdict."""
    width = max((len(counts_in_words(claim)) for claim in claims), default=0)
    for claim in claims:
        yield f"{claim.claim.id}  {_verdict(claim):15}  {counts_in_words(claim):{width}}  {claim.claim.claim}"
    verdicts = [claim.verdict for claim in claims]
    yield ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))


def _verdict(claim: JudgedClaim) -> str:
    return f"{claim.verdict}: stale" if claim.is_stale else claim.verdict


def claim_lines(claim: JudgedClaim, trail: Sequence[Step]) -> Iterator[str]:
    """Yield one claim for a reader: what was claimed, verdict, rule, tests, what stands beside them, and the trail."""
    said = claim.claim
    yield f"{said.id}  {said.claim}"
    yield f"Verdict: {_verdict(claim)} ({counts_in_words(claim)})"
    for source in said.sources:
        yield f"Source: {source.document}: {source.place}"
    if said.hypothesis:
        yield _folded(
            f"Hypothesis: {said.hypothesis.exposure} → {said.hypothesis.outcome}; expected: {said.hypothesis.expected}"
        )
        yield _folded(f"Population: {said.hypothesis.population}; unit: {said.hypothesis.unit}")
    yield _folded(f"Rule: {rule_in_words(claim)}")
    yield from (_folded(f"Test: {test_in_words(test)}") for test in claim.tests)
    yield from (_folded(f"Placebo: {_placebo(claim, name)}") for name in claim.placebos)
    yield from (_folded(f"Published: {one.reference}: {one.finding}") for one in said.published)
    yield from (_folded(f"Caution: {text}") for text in (*claim.cautions, *filter(None, [said.not_testable])))
    yield _folded(f"What would change it: {said.would_change}")
    for step in trail:
        yield from _step_lines(step)


def _folded(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _placebo(claim: JudgedClaim, name: str) -> str:
    found = claim.placebos[name]
    shows = "shows an association too" if name in claim.placebos_that_show else "shows nothing clear"
    return f"{shows}: {name}, {number(found.estimate)} ({interval(found.conf_low, found.conf_high)})"


def _step_lines(step: Step) -> Iterator[str]:
    yield f"Trail: {step.finding}"
    yield (
        f"    computed by cell {step.cell} of {step.notebook}, recorded by {step.recorded_by}; "
        f"results in {step.results}, report {step.report}"
    )
    given = ", ".join(
        f"{name}={value}" for name, value in step.parameters.items() if value not in ("", [], None)
    )
    yield fill(
        f"with {given}", WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
    )
    for table in step.tables:
        yield f"    {table.path} (sha256 {table.sha256[:16]}…): {table.publisher}, {table.title}"
        yield from (f"        {name}" for name in table.official_files)


def as_data(claim: JudgedClaim, trails: Trails) -> dict[str, Any]:
    """Return one claim as JSON values: id, verdict, estimates, rule, trail and what stands beside them."""
    said = claim.claim
    return {
        "id": said.id,
        "claim": said.claim,
        "verdict": claim.verdict,
        "estimates": [test.as_dict() for test in claim.tests],
        "rule": {
            "needed": said.needed,
            "of": len(claim.tests),
            "false_discovery_rate": claim.rule.false_discovery_rate,
            "share_agreeing": claim.rule.share_agreeing,
            "smallest": dict(claim.rule.smallest),
            "text": rule_in_words(claim),
        },
        "trail": [step.as_dict() for step in trails.of(claim)],
        "sources": [asdict(source) for source in said.sources],
        "hypothesis": asdict(said.hypothesis) if said.hypothesis else None,
        "placebos": {name: found.as_dict() for name, found in claim.placebos.items()},
        "published": [asdict(one) for one in said.published],
        "cautions": list(claim.cautions),
        "not_testable": said.not_testable,
        "would_change": said.would_change,
    }
