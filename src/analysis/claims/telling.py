"""Claims as text and as data: the answer in a sentence, the rule in words, the table, one claim with its trail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from math import exp
from textwrap import fill
from typing import Any

from analysis.data.definitions.indicators import lower_first
from analysis.showing.numbers import interval, number, probability

from .asked import unmet_in_words
from .first_judging import STALE, JudgedTest
from .first_rule import FirstRule, Outcome, more_than_half
from .judging import Effect, JudgedClaim
from .planting import Truth, truth_of
from .register import Claim
from .rule import VERDICTS, Rule, Verdict
from .trail import Step, Trails

WIDTH = 110
_EXPECTED = {"positive": "above", "negative": "below", "nil": "at"}

VERDICT_IN_WORDS: Mapping[Verdict, str] = {
    "supported": "The figures go together as the claim says.",
    "contradicted": "The figures show the opposite of what is claimed.",
    "not supported": "There is no sign of an association as claimed that is large enough to matter.",
    "unresolved": "These figures can't tell.",
    "not identified": "These figures can't say whether the claim is right.",
    "not testable": "No public figures bear on it, either way.",
    "unscored": "There is no verdict yet.",
}
"""Each verdict in a sentence that says no more than it may when it is quoted alone."""


def rule_in_words(rule: Rule, mark: str = "") -> str:
    """Return the rule that turns evidence into a verdict, with its thresholds; ``mark`` goes around the verdicts."""

    def said(verdict: str) -> str:
        return f"{mark}{verdict}{mark}"

    return (
        "A claim's outcomes and the years of its window are estimated together and pooled to one effect. A claim is "
        f"{said('supported')} where the effect is on the claimed side with a probability of {100 * rule.clear:g}% or more, "
        f"beyond the smallest that matters with one of {rule.beyond:.0%} or more, and on the same side in every "
        "declared choice of rows, weights and window (after a judgement also clear beside the line of the years before); "
        f"{said('contradicted')} where the same holds on the other side; {said('not supported')} where an effect as claimed "
        f"that matters is excluded with {rule.excluded:.0%} in every one of these choices and over withheld counts; "
        f"{said('unresolved')} otherwise. A claim that fails a gate is {said('not identified')}, whatever the effect: where "
        f"next year's exposure goes with the outcome at least {rule.lead_share:.0%} as much (with a probability of "
        f"{100 * rule.gate:g}%), where the effect is another beside authorities' own trends, where the measure is a proxy, "
        "the association arithmetic, or where only sentences that assert the claim show it."
    )


def rule_of_a_first_test_in_words(rule: FirstRule, scales: Iterable[str] = ()) -> str:
    """Return when, by the rule of version 0.1.0, one test supported a claim and when it ruled it out."""
    worth = "; ".join(f"{rule.smallest_on(scale):g} {scale}" for scale in scales or rule.smallest)
    return (
        f"By the rule of version 0.1.0 a test supported a claim where its 95% interval left out the "
        f"null on the expected side, "
        f"its q value over all direct tests was below {rule.false_discovery_rate:g}, at least "
        f"{rule.share_agreeing:.0%} of a "
        f"declared curve of specifications agreed in sign, and the interval reached an association that matters "
        f"({worth}); it ruled a claim out where the interval left out every such association."
    )


def needed_of_all_in_words(claims: Sequence[Claim]) -> str:
    """Return how many of a claim's tests had to support it, naming the claims that ask for another number than most do."""
    other = [
        f"{one.needed} of {len(one.tests)} for {one.id}"
        for one in claims
        if one.tests and one.needed != more_than_half(len(one.tests))
    ]
    unless = f" ({', '.join(other)})" if other else ""
    return f"More than half of a claim's direct tests had to support it{unless}, and none contradict it."


def answer_in_words(claim: JudgedClaim) -> str:
    """Return the answer to a claim: the verdict as a sentence, what was seen in natural units, and what stops a verdict."""
    parts = [VERDICT_IN_WORDS[claim.verdict]]
    if claim.verdict == "not testable":
        parts.append(claim.claim.not_testable)
    elif claim.verdict == "unscored":
        parts.append(f"{claim.reason[:1].upper()}{claim.reason[1:]}.")
    elif claim.effect:
        parts.append(seen_in_words(claim.effect))
    if claim.failed_gates:
        parts.append(_stopped(claim))
    return " ".join(parts)


