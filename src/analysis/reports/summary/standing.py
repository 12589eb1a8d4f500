"""How the pairs that stand in a family fare when the same question is asked otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import (
    number,
    p_value,
    probability,
    source_line,
    step_of,
    with_interval,
)
from analysis.showing.words import words_of
from analysis.studies.study import page_name
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
    columns = [
        "Measure",
        "Outcome",
        "Difference (95% interval)",
        "Strict test",
        "Other analyses",
        "Next year",
    ]
    return Table(
        pd.DataFrame(rows, columns=columns),
        caption=WORDS.say("standing.caption", n=len(rows)),
        source=source_line([*family["outcome"], *family["exposure"]]),
        note=WORDS.say("standing.note"),
    )


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    exposure, outcome = indicator(row["exposure"]), indicator(row["outcome"])
    step = step_of(exposure)
    change = (row["natural_estimate"], row["natural_conf_low"], row["natural_conf_high"])
    return {
        "Measure": _in_points(f"{exposure.label} +{step}"),
        "Outcome": outcome.label,
        "Difference (95% interval)": _in_points(f"{with_interval(*change)} {outcome.difference_label}"),
        "Strict test": probability("p", row["family_p_value"]),
        "Other analyses": WORDS.say(
            "standing.agree",
            n_same=row["n_same_sign"],
            n_clear=row["n_clear_same_sign"],
            n_ways=row["n_variants"],
        ),
        "Next year": WORDS.say(f"standing.placebo.{'clear' if row['placebo_clear'] else 'unclear'}"),
    }


def _in_points(text: str) -> str:
    return text.replace("percentage points", "points")


def robustness_table(
    family: pd.DataFrame, results: Sequence[Mapping[str, Any]], discovery_rate: float = 0.05
) -> Table:
    """Return a row a pair that stands and was put under a referee's questions, with what bears on a verdict.

    ``results`` are what ``read_results`` returns for the notebook ``robustness``; q values are of ``family``.
    """
    pairs = family[family["q_value"] < discovery_rate].sort_values("q_value")[["exposure", "outcome"]]
    by_pair = {(result["values"]["exposure"], result["values"]["outcome"]): result for result in results}
    asked = [by_pair[pair] for pair in pairs.itertuples(index=False, name=None) if pair in by_pair]
    columns = ["Measure and outcome", "Estimate", "Median", "Agree", "Joint p", "Confounder"]
    return Table(
        pd.DataFrame([_robust_row(result["values"]) for result in asked], columns=columns),
        caption=WORDS.say("robust.caption"),
        source=source_line([*pairs["exposure"], *pairs["outcome"]]),
        note=WORDS.say("robust.note"),
        align_right=tuple(columns[1:]),
        links={_pair(result["values"]): page_name(result["name"]) for result in asked},
    )


def _pair(values: Mapping[str, Any]) -> str:
    return WORDS.say(
        "pair", exposure=indicator(values["exposure"]).label, outcome=indicator(values["outcome"]).label
    )


def _robust_row(values: Mapping[str, Any]) -> dict[str, str]:
    main, curve = values["main"], values["curve"]
    robust = values["robustness_value"]
    return {
        "Measure and outcome": _pair(values),
        "Estimate": with_interval(main["estimate"], main["conf_low"], main["conf_high"], 2),
        "Median": number(curve["median"], 2),
        "Agree": f"{curve['same_sign']:.0%}",
        "Joint p": _joint(values),
        "Confounder": "–" if robust is None else f"{robust:.0%}",
    }


def _joint(values: Mapping[str, Any]) -> str:
    swapped = values["permutation"]
    p_values = [values["curve"]["joint"]["median"]["p_value"], swapped["p_value"] if swapped else None]
    return ", ".join(p_value(value) for value in p_values)
