"""Figures as they stood when an inspection began: which one meets which inspection, by the day on which each was counted.

The rule: an inspection meets the newest figure that was counted no later than the day before its first day, up to a few
years old where newer ones are missing. A figure that is published once meets every inspection.
"""

from collections.abc import Sequence

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import first_days
from analysis.errors import DataError

from .boundary_changes import newest_code
from .tables import authority_changes
from .years import label_of_days, without_earlier_definitions


def known_days(reports: pd.DataFrame) -> pd.Series:
    """Return ``first_days``; raises DataError where neither first day nor day of publication is known."""
    days = first_days(reports)
    if (days == "").any():
        report = reports.loc[days == "", "report"].iloc[0]
        raise DataError(f"report {report}: neither begun nor published on a known day")
    return days


def newest_before(
    values: pd.Series, codes: pd.Series, days: pd.Series, column: str, oldest_years: int = 0
) -> pd.Series:
    """Return the newest of ``values`` (indexed by authority and year) whose year had ended before each day.

    ``codes`` and ``days`` (ISO text) name authority and day of each row; years end as those of the indicator ``column``.
    Where the newest is missing, one up to ``oldest_years`` older is taken.
    """
    newest = label_of_days(days, column) - 1
    filled = pd.Series(float("nan"), index=codes.index)
    for age in range(oldest_years + 1):
        wanted = pd.MultiIndex.from_arrays([codes, newest - age])
        filled = filled.fillna(pd.Series(values.reindex(wanted).to_numpy(), index=codes.index))
    return filled


def figures_at_inspection(
    reports: pd.DataFrame,
    panel: pd.DataFrame,
    columns: Sequence[str],
    oldest_years: int = 0,
    include_earlier_definitions: bool = False,
) -> pd.DataFrame:
    """Return the panel's ``columns`` as they stood at each inspection, one row a report, indexed as ``reports``.

    Besides them, ``panel_code``: the authority's code in the panel. Where the newest figure is missing, one up to
    ``oldest_years`` older is taken. Figures of an earlier definition are taken only where asked for.
    """
    codes = reports["authority_code"].replace(newest_code(authority_changes()))
    days = known_days(reports)
    keys = pd.MultiIndex.from_frame(panel[["authority_code", "year"]])

    def met(name: str) -> pd.Series:
        if indicator(name).reference == "fixed":
            return codes.map(panel.groupby("authority_code")[name].max())
        own = panel[name] if include_earlier_definitions else without_earlier_definitions(panel, name)
        return newest_before(pd.Series(own.to_numpy(), index=keys), codes, days, name, oldest_years)

    return pd.DataFrame({"panel_code": codes, **{name: met(name) for name in columns}}, index=reports.index)
