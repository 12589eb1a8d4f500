"""Years: which figure of a publication meets an outcome, by the day on which each was counted.

The rule: an outcome meets the newest figure that was counted no later than the outcome itself. Workforce figures of
30 September 2023 carry the year 2023 and outcomes of the year to 31 March 2024 the year 2024, so such an outcome of
2024 meets the workforce of 2023; a merge on the year's label would put the workforce six months after the outcome.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError, RequestError, unknown

Alignment = Literal["preceding", "same label"]

_END_OF_PERIOD_MONTH = {
    "january": 1, "march": 3, "financial_year": 3, "april": 4, "may": 5, "mid_year": 6, "september": 9, "calendar_year": 12,
}  # fmt: skip
_LAST_DAY = {1: 31, 3: 31, 4: 30, 5: 31, 6: 30, 9: 30, 12: 31}


def end_of_period(column: str) -> tuple[int, int]:
    """Return month and day on which an indicator's year ends; raises RequestError for an unknown or fixed indicator."""
    reference = indicator(column).reference
    if reference not in _END_OF_PERIOD_MONTH:
        raise RequestError(f"{column}: it is of one release and has no year that ends")
    month = _END_OF_PERIOD_MONTH[reference]
    return month, _LAST_DAY[month]


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


@dataclass(frozen=True)
class RowPlaces:
    """Where the rows of a panel stand by entity and year: sorted once, for every column and shift that is asked of it.

    By numbers: an index of pairs takes ten times as long, and every column of every model is shifted. ``entity`` (n,)
    numbers entities as they sort, ``years`` (n,) are numbers. ``order`` (n,) are the rows' places by entity and year, and
    ``keys`` (n,) the numbers that entity and year make together, in that order.
    """

    entity: np.ndarray = field(repr=False)
    years: np.ndarray = field(repr=False)
    order: np.ndarray = field(repr=False)
    keys: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, panel: pd.DataFrame, entity: str = "authority_code", time: str = "year") -> "RowPlaces":
        """Return the places of a panel's rows; raises DataError where an entity has a year twice, or a year is missing."""
        if panel[time].isna().any():
            raise DataError(f"{time}: missing in {int(panel[time].isna().sum())} rows")
        codes, years = pd.factorize(panel[entity], sort=True)[0], panel[time].to_numpy(dtype=float)
        given = _keys(codes, years, years)
        order = np.argsort(given, kind="stable")
        keys = given[order]
        if (keys[1:] == keys[:-1]).any():
            pairs = pd.MultiIndex.from_frame(panel[[entity, time]])
            raise DataError(
                f"{entity} and {time} name more than one row, such as {pairs[pairs.duplicated()][0]}"
            )
        return cls(codes, years, order, keys)

    def before(self, lag_years: int) -> np.ndarray:
        """Return the place of each row's entity ``lag_years`` before (n,); −1 where it has no row then."""
        if not len(self.keys):
            return self.order
        years = self.years - lag_years
        wanted = _keys(self.entity, years, self.years)
        positions = np.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        # A year that the panel hasn't would be counted as one of another entity.
        is_found = (
            (years >= self.years.min()) & (years <= self.years.max()) & (self.keys[positions] == wanted)
        )
        places: np.ndarray = np.where(is_found, self.order[positions], -1)
        return places

    def lagged(self, values: pd.Series, lag_years: int) -> np.ndarray:
        """Return ``values`` of the rows (n,) as they were ``lag_years`` before; missing where there is no row then."""
        own = values.to_numpy()
        earlier: np.ndarray = (
            pd.api.extensions.take(own, self.before(lag_years), allow_fill=True) if lag_years else own.copy()
        )
        return earlier


def _keys(entity: np.ndarray, years: np.ndarray, of_panel: np.ndarray) -> np.ndarray:
    """Return a number for each entity and year, no two alike for years between the first and the last ``of_panel``."""
    first, last = (of_panel.min(), of_panel.max()) if len(of_panel) else (0.0, 0.0)
    keys: np.ndarray = entity * (last - first + 1) + (years - first)
    return keys


def lag_lead(
    panel: pd.DataFrame, column: str, entity: str = "authority_code", time: str = "year", lag_years: int = 1
) -> pd.Series:
    """Return ``column`` as it was ``lag_years`` before each row's year, aligned to ``panel``'s index.

    A positive lag gives the earlier value, a negative one a lead (the later value), zero the column itself.
    The shift is on years: where an entity has no row for that year, the result is missing.

    Raises RequestError for an unknown column or a lag that isn't a whole number; DataError where an entity
    has two rows for a year, or a year is missing.
    """
    for name in (column, entity, time):
        try:
            panel[name]
        except KeyError:
            raise unknown("column", name, map(str, panel.columns)) from None
    if isinstance(lag_years, bool) or lag_years != int(lag_years):
        raise RequestError(f"lag_years {lag_years!r} is not a whole number of years")
    values = RowPlaces.of(panel, entity, time).lagged(panel[column], int(lag_years))
    return pd.Series(values, index=panel.index, name=column)


def without_earlier_definitions(panel: pd.DataFrame, column: str) -> pd.Series:
    """Return ``column`` without the years before the one from which its definition is comparable."""
    start = indicator(column).comparable_from
    return panel[column] if start is None else panel[column].where(panel["year"].to_numpy() >= start)


def label_of_days(days: pd.Series, column: str) -> pd.Series:
    """Return the label of the first period of ``column`` that ends on or after each day (text, ISO); empty is missing.

    A judgement of 8 March 2019 meets the workforce of 30 September 2019 and outcomes of the year to 31 March 2019: a
    period that ends before the judgement can't show what followed it, and the first that ends after it shows part.
    """
    moments = pd.to_datetime(days.where(days != ""))
    last_month, _ = end_of_period(column)
    return (moments.dt.year + (moments.dt.month > last_month)).astype("Int64")
