"""The lexicon of the codebook's definitions: compiled patterns, and where they stand in a sentence."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ...yaml_files import read_yaml

TIERS = ("sure", "hint", "not")
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
    found: dict[str, list[tuple[str, str, Span]]]
    cues: dict[str, list[Span]]


@cache
def lexicon() -> Lexicon:
    """Return the package's lexicon, compiled once."""
    raw = read_yaml(resources.files(__package__).joinpath("lexicon.yml"))
    lists = raw["lists"]
    constructs = {
        construct: {
            tier: {name: re.compile(pattern.format(**lists)) for name, pattern in tiers.get(tier, {}).items()}
            for tier in TIERS
        }
        for construct, tiers in raw["constructs"].items()
    }
    return Lexicon(constructs, {name: re.compile(pattern) for name, pattern in raw["cues"].items()})


def read(normalised: str) -> Reading:
    """Find every pattern of the lexicon in a normalised text."""
    patterns = lexicon()
    found = {
        construct: [
            (tier, name, match.span())
            for tier, named in tiers.items()
            for name, pattern in named.items()
            for match in pattern.finditer(normalised)
        ]
        for construct, tiers in patterns.constructs.items()
    }
    cues = {name: [m.span() for m in pattern.finditer(normalised)] for name, pattern in patterns.cues.items()}
    return Reading(normalised, found, cues)