_STOPPED = {
    "measure": "what is measured is a proxy for what is claimed",
    "overlap": "exposure and outcome hold the same figures",
    "lead": "next year's exposure goes with the outcome too, so that nothing is said of which came first",
    "trends": "the effect is another once each authority's own trend is taken out",
    "pre-trend": "the figures were moving before the judgement",
    "pre-trend carried on": "the movement before the judgement, carried on, would account for what follows it",
    "independent text": "only sentences that assert the claim show it",
}


def _stopped(claim: JudgedClaim) -> str:
    why = [_STOPPED.get(gate.name, gate.name) for gate in claim.failed_gates]
    return f"No verdict is drawn from that: {'; '.join(why)}."


def seen_in_words(effect: Effect) -> str:
    """Return what was seen in natural units, of the outcome that moved most: the exposure, the outcome, the interval."""
    one = max(effect.by_outcome, key=lambda entry: abs(entry["effect"]))
    text = f"{effect.exposure}, {lower_first(one['label'])} {_came_out(one)} {amount_in_words(one)}"
    if len(effect.by_outcome) > 1:
        every = "both" if len(effect.by_outcome) == 2 else f"all {len(effect.by_outcome)}"
        text += (
            f"; over {every} outcomes the effect was {number(effect.estimate, 2)} "
            f"{effect.unit} on the claimed side ({interval(effect.conf_low, effect.conf_high)})"
        )
    return f"{text}."


def _came_out(one: Mapping[str, Any]) -> str:
    return "had" if one["unit"] == "log odds" else "came out"


def amount_in_words(one: Mapping[str, Any]) -> str:
    """Return an outcome's effect in natural units with its 95% interval: 1.9 percentage points lower (95% interval …)."""
    low, middle, high = one["conf_low"], one["natural"], one["conf_high"]
    if one["unit"] == "log odds":
        return f"an odds ratio of {number(exp(middle), 2)} (95% interval {interval(exp(low), exp(high))})"
    places = 1 if abs(middle) < 20 else 0
    people = ""
    if one["people"] is not None and abs(one["people"]) >= 1:
        people = f": about {abs(one['people']):,.0f} of {one['at_risk']:,.0f} in a middling authority"
    side = "higher" if middle > 0 else "lower"
    return (
        f"{number(abs(middle), places)} {one['unit']} {side} (95% interval for the difference {number(low, places)} to "
        f"{number(high, places)}){people}"
    )


def counts_in_words(claim: JudgedClaim) -> str:
    """Return what stands behind a verdict in a few words: «as claimed, strong», or the gate that stops it."""
    if claim.failed_gates:
        return f"fails: {', '.join(gate.name for gate in claim.failed_gates)}"
    if claim.verdict in ("not testable", "unscored"):
        return "no figures"
    strength = "" if claim.strength == "none" else f", {claim.strength} evidence"
    return f"{claim.shows}{strength}"


def effect_in_words(effect: Effect) -> str:
    """Return the pooled effect with its interval, probabilities and range."""
    return (
        f"{number(effect.estimate, 2)} ({interval(effect.conf_low, effect.conf_high)}) {effect.unit} on the claimed side; "
        f"{effect.probability_beyond:.0%} likely to be beyond {effect.smallest:g} as claimed, "
        f"{effect.probability_opposite:.0%} beyond it the other way, {effect.probability_negligible:.0%} between; over what "
        f"isn't known {number(effect.range_low, 2)} to {number(effect.range_high, 2)}"
    )


_SAID: dict[Outcome, str] = {
    "supports": "supports", "contradicts": "contradicts", "rules out": "rules out", "undecided": "undecided",
    "not run": "not run",
}  # fmt: skip


