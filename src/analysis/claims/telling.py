"""Claims as text and as data: the answer in a sentence, the rule in words, the table, one claim with its trail.

The sentences themselves stand in ``words.md``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp
from textwrap import fill
from typing import Any

import numpy as np
from scipy.special import ndtr

from analysis.data.definitions.indicators import dictionary
from analysis.estimators.resampling.family import benjamini_hochberg
from analysis.showing.words import words_of

from .asked import unmet_in_words
from .calibration import Calibrated
from .evidence import OutcomeFacts
from .first_judging import STALE, JudgedTest
from .judging import Effect, JudgedClaim
from .planting import Truth, truth_of
from .rule import MAIN, VERDICTS, Rule, Strength, Verdict
from .trail import Step, Trails

WIDTH = 110
INDENT = "    "
LOG_ODDS = "log odds"
Z = 1.96
"""Standard errors on either side of an estimate in its 95% interval, as where the effect is estimated."""
_DISCOVERY_RATE = 0.05
WORDS = words_of(__package__)


def _name(start: str, kind: str) -> str:
    """Return the name of the sentence that says something of a kind, such as a verdict: ``verdict.not-supported``."""
    return f"{start}.{kind.replace(' ', '-')}"


VERDICT_IN_WORDS: Mapping[Verdict, str] = {
    verdict: WORDS.say(_name("verdict", verdict)) for verdict in VERDICTS
}
"""Each verdict in a sentence that says no more than it may when it is quoted alone."""
VERDICT_LABELS: Mapping[Verdict, str] = {verdict: WORDS.say(_name("label", verdict)) for verdict in VERDICTS}
"""Each verdict in a few words that say the same, for headings."""
_STRENGTHS: tuple[Strength, ...] = ("strong", "moderate", "weak", "none")


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


@dataclass(frozen=True)
class SeenOutcome:
    """One outcome's own estimate, before outcomes are averaged: ``effect`` with limits, on the claimed side.

    They are in the claim's unit; ``natural`` is a unit of the effect in the outcome's own units, with the sign that the
    claim expects.
    """

    facts: OutcomeFacts
    effect: float
    low: float
    high: float
    natural: float

    @property
    def phrase(self) -> str:
        """The outcome as the subject of a sentence."""
        entry = dictionary().get(self.facts.name)
        return entry.phrase if entry else self.facts.label

    @property
    def change(self) -> tuple[float, float, float]:
        """The estimate and its 95% limits in the outcome's own units."""
        low, high = sorted((self.natural * self.low, self.natural * self.high))
        return self.natural * self.effect, low, high

    @property
    def p_value(self) -> float:
        """The two-sided p value of no effect, by the normal distribution that its limits are of."""
        return float(2 * ndtr(-abs(self.effect) / ((self.high - self.low) / (2 * Z))))

    @property
    def is_as_claimed(self) -> bool:
        """Whether its 95% interval lies wholly on the claimed side."""
        return self.low > 0

    @property
    def is_opposite(self) -> bool:
        """Whether its 95% interval lies wholly on the other side than the claimed one."""
        return self.high < 0

    @property
    def is_clear(self) -> bool:
        """Whether its 95% interval leaves out no effect."""
        return self.low > 0 or self.high < 0


def seen_outcomes(claim: JudgedClaim) -> tuple[SeenOutcome, ...]:
    """Return each outcome's own estimate, in the order of the register; nothing where there is no evidence."""
    evidence, estimand = claim.evidence, claim.claim.estimand
    if evidence is None or estimand is None:
        return ()
    main = evidence.views[MAIN]
    middles, errors = main.estimates[0], np.sqrt(np.diagonal(main.covariance[0]))
    return tuple(
        SeenOutcome(
            facts=outcome,
            effect=float(middle),
            low=float(middle - Z * error),
            high=float(middle + Z * error),
            natural=estimand.outcome(outcome.name).sign * outcome.natural,
        )
        for outcome, middle, error in zip(evidence.outcomes, middles, errors, strict=True)
    )


def is_clear_among_all(outcome: SeenOutcome, outcomes: Sequence[SeenOutcome]) -> bool:
    """Return whether an outcome is clear once we allow for all of its claim: its q value is below one in twenty."""
    q_values = benjamini_hochberg([each.p_value for each in outcomes])
    return bool(q_values[outcomes.index(outcome)] < _DISCOVERY_RATE)


