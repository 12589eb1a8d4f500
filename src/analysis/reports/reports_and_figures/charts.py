"""Figures where reports and official figures meet, and the claims that reports alone can bear on."""

from collections.abc import Mapping
from dataclasses import astuple

import pandas as pd
from matplotlib.lines import Line2D

from analysis.data.definitions.indicators import indicator
from analysis.estimators.grades.judgements import CrossedModel, JudgementModel
from analysis.estimators.grades.mundlak import between_name, within_name
from analysis.estimators.topics.directors import NEW_MONTHS, OFFICIAL, SPOKEN_OF, TURNOVER, by_grade
from analysis.findings.finding import Finding
from analysis.showing.findings import Row, findings_forest
from analysis.showing.numbers import MISSING, number, of_100, source_line, step_of, with_interval, wrapped
from analysis.showing.theme import (
    ENGLAND,
    HIGHLIGHT,
    INK,
    TEXT_POINTS,
    new_figure,
    number_axis,
    style_axes,
    themed,
)
from publishing.display import Chart, Table

from .study import PAIRS, WORKFORCE, ReportsAndFigures
from .words import WORDS, best_of, downgraded, grades_title, pair_in_words, pairs_of_claims

REPORTS = "Ofsted: inspection reports of local authority children's services, coded by this project"
_WAYS = {"between": (ENGLAND, "s", -0.2), "within": (HIGHLIGHT, "D", 0.2)}
"""How each way of comparing grades is drawn: colour, marker and how far from its row's middle."""


def problems_forest(recorded: Mapping[str, Finding]) -> Chart:
    """Draw the pairs that claims are about; ``recorded`` are the findings of the notebook ``inspections`` by name."""
    rows = []
    for claim, name in pairs_of_claims():
        if name in recorded:
            finding, is_corrected = best_of(name, recorded)
            label = WORDS.say(
                "label.problems", claim=claim, pair=pair_in_words(name), is_corrected=is_corrected
            )
            rows.append(Row.of(finding, label))
    caption = WORDS.say("caption.problems", n=len(rows), n_clear=sum(row.excludes(1.0) for row in rows))
    return findings_forest(rows, "odds ratio", caption, REPORTS, unit="odds ratio (logarithmic)")


@themed
def grades_forest(study: ReportsAndFigures) -> Chart:
    """Draw how many of 100 inspections end well with each workforce figure higher, between authorities and within one."""
    figure = new_figure(height_cm=2.2 + 0.8 * len(WORKFORCE))
    axes = figure.subplots()
    style_axes(axes, "x")
    shares = {(name, way): study.good_of_100(name, way) for name in WORKFORCE for way in _WAYS}
    for place, name in enumerate(WORKFORCE):
        axes.vlines(shares[name, "between"].as_it_was, place - 0.5, place + 0.5, color=INK, linewidth=0.8)
        for way, (colour, marker, offset) in _WAYS.items():
            told = shares[name, way]
            axes.hlines(place + offset, told.conf_low, told.conf_high, color=colour, linewidth=1.5)
            axes.plot(told.with_more, place + offset, marker, color=colour, markersize=4.5)
    labels = [
        wrapped(
            WORDS.say("label.grades", figure=indicator(name).label, step=step_of(indicator(name))),
            28,
        )
        for name in WORKFORCE
    ]
    axes.set_yticks(range(len(WORKFORCE)), labels)
    axes.tick_params(axis="y", length=0, labelsize=TEXT_POINTS)
    axes.set_ylim(len(WORKFORCE) - 0.5, -0.5)
    number_axis(axes.xaxis)
    axes.set_xlabel(WORDS.say("axis.grades"))
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4.5, label=WORDS.say(f"key.{way}"))
        for way, (colour, marker, _) in _WAYS.items()
    ]
    handles.append(Line2D([], [], color=INK, linewidth=0.8, label=WORDS.say("key.as_it_was")))
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), columnspacing=1.2)
    rows = [
        WORDS.say(
            "alt.grades.row",
            figure=indicator(name).label,
            **{way: of_100(astuple(shares[name, way]), False) for way in _WAYS},
        )
        for name in WORKFORCE
    ]
    return Chart(
        figure,
        WORDS.say("caption.grades", finding=grades_title(study)),
        WORDS.say("alt.grades", as_it_was=_as_it_was(study), rows=rows),
        f"{source_line([*WORKFORCE, 'deprivation_score'])}; {REPORTS}",
    )


def _as_it_was(study: ReportsAndFigures) -> float:
    """Return how many of 100 inspections end well with figures as they were, over the models of all figures."""
    return sum(study.good_of_100(name, "between").as_it_was for name in WORKFORCE) / len(WORKFORCE)


