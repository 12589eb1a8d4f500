"""How the pairs that stand in a family fare when the same question is asked otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import number, p_value, source_line, with_interval
from publishing.display import Table


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
        caption=f"The {len(rows)} pairs that stand at q < {discovery_rate:g}, asked in other ways",
        source=source_line([*family["outcome"], *family["exposure"]]),
        note="Family p: Romano and Wolf's, which allows no false finding among all pairs. "
        "Same sign: other ways of asking whose estimate has the same sign. Clear: those of them whose interval leaves "
        "out zero. Placebo: the exposure counted after the outcome; where it is clear too, the pair is no evidence that "
        "the exposure comes first.",
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
        caption="Pairs under a referee's questions: estimate, corrected estimate, curve, confounding, power",
        source=source_line(
            [result["values"][side] for result in results for side in ("exposure", "outcome")]
        ),
        note="Estimate and 95% interval, median and detectable association in standard deviations. Corrected: the chance "
        "moves of rates of few people taken out. Agree: share of specifications of one sign. "
        "Joint p: of the median, residuals reweighted and then paths swapped. "
        "Robust: share of exposure and outcome that an unmeasured confounder would have to account for. Detectable: found "
        "four times in five. – not available.",
        align_right=("Estimate", "Corrected", "q", "Median", "Agree", "Joint p", "Robust", "Detectable"),
    )


def _robust_row(values: Mapping[str, Any], q_values: pd.Series) -> dict[str, str]:
    main, curve = values["main"], values["curve"]
    robust = values["robustness_value"]
    return {
        "Exposure": indicator(values["exposure"]).label,
        "Outcome": indicator(values["outcome"]).label,
        "Estimate": with_interval(main["estimate"], main["conf_low"], main["conf_high"], 2),
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
