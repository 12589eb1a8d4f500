"""How inspections, their reports and turnover after them differ where the director of children's services was new.

The director's month of taking up the post is a fact that a report gives, not a thing that its inspectors judge: an exposure
that is independent of how they write of leaders.
"""

from dataclasses import dataclass

import pandas as pd

from analysis.data.cleaning.boundary_changes import newest_code
from analysis.data.cleaning.tables import authority_changes
from analysis.data.cleaning.years import label_of_days
from analysis.data.definitions.inspection_reports import GRADES, overall_grade
from analysis.errors import DataError
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.specification import Specification

NEW_MONTHS = 12
"""A director in post for fewer months than this when the inspection began is new."""
MID_YEAR = "07"
"""The month that stands for a year without one."""
TURNOVER = "turnover_percent"
SPOKEN_OF = {
    "leadership-problem": "leadership_problem",
    "turnover-problem": "turnover_problem",
    "turnover-strength": "turnover_strength",
}
"""What reports speak of that is compared: by the name of the result, the count of sentences."""
OFFICIAL = ("turnover", "turnover-before")
"""The results on official turnover: years allowed for, and turnover before the inspection besides."""


def by_grade(name: str) -> str:
    """Return the name of a result on what reports speak of, the report's grade allowed for."""
    return f"{name}-by-grade"


@dataclass(frozen=True)
class NewDirectors:
    """Inspections that found a new director beside others.

    ``rows``: those of ``director_rows``. ``estimates``: by name, the difference that a new director goes with in percentage
    points of inspections (``inadequate``), sentences in 100 (the names of ``SPOKEN_OF``) or percentage points of official
    turnover in the year after (``OFFICIAL``), years allowed for; those named by ``by_grade`` allow for the grade too.
    """

    rows: pd.DataFrame
    estimates: dict[str, Estimate]


def months_between(since: pd.Series, day: pd.Series) -> pd.Series:
    """Return whole months from ``since`` (ISO months, or years) to the month of ``day`` (ISO days)."""
    month = since.where(since.str.len() > 4, since + f"-{MID_YEAR}")

    def number(text: pd.Series) -> pd.Series:
        return text.str[:4].astype(int) * 12 + text.str[5:7].astype(int)

    return number(day) - number(month)


def director_rows(reports: pd.DataFrame, directors: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Return a row a report that dates its director.

    Columns: report, authority_code and cluster (as the panel has them), year (of the inspection's first day),
    months_in_post, new_director (1 below ``NEW_MONTHS``, else 0), is_interim, inadequate (100 or 0; missing without a
    grade), a column for each grade but good, sentences in 100 by the names of ``SPOKEN_OF``, turnover (official, of the
    year after the September that follows the inspection) and turnover_before (of the year before that September).
    Turnover of the earlier definition is among them: years are allowed for.
    """
    met = reports.merge(directors.drop(columns="authority_code"), on="report", validate="one_to_one")
    months, grade = months_between(met["in_post_since"], met["inspection_start"]), overall_grade(met)
    code = met["authority_code"].replace(newest_code(authority_changes()))
    event = label_of_days(met["inspection_end"], TURNOVER)
    figures = panel.set_index(["authority_code", "year"])[TURNOVER]

    def official(offset: int) -> pd.Series:
        wanted = pd.MultiIndex.from_arrays([code, event + offset])
        return pd.Series(figures.reindex(wanted).to_numpy(), index=met.index)

    clusters = panel.drop_duplicates("authority_code").set_index("authority_code")["cluster"]
    return pd.DataFrame(
        {
            "report": met["report"],
            "authority_code": code,
            "cluster": code.map(clusters).fillna(code),
            "year": met["inspection_start"].str[:4].astype(int),
            "months_in_post": months,
            "new_director": (months < NEW_MONTHS).astype(float),
            "is_interim": met["is_interim"].astype(bool),
            "inadequate": (100.0 * (grade == GRADES[-1])).where(grade.notna()),
            **{f"grade_{name}": (grade == name).astype(float) for name in GRADES if name != "good"},
            **{name: 100.0 * met[count] / met["sentences"] for name, count in SPOKEN_OF.items()},
            "turnover": official(1),
            "turnover_before": official(-1),
        }
    )


def _difference(rows: pd.DataFrame, outcome: str, controls: tuple[str, ...] = ()) -> Estimate:
    known = rows.dropna(subset=[outcome, *controls])
    years = sorted(known["year"].unique())[1:]
    dummies = {f"year_{year}": (known["year"] == year).astype(float) for year in years}
    asked = Specification(
        outcome, "new_director", (*controls, *dummies), estimator="pooled", entity="report", time="year"
    )
    return estimate(known.assign(**dummies), asked)


def new_directors(reports: pd.DataFrame, directors: pd.DataFrame, panel: pd.DataFrame) -> NewDirectors:
    """Compare inspections that found a director in post for less than a year with others of the same years.

    Least squares with effects of the year of inspection, errors clustered by authority. Raises DataError where no report
    dates its director.
    """
    rows = director_rows(reports, directors, panel)
    if rows.empty:
        raise DataError("inspection_directors: no report of an inspection dates its director")
    grades = tuple(name for name in rows if name.startswith("grade_") and rows[name].any())
    return NewDirectors(
        rows,
        {
            "inadequate": _difference(rows, "inadequate"),
            **{name: _difference(rows, name) for name in SPOKEN_OF},
            **{by_grade(name): _difference(rows, name, grades) for name in SPOKEN_OF},
            OFFICIAL[0]: _difference(rows, "turnover"),
            OFFICIAL[1]: _difference(rows, "turnover", ("turnover_before",)),
        },
    )
