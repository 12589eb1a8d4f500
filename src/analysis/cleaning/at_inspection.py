"""Figures as they stood when an inspection began: which one meets which inspection, by the day on which each was counted.

The rule: an inspection meets the newest figure that was counted no later than the day before its first day, up to a few
years old where newer ones are missing. A figure that is published once meets every inspection.
"""

from collections.abc import Sequence

import pandas as pd

from ..errors import DataError
from ..indicators import indicator
from .authorities import newest_code
from .tables import authority_changes
from .years import end_of_period, without_earlier_definitions


def first_days(reports: pd.DataFrame) -> pd.Series:
    """Return each inspection's first day, or its report's day of publication where that is unknown.

    ``reports`` has ``inspection_start`` and ``published`` as ISO days, empty where unknown. Raises DataError where neither
    is known.
    """
    days = reports["inspection_start"].where(reports["inspection_start"] != "", reports["published"])
    if (days == "").any():
        raise DataError(
            f"report {reports.loc[days == '', 'report'].iloc[0]}: neither begun nor published on a known day"
        )
    return pd.to_datetime(days)


def newest_before(
    values: pd.Series, codes: pd.Series, days: pd.Series, ended: tuple[int, int], oldest_years: int = 0
) -> pd.Series:
    """Return the newest of ``values`` (indexed by authority and year) that was counted before each day.

    ``codes`` and ``days`` (datetimes) name authority and day of each row; ``ended`` is month and day on which a year of
    the values ends. Where the newest is missing, one up to ``oldest_years`` older is taken.
    """
    month, day = ended
    not_yet = (days.dt.month < month) | ((days.dt.month == month) & (days.dt.day <= day))
    labels = days.dt.year - not_yet
    found = pd.Series(float("nan"), index=codes.index)
    for age in range(oldest_years + 1):
        wanted = pd.MultiIndex.from_arrays([codes, labels - age])
        found = found.fillna(pd.Series(values.reindex(wanted).to_numpy(), index=codes.index))
    return found


def figures_at_inspection(
    reports: pd.DataFrame, panel: pd.DataFrame, columns: Sequence[str], oldest_years: int = 0
) -> pd.DataFrame:
    """Return the panel's ``columns`` as they stood at each inspection, one row a report, indexed as ``reports``.

    Besides them, ``panel_code``: the authority's code in the panel. Where the newest figure is missing, one up to
    ``oldest_years`` older is taken. Workforce figures of an earlier definition are never taken.
    """
    codes = reports["authority_code"].replace(newest_code(authority_changes()))
    days = first_days(reports)
    found = {name: _figure(panel, name, codes, days, oldest_years) for name in columns}
    return pd.DataFrame({"panel_code": codes, **found}, index=reports.index)


def _figure(
    panel: pd.DataFrame, name: str, codes: pd.Series, days: pd.Series, oldest_years: int
) -> pd.Series:
    if indicator(name).reference == "fixed":
        return codes.map(panel.groupby("authority_code")[name].max())
    keys = pd.MultiIndex.from_frame(panel[["authority_code", "year"]])
    values = pd.Series(without_earlier_definitions(panel, name).to_numpy(), index=keys)
    return newest_before(values, codes, days, end_of_period(name), oldest_years)
