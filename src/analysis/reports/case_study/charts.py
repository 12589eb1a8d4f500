"""Charts and tables on one authority."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
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
    dates_in_words,
    decimals_for,
    decimals_of,
    first_last_extremes,
    number,
    source_line,
    with_interval,
    with_unit,
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

from .study import SERIES, SHOWN_BESIDE, SYNTHETIC, CaseStudy
from .words import WORDS, reason_for_none

_COLUMNS = 3
_COMPARED = "#FFF0C9"


def timeline_table(case: CaseStudy) -> Table | Prose:
    """Return what happened to the authority and when; in words where nothing is known."""
    if case.timeline.empty:
        return WORDS.prose("timeline.none", authority=case.authority)
    columns = {"date": "Date", "event": "What happened", "source": "Source"}
    return Table(
        case.timeline.map(dates_in_words).rename(columns=columns),
        caption=WORDS.say("caption.timeline", authority=case.authority),
        source=WORDS.say("source.timeline"),
        note=WORDS.say("note.timeline"),
    )


_BETTER = {"low": " ↓", "high": " ↑", "none": ""}


@themed
def answer_series(case: CaseStudy) -> Chart:
    """Draw turnover, agency work and vacancies of the authority beside its synthetic control and the middle half of all."""
    figure, frames = _panels(case, SHOWN_BESIDE, height_cm=6.0, with_synthetic=True)
    values: dict[str, Any] = {"authority": case.authority}
    is_compared = bool(case.computed()) and bool(case.inadequate_on)
    if is_compared:
        clear = [
            indicator(control.specification.outcome).phrase
            for control in case.computed().values()
            if control.excludes()
        ]
        sides = {
            side: [
                indicator(departure.indicator).phrase
                for departure in case.apart_later()
                if departure.side == side
            ]
            for side in ("below", "above")
        }
        apart = [
            WORDS.say(f"caption.answer.{side}", outcomes=names) for side, names in sides.items() if names
        ]
        later = WORDS.say("caption.answer.later", later=apart) if apart else ""
        common = {"n_years": case.n_years_compared, "later": later}
        values["has_earlier"] = _has_earlier(frames)
        values["finding"] = (
            WORDS.say("caption.answer.finding.clear", outcomes=clear, **common)
            if clear
            else WORDS.say("caption.answer.finding.none", **common)
        )
    caption = WORDS.say("caption.answer.judged" if is_compared else "caption.answer", **values)
    indicators = [_series_alt(case, name, frame) for name, frame in frames.items()]
    return Chart(figure, caption, WORDS.say("alt.series", indicators=indicators), source_line(SHOWN_BESIDE))


@themed
def series(case: CaseStudy) -> Chart:
    """Draw the authority's other figures by year beside England, its statistical neighbours and the middle half of all."""
    names = SERIES[len(SHOWN_BESIDE) :]
    figure, frames = _panels(case, names, height_cm=10.4, with_synthetic=False)
    caption = WORDS.say(
        "caption.series.judged" if case.inadequate_on else "caption.series",
        authority=case.authority,
        finding=_beside_england(case, frames),
        has_earlier=_has_earlier(frames),
    )
    indicators = [_series_alt(case, name, frame) for name, frame in frames.items()]
    return Chart(figure, caption, WORDS.say("alt.series", indicators=indicators), source_line(names))


def _has_earlier(frames: Mapping[str, pd.DataFrame]) -> bool:
    """Whether the authority has figures of a definition before the comparable one."""
    return any(
        frame["own"].loc[: (indicator(name).comparable_from or 0) - 1].notna().any()
        for name, frame in frames.items()
    )


def _beside_england(case: CaseStudy, frames: Mapping[str, pd.DataFrame]) -> str:
    """Say how many figures of the authority lie above and below England's in their latest common year."""
    n_above, n_below, n_figures = 0, 0, 0
    for name, frame in frames.items():
        both = frame[["own", "england"]].dropna().round(decimals_of(indicator(name)))
        if len(both):
            own, england = both.iloc[-1]
            n_figures, n_above, n_below = n_figures + 1, n_above + (own > england), n_below + (own < england)
    if not n_figures:
        return WORDS.say("caption.series.finding.none", authority=case.authority)
    return WORDS.say(
        "caption.series.finding",
        authority=case.authority,
        n_figures=n_figures,
        n_above=int(n_above),
        n_below=int(n_below),
    )


