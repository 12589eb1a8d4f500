"""Whether what was read of a report agrees with itself; a field that doesn't is doubtful, with the reason.

Damaged files can read as good ones: a grade, a day or a page goes missing and what is left looks whole. So what reports
say twice is compared, and what all of them have is asked for. Every rule holds in all reports of the corpus that the
package was measured on, but for those of ``looked_at.csv``, where the publisher erred.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise

from analysis.data.definitions.authorities import name_key
from analysis.data.definitions.inspection_reports import JUDGEMENTS

from .dates import DateError, Window, after_dates, read_windows
from .grades import NONE, plain
from .identity import authority_in, named_in_file
from .judgements import heading_grades, table_rows
from .layout import Block, joined
from .text import Line

SENTENCES = "sentences"
"""The field that stands for a report's text as a whole."""

FIELDS = (
    *JUDGEMENTS,
    "framework",
    "inspection_start",
    "inspection_end",
    "lead_inspector",
    "authority",
    SENTENCES,
)
"""What may be doubtful, in the order of telling."""

DATES = ("inspection_start", "inspection_end")
_RANK = {"outstanding": 0, "good": 1, "requires improvement": 2, "adequate": 2, "inadequate": 3}
# First days on which a family's inspections could begin and end: the single inspection began in November 2013, ILACS in
# January 2018 (Ofsted, framework and evaluation criteria); the last single inspections ran until summer 2018.
_ERAS = {
    "pre_sif": (date(2008, 4, 1), date(2013, 11, 18)),
    "sif": (date(2013, 11, 1), date(2018, 8, 1)),
    "ilacs": (date(2018, 1, 1), date(2100, 1, 1)),
}
_LEAVERS_APART_FROM = date(2023, 1, 1)
"""From this first day on, ILACS grades care leavers by themselves (Ofsted, ILACS, January 2023)."""

_ILACS_SITE_DAYS = (4, 11)  # Monday to Friday of one week, or of the next
_SIF_DAYS = (7, 90)  # from first to last day; longer only where the inspectors came back
_PRE_SIF_DAYS = (4, 14)
_LONGEST = timedelta(days=120)  # with a second visit, in any framework
_PUBLISHED_WITHIN = timedelta(days=250)
_PUBLISHED_APART = timedelta(
    days=7
)  # the cover's day of publication and the file's differ by a few days at times
_MARGIN = 0.12  # the part of a page's height, at its foot, where its number stands
_FEWEST_PAGES = {"ilacs": 8, "sif": 15, "board": 10, "pre_sif": 15}
_WHITE_SPACE = 0.1  # of a page's height between two lines; reports leave 0.08 at most
_ENOUGH_WORDS = 60  # on a page, to judge its words by
_COMMON_SHARE = 0.25  # of a page's words, at least, are common ones; English prose has a third or more
_SAME_PAGE = 300  # letters; two pages of so much text that agree in all are copies
_LONGEST_BLOCK = 10_000  # letters; a paragraph is far shorter, and what is longer can't be coded in time
_HOLE = 2  # numbers of paragraphs that lack in a row; a single one is at times the publisher's slip
_ENOUGH_PARAGRAPHS = 10

_PRINTED = re.compile(r"(?:^|\s)(\d{1,3})$")
_LETTER = re.compile(r"[^\W\d_]")
_ENOUGH_LETTERS = re.compile(r"(?:[\W\d_]*[^\W\d_]){40}")  # on a page that isn't the last
_YEAR = re.compile(r"\b20\d\d\b")
_END_MATTER = re.compile(r"crown copyright|piccadilly gate|office for standards in education", re.I)
_PUBLISHED = re.compile(r"report published:?\s*(\d{1,2} [a-z]+ \d{4})")
_FOOTER_NAME = re.compile(r"^Inspection of (.{3,60}?) (?:local authority )?children.s services", re.I)
_COVER = re.compile(r"^inspection dates?\b", re.I)
# What stands behind the dates on every cover.
_NEXT = re.compile(r"lead inspector|report(?:ing| published)|the overall|overall|judge?ment|\*|$")


