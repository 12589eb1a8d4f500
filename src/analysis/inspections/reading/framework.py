"""Which inspection a report is of: its framework, by what its cover calls it, its table and its dates."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from .dates import Window
from .text import UnreadableReportError

NO_OVERALL_FROM = date(2026, 4, 1)
"""From this first day of an inspection on, ILACS gives no overall judgement."""

_SHORT = timedelta(days=6)  # a short inspection is a week on site; a standard one is two

_BOARD_REVIEW = re.compile(r"review of the effectiveness of the local safeguarding children board")
_SIF = re.compile(
    r"services for children in need of help and protection,? children looked after and care leavers"
)
_ILACS_ROW = re.compile(r"impact of leaders on (?:social work )?practice")
_PRE_SIF = re.compile(
    r"inspection of (?:looked after children services|safeguarding and looked after children services"
    r"|local authority arrangements for the protection of children)"
)
# What an inspection of before November 2013 judges, by what its cover calls it.
_PRE_SIF_JUDGES = (
    ("safeguarding and looked after children services", ("overall", "leaders", "help_protection", "in_care")),
    ("inspection of looked after children services", ("overall", "leaders", "in_care")),
    ("arrangements for the protection of children", ("overall", "leaders", "help_protection")),
)
_LETTER = re.compile(r"(?:focused|monitoring|assurance) visit (?:to|of)\b")


def family_of(cover: str) -> str:
    """Return ``ilacs``, ``sif``, ``board`` (a review of the safeguarding board only) or ``pre_sif``.

    ``cover`` is the plain text of the first pages. Raises UnreadableReportError for another kind of document.
    """
    if _SIF.search(cover):
        return "sif"
    if _BOARD_REVIEW.search(cover):
        return "board"
    if _ILACS_ROW.search(cover):
        return "ilacs"
    if _PRE_SIF.search(cover):
        return "pre_sif"
    if _LETTER.search(cover):
        raise UnreadableReportError("a letter on a visit, which gives no judgements; leave it out")
    raise UnreadableReportError("not a report of an inspection of a local authority's children's services")


def pre_sif_judges(cover: str) -> tuple[str, ...]:
    """Return the judgements that an inspection of before November 2013 gives, by its cover (plain text)."""
    return next(judgements for name, judgements in _PRE_SIF_JUDGES if name in cover)


def framework_of(family: str, windows: Sequence[Window]) -> str | None:
    """Return the framework of a family's report, or None where it follows from dates that couldn't be read.

    Reports don't say whether an ILACS inspection was short or standard: one whose first days on site span a week is
    short.
    """
    if family != "ilacs":
        return "sif" if family == "board" else family
    if not windows:
        return None
    if windows[0].start >= NO_OVERALL_FROM:
        return "ilacs_2026"
    return "ilacs_short" if windows[0].end - windows[0].start <= _SHORT else "ilacs_standard"
