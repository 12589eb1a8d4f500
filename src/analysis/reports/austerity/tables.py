"""Tables on spend: what fell and what grew, need and load."""

from collections.abc import Iterator
from dataclasses import astuple

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.reach import financial_year
from analysis.estimators.grades.spend import COUNCIL, ECONOMY
from analysis.showing.numbers import number, of_100, source_line
from publishing.display import Table

from .charts import LINES, source_of
from .context import BETWEEN, WITHIN
from .study import OUTCOMES, PER_POUNDS, Austerity
from .words import WORDS, first_and_last, line_change, n_clearly_changed

_LINES = {
    **{name: label for name, (label, _) in LINES.items()},
    "family_support_gbp": "of which: family support",
    "early_years_gbp": "of which: Sure Start and early years",
    "young_people_gbp": "of which: services for young people",
    "youth_justice_gbp": "Youth justice",
}


def change_table(study: Austerity) -> Table:
    """Return a row a line of spend: £ per child in its first year since the base year and in the last, and the change."""
    rows = [_change_row(study, name, label) for name, label in _LINES.items()]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.changes", price_year=financial_year(study.parameters.price_year)),
        source=source_of(["children_services_gbp"]),
        note=WORDS.say("note.changes"),
        align_right=("£ per child then", "£ per child at the end", "Change"),
    )


def _change_row(study: Austerity, name: str, label: str) -> dict[str, str]:
    change = line_change(study, name)
    if change is None:
        return {"Line": label} | dict.fromkeys(
            ("From", "£ per child then", "To", "£ per child at the end", "Change"), "–"
        )
    sign = "+" if change.share > 0 else ""
    return {
        "Line": label,
        "From": financial_year(change.first_year),
        "£ per child then": number(change.first, 0),
        "To": financial_year(change.last_year),
        "£ per child at the end": number(change.last, 0),
        "Change": f"{sign}{number(100 * change.share, 0)}%",
    }


_WITH_MORE = (f"£{PER_POUNDS} more than others", f"£{PER_POUNDS} more than usual")


def context_table(study: Austerity) -> Table:
    """Return a row a choice of what is held constant: grades on prevention between and within authorities, and staff."""
    return Table(
        pd.DataFrame(_context_rows(study)),
        caption=WORDS.say("caption.context"),
        source=WORDS.say("source.context", source=source_line([*ECONOMY, *COUNCIL])),
        note=WORDS.say("note.context", pounds=PER_POUNDS),
        align_right=("Inspections", "As it was", *_WITH_MORE, "Staff and pace"),
    )


def _context_rows(study: Austerity) -> Iterator[dict[str, str]]:
    after = {outcome: study.lags[outcome, 1] for outcome in OUTCOMES}
    asked = (
        ("as-asked", study.split, study.good_of_100, after),
        *((held.name, held.split, held.good_of_100, held.after) for held in study.context),
    )
    for name, split, shares, changed in asked:
        yield {
            "Held constant": WORDS.say(f"table.context.{name}", first_year=split.first_year),
            "Inspections": f"{split.fitted.n_observations}",
            "As it was": number(shares[BETWEEN].as_it_was, 0),
            **dict(
                zip(
                    _WITH_MORE,
                    (of_100(astuple(shares[way]), False) for way in (BETWEEN, WITHIN)),
                    strict=True,
                )
            ),
            "Staff and pace": f"{n_clearly_changed(changed)} of {len(changed)}",
        }


_LOAD = (
    "children_in_need_per_10k", "section_47_enquiries_per_10k", "referrals_per_10k", "caseload_cases_per_fte",
    "social_workers_fte", "vacancy_percent", "agency_percent",
)  # fmt: skip


def load_table(panel: pd.DataFrame) -> Table:
    """Return need, load and staff as authorities' means in their first and last year."""
    return Table(
        pd.DataFrame([_load_row(panel, name) for name in _LOAD]),
        caption=WORDS.say("caption.load"),
        source=source_line(_LOAD),
        align_right=("Then", "At the end", "Authorities"),
    )


def _load_row(panel: pd.DataFrame, name: str) -> dict[str, str]:
    entry = indicator(name)
    first, last, both = first_and_last(panel, name)
    digits = 0 if both[first].mean() >= 100 else 1
    return {
        "Figure": f"{entry.label} ({entry.unit_label})",
        "Years": f"{first} and {last}",
        "Then": number(both[first].mean(), digits),
        "At the end": number(both[last].mean(), digits),
        "Authorities": f"{len(both)}",
    }