def grades_table(study: ReportsAndFigures) -> Table:
    """Return odds of a worse grade on each workforce figure: in all, within authorities, between them, and crossed."""

    def odds(model: JudgementModel | CrossedModel, name: str, term: str = "") -> str:
        return with_interval(*study.per_step(name, model.fitted.term(term or name)), 2)

    def good(name: str, way: str) -> str:
        shares = study.good_of_100(name, way)
        return with_interval(shares.with_more, shares.conf_low, shares.conf_high, 0)

    rows = [
        {
            "Figure": WORDS.say("label.grades", figure=indicator(name).label, step=step_of(indicator(name))),
            "Of 100, between": good(name, "between"),
            "Of 100, within": good(name, "within"),
            "Odds, between": odds(study.split[name], name, between_name(name)),
            "Odds, within": odds(study.split[name], name, within_name(name)),
            "Odds, together": odds(study.alone[name], name),
            "Years at random": odds(study.crossed[name], name),
        }
        for name in WORKFORCE
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.grades_table"),
        source=f"{source_line([*WORKFORCE, 'deprivation_score'])}; {REPORTS}",
        note=WORDS.say("note.grades_table", as_it_was=_as_it_was(study)),
        align_right=tuple(rows[0])[1:],
    )


def downgrades_forest(study: ReportsAndFigures) -> Chart:
    """Draw hazard ratios of a downgrade for a step more of each workforce figure."""
    rows = []
    for name, hazard in study.downgrades.items():
        entry = indicator(name)
        middle, low, high = (value**entry.step for value in hazard.with_limits)
        label = WORDS.say("label.grades", figure=entry.label, step=step_of(entry))
        rows.append(Row(label, estimate=middle, conf_low=low, conf_high=high))
    alone, kept = downgraded(study)
    method = WORDS.say("caption.downgrades.method")
    figures = [indicator(name).phrase for name in kept or alone]
    if kept:
        caption = WORDS.say("caption.downgrades", figures=figures, method=method)
    elif alone:
        n_asked = len(study.downgrades)
        caption = WORDS.say("caption.downgrades.alone", figures=figures, n_asked=n_asked, method=method)
    else:
        caption = WORDS.say("caption.downgrades.none", method=method)
    return findings_forest(
        rows,
        "rate ratio",
        caption,
        f"{source_line([*WORKFORCE, 'deprivation_score'])}; {REPORTS}",
        unit="hazard ratio of a downgrade (logarithmic)",
        row_cm=0.85,
    )


def workers_forest(study: ReportsAndFigures) -> Chart:
    """Draw what goes with the share of looked-after children who had three or more social workers in a year."""
    rows = []
    for name, slope in study.workers.items():
        outcome, exposure = (indicator(part) for part in PAIRS[name])
        label = WORDS.say(
            "label.workers",
            outcome=outcome.label,
            exposure=exposure.label,
            step=step_of(exposure),
        )
        middle, low, high = (value * exposure.step for value in slope.in_outcome_units)
        rows.append(Row(label, estimate=middle, conf_low=low, conf_high=high))
    names = dict.fromkeys(name for pair in PAIRS.values() for name in pair)
    caption = WORDS.say(
        "caption.workers",
        n_clear=sum(row.excludes() for row in rows),
        n=len(rows),
        n_waves=max(slope.n_periods for slope in study.workers.values()),
    )
    return findings_forest(
        rows, "percentage points", caption, source_line(names), unit="difference in percentage points"
    )


def directors_table(study: ReportsAndFigures) -> Table:
    """Return what inspections with a new director of children's services found, beside others."""
    rows, estimates = study.directors.rows, study.directors.estimates
    further = {"inadequate": "", **{name: by_grade(name) for name in SPOKEN_OF}, OFFICIAL[0]: OFFICIAL[1]}

    def told(name: str, decimals: int) -> str:
        return with_interval(*estimates[name].with_limits, decimals) if name else MISSING

    table = []
    for name, other in further.items():
        decimals = 2 if name in SPOKEN_OF else 1
        means = rows.groupby("new_director")[name].mean()
        table.append(
            {
                "Measure": WORDS.say(f"label.directors.{name}"),
                "New director": number(means[1.0], decimals),
                "Longer in post": number(means[0.0], decimals),
                "Difference": told(name, decimals),
                "Allowing for more": told(other, decimals),
            }
        )
    is_new = rows["new_director"] == 1
    return Table(
        pd.DataFrame(table),
        caption=WORDS.say("caption.directors"),
        source=f"{source_line([TURNOVER])}; {REPORTS}",
        note=WORDS.say(
            "note.directors",
            n_months=NEW_MONTHS,
            n_interim=int((is_new & rows["is_interim"]).sum()),
            n_new=int(is_new.sum()),
            n_reports=len(rows),
        ),
        align_right=("New director", "Longer in post", "Difference", "Allowing for more"),
    )
