"""Simulated panels for tests of windows of years: indicators of the dictionary, so that years are aligned as they are."""

import numpy as np
import pandas as pd

EXPOSURE, OUTCOME, OTHER = "turnover_percent", "assessments_in_45_days_percent", "reviews_on_time_percent"
MODERATOR, CONTROL, CHILDREN = "agency_percent", "referrals_per_10k", "child_population_children"
FIRST, LAST = 2017, 2025


def panel(authorities=60, seed=0, clusters=None, first=FIRST, last=LAST):
    """Return a panel of independent normal figures: an effect of each authority and year in the exposure and outcomes.

    ``clusters``: how many; authorities are dealt to them in turn. Without, each is its own.
    """
    source = np.random.default_rng(seed)
    years = np.arange(first, last + 1)
    rows = pd.DataFrame(
        [(f"E06{place:06}", year) for place in range(authorities) for year in years],
        columns=["authority_code", "year"],
    )
    place, n = rows["authority_code"].str[3:].astype(int), len(rows)
    rows["authority"] = rows["authority_code"]
    rows["region"] = np.array(["North", "Midlands", "South"])[place % 3]
    rows["cluster"] = "C" + (place % (clusters or authorities)).astype(str).str.zfill(4)
    rows["very_small"] = False
    for name in (EXPOSURE, OUTCOME, OTHER, MODERATOR, CONTROL):
        own, common = source.normal(0, 3, authorities), source.normal(0, 2, len(years))
        rows[name] = 50 + own[place] + common[rows["year"] - first] + source.normal(0, 4, n)
    rows[CHILDREN] = np.exp(source.normal(10, 0.7, authorities))[place] * source.uniform(0.95, 1.05, n)
    return rows


def earlier(rows, name, years):
    """Return a column as it was so many years before each row's year, matched by hand."""
    known = {
        (code, year): value
        for code, year, value in rows[["authority_code", "year", name]].itertuples(index=False)
    }
    return np.array(
        [
            known.get((code, year - years), np.nan)
            for code, year in rows[["authority_code", "year"]].itertuples(index=False)
        ]
    )
