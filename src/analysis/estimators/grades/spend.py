"""Graded inspections with the spend of their authority at the time, and how it had changed since before the cuts."""

from collections.abc import Sequence

import pandas as pd

from analysis.data.cleaning.at_inspection import newest_before

from .judgements import JudgementModel, decile, fit_within_between, judged_inspections

BASE_YEAR = 2011
"""The financial year 2010-11: the first return with the present lines for young children, the last before the cuts."""
OLDEST_SPEND_YEARS = 2
"""Spend is published a year after its year: the latest inspections meet that of up to two years before."""
SPEND = (
    "prevention_real_gbp_per_child", "safeguarding_real_gbp_per_child", "looked_after_real_gbp_per_child",
)  # fmt: skip
ECONOMY = ("claimants_percent", "median_pay_gbp_per_week")
COUNCIL = ("labour_seats_percent", "conservative_seats_percent")
"""What spend may answer: need, as claims and pay of residents show it, and choice, as the parties' shares of seats do."""
TERMS = {"prevention": SPEND[0], "safeguarding": SPEND[1], "looked_after": SPEND[2]}


def inspections_with_spend(
    reports: pd.DataFrame, panel: pd.DataFrame, changed: pd.DataFrame, price_factor: float = 1.0
) -> pd.DataFrame:
    """Return a row a graded inspection with the spend of its authority at the time, and its change since BASE_YEAR.

    ``changed``: of ``change_since``. Columns of ``judged_inspections``, ``deprivation_decile``, spend per child by term in
    £100, ``change_percent``, and ECONOMY and COUNCIL.
    """
    columns = [*SPEND, "deprivation_score", *ECONOMY, *COUNCIL]
    rows = judged_inspections(reports, panel, columns, OLDEST_SPEND_YEARS)
    one_each = panel.drop_duplicates("authority_code")["deprivation_score"]
    rows["deprivation_decile"] = decile(rows["deprivation_score"], one_each)
    for term, column in TERMS.items():
        rows[term] = rows[column] * price_factor / 100
    return rows.assign(change_percent=_change_before(rows, changed))


def prevention_within_between(inspections: pd.DataFrame, held: Sequence[str] = ()) -> JudgementModel:
    """Return the model of good or outstanding on preventative spending within authorities and between them.

    ``inspections`` of ``inspections_with_spend``. Safeguarding spending and deprivation are held constant, and so is
    ``held``; inspections are compared with those of the same year.
    """
    others = ("safeguarding", "deprivation_decile", *held)
    return fit_within_between(inspections, "prevention", others, "Good or better", kind="logistic")


def _change_before(rows: pd.DataFrame, changed: pd.DataFrame) -> pd.Series:
    """Return the change in real spend per child from BASE_YEAR to the newest year that ended before each inspection."""
    values = changed.set_index(["authority_code", "year"])["change_percent"]
    return newest_before(values, rows["panel_code"], rows["day"], "children_services_gbp", OLDEST_SPEND_YEARS)
