"""Where an authority stands among all in a year, by official figures and by what its reports speak of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.cleaning.years import label_of_days
from analysis.errors import DataError
from analysis.files.as_json import renamed
from analysis.findings.interval import Inference

PAIRS = (
    ("turnover", "turnover_percent"),
    ("turnover", "agency_percent"),
    ("caseload", "caseload_cases_per_fte"),
)
"""What reports speak of and the official figure that should show it."""


@dataclass(frozen=True)
class Percentile(Inference):
    """An authority's place among all in one year: 0 lowest, 100 highest, ties counted half; with its chance limits.

    ``value`` is the figure itself, ``estimate`` the percentile.
    """

    indicator: str
    year: int
    value: float
    n_authorities: int

    def as_dict(self) -> dict[str, Any]:
        """Return the place as JSON values; its estimate is called ``percentile``."""
        return renamed(vars(self), estimate="percentile")


def percentile_of(values: pd.Series, value: float) -> float:
    """Return the percentage of ``values`` below ``value``, those equal to it counted half (mid-rank)."""
    known = values.dropna()
    return float(100 * ((known < value).sum() + 0.5 * (known == value).sum()) / len(known))


def reports_standing(
    own_reports: pd.DataFrame, reports: pd.DataFrame, panel: pd.DataFrame, code: str
) -> pd.DataFrame:
    """Return one row a report and pair of ``PAIRS``: does what it says of a construct show in the figures of its time?

    Columns: published, construct, indicator, problem and sentences (counts), ``share_percentile`` (the share's place among
    all reports), year (of the newest 30 September before the inspection began), value, percentile (among authorities in
    that year), n_authorities. Figures are missing where none was published.
    """
    rows = []
    years = label_of_days(own_reports["inspection_start"], "turnover_percent") - 1
    for (_, report), year in zip(own_reports.iterrows(), years, strict=True):
        for construct, name in PAIRS:
            shares = reports[f"{construct}_problem"] / reports["sentences"]
            problem, sentences = int(report[f"{construct}_problem"]), int(report["sentences"])
            rows.append(
                {
                    "published": report["published"], "construct": construct, "indicator": name, "problem": problem,
                    "sentences": sentences, "share_percentile": percentile_of(shares, problem / sentences),
                    "year": int(year), **_standing(panel, code, name, int(year)),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _standing(panel: pd.DataFrame, code: str, name: str, year: int) -> dict[str, float]:
    values = panel[panel["year"] == year].set_index("authority_code")[name].dropna()
    if code not in values.index:
        return {"value": np.nan, "percentile": np.nan, "n_authorities": len(values)}
    own = float(values[code])
    return {"value": own, "percentile": percentile_of(values, own), "n_authorities": len(values)}


def percentile_with_chance(
    panel: pd.DataFrame, code: str, name: str, size: str, year: int, draws: int = 2000, seed: int = 0
) -> Percentile:
    """Return an authority's percentile of a share in one year, with limits from the chance in shares of few children.

    Every authority's share is drawn anew from the binomial distribution with its own share and the count in column
    ``size``; limits are the middle 95% of the percentiles drawn, and p is twice the smaller share of draws on one side of
    50, the data counted as one more draw. Raises DataError where the authority has no figure in the year.
    """
    rows = panel.loc[panel["year"] == year, ["authority_code", name, size]].dropna()
    rows = rows.sort_values("authority_code").reset_index(drop=True)
    place = np.flatnonzero(rows["authority_code"] == code)
    if not len(place):
        raise DataError(f"{name}: {code} has no figure in {year}")
    shares, sizes = rows[name].to_numpy() / 100, rows[size].round().astype(int).to_numpy()
    drawn = np.random.default_rng(seed).binomial(sizes, shares.clip(0, 1), size=(draws, len(rows))) / sizes
    own = drawn[:, place[0]][:, None]
    percentiles = 100 * ((drawn < own).sum(axis=1) + 0.5 * (drawn == own).sum(axis=1)) / len(rows)
    value = float(rows[name].iloc[place[0]])
    estimate = percentile_of(rows[name], value)
    low, high = np.percentile(percentiles, [2.5, 97.5])
    smaller = min((percentiles <= 50).sum(), (percentiles >= 50).sum()) + 1
    return Percentile(
        indicator=name,
        year=year,
        value=value,
        estimate=estimate,
        conf_low=min(float(low), estimate),
        conf_high=max(float(high), estimate),
        p_value=float(min(2 * smaller / (draws + 1), 1.0)),
        n_authorities=len(rows),
    )
