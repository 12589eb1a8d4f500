"""The small-sample correction of clustered errors: which parameters count, and by what a variance is multiplied."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DataError

from .specification import Specification

#: The effects that each estimator takes out, by the fixed names of their columns.
EFFECTS_OF = {"pooled": (), "two-way": ("entity", "time"), "first-differences": ("time",)}


@dataclass(frozen=True)
class SmallSample:
    """What the correction of one regression rests on: its rows, clusters and counted parameters, and the rule in words."""

    n_rows: int
    n_clusters: int
    n_parameters: int
    rule: str

    @property
    def factor(self) -> float:
        """What the uncorrected clustered variance is multiplied by."""
        return small_sample_factor(self.n_rows, self.n_clusters, self.n_parameters)


def small_sample_factor(n_rows: int, n_clusters: int, n_parameters: int) -> float:
    """Return what the clustered variance is multiplied by: G/(G − 1) × (N − 1)/(N − K), as CR1 has it."""
    return float(n_clusters / (n_clusters - 1) * (n_rows - 1) / (n_rows - n_parameters))


def small_sample(rows: pd.DataFrame, specification: Specification) -> SmallSample:
    """Return the correction of ``specification`` on ``rows``, a sample's: columns entity, time and cluster.

    The rule is that of fixest (Bergé 2018), with effects nested in clusters left out of K, as Cameron and Miller (2015,
    section II.D) advise.
    """
    n_clusters, (parameters, counted) = rows["cluster"].nunique(), _counted_parameters(rows, specification)
    rule = (
        f"CR1 clustered by {specification.cluster}: variance × G/(G − 1) × (N − 1)/(N − K) with "
        f"G = {n_clusters} clusters, N = {len(rows):,} rows, K = {parameters} ({counted}); "
        f"p values and intervals from t({n_clusters - 1})"
    )
    return SmallSample(len(rows), n_clusters, parameters, rule)


def check_size(rows: pd.DataFrame, specification: Specification) -> None:
    """Raise DataError where ``rows`` of a sample have one cluster, or no more rows than parameters."""
    if (clusters := rows["cluster"].nunique()) < 2:
        raise DataError(
            f"{specification.cluster}: {clusters} cluster in the {len(rows)} rows used; two are needed"
        )
    absorbed = rows["entity"].nunique() - 1 if specification.estimator == "two-way" else 0
    if specification.has_trends:
        if not lies_within(rows["entity"], rows["cluster"]):
            raise DataError(
                f"{specification.cluster}: with trends of {specification.entity}, errors are clustered by it or "
                "by groups of it"
            )
        absorbed += rows["entity"].nunique() - 1
    periods = rows["time"].nunique() if specification.estimator != "pooled" else 1
    parameters = len(specification.regressors) + absorbed + periods - _repeated_effects(rows, specification)
    if len(rows) <= parameters:
        raise DataError(
            f"{specification.outcome} on {specification.exposure}: {len(rows)} rows for {parameters} "
            f"parameters"
        )


def effect_labels(specification: Specification) -> dict[str, str]:
    """Return what each set of effects is called: the column's name, with what a model with trends adds."""
    entity = f"{specification.entity} (and trend)" if specification.has_trends else specification.entity
    labels = {"entity": entity, "time": specification.time_label}
    return {name: labels[name] for name in EFFECTS_OF[specification.estimator]}


def lies_within(groups: pd.Series, clusters: pd.Series) -> bool:
    """Tell whether each of ``groups`` (n,) lies in one of ``clusters`` (n,) alone."""
    group, cluster = pd.factorize(groups)[0], pd.factorize(clusters)[0]
    pairs = group * (int(cluster.max()) + 1) + cluster
    return len(np.unique(pairs)) == int(group.max()) + 1


def linked_effects(entity: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return which set of linked rows each row (n,) is in, numbered from zero; ``entity`` and ``time`` (n,) are codes.

    Rows are linked by an entity or a time in common. An entity that stays in its region links the times of that region
    alone (Abowd, Creecy and Kramarz 2002), so that entities' effects hold one effect of time for each set.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = entity.max() + time.max() + 2
    links = coo_array((np.ones(len(entity)), (entity, entity.max() + 1 + time)), shape=(n, n))
    linked: np.ndarray = connected_components(links, directed=False)[1][entity]
    return linked


def _repeated_effects(rows: pd.DataFrame, specification: Specification) -> int:
    """Return how many effects of region by time those of entities hold already: one fewer than sets of linked rows."""
    if not specification.has_region_times:
        return 0
    return int(linked_effects(*(pd.factorize(rows[name])[0] for name in ("entity", "time"))).max())


def _counted_parameters(rows: pd.DataFrame, specification: Specification) -> tuple[int, str]:
    """Return K of the correction, and what is counted in it, in words."""
    slopes = len(specification.regressors)
    text = f"{slopes} slope{'s' if slopes > 1 else ''}"
    if specification.estimator == "pooled":
        return slopes + 1, f"{text} and the constant"
    sizes = {name: int(rows[name].nunique()) for name in EFFECTS_OF[specification.estimator]}
    nested = [name for name in sizes if lies_within(rows[name], rows["cluster"])]
    total = slopes + sum(sizes.values()) - (len(sizes) - 1) - sum(sizes[n] for n in nested) + len(nested)
    columns = effect_labels(specification)
    kept = [f"{sizes[n]} {columns[n]} effects" for n in sizes if n not in nested] or ["the constant"]
    left_out = [f"{sizes[n]} {columns[n]} effects lie within clusters and aren't counted" for n in nested]
    overlap = ["less 1 that they share"] if len(sizes) > 1 and not nested else []
    if repeated := _repeated_effects(rows, specification):
        overlap.append(f"less {repeated} that {columns['entity']} effects hold already")
    return total - repeated, "; ".join([", ".join([text, *kept, *overlap]), *left_out])
