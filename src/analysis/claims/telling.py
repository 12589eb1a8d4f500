"""Claims as text and as data: the answer in a sentence, the rule in words, the table, one claim with its trail.

The sentences themselves stand in ``words.md``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from math import exp
from textwrap import fill
from typing import Any

from analysis.showing.words import words_of

from .asked import unmet_in_words
from .calibration import Calibrated
from .first_judging import STALE, JudgedTest
from .first_rule import FirstRule, more_than_half
from .judging import Effect, JudgedClaim
from .planting import Truth, truth_of
from .register import Claim
from .rule import VERDICTS, Rule, Verdict
from .trail import Step, Trails

WIDTH = 110
INDENT = "    "
LOG_ODDS = "log odds"
WORDS = words_of(__package__)


def _name(start: str, kind: str) -> str:
    """Return the name of the sentence that says something of a kind, such as a verdict: ``verdict.not-supported``."""
    return f"{start}.{kind.replace(' ', '-')}"


VERDICT_IN_WORDS: Mapping[Verdict, str] = {
    verdict: WORDS.say(_name("verdict", verdict)) for verdict in VERDICTS
}
"""Each verdict in a sentence that says no more than it may when it is quoted alone."""


def rule_in_words(rule: Rule, mark: str = "") -> str:
    """Return the rule that turns evidence into a verdict, with its thresholds; ``mark`` goes around the verdicts."""
    return WORDS.say(
        "rule",
        mark=mark,
        clear_percent=100 * rule.clear,
        beyond=rule.beyond,
        excluded=rule.excluded,
        lead_share=rule.lead_share,
        gate_percent=100 * rule.gate,
    )


def rule_of_a_first_test_in_words(rule: FirstRule, scales: Iterable[str] = ()) -> str:
    """Return when, by the rule of version 0.1.0, one test supported a claim and when it ruled it out."""
    return WORDS.say(
        "first_rule",
        false_discovery_rate=rule.false_discovery_rate,
        share_agreeing=rule.share_agreeing,
        smallest_by_scale=[
            WORDS.say("first_rule.smallest", smallest=rule.smallest_on(scale), scale=scale)
            for scale in scales or rule.smallest
        ],
    )


def needed_of_all_in_words(claims: Sequence[Claim]) -> str:
    """Return how many of a claim's tests had to support it, naming the claims that ask for another number than most do."""
    exceptions = [
        WORDS.say(
            "first_rule.needed.exception", n_needed=claim.needed, n_tests=len(claim.tests), claim=claim.id
        )
        for claim in claims
        if claim.tests and claim.needed != more_than_half(len(claim.tests))
    ]
    if not exceptions:
        return WORDS.say("first_rule.needed")
    return WORDS.say("first_rule.needed.but", exceptions=exceptions)


def answer_in_words(claim: JudgedClaim) -> str:
    """Return the answer to a claim: the verdict as a sentence, what was seen in natural units, and what stops a verdict."""
    parts = [VERDICT_IN_WORDS[claim.verdict]]
    if claim.verdict == "not testable":
        parts.append(claim.claim.not_testable)
    elif claim.verdict == "unscored":
        parts.append(WORDS.say("answer.unscored", reason=claim.reason))
    elif claim.effect:
        parts.append(seen_in_words(claim.effect))
    if claim.failed_gates:
        reasons = [WORDS.say(_name("stopped", gate.name)) for gate in claim.failed_gates]
        parts.append(WORDS.say("answer.stopped", reasons=reasons))
    return " ".join(parts)


def seen_in_words(effect: Effect) -> str:
    """Return what was seen in natural units, of the outcome that moved most: the exposure, the outcome, the interval."""
    moved_most = max(effect.by_outcome, key=lambda outcome: abs(outcome["effect"]))
    seen = WORDS.say(
        "seen.odds" if moved_most["unit"] == LOG_ODDS else "seen",
        exposure=effect.exposure,
        outcome=moved_most["label"],
        amount=amount_in_words(moved_most),
    )
    if len(effect.by_outcome) == 1:
        return WORDS.say("answer.seen", seen=seen)
    return WORDS.say(
        "answer.seen.several",
        seen=seen,
        n_outcomes=len(effect.by_outcome),
        estimate=effect.estimate,
        unit=effect.unit,
        low=effect.conf_low,
        high=effect.conf_high,
    )


def amount_in_words(outcome: Mapping[str, Any]) -> str:
    """Return an outcome's effect in natural units with its 95% interval: 1.9 percentage points lower (95% interval …)."""
    low, middle, high = outcome["conf_low"], outcome["natural"], outcome["conf_high"]
    if outcome["unit"] == LOG_ODDS:
        return WORDS.say("amount.odds", ratio=exp(middle), low=exp(low), high=exp(high))
    amount = WORDS.say(
        "amount",
        size=abs(middle),
        digits=1 if abs(middle) < 20 else 0,
        unit=outcome["unit"],
        way="higher" if middle > 0 else "lower",
        low=low,
        high=high,
    )
    people = outcome["people"]
    if people is None or abs(people) < 1:
        return amount
    return WORDS.say("amount.people", amount=amount, people=abs(people), at_risk=outcome["at_risk"])


