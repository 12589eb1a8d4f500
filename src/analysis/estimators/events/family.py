"""Several outcomes' event studies with the covariance of all their estimates together.

Each outcome is estimated as ``event_study`` does. A cluster (an authority) that stands in several outcomes moves all of
their estimates at once, so a statement over outcomes, such as a pooled effect, needs covariances between them. They
follow from each cluster's contribution to each estimate (its influence): the clustered covariance (Liang and Zeger 1986)
is the sum over clusters of the products of their contributions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import RequestError
from analysis.estimators.regression.within import without_effects

from .local_projections import local_projections
from .rows import event_rows
from .specification import EventStudySpecification


@dataclass(frozen=True)
class EventFamily:
    """K estimates of several outcomes, and what each of G clusters contributes to them.

    ``terms``: outcome and event year of each estimate; event year −1 is the base and absent. ``estimates`` (K,) in each
    outcome's own units. ``influence`` (G, K): ``influence.T @ influence`` is the covariance of all estimates, clustered
    (CR1); rows follow ``clusters``, in sorted order, and are zero where a cluster isn't among an outcome's rows.
    ``within_sds``: by outcome, the standard deviation of what authority and year effects leave of it over the rows used
    (n less the effects taken out). ``n_events``, ``n_clusters`` and ``n_observations`` are by outcome.
    """

    outcomes: tuple[str, ...]
    terms: tuple[tuple[str, int], ...]
    estimates: np.ndarray = field(repr=False)
    influence: np.ndarray = field(repr=False)
    clusters: tuple[str, ...] = field(repr=False)
    within_sds: tuple[float, ...]
    n_events: tuple[int, ...]
    n_clusters: tuple[int, ...]
    n_observations: tuple[int, ...]

    @property
    def covariance(self) -> np.ndarray:
        """The clustered covariance of all estimates (K, K)."""
        covariance: np.ndarray = self.influence.T @ self.influence
        return covariance

    def of(self, outcome: str) -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
        """Return one outcome's event years (k,), its estimates (k,) and their covariance (k, k), in its own units."""
        places = [place for place, (name, _) in enumerate(self.terms) if name == outcome]
        own = self.influence[:, places]
        return tuple(self.terms[place][1] for place in places), self.estimates[places], own.T @ own


def event_family(
    frame: pd.DataFrame,
    events: pd.DataFrame | Mapping[str, pd.DataFrame],
    specifications: Sequence[EventStudySpecification],
) -> EventFamily:
    """Estimate the event studies of several outcomes and how their errors go together.

    ``frame``: a row a unit and year; ``events``: as for ``event_study``, one table for all outcomes or one by outcome,
    since an event falls in years that outcomes label differently. Raises RequestError for no specification, an outcome
    named twice, one without events, or an unknown column; DataError as ``event_study`` does.
    """
    outcomes = tuple(specification.outcome for specification in specifications)
    if not outcomes or len(set(outcomes)) < len(outcomes):
        raise RequestError(f"outcomes {', '.join(outcomes) or 'none'}: name at least one, and each once")
    rows = [event_rows(frame, events_of(events, asked.outcome), asked) for asked in specifications]
    fitted = [local_projections(own, asked) for own, asked in zip(rows, specifications, strict=True)]
    clusters = tuple(sorted(set().union(*(fit.clusters for fit in fitted))))
    place = {cluster: row for row, cluster in enumerate(clusters)}
    influence = np.zeros((len(clusters), sum(len(fit.years) for fit in fitted)))
    start = 0
    for fit in fitted:
        places = [place[cluster] for cluster in fit.clusters]
        influence[places, start : start + len(fit.years)] = fit.influence
        start += len(fit.years)
    return EventFamily(
        outcomes=outcomes,
        terms=tuple((name, year) for name, fit in zip(outcomes, fitted, strict=True) for year in fit.years),
        estimates=np.concatenate([fit.estimates for fit in fitted]),
        influence=influence,
        clusters=clusters,
        within_sds=tuple(within_sd(own.levels) for own in rows),
        n_events=tuple(own.n_events for own in rows),
        n_clusters=tuple(len(fit.clusters) for fit in fitted),
        n_observations=tuple(len(own.levels) for own in rows),
    )


def events_of(events: pd.DataFrame | Mapping[str, pd.DataFrame], outcome: str) -> pd.DataFrame:
    """Return the events in an outcome's own years; raises RequestError where a mapping lacks the outcome."""
    if isinstance(events, pd.DataFrame):
        return events
    if outcome not in events:
        raise RequestError(f"{outcome}: no events are given for it")
    return events[outcome]


def within_sd(levels: pd.DataFrame) -> float:
    """Return the standard deviation of what entity and time effects leave of the outcome, in its own units.

    ``levels``: entity, time and outcome, no value missing. The divisor is the rows less the effects taken out.
    """
    left = without_effects(
        levels["outcome"].to_numpy(), levels["entity"].to_numpy(), levels["time"].to_numpy()
    )
    degrees = len(levels) - levels["entity"].nunique() - levels["time"].nunique() + 1
    return float(np.sqrt((left**2).sum() / degrees))
