"""Noise in the exposure: a rate of few people moves by chance, and chance moves draw an estimate towards zero.

The variance of the chance part is known from the counts, so that the estimate can be corrected: by moments (Fuller
1987, sections 1.2 and 3.1, with known error variances, after effects and controls are taken out), by shrinking each
rate towards what effects and controls say (regression calibration: Carroll and others 2006, chapter 4), and by adding
more noise and extrapolating back (SIMEX: Cook and Stefanski 1994). All assume that the chance part of one year has
nothing to do with that of the next, with the outcome's error, or with the effects; a rate's other errors stay in.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.cleaning.years import label_offset_years, lag_lead
from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError, RequestError
from analysis.estimators.regression.sample import Sample, estimation_sample
from analysis.estimators.regression.scores import Design, partialled, products_by_cluster, regression_design
from analysis.estimators.regression.specification import Specification
from analysis.estimators.regression.within import sums_by
from analysis.findings.interval import IntervalEstimate

NOISE = "noise_variance"
#: Extra noise of SIMEX, in multiples of what there is, and how many times each is added.
_EXTRA, _REPEATS = (0.5, 1.0, 1.5, 2.0), 100
#: With less of its variance to go by than this an exposure says nothing that a correction could use.
LEAST_RELIABILITY = 0.1


@dataclass(frozen=True)
class Corrected(IntervalEstimate):
    """An estimate without chance moves in the exposure, beside the ``naive`` one that has them, in the columns' own units.

    ``reliability`` is the share of the exposure's variation, effects and controls taken out, that isn't chance.
    ``estimate`` is corrected by moments; its error and interval come from resampling clusters (percentiles), which counts
    the reliability's own uncertainty but takes the error variances as known. ``n_unusable`` draws had no variation left
    beyond chance and are outside the interval. ``shrunk`` and ``simex`` are checks by other ways.
    """

    naive: float
    standard_error: float
    reliability: float
    reliability_low: float
    reliability_high: float
    shrunk: float
    simex: float
    n_observations: int
    n_clusters: int
    n_draws: int
    n_unusable: int
    seed: int
    specification: Specification


@dataclass(frozen=True)
class _Moments:
    """Sums by cluster: ``products`` (G, k + 2, k + 2) of nuisance, exposure and outcome; ``noise`` (G,), the expected
    sum of squares of the exposure's chance part, effects taken out; ``noise_products`` (G, k, k), the expected outer
    product of nuisance and chance part."""

    products: np.ndarray
    noise: np.ndarray
    noise_products: np.ndarray


def binomial_variance(rate: np.ndarray, people: np.ndarray, scale: float = 100.0) -> np.ndarray:
    """Return the variance of chance in a rate per ``scale`` of ``people``; missing where there aren't two people.

    r (1 − r) / (n − 1), which is unbiased for r̄ (1 − r̄) / n whatever the true rate r̄; with n in place of n − 1 it
    would be too small where few are counted. A single rate of zero gives zero: right on average, not for that row.
    """
    share, people = np.asarray(rate, dtype=float) / scale, np.asarray(people, dtype=float)
    known = (people >= 2) & (share >= 0) & (share <= 1)
    variance = share * (1 - share) / np.where(known, people - 1, 1)
    return np.where(known, variance * scale**2, np.nan)


def noisy_sample(panel: pd.DataFrame, parameters: SampleParameters) -> pd.DataFrame:
    """Return ``build_sample`` with the exposure's error variance as ``noise_variance``, aligned as the exposure is.

    Raises RequestError for an exposure that the dictionary doesn't give as one count out of another.
    """
    counts, name = indicator(parameters.exposure).counts, parameters.exposure
    if not counts or counts.scale != 100:
        raise RequestError(f"{name}: not a percentage of counted people, so its chance variance isn't known")
    people = panel[list(counts.denominator)].sum(axis=1, min_count=len(counts.denominator))
    years = label_offset_years(name, parameters.outcome, parameters.alignment) + parameters.lag_years
    noise = panel.assign(**{NOISE: binomial_variance(panel[name].to_numpy(), people.to_numpy())})
    aligned = panel[["authority_code", "year"]].assign(**{NOISE: lag_lead(noise, NOISE, lag_years=years)})
    return build_sample(panel, parameters).merge(aligned, on=["authority_code", "year"], how="left")


def _level_noise(frame: pd.DataFrame, sample: Sample, specification: Specification, noise: str) -> np.ndarray:
    """Return the error variance of each row of ``sample.levels``."""
    keys = [specification.entity, specification.time]
    known = frame.set_index(keys)[noise]
    places = pd.MultiIndex.from_frame(sample.levels[["entity", "time"]])
    variances: np.ndarray = known.reindex(places).to_numpy(dtype=float)
    if not (variances >= 0).all():
        raise DataError(
            f"{noise}: missing or negative in {int((~(variances >= 0)).sum())} of {len(variances)} rows used"
        )
    return variances


def _places(sample: Sample, differenced: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return where each regression row's level stands among the levels, and the level taken from it."""
    levels, rows = (
        pd.MultiIndex.from_frame(part[["entity", "time"]]) for part in (sample.levels, sample.rows)
    )
    if not differenced:
        return levels.get_indexer(rows), None
    before = pd.MultiIndex.from_arrays([sample.rows["entity"], sample.rows["time"] - 1])
    return levels.get_indexer(rows), levels.get_indexer(before)


