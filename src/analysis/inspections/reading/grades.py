"""The grades that inspections give, and where they stand in text."""

import re

NONE = "none"
"""The report gives no such judgement."""

_CANONICAL = {
    "outstanding": "outstanding",
    "good": "good",
    "adequate": "adequate",
    "inadequate": "inadequate",
    "requires improvement": "requires improvement",
    "require improvement": "requires improvement",
    "requiring improvement": "requires improvement",
    "not judged": NONE,
    "not applicable": NONE,
}

GRADE = (
    r"(?:outstanding|good|inadequate|adequate|requir(?:es?|ing)\s+improvement(?:\s+to\s+be\s+good)?"
    r"|not\s+(?:judged|applicable))(?![a-z])"
)
"""Pattern of a grade in small letters; a page's number or a footnote's digit may stick to its end."""

GRADE_WORD = r"(?:outstanding|good|inadequate|adequate|requires?|improvement|to|be|not|judged)"
"""Pattern of a word of a grade, where a cell that wraps puts it among the words of a label."""

_AT_START = re.compile(r"[\W\d]*(" + GRADE + ")")
# In a heading a verb may stand before the grade: «… : is good».
_AFTER_VERB = re.compile(r"[\W\d]*(?:(?:is|are)\b[\W\d]*)?(" + GRADE + ")")


def plain(text: str) -> str:
    """Return ``text`` in small letters with straight apostrophes and single spaces, for matching."""
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("‘", "'").replace("`", "'")).strip().lower()


def canonical(grade: str) -> str:
    """Return the name of a grade as the tables have it; ``none`` for «not judged».

    Raises KeyError for what isn't a grade.
    """
    words = re.sub(r"\s+", " ", grade.lower()).removesuffix(" to be good").strip()
    return _CANONICAL[words]


def leading_grade(text: str, in_heading: bool = False) -> str | None:
    """Return the grade that ``text`` begins with, numbers and punctuation aside, or None.

    In a heading «is» or «are» may stand before it; in a table what has a verb is prose and no row.
    """
    match = (_AFTER_VERB if in_heading else _AT_START).match(plain(text))
    return canonical(match[1]) if match else None
