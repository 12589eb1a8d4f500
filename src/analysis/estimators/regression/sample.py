"""Which rows a specification uses, and what makes a frame unfit for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import DataError, unknown

from .rows import differenced_rows, two_way_rows
from .specification import Specification
from .within import without_effects

#: Beyond this in size, values have squares and sums of squares that a float can't hold.
LARGEST = 1e150


@dataclass(frozen=True)
class Sample:
    """The rows to estimate on, under fixed names, and the counts of those left out.

    ``levels`` has the rows used: ``outcome, exposure, control_0 …, entity, time, cluster, weight``. ``rows``
    is what the regression reads: the same rows, or their first differences, or what is left of their variables once
    entities' trends and time effects are taken out. ``time`` is region and time joined where effects are of region by
    time. Both are sorted by entity and time, so that a result doesn't depend on the order of the frame given.
    """

    levels: pd.DataFrame = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    n_dropped_incomplete: int
    n_dropped_singletons: int


def variable_names(specification: Specification) -> dict[str, str]:
    """Return the fixed name of each variable's column: outcome, exposure, control_0, control_1 …"""
    names = ["outcome", "exposure", *(f"control_{i}" for i in range(len(specification.controls)))]
    return dict(zip(names, (specification.outcome, *specification.regressors), strict=True))


def numbers_of(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as floats; raises DataError where it isn't numbers, or is infinite or beyond LARGEST somewhere."""
    if not pd.api.types.is_numeric_dtype(frame[column]) or pd.api.types.is_complex_dtype(frame[column]):
        raise DataError(f"{column}: not numbers ({frame[column].dtype})")
    values = frame[column].astype(float)
    large = np.abs(values.to_numpy()) > LARGEST
    if np.isinf(values[large]).any():
        raise DataError(f"{column}: infinite in {int(np.isinf(values).sum())} rows")
    if large.any():
        raise DataError(
            f"{column}: beyond {LARGEST:g} in {int(large.sum())} rows, such as {values[large].iloc[0]:g}; give it in a "
            "larger unit"
        )
    return values


def _renamed(frame: pd.DataFrame, specification: Specification) -> dict[str, pd.Series]:
    """Return the columns that are used under fixed names; ``order`` is the time itself where ``time`` is a label.

    The cluster is a copy of its own: pyfixest 0.60.0 counts the parameters of clustered errors differently
    from one hash seed to the next where a fixed effect is the cluster column itself.
    """
    variables = variable_names(specification)
    keys = {"entity": specification.entity, "time": specification.time, "cluster": specification.cluster}
    weights = {"weight": specification.weights} if specification.weights else {}
    region = {"region": specification.region} if specification.has_region_times else {}
    for column in {**variables, **keys, **weights, **region}.values():
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns))
    numbers = {name: numbers_of(frame, column) for name, column in {**variables, **weights}.items()}
    labels = {name: frame[column] for name, column in keys.items()}
    if region:
        labels["time"] = _region_times(frame[specification.time], frame[specification.region])
        labels["order"] = frame[specification.time]
    return {**numbers, **labels}


def _region_times(time: pd.Series, region: pd.Series) -> pd.Series:
    """Return a label for each region at each time; missing where either is."""
    labels = time.astype(str).str.cat(region.astype(str), sep=" ")
    return labels.where(time.notna() & region.notna())


def _complete(given: Mapping[str, pd.Series], specification: Specification) -> np.ndarray:
    """Return the places of the rows that are complete but for a weight, by entity and time.

    Raises DataError where there is none, or an entity has two rows for a time.
    """
    needed = [column.notna().to_numpy() for name, column in given.items() if name != "weight"]
    places = np.flatnonzero(np.logical_and.reduce(needed))
    if not len(places):
        columns = ", ".join((specification.outcome, *specification.regressors))
        raise DataError(f"no row has all of {columns}; {len(needed[0])} rows given")
    keys = [name for name in ("entity", "time", "order") if name in given]
    codes = {name: pd.factorize(given[name], sort=True)[0][places] for name in keys}
    by_time, by_last = (np.lexsort((codes[name], codes["entity"])) for name in ("time", keys[-1]))
    again = (np.diff(codes["entity"][by_time]) == 0) & (np.diff(codes["time"][by_time]) == 0)
    if again.any():
        first = places[by_time[1:][again].min()]
        raise DataError(
            f"{specification.entity} and {specification.time} name more than one row, such as "
            f"{given['entity'].iloc[first]} in {given['time'].iloc[first]}"
        )
    return places[by_last]


