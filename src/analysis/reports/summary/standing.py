"""How the pairs that stand in a family fare when the same question is asked otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import interval, number, p_value, source_line
from analysis.showing.words import words_of
from publishing.display import Table

WORDS = words_of(__package__)


def standing_table(family: pd.DataFrame, stability: pd.DataFrame, discovery_rate: float = 0.05) -> Table:
    """Return a row a pair with q below ``discovery_rate``: in how many other ways it keeps its sign, and its placebo.

    ``family`` and ``stability`` are what ``with_family_p`` and ``stability_of`` return. The table is empty where none
    stands.
    """
    standing = family[family["q_value"] < discovery_rate].merge(
        stability, on=["outcome", "exposure"], validate="1:1"
    )
    rows = [_row(row) for row in standing.sort_values(["q_value", "exposure", "outcome"]).to_dict("records")]
    columns = ["Exposure", "Outcome", "Estimate", "q", "Family p", "Same sign", "Clear", "Placebo"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        caption=WORDS.say("standing.caption", n=len(rows), rate=discovery_rate),
        source=source_line([*family["outcome"], *family["exposure"]]),
        note=WORDS.say("standing.note"),
        align_right=("Estimate", "q", "Family p"),
    )


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Exposure": indicator(row["exposure"]).label,
        "Outcome": indicator(row["outcome"]).label,
        "Estimate": number(row["estimate"], 2),
        "q": p_value(row["q_value"]),
        "Family p": p_value(row["family_p_value"]),
        "Same sign": f"{row['n_same_sign']} of {row['n_variants']}",
        "Clear": f"{row['n_clear_same_sign']} of {row['n_variants']}",
        "Placebo": "clear" if row["placebo_clear"] else "not clear",
    }


def robustness_table(family: pd.DataFrame, results: Sequence[Mapping[str, Any]]) -> Table:
    """Return a row a pair that was put under a referee's questions, with what bears on a verdict.

    ``results`` are what ``read_results`` returns for the notebook ``robustness``; q values are of ``family``.
    """
    q_values = family.set_index(["exposure", "outcome"])["q_value"]
    rows = [_robust_row(result["values"], q_values) for result in results]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("robust.caption"),
        source=source_line(
            [result["values"][side] for result in results for side in ("exposure", "outcome")]
        ),
        note=WORDS.say("robust.note"),
        align_right=("Estimate", "Corrected", "q", "Median", "Agree", "Joint p", "Robust", "Detectable"),
    )


def _robust_row(values: Mapping[str, Any], q_values: pd.Series) -> dict[str, str]:
    main, curve = values["main"], values["curve"]
    robust = values["robustness_value"]
    return {
        "Exposure": indicator(values["exposure"]).label,
        "Outcome": indicator(values["outcome"]).label,
        "Estimate": f"{number(main['estimate'], 2)} ({interval(main['conf_low'], main['conf_high'])})",
        "Corrected": number(_corrected_standardised(values), 2),
        "q": p_value(q_values.get((values["exposure"], values["outcome"]))),
        "Median": number(curve["median"], 2),
        "Agree": f"{curve['same_sign']:.0%}",
        "Joint p": _joint(values),
        "Robust": "–" if robust is None else f"{robust:.0%}",
        "Detectable": number(values["minimum_detectable"], 2),
    }


def _joint(values: Mapping[str, Any]) -> str:
    swapped = values["permutation"]
    p_values = [values["curve"]["joint"]["median"]["p_value"], swapped["p_value"] if swapped else None]
    return ", ".join(p_value(value) for value in p_values)


def _corrected_standardised(values: Mapping[str, Any]) -> float | None:
    """Put the correction, which is made in natural units, on the scale of the estimate beside it."""
    if values["corrected_estimate"] is None:
        return None
    main = values["main"]
    corrected: float = values["corrected_estimate"] * main["exposure_sd"] / main["outcome_sd"]
    return corrected