def _panels(
    case: CaseStudy, names: Sequence[str], height_cm: float, *, with_synthetic: bool
) -> tuple[Figure, dict[str, pd.DataFrame]]:
    figure = new_figure(height_cm=height_cm)
    panels = figure.subplots(-(-len(names) // _COLUMNS), _COLUMNS, squeeze=False).ravel()
    frames = {name: _by_year(case, name) for name in names}
    for axes, (name, frame) in zip(panels, frames.items(), strict=True):
        _draw_series(axes, case, name, frame, with_synthetic=with_synthetic)
    paths = [control for control in case.computed().values() if control.specification.outcome in names]
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=HIGHLIGHT, marker="o", markersize=3, label=case.authority)
    ]
    if with_synthetic and paths:
        handles.append(Line2D([], [], color=INK, linestyle="--", label="its synthetic control"))
        handles.append(Patch(color=_COMPARED, label="years compared"))
    if not with_synthetic:
        handles.append(Line2D([], [], color=ENGLAND, linewidth=1.6, label="England"))
        handles.append(
            Line2D([], [], color=NEUTRAL, linestyle="--", label="median of statistical neighbours")
        )
    band = Patch(color=BAND, label="middle half of authorities")
    figure.legend(handles=[*handles, band], loc="outside upper left", ncols=2, columnspacing=1.2)
    return figure, frames


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


def _draw_series(
    axes: Axes, case: CaseStudy, name: str, frame: pd.DataFrame, *, with_synthetic: bool
) -> None:
    entry = indicator(name)
    style_axes(axes)
    heading(axes, wrapped(entry.label + _BETTER[entry.polarity], 19), crowded=True)
    axes.set_ylabel(wrapped(entry.unit_label, 21))
    axes.fill_between(frame.index, frame["low"], frame["high"], color=BAND, linewidth=0)
    if with_synthetic:
        for control in case.computed().values():
            if control.specification.outcome == name:
                first, last = (control.specification.start + n for n in control.specification.averaged)
                axes.axvspan(first - 0.5, last + 0.5, color=_COMPARED, linewidth=0, zorder=0)
                axes.plot(
                    control.path.index, control.path["synthetic"], color=INK, linewidth=1.2, linestyle="--",
                    zorder=3,
                )  # fmt: skip
    else:
        axes.plot(frame.index, frame["england"], color=ENGLAND, linewidth=1.6)
        axes.plot(frame.index, frame["neighbours"], color=NEUTRAL, linewidth=1.0, linestyle="--")
    # Figures of an earlier definition stand apart, without a line to those that came after.
    since = entry.comparable_from or frame.index.min()
    for own, fill in ((frame["own"].loc[: since - 1], "white"), (frame["own"].loc[since:], HIGHLIGHT)):
        axes.plot(
            own.index, own, color=HIGHLIGHT, linewidth=1.2, marker="o", markersize=3, markerfacecolor=fill
        )
    if case.inadequate_on:
        start = int(label_of_days(pd.Series([case.inadequate_on]), name).iloc[0])
        if frame.index.min() < start <= frame.index.max():
            axes.axvline(start - 0.5, color=INK, linewidth=0.8, linestyle=":")
    if with_synthetic:
        axes.set_ylim(bottom=0)
    year_axis(axes, list(frame.index), 4)
    number_axis(axes.yaxis, 4)


@themed
def _gaps(case: CaseStudy) -> Chart:
    controls = case.computed()
    rows = -(-len(controls) // _COLUMNS)
    figure = new_figure(height_cm=4.2 * rows + 1.0)
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
        Line2D([], [], color=OTHER, linewidth=0.7, label="the same for the authorities compared with"),
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
        WORDS.say(
            "caption.gaps",
            authority=case.authority,
            n=len(controls),
            n_clear=sum(control.excludes() for control in controls.values()),
        ),
        WORDS.say("alt.gaps", outcomes=outcomes),
        _source(case),
    )


