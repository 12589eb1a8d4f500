"""The grade of an inspection on the figures of its authority at the time: multilevel models, odds ratios, findings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.data.cleaning.at_inspection import figures_at_inspection, known_days
from analysis.data.definitions.inspection_reports import GRADES, overall_grade
from analysis.findings.finding import Finding

from .crossed import Crossed, crossed_multilevel
from .multilevel import Kind, Multilevel, MultilevelSpecification, multilevel, probability_up_to
from .mundlak import between_name, within_between, within_name

GOOD_OR_BETTER = ("outstanding", "good")
FEWEST_A_YEAR = 10
"""Years of inspection with fewer graded ones share an effect with the year after, or before where none is after."""


@dataclass(frozen=True)
class JudgementModel:
    """A fitted model of grades with the label that readers see, and the years of inspection that it rests on.

    ``predictor``: the log odds of each inspection from its terms and year, thresholds and authority aside, (inspections,).
    """

    label: str
    fitted: Multilevel
    first_year: int
    last_year: int
    predictor: np.ndarray = field(repr=False, compare=False)


@dataclass(frozen=True)
class GoodOf100:
    """How many of 100 inspections the model expects to be good or outstanding: with the figures that they had, and with one
    figure of all of them a step higher, with its 95% interval.
    """

    as_it_was: float
    with_more: float
    conf_low: float
    conf_high: float


@dataclass(frozen=True)
class CrossedModel:
    """The same with a random intercept of the year of inspection in the place of its effects."""

    label: str
    fitted: Crossed
    first_year: int
    last_year: int


def judged_inspections(
    reports: pd.DataFrame, panel: pd.DataFrame, columns: Sequence[str], oldest_years: int = 0
) -> pd.DataFrame:
    """Return a row a graded inspection: report, panel_code, day, year, grade, good, worse and the panel's ``columns``.

    ``day`` is its first; ``good`` is 1 for good or outstanding; ``worse`` runs from 0 (outstanding) to 3 (inadequate).
    Figures are those of ``figures_at_inspection``.
    """
    grade = overall_grade(reports)
    graded = reports[grade.notna()].reset_index(drop=True)
    grade = grade.dropna().reset_index(drop=True)
    about = pd.DataFrame(
        {
            "report": graded["report"],
            "day": known_days(graded),
            "year": known_days(graded).str[:4].astype(int),
            "grade": grade,
            "good": grade.isin(GOOD_OR_BETTER).astype(int),
            "worse": grade.map({name: place for place, name in enumerate(GRADES)}),
        }
    )
    return pd.concat([about, figures_at_inspection(graded, panel, columns, oldest_years)], axis=1)


def with_year_effects(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return ``frame`` with indicators of the year of inspection, and their names; the first group of years has none."""
    groups = _year_groups(frame["year"])
    kept = sorted(set(groups))[1:]
    dummies = {f"year_{year}": (groups == year).astype(float) for year in kept}
    return frame.assign(**dummies), tuple(dummies)


def _year_groups(years: pd.Series) -> pd.Series:
    group_of: dict[int, int] = {}
    waiting: list[int] = []
    counts = years.value_counts().sort_index()
    for year in counts.index:
        waiting.append(year)
        if counts[waiting].sum() >= FEWEST_A_YEAR:
            group_of |= dict.fromkeys(waiting, year)
            waiting = []
    last = max(group_of.values(), default=counts.index[-1])
    return years.map(group_of | dict.fromkeys(waiting, last))


def fit_judgements(
    inspections: pd.DataFrame, terms: Sequence[str], label: str, kind: Kind = "logistic"
) -> JudgementModel:
    """Return the model of ``good`` (logistic) or ``worse`` (ordinal) on ``terms`` and years of inspection.

    ``inspections`` are rows of ``judged_inspections``, terms scaled as they are to be read. Raises DataError where the model
    can't be had.
    """
    known = inspections.dropna(subset=list(terms)).reset_index(drop=True)
    frame, years = with_year_effects(known)
    outcome = "good" if kind == "logistic" else "worse"
    asked = MultilevelSpecification(outcome, (*terms, *years), group="panel_code", kind=kind)
    fitted = multilevel(frame, asked)
    slopes = [fitted.term(name).log_odds for name in asked.terms]
    return JudgementModel(
        label=label,
        fitted=fitted,
        first_year=int(known["year"].min()),
        last_year=int(known["year"].max()),
        predictor=frame[list(asked.terms)].to_numpy(dtype=float) @ np.array(slopes),
    )