def unclear_outcomes(claim: JudgedClaim) -> list[str]:
    """Return the outcomes of a claim that, taken alone, don't clearly go as it says."""
    return [outcome.phrase for outcome in seen_outcomes(claim) if not outcome.is_as_claimed]


def is_of_uncorrected_codes(claim: JudgedClaim) -> bool:
    """Return whether a claim on reports is judged on sentences as coded, where corrected ones cannot tell either way."""
    return WORDS.say("weakness.corrected") in (*claim.lowered_by, *claim.cautions)


def best_supported(claims: Sequence[JudgedClaim]) -> list[JudgedClaim]:
    """Return the supported claims, the best first: by strength, then those clear for every outcome, then by probability."""

    def place(claim: JudgedClaim) -> tuple[int, bool, float]:
        beyond = claim.effect.probability_beyond if claim.effect else 0.0
        return _STRENGTHS.index(claim.strength), bool(unclear_outcomes(claim)), -beyond

    return sorted((claim for claim in claims if claim.verdict == "supported"), key=place)


def label_in_words(name: str, in_short: str) -> str:
    """Return a claim as a chart's label has it: its identifier, and in quotation marks what it says in a few words."""
    return f"{name}  {WORDS.say('quoted', claim=in_short)}"


def quoted_in_words(claim: JudgedClaim) -> str:
    """Return a claim's short name in quotation marks with what was tested of it."""
    if not claim.claim.tested:
        return WORDS.say("quoted", claim=claim.claim.in_short)
    return WORDS.say("quoted.tested", claim=claim.claim.in_short, tested=claim.claim.tested)


def opening_in_words(claim: JudgedClaim) -> str:
    """Return the sentence that opens the answer to a claim: its verdict, with its exceptions and reasons."""
    if claim.effect is None:
        return VERDICT_IN_WORDS[claim.verdict]
    outcomes = seen_outcomes(claim)
    match claim.verdict:
        case "supported":
            return _opening_of_supported(outcomes) + _opposite(outcomes)
        case "not supported":
            return _opening_of_not_supported(outcomes, claim.effect) + _opposite(outcomes)
        case "unresolved":
            return WORDS.say(f"opening.unresolved.{_why_unresolved(claim.shows, claim.effect)}")
        case "not identified":
            return WORDS.say("opening.not-identified", reasons=reasons_in_words(claim))
    return VERDICT_IN_WORDS[claim.verdict]


def reasons_in_words(claim: JudgedClaim) -> list[str]:
    """Return, as clauses, why no verdict is drawn on a claim: one for each gate that it fails."""
    exposure = claim.claim.estimand.exposure if claim.claim.estimand else ""
    entry = dictionary().get(exposure)
    return [
        WORDS.say(_name("stopped", gate.name), exposure=entry.phrase if entry else exposure)
        for gate in claim.failed_gates
    ]


def _opposite(outcomes: Sequence[SeenOutcome]) -> str:
    """Say which outcomes taken alone clearly go the other way than the claim says; an average hides them."""
    opposite = [outcome.phrase for outcome in outcomes if outcome.is_opposite]
    return WORDS.say("opening.opposite", outcomes=opposite) if opposite and len(outcomes) > 1 else ""


def _opening_of_supported(outcomes: Sequence[SeenOutcome]) -> str:
    clear = [outcome.phrase for outcome in outcomes if outcome.is_as_claimed]
    unclear = [outcome.phrase for outcome in outcomes if not outcome.is_as_claimed]
    if not unclear:
        return WORDS.say("opening.supported.every")
    if not clear:
        return WORDS.say("opening.supported.none")
    return WORDS.say("opening.supported.some", clear=clear, unclear=unclear)


def _opening_of_not_supported(outcomes: Sequence[SeenOutcome], effect: Effect) -> str:
    if effect.conf_low > 0:
        return WORDS.say("opening.not-supported.small")
    if len(outcomes) == 1:
        return WORDS.say("opening.not-supported.single")
    clear = [outcome.phrase for outcome in outcomes if outcome.is_as_claimed]
    still_open = [
        outcome.phrase for outcome in outcomes if outcome.high > effect.smallest and not outcome.is_as_claimed
    ]
    if clear:
        told = "opening.not-supported.exceptions" + (".open" if still_open else "")
        is_clear = any(
            outcome.is_as_claimed and is_clear_among_all(outcome, outcomes) for outcome in outcomes
        )
        return WORDS.say(told, n_outcomes=len(outcomes), clear=clear, open=still_open, is_clear=is_clear)
    if not still_open:
        return WORDS.say("opening.not-supported.every", n_outcomes=len(outcomes))
    return WORDS.say("opening.not-supported.average", n_outcomes=len(outcomes), open=still_open)