@dataclass(frozen=True)
class Evidence:
    """What the rules look at: a report's file, lines, its own lines and blocks, family, dates and fields as read."""

    file: str
    lines: Sequence[Line]
    own: Sequence[Line]
    blocks: Sequence[Block]
    family: str
    windows: tuple[Window, ...]
    fields: Mapping[str, str]

    @cached_property
    def pages(self) -> dict[int, list[Line]]:
        """The lines of each page from 1 to the last that has any, empty pages included."""
        last = max(line.page for line in self.lines)
        by_page: dict[int, list[Line]] = {number: [] for number in range(1, last + 1)}
        for line in self.lines:
            by_page[line.page].append(line)
        return by_page

    @cached_property
    def cover(self) -> str:
        """The plain text of the first pages."""
        return plain(joined(line.text for line in self.lines if line.page <= 3))

    def foot(self, page: int) -> list[Line]:
        """The lines at a page's foot."""
        return [line for line in self.pages[page] if line.bottom < _MARGIN * line.page_height]


Doubt = tuple[Iterable[str], str]
Rule = Callable[[Evidence], Iterator[Doubt]]


def _whole_table(evidence: Evidence) -> Iterator[Doubt]:
    empty = [name for name in JUDGEMENTS if not evidence.fields[name]]
    if empty:
        yield JUDGEMENTS, f"the table of judgements isn't whole ({', '.join(empty)} couldn't be read)"


def _board_alone(evidence: Evidence) -> Iterator[Doubt]:
    if evidence.family != "board":
        return
    text = plain(joined(line.text for line in evidence.own))
    title = evidence.cover.partition("inspection date")[0]
    if table_rows(text, "sif") or "review of the effectiveness" not in title:
        reason = "it was taken for a review of the safeguarding board, but it judges or names the authority's services"
        yield (*JUDGEMENTS, "framework"), reason


def _grades_in_headings(evidence: Evidence) -> Iterator[Doubt]:
    """The heading of each section repeats its grade; tables of an earlier inspection stand before."""
    asked = ("leaders", "help_protection", "in_care") + (
        ("care_leavers",) if evidence.family == "ilacs" else ()
    )
    if evidence.family not in ("ilacs", "sif"):
        return
    said = heading_grades((block.page, block.text) for block in evidence.blocks)
    for name in asked:
        grade = evidence.fields[name]
        if grade not in ("", NONE) and said.get(name, grade) != grade:
            yield (name,), f"the table says {grade}, the section's heading {said[name]}"


def _overall_among_others(evidence: Evidence) -> Iterator[Doubt]:
    """The grade of the whole lies between the best and the worst; one inadequate judgement makes a SIF so."""
    overall = _RANK.get(evidence.fields["overall"])
    parts = [_RANK.get(evidence.fields[name]) for name in JUDGEMENTS[1:5]]
    ranks = [rank for rank in parts if rank is not None]
    if overall is None or not ranks or evidence.family == "pre_sif":
        return
    key = [rank for rank in parts[:3] if rank is not None]
    wrong = not min(ranks) <= overall <= max(ranks) or (
        evidence.family == "sif" and (max(key) == _RANK["inadequate"]) != (overall == _RANK["inadequate"])
    )
    if wrong:
        yield (
            JUDGEMENTS[:5],
            f"the grade of the whole ({evidence.fields['overall']}) doesn't follow from the others",
        )


def _era(evidence: Evidence) -> Iterator[Doubt]:
    family = "sif" if evidence.family == "board" else evidence.family
    if not evidence.windows:
        return
    first = evidence.windows[0].start
    begin, end = _ERAS[family]
    if not begin <= first < end:
        yield ("framework", *DATES), f"no inspection of this framework ({family}) began on {first}"
    leavers_apart = evidence.fields["care_leavers"] not in ("", NONE)
    if family == "ilacs" and leavers_apart != (first >= _LEAVERS_APART_FROM):
        reason = f"the judgements aren't those of an inspection of {first}"
        yield ("in_care", "care_leavers", "framework", *DATES), reason


def _dates_end_where_they_should(evidence: Evidence) -> Iterator[Doubt]:
    if not evidence.windows:
        yield DATES, "no dates could be read"
        return
    rest = after_dates(joined(line.text for line in evidence.lines if line.page <= 3))
    if not _NEXT.match(rest):
        yield (*DATES, "framework"), f"what follows the dates is no part of a cover: «{rest[:12]}»"


