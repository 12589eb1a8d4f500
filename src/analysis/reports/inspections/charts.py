"""Figures on inspection reports: what they speak of over time, which problems go together, and official figures beside."""

from itertools import cycle
from math import cos, pi, sin
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.topics.validity import Agreement
from analysis.showing.numbers import number, source_line
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    HIGHLIGHT,
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

from .study import InspectionStudy
from .words import WORDS

SOURCE = "Ofsted: inspection reports of local authority children's services, coded by this project"
_OFFSETS = ((5, 4), (5, -8), (-22, 4))  # of names beside their points, which may lie close
NEW_FRAMEWORK = 2018
"""The year in which shorter reports under another framework began."""


@themed
def over_time(study: InspectionStudy) -> Chart:
    """Draw each construct's share of problem sentences by year of inspection, with the marked authority's reports."""
    figure = new_figure(height_cm=15.0)
    panels = figure.subplots(4, 2, sharex=True).ravel()
    years = sorted(study.by_year["group"].unique())
    for axes, (construct, text) in zip(panels, LABELS.items(), strict=True):
        _draw_years(axes, study.by_year[study.by_year["construct"] == construct])
        _draw_own(axes, study.own[study.own["construct"] == construct])
        heading(axes, text)
        year_axis(axes, years, 7)
        axes.set_ylim(bottom=0)
        number_axis(axes.yaxis, 4)
    figure.supylabel("sentences coded as a problem, per 100 read")
    handles = [
        Line2D([], [], color=ENGLAND, marker="o", markersize=3, label="all reports of the year"),
        Line2D([], [], color=HIGHLIGHT, marker="D", linestyle="", markersize=5, label=study.authority),
        Line2D([], [], color=NEUTRAL, linestyle=":", label=f"before {NEW_FRAMEWORK}: another framework"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    caption = WORDS.say("caption.over_time", authority=study.authority)
    return Chart(figure, caption, _years_alt(study), SOURCE)


def _draw_years(axes: Axes, rows: pd.DataFrame) -> None:
    style_axes(axes)
    years = rows["group"].to_numpy()
    axes.axvline(NEW_FRAMEWORK - 0.5, color=NEUTRAL, linestyle=":", linewidth=0.9)
    axes.fill_between(years, 100 * rows["coded_low"], 100 * rows["coded_high"], color=BAND, linewidth=0)
    axes.plot(years, 100 * rows["coded"], color=ENGLAND, marker="o", markersize=2.5, linewidth=1.2)


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


def _places(names: list[str]) -> dict[str, tuple[float, float]]:
    turn = 2 * pi / len(names)
    return {name: (cos(pi / 2 - k * turn), sin(pi / 2 - k * turn)) for k, name in enumerate(names)}


@themed
def network(study: InspectionStudy, discovery_rate: float = 0.05) -> Chart:
    """Draw the pairs of problems that go together as lines between constructs, thicker where the odds ratio is larger."""
    pairs = study.pairs
    figure = new_figure(height_cm=11.0)
    axes = figure.subplots()
    names = [name for name in LABELS if name in set(pairs["first"]) | set(pairs["second"])]
    places = _places(names)
    for row in pairs.sort_values("q_value", ascending=False).itertuples():
        _draw_pair(axes, places[row.first], places[row.second], row, row.q_value < discovery_rate)
    for name, (x, y) in places.items():
        axes.plot(x, y, "o", color=ENGLAND, markersize=9, zorder=4)
        side = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
        axes.text(1.1 * x, 1.14 * y, LABELS[name], ha=side, va="center", fontweight="bold")
    axes.set(xlim=(-2.1, 2.1), ylim=(-1.3, 1.3), aspect="equal")
    axes.set_axis_off()
    standing = pairs[pairs["q_value"] < discovery_rate].sort_values("odds_ratio", ascending=False)
    caption = WORDS.say(
        "caption.network", n_standing=len(standing), n_pairs=len(pairs), discovery_rate=discovery_rate
    )
    told = [
        WORDS.say(
            "alt.network.pair",
            first=LABELS[row.first],
            second=LABELS[row.second].lower(),
            odds_ratio=row.odds_ratio,
            low=row.conf_low,
            high=row.conf_high,
        )
        for row in standing.itertuples()
    ]
    return Chart(figure, caption, WORDS.say("alt.network", n_constructs=len(names), standing=told), SOURCE)


def _draw_pair(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], row: Any, stands: bool
) -> None:
    (x, y), (u, v) = start, end
    if not stands:
        axes.plot([x, u], [y, v], color=BAND, linewidth=0.5, zorder=1)
        return
    above = row.odds_ratio > 1
    strength = 1 + 6 * abs(np.log(row.odds_ratio))
    axes.plot(
        [x, u], [y, v], color=HIGHLIGHT if above else ENGLAND, linewidth=strength, zorder=2,
        linestyle="-" if above else "--", solid_capstyle="round",
    )  # fmt: skip
    # Off the middle, where lines of a ring cross.
    place = (x + 0.36 * (u - x), y + 0.36 * (v - y))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    axes.text(
        *place, number(row.odds_ratio, 2), fontsize=SMALL_POINTS, ha="center", va="center", bbox=box, zorder=5
    )


@themed
def official_figures(study: InspectionStudy) -> Chart:
    """Draw each report's share of problem sentences against the official figure of its time, a panel a pair."""
    figure = new_figure(height_cm=13.0)
    panels = figure.subplots(2, 2).ravel()
    for axes, found in zip(panels, study.agreements, strict=True):
        _draw_agreement(axes, study, found)
    figure.supylabel("sentences coded as a problem, per 100 read")
    panels_told = [
        WORDS.say(
            "alt.official_figures.pair",
            construct=LABELS[found.construct],
            indicator=lower_first(indicator(found.indicator).label),
            correlation=found.correlation,
            low=found.correlation_low,
            high=found.correlation_high,
            n_reports=found.n_reports,
        )
        for found in study.agreements
    ]
    return Chart(
        figure,
        WORDS.say("caption.official_figures", authority=study.authority),
        WORDS.say("alt.official_figures", panels=panels_told),
        f"{SOURCE}; {source_line([found.indicator for found in study.agreements])}",
    )


def _draw_agreement(axes: Axes, study: InspectionStudy, found: Agreement) -> None:
    rows = study.rows[study.rows["construct"] == found.construct].dropna(subset=[found.indicator])
    style_axes(axes, "both")
    x, y = rows[found.indicator], 100 * rows["problem_share"]
    axes.plot(x, y, ".", color=OTHER, markersize=3, alpha=0.6, markeredgewidth=0)
    means = pd.DataFrame({"x": x, "y": y}).groupby(pd.qcut(x, 5, duplicates="drop"), observed=True).mean()
    axes.plot(means["x"], means["y"], color=ENGLAND, marker="o", markersize=4, linewidth=1.4)
    own = rows.merge(study.own[["report", "construct", "published_year"]], on=["report", "construct"])
    for row, offset in zip(own.to_dict("records"), cycle(_OFFSETS), strict=False):
        place = (row[found.indicator], 100 * row["problem_share"])
        axes.plot(*place, "D", color=HIGHLIGHT, markersize=5)
        axes.annotate(
            str(row["published_year"]),
            place,
            offset,
            textcoords="offset points",
            color=HIGHLIGHT,
            fontsize=SMALL_POINTS,
        )
    entry = indicator(found.indicator)
    axes.set_xlabel(f"{entry.label} ({entry.unit_label})")
    heading(axes, f"{LABELS[found.construct]} in reports")
    axes.set_ylim(bottom=-0.1)
    number_axis(axes.xaxis, 5)
    number_axis(axes.yaxis, 4)
