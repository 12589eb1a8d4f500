"""Facts that prose states and notebooks record: computed once from the panel, so that the two can't differ."""

from typing import Any

from analysis.data.definitions.indicators import dictionary
from analysis.data.panel.panel import Panel
from analysis.errors import DataError

WORKFORCE_CORE = (
    "turnover_percent", "vacancy_percent", "agency_percent", "absence_percent", "caseload_cases_per_fte",
)  # fmt: skip

DRIFT = "plans_open_two_years_percent"
"""What the project takes drift in children's plans to be, before all else."""


def data_facts(panel: Panel) -> dict[str, Any]:
    """Return counts of authorities, years, indicators, figures and what is withheld, and the coverage of each indicator.

    Raises DataError where the panel lacks an indicator that can't be used: these are facts of all of them.
    """
    for problem in panel.unusable.values():
        raise DataError(problem)
    frame, coverage = panel.authorities, panel.coverage
    totals = coverage.groupby("indicator")[["n_authorities", "n_present", "n_withheld"]].sum()
    sizes = frame.groupby("year").size()
    return {
        "first_year": int(frame["year"].min()),
        "last_year": int(frame["year"].max()),
        "n_authority_years": len(frame),
        "n_authorities_least": int(sizes.min()),
        "n_authorities_most": int(sizes.max()),
        "n_indicators": len(dictionary()),
        "n_figures": int(totals["n_present"].sum()),
        "n_withheld": int(totals["n_withheld"].sum()),
        "share_present": {
            name: round(float(row["n_present"] / row["n_authorities"]), 4) for name, row in totals.iterrows()
        },
    }
