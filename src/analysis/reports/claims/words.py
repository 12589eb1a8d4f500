"""The claims in plain language: the answer to all of them together, then a part for each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp, floor

from analysis.claims.judging import LEAST_POWER, Effect, JudgedClaim
from analysis.claims.register import Register
from analysis.claims.rule import LEAD, VERDICTS, Strength, Verdict
from analysis.claims.stability import variant_without
from analysis.claims.telling import (
    LOG_ODDS,
    VERDICT_LABELS,
    SeenOutcome,
    amount_in_words,
    answer_in_words,
    best_supported,
    is_of_uncorrected_codes,
    quoted_in_words,
    rule_in_words,
    seen_in_words,
    seen_outcomes,
)
from analysis.data.definitions.indicators import dictionary, lower_first
from analysis.reports.calibration.study import mean_with_limits
from analysis.showing.words import paragraphs, words_of
from analysis.studies.study import page_name
from publishing.display import Answer, Prose

WORDS = words_of(__package__)
DRAWN: tuple[Verdict, ...] = ("supported", "contradicted", "not supported")
"""The verdicts that say something of a claim."""
_IN_FOCUS: tuple[Verdict, ...] = ("contradicted", "not supported", "unresolved")
"""Verdicts on which a claim in focus gets a sentence of the answer; a supported one has its own already."""
_MOST_SENTENCES = 4
_STRENGTHS: tuple[Strength, ...] = ("strong", "moderate", "weak")
_NOTHING_EXCLUDED = 20
"""An interval that reaches so many times the smallest effect that matters excludes nothing that a reader could imagine."""
_SHARED_BY = 3
"""A reason that weakens the evidence on so many claims or more is said once for all of them."""


def by_verdict(claims: Sequence[JudgedClaim]) -> dict[Verdict, list[JudgedClaim]]:
    """Return the claims of each verdict that occurs, in the order of verdicts."""
    groups = {verdict: [claim for claim in claims if claim.verdict == verdict] for verdict in VERDICTS}
    return {verdict: group for verdict, group in groups.items() if group}


def name_of(kind: str) -> str:
    """Return a verdict or a gate as names of sentences have it: ``not-supported``."""
    return kind.replace(" ", "-")


def claims_answer(claims: Sequence[JudgedClaim], focus: Sequence[str]) -> Answer:
    """Answer for all claims: how many have which verdict, what the best supported comes to, and those named in ``focus``.

    ``focus`` names claims by identifier; those that aren't among ``claims``, or are told already, are passed over.
    """
    groups = by_verdict(claims)
    wanted = {name.casefold() for name in focus}
    in_focus = [claim for claim in claims if claim.claim.id.casefold() in wanted]
    told = [_counts(claims, groups), *_supported(claims)]
    told += [_in_a_sentence(claim) for claim in in_focus if claim.verdict in _IN_FOCUS]
    return Answer(
        answer=paragraphs(told[:_MOST_SENTENCES]),
        certainty=_certainty(claims, groups),
        not_shown=_not_shown(groups, in_focus),
    )


def _counts(claims: Sequence[JudgedClaim], groups: Mapping[Verdict, Sequence[JudgedClaim]]) -> str:
    supported = groups.get("supported", ())
    is_weak = bool(supported) and all(claim.strength == "weak" for claim in supported)
    n_as_coded = sum(map(is_as_coded, supported))
    counts = [
        WORDS.say("answer.count.supported", n_claims=len(supported), is_weak=is_weak, n_as_coded=n_as_coded)
    ]
    counts += [
        WORDS.say(
            f"answer.count.{name_of(verdict)}",
            n_claims=len(group),
            n_as_coded=sum(map(is_as_coded, group)),
            n_as_claimed=sum(map(_goes_as_claimed, group)),
        )
        for verdict, group in groups.items()
        if verdict != "supported"
    ]
    return WORDS.say("answer.counts", n_claims=len(claims), counts=counts)


def is_as_coded(claim: JudgedClaim) -> bool:
    """Return whether an association is found that cannot be told once the coding model's errors are corrected.

    What is ruled out is ruled out with the errors corrected too: the rule asks that of every view.
    """
    return claim.verdict in ("supported", "contradicted") and is_of_uncorrected_codes(claim)


def _goes_as_claimed(claim: JudgedClaim) -> bool:
    """Return whether the averaged effect is clearly as claimed, and outcomes don't contradict each other."""
    return claim.effect is not None and claim.shows != "mixed" and claim.effect.conf_low > 0


