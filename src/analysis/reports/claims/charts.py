"""The claims as one picture, by verdict, and what published studies found beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from analysis.claims.judging import JudgedClaim
from analysis.claims.register import Published
from analysis.claims.rule import Verdict
from analysis.claims.telling import VERDICT_LABELS, label_in_words
from analysis.errors import DataError
from analysis.showing.numbers import wrapped
from analysis.showing.theme import INK, NEUTRAL, TEXT_POINTS, new_figure, themed
from publishing.display import Chart, Table

from .words import DRAWN, WORDS, by_verdict, has_exceptions, is_as_coded, is_often_missed

SOURCE = "this project's register of claims, and the results that its notebooks recorded"
COLOURS: dict[Verdict, str] = {
    "supported": "#0072B2", "contradicted": "#D55E00", "not supported": "#262626", "unresolved": "#E69F00",
    "not identified": "#8C8C8C", "not testable": "#C8C8C8", "unscored": "#FFFFFF",
}  # fmt: skip
"""A colour a verdict; the heading above each group says what it is."""
_LINE_CM = 0.335
_GAP = 0.4
"""Of a line, between two groups."""
_LAYOUTS = (((49, 44), 1.17), ((45, 45), 1.02))
"""Letters of a line of each column, and where the right one begins; the second where lines of the first are too wide."""
_WIDEST_POINTS = 428.0
"""What the longest lines of both columns may come to in the first layout."""
_INDENT = " " * 8
"""Where a claim's further lines begin."""


@dataclass(frozen=True)
class _Entry:
    """A heading (no verdict) or a claim of the picture: lines that stand under one another, beside one bar."""

    lines: tuple[str, ...]
    beside: tuple[str, ...] = ()
    verdict: Verdict | None = None

    @property
    def height(self) -> int:
        return len(self.lines) + len(self.beside)


