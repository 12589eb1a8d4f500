"""Figures on spend: what was cut and what grew, what goes with it before and after, and the grades beside the cuts."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.claims.register import LITERATURE, Published, published_estimates
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import GRADES
from analysis.errors import DataError
from analysis.estimators.grades.spend import BASE_YEAR
from analysis.showing.findings import Row, findings_forest
from analysis.showing.numbers import number, source_line, spread_apart, wrapped
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    OTHER,
    SMALL_POINTS,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
    year_axis,
)
from publishing.display import Chart

from .study import LAGS_YEARS, OUTCOMES, Austerity
from .words import WORDS, financial_year

LINES = {
    "looked_after_gbp": ("Looked-after children", HIGHLIGHT, "-"),
    "safeguarding_gbp": ("Safeguarding and social work", ENGLAND, "-"),
    "prevention_gbp": ("Prevention", "#009E73", "-"),
    "family_support_gbp": ("of it: family support", NEUTRAL, ":"),
    "early_years_gbp": ("of it: Sure Start and early years", NEUTRAL, "--"),
    "young_people_gbp": ("of it: young people", NEUTRAL, "-."),
    "youth_justice_gbp": ("Youth justice", OTHER, "-"),
}
_DRAWN = {name: look for name, look in LINES.items() if name != "youth_justice_gbp"}
"""The lines that are drawn; youth justice, the smallest, is in the table alone."""
GAP_YEARS = (2014.5, 2016.5)


def source_of(names: list[str]) -> str:
    """Return the publications behind figures on spend: those of ``names``, children and prices."""
    return (
        f"{source_line([*names, 'child_population_children'])}; prices: Office for National Statistics, CPI"
    )


@themed
def spend_lines(found: Austerity) -> Chart:
    """Draw England's spend by line in £ billion of one year's prices; years without figures are shaded."""
    figure = new_figure(height_cm=10.5)
    axes = figure.subplots()
    style_axes(axes)
    billions = found.national / 1e9
    years = list(billions.index)
    axes.axvspan(*GAP_YEARS, color=BAND, linewidth=0)
    ends = {}
    for name, (label, colour, style) in _DRAWN.items():
        values = billions[name].dropna().reindex(range(years[0], years[-1] + 1))
        axes.plot(values.index, values, color=colour, linestyle=style, linewidth=1.5)
        if pd.notna(values.iloc[-1]):
            ends[f"{label} {number(values.iloc[-1], 1)}"] = (values.iloc[-1], colour)
    axes.set_ylim(bottom=0)
    year_axis(axes, years, 9)
    axes.set_xlim(years[0] - 0.4, years[-1] + 0.55 * (years[-1] - years[0]))
    number_axis(axes.yaxis)
    axes.set_ylabel(f"£ billion, {financial_year(found.parameters.price_year)} prices")
    _name_lines(axes, ends, years[-1])
    axes.text(
        float(np.mean(GAP_YEARS)),
        axes.get_ylim()[1],
        "no figures",
        ha="center",
        va="top",
        fontsize=SMALL_POINTS,
    )
    caption = WORDS.say(
        "caption.spend", first_year=financial_year(years[0]), last_year=financial_year(years[-1])
    )
    lines = [_line_alt(billions[name].dropna(), label) for name, (label, *_) in _DRAWN.items()]
    return Chart(figure, caption, WORDS.say("alt.spend", lines=lines), source_of(["children_services_gbp"]))


def _name_lines(axes: Axes, ends: dict[str, tuple[float, str]], last: int) -> None:
    low, high = axes.get_ylim()
    places = spread_apart([value for value, _ in ends.values()], (high - low) * 0.055)
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
def lags_chart(found: Austerity) -> Chart:
    """Draw, for each outcome, the association with spend taken earlier, in the same year and later."""
    figure = new_figure(height_cm=10.0)
    grid = figure.subplots(2, 3, sharex=True, sharey=True).ravel()
    for axes, outcome in zip(grid, OUTCOMES, strict=True):
        style_axes(axes)
        axes.axvspan(LAGS_YEARS[0] - 0.4, -0.5, color=BAND, linewidth=0)
        axes.axhline(0, color=INK, linewidth=0.8)
        for lag in LAGS_YEARS:
            one = found.lags[outcome, lag]
            if one:
                axes.vlines(lag, one.conf_low, one.conf_high, color=ENGLAND, linewidth=1.3)
                axes.plot(lag, one.estimate, "o", color=ENGLAND, markersize=4)
        heading(axes, wrapped(indicator(outcome).label, 30), crowded=True)
        axes.set_xticks(LAGS_YEARS, [_lag_label(lag).replace(" ", "\n") for lag in LAGS_YEARS])
        number_axis(axes.yaxis)
    figure.supxlabel("year in which the spend is taken, from the outcome's", fontsize=SMALL_POINTS)
    figure.supylabel("standard deviations per standard deviation of spend", fontsize=SMALL_POINTS)
    handles = [
        Line2D([], [], color=ENGLAND, marker="o", label="estimate with 95% interval"),
        Patch(color=BAND, label="spend of later years: a placebo"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    caption = WORDS.say("caption.lags", spend=indicator(found.parameters.spend).label)
    alt = WORDS.say("alt.lags", outcomes=[_lags_alt(found, outcome) for outcome in OUTCOMES])
    return Chart(figure, caption, alt, source_line([found.parameters.spend, *OUTCOMES]))


def _lag_label(lag: int) -> str:
    return "same" if lag == 0 else f"{abs(lag)} {'before' if lag > 0 else 'after'}"


def _lags_alt(found: Austerity, outcome: str) -> str:
    estimates = [
        WORDS.say(
            "alt.lags.estimate",
            lag=_lag_label(lag),
            estimate=effect.with_limits,
        )
        for lag in LAGS_YEARS
        if (effect := found.lags[outcome, lag])
    ]
    return WORDS.say("alt.lags.outcome", outcome=indicator(outcome).label, estimates=estimates)


_GRADE_ROWS = {
    "good-grade-on-prevention": ("£100 more prevention per child", "webb-2022-prevention"),
    "good-grade-on-deprivation": ("One decile more deprivation", "webb-2022-deprivation"),
    "good-grade-on-safeguarding": ("£100 more safeguarding per child", ""),
}


def grades_forest(found: Austerity) -> Chart:
    """Draw odds of good or outstanding on spend and deprivation: this project's beside the published ones."""
    ours = {finding.name: finding for finding in found.findings()}
    published = published_estimates()
    rows = []
    for name, (what, theirs) in _GRADE_ROWS.items():
        if theirs:
            rows.append(_published_row(published[theirs], f"{what}: Webb and others, 2011 to 2019"))
        for model, suffix in zip(found.models, ("", "-all-years"), strict=False):
            rows.append(Row.of(ours[name + suffix], f"{what}: {model.first_year} to {model.last_year}"))
    return findings_forest(
        rows,
        "odds ratio",
        WORDS.say("caption.grades"),
        source_of(["family_support_gbp", "deprivation_score"]) + "; Ofsted: inspection reports",
        unit="odds ratio (logarithmic)",
    )


