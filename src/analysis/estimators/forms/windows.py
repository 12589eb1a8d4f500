"""One exposure over a window of years and one outcome: slopes of every year in one regression, with their shares by cluster.

The slopes of this year's exposure, of earlier ones and of a later one (a lead) are estimated together, so that an exposure
that swings from year to year can't turn the sign of what acts a year later. Everything is in standard deviations of what
authority and year effects leave (within-authority standard deviations), and turned so that positive is what is claimed.
Each slope comes with its sums by cluster (its influence function), so that slopes of several outcomes have one covariance:
that of a cluster bootstrap with multipliers, in closed form (Cameron and Miller 2015, section II; Kline and Santos 2012).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.data.cleaning.panel_rows import ABOUT, AlignedPanel, SampleParameters, Weights, aligned_panel
from analysis.errors import DataError
from analysis.estimators.regression.rows import two_way_rows
from analysis.estimators.regression.small_sample import small_sample_factor
from analysis.estimators.regression.within import NEGLIGIBLE, dummies, sums_by, within

LEAD = -1
"""The shift of the exposure that is counted a year after the one that meets the outcome."""


@dataclass(frozen=True)
class WindowQuestion:
    """How ``outcome`` goes with ``exposure`` of the years of ``window``, or with its product with ``moderator``.

    ``window`` has the shifts in years at which the exposure may act: 0 is the figure that was counted last before the
    outcome, 1 the year before. ``sign`` is −1 where the claim expects the outcome to be lower. ``within`` compares
    authorities with themselves over years, else with each other within years. ``has_lead`` puts the next year's exposure
    beside the others.
    """

    exposure: str
    outcome: str
    sign: int
    window: tuple[int, ...] = (0, 1)
    has_lead: bool = True
    within: bool = True
    moderator: str | None = None
    controls: tuple[str, ...] = ()
    weights: Weights = "none"
    without_years: tuple[int, ...] = ()
    without_regions: tuple[str, ...] = ()
    by_region: bool = False

    @property
    def shifts(self) -> tuple[int, ...]:
        """The years by which the exposure is taken earlier, the lead last."""
        return (*self.window, LEAD) if self.has_lead else self.window

    @property
    def terms(self) -> tuple[str, ...]:
        """The slopes of interest, one a shift; with a moderator they are those of the products."""
        return tuple(f"shift {shift}" for shift in self.shifts)


@dataclass(frozen=True)
class WindowRows:
    """The rows of one question, by authority and year, and what is needed to take effects out of any column of them.

    ``outcome`` (n,), ``terms`` (n, k) as the question's shifts, ``others`` (n, m) what is held constant besides effects;
    ``clusters`` (n,) numbers into ``labels``.
    """

    question: WindowQuestion
    table: pd.DataFrame = field(repr=False)
    outcome: np.ndarray = field(repr=False)
    terms: np.ndarray = field(repr=False)
    others: np.ndarray = field(repr=False)
    entity: np.ndarray = field(repr=False)
    time: np.ndarray = field(repr=False)
    clusters: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)

    @cached_property
    def years(self) -> np.ndarray:
        """The outcome's year of each row."""
        years: np.ndarray = self.table["year"].to_numpy()
        return years

    def residuals(self, columns: np.ndarray, trends: bool = False, others: bool = True) -> np.ndarray:
        """Return ``columns`` (n, d) without effects, and without what is held constant, times the root of the weights.

        Effects are those of authorities and years (of years alone where authorities are compared with each other); with
        ``trends`` a line over time for each authority besides.
        """
        basis = self._basis(trends, others)
        left = self._centred(columns, trends)
        left *= np.sqrt(self.weights)[:, None]
        left -= basis @ (basis.T @ left)
        return left

    def _centred(self, columns: np.ndarray, trends: bool) -> np.ndarray:
        if not self.question.within:
            return np.array(columns, dtype=float)
        when = self.years.astype(float) - self.years.mean() if trends else None
        return within(np.asarray(columns, dtype=float), self.entity, self.weights, when)

    @cached_property
    def _bases(self) -> dict[tuple[bool, bool], np.ndarray]:
        return {}

    def _basis(self, trends: bool, others: bool) -> np.ndarray:
        """Return an orthonormal basis (n, r) of effects of time, and of what else is held constant, found once."""
        which = trends, others and self.others.shape[1] > 0
        if which not in self._bases:
            columns = np.hstack([np.ones((len(self.time), 1)), dummies(self.time)])
            if which[1]:
                columns = np.hstack([columns, self.others])
            columns = self._centred(columns, trends) * np.sqrt(self.weights)[:, None]
            basis, sizes, _ = np.linalg.svd(columns, full_matrices=False)
            self._bases[which] = basis[:, sizes > 1e-9 * max(sizes.max(initial=0), 1e-300)]
        return self._bases[which]

    def spread(self, column: np.ndarray) -> float:
        """Return the standard deviation (n − 1) of what effects of authorities and years leave of a column (n,)."""
        left = self.residuals(column[:, None], others=False)[:, 0]
        return float(np.sqrt((left**2).sum() / self.weights.sum() * len(left) / (len(left) - 1)))

    def factor(self, trends: bool) -> float:
        """Return the small-sample factor of the clustered variance: effects that lie within clusters aren't counted."""
        parameters = self.terms.shape[1] + self._basis(trends, others=True).shape[1]
        return small_sample_factor(len(self.outcome), len(self.labels), parameters)

    @cached_property
    def unit(self) -> float:
        """What one slope in natural units is in standard deviations, turned to the claimed side."""
        return (
            self.question.sign
            * self.spread(self.terms[:, 0] if self.question.moderator is None else self._exposure)
            / self.spread(self.outcome)
        )

    @cached_property
    def _exposure(self) -> np.ndarray:
        exposure: np.ndarray = self.table["exposure"].to_numpy(dtype=float)
        return exposure


