"""Figures where reports and official figures meet, and the claims that reports alone can bear on."""

from collections.abc import Mapping

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.estimators.grades.judgements import CrossedModel, JudgementModel
from analysis.estimators.grades.mundlak import between_name, within_name
from analysis.findings.finding import Finding
from analysis.showing.findings import Row, findings_forest
from analysis.showing.numbers import source_line, with_interval
from publishing.display import Chart, Table

from .study import PAIRS, WORKFORCE, ReportsAndFigures
from .words import WORDS, pair_in_words, pairs_of_claims

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
        WORDS.say("caption.problems"),
        REPORTS,
        unit="odds ratio per standard deviation (logarithmic)",
    )


def grades_forest(found: ReportsAndFigures) -> Chart:
    """Draw odds of a worse grade per standard deviation of each workforce figure before the inspection."""
    return findings_forest(
        [Row.of(one) for one in found.grade_findings()],
        "odds ratio",
        WORDS.say("caption.grades"),
        f"{source_line([*WORKFORCE, 'deprivation_score'])}; {REPORTS}",
        unit="odds ratio (logarithmic)",
    )


def grades_table(found: ReportsAndFigures) -> Table:
    """Return odds of a worse grade on each workforce figure: in all, within authorities, between them, and crossed."""

    def odds(model: JudgementModel | CrossedModel, term: str) -> str:
        return with_interval(*model.fitted.term(term).with_limits, 2)

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
        caption=WORDS.say("caption.grades_table"),
        source=f"{source_line([*WORKFORCE, 'deprivation_score'])}; {REPORTS}",
        note=WORDS.say("note.grades_table"),
        align_right=("In all", "Within", "Between", "Crossed", "Inspections (authorities)"),
    )


def workers_forest(found: ReportsAndFigures) -> Chart:
    """Draw what goes with the share of looked-after children who had three or more social workers in a year."""
    rows = [Row.of(finding, finding.label) for finding in found.cross_section_findings()]
    names = dict.fromkeys(name for pair in PAIRS.values() for name in pair)
    return findings_forest(
        rows,
        "standard deviations",
        WORDS.say("caption.workers"),
        source_line(names),
        unit="standard deviations of the one per standard deviation of the other",
    )
