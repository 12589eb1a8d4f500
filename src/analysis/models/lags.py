"""Earlier and later values of a column, on years and not on rows."""

import pandas as pd

from ..errors import DataError, RequestError, unknown


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
        if name not in panel.columns:
            raise unknown("column", name, map(str, panel.columns))
    if isinstance(lag_years, bool) or lag_years != int(lag_years):
        raise RequestError(f"lag_years {lag_years!r} is not a whole number of years")
    if panel[time].isna().any():
        raise DataError(f"{time}: missing in {int(panel[time].isna().sum())} rows")
    keys = pd.MultiIndex.from_frame(panel[[entity, time]])
    if keys.has_duplicates:
        raise DataError(f"{entity} and {time} name more than one row, such as {keys[keys.duplicated()][0]}")
    values = pd.Series(panel[column].to_numpy(), index=keys)
    wanted = pd.MultiIndex.from_arrays([panel[entity], panel[time] - int(lag_years)])
    return pd.Series(values.reindex(wanted).to_numpy(), index=panel.index, name=column)
