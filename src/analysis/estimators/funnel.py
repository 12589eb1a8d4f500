"""How far a rate lies from all others' beyond chance: control limits that allow for overdispersion, and shrunken rates.

A rate of few people moves by chance, so authorities are set against limits that widen as they get smaller (Spiegelhalter
2005, Statistics in Medicine 24: funnel plots). Authorities also differ by more than chance, for reasons that no chart knows:
limits of chance alone would name half of them. The excess is estimated from z scores whose tails are drawn in (winsorised),
and added to each variance or multiplied into it (Spiegelhalter 2005, Quality and Safety in Health Care 14). Drawing in
makes the limits narrower than all the spread would, so that somewhat more than one in twenty lies outside where authorities
differ; it is there so that a few far out don't hide themselves.

All is done where the variance depends on size alone: the arcsine of the root of a proportion, the root of a rate. Limits are
turned back, so that none leaves what a rate can be. Shrunken rates are empirical Bayes: the beta-binomial distribution of
proportions, the gamma-Poisson of rates, by maximum likelihood.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, logit
from scipy.stats import beta, gamma, norm

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError, RequestError, unknown
from analysis.inspections.measuring.measures import wilson

Kind = Literal["proportion", "rate"]
Adjustment = Literal["additive", "multiplicative", "none"]
KINDS: tuple[str, ...] = get_args(Kind)
ADJUSTMENTS: tuple[str, ...] = get_args(Adjustment)
WIDE, WIDEST = 0.95, 0.998
"""The two pairs of limits: one in twenty, and one in five hundred, lies outside when all is well."""
WINSORISED = 0.1
"""The share of z scores drawn in at each end before the excess is estimated, so that outliers don't hide themselves."""
FEWEST = 10
"""Authorities, at least: of fewer no spread can be told."""
_LARGEST_SD = np.log(1e9)
_RANK_DRAWS = 1000
_Z = 1.96


