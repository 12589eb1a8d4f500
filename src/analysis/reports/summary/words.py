"""What the report on all pairs says: how many there are, how many survive the correction, and which."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.errors import unknown
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.numbers import step_of, with_unit
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .study import ruled_out_and_open, with_doubts

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
    """Answer for ``focus``, an exposure of the family, and then for all pairs: what survives, by how much, how sure.

    ``family`` and ``stability`` are what ``with_family_p`` and ``stability_of`` return. Raises RequestError where the family
    asks nothing about ``focus``.
    """
    marked = with_doubts(family, stability)
    own = marked[marked["exposure"] == focus]
    if own.empty:
        raise unknown("exposure", focus, sorted(set(family["exposure"])), "the family of pairs")
    standing = marked[marked["q_value"] < discovery_rate].sort_values("q_value")
    quoted = _quoted(standing)
    told = [_focus(own, discovery_rate), _clearest(own, quoted, discovery_rate, len(family))]
    return Answer(
        answer=paragraphs([*told, *_survivors(standing, quoted, len(family))]),
        certainty=_certainty(standing, quoted, marked, discovery_rate),
        not_shown=WORDS.say("not_shown", exposure=indicator(focus).phrase),
    )


def _focus(own: pd.DataFrame, rate: float) -> str:
    stand = own[own["q_value"] < rate]
    n_ruled_out, n_open = ruled_out_and_open(own, rate)
    return WORDS.say(
        "answer.focus" if len(stand) else "answer.focus.none",
        exposure=indicator(own["exposure"].iloc[0]).phrase,
        n_outcomes=len(own),
        outcomes=[indicator(name).phrase for name in stand["outcome"]],
        n_ruled_out=n_ruled_out,
        n_open=n_open,
    )


def _clearest(own: pd.DataFrame, quoted: "pd.Series[Any] | None", rate: float, n_pairs: int) -> str:
    """Say the clearest association of the exposure asked about, unless it is quoted anyway."""
    row = own.loc[own["p_value"].idxmin()]
    if quoted is not None and row.name == quoted.name:
        return ""
    doubt = "survives" if row["q_value"] < rate else "alone" if row["p_value"] < 0.05 else "chance"
    return WORDS.say(
        "answer.clearest", doubt=WORDS.say(f"clearest.{doubt}", n_pairs=n_pairs), **_in_natural_units(row)
    )


def _quoted(standing: pd.DataFrame) -> "pd.Series[Any] | None":
    """Return the pair to quote: the clearest of those without doubt, else the clearest; None where none survives.

    Doubtful is one whose outcome is also associated with the measure a year later, or which counts the same cases twice.
    """
    if standing.empty:
        return None
    left = standing[~standing["is_doubtful"]]
    return (left if len(left) else standing).iloc[0]


def _survivors(standing: pd.DataFrame, quoted: "pd.Series[Any] | None", n_pairs: int) -> list[str]:
    """Say how many pairs survive, how many of them are in doubt, and the one to quote in natural units."""
    if quoted is None:
        return [WORDS.say("answer.pairs.none", n_pairs=n_pairs)]
    n_doubtful = int(standing["is_doubtful"].sum())
    n_left = len(standing) - n_doubtful
    told = WORDS.say(
        "answer.pairs.doubtful" if n_doubtful else "answer.pairs",
        n_pairs=n_pairs,
        n_standing=len(standing),
        **({"n_doubtful": n_doubtful} if n_doubtful else {}),
    )
    of_others = ""
    if n_doubtful and n_left:
        of_others = WORDS.say("size.of_others", n_left=n_left) if n_left > 1 else WORDS.say("size.the_other")
    values = _in_natural_units(quoted)
    entry = indicator(quoted["outcome"])
    mean = with_unit(quoted["outcome_mean"], entry)
    return [told, WORDS.say("answer.size", of_others=of_others, mean=mean, **values)]


def _in_natural_units(row: "pd.Series[Any]") -> dict[str, Any]:
    exposure, outcome = indicator(row["exposure"]), indicator(row["outcome"])
    return {
        "exposure": exposure.phrase,
        "step": step_of(exposure),
        "outcome": outcome.phrase,
        "change": (row["natural_estimate"], row["natural_conf_low"], row["natural_conf_high"]),
        "unit": outcome.difference_label,
    }


def _certainty(
    standing: pd.DataFrame, quoted: "pd.Series[Any] | None", family: pd.DataFrame, rate: float
) -> str:
    told = [WORDS.say("certainty", rate_percent=100 * rate, n_alone=int((family["p_value"] < 0.05).sum()),
                      n_by_chance=0.05 * len(family))]  # fmt: skip
    if len(standing):
        told.append(
            WORDS.say(
                "certainty.standing",
                n_standing=len(standing),
                n_strict=int((standing["family_p_value"] < rate).sum()),
            )
        )
    example = family.iloc[0] if quoted is None else quoted
    told.append(
        WORDS.say(
            "certainty.method",
            smallest=SMALLEST_OF_INTEREST,
            example=example["smallest"],
            unit=indicator(example["outcome"]).difference_label,
            fewest=family["n_observations"].min(),
            most=family["n_observations"].max(),
        )
    )
    return " ".join(told)
