"""What reports speak of: shares of sentences with intervals, as coded and corrected for the coder's errors.

Two corrections stand beside the share as coded. *By error rates* solves for the share that, with the coder's sensitivity
and specificity, would be coded so (Rogan and Gladen 1978); *by calibration* takes the shares of true problems among
sentences coded so and among the others (Tenenbein 1970). Both rates come from hand-coded sentences that were drawn by
keyword: sentences that speak of a construct, and those that nearly do, are more frequent among them than in reports. False
alarms look more frequent than they are to the first, missed sentences to the second. The first therefore tends to fall
below the truth, the second to lie above it, and the two together say how much the coder's errors leave open.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from .coding.constructs import CODES, CONSTRUCTS
from .judgements import JUDGEMENTS

RATINGS = {"problem": "-", "strength": "+", "mixed": "~"}
"""What is counted, and the code that stands for it."""
COUNTS = tuple(f"{construct}_{rating}" for construct in CONSTRUCTS for rating in RATINGS)
ABOUT = (
    "report",
    "authority_code",
    "authority",
    "published",
    "inspection_start",
    "inspection_end",
    "framework",
)
COLUMNS = (*ABOUT, *JUDGEMENTS, "coder", "sentences", *COUNTS)
"""The columns of ``data/raw/inspection_reports.csv``: a row a report."""
GRADES = ("outstanding", "good", "requires improvement", "inadequate")
"""The grades of the whole from best to worst; ``adequate``, of before November 2013, is ``requires improvement``."""
DRAWS = 400


@cache
def accuracy() -> dict[str, Any]:
    """Return what the coder's training recorded of its accuracy under cross-validation."""
    return json.loads(files(__package__).joinpath("coding", "accuracy.json").read_text("utf-8"))


def confusion_of(construct: str) -> np.ndarray:
    """Return counts of true code (rows) by coded (columns) of hand-coded sentences, in the order of ``CODES``."""
    return np.array(accuracy()["final"]["confusion"][construct], dtype=float)


def error_rates(confusion: np.ndarray) -> tuple[float, float]:
    """Return sensitivity and specificity for a problem against everything else."""
    place = CODES.index(RATINGS["problem"])
    true, false = confusion[place], np.delete(confusion, place, axis=0)
    return true[place] / true.sum(), 1 - false[:, place].sum() / false.sum()


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


def overall_grade(reports: pd.DataFrame) -> pd.Series:
    """Return the grade of the whole in today's words; missing where a report gives none."""
    return (
        reports["overall"]
        .replace({"adequate": "requires improvement"})
        .where(lambda grade: grade.isin(GRADES))
    )


def year_of(reports: pd.DataFrame) -> pd.Series:
    """Return the calendar year of an inspection's first day, or of publication where its days are unknown."""
    day = reports["inspection_start"].where(reports["inspection_start"] != "", reports["published"])
    return day.str[:4].astype(int)


def by_error_rates(share: float, confusion: np.ndarray) -> float:
    """Return the true share that would be coded as ``share`` (Rogan and Gladen 1978), kept within 0 and 1."""
    sensitivity, specificity = error_rates(confusion)
    return float(np.clip((share + specificity - 1) / (sensitivity + specificity - 1), 0, 1))


def by_calibration(share: float, confusion: np.ndarray) -> float:
    """Return the true share if sentences coded so, and others, hold the problems that hand-coded ones held."""
    place = CODES.index(RATINGS["problem"])
    coded, rest = confusion[:, place], np.delete(confusion, place, axis=1).sum(axis=1)
    return float(share * coded[place] / coded.sum() + (1 - share) * rest[place] / rest.sum())


WAYS = {"coded": lambda share, _: float(share), "error_rates": by_error_rates, "calibration": by_calibration}
"""The share as coded and its two corrections: (share, confusion table) → share."""


def problem_shares(
    reports: pd.DataFrame, construct: str, draws: int = DRAWS, seed: int = 0
) -> dict[str, float]:
    """Return a construct's share of problem sentences: as coded and by both corrections, each with a 95% interval.

    Intervals are percentiles of a bootstrap that draws reports, whose sentences resemble each other, and the coder's
    confusion table from a Dirichlet distribution with Jeffreys' prior on all its cells.
    """
    rng = np.random.default_rng(seed)
    confusion = confusion_of(construct)
    problems = reports[f"{construct}_problem"].to_numpy()
    sentences = reports["sentences"].to_numpy()
    drawn: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(draws):
        rows = rng.integers(0, len(reports), len(reports))
        table = rng.dirichlet(confusion.ravel() + 0.5).reshape(confusion.shape)
        share = problems[rows].sum() / sentences[rows].sum()
        for name, way in WAYS.items():
            drawn[name].append(way(share, table))
    found: dict[str, float] = {"n_reports": len(reports), "sentences": int(sentences.sum())}
    for name, way in WAYS.items():
        low, high = np.percentile(drawn[name], [2.5, 97.5])
        value = way(problems.sum() / sentences.sum(), confusion)
        found |= {name: value, f"{name}_low": float(low), f"{name}_high": float(high)}
    return found


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
    """Return the reports of an authority, by name or code, by construct with the years of inspection and of publication."""
    named = reports["authority"].str.casefold() == authority.casefold()
    own = reports[named | (reports["authority_code"] == authority)]
    years = own.assign(year=year_of(own), published_year=own["published"].str[:4].astype(int))
    return by_construct(own).merge(years[["report", "year", "published_year"]], on="report")
