"""Verdicts, computed: the register's rule put to the evidence that runs have recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from analysis.data.definitions.indicators import lower_first
from analysis.findings.finding import Finding, findings_of
from analysis.findings.interval import IntervalEstimate
from analysis.paths import Project
from analysis.showing.words import words_of
from analysis.studies.results import every_result

from .estimand import Estimand, asked_gates
from .evidence import Evidence, Gate, evidence_from
from .first_judging import STALE, JudgedTest, first_verdict, judged_tests, placebos_of
from .first_rule import FirstVerdict
from .register import Claim, Register, check_findings, register
from .rule import LEAD, TRENDS, Decision, Rule, Shows, Strength, Verdict, decide
from .stability import Stability, stability_of, variant_without
from .synthesis import Pooled, pooled

WORDS = words_of(__package__)
SYNTHESIS, CALIBRATION = "synthesis", "calibration"
"""The runs that record the evidence on every claim, and how the rule does on planted truths."""
LEAST_POWER = 0.8
LEAST_STABLE = 0.8
_DRAWN: tuple[Verdict, ...] = ("supported", "contradicted", "not supported")


@dataclass(frozen=True)
class Effect(IntervalEstimate):
    """A claim's pooled effect in its unit, positive on the claimed side, with its 95% interval and the rule's probabilities.

    ``range_low`` and ``range_high`` are the lowest and highest 95% limits over what isn't known. ``by_outcome`` has each
    outcome's own effect in natural units, drawn towards the others.
    """

    unit: str
    smallest: float
    probability_beyond: float
    probability_opposite: float
    probability_negligible: float
    range_low: float
    range_high: float
    spread: float
    exposure: str
    by_outcome: tuple[Mapping[str, Any], ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the effect as JSON values."""
        return {**vars(self), "by_outcome": [dict(outcome) for outcome in self.by_outcome]}


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict and all that stands behind and beside it; ``reason`` says why it is unscored."""

    claim: Claim
    verdict: Verdict
    shows: Shows
    strength: Strength
    lowered_by: tuple[str, ...]
    gates: tuple[Gate, ...]
    rule: Rule
    tests: tuple[JudgedTest, ...]
    first_verdict: FirstVerdict
    placebos: Mapping[str, Finding]
    evidence: Evidence | None = field(default=None, repr=False)
    effect: Effect | None = None
    stability: Stability | None = None
    calibration: tuple[Mapping[str, Any], ...] = ()
    parts: Mapping[str, Finding] = field(default_factory=dict, repr=False)
    reason: str = ""

    @property
    def is_stale(self) -> bool:
        """Whether it rests on results that no longer hold."""
        return self.reason.startswith(STALE)

    @property
    def failed_gates(self) -> tuple[Gate, ...]:
        """The gates that the claim doesn't pass."""
        return tuple(gate for gate in self.gates if gate.holds is False)

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must not miss: the claim's own cautions, then each clause of those of its findings once."""
        noted = dict.fromkeys(
            clause
            for test in self.tests
            if test.finding and test.finding.caution
            for clause in test.finding.caution.split("; ")
        )
        return (*self.claim.cautions, *(WORDS.say("caution", caution=text) for text in noted))

    @property
    def placebos_that_show(self) -> tuple[str, ...]:
        """The placebos whose interval leaves out the null: where one does, the exposure need not come first."""
        return tuple(name for name, finding in self.placebos.items() if finding.is_clear)

    def as_dict(self) -> dict[str, Any]:
        """Return verdict, evidence and what stands beside it as JSON values."""
        return {
            "id": self.claim.id,
            "verdict": self.verdict,
            "shows": self.shows,
            "strength": self.strength,
            "lowered_by": list(self.lowered_by),
            "gates": [vars(gate).copy() for gate in self.gates],
            "effect": self.effect.as_dict() if self.effect else None,
            "stability": self.stability.as_dict() if self.stability else None,
            "calibration": [dict(tried) for tried in self.calibration],
            "first_verdict": self.first_verdict,
            "estimates": [
                *(
                    {**finding.as_dict(), "finding": name, "decides": True}
                    for name, finding in self.parts.items()
                ),
                *(test.as_dict() for test in self.tests),
            ],
            "placebos": {name: finding.as_dict() for name, finding in self.placebos.items()},
            "reason": self.reason,
        }


