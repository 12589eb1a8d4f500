"""Charts and tables on one authority."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.data.cleaning.years import label_of_days
from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.synthetic_control import SyntheticControl
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
from .words import WORDS, reason_for_none, reason_of

_COLUMNS = 3


def timeline_table(case: CaseStudy) -> Table | Prose:
    """Return what happened to the authority and when; in words where nothing is known."""
    if case.timeline.empty:
        return WORDS.prose("timeline.none", authority=case.authority)
    columns = {"date": "Date", "event": "What happened", "source": "Source"}
    return Table(
        case.timeline.rename(columns=columns),
        caption=WORDS.say("caption.timeline", authority=case.authority),
        source=WORDS.say("source.timeline"),
        note=WORDS.say("note.timeline"),
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
    caption = WORDS.say(
        "caption.series.judged" if case.inadequate_on else "caption.series", authority=case.authority
    )
    indicators = [_series_alt(case, name, frame) for name, frame in frames.items()]
    return Chart(figure, caption, WORDS.say("alt.series", indicators=indicators), source_line(SERIES))


def _series_alt(case: CaseStudy, name: str, frame: pd.DataFrame) -> str:
    entry = indicator(name)
    return WORDS.say(
        "alt.series.indicator",
        indicator=entry.axis_label,
        authority=case.authority,
        authority_values=first_last_extremes(frame["own"], decimals_of(entry)),
        england_values=first_last_extremes(frame["england"], decimals_of(entry)),
    )


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
    controls = case.computed()
    rows = -(-len(controls) // _COLUMNS)
    figure = new_figure(height_cm=4.8 * rows + 1.2)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, control in zip(panels, controls.values(), strict=False):
        _draw_gap(axes, control)
    for axes in panels[len(controls) :]:
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
    outcomes = [
        WORDS.say(
            "alt.gaps.outcome",
            outcome=indicator(control.specification.outcome).label,
            gaps=first_last_extremes(control.path["gap"], 1),
        )
        for control in controls.values()
    ]
    return Chart(
        figure,
        WORDS.say("caption.gaps", authority=case.authority),
        WORDS.say("alt.gaps", outcomes=outcomes),
        _source(case),
    )


def gaps(case: CaseStudy) -> Chart | Prose:
    """Draw the gaps to the synthetic controls among those of placebos; say why where there are none."""
    return _gaps(case) if case.computed() else WORDS.prose("gaps.none", reason=reason_for_none(case))


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
        caption=WORDS.say("caption.synthetic", authority=case.authority),
        source=_source(case),
        note=WORDS.say("note.synthetic"),
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
        "Gap after": with_interval(*found.with_limits, digits),
        "p": p_value(found.p_value),
        "Earlier date": number(found.earlier_gap, digits),
        "Made of": ", ".join(largest),
    }


def reports_table(case: CaseStudy) -> Table | Prose:
    """Return what the authority's reports speak of, by construct; in words where it has none."""
    if not case.n_reports:
        return WORDS.prose("reports.none", authority=case.authority)
    return own_table(case)


def standing_table(case: CaseStudy) -> Table | Prose:
    """Return what each report says of turnover and caseload beside the official figure of its time, with both places."""
    if case.standing.empty:
        return WORDS.prose("standing_table.none", authority=case.authority)
    rows = [_standing_row(row) for row in case.standing.to_dict("records")]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.standing", authority=case.authority),
        source=f"{SOURCE}; {source_line(case.standing['indicator'].unique())}",
        note=WORDS.say("note.standing"),
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