def counts_in_words(claim: JudgedClaim) -> str:
    """Return what stands behind a verdict in a few words: «as claimed, strong», or the gate that stops it."""
    if claim.failed_gates:
        return WORDS.say("counts.fails", gates=[gate.name for gate in claim.failed_gates])
    if claim.verdict in ("not testable", "unscored"):
        return WORDS.say("counts.none")
    if claim.strength == "none":
        return claim.shows
    return WORDS.say("counts", shows=claim.shows, strength=claim.strength)


def effect_in_words(effect: Effect) -> str:
    """Return the pooled effect with its interval, probabilities and range."""
    return WORDS.say(
        "effect",
        effect=effect.with_limits,
        unit=effect.unit,
        smallest=effect.smallest,
        probability_beyond=effect.probability_beyond,
        probability_opposite=effect.probability_opposite,
        probability_negligible=effect.probability_negligible,
        range_low=effect.range_low,
        range_high=effect.range_high,
    )


def test_in_words(test: JudgedTest) -> str:
    """Return a direct test in a line: what, estimate, interval, q, counts, curve and what the first rule said of it."""
    finding = test.finding
    if finding is None:
        return test.reason if test.reason.startswith(STALE) else WORDS.say("test.not_run", reason=test.reason)
    agreement = ""
    if finding.share_same_sign is not None:
        agreement = WORDS.say(
            "test.agreement", share=finding.share_same_sign, n_specifications=finding.n_specifications
        )
    return WORDS.say(
        "test",
        label=finding.label,
        estimate=finding.with_limits,
        scale=finding.scale,
        expected=WORDS.say(_name("test.expected", test.test.expected)),
        null=finding.null,
        q_value=test.q_value,
        n_observations=finding.n_observations,
        n_clusters=finding.n_clusters,
        agreement=agreement,
        outcome=test.outcome,
    )


def table_lines(claims: Sequence[JudgedClaim]) -> Iterator[str]:
    """Yield the table of verdicts: a line a claim, then a line with how many have which verdict."""
    width = max((len(counts_in_words(claim)) for claim in claims), default=0)
    for claim in claims:
        yield f"{claim.claim.id}  {_verdict(claim):15}  {counts_in_words(claim):{width}}  {claim.claim.claim}"
    verdicts = [claim.verdict for claim in claims]
    counted = [verdict for verdict in VERDICTS if verdict in verdicts]
    yield ", ".join(
        WORDS.say("line.count", n_claims=verdicts.count(verdict), verdict=verdict) for verdict in counted
    )


def _verdict(claim: JudgedClaim) -> str:
    return WORDS.say("line.stale", verdict=claim.verdict) if claim.is_stale else claim.verdict


_HELD = {True: "line.gate.holds", False: "line.gate.fails", None: "line.gate.unasked"}


def claim_lines(claim: JudgedClaim, trail: Sequence[Step]) -> Iterator[str]:
    """Yield one claim for a reader: answer, strength and why, gates, what stands beside, calibration, and the trail."""
    said = claim.claim
    yield f"{said.id}  {said.claim}"
    yield WORDS.say(
        "line.verdict",
        verdict=_verdict(claim),
        counts=counts_in_words(claim),
        first_verdict=claim.first_verdict,
    )
    yield _line("answer", answer=answer_in_words(claim))
    yield from (_line("weaker", reason=reason) for reason in claim.lowered_by)
    for source in said.sources:
        yield WORDS.say("line.source", document=source.document, place=source.place)
    if said.estimand and said.hypothesis:
        yield _line(
            "estimand",
            exposure=said.hypothesis.exposure,
            outcome=said.hypothesis.outcome,
            expected=said.hypothesis.expected,
            design=said.estimand.design,
            unit=said.estimand.unit,
            smallest=said.estimand.smallest,
            smallest_reason=said.estimand.smallest_reason,
        )
        yield _line("population", population=population_in_words(claim))
    if claim.effect:
        yield _line("effect", effect=effect_in_words(claim.effect))
    for gate in claim.gates:
        yield _folded(WORDS.say(_HELD[gate.holds], gate=gate.name, says=gate.says))
    if claim.stability:
        yield _line("stability", stability=stability_in_words(claim))
    yield from (_line("planted", planted=planted) for planted in calibration_in_words(claim))
    yield from (_line("short", shortfall=line) for line in shortfalls_in_words(claim))
    yield _line("rule", rule=rule_in_words(claim.rule) if said.estimand else WORDS.say("rule.none"))
    yield from (_line("beside", test=test_in_words(test)) for test in claim.tests)
    yield from (_line("placebo", placebo=placebo_in_words(claim, name)) for name in claim.placebos)
    yield from (
        _line("published", reference=published.reference, finding=published.finding)
        for published in said.published
    )
    yield from (
        _line("caution", caution=text) for text in (*claim.cautions, *filter(None, [said.not_testable]))
    )
    yield _line("would_change", would_change=said.would_change)
    for step in trail:
        yield from _step_lines(step)