def _length(evidence: Evidence) -> Iterator[Doubt]:
    if not evidence.windows or evidence.family == "board":
        return
    first, whole = evidence.windows[0], evidence.windows[-1].end - evidence.windows[0].start
    on_site = (first.end - first.start).days
    least, most = {"sif": _SIF_DAYS, "pre_sif": _PRE_SIF_DAYS}.get(evidence.family, (0, 0))
    plausible = on_site in _ILACS_SITE_DAYS if evidence.family == "ilacs" else least <= whole.days <= most
    if not plausible or whole > _LONGEST:
        yield (
            (*DATES, "framework"),
            f"no inspection of this kind lasts from {first.start} to {evidence.windows[-1].end}",
        )
    if any(day.weekday() > 4 for window in evidence.windows for day in (window.start, window.end)):
        yield (*DATES, "framework"), "it begins or ends on a Saturday or Sunday"


def _publication(evidence: Evidence) -> Iterator[Doubt]:
    if not evidence.windows:
        return
    named = named_in_file(evidence.file)
    days = [date.fromisoformat(named[1])] if named and _is_day(named[1]) else []
    said = _PUBLISHED.search(evidence.cover)
    if said and (day := _day_of(said[1])):
        days.append(day)
    for day in days:
        if not evidence.windows[-1].end <= day <= evidence.windows[-1].end + _PUBLISHED_WITHIN:
            reason = f"inspected until {evidence.windows[-1].end}, which doesn't go with publication on {day}"
            yield (*DATES, "framework"), reason
    if len(days) == 2 and abs(days[0] - days[1]) > _PUBLISHED_APART:
        yield DATES, f"the cover says it was published on {days[1]}, the file's name {days[0]}"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _day_of(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d %B %Y").date()
    except ValueError:
        return None


def _dates_in_footers(evidence: Evidence) -> Iterator[Doubt]:
    """Most ILACS reports print the dates at the foot of every page; what most pages say counts."""
    if evidence.family != "ilacs" or not evidence.windows:
        return
    said: Counter[tuple[date, date]] = Counter()
    for page in list(evidence.pages)[1:]:
        for line in evidence.foot(page):
            if not _YEAR.search(line.text):
                continue
            try:
                windows = read_windows(line.text)
            except DateError:
                continue
            said[windows[0].start, windows[-1].end] += 1
    if not said or said.most_common(1)[0][1] < len(evidence.pages) / 2:
        return
    first, last = said.most_common(1)[0][0]
    if (first, last) != (evidence.windows[0].start, evidence.windows[-1].end):
        yield (*DATES, "framework"), f"the pages' feet say {first} to {last}"


def _authority_in_footers(evidence: Evidence) -> Iterator[Doubt]:
    said: Counter[str] = Counter()
    for page in list(evidence.pages)[1:]:
        for line in evidence.foot(page):
            if (footer := _FOOTER_NAME.match(line.text)) and (known := authority_in(footer[1])):
                said[known] += 1
    if not said or said.most_common(1)[0][1] < 3:
        return
    name = said.most_common(1)[0][0]
    if evidence.fields["authority"] and name_key(name) != name_key(evidence.fields["authority"]):
        yield ("authority",), f"the pages' feet say {name}, the cover {evidence.fields['authority']}"


def _lead(evidence: Evidence) -> Iterator[Doubt]:
    if evidence.fields["lead_inspector"] == NONE:
        yield ("lead_inspector",), "every report names its lead inspector, and none could be read"


def _page_numbers(evidence: Evidence) -> Iterator[Doubt]:
    """Where pages print their numbers, all do, from the second on; the last may print an address only."""
    printed = {
        page: {int(said[1]) for line in evidence.foot(page) if (said := _PRINTED.search(line.text))}
        for page in evidence.pages
    }
    inner = [page for page in evidence.pages if 1 < page < len(evidence.pages)]
    numbered = [page for page in inner if printed[page]]
    asked = [*inner, len(evidence.pages)] if printed[len(evidence.pages)] else inner
    wrong = [page for page in asked if page not in printed[page]]
    if len(numbered) >= len(inner) / 2 and wrong:
        few = ", ".join(map(str, wrong[:5])) + (" …" if len(wrong) > 5 else "")
        yield (SENTENCES,), f"the printed numbers of pages have a hole at page {few}"


def _empty_pages(evidence: Evidence) -> Iterator[Doubt]:
    for page, lines in evidence.pages.items():
        if page < len(evidence.pages) and not _ENOUGH_LETTERS.match(" ".join(line.text for line in lines)):
            yield (SENTENCES,), f"page {page} holds no text"


def _white_space(evidence: Evidence) -> Iterator[Doubt]:
    """ILACS reports run on from line to line; where lines are lost, white space is left between the others."""
    if evidence.family != "ilacs":
        return
    for before, after in pairwise(evidence.own):
        is_inner = before.page == after.page < len(evidence.pages) - 1
        if is_inner and before.bottom - after.top > _WHITE_SPACE * after.page_height:
            yield (SENTENCES,), f"lines lack on page {after.page}, where white space is left"
            return


@cache
def _common() -> frozenset[str]:
    return frozenset(files(__package__).joinpath("common_words.txt").read_text("utf-8").split())


def _words(evidence: Evidence) -> Iterator[Doubt]:
    for page, lines in evidence.pages.items():
        text = " ".join(line.text for line in lines).lower()
        words = [word for word in text.split() if _LETTER.search(word)]
        plain_words = [word.strip(".,;:!?()[]’‘“”'\"") for word in words]
        if len(words) >= _ENOUGH_WORDS and (
            sum(map(_common().__contains__, plain_words)) < _COMMON_SHARE * len(words)
        ):
            fields = FIELDS if page <= 2 else (SENTENCES,)
            yield fields, f"the words of page {page} are hardly English"


def _paragraphs(evidence: Evidence) -> Iterator[Doubt]:
    """Numbers of paragraphs run without a hole."""
    numbers = sorted({int(block.paragraph) for block in evidence.blocks if block.paragraph})
    if len(numbers) < _ENOUGH_PARAGRAPHS:
        return
    before = 0
    for number in numbers:
        if number - before > _HOLE:
            yield (SENTENCES,), f"paragraphs {before + 1} to {number - 1} lack"
            return
        before = number


def _long_blocks(evidence: Evidence) -> Iterator[Doubt]:
    for block in evidence.blocks:
        if len(block.text) > _LONGEST_BLOCK:
            yield (SENTENCES,), f"{len(block.text):,} letters without a break on page {block.page}"
            return


def _whole(evidence: Evidence) -> Iterator[Doubt]:
    """From November 2013 on, every report closes with the publisher's address, and has pages enough."""
    last = " ".join(line.text for line in evidence.pages[len(evidence.pages)])
    if evidence.family != "pre_sif" and not _END_MATTER.search(last):
        yield (SENTENCES,), "its last page isn't the last of a report (the publisher's address lacks)"
    if len(evidence.pages) < _FEWEST_PAGES[evidence.family]:
        yield (SENTENCES,), f"{len(evidence.pages)} pages, fewer than any such report has"


def _copies(evidence: Evidence) -> Iterator[Doubt]:
    seen: dict[str, int] = {}
    for page, lines in evidence.pages.items():
        text = re.sub(r"\d", "", " ".join(line.text for line in lines))
        if len(text) >= _SAME_PAGE and seen.setdefault(text, page) != page:
            yield (SENTENCES,), f"page {page} is page {seen[text]} again"
            return


def _several_covers(evidence: Evidence) -> Iterator[Doubt]:
    """One file may hold several reports: each has the dates of its inspection at the head of a page."""
    pages = [page for page, lines in evidence.pages.items() if any(_COVER.match(line.text) for line in lines)]
    if len(pages) > 1:
        yield FIELDS, f"not one report but several (covers on pages {', '.join(map(str, pages[:5]))})"


RULES: tuple[Rule, ...] = (
    _several_covers,
    _whole_table,
    _board_alone,
    _grades_in_headings,
    _overall_among_others,
    _era,
    _dates_end_where_they_should,
    _length,
    _publication,
    _dates_in_footers,
    _authority_in_footers,
    _lead,
    _page_numbers,
    _empty_pages,
    _white_space,
    _words,
    _paragraphs,
    _long_blocks,
    _whole,
    _copies,
)


def make_ready() -> None:
    """Read the list of common words, so that processes forked from this one have it."""
    _common()


def doubts_of(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """Return the reasons of doubt by field, in the order of ``FIELDS``; empty where all agrees."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for rule in RULES:
        for fields, reason in rule(evidence):
            for name in fields:
                reasons[name].append(reason)
    if evidence.family == "ilacs" and evidence.fields["overall"] == NONE and "framework" in reasons:
        reasons["overall"] += reasons[
            "framework"
        ]  # whether there is a grade of the whole follows from the dates
    return {name: tuple(reasons[name]) for name in FIELDS if name in reasons}


def all_doubtful(reason: str) -> dict[str, tuple[str, ...]]:
    """Return doubt of every field for one reason."""
    return {name: (reason,) for name in FIELDS}
