"""The lexicon of the codebook's definitions: compiled patterns, and where they stand in a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Literal, get_args

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import DataError, nearest
from analysis.files.entries import Entry, Text, check_choice, read_entry
from analysis.files.yaml_files import read_yaml

from .needed import Sieve
from .text import words

_FILE = "lexicon.yml"
Tier = Literal["sure", "hint", "not"]
Span = tuple[int, int]


@dataclass(frozen=True)
class Lexicon:
    """Compiled patterns: ``constructs[construct][tier][name]`` and ``cues[name]``."""

    constructs: dict[str, dict[str, dict[str, re.Pattern[str]]]]
    cues: dict[str, re.Pattern[str]]


@dataclass(frozen=True)
class Reading:
    """Where the patterns stand in one normalised text: per construct (tier, name, span), per cue its spans."""

    text: str
    hits: dict[str, list[tuple[str, str, Span]]]
    cues: dict[str, list[Span]]

    @cached_property
    def words(self) -> list[str]:
        """The text's words, found once for all that is made of them."""
        return words(self.text)


@dataclass(frozen=True)
class _Written(Entry):
    """The file: texts that patterns name, and the patterns as they are written."""

    lists: Mapping[Text, Text]
    constructs: Mapping[Text, Mapping[Tier, Mapping[Text, Text]]]
    cues: Mapping[Text, Text]


def _compiled(pattern: str, lists: Mapping[str, str] | None, where: str) -> re.Pattern[str]:
    """Return a pattern with the names of lists filled in; ``lists`` is None where braces are the pattern's own."""
    where = f"{_FILE}: {where}"
    try:
        return re.compile(pattern if lists is None else pattern.format(**lists))
    except KeyError as error:
        name = str(error.args[0])
        raise DataError(f"{where}: no list '{name}' under 'lists'{nearest(name, lists or ())}") from error
    except (re.error, ValueError, IndexError) as error:
        raise DataError(f"{where}: no regular expression that can be read ({error})") from error


@cache
def lexicon() -> Lexicon:
    """Return the package's lexicon, compiled once; raises DataError, in one line with the entry, where it is damaged."""
    written = read_entry(_Written, read_yaml(resources.files(__package__).joinpath(_FILE)), _FILE)
    for construct in written.constructs:
        check_choice(construct, CONSTRUCTS, f"{_FILE}: constructs")
    for construct in CONSTRUCTS:
        if construct not in written.constructs:
            raise DataError(f"{_FILE}: constructs: lacks '{construct}'")
    constructs = {
        construct: {
            tier: {
                name: _compiled(pattern, written.lists, f"{construct}: {tier}: {name}")
                for name, pattern in tiers.get(tier, {}).items()
            }
            for tier in get_args(Tier)
        }
        for construct, tiers in written.constructs.items()
    }
    return Lexicon(
        constructs,
        {name: _compiled(pattern, None, f"cues: {name}") for name, pattern in written.cues.items()},
    )


@cache
def _search() -> tuple[Sieve, list[tuple[str, str, str, re.Pattern[str]]]]:
    """Return every pattern with its construct (nothing for a cue), tier and name, and the sieve that goes before them."""
    patterns = lexicon()
    listed: list[tuple[str, str, str, re.Pattern[str]]] = [
        (construct, tier, name, pattern)
        for construct, tiers in patterns.constructs.items()
        for tier, named in tiers.items()
        for name, pattern in named.items()
    ]
    listed += [("", "", name, pattern) for name, pattern in patterns.cues.items()]
    return Sieve([pattern for *_, pattern in listed]), listed


def read(normalised: str) -> Reading:
    """Find every pattern of the lexicon in a normalised text."""
    sieve, listed = _search()
    hits: dict[str, list[tuple[str, str, Span]]] = {construct: [] for construct in lexicon().constructs}
    cues: dict[str, list[Span]] = {name: [] for name in lexicon().cues}
    for place in sieve.passing(normalised):
        construct, tier, name, pattern = listed[place]
        if construct:
            hits[construct].extend((tier, name, match.span()) for match in pattern.finditer(normalised))
        else:
            cues[name] = [match.span() for match in pattern.finditer(normalised)]
    return Reading(normalised, hits, cues)
