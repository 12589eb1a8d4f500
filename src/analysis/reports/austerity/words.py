"""What the report on spend says: what was cut and what grew, what goes with it, and what grades follow."""

import pandas as pd

from analysis.claims.register import published_estimates
from analysis.data.cleaning.spending import PREVENTION
from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.grades.judgements import JudgementModel
from analysis.estimators.grades.spend import BASE_YEAR
from analysis.showing.words import words_of
from publishing.display import Front, Prose

from .study import OUTCOMES, WEBB_LAST_YEAR, Austerity, AusterityParameters

WORDS = words_of(__package__)
_LINES = ("looked_after_gbp", "early_years_gbp", "young_people_gbp")
_SENTENCE_OF_LAG = {1: "lags.year-after", 0: "lags.same-year", -1: "lags.year-before"}


def financial_year(year: int) -> str:
    """Return a financial year by the year in which it ends as readers know it: ``2010-11``."""
    return f"{year - 1}-{year % 100:02d}"


def prevention_lines() -> str:
    """Return the lines that prevention is made of, as a sentence has them."""
    return ", ".join(lower_first(indicator(name).label) for name in PREVENTION)


def austerity_question(parameters: AusterityParameters) -> Front:
    """Ask what became of spend, and what goes with it."""
    return Front(
        title=WORDS.say("question.title"),
        question=WORDS.say("question", spend=indicator(parameters.spend).label),
    )


def austerity_described(found: Austerity) -> Prose:
    """Say which years and authorities there are, in which prices, and what is missing."""
    years = [int(year) for year in found.national.index]
    graded = found.inspections
    return WORDS.prose(
        "described",
        n_authorities=found.spending["authority_code"].nunique(),
        first_year=financial_year(years[0]),
        last_year=financial_year(years[-1]),
        price_year=financial_year(found.parameters.price_year),
        prevention=prevention_lines(),
        n_inspections=len(graded),
        first_inspection=graded["year"].min(),
        last_inspection=graded["year"].max(),
    )


def cuts_result(found: Austerity) -> Prose:
    """Say what was cut, what grew, and by how much between authorities."""
    money = found.national
    first, last = BASE_YEAR, int(money.index[-1])
    if first not in money.index or last == first:
        return WORDS.prose("cuts.none", first_year=financial_year(first))
    spend = money["children_services_gbp"]
    lowest = int(spend.loc[first:].idxmin())
    changed = found.spending[found.spending["year"] == lowest]["change_percent"].dropna()
    tenth, ninetieth = changed.quantile([0.1, 0.9])
    return WORDS.prose(
        "cuts",
        first_year=financial_year(first),
        lowest_year=financial_year(lowest),
        last_year=financial_year(last),
        change_to_lowest=_change(spend, first, lowest),
        change_to_last=_change(spend, first, last),
        lines=[text for name in _LINES if (text := _since_it_entered(money, name))],
        tenth_percent=tenth,
        ninetieth_percent=ninetieth,
        n_authorities=len(changed),
    )


def _since_it_entered(money: pd.DataFrame, name: str) -> str:
    """Return a line's change since the base year, or since the first year in which the return had it."""
    known = money.loc[BASE_YEAR:, name].dropna()
    if len(known) < 2:
        return ""
    first, last = int(known.index[0]), int(known.index[-1])
    return WORDS.say(
        f"cuts.line.{name}", change=_change(known, first, last), first_year=financial_year(first)
    )


def _change(spend: pd.Series, first: int, last: int) -> str:
    share = spend[last] / spend[first] - 1
    return WORDS.say("change.higher" if share > 0 else "change.lower", share=abs(share))


def lags_result(found: Austerity) -> Prose:
    """Say which outcomes go with spend of the year before or the same year, and which with spend that comes after."""
    earlier_spend = [text for outcome in OUTCOMES for lag in (1, 0) if (text := _clear(found, outcome, lag))]
    later_spend = [text for outcome in OUTCOMES if (text := _clear(found, outcome, -1))]
    return WORDS.prose(
        "lags",
        spend=indicator(found.parameters.spend).label,
        outcomes=earlier_spend,
        placebo=WORDS.say("lags.placebo.clear", outcomes=later_spend)
        if later_spend
        else WORDS.say("lags.placebo.none"),
    )


def _clear(found: Austerity, outcome: str, lag: int) -> str:
    """Return an outcome with its association at a lag; nothing where there is none, or its interval holds zero."""
    estimate = found.lags[outcome, lag]
    if not estimate or not estimate.excludes():
        return ""
    return WORDS.say(
        _SENTENCE_OF_LAG[lag],
        outcome=indicator(outcome).label,
        estimate=estimate.estimate,
        low=estimate.conf_low,
        high=estimate.conf_high,
    )


def grades_result(found: Austerity) -> Prose:
    """Say how grades go with prevention and deprivation, beside the published estimates, and how much is explained."""
    early, every = found.models[0], found.models[1]
    outstanding = next(finding for finding in found.own if finding.name == "outstanding-among-deepest-cuts")
    return WORDS.prose(
        "grades",
        n_early=early.fitted.n_observations,
        last_early_year=WEBB_LAST_YEAR,
        early_prevention=_odds(early, "prevention"),
        early_deprivation=_odds(early, "deprivation_decile"),
        early_safeguarding=_odds(early, "safeguarding"),
        published_prevention=_published("webb-2022-prevention"),
        published_deprivation=_published("webb-2022-deprivation"),
        n_all=every.fitted.n_observations,
        prevention=_odds(every, "prevention"),
        deprivation=_odds(every, "deprivation_decile"),
        safeguarding=_odds(every, "safeguarding"),
        change=_odds(found.change_model, "change"),
        outstanding_percent=outstanding.estimate,
        outstanding_low=outstanding.conf_low,
        outstanding_high=outstanding.conf_high,
    )


def _odds(model: JudgementModel, term: str) -> tuple[float, float, float]:
    return model.fitted.term(term).with_limits


def _published(name: str) -> tuple[float | None, float | None, float | None]:
    published = published_estimates()[name]
    return published.estimate, published.conf_low, published.conf_high


def austerity_limits(found: Austerity) -> Prose:
    """Say what spend can't show."""
    return WORDS.prose("limits", price_year=financial_year(found.parameters.price_year))
