"""All claims at a glance, their verdicts as a table, and where every number comes from."""

from collections.abc import Sequence

import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..claims.judging import JudgedClaim, JudgedTest
from ..claims.rule import smallest_units
from ..claims.telling import counts_in_words
from ..display import Chart, Prose, Table
from ..errors import DataError
from ..publishing.exhibits import Exhibit
from ..wording import interval, number, p_value
from ..wording_claims import after_tests, before_tests
from .theme import BAND, BETTER, INK, NEUTRAL, OTHER, SMALL_POINTS, WORSE, new_figure, style_axes, themed
from .words import wrapped

SOURCE = "the register of claims of this project, and the results that its notebooks recorded"
REACH = 6
"""Estimates and intervals are drawn up to this many times the smallest association worth caring about."""
SHORT_SCALES = {"standard deviations": "sd", "odds ratio": "or", "percent": "%"}
_LOOK = {
    "supports": (BETTER, "o", "supports the claim"),
    "contradicts": (WORSE, "X", "contradicts it"),
    "rules out": (INK, "s", "rules it out"),
    "undecided": (OTHER, "D", "undecided"),
}


@themed
def at_a_glance(claims: Sequence[JudgedClaim]) -> Chart:
    """Draw every claim: a mark a direct test, in units of the smallest association worth caring about, and the verdict.

    Right of zero is the side that the claim expects. A claim without a test has an empty line that says why. Raises
    DataError where there is no claim.
    """
    if not claims:
        raise DataError("no claims to draw")
    figure = new_figure(height_cm=21.5)
    axes = figure.subplots()
    style_axes(axes, "x")
    axes.axvspan(-1, 1, color=BAND, linewidth=0)
    axes.axvline(0, color=INK, linewidth=0.8)
    for place, claim in enumerate(claims):
        _draw_claim(axes, place, claim)
    axes.set_yticks(range(len(claims)), [f"{one.claim.id}  {wrapped(one.claim.claim, 46)}" for one in claims])
    axes.set_ylim(len(claims) - 0.4, -0.6)
    axes.set_xlim(-REACH - 0.3, REACH + 0.3)
    axes.set_xlabel(
        "in units of the smallest association worth caring about\n(right of zero: as the claim says)"
    )
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(range(len(claims)), [_verdict(claim) for claim in claims])
    beside.tick_params(length=0, labelsize=SMALL_POINTS)
    beside.spines["right"].set_visible(False)
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="-", markersize=4, label=label)
        for colour, marker, label in _LOOK.values()
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=4)
    caption = (
        "Claims at a glance. Each mark is a direct test with its 95% interval, on one scale: 1 is the smallest "
        "association worth "
        "caring about on the side that the claim expects (grey: too small to care about). Wider ones are cut "
        "at the edge. *: a placebo shows an association too, so that nothing is said of which came first."
    )
    alt = "; ".join(f"{one.claim.id} {one.verdict} ({counts_in_words(one)})" for one in claims)
    return Chart(figure, caption, f"Verdicts by claim. {alt}.", SOURCE)


def _verdict(claim: JudgedClaim) -> str:
    return (
        f"{claim.verdict} *" if claim.verdict == "supported" and claim.placebos_that_show else claim.verdict
    )


def _draw_claim(axes: Axes, place: int, claim: JudgedClaim) -> None:
    ran = [test for test in claim.tests if test.finding]
    if not ran:
        axes.text(0, place, "no test ran" if claim.tests else "no public figures", ha="center", va="center",
                  fontsize=SMALL_POINTS, color=NEUTRAL)  # fmt: skip
        return
    step = 0.7 / max(len(ran), 2)
    for position, test in enumerate(ran):
        _draw_test(axes, place + step * (position - (len(ran) - 1) / 2), test, claim)


def _draw_test(axes: Axes, height: float, test: JudgedTest, claim: JudgedClaim) -> None:
    colour, marker, _ = _LOOK[test.outcome]
    low, middle, high = (
        min(max(value, -REACH), REACH)
        for value in smallest_units(test.finding, test.test.expected, claim.rule)
    )
    axes.hlines(height, low, high, color=colour, linewidth=1.1)
    axes.plot(middle, height, marker, color=colour, markersize=3.2)


