"""How the pairs that stand in a family fare when the same question is asked otherwise."""

import pandas as pd

from ..display import Table
from ..indicators import indicator
from ..wording import number, p_value
from .words import source_line


def standing_table(family: pd.DataFrame, stability: pd.DataFrame, discovery_rate: float = 0.05) -> Table:
    """Return a row a pair with q below ``discovery_rate``: in how many other ways it keeps its sign, and its placebo.

    ``family`` and ``stability`` are what ``family_of`` and ``stability_of`` return. The table is empty where none stands.
    """
    standing = family[family["q_value"] < discovery_rate].merge(
        stability, on=["outcome", "exposure"], validate="1:1"
    )
    rows = [_row(row) for row in standing.sort_values(["q_value", "exposure", "outcome"]).to_dict("records")]
    columns = ["Exposure", "Outcome", "Estimate", "q", "Same sign", "Clear", "Placebo"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        caption=f"The {len(rows)} pairs that stand at q < {discovery_rate:g}, asked in other ways",
        source=source_line([*family["outcome"], *family["exposure"]]),
        note="Same sign: other ways of asking whose estimate has the same sign. Clear: those of them whose interval leaves "
        "out zero. Placebo: the exposure counted after the outcome; where it is clear too, the pair is no evidence that "
        "the exposure comes first.",
        align_right=("Estimate", "q"),
    )


def _row(row: dict) -> dict[str, str]:
    return {
        "Exposure": indicator(row["exposure"]).label,
        "Outcome": indicator(row["outcome"]).label,
        "Estimate": number(row["estimate"]),
        "q": p_value(row["q_value"]),
        "Same sign": f"{row['n_same_sign']} of {row['n_variants']}",
        "Clear": f"{row['n_clear_same_sign']} of {row['n_variants']}",
        "Placebo": "clear" if row["placebo_clear"] else "not clear",
    }
