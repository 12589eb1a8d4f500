"""Sentences with computed numbers where reports and official figures meet. Nothing is an effect."""

from collections.abc import Mapping

from analysis.claims.register import register
from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.findings.finding import Finding
from analysis.showing.numbers import interval, listed, number, probability
from publishing.display import Prose

from .study import THREE_WORKERS, WORKFORCE, ReportsAndFigures

PAIRS_RUN = "inspections"
"""The run that records findings on pairs of constructs."""
_RATED = ("problems", "strengths")


def pairs_of_claims() -> tuple[tuple[str, str], ...]:
    """Return every claim of the register that a pair of constructs in reports bears on, with the finding's name."""
    return tuple(
        (claim.id, name)
        for claim in register().claims
        for run, _, name in (test.finding.rpartition("/") for test in claim.tests)
        if run == PAIRS_RUN and name.startswith(_RATED)
    )


def pair_in_words(name: str) -> str:
    """Return a finding on a pair of constructs as readers know it: ``turnover of workers and visits``."""
    _, first, second = name.split("-")
    strengths = " (strengths)" if name.startswith("strengths") else ""
    return f"{LABELS[first].lower()} and {LABELS[second].lower()}{strengths}"


def _in_numbers(finding: Finding) -> str:
    return f"{number(finding.estimate, 2)}, {interval(finding.conf_low, finding.conf_high)}"


def reports_and_figures_described(found: ReportsAndFigures, recorded: Mapping[str, Finding]) -> Prose:
    """Say how many reports and inspections there are, and which year has the figure on changes of worker."""
    reports = max((one.n_observations for one in recorded.values()), default=0)
    rows = found.inspections
    return Prose(
        f"Problems and strengths of {reports} reports, as the notebook `inspections` recorded them. "
        f"{len(rows)} inspections "
        f"have a grade; {rows['turnover_percent'].notna().sum()} of them come after the first September with "
        f"comparable "
        f"workforce figures. {indicator(THREE_WORKERS).label} is published for "
        f"{indicator(THREE_WORKERS).years[0]} alone."
    )


def problems_result(recorded: Mapping[str, Finding]) -> Prose:
    """Say which of the pairs that claims are about stand together, and which don't."""
    pairs = pairs_of_claims()
    known = [pair for pair in pairs if pair[1] in recorded]
    together = [
        (claim, name) for claim, name in known if recorded[name].is_clear and recorded[name].estimate > 1
    ]
    rest = [pair for pair in known if pair not in together]
    missing = sorted(claim for claim, name in pairs if name not in recorded)

    def told(chosen: list[tuple[str, str]]) -> str:
        words = [f"{claim}, {pair_in_words(name)} ({_in_numbers(recorded[name])})" for claim, name in chosen]
        return listed(words) if words else "none"

    gone = f" Not recorded: {listed(missing)}." if missing else ""
    return Prose(
        f"Of the {len(known)} pairs that claims are about, {len(together)} clearly stand together in reports, "
        f"net of tone and "
        f"grade: {told(together)}. Not clearly, or the other way: {told(rest)}.{gone}"
    )


def _workforce(finding: Finding) -> str:
    names = [name for name in finding.indicators if name in WORKFORCE]
    return " times ".join(lower_first(indicator(name).label) for name in names)


def grades_result(found: ReportsAndFigures) -> Prose:
    """Say which workforce figures go with a worse grade."""
    findings = found.grade_findings()
    clear = [one for one in findings if one.is_clear]
    rest = [one for one in findings if not one.is_clear]

    def told(chosen: list[Finding]) -> str:
        return listed([f"{_workforce(one)} ({_in_numbers(one)})" for one in chosen])

    return Prose(f"A worse grade clearly goes with {told(clear)}; not clearly with {told(rest)}.")


def workers_result(found: ReportsAndFigures) -> Prose:
    """Say whether turnover goes with changes of worker, and these with stability and pace."""
    first, *others = found.cross_section_findings()
    clear = [one.label for one in others if one.is_clear]
    follows = (
        f"goes clearly with {listed(clear)}" if clear else "goes clearly with none of the three outcomes"
    )
    return Prose(
        f"Where turnover was higher, more children in care had three or more workers in a year "
        f"({_in_numbers(first)} standard "
        f"deviations, {probability('p', first.p_value)}, {first.n_observations} authorities). That share "
        f"itself {follows}."
        if first.is_clear and first.estimate > 0
        else f"Turnover doesn't clearly go with the share of children who had three or more workers ({_in_numbers(first)}). "
        f"That share {follows}."
    )