def _why_unresolved(shows: str, effect: Effect) -> str:
    if shows == "mixed":
        return "mixed"
    if effect.conf_low > 0:
        return "as-claimed"
    if effect.conf_high < 0:
        return "opposite"
    return "open" if effect.conf_high >= effect.smallest else "range"


def answer_in_words(claim: JudgedClaim) -> str:
    """Return the answer to a claim: the verdict as a sentence, what was seen in natural units, and what wasn't tested."""
    parts = [opening_in_words(claim)]
    if claim.verdict == "not testable":
        parts += [claim.claim.not_testable, *_beside(claim)]
    elif claim.verdict == "unscored":
        parts.append(WORDS.say("answer.unscored", reason=claim.reason))
    elif claim.effect:
        parts.append(_seen_in_all(claim))
        if claim.claim.estimand and claim.claim.estimand.standing == "partial":
            parts.append(WORDS.say("answer.partial", standing=claim.claim.estimand.standing_reason))
    return " ".join(parts)


def _beside(claim: JudgedClaim) -> list[str]:
    """Return what recorded tests show beside a claim that no figures can answer; nothing where none ran."""
    tests = [
        WORDS.say(
            "answer.beside.test",
            label=test.finding.label,
            estimate=test.finding.with_limits,
            scale="" if test.finding.scale == "percentile" else test.finding.scale,
            digits=0 if test.finding.scale in ("percentile", "percent") else 2,
        )
        for test in claim.tests
        if test.finding
    ]
    return [WORDS.say("answer.beside", tests=tests)] if tests else []


def _seen_in_all(claim: JudgedClaim) -> str:
    """Return what was seen of a claim's first outcome, and of the other that differs most where there are several."""
    outcomes = seen_outcomes(claim)
    seen = seen_in_words(claim, with_people=True)
    if len(outcomes) == 1:
        return WORDS.say("answer.seen", seen=seen)
    others = outcomes[1:]
    most = max(others, key=lambda outcome: abs(outcome.effect))
    told = "answer.seen.other" if len(others) == 1 else "answer.seen.others"
    return WORDS.say(
        told,
        seen=seen,
        n_others=len(others),
        outcome=most.phrase,
        amount=amount_in_words(most, with_people=True),
    )


def seen_in_words(claim: JudgedClaim, outcome: SeenOutcome | None = None, with_people: bool = False) -> str:
    """Return what was seen of an outcome of a claim, the first where none is given, in natural units: exposure, difference.

    ``with_people``: also how many of the median authority's children or workers a clear difference stands for.
    """
    assert claim.effect is not None
    shown = outcome or seen_outcomes(claim)[0]
    return WORDS.say(
        "seen.odds" if shown.facts.natural_unit == LOG_ODDS else "seen",
        exposure=claim.effect.exposure,
        outcome=shown.phrase,
        amount=amount_in_words(shown, with_people),
    )


def amount_in_words(outcome: SeenOutcome, with_people: bool = False) -> str:
    """Return an outcome's own estimate in natural units: ``1.9 percentage points lower (95% interval 1.2 to 2.6 lower)``."""
    middle, low, high = outcome.change
    facts = outcome.facts
    if facts.natural_unit == LOG_ODDS:
        return WORDS.say("amount.odds", ratio=exp(middle), low=exp(low), high=exp(high))
    amount = WORDS.say("amount", change=(middle, low, high), unit=facts.natural_unit)
    people = None if facts.at_risk is None else abs(middle) * facts.at_risk / facts.per
    if not with_people or people is None or people < 1 or not outcome.is_clear:
        return amount
    return WORDS.say("amount.people", amount=amount, people=people, at_risk=facts.at_risk)


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
        _line(
            "published",
            reference=published.reference,
            finding=published.finding,
            is_reproduced=published.reproduced,
        )
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
    """Return in how many variants a verdict stands, and which give another."""
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


def calibration_lines(calibrated: Sequence[Calibrated]) -> Iterator[str]:
    """Yield the table of verdicts under each truth, claim by claim, from what ``calibrate`` returns."""
    claim = ""
    for tried in calibrated:
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
