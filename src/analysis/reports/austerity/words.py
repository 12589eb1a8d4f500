"""Sentences with computed numbers on spend. Words follow the rule of ``wording``: nothing is an effect."""

import pandas as pd

from analysis.claims.register import published_estimates
from analysis.data.cleaning.spending import PREVENTION
from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.grades.spend import BASE_YEAR
from analysis.showing.numbers import interval, listed, number
from publishing.display import Front, Prose

from .study import OUTCOMES, WEBB_LAST_YEAR, Austerity, AusterityParameters


def financial_year(year: int) -> str:
    """Return a financial year by the year in which it ends as readers know it: ``2010-11``."""
    return f"{year - 1}-{year % 100:02d}"


def prevention_lines() -> str:
    """Return the lines that prevention is made of, as a sentence has them."""
    return ", ".join(lower_first(indicator(name).label) for name in PREVENTION)


def austerity_question(parameters: AusterityParameters) -> Front:
    """Ask what became of spend, and what goes with it."""
    spend = lower_first(indicator(parameters.spend).label)
    return Front(
        title="Austerity, the workforce and inspection grades",
        question=f"What was cut and what grew; does an authority's change in **{spend}** go with turnover, "
        f"vacancies, agency "
        f"work, caseload and pace afterwards; and do grades follow money or deprivation?",
    )


def austerity_described(found: Austerity) -> Prose:
    """Say which years and authorities there are, in which prices, and what is missing."""
    years = [int(year) for year in found.national.index]
    graded = found.inspections
    return Prose(
        f"Gross spend by line of {found.spending['authority_code'].nunique()} authorities (former ones too), "
        f"{financial_year(years[0])} to {financial_year(years[-1])}, in prices of "
        f"{financial_year(found.parameters.price_year)}. **No figures by line are to hand for 2014-15 and "
        f"2015-16.** Prevention "
        f"is {prevention_lines()}; all three lines are in the return from 2011-12. Children by authority are "
        f"counted from "
        f"mid-2012; spend of 2010-11 and 2011-12 is divided by that first count, and national totals reach "
        f"further back than "
        f"spend per child. {len(graded)} graded inspections, {graded['year'].min()} to {graded['year'].max()}, "
        f"meet the newest "
        f"financial year that ended before them, or one up to two years older over the gap."
    )


def cuts_result(found: Austerity) -> Prose:
    """Say what was cut, what grew, and by how much between authorities."""
    money = found.national
    first, last = BASE_YEAR, int(money.index[-1])
    if first not in money.index or last == first:
        return Prose(
            f"The years shown don't reach from {financial_year(first)} to a later one; the change since then isn't said."
        )
    low = int(money.loc[first:, "children_services_gbp"].idxmin())
    changed = found.spending[found.spending["year"] == low]["change_percent"].dropna()
    lines = {"looked-after children": "looked_after_gbp", "Sure Start and early years": "early_years_gbp",
             "young people": "young_people_gbp"}  # fmt: skip
    by_line = [text for label, name in lines.items() if (text := _since_it_entered(money, name, label))]
    return Prose(
        f"Real spend on children's services was {_percent(money, 'children_services_gbp', first, low)} in "
        f"{financial_year(low)}, its lowest of the years shown, against {financial_year(first)}, and "
        f"{_percent(money, 'children_services_gbp', first, last)} in {financial_year(last)}. By line, to "
        f"{financial_year(last)}: {listed(by_line)}. Per child, authorities' changes to {financial_year(low)} ran from "
        f"{interval(*changed.quantile([0.1, 0.9]), 0)}% (tenth to ninetieth percentile of {len(changed)})."
    )


def _since_it_entered(money: pd.DataFrame, name: str, label: str) -> str:
    """Return a line's change since the base year, or since the first year in which the return had it."""
    known = money.loc[BASE_YEAR:, name].dropna()
    if len(known) < 2:
        return ""
    first, last = int(known.index[0]), int(known.index[-1])
    return f"{label} {_percent(money, name, first, last)} than in {financial_year(first)}"


def _percent(money: pd.DataFrame, name: str, first: int, last: int) -> str:
    change = 100 * (money.loc[last, name] / money.loc[first, name] - 1)
    return f"{number(abs(change), 0)}% {'higher' if change > 0 else 'lower'}"


