"""The panel as arrays from which many specifications are fitted: the same sample and estimate, without the frames.

``estimate`` stays the reference: what can't be fitted here is asked of it, for the reason in its words.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from ..cleaning.years import label_offset_years, lag_lead, without_earlier_definitions
from ..errors import DataError, unknown
from .curve_axes import CurveSpecification, SampleChoice, frame_of, transformed
from .estimators import estimate
from .sample import NEGLIGIBLE
from .scores import Design, Scores, cluster_scores, effect_columns, within


@dataclass(frozen=True)
class Fitted:
    """One specification reduced to sums by cluster.

    Slopes are in standard deviations, before their ``sign``. ``clusters`` (m,) number those that have rows among all.
    """

    scores: Scores
    sign: int
    n_observations: int
    n_entities: int
    clusters: np.ndarray


def _codes(values: np.ndarray) -> np.ndarray:
    """Number runs of equal values from zero; ``values`` are sorted."""
    return np.cumsum(np.r_[0, values[1:] != values[:-1]])


def _without_singletons(rows: np.ndarray, keys: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the positions ``rows`` less those alone in a group of ``keys``, until none is."""
    while True:
        alone = np.zeros(len(rows), dtype=bool)
        for key in keys:
            alone |= np.bincount(key[rows])[key[rows]] == 1
        if not alone.any():
            return rows
        rows = rows[~alone]