def _moments(sample: Sample, design: Design, noise: np.ndarray, specification: Specification) -> _Moments:
    later, earlier = _places(sample, specification.estimator == "first-differences")
    weights, clusters = sample.rows["weight"].to_numpy(), design.clusters
    nuisance = design.regressors[:, :-1] * np.sqrt(weights)[:, None]
    on_levels = np.zeros((len(noise), nuisance.shape[1]))
    on_levels[later] += nuisance
    own = noise[later]
    if earlier is not None:
        on_levels[earlier] -= nuisance
        own = own + noise[earlier]
    own = own * weights
    if _centred(sample, specification):
        total = sample.rows.groupby("entity")["weight"].transform("sum").to_numpy()
        own = own * (1 - weights / total)
    level_clusters = np.searchsorted(design.labels, sample.levels["cluster"].to_numpy())
    return _Moments(
        products_by_cluster(design),
        sums_by(own, clusters),
        sums_by(noise[:, None, None] * on_levels[:, :, None] * on_levels[:, None, :], level_clusters),
    )


def _centred(sample: Sample, specification: Specification) -> bool:
    nested = sample.rows.groupby("entity")["cluster"].nunique().max() == 1
    return specification.estimator == "two-way" and bool(nested)


def _slopes(moments: _Moments, copies: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sums of squares of the exposure, of its chance part and its product with the outcome, each (B,).

    ``copies`` (B, G) says how often each cluster stands in a sample. Nuisance columns are taken out of all three.
    """
    size = moments.products.shape[1] - 2
    left, inverse = partialled(np.tensordot(copies, moments.products, axes=1), size)
    taken = np.einsum("bij,bji->b", inverse, np.tensordot(copies, moments.noise_products, axes=1))
    return left[:, 0, 0], copies @ moments.noise - taken, left[:, 0, 1]


def _residual_maker(design: Design) -> np.ndarray:
    """Return an orthonormal basis (n, r) of the nuisance columns."""
    basis, sizes, _ = np.linalg.svd(design.regressors[:, :-1], full_matrices=False)
    return basis[:, sizes > 1e-10 * sizes[:1].max(initial=0)]


def _simex(
    sample: Sample, design: Design, noise: np.ndarray, specification: Specification, seed: int
) -> float:
    """Return the slope extrapolated to no noise by a parabola through slopes with more of it."""
    later, earlier = _places(sample, specification.estimator == "first-differences")
    generator, basis = np.random.default_rng(seed), _residual_maker(design)
    root = np.sqrt(sample.rows["weight"].to_numpy())[:, None]
    outcome = design.outcome - basis @ (basis.T @ design.outcome)
    exposure = design.regressors[:, -1:]
    slopes = [_slope_with(exposure, outcome, basis)]
    codes = pd.factorize(sample.rows["entity"])[0] if _centred(sample, specification) else None
    for extra in _EXTRA:
        levels = generator.normal(size=(len(noise), _REPEATS)) * np.sqrt(extra * noise)[:, None]
        added = levels[later] - (0 if earlier is None else levels[earlier])
        if codes is not None:
            weighted = sums_by(added * root**2, codes) / sums_by(root**2, codes)
            added = added - weighted[codes]
        slopes.append(_slope_with(exposure + added * root, outcome, basis))
    return float(np.polyval(np.polyfit((0.0, *_EXTRA), slopes, 2), -1.0))


def _slope_with(exposure: np.ndarray, outcome: np.ndarray, basis: np.ndarray) -> float:
    squares = (exposure**2).sum(axis=0) - ((basis.T @ exposure) ** 2).sum(axis=0)
    return float(np.mean(outcome @ exposure / squares))


def _shrunk(
    sample: Sample, design: Design, noise: np.ndarray, signal: float, specification: Specification
) -> float:
    """Return the slope on exposures shrunk towards effects and controls, those with more noise the more."""
    later, earlier = _places(sample, specification.estimator == "first-differences")
    own = noise[later] + (0 if earlier is None else noise[earlier])
    basis = _residual_maker(design)
    exposure = design.regressors[:, -1] - basis @ (basis.T @ design.regressors[:, -1])
    mean = signal / (len(exposure) * sample.rows["weight"].mean())
    shrunk = exposure * (mean / (mean + own))
    shrunk -= basis @ (basis.T @ shrunk)
    return float(design.outcome @ shrunk / (shrunk @ shrunk))


def correct_for_noise(
    frame: pd.DataFrame, specification: Specification, noise: str = NOISE, n_draws: int = 999, seed: int = 0
) -> Corrected:
    """Estimate ``specification`` as if the exposure were free of noise of the variance in column ``noise``.

    Rows without a known variance are left out. The specification must not be standardised: the error variance is
    in the exposure's units squared. Raises DataError where less than a tenth of the variation is more than chance.
    """
    if noise not in frame.columns:
        raise RequestError(f"no column '{noise}' with the exposure's error variance")
    if specification.standardised:
        raise RequestError("standardised: the exposure's spread is noise in part; correct in its own units")
    frame = frame[frame[noise].notna()]
    sample = estimation_sample(frame, specification)
    design = regression_design(sample, specification)
    variances = _level_noise(frame, sample, specification, noise)
    moments, groups = _moments(sample, design, variances, specification), len(design.labels)
    squares, chance, product = (float(values[0]) for values in _slopes(moments, np.ones((1, groups))))
    if (reliability := 1 - chance / squares) < LEAST_RELIABILITY:
        raise DataError(
            f"{specification.exposure}: {max(reliability, 0):.0%} of its variation is more than chance; "
            f"no correction stands on that"
        )
    generator = np.random.default_rng(seed)
    copies = generator.multinomial(groups, np.full(groups, 1 / groups), n_draws).astype(float)
    drawn = _slopes(moments, copies)
    signal = drawn[0] - drawn[1]
    usable = signal > 0
    tails = np.array([(1 - specification.confidence_level) / 2, (1 + specification.confidence_level) / 2])
    slopes = drawn[2][usable] / signal[usable]
    low, high = np.quantile(slopes, tails)
    reliable = np.quantile(1 - drawn[1] / drawn[0], tails)
    return Corrected(
        naive=product / squares,
        estimate=product / (squares - chance),
        standard_error=float(slopes.std(ddof=1)),
        conf_low=float(low),
        conf_high=float(high),
        reliability=reliability,
        reliability_low=float(reliable[0]),
        reliability_high=float(reliable[1]),
        shrunk=_shrunk(sample, design, variances, squares - chance, specification),
        simex=_simex(sample, design, variances, specification, seed),
        n_observations=len(sample.rows),
        n_clusters=groups,
        n_draws=n_draws,
        n_unusable=int((~usable).sum()),
        seed=seed,
        specification=specification,
    )
