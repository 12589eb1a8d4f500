"""One pair asked in every defensible way: curve, bootstrap, noise, confounding and what the design could have shown."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pandas as pd

from ..cleaning.sample import SampleParameters, build_sample
from ..errors import DataError, RequestError
from ..findings import Finding, recorded
from .bootstrap import WildBootstrap, bootstrap_estimate
from .curve import Curve, fit_curve
from .curve_axes import Axes, CurveSpecification, SampleChoice, expand
from .estimators import Estimate, estimate
from .noise import Corrected, correct_for_noise, noisy_sample
from .power import Power, detectable_effect_of
from .recording import finding_of, with_curve
from .relationship import DEMAND_CONTROLS, specification_for
from .sensitivity import Sensitivity, sensitivity
from .specification import ESTIMATORS

PANDEMIC_YEARS = (2020, 2021)
PLACEBO_OUTCOME = "school_moves_percent"
"""A pace of child protection plans that moved school moves would be odd: the pair is asked to show nothing."""
PLACEBO_CAUTION = "a placebo: an association here speaks against the exposure's coming first"

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Robustness:
    """What a referee asks of one pair; an answer that can't be had is None, its reason in ``reasons`` by name."""

    sample: SampleParameters
    main: Estimate
    wild: WildBootstrap
    curve: Curve
    power: Power
    corrected: Corrected | None
    sensitivity: Sensitivity | None
    lead: Estimate | None
    placebo: Estimate | None
    reasons: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the answers as JSON values, ready to be set beside those of other pairs."""
        return {
            "exposure": self.sample.exposure,
            "outcome": self.sample.outcome,
            "main": self.main.as_dict(),
            "wild_p_value": self.wild.p_value,
            "corrected_estimate": self.corrected.corrected if self.corrected else None,
            "reliability": self.corrected.reliability if self.corrected else None,
            "robustness_value": self.sensitivity.robustness_value if self.sensitivity else None,
            "minimum_detectable": self.power.by_simulation,
            "lead_p_value": self.lead.p_value if self.lead else None,
            "placebo_p_value": self.placebo.p_value if self.placebo else None,
            "curve": self.curve.as_dict(),
            "reasons": self.reasons,
            **recorded(self.findings()),
        }

    def findings(self) -> list[Finding]:
        """Return what claims may rest on: the estimate with its curve, and the placebos that could be had."""
        found = [with_curve(finding_of(self.main, "main"), self.curve)]
        placebos = {"lead": self.lead, "placebo-outcome": self.placebo}
        return found + [finding_of(one, name, PLACEBO_CAUTION) for name, one in placebos.items() if one]


def curve_axes(sample: SampleParameters) -> Axes:
    """Return the axes of the curve of a pair, declared before anything is fitted.

    Timing (the exposure before the outcome, and a year before that), what is held constant, the estimator, the weights,
    and years or London left out.
    """
    held = tuple(name for name in DEMAND_CONTROLS if name not in (sample.outcome, sample.exposure))
    controls = dict.fromkeys([(), *((name,) for name in held), held])
    samples = (
        SampleChoice("all", sample.years),
        SampleChoice("without 2020 and 2021", sample.years, without_years=PANDEMIC_YEARS),
        SampleChoice("without London", sample.years, without_regions=("Inner London", "Outer London")),
    )
    return Axes(
        exposures=(sample.exposure,), outcomes=(sample.outcome,), lag_years=(0, 1), controls=tuple(controls),
        estimators=ESTIMATORS, weights=("none", "child_population_children"), samples=samples,
    )  # fmt: skip


def specifications_of(sample: SampleParameters) -> tuple[CurveSpecification, ...]:
    """Return every specification of a pair's curve; nothing is fitted."""
    return expand(curve_axes(sample))


def assess(panel: pd.DataFrame, sample: SampleParameters, n_draws: int = 999, seed: int = 0) -> Robustness:
    """Return every answer for one pair, two-way and standardised but for the correction, which is in natural units.

    Raises DataError or RequestError where the estimate itself can't be had; anything else that can't is None with its
    reason.
    """
    reasons: dict[str, str] = {}

    def tried(name: str, ask: Callable[[], _Result]) -> _Result | None:
        try:
            return ask()
        except (DataError, RequestError) as error:
            reasons[name] = str(error)
            return None

    def asked(changed: SampleParameters) -> Estimate:
        return estimate(build_sample(panel, changed), specification_for(changed, "two-way", True))

    rows, specification = build_sample(panel, sample), specification_for(sample, "two-way", True)
    natural = replace(specification, standardised=False)
    held = tuple(name for name in DEMAND_CONTROLS if name not in (sample.outcome, sample.exposure))
    controlled = replace(sample, controls=held)
    return Robustness(
        sample=sample,
        main=estimate(rows, specification),
        wild=bootstrap_estimate(rows, specification, n_draws=n_draws, seed=seed),
        curve=fit_curve(panel, specifications_of(sample), n_draws=n_draws, seed=seed),
        power=detectable_effect_of(rows, specification, seed=seed),
        corrected=tried(
            "noise",
            lambda: correct_for_noise(noisy_sample(panel, sample), natural, n_draws=n_draws, seed=seed),
        ),
        sensitivity=tried(
            "confounding",
            lambda: sensitivity(
                build_sample(panel, controlled), specification_for(controlled, "two-way", True)
            ),
        ),
        lead=tried("lead", lambda: asked(replace(sample, lag_years=sample.lag_years - 1))),
        placebo=tried("placebo outcome", lambda: asked(replace(sample, outcome=PLACEBO_OUTCOME))),
        reasons=reasons,
    )
