"""What the report on the workforce says: how a figure stands in England, how far authorities lie apart, what lasts."""

from collections.abc import Mapping
from typing import Any

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import with_unit
from analysis.showing.words import words_of
from publishing.display import Prose

WORDS = words_of(__package__)


def workforce_described(facts: Mapping[str, Any]) -> Prose:
    """Say which figures are shown and which authority is marked."""
    return WORDS.prose("described", **{name: facts[name] for name in ("first_year", "year", "authority")})


def workforce_result(facts: Mapping[str, Any]) -> Prose:
    """Say how an indicator stands in England, how far authorities lie apart, what lasts, and where one authority stands."""
    entry = indicator(facts["indicator"])
    england = WORDS.say(
        "result",
        indicator=entry.label,
        first_value=with_unit(facts["england_first"], entry),
        first_year=facts["first_year"],
        value=with_unit(facts["england"], entry),
        year=facts["year"],
        lower_quartile=facts["lower_quartile"],
        upper_quartile=facts["upper_quartile"],
    )
    lasting = WORDS.say(
        "lasting",
        between_share=facts["between_share"],
        year_on_year_correlation=facts["correlation_year_on_year"],
    )
    return Prose(f"{england} {_place(facts)}\n\n{lasting}")


def _place(facts: Mapping[str, Any]) -> str:
    if facts["authority_value"] is None:
        return WORDS.say("place.none", authority=facts["authority"], year=facts["year"])
    return WORDS.say(
        "place",
        authority=facts["authority"],
        value=with_unit(facts["authority_value"], indicator(facts["indicator"])),
        place_from_lowest=facts["authority_place_from_lowest"],
        n_authorities=facts["n_authorities"],
    )
