"""Whether a verdict stands when the rule, the outcomes or the rows are chosen otherwise, and what turns it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from analysis.showing.words import words_of

from .evidence import Evidence, OutcomeFacts
from .rule import MAIN, READ_BY_GATES, VINTAGE, Rule, Verdict, decide
from .synthesis import View

WORDS = words_of(__package__)
_OTHERWISE: Mapping[str, tuple[float, ...]] = {
    "clear": (0.95, 0.995),
    "beyond": (0.25, 0.75),
    "excluded": (0.9, 0.975),
    "gate": (0.95, 0.995),
    "lead_share": (0.25, 1.0),
    "prior_spread": (0.5, 2.0),
}
"""Each threshold of the rule, a step laxer and a step stricter."""
_SMALLEST = (0.5, 1.5)


@dataclass(frozen=True)
class Stability:
    """The share of ``n_variants`` that give the verdict, and those that give another, by what was changed."""

    share: float
    n_variants: int
    turned: Mapping[str, Verdict]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {**asdict(self), "turned": dict(self.turned)}


def stability_of(evidence: Evidence, smallest: float, rule: Rule, failed: bool) -> Stability:
    """Return how far the verdict of ``rule`` stands over other thresholds, outcomes left out, rows and vintages.

    ``failed``: a gate that reads no figures has failed. The smallest effect that matters counts as a threshold.
    """
    verdict = _verdict(evidence.views, smallest, rule, failed)
    verdicts = {
        name: _verdict(views, least, changed, failed)
        for name, views, least, changed in _variants(evidence, smallest, rule)
    }
    turned = {name: other for name, other in verdicts.items() if other != verdict}
    return Stability(1 - len(turned) / len(verdicts), len(verdicts), turned)


def _verdict(views: Mapping[str, View], smallest: float, rule: Rule, failed: bool) -> Verdict:
    verdict: Verdict = decide(views, smallest, rule, failed).verdicts[0]
    return verdict


def variant_without(outcome: OutcomeFacts) -> str:
    """Return the name of the variant that leaves an outcome out."""
    return WORDS.say("variant.without", outcome=outcome.label)


def _variants(
    evidence: Evidence, smallest: float, rule: Rule
) -> Iterator[tuple[str, Mapping[str, View], float, Rule]]:
    views = evidence.views
    for threshold, values in _OTHERWISE.items():
        for value in values:
            variant = WORDS.say("variant.threshold", threshold=threshold.replace("_", " "), value=value)
            yield variant, views, smallest, replace(rule, **{threshold: value})
    for factor in _SMALLEST:
        yield WORDS.say("variant.smallest", factor=factor), views, factor * smallest, rule
    if len(evidence.outcomes) > 1:
        for place, outcome in enumerate(evidence.outcomes):
            kept = [other for other in range(len(evidence.outcomes)) if other != place]
            without = {name: _of(view, kept) for name, view in views.items()}
            yield variant_without(outcome), without, smallest, rule
    for name, view in views.items():
        if name not in READ_BY_GATES:
            variant = name if name.startswith(VINTAGE) else WORDS.say("variant.rows", view=name)
            yield variant, {**views, MAIN: view}, smallest, rule


def _of(view: View, kept: list[int]) -> View:
    return View(view.estimates[:, kept], view.covariance[:, kept][:, :, kept])