def judge(
    asked: Register, results: Sequence[Mapping[str, Any]], only: Sequence[str] = ()
) -> tuple[JudgedClaim, ...]:
    """Return the claims of a register with their verdicts, from what ``read_results`` or ``every_result`` returns.

    A result that no longer holds (``stale`` says why) counts as none, so that its claim is unscored. ``only`` names claims
    by identifier; none named means all. Raises RequestError for an unknown claim, DataError for evidence of another
    version's shape.
    """
    wanted = {asked.claim(name).id for name in only}
    why_stale = {str(result["name"]): str(result["stale"]) for result in results if result.get("stale")}
    holding = [result for result in results if not result.get("stale")]
    findings, ran = findings_of(holding), {str(result["name"]) for result in holding}
    tests = judged_tests(asked, findings, ran, why_stale)
    values = {str(result["name"]): result["values"] for result in holding}
    return tuple(
        _judged(claim, asked.rule, values, findings, tests[claim.id], why_stale)
        for claim in asked.claims
        if not wanted or claim.id in wanted
    )


def _judged(
    claim: Claim,
    rule: Rule,
    values: Mapping[str, Mapping[str, Any]],
    findings: Mapping[str, Finding],
    tests: tuple[JudgedTest, ...],
    why_stale: Mapping[str, str],
) -> JudgedClaim:
    beside: dict[str, Any] = {
        "rule": rule,
        "tests": tests,
        "first_verdict": first_verdict(claim, tests),
        "placebos": placebos_of(claim, findings),
    }
    if claim.estimand is None:
        return _without_figures(claim, "not testable", beside)
    entry = values.get(SYNTHESIS, {}).get("claims", {}).get(claim.id)
    if entry is None or "failure" in entry:
        reason = entry["failure"] if entry else _why_unscored(claim, values, why_stale)
        return _without_figures(claim, "unscored", beside, reason)
    evidence = evidence_from(entry)
    calibration = tuple(values.get(CALIBRATION, {}).get("claims", {}).get(claim.id, ()))
    parts = {
        name: finding
        for name, finding in findings.items()
        if name.startswith(f"{SYNTHESIS}/{claim.id.casefold()}-")
    }
    return _decided(claim, evidence, rule, calibration, {**beside, "parts": parts})


def _without_figures(
    claim: Claim, verdict: Verdict, beside: Mapping[str, Any], reason: str = ""
) -> JudgedClaim:
    """Return a claim that no figures bear on, or that wasn't run."""
    return JudgedClaim(
        claim=claim,
        verdict=verdict,
        shows="no figures",
        strength="none",
        lowered_by=(),
        gates=(),
        reason=reason,
        **beside,
    )


def _why_unscored(claim: Claim, values: Mapping[str, Any], why_stale: Mapping[str, str]) -> str:
    if SYNTHESIS in why_stale:
        return WORDS.say("missing.stale", mark=STALE, reason=why_stale[SYNTHESIS], run=SYNTHESIS)
    if SYNTHESIS not in values:
        return WORDS.say("missing.run", run=SYNTHESIS)
    return WORDS.say("missing.claim", run=SYNTHESIS, claim=claim.id)


def _decided(
    claim: Claim,
    evidence: Evidence,
    rule: Rule,
    calibration: tuple[Mapping[str, Any], ...],
    beside: dict[str, Any],
) -> JudgedClaim:
    estimand = claim.estimand
    assert estimand is not None
    of_design, failed, decision = decision_on(estimand, evidence, rule)
    gates = (*of_design, *_gates_of_figures(decision, evidence, estimand.smallest, rule))
    stability = stability_of(evidence, estimand.smallest, rule, failed)
    verdict: Verdict = decision.verdicts[0]
    effect = _effect(claim, evidence, decision.effect, rule)
    lowered = _lowered_by(evidence, effect, stability, calibration, verdict)
    return JudgedClaim(
        claim=claim,
        verdict=verdict,
        shows=decision.shows[0],
        strength=_strength(verdict, lowered),
        lowered_by=lowered,
        gates=gates,
        evidence=evidence,
        effect=effect,
        stability=stability,
        calibration=calibration,
        **beside,
    )


def decision_on(estimand: Estimand, evidence: Evidence, rule: Rule) -> tuple[list[Gate], bool, Decision]:
    """Return the gates of the design that are put to a claim, whether one has failed, and what the rule decides."""
    asked = asked_gates(estimand)
    of_design = [gate for gate in evidence.gates if gate.name in asked]
    failed = any(gate.holds is False for gate in of_design)
    left_out = [name for name in (LEAD, TRENDS) if evidence.gate_names.get(name, name) not in asked]
    views = {name: view for name, view in evidence.views.items() if name not in left_out}
    return of_design, failed, decide(views, estimand.smallest, rule, failed)


