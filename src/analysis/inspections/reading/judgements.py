"""The judgements of a report: rows of label and grade, and the overall grade that older reports give in prose."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from .grades import GRADE, GRADE_WORD, NONE, canonical, leading_grade, plain

_TABLE_GAP = 300  # letters between two rows of one table, at most: a footnote or a line about a grade
_WITH_LEAVERS = "in_care_with_leavers"  # one row for children in care and care leavers, before 2023


@dataclass(frozen=True)
class Row:
    """A row of a table of judgements: where it starts and ends in the text, the judgement and its grade."""

    start: int
    end: int
    judgement: str
    grade: str


@cache
def _labels(family: str) -> tuple[tuple[str, str], ...]:
    with files(__package__).joinpath("labels.csv").open(encoding="utf-8") as stream:
        return tuple(
            (row["judgement"], row["label"]) for row in csv.DictReader(stream) if row["family"] == family
        )


@cache
def _label_pattern(label: str) -> re.Pattern[str]:
    """Return the pattern of a label, whose words may wrap around those of the grade in the next cell."""
    between = rf"(?:\W+{GRADE_WORD}(?![a-z]))*\W+"
    return re.compile(r"\b" + between.join(map(re.escape, label.split())) + r"(?![a-z])")


def make_ready() -> None:
    """Build the patterns of all labels, so that processes forked from this one have them."""
    for family in ("ilacs", "sif", "pre_sif"):
        table_rows("", family)


def _row(text: str, match: re.Match[str], judgement: str, label: str, in_heading: bool) -> Row | None:
    """Return the row whose label was found, where a grade follows directly or stands among the label's words."""
    words, among = label.split(), []
    for word in re.findall(r"[a-z']+", match[0]):
        if words and word == words[0]:
            words.pop(0)
        else:
            among.append(word)
    rest = text[match.end() : match.end() + 60]
    grade = leading_grade(" ".join(among) + " " + rest, in_heading)
    if grade is None:
        return None
    reach = re.match(r"(?:[\W\d]|\bis\b|\bare\b)*(?:" + GRADE + ")?", rest)
    assert reach is not None  # it fits the empty text
    return Row(match.start(), match.end() + reach.end(), judgement, grade)


def _candidates(text: str, family: str, in_heading: bool = False) -> Iterator[Row]:
    for judgement, label in _labels(family):
        for match in _label_pattern(label).finditer(text):
            row = _row(text, match, judgement, label, in_heading)
            if row:
                yield row


def table_rows(text: str, family: str) -> tuple[Row, ...]:
    """Return the rows of the first table of judgements in ``text`` (plain), in its order.

    A table ends where no row follows within a few lines; a judgement's first row counts.
    """
    rows: list[Row] = []
    for row in sorted(_candidates(text, family), key=lambda row: (row.start, -row.end)):
        if rows and row.start - rows[-1].end > _TABLE_GAP:
            if len(rows) > 1:
                break
            rows.clear()
        if not rows or (
            row.start >= rows[-1].end and row.judgement not in {known.judgement for known in rows}
        ):
            rows.append(row)
    return tuple(rows)


# What a cover says of the whole: «The overall judgement is …», «Children's services in … are …», «This local
# authority requires … because». The grade follows «is» or «are», or is the verb itself («require improvement»); what
# «was» is an earlier inspection's.
_SUBJECT = (
    r"(?:overall (?:judgement|effectiveness)|children's services?|services for children|local authority)"
)
_VERDICT = re.compile(
    rf"{_SUBJECT}\b(?:[^.:;]|\bst\.)*?\b(?:(?:is|are)\s+(?:judged\s+)?(?:to\s+be\s+)?(?P<is>{GRADE})"
    rf"|(?P<verb>requires?\s+improvement))"
)
# What speaks of something else: the board's own grade, what the inspectorate expects, earlier inspections, what a
# grade means, and what is not (yet) the case.
_ELSEWHERE = re.compile(
    r"safeguarding children board|\blscb\b|expectation|previous|last inspection|earlier inspection|\bnot\b"
    r"|judgements on areas|minimum|\bwhen\b|\bif\b"
)


def _statements(text: str) -> Iterator[str]:
    """Split a cover's prose; its headings have no full stops, so a grade ends a statement too."""
    for sentence in re.split(r"(?<=[a-z0-9])(?<!\bst)[.!?]+\d{0,2}\s+|\s+(?=it is ofsted)", text):
        start = 0
        for match in re.finditer(GRADE, sentence):
            yield sentence[start : match.end()]
            start = match.end()


def overall_in_prose(text: str) -> str | None:
    """Return the grade of the first statement in ``text`` (plain) on the authority's services as a whole."""
    for statement in _statements(text):
        match = _VERDICT.search(statement)
        if match and not _ELSEWHERE.search(statement):
            return canonical(match["is"] or match["verb"])
    return None


_ANY_GRADE = re.compile(
    "outstanding|good|adequate|requir|judged|applicable"
)  # every row has one of these words
_ROW_LENGTH = 140  # letters; a row of a table is no longer, numbers and «Key judgement» included
# What may stand around a label in a row or a heading.
_AROUND = re.compile(
    r"^(?:key judgement|judgement grade|judgement|(?:the )?experiences (?:and|of) progress of|the|[\d.\s])+"
)


@lru_cache(maxsize=1024)  # a report's headings are asked for as rows, as sections and by their grades
def _row_of(text: str) -> Row | None:
    if len(text) > 2 * _ROW_LENGTH:
        return None
    text = plain(text)
    if len(text) > _ROW_LENGTH or not _ANY_GRADE.search(text):
        return None
    for family in ("ilacs", "sif", "pre_sif"):
        for row in _candidates(text, family, in_heading=True):
            if not _AROUND.sub("", text[: row.start]) and len(text) - row.end < 5:
                return row
    return None


def is_judgement_row(text: str) -> bool:
    """Tell whether ``text`` is a row of a table of judgements or a heading with its grade, and nothing more."""
    return _row_of(text) is not None


def heading_grades(page_texts: Iterable[tuple[int, str]]) -> dict[str, str]:
    """Return by judgement the grade of the last heading, behind the first page, that gives one.

    ``page_texts`` are pages and texts of a report's blocks; earlier ones are tables, at times of an earlier inspection.
    """
    grades = {}
    for page, text in page_texts:
        if page > 1 and (row := _row_of(text)):
            grades["in_care" if row.judgement == _WITH_LEAVERS else row.judgement] = row.grade
    return grades


# A grade at the end of a heading, after a colon or in a cell of its own.
_TRAILING_GRADE = re.compile(rf"[\s:]*(?:\b(?:is|are)\b[\s:]*)?{GRADE}[\W\d]*$", re.I)


def section_name(text: str) -> str:
    """Return a heading without the grade and the table's own heading that stand around it."""
    if not is_judgement_row(text):
        return text
    return re.sub(
        r"^(?:Key judgement|Judgement grade|[\d.\s])+", "", _TRAILING_GRADE.sub("", text), flags=re.I
    )


def grades_of(rows: tuple[Row, ...]) -> Mapping[str, str]:
    """Return the grade by judgement; a row that children in care share with care leavers is for those in care."""
    grades = {row.judgement: row.grade for row in rows}
    if _WITH_LEAVERS in grades:
        grades["in_care"] = grades.pop(_WITH_LEAVERS)
        grades.setdefault("care_leavers", NONE)
    return grades
