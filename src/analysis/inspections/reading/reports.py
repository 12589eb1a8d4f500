"""Reports → a table of judgements and dates, a row a report; what can't be read is empty, with a reason."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TextIO

from analysis.data.definitions.inspection_reports import JUDGEMENTS
from analysis.files.writing import sha256

from . import doubts, identity, judgements, known
from .bounded import Limits, Stopped, each_bounded
from .dates import DateError, Window, inspection_windows
from .doubts import FIELDS, Evidence, all_doubtful, doubts_of
from .framework import family_of, framework_of, pre_sif_judges
from .grades import NONE, plain
from .identity import authority_in, mismatch, twins
from .integrity import damage_in
from .judgements import Row, grades_of, overall_in_prose, table_rows
from .known import CHANGED, dispelled, standing
from .layout import blocks, joined, own_lines
from .sentences import Sentence, sentences_of
from .text import Line, UnreadableReportError, read_lines

COLUMNS = ("report", *JUDGEMENTS, "framework", "inspection_start", "inspection_end")
"""The columns of the table of judgements: what was read."""

DOUBT_COLUMNS = ("doubtful", "file_is")
"""What follows them: the doubtful fields, by semicolons, and the file's standing (see ``known``)."""

_COVER_PAGES = 3  # a table of judgements may run on to the second page; the third is for a blank one
_NAME = r"[^\W\d_][\w’'-]*\.?"
# «Lead inspector: Name Surname, HMI»; the name ends before a title, a comma or the line's end.
_LEAD = re.compile(
    rf"^(?:Lead|Reporting) inspectors?(?: on site)?\s*:?\s*(?P<names>{_NAME}(?:[ ]{_NAME}){{1,3}}?)"
    r"(?=\s*(?:,|\(|\.?$|Senior\b|HMI\b|H[ei][rs] Majesty))",
    re.M,
)


@dataclass(frozen=True)
class ReportReading:
    """What was read from one file.

    ``fields`` has the columns but ``report``, each a value, ``none`` where the report gives no such judgement, or
    empty; besides ``lead_inspector`` and ``authority``. ``reasons`` says by field why it is empty. ``problem`` is set
    where no report could be read at all; ``concerns`` are what keeps a report out of measures though it was read, and
    so do ``doubts``: by field (besides the above ``sentences``) why what was read may be wrong. ``digest`` is the SHA-256
    of the file, ``standing`` what the file is to those that the package was measured on.
    """

    file: str
    fields: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    concerns: tuple[str, ...] = ()
    doubts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    standing: str = ""
    sentences: tuple[Sentence, ...] = field(default=(), repr=False)

    @property
    def is_read(self) -> bool:
        """Whether the file holds a report of an inspection."""
        return not self.problem

    @property
    def is_usable(self) -> bool:
        """Whether the report may enter measures."""
        return self.is_read and not self.concerns and not self.doubts

    @property
    def why_left_out(self) -> str:
        """What keeps the report out of measures, in one line; empty where nothing does."""
        reasons = [self.problem] if self.problem else [*self.concerns, *_doubt_lines(self.doubts)]
        return "; ".join(reasons)


