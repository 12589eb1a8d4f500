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
    grid = _Grid.of(levels)
    dated = _Dated.of(events, grid, specification)
    units, starts = _followed(dated, grid, specification)
    stacked = _stacked(units, starts, grid, dated, specification)
    if stacked.empty or not stacked["is_event"].any():
        raise DataError(
            f"{specification.outcome}: no event has a figure in event year −1 and in another year"
        )
    places, is_event = stacked.pop("unit").to_numpy(), stacked["is_event"].to_numpy()
    stacked.insert(0, "entity", grid.units.take(places))
    stacked["cluster"] = levels["cluster"].array.take(grid.firsts[places])
    event_years, n_events = np.unique(stacked["event_year"].to_numpy()[is_event], return_counts=True)
    treated = np.unique(np.column_stack([places, stacked["start"]])[is_event], axis=0)
    controls = np.unique(places[~is_event])
    early = dated.units[dated.is_asked & (dated.years <= grid.first)]
    return EventRows(
        levels=_with_event_time(levels, grid, dated, treated, specification),
        stacked=stacked,
        event_years=tuple(event_years.tolist()),
        n_events_by_year=dict(zip(event_years.tolist(), n_events.tolist(), strict=True)),
        n_events=len(treated),
        n_controls=len(controls),
        n_controls_later=int(np.isin(controls, dated.units[dated.is_asked]).sum()),
        n_controls_counted=int(np.isin(controls, treated[:, 0]).sum()),
        n_already=len(np.unique(early)) if specification.clean_years is None else 0,
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
    entities, times = pd.factorize(rows["entity"], sort=True)[0], rows["time"].to_numpy(int)
    order = np.lexsort((times, entities))
    entities, times = entities[order], times[order]
    if ((entities[1:] == entities[:-1]) & (times[1:] == times[:-1])).any():
        raise DataError(f"{asked.entity} and {asked.time} name more than one row")
    return rows.take(order).assign(time=times).reset_index(drop=True)


@dataclass(frozen=True)
class _Grid:
    """Figures of ``units``, in sorted order, in all years from ``first`` to ``last``: ``figures`` (units, years), missing
    where there is none. Of the levels: ``codes`` (rows,), each row's unit, and ``firsts`` (units,), each unit's first row.
    """

    units: pd.Index
    figures: np.ndarray
    codes: np.ndarray
    firsts: np.ndarray
    first: int
    last: int

    @classmethod
    def of(cls, levels: pd.DataFrame) -> "_Grid":
        codes, units = pd.factorize(levels["entity"])
        times = levels["time"].to_numpy()
        first, last = int(times.min()), int(times.max())
        figures = np.full((len(units), last - first + 1), np.nan)
        figures[codes, times - first] = levels["outcome"].to_numpy()
        return cls(units, figures, codes, np.unique(codes, return_index=True)[1], first, last)


@dataclass(frozen=True)
class _Dated:
    """Events of a grid's units: ``units`` (events,), their places there, ``years`` and ``is_asked``. ``counts``, (units,
    years): how many had come by the end of each year from ``first``, before any event, to the grid's last.
    """

    units: np.ndarray
    years: np.ndarray
    is_asked: np.ndarray
    counts: np.ndarray
    first: int

    @classmethod
    def of(cls, events: pd.DataFrame, grid: _Grid, asked: EventStudySpecification) -> "_Dated":
        places = grid.units.get_indexer(events[asked.entity])
        known = (places >= 0) & events[asked.time].notna().to_numpy()
        places, years = places[known], events[asked.time].to_numpy()[known].astype(int)
        first = min([grid.first, *years.tolist()]) - (asked.clean_years or 0) - 1
        counts = np.zeros((len(grid.units), grid.last - first + 1), dtype=int)
        inside = years <= grid.last
        np.add.at(counts, (places[inside], years[inside] - first), 1)
        return cls(places, years, events["is_asked"].to_numpy(bool)[known], counts.cumsum(axis=1), first)

    def came_between(self, start: int, last: int, clean_years: int | None) -> np.ndarray:
        """Return whether each unit had an event from ``clean_years`` before ``start`` (or ever) to ``last``."""
        by_last = self.counts[:, min(max(last - self.first, 0), self.counts.shape[1] - 1)]
        before = 0 if clean_years is None else self.counts[:, max(start - clean_years - 1 - self.first, 0)]
        came: np.ndarray = by_last > before
        return came


def _followed(dated: _Dated, grid: _Grid, asked: EventStudySpecification) -> tuple[np.ndarray, np.ndarray]:
    """Return the events to follow, unit and year, by year and unit: asked about, with a year before and clean until then."""
    inside = dated.is_asked & (dated.years > grid.first) & (dated.years <= grid.last)
    units, starts = dated.units[inside], dated.years[inside]
    fresh = np.ones(len(units), dtype=bool)
    for start in np.unique(starts):
        own = starts == start
        fresh[own] = ~dated.came_between(start, start - 1, asked.clean_years)[units[own]]
    order = np.lexsort((units[fresh], starts[fresh]))
    return units[fresh][order], starts[fresh][order]


def _stacked(
    units: np.ndarray, starts: np.ndarray, grid: _Grid, dated: _Dated, asked: EventStudySpecification
) -> pd.DataFrame:
    """Return the changes from event year −1 of units with an event in a year and of those clean until the year's end.

    ``units`` and ``starts`` as ``_followed`` returns them; the column ``unit`` is a row's place among the grid's units.
    """
    figures, first, last = grid.figures, grid.first, grid.last
    parts = []
    for start in np.unique(starts).tolist():
        is_event = np.zeros(len(grid.units), dtype=bool)
        is_event[units[starts == start]] = True
        for event_year in range(-asked.pre_years, asked.post_years + 1):
            if event_year == -1 or not first <= start + event_year <= last:
                continue
            change = figures[:, start + event_year - first] - figures[:, start - 1 - first]
            clean = ~dated.came_between(start, max(start, start + event_year), asked.clean_years)
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
            "unit": np.concatenate(places),
            "value": np.concatenate(changes),
            "is_event": np.concatenate(events),
            "event_year": np.repeat(event_years, sizes),
            "start": np.repeat(begun, sizes),
            "cell": np.repeat(np.array(cells, dtype=object), sizes),
            "weight": np.repeat(weights, sizes),
        }
    )


def _with_event_time(
    levels: pd.DataFrame, grid: _Grid, dated: _Dated, treated: np.ndarray, asked: EventStudySpecification
) -> pd.DataFrame:
    """Return the levels of the units compared, with the years since their first event that is followed.

    ``treated``: unit and year of the events that stand in a comparison, in order, shape (events, 2).
    """
    start = np.full(len(grid.units), np.nan)
    start[treated[::-1, 0]] = treated[::-1, 1]
    levels = levels.assign(event_time=levels["time"] - start[grid.codes])
    if asked.clean_years is None:
        ever = np.isin(grid.codes, dated.units[dated.years <= grid.last])
        levels = levels[levels["event_time"].notna() | ~ever]
    return levels.reset_index(drop=True)


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
