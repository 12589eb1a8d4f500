"""A path model: how much of an association runs along a chain such as spend → caseload → turnover → pace."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError
from analysis.estimators.regression.inference import Counts, Effect, effect_from_draws
from analysis.estimators.regression.sample import used_rows
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.within import sums_by, without_effects
from analysis.files.as_json import plain_dict

ASSUMPTIONS = (
    "No unmeasured thing that changes within an authority over time drives any two of the chain's parts (sequential "
    "ignorability)",
    "Each part comes before the next: caseload and turnover are of the same September here, so their order is assumed",
    "Slopes are the same for all and add up: no part changes the slope of another",
    "Chance moves in a part of the chain draw its own paths towards zero and lengthen the direct one",
)
RULE = (
    "Products of two-way slopes; error and percentile interval from {draws} samples of whole clusters ({cluster}, "
    "{n_clusters} of them)"
)


@dataclass(frozen=True)
class Mediation:
    """Paths along a chain, in standard deviations per standard deviation, effects of entity and time taken out.

    ``links`` are slopes from each part to the next, all earlier parts held constant. ``along_chain`` is their product:
    what runs through every part in turn. ``total`` is the first part's slope on the outcome with nothing else held
    constant, ``direct`` with every other part held constant, ``indirect`` their difference. ``assumptions`` are what it
    takes to read any of them as more than a sum of associations.
    """

    chain: tuple[str, ...]
    links: tuple[Effect, ...]
    along_chain: Effect
    total: Effect
    direct: Effect
    indirect: Effect
    assumptions: tuple[str, ...]
    specification: Specification

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        parts = {
            name: getattr(self, name).as_dict() for name in ("along_chain", "total", "direct", "indirect")
        }
        links = [link.as_dict() for link in self.links]
        return plain_dict({"chain": self.chain, "links": links, **parts, "assumptions": self.assumptions})


def mediation(
    frame: pd.DataFrame, specification: Specification, mediators: Sequence[str], n_draws: int = 999, seed: int = 0
) -> Mediation:  # fmt: skip
    """Follow the exposure along ``mediators``, in their order, to the outcome by two-way regressions.

    Product of coefficients (MacKinnon 2008, chapters 3 and 5), with a bootstrap over clusters, which needs no normal
    product. What the paths mean hangs on ``ASSUMPTIONS`` (Imai, Keele and Yamamoto 2010). The specification's controls
    are held constant in every regression.

    Raises RequestError for no mediator, another estimator than two-way, trends or weights; DataError where an entity is
    in several clusters; else as ``estimate`` does.
    """
    if (
        specification.estimator != "two-way"
        or specification.effects != "entity and time"
        or specification.weights
    ):
        raise RequestError("paths are estimated two-way, with plain effects and without weights")
    if not mediators:
        raise RequestError("paths: name at least one mediator")
    chain = (specification.exposure, *mediators, specification.outcome)
    products, counts = _products(frame, specification, chain)
    generator, n = np.random.default_rng(seed), counts.n_clusters
    weights = np.vstack([np.ones(n), generator.multinomial(n, np.full(n, 1 / n), n_draws)])
    paths = _paths(np.einsum("bg,gij->bij", weights, products), len(chain))
    rule = RULE.format(draws=n_draws, cluster=specification.cluster, n_clusters=n)
    *links, along_chain, total, direct, indirect = (
        effect_from_draws(path[0], path[1:], counts, rule, specification) for path in paths
    )
    return Mediation(
        chain=chain,
        links=tuple(links),
        along_chain=along_chain,
        total=total,
        direct=direct,
        indirect=indirect,
        assumptions=ASSUMPTIONS,
        specification=specification,
    )


def _products(
    frame: pd.DataFrame, specification: Specification, chain: tuple[str, ...]
) -> tuple[np.ndarray, Counts]:
    """Return by cluster the products (G, p, p) of the chain, the controls and the effects of time, centred in entities."""
    rows = used_rows(frame, replace(specification, controls=(*chain[1:-1], *specification.controls)))
    keys = {"entity": specification.entity, "cluster": specification.cluster}
    keyed = pd.DataFrame({name: rows[column] for name, column in keys.items()})
    if keyed.groupby("entity")["cluster"].nunique().max() > 1:
        raise DataError(
            f"{specification.entity}: in several clusters ({specification.cluster}), which can't be drawn whole"
        )
    counts = Counts.of(keyed)
    if counts.n_clusters < 2:
        raise DataError(f"{specification.cluster}: 1 cluster in the {len(rows)} rows used; two are needed")
    values = rows[[*chain, *specification.controls]].astype(float)
    values = (values - values.mean()) / values.std()
    times = pd.get_dummies(rows[specification.time], drop_first=True, dtype=float)
    _check_left(values, rows, specification)
    columns = np.column_stack([values, times])
    columns = columns - pd.DataFrame(columns).groupby(rows[specification.entity]).transform("mean").to_numpy()
    codes = pd.factorize(keyed["cluster"], sort=True)[0]
    return sums_by(columns[:, :, None] * columns[:, None, :], codes), counts


def _check_left(values: pd.DataFrame, rows: pd.DataFrame, specification: Specification) -> None:
    """Raise DataError where a column has no variation left, or repeats others, once effects are taken out."""
    keys = (rows[specification.entity].to_numpy(), rows[specification.time].to_numpy())
    left = without_effects(np.nan_to_num(values.to_numpy()), *keys)
    for place, name in enumerate(values.columns):
        if left[:, place].std() <= 1e-8:
            raise DataError(f"{name}: no variation left once effects are taken out")
    if np.linalg.matrix_rank(left / left.std(axis=0), tol=1e-6 * len(left) ** 0.5) < left.shape[1]:
        raise DataError(f"{', '.join(values.columns)}: collinear once effects are taken out")


def _paths(products: np.ndarray, size: int) -> list[np.ndarray]:
    """Return links, product, total, direct and indirect path, each (B,), from products (B, p, p)."""
    others = list(range(size, products.shape[1]))

    def slopes(outcome: int, parts: list[int]) -> np.ndarray:
        columns = [*parts, *others]
        left, right = products[:, columns][:, :, columns], products[:, columns, outcome]
        return np.linalg.solve(left, right[:, :, None])[:, : len(parts), 0]

    try:
        links = [slopes(place, list(range(place)))[:, -1] for place in range(1, size)]
        total = slopes(size - 1, [0])[:, 0]
        direct = slopes(size - 1, list(range(size - 1)))[:, 0]
    except np.linalg.LinAlgError as error:
        raise DataError(
            f"paths: a sample of clusters has too few years or too little variation ({error})"
        ) from error
    return [*links, np.prod(links, axis=0), total, direct, total - direct]
