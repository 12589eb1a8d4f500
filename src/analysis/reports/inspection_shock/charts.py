"""Charts and tables on the years around a judgement."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.estimators.events.study import EventStudy, EventYear
from analysis.reports.inspections.charts import SOURCE
from analysis.showing.numbers import (
    decimals_for,
    number,
    p_value,
    source_line,
    with_interval,
    wrapped,
)
from analysis.showing.theme import HIGHLIGHT, INK, OTHER, heading, new_figure, number_axis, style_axes, themed
from publishing.display import Chart, Table

from .honest import HonestBounds, ShockHonesty
from .study import AVERAGED, InspectionShock, Shock
from .words import WORDS

_COLUMNS = 3
_APART = 0.14
_BEFORE = "Before: joint; mean"


@themed
def around_judgement(study: InspectionShock) -> Chart:
    """Draw each outcome's effect by event year around an inadequate judgement: local projections and two-way effects."""
    rows = -(-len(study.shocks) // _COLUMNS)
    figure = new_figure(height_cm=4.9 * rows + 1.0)
    panels = figure.subplots(rows, _COLUMNS, sharex=True, squeeze=False).ravel()
    for axes, one in zip(panels, study.shocks, strict=False):
        _draw_outcome(axes, one)
    for axes in panels[len(study.shocks) :]:
        axes.set_visible(False)
    figure.supxlabel("years from the judgement, which year 0 holds; year −1 is the base")
    handles = [
        Line2D([], [], color=HIGHLIGHT, marker="o", markersize=3.5, label="local projections, 95% interval"),
        Line2D([], [], color=OTHER, marker="s", markersize=3.5, linestyle="", label="plain two-way effects"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return Chart(figure, _caption(study), _alt(study), _source(study))


def _draw_outcome(axes: Axes, one: Shock) -> None:
    entry = indicator(one.outcome)
    style_axes(axes)
    heading(axes, wrapped(entry.label, 26), crowded=True)
    axes.set_ylabel(wrapped(entry.difference_label, 24))
    axes.axhline(0, color=INK, linewidth=0.7)
    axes.axvline(-0.5, color=INK, linewidth=0.7, linestyle=":")
    _draw_years(axes, one.inadequate.plain or (), _APART, OTHER, "s")
    _draw_years(axes, one.inadequate.years, -_APART, HIGHLIGHT, "o")
    asked = one.inadequate.specification
    axes.set_xticks([year for year in range(-asked.pre_years, asked.post_years + 1) if year % 2 == 0])
    number_axis(axes.yaxis, 4)


def _draw_years(axes: Axes, years: tuple[EventYear, ...], shift: float, colour: str, marker: str) -> None:
    known = [one for one in years if one.effect]
    effects = [one.effect for one in known if one.effect]
    places = [one.year + shift for one in known]
    low, high = [one.conf_low for one in effects], [one.conf_high for one in effects]
    axes.vlines(places, low, high, color=colour, linewidth=1.0)
    axes.plot(places, [one.estimate for one in effects], marker, color=colour, markersize=3.5)


def _caption(study: InspectionShock) -> str:
    n_events = [shock.inadequate.n_events for shock in study.shocks]
    return WORDS.say("caption.around_judgement", n_fewest=min(n_events), n_most=max(n_events))


def _alt(study: InspectionShock) -> str:
    outcomes = []
    for shock in study.shocks:
        points = [
            WORDS.say("alt.around_judgement.point", year=point.year, estimate=point.effect.estimate)
            for point in shock.inadequate.years
            if point.effect
        ]
        outcomes.append(
            WORDS.say("alt.around_judgement.outcome", outcome=indicator(shock.outcome).label, points=points)
        )
    return WORDS.say("alt.around_judgement", outcomes=outcomes)


def _source(study: InspectionShock) -> str:
    return f"{SOURCE}; {source_line([one.outcome for one in study.shocks])}"


def _units(study: InspectionShock) -> str:
    labels_by_unit: dict[str, list[str]] = {}
    for shock in study.shocks:
        entry = indicator(shock.outcome)
        labels_by_unit.setdefault(entry.difference_label, []).append(lower_first(entry.label))
    units = [
        WORDS.say("note.units.unit", unit=unit, outcomes=labels) for unit, labels in labels_by_unit.items()
    ]
    return WORDS.say("note.units", units=units)


def _digits(found: EventStudy) -> int:
    """Return decimals that tell apart numbers which lie a quarter of the interval's reach from each other."""
    return decimals_for((found.average.conf_high - found.average.conf_low) / 8)


def averages_table(study: InspectionShock) -> Table:
    """Return the mean effect of an inadequate judgement over the averaged years by three estimators, with tests."""
    rows = [_average_row(one) for one in study.shocks]
    first, last = AVERAGED
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.averages", first_event_year=first, last_event_year=last),
        source=_source(study),
        note=WORDS.say("note.averages", units=_units(study)),
        align_right=("Events", "Local projections", "Imputation", "Two-way", _BEFORE, "q"),
    )


def _average_row(one: Shock) -> dict[str, str]:
    found = one.inadequate
    digits = _digits(found)
    ways = {
        "Local projections": found.average,
        "Imputation": found.imputed_average,
        "Two-way": found.plain_average,
    }
    return {
        "Outcome": indicator(one.outcome).label,
        "Events": number(found.n_events, 0),
        **{name: with_interval(*way.with_limits, digits) if way else "–" for name, way in ways.items()},
        _BEFORE: f"{p_value(found.pre_trend_p_value)}; {p_value(found.before.p_value if found.before else None)}",
        "q": p_value(one.q_value),
    }


def honest_table(study: InspectionShock, honesty: ShockHonesty) -> Table:
    """Return each outcome's honest bounds after an inadequate judgement, with breakdown values and redrawn p values."""
    rows = [_honest_row(one, honesty.of(one.outcome)) for one in study.shocks]
    first, last = AVERAGED
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.honest", first_event_year=first, last_event_year=last),
        source=_source(study),
        note=WORDS.say("note.honest", units=_units(study)),
        align_right=tuple(rows[0])[1:],
    )


def _honest_row(one: Shock, bounds: HonestBounds | None) -> dict[str, str]:
    digits = _digits(one.inadequate)
    if bounds is None:
        cells = ["–"] * 5
    else:
        cells = [
            _span(bounds.relative, digits),
            _survives(bounds.breakdown.relative),
            _span(bounds.straight, digits),
            _survives(bounds.breakdown.smoothness),
            f"{p_value(bounds.randomisation_p)}; {p_value(bounds.studentised_p)}",
        ]
    names = (
        "M = 1",
        "Survives M up to",
        "Straight line",
        "Survives bends up to",
        "Redrawn: average; over its error",
    )
    return {"Outcome": indicator(one.outcome).label, **dict(zip(names, cells, strict=True))}


def honest_others_table(study: InspectionShock, honesty: ShockHonesty) -> Table:
    """Return the honest bounds of every outcome after other inspections: all of them, and by judgement."""
    rows = []
    for one in study.shocks:
        row, digits = {"Outcome": indicator(one.outcome).label}, _digits(one.other)
        for kind, name in _OTHER_STUDIES.items():
            bounds = honesty.of(one.outcome, kind)
            row[f"{name}: M = 1"] = _span(bounds.relative, digits) if bounds else "–"
            row[f"{name}: survives"] = (
                f"{_survives(bounds.breakdown.relative)}; {_survives(bounds.breakdown.smoothness)}"
                if bounds
                else "–"
            )
        rows.append(row)
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.honest_others"),
        source=_source(study),
        note=WORDS.say("note.honest_others", units=_units(study)),
        align_right=tuple(rows[0])[1:],
    )