def gaps(case: CaseStudy) -> Chart | Prose:
    """Draw the gaps to the synthetic controls among those of placebos; say why where there are none."""
    return _gaps(case) if case.computed() else WORDS.prose("gaps.none", reason=reason_for_none(case))


def _draw_gap(axes: Axes, control: SyntheticControl) -> None:
    entry = indicator(control.specification.outcome)
    style_axes(axes)
    heading(axes, wrapped(entry.label + _BETTER[entry.polarity], 19), crowded=True)
    axes.set_ylabel(wrapped(entry.difference_label, 21))
    axes.plot(control.placebo_gaps.index, control.placebo_gaps, color=OTHER, linewidth=0.5, alpha=0.5)
    axes.axhline(0, color=INK, linewidth=0.7)
    axes.axvline(control.specification.start - 0.5, color=INK, linewidth=0.8, linestyle=":")
    axes.plot(
        control.path.index, control.path["gap"], color=HIGHLIGHT, marker="o", markersize=3, linewidth=1.4
    )
    year_axis(axes, list(control.path.index), 4)
    number_axis(axes.yaxis, 4)


def _source(case: CaseStudy) -> str:
    return f"{SOURCE}; {source_line(SYNTHETIC.values())}"


def synthetic_table(case: CaseStudy) -> Table | Prose:
    """Return a row an outcome: difference after with its placebos' limits and rank; in words where there is none."""
    if not case.computed():
        return WORDS.prose("gaps.none", reason=reason_for_none(case))
    names = case.panel.drop_duplicates("authority_code").set_index("authority_code")["authority"]
    rows = [_synthetic_row(name, control, names) for name, control in case.computed().items()]
    columns = ["Outcome", "Years before", "Difference", "Rank", "Largest part"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        caption=WORDS.say("caption.synthetic", authority=case.authority),
        source=_source(case),
        note=WORDS.say("note.synthetic"),
        align_right=("Years before", "Difference", "Rank"),
    )


def _synthetic_row(name: str, control: SyntheticControl, names: pd.Series) -> dict[str, str]:
    entry = indicator(SYNTHETIC[name])
    digits = decimals_for((control.conf_high - control.conf_low) / 8)
    donor, weight = next(iter(control.weights.items()))
    n_all = control.n_donors + 1
    return {
        "Outcome": f"{entry.label} ({entry.difference_label})",
        "Years before": number(control.n_years_before, 0),
        "Difference": with_interval(*control.with_limits, digits),
        "Rank": WORDS.say("rank", place=round(control.p_value * n_all), n_all=n_all),
        "Largest part": f"{names[donor]} ({weight:.0%})",
    }


def reports_table(case: CaseStudy) -> Table | Prose:
    """Return what the authority's reports speak of, by construct; in words where it has none."""
    if not case.n_reports:
        return WORDS.prose("reports.none", authority=case.authority)
    return own_table(case)


def standing_table(case: CaseStudy) -> Table | Prose:
    """Return what each report says of turnover and caseload beside the official figure of its time, with both places."""
    known = case.standing.dropna(subset=["percentile"]) if len(case.standing) else case.standing
    if known.empty:
        return WORDS.prose("standing_table.none", authority=case.authority)
    return Table(
        pd.DataFrame([_standing_row(row) for row in known.to_dict("records")]),
        caption=WORDS.say("caption.standing", authority=case.authority),
        source=f"{SOURCE}; {source_line(known['indicator'].unique())}",
        note=WORDS.say("note.standing"),
        align_right=("Problem sentences", "Place among reports", "Place among authorities"),
    )


def _standing_row(row: Mapping[Any, Any]) -> dict[str, str]:
    entry = indicator(row["indicator"])
    return {
        "Report of": dates_in_words(row["published"]),
        "Speaks of": LABELS[row["construct"]],
        "Problem sentences": f"{row['problem']} of {row['sentences']}",
        "Place among reports": number(row["share_percentile"], 0),
        "Official figure": f"{entry.label} {row['year']}: {with_unit(row['value'], entry)}",
        "Place among authorities": number(row["percentile"], 0),
    }
