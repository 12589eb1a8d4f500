"""What the report on all pairs says: how many there are, how many survive the correction, and which."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.errors import unknown
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.showing.numbers import step_of
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .study import ruled_out_and_open, with_doubts

WORDS = words_of(__package__)
DRIFT = "plans_open_two_years_percent"
"""The outcome that stands for drift in children's plans, where the family asks about it."""


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
    _, n_open = ruled_out_and_open(marked, discovery_rate)
    told = [_focus(own, discovery_rate), _of_focus(own, quoted, discovery_rate, len(family))]
    return Answer(
        answer=paragraphs([*told, *_survivors(standing, quoted, len(family), n_open)]),
        certainty=_certainty(standing, own, marked, discovery_rate),
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


def _of_focus(own: pd.DataFrame, quoted: "pd.Series[Any] | None", rate: float, n_pairs: int) -> str:
    """Say drift's difference for the exposure asked about, and its clearest association, unless that is quoted anyway."""
    drift = own[own["outcome"] == DRIFT]
    clearest = own.loc[own["p_value"].idxmin()]
    is_told = clearest["outcome"] == DRIFT or (quoted is not None and clearest.name == quoted.name)
    doubt = "survives" if clearest["q_value"] < rate else "alone" if clearest["p_value"] < 0.05 else "chance"
    values = {"doubt": WORDS.say(f"clearest.{doubt}", n_pairs=n_pairs), "n_outcomes": len(own)}
    if drift.empty:
        return "" if is_told else WORDS.say("answer.clearest", **values, **_in_natural_units(clearest))
    row = _in_natural_units(drift.iloc[0])
    in_units = _in_natural_units(clearest)
    told = (
        ""
        if is_told
        else WORDS.say(
            "drift.clearest", **values, **{name: in_units[name] for name in ("outcome", "change", "unit")}
        )
    )
    return WORDS.say("answer.drift", verdict=_verdict_on(drift.iloc[0], rate, n_pairs), clearest=told, **row)


def _verdict_on(row: "pd.Series[Any]", rate: float, n_pairs: int) -> str:
    if row["q_value"] < rate:
        return WORDS.say("drift.stands", n_pairs=n_pairs)
    if row["reach_sd"] < SMALLEST_OF_INTEREST:
        return WORDS.say("drift.ruled_out")
    if row["natural_conf_high"] < row["smallest"]:
        return WORDS.say("drift.open.fall")
    if row["natural_conf_low"] > -row["smallest"]:
        return WORDS.say("drift.open.rise")
    return WORDS.say("drift.open")


def _quoted(standing: pd.DataFrame) -> "pd.Series[Any] | None":
    """Return the pair to quote: the clearest of those without doubt, else the clearest; None where none survives.

    Doubtful is one whose outcome is also associated with the measure a year later, or which counts the same cases twice.
    """
    if standing.empty:
        return None
    left = standing[~standing["is_doubtful"]]
    return (left if len(left) else standing).iloc[0]


def _survivors(
    standing: pd.DataFrame, quoted: "pd.Series[Any] | None", n_pairs: int, n_open: int
) -> list[str]:
    """Say how many pairs survive, how many of them are in doubt, and the one to quote in natural units."""
    open_ = WORDS.say("pairs.open", n_open=n_open) if n_open else ""
    if quoted is None:
        return [WORDS.say("answer.pairs.none", n_pairs=n_pairs, n_open=open_)]
    left = standing[~standing["is_doubtful"]]
    n_doubtful = len(standing) - len(left)
    told = WORDS.say(
        "answer.pairs.doubtful" if n_doubtful else "answer.pairs",
        n_pairs=n_pairs,
        n_standing=len(standing),
        n_open=open_,
        **({"n_doubtful": n_doubtful} if n_doubtful else {}),
    )
    of_others = ""
    if n_doubtful and len(left):
        of_others = (
            WORDS.say("size.of_others", n_left=len(left)) if len(left) > 1 else WORDS.say("size.the_other")
        )
    compared = left if len(left) else standing
    is_largest = len(compared) > 1 and compared["strength_sd"].idxmax() == quoted.name
    values = _in_natural_units(quoted)
    largest = WORDS.say("size.largest") if is_largest else ""
    return [f"{told} {WORDS.say('answer.size', largest=largest, of_others=of_others, **values)}"]


def _in_natural_units(row: "pd.Series[Any]") -> dict[str, Any]:
    exposure, outcome = indicator(row["exposure"]), indicator(row["outcome"])
    return {
        "exposure": exposure.phrase,
        "step": step_of(exposure),
        "outcome": outcome.phrase,
        "change": (row["natural_estimate"], row["natural_conf_low"], row["natural_conf_high"]),
        "unit": outcome.difference_label,
    }


def _certainty(standing: pd.DataFrame, own: pd.DataFrame, family: pd.DataFrame, rate: float) -> str:
    """Say what the correction and the stricter test allow for, how rows are compared, and what could have been seen."""
    left = standing[~standing["is_doubtful"]]
    strict = (
        WORDS.say("certainty.strict", n_left=len(left), n_strict=int((left["family_p_value"] < rate).sum()))
        if len(left)
        else ""
    )
    told = [WORDS.say("certainty", rate_percent=100 * rate, strict=strict)] if len(standing) else []
    has_drift = DRIFT in set(own["outcome"])
    row = (own[own["outcome"] == DRIFT] if has_drift else own).iloc[0]
    outcome = indicator(row["outcome"])
    example = WORDS.say("example.drift") if has_drift else WORDS.say("example.other", outcome=outcome.phrase)
    told.append(
        WORDS.say(
            "certainty.method",
            smallest=SMALLEST_OF_INTEREST,
            example=example,
            smallest_natural=row["smallest"],
            detectable=row["detectable"],
            unit=outcome.difference_label,
            fewest=family["n_observations"].min(),
            most=family["n_observations"].max(),
        )
    )
    return " ".join(told)