def window_rows(
    panel: pd.DataFrame, question: WindowQuestion, outcome: pd.Series | None = None
) -> WindowRows:
    """Return the rows where the outcome, the exposure of every year asked for, and what is held constant are known.

    ``outcome``, if given, stands in for the panel's column (by its index): a bound of a withheld figure. An authority or
    year left with one row says nothing and is left out. Raises DataError where fewer than two clusters are left.
    """
    if outcome is not None:
        panel = panel.assign(**{question.outcome: outcome})
    aligned = aligned_panel(
        panel,
        SampleParameters(question.outcome, question.exposure, question.controls, weights=question.weights),
    )
    columns, rows = _columns(aligned, question), aligned.chosen
    if question.without_years:
        rows = rows & ~panel["year"].isin(question.without_years).to_numpy()
    if question.without_regions:
        rows = rows & ~panel["region"].isin(question.without_regions).to_numpy()
    rows = rows & np.all([~np.isnan(values) for values in columns.values()], axis=0)
    entity, year = aligned.places.entity, pd.factorize(aligned.places.years, sort=True)[0]
    places = aligned.places.order[rows[aligned.places.order]]
    if question.within:
        places = two_way_rows(places, entity, year)
    about = {name: panel[name].array[places] for name in ABOUT}
    clusters, labels = pd.factorize(about["cluster"], sort=True)
    if len(labels) < 2:
        raise DataError(
            f"{question.outcome} on {question.exposure}: no two authorities have figures in all years of the window "
            f"{list(question.shifts)}"
        )
    columns = {name: values[places] for name, values in columns.items()}
    terms, others = _terms(columns, question)
    time = year[places]
    if question.by_region:
        region = pd.factorize(about["region"], sort=True)[0]
        time = time * (region.max() + 1) + region
    return WindowRows(
        question=question,
        table=pd.DataFrame(about | {"exposure": columns["exposure"]}, copy=False),
        outcome=columns["outcome"],
        terms=terms,
        others=others,
        entity=pd.factorize(entity[places])[0],
        time=pd.factorize(time, sort=True)[0],
        clusters=clusters,
        labels=np.asarray(labels),
        weights=columns["weight"],
    )


def _columns(aligned: AlignedPanel, question: WindowQuestion) -> dict[str, np.ndarray]:
    """Return each column (n,) that a row of the panel must have: the pair, what is held constant, and one a shift."""
    outcome, exposure = aligned.pair()
    columns = {"outcome": outcome, "exposure": exposure, "weight": aligned.weight()}
    columns |= {name: aligned.column(name) for name in question.controls}
    for shift in question.shifts:
        columns[f"shift {shift}"] = exposure if shift == 0 else aligned.column(question.exposure, shift)
        if question.moderator:
            columns[f"moderated {shift}"] = aligned.column(question.moderator, shift)
    return {name: values.astype(float) for name, values in columns.items()}


