"""What the report on all pairs says: how many there are, how many stand, and which."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.showing.words import words_of
from publishing.display import Prose

WORDS = words_of(__package__)


def family_described(results: Sequence[Mapping[str, object]], family: pd.DataFrame) -> Prose:
    """Say how many pairs there are, over which exposures and outcomes, and how many rows stand behind them."""
    return WORDS.prose(
        "described",
        n_pairs=len(results),
        exposures=[lower_first(indicator(name).label) for name in dict.fromkeys(family["exposure"])],
        n_outcomes=family["outcome"].nunique(),
        fewest=family["n_observations"].min(),
        most=family["n_observations"].max(),
        fewest_authorities=family["n_entities"].min(),
        most_authorities=family["n_entities"].max(),
    )


def family_result(family: pd.DataFrame, discovery_rate: float = 0.05) -> Prose:
    """Say what a family of estimates shows: how many there are, how many stand after the correction, and which."""
    standing = family[family["q_value"] < discovery_rate].sort_values("q_value")
    head = WORDS.say(
        "result",
        n_pairs=len(family),
        n_alone=(family["p_value"] < 0.05).sum(),
        n_by_chance=len(family) * 0.05,
        n_standing=len(standing),
        rate=discovery_rate,
        rate_percent=100 * discovery_rate,
    )
    lines = [_line(row) for row in standing.to_dict("records")] or [WORDS.say("result.none")]
    return Prose(head + "\n\n" + "\n".join(lines))


def _line(row: Mapping[Hashable, Any]) -> str:
    return WORDS.say(
        "result.pair",
        exposure=indicator(str(row["exposure"])).label,
        outcome=lower_first(indicator(str(row["outcome"])).label),
        way="higher" if row["estimate"] > 0 else "lower",
        estimate=row["estimate"],
        low=row["conf_low"],
        high=row["conf_high"],
        q_value=row["q_value"],
    )
