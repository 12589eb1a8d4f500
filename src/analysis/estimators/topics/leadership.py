"""Official turnover after reports that call leadership a problem, beside other reports of the same years."""

import pandas as pd

from analysis.data.cleaning.boundary_changes import newest_code
from analysis.data.cleaning.tables import authority_changes
from analysis.data.cleaning.years import label_of_days, without_earlier_definitions
from analysis.errors import DataError
from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.specification import Specification

OUTCOME = "turnover_percent"


def leadership_rows(reports: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Return one row a report with official turnover before and after it.

    Columns: authority_code, cluster, report, ``event_year`` (the September that first follows the inspection's end),
    ``leadership_problem`` (1 where the share of sentences coded a problem of leadership is above the median of all
    reports), ``turnover_before`` (of the year before the event year) and ``turnover_after`` (of the year after it). Rows
    without both are left out.
    """
    share = reports["leadership_problem"] / reports["sentences"]
    rows = pd.DataFrame(
        {
            "authority_code": reports["authority_code"].replace(newest_code(authority_changes())),
            "report": reports["report"],
            "event_year": label_of_days(reports["inspection_end"], OUTCOME),
            "leadership_problem": (share > share.median()).astype(float),
        }
    )
    figures = panel[["authority_code", "cluster", "year"]].assign(
        value=without_earlier_definitions(panel, OUTCOME)
    )
    for name, offset in (("turnover_before", -1), ("turnover_after", 1)):
        own = figures.rename(columns={"value": name}).assign(event_year=figures["year"] - offset)
        columns = ["authority_code", "event_year", name] + (["cluster"] if offset == 1 else [])
        rows = rows.merge(
            own[columns].astype({"event_year": "Int64"}), how="left", on=["authority_code", "event_year"]
        )
    return rows.dropna().sort_values(["authority_code", "event_year", "report"]).reset_index(drop=True)


def leadership_and_turnover(reports: pd.DataFrame, panel: pd.DataFrame) -> Estimate:
    """Estimate by how many points turnover after a report with leadership as a problem exceeds that after others.

    After allowing for turnover before the inspection and the year, clustered by authority: authorities have too few reports
    with figures on both sides for effects of their own. Raises DataError where no report has both figures.
    """
    rows = leadership_rows(reports, panel)
    if rows.empty:
        raise DataError("turnover_percent: no report has a figure both before and after its inspection")
    years = sorted(rows["event_year"].unique())[1:]
    dummies = {f"year_{year}": (rows["event_year"] == year).astype(float) for year in years}
    specification = Specification(
        "turnover_after",
        "leadership_problem",
        ("turnover_before", *dummies),
        estimator="pooled",
        entity="report",
        time="event_year",
    )
    return estimate(rows.assign(**dummies), specification)
