"""Tables on spend: what was cut and what grew, models of grades, need and load."""

import pandas as pd

from analysis.data.definitions.indicators import dictionary
from analysis.estimators.grades.judgements import JudgementModel
from analysis.estimators.grades.spend import BASE_YEAR
from analysis.findings.finding import Finding
from analysis.showing.numbers import number, source_line, with_interval
from publishing.display import Table

from .charts import LINES, source_of
from .study import Austerity
from .words import WORDS, financial_year


def change_table(found: Austerity) -> Table:
    """Return a row a line of spend: what it was in its first comparable year and in the last, in all and per child."""
    rows = [_change_row(found, name, label) for name, (label, *_) in _table_lines().items()]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.changes", price_year=financial_year(found.parameters.price_year)),
        source=source_of(["children_services_gbp"]),
        note=WORDS.say("note.changes", first_year=financial_year(BASE_YEAR)),
        align_right=("First", "Last", "Change", "Per child first", "Per child last", "Per child change"),
    )


def _table_lines() -> dict[str, tuple[str, ...]]:
    return {"children_services_gbp": ("All children's services",), **LINES}


def _change_row(found: Austerity, name: str, label: str) -> dict[str, str]:
    money = found.national.loc[found.national.index >= BASE_YEAR, name].dropna() / 1e6
    children = found.per_child[name].dropna() if name in found.per_child else pd.Series(dtype=float)
    return {
        "Line": label,
        "From": financial_year(money.index[0]) if len(money) else "–",
        **_first_last(money, "First", "Last", "Change"),
        **_first_last(children, "Per child first", "Per child last", "Per child change"),
    }


def _first_last(values: pd.Series, first: str, last: str, change: str) -> dict[str, str]:
    if len(values) < 2:
        return dict.fromkeys((first, last, change), "–")
    percent = 100 * (values.iloc[-1] / values.iloc[0] - 1)
    sign = "+" if percent > 0 else ""
    return {
        first: number(values.iloc[0], 0),
        last: number(values.iloc[-1], 0),
        change: f"{sign}{number(percent, 0)}%",
    }


def grade_models_table(found: Austerity) -> Table:
    """Return a row a model of grades: odds ratios with intervals, counts, and how much it accounts for."""
    rows = [_model_row(model) for model in found.models]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.models"),
        source=source_of(["family_support_gbp", "deprivation_score"]) + "; Ofsted: inspection reports",
        note=WORDS.say("note.models"),
        align_right=(
            "Prevention",
            "Safeguarding",
            "Deprivation",
            "Inspections",
            "Authorities",
            "Between",
            "Explained",
        ),
    )


def _model_row(model: JudgementModel) -> dict[str, str]:
    def odds(term: str) -> str:
        return with_interval(*model.fitted.term(term).with_limits, 2)

    return {
        "Model": model.label,
        "Prevention": odds("prevention"),
        "Safeguarding": odds("safeguarding"),
        "Deprivation": odds("deprivation_decile"),
        "Inspections": f"{model.fitted.n_observations:,}",
        "Authorities": f"{model.fitted.n_groups:,}",
        "Between": number(model.fitted.group_sd, 2),
        "Explained": f"{model.fitted.r2_marginal:.0%}",
    }


def load_table(findings: tuple[Finding, ...], panel: pd.DataFrame) -> Table:
    """Return need, load and staff as authorities' means in their first and last year."""
    names = (
        "children_in_need_per_10k", "section_47_enquiries_per_10k", "referrals_per_10k", "caseload_cases_per_fte",
        "social_workers_fte", "vacancy_percent", "agency_percent",
    )  # fmt: skip
    return Table(
        pd.DataFrame([_load_row(panel, name) for name in names]),
        caption=WORDS.say("caption.load"),
        source=source_line(names),
        note="; ".join(
            WORDS.say(
                "note.load.change",
                label=finding.label,
                estimate=finding.estimate,
                low=finding.conf_low,
                high=finding.conf_high,
                p_value=finding.p_value,
            )
            for finding in findings
            if finding.name.startswith("change-in-")
        ),
        align_right=("First", "Last", "Authorities"),
    )


def _load_row(panel: pd.DataFrame, name: str) -> dict[str, str]:
    entry = dictionary()[name]
    known = panel.dropna(subset=[name])
    first = max(int(known["year"].min()), entry.comparable_from or 0)
    last = int(known["year"].max())
    wide = known.pivot(index="authority_code", columns="year", values=name)[[first, last]].dropna()
    return {
        "Figure": f"{entry.label} ({entry.unit_label})",
        "Years": f"{first} and {last}",
        "First": number(wide[first].mean(), 1),
        "Last": number(wide[last].mean(), 1),
        "Authorities": f"{len(wide)}",
    }
