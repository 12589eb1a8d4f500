"""Which problems, or strengths, go together in reports, and how the overall grade goes with each: associations, no more.

Pairs: a binomial logistic regression of one construct's problem sentences out of all sentences on another's share of them,
after allowing for the report's tone (the share of problems among what is coded on the other six) and its overall grade;
standard errors clustered by authority. Strengths are compared the same way. Each pair is fitted both ways and the two log
odds ratios are averaged, with the larger standard error, so that no direction is claimed. q values: Benjamini and Hochberg
(1995). Grade: a proportional odds model (McCullagh 1980). All are statsmodels'.
"""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import expit, logit
from scipy.stats import norm, rv_continuous
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.stats.multitest import multipletests

from analysis.data.definitions.inspection_reports import CONSTRUCTS, GRADES, RATINGS, overall_grade

Z = float(norm.ppf(0.975))
MIN_CODED = 100
"""Constructs with fewer sentences coded so in all are left out of pairs: too little to go by."""


def standard_share(reports: pd.DataFrame, construct: str, rating: str = "problem") -> pd.Series:
    """Return a construct's share of problem sentences, or of another rating, as ``standard_root`` has it."""
    shares = standard_root(reports[f"{construct}_{rating}"].to_numpy(), reports["sentences"].to_numpy())
    return pd.Series(shares, reports.index)


def standard_root(counts: np.ndarray, sentences: np.ndarray) -> np.ndarray:
    """Return the square root of each report's share, shape (reports,), in standard deviations from its mean.

    The square root keeps the few reports with very many from carrying an estimate.
    """
    share = np.sqrt(counts / sentences)
    standard: np.ndarray = (share - share.mean()) / share.std()
    return standard


def tone(reports: pd.DataFrame, without: tuple[str, ...] = (), rating: str = "problem") -> pd.Series:
    """Return the share of a rating among coded sentences of the constructs not in ``without``, standardised."""
    kept = [name for name in CONSTRUCTS if name not in without]
    rated = reports[[f"{name}_{rating}" for name in kept]].to_numpy().sum(axis=1)
    coded = (
        reports[[f"{name}_{any_rating}" for name in kept for any_rating in RATINGS]].to_numpy().sum(axis=1)
    )
    share = pd.Series(rated / coded.clip(min=1), index=reports.index)
    return (share - share.mean()) / share.std(ddof=0)


def grade_columns(reports: pd.DataFrame) -> np.ndarray:
    """Return a column of 0 and 1 for each overall grade but one, and for none, shape (reports, grades).

    The one is good; where no report has it the commonest, or the columns would add up to the constant.
    """
    grades = overall_grade(reports).astype(object).fillna("none")
    base = "good" if (grades == "good").any() else grades.mode()[0]
    columns: np.ndarray = pd.get_dummies(grades, dtype=float).drop(columns=base).to_numpy()
    return columns


def log_odds(reports: pd.DataFrame, outcome: str, other: str, rating: str = "problem") -> tuple[float, float]:
    """Return the log odds ratio of a sentence so rated on ``outcome`` per standard deviation of ``other``, and its error."""
    allowed_for = np.column_stack([tone(reports, (outcome, other), rating), grade_columns(reports)])
    return _log_odds(reports, outcome, other, rating, allowed_for)


def _log_odds(
    reports: pd.DataFrame, outcome: str, other: str, rating: str, allowed_for: np.ndarray
) -> tuple[float, float]:
    """Return what ``log_odds`` does, with tone and grades ``allowed_for``, shape (reports, 1 + grades)."""
    counts, sentences = (reports[name].to_numpy() for name in (f"{outcome}_{rating}", "sentences"))
    share = standard_root(reports[f"{other}_{rating}"].to_numpy(), sentences)
    model = sm.GLM(
        np.column_stack([counts, sentences - counts]),
        np.array([np.ones(len(share)), share, *allowed_for.T]).T,
        family=sm.families.Binomial(),
    )
    groups = pd.factorize(reports["authority"])[0]
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    return float(fit.params[1]), float(fit.bse[1])


def pairs(
    reports: pd.DataFrame, rating: str = "problem", names: tuple[str, ...] = CONSTRUCTS
) -> pd.DataFrame:
    """Return each pair of the constructs ``names`` with its adjusted odds ratio, 95% interval, p and q value.

    ``rating``: what of each construct is compared, ``problem`` or ``strength``. Columns: first, second, odds_ratio,
    conf_low, conf_high, p_value, q_value, n_reports, n_authorities.
    """
    enough = [name for name in names if reports[f"{name}_{rating}"].sum() >= MIN_CODED]
    grades = grade_columns(reports)
    rows = []
    for first, second in combinations(enough, 2):
        allowed_for = np.column_stack([tone(reports, (first, second), rating), grades])
        there, back = (
            _log_odds(reports, *turned, rating, allowed_for) for turned in ((first, second), (second, first))
        )
        value, error = (there[0] + back[0]) / 2, max(there[1], back[1])
        p = 2 * norm.sf(abs(value) / error)
        rows.append((first, second, *np.exp([value, value - Z * error, value + Z * error]), p))
    columns = ["first", "second", "odds_ratio", "conf_low", "conf_high", "p_value"]
    if not rows:
        return pd.DataFrame(columns=[*columns, "n_reports", "n_authorities", "q_value"])
    table = pd.DataFrame(rows, columns=columns).assign(
        n_reports=len(reports), n_authorities=reports["authority"].nunique()
    )
    return table.assign(q_value=multipletests(table["p_value"], method="fdr_bh")[1])


def grade_model(reports: pd.DataFrame) -> pd.DataFrame:
    """Return the proportional odds model of the overall grade (worse is higher) on each construct's problem share.

    Columns: construct, odds_ratio per standard deviation with conf_low, conf_high, p_value of the model with all eight,
    ``alone`` with its limits where the construct is the only one; n_reports.
    """
    grade = overall_grade(reports)
    known = reports[grade.notna()].reset_index(drop=True)
    worse = pd.Series(pd.Categorical(grade.dropna(), GRADES, ordered=True).codes)
    shares = pd.DataFrame({name: standard_share(known, name) for name in CONSTRUCTS})
    whole = _ordered(worse, shares)
    rows = []
    for name in CONSTRUCTS:
        alone = _ordered(worse, shares[[name]])
        limits = _odds(whole, name) | {f"alone_{key}": value for key, value in _odds(alone, name).items()}
        rows.append(
            {"construct": name, **limits, "p_value": float(whole.pvalues[name]), "n_reports": len(known)}
        )
    return pd.DataFrame(rows)


class _Logistic(rv_continuous):  # type: ignore[misc]  # scipy has no types
    """scipy's logistic distribution without the checks of its arguments, which take longer than all else in a fit."""

    def cdf(self, x: np.ndarray) -> np.ndarray:
        probability: np.ndarray = expit(x)
        return probability

    def ppf(self, q: np.ndarray) -> np.ndarray:
        place: np.ndarray = logit(q)
        return place


def _ordered(grades: pd.Series, shares: pd.DataFrame) -> Any:
    return OrderedModel(grades, shares, distr=_Logistic()).fit(method="bfgs", disp=False, maxiter=500)


def _odds(fit: Any, name: str) -> dict[str, float]:
    value, error = fit.params[name], fit.bse[name]
    return {
        key: float(np.exp(value + sign * Z * error))
        for key, sign in (("odds_ratio", 0), ("conf_low", -1), ("conf_high", 1))
    }
