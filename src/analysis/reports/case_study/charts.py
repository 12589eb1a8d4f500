"""Charts and tables on one authority."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.data.cleaning.years import label_of_days
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.synthetic_control import SyntheticControl
from analysis.reports.data.study import ENGLAND as ENGLAND_CODE
from analysis.reports.inspections.charts import SOURCE
from analysis.reports.inspections.tables import own_table
from analysis.showing.numbers import (
    decimals_for,
    decimals_of,
    first_last_extremes,
    number,
    p_value,
    source_line,
    with_interval,
    wrapped,
)
from analysis.showing.theme import (
    BAND,
    ENGLAND,
    HIGHLIGHT,
    INK,
    NEUTRAL,
    OTHER,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
    year_axis,
)
from publishing.display import Chart, Prose, Table

from .study import SERIES, SYNTHETIC, CaseStudy
from .words import reason_for_none, reason_of

_COLUMNS = 3


def timeline_table(case: CaseStudy) -> Table | Prose:
    """Return what happened to the authority and when; in words where nothing is known."""
    if case.timeline.empty:
        return Prose(f"The tables have no inspection and no other dated fact of {case.authority}.")
    columns = {"date": "Date", "event": "What happened", "source": "Source"}
    return Table(
        case.timeline.rename(columns=columns),
        caption=f"{case.authority}: what happened and when",
        source="the documents named in the last column",
        note="The date of an inspection is its last day.",
    )


@themed
def series(case: CaseStudy) -> Chart:
    """Draw the authority's figures by year beside England, its statistical neighbours and the middle half of all."""
    figure = new_figure(height_cm=15.0)
    panels = figure.subplots(-(-len(SERIES) // _COLUMNS), _COLUMNS, squeeze=False).ravel()
    frames = {name: _by_year(case, name) for name in SERIES}
    for axes, (name, frame) in zip(panels, frames.items(), strict=True):
        _draw_series(axes, case, name, frame)
    handles = [
        Line2D([], [], color=HIGHLIGHT, marker="o", markersize=3, label=case.authority),
        Line2D([], [], color=ENGLAND, linewidth=1.6, label="England"),
        Line2D([], [], color=NEUTRAL, linestyle="--", label="median of statistical neighbours"),
        Patch(color=BAND, label="middle half of authorities"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=4, columnspacing=1.2)
    caption = f"{case.authority} beside others, by each publication's own year."
    if case.inadequate_on:
        caption += (
            " The dotted line stands before the first figure that the inadequate judgement may have touched."
        )
    alt = ". ".join(
        f"{indicator(name).axis_label}: {case.authority} "
        f"{first_last_extremes(frame['own'], decimals_of(indicator(name)))}; England "
        f"{first_last_extremes(frame['england'], decimals_of(indicator(name)))}"
        for name, frame in frames.items()
    )
    return Chart(figure, caption, f"Line charts over years. {alt}.", source_line(SERIES))


def _by_year(case: CaseStudy, name: str) -> pd.DataFrame:
    """Return own, england, neighbours (median), low and high (quartiles) by year."""
    panel, national = case.panel, case.national
    rows = national[(national["authority_code"] == ENGLAND_CODE) & (national["indicator"] == name)]
    kin = panel[panel["authority_code"].isin(case.neighbours)].groupby("year")[name].median()
    quartiles = panel.groupby("year")[name].quantile([0.25, 0.75]).unstack()
    own = panel[panel["authority_code"] == case.about.code].set_index("year")[name]
    columns = {
        "own": own, "england": rows.set_index("year")["value"], "neighbours": kin,
        "low": quartiles[0.25], "high": quartiles[0.75],
    }  # fmt: skip
    frame = pd.DataFrame(columns).astype(float).dropna(how="all")
    return frame.reindex(range(int(frame.index.min()), int(frame.index.max()) + 1))


def _draw_series(axes: Axes, case: CaseStudy, name: str, frame: pd.DataFrame) -> None:
    entry = indicator(name)
    style_axes(axes)
    heading(axes, wrapped(entry.label, 26), crowded=True)
    axes.set_ylabel(wrapped(entry.unit_label, 24))
    axes.fill_between(frame.index, frame["low"], frame["high"], color=BAND, linewidth=0)
    axes.plot(frame.index, frame["england"], color=ENGLAND, linewidth=1.6)
    axes.plot(frame.index, frame["neighbours"], color=NEUTRAL, linewidth=1.0, linestyle="--")
    axes.plot(frame.index, frame["own"], color=HIGHLIGHT, linewidth=1.2, marker="o", markersize=3)
    if case.inadequate_on:
        start = int(label_of_days(pd.Series([case.inadequate_on]), name).iloc[0])
        if frame.index.min() < start <= frame.index.max():
            axes.axvline(start - 0.5, color=INK, linewidth=0.8, linestyle=":")
    year_axis(axes, list(frame.index), 4)
    number_axis(axes.yaxis, 4)


@themed
def _gaps(case: CaseStudy) -> Chart:
    found = case.computed()
    rows = -(-len(found) // _COLUMNS)
    figure = new_figure(height_cm=4.8 * rows + 1.2)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, one in zip(panels, found.values(), strict=False):
        _draw_gap(axes, one)
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    handles = [
        Line2D(
            [],
            [],
            color=HIGHLIGHT,
            marker="o",
            markersize=3,
            label=f"{case.authority} less its synthetic control",
        ),
        Line2D([], [], color=OTHER, linewidth=0.7, label="placebos: donors treated in turn"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    alt = ". ".join(
        f"{indicator(one.specification.outcome).label}: gap {first_last_extremes(one.path['gap'], 1)}"
        for one in found.values()
    )
    return Chart(
        figure,
        f"{case.authority} less its synthetic control, in each outcome's own unit; the dotted line stands before the first "
        "figure that the first inadequate judgement may have touched.",
        f"Line charts of gaps among placebos. {alt}.",
        _source(case),
    )


def gaps(case: CaseStudy) -> Chart | Prose:
    """Draw the gaps to the synthetic controls among those of placebos; say why where there are none."""
    return _gaps(case) if case.computed() else Prose(f"No synthetic control: {reason_for_none(case)}.")


def _draw_gap(axes: Axes, one: SyntheticControl) -> None:
    entry = indicator(one.specification.outcome)
    style_axes(axes)
    heading(axes, wrapped(entry.label, 26), crowded=True)
    axes.set_ylabel(wrapped(entry.difference_label, 24))
    axes.plot(one.placebo_gaps.index, one.placebo_gaps, color=OTHER, linewidth=0.5, alpha=0.5)
    axes.axhline(0, color=INK, linewidth=0.7)
    axes.axvline(one.specification.start - 0.5, color=INK, linewidth=0.8, linestyle=":")
    axes.plot(one.path.index, one.path["gap"], color=HIGHLIGHT, marker="o", markersize=3, linewidth=1.4)
    year_axis(axes, list(one.path.index), 4)
    number_axis(axes.yaxis, 4)


def _source(case: CaseStudy) -> str:
    return f"{SOURCE}; {source_line(SYNTHETIC.values())}"


def synthetic_table(case: CaseStudy) -> Table:
    """Return a row an outcome: fit before, gap after with its placebos' limits, rank, earlier date, or why there is none."""
    names = case.panel.drop_duplicates("authority_code").set_index("authority_code")["authority"]
    rows = [_synthetic_row(name, found, names) for name, found in case.synthetic.items()]
    columns = ["Outcome", "Years before", "Fit before", "Gap after", "p", "Earlier date", "Made of"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        caption=f"{case.authority} and its synthetic control, since its first inadequate judgement",
        source=_source(case),
        note="Fit before: root mean squared gap. Gap after: mean of the first three years that lie wholly after it, with "
        "the limits that leave out the middle 95% of placebos. p: rank of the gap after over the fit before among "
        "donors treated in turn. Earlier date: mean gap of the last two years before, fitted without them; a dash "
        "where too few years are left. Made of: the largest weights. Turnover, agency work and vacancies are matched "
        "on 2015 and 2016 too, when the definition was another one for all authorities.",
        align_right=("Years before", "Fit before", "Gap after", "p", "Earlier date"),
    )


def _synthetic_row(name: str, found: SyntheticControl | str, names: pd.Series) -> dict[str, str]:
    label = indicator(SYNTHETIC[name]).label
    if isinstance(found, str):
        return {"Outcome": label, "Made of": f"none: {reason_of(found)}"}
    digits = decimals_for((found.conf_high - found.conf_low) / 8)
    largest = [f"{names[code]} {weight:.0%}" for code, weight in list(found.weights.items())[:3]]
    return {
        "Outcome": label,
        "Years before": number(found.n_years_before, 0),
        "Fit before": number(found.rmspe_before, 2),
        "Gap after": with_interval(found.average_gap, found.conf_low, found.conf_high, digits),
        "p": p_value(found.p_value),
        "Earlier date": number(found.earlier_gap, digits),
        "Made of": ", ".join(largest),
    }


def reports_table(case: CaseStudy) -> Table | Prose:
    """Return what the authority's reports speak of, by construct; in words where it has none."""
    if not case.n_reports:
        return Prose(f"The table of reports has none of {case.authority}.")
    return own_table(case)


def standing_table(case: CaseStudy) -> Table | Prose:
    """Return what each report says of turnover and caseload beside the official figure of its time, with both places."""
    if case.standing.empty:
        return Prose(f"Without a report there is nothing to set beside the figures of {case.authority}.")
    rows = [_standing_row(row) for row in case.standing.to_dict("records")]
    return Table(
        pd.DataFrame(rows),
        caption=f"{case.authority}: do its reports and the official figures say the same?",
        source=f"{SOURCE}; {source_line(case.standing['indicator'].unique())}",
        note="Among reports: place of the share of problem sentences among all reports, 0 lowest, 100 highest. Among "
        "authorities: place of the official figure of the newest 30 September before the inspection. Ties count half.",
        align_right=("Problem sentences", "Among reports", "Figure", "Among authorities"),
    )


def _standing_row(row: Mapping[str, Any]) -> dict[str, str]:
    entry = indicator(row["indicator"])
    return {
        "Report of": row["published"],
        "Speaks of": LABELS[row["construct"]],
        "Problem sentences": f"{row['problem']} of {row['sentences']}",
        "Among reports": number(row["share_percentile"], 0),
        "Official figure": f"{entry.label}, {row['year']}",
        "Figure": number(row["value"], 1),
        "Among authorities": number(row["percentile"], 0),
    }
