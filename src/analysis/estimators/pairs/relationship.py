"""One exposure and one outcome: the estimate asked for, and the same question asked in other defensible ways."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.errors import DataError, RequestError
from analysis.estimators.recording import finding_of
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.specification import Estimator, Specification
from analysis.findings.finding import recorded

DEMAND_CONTROLS = ("referrals_per_10k", "children_services_real_gbp_per_child")
"""Held constant in one variant: how much is asked of an authority, and the money it spends."""

SMALLEST_OF_INTEREST = 0.1
"""Standard deviations: an association inside this, either way, is as good as none (Cohen's small correlation is 0.1)."""
SMALLEST_PRODUCT = SMALLEST_OF_INTEREST / 2
"""The same of a product of two measures, as claims take it: where the one is a standard deviation higher, the other then
matters half as much again as the smallest association that does."""


@dataclass(frozen=True)
class Variant:
    """One way to ask: a label for readers, the rows, the specification; then the estimate, or why there is none."""

    label: str
    sample: SampleParameters
    specification: Specification
    estimate: Estimate | None = None
    failure: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the variant as JSON values."""
        return {
            "label": self.label,
            "estimate": self.estimate.as_dict() if self.estimate else None,
            "failure": self.failure,
            "lag_years": self.sample.lag_years,
            "alignment": self.sample.alignment,
            "weights": self.sample.weights,
        }


@dataclass(frozen=True)
class Estimated(Variant):
    """A way to ask that has its estimate."""

    estimate: Estimate


@dataclass(frozen=True)
class Relationship:
    """The estimate asked for, the variants beside it (itself first), and the rows that it used."""

    main: Estimated
    variants: tuple[Variant, ...]
    rows: pd.DataFrame

    @property
    def estimated(self) -> tuple[Estimated, ...]:
        """The variants that could be estimated, the one asked for first."""
        return tuple(variant for variant in self.variants if isinstance(variant, Estimated))

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """The estimates that there are, the one asked for first."""
        return tuple(variant.estimate for variant in self.estimated)

    @property
    def labels(self) -> tuple[str, ...]:
        """What each of ``estimates`` is called."""
        return tuple(variant.label for variant in self.estimated)

    @property
    def n_former(self) -> int:
        """How many authorities of the estimate asked for have no row in the last of its years: others have replaced them."""
        rows = self.rows
        present = rows.loc[rows["year"] == rows["year"].max(), "authority_code"]
        return len(set(self.main.estimate.sample.levels["entity"]) - set(present))

    def as_dict(self) -> dict[str, Any]:
        """Return main and variants as JSON values, and the estimate asked for as the finding ``main``."""
        return {
            "main": self.main.as_dict(),
            "variants": [variant.as_dict() for variant in self.variants],
            **recorded([finding_of(self.main.estimate, "main")]),
        }


def specification_for(sample: SampleParameters, estimator: Estimator, standardised: bool) -> Specification:
    """Return the specification of a regression on the rows of ``sample``."""
    return Specification(
        outcome=sample.outcome,
        exposure=sample.exposure,
        controls=sample.controls,
        estimator=estimator,
        weights=None if sample.weights == "none" else "weight",
        standardised=standardised,
    )


def variants_of(sample: SampleParameters, estimator: Estimator, standardised: bool) -> tuple[Variant, ...]:
    """Return every way in which the question is asked, the one asked for first; nothing is fitted.

    The others change one thing each: the estimator, the timing, what is held constant, the weights. A lead
    (the exposure counted after the outcome) is a placebo: it should show nothing if the exposure comes before
    what it goes with.
    """

    def variant(label: str, *, estimator: Estimator = estimator, **changes: Any) -> Variant:
        changed = replace(sample, **changes)
        return Variant(label, changed, specification_for(changed, estimator, standardised))

    names: dict[Estimator, str] = {
        "pooled": "No effects (pooled)",
        "two-way": "Authority and year effects",
        "first-differences": "Year-on-year differences",
    }
    controls = tuple(dict.fromkeys([*sample.controls, *DEMAND_CONTROLS]))
    controls = tuple(name for name in controls if name not in (sample.outcome, sample.exposure))
    other_weights = "child_population_children" if sample.weights == "none" else "none"
    ways = [variant(f"{names[estimator]} (main)")]
    ways += [variant(label, estimator=name) for name, label in names.items() if name != estimator]
    ways += [
        variant("Exposure one year earlier", lag_years=sample.lag_years + 1),
        variant("Exposure one year later (placebo)", lag_years=sample.lag_years - 1),
        variant("Referrals and spend held constant", controls=controls),
        variant("Weighted by children" if other_weights != "none" else "Not weighted", weights=other_weights),
    ]
    return tuple(ways)


def _fitted(variant: Variant, panel: pd.DataFrame) -> Variant:
    try:
        fitted = estimate(build_sample(panel, variant.sample), variant.specification)
        return Estimated(variant.label, variant.sample, variant.specification, fitted)
    except (DataError, RequestError) as error:
        return replace(variant, failure=str(error))


def fit_relationship(
    panel: pd.DataFrame, sample: SampleParameters, estimator: Estimator = "two-way", standardised: bool = True
) -> Relationship:
    """Estimate the association asked for and its variants.

    A variant that can't be estimated keeps its reason in ``failure``. Raises RequestError or DataError where
    the estimate asked for itself can't be had.
    """
    asked, *others = variants_of(sample, estimator, standardised)
    rows = build_sample(panel, sample)
    main = Estimated(asked.label, asked.sample, asked.specification, estimate(rows, asked.specification))
    return Relationship(main, (main, *(_fitted(variant, panel) for variant in others)), rows)
