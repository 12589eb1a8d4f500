"""What patterns need of a text's words: never more than they do, and enough to spare most searches."""

import random
import re

import pytest

from analysis.inspections.coder.lexicon import lexicon, read
from analysis.inspections.coder.needed import EDGE, Sieve, ways_of
from analysis.inspections.coder.text import normalise

from .test_coding import PLAIN

TEXTS = [normalise(sentence) for _, _, sentence in PLAIN]


def plainly(text):
    """Search a text for every pattern, with nothing before the search."""
    by_construct = {
        construct: [
            (tier, name, match.span())
            for tier, named in tiers.items()
            for name, pattern in named.items()
            for match in pattern.finditer(text)
        ]
        for construct, tiers in lexicon().constructs.items()
    }
    return by_construct, {
        name: [m.span() for m in pattern.finditer(text)] for name, pattern in lexicon().cues.items()
    }


@pytest.mark.parametrize(
    "text", [*TEXTS, "", "!?", "they aren't seen; it isn't good", "£5 a child (see below)"]
)
def test_a_reading_finds_what_a_search_for_every_pattern_finds(text):
    assert (read(text).hits, read(text).cues) == plainly(text)


def test_so_it_does_in_words_thrown_together():
    letters = {word for text in TEXTS for word in text.split()} | {
        run for tiers in lexicon().constructs.values() for named in tiers.values() for pattern in named.values()
        for run in re.findall(r"[a-z']{3,}", pattern.pattern)
    }  # fmt: skip
    words, chance = sorted(letters), random.Random(0)
    for _ in range(300):
        text = " ".join(chance.choices(words, k=25))
        assert (read(text).hits, read(text).cues) == plainly(text)


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        (r"late", [{"late"}]),
        (r"\blate\b", [{f"{EDGE}late{EDGE}"}]),
        (r"late\w* visits?\b", [{"late"}, {f"{EDGE}visit"}]),
        (r"\b(?:late|slow) (?:\w+ )?visits", [{f"{EDGE}late{EDGE}", f"{EDGE}slow{EDGE}"}, {"visits"}]),
        (r"(?:late|\d+) visits", [{f"{EDGE}visits"}]),
        (r"(?!late)(?:slow)?\d", []),
        (r"(?i:late)", []),
        (r"n't", [{f"n{EDGE}'{EDGE}t"}]),
    ],
)
def test_needs_are_the_letters_that_every_match_holds(pattern, needs):
    assert ways_of(re.compile(pattern)) == (frozenset(map(frozenset, needs)),)


def test_alternatives_of_a_whole_pattern_are_ways_of_their_own():
    first, second = ways_of(re.compile(r"\blate visits\b|\bno plan\b"))
    assert first == {frozenset({f"{EDGE}late{EDGE}"}), frozenset({f"{EDGE}visits{EDGE}"})}
    assert second == {frozenset({f"{EDGE}no{EDGE}"}), frozenset({f"{EDGE}plan{EDGE}"})}


def test_a_pattern_that_looks_past_case_is_looked_for_everywhere():
    sieve = Sieve([re.compile("late", re.I), re.compile("late")])
    assert sieve.passing("LATE") == [0]
    assert sieve.passing("it is late") == [0, 1]


def test_most_patterns_are_spared():
    patterns = [
        pattern
        for tiers in lexicon().constructs.values()
        for named in tiers.values()
        for pattern in named.values()
    ]
    passing = [len(Sieve(patterns).passing(text)) for text in TEXTS[:5]]
    assert sum(passing) / len(passing) < len(patterns) / 5