def _supported(claims: Sequence[JudgedClaim]) -> list[str]:
    """Say what the best supported claim comes to in natural units, then which outcomes carry the others."""
    best, *others = [*best_supported(claims), None]
    if best is None:
        return []
    told = []
    outcomes = [outcome for outcome in seen_outcomes(best) if outcome.is_as_claimed]
    if outcomes:
        told.append(
            WORDS.say(
                "answer.best",
                claim=WORDS.say("answer.named", claim=best.claim.in_short)
                if len(outcomes) == len(seen_outcomes(best))
                else _carried(best),
                seen=seen_in_words(best, outcomes[0]),
                doubt=_doubt(best),
            )
        )
    rest = [*([] if told else [best]), *filter(None, others)]
    if rest:
        told.append(
            WORDS.say("answer.supported", claims=[_carried(claim) for claim in rest], is_first=not told)
        )
    return told


def _doubt(claim: JudgedClaim) -> str:
    """Say the first thing that weakens the evidence on a claim beyond what its measures stand for.

    In the report's own short words where it is that outcome and exposure may be one another's cause; nothing without one.
    """
    reasons = [text for text in claim.lowered_by if text != _standing(claim)]
    if not reasons:
        return ""
    own = f"answer.best.doubt.{claim.claim.id}"
    estimand = claim.claim.estimand
    if own in WORDS.sentences and estimand and reasons[0] == estimand.simultaneous:
        return WORDS.say(own)
    return WORDS.say("answer.best.doubt", reason=reasons[0].rstrip("."))


def _carried(claim: JudgedClaim) -> str:
    """Return a supported claim with the outcomes that carry its verdict and those that don't, or what was tested if all do.

    Of a claim that one outcome carries, those that went the other way than claimed are named too.
    """
    outcomes = seen_outcomes(claim)
    clear = [_label(outcome) for outcome in outcomes if outcome.is_as_claimed]
    others = [outcome for outcome in outcomes if not outcome.is_as_claimed]
    if not clear:
        return WORDS.say("answer.carried.none", claim=claim.claim.in_short, n_outcomes=len(outcomes))
    if not others:
        return quoted_in_words(claim)
    return WORDS.say(
        "answer.carried",
        claim=claim.claim.in_short,
        clear=clear,
        unclear=[_label(outcome) for outcome in others],
        opposite=[
            WORDS.say("answer.carried.opposite", outcome=_label(outcome), is_higher=outcome.change[0] > 0)
            for outcome in others
            if outcome.effect < 0 and len(clear) == 1
        ],
    )


def _label(outcome: SeenOutcome) -> str:
    entry = dictionary().get(outcome.facts.name)
    return lower_first(entry.label if entry else outcome.facts.label)


def _in_a_sentence(claim: JudgedClaim) -> str:
    """Say a claim's verdict in a sentence, with its first outcome where the figures show the opposite."""
    said = {"claim": quoted_in_words(claim), "brief": _brief(claim)}
    if claim.verdict == "contradicted":
        return WORDS.say("focus.seen", **said, seen=seen_in_words(claim))
    return WORDS.say("focus", **said)


def _brief(claim: JudgedClaim) -> str:
    told = f"brief.{name_of(claim.verdict)}"
    if claim.verdict == "not supported" and claim.effect:
        if claim.effect.conf_low > 0:
            told += ".small"
        elif len(claim.effect.by_outcome) > 1:
            return WORDS.say(
                f"{told}.average",
                n_outcomes=len(claim.effect.by_outcome),
                alone=_taken_alone(claim, claim.effect),
            )
    return WORDS.say(told)


