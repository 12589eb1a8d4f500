"""Facts on the workforce that prose states and the notebook records: computed once, so that the two can't differ."""

from typing import Any

import pandas as pd

from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.panel.panel import Panel


def _value(frame: pd.DataFrame, code: str, year: int, column: str) -> float | None:
    found = frame.loc[(frame["authority_code"] == code) & (frame["year"] == year), column].dropna()
    return float(found.iloc[0]) if len(found) else None


def workforce_facts(panel: Panel, name: str, code: str, first_year: int, year: int) -> dict[str, Any]:
    """Return an indicator's national values, its spread, how much of it lasts, and where the marked authority stands.

    ``between_share`` is the share of the variance over authority-years that lies between authorities (their means over
    the years); ``correlation_year_on_year`` is of each authority's value with its own of the year before.
    """
    frame = panel.authorities[
        panel.authorities["year"].between(first_year, year) & ~panel.authorities["very_small"]
    ]
    latest = frame[frame["year"] == year].dropna(subset=[name])
    national = panel.series[panel.series["indicator"] == name]
    value = _value(panel.authorities, code, year, name)
    means = frame.groupby("authority_code")[name].transform("mean")
    before = frame[["authority_code", "year", name]].assign(year=frame["year"] + 1)
    pairs = frame.merge(before, on=["authority_code", "year"], suffixes=("", "_before"))
    return {
        "indicator": name,
        "authority_code": code,
        "authority": str(
            panel.authorities.loc[panel.authorities["authority_code"] == code, "authority"].iloc[-1]
        ),
        "first_year": first_year,
        "year": year,
        "england_first": _value(national, ENGLAND_CODE, first_year, "value"),
        "england": _value(national, ENGLAND_CODE, year, "value"),
        "n_authorities": len(latest),
        "lower_quartile": float(latest[name].quantile(0.25)),
        "upper_quartile": float(latest[name].quantile(0.75)),
        "authority_value": value,
        "authority_place_from_lowest": int((latest[name] < value).sum() + 1) if value is not None else None,
        "between_share": float(means.var() / frame[name].var()),
        "correlation_year_on_year": float(pairs[name].corr(pairs[f"{name}_before"])),
    }
