"""Derived indicators: rates from counts, and money in the prices of one year, by the formulas of the dictionary."""

import numpy as np
import pandas as pd

from analysis.data.definitions.indicators import Formula, Indicator, dictionary
from analysis.errors import DataError


def price_index(annual_rates_percent: pd.Series) -> pd.Series:
    """Chain annual rates of change of prices (per cent, indexed by calendar year) to an index, first year's rate included.

    Raises DataError where a year between the first and the last is missing.
    """
    rates = annual_rates_percent.sort_index()
    gaps = sorted(set(range(rates.index.min(), rates.index.max() + 1)) - set(rates.index))
    if gaps:
        raise DataError(f"prices.csv: no rate for {gaps[0]}; the index can't be chained over it")
    return (1 + rates / 100).cumprod()


def latest_price_year(index: pd.Series) -> int:
    """Return the financial year, by its end, whose prices real amounts are in: the last that an index by calendar year has
    nine months of.
    """
    return int(index.index.max()) + 1


def deflators(financial_years: pd.Series, index: pd.Series, price_year: int) -> pd.Series:
    """Return the factor that takes money of each financial year to the prices of ``price_year``.

    A financial year is named by the year in which it ends, and takes the price index of the calendar year in which nine of
    its twelve months lie; a year that the index doesn't reach gives a missing factor.
    """
    return index.get(price_year - 1, np.nan) / (financial_years - 1).map(index)


def _lagged(frame: pd.DataFrame, column: str, years: int) -> pd.Series:
    if years == 0:
        return frame[column]
    by_key = frame.set_index(["authority_code", "year"])[column]
    wanted = pd.MultiIndex.from_arrays([frame["authority_code"], frame["year"] - years])
    return pd.Series(by_key.reindex(wanted).to_numpy(), index=frame.index)


def denominator(frame: pd.DataFrame, formula: Formula) -> pd.Series | None:
    """Return what a formula divides by, as many years earlier as it says, missing where zero; None where by nothing."""
    if formula.denominator is None:
        return None
    below = _lagged(frame, formula.denominator, formula.denominator_lag_years)
    return below.where(below != 0)


def apply_formula(frame: pd.DataFrame, formula: Formula, index: pd.Series) -> pd.Series:
    """Return one derived indicator for each row of ``frame`` (authority_code, year and the formula's inputs).

    ``ratio``: scale × (numerator + plus − less) ÷ denominator of ``denominator_lag_years`` earlier. ``real``: the
    numerator in the prices of the latest financial year that ``index`` has (``latest_price_year``). ``real_per_child``: the
    same over the denominator. Missing where any part is missing or the denominator is zero.
    """
    return _computed(frame, formula, index, denominator(frame, formula))


def _computed(frame: pd.DataFrame, formula: Formula, index: pd.Series, below: pd.Series | None) -> pd.Series:
    total = frame[formula.numerator].copy()
    for name in formula.plus:
        total += frame[name]
    for name in formula.less:
        total -= frame[name]
    if formula.is_real:
        total = total * deflators(frame["year"], index, latest_price_year(index))
    return total if below is None else formula.scale * total / below


def add_filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` (year, a column an indicator) with rates computed from their counts where they aren't published.

    Within the years that ``counts`` gives as ``fills``, where all counts are known and someone was at risk.
    """
    filled = {}
    for name, entry in dictionary().items():
        of = entry.counts
        if of is None or of.fills is None:
            continue
        below = frame[list(of.denominator)].sum(axis=1, skipna=False)
        rate = of.scale * frame[of.numerator] / below.where(below != 0)
        filled[name] = frame[name].fillna(rate.where(frame["year"].between(*of.fills)))
    return frame.assign(**filled)


def derived_indicators() -> list[Indicator]:
    """Return the derived indicators of the dictionary, in its order."""
    return [entry for entry in dictionary().values() if entry.is_derived]


def add_derived(frame: pd.DataFrame, annual_rates_percent: pd.Series) -> pd.DataFrame:
    """Return ``frame`` (authority_code, year, a column an indicator) with every derived indicator computed.

    Years before an indicator's first are left missing: an input may reach further back than its meaning.
    """
    index = price_index(annual_rates_percent)
    columns = {}
    below: dict[tuple[str | None, int], pd.Series | None] = {}  # most rates are of the same children
    for entry in derived_indicators():
        assert entry.formula is not None  # what is derived has one
        key = (entry.formula.denominator, entry.formula.denominator_lag_years)
        if key not in below:
            below[key] = denominator(frame, entry.formula)
        columns[entry.id] = _computed(frame, entry.formula, index, below[key]).where(
            frame["year"] >= entry.first_year
        )
    return pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)