def test_in_words(test: JudgedTest) -> str:
    """Return a direct test in a line: what, estimate, interval, q, counts, curve and what the first rule said of it."""
    if test.finding is None:
        return test.reason if test.reason.startswith(STALE) else f"not run: {test.reason}"
    found, expected = test.finding, _EXPECTED[test.test.expected]
    curve = (
        f", {found.share_same_sign:.0%} of {found.n_specifications} specifications agree in sign"
        if found.share_same_sign is not None
        else ""
    )
    return (
        f"{found.label}, {number(found.estimate, 2)} ({interval(found.conf_low, found.conf_high)}) "
        f"{found.scale}, expected {expected} {found.null:g}, {probability('q', test.q_value)}, "
        f"n = {found.n_observations:,} in {found.n_clusters} clusters{curve} (first rule: {_SAID[test.outcome]})"
    )


def table_lines(claims: Sequence[JudgedClaim]) -> Iterator[str]:
    """Yield the table of verdicts: a line a claim, then a line with how many have which verdict."""
    width = max((len(counts_in_words(claim)) for claim in claims), default=0)
    for claim in claims:
        yield f"{claim.claim.id}  {_verdict(claim):15}  {counts_in_words(claim):{width}}  {claim.claim.claim}"
    verdicts = [claim.verdict for claim in claims]
    yield ", ".join(f"{verdicts.count(one)} {one}" for one in VERDICTS if one in verdicts)


def _verdict(claim: JudgedClaim) -> str:
    return f"{claim.verdict}: stale" if claim.is_stale else claim.verdict


def claim_lines(claim: JudgedClaim, trail: Sequence[Step]) -> Iterator[str]:
    """Yield one claim for a reader: answer, strength and why, gates, what stands beside, calibration, and the trail."""
    said = claim.claim
    yield f"{said.id}  {said.claim}"
    yield f"Verdict: {_verdict(claim)} ({counts_in_words(claim)}; by the rule of version 0.1.0: {claim.first_verdict})"
    yield _folded(f"Answer: {answer_in_words(claim)}")
    yield from (_folded(f"Weaker because: {reason}") for reason in claim.lowered_by)
    for source in said.sources:
        yield f"Source: {source.document}: {source.place}"
    if said.estimand and said.hypothesis:
        yield _folded(
            f"Estimand: {said.hypothesis.exposure} → {said.hypothesis.outcome}; expected: {said.hypothesis.expected}; "
            f"{said.estimand.design}; unit: {said.estimand.unit}; smallest that matters: {said.estimand.smallest:g}. "
            f"{said.estimand.smallest_reason}"
        )
        yield _folded(f"Population: {population_in_words(claim)}")
    if claim.effect:
        yield _folded(f"Effect: {effect_in_words(claim.effect)}")
    for gate in claim.gates:
        held = {True: "holds", False: "FAILS", None: "can't be asked"}[gate.holds]
        yield _folded(f"Gate {gate.name}: {held}. {gate.says}")
    if claim.stability:
        yield _folded(f"Stability: {stability_in_words(claim)}")
    yield from (_folded(f"Planted: {line}") for line in calibration_in_words(claim))
    yield from (_folded(f"Falls short: {line}") for line in shortfalls_in_words(claim))
    rule = (
        rule_in_words(claim.rule) if said.estimand else "none, for there is nothing public to test it with."
    )
    yield _folded(f"Rule: {rule}")
    yield from (_folded(f"Beside: {test_in_words(test)}") for test in claim.tests)
    yield from (_folded(f"Placebo: {placebo_in_words(claim, name)}") for name in claim.placebos)
    yield from (_folded(f"Published: {one.reference}: {one.finding}") for one in said.published)
    yield from (_folded(f"Caution: {text}") for text in (*claim.cautions, *filter(None, [said.not_testable])))
    yield _folded(f"What would change it: {said.would_change}")
    for step in trail:
        yield from _step_lines(step)


def population_in_words(claim: JudgedClaim) -> str:
    """Return whom a claim's evidence is of, with the years and numbers that were really used."""
    said, found = claim.claim.estimand, claim.evidence
    assert said is not None
    if found is None:
        return said.population
    years = f", {found.first_year} to {found.last_year}" if found.first_year else ""
    return f"{said.population}: {found.n_observations:,} rows of {found.n_authorities} authorities{years}"


