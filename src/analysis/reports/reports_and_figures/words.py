"""What the report says where inspection reports and official figures meet. Nothing is an effect."""

from collections.abc import Mapping, Sequence

from analysis.claims.register import register
from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.findings.finding import Finding
from analysis.showing.words import words_of
from publishing.display import Prose

from .study import THREE_WORKERS, WORKFORCE, ReportsAndFigures

WORDS = words_of(__package__)
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
    rated, first, second = name.split("-")
    return WORDS.say(f"pair.{rated}", first=LABELS[first].lower(), second=LABELS[second].lower())


def _in_numbers(finding: Finding) -> str:
    return WORDS.say("estimate", estimate=finding.estimate, low=finding.conf_low, high=finding.conf_high)


def reports_and_figures_described(found: ReportsAndFigures, recorded: Mapping[str, Finding]) -> Prose:
    """Say how many reports and inspections there are, and which year has the figure on changes of worker."""
    inspections, three_workers = found.inspections, indicator(THREE_WORKERS)
    return WORDS.prose(
        "described",
        n_reports=max((finding.n_observations for finding in recorded.values()), default=0),
        n_inspections=len(inspections),
        n_with_figures=int(inspections["turnover_percent"].notna().sum()),
        three_workers=three_workers.label,
        three_workers_year=three_workers.years[0],
    )


def problems_result(recorded: Mapping[str, Finding]) -> Prose:
    """Say which of the pairs that claims are about stand together, and which don't."""
    pairs = pairs_of_claims()
    known = [pair for pair in pairs if pair[1] in recorded]
    together = [
        (claim, name) for claim, name in known if recorded[name].is_clear and recorded[name].estimate > 1
    ]
    text = WORDS.say(
        "problems",
        n_pairs=len(known),
        n_together=len(together),
        together=_pairs_told(together, recorded),
        apart=_pairs_told([pair for pair in known if pair not in together], recorded),
    )
    missing = sorted(claim for claim, name in pairs if name not in recorded)
    return Prose(f"{text} {WORDS.say('problems.missing', claims=missing)}" if missing else text)


def _pairs_told(pairs: Sequence[tuple[str, str]], recorded: Mapping[str, Finding]) -> list[str]:
    return [
        WORDS.say("problems.pair", claim=claim, pair=pair_in_words(name), numbers=_in_numbers(recorded[name]))
        for claim, name in pairs
    ]


def grades_result(found: ReportsAndFigures) -> Prose:
    """Say which workforce figures go with a worse grade."""
    findings = found.grade_findings()
    return WORDS.prose(
        "grades",
        clear=[_grade_told(finding) for finding in findings if finding.is_clear],
        unclear=[_grade_told(finding) for finding in findings if not finding.is_clear],
    )


def _grade_told(finding: Finding) -> str:
    figures = [lower_first(indicator(name).label) for name in finding.indicators if name in WORKFORCE]
    return WORDS.say("grades.figure", figures=figures, numbers=_in_numbers(finding))


def workers_result(found: ReportsAndFigures) -> Prose:
    """Say whether turnover goes with changes of worker, and these with stability and pace."""
    on_turnover, *on_share = found.cross_section_findings()
    clear = [finding.label for finding in on_share if finding.is_clear]
    follows = WORDS.say("workers.share", outcomes=clear) if clear else WORDS.say("workers.share.none")
    numbers = _in_numbers(on_turnover)
    if not on_turnover.is_clear or on_turnover.estimate <= 0:
        return WORDS.prose("workers.unclear", numbers=numbers, follows=follows)
    return WORDS.prose(
        "workers",
        numbers=numbers,
        p_value=on_turnover.p_value,
        n_authorities=on_turnover.n_observations,
        follows=follows,
    )