def _taken_alone(claim: JudgedClaim, effect: Effect) -> str:
    """Say for which outcomes one that matters isn't ruled out alone: of the first, how much it was and would matter."""
    still_open = [outcome for outcome in seen_outcomes(claim) if outcome.high > effect.smallest]
    if not still_open:
        return ""
    first, *others = still_open
    seen = WORDS.say(
        "brief.not-supported.open.outcome",
        outcome=first.phrase,
        amount=amount_in_words(first),
        matters=abs(first.natural) * effect.smallest,
    )
    return WORDS.say(
        "brief.not-supported.open",
        exposure=effect.exposure,
        seen=seen,
        others=[_label(outcome) for outcome in others],
    )


def has_exceptions(claim: JudgedClaim) -> bool:
    """Return whether a verdict that is drawn of a claim doesn't clearly hold for every outcome alone, or not without one."""
    outcomes = seen_outcomes(claim)
    if claim.verdict == "supported":
        turned = claim.stability.turned if claim.stability else ()
        rests_on_one = len(outcomes) > 1 and any(
            variant_without(outcome.facts) in turned for outcome in outcomes
        )
        return rests_on_one or not all(outcome.is_as_claimed for outcome in outcomes)
    if claim.verdict == "not supported" and claim.effect:
        return len(outcomes) > 1 and any(outcome.high > claim.effect.smallest for outcome in outcomes)
    return False


def _certainty(claims: Sequence[JudgedClaim], groups: Mapping[Verdict, Sequence[JudgedClaim]]) -> str:
    return " ".join([*_rule(claims), *_strength(groups.get("supported", ())), *_tried(claims)])


def _rule(claims: Sequence[JudgedClaim]) -> list[str]:
    """Say in short how a verdict is reached; nothing without a claim."""
    if not claims:
        return []
    rule = claims[0].rule
    return [
        WORDS.say(
            "certainty.rule",
            clear_percent=100 * rule.clear,
            beyond=rule.beyond,
            excluded=rule.excluded,
            check=_check(claims),
            written=WORDS.say(
                "certainty.rule.written", n_changed=len(changed_verdicts(claims)), n_claims=len(claims)
            ),
        )
    ]


def _check(claims: Sequence[JudgedClaim]) -> str:
    """Say which check most claims without a verdict fail, of several the first by rule; nothing where none fails."""
    failed = Counter(
        gate.name for claim in claims if claim.verdict == "not identified" for gate in claim.failed_gates
    )
    if not failed:
        return ""
    most = max(failed, key=lambda name: (failed[name], name == LEAD))
    why = WORDS.say(f"not_shown.why.{name_of(most)}")
    return WORDS.say("certainty.rule.check", why=why, is_part=len(failed) > 1)


def changed_verdicts(claims: Sequence[JudgedClaim]) -> list[JudgedClaim]:
    """Return the claims to which the first rule gave another verdict; what it called imprecise is unresolved now."""
    return [
        claim
        for claim in claims
        if claim.first_verdict != claim.verdict
        and (claim.first_verdict, claim.verdict) != ("imprecise", "unresolved")
    ]


def _strength(supported: Sequence[JudgedClaim]) -> list[str]:
    counts = {strength: sum(claim.strength == strength for claim in supported) for strength in _STRENGTHS}
    known = {strength: n_claims for strength, n_claims in counts.items() if n_claims}
    if not known:
        return []
    if list(known) == ["weak"]:  # the answer says so already
        return []
    if len(known) == 1:
        (strength,) = known
        return [WORDS.say("certainty.strength", strength=strength, n_supported=len(supported))]
    parts = [
        WORDS.say("certainty.strength.part", n_claims=n_claims, strength=strength)
        for strength, n_claims in known.items()
    ]
    return [WORDS.say("certainty.strength.mixed", n_supported=len(supported), parts=parts)]