_OTHER_STUDIES = {
    "other": "All",
    "requires_improvement": "Requires improvement",
    "good": "Good or outstanding",
}


def _span(ends: tuple[float, float], digits: int) -> str:
    return f"{number(ends[0], digits)} to {number(ends[1], digits)}"


def _survives(m: float) -> str:
    """Return a breakdown value for readers: two decimals, 0 where nothing is survived."""
    return "0" if m == 0 else "<0.01" if m < 0.005 else number(m, 2)


def others_table(study: InspectionShock) -> Table:
    """Return what follows inspections that weren't judged inadequate: the year itself and the years after."""
    rows = []
    for one in study.shocks:
        digits = _digits(one.other)
        rows.append(
            {
                "Outcome": indicator(one.outcome).label,
                "Events": number(one.other.n_events, 0),
                "Year of inspection": _at(one.other, 0, digits),
                "That and the next": _mean(one.other, digits),
                "After requires improvement": _mean(one.requires_improvement, digits),
                "After good or outstanding": _mean(one.good, digits),
                "q": p_value(one.other_q_value),
            }
        )
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.others"),
        source=_source(study),
        note=WORDS.say("note.others", units=_units(study)),
        align_right=tuple(rows[0])[1:],
    )


def _mean(found: EventStudy, digits: int) -> str:
    return with_interval(*found.average.with_limits, digits)


def _at(found: EventStudy, year: int, digits: int) -> str:
    effect = {one.year: one.effect for one in found.years}[year]
    return with_interval(*effect.with_limits, digits) if effect else "–"
