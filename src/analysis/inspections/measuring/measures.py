"""What reports speak of: counts and shares of sentences with intervals, as coded.

``design`` sets shares right for the coder's errors, from sentences drawn with known chances.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.definitions.authorities import name_key, resolve
from analysis.data.definitions.inspection_reports import CONSTRUCTS, RATINGS, first_days

DRAWS = 400


@cache
def accuracy() -> dict[str, Any]:
    """Return what the coder's training recorded of its accuracy on reports that it hadn't learnt from."""
    recorded: dict[str, Any] = json.loads(
        files("analysis.inspections.coder").joinpath("accuracy.json").read_text("utf-8")
    )
    return recorded


def wilson(counts: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's 95% interval (1927) of shares; missing where there is nothing to count."""
    from statsmodels.stats.proportion import proportion_confint  # slow to import: only where it is used

    low, high = proportion_confint(counts, np.maximum(totals, 1), method="wilson")
    known = np.asarray(totals) > 0
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def by_construct(reports: pd.DataFrame) -> pd.DataFrame:
    """Return one row a report and construct: sentences, counts, the share of problems with Wilson's interval."""
    parts = [
        reports[["report", "authority_code", "sentences"]].assign(
            construct=name, **{rating: reports[f"{name}_{rating}"] for rating in RATINGS}
        )
        for name in CONSTRUCTS
    ]
    rows = pd.concat(parts, ignore_index=True)
    low, high = wilson(rows["problem"].to_numpy(), rows["sentences"].to_numpy())
    return rows.assign(problem_share=rows["problem"] / rows["sentences"], conf_low=low, conf_high=high)


def year_of(reports: pd.DataFrame) -> pd.Series:
    """Return the calendar year of an inspection's first day, or of publication where its days are unknown."""
    return first_days(reports).str[:4].astype(int)


def problem_shares(
    reports: pd.DataFrame, construct: str, draws: int = DRAWS, seed: int = 0
) -> dict[str, float]:
    """Return a construct's share of problem sentences as coded, ``coded``, with a 95% interval.

    Intervals are percentiles of a bootstrap that draws reports, whose sentences resemble each other.
    """
    rng = np.random.default_rng(seed)
    problems = reports[f"{construct}_problem"].to_numpy()
    sentences = reports["sentences"].to_numpy()
    rows = rng.integers(0, len(reports), (draws, len(reports)))
    low, high = np.percentile(problems[rows].sum(axis=1) / sentences[rows].sum(axis=1), [2.5, 97.5])
    return {
        "n_reports": len(reports),
        "sentences": int(sentences.sum()),
        "coded": float(problems.sum() / sentences.sum()),
        "coded_low": float(low),
        "coded_high": float(high),
    }


def grouped_shares(
    reports: pd.DataFrame, groups: pd.Series, draws: int = DRAWS, seed: int = 0
) -> pd.DataFrame:
    """Return ``problem_shares`` of every construct for each group of at least five reports: columns group, construct."""
    rows = [
        {"group": group, "construct": construct, **problem_shares(members, construct, draws, seed)}
        for group, members in reports.groupby(groups, observed=True)
        if len(members) >= 5
        for construct in CONSTRUCTS
    ]
    return pd.DataFrame(rows)


def marked(reports: pd.DataFrame, authority: str) -> pd.DataFrame:
    """Return the reports of an authority, by name or code, by construct with the years of inspection and of publication.

    Reports of a predecessor of the same name are among them. Raises RequestError for an unknown authority.
    """
    resolved = resolve(authority)
    named = [name_key(name) == name_key(resolved.name) for name in reports["authority"]]
    own = reports[
        pd.Series(named, reports.index, dtype=bool) | reports["authority_code"].isin(resolved.codes)
    ]
    years = own.assign(year=year_of(own), published_year=own["published"].str[:4].astype(int))
    return by_construct(own).merge(years[["report", "year", "published_year"]], on="report")