def stability_in_words(claim: JudgedClaim) -> str:
    """Return in how many variants a verdict stands, and what turns it."""
    found = claim.stability
    assert found is not None
    by_verdict: dict[str, list[str]] = {}
    for name, verdict in found.turned.items():
        by_verdict.setdefault(verdict, []).append(name)
    turned = "; ".join(f"{verdict} with {', '.join(names)}" for verdict, names in by_verdict.items())
    return f"the verdict stands in {found.share:.0%} of {found.n_variants} variants" + (
        f": {turned}" if turned else ""
    )


def calibration_in_words(claim: JudgedClaim) -> list[str]:
    """Return a line a planted truth: how often each verdict comes out under it."""
    lines = []
    for one in claim.calibration:
        shares = ", ".join(f"{verdict} {share:.0%}" for verdict, share in one["shares"].items())
        lines.append(f"{one['words']}: {shares} (of {one['n_draws']} draws)")
    return lines


def shortfalls_in_words(claim: JudgedClaim) -> list[str]:
    """Return what the claim's calibration doesn't meet of what is asked under planted truths, and what keeps it there."""
    if claim.evidence is None or claim.claim.estimand is None:
        return []
    return unmet_in_words(claim.calibration, claim.claim.estimand, claim.evidence, claim.rule)


def calibration_lines(found: Sequence[Any]) -> Iterator[str]:
    """Yield the table of verdicts under each truth, claim by claim, from what ``calibrate`` returns."""
    claim = ""
    for one in found:
        if one.claim != claim:
            claim = one.claim
            yield claim
        shares = ", ".join(f"{verdict} {one.counts[verdict] / one.n_draws:.1%}" for verdict in one.counts)
        covered = "" if one.coverage is None else f"; 95% interval held it in {one.coverage:.0%}"
        yield f"    {one.truth.name:22} {shares} (estimate {number(one.mean_estimate, 2)}{covered})"


def truths_of(names: Sequence[str]) -> tuple[Truth, ...]:
    """Return truths by name; raises RequestError for one that isn't known."""
    return tuple(truth_of(name) for name in names)


def placebo_in_words(claim: JudgedClaim, name: str) -> str:
    """Return a recorded lead, pre-trend or placebo with what it shows."""
    found = claim.placebos[name]
    shows = "shows an association too" if name in claim.placebos_that_show else "shows nothing clear"
    return f"{shows}: {name}, {number(found.estimate, 2)} ({interval(found.conf_low, found.conf_high)})"


def _folded(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _step_lines(step: Step) -> Iterator[str]:
    yield f"Trail: {step.finding}"
    yield (
        f"    computed by cell {step.cell} of {step.notebook}, recorded by {step.recorded_by}; "
        f"results in {step.results}, report {step.report}"
    )
    given = ", ".join(
        f"{name}={value}" for name, value in step.parameters.items() if value not in ("", [], None)
    )
    if given:
        yield fill(
            f"with {given}", WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
        )
    for table in step.tables:
        yield f"    {table.path} (sha256 {table.sha256[:16]}…): {table.publisher}, {table.title}"
        yield from (f"        {name}" for name in table.official_files)


def as_data(claim: JudgedClaim, trails: Trails) -> dict[str, Any]:
    """Return one claim as JSON values: id, verdict, what the figures show, strength, gates, effect, trail and the rest."""
    said = claim.claim
    return {
        "id": said.id,
        "claim": said.claim,
        **claim.as_dict(),
        "answer": answer_in_words(claim),
        "rule": {**asdict(claim.rule), "text": rule_in_words(claim.rule)},
        "trail": [step.as_dict() for step in trails.of(claim)],
        "sources": [asdict(source) for source in said.sources],
        "hypothesis": asdict(said.hypothesis) if said.hypothesis else None,
        "estimand": asdict(said.estimand) if said.estimand else None,
        "published": [asdict(one) for one in said.published],
        "cautions": list(claim.cautions),
        "not_testable": said.not_testable,
        "would_change": said.would_change,
    }
