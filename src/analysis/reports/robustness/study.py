"""One pair under a referee's questions: choices, chance, rows, noise, confounding, placebos, power."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.panel.panel import Panel
from analysis.estimators.curve.arrays import PanelArrays
from analysis.estimators.curve.axes import CurveSpecification
from analysis.estimators.curve.curve import Curve, fit_curve
from analysis.estimators.curve.permutation import CurvePermutation, permute_curve
from analysis.estimators.diagnostics.influence import Influence, influence_of
from analysis.estimators.diagnostics.noise import Corrected, correct_for_noise, noisy_sample
from analysis.estimators.diagnostics.power import Equivalence, Power, detectable_effect_of, equivalence
from analysis.estimators.diagnostics.sensitivity import Sensitivity, sensitivity
from analysis.estimators.diagnostics.withheld import Bounds
from analysis.estimators.pairs.axes import held_constant, specifications_of
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST, specification_for
from analysis.estimators.pairs.rows import bounds_of, shape_rows
from analysis.estimators.recording import finding_of, with_curve
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.specification import Specification
from analysis.estimators.resampling.attempts import Attempts
from analysis.estimators.resampling.bootstrap import WildBootstrap, bootstrap_by_region, bootstrap_estimate
from analysis.files.as_json import plain, renamed
from analysis.findings.finding import Finding, recorded
from analysis.showing.words import words_of

WORDS = words_of(__package__)

PLACEBO_OUTCOME = "school_moves_percent"
"""A pace of child protection plans that moved school moves would be odd: the pair is asked to show nothing."""
LEFT_OUT = ("authority", "region", "year")


@dataclass(frozen=True)
class Robustness:
    """What a referee asks of one pair; an answer that can't be had is None, its reason in ``reasons`` by name.

    Estimates are in standard deviations of the outcome per standard deviation of the exposure, but for ``corrected``,
    which is in natural units. ``regional`` clusters by region with Webb's weights, for there are few. ``influence`` has
    an entry for each of authorities (those that share returns as one), regions and years left out one at a time. ``bounds``
    is None without a reason where nothing of the outcome is withheld.
    """

    sample: SampleParameters
    main: Estimate
    wild: WildBootstrap
    regional: WildBootstrap | None
    curve: Curve
    permuted: CurvePermutation | None
    power: Power
    equivalence: Equivalence
    influence: tuple[Influence, ...]
    corrected: Corrected | None
    sensitivity: Sensitivity | None
    lead: Estimate | None
    placebo: Estimate | None
    bounds: Bounds | None
    reasons: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the answers as JSON values, ready to be set beside those of other pairs."""
        return {
            "exposure": self.sample.exposure,
            "outcome": self.sample.outcome,
            "main": self.main.as_dict(),
            "wild_p_value": self.wild.p_value,
            "region_p_value": self.regional.p_value if self.regional else None,
            "permutation": plain(renamed(vars(self.permuted), value="median")) if self.permuted else None,
            "corrected_estimate": self.corrected.estimate if self.corrected else None,
            "reliability": self.corrected.reliability if self.corrected else None,
            "robustness_value": self.sensitivity.robustness_value if self.sensitivity else None,
            "minimum_detectable": self.power.by_simulation,
            "equivalence": plain(vars(self.equivalence)),
            "influence": [plain(vars(influence)) for influence in self.influence],
            "lead_p_value": self.lead.p_value if self.lead else None,
            "placebo_p_value": self.placebo.p_value if self.placebo else None,
            "bounds": self.bounds.as_dict() if self.bounds else None,
            "curve": self.curve.as_dict(),
            "reasons": self.reasons,
            **recorded(self.findings()),
        }

    def findings(self) -> list[Finding]:
        """Return what claims may rest on: the estimate with its curve, and the placebos that could be had."""
        findings = [with_curve(finding_of(self.main, "main"), self.curve)]
        placebos = {"lead": self.lead, "placebo-outcome": self.placebo}
        return findings + [
            finding_of(placebo, name, WORDS.say("finding.placebo.caution"))
            for name, placebo in placebos.items()
            if placebo
        ]


