"""Figures where reports and official figures meet, and the claims that reports alone can bear on."""

from collections.abc import Mapping

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.estimators.grades.judgements import CrossedModel, JudgementModel
from analysis.estimators.grades.mundlak import between_name, within_name
from analysis.findings.finding import Finding
from analysis.showing.findings import Row, findings_forest
from analysis.showing.numbers import interval, number, source_line
from publishing.display import Chart, Table

from .study import PAIRS, WORKFORCE, ReportsAndFigures
from .words import pair_in_words, pairs_of_claims

REPORTS = "Ofsted: inspection reports of local authority children's services, coded by this project"


def problems_forest(recorded: Mapping[str, Finding]) -> Chart:
    """Draw the pairs that claims are about; ``recorded`` are the findings of the notebook ``inspections`` by name."""
    rows = [
        Row.of(recorded[name], f"{claim}: {pair_in_words(name)}")
        for claim, name in pairs_of_claims()
        if name in recorded
    ]
    return findings_forest(
        rows,
        "odds ratio",
        "Which problems, and which strengths, stand together in reports: odds ratios per standard deviation of "
        "the other's share "
        "of sentences, net of the report's tone on everything else and of its grade. Errors are clustered by "
        "authority.",
        REPORTS,
        unit="odds ratio per standard deviation (logarithmic)",
    )


def grades_forest(found: ReportsAndFigures) -> Chart:
    """Draw odds of a worse grade per standard deviation of each workforce figure before the inspection."""
    return findings_forest(
        [Row.of(one) for one in found.grade_findings()],
        "odds ratio",
        "Odds of a worse grade on official workforce figures of the September before the inspection: "
        "proportional odds models "
        "with a random intercept for each authority, net of the decile of deprivation and the year of "
        "inspection. Each figure "
        "is in a model of its own; the last row is the product of turnover and caseload beside both.",
        f"{source_line([*WORKFORCE, 'deprivation_score'])}; {REPORTS}",
        unit="odds ratio (logarithmic)",
    )


def grades_table(found: ReportsAndFigures) -> Table:
    """Return odds of a worse grade on each workforce figure: in all, within authorities, between them, and crossed."""

    def odds(model: JudgementModel | CrossedModel, term: str) -> str:
        one = model.fitted.term(term)
        return f"{number(one.odds_ratio, 2)} ({interval(one.conf_low, one.conf_high, 2)})"

    rows = [
        {
            "Figure": indicator(name).label,
            "In all": odds(found.alone[name], name),
            "Within": odds(found.split[name], within_name(name)),
            "Between": odds(found.split[name], between_name(name)),
            "Crossed": odds(found.crossed[name], name),
            "Inspections (authorities)": f"{found.alone[name].fitted.n_observations} "
            f"({found.alone[name].fitted.n_groups})",
        }
        for name in WORKFORCE
    ]
    return Table(
        pd.DataFrame(rows),
        caption="Odds of a worse grade per standard deviation of a workforce figure: in all; as it moves within an "
        "authority and as authorities' means differ; and with random intercepts of authority and year together",
        source=f"{source_line([*WORKFORCE, 'deprivation_score'])}; {REPORTS}",
        note="Odds ratios with 95% intervals. Proportional odds, net of the decile of deprivation; the first three with a "
        "random intercept for each authority and effects of the years of inspection. Within and between are two slopes of "
        "one model (Mundlak 1978): an authority's mean over its inspections, and the deviation from it. The last: random "
        "intercepts of authority and year crossed, the second by Laplace's approximation.",
        align_right=("In all", "Within", "Between", "Crossed", "Inspections (authorities)"),
    )


def workers_forest(found: ReportsAndFigures) -> Chart:
    """Draw what goes with the share of looked-after children who had three or more social workers in a year."""
    rows = [Row.of(one, f"{one.label}") for one in found.cross_section_findings()]
    names = dict.fromkeys(name for pair in PAIRS.values() for name in pair)
    return findings_forest(
        rows,
        "standard deviations",
        "Changes of a child's worker: associations across authorities in the one year with a figure, nothing "
        "held constant, errors "
        "clustered by joint return.",
        source_line(names),
        unit="standard deviations of the one per standard deviation of the other",
    )