def _published_row(one: Published, label: str) -> Row:
    if one.estimate is None or one.conf_low is None or one.conf_high is None:
        raise DataError(
            f"{LITERATURE}: {one.id}: give its estimate, conf_low and conf_high; a chart draws them"
        )
    return Row(label, published=True, estimate=one.estimate, conf_low=one.conf_low, conf_high=one.conf_high)


@themed
def cuts_by_grade(found: Austerity) -> Chart:
    """Draw the change in real spend per child since the base year by grade, a dot an inspection."""
    known = found.inspections.dropna(subset=["change_percent"])
    figure = new_figure(height_cm=7.5)
    axes = figure.subplots()
    style_axes(axes, "x")
    rng = np.random.default_rng(0)
    parts = []
    for place, grade in enumerate(GRADES):
        values = known.loc[known["grade"] == grade, "change_percent"]
        axes.plot(
            values,
            place + rng.uniform(-0.28, 0.28, len(values)),
            "o",
            color=ENGLAND,
            alpha=0.45,
            markersize=3,
        )
        low, middle, high = values.quantile([0.25, 0.5, 0.75])
        axes.hlines(place, low, high, color=HIGHLIGHT, linewidth=3)
        axes.plot(middle, place, "D", color=HIGHLIGHT, markersize=6)
        parts.append(
            WORDS.say(
                "alt.cuts.grade",
                grade=grade,
                median_percent=middle,
                lower_percent=low,
                upper_percent=high,
                n_inspections=len(values),
            )
        )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(GRADES)), [grade.capitalize() for grade in GRADES])
    axes.set_ylim(len(GRADES) - 0.5, -0.5)
    number_axis(axes.xaxis)
    axes.set_xlabel(
        f"change in real spend per child since {financial_year(BASE_YEAR)} (%), before the inspection"
    )
    caption = WORDS.say("caption.cuts", first_year=financial_year(BASE_YEAR))
    source = source_of(["children_services_gbp"]) + "; Ofsted: inspection reports"
    return Chart(figure, caption, WORDS.say("alt.cuts", grades=parts), source)
