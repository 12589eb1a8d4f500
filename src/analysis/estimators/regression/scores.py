"""A regression reduced to sums by cluster, from which tests, bootstraps and deletions follow without refitting.

The nuisance columns (constant, effects, controls) and the exposure, last, are made orthonormal, so that with an
outcome free of effects every estimate, residual and clustered error is a product of small matrices (MacKinnon 2023,
«Fast cluster bootstrap methods for linear regression models»; Roodman, MacKinnon, Nielsen and Webb 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import DataError

from .sample import Sample, estimation_sample
from .small_sample import lies_within, linked_effects, small_sample
from .specification import Specification
from .within import NEGLIGIBLE, dummies, sums_by, within


@dataclass(frozen=True)
class Design:
    """What least squares reads: rows × columns with effects taken out or beside it, weights taken in.

    ``outcome`` (n,), ``regressors`` (n, k) with the exposure last, ``clusters`` (n,) numbered from zero, ``labels``
    (G,) their names, ``factor`` the small-sample factor of the variance.
    """

    outcome: np.ndarray
    regressors: np.ndarray
    clusters: np.ndarray
    labels: np.ndarray
    factor: float


@dataclass(frozen=True)
class Scores:
    """Sums by cluster of one regression under the null that the exposure's slope is zero.

    ``restricted`` (G, k): of each orthonormal column times the restricted residual. ``exposure`` (G, k): of each
    column times the exposure's. ``norm``: length of the exposure, other columns taken out. ``factor`` and
    ``labels`` as in Design. The slope in the data is ``restricted[:, -1].sum() / norm``.
    """

    restricted: np.ndarray = field(repr=False)
    exposure: np.ndarray = field(repr=False)
    norm: float
    factor: float
    labels: np.ndarray = field(repr=False)

    def at(self, null: float) -> np.ndarray:
        """Return ``restricted`` (G, k) under the null that the slope is ``null``."""
        return self.restricted - null * self.norm * self.exposure if null else self.restricted


def effect_columns(
    estimator: str, effects: str, times: np.ndarray, groups: np.ndarray | None = None
) -> np.ndarray:
    """Return the columns (n, e) of an estimator's effects, none of which repeats others; ``times`` (n,) are codes.

    Those of entities, for two-way, aren't among them: with means of entities taken out they vanish. They hold the constant,
    so that the first time has no column; where an entity keeps to one of several ``groups`` (n,) of times, as of a region,
    they hold one of each. Entities' trends hold the line over time: the last time goes without a column as well.
    """
    if estimator == "pooled":
        return np.ones((len(times), 1))
    columns: np.ndarray = dummies(times)
    if estimator == "first-differences":
        return np.hstack([np.ones((len(times), 1)), columns])
    if effects == "entity trends and time":
        return columns[:, :-1]
    if groups is None:
        return columns
    firsts = [times[groups == group].min() for group in np.unique(groups)]
    columns = np.delete(np.eye(times.max() + 1), firsts, axis=1)[times]
    return columns


def design_of(
    variables: Sequence[np.ndarray],
    effects: np.ndarray,
    weights: np.ndarray,
    clusters: np.ndarray,
    labels: np.ndarray,
    factor: float,
    entity: np.ndarray | None = None,
    when: np.ndarray | None = None,
) -> Design:
    """Return the design of ``variables``, each (n,): outcome, controls, exposure last, beside columns of ``effects``.

    With ``entity`` (n,) codes, means of entities are taken out of all, and with ``when`` (n,) lines over it too.
    """
    columns = np.column_stack([variables[0], effects, *variables[1:]])
    if entity is not None:
        columns = within(columns, entity, weights, when)
    columns *= np.sqrt(weights)[:, None]
    return Design(columns[:, 0], columns[:, 1:], clusters, labels, factor)


def regression_design(sample: Sample, specification: Specification) -> Design:
    """Return the design of ``specification`` on ``sample``, as ``estimate`` understands it."""
    rows = sample.rows
    entity, times = pd.factorize(rows["entity"])[0], pd.factorize(rows["time"], sort=True)[0]
    clusters, labels = pd.factorize(rows["cluster"], sort=True)
    if len(labels) < 2:
        raise DataError(
            f"{specification.cluster}: {len(labels)} cluster in the {len(rows)} rows used; two are needed"
        )
    two_way = specification.estimator == "two-way"
    nested = two_way and lies_within(rows["entity"], rows["cluster"])
    linked = linked_effects(entity, times) if specification.has_region_times else None
    effects = effect_columns(specification.estimator, specification.effects, times, linked)
    if two_way and not nested:
        # Entities that lie in several clusters don't vanish from the sums by cluster: they need columns.
        effects = np.hstack([np.ones((len(rows), 1)), effects, dummies(entity)])
    controls = [f"control_{i}" for i in range(len(specification.controls))]
    # The sample's variables come without trends; effects of time must lose them too to be what a refit takes out.
    return design_of(
        [rows[name].to_numpy() for name in ("outcome", *controls, "exposure")],
        effects,
        rows["weight"].to_numpy(),
        clusters,
        np.asarray(labels),
        small_sample(rows, specification).factor,
        entity=entity if nested else None,
        when=rows["time"].to_numpy(dtype=float) if specification.has_trends else None,
    )


def triangle_of(regressors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which columns of ``regressors`` (n, k) repeat those before them, and R of their QR, by Cholesky if safe.

    Cholesky takes a tenth of the time and half the digits: where a column is within 1e-4 of repeating others, QR.
    """
    sizes = np.sqrt(np.einsum("nk,nk->k", regressors, regressors))
    sizes[sizes == 0] = 1
    try:
        triangle = np.linalg.cholesky(regressors.T @ regressors).T
    except np.linalg.LinAlgError:
        triangle = np.zeros((len(sizes), len(sizes)))
    if (np.diag(triangle) < 1e-4 * sizes).any():
        triangle = np.linalg.qr(regressors, mode="r")  # type: ignore[assignment]  # its types leave out this mode
        triangle *= np.where(np.diag(triangle) < 0, -1, 1)[:, None]
    return np.diag(triangle) <= NEGLIGIBLE * sizes, triangle


