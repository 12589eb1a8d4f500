"""Where each authority stands and which way it moves, beside the others: random intercepts and slopes over years.

Model: an authority's figure less the mean of all authorities of the year is level_i + change_i · (year − middle) +
noise, level and change jointly normal over authorities (Laird and Ware 1982), by restricted maximum likelihood in
statsmodels. What is told of an authority is its conditional mean given its figures, drawn towards the others by as
much as its own years are few or noisy, with the interval of that. An authority's noise is taken to be independent
from year to year; where it lasts, intervals of changes are too narrow.
"""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtri
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from analysis.errors import DataError, RequestError, unknown

FEWEST_YEARS = 4
"""Years with a figure that an authority needs, for its line to be told from its noise."""
FEWEST_AUTHORITIES = 20
LEVELS = ("higher", "unclear", "lower")
CHANGES = ("rising", "unclear", "falling")


@dataclass(frozen=True)
class Trajectories:
    """Levels and yearly changes of authorities against all of them, in the figure's own unit.

    ``level_sd``, ``change_sd`` and ``noise_sd`` are standard deviations over authorities, and of an authority's years
    around its line; ``correlation`` is of level and change. ``authorities``: index code, columns level, level_low,
    level_high, change, change_low, change_high (95%), n_years, and the groups that these intervals tell: ``is_level``
    among LEVELS, ``is_change`` among CHANGES.
    """

    column: str
    first_year: int
    last_year: int
    level_sd: float
    change_sd: float
    correlation: float
    noise_sd: float
    n_observations: int
    authorities: pd.DataFrame = field(repr=False)

    def groups(self) -> pd.DataFrame:
        """Return how many authorities are in each group: a row a level, a column a change, in the order of both."""
        table = pd.crosstab(self.authorities["is_level"], self.authorities["is_change"])
        return table.reindex(index=list(LEVELS), columns=list(CHANGES), fill_value=0)


def trajectories(panel: pd.DataFrame, column: str, years: tuple[int, int]) -> Trajectories:
    """Fit levels and changes of ``column`` over ``years``, first and last; ``panel``: authority_code, year and the column.

    Raises RequestError for an unknown column or years the wrong way round; DataError for fewer than FEWEST_AUTHORITIES with
    FEWEST_YEARS figures each, or a model that can't be fitted.
    """
    if column not in panel.columns:
        raise unknown("column", column, map(str, panel.columns))
    if years[0] > years[1]:
        raise RequestError(f"years: the first, {years[0]}, is after the last, {years[1]}")
    rows = panel.loc[panel["year"].between(*years), ["authority_code", "year", column]].dropna()
    enough = rows.groupby("authority_code")["year"].transform("size") >= FEWEST_YEARS
    rows = rows[enough].sort_values(["authority_code", "year"], ignore_index=True)
    n_authorities = rows["authority_code"].nunique()
    if n_authorities < FEWEST_AUTHORITIES:
        raise DataError(
            f"{column}: {n_authorities} authorities have {FEWEST_YEARS} years of figures from {years[0]} to {years[1]}; "
            f"{FEWEST_AUTHORITIES} are needed"
        )
    own = rows[column] - rows.groupby("year")[column].transform("mean")
    spread = float(own.std(ddof=1))
    if not spread > 0:
        raise DataError(f"{column}: the same value in all authorities of each year")
    time = rows["year"] - (years[0] + years[1]) / 2
    design = np.column_stack([np.ones(len(rows)), time])
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # a variance at its edge of nil is an answer, not a failure
        fitted = MixedLM(own / spread, design, groups=rows["authority_code"], exog_re=design).fit(reml=True)
    if not np.isfinite(fitted.llf):
        raise DataError(f"{column}: levels and changes have no likelihood with a maximum")
    reach = float(ndtri(0.975))
    told = {}
    for code, effects in fitted.random_effects.items():
        mean = np.asarray(effects) + np.asarray(fitted.fe_params)
        error = np.sqrt(np.diag(np.asarray(fitted.random_effects_cov[code])))
        told[code] = [*(spread * np.column_stack([mean, mean - reach * error, mean + reach * error]).ravel())]
    names = ["level", "level_low", "level_high", "change", "change_low", "change_high"]
    authorities = pd.DataFrame.from_dict(told, orient="index", columns=names).sort_index()
    authorities.index.name = "authority_code"
    authorities["n_years"] = rows.groupby("authority_code").size()
    for group, part, (more, unclear, less) in (
        ("is_level", "level", LEVELS),
        ("is_change", "change", CHANGES),
    ):
        authorities[group] = np.select(
            [authorities[f"{part}_low"] > 0, authorities[f"{part}_high"] < 0], [more, less], unclear
        )
    covariance = np.asarray(fitted.cov_re) * spread**2
    sds = np.sqrt(np.diag(covariance))
    return Trajectories(
        column=column,
        first_year=int(rows["year"].min()),
        last_year=int(rows["year"].max()),
        level_sd=float(sds[0]),
        change_sd=float(sds[1]),
        correlation=float(covariance[0, 1] / sds.prod()) if sds.all() else 0.0,
        noise_sd=float(np.sqrt(fitted.scale) * spread),
        n_observations=len(rows),
        authorities=authorities,
    )
