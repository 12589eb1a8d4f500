"""The notebook on how often a verdict would be right, in words."""

from collections.abc import Sequence
from typing import Any

from analysis.claims.asked import unmet_in_words
from analysis.claims.calibration import Calibrated, Subject
from analysis.claims.rule import Rule
from analysis.claims.telling import rule_in_words
from analysis.showing.numbers import listed
from publishing.display import Prose

LEAST_FOUND = 0.95
"""How often a true effect of twice the smallest that matters should be found."""


def calibration_described(subjects: Sequence[Subject], draws: int) -> Prose:
    """Say which claims are tried, on how many data sets a truth."""
    return Prose(
        f"{len(subjects)} claims with an estimand that figures or reports can answer: "
        f"{listed([one.claim for one in subjects])}. "
        f"{draws:,} data sets are drawn for each truth, from the figures in place: their years, "
        f"missing cells and correlations."
    )


def calibration_method(rule: Rule) -> Prose:
    """State how truths are planted, and the rule that is tried."""
    return Prose(
        "What the model leaves of each outcome gets its sign drawn anew for each cluster of "
        "authorities, the same in all years "
        "and outcomes, so that figures keep how they go together; then an effect is added: at once, "
        "a year later, two years later "
        "or spread over the window. In other truths the outcome drives the exposure, each authority "
        "has a trend in both, or the "
        "exposure is measured with noise. Everything is estimated anew and judged by the rule.\n\n"
        f"{rule_in_words(rule, '**')}"
    )


def calibration_result(found: Sequence[Calibrated], subjects: Sequence[Subject], rule: Rule) -> Prose:
    """Say for which claims false verdicts stay below what is asked, which find a true effect, and which can't, and why."""
    false = _worst(found, lambda one: not one.truth.is_effect or one.truth.kind == "nothing", _false_share)
    lines = [
        f"- **False verdicts** (supported or contradicted where nothing is as claimed): at most {share:.1%} "
        f"({claim}, {words})."
        for claim, words, share in false[:1]
    ]
    recognised = {one.claim: one.share("supported") for one in found if _is_twice(one, found)}
    able = [claim for claim, share in recognised.items() if share >= LEAST_FOUND]
    unable = [f"{claim} ({share:.0%})" for claim, share in recognised.items() if share < LEAST_FOUND]
    if able:
        lines.append(
            f"- **A true effect** twice the smallest that matters is recognised in {LEAST_FOUND:.0%} of cases or more for "
            f"{listed(able)}."
        )
    if unable:
        lines.append(
            f"- **Too little to go by**: for {listed(unable)} it is recognised less often, in the share given; a verdict of "
            "‘unresolved’ is then no sign that the claim is wrong."
        )
    return Prose("\n".join([*lines, *_shortfalls(found, subjects, rule)]))


def _shortfalls(found: Sequence[Calibrated], subjects: Sequence[Subject], rule: Rule) -> list[str]:
    """Return a line a cell that a claim about figures within authorities doesn't meet, with what keeps it there."""
    lines = []
    for one in subjects:
        entries = [other.as_dict() for other in found if other.claim == one.claim]
        short = unmet_in_words(entries, one.estimand, one.evidence, rule)
        lines += [f"    - {one.claim}, {line}" for line in short]
    if not lines:
        return []
    return [
        "- **Where claims about figures fall short** of what is asked, and what keeps them there:",
        *lines,
    ]


def _false_share(one: Calibrated) -> float:
    return one.share("supported", "contradicted")


def _worst(found: Sequence[Calibrated], chosen: Any, share: Any) -> list[tuple[str, str, float]]:
    rows = [(one.claim, one.truth.words, share(one)) for one in found if chosen(one)]
    return sorted(rows, key=lambda row: -row[2])


def _is_twice(one: Calibrated, found: Sequence[Calibrated]) -> bool:
    """Return whether a truth is the claim's effect at once of twice the smallest that matters: the largest but one."""
    sizes = sorted(
        other.truth.size for other in found if other.claim == one.claim and other.truth.kind == one.truth.kind
    )
    return (
        one.truth.kind in ("at-once", "break", "associated")
        and len(sizes) > 1
        and one.truth.size == sizes[-2]
    )


def calibration_results(found: Sequence[Calibrated]) -> dict[str, Any]:
    """Return the results as the notebook records them: by claim, a list of truths with the shares of verdicts."""
    claims: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        claims.setdefault(one.claim, []).append(one.as_dict())
    return {"claims": claims}
