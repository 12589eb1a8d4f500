"""Double machine learning: confounders held constant in any form that a learner finds, not in a straight line."""

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.regression.inference import Counts, Effect, effect_from_error
from analysis.estimators.regression.sample import Sample, estimation_sample, variable_names
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.within import NEGLIGIBLE, sums_by, without_effects

Learner = Literal["lasso", "boosting"]
RULE = (
    "Partially linear model; {learner} fitted to {folds} folds of whole clusters, effects taken out first; clustered by "
    "{cluster}: variance × G/(G − 1) with G = {n_clusters} clusters; p values and intervals from t({degrees})"
)


def double_machine_learning(
    frame: pd.DataFrame, specification: Specification, learner: Learner = "lasso", folds: int = 5, seed: int = 0
) -> Effect:  # fmt: skip
    """Return the exposure's slope where the controls may matter in any form (Chernozhukov and others 2018).

    Outcome, exposure, controls and the controls' squares and products have entity and time effects taken out, so that
    what those account for is held constant whatever its level (Belloni, Chernozhukov, Hansen and Kozbur 2016; other forms
    are approximations: Clarke and Polselli 2024); controls' entity means stand beside them. A learner of scikit-learn
    predicts outcome and exposure in clusters that it hasn't seen: a lasso, or boosted trees. The slope is that of
    what is left of the one on what is left of the other. In standard deviations where the specification
    is standardised. Raises RequestError without controls, for another estimator than two-way, for weights and for fewer
    than two folds; DataError for fewer clusters than folds.
    """
    _check(specification, learner, folds)
    sample = estimation_sample(frame, specification)
    clusters, labels = pd.factorize(sample.rows["cluster"], sort=True)
    if len(labels) < folds:
        raise DataError(
            f"{specification.cluster}: {len(labels)} clusters for {folds} folds; that many are needed"
        )
    left, spread, features = _prepared(sample, specification)
    outcome, exposure = (_surprise(features, values, clusters, learner, folds, seed) for values in left.T)
    estimate, error = _slope(outcome, exposure, clusters, specification)
    counts = Counts.of(sample.rows)
    words = {"lasso": "a lasso over squares and products", "boosting": "boosted trees"}
    rule = RULE.format(
        learner=words[learner], folds=folds, cluster=specification.cluster, n_clusters=len(labels),
        degrees=len(labels) - 1,
    )  # fmt: skip
    effect = effect_from_error(estimate, error, len(labels) - 1, counts, rule, specification)
    return effect if specification.standardised else effect.scaled(spread[0] / spread[1])


def _check(specification: Specification, learner: str, folds: int) -> None:
    if learner not in get_args(Learner):
        raise unknown("learner", learner, get_args(Learner))
    if specification.estimator != "two-way" or specification.weights:
        raise RequestError("double machine learning takes two-way effects out, without weights")
    if not specification.controls:
        raise RequestError("double machine learning needs controls; without any it is the two-way estimate")
    if folds < 2:
        raise RequestError(f"folds {folds}: two are needed")


def _prepared(sample: Sample, specification: Specification) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome and exposure less effects (n, 2), the levels' standard deviations, and the learner's features."""
    from sklearn.preprocessing import PolynomialFeatures

    names = list(variable_names(specification))
    spread = sample.levels[names].std().to_numpy()
    flat = spread <= NEGLIGIBLE * sample.levels[names].abs().max().to_numpy()
    if flat.any():
        raise DataError(
            f"{variable_names(specification)[names[flat.argmax()]]}: the same value in all rows used"
        )
    scaled = sample.levels[names] / spread
    products = PolynomialFeatures(2, include_bias=False).fit_transform(
        scaled[names[2:]] - scaled[names[2:]].mean()
    )
    left = without_effects(
        np.column_stack([scaled[names[:2]], products]), sample.levels["entity"].to_numpy(),
        sample.levels["time"].to_numpy(), trends=specification.has_trends,
    )  # fmt: skip
    if left[:, 1].std() <= NEGLIGIBLE:
        raise DataError(f"{specification.exposure}: no variation left once effects are taken out")
    means = scaled[names[2:]].groupby(sample.levels["entity"]).transform("mean").to_numpy()
    return left[:, :2], spread, np.column_stack([left[:, 2:], means])


def _model(learner: Learner, seed: int) -> Any:
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.linear_model import LassoCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if learner == "boosting":
        return GradientBoostingRegressor(n_estimators=100, max_depth=2, learning_rate=0.1, random_state=seed)
    # Columns are few: a Gram matrix would save little, and would be checked anew for each penalty.
    return make_pipeline(StandardScaler(), LassoCV(alphas=30, cv=5, precompute=False))


def _surprise(
    features: np.ndarray, values: np.ndarray, clusters: np.ndarray, learner: Learner, folds: int, seed: int
) -> np.ndarray:
    """Return ``values`` (n,) less what the learner predicts for clusters that it hasn't seen."""
    from sklearn.model_selection import GroupKFold, cross_val_predict

    parts = GroupKFold(folds, shuffle=True, random_state=seed)
    predicted = cross_val_predict(_model(learner, seed), features, values, groups=clusters, cv=parts)
    left: np.ndarray = values - predicted
    return left


def _slope(
    outcome: np.ndarray, exposure: np.ndarray, clusters: np.ndarray, specification: Specification
) -> tuple[float, float]:
    """Return slope and clustered error of what is left of the outcome on what is left of the exposure."""
    squares = exposure @ exposure
    if squares <= NEGLIGIBLE**2 * len(exposure):
        raise DataError(f"{specification.exposure}: no variation left once controls are taken out")
    slope = float(outcome @ exposure / squares)
    scores = sums_by(exposure * (outcome - slope * exposure), clusters)
    n = len(scores)
    return slope, float(np.sqrt(n / (n - 1) * (scores @ scores)) / squares)