def _check_weights(rows: pd.DataFrame, column: str | None) -> pd.DataFrame:
    if column is None:
        return rows.assign(weight=1.0)
    for wrong, what in ((rows["weight"].isna(), "missing"), (rows["weight"] <= 0, "zero or negative")):
        if wrong.any():
            raise DataError(f"weights {column}: {what} in {int(wrong.sum())} of {len(rows)} complete rows")
    return rows


def _differences(
    complete: pd.DataFrame, later: np.ndarray, earlier: np.ndarray, variables: list[str]
) -> pd.DataFrame:
    """Return differences between rows of ``complete``, by place, keyed by the later one.

    The weight of a difference is 1 / (1/earlier + 1/later): the inverse of the variance of a difference of
    two independent values whose variances are the inverses of their weights.
    """
    rows, before = complete.iloc[later].copy(), complete.iloc[earlier]
    rows[variables] -= before[variables].to_numpy()
    rows["weight"] = 1 / (1 / rows["weight"] + 1 / before["weight"].to_numpy())
    return rows


def _levels_and_rows(
    complete: pd.DataFrame, specification: Specification
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the levels that are used and what the regression reads: levels, differences, or levels without trends."""
    if specification.estimator == "pooled":
        return complete, complete
    is_numeric = pd.api.types.is_numeric_dtype(complete["time"])
    places, variables = np.arange(len(complete)), list(variable_names(specification))
    entity, time = (pd.factorize(complete[name])[0] for name in ("entity", "time"))
    if specification.estimator == "first-differences":
        if not is_numeric:
            raise DataError(f"{specification.time}: not years, so that there are no consecutive ones")
        later, earlier = differenced_rows(places, entity, complete["time"].to_numpy())
        used = np.union1d(later, earlier)
        return complete.iloc[used], _differences(complete, later, earlier, variables)
    if specification.has_trends and not is_numeric:
        raise DataError(f"{specification.time}: not numbers, so that there is no trend over it")
    levels = complete.iloc[two_way_rows(places, entity, time, specification.has_trends)]
    if not specification.has_trends or levels.empty:
        return levels, levels
    left = without_effects(
        levels[variables].to_numpy(), levels["entity"].to_numpy(), levels["time"].to_numpy(),
        levels["weight"].to_numpy(), trends=True,
    )  # fmt: skip
    return levels, levels.assign(**dict(zip(variables, left.T, strict=True)))


def used_rows(frame: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the rows of ``frame`` whose levels ``specification`` uses, all columns kept, by entity and time.

    Raises as ``estimation_sample`` does.
    """
    sample, places = _sampled(frame, specification)
    return frame.iloc[places[sample.levels.index]].reset_index(drop=True)


def estimation_sample(frame: pd.DataFrame, specification: Specification) -> Sample:
    """Return the rows of ``frame`` that ``specification`` uses.

    A row is used where outcome, exposure, controls, entity, time and cluster are all present. For
    ``two-way``, an entity or a time left with one row is dropped, again and again until none is (with trends, an
    entity left with two); for
    ``first-differences``, a row with no neighbour in the year before or after is. Both are counted in
    ``n_dropped_singletons``.

    Raises RequestError for an unknown column; DataError for a column that isn't numbers, an entity with two
    rows for a time, weights that are missing, zero or negative, or no rows left.
    """
    return _sampled(frame, specification)[0]


def _sampled(frame: pd.DataFrame, specification: Specification) -> tuple[Sample, np.ndarray]:
    """Return the sample, and the places in ``frame`` that the index of its levels points into."""
    given = _renamed(frame, specification)
    places = _complete(given, specification)
    complete = pd.DataFrame({n: c.array.take(places) for n, c in given.items() if n != "order"}, copy=False)
    complete = _check_weights(complete, specification.weights)
    levels, rows = _levels_and_rows(complete, specification)
    if rows.empty:
        two = "two consecutive years" if specification.estimator == "first-differences" else "two rows"
        need = "three rows" if specification.has_trends else two
        raise DataError(
            f"{specification.outcome} on {specification.exposure}: no {specification.entity} has {need} "
            f"with a value"
        )
    n_incomplete, n_singletons = len(frame) - len(complete), len(complete) - len(levels)
    return Sample(levels, rows.reset_index(drop=True), n_incomplete, n_singletons), places
