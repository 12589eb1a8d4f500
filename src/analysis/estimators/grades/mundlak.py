"""A figure split into what differs between groups and what moves within them (Mundlak 1978; Bell and Jones 2015).

One slope for both takes for granted that an authority whose figure is high compares with others as it compares with itself
in years when its figure was lower. The mean carries whatever else is lasting about the authority; the deviation doesn't.
"""

from collections.abc import Sequence

import pandas as pd

from analysis.errors import unknown


def within_between(frame: pd.DataFrame, columns: Sequence[str], group: str) -> pd.DataFrame:
    """Return ``frame`` with, for each of ``columns``, ``NAME_between``, the group's mean, and ``NAME_within``, the rest.

    Both keep the column's unit and add up to it. A mean is over the rows of the group where the column isn't missing, so
    rows that a model will leave out must be dropped before. Raises RequestError for an unknown column.
    """
    for name in (*columns, group):
        if name not in frame.columns:
            raise unknown("column", name, map(str, frame.columns))
    means = frame.groupby(group)[list(columns)].transform("mean").where(frame[list(columns)].notna())
    return frame.assign(
        **{between_name(name): means[name] for name in columns},
        **{within_name(name): frame[name] - means[name] for name in columns},
    )


def between_name(name: str) -> str:
    """Return the name of a column's mean by group."""
    return f"{name}_between"


def within_name(name: str) -> str:
    """Return the name of a column's deviation from its group's mean."""
    return f"{name}_within"
