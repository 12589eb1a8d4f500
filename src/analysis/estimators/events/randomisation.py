"""How often an effect as large would come of events at random: the p value where events are few.

Clustered errors rest on many clusters; with a few dozen events on one side they may be too small. Here the dates of the
events are redrawn: in each year as many authorities as really had the event are drawn among those that could have had it
(a figure in the year before, no event by then), everything else stays, and the effect is computed anew. Where no event
had any effect, the real one is one draw like the others (Fisher's sharp null); Young (2019) and MacKinnon and Webb (2020)
on such tests with few treated. Events that choose authorities whose figures swing more than others' make the plain average
look rarer than it is, so that the average over its own clustered error is compared too (studentised).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError

from .family import events_of, within_sd
from .rows import levels_of
from .specification import EventStudySpecification

_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True)
class EventRandomisation:
    """Two-sided p values of average effects by redrawn events, by outcome and pooled.

    ``estimates`` are the averages of the event studies in each outcome's own units, ``pooled_estimate`` their mean in
    within standard deviations (what authority and year effects leave). ``p_values`` and ``pooled_p_value`` are
    (1 + m)/(1 + B), with m of B redrawn averages at least as large either way; the studentised ones compare averages over
    their clustered errors. ``draws`` (B, outcomes + 1) holds the averages, the pooled one last. ``n_events`` is how many
    are redrawn, ``n_candidates`` among how many authorities.
    """

    outcomes: tuple[str, ...]
    estimates: tuple[float, ...]
    p_values: tuple[float, ...]
    pooled_estimate: float
    pooled_p_value: float
    studentised_p_values: tuple[float, ...]
    pooled_studentised_p_value: float
    draws: np.ndarray = field(repr=False)
    n_draws: int
    n_events: int
    n_candidates: int


def event_randomisation(
    frame: pd.DataFrame,
    events: pd.DataFrame | Mapping[str, pd.DataFrame],
    specifications: Sequence[EventStudySpecification],
    n_draws: int = 999,
    seed: int = 0,
) -> EventRandomisation:
    """Redraw the events ``n_draws`` times and compare the outcomes' average effects with those found.

    ``frame`` and ``events`` as for ``event_family``; one draw serves all outcomes, so that the pooled average keeps how they
    go together. Only first events count: an authority whose event came before the figures begin is neither drawn nor a
    control, and an event that stands in no comparison for want of figures stays as it is. Raises RequestError for repeated
    events (``clean_years``), events that aren't asked about, or fewer than one draw; DataError where a year has fewer
    authorities to draw from than events.
    """
    if any(specification.clean_years is not None for specification in specifications):
        raise RequestError("clean_years: events are redrawn where an authority has one at most")
    if n_draws < 1:
        raise RequestError(f"n_draws {n_draws}: one draw at least is needed")
    tables = [
        _Table.of(frame, events_of(events, specification.outcome), specification)
        for specification in specifications
    ]
    units = pd.Index(sorted(set().union(*(table.wide.index for table in tables))))
    tables = [table.over(units) for table in tables]
    dates = np.column_stack([table.starts.to_numpy() for table in tables])
    real = np.any(np.column_stack([table.is_followed for table in tables]), axis=1)
    drawn = _drawn_units(tables, dates, real, n_draws, seed)
    effects, influences = [], []
    for own, table in zip(dates.T, tables, strict=True):
        starts = np.tile(np.where(real, _NEVER, own), (n_draws + 1, 1))
        starts[0] = own
        np.put_along_axis(starts[1:], drawn, np.broadcast_to(own[real], drawn.shape), axis=1)
        values, influence = table.averages(starts)
        effects.append(values)
        influences.append(influence)
    sds = np.array([table.within_sd for table in tables])
    averages = np.column_stack([*effects, np.mean(np.array(effects) / sds[:, None], axis=0)])
    pooled = np.mean(np.array(influences) / sds[:, None, None], axis=0)
    clusters = _clusters(units, tables)
    errors = np.column_stack(
        [np.sqrt(((influence @ clusters) ** 2).sum(axis=1)) for influence in (*influences, pooled)]
    )
    p_values = [_p_value(column) for column in averages.T]
    studentised = [_p_value(column) for column in (averages / errors).T]
    return EventRandomisation(
        outcomes=tuple(specification.outcome for specification in specifications),
        estimates=tuple(map(float, averages[0, :-1])),
        p_values=tuple(p_values[:-1]),
        pooled_estimate=float(averages[0, -1]),
        pooled_p_value=p_values[-1],
        studentised_p_values=tuple(studentised[:-1]),
        pooled_studentised_p_value=studentised[-1],
        draws=averages[1:],
        n_draws=n_draws,
        n_events=int(real.sum()),
        n_candidates=int((real | (dates == _NEVER).all(axis=1)).sum()),
    )


def _clusters(units: pd.Index, tables: list["_Table"]) -> np.ndarray:
    """Return which cluster each unit belongs to, as dummies (units, clusters)."""
    named = pd.concat([table.clusters for table in tables])
    codes = pd.factorize(named[~named.index.duplicated()].reindex(units))[0]
    dummies: np.ndarray = np.eye(codes.max() + 1)[codes]
    return dummies


def _p_value(values: np.ndarray) -> float:
    """Return the two-sided p value of the first among ``values``; a tie, up to rounding, counts as large."""
    sizes = np.abs(values[np.isfinite(values)])
    return float((1 + (sizes[1:] >= sizes[0] * (1 - 1e-12)).sum()) / len(sizes))


def _drawn_units(
    tables: list["_Table"], dates: np.ndarray, real: np.ndarray, n_draws: int, seed: int
) -> np.ndarray:
    """Return which unit has each event in each draw (draws, events), events ordered as their real units are.

    Years are drawn in their order, so that a unit drawn in one year isn't drawn again.
    """
    rng = np.random.default_rng(seed)
    own = dates[real]
    taken = np.tile(~real & (dates < _NEVER).any(axis=1), (n_draws, 1))
    drawn = np.zeros((n_draws, len(own)), dtype=int)
    for when in sorted(set(map(tuple, own))):
        events = np.flatnonzero((own == when).all(axis=1))
        ready = np.any([table.has_figure(year - 1) for table, year in zip(tables, when, strict=True)], axis=0)
        order = np.where(taken | ~ready, np.inf, rng.random(taken.shape))
        least = int(np.isfinite(order).sum(axis=1).min())
        if least < len(events):
            raise DataError(
                f"{when[0]}: {len(events)} events, and {least} authorities that could have had one"
            )
        # The smallest numbers alone are put in order: no two are the same but those that can't be chosen.
        smallest = np.argpartition(order, len(events) - 1, axis=1)[:, : len(events)]
        ranks = np.take_along_axis(order, smallest, axis=1).argsort(axis=1)
        chosen = np.take_along_axis(smallest, ranks, axis=1)
        drawn[:, events] = chosen
        np.put_along_axis(taken, chosen, True, axis=1)
    return drawn


@dataclass(frozen=True)
class _Table:
    """One outcome: ``wide`` (units, years), the year of each unit's first event, and what is asked."""

    wide: pd.DataFrame
    starts: pd.Series
    clusters: pd.Series
    asked: EventStudySpecification

    @classmethod
    def of(cls, frame: pd.DataFrame, events: pd.DataFrame, asked: EventStudySpecification) -> "_Table":
        if not events["is_asked"].all():
            raise RequestError(f"{asked.outcome}: some events aren't asked about, and can't be redrawn")
        levels = levels_of(frame, asked)
        wide = levels.pivot(index="entity", columns="time", values="outcome")
        wide = wide.reindex(columns=range(wide.columns[0], wide.columns[-1] + 1))
        starts = events.groupby(asked.entity)[asked.time].min().astype(int)
        clusters = levels.drop_duplicates("entity").set_index("entity")["cluster"]
        return cls(wide, starts[starts <= wide.columns[-1]], clusters, asked)

    def over(self, units: pd.Index) -> "_Table":
        """Return the table with a row for each of ``units``, in their order."""
        starts = self.starts.reindex(units, fill_value=_NEVER)
        return _Table(self.wide.reindex(units), starts, self.clusters, self.asked)

    @cached_property
    def is_followed(self) -> np.ndarray:
        """Whether each unit's event stands in a comparison: a figure before it and in another year, and enough controls."""
        first, values, starts = self.wide.columns[0], self.wide.to_numpy(), self.starts.to_numpy()
        followed = np.zeros(len(starts), dtype=bool)
        for start in range(first + 1, self.wide.columns[-1] + 1):
            for year in range(start - self.asked.pre_years, start + self.asked.post_years + 1):
                if year != start - 1 and year in self.wide.columns:
                    known = np.isfinite(values[:, year - first] - values[:, start - 1 - first])
                    controls = known & (starts > max(start, year))
                    if controls.sum() >= self.asked.fewest_controls:
                        followed |= known & (starts == start)
        return followed

    @property
    def within_sd(self) -> float:
        """The spread within units that ``event_family`` gives: over units whose event is followed or that have none."""
        kept = self.wide[self.is_followed | (self.starts == _NEVER).to_numpy()]
        levels = kept.rename_axis("entity").stack().rename("outcome").dropna().reset_index()
        return within_sd(levels.set_axis(["entity", "time", "outcome"], axis=1))

    def has_figure(self, year: int) -> np.ndarray:
        """Whether each unit has a figure in a year."""
        if year not in self.wide.columns:
            return np.zeros(len(self.wide), dtype=bool)
        known: np.ndarray = self.wide[year].notna().to_numpy()
        return known

    def averages(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the average effect for each row of ``starts`` (draws, units) and what each unit adds to its error.

        As ``event_study``: in each event year the mean over events of the change from the year before the event less the
        mean change of units without an event by then; averages are over the averaged event years that have events. Both
        (draws,) and (draws, units); missing where no averaged year has an event.
        """
        by_year = [self._in_event_year(starts, ahead) for ahead in self.asked.averaged_years]
        values = np.array([value for value, _ in by_year])
        known = np.isfinite(values)
        shares = known / np.maximum(known.sum(axis=0), 1)
        average = np.where(known.any(axis=0), np.nansum(values * shares, axis=0), np.nan)
        influence = sum(own * share[:, None] for (_, own), share in zip(by_year, shares, strict=True))
        return average, influence

    def _in_event_year(self, starts: np.ndarray, ahead: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the effect in one event year and each unit's influence on it, as ``averages`` does."""
        first, last = self.wide.columns[0], self.wide.columns[-1]
        values, cells = self.wide.to_numpy(), []
        total, count = np.zeros(len(starts)), np.zeros(len(starts))
        for start in range(first + 1, last + 1 - ahead):
            is_event = starts == start
            if not is_event.any():
                continue
            change = values[:, start + ahead - first] - values[:, start - 1 - first]
            known = np.isfinite(change)
            change = np.where(known, change, 0.0)
            # As numbers, so that counts and sums over units are one matrix product.
            events = (is_event & known).astype(float)
            controls = ((starts > start + ahead) & known).astype(float)
            counted = np.column_stack([np.ones(len(change)), change])
            n_controls, of_controls = (controls @ counted).T
            events *= (n_controls >= self.asked.fewest_controls).astype(float)[:, None]
            n_events, of_events = (events @ counted).T
            expected = of_controls / np.maximum(n_controls, 1)
            over = of_events - n_events * expected
            total += over
            count += n_events
            cells.append((change, events, controls, n_events, n_controls, expected, over))
        with np.errstate(invalid="ignore", divide="ignore"):
            effect = total / count
        influence = np.zeros(starts.shape)
        for change, events, controls, n_events, n_controls, expected, over in cells:
            # The residual of weighted least squares within the cell; its mean is the cell's own effect.
            middle = expected + (over - effect * n_events) / np.maximum(n_events + n_controls, 1)
            per_control = n_events / np.maximum(n_controls, 1)
            influence += events * (change - (middle + effect)[:, None])
            influence -= controls * (per_control[:, None] * (change - middle[:, None]))
        return effect, np.nan_to_num(influence / np.maximum(count, 1)[:, None])