def lags_result(found: Austerity) -> Prose:
    """Say which outcomes go with spend of the year before or the same year, and which with spend that comes after."""
    after, leads = [], []
    for outcome in OUTCOMES:
        for lag, place in ((1, after), (0, after), (-1, leads)):
            one = found.lags[outcome, lag]
            if one and not one.conf_low <= 0 <= one.conf_high:
                when = {1: "the year after", 0: "in the same year", -1: "in the year before the spend"}[lag]
                place.append(
                    f"{lower_first(indicator(outcome).label)} {when} ({number(one.estimate, 2)}, "
                    f"{interval(one.conf_low, one.conf_high)})"
                )
    spend = indicator(found.parameters.spend).label
    placebo = (
        f"Spend that comes *after* goes with {listed(leads)}: there, money follows staffing at least as much "
        f"as staffing "
        f"money."
        if leads
        else "Spend that comes after goes with none of them."
    )
    return Prose(
        f"{spend}, in standard deviations within authorities, goes clearly with "
        f"{listed(after) if after else 'none of the six'}. "
        f"{placebo} More spend going with *more* turnover, vacancies or agency work is the reverse of what "
        f"austerity as the "
        f"cause would show."
    )


def grades_result(found: Austerity) -> Prose:
    """Say how grades go with prevention and deprivation, beside the published estimates, and how much is explained."""
    nearest, whole = found.models[0].fitted, found.models[1].fitted

    def odds(model, term: str) -> str:
        one = model.term(term)
        return f"{number(one.odds_ratio, 2)} ({interval(one.conf_low, one.conf_high)})"

    change = found.change_model.fitted.term("change")
    return Prose(
        f"On {nearest.n_observations} inspections to {WEBB_LAST_YEAR}, £100 more preventative spend per child "
        f"goes with odds of "
        f"good or outstanding of {odds(nearest, 'prevention')}, one decile more deprivation with "
        f"{odds(nearest, 'deprivation_decile')}, £100 more safeguarding spend with "
        f"{odds(nearest, 'safeguarding')}; Webb, Bennett "
        f"and Bywaters have {_published('webb-2022-prevention')}, {_published('webb-2022-deprivation')} and no "
        f"association, on more inspections and in prices of their time. On all {whole.n_observations} "
        f"inspections it is {odds(whole, 'prevention')}, "
        f"{odds(whole, 'deprivation_decile')} and {odds(whole, 'safeguarding')}. The change in all spend per "
        f"child since "
        f"2010-11 goes with odds of {number(change.odds_ratio, 2)} "
        f"({interval(change.conf_low, change.conf_high)}) per standard "
        f"deviation. {_cuts(found)}"
    )


def _published(name: str) -> str:
    one = published_estimates()[name]
    return f"{number(one.estimate, 2)} ({interval(one.conf_low, one.conf_high)})"


def _cuts(found: Austerity) -> str:
    one = next(finding for finding in found.own if finding.name == "outstanding-among-deepest-cuts")
    return (
        f"Among the third of inspections after the deepest cuts, {number(one.estimate, 0)}% "
        f"({interval(one.conf_low, one.conf_high, 0)}%) were graded outstanding."
    )


def austerity_limits(found: Austerity) -> Prose:
    """Say what spend can't show."""
    return Prose(
        "- What hit all authorities in the same year goes into the effects of years: the size of austerity as "
        "a whole can't be "
        "seen here, only whether authorities that were cut more differ from those that were cut less.\n"
        "- Comparable workforce figures begin in 2017, after the deepest cuts.\n"
        "- Spend answers need: an authority in trouble spends more. Spend that comes after the outcome is "
        "shown for that "
        "reason.\n"
        "- Returns changed: Sure Start and youth lines entered in 2010-11, other early years lines in 2013-14, "
        "and from "
        "2016-17 on lines are as the Local Authority Interactive Tool has them.\n"
        "- Webb, Bennett and Bywaters had inspections of 2011 to 2013 too, of which few reports are to hand, "
        "spend of every "
        "year, and prices of their own time: £100 then bought more than £100 of "
        f"{financial_year(found.parameters.price_year)}.\n"
        "- Enquiries into significant harm stand in for the complexity of cases, which no return counts.\n"
        "- An association across authorities is not an effect, and an authority is not a child."
    )