def _gates_of_figures(
    decision: Decision, evidence: Evidence, smallest: float, rule: Rule
) -> tuple[Gate, ...]:
    says = {}
    if LEAD in decision.failed:
        lead = pooled(evidence.views[LEAD], rule.prior_spread * smallest)
        says[LEAD] = WORDS.say(
            "gate.lead",
            what=evidence.lead_words,
            lead=lead.interval.with_limits,
            effect=decision.effect.interval.with_limits,
        )
    if TRENDS in decision.failed:
        kept = pooled(evidence.views[TRENDS], rule.prior_spread * smallest)
        says[TRENDS] = WORDS.say(
            "gate.trends",
            what=evidence.trends_words,
            kept=kept.interval.with_limits,
            effect=decision.effect.interval.with_limits,
        )
    names = evidence.gate_names
    return tuple(
        Gate(names.get(name, name), not decision.failed[name][0], text) for name, text in says.items()
    )


def _effect(claim: Claim, evidence: Evidence, effect: Pooled, rule: Rule) -> Effect:
    estimand = claim.estimand
    assert estimand is not None
    smallest = estimand.smallest
    every = [effect, *(pooled(view, rule.prior_spread * smallest) for view in evidence.range_views.values())]
    beyond, below = float(effect.beyond(smallest)[0]), float(1 - effect.beyond(-smallest)[0])
    by_outcome = []
    for place, outcome in enumerate(evidence.outcomes):
        sign = estimand.outcome(outcome.name).sign
        middle, error = float(effect.outcomes[0, place]), float(effect.outcome_errors[0, place])
        limits = sorted(sign * outcome.natural * (middle + side * 1.96 * error) for side in (-1, 1))
        natural = sign * outcome.natural * middle
        people = None if outcome.at_risk is None else natural * outcome.at_risk / outcome.per
        by_outcome.append(
            {"outcome": outcome.name, "label": outcome.label, "effect": middle, "natural": natural, "conf_low": limits[0],
             "conf_high": limits[1], "unit": outcome.natural_unit, "at_risk": outcome.at_risk, "people": people,
             "years": [outcome.first_year, outcome.last_year], "n_observations": outcome.n_observations}
        )  # fmt: skip
    return Effect(
        **vars(effect.interval),
        unit=evidence.unit,
        smallest=smallest,
        probability_beyond=beyond,
        probability_opposite=below,
        probability_negligible=max(0.0, 1 - beyond - below),
        range_low=min(float(view.quantile(0.025)[0]) for view in every),
        range_high=max(float(view.quantile(0.975)[0]) for view in every),
        spread=float(effect.spread[0]),
        exposure=evidence.exposure,
        by_outcome=tuple(by_outcome),
    )


def _lowered_by(
    evidence: Evidence,
    effect: Effect,
    stability: Stability,
    calibration: tuple[Mapping[str, Any], ...],
    verdict: Verdict,
) -> tuple[str, ...]:
    """Return, as sentences, what lowers the strength of the evidence."""
    reasons = list(evidence.weaknesses)
    if verdict in ("supported", "contradicted") and effect.range_low < 0 < effect.range_high:
        reasons.append(WORDS.say("lowered.range"))
    if stability.share < LEAST_STABLE:
        reasons.append(WORDS.say("lowered.unstable", share=stability.share, n_variants=stability.n_variants))
    resting_on = [
        lower_first(outcome.label)
        for outcome in evidence.outcomes
        if variant_without(outcome) in stability.turned
    ]
    if resting_on and verdict in _DRAWN:
        reasons.append(
            WORDS.say("lowered.outcome", outcome=resting_on[0])
            if len(resting_on) == 1
            else WORDS.say("lowered.outcomes", outcomes=resting_on)
        )
    power = [
        tried["shares"].get("supported", 0.0)
        for tried in calibration
        if tried["truth"].endswith(f":{2 * effect.smallest:g}")
        and tried["truth"].partition(":")[0] in _EFFECTS
    ]
    if power and power[0] < LEAST_POWER:
        reasons.append(WORDS.say("lowered.power", share=power[0]))
    return tuple(reasons)


_EFFECTS = ("at-once", "break", "associated")


def _strength(verdict: Verdict, lowered: tuple[str, ...]) -> Strength:
    if verdict not in _DRAWN:
        return "none"
    return "strong" if not lowered else "moderate" if len(lowered) < 3 else "weak"


def judge_project(project: Project, only: Sequence[str] = ()) -> tuple[JudgedClaim, ...]:
    """Return the package's claims with verdicts from the results that the project's runs have recorded.

    A claim whose evidence has not been gathered, or was from other data than those in place, is unscored. Raises
    RequestError for a register that doesn't hold together or names a finding that its run doesn't record.
    """
    asked, results = register(), every_result(project)
    check_findings(asked, results)
    return judge(asked, results, only)
