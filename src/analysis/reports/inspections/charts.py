"""Figures on inspection reports: which problems go together, official figures beside, what they speak of over time."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.data.definitions.inspection_reports import LABELS
from analysis.findings.interval import IntervalEstimate
from analysis.showing.findings import ratio_axis
from analysis.showing.numbers import source_line, with_interval, wrapped
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    OTHER,
    SMALL_POINTS,
    TEXT_POINTS,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
    year_axis,
)
from publishing.display import Chart

from .compared import Compared, compared_figures, compared_pairs
from .study import ALL, PERIODS, InspectionStudy
from .words import WORDS, digits_of, naming_of, reports_share, share_of

SOURCE = "Ofsted: inspection reports of local authority children's services, coded by this project"
NEW_FRAMEWORK = 2018
"""The year in which shorter reports under another framework began."""
_APART = 0.17
"""How far an association as coded is drawn below the corrected one."""


@themed
def spoken_of(study: InspectionStudy) -> Chart:
    """Draw in how many of 100 sentences reports speak of each problem, the most frequent first, corrected and as coded."""
    coded = study.shares.set_index(["construct", "group"])["coded"]
    shares = {name: share_of(study, name) for name in LABELS}
    rows, told = [], []
    for name in sorted(shares, key=lambda name: -shares[name][0]):
        estimate, low, high = shares[name]
        as_coded = float(coded[(name, ALL)])
        reports = naming_of(study, name)
        rows.append(
            Compared(
                label=WORDS.say("label.spoken_of", construct=LABELS[name], n_named=int(reports["n_named"])),
                names=(name, ""),
                corrected=IntervalEstimate(estimate=estimate, conf_low=low, conf_high=high),
                as_coded=IntervalEstimate(estimate=as_coded, conf_low=as_coded, conf_high=as_coded),
                null=0.0,
                stands=False,
                stands_as_coded=False,
            )
        )
        told.append(
            WORDS.say(
                "alt.spoken_of.row",
                construct=LABELS[name],
                share=shares[name],
                digits=digits_of(shares[name]),
                n_named=int(reports["n_named"]),
                n_reports=int(reports["n_reports"]),
                reports=reports_share(reports),
            )
        )
    first = rows[0].names[0]
    caption = WORDS.say(
        "caption.spoken_of",
        most=LABELS[first].lower(),
        share=shares[first],
        n_reports=int(study.naming["n_reports"].iloc[0]),
    )
    return _compared_chart(
        rows,
        WORDS.say("axis.spoken_of"),
        caption,
        WORDS.say("alt.spoken_of", rows=told),
        SOURCE,
        [digits_of(shares[row.names[0]]) for row in rows],
    )


@themed
def pairs_forest(study: InspectionStudy) -> Chart:
    """Draw pairs of problems as rows, corrected and as coded: those of claims, and those that stand either way."""
    pairs = compared_pairs(study)
    shown = [pair for pair in pairs if pair.is_claimed or pair.is_clear or pair.stands_as_coded]
    shown = sorted(shown, key=lambda pair: -pair.corrected.estimate if pair.corrected else 0.0)
    caption = WORDS.say(
        "caption.pairs",
        n_pairs=sum(pair.corrected is not None for pair in pairs),
        n_standing=sum(pair.stands for pair in pairs),
        n_alone=sum(pair.is_clear and not pair.stands for pair in pairs),
        n_shown=len(shown),
    )
    alt = WORDS.say("alt.pairs", n_shown=len(shown), rows=_told(shown))
    return _compared_chart(shown, WORDS.say("axis.pairs"), caption, alt, SOURCE)


@themed
def figures_forest(study: InspectionStudy) -> Chart:
    """Draw how reports go with each official figure, corrected and as coded."""
    compared = compared_figures(study)
    caption = WORDS.say(
        "caption.figures",
        n_clear=sum(row.stands for row in compared),
        n=len(compared),
        n_clear_as_coded=sum(row.stands_as_coded for row in compared),
    )
    source = f"{SOURCE}; {source_line(study.corrected['indicator'])}"
    alt = WORDS.say("alt.figures", rows=_told(compared))
    return _compared_chart(compared, WORDS.say("axis.figures"), caption, alt, source)


def _told(rows: Sequence[Compared]) -> list[str]:
    return [
        WORDS.say(
            "alt.compared" if row.corrected else "alt.compared.none",
            label=row.label,
            as_coded=row.as_coded.with_limits,
            **({"corrected": row.corrected.with_limits} if row.corrected else {}),
        )
        for row in rows
    ]


def _compared_chart(
    rows: Sequence[Compared],
    axis: str,
    caption: str,
    alt: str,
    source: str,
    decimals: Sequence[int] | None = None,
) -> Chart:
    """Draw a row an association; ``decimals`` of what stands beside each, two where nothing is said."""
    labels = [wrapped(row.label, 48) for row in rows]
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    figure = new_figure(height_cm=2.2 + (0.26 + 0.3 * lines) * len(rows))
    axes = figure.subplots()
    style_axes(axes, "x")
    null = rows[0].null if rows else 0.0
    axes.axvline(null, color=INK, linewidth=0.8)
    for place, row in enumerate(rows):
        coded = row.as_coded
        axes.hlines(place + _APART, coded.conf_low, coded.conf_high, color=OTHER, linewidth=1.0)
        axes.plot(coded.estimate, place + _APART, "o", color=OTHER, markerfacecolor="white", markersize=4)
        if row.corrected:
            middle, low, high = row.corrected.with_limits
            axes.hlines(place - _APART, low, high, color=ENGLAND, linewidth=1.8)
            axes.plot(middle, place - _APART, "D", color=ENGLAND, markersize=5)
    axes.set_yticks(range(len(rows)), labels)
    axes.tick_params(axis="y", length=0, labelsize=TEXT_POINTS)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    ratio_axis(axes) if null else number_axis(axes.xaxis)
    axes.set_xlabel(axis)
    _corrected_beside(axes, rows, decimals or [2] * len(rows))
    handles = [
        Line2D([], [], color=ENGLAND, marker="D", markersize=5, label=WORDS.say("key.corrected")),
        Line2D([], [], color=OTHER, marker="o", markerfacecolor="white", markersize=4, label=WORDS.say("key.coded")),
    ]  # fmt: skip
    axes.figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return Chart(figure, caption, alt, source)


def _corrected_beside(axes: Axes, rows: Sequence[Compared], decimals: Sequence[int]) -> None:
    right = axes.secondary_yaxis("right")
    texts = [
        with_interval(*row.corrected.with_limits, digits) if row.corrected else "–"
        for row, digits in zip(rows, decimals, strict=True)
    ]
    right.set_yticks(range(len(rows)), texts)
    right.tick_params(length=0, labelsize=SMALL_POINTS, labelcolor=ENGLAND)
    right.spines["right"].set_visible(False)


@themed
def over_time(study: InspectionStudy) -> Chart:
    """Draw each construct's share of problem sentences by year of inspection, with the marked authority's reports."""
    figure = new_figure(height_cm=10.6)
    panels = figure.subplots(4, 2, sharex=True).ravel()
    years = sorted(study.by_year["group"].unique())
    for axes, (construct, text) in zip(panels, LABELS.items(), strict=True):
        _draw_years(axes, study.by_year[study.by_year["construct"] == construct])
        _draw_periods(axes, study, construct, (years[0], years[-1]))
        _draw_own(axes, study.own[study.own["construct"] == construct])
        heading(axes, text)
        year_axis(axes, years, 7)
        axes.set_ylim(bottom=0)
        number_axis(axes.yaxis, 4)
    figure.supylabel("sentences that speak of it as a problem, per 100 read", fontsize=TEXT_POINTS)
    handles = [
        Line2D([], [], color=ENGLAND, linewidth=2.2, label="corrected, by framework"),
        Line2D([], [], color=NEUTRAL, marker="o", markersize=3, label="as coded, by year"),
        Line2D([], [], color=HIGHLIGHT, marker="D", linestyle="", markersize=5, label=study.authority),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    most = LABELS[max(LABELS, key=lambda construct: share_of(study, construct)[0])].lower()
    caption = WORDS.say("caption.over_time", most=most, authority=study.authority)
    return Chart(figure, caption, _years_alt(study), SOURCE)


def _draw_years(axes: Axes, rows: pd.DataFrame) -> None:
    style_axes(axes)
    years = rows["group"].to_numpy()
    axes.fill_between(years, 100 * rows["coded_low"], 100 * rows["coded_high"], color=BAND, linewidth=0)
    axes.plot(years, 100 * rows["coded"], color=NEUTRAL, marker="o", markersize=2.5, linewidth=1.0)


def _draw_periods(axes: Axes, study: InspectionStudy, construct: str, years: tuple[int, int]) -> None:
    spans = ((years[0], NEW_FRAMEWORK - 0.5), (NEW_FRAMEWORK - 0.5, years[1]))
    for period, (first, last) in zip(PERIODS, spans, strict=True):
        middle, low, high = share_of(study, construct, period)
        axes.fill_between([first, last], low, high, color=ENGLAND, alpha=0.2, linewidth=0)
        axes.hlines(middle, first, last, color=ENGLAND, linewidth=2.2)


def _draw_own(axes: Axes, rows: pd.DataFrame) -> None:
    axes.vlines(rows["year"], 100 * rows["conf_low"], 100 * rows["conf_high"], color=HIGHLIGHT, linewidth=0.9)
    axes.plot(rows["year"], 100 * rows["problem_share"], "D", color=HIGHLIGHT, markersize=4.5)


def _years_alt(study: InspectionStudy) -> str:
    constructs = []
    for construct, text in LABELS.items():
        rows = study.by_year[study.by_year["construct"] == construct].sort_values("group")
        first, last = rows.iloc[0], rows.iloc[-1]
        constructs.append(
            WORDS.say(
                "alt.over_time.construct",
                construct=text,
                first_per_100=100 * first["coded"],
                first_year=first["group"],
                last_per_100=100 * last["coded"],
                last_year=last["group"],
            )
        )
    own_reports = [
        WORDS.say(
            "alt.over_time.report",
            construct=LABELS[row.construct].lower(),
            year=row.year,
            per_100=100 * row.problem_share,
        )
        for row in study.own[study.own["construct"].isin(["turnover", "caseload", "drift"])].itertuples()
    ]
    return WORDS.say(
        "alt.over_time", constructs=constructs, authority=study.authority, own_reports=own_reports
    )