def population_in_words(claim: JudgedClaim) -> str:
    """Return whom a claim's evidence is of, with the years and numbers that were really used."""
    estimand, evidence = claim.claim.estimand, claim.evidence
    assert estimand is not None
    if evidence is None:
        return estimand.population
    counts = {
        "population": estimand.population,
        "n_rows": evidence.n_observations,
        "n_authorities": evidence.n_authorities,
    }
    if not evidence.first_year:
        return WORDS.say("population", **counts)
    return WORDS.say(
        "population.years", **counts, first_year=evidence.first_year, last_year=evidence.last_year
    )


def stability_in_words(claim: JudgedClaim) -> str:
    """Return in how many variants a verdict stands, and what turns it."""
    stability = claim.stability
    assert stability is not None
    variants_by_verdict: dict[str, list[str]] = {}
    for variant, verdict in stability.turned.items():
        variants_by_verdict.setdefault(verdict, []).append(variant)
    counts = {"share": stability.share, "n_variants": stability.n_variants}
    if not variants_by_verdict:
        return WORDS.say("stability", **counts)
    turned = [
        WORDS.say("stability.other", verdict=verdict, variants=variants)
        for verdict, variants in variants_by_verdict.items()
    ]
    return WORDS.say("stability.turned", **counts, turned=turned)


def calibration_in_words(claim: JudgedClaim) -> list[str]:
    """Return a line a planted truth: how often each verdict comes out under it."""
    return [
        WORDS.say(
            "planted",
            truth=tried["words"],
            shares=[
                WORDS.say("planted.share", verdict=verdict, share=share, digits=0)
                for verdict, share in tried["shares"].items()
            ],
            n_draws=tried["n_draws"],
        )
        for tried in claim.calibration
    ]


def shortfalls_in_words(claim: JudgedClaim) -> list[str]:
    """Return what the claim's calibration doesn't meet of what is asked under planted truths, and what keeps it there."""
    if claim.evidence is None or claim.claim.estimand is None:
        return []
    return unmet_in_words(claim.calibration, claim.claim.estimand, claim.evidence, claim.rule)


def calibration_lines(found: Sequence[Calibrated]) -> Iterator[str]:
    """Yield the table of verdicts under each truth, claim by claim, from what ``calibrate`` returns."""
    claim = ""
    for tried in found:
        if tried.claim != claim:
            claim = tried.claim
            yield claim
        shares = [
            WORDS.say("planted.share", verdict=verdict, share=count / tried.n_draws, digits=1)
            for verdict, count in tried.counts.items()
        ]
        told = {"shares": shares, "estimate": tried.mean_estimate}
        text = (
            WORDS.say("planted.estimate", **told)
            if tried.coverage is None
            else WORDS.say("planted.estimate.covered", **told, coverage=tried.coverage)
        )
        yield f"{INDENT}{tried.truth.name:22} {text}"


def truths_of(names: Sequence[str]) -> tuple[Truth, ...]:
    """Return truths by name; raises RequestError for one that isn't known."""
    return tuple(truth_of(name) for name in names)


def placebo_in_words(claim: JudgedClaim, name: str) -> str:
    """Return a recorded lead, pre-trend or placebo with what it shows."""
    placebo = claim.placebos[name]
    return WORDS.say(
        "placebo.clear" if name in claim.placebos_that_show else "placebo.unclear",
        finding=name,
        estimate=placebo.with_limits,
    )


def _line(name: str, **values: Any) -> str:
    """Return a line of what ``plan-drift claims`` prints on one claim, folded."""
    return _folded(WORDS.say(f"line.{name}", **values))


def _folded(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False)


def _step_lines(step: Step) -> Iterator[str]:
    yield WORDS.say("line.trail", finding=step.finding)
    cells = WORDS.say(
        "line.trail.cells",
        cell=step.cell,
        notebook=step.notebook,
        recorded_by=step.recorded_by,
        results=step.results,
        report=step.report,
    )
    yield f"{INDENT}{cells}"
    given = [f"{name}={value}" for name, value in step.parameters.items() if value not in ("", [], None)]
    if given:
        yield fill(
            WORDS.say("line.trail.parameters", parameters=given),
            WIDTH,
            initial_indent=INDENT,
            subsequent_indent=INDENT,
            break_long_words=False,
        )
    for table in step.tables:
        text = WORDS.say(
            "line.trail.table",
            path=table.path,
            sha256=table.sha256[:16],
            publisher=table.publisher,
            title=table.title,
        )
        yield f"{INDENT}{text}"
        yield from (f"{2 * INDENT}{name}" for name in table.official_files)


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
        "published": [asdict(published) for published in said.published],
        "cautions": list(claim.cautions),
        "not_testable": said.not_testable,
        "would_change": said.would_change,
    }
