"""The tables of inspection reports: their constructs, judgements, grades and columns, and whether pairs fit reports."""

import numpy as np
import pandas as pd

from analysis.errors import DataError

from .checks import check_keys

CONSTRUCTS = ("turnover", "leadership", "caseload", "drift", "oversight", "plans", "visits", "resources")
LABELS = {
    "turnover": "Turnover of workers",
    "leadership": "Change of leaders",
    "caseload": "Caseload",
    "drift": "Drift and delay",
    "oversight": "Oversight",
    "plans": "Written plans",
    "visits": "Visits to children",
    "resources": "Money",
}
"""The constructs as readers see them, in the order of the codebook."""
JUDGEMENTS = ("overall", "leaders", "help_protection", "in_care", "care_leavers", "adoption")
"""The judgements in the order of the table."""
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
"""The columns of ``data/processed/inspection_reports.csv``: a row a report."""
PAIR_RATINGS = ("problem", "strength")
PAIR_KEY = ("report", "first", "second", "rating")
PAIR_COLUMNS = (*PAIR_KEY, "sentences")
"""The columns of ``inspection_report_pairs.csv``: sentences coded so on both constructs, none where no row is."""
PAGE_KEY = ("report", "construct", "rating", "page")
PAGE_COLUMNS = (*PAGE_KEY, "sentences")
"""The columns of ``inspection_report_pages.csv``: sentences of a page, from 1, coded so, none where no row is."""
DIRECTOR_COLUMNS = ("report", "authority_code", "in_post_since", "is_interim", "page")
"""The columns of ``inspection_directors.csv``: a row a report of ``DATED_FRAMEWORK`` that dates its director of children's
services; ``in_post_since`` is a month, or a year where the report gives no month."""
DATED_FRAMEWORK = "sif"
"""The framework whose reports say as a rule since when the director has been in post; of others a few do."""
GRADES = ("outstanding", "good", "requires improvement", "inadequate")
"""The grades of the whole from best to worst; ``adequate``, of before November 2013, is ``requires improvement``."""


FRAMEWORK_LABELS = {
    "pre_sif": "framework of before November 2013",
    "sif": "single inspection framework",
    "ilacs_standard": "standard inspection",
    "ilacs_short": "short inspection",
    "ilacs_2026": "inspection under the framework of 2026",
}
"""Frameworks of inspection as readers know them, by the name in the table."""


def check_pairs(pairs: pd.DataFrame, reports: pd.DataFrame, where: str) -> None:
    """Raise DataError where a row of ``pairs`` (``PAIR_COLUMNS``) doesn't fit ``reports`` (``COLUMNS``).

    Refused are a repeated row, a report that isn't in ``reports``, constructs that aren't two in the order of the codebook,
    another rating, and more sentences on both constructs than on either.
    """
    check_keys(pairs, PAIR_KEY, where)
    report = pd.Index(reports["report"]).get_indexer(pairs["report"])
    first, second = (pd.Index(CONSTRUCTS).get_indexer(pairs[side]) for side in ("first", "second"))
    rating = pd.Index(PAIR_RATINGS).get_indexer(pairs["rating"])
    _refuse(pairs, report < 0, where, "isn't in the table of inspection reports")
    in_order = (first >= 0) & (first < second)
    _refuse(pairs, ~in_order, where, "isn't a pair of constructs in the order of the codebook")
    _refuse(pairs, rating < 0, where, f"rating is none of {', '.join(PAIR_RATINGS)}")
    columns = [f"{construct}_{rated}" for construct in CONSTRUCTS for rated in PAIR_RATINGS]
    counts = reports[columns].to_numpy().reshape(len(reports), len(CONSTRUCTS), len(PAIR_RATINGS))
    most = np.minimum(counts[report, first, rating], counts[report, second, rating])
    within = ((pairs["sentences"] > 0) & (pairs["sentences"] <= most)).to_numpy()
    told = "{sentences} sentences on both, where either has {most} at {rating}"
    _refuse(pairs, ~within, where, told, most)


def check_pages(pages: pd.DataFrame, reports: pd.DataFrame, where: str) -> None:
    """Raise DataError where ``pages`` (``PAGE_COLUMNS``) don't add up to the counts of ``reports`` (``COLUMNS``)."""
    check_keys(pages, PAGE_KEY, where)
    on_pages = pages.groupby(["report", "construct", "rating"])["sentences"].sum().to_dict()
    known = reports.set_index("report")
    expected = {
        (report, construct, rating): n
        for construct in CONSTRUCTS
        for rating in PAIR_RATINGS
        for report, n in known[f"{construct}_{rating}"].items()
        if n
    }
    for key in sorted(on_pages.keys() | expected.keys()):
        if on_pages.get(key, 0) != expected.get(key, 0):
            told = f"{on_pages.get(key, 0)} sentences on its pages, {expected.get(key, 0)} in the table of reports"
            raise DataError(f"{where}: {key[0]}, {key[1]} as {key[2]}: {told}")


def check_directors(directors: pd.DataFrame, reports: pd.DataFrame, where: str) -> None:
    """Raise DataError where a row of ``directors`` (``DIRECTOR_COLUMNS``) doesn't fit ``reports`` (``COLUMNS``).

    Refused are a repeated report, one that isn't in ``reports`` or is another authority's there, what is no month or year,
    and a month after the report was published.
    """
    check_keys(directors, ("report",), where)
    since = directors["in_post_since"]
    known = reports.set_index("report")[["authority_code", "published"]].reindex(directors["report"])
    own, published = (known[name].reset_index(drop=True) for name in known)
    for wrong, problem in (
        (own.isna(), "isn't in the table of inspection reports"),
        (own != directors["authority_code"], "is another authority's in the table of inspection reports"),
        (
            ~since.str.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?"),
            "in_post_since is no month as in 2014-07, nor a year",
        ),
        (since > published.fillna(""), "in_post_since is after the report was published"),
    ):
        if wrong.any():
            row = directors.iloc[int(wrong.to_numpy().argmax())]
            raise DataError(f"{where}: {row['report']} ({row['in_post_since']}): {problem}")


def _refuse(
    rows: pd.DataFrame, wrong: np.ndarray, where: str, problem: str, most: np.ndarray | None = None
) -> None:
    """Raise DataError naming the first row that is wrong; ``problem`` may name its columns, and ``most``, in braces."""
    if not wrong.any():
        return
    place = int(wrong.argmax())
    row = rows.iloc[place]
    told = problem.format(**row, most=None if most is None else most[place])
    raise DataError(f"{where}: {row['report']}, {row['first']} and {row['second']}: {told}")


def overall_grade(reports: pd.DataFrame) -> pd.Series:
    """Return the grade of the whole in today's words (``GRADES``); missing where a report gives none."""
    grade = reports["overall"].replace({"adequate": "requires improvement"})
    return grade.where(grade.isin(GRADES))


def first_days(reports: pd.DataFrame) -> pd.Series:
    """Return each inspection's first day as ISO text, or its report's day of publication where that is unknown."""
    return reports["inspection_start"].where(reports["inspection_start"] != "", reports["published"])


def last_days(reports: pd.DataFrame) -> pd.Series:
    """Return each inspection's last day as ISO text, or its report's day of publication where that is unknown."""
    return reports["inspection_end"].where(reports["inspection_end"] != "", reports["published"])
