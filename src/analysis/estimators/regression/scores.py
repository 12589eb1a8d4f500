"""A regression reduced to sums by cluster, from which tests, bootstraps and deletions follow without refitting.

The nuisance columns (constant, effects, controls) and the exposure, last, are made orthonormal, so that with an
outcome free of effects every estimate, residual and clustered error is a product of small matrices (MacKinnon 2023,
«Fast cluster bootstrap methods for linear regression models»; Roodman, MacKinnon, Nielsen and Webb 2019).
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import DataError

from .estimate import _counted_parameters
from .sample import NEGLIGIBLE, Sample, estimation_sample
from .specification import Specification


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


def sums_by(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return sums of ``values`` (n, …) by ``codes`` (n,), which number groups from zero and skip none."""
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        values, codes = values[order], codes[order]
    starts = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1])
    return np.add.reduceat(values, starts, axis=0)


def less_means(values: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ``values`` (n, m) less their weighted means by ``codes``."""
    means = sums_by(values * weights[:, None], codes) / sums_by(weights, codes)[:, None]
    left: np.ndarray = values - means[codes]
    return left


def less_lines(values: np.ndarray, codes: np.ndarray, weights: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Return ``values`` (n, m), means by ``codes`` taken out already, less each group's line over ``when`` (n,)."""
    steps = less_means(when[:, None], codes, weights)
    weighted = steps * weights[:, None]
    squares = sums_by(weighted * steps, codes)
    sums = sums_by(weighted * values, codes)
    slopes = np.divide(sums, squares, out=np.zeros_like(sums), where=squares > 0)
    left: np.ndarray = values - steps * slopes[codes]
    return left


def within(
    columns: np.ndarray, codes: np.ndarray, weights: np.ndarray, when: np.ndarray | None = None
) -> np.ndarray:
    """Return ``columns`` (n, m) less their means by ``codes``; what is then rounding beside its spread is zero.

    With ``when`` (n,) each group's line over it is taken out besides.
    """
    left = less_means(columns, codes, weights)
    if when is not None:
        left = less_lines(left, codes, weights, when)
    spread = np.einsum("nm,nm->m", columns, columns) - len(columns) * columns.mean(axis=0) ** 2
    left[:, np.einsum("nm,nm->m", left, left) <= NEGLIGIBLE**2 * np.abs(spread)] = 0
    return left


def dummies(codes: np.ndarray) -> np.ndarray:
    """Return a column of zeros and ones for each group but the first, (n, groups − 1)."""
    columns: np.ndarray = (codes[:, None] == np.arange(1, codes.max() + 1)).astype(float)
    return columns


def effect_columns(
    estimator: str, entity: np.ndarray, time: np.ndarray, nested: bool
) -> tuple[np.ndarray, bool]:
    """Return the columns of an estimator's effects, and whether entity means are to be taken out besides.

    Entity effects that lie within clusters vanish from every sum once means are taken out; others need columns.
    """
    constant = np.ones((len(time), 1))
    if estimator == "pooled":
        return constant, False
    if estimator == "first-differences":
        return np.hstack([constant, dummies(time)]), False
    return (dummies(time), True) if nested else (np.hstack([constant, dummies(time), dummies(entity)]), False)


def regression_design(sample: Sample, specification: Specification) -> Design:
    """Return the design of ``specification`` on ``sample``, as ``estimate`` understands it."""
    rows = sample.rows
    entity, time = pd.factorize(rows["entity"])[0], pd.factorize(rows["time"], sort=True)[0]
    clusters, labels = pd.factorize(rows["cluster"], sort=True)
    if len(labels) < 2:
        raise DataError(
            f"{specification.cluster}: {len(labels)} cluster in the {len(rows)} rows used; two are needed"
        )
    nested = bool(rows.groupby("entity")["cluster"].nunique().max() == 1)
    effects, centred = effect_columns(specification.estimator, entity, time, nested)
    controls = [f"control_{i}" for i in range(len(specification.controls))]
    columns = np.column_stack([rows["outcome"], effects, rows[[*controls, "exposure"]]])
    weights = rows["weight"].to_numpy()
    if centred:
        # The sample's variables come without trends; effects of time must lose them too to be what a refit takes out.
        when = rows["time"].to_numpy(dtype=float) if specification.has_trends else None
        columns = within(columns, entity, weights, when)
    columns = columns * np.sqrt(weights)[:, None]
    n, parameters = len(rows), _counted_parameters(rows, specification)[0]
    factor = len(labels) / (len(labels) - 1) * (n - 1) / (n - parameters)
    return Design(
        outcome=columns[:, 0],
        regressors=columns[:, 1:],
        clusters=clusters,
        labels=np.asarray(labels),
        factor=factor,
    )


def _triangle(regressors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    repeated, triangle = _triangle(columns)
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


def t_of_products(
    scores: Scores, products: np.ndarray, weights: np.ndarray | None = None, null: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate less ``null`` and t, each (B,), from ``factors_of`` times weights, (2k, B).

    ``weights`` (G, B) are squared on the way; None says that each is 1 or −1.
    """
    own, exposure = scores.at(null)[:, -1], scores.exposure
    slopes, cross = products[: exposure.shape[1]], products[exposure.shape[1] :]
    squares = own @ own if weights is None else own**2 @ weights**2
    variance = squares - np.einsum("kb,kb->b", slopes, 2 * cross - (exposure.T @ exposure) @ slopes)
    estimates = slopes[-1] / scores.norm
    errors = np.sqrt(np.maximum(scores.factor * variance, 0)) / scores.norm
    with np.errstate(divide="ignore", invalid="ignore"):
        return estimates, np.where(errors > 0, estimates / errors, np.inf * np.sign(estimates))


def t_statistics(scores: Scores, weights: np.ndarray, null: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate less ``null`` and t, each (B,), in samples whose restricted residuals are reweighted.

    ``weights`` (B, G) multiply each cluster's residuals; a row of ones gives the data themselves.
    """
    return t_of_products(scores, factors_of(scores, null) @ weights.T, weights.T, null)
