"""Sentences → since which month the director of children's services has been in post, and whether as an interim.

Reports of the single inspection framework (2013 to 2018) say it in a section of information about the area, which also
dates the chair of the safeguarding board and the chief executive.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .dates import MONTHS
from .sentences import Sentence

_INFORMATION = re.compile(
    r"\binformation about\b|\blocal authority$|\blocal authority context|^section 1\b", re.I
)
# The section's wording, where its heading was lost in the layout.
_SAID_SO = re.compile(
    r"^The (?:\w+ ){0,3}?(?:DCS|director of children[’']s services)(?: \(DCS\))? has been in post since",
    re.I,
)
# Who else is called director, and who may be meant by «in post» in the same section.
_OTHERS = re.compile(
    r"^(?:the )?(?:[\w-]+ ){0,2}?(?:chair|chief executive|head of|lead member)\b"
    r"|\b(?:assistant|associate|deputy|divisional|city|managing) (?:executive )?director\b",
    re.I,
)
_STATUTORY = re.compile(
    r"\bDCS\b|\bdirector (?:of|for) (?:\w+ and )?(?:children\b|young people\b)|\bdirector of children[’']s?\b",
    re.I,
)
# A director whose title is another, in authorities that joined children's services with more.
_JOINED = re.compile(
    r"\bdirector,? (?:(?:of|for) )?(?:[\w’']+,? )*?"
    r"(?:children|people|famil|wellbeing|well-being|care|education|learning)",
    re.I,
)
_SAME_PERSON = re.compile(r"^(?:she|he|they|the (?:current )?(?:post[- ]?holder|director))\b", re.I)
_VERB = re.compile(
    r"\b(?:in (?:the )?post\b|took (?:up|on|over)\b|took responsibility\b|(?:was|were) (?:\w+ )?(?:appointed|recruited)\b"
    r"|has held\b|started\b|joined\b|became\b|is interim\b|came into\b)",
    re.I,
)
_TAKEN_OVER = re.compile(r"\btook (?:over )?responsibility for\b.*\b(?:children|DCS)\b", re.I)
_DATE = re.compile(
    rf"\b(?:since|from|in|on|and)\s+(?:late |early |mid-)?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?"
    rf"(?:(?P<month>{'|'.join(MONTHS)})[a-z]*\.?,?\s+)?(?P<year>20\d\d|19\d\d)\b",
    re.I,
)
_INTERIM_TITLE = re.compile(r"\b(?:interim|acting|temporary)\b", re.I)
_INTERIM_POST = re.compile(r"\bis interim\b|\b(?:in|on|as) an? (?:interim|acting|temporary)\b", re.I)
_NOW_PERMANENT = re.compile(r"\b(?:substantive|permanent)(?:ly)?\b", re.I)
_MADE_PERMANENT = re.compile(r"^(?:this|the) (?:\w+ ){1,3}(?:made|became|confirmed as) permanent\b", re.I)


@dataclass(frozen=True)
class DirectorInPost:
    """What a report says of the director of children's services: in post since a month (ISO ``2014-07``; the year alone
    where no month is given), as an interim or not, and the page, from 1, that says so.
    """

    in_post_since: str
    is_interim: bool
    page: int


@dataclass(frozen=True)
class _Told:
    """A sentence that may date the director: how surely it is of that post (0 first), the subject, and its dates."""

    rank: int
    sentence: Sentence
    title: str
    dates: tuple[re.Match[str], ...]


def _told(sentences: Sequence[Sentence]) -> list[_Told]:
    """Return the sentences that may date the director in post, in order."""
    told: list[_Told] = []
    of_director = False
    for sentence in sentences:
        verb, taken_over = _VERB.search(sentence.text), _TAKEN_OVER.search(sentence.text)
        title = sentence.text[: verb.start()] if verb else sentence.text
        is_other = bool(_OTHERS.search(title))
        is_same = of_director and bool(_SAME_PERSON.match(sentence.text))
        statutory = bool(_STATUTORY.search(title)) and not is_other
        joined = bool(_JOINED.search(title)) and not is_other and "previous" not in title
        of_director = statutory or joined or is_same
        if of_director and verb:
            dates = tuple(_DATE.finditer(sentence.text, (taken_over or verb).start()))
            rank = 0 if taken_over else 1 if statutory or is_same else 2
            told += [_Told(rank, sentence, title, dates)] if dates else []
    return told


def _is_interim(told: _Told, sentences: Sequence[Sentence]) -> bool:
    """Whether the director was an interim when the report was written."""
    text = told.sentence.text
    in_title = bool(_INTERIM_TITLE.search(told.title))
    # Two dates tell of an interim who stayed, unless the interim is named so now and the other date is a predecessor's.
    stayed = len(told.dates) > 1 and (not in_title or bool(_NOW_PERMANENT.search(text)))
    after = [sentence.text for sentence in sentences if sentence.number == told.sentence.number + 1]
    made_permanent = any(map(_MADE_PERMANENT.search, after))
    return (in_title or bool(_INTERIM_POST.search(text))) and not stayed and not made_permanent


def director_in_post(sentences: Sequence[Sentence]) -> DirectorInPost | None:
    """Return since when the report's director of children's services has been in post; None where it doesn't say.

    ``sentences`` are a report's in order (``read_sentences``). Those in its section of information about the area are
    read, and where that has none, those that begin in the section's own words. Of a director who was first interim and
    then permanent the month that the report gives first counts, and the director is no interim. One who took the
    responsibility over from another is dated from then.
    """
    informing = [sentence for sentence in sentences if _INFORMATION.search(sentence.section)]
    told = _told(informing) or _told([sentence for sentence in sentences if _SAID_SO.search(sentence.text)])
    if not told:
        return None
    best = min(told, key=lambda told_so: (told_so.rank, told_so.sentence.number))
    month, year = best.dates[0]["month"], best.dates[0]["year"]
    since = f"{year}-{MONTHS.index(month.lower()) + 1:02}" if month else year
    return DirectorInPost(since, _is_interim(best, sentences), best.sentence.page)