def _tried(claims: Sequence[JudgedClaim]) -> list[str]:
    """Say how the rule did on planted truths: false verdicts either way, and how often a true effect would be missed."""
    false_shares = [
        sum(entry["shares"].get(verdict, 0.0) for verdict in ("supported", "contradicted"))
        for claim in claims
        for entry in claim.calibration
        if entry["truth"] == "nothing"
    ]
    if not false_shares:
        return [WORDS.say("certainty.untried")]
    missed = [1 - power for claim in claims if (power := power_of(claim)) is not None]
    ruled_out = _falsely_ruled_out(claims)
    told = WORDS.say(
        "certainty.false",
        share=_share(false_shares, is_first=True),
        ruled_out=ruled_out,
    )
    return [told, _missed(missed, bool(ruled_out))] if missed else [told]


def _falsely_ruled_out(claims: Sequence[JudgedClaim]) -> str:
    """Say how often an effect just large enough to matter was ruled out: on average over claims, and of the worst one."""
    shares = [share for claim in claims if (share := share_of_trials(claim, 1, "not supported")) is not None]
    if not shares:
        return ""
    return WORDS.say("certainty.false.ruled_out", share=_share(shares, is_first=False))


def _share(shares: Sequence[float], *, is_first: bool) -> str:
    """Say the mean of claims' shares of trials, with its 95% interval where there are two or more."""
    mean, low, high = mean_with_limits(shares)
    if len(shares) < 2:
        return WORDS.say("certainty.false.share", mean_share=mean)
    return WORDS.say(
        "certainty.false.share.interval",
        mean_share=mean,
        low=low,
        high=high,
        is_first=is_first,
    )


def _missed(missed: Sequence[float], has_size: bool) -> str:
    """Say how often a true effect would be missed: of claims where that is often, and at most for the others.

    ``has_size``: the sentence before has said which size is just large enough to matter.
    """
    often = [share for share in missed if share > 1 - LEAST_POWER]
    others = [share for share in missed if share <= 1 - LEAST_POWER]
    if not often:
        return WORDS.say("certainty.power.none", most_missed=max(others))
    least, most = min(often), max(often)
    # A share such as 1/12 may be a little more as a number of the machine.
    one_in = floor(1 / max(others) + 1e-9) if others and max(others) > 0 else 0
    return WORDS.say(
        "certainty.power",
        missed=WORDS.say(
            "certainty.power.missed" if least == most else "certainty.power.missed.range",
            least=least,
            most=most,
        ),
        has_size=has_size,
        n_often=len(often),
        others=WORDS.say("certainty.power.others", one_in=one_in) if others else "",
    )


def is_often_missed(claim: JudgedClaim) -> bool:
    """Return whether a true effect twice the smallest that matters would often be missed; not where it wasn't tried."""
    power = power_of(claim)
    return power is not None and power < LEAST_POWER


def power_of(claim: JudgedClaim) -> float | None:
    """Return how often a true effect twice the smallest that matters was recognised; None where it wasn't tried."""
    return share_of_trials(claim, 2, "supported")


def share_of_trials(claim: JudgedClaim, times: float, verdict: Verdict) -> float | None:
    """Return the share of trials with a true effect so many times the smallest that matters that got a verdict.

    None where that effect wasn't tried.
    """
    if claim.effect is None:
        return None
    truths = [f"{kind}:{times * claim.effect.smallest:g}" for kind in ("at-once", "break", "associated")]
    shares = [entry["shares"].get(verdict, 0.0) for entry in claim.calibration if entry["truth"] in truths]
    return shares[0] if shares else None


def _not_shown(groups: Mapping[Verdict, Sequence[JudgedClaim]], in_focus: Sequence[JudgedClaim]) -> str:
    """Say what doesn't follow, with the claim that fails a check and is most easily misquoted: in focus, or the largest."""
    told = [WORDS.say("not_shown")]
    if undrawn := groups.get("not identified", ()):
        named = [claim for claim in in_focus if claim in undrawn] or [max(undrawn, key=_size)]
        told.append(
            WORDS.say(
                "not_shown.undrawn",
                claim=named[0].claim.in_short,
                seen=seen_in_words(named[0]) if named[0].effect else "",
                why=_why_undrawn(named[0]),
            )
        )
    return " ".join(told)