@themed
def verdicts_grid(claims: Sequence[JudgedClaim]) -> Chart:
    """Draw every claim under its verdict, in two columns, where one is drawn with what was tested; one bar a claim.

    A star marks what doesn't hold for every outcome, other marks what is weakened. Raises DataError where there is no claim.
    """
    if not claims:
        raise DataError("no claims to draw")
    groups = by_verdict(claims)
    columns, right_at = _laid_out(groups)
    n_lines = max(map(_height, columns))
    figure = new_figure(height_cm=0.3 + _LINE_CM * n_lines)
    axes = figure.subplots()
    axes.set_xlim(0, 2)
    axes.set_ylim(n_lines, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    for x, entries in zip((0.0, right_at), columns, strict=True):
        place = 0.0
        for entry in entries:
            if entry:
                _draw_entry(axes, x, place, entry)
            place += entry.height if entry else _GAP
    alt_groups = [
        WORDS.say(
            "alt.grid.group",
            heading=_heading(verdict, group),
            claims=["; ".join(filter(None, (_claim_text(claim), _beside(claim)))) for claim in group],
        )
        for verdict, group in groups.items()
    ]
    return Chart(figure, _caption(claims), WORDS.say("alt.grid", groups=alt_groups), SOURCE)


def _claim_text(claim: JudgedClaim) -> str:
    marks = ("*" if has_exceptions(claim) else "") + ("†" if is_as_coded(claim) else "")
    marks += "‡" if is_often_missed(claim) else ""
    return label_in_words(claim.claim.id, claim.claim.in_short) + marks


def _beside(claim: JudgedClaim) -> str:
    """Return what stands under a claim on which a verdict is drawn, which is what was tested of it; else nothing."""
    tested = claim.claim.tested
    return WORDS.say("grid.tested", tested=tested) if tested and claim.verdict in DRAWN else ""


def _heading(verdict: Verdict, group: Sequence[JudgedClaim]) -> str:
    return WORDS.say("grid.heading", label=VERDICT_LABELS[verdict], n_claims=len(group))


def _group_entries(verdict: Verdict, group: Sequence[JudgedClaim], longest: int) -> list[_Entry]:
    return [
        _Entry((_heading(verdict, group),)),
        *(
            _Entry(_broken(_claim_text(claim), 0, longest), _broken(_beside(claim), 1, longest), verdict)
            for claim in group
        ),
    ]


def _broken(text: str, indented_from: int, longest: int) -> tuple[str, ...]:
    """Return the lines of a text, of so many characters at most, indented from one of them on."""
    lines = wrapped(text, longest - 7 * indented_from).split("\n") if text else []
    return tuple(f"{_INDENT if place >= 1 - indented_from else ''}{line}" for place, line in enumerate(lines))


def _laid_out(
    groups: Mapping[Verdict, Sequence[JudgedClaim]],
) -> tuple[tuple[list[_Entry | None], list[_Entry | None]], float]:
    """Return the entries of two columns and where the right one begins: the first layout if it is wide enough."""
    (first, first_at), (other, other_at) = _LAYOUTS
    columns = _columns_of(groups, first)
    if sum(map(_width, columns)) <= _WIDEST_POINTS:
        return columns, first_at
    return _columns_of(groups, other), other_at


def _columns_of(
    groups: Mapping[Verdict, Sequence[JudgedClaim]], longest: tuple[int, int]
) -> tuple[list[_Entry | None], list[_Entry | None]]:
    return _two_columns(
        [[_group_entries(verdict, group, most) for verdict, group in groups.items()] for most in longest]
    )


def _width(entries: Sequence[_Entry | None]) -> float:
    """Return how wide the longest line of a column's claims is, in points."""
    lines = [line for entry in entries if entry for line in (*entry.lines, *entry.beside)]
    # As far as the points of the outlines reach: where curves between them reach takes ten times as long to find.
    return max((TextPath((0, 0), line, size=TEXT_POINTS).vertices[:, 0].max() for line in lines), default=0.0)


def _two_columns(groups: Sequence[Sequence[list[_Entry]]]) -> tuple[list[_Entry | None], list[_Entry | None]]:
    """Return the entries of the left column, which begins with the first group, and of the right: the shortest such picture.

    ``groups``: all of them as the left column breaks lines, and as the right one does.
    Groups stay whole and in order, with an empty line between them.
    """

    def column(side: int, places: Sequence[int]) -> list[_Entry | None]:
        entries: list[_Entry | None] = []
        for place in places:
            entries += [None, *groups[side][place]] if entries else groups[side][place]
        return entries

    choices = []
    for in_left in product((True, False), repeat=len(groups[0]) - 1):
        left = [0, *(place for place, chosen in enumerate(in_left, 1) if chosen)]
        right = [place for place, chosen in enumerate(in_left, 1) if not chosen]
        choices.append((column(0, left), column(1, right)))
    return min(choices, key=lambda columns: max(map(_height, columns)))


def _height(entries: Sequence[_Entry | None]) -> float:
    """Return how high a column is, in lines."""
    return sum(entry.height if entry else _GAP for entry in entries)


def _draw_entry(axes: Axes, x: float, place: float, entry: _Entry) -> None:
    if entry.verdict is None:
        axes.text(
            x, place + 0.5, entry.lines[0], va="center", fontsize=TEXT_POINTS, fontweight="bold", color=INK
        )
        return
    bar = Rectangle(
        (x, place + 0.06), 0.014, entry.height - 0.12, facecolor=COLOURS[entry.verdict], edgecolor=NEUTRAL,
        linewidth=0.4,
    )  # fmt: skip
    axes.add_patch(bar)
    for line, text in enumerate((*entry.lines, *entry.beside)):
        axes.text(
            x + 0.032,
            place + line + 0.5,
            text,
            va="center",
            fontsize=TEXT_POINTS,
            color=INK if line < len(entry.lines) else NEUTRAL,
        )


def _caption(claims: Sequence[JudgedClaim]) -> str:
    return WORDS.say(
        "caption.grid",
        n_claims=len(claims),
        n_supported=sum(claim.verdict == "supported" for claim in claims),
        n_excepted=sum(has_exceptions(claim) for claim in claims),
        n_as_coded=sum(map(is_as_coded, claims)),
        n_missed=sum(map(is_often_missed, claims)),
    )


def published_table(claims: Sequence[JudgedClaim]) -> Table:
    """Return the published estimates that stand beside claims, each once, with the claims' identifiers."""
    claims_of: dict[str, list[str]] = {}
    published_by_id = {}
    for claim in claims:
        for published in claim.claim.published:
            claims_of.setdefault(published.id, []).append(claim.claim.id)
            published_by_id[published.id] = published
    rows = [
        {
            "Study": published.reference,
            "Design": published.design,
            "Finding": WORDS.say(
                "published.finding",
                finding=_published_finding(published),
                is_reproduced=published.reproduced,
            ),
            "Claims": ", ".join(claims_of[name]),
        }
        for name, published in sorted(published_by_id.items())
    ]
    columns = ["Study", "Design", "Finding", "Claims"]
    return Table(pd.DataFrame(rows, columns=columns), WORDS.say("caption.published"), "as named in the table")


def _published_finding(published: Published) -> str:
    if published.estimate is None:
        return published.finding
    said = {"finding": published.finding, "scale": published.scale}
    if published.conf_low is None:
        return WORDS.say("published.estimate", **said, estimate=published.estimate)
    estimate = (published.estimate, published.conf_low, published.conf_high)
    return WORDS.say("published.interval", **said, estimate=estimate)
