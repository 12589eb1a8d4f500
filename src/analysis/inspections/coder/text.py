"""Sentences made comparable: normalised text, its words, and the clauses that a claim reaches over."""

import re
from itertools import pairwise

APOSTROPHES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00ad": "", "–": " ", "—": " ", "-": " "}
)
HEADER = re.compile(
    r"inspection of [\w' ,&.]{3,60}? children's services [\w ]{0,40}?(?:19|20)\d\d(?: \d+)?\b"
)
FOOT = re.compile(r"\s+\d{1,3}\.?\s*$")
WORD = re.compile(r"[a-z£']+(?:'[a-z]+)?|\d+")
# A claim stops at punctuation or at a word that turns or subordinates it.
BREAK = re.compile(
    r"[.;:]|, |\((?=\w)|\b(?=(?:but|however|although|though|while|whilst|whereas|despite|yet|because|so that|which|"
    r"meaning|resulting in|leading to|as a result|due to|albeit|to ensure)\b)"
)


def normalise(text: str) -> str:
    """Return ``text`` in lower case with straight apostrophes, hyphens as spaces, no running header or number."""
    plain = " ".join(str(text).translate(APOSTROPHES).lower().split())
    return FOOT.sub("", HEADER.sub(" ", plain)).strip()


def words(normalised: str) -> list[str]:
    """Return the words of normalised text, every number as ``0``."""
    return ["0" if word[0].isdigit() else word for word in WORD.findall(normalised)]


def ngrams(tokens: list[str], longest: int) -> list[str]:
    """Return the runs of one to ``longest`` words, the shorter first."""
    grams = list(tokens)
    for size in range(2, longest + 1):
        grams += map(" ".join, zip(*(tokens[start:] for start in range(size)), strict=False))
    return grams


def clauses(normalised: str) -> list[tuple[int, int]]:
    """Return start and end of each clause: split at punctuation and at turning or subordinating words."""
    edges = sorted({0, len(normalised), *(match.end() for match in BREAK.finditer(normalised))})
    return [(a, b) for a, b in pairwise(edges) if normalised[a:b].strip()]
