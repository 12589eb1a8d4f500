"""One pair and a moderator: do the two go together in more than their sum, and does the form of the question matter?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import indicator
from analysis.data.panel.panel import Panel
from analysis.estimators.diagnostics.withheld import Bounds
from analysis.estimators.forms.counts import RateRatio, rate_ratio
from analysis.estimators.forms.dose import DoseResponse, dose_response
from analysis.estimators.forms.double_ml import double_machine_learning
from analysis.estimators.forms.fractional import fractional_response
from analysis.estimators.forms.interaction import Interaction, interaction
from analysis.estimators.forms.lags import DistributedLag, distributed_lag
from analysis.estimators.forms.mediation import Mediation, mediation
from analysis.estimators.forms.quantiles import quantile_effects
from analysis.estimators.pairs.relationship import DEMAND_CONTROLS, specification_for
from analysis.estimators.pairs.rows import (
    AT_RISK,
    CHAIN,
    ShapeRows,
    bounds_of,
    shape_rows,
)
from analysis.estimators.recording import finding_of
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.inference import Effect
from analysis.estimators.regression.specification import Specification
from analysis.estimators.resampling.attempts import Attempts
from analysis.estimators.resampling.bootstrap import WildBootstrap, bootstrap_by_region
from analysis.files.as_json import plain
from analysis.findings.finding import Finding, recorded
from analysis.showing.words import words_of

WORDS = words_of(__package__)

LAGS, LEADS = 2, 1
FORMS = {
    "region-year": "Region-by-year effects",
    "authority-trends": "Linear trends of authorities",
    "fractional": "Logit for shares",
    "double-ml": "Confounders in any form (double machine learning)",
}
"""The same question in other forms, by the name of the finding, in the order in which they are shown."""
QUANTILES = {
    "quantile-25": "Lower quartile of the outcome",
    "quantile-50": "Median of the outcome",
    "quantile-75": "Upper quartile of the outcome",
}
MOST_QUANTILE_DRAWS = 59
"""A quantile regression takes a hundred times as long as any other draw."""


@dataclass(frozen=True)
class Shapes:
    """Every answer for a pair and a moderator; one that can't be had is None or absent, its reason in ``reasons``.

    ``forms`` are by name as in FORMS and QUANTILES, all in standard deviations of the outcome per standard deviation of
    the exposure, as ``bounds`` are; ``counts`` is a ratio of rates; ``by_region`` tests the main estimate with errors
    clustered by region, in natural units.
    """

    sample: SampleParameters
    moderator: str
    main: Estimate
    interaction: Interaction | None
    dose: DoseResponse | None
    lags: DistributedLag | None
    forms: dict[str, Effect]
    counts: RateRatio | None
    paths: Mediation | None
    bounds: Bounds | None
    by_region: WildBootstrap | None
    reasons: dict[str, str]

    def findings(self) -> list[Finding]:
        """Return what claims may rest on: the product, the sum over lags, and the estimate in its other forms."""
        findings = [finding_of(effect, name) for name, effect in self.forms.items() if name in FORMS]
        if self.counts:
            findings.append(replace(finding_of(self.counts.per_sd, "poisson"), scale="rate ratio"))
        if self.lags:
            findings.append(finding_of(self.lags.cumulative, "cumulative"))
        if self.interaction:
            findings.append(self._product(self.interaction))
        return findings

    def _product(self, interaction: Interaction) -> Finding:
        exposure, moderator, outcome = (
            indicator(name).label for name in (self.sample.exposure, self.moderator, self.sample.outcome)
        )
        caution = WORDS.say("finding.product.caution")
        label = WORDS.say("finding.product", outcome=outcome, exposure=exposure, moderator=moderator)
        return replace(finding_of(interaction.product, "interaction", caution), label=label)

    def as_dict(self) -> dict[str, Any]:
        """Return the answers as JSON values, with the findings."""
        parts = {
            name: getattr(self, name) for name in ("interaction", "dose", "lags", "counts", "paths", "bounds")
        }
        return {
            "exposure": self.sample.exposure,
            "moderator": self.moderator,
            "outcome": self.sample.outcome,
            "main": self.main.as_dict(),
            **{name: part.as_dict() if part else None for name, part in parts.items()},
            "forms": {name: effect.as_dict() for name, effect in self.forms.items()},
            "by_region_p_value": self.by_region.p_value if self.by_region else None,
            "reasons": plain(self.reasons),
            **recorded(self.findings()),
        }


def assess_shapes(
    panel: Panel, sample: SampleParameters, moderator: str, n_draws: int = 999, seed: int = 0
) -> Shapes:
    """Return every answer for the pair of ``sample`` and ``moderator``, two-way and standardised unless said otherwise.

    Raises DataError or RequestError where the estimate itself can't be had; anything else that can't is told in
    ``reasons``.
    """
    attempts = Attempts()
    asked = specification_for(sample, "two-way", True)
    given = shape_rows(panel, sample, moderator)
    rows = given.rows
    main = estimate(rows, asked)
    forms = {
        name: attempts.of(FORMS[name], ask)
        for name, ask in _asked_forms(given, asked, moderator, seed).items()
    }
    drawn = min(n_draws, MOST_QUANTILE_DRAWS)
    quantiles = (
        attempts.of("quantiles", lambda: quantile_effects(rows, asked, n_draws=drawn, seed=seed)) or ()
    )
    forms |= dict(zip(QUANTILES, [quantile.effect for quantile in quantiles], strict=False))
    counts = attempts.of("counts", lambda: _counts(given, asked))
    paths = attempts.of("paths", lambda: _paths(rows, asked, n_draws, seed))
    bounds = attempts.of("bounds", lambda: bounds_of(given, asked))
    return Shapes(
        sample=sample,
        moderator=moderator,
        main=main,
        interaction=attempts.of("interaction", lambda: interaction(rows, asked, moderator)),
        dose=attempts.of("shape", lambda: dose_response(rows, replace(asked, standardised=False))),
        lags=attempts.of("lags", lambda: distributed_lag(rows, asked, LAGS, LEADS)),
        forms={name: effect for name, effect in forms.items() if effect},
        counts=counts,
        paths=paths,
        bounds=bounds,
        by_region=attempts.of("errors by region", lambda: bootstrap_by_region(rows, asked, n_draws, seed)),
        reasons=attempts.reasons,
    )


def _asked_forms(
    given: ShapeRows, asked: Specification, moderator: str, seed: int
) -> dict[str, Callable[[], Effect]]:
    """Return how each of FORMS that makes sense of the outcome is asked; nothing is fitted yet."""
    rows, pair = given.rows, (asked.outcome, asked.exposure)
    held = dict.fromkeys([*asked.controls, *DEMAND_CONTROLS, moderator])
    confounded = replace(asked, controls=tuple(name for name in held if name not in pair))
    forms: dict[str, Callable[[], Effect]] = {
        "region-year": lambda: estimate(rows, replace(asked, effects="entity and region by time")),
        "authority-trends": lambda: estimate(rows, replace(asked, effects="entity trends and time")),
        "fractional": lambda: fractional_response(rows, asked),
        "double-ml": lambda: double_machine_learning(rows, confounded, seed=seed),
    }
    if indicator(asked.outcome).unit_label != "%":
        del forms["fractional"]
    return forms


def _counts(given: ShapeRows, asked: Specification) -> RateRatio | None:
    """Return the ratio of rates where the dictionary knows the count behind the outcome."""
    return rate_ratio(given.rows, replace(asked, outcome=given.count), AT_RISK) if given.count else None


def _paths(rows: pd.DataFrame, asked: Specification, n_draws: int, seed: int) -> Mediation | None:
    """Return the paths along CHAIN where the exposure is a part of it and the outcome isn't."""
    if asked.exposure not in CHAIN or asked.outcome in CHAIN:
        return None
    path = replace(asked, exposure=CHAIN[0], controls=tuple(n for n in asked.controls if n not in CHAIN))
    return mediation(rows, path, CHAIN[1:], n_draws, seed)