class PanelArrays:
    """The panel's columns as arrays, sorted by cluster, authority and year, each shifted and transformed once."""

    def __init__(self, panel: pd.DataFrame):
        self.panel = panel.sort_values(["cluster", "authority_code", "year"], ignore_index=True)
        self.entity = pd.factorize(self.panel["authority_code"])[0]
        self.cluster, labels = pd.factorize(self.panel["cluster"])
        self.labels = np.asarray(labels)
        self.year = self.panel["year"].to_numpy()
        self.regions = set(self.panel["region"])
        if self.panel.groupby("authority_code")["cluster"].nunique().max() > 1:
            raise DataError("cluster: an authority lies in two clusters; the curve needs each within one")
        self._cached = cache(self._column), cache(self._rows), cache(self._shifted)

    def _rows(self, sample: SampleChoice) -> np.ndarray:
        for region in sample.without_regions:
            if region not in self.regions:
                raise unknown("region", region, self.regions, f"sample '{sample.name}'")
        chosen = self.panel["year"].between(*sample.years) & ~self.panel["year"].isin(sample.without_years)
        chosen &= ~self.panel["region"].isin(sample.without_regions)
        return (chosen if sample.include_very_small else chosen & ~self.panel["very_small"]).to_numpy()

    def _shifted(self, name: str, years: int) -> np.ndarray:
        source = self.panel.assign(**{name: without_earlier_definitions(self.panel, name)})
        return lag_lead(source, name, lag_years=years).to_numpy(dtype=float)

    def _column(
        self, name: str, years: int, weights: str, sample: SampleChoice, how: str, role: str
    ) -> np.ndarray:
        """Return a column transformed over the rows of a sample that have a weight; missing elsewhere."""
        values = self._cached[2](name, years)
        rows = (
            self._cached[1](sample)
            if weights == "none"
            else self._cached[1](sample) & ~np.isnan(self._cached[2](*weights))
        )
        found = np.full(len(values), np.nan)
        found[rows] = transformed(values[rows], how, role)
        return found

    def columns(self, asked: CurveSpecification) -> np.ndarray:
        """Return outcome, controls, exposure and weight (n, 3 + controls) on the panel's rows, missing where unused."""

        def offset(name: str) -> int:
            return label_offset_years(name, asked.outcome, asked.alignment)

        weights = "none" if asked.weights == "none" else (asked.weights, offset(asked.weights))

        def column(name: str, years: int, role: str) -> np.ndarray:
            return self._cached[0](name, years, weights, asked.sample, asked.transformation, role)

        found = [column(asked.outcome, 0, "outcome")]
        found += [column(name, offset(name), "control") for name in asked.controls]
        found += [column(asked.exposure, offset(asked.exposure) + asked.lag_years, "exposure")]
        found += [np.ones(len(self.year)) if weights == "none" else self._cached[2](*weights)]
        return np.column_stack(found)

    def reduce(self, asked: CurveSpecification) -> Fitted:
        """Return the sums by cluster of one specification.

        Raises RequestError or DataError, as ``estimate`` words it, where there is no estimate.
        """
        fitted = self._reduce(asked)
        if fitted is None:
            found = estimate(frame_of(self.panel, asked), asked.specification)
            raise DataError(f"near singular: sums by cluster don't give the estimate of {found.estimate:.3g}")
        return fitted

    def _sample(self, asked: CurveSpecification) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return positions of the regression's rows, its columns, and the columns of the levels behind them."""
        columns = self.columns(asked)
        rows = np.flatnonzero(~np.isnan(columns).any(axis=1))
        if asked.estimator != "first-differences":
            keys = (self.entity, self.year - self.year.min()) if asked.estimator == "two-way" else ()
            rows = _without_singletons(rows, keys)
            return rows, columns[rows], columns[rows]
        later, earlier = rows[1:], rows[:-1]
        consecutive = (self.entity[later] == self.entity[earlier]) & (
            self.year[later] - self.year[earlier] == 1
        )
        later = _without_singletons(later[consecutive], (self.year - self.year.min(),))
        # Rows are sorted and years whole, so the row before a consecutive year's is that year's.
        levels, before = columns[later], columns[later - 1]
        differences = levels - before
        differences[:, -1] = 1 / (1 / levels[:, -1] + 1 / before[:, -1])
        return later, differences, columns[np.union1d(later, later - 1)]

    def _reduce(self, asked: CurveSpecification) -> Fitted | None:
        with np.errstate(divide="ignore", invalid="ignore"):
            rows, values, levels = self._sample(asked)
        if len(rows) < values.shape[1] or not (values[:, -1] > 0).all():
            return None
        spread = levels[:, :-1].std(axis=0, ddof=1)
        if not (spread > NEGLIGIBLE * np.abs(levels[:, :-1]).max(axis=0)).all():
            return None
        values[:, :-1] /= spread
        return self._design(asked, rows, values)

    def _design(self, asked: CurveSpecification, rows: np.ndarray, values: np.ndarray) -> Fitted | None:
        entity, cluster = _codes(self.entity[rows]), _codes(self.cluster[rows])
        years = self.year[rows] - self.year.min()
        time = (np.cumsum(np.bincount(years) > 0) - 1)[years]  # several times faster than np.unique
        effects, centred = effect_columns(asked.estimator, entity, time, nested=True)
        n, groups, slopes = len(rows), cluster[-1] + 1, values.shape[1] - 2
        parameters = slopes + (1 if asked.estimator == "pooled" else time.max() + 1)
        if groups < 2 or n <= parameters + (entity[-1] if centred else 0):
            return None
        columns = np.hstack([values[:, :1], effects, values[:, 1:-1]])
        if centred:
            columns = within(columns, entity, values[:, -1])
        columns *= np.sqrt(values[:, -1:])
        factor = groups / (groups - 1) * (n - 1) / (n - parameters)
        clusters = self.cluster[rows][np.r_[True, np.diff(cluster) > 0]]
        scores = _scores(Design(columns[:, 0], columns[:, 1:], cluster, self.labels[clusters], factor))
        return scores and Fitted(scores, asked.sign, n, int(entity[-1] + 1), clusters)


def _scores(design: Design) -> Scores | None:
    """Return the sums, or None where a column repeats others or the outcome doesn't vary."""
    try:
        scores = cluster_scores(design)
    except DataError:
        return None
    repeated = scores.restricted.shape[1] < design.regressors.shape[1]
    return None if repeated or np.abs(scores.restricted).max() <= NEGLIGIBLE else scores
