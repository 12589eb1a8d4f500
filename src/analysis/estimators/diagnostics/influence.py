"""Which rows an estimate hangs on: what it is without each authority, region or year."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.estimate import estimate
from analysis.estimators.regression.sample import estimation_sample, used_rows
from analysis.estimators.regression.scores import partialled, products_by_cluster, regression_design
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.within import sums_by


@dataclass(frozen=True)
class Influence:
    """The lowest and the highest estimate without one value of ``by``, and the value whose absence moves it most.

    ``n`` values could be left out each in turn, ``n_failed`` others couldn't.
    """

    by: str
    n: int
    n_failed: int
    low: float
    high: float
    most: str
    without_most: float


def influence_of(
    frame: pd.DataFrame, specification: Specification, by: str, unit: float = 1.0, whole: float | None = None
) -> Influence:
    """Return how far the estimate moves without each value of ``by`` that its rows hold; estimates times ``unit``.

    ``whole`` is the estimate itself, where it is known already. Raises as ``leave_one_out``; DataError where no value can be
    left out.
    """
    rows = used_rows(frame, specification)
    whole = estimate(rows, specification).estimate if whole is None else whole
    without = leave_one_out(rows, specification, by)
    left = without.dropna(subset=["estimate"])
    if left.empty:
        raise DataError(f"{by}: none can be left out; {without['failure'].iloc[0]}")
    place = (left["estimate"] - whole).abs().to_numpy().argmax()
    estimates = unit * left["estimate"].to_numpy()
    return Influence(
        by=by,
        n=len(left),
        n_failed=len(without) - len(left),
        low=float(estimates.min()),
        high=float(estimates.max()),
        most=str(left[by].iloc[place]),
        without_most=float(estimates[place]),
    )


def leave_one_out(frame: pd.DataFrame, specification: Specification, by: str) -> pd.DataFrame:
    """Return the estimate without each value of column ``by`` (a cluster, year or region): by, estimate, failure.

    Rows are in order of the values; one that can't be left out has its reason. Clusters and whole groups of them are left
    out by sums, which agrees with refitting as long as no year is left with one row.
    """
    if by not in frame.columns:
        raise unknown("column", by, map(str, frame.columns))
    nests = frame.groupby(specification.cluster)[by].nunique().max() == 1
    if nests and not specification.standardised and specification.effects == "entity and time":
        return _without_each_group(frame, specification, by)
    rows = []
    for value in sorted(frame[by].dropna().unique().tolist()):
        try:
            rows.append((value, estimate(frame[frame[by] != value], specification).estimate, ""))
        except (DataError, RequestError) as error:
            rows.append((value, np.nan, str(error)))
    return pd.DataFrame(rows, columns=[by, "estimate", "failure"])


def _without_each_group(frame: pd.DataFrame, specification: Specification, by: str) -> pd.DataFrame:
    """Leave out groups of clusters, ``by``, by their sums of products."""
    design = regression_design(estimation_sample(frame, specification), specification)
    group_of = frame.drop_duplicates(specification.cluster).set_index(specification.cluster, drop=False)[by]
    codes, groups = pd.factorize(group_of.loc[design.labels], sort=True)
    if len(groups) < 3:
        raise DataError(f"{by}: {len(groups)} of them; without one, too few are left")
    products = sums_by(products_by_cluster(design), codes)
    left, _ = partialled(products.sum(axis=0) - products, products.shape[1] - 2)
    slopes = left[:, 0, 1] / left[:, 0, 0]
    return pd.DataFrame({by: np.asarray(groups), "estimate": slopes, "failure": ""})