def _why_undrawn(claim: JudgedClaim) -> str:
    """Say the first check that a claim fails, in the claim's own terms where there is such a sentence."""
    told = f"not_shown.why.{name_of(claim.failed_gates[0].name)}"
    own = f"{told}.{claim.claim.id}"
    return WORDS.say(own if own in WORDS.sentences else told)


def _size(claim: JudgedClaim) -> float:
    """Return how large a claim's effect is, in units of the smallest that matters."""
    return abs(claim.effect.estimate) / claim.effect.smallest if claim.effect else 0.0


def claims_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Say how many claims anything public bears on, who said them, and what weakens the evidence on several alike."""
    n_answerable = sum(judged.claim.estimand is not None for judged in claims)
    told = [
        WORDS.say(
            "data",
            n_claims=len(claims),
            n_answerable=n_answerable,
            n_untestable=len(claims) - n_answerable,
        )
    ]
    told.append(WORDS.say("data.sources", documents=documents_of(claims)))
    if shared := shared_reasons(claims):
        lines = [f"- {WORDS.say('shared', claims=names, reason=reason)}" for reason, names in shared.items()]
        told.append(WORDS.say("data.shared", lines="\n".join(lines)))
    return Prose("\n\n".join(told))


def documents_of(claims: Sequence[JudgedClaim]) -> list[str]:
    """Return each document that says one of the claims, with the claims' identifiers."""
    claims_by_document: dict[str, list[str]] = {}
    for judged in claims:
        for source in judged.claim.sources:
            claims_by_document.setdefault(source.document, []).append(judged.claim.id)
    return [
        WORDS.say("data.document", document=document, claims=in_ranges(list(dict.fromkeys(names))))
        for document, names in claims_by_document.items()
    ]


def in_ranges(names: Sequence[str]) -> list[str]:
    """Return identifiers with runs of three or more, such as C01, C02 and C03, as ``C01 to C03``."""
    runs: list[list[str]] = []
    for name in names:
        number = name.lstrip("C")
        previous = runs[-1][-1].lstrip("C") if runs else ""
        if number.isdigit() and previous.isdigit() and int(number) == int(previous) + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    shown: list[str] = []
    for run in runs:
        shown += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else run
    return shown


def shared_reasons(claims: Sequence[JudgedClaim]) -> dict[str, list[str]]:
    """Return what weakens the evidence on three claims or more alike, with the claims' identifiers."""
    claims_by_reason: dict[str, list[str]] = {}
    for claim in claims:
        for text in dict.fromkeys((*claim.lowered_by, *claim.cautions)):
            if text != _standing(claim):
                claims_by_reason.setdefault(text, []).append(claim.claim.id)
    return {reason: names for reason, names in claims_by_reason.items() if len(names) >= _SHARED_BY}


def _standing(claim: JudgedClaim) -> str:
    """Return what the measure's standing is, which the answer says already."""
    return claim.claim.estimand.standing_reason if claim.claim.estimand else ""


def rule_described(asked: Register, claims: Sequence[JudgedClaim]) -> Prose:
    """State the rule with its thresholds, how it was chosen, and which verdicts the first rule gave otherwise."""
    named: dict[tuple[str, str], list[str]] = {}
    for judged in changed_verdicts(claims):
        said = WORDS.say("changes.claim", claim=judged.claim.in_short, id=judged.claim.id)
        named.setdefault((judged.first_verdict, judged.verdict), []).append(said)
    lines = [
        WORDS.say("changes.group", first_verdict=first, verdict=now, claims=group)
        for (first, now), group in named.items()
    ]
    n_changed = sum(map(len, named.values()))
    changes = (
        WORDS.say("changes", n_claims=n_changed, lines="\n".join(lines))
        if lines
        else WORDS.say("changes.none")
    )
    return WORDS.prose("method", rule=rule_in_words(asked.rule, "**"), changes=changes)


