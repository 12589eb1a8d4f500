"""Rows of an event study: which changes of the outcome are compared with which."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import DataError, unknown
from analysis.estimators.regression.sample import numbers_of

from .specification import EventStudySpecification


@dataclass(frozen=True)
class EventRows:
    """``levels``: entity, time, cluster, outcome, ``event_time`` (missing where a unit has no event), units with a year
    before their event alone. ``stacked``: a row a comparison, its ``value`` the outcome's change from event year −1, its
    ``cell`` event year and calendar year, ``is_event`` and ``weight``, so that each event counts the same.
    ``n_controls_later``: of the ``n_controls`` units to compare with, those that have an asked event of their own at
    another time; ``n_controls_counted``: of these, those whose own event is among the ``n_events``.
    """

    levels: pd.DataFrame = field(repr=False)
    stacked: pd.DataFrame = field(repr=False)
    event_years: tuple[int, ...]
    n_events_by_year: dict[int, int]
    n_events: int
    n_controls: int
    n_controls_later: int
    n_controls_counted: int
    n_already: int


def event_rows(
    frame: pd.DataFrame, events: pd.DataFrame, specification: EventStudySpecification
) -> EventRows:
    """Return the comparisons that ``specification`` asks for; see ``event_study`` for what is raised."""
    levels = levels_of(frame, specification)
    wide = levels.pivot(index="entity", columns="time", values="outcome")
    years = range(int(levels["time"].min()), int(levels["time"].max()) + 1)
    wide = wide.reindex(columns=years)
    happened = _happened(events, wide, specification)
    starts, n_already = _starts(events, wide, happened, specification)
    stacked = _stacked(wide, starts, happened, specification)
    if stacked.empty or not stacked["is_event"].any():
        raise DataError(
            f"{specification.outcome}: no event has a figure in event year −1 and in another year"
        )
    clusters = levels.drop_duplicates("entity").set_index("entity")["cluster"]
    stacked["cluster"] = stacked["entity"].map(clusters)
    by_year = stacked[stacked["is_event"]].groupby("event_year").size().to_dict()
    treated = stacked.loc[stacked["is_event"], ["entity", "start"]].drop_duplicates()
    controls = set(stacked.loc[~stacked["is_event"], "entity"])
    kept = _with_event_time(levels, events, treated, specification)
    return EventRows(
        levels=kept,
        stacked=stacked,
        event_years=tuple(sorted(by_year)),
        n_events_by_year=by_year,
        n_events=len(treated),
        n_controls=len(controls),
        n_controls_later=len(controls & set(events.loc[events["is_asked"], specification.entity])),
        n_controls_counted=len(controls & set(treated["entity"])),
        n_already=n_already,
    )


def levels_of(frame: pd.DataFrame, asked: EventStudySpecification) -> pd.DataFrame:
    """Return entity, time, cluster and outcome of the rows that have all of them, ordered by entity and time.

    Raises RequestError for unknown columns; DataError where no row has figures or two rows have the same keys.
    """
    columns = {"entity": asked.entity, "time": asked.time, "cluster": asked.cluster}
    for column in (asked.outcome, *columns.values()):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    rows = pd.DataFrame({name: frame[column] for name, column in columns.items()})
    rows = rows.assign(outcome=numbers_of(frame, asked.outcome)).dropna()
    if rows.empty:
        raise DataError(f"{asked.outcome}: no figures in the {len(frame)} rows given")
    if rows.duplicated(["entity", "time"]).any():
        raise DataError(f"{asked.entity} and {asked.time} name more than one row")
    return rows.astype({"time": int}).sort_values(["entity", "time"], ignore_index=True)


def _happened(events: pd.DataFrame, wide: pd.DataFrame, asked: EventStudySpecification) -> pd.DataFrame:
    """Return, for each unit (rows) and calendar year, how many events had come by its end; earlier years counted in."""
    counts = (
        events[events[asked.entity].isin(wide.index)]
        .groupby([asked.entity, asked.time])
        .size()
        .unstack(fill_value=0)
    )
    first = min([wide.columns[0], *counts.columns]) - (asked.clean_years or 0) - 1
    every = counts.reindex(index=wide.index, columns=range(first, wide.columns[-1] + 1), fill_value=0)
    return every.cumsum(axis=1)


def _starts(
    events: pd.DataFrame, wide: pd.DataFrame, happened: pd.DataFrame, asked: EventStudySpecification
) -> tuple[pd.DataFrame, int]:
    """Return the events to follow, entity and start, and how many units' event came before they had a year to compare."""
    own = events[events["is_asked"] & events[asked.entity].isin(wide.index)]
    own = pd.DataFrame({"entity": own[asked.entity], "start": own[asked.time].astype(int)})
    inside = own[own["start"].between(wide.columns[0] + 1, wide.columns[-1])]
    places = wide.index.get_indexer(inside["entity"])
    fresh = [
        not _came_between(happened, start, start - 1, asked.clean_years)[place]
        for place, start in zip(places, inside["start"], strict=True)
    ]
    starts = inside[np.array(fresh, dtype=bool)].sort_values(["start", "entity"], ignore_index=True)
    early = own.loc[own["start"] <= wide.columns[0], "entity"].nunique()
    return starts, early if asked.clean_years is None else 0


