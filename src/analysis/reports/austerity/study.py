"""Spend and the workforce: what fell and what grew, whether it goes with staff and pace, and what grades follow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.cleaning.spending import change_since, national_spending
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.reach import Latest, real_price_year
from analysis.errors import DataError, RequestError
from analysis.estimators.grades.crossed_logistic import (
    CrossedLogistic,
    CrossedLogisticSpecification,
    crossed_logistic,
)
from analysis.estimators.grades.judgements import (
    GoodOf100,
    JudgementModel,
    fit_judgements,
    good_of_100,
    odds_finding,
    standardised,
)
from analysis.estimators.grades.spend import (
    BASE_YEAR,
    SPEND,
    TERMS,
    inspections_with_spend,
    prevention_within_between,
)
from analysis.estimators.pairs.relationship import specification_for
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.files.as_json import records
from analysis.findings.finding import Finding, recorded
from analysis.showing.words import words_of

from .changes import mean_change, outstanding_among_deepest_cuts
from .context import BETWEEN, WITHIN, WithContext, with_context

WORDS = words_of(__package__)

_TOTAL = "children_services_gbp"
OUTCOMES = (
    "turnover_percent", "vacancy_percent", "agency_percent", "caseload_cases_per_fte",
    "assessments_in_45_days_percent", "plans_open_two_years_percent",
)  # fmt: skip
LAGS_YEARS = (-2, -1, 0, 1, 2)
"""Years by which spend is taken earlier; negative ones are leads, which should show nothing if spend comes first."""
PER_POUNDS = 100
"""How much more spend per child, in £, differences are told for."""
WEBB_LAST_YEAR = 2019
WEBB_PRICE_YEAR = 2019
"""The financial year 2018-19, whose prices the published odds ratios per £100 are in."""
DEEPER_PERCENTAGE_POINTS = 10
"""How much further spend per child has fallen, of its level in BASE_YEAR, where grades are told after a deeper fall."""
_GRADED_ON = ("prevention", "safeguarding", "deprivation_decile")


@dataclass(frozen=True)
class AusterityParameters:
    """The spend line (an indicator per child), the year whose prices are used, and the first and last year shown."""

    spend: str = "children_services_real_gbp_per_child"
    price_year: int = field(default_factory=real_price_year)
    first_year: int = field(default_factory=lambda: indicator(_TOTAL).years[0])
    last_year: int = field(default_factory=lambda: indicator(_TOTAL).years[1])

    def __post_init__(self) -> None:
        if indicator(self.spend).topic != "spend" or not self.spend.endswith("_per_child"):
            raise RequestError(
                f"spend: '{self.spend}' is not spend per child; choose one that ends in _gbp_per_child"
            )
        first, last = indicator(_TOTAL).years
        if not first <= self.first_year < self.last_year <= last:
            raise RequestError(
                f"years {self.first_year} to {self.last_year}: choose a first and a later last year within {first} to {last}"
            )


def austerity_parameters(
    spend: str, price_year: int | Latest, first_year: int, last_year: int | Latest
) -> AusterityParameters:
    """Return the parameters; ``latest`` may stand for prices and the last year. Raises RequestError for wrong ones."""
    given = {"price_year": price_year, "last_year": last_year}
    asked = {name: year for name, year in given.items() if year != "latest"}
    return AusterityParameters(spend, first_year=first_year, **asked)


@dataclass(frozen=True)
class Austerity:
    """Everything that the notebook shows.

    ``national``: £ by year, a column a line; ``per_child``: England's £ per child by year since children are counted, and
    ``per_child_since_base`` since BASE_YEAR, the years before divided by the first count; ``spending``: authority × year
    with the change since BASE_YEAR; ``lags``: estimates by outcome and lag (None where one can't be had); ``models``: of
    grades on spend and deprivation, the nearest to the published one first; ``split``: prevention as WITHIN and BETWEEN,
    ``good_of_100`` of both for £100 more; ``random_years``: the published model, in which years are drawn at random, on all
    inspections; ``inspections``: the rows behind them; ``change_model``: grades on the change in all spend per child since
    BASE_YEAR, in standard deviations of ``change_sd`` percentage points; ``good_of_100_deeper``: by it, where spend fell
    DEEPER_PERCENTAGE_POINTS further;
    ``published_pounds``: how many £ of ``parameters.price_year`` buy what £1 did in WEBB_PRICE_YEAR; ``own``: findings on
    cuts and load; ``context``: the same with the local economy and the council's parties held constant.
    """

    parameters: AusterityParameters
    national: pd.DataFrame = field(repr=False)
    per_child: pd.DataFrame = field(repr=False)
    per_child_since_base: pd.DataFrame = field(repr=False)
    spending: pd.DataFrame = field(repr=False)
    lags: Mapping[tuple[str, int], Estimate | None] = field(repr=False)
    models: tuple[JudgementModel, ...]
    split: JudgementModel
    good_of_100: Mapping[str, GoodOf100]
    random_years: CrossedLogistic
    inspections: pd.DataFrame = field(repr=False)
    change_model: JudgementModel
    change_sd: float
    good_of_100_deeper: GoodOf100
    published_pounds: float
    context: tuple[WithContext, ...]
    own: tuple[Finding, ...]

    def held(self, name: str) -> WithContext:
        """Return the associations with something held constant, by its name in ``with_context``."""
        return next(held for held in self.context if held.name == name)

    def findings(self) -> tuple[Finding, ...]:
        """Return what claims may rest on."""
        nearest, whole = self.models[0], self.models[1]
        graded = [
            *(_grade_findings(nearest, "", f"inspections to {nearest.last_year}")),
            *(_grade_findings(whole, "-all-years", f"inspections to {whole.last_year}")),
            *(
                odds_finding(
                    self.split,
                    term,
                    f"good-grade-on-prevention-{way}",
                    WORDS.say(f"finding.{way}"),
                    [SPEND[0]],
                )
                for way, term in (("within", WITHIN), ("between", BETWEEN))
            ),
        ]
        return (*graded, *(finding for held in self.context for finding in held.findings()), *self.own)

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON values."""
        return {
            "spend": self.parameters.spend,
            "price_year": self.parameters.price_year,
            "national_gbp": _by_year(self.national),
            "england_gbp_per_child": _by_year(self.per_child),
            "lags": [
                {"outcome": outcome, "lag_years": lag, "estimate": at_lag.as_dict() if at_lag else None}
                for (outcome, lag), at_lag in self.lags.items()
            ],
            "grade_models": [
                {
                    "label": model.label,
                    "first_year": model.first_year,
                    "last_year": model.last_year,
                    **model.fitted.as_dict(),
                }
                for model in (*self.models, self.change_model, self.split)
            ],
            "context": [held.as_dict() for held in self.context],
            "random_years": self.random_years.as_dict(),
            "good_of_100": {term: vars(shares).copy() for term, shares in self.good_of_100.items()},
            "change_in_spend": {
                "sd_percentage_points": self.change_sd,
                "deeper_by_percentage_points": DEEPER_PERCENTAGE_POINTS,
                "good_of_100_deeper": vars(self.good_of_100_deeper).copy(),
            },
            **recorded(self.findings()),
        }


def per_pounds(estimate: Estimate) -> tuple[float, float, float]:
    """Return an estimate and its interval in the outcome's units for PER_POUNDS £ more spend per child."""
    middle, low, high = (PER_POUNDS * value for value in estimate.in_outcome_units)
    return middle, low, high


def _by_year(frame: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    rows = records(frame.reset_index())
    return {str(row.pop("year")): row for row in rows}


def study_austerity(
    panel: pd.DataFrame,
    spending: pd.DataFrame,
    reports: pd.DataFrame,
    price_factor: float,
    published_price_factor: float,
    parameters: AusterityParameters,
) -> Austerity:
    """Compute every result.

    ``panel``: authorities without the very small ones; ``spending``: of ``real_spending`` in prices of
    ``parameters.price_year``; ``reports``: the table of inspection reports; ``price_factor`` takes those of real indicators
    to that year's, ``published_price_factor`` to those of WEBB_PRICE_YEAR. Raises RequestError where none of the years shown
    has spend by line.
    """
    shown = spending[spending["year"].between(parameters.first_year, parameters.last_year)]
    if shown.empty:
        raise RequestError(
            f"no spend by line for {parameters.first_year} to {parameters.last_year}; "
            f"there is some from {spending['year'].min()} to {spending['year'].max()}"
        )
    changed = change_since(spending, "children_services_gbp", BASE_YEAR)
    inspections = inspections_with_spend(reports, panel, changed, price_factor)
    cuts = inspections.dropna(subset=["change_percent", "deprivation_decile"])
    change_model = fit_judgements(
        cuts.assign(change=standardised(cuts["change_percent"])),
        ("change", "deprivation_decile"),
        "Change in spend",
    )
    change_sd = float(cuts["change_percent"].std(ddof=1))
    split = prevention_within_between(inspections)
    return Austerity(
        parameters=parameters,
        national=national_spending(shown),
        per_child=england_per_child(shown, 2013),
        per_child_since_base=england_per_child(shown, BASE_YEAR),
        spending=changed,
        lags=_lags(panel, parameters.spend),
        models=_grade_models(inspections),
        split=split,
        good_of_100={term: good_of_100(split, term) for term in (WITHIN, BETWEEN)},
        random_years=crossed_logistic(
            inspections, CrossedLogisticSpecification("good", _GRADED_ON, ("panel_code", "year"))
        ),
        inspections=inspections,
        change_model=change_model,
        change_sd=change_sd,
        good_of_100_deeper=good_of_100(change_model, "change", -DEEPER_PERCENTAGE_POINTS / change_sd),
        published_pounds=price_factor / published_price_factor,
        context=with_context(inspections, panel, parameters.spend, OUTCOMES),
        own=(
            _change_finding(change_model),
            outstanding_among_deepest_cuts(cuts),
            mean_change(panel, "caseload_cases_per_fte", "change-in-caseload"),
            mean_change(panel, "section_47_enquiries_per_10k", "change-in-section-47-enquiries"),
        ),
    )


def england_per_child(spending: pd.DataFrame, first_year: int) -> pd.DataFrame:
    """Return England's £ per child from ``first_year`` on: of each line, authorities that have both money and children."""
    known = spending.dropna(subset=["children"])
    known = known[known["year"] >= first_year]
    national = national_spending(known)
    children = known[national.columns].notna().mul(known["children"], axis=0).groupby(known["year"]).sum()
    return national / children


def _lags(panel: pd.DataFrame, spend: str) -> dict[tuple[str, int], Estimate | None]:
    estimates: dict[tuple[str, int], Estimate | None] = {}
    for outcome in OUTCOMES:
        for lag in LAGS_YEARS:
            sample = SampleParameters(outcome, spend, lag_years=lag)
            try:
                estimates[outcome, lag] = estimate(
                    build_sample(panel, sample), specification_for(sample, "two-way", True)
                )
            except DataError:  # too few years are left at this lag: shown as an empty place
                estimates[outcome, lag] = None
    return estimates


def _grade_models(inspections: pd.DataFrame) -> tuple[JudgementModel, ...]:
    known = inspections.dropna(subset=[*TERMS, "deprivation_decile"])
    early = known[known["year"] <= WEBB_LAST_YEAR]
    return (
        fit_judgements(early, _GRADED_ON, f"Good or better, to {WEBB_LAST_YEAR}"),
        fit_judgements(known, _GRADED_ON, "Good or better, all years"),
        fit_judgements(known, (*_GRADED_ON, "looked_after"), "The same, care spend held"),
        fit_judgements(known, _GRADED_ON, "Worse grade (ordinal), all years", kind="ordinal"),
    )


def _grade_findings(model: JudgementModel, suffix: str, when: str) -> list[Finding]:
    words = {
        "prevention": ("prevention", "£100 more preventative spend per child", [SPEND[0]]),
        "safeguarding": ("safeguarding", "£100 more safeguarding spend per child", [SPEND[1]]),
        "deprivation_decile": ("deprivation", "one decile more deprivation", ["deprivation_score"]),
    }
    return [
        odds_finding(
            model,
            term,
            f"good-grade-on-{name}{suffix}",
            f"Odds ratio of good or outstanding per {what}, {when}",
            indicators,
        )
        for term, (name, what, indicators) in words.items()
    ]


def _change_finding(model: JudgementModel) -> Finding:
    return odds_finding(
        model,
        "change",
        "good-grade-on-change-in-spend",
        WORDS.say("finding.change"),
        ["children_services_gbp", "child_population_children", "deprivation_score"],
    )