def claims_told(claims: Sequence[JudgedClaim]) -> Prose:
    """Tell each claim in a part of its own, by verdict: who said it, answer, how sure, cautions, what would settle it."""
    shared = shared_reasons(claims)
    parts = []
    for verdict, group in by_verdict(claims).items():
        parts.append(WORDS.say("group.head", label=VERDICT_LABELS[verdict]))
        parts += [claim_told(claim, shared) for claim in group]
    return Prose("\n\n".join(parts))


def claim_told(claim: JudgedClaim, shared: Mapping[str, Sequence[str]]) -> str:
    """Return the part of one claim; ``shared`` is said elsewhere for several claims."""
    said = claim.claim
    places = [
        WORDS.say("claim.place", document=source.document, place=source.place) for source in said.sources
    ]
    parts = [
        WORDS.say("claim.head", claim=said.id, wording=said.claim.rstrip("."), places=places),
        answer_in_words(claim),
    ]
    if claim.effect:
        parts.append(WORDS.say("claim.sure", reasons=_reasons(claim, shared)))
    if cautions := [text for text in claim.cautions if text not in shared]:
        parts.append(WORDS.say("claim.cautions", cautions=cautions))
    if reports := _reports_on(claim):
        parts.append(WORDS.say("claim.reports", reports=reports))
    parts.append(WORDS.say("claim.would_change", would_change=said.would_change))
    return "\n\n".join(parts)


def _reports_on(claim: JudgedClaim) -> list[str]:
    """Return a link to each report with a test of the claim, named by the first of its tests that was recorded."""
    labels: dict[str, str] = {}
    for test in claim.tests:
        if test.finding:
            labels.setdefault(test.test.run, test.finding.label)
    return [WORDS.say("claim.report", label=label, page=page_name(run)) for run, label in labels.items()]


def _reasons(claim: JudgedClaim, shared: Mapping[str, Sequence[str]]) -> list[str]:
    assert claim.effect is not None
    reasons = _sizes(claim.effect)
    if claim.strength != "none":
        reasons.append(WORDS.say("claim.strength", strength=claim.strength))
    reasons += [gate.says for gate in claim.failed_gates if gate.says != _standing(claim)]
    reasons += [text for text in claim.lowered_by if text not in shared and text != _standing(claim)]
    if claim.stability:
        stability = claim.stability
        reasons.append(WORDS.say("claim.stability", share=stability.share, n_variants=stability.n_variants))
    if claim.placebos:
        reasons.append(_placebos(claim))
    return reasons


def _sizes(effect: Effect) -> list[str]:
    """Say how large the effect is, what would matter, and how far it reaches over other choices; odds ratios for reports."""
    is_odds = effect.by_outcome[0]["unit"] == LOG_ODDS
    size = (
        WORDS.say("claim.effect.odds", smallest=exp(effect.smallest))
        if is_odds
        else WORDS.say(
            "claim.effect",
            n_outcomes=len(effect.by_outcome),
            effect=effect.with_limits,
            unit=effect.unit,
            smallest=effect.smallest,
        )
    )
    limits = (effect.range_low, effect.range_high)
    if limits == (effect.conf_low, effect.conf_high):
        reach = WORDS.say("claim.range.none")
    elif max(map(abs, limits)) > _NOTHING_EXCLUDED * effect.smallest:
        reach = WORDS.say("claim.range.open")
    else:
        low, high = map(exp, limits) if is_odds else limits
        reach = WORDS.say("claim.range", low=low, high=high)
    return [size, reach]


def _placebos(claim: JudgedClaim) -> str:
    clear, n_placebos = claim.placebos_that_show, len(claim.placebos)
    if not clear:
        return WORDS.say("placebos.none", n_placebos=n_placebos)
    meanings = []
    if any(name.endswith("/lead") for name in clear):
        meanings.append(WORDS.say("placebos.lead"))
    if any("/before-" in name for name in clear):
        meanings.append(WORDS.say("placebos.before"))
    return WORDS.say("placebos.some", n_clear=len(clear), n_placebos=n_placebos, meanings=meanings)
