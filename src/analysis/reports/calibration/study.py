"""How often each verdict came out under planted truths, over the claims that were tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from analysis.claims.calibration import Calibrated
from analysis.claims.rule import Verdict
from analysis.files.as_json import plain
from analysis.inspections.measuring.measures import wilson

LEAST_FOUND = 0.95
"""How often a true effect of twice the smallest that matters should be called supported."""
MOST_FALSE = 0.05
"""How often a claim may be called supported or contradicted where there is nothing to find."""
EFFECTS = ("at-once", "break", "associated")
CONFOUNDED = ("reversed", "shared-trend", "trend-before", "asserted")
"""Truths under which figures go together for another reason than the claim's."""
TOLD: tuple[Verdict, ...] = ("supported", "contradicted", "not supported", "unresolved", "not identified")
"""Verdicts that figures can give, in the order in which they are shown."""
STEPS = (0.0, 1.0, 2.0)
"""Truths whose verdicts are shown together: sizes of a true effect in units of the smallest that matters."""


@dataclass(frozen=True)
class Spread:
    """A share of trials, 0 to 1, over ``n_claims``: the median of claims, the lowest and the highest."""

    median: float
    lowest: float
    highest: float
    n_claims: int


def false_share(tried: Calibrated) -> float:
    """Return the share of trials in which a claim was called supported or contradicted."""
    return tried.share("supported", "contradicted")


def denied_share(tried: Calibrated) -> float:
    """Return the share of trials in which a claim was called contradicted or ruled out."""
    return tried.share("contradicted", "not supported")


def nothing_tried(calibrated: Sequence[Calibrated]) -> dict[str, Calibrated]:
    """Return, by claim, what came out where there was nothing to find."""
    return {tried.claim: tried for tried in calibrated if tried.truth.kind == "nothing"}


def effect_tried(
    calibrated: Sequence[Calibrated], smallest: Mapping[str, float], times: float = 2
) -> dict[str, Calibrated]:
    """Return, by claim, what came out under an effect at once of so many ``times`` the ``smallest`` that matters."""
    return {
        tried.claim: tried
        for tried in calibrated
        if tried.truth.kind in EFFECTS and np.isclose(tried.truth.size, times * smallest[tried.claim])
    }


def spread_of(shares: Sequence[float]) -> Spread:
    """Return the spread of claims' shares, of which there is one at least."""
    return Spread(float(np.median(shares)), min(shares), max(shares), len(shares))


def verdict_spreads(
    calibrated: Sequence[Calibrated], smallest: Mapping[str, float]
) -> dict[float, dict[Verdict, Spread]]:
    """Return how often claims got each verdict of ``TOLD`` under each truth of ``STEPS`` that was tried."""
    spreads = {}
    for step in STEPS:
        tried = effect_tried(calibrated, smallest, step) if step else nothing_tried(calibrated)
        if tried:
            spreads[step] = {
                verdict: spread_of([of_claim.share(verdict) for of_claim in tried.values()])
                for verdict in TOLD
            }
    return spreads


def mean_with_limits(shares: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of claims' shares with its 95% interval, claims being clusters: trials of one use the same figures."""
    mean = float(np.mean(shares))
    if len(shares) < 2:
        return mean, float("nan"), float("nan")
    reach = float(student.ppf(0.975, len(shares) - 1) * np.std(shares, ddof=1) / np.sqrt(len(shares)))
    return mean, max(mean - reach, 0.0), min(mean + reach, 1.0)


def limits_of(share: float, n_draws: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share of trials."""
    low, high = wilson(np.array([round(share * n_draws)]), np.array([n_draws]))
    return float(low[0]), float(high[0])


def calibration_results(calibrated: Sequence[Calibrated], smallest: Mapping[str, float]) -> dict[str, Any]:
    """Return the results as the notebook records them.

    By claim, a list of truths with the shares of verdicts; over claims, how often each verdict came out by the size of the
    effect in units of the smallest that matters, and the mean share of false verdicts with its interval.
    """
    claims: dict[str, list[dict[str, Any]]] = {}
    for tried in calibrated:
        claims.setdefault(tried.claim, []).append(tried.as_dict())
    shares = [false_share(tried) for tried in nothing_tried(calibrated).values()]
    return {
        "claims": claims,
        "verdicts": {
            f"{step:g}": plain(spreads) for step, spreads in verdict_spreads(calibrated, smallest).items()
        },
        "mean_false": plain(mean_with_limits(shares)) if shares else None,
    }
