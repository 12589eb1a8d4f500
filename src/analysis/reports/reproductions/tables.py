"""Tables of printed numbers beside those made anew, and of the same designs on this project's figures."""

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.estimators.grades.published_models import BACH_MODELS
from analysis.showing.numbers import number, source_line, with_interval
from publishing.display import Table

from .printed import BACH_MORTENSEN, MARITIM, printed_interval
from .study import HAZARDS, WORKFORCE, Reproductions, of_study
from .words import AGENCY, WORDS, public_outcomes, term_name

_WHOLE = ("observations", "aic", "bic")
_SPREAD = "†"


def table_4(reproductions: Reproductions) -> Table:
    """Return Table 4 of Bach-Mortensen and others made anew, a column a judgement, with the row that it lacks."""
    own = of_study(reproductions, BACH_MORTENSEN)
    columns = {model: WORDS.say(f"model.{model}") for model in BACH_MODELS}
    values = {(printed.model, printed.term, printed.quantity): printed for printed in own}
    terms = dict.fromkeys(printed.term for printed in own if printed.quantity not in _WHOLE)

    def cell(model: str, term: str) -> str:
        for quantity, mark in (("odds_ratio", ""), ("spread_ratio", _SPREAD)):
            ratio = values.get((model, term, quantity))
            if ratio is not None:
                error = values[model, term, "standard_error"]
                return f"{number(ratio.reproduced, 3)}{mark} ({number(error.reproduced, 3)})"
        return "–"

    rows = [
        {
            "Term": WORDS.say(term_name(BACH_MORTENSEN, term)),
            **{name: cell(model, term) for model, name in columns.items()},
        }
        for term in terms
    ]
    rows.insert(
        1,
        {
            "Term": WORDS.say("row.at_mean"),
            **{name: _at_mean(reproductions, model) for model, name in columns.items()},
        },
    )
    for quantity in _WHOLE:
        digits = 0 if quantity == "observations" else 1
        rows.append(
            {
                "Term": WORDS.say(f"row.{quantity}"),
                **{
                    name: number(values[model, "model", quantity].reproduced, digits)
                    for model, name in columns.items()
                },
            }
        )
    n_agree = sum(printed.agrees for printed in own)
    finding = "caption.table4.all" if n_agree == len(own) else "caption.table4.some"
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.table4", finding=WORDS.say(finding, n=len(own), n_agree=n_agree)),
        source=f"{WORDS.say('study.bach_mortensen_2022')}, doi 10.1016/j.socscimed.2022.115323",
        note=WORDS.say("note.table4"),
        align_right=tuple(columns.values()),
    )


def _at_mean(reproductions: Reproductions, model: str) -> str:
    table = reproductions.reproduced[BACH_MORTENSEN]
    known = f"{model}_at_mean" if BACH_MODELS[model].scale else model
    rows = table[(table["model"] == known) & (table["term"] == "for_profit")].set_index("quantity")["value"]
    return f"{number(rows['odds_ratio'], 3)} ({number(rows['standard_error'], 3)})"


def latest_table(reproductions: Reproductions) -> Table:
    """Return odds ratios of a better latest judgement for one unit more of each workforce figure, by span of years."""
    spans = sorted({years for years, _ in reproductions.latest})
    names = {years: f"Judged {years[0]} to {years[1]}" for years in spans}
    rows = [
        {
            "Figure": indicator(name).axis_label,
            **{names[years]: _latest_cell(reproductions, years, name) for years in spans},
        }
        for name in HAZARDS
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.latest"),
        source=source_line([*HAZARDS, "deprivation_score"]) + "; Ofsted: inspection reports",
        note=WORDS.say("note.latest"),
        align_right=tuple(names.values()),
    )


def _latest_cell(reproductions: Reproductions, years: tuple[int, int], name: str) -> str:
    term, n_authorities = reproductions.latest[years, name]
    return f"{with_interval(*term.with_limits, 2)}, n = {n_authorities}"


def public_table(reproductions: Reproductions) -> Table:
    """Return the slopes of the public analysis that no chart shows, printed and on this project's panel."""
    rows = [
        {
            "Outcome": indicator(outcome).label,
            "Workforce figure": indicator(exposure).label,
            "Printed": with_interval(*printed_interval(MARITIM, outcome, exposure).with_limits, 3),
            "This project": with_interval(*reproductions.public[outcome, exposure].with_limits, 3),
        }
        for outcome in public_outcomes()
        for exposure in WORKFORCE
        if exposure != AGENCY
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.public_table"),
        source=WORDS.say("source.public", own=source_line([*public_outcomes(), *WORKFORCE])),
        note=WORDS.say("note.public_table"),
        align_right=("Printed", "This project"),
    )


def around_table(reproductions: Reproductions) -> Table:
    """Return changes around inspections: after inadequate judgements, and around the others."""
    rows = [
        {
            "Outcome": indicator(around.outcome).axis_label,
            "After inadequate": with_interval(*around.inadequate.average.with_limits, 1),
            "Judgements": around.inadequate.n_events,
            "Around others": with_interval(*around.other.average.with_limits, 1),
            "Inspections": around.other.n_events,
        }
        for around in reproductions.around
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.around"),
        source=source_line([around.outcome for around in reproductions.around])
        + "; Ofsted: inspection reports",
        note=WORDS.say("note.around"),
        align_right=("After inadequate", "Around others"),
    )