@dataclass(frozen=True)
class Funnel:
    """Rates of one year against limits.

    ``centre``: all authorities' rate together, per ``scale``. ``dispersion``: the mean square of winsorised z scores, 1
    where chance explains all; ``between_sd``: the excess as a standard deviation on the transformed scale (additive), 0
    without. ``points``: a row an authority, index as given: ``numerator``, ``denominator``, ``value``, ``low_95``,
    ``high_95``, ``low_998``, ``high_998`` (limits at its size), ``z``, ``shrunk``, ``shrunk_low``, ``shrunk_high`` (95%),
    rates per ``scale``. ``n_missing`` had no figure or no people to count.
    """

    kind: Kind
    adjustment: Adjustment
    scale: float
    centre: float
    dispersion: float
    between_sd: float
    n_missing: int
    points: pd.DataFrame = field(repr=False)

    def limits(self, denominators: np.ndarray, level: float = WIDE) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper limits at these sizes, shape of ``denominators``, for drawing."""
        forward, back, variance = _TRANSFORMS[self.kind]
        deviation = norm.ppf((1 + level) / 2) * self._sd(variance / np.asarray(denominators, dtype=float))
        middle = forward(self.centre / self.scale)
        return self.scale * back(middle - deviation), self.scale * back(middle + deviation)

    def outside(self, level: float = WIDE) -> pd.DataFrame:
        """Return the points beyond the limits of a level, the furthest first."""
        beyond = self.points[self.points["z"].abs() > norm.ppf((1 + level) / 2)]
        return beyond.sort_values("z", key=np.abs, ascending=False, kind="stable")

    def _sd(self, variance: np.ndarray) -> np.ndarray:
        factor = self.dispersion if self.adjustment == "multiplicative" else 1.0
        sd: np.ndarray = np.sqrt(variance * factor + self.between_sd**2)
        return sd


def _root_sine(share: np.ndarray) -> np.ndarray:
    turned: np.ndarray = np.sin(np.clip(share, 0, np.pi / 2)) ** 2
    return turned


def _square(root: np.ndarray) -> np.ndarray:
    squared: np.ndarray = np.maximum(root, 0) ** 2
    return squared


_TRANSFORMS: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray], float]] = {
    "proportion": (lambda share: np.arcsin(np.sqrt(share)), _root_sine, 0.25),
    "rate": (np.sqrt, _square, 0.25),
}
"""By kind: to the scale on which the variance is the last number over the size, and back."""


def funnel(
    numerator: pd.Series,
    denominator: pd.Series,
    kind: Kind = "proportion",
    scale: float = 100.0,
    adjustment: Adjustment = "additive",
) -> Funnel:
    """Set rates of ``numerator`` over ``denominator`` (same index, an authority each) against limits.

    ``kind`` proportion: people out of people, so that none exceeds all; rate: events over whatever they are counted
    against. Full-time equivalents are taken for people. Rows without either number, or without anybody to count, are left
    out. Raises RequestError for an unknown kind or adjustment; DataError for fewer than ``FEWEST`` authorities, a negative
    number, a proportion above one, or no event anywhere.
    """
    for name, choice, choices in (("kind", kind, KINDS), ("adjustment", adjustment, ADJUSTMENTS)):
        if choice not in choices:
            raise unknown(name, str(choice), choices)
    both = pd.DataFrame({"numerator": numerator, "denominator": denominator}).astype(float)
    known = both.dropna()[lambda rows: rows["denominator"] > 0]
    _check(known, kind)
    counted, size = known["numerator"].to_numpy(), known["denominator"].to_numpy()
    centre = counted.sum() / size.sum()
    forward, _, variance = _TRANSFORMS[kind]
    distance, own = forward(counted / size) - forward(centre), variance / size
    dispersion, between = _excess(distance / np.sqrt(own), own)
    funnel = Funnel(
        kind=kind,
        adjustment=adjustment,
        scale=scale,
        centre=float(scale * centre),
        dispersion=dispersion,
        between_sd=between if adjustment == "additive" else 0.0,
        n_missing=len(both) - len(known),
        points=known,
    )
    low, high = funnel.limits(size)
    lowest, highest = funnel.limits(size, WIDEST)
    shrunk, shrunk_low, shrunk_high = _shrunk(counted, size, kind)
    points = known.assign(
        value=scale * counted / size,
        low_95=low,
        high_95=high,
        low_998=lowest,
        high_998=highest,
        z=distance / funnel._sd(own),
        shrunk=scale * shrunk,
        shrunk_low=scale * shrunk_low,
        shrunk_high=scale * shrunk_high,
    )
    return Funnel(**{**vars(funnel), "points": points})


def _check(known: pd.DataFrame, kind: Kind) -> None:
    if len(known) < FEWEST:
        raise DataError(f"{len(known)} authorities have the figure; limits need {FEWEST} at least")
    if (known["numerator"] < 0).any():
        raise DataError(f"{known.index[known['numerator'] < 0][0]}: counts fewer than none")
    above = known["numerator"] > known["denominator"]
    if kind == "proportion" and above.any():
        raise DataError(
            f"{known.index[above][0]}: counts more than all; ask for a rate instead of a proportion"
        )
    if not known["numerator"].any():
        raise DataError("nothing was counted anywhere, so there is no rate to set limits around")


def _excess(scores: np.ndarray, variance: np.ndarray) -> tuple[float, float]:
    """Return the dispersion and the standard deviation between authorities, by the moments of winsorised z scores."""
    low, high = np.quantile(scores, [WINSORISED, 1 - WINSORISED])
    total = float((np.clip(scores, low, high) ** 2).sum())
    n, weight = len(scores), 1 / variance
    if total <= n - 1:
        return 1.0, 0.0
    between = (total - (n - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())
    return total / n, float(np.sqrt(between))


def _shrunk(counted: np.ndarray, size: np.ndarray, kind: Kind) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return posterior means and 95% limits of each rate, shapes (authorities,).

    The prior's mean and spread are where the counts are likeliest. Where chance explains all the prior is a point, and all
    rates shrink to the centre.
    """
    centre = counted.sum() / size.sum()
    is_share = kind == "proportion"

    def prior(point: np.ndarray) -> tuple[float, float]:
        mean = float(expit(point[0]) if is_share else np.exp(point[0]))
        return mean * float(np.exp(point[1])), (1 - mean if is_share else 1) * float(np.exp(point[1]))

    def minus(point: np.ndarray) -> float:
        first, second = prior(point)
        if is_share:
            return -float((betaln(first + counted, second + size - counted) - betaln(first, second)).sum())
        likelihood = (
            gammaln(first + counted)
            - gammaln(first)
            + first * np.log(second)
            - (first + counted) * np.log(second + size)
        )
        return -float(likelihood.sum())

    start = np.array([logit(centre) if is_share else np.log(centre), np.log(np.median(size))])
    minimum = minimize(minus, start, method="L-BFGS-B", bounds=[(None, None), (-_LARGEST_SD, _LARGEST_SD)])
    first, second = prior(minimum.x)
    posterior = (
        beta(first + counted, second + size - counted)
        if is_share
        else gamma(first + counted, scale=1 / (second + size))
    )
    return posterior.mean(), posterior.ppf(0.025), posterior.ppf(0.975)


