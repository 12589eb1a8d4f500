"""Figures on spend: what fell and what grew, what goes with it before and after, and grades beside published ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.data.cleaning.spending import FIRST_POPULATION_YEAR
from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.reach import financial_year
from analysis.errors import RequestError
from analysis.estimators.grades.judgements import JudgementModel
from analysis.estimators.grades.spend import BASE_YEAR
from analysis.showing.findings import Row, findings_forest
from analysis.showing.numbers import number, source_line, spread_apart, wrapped
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    HIGHLIGHT,
    INK,
    SMALL_POINTS,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
    year_axis,
)
from publishing.display import Chart

from .context import BETWEEN, WITHIN
from .study import (
    LAGS_YEARS,
    OUTCOMES,
    PER_POUNDS,
    WEBB_LAST_YEAR,
    WEBB_PRICE_YEAR,
    Austerity,
    per_pounds,
)
from .words import (
    WEBB_DEPRIVATION,
    WEBB_PREVENTION,
    WORDS,
    line_change,
    missing_years,
    money_came_after,
    prevention_finding,
    published_converted,
    published_odds,
)

LINES = {
    "children_services_gbp": ("All children’s services", INK),
    "looked_after_gbp": ("Looked-after children", HIGHLIGHT),
    "safeguarding_gbp": ("Safeguarding and social work", ENGLAND),
    "prevention_gbp": ("Prevention", "#009E73"),
}
"""The lines that are drawn; those inside prevention and youth justice, the smallest, are in the table alone."""


def source_of(names: list[str]) -> str:
    """Return the publications behind figures on spend: those of ``names``, children and prices."""
    return (
        f"{source_line([*names, 'child_population_children'])}; prices: Office for National Statistics, CPI"
    )


@themed
def spend_lines(study: Austerity) -> Chart:
    """Draw England's spend per child by line in the prices of one year; years without figures are shaded.

    Raises RequestError where no year since the base year has spend per child.
    """
    figure = new_figure(height_cm=4.6)
    axes = figure.subplots()
    style_axes(axes)
    spend = study.per_child_since_base
    if spend.empty:
        raise RequestError(f"no spend per child since {financial_year(BASE_YEAR)} in the years chosen")
    years = list(spend.index)
    ends = {}
    for name, (label, colour) in LINES.items():
        values = spend[name].dropna().reindex(range(years[0], years[-1] + 1))
        axes.plot(values.index, values, color=colour, linewidth=1.6, marker="o", markersize=3)
        if pd.notna(values.iloc[-1]):
            ends[f"{label} £{number(values.iloc[-1], 0)}"] = (values.iloc[-1], colour)
    _label_first_and_lowest(axes, spend["children_services_gbp"].dropna())
    axes.set_ylim(bottom=0)
    year_axis(axes, years, 5)
    axes.set_xticks(axes.get_xticks(), [financial_year(int(year)) for year in axes.get_xticks()])
    axes.set_xlim(years[0] - 1.1, years[-1] + 0.48 * max(years[-1] - years[0], 1))
    number_axis(axes.yaxis)
    axes.set_ylabel(f"£ per child,\n{financial_year(study.parameters.price_year)} prices")
    _name_lines(axes, ends, years[-1])
    _shade_missing(axes, missing_years(study))
    caption = WORDS.say(
        "caption.spend",
        finding=WORDS.say(_finding(study)),
        price_year=financial_year(study.parameters.price_year),
        first_year=financial_year(years[0]),
        last_year=financial_year(years[-1]),
        divides_early=years[0] <= FIRST_POPULATION_YEAR,
    )
    lines = [_line_alt(spend[name].dropna(), label) for name, (label, _) in LINES.items()]
    return Chart(figure, caption, WORDS.say("alt.spend", lines=lines), source_of(["children_services_gbp"]))


def _shade_missing(axes: Axes, years: Sequence[int]) -> None:
    """Shade years without figures, and say so over each run of them."""
    top = axes.get_ylim()[1]
    for year in years:
        axes.axvspan(year - 0.5, year + 0.5, color=BAND, linewidth=0, zorder=0)
    for run in np.split(np.array(years, dtype=int), np.flatnonzero(np.diff(years) > 1) + 1) if years else []:
        middle = float(run.mean())
        axes.text(middle, top, "no figures", ha="center", va="top", fontsize=SMALL_POINTS)


def _finding(study: Austerity) -> str:
    care, total, prevention = (
        line_change(study, name) for name in ("looked_after_gbp", "children_services_gbp", "prevention_gbp")
    )
    is_apart = care and total and prevention and care.share > max(total.share, 0) and prevention.share < 0
    return "caption.spend.finding.apart" if is_apart else "caption.spend.finding"


def _label_first_and_lowest(axes: Axes, values: pd.Series) -> None:
    """Write a line's first value over its first point, and its lowest under its lowest where that comes between."""
    if values.empty:
        return
    first, lowest, last = values.index[0], int(values.idxmin()), values.index[-1]
    above, below = (0, 5), (0, -6)
    for year, offset in {first: above, lowest: below if first < lowest < last else above}.items():
        if year != last:
            axes.annotate(
                f"£{number(values[year], 0)}", (year, values[year]), xytext=offset,
                textcoords="offset points", ha="center", va="bottom" if offset == above else "top", color=INK,
                fontsize=SMALL_POINTS,
            )  # fmt: skip