def _terms(columns: Mapping[str, np.ndarray], question: WindowQuestion) -> tuple[np.ndarray, np.ndarray]:
    """Return the terms of interest (n, k), and what is held constant (n, m).

    With a moderator the terms are products of exposure and moderator, each less its mean, and both are held constant alone.
    """
    held = [columns[name] for name in question.controls]
    exposures = [columns[f"shift {shift}"] for shift in question.shifts]
    if not question.moderator:
        return np.column_stack(exposures), np.column_stack([np.empty((len(exposures[0]), 0)), *held])
    alone, products = [], []
    spread = pd.Series(columns["moderated 0"]).std()
    for shift, exposure in zip(question.shifts, exposures, strict=True):
        moderator = columns[f"moderated {shift}"]
        centred, moderator = exposure - exposure.mean(), (moderator - moderator.mean()) / spread
        alone += [centred, moderator]
        products.append(centred * moderator)
    return np.column_stack(products), np.column_stack([*alone, *held])


def slopes_of(
    rows: WindowRows, outcomes: np.ndarray, terms: np.ndarray, trends: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes (d, k) and influence (d, G, k) of d data sets of the same rows, in natural units.

    ``outcomes`` (n, d); ``terms`` (n, k, d), or (n, k, 1) where they are the same in all.
    """
    n, width, sets = terms.shape
    y = rows.residuals(outcomes, trends)
    x = rows.residuals(terms.reshape(n, width * sets), trends).reshape(n, width, sets)
    products = np.einsum("nkd,nld->dkl", x, x)
    _refuse_repeated(products, np.maximum(terms.max(axis=0), -terms.min(axis=0)).T, rows)
    inverse = np.linalg.inv(products)
    crossed = x[:, :, 0].T @ y if sets == 1 else np.einsum("nkd,nd->kd", x, y)
    slopes = (inverse @ crossed.T[:, :, None])[:, :, 0]
    errors = y - (x[:, :, 0] @ slopes.T if sets == 1 else np.einsum("nkd,kd->nd", x, slopes.T.copy()))
    scores = np.stack([sums_by(x[:, place] * errors, rows.clusters) for place in range(width)])  # (k, G, d)
    influence: np.ndarray = scores.transpose(2, 1, 0) @ (inverse * np.sqrt(rows.factor(trends)))
    return slopes, influence


def _refuse_repeated(products: np.ndarray, largest: np.ndarray, rows: WindowRows) -> None:
    """Refuse terms of which nothing is left, or no more than rounding beside their ``largest`` values (d, k)."""
    sizes = np.diagonal(products, axis1=1, axis2=2)
    if (sizes <= rows.weights.sum() * (NEGLIGIBLE * largest) ** 2).any() or (
        np.linalg.cond(products) > 1e12
    ).any():
        question = rows.question
        raise DataError(
            f"{question.outcome} on {question.exposure}: the exposure's years have no variation of their own left once "
            "effects are taken out; choose another window"
        )


def family_slopes(
    family: Sequence[WindowRows],
    outcomes: Sequence[np.ndarray],
    terms: Sequence[np.ndarray],
    trends: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return slopes (d, m, k) of m outcomes with the same k terms, influence (d, G, m, k), and the clusters' labels (G,).

    In standard deviations on the claimed side. Clusters are matched over outcomes by label, so that sums of squares of
    influence over clusters are the covariance of all slopes together; one that an outcome hasn't counts nothing in it.
    ``outcomes`` and ``terms`` are as in ``slopes_of``, one for each of the family's rows.
    """
    labels = np.unique(np.concatenate([rows.labels for rows in family]))
    sets, width = outcomes[0].shape[1], terms[0].shape[1]
    estimates = np.zeros((sets, len(family), width))
    influence = np.zeros((sets, len(labels), len(family), width))
    for place, (rows, y, x) in enumerate(zip(family, outcomes, terms, strict=True)):
        slopes, shares = slopes_of(rows, y, x, trends)
        estimates[:, place] = slopes * rows.unit
        influence[:, np.searchsorted(labels, rows.labels), place] = shares * rows.unit
    return estimates, influence, labels