def _doubt_lines(doubts: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a line for each reason of doubt, with the fields that it makes doubtful."""
    fields: dict[str, list[str]] = {}
    for name, reasons in doubts.items():
        for reason in reasons:
            fields.setdefault(reason, []).append(name)
    return [
        f"{'every field' if len(names) == len(FIELDS) else ', '.join(names)} doubtful: {reason}"
        for reason, names in fields.items()
    ]


def _pages_text(lines: Sequence[Line], first: int, last: int) -> str:
    return plain(joined(line.text for line in lines if first <= line.page <= last))


def _board_grades() -> tuple[dict[str, str], dict[str, str]]:
    return dict.fromkeys(JUDGEMENTS, NONE), {}


def _cover_prose(cover: str, rows: tuple[Row, ...]) -> str:
    """Return what a cover says between its dates and its table."""
    end = rows[0].start if rows else len(cover)
    dates = cover.find("inspection date")
    return cover[max(dates, 0) : end]


def _table_grades(family: str, text: str) -> tuple[dict[str, str], tuple[Row, ...]]:
    rows = table_rows(text, family)
    return dict(grades_of(rows)), rows


def _judgements(
    family: str, framework: str | None, lines: Sequence[Line]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the grade by judgement, and by judgement without one the reason."""
    if family == "board":
        return _board_grades()
    cover = _pages_text(lines, 1, _COVER_PAGES)
    text = (
        cover if family != "pre_sif" else _pages_text(lines, 1, lines[-1].page).rpartition("main findings")[2]
    )
    grades, rows = _table_grades(family, text)
    if family == "sif" and (overall := overall_in_prose(_cover_prose(cover, rows))):
        grades["overall"] = overall
    if framework == "ilacs_2026":
        grades["overall"] = NONE
    for judgement in _not_given(family, cover):
        grades.setdefault(judgement, NONE)
    reasons = {name: _why_empty(family, name, rows) for name in JUDGEMENTS if name not in grades}
    return {name: grades.get(name, "") for name in JUDGEMENTS}, reasons


def _not_given(family: str, cover: str) -> tuple[str, ...]:
    """Return the judgements that a family's reports don't have."""
    if family == "pre_sif":
        return tuple(name for name in JUDGEMENTS if name not in pre_sif_judges(cover))
    return ("adoption",) if family == "ilacs" else ()


def _why_empty(family: str, judgement: str, rows: tuple[Row, ...]) -> str:
    if not rows:
        return "no table of judgements was found"
    if family == "sif" and judgement == "overall":
        return "the cover's prose gives no grade of the whole"
    return "the table of judgements has no row for it that ends in a grade"


def _dates(lines: Sequence[Line]) -> tuple[tuple[Window, ...], str]:
    text = joined(line.text for line in lines if line.page <= _COVER_PAGES)
    try:
        return inspection_windows(text), ""
    except DateError as error:
        return (), str(error)


def _lead_inspector(lines: Sequence[Line]) -> str:
    """Return the lead inspector's name, or ``none`` where the report names none."""
    match = _LEAD.search("\n".join(line.text for line in lines))
    return match["names"].strip(" .") if match else NONE


def _title(lines: Sequence[Line]) -> str:
    text = joined(line.text for line in lines if line.page <= 1)
    return re.split(r"\binspection dates?\b", text, maxsplit=1, flags=re.I)[0]


def _concerns(file: str, authority: str) -> tuple[str, ...]:
    if not authority:
        return ("its cover names no authority that is known",)
    wrong = mismatch(file, authority)
    return (wrong,) if wrong else ()


def read_lines_of_report(file: str, lines: Sequence[Line], with_sentences: bool = False) -> ReportReading:
    """Return the reading of a report's lines.

    Raises UnreadableReportError where they aren't a report of an inspection of children's services.
    """
    own = own_lines(lines)
    laid_out = blocks(own)
    family = family_of(_pages_text(own, 1, _COVER_PAGES))
    windows, why_no_dates = _dates(lines)  # some covers set their dates as small as footnotes
    framework = framework_of(family, windows)
    grades, reasons = _judgements(family, framework, own)
    fields = {
        **grades,
        "framework": framework or "",
        "inspection_start": windows[0].start.isoformat() if windows else "",
        "inspection_end": windows[-1].end.isoformat() if windows else "",
        "lead_inspector": _lead_inspector(lines),
        "authority": authority_in(_title(own)) or "",
    }
    if why_no_dates:
        reasons |= dict.fromkeys(("inspection_start", "inspection_end"), why_no_dates)
        reasons |= {} if framework else {"framework": "follows from dates that couldn't be read"}
    doubts = doubts_of(
        Evidence(
            file=file, lines=lines, own=own, blocks=laid_out, family=family, windows=windows, fields=fields
        )
    )
    concerns = _concerns(file, fields["authority"])
    sentences = sentences_of(laid_out, file) if with_sentences else ()
    return ReportReading(file, fields, reasons, concerns=concerns, doubts=doubts, sentences=sentences)


def _told_apart(reading: ReportReading, path: Path) -> ReportReading:
    """Add what the file's bytes say: damage, and whether they are those that were measured."""
    digest = sha256(path)
    if damage := damage_in(path):
        doubts: Mapping[str, tuple[str, ...]] = all_doubtful(f"the PDF is damaged ({damage}); get it again")
    else:
        cleared = dispelled(digest)
        doubts = {name: reasons for name, reasons in reading.doubts.items() if name not in cleared}
    own_standing = standing(
        path.name, digest, reading.fields["authority"], reading.fields["inspection_start"]
    )
    return replace(reading, doubts=doubts, digest=digest, standing=own_standing)


def make_ready() -> None:
    """Read the package's own tables and build its patterns once, for all the processes that are forked from this one.

    No report is read here: each has a process that knows of no other.
    """
    for part in (doubts, identity, judgements, known):
        part.make_ready()


def read_report(path: Path, with_sentences: bool = False) -> ReportReading:
    """Return the reading of one PDF; what keeps it from being read stands in ``problem``, nothing is raised."""
    try:
        return _told_apart(read_lines_of_report(path.name, read_lines(path), with_sentences), path)
    except UnreadableReportError as error:
        return ReportReading(path.name, problem=str(error))


def _is_sound(reading: ReportReading) -> bool:
    """Tell whether a file was read without a doubt, so that its process may read another."""
    return reading.is_read and not reading.doubts


def _with_twins(readings: Sequence[ReportReading]) -> tuple[ReportReading, ...]:
    """Add a concern to each of two reports of one authority on one day."""
    keys = [
        (reading.fields["authority"], reading.fields["inspection_start"])
        if reading.is_read and reading.fields["authority"] and reading.fields["inspection_start"]
        else None
        for reading in readings
    ]
    marked = list(readings)
    for later, first in twins(keys).items():
        for position, other in ((later, first), (first, later)):
            told = f"another report of the same authority and day: {readings[other].file}"
            marked[position] = replace(marked[position], concerns=(*marked[position].concerns, told))
    return tuple(marked)


def read_reports(
    paths: Sequence[Path], jobs: int = 2, with_sentences: bool = False, limits: Limits | None = None
) -> tuple[ReportReading, ...]:
    """Return the reading of each PDF in the order given, ``jobs`` at once; no file stops the others.

    They are read in processes apart, each file within ``limits`` of time and memory (by default those of ``Limits``); one
    that goes over them is a problem, told as any other. No file is read in a process that has read one with a problem or a
    doubt, as any damaged one has.
    """
    paths = tuple(map(Path, paths))
    call = partial(read_report, with_sentences=with_sentences)
    results = each_bounded(call, paths, jobs, limits or Limits(), __name__, _is_sound)
    readings = [
        ReportReading(path.name, problem=result.reason) if isinstance(result, Stopped) else result
        for path, result in zip(paths, results, strict=True)
    ]
    return _with_twins(readings)


def write_judgements(readings: Sequence[ReportReading], stream: TextIO) -> None:
    """Write the table of judgements as TSV: a row a report that was read, in the order given."""
    writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
    writer.writerow((*COLUMNS, *DOUBT_COLUMNS))
    for reading in readings:
        if reading.is_read:
            read = (reading.fields[column] for column in COLUMNS[1:])
            writer.writerow([reading.file, *read, ";".join(reading.doubts), reading.standing])


def complaints(reading: ReportReading) -> Iterator[str]:
    """Yield one line for each thing that a user must know of a reading: file, field, reason."""
    if reading.problem:
        yield f"{reading.file}: {reading.problem}"
    for name, reason in reading.reasons.items():
        yield f"{reading.file}: {name} is empty: {reason}"
    for told in (*reading.concerns, *_doubt_lines(reading.doubts)):
        yield f"{reading.file}: {told}; kept out of measures"
    if reading.standing == CHANGED:
        yield f"{reading.file}: its bytes differ from the file that was measured (issued anew, or altered)"


def main_read(paths: Sequence[Path], out: TextIO, err: TextIO) -> int:
    """Write the table of ``paths`` to ``out`` and what is wrong to ``err``, a line each.

    Returns 0 when at least one report was read and has no doubtful field, else 1.
    """
    readings = read_reports(paths)
    write_judgements(readings, out)
    for reading in readings:
        for line in complaints(reading):
            print(line, file=err)
    return 0 if any(reading.is_read and not reading.doubts for reading in readings) else 1