def assess(
    panel: Panel,
    sample: SampleParameters,
    specifications: Sequence[CurveSpecification] = (),
    n_draws: int = 999,
    n_permutations: int = 199,
    seed: int = 0,
) -> Robustness:
    """Return every answer for one pair under effects of authority and year; the curve is of ``specifications``.

    Without them it is of those that ``specifications_of`` declares. Raises DataError or RequestError where the estimate
    itself can't be had; anything else that can't is None with its reason.
    """
    attempts, authorities = Attempts(), panel.authorities
    rows, asked = build_sample(authorities, sample), specification_for(sample, "two-way", True)
    main = estimate(rows, asked)
    arrays = PanelArrays(authorities)
    curve = fit_curve(arrays, specifications or specifications_of(sample), n_draws=n_draws, seed=seed)
    return Robustness(
        sample=sample,
        main=main,
        wild=bootstrap_estimate(rows, asked, n_draws=n_draws, seed=seed),
        regional=attempts.of("regions as clusters", lambda: bootstrap_by_region(rows, asked, n_draws, seed)),
        curve=curve,
        permuted=attempts.of("swapped paths", lambda: permute_curve(arrays, curve, n_permutations, seed)),
        power=detectable_effect_of(rows, asked, seed=seed),
        equivalence=_as_good_as_none(main),
        influence=_influence(rows, asked, main, attempts),
        corrected=attempts.of("noise", lambda: _corrected(authorities, sample, asked, n_draws, seed)),
        sensitivity=attempts.of("confounding", lambda: _confounded(authorities, sample)),
        lead=attempts.of(
            "lead", lambda: _asked(authorities, replace(sample, lag_years=sample.lag_years - 1))
        ),
        placebo=attempts.of(
            "placebo outcome", lambda: _asked(authorities, replace(sample, outcome=PLACEBO_OUTCOME))
        ),
        bounds=attempts.of(
            "withheld figures", lambda: bounds_of(shape_rows(panel, sample, sample.exposure), asked)
        ),
        reasons=attempts.reasons,
    )


def _asked(authorities: pd.DataFrame, sample: SampleParameters) -> Estimate:
    return estimate(build_sample(authorities, sample), specification_for(sample, "two-way", True))


def _as_good_as_none(main: Estimate) -> Equivalence:
    reach = SMALLEST_OF_INTEREST
    return equivalence(main.estimate, main.standard_error, main.n_clusters - 1, -reach, reach)


def _influence(
    rows: pd.DataFrame, asked: Specification, main: Estimate, attempts: Attempts
) -> tuple[Influence, ...]:
    """Leave out in natural units, given in standard deviations of all rows: one scale for all that is left out."""
    natural, unit = replace(asked, standardised=False), main.exposure_sd / main.outcome_sd
    each = rows[["cluster", "authority"]].drop_duplicates().sort_values("authority")
    together = each.groupby("cluster")["authority"].agg(" with ".join)
    rows = rows.assign(
        authority=rows["cluster"].map(together)
    )  # those that share returns are left out together
    findings = [
        attempts.of(
            f"without one {by}", partial(influence_of, rows, natural, by, unit, main.in_outcome_units[0])
        )
        for by in LEFT_OUT
    ]
    return tuple(influence for influence in findings if influence)


def _corrected(
    authorities: pd.DataFrame, sample: SampleParameters, asked: Specification, n_draws: int, seed: int
) -> Corrected:
    natural = replace(asked, standardised=False)
    return correct_for_noise(noisy_sample(authorities, sample), natural, n_draws=n_draws, seed=seed)


def _confounded(authorities: pd.DataFrame, sample: SampleParameters) -> Sensitivity:
    controlled = replace(sample, controls=held_constant(sample))
    return sensitivity(build_sample(authorities, controlled), specification_for(controlled, "two-way", True))
