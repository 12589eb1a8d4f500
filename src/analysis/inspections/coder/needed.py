"""What a regular expression can't do without: the words of a text tell of most patterns that they don't stand in it.

A need is a set of strings, one of which stands within one word wherever the pattern matches. A pattern may have several
needs, and several ways to match, each with its own. They are read from the expression as Python itself reads it, so that
they can't fall behind the pattern; what isn't understood asks for nothing, and is looked for in every text. Where a word
begins or ends, strings and words hold ``EDGE``.
"""

import re
from collections.abc import Iterator, Sequence
from re import _constants as ops  # type: ignore[attr-defined]  # since Python 3.11; unknown to the types of the library
from re import _parser  # type: ignore[attr-defined]
from typing import Any

Need = frozenset[str]
Part = tuple[Any, Any]
EDGE = "\0"
WORDS_KEPT = 100_000
"""Words whose needs are remembered: more than all reports hold."""
_EDGES = re.compile(r"\b")


def ways_of(pattern: re.Pattern[str]) -> tuple[frozenset[Need], ...]:
    """Return the needs of each way in which a pattern matches; one that looks past the case of letters has no need."""
    if pattern.flags & re.IGNORECASE:
        return (frozenset(),)
    parts = list(_parser.parse(pattern.pattern, pattern.flags))
    whole = [part for part in parts if part != (ops.AT, ops.AT_BOUNDARY)]
    if len(whole) == 1 and whole[0][0] is ops.BRANCH:
        opens, closes = parts[0] != whole[0], parts[-1] != whole[0]
        return tuple(frozenset(_in_sequence(way, opens, closes)) for way in whole[0][1][1])
    return (frozenset(_in_sequence(parts, False, False)),)


def _in_sequence(content: Sequence[Part], opens: bool, closes: bool) -> Iterator[Need]:
    """Yield the needs of parts that stand one after another: the runs of letters, and what each other part needs.

    ``opens`` and ``closes`` say whether a word's edge stands before and behind them.
    """
    parts = list(content)
    edges = [opens, *(part == (ops.AT, ops.AT_BOUNDARY) or _is_blank(part) for part in parts), closes]
    start = 0
    for place, part in enumerate([*parts, (None, None)]):
        if part[0] is ops.LITERAL and not _is_blank(part):
            continue
        if start < place:
            letters = "".join(chr(code) for _, code in parts[start:place])
            yield frozenset({_with_edges(letters, edges[start], edges[place + 1])})
        start = place + 1
        if place < len(parts):
            yield from _in_part(part, edges[place], edges[place + 2])


def _is_blank(part: Part) -> bool:
    return part[0] is ops.LITERAL and chr(part[1]).isspace()


def _with_edges(letters: str, opens: bool, closes: bool) -> str:
    """Return letters with the edges that are known: those between two of them, and those on either side where said so."""
    marked = _EDGES.sub(EDGE, letters)
    return marked[
        0 if opens else marked.startswith(EDGE) : None if closes or not marked.endswith(EDGE) else -1
    ]


def _in_part(part: Part, opens: bool, closes: bool) -> Iterator[Need]:
    """Yield the needs of one part: a group has its content's, a repetition those of what must stand once."""
    kind, what = part
    if kind is ops.SUBPATTERN:
        _, switched_on, _, content = what
        if not switched_on & re.IGNORECASE:
            yield from _in_sequence(content, opens, closes)
    elif kind is ops.ATOMIC_GROUP:
        yield from _in_sequence(what, opens, closes)
    elif kind in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, most, content = what
        if least:
            yield from _in_sequence(content, opens, closes and most == 1)
    elif kind is ops.BRANCH:
        needs = [sorted(_in_sequence(branch, opens, closes), key=_hardness) for branch in what[1]]
        if all(needs):
            yield frozenset().union(*(need[-1] for need in needs))


def _hardness(need: Need) -> tuple[int, int, list[str]]:
    """Order needs by their shortest string, then by how few strings meet them."""
    return min(map(len, need)), -len(need), sorted(need)


class Sieve:
    """Tells which of many patterns may stand in a text, by its words."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        ways = [(place, way) for place, pattern in enumerate(patterns) for way in ways_of(pattern)]
        needs = sorted({need for _, way in ways for need in way}, key=sorted)
        bits = {need: 1 << place for place, need in enumerate(needs)}
        self._always = {place for place, way in ways if not way}
        # A way is thought of only where its hardest need is met, which few words do.
        self._ways = [(place, sum(bits[need] for need in way)) for place, way in ways]
        self._met: dict[str, int] = {}
        self._led: dict[str, set[int]] = {}
        for need in needs:
            for letters in need:
                self._met[letters] = self._met.get(letters, 0) | bits[need]
        for number, (_, way) in enumerate(ways):
            for letters in max(way, key=_hardness, default=()):
                self._led.setdefault(letters, set()).add(number)
        self._longest = max(map(len, self._met), default=0)
        self._words: dict[str, tuple[int, frozenset[int]]] = {}

    def passing(self, text: str) -> list[int]:
        """Return the places of the patterns that may stand in a text, in order."""
        met, led = 0, set[int]()
        for word in text.split():
            needs, ways = self._words[word] if word in self._words else self._of_word(word)
            met |= needs
            led |= ways
        ways_met = (self._ways[number] for number in led)
        return sorted(self._always.union(place for place, needs in ways_met if needs & met == needs))

    def _of_word(self, word: str) -> tuple[int, frozenset[int]]:
        """Return the needs that a word meets and the ways it leads to; where very many are known, forget them."""
        marked, met, led = _EDGES.sub(EDGE, word), 0, set[int]()
        for start in range(len(marked)):
            for end in range(start + 1, min(start + self._longest, len(marked)) + 1):
                letters = marked[start:end]
                if letters in self._met:
                    met |= self._met[letters]
                    led |= self._led.get(letters, set())
        if len(self._words) >= WORDS_KEPT:
            self._words.clear()
        self._words[word] = met, frozenset(led)
        return self._words[word]
