"""What the report on the figures says: how many there are, and what is covered best and worst."""

from collections.abc import Mapping
from typing import Any

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.showing.words import words_of
from publishing.display import Prose

from .study import WORKFORCE_CORE

WORDS = words_of(__package__)
FULL_SHARE, THIN_SHARE = 0.95, 0.75
"""From which share of authority-years an indicator counts as present, and below which as thin."""
N_THINNEST = 6


def data_described(facts: Mapping[str, Any]) -> Prose:
    """Say how large the panel is."""
    names = (
        "n_authority_years", "n_authorities_least", "n_authorities_most", "first_year", "last_year",
        "n_figures", "n_indicators", "n_withheld",
    )  # fmt: skip
    return WORDS.prose("described", **{name: facts[name] for name in names})


def coverage_result(facts: Mapping[str, Any]) -> Prose:
    """Say what is covered best and worst, over the years in which each indicator is published."""
    shares = facts["share_present"]
    thin = sorted((share, name) for name, share in shares.items() if share < THIN_SHARE)
    return WORDS.prose(
        "coverage",
        n_indicators=len(shares),
        n_full=sum(share >= FULL_SHARE for share in shares.values()),
        full_share=FULL_SHARE,
        workforce=[_share_of(name, shares[name], "coverage.workforce") for name in WORKFORCE_CORE],
        n_thin=len(thin),
        thinnest=[_share_of(name, share, "coverage.thin") for share, name in thin[:N_THINNEST]],
    )


def _share_of(name: str, share: float, sentence: str) -> str:
    return WORDS.say(sentence, indicator=lower_first(indicator(name).label), share=share)
