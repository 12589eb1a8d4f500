"""The claims in plain language: what was claimed, what was tested, what was found, how sure that is, what can't be said."""

from collections.abc import Sequence

from .claims.judging import JudgedClaim, JudgedTest
from .claims.register import Claim, register
from .claims.rule import VERDICTS, Rule
from .claims.telling import counts_in_words, needed_in_words, needed_of_all_in_words, rule_of_a_test_in_words
from .display import Prose
from .wording import interval, listed, lower_first, number, probability

_MEANING = {
    "supported": "What public evidence there is agrees with the claim. That is an association; it doesn't show "
    "that one brings about the other.",
    "not supported": "So many tests rule out an association worth caring about, or show the opposite, that those left "
    "undecided could no longer carry the claim.",
    "contradicted": "Public evidence shows the opposite of what was claimed.",
    "imprecise": "The tests can't decide: what they leave open holds both nothing and something that would matter, or they "
    "disagree.",
    "not testable": "Public figures can't bear on it, either way.",
    "unscored": "A test did not run, so there is no verdict.",
}


def claims_described(claims: Sequence[JudgedClaim]) -> Prose:
    """Count the claims, the documents they stand in, and the direct tests that ran."""
    documents = {source.document for one in claims for source in one.claim.sources}
    tests = [test for one in claims for test in one.tests]
    ran = sum(test.finding is not None for test in tests)
    return Prose(
        f"{len(claims)} claims from {len(documents)} documents on one authority, in our words; {len(tests)} "
        f"direct tests, of "
        f"which {ran} ran, each a result that another notebook recorded."
    )


def rule_described(rule: Rule, claims: Sequence[Claim] | None = None) -> Prose:
    """State the rule with its thresholds, once for all ``claims``: those of the package's register unless given."""
    asked = register().claims if claims is None else claims
    return Prose(
        "The rule was written before the results of these tests were looked at, except for those of turnover and caseload "
        "with pace, which had been seen; its thresholds are conventional. "
        f"{rule_of_a_test_in_words(rule, mark='**')} {needed_of_all_in_words(asked)} Placebos don't decide; they are "
        "shown, and one that shows something weakens a claim about what comes first."
    )


def claims_result(claims: Sequence[JudgedClaim]) -> Prose:
    """Say how many claims have which verdict, and which they are."""
    lines = [
        f"- **{verdict}**: {len(found)} ({listed([one.claim.id for one in found])}). {_MEANING[verdict]}"
        for verdict in VERDICTS
        if (found := [one for one in claims if one.verdict == verdict])
    ]
    return Prose("\n".join(lines))


def before_tests(claim: JudgedClaim) -> str:
    """Return the head of a claim's page: verdict, what was claimed, what was tested or why nothing was."""
    said = claim.claim
    places = "; ".join(f"{source.document}, {source.place}" for source in said.sources)
    parts = [
        f"#### {said.id}: {claim.verdict}",
        f"**What was claimed.** {said.claim} ({places}.)",
    ]
    if said.hypothesis:
        asked = said.hypothesis
        parts.append(
            f"**What we tested.** Exposure: {asked.exposure}. Outcome: {asked.outcome}. If the claim holds: "
            f"{asked.expected}. "
            f"Population: {asked.population}; unit: {asked.unit}."
        )
    else:
        parts.append(f"**Why it isn't tested.** {said.not_testable}")
    return "\n\n".join(parts)


def after_tests(claim: JudgedClaim) -> str:
    """Return the rest of a claim's page: what was found, how sure it is, what can't be said, what would change it."""
    said = claim.claim
    parts = []
    if claim.tests:
        parts.append(f"**What we found.** {_found(claim)}")
        parts.append(f"**How sure.** {_needed(claim)}{_placebos(claim)}")
    cautions = " ".join(claim.cautions)
    always = (
        "An association across authorities is not an effect on a child."
        if claim.tests
        else _MEANING[claim.verdict]
    )
    parts.append(f"**What we can't say.** {' '.join(filter(None, [cautions, always]))}")
    if said.published:
        parts.append(
            f"**Published beside it.** {' '.join(f'{one.reference}: {one.finding}' for one in said.published)}"
        )
    parts.append(f"**What would change the verdict.** {said.would_change}")
    return "\n\n".join(parts)


def _found(claim: JudgedClaim) -> str:
    told = [_MEANING[claim.verdict], f"Direct tests ({counts_in_words(claim)})."]
    told += [_strongest(claim)] if any(test.finding for test in claim.tests) else []
    told += [_not_borne_out(claim)] if claim.verdict == "supported" else []
    told += [test.reason[0].upper() + test.reason[1:] + "." for test in claim.tests if test.reason]
    return " ".join(filter(None, told))


def _not_borne_out(claim: JudgedClaim) -> str:
    """Return the direct tests that don't support a claim which others do, so that no one reads past them."""
    labels = [lower_first(test.finding.label) for test in claim.tests if test.outcome != "supports"]
    return f"It is not borne out by: {'; '.join(labels)}." if labels else ""


def _needed(claim: JudgedClaim) -> str:
    scales = dict.fromkeys(test.finding.scale for test in claim.tests if test.finding)
    worth = "; ".join(f"{claim.rule.smallest_on(scale):g} ({scale})" for scale in scales)
    needed = needed_in_words(claim.claim)
    return f"{needed} The smallest association worth caring about: {worth}." if worth else needed


def _strongest(claim: JudgedClaim) -> str:
    """Return the test with the smallest q value in words."""
    ran = [test for test in claim.tests if test.finding]
    test: JudgedTest = min(ran, key=lambda one: one.q_value)
    one = test.finding
    which = "The test" if len(ran) == 1 else "The clearest of them"
    return (
        f"{which}, {one.label}: {number(one.estimate)} ({interval(one.conf_low, one.conf_high)}) {one.scale}, "
        f"{probability('q', test.q_value)}; it {_says(test)}."
    )


def _says(test: JudgedTest) -> str:
    return "leaves the claim undecided" if test.outcome == "undecided" else f"{test.outcome} the claim"


def _placebos(claim: JudgedClaim) -> str:
    if not claim.placebos:
        return ""
    shows = claim.placebos_that_show
    if not shows:
        return f" Of {len(claim.placebos)} placebo tests none shows anything clear."
    words = [f"{name} ({number(claim.placebos[name].estimate)})" for name in shows]
    return (
        f" Of {len(claim.placebos)} placebo tests {len(shows)} {'shows' if len(shows) == 1 else 'show'} "
        f"an association where there should be none: {listed(words)}.{_what_placebos_mean(shows)}"
    )


def _what_placebos_mean(shows: tuple[str, ...]) -> str:
    """Say what it means that placebos show something: a lead was counted later, the years before an event earlier."""
    text = ""
    if any(name.endswith("/lead") for name in shows):
        text += (
            " What was counted later goes with the outcome too, so that nothing is said of which came first."
        )
    if any("/before-" in name for name in shows):
        text += " Figures of the years before were moving already, so what followed may only have gone on from there."
    return text
