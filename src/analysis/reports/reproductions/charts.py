"""Figures of printed estimates beside those made anew and this project's own."""

from collections.abc import Sequence

from analysis.data.definitions.indicators import indicator
from analysis.estimators.grades.mundlak import between_name, within_name
from analysis.findings.interval import IntervalEstimate
from analysis.showing.findings import Row, findings_forest
from analysis.showing.numbers import source_line
from publishing.display import Chart

from .printed import MARITIM, WEBB, printed_interval, recorded_interval
from .study import HAZARDS, WEBB_LAST_YEAR, WEBB_PRICE_YEAR, Reproductions
from .words import (
    AGENCY,
    WORDS,
    clear_alone,
    clear_of_all,
    financial_year,
    lies_between,
    n_printed_of,
    phrases,
    public_outcomes,
)

_ROW_CM = 0.58
_TWO_LINES_CM = 0.85
"""The height of a row whose label is one line, or two."""


def _row(estimate: IntervalEstimate, label: str, *, published: bool = False) -> Row:
    middle, low, high = estimate.with_limits
    return Row(label, estimate=middle, conf_low=low, conf_high=high, published=published)


def prevention_forest(reproductions: Reproductions) -> Chart:
    """Draw the odds ratio for £100 more preventative spending: printed, made anew, split, and on this project's figures."""
    table = reproductions.reproduced[WEBB]
    within, between = within_name("prevention"), between_name("prevention")
    rows = [
        _row(
            printed_interval(WEBB, "published", "prevention"),
            WORDS.say("label.prevention.printed", n=n_printed_of(WEBB, "published")),
            published=True,
        ),
        _row(recorded_interval(table, "published", "prevention"), WORDS.say("label.prevention.anew")),
        _row(recorded_interval(table, "within_between", within), WORDS.say("label.prevention.anew.within")),
        _row(recorded_interval(table, "within_between", between), WORDS.say("label.prevention.anew.between")),
        _row(
            reproductions.early.term("prevention"),
            WORDS.say("label.prevention.own", last_year=WEBB_LAST_YEAR, n=reproductions.early.n_observations),
        ),
        _row(
            reproductions.whole.term("prevention"),
            WORDS.say(
                "label.prevention.own",
                last_year=reproductions.whole_years[1],
                n=reproductions.whole.n_observations,
            ),
        ),
        _row(reproductions.same_year_split.fitted.term(within), WORDS.say("label.prevention.own.within")),
        _row(reproductions.same_year_split.fitted.term(between), WORDS.say("label.prevention.own.between")),
    ]
    finding = "caption.prevention.between" if lies_between(reproductions) else "caption.prevention.other"
    own = source_line(["prevention_real_gbp_per_child", "deprivation_score", "child_population_children"])
    return findings_forest(
        rows,
        "odds ratio",
        WORDS.say("caption.prevention", finding=WORDS.say(finding), prices=financial_year(WEBB_PRICE_YEAR)),
        WORDS.say("source.prevention", own=own),
        unit="odds ratio of good or outstanding (logarithmic)",
        row_cm=_ROW_CM,
    )


def public_forest(reproductions: Reproductions) -> Chart:
    """Draw the difference of three outcomes for one point more agency work: printed, and on this project's panel."""
    rows: list[Row] = []
    n_same = 0
    for outcome in public_outcomes():
        printed, own = printed_interval(MARITIM, outcome, AGENCY), reproductions.public[outcome, AGENCY]
        n_same += (printed.estimate > 0) == (own.estimate > 0)
        label = indicator(outcome).label
        rows.append(_row(printed, WORDS.say("label.public.printed", outcome=label), published=True))
        rows.append(_row(own, WORDS.say("label.public.own", outcome=label)))
    finding = WORDS.say("caption.public.same", n_same=n_same, n=len(rows) // 2)
    return findings_forest(
        rows,
        "percentage points",
        WORDS.say("caption.public", finding=finding),
        _public_source([*public_outcomes(), AGENCY]),
        unit="percentage points of the outcome",
        decimals=3,
        row_cm=_TWO_LINES_CM,
    )


def hazard_forest(reproductions: Reproductions) -> Chart:
    """Draw the hazard ratio of a downgrade for one unit more of each workforce figure: printed, and this project's."""
    rows = []
    for name in HAZARDS:
        label = indicator(name).label
        rows.append(
            _row(
                printed_interval(MARITIM, "downgrade", name),
                WORDS.say("label.hazard.printed", figure=label),
                published=True,
            )
        )
        rows.append(_row(reproductions.hazards[name], WORDS.say("label.hazard.own", figure=label)))
    alone, kept = clear_alone(reproductions.hazards), clear_of_all(reproductions.hazards)
    finding = (
        WORDS.say("caption.hazard.some", figures=phrases(kept))
        if kept
        else WORDS.say("caption.hazard.alone", figures=phrases(alone), n_asked=len(HAZARDS))
        if alone
        else WORDS.say("caption.hazard.none")
    )
    return findings_forest(
        rows,
        "rate ratio",
        WORDS.say("caption.hazard", finding=finding),
        _public_source(HAZARDS) + "; Ofsted: inspection reports",
        unit="hazard ratio for one percentage point, or one case, more (logarithmic)",
        decimals=3,
        row_cm=_ROW_CM,
    )


def _public_source(names: Sequence[str]) -> str:
    return WORDS.say("source.public", own=source_line(names))
