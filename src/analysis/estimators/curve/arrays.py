"""The panel as arrays from which many specifications are fitted: the same sample and estimate, without the frames.

``estimate`` stays the reference: what can't be fitted here is asked of it, for the reason in its words.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from analysis.data.cleaning.panel_rows import AT_RISK
from analysis.data.cleaning.years import label_offset_years, lag_lead, without_earlier_definitions
from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError, unknown
from analysis.estimators.regression.estimate import estimate
from analysis.estimators.regression.scores import Design, Scores, cluster_scores, design_of
from analysis.estimators.regression.within import NEGLIGIBLE

from .axes import CurveSpecification, SampleChoice, Transformation, frame_of, transformed
from .layout import Keys, Layout, layout_of


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


@dataclass(frozen=True)
class Weighing:
    """What a row counts for: the sum of ``columns``, each with its shift in years; a number at risk where it isn't nil."""

    columns: tuple[tuple[str, int], ...]
    is_at_risk: bool


class PanelArrays:
    """The panel's columns as arrays, sorted by cluster, authority and year, each shifted and transformed once."""

    def __init__(self, panel: pd.DataFrame) -> None:
        self.panel = panel.sort_values(["cluster", "authority_code", "year"], ignore_index=True)
        by_authority = self.panel.groupby("authority_code")
        for name in ("cluster", "region"):
            if by_authority[name].nunique().max() > 1:
                raise DataError(f"{name}: an authority lies in two; the curve needs each within one")
        entity, cluster, region = (
            pd.factorize(self.panel[name])[0] for name in ("authority_code", "cluster", "region")
        )
        self.labels = np.asarray(self.panel["cluster"].unique(), dtype=object)
        self.keys = Keys(entity, cluster, region, self.panel["year"].to_numpy())
        # By the dictionary, which each time looks whether it is new.
        self._offset_years = cache(label_offset_years)
        self.shifted, self.chosen, self._column, self._weight = (
            cache(self._shift),
            cache(self._choose),
            cache(self._transform),
            cache(self._weigh),
        )
        # Many specifications in a row have the same rows: their effects are worked out once.
        self._layout = lru_cache(256)(self._lay_out)
        # Those of a curve, which is fitted and then set against swapped paths; of more the latest.
        self.design = lru_cache(256)(self._design)

    def __reduce__(self) -> tuple[type["PanelArrays"], tuple[pd.DataFrame]]:
        return PanelArrays, (self.panel,)

    def _choose(self, sample: SampleChoice) -> np.ndarray:
        regions = set(self.panel["region"])
        for region in sample.without_regions:
            if region not in regions:
                raise unknown("region", region, regions, f"sample '{sample.name}'")
        chosen = self.panel["year"].between(*sample.years) & ~self.panel["year"].isin(sample.without_years)
        chosen &= ~self.panel["region"].isin(sample.without_regions)
        if not sample.include_very_small:
            chosen &= ~self.panel["very_small"]
        rows: np.ndarray = chosen.to_numpy()
        return rows

    def _shift(self, name: str, years: int) -> np.ndarray:
        source = self.panel.assign(**{name: without_earlier_definitions(self.panel, name)})
        shifted: np.ndarray = lag_lead(source, name, lag_years=years).to_numpy(dtype=float)
        return shifted

    def _transform(
        self,
        name: str,
        years: int,
        weights: Weighing | None,
        sample: SampleChoice,
        how: Transformation,
        role: str,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a column transformed over a sample's rows with a weight, missing elsewhere, and where it is known."""
        values, rows = self.shifted(name, years), self.sampled(sample, weights)
        column = np.full(len(values), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            column[rows] = transformed(values[rows], how, role)
        return column, ~np.isnan(column)

    def sampled(self, sample: SampleChoice, weights: Weighing | None) -> np.ndarray:
        """Return which rows (N,) a sample holds that have a weight."""
        rows = self.chosen(sample)
        return rows if weights is None else rows & ~np.isnan(self._weight(weights))

    def timed(self, asked: CurveSpecification, name: str) -> tuple[str, int]:
        """Return a column's name and the years by which it is shifted to meet the outcome."""
        years = self._offset_years(name, asked.outcome, asked.alignment)
        return name, years + (asked.lag_years if name == asked.exposure else 0)

    def weighed(self, asked: CurveSpecification) -> Weighing | None:
        """Return by which columns rows are weighed; None where they weigh alike."""
        if asked.weights == AT_RISK and (counts := indicator(asked.outcome).counts):
            return Weighing(tuple(self.timed(asked, name) for name in counts.denominator), True)
        return None if asked.weights == "none" else Weighing((self.timed(asked, asked.weights),), False)

    def _weigh(self, weighing: Weighing) -> np.ndarray:
        """Return what each row of the panel counts for (N,), missing where that isn't known or nobody was at risk."""
        weights: np.ndarray = np.sum([self.shifted(*column) for column in weighing.columns], axis=0)
        return np.where(weights > 0, weights, np.nan) if weighing.is_at_risk else weights

    def columns(self, asked: CurveSpecification) -> tuple[list[np.ndarray], np.ndarray]:
        """Return outcome, controls and exposure, each (N,) on the panel's rows, and where all are known."""
        weights = self.weighed(asked)
        roles = [("outcome", (asked.outcome, 0))]
        roles += [("control", self.timed(asked, name)) for name in asked.controls]
        roles += [("exposure", self.timed(asked, asked.exposure))]
        columns = [
            self._column(*timed, weights, asked.sample, asked.transformation, role) for role, timed in roles
        ]
        return [values for values, _ in columns], np.logical_and.reduce([known for _, known in columns])

    def _lay_out(self, known: bytes, estimator: str, effects: str) -> Layout | None:
        return layout_of(self.keys, np.frombuffer(known, dtype=bool), estimator, effects)

    def weights(self, asked: CurveSpecification, layout: Layout) -> np.ndarray:
        """Return the weights (n,) of a layout's rows; of a difference that of two independent values."""
        weighed = self.weighed(asked)
        if weighed is None:
            return np.full(len(layout.rows), 1.0 if layout.before is None else 0.5)
        values = self._weight(weighed)
        weights: np.ndarray = values[layout.rows]
        if layout.before is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                weights = 1 / (1 / weights + 1 / values[layout.before])
        return weights

    def reduce(self, asked: CurveSpecification) -> Fitted:
        """Return the sums by cluster of one specification.

        Raises RequestError or DataError, as ``estimate`` words it, where there is no estimate.
        """
        reduced = self.design(asked)
        scores = _scores(reduced[1]) if reduced else None
        if reduced is None or scores is None:
            reference = estimate(frame_of(self.panel, asked), asked.specification)
            raise DataError(
                f"near singular: sums by cluster don't give the estimate of {reference.estimate:.3g}"
            )
        layout = reduced[0]
        return Fitted(
            scores=scores,
            sign=asked.sign,
            n_observations=len(layout.rows),
            n_entities=int(layout.entity[-1] + 1),
            clusters=layout.clusters,
        )

    def _design(self, asked: CurveSpecification) -> tuple[Layout, Design] | None:
        """Return rows and design of one specification, both sides in standard deviations; None where it has none."""
        columns, known = self.columns(asked)
        layout = self._layout(known.tobytes(), asked.estimator, asked.effects)
        slopes = len(columns) - 1
        if layout is None or not layout.takes(slopes):
            return None
        weights = self.weights(asked, layout)
        levels = np.array([column[layout.levels] for column in columns])
        left = levels - levels.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.einsum("mn,mn->m", left, left) / (levels.shape[1] - 1))
        if not ((spread > NEGLIGIBLE * np.abs(levels).max(axis=1)).all() and (weights > 0).all()):
            return None
        return layout, design_of(
            _differences(columns, levels, layout) / spread[:, None],
            layout.effects,
            weights,
            layout.cluster,
            self.labels[layout.clusters],
            layout.factor(slopes),
            entity=layout.entity if layout.centred else None,
            when=layout.when,
        )


def arrays_of(panel: pd.DataFrame | PanelArrays) -> PanelArrays:
    """Return the arrays of a panel; those given stay, with what they have worked out."""
    return panel if isinstance(panel, PanelArrays) else PanelArrays(panel)


def _differences(columns: list[np.ndarray], levels: np.ndarray, layout: Layout) -> np.ndarray:
    """Return the variables of the regression's rows (m, n): levels, or their differences."""
    if layout.before is None:
        return levels
    return np.array([column[layout.rows] - column[layout.before] for column in columns])


def _scores(design: Design) -> Scores | None:
    """Return the sums, or None where a column repeats others or the outcome doesn't vary."""
    try:
        scores = cluster_scores(design)
    except DataError:
        return None
    repeated = scores.restricted.shape[1] < design.regressors.shape[1]
    return None if repeated or np.abs(scores.restricted).max() <= NEGLIGIBLE else scores
