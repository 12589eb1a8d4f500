"""Spend from 2008-09 on, per child and in the prices of one year, further back than other figures reach."""

import pandas as pd

from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.errors import RequestError

from .rates import deflators, denominator, derived_indicators, price_index

LINES = (
    "children_services_gbp", "looked_after_gbp", "safeguarding_gbp", "family_support_gbp", "young_people_gbp",
    "early_years_gbp", "youth_justice_gbp",
)  # fmt: skip
PREVENTION = ("family_support_gbp", "young_people_gbp", "early_years_gbp")
FIRST_POPULATION_YEAR = 2012
"""Children by authority are of one series of estimates from mid-2012 on; spend before 2013 is divided by its first count."""


def real_spending(figures: pd.DataFrame, annual_rates_percent: pd.Series, price_year: int) -> pd.DataFrame:
    """Return a row an authority and financial year: ``children`` and each line of ``LINES`` in £ of ``price_year``.

    ``figures`` are cleaned ones (authority_code, year, indicator, value); ``prevention_gbp`` is the sum of
    ``PREVENTION`` where all its lines are present. Years without a return are absent. Raises RequestError where
    ``price_year`` lies outside the prices.
    """
    index = price_index(annual_rates_percent)
    if price_year - 1 not in index.index:
        raise RequestError(
            f"price_year {price_year}: prices reach from {index.index.min() + 1} to {index.index.max() + 1}"
        )
    chosen = figures[figures["indicator"].isin(LINES)]
    wide = chosen.pivot(index=["authority_code", "year"], columns="indicator", values="value")
    wide = wide.reindex(columns=list(LINES)).dropna(how="all").rename_axis(columns=None).reset_index()
    wide["prevention_gbp"] = wide[list(PREVENTION)].sum(axis=1, min_count=len(PREVENTION))
    factor = deflators(wide["year"], index, price_year)
    money = [*LINES, "prevention_gbp"]
    wide[money] = wide[money].mul(factor, axis=0)
    return wide.assign(children=_children(figures, wide))


def _children(figures: pd.DataFrame, wide: pd.DataFrame) -> pd.Series:
    counts = figures[figures["indicator"] == "child_population_children"]
    by_key = counts.set_index(["authority_code", "year"])["value"]
    years = (wide["year"] - 1).clip(lower=FIRST_POPULATION_YEAR)
    wanted = pd.MultiIndex.from_arrays([wide["authority_code"], years])
    return pd.Series(by_key.reindex(wanted).to_numpy(), index=wide.index)


def national_spending(spending: pd.DataFrame) -> pd.DataFrame:
    """Return the sum over authorities by year, a column a line, in the same prices.

    A line is missing in a year in which fewer than nine authorities in ten returned it: the return didn't have it yet.
    """
    money = [name for name in spending if name.endswith("_gbp")]
    by_year = spending.groupby("year")
    enough = by_year[money].count().ge(0.9 * by_year.size(), axis=0)
    return by_year[money].sum(min_count=1).where(enough)


def per_child_of_returns(
    national: pd.DataFrame, figures: pd.DataFrame, region_of: "pd.Series[str]"
) -> pd.DataFrame:
    """Return ``national`` with spend per child over the children of those authorities that made a return.

    A published total is of the authorities that returned one; the children of the others, whose total is a marker, are
    not to be divided by. ``national``: a row an area (England, regions) and year with its derived indicators; ``figures``:
    authorities' own (authority_code, year, indicator, value, marker); ``region_of``: each authority's region by code.
    """
    unreturned = figures[(figures["indicator"] == LINES[0]) & (figures["marker"] != "")]
    unreturned = unreturned[["authority_code", "year"]]
    areas = pd.concat(
        [
            unreturned.assign(area=ENGLAND_CODE),
            unreturned.assign(area=unreturned["authority_code"].map(region_of)),
        ]
    )
    keys = pd.MultiIndex.from_frame(national[["authority_code", "year"]])
    changed = {}
    for entry in derived_indicators():
        formula = entry.formula
        if formula is None or formula.operation != "real_per_child" or entry.id not in national:
            continue
        counts = figures[figures["indicator"] == formula.denominator]
        by_key = counts.set_index(["authority_code", "year"])["value"]
        wanted = [areas["authority_code"], areas["year"] - formula.denominator_lag_years]
        children = areas.assign(children=by_key.reindex(pd.MultiIndex.from_arrays(wanted)).to_numpy())
        left_out = children.groupby(["area", "year"])["children"].sum().reindex(keys).fillna(0).to_numpy()
        below = denominator(national, formula)
        assert below is not None  # what is per child is divided
        whole = national[entry.id]
        changed[entry.id] = whole.where(left_out == 0, whole * below / (below - left_out))
    return national.assign(**changed)


def change_since(spending: pd.DataFrame, column: str, base_year: int) -> pd.DataFrame:
    """Return ``spending`` with ``per_child_gbp`` and ``change_percent`` of ``column`` per child since ``base_year``.

    The change is missing for authorities without spend or children in the base year, such as those formed later.
    """
    per_child = spending[column] / spending["children"].where(spending["children"] > 0)
    base = per_child[spending["year"] == base_year]
    base.index = spending.loc[base.index, "authority_code"]
    start = spending["authority_code"].map(base).where(lambda values: values > 0)
    return spending.assign(per_child_gbp=per_child, change_percent=100 * (per_child / start - 1))