def _came_between(happened: pd.DataFrame, start: int, last: int, clean_years: int | None) -> np.ndarray:
    """Return whether each unit had an event from ``clean_years`` before ``start`` (or ever) to ``last``."""
    counts, first = happened.to_numpy(), happened.columns[0]
    by_last = counts[:, min(max(last, first), happened.columns[-1]) - first]
    came: np.ndarray = by_last > (
        0 if clean_years is None else counts[:, max(start - clean_years - 1 - first, 0)]
    )
    return came


def _stacked(
    wide: pd.DataFrame, starts: pd.DataFrame, happened: pd.DataFrame, asked: EventStudySpecification
) -> pd.DataFrame:
    """Return the changes from event year −1 of units with an event in a year and of those clean until the year's end.

    Columns of ``wide`` and ``happened`` are years that follow one another.
    """
    figures, first, last = wide.to_numpy(), wide.columns[0], wide.columns[-1]
    parts = []
    for start, own in starts.groupby("start"):
        is_event = wide.index.isin(own["entity"])
        for event_year in range(-asked.pre_years, asked.post_years + 1):
            if event_year == -1 or not first <= start + event_year <= last:
                continue
            change = figures[:, start + event_year - first] - figures[:, start - 1 - first]
            clean = ~_came_between(happened, start, max(start, start + event_year), asked.clean_years)
            rows = np.flatnonzero((clean | is_event) & ~np.isnan(change))
            n_controls = int((~is_event[rows]).sum())
            if n_controls >= asked.fewest_controls and n_controls < len(rows):
                weight = len(rows) / n_controls
                parts.append((rows, change[rows], is_event[rows], event_year, start, weight))
    if not parts:
        return pd.DataFrame({"is_event": pd.Series(dtype=bool)})
    places, changes, events, event_years, begun, weights = zip(*parts, strict=True)
    sizes = [len(own) for own in places]
    cells = [f"{event_year} {start}" for event_year, start in zip(event_years, begun, strict=True)]
    return pd.DataFrame(
        {
            "entity": wide.index.take(np.concatenate(places)),
            "value": np.concatenate(changes),
            "is_event": np.concatenate(events),
            "event_year": np.repeat(event_years, sizes),
            "start": np.repeat(begun, sizes),
            "cell": np.repeat(np.array(cells, dtype=object), sizes),
            "weight": np.repeat(weights, sizes),
        }
    )


def _with_event_time(
    levels: pd.DataFrame, events: pd.DataFrame, treated: pd.DataFrame, asked: EventStudySpecification
) -> pd.DataFrame:
    """Return the levels of the units compared, with the years since their first event that is followed."""
    start = treated.groupby("entity")["start"].min()
    known = levels["entity"].isin(start.index)
    if asked.clean_years is None:
        ever = set(events.loc[events[asked.time] <= levels["time"].max(), asked.entity])
        levels = levels[known | ~levels["entity"].isin(ever)]
    return levels.assign(event_time=levels["time"] - levels["entity"].map(start)).reset_index(drop=True)


def plain_rows(rows: EventRows, asked: EventStudySpecification) -> tuple[pd.DataFrame, list[str]]:
    """Return the levels with a dummy for each event year but −1, years beyond the window binned at either end."""
    table = rows.levels.rename(columns={"outcome": "value"})
    binned = table["event_time"].clip(-asked.pre_years - 1, asked.post_years + 1)
    names = []
    for event_year in range(-asked.pre_years - 1, asked.post_years + 2):
        dummy = (binned == event_year).astype(float)
        if event_year != -1 and dummy.any():
            names.append(f"at_{event_year}".replace("-", "minus_"))
            table[names[-1]] = dummy
    return table, names
