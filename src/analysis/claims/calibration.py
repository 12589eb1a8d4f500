"""How often the rule gives each verdict when the truth is known, claim by claim: its errors and its power."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

import numpy as np

from analysis.errors import RequestError
from analysis.estimators.resampling.parallel import mapped

from .estimand import Estimand
from .evidence import Evidence
from .panel_evidence import PanelFamily
from .planting import KINDS, PANEL_TRUTHS, Truth, truth_of, why_not
from .rule import MAIN, VERDICTS, Decision, Rule, Verdict, decide
from .synthesis import View

DRAWS = 400
SEED = 20261124
_STEPS = (0.5, 1.0, 1.5, 2.0, 3.0)
"""Sizes of a planted effect in designs without lags, in units of the smallest that matters."""


@dataclass(frozen=True)
class Calibrated:
    """What the rule said of ``n_draws`` data sets with one truth: how many of each verdict, and what was estimated.

    ``coverage`` is the share of 95% intervals that held the planted effect, None where the effect isn't of the window;
    ``stopped`` the share of draws that failed each gate that reads figures.
    """

    claim: str
    truth: Truth
    n_draws: int
    counts: Mapping[Verdict, int]
    mean_estimate: float
    mean_error: float
    coverage: float | None
    stopped: Mapping[str, float] = field(default_factory=dict)

    def share(self, *verdicts: Verdict) -> float:
        """Return the share of draws with one of some verdicts."""
        return sum(self.counts.get(verdict, 0) for verdict in verdicts) / self.n_draws

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "truth": self.truth.name, "words": self.truth.words, "n_draws": self.n_draws,
            "shares": {verdict: self.counts[verdict] / self.n_draws for verdict in self.counts},
            "mean_estimate": self.mean_estimate, "mean_error": self.mean_error, "coverage": self.coverage,
            "stopped": dict(self.stopped),
        }  # fmt: skip


class Plantable(Protocol):
    """What a truth can be planted in, to be estimated anew."""

    def planted(self, truths: Sequence[Truth], n_draws: int, seed: int) -> Iterator[dict[str, View]]:
        """Yield the views of ``n_draws`` data sets with each truth; what truths share is drawn and fitted once."""


@dataclass(frozen=True)
class Subject:
    """A claim to calibrate: its estimand, its evidence, and what truths are planted in (None: the estimates themselves)."""

    claim: str
    estimand: Estimand
    evidence: Evidence
    plantable: Plantable | None = field(default=None, repr=False)


def truths_for(subject: Subject) -> tuple[Truth, ...]:
    """Return the truths that a claim is tried on: those of its design."""
    smallest = subject.estimand.smallest
    if subject.estimand.design == "within authorities":
        truths = PANEL_TRUTHS
        if isinstance(subject.plantable, PanelFamily):
            rows = subject.plantable.rows
            truths = tuple(truth for truth in truths if not why_not(rows, truth))
        if not subject.estimand.moderator:
            return truths
        return tuple(_scaled(truth, smallest / 0.1) for truth in truths)
    sizes = [smallest * step for step in _STEPS]
    effect = {"after a judgement": "break", "in reports": "associated"}.get(
        subject.estimand.design, "at-once"
    )
    own = {"after a judgement": "trend-before", "in reports": "asserted"}.get(subject.estimand.design)
    other = (Truth(own, 2 * smallest),) if own else ()
    return (truth_of("nothing"), *(Truth(effect, size) for size in sizes), *other)


def _scaled(truth: Truth, by: float) -> Truth:
    is_effect = truth.is_effect and truth.kind != "nothing"
    return Truth(truth.kind, truth.size * by) if is_effect else truth


def calibrate(
    subjects: Sequence[Subject],
    rule: Rule,
    n_draws: int = DRAWS,
    truths: Sequence[Truth] = (),
    seed: int = SEED,
) -> tuple[Calibrated, ...]:
    """Return what the rule says of each claim under each truth, in order: all truths of a claim's design, or ``truths``.

    Pieces of work, a claim and a truth each, are done as the profile says (``models.parallel``). Raises RequestError for
    a truth that can't be planted in a claim, or fewer than two draws.
    """
    if n_draws < 2:
        raise RequestError(f"draws: {n_draws} is too few; give two at least")
    work = [(subject, truth) for subject in subjects for truth in (truths or truths_for(subject))]
    for subject, truth in work:
        _refuse_unplantable(subject, truth)

    def done(pieces: Sequence[tuple[Subject, Truth]]) -> list[Calibrated]:
        tried = []
        for _, of_claim in groupby(pieces, key=lambda piece: piece[0].claim):
            subjects, truths = zip(*of_claim, strict=True)
            tried += calibrated(subjects[0], truths, rule, n_draws, seed)
        return tried

    return tuple(mapped(done, work))


def _refuse_unplantable(subject: Subject, truth: Truth) -> None:
    planted = {
        "within authorities": KINDS, "after a judgement": ("nothing", "break", "trend-before"),
        "in reports": ("nothing", "associated", "asserted"),
    }.get(subject.estimand.design, ("nothing", "at-once"))  # fmt: skip
    if truth.kind not in planted:
        raise RequestError(
            f"{subject.claim}: truth '{truth.name}' can't be planted {subject.estimand.design}; choose from "
            f"{', '.join(planted)}"
        )


def calibrated(
    subject: Subject, truths: Sequence[Truth], rule: Rule, n_draws: int, seed: int = SEED
) -> list[Calibrated]:
    """Return what the rule says of data sets with each truth. Gates that read no figures are left out: they don't vary."""
    return [
        _told(subject, truth, decide(views, subject.estimand.smallest, rule), n_draws)
        for truth, views in zip(truths, _planted(subject, truths, n_draws, seed), strict=True)
    ]