def good_of_100(model: JudgementModel, term: str, step: float = 1.0) -> GoodOf100:
    """Return how many of 100 inspections are good or outstanding as they were, and with ``term`` higher by ``step``.

    The mean over the model's inspections of each one's probability, over authorities' intercepts as the model has them. The
    interval is that of the term's odds ratio, all else as fitted, so that it leaves out the number as it was just where the
    odds ratio's interval leaves out 1. Raises RequestError for an unknown term.
    """
    odds = model.fitted.term(term)

    def share(odds_ratio: float) -> float:
        return _good_share(model, model.predictor + step * math.log(odds_ratio))

    low, high = sorted(map(share, (odds.conf_low, odds.conf_high)))
    return GoodOf100(share(1.0), share(odds.estimate), low, high)


def _good_share(model: JudgementModel, predictor: np.ndarray) -> float:
    """Return how many of 100 inspections with these log odds are good or outstanding."""
    fitted = model.fitted
    if fitted.specification.kind == "logistic":
        below = probability_up_to(fitted.thresholds[0], predictor, fitted.group_sd)
        return float(100 * (1 - below).mean())
    last_good = max(GRADES.index(name) for name in GOOD_OR_BETTER)
    n_good = sum(int(float(name)) <= last_good for name in fitted.categories)
    if n_good in (0, len(fitted.categories)):
        return 100.0 if n_good else 0.0
    return float(100 * probability_up_to(fitted.thresholds[n_good - 1], predictor, fitted.group_sd).mean())


def fit_within_between(
    inspections: pd.DataFrame, name: str, others: Sequence[str], label: str, kind: Kind = "ordinal"
) -> JudgementModel:
    """Return the model of ``fit_judgements`` with ``name`` split into the authority's mean over its inspections that are
    used, and the deviation from it (Mundlak 1978): terms ``NAME_between`` and ``NAME_within``, in the unit of ``name``.
    """
    known = inspections.dropna(subset=[name, *others])
    split = within_between(known, [name], "panel_code")
    return fit_judgements(split, (between_name(name), within_name(name), *others), label, kind)


def fit_crossed(
    inspections: pd.DataFrame, terms: Sequence[str], label: str, kind: Kind = "ordinal"
) -> CrossedModel:
    """Return the model of ``fit_judgements`` with a random intercept of the year of inspection in the place of its effects,
    crossed with the authority's.
    """
    known = inspections.dropna(subset=list(terms)).reset_index(drop=True)
    outcome = "good" if kind == "logistic" else "worse"
    asked = MultilevelSpecification(outcome, tuple(terms), group="panel_code", kind=kind)
    crossed = crossed_multilevel(known, asked, "year")
    return CrossedModel(label, crossed, int(known["year"].min()), int(known["year"].max()))


def standardised(values: pd.Series) -> pd.Series:
    """Return values in standard deviations from their mean."""
    return (values - values.mean()) / values.std(ddof=1)


def odds_finding(
    model: JudgementModel | CrossedModel,
    term: str,
    name: str,
    label: str,
    indicators: Sequence[str],
    caution: str = "",
) -> Finding:
    """Return a term's odds ratio as a finding; observations are inspections, clusters authorities."""
    return Finding.of(
        model.fitted.term(term),
        name=name,
        label=label,
        scale="odds ratio",
        n_observations=model.fitted.n_observations,
        n_clusters=model.fitted.n_groups,
        caution=caution,
        indicators=indicators,
    )


def decile(values: pd.Series, by: pd.Series) -> pd.Series:
    """Return the decile (1 to 10) of each of ``values`` among the distinct authorities' values ``by``."""
    edges = np.quantile(by.dropna(), np.arange(0.1, 1.0, 0.1))
    return pd.Series(np.searchsorted(edges, values, side="right") + 1.0, index=values.index).where(
        values.notna()
    )