def verdicts_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim: our wording, the verdict, and what its direct tests say."""
    rows = [
        {
            "Claim": one.claim.id,
            "What was claimed, in our words": one.claim.claim,
            "Verdict": one.verdict,
            "Direct tests": counts_in_words(one),
            "Placebos": _placebos(one),
        }
        for one in claims
    ]
    return Table(
        pd.DataFrame(rows),
        "Verdicts on all claims",
        SOURCE,
        note="Placebos: tests that should show nothing if the exposure comes first. They don't decide a verdict; where one "
        "shows something, read the verdict as an association that says nothing of what came first.",
    )


def _placebos(claim: JudgedClaim) -> str:
    if not claim.placebos:
        return "–"
    return f"{len(claim.placebos_that_show)} of {len(claim.placebos)} show something"


def tests_table(claim: JudgedClaim) -> Table:
    """Return a row a direct test of one claim: estimate, interval, q, agreement of the curve, and what it says."""
    return Table(
        pd.DataFrame([_test_row(test) for test in claim.tests]),
        f"{claim.claim.id}: direct tests",
        SOURCE,
        note="sd: standard deviations; or: odds ratio. Agree: share of the declared specifications with the "
        "estimate's sign. n: rows of the regression, "
        "inspections or "
        "reports.",
        align_right=("Estimate", "q", "Agree", "n"),
    )


def _test_row(test: JudgedTest) -> dict[str, str]:
    one = test.finding
    if one is None:
        return {"Test": test.test.finding, "Expected": test.test.expected, "Estimate": "–", "q": "–", "Agree": "–", "n": "–",
                "Says": "not run"}  # fmt: skip
    return {
        "Test": one.label,
        "Expected": test.test.expected,
        "Estimate": f"{number(one.estimate)} ({interval(one.conf_low, one.conf_high)}) "
        f"{SHORT_SCALES.get(one.scale, one.scale)}",
        "q": p_value(test.q_value),
        "Agree": "–" if one.share_same_sign is None else f"{one.share_same_sign:.0%}",
        "n": f"{one.n_observations:,}",
        "Says": test.outcome,
    }


def show_claims(claims: Sequence[JudgedClaim]) -> None:
    """Show a page in plain language for each claim, with its direct tests as a table."""
    for claim in claims:
        display(Prose(before_tests(claim)))
        if claim.tests:
            display(tests_table(claim))
        display(Prose(after_tests(claim)))


def published_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return the published estimates that stand beside claims, each once, with the claims' identifiers."""
    claims_of: dict[str, list[str]] = {}
    known = {}
    for claim in claims:
        for one in claim.claim.published:
            claims_of.setdefault(one.id, []).append(claim.claim.id)
            known[one.id] = one
    rows = [
        {
            "Reference": one.reference,
            "Design": one.design,
            "Finding": one.finding + _published_number(one),
            "Beside": ", ".join(claims_of[name]),
        }
        for name, one in sorted(known.items())
    ]
    return Table(pd.DataFrame(rows), "Published estimates beside the claims", "as named in the table")


def _published_number(one) -> str:
    if one.estimate is None:
        return ""
    limits = f" ({interval(one.conf_low, one.conf_high)})" if one.conf_low is not None else ""
    return f" {one.scale.capitalize()}: {number(one.estimate)}{limits}."


def sources_table(claims: Sequence[JudgedClaim], cells: dict[str, tuple[str, str]]) -> Table:
    """Return where each number of the claims' pages was made: finding, notebook and recording cell, results file.

    ``cells`` maps a finding to its notebook and cell.
    """
    rows = []
    for claim in claims:
        for test in claim.tests:
            if test.finding:
                notebook, cell = cells[test.test.finding]
                rows.append(
                    {
                        "Claim": claim.claim.id,
                        "Finding": test.test.finding.rpartition("/")[2],
                        "Run": test.test.run,
                        "Notebook": notebook,
                        "Cell": cell,
                    }
                )
    return Table(pd.DataFrame(rows), "Where each number of the claims' pages was made", SOURCE)


def exhibits_table(exhibits: Sequence[tuple[Exhibit, int]]) -> Table:
    """Return a row a figure, table or passage of every report: its notebook, cell and the call that made it."""
    rows = [
        {
            "Notebook": f"{one.notebook}{f' ({runs} reports)' if runs > 1 else ''}",
            "Item": one.label,
            "Cell": one.cell,
            "Made by": one.made_by.partition("(")[0],
            "What": _shortened(one.what) if runs == 1 or one.kind == "prose" else "one in each report",
        }
        for one, runs in exhibits
    ]
    return Table(
        pd.DataFrame(rows),
        "Every figure, table and passage with numbers, and the notebook and cell that made it",
        "the executed notebooks under reports/notebooks",
    )


def _shortened(text: str, most: int = 70) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rsplit(' ', 1)[0]} …"