def _told(subject: Subject, truth: Truth, decision: Decision, n_draws: int) -> Calibrated:
    return Calibrated(
        claim=subject.claim,
        truth=truth,
        n_draws=n_draws,
        counts={
            verdict: int((decision.verdicts == verdict).sum())
            for verdict in VERDICTS
            if (decision.verdicts == verdict).any()
        },
        mean_estimate=float(decision.effect.estimate.mean()),
        mean_error=float(decision.effect.error.mean()),
        coverage=_coverage(decision, truth),
        stopped={gate: float(failed.mean()) for gate, failed in decision.failed.items()},
    )


def _coverage(decision: Decision, truth: Truth) -> float | None:
    if truth.kind in ("reversed", "shared-trend", "noisy", "two-years-later", "trend-before", "asserted"):
        return None
    above = decision.effect.beyond(truth.size)
    # An interval of 95% holds what leaves 2.5% at least on either side.
    return float(((above >= 0.025) & (above <= 0.975)).mean())


def _planted(subject: Subject, truths: Sequence[Truth], n_draws: int, seed: int) -> Iterator[dict[str, View]]:
    if subject.plantable is None:
        yield from (_drawn_views(subject.evidence, truth, n_draws, seed) for truth in truths)
        return
    for views in subject.plantable.planted(truths, n_draws, seed):
        yield views | _moved(subject.evidence, views[MAIN], tuple(views))


def _moved(evidence: Evidence, main: View, without: tuple[str, ...]) -> dict[str, View]:
    """Return the range around planted effects: each view as far from the effect, and as much less sure, as in the data."""
    own = evidence.views[MAIN]
    errors = np.sqrt(np.diagonal(own.covariance[0]))
    views = {}
    for name, view in evidence.range_views.items():
        if name not in without:
            scale = np.sqrt(np.diagonal(view.covariance[0])) / errors
            views[name] = main.shifted(view.estimates[0] - own.estimates[0], scale)
    return views


def _drawn_views(evidence: Evidence, truth: Truth, n_draws: int, seed: int) -> dict[str, View]:
    """Return views drawn from the estimates' own covariance, normal, around the planted effect in every outcome."""
    own = evidence.views[MAIN]
    m = own.estimates.shape[1]
    noise = np.random.default_rng(seed).multivariate_normal(
        np.zeros(m), own.covariance[0], n_draws, method="cholesky"
    )
    main = View(truth.size + noise, np.repeat(own.covariance, n_draws, axis=0))
    return {MAIN: main} | _moved(evidence, main, ())
