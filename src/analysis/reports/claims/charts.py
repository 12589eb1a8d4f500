"""The claims: their verdicts as a table, each claim's page, and where every number comes from."""

from collections.abc import Sequence

import pandas as pd
from IPython.display import display

from analysis.claims.first_judging import JudgedTest
from analysis.claims.judging import JudgedClaim
from analysis.claims.register import Published
from analysis.claims.telling import counts_in_words
from analysis.showing.numbers import number, p_value, with_interval
from publishing.display import Prose, Table

from .exhibits import Exhibit
from .words import WORDS, answer_of, rest_of

SOURCE = "the register of claims of this project, and the results that its notebooks recorded"
SHORT_SCALES = {"standard deviations": "SD", "odds ratio": "OR", "log odds": "log OR", "percent": "%"}


def verdicts_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return a row a claim: our wording, the verdict with its strength, and that of the rule of version 0.1.0."""
    rows = [
        {
            "Claim": one.claim.id,
            "What was claimed, in our words": one.claim.claim,
            "Verdict": one.verdict,
            "What stands behind it": counts_in_words(one),
            "Stable": "–" if one.stability is None else f"{one.stability.share:.0%}",
            "By the rule of 0.1.0": one.first_verdict,
        }
        for one in claims
    ]
    return Table(
        pd.DataFrame(rows),
        "Verdicts on all claims",
        SOURCE,
        note=WORDS.say("note.verdicts"),
        align_right=("Stable",),
    )


def gates_table(claim: JudgedClaim) -> Table:
    """Return a row a gate of one claim: whether it holds, and what says so."""
    rows = [
        {
            "Gate": gate.name,
            "Holds": {True: "yes", False: "no", None: "can’t be asked"}[gate.holds],
            "What says so": gate.says,
        }
        for gate in claim.gates
    ]
    return Table(pd.DataFrame(rows), f"{claim.claim.id}: gates", SOURCE)


def outcomes_table(claim: JudgedClaim) -> Table:
    """Return a row an outcome of one claim: its effect in natural units and in the claim's own, drawn towards the others."""
    assert claim.effect is not None and claim.evidence is not None
    rows = [
        {
            "Outcome": part["label"],
            "Effect": f"{with_interval(part['natural'], part['conf_low'], part['conf_high'], 1)} {part['unit']}",
            "On the claimed side": number(part["effect"], 2),
            "n": f"{part['n_observations']:,}",
        }
        for part in claim.effect.by_outcome
    ]
    return Table(
        pd.DataFrame(rows),
        f"{claim.claim.id}: effects by outcome",
        SOURCE,
        note=WORDS.say("note.outcomes", exposure=claim.effect.exposure, unit=claim.effect.unit),
        align_right=("Effect", "On the claimed side", "n"),
    )


def calibration_table(claim: JudgedClaim) -> Table:
    """Return a row a planted truth of one claim: how often the rule gave each verdict."""
    kept = list(dict.fromkeys(verdict for one in claim.calibration for verdict in one["shares"]))
    rows = [
        {
            "Planted truth": one["words"],
            **{verdict.capitalize(): f"{one['shares'].get(verdict, 0):.0%}" for verdict in kept},
        }
        for one in claim.calibration
    ]
    return Table(
        pd.DataFrame(rows),
        f"{claim.claim.id}: verdicts under planted truths",
        SOURCE,
        note=WORDS.say("note.calibration", n_draws=claim.calibration[0]["n_draws"]),
        align_right=tuple(verdict.capitalize() for verdict in kept),
    )


def tests_table(claim: JudgedClaim) -> Table:
    """Return a row a direct test of one claim: estimate, interval, q, agreement of the curve, what the first rule says."""
    return Table(
        pd.DataFrame([_test_row(test) for test in claim.tests]),
        f"{claim.claim.id}: single tests, as version 0.1.0 had them",
        SOURCE,
        note=WORDS.say("note.tests"),
        align_right=("Estimate", "q", "Agree", "n"),
    )


def _test_row(test: JudgedTest) -> dict[str, str]:
    finding = test.finding
    if finding is None:
        return {"Test": test.test.finding, "Expected": test.test.expected, "Estimate": "–", "q": "–", "Agree": "–", "n": "–",
                "Said": "not run"}  # fmt: skip
    return {
        "Test": finding.label,
        "Expected": test.test.expected,
        "Estimate": f"{with_interval(*finding.with_limits, 2)} {SHORT_SCALES.get(finding.scale, finding.scale)}",
        "q": p_value(test.q_value),
        "Agree": "–" if finding.share_same_sign is None else f"{finding.share_same_sign:.0%}",
        "n": f"{finding.n_observations:,}",
        "Said": test.outcome,
    }


def show_claims(claims: Sequence[JudgedClaim]) -> None:
    """Show each claim's page: the answer first, how strong it is, what it doesn't show; then tests, gates, calibration."""
    for claim in claims:
        display(Prose(answer_of(claim)))
        if claim.effect:
            display(outcomes_table(claim))
        if claim.gates:
            display(gates_table(claim))
        if claim.calibration:
            display(calibration_table(claim))
        if claim.tests:
            display(tests_table(claim))
        display(Prose(rest_of(claim)))


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
            "Finding": _published_finding(one),
            "Beside": ", ".join(claims_of[name]),
        }
        for name, one in sorted(known.items())
    ]
    return Table(pd.DataFrame(rows), "Published estimates beside the claims", "as named in the table")


def _published_finding(published: Published) -> str:
    if published.estimate is None:
        return published.finding
    said = {"finding": published.finding, "scale": published.scale}
    if published.conf_low is None:
        return WORDS.say("published.estimate", **said, estimate=published.estimate)
    estimate = (published.estimate, published.conf_low, published.conf_high)
    return WORDS.say("published.interval", **said, estimate=estimate)


def sources_table(claims: Sequence[JudgedClaim], cells: dict[str, tuple[str, str]]) -> Table:
    """Return where each number of the claims' pages was made: finding, notebook and recording cell, results file.

    ``cells`` maps a finding to its notebook and cell.
    """
    rows = []
    for claim in claims:
        for whole in (*claim.parts, *(test.test.finding for test in claim.tests if test.finding)):
            run, _, name = whole.rpartition("/")
            notebook, cell = cells[whole]
            rows.append(
                {"Claim": claim.claim.id, "Finding": name, "Run": run, "Notebook": notebook, "Cell": cell}
            )
    return Table(pd.DataFrame(rows), WORDS.say("caption.sources"), SOURCE)


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
        WORDS.say("caption.exhibits"),
        "the executed notebooks under reports/notebooks",
    )


def _shortened(text: str, most: int = 70) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rsplit(' ', 1)[0]} …"
