"""Charts and tables on the years around a judgement."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.events.study import EventStudy, EventYear
from analysis.reports.inspections.charts import SOURCE
from analysis.showing.numbers import (
    number,
    p_value,
    source_line,
    upper_first,
    with_interval,
    wrapped,
)
from analysis.showing.theme import (
    HIGHLIGHT,
    INK,
    SMALL_POINTS,
    heading,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from publishing.display import Chart, Table

from .honest import STAFFING, HonestBounds, ShockHonesty
from .study import AVERAGED, InspectionShock, Shock
from .words import ASKED, DISCOVERY_RATE, WORDS, digits_of, moved_before, phrase_of, way_of

_COLUMNS = 3
_BETTER = {"low": " ↓", "high": " ↑", "none": ""}


@themed
def staffing_around_judgement(study: InspectionShock, honesty: ShockHonesty) -> Chart:
    """Draw turnover, agency work and vacancies by year around an inadequate judgement, on one scale.

    Where an outcome was moving before the judgement, the trend of the years before is carried on beyond it.
    """
    shocks = [shock for name in STAFFING for shock in study.shocks if shock.outcome == name]
    trends = _trends(shocks, honesty)
    figure = _years_figure(shocks, trends, height_cm=5.8, is_one_scale=True)
    caption = WORDS.say(
        "caption.staffing",
        finding=upper_first(_finding(study, shocks, trends)),
        trend=WORDS.say("caption.staffing.trend") if trends else "",
        n_years=AVERAGED[1] - AVERAGED[0] + 1,
        n_judgements=max(shock.inadequate.n_events for shock in shocks),
    )
    return Chart(figure, caption, _alt(shocks, trends), _source(shocks))


def _finding(study: InspectionShock, shocks: Sequence[Shock], trends: Mapping[str, HonestBounds]) -> str:
    """Return what became of turnover, and which outcomes were moving before the judgement."""
    asked = study.of(ASKED)
    rose = "rose" if asked.inadequate.average.estimate > 0 else "fell"
    became = "undecided" if asked.q_value >= DISCOVERY_RATE else rose
    moving = [phrase_of(shock.outcome) for shock in shocks if moved_before(shock.inadequate)]
    return "; ".join(
        [
            WORDS.say(f"caption.staffing.{became}", outcome=phrase_of(ASKED)),
            WORDS.say("caption.staffing.moved", outcomes=moving, way=way_of(tuple(trends.values())))
            if moving
            else WORDS.say("caption.staffing.still"),
        ]
    )


def _trends(shocks: Sequence[Shock], honesty: ShockHonesty) -> dict[str, HonestBounds]:
    """Return the bounds, and with them the trend of the years before, of outcomes that were moving before the judgement."""
    return {
        shock.outcome: bounds
        for shock in shocks
        if moved_before(shock.inadequate) and (bounds := honesty.of(shock.outcome))
    }


@themed
def others_around_judgement(study: InspectionShock, honesty: ShockHonesty) -> Chart:
    """Draw the outcomes that aren't of staffing by year around an inadequate judgement, each in its own unit."""
    shocks = [shock for shock in study.shocks if shock.outcome not in STAFFING]
    trends = _trends(shocks, honesty)
    n_events = [shock.inadequate.n_events for shock in shocks]
    clear = [phrase_of(shock.outcome) for shock in shocks if shock.q_value < DISCOVERY_RATE]
    finding = (
        WORDS.say("caption.around_judgement.clear", outcomes=clear)
        if clear
        else WORDS.say("caption.around_judgement.none")
    )
    caption = WORDS.say(
        "caption.around_judgement",
        finding=finding,
        n_fewest=min(n_events),
        n_most=max(n_events),
        trend=WORDS.say("caption.staffing.trend") if trends else "",
    )
    height_cm = 4.6 * -(-len(shocks) // _COLUMNS) + 0.6
    return Chart(_years_figure(shocks, trends, height_cm), caption, _alt(shocks, trends), _source(shocks))


def _years_figure(
    shocks: Sequence[Shock],
    trends: Mapping[str, HonestBounds],
    height_cm: float,
    *,
    is_one_scale: bool = False,
) -> Figure:
    rows = -(-len(shocks) // _COLUMNS)
    figure = new_figure(height_cm=height_cm)
    panels = figure.subplots(rows, _COLUMNS, sharex=True, sharey=is_one_scale, squeeze=False).ravel()
    for axes, shock in zip(panels, shocks, strict=False):
        _draw_outcome(axes, shock, trends.get(shock.outcome))
    for axes in panels[len(shocks) :]:
        axes.set_visible(False)
    if is_one_scale:
        for axes in panels[1:]:
            axes.set_ylabel("")
    figure.supxlabel(
        "years from that of the judgement (0), compared with the year before it (−1)", fontsize=SMALL_POINTS
    )
    return figure


def _draw_outcome(axes: Axes, shock: Shock, trend: HonestBounds | None) -> None:
    entry = indicator(shock.outcome)
    style_axes(axes)
    heading(axes, wrapped(entry.label + _BETTER[entry.polarity], 20), crowded=True)
    axes.set_ylabel(wrapped(entry.difference_label, 21))
    axes.axhline(0, color=INK, linewidth=0.7)
    axes.axvline(-0.5, color=INK, linewidth=0.7, linestyle=":")
    if trend:
        years = np.array([-1 - trend.n_years_before, AVERAGED[1]])
        axes.plot(years, trend.slope * (years + 1), color=INK, linewidth=1.1, linestyle="--")
    _draw_years(axes, shock.inadequate.years)
    asked = shock.inadequate.specification
    axes.set_xticks([year for year in range(-asked.pre_years, asked.post_years + 1) if year % 2 == 0])
    number_axis(axes.yaxis, 4)


def _draw_years(axes: Axes, years: tuple[EventYear, ...]) -> None:
    known = [(event_year.year, event_year.effect) for event_year in years if event_year.effect]
    places = [year for year, _ in known]
    low, high = [effect.conf_low for _, effect in known], [effect.conf_high for _, effect in known]
    axes.vlines(places, low, high, color=HIGHLIGHT, linewidth=1.0)
    axes.plot(places, [effect.estimate for _, effect in known], "o", color=HIGHLIGHT, markersize=3.5)
    axes.plot(-1, 0, "o", color=HIGHLIGHT, markerfacecolor="white", markersize=3.5)


def _alt(shocks: Sequence[Shock], trends: Mapping[str, HonestBounds]) -> str:
    outcomes = []
    for shock in shocks:
        points = [
            WORDS.say("alt.around_judgement.point", year=point.year, estimate=point.effect.estimate)
            for point in shock.inadequate.years
            if point.effect
        ]
        text = WORDS.say(
            "alt.around_judgement.outcome", outcome=indicator(shock.outcome).label, points=points
        )
        if trend := trends.get(shock.outcome):
            last = AVERAGED[1]
            text += WORDS.say("alt.around_judgement.trend", year=last, value=trend.slope * (last + 1))
        outcomes.append(text)
    return WORDS.say("alt.around_judgement", outcomes=outcomes)


def _source(shocks: Sequence[Shock]) -> str:
    return f"{SOURCE}; {source_line([shock.outcome for shock in shocks])}"


def _units(study: InspectionShock) -> str:
    labels_by_unit: dict[str, list[str]] = {}
    for shock in study.shocks:
        entry = indicator(shock.outcome)
        labels_by_unit.setdefault(entry.difference_label, []).append(lower_first(entry.label))
    units = [
        WORDS.say("note.units.unit", unit=unit, outcomes=labels) for unit, labels in labels_by_unit.items()
    ]
    return WORDS.say("note.units", units=units)


def averages_table(study: InspectionShock) -> Table:
    """Return how each outcome differs over the averaged years after an inadequate judgement, with tests."""
    return Table(
        pd.DataFrame([_average_row(shock) for shock in study.shocks]),
        caption=WORDS.say("caption.averages", n_years=AVERAGED[1] - AVERAGED[0] + 1),
        source=_source(study.shocks),
        note=WORDS.say("note.averages", units=_units(study)),
        align_right=("Judgements", "Difference", "q", "Moving before: p"),
    )


def _average_row(shock: Shock) -> dict[str, str]:
    return {
        "Outcome": indicator(shock.outcome).label,
        "Judgements": number(shock.inadequate.n_events, 0),
        "Difference": _mean(shock.inadequate),
        "q": p_value(shock.q_value),
        "Moving before: p": p_value(shock.inadequate.pre_trend_p_value),
    }


def honest_table(study: InspectionShock, honesty: ShockHonesty) -> Table:
    """Return how far each outcome's change after an inadequate judgement holds: other estimators, bounds, redrawn p."""
    rows = [_honest_row(shock, honesty.of(shock.outcome)) for shock in study.shocks]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.honest"),
        source=_source(study.shocks),
        note=WORDS.say("note.honest", units=_units(study)),
        align_right=tuple(rows[0])[1:],
    )


def _honest_row(shock: Shock, bounds: HonestBounds | None) -> dict[str, str]:
    events = shock.inadequate
    digits = digits_of(events)
    ways = {"Imputation": events.imputed_average, "Two-way": events.plain_average}
    return {
        "Outcome": indicator(shock.outcome).label,
        **{name: with_interval(*way.with_limits, digits) if way else "–" for name, way in ways.items()},
        "Straight line": with_interval(bounds.beyond_line, *bounds.straight, digits) if bounds else "–",
        "Drift survived": _survives(bounds.breakdown.relative) if bounds else "–",
        "At random": p_value(bounds.randomisation_p) if bounds else "–",
    }


def _survives(multiple: float) -> str:
    """Return a breakdown value for readers: two decimals, 0 where nothing is survived."""
    return "0" if multiple == 0 else "<0.01" if multiple < 0.005 else number(multiple, 2)


def others_table(study: InspectionShock) -> Table:
    """Return what follows inspections that weren't judged inadequate, all of them and by judgement."""
    rows = [
        {
            "Outcome": indicator(shock.outcome).label,
            "Inspections": number(shock.other.n_events, 0),
            "All": _mean(shock.other),
            "Requires improvement": _mean(shock.requires_improvement, digits_of(shock.other)),
            "Good or outstanding": _mean(shock.good, digits_of(shock.other)),
        }
        for shock in study.shocks
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.others"),
        source=_source(study.shocks),
        note=WORDS.say("note.others", units=_units(study)),
        align_right=tuple(rows[0])[1:],
    )


def _mean(events: EventStudy, digits: int | None = None) -> str:
    return with_interval(*events.average.with_limits, digits_of(events) if digits is None else digits)
