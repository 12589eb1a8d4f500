"""Sentences on the figures and the workforce, each number taken from facts computed once."""

from collections.abc import Mapping
from typing import Any

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.showing.numbers import listed, number, with_unit
from publishing.display import Prose

from .study import WORKFORCE_CORE


def data_described(facts: Mapping[str, Any]) -> Prose:
    """Say how large the panel is."""
    return Prose(
        f"The panel has {facts['n_authority_years']:,} authority-years: {facts['n_authorities_least']} to "
        f"{facts['n_authorities_most']} authorities a year, {facts['first_year']} to {facts['last_year']}. It holds "
        f"{facts['n_figures']:,} figures of {facts['n_indicators']} indicators; {facts['n_withheld']:,} more are withheld "
        "by their publishers."
    )


def coverage_result(facts: Mapping[str, Any]) -> Prose:
    """Say what is covered best and worst, over the years in which each indicator is published."""
    shares = facts["share_present"]
    core = ", ".join(f"{lower_first(indicator(name).label)} {shares[name]:.1%}" for name in WORKFORCE_CORE)
    fullest = sum(share >= 0.95 for share in shares.values())
    thin = sorted((share, name) for name, share in shares.items() if share < 0.75)
    thinnest = listed([f"{lower_first(indicator(name).label)} ({share:.0%})" for share, name in thin[:6]])
    return Prose(
        f"Of {len(shares)} indicators, {fullest} are present for at least 95% of the authority-years in which they are "
        f"published. The workforce, over all its years: {core}. Below three quarters are {len(thin)}; the thinnest: "
        f"{thinnest}. In the charts each cell is the share of authorities with a figure."
    )


def workforce_described(facts: Mapping[str, Any]) -> Prose:
    """Say which figures are shown and which authority is marked."""
    return Prose(
        f"Children's social work workforce, 30 September {facts['first_year']} to {facts['year']}, from the Department for "
        f"Education's census. **{facts['authority']}** is marked throughout."
    )


def workforce_result(facts: Mapping[str, Any]) -> Prose:
    """Say how an indicator stands in England, how far authorities lie apart, what lasts, and where one authority stands."""
    entry = indicator(facts["indicator"])
    own = facts["authority_value"]
    stands = (
        f"{facts['authority']} had {with_unit(own, entry)}, place {facts['authority_place_from_lowest']} of "
        f"{facts['n_authorities']} from the lowest."
        if own is not None
        else f"{facts['authority']} has no figure for {facts['year']}."
    )
    return Prose(
        f"**{entry.label}** in England was {with_unit(facts['england_first'], entry)} in {facts['first_year']} and "
        f"{with_unit(facts['england'], entry)} in {facts['year']}. The middle half of authorities lay between "
        f"{number(facts['lower_quartile'], 1)} and {number(facts['upper_quartile'], 1)} in {facts['year']}. {stands}\n\n"
        f"{facts['between_share']:.0%} of the variance over authority-years lies between authorities; the rest is change "
        f"within them, chance of small numbers included. An authority's value goes with its own of the year before: "
        f"r = {number(facts['correlation_year_on_year'], 2)}."
    )