def cluster_scores(design: Design) -> Scores:
    """Reduce ``design`` to sums by cluster.

    A nuisance column that repeats those before it is left out. Raises DataError where the exposure does.
    """
    columns, y = design.regressors, design.outcome
    repeated, triangle = triangle_of(columns)
    if repeated[-1]:
        raise DataError("exposure: no variation left once effects and controls are taken out")
    if repeated.any():
        kept = columns[:, ~repeated]
        return cluster_scores(
            Design(
                outcome=y,
                regressors=kept,
                clusters=design.clusters,
                labels=design.labels,
                factor=design.factor,
            )
        )
    inverse = np.linalg.inv(triangle)
    others = columns[:, :-1]
    residual = y - others @ (inverse[:-1, :-1] @ (inverse[:-1, :-1].T @ (others.T @ y)))
    exposure = columns @ inverse[:, -1]
    both = sums_by(np.hstack([columns * residual[:, None], columns * exposure[:, None]]), design.clusters)
    width = columns.shape[1]
    return Scores(
        restricted=both[:, :width] @ inverse,
        exposure=both[:, width:] @ inverse,
        norm=float(triangle[-1, -1]),
        factor=design.factor,
        labels=design.labels,
    )


def scores_of(frame: pd.DataFrame, specification: Specification) -> Scores:
    """Return the sums of ``specification`` on ``frame``; rows are those that ``estimate`` uses."""
    return cluster_scores(regression_design(estimation_sample(frame, specification), specification))


def products_by_cluster(design: Design) -> np.ndarray:
    """Return by cluster the products of all columns, the outcome's last: (G, k + 1, k + 1)."""
    columns = np.column_stack([design.regressors, design.outcome])
    return sums_by(columns[:, :, None] * columns[:, None, :], design.clusters)


def partialled(products: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return products (B, …) of the other columns once the first ``size`` are taken out, and those columns' inverse."""
    inverse = np.linalg.pinv(products[:, :size, :size], hermitian=True)
    cross = products[:, :size, size:]
    return products[:, size:, size:] - np.swapaxes(cross, 1, 2) @ inverse @ cross, inverse


def factors_of(scores: Scores, null: float = 0.0) -> np.ndarray:
    """Return (2k, G): what weights of clusters are multiplied with on the way to ``t_of_products``."""
    restricted = scores.at(null)
    return np.vstack([restricted.T, restricted[:, -1] * scores.exposure.T])


def slopes_of_products(
    scores: Scores, products: np.ndarray, weights: np.ndarray | None = None, null: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate less ``null`` and its error, each (B,), from ``factors_of`` times weights, (2k, B).

    ``weights`` (G, B) are squared on the way; None says that each is 1 or −1.
    """
    own, exposure = scores.at(null)[:, -1], scores.exposure
    slopes, cross = products[: exposure.shape[1]], products[exposure.shape[1] :]
    squares = own @ own if weights is None else own**2 @ weights**2
    variance = squares - np.einsum("kb,kb->b", slopes, 2 * cross - (exposure.T @ exposure) @ slopes)
    return slopes[-1] / scores.norm, np.sqrt(np.maximum(scores.factor * variance, 0)) / scores.norm


def t_of_products(
    scores: Scores, products: np.ndarray, weights: np.ndarray | None = None, null: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate less ``null`` and t, each (B,); arguments as in ``slopes_of_products``."""
    estimates, errors = slopes_of_products(scores, products, weights, null)
    with np.errstate(divide="ignore", invalid="ignore"):
        return estimates, np.where(errors > 0, estimates / errors, np.inf * np.sign(estimates))


def slope_of(scores: Scores) -> tuple[float, float]:
    """Return the slope in the data and its clustered error."""
    estimates, errors = slopes_of_products(scores, factors_of(scores) @ np.ones((len(scores.labels), 1)))
    return float(estimates[0]), float(errors[0])


def t_statistics(scores: Scores, weights: np.ndarray, null: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate less ``null`` and t, each (B,), in samples whose restricted residuals are reweighted.

    ``weights`` (B, G) multiply each cluster's residuals; a row of ones gives the data themselves.
    """
    return t_of_products(scores, factors_of(scores, null) @ weights.T, weights.T, null)