@dataclass(frozen=True)
class CountsBehind:
    """The columns of a panel that count what an indicator is a rate of; ``kind`` and ``scale`` are those of ``funnel``.

    The denominator is of ``denominator_lag_years`` before the rate's own year.
    """

    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    denominator_lag_years: int
    kind: Kind
    scale: float


def counts_behind(name: str) -> CountsBehind:
    """Return the counts behind an indicator, from the dictionary: those of a published rate, or of the project's formula.

    Several counts added up, or a unit that isn't per cent, make a rate rather than a proportion. Raises RequestError for an
    indicator that isn't a rate of anything counted.
    """
    entry = indicator(name)
    if entry.counts is not None:
        is_share = entry.unit == "percent"
        return CountsBehind(
            numerator=(entry.counts.numerator,),
            denominator=entry.counts.denominator,
            denominator_lag_years=0,
            kind="proportion" if is_share else "rate",
            scale=float(entry.counts.scale),
        )
    formula = entry.formula
    if formula is None or formula.operation != "ratio" or formula.denominator is None or formula.less:
        raise RequestError(f"{name}: no counts are known behind it, so chance has no known size")
    is_share = entry.unit == "percent" and not formula.plus
    return CountsBehind(
        numerator=(formula.numerator, *formula.plus),
        denominator=(formula.denominator,),
        denominator_lag_years=int(formula.denominator_lag_years),
        kind="proportion" if is_share else "rate",
        scale=float(formula.scale),
    )


def funnel_of(panel: pd.DataFrame, name: str, year: int, adjustment: Adjustment = "additive") -> Funnel:
    """Set one year's figures of an indicator against limits; ``panel``: authorities by year, index of points: their codes.

    Raises RequestError as ``counts_behind`` does, DataError as ``funnel`` does, with indicator and year.
    """
    behind = counts_behind(name)
    used = dict.fromkeys(("authority_code", "year", name, *behind.numerator, *behind.denominator))
    by_code = panel[list(used)].set_index("authority_code")
    rows = by_code[by_code["year"] == year]
    sized = by_code[by_code["year"] == year - behind.denominator_lag_years]
    numerator = rows[list(behind.numerator)].sum(axis=1, min_count=len(behind.numerator))
    denominator = sized[list(behind.denominator)].sum(axis=1, min_count=len(behind.denominator))
    try:
        # A figure that the publisher withholds has no counts to be judged by either.
        return funnel(
            numerator.where(rows[name].notna()),
            denominator.reindex(rows.index),
            behind.kind,
            behind.scale,
            adjustment,
        )
    except DataError as error:
        raise DataError(f"{name}, {year}: {error}") from error


def points_with_chance(limits: Funnel) -> pd.DataFrame:
    """Return a funnel's points with ``rank`` from the lowest, and 95% limits of chance: ``chance_low`` and ``chance_high``
    of each rate, ``rank_low`` and ``rank_high`` of its rank.

    Of a proportion the limits are Wilson's (1927), of a rate those of its root. For ranks every authority's rate is drawn
    anew from a normal distribution with the mean and the width of its shrunken rate's interval (Goldstein and Spiegelhalter
    1996, Journal of the Royal Statistical Society A 159).
    """
    points = limits.points
    counts, sizes = points["numerator"].to_numpy(), points["denominator"].to_numpy()
    if limits.kind == "proportion":
        low, high = wilson(counts, sizes)
    else:
        low, high = (np.maximum(np.sqrt(counts) + sign * _Z / 2, 0) ** 2 / sizes for sign in (-1, 1))
    spread = (points["shrunk_high"] - points["shrunk_low"]).to_numpy() / (2 * _Z)
    drawn = np.random.default_rng(0).normal(points["shrunk"].to_numpy(), spread, (_RANK_DRAWS, len(points)))
    ranks = np.empty(drawn.shape, int)
    np.put_along_axis(ranks, drawn.argsort(axis=1), np.arange(1, len(points) + 1)[None], axis=1)
    rank_low, rank_high = np.percentile(ranks, [2.5, 97.5], axis=0)
    rank = points["value"].rank(method="min").to_numpy()
    return points.assign(
        chance_low=limits.scale * low,
        chance_high=limits.scale * high,
        rank=rank,
        rank_low=np.minimum(np.floor(rank_low), rank),
        rank_high=np.maximum(np.ceil(rank_high), rank),
    )
