"""Years: which figure of a publication meets an outcome, by the day on which each was counted.

The rule: an outcome meets the newest figure that was counted no later than the outcome itself. Workforce figures of
30 September 2023 carry the year 2023 and outcomes of the year to 31 March 2024 the year 2024, so such an outcome of
2024 meets the workforce of 2023; a merge on the year's label would put the workforce six months after the outcome.
"""

from typing import Literal

import pandas as pd

from ..errors import RequestError
from ..indicators import indicator

Alignment = Literal["preceding", "same label"]

_END_OF_PERIOD_MONTH = {
    "january": 1, "march": 3, "financial_year": 3, "mid_year": 6, "september": 9, "calendar_year": 12,
}  # fmt: skip


def label_offset_years(column: str, outcome: str, alignment: Alignment = "preceding") -> int:
    """Return by how many years the label of ``column`` trails that of ``outcome`` where the two meet: 0 or 1.

    ``same label`` merges on the label (0). Raises RequestError for an unknown indicator or alignment.
    """
    if alignment not in ("preceding", "same label"):
        raise RequestError(f"alignment: '{alignment}' is neither 'preceding' nor 'same label'")
    own, other = indicator(column).reference, indicator(outcome).reference
    if alignment == "same label" or "fixed" in (own, other):
        return 0
    return int(_END_OF_PERIOD_MONTH[own] > _END_OF_PERIOD_MONTH[other])


def shift_years(panel: pd.DataFrame, column: str, years: int) -> pd.Series:
    """Return ``column`` of ``years`` earlier (negative: later) for each row of ``panel``, aligned to its index.

    Years are counted, not rows: where the authority has no row in that year the value is missing.
    """
    moved = panel[["authority_code", "year", column]].assign(year=panel["year"] + years)
    key = ["authority_code", "year"]
    joined = panel[key].merge(moved, on=key, how="left", validate="1:1")
    return joined[column].set_axis(panel.index)


def without_earlier_definitions(panel: pd.DataFrame, column: str) -> pd.Series:
    """Return ``column`` without the years before the one from which its definition is comparable."""
    start = indicator(column).comparable_from
    return panel[column] if start is None else panel[column].where(panel["year"] >= start)
