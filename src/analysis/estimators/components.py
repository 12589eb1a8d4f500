"""How much of the differences between authorities lasts, is chance of small numbers, or changes from year to year.

A figure less the mean of all authorities of its year is level_i + change_it + chance_it. Levels' variance is that of the
one-way analysis of variance, unbalanced (Searle, Casella and McCulloch 1992, Variance Components, chapter 3), and its
share of the whole is the intraclass correlation. The variance of chance is known from the counts: binomial of a
proportion, Poisson of a rate. What is left within authorities is change, in authorities or in how they count.
Intervals are percentiles of a bootstrap of whole authorities (Ukoumunne and others 2003, Statistics in Medicine 22).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.cleaning.years import lag_lead
from analysis.errors import DataError, RequestError, unknown
from analysis.findings.interval import IntervalEstimate

from .diagnostics.noise import binomial_variance
from .funnel import counts_behind

FEWEST_AUTHORITIES = 20
_DRAWS = 999


@dataclass(frozen=True)
class Components:
    """What the variance of an authority's figure in a year consists of, as shares that add up to one.

    ``lasting``: between authorities' levels over the years; ``chance``: of small numbers, and ``changing``: all else within
    an authority from year to year, both None where no counts are known behind the figure. ``total_sd`` is in the figure's
    unit; ``n_rows`` authority-years of ``n_authorities``, of which ``n_counted`` have counts.
    """

    lasting: IntervalEstimate
    chance: IntervalEstimate | None
    changing: IntervalEstimate | None
    total_sd: float
    n_rows: int
    n_authorities: int
    n_counted: int
    n_draws: int
    seed: int


def chance_variance(panel: pd.DataFrame, name: str) -> pd.Series:
    """Return the variance of chance of each row's rate, in its unit squared; missing where its counts are.

    ``panel``: authorities by year. Of a proportion r(1 − r)/(n − 1), of a rate its events over the square of what they are
    counted against. Full-time equivalents are taken for people. Raises RequestError as ``counts_behind`` does, and
    for a panel without the counts.
    """
    behind = counts_behind(name)
    for column in (*behind.numerator, *behind.denominator):
        if column not in panel.columns:
            raise unknown("column", column, map(str, panel.columns))
    counted = panel[list(behind.numerator)].sum(axis=1, min_count=len(behind.numerator))
    sizes = panel[["authority_code", "year"]].assign(
        size=panel[list(behind.denominator)].sum(axis=1, min_count=len(behind.denominator))
    )
    size = lag_lead(sizes, "size", lag_years=behind.denominator_lag_years).where(lambda values: values > 0)
    if behind.kind == "rate":
        return behind.scale**2 * counted / size**2
    variance = binomial_variance((behind.scale * counted / size).to_numpy(), size.to_numpy(), behind.scale)
    return pd.Series(variance, index=panel.index)


def components(
    panel: pd.DataFrame, name: str, years: tuple[int, int], n_draws: int = _DRAWS, seed: int = 0
) -> Components:
    """Return what the variance of ``name`` among authorities over ``years``, first and last, consists of.

    ``panel``: authorities by year. Means of years, and the variances of chance, are taken as known. Where chance would be
    more than there is within authorities, it is all of that. Raises RequestError for an unknown column; DataError for fewer
    than ``FEWEST_AUTHORITIES``, no authority with two years, or values that don't differ.
    """
    if name not in panel.columns:
        raise unknown("column", name, map(str, panel.columns))
    try:
        chance = chance_variance(panel, name)
    except RequestError:
        chance = pd.Series(np.nan, index=panel.index)
    rows = panel.assign(chance=chance).loc[panel["year"].between(*years)].dropna(subset=[name])
    own = (rows[name] - rows.groupby("year")[name].transform("mean")).to_numpy()
    codes, labels = pd.factorize(rows["authority_code"])
    if len(labels) < FEWEST_AUTHORITIES or len(labels) == len(rows) or not np.ptp(own) > 0:
        raise DataError(
            f"{name}: {len(rows)} figures of {len(labels)} authorities in {years[0]} to {years[1]} cannot be split"
        )
    n, total = np.bincount(codes), np.bincount(codes, own)
    squares = np.bincount(codes, own**2)
    is_counted = rows["chance"].notna().to_numpy()
    sums = np.column_stack(
        [n, n.astype(float) ** 2, total, total**2 / n, squares - total**2 / n,
         np.bincount(codes, is_counted), np.bincount(codes, rows["chance"].fillna(0.0))]
    )  # fmt: skip
    generator = np.random.default_rng(seed)
    copies = generator.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), n_draws)
    split, drawn = _split(np.ones((1, len(labels))) @ sums, len(labels)), _split(copies @ sums, len(labels))
    lasting, *others = (_share(split[place], drawn[place]) for place in range(3 if is_counted.any() else 1))
    return Components(
        lasting=lasting,
        chance=others[0] if others else None,
        changing=others[1] if others else None,
        total_sd=float(np.sqrt(split[3][0])),
        n_rows=len(rows),
        n_authorities=len(labels),
        n_counted=int(is_counted.sum()),
        n_draws=n_draws,
        seed=seed,
    )


def _share(own: np.ndarray, drawn: np.ndarray) -> IntervalEstimate:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return IntervalEstimate(estimate=float(own[0]), conf_low=float(low), conf_high=float(high))


def _split(sums: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the shares that last, are chance and change, and the whole variance, each (draws,).

    ``sums`` (draws, 7): over authorities, figures and their square, sums of values, of squares between and within, figures
    with counts and the sum of their variances of chance.
    """
    rows, rows_squared, total, between, within, counted, chance = sums.T
    mean_within = within / (rows - groups)
    mean_between = (between - total**2 / rows) / (groups - 1)
    usual = (rows - rows_squared / rows) / (groups - 1)
    lasting = np.maximum((mean_between - mean_within) / usual, 0.0)
    whole = lasting + mean_within
    with np.errstate(invalid="ignore"):
        of_chance = np.minimum(chance / counted, mean_within)
    return lasting / whole, of_chance / whole, (mean_within - of_chance) / whole, whole