def _name_lines(axes: Axes, ends: dict[str, tuple[float, str]], last: int) -> None:
    low, high = axes.get_ylim()
    places = spread_apart([value for value, _ in ends.values()], (high - low) * 0.095)
    for (label, (_, colour)), place in zip(ends.items(), places, strict=True):
        axes.text(last + 0.3, place, label, color=colour, va="center", fontsize=SMALL_POINTS)


def _line_alt(values: pd.Series, label: str) -> str:
    if values.empty:
        return WORDS.say("alt.spend.empty", label=label)
    return WORDS.say(
        "alt.spend.line",
        label=label,
        first=values.iloc[0],
        first_year=financial_year(values.index[0]),
        last=values.iloc[-1],
        last_year=financial_year(values.index[-1]),
    )


@themed
def lags_chart(study: Austerity) -> Chart:
    """Draw, for each outcome, its difference for more spend in years before, in and after that of the spend."""
    figure = new_figure(height_cm=10.6)
    grid = figure.subplots(2, 3, sharex=True).ravel()
    for axes, outcome in zip(grid, OUTCOMES, strict=True):
        style_axes(axes)
        axes.axvspan(LAGS_YEARS[0] - 0.4, -0.5, color=BAND, linewidth=0)
        axes.axhline(0, color=INK, linewidth=0.8)
        for lag in LAGS_YEARS:
            estimate = study.lags[outcome, lag]
            if estimate:
                middle, low, high = per_pounds(estimate)
                axes.vlines(lag, low, high, color=ENGLAND, linewidth=1.3)
                axes.plot(lag, middle, "o", color=ENGLAND, markersize=4)
        entry = indicator(outcome)
        heading(axes, wrapped(f"{entry.label} {_BETTER[entry.polarity]}".strip(), 19), crowded=True)
        axes.set_ylabel(entry.difference_label)
        axes.set_xticks(LAGS_YEARS, [("+" if lag > 0 else "") + number(lag, 0) for lag in LAGS_YEARS])
        number_axis(axes.yaxis, 4)
    figure.supxlabel("years from the spending to the outcome", fontsize=SMALL_POINTS)
    handles = [
        Line2D([], [], color=ENGLAND, marker="o", label="difference with 95% interval"),
        Patch(color=BAND, label="before the spending: what differs here was not brought about by it"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=1)
    first = money_came_after(study)
    caption = WORDS.say(
        "caption.lags",
        finding=WORDS.say("caption.lags.finding", outcomes=first) if first else "",
        pounds=PER_POUNDS,
        spend=lower_first(indicator(study.parameters.spend).label),
    )
    alt = WORDS.say("alt.lags", outcomes=[_lags_alt(study, outcome) for outcome in OUTCOMES])
    return Chart(figure, caption, alt, source_line([study.parameters.spend, *OUTCOMES]))


_BETTER = {"high": "↑", "low": "↓", "none": ""}


def _lag_label(lag: int) -> str:
    return "same" if lag == 0 else f"{abs(lag)} {'after' if lag > 0 else 'before'}"


def _lags_alt(study: Austerity, outcome: str) -> str:
    estimates = [
        WORDS.say("alt.lags.estimate", lag=_lag_label(lag), estimate=per_pounds(estimate))
        for lag in LAGS_YEARS
        if (estimate := study.lags[outcome, lag])
    ]
    return WORDS.say("alt.lags.outcome", outcome=indicator(outcome).axis_label, estimates=estimates)


_GRADE_ROWS = {
    "prevention": "Prevention",
    "safeguarding": "Safeguarding",
    "deprivation_decile": "Deprivation",
}
_WAYS = {"between": BETWEEN, "within": WITHIN}


def _odds_row(model: JudgementModel, term: str, what: str) -> Row:
    middle, low, high = model.fitted.term(term).with_limits
    label = f"{what}: {model.first_year} to {model.last_year}"
    return Row(label, estimate=middle, conf_low=low, conf_high=high)


def grades_forest(study: Austerity) -> Chart:
    """Draw odds ratios of good or outstanding on spend and deprivation: this project's beside the published ones.

    All are for £100 of the prices used here, to which the published one for prevention is converted.
    """
    theirs = {
        "prevention": ("published, converted", published_converted(study)),
        "deprivation_decile": ("published", published_odds(WEBB_DEPRIVATION)),
    }
    rows = []
    for term, what in _GRADE_ROWS.items():
        if term in theirs:
            said, (middle, low, high) = theirs[term]
            label = f"{what}: {said}, 2011 to {WEBB_LAST_YEAR}"
            rows.append(Row(label, published=True, estimate=middle, conf_low=low, conf_high=high))
        rows += [_odds_row(model, term, what) for model in study.models[:2]]
        if term == "prevention":
            rows += [_odds_row(study.split, name, f"{what}, {way}") for way, name in _WAYS.items()]
    return findings_forest(
        rows,
        "odds ratio",
        WORDS.say(
            "caption.grades",
            finding=prevention_finding(study),
            prices=financial_year(study.parameters.price_year),
            published=published_odds(WEBB_PREVENTION),
            published_prices=financial_year(WEBB_PRICE_YEAR),
        ),
        source_of(["family_support_gbp", "deprivation_score"]) + "; Ofsted: inspection reports",
        unit="odds ratio (logarithmic scale)",
    )
