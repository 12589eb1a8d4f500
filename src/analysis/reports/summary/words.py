"""What the report on all pairs says: how many there are, how many stand, and which."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first, share_a_count
from analysis.errors import unknown
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.numbers import step_of, with_unit
from analysis.showing.words import words_of
from publishing.display import Answer, Prose

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


def summary_answer(
    family: pd.DataFrame, stability: pd.DataFrame, focus: str, discovery_rate: float
) -> Answer:
    """Answer for ``focus``, an exposure of the family, and then for all pairs: what stands, by how much, how sure.

    ``family`` and ``stability`` are what ``with_family_p`` and ``stability_of`` return. Raises RequestError where the family
    asks nothing about ``focus``.
    """
    own = family[family["exposure"] == focus]
    if own.empty:
        raise unknown("exposure", focus, sorted(set(family["exposure"])), "the family of pairs")
    standing = family[family["q_value"] < discovery_rate].sort_values("q_value")
    return Answer(
        answer=" ".join(
            [_focus(own, discovery_rate, len(family)), *_strongest(standing, stability, len(family))]
        ),
        certainty=_certainty(standing, stability, family, discovery_rate),
        not_shown=WORDS.say("not_shown", exposure=indicator(focus).phrase),
    )


def _focus(own: pd.DataFrame, rate: float, n_pairs: int) -> str:
    stand = own[own["q_value"] < rate]
    others = own.drop(stand.index)
    n_ruled_out = int((others["reach_sd"] < SMALLEST_OF_INTEREST).sum())
    return WORDS.say(
        "answer.focus" if len(stand) else "answer.focus.none",
        exposure=indicator(own["exposure"].iloc[0]).phrase,
        n_outcomes=len(own),
        outcomes=[indicator(name).phrase for name in stand["outcome"]],
        n_pairs=n_pairs,
        n_ruled_out=n_ruled_out,
        n_open=len(others) - n_ruled_out,
    )


def _strongest(standing: pd.DataFrame, stability: pd.DataFrame, n_pairs: int) -> list[str]:
    """Say how many pairs stand and put the clearest of them into natural units; nothing more where none does.

    One whose outcome goes with next year's figure too, or which counts the same cases twice, isn't the one to quote where
    there are others.
    """
    if standing.empty:
        return [WORDS.say("answer.pairs.none", n_pairs=n_pairs)]
    counts = standing["exposure"].value_counts(sort=True)
    told = WORDS.say(
        "answer.pairs",
        n_pairs=n_pairs,
        n_standing=len(standing),
        n_most=int(counts.iloc[0]),
        exposure=indicator(str(counts.index[0])).phrase,
    )
    marked = standing.merge(stability, on=["outcome", "exposure"], how="left")
    is_same = [share_a_count(str(row.exposure), str(row.outcome)) for row in marked.itertuples()]
    is_doubtful = marked["placebo_clear"].eq(True) | pd.Series(is_same, marked.index, dtype=bool)
    left = marked[~is_doubtful]
    chosen = left if len(left) else marked
    return [told, _in_natural_units(chosen.iloc[0], len(left) if is_doubtful.any() else 0)]


def _in_natural_units(row: "pd.Series[Any]", n_left: int) -> str:
    exposure, outcome = indicator(row["exposure"]), indicator(row["outcome"])
    return WORDS.say(
        "answer.size",
        n_left=n_left,
        exposure=exposure.phrase,
        step=step_of(exposure),
        outcome=outcome.phrase,
        change=(row["natural_estimate"], row["natural_conf_low"], row["natural_conf_high"]),
        unit=outcome.difference_label,
        mean=with_unit(row["outcome_mean"], outcome),
    )


def _certainty(standing: pd.DataFrame, stability: pd.DataFrame, family: pd.DataFrame, rate: float) -> str:
    told = [WORDS.say("certainty", rate_percent=100 * rate, n_alone=int((family["p_value"] < 0.05).sum()),
                      n_by_chance=0.05 * len(family))]  # fmt: skip
    if len(standing):
        marked = standing.merge(stability, on=["outcome", "exposure"])
        told.append(
            WORDS.say(
                "certainty.standing",
                n_standing=len(standing),
                n_strict=int((standing["family_p_value"] < rate).sum()),
                n_placebo=int(marked["placebo_clear"].sum()),
            )
        )
        same = [row for row in standing.itertuples() if share_a_count(str(row.exposure), str(row.outcome))]
        if same:
            pairs = [
                WORDS.say(
                    "pair",
                    exposure=indicator(str(row.exposure)).label,
                    outcome=indicator(str(row.outcome)).label,
                )
                for row in same
            ]
            told.append(WORDS.say("certainty.arithmetic", pairs=pairs))
    return " ".join(told)
