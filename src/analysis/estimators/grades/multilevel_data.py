"""Rows of a multilevel model as arrays, and what makes them unfit for one."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.sample import numbers_of
from analysis.estimators.regression.within import NEGLIGIBLE


@dataclass(frozen=True)
class MultilevelData:
    """Rows sorted by group. ``outcome``: category numbers from 0, shape (rows,); ``terms``: (rows, terms), each less its
    mean ``centre`` over its standard deviation ``spread``; a group's rows begin at ``starts`` and count ``sizes``.
    """

    outcome: np.ndarray = field(repr=False)
    terms: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)
    sizes: np.ndarray = field(repr=False)
    centre: np.ndarray
    spread: np.ndarray
    categories: tuple[str, ...]
    n_dropped_incomplete: int


def multilevel_data(frame: pd.DataFrame, outcome: str, terms: tuple[str, ...], group: str) -> MultilevelData:
    """Return the complete rows of ``frame`` as arrays, in an order that doesn't depend on the frame's.

    Raises RequestError for an unknown column or collinear terms, DataError for what a multilevel model can't be fitted to
    (see ``multilevel``).
    """
    for column in (outcome, group, *terms):
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    rows = complete_rows(frame, outcome, terms, (group,))
    _check_groups(rows, outcome, group)
    codes, categories = pd.factorize(rows[outcome], sort=True)
    if len(categories) < 2:
        raise DataError(f"{outcome}: the same value in all {len(rows)} rows that are used")
    matrix = rows[list(terms)].to_numpy(dtype=float)
    centre, spread = matrix.mean(axis=0), matrix.std(axis=0)
    check_terms(matrix, spread, terms)
    scaled = (matrix - centre) / spread
    check_separation(scaled, codes, outcome)
    sizes = rows.groupby(group, sort=True).size().to_numpy()
    names = category_names(frame[outcome], categories)
    return MultilevelData(
        outcome=codes,
        terms=scaled,
        starts=np.cumsum(sizes) - sizes,
        sizes=sizes,
        centre=centre,
        spread=spread,
        categories=names,
        n_dropped_incomplete=len(frame) - len(rows),
    )


def complete_rows(
    frame: pd.DataFrame, outcome: str, terms: tuple[str, ...], groups: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return the rows in which outcome, terms and groups are all known, in an order that doesn't depend on the frame's.

    The outcome is its category's number, terms are numbers. Raises DataError for a column that can't be read so.
    """
    values = pd.DataFrame({name: numbers_of(frame, name) for name in terms}, index=frame.index)
    rows = values.assign(
        **{outcome: _categories(frame, outcome), **{name: frame[name] for name in groups}}
    ).dropna()
    return rows.sort_values([*groups, outcome, *terms], ignore_index=True)


def _categories(frame: pd.DataFrame, outcome: str) -> pd.Series:
    """Return an outcome as numbers in the order of its categories; missing stays missing."""
    values = frame[outcome]
    if isinstance(values.dtype, pd.CategoricalDtype):
        if not values.cat.ordered and len(values.cat.categories) > 2:
            raise DataError(f"{outcome}: categories without an order")
        return values.cat.codes.astype(float).where(values.notna())
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(f"{outcome}: neither numbers nor an ordered categorical ({values.dtype})")
    return values.astype(float)


def category_names(values: pd.Series, codes: np.ndarray) -> tuple[str, ...]:
    """Return an outcome's categories, given by their numbers, as readers know them."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return tuple(str(values.cat.categories[int(code)]) for code in codes)
    return tuple(f"{code:g}" for code in codes)


def _check_groups(rows: pd.DataFrame, outcome: str, group: str) -> None:
    sizes = rows.groupby(group).size()
    if len(sizes) < 2:
        raise DataError(f"{outcome}: {len(rows)} complete rows of {len(sizes)} {group}; two are needed")
    if sizes.max() < 2:
        raise DataError(f"{outcome}: no {group} has two rows, so that groups can't be told from rows")


def check_terms(matrix: np.ndarray, spread: np.ndarray, terms: tuple[str, ...]) -> None:
    """Raise DataError for a term that doesn't vary, RequestError for one that the terms before it make up."""
    for name, own, values in zip(terms, spread, matrix.T, strict=True):
        if own <= NEGLIGIBLE * max(np.abs(values).max(), 1e-300):
            raise DataError(f"{name}: the same value in all {len(values)} rows that are used")
    scaled = (matrix - matrix.mean(axis=0)) / spread
    for position in range(1, len(terms)):
        if np.linalg.matrix_rank(scaled[:, : position + 1], tol=NEGLIGIBLE * len(scaled)) <= position:
            others = ", ".join(terms[:position])
            raise RequestError(f"term {terms[position]}: collinear with {others}; leave one of them out")


def check_separation(terms: np.ndarray, codes: np.ndarray, outcome: str) -> None:
    """Raise where a combination of the terms tells categories apart, so that an estimate has no end.

    A direction along which no row's likelihood ever falls is looked for by linear programming, as Konis (2007) does for
    the binary model: a row of category k asks threshold_{k−1} ≤ x·β ≤ threshold_k.
    """
    n_thresholds = codes.max()
    edges = np.eye(n_thresholds)
    above = codes > 0
    below = codes < n_thresholds
    asked = np.vstack(
        [
            np.hstack([terms[above], -edges[codes[above] - 1]]),
            np.hstack([-terms[below], edges[codes[below]]]),
        ]
    )
    optimum = linprog(-asked.sum(axis=0), A_ub=-asked, b_ub=np.zeros(len(asked)), bounds=(-1, 1))
    if -optimum.fun > 1e-6:
        raise DataError(
            f"{outcome}: the terms tell its categories apart (separation), so odds ratios have no end"
        )
