"""The hazard of a downgrade: a judgement worse than the one before, on the workforce of the September before.

Time is cut into years from 1 October to 30 September, each beginning the day after a workforce census. An authority is
at risk in a year that it enters with a judgement that can get worse; the event is an inspection that begins in the year
and ends in a worse one. The hazard is a complementary log-log regression (Prentice and Gloeckler 1978: proportional
hazards observed by periods), on a figure less its mean over the authorities of the year, the decile of deprivation, the
judgement held, and the years since the last inspection; errors are clustered by authority, which may be downgraded more
than once. Years have no effects of their own: in two of them nobody was inspected.

A hazard mixes two things, how soon inspectors come and what they find. The second alone is a logistic regression of a
worse judgement among the inspections that came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import ndtri
from statsmodels.genmod.families.links import CLogLog

from analysis.data.cleaning.years import without_earlier_definitions
from analysis.data.definitions.inspection_reports import GRADES
from analysis.errors import DataError, unknown
from analysis.estimators.resampling.family import benjamini_hochberg
from analysis.findings.interval import Inference

from .judgements import decile, judged_inspections

WAITED = (1, 4)
"""Years since the last inspection below and above which one effect is taken for all: none comes within the first."""
FEWEST_EVENTS = 10
_FIRST_DAY = "-10-01"


@dataclass(frozen=True, kw_only=True)
class Hazard(Inference):
    """The ratio of the hazard, or of the odds, of a downgrade for one unit more of ``figure``, with its 95% interval.

    ``n_periods`` authority-years (or inspections) with ``n_events`` downgrades, of ``n_authorities``. ``standard_error`` is
    that of the ratio's logarithm; ``sd`` is the standard deviation of the figure within years.
    """

    figure: str
    standard_error: float
    sd: float
    n_periods: int
    n_events: int
    n_authorities: int
    first_year: int
    last_year: int
    given_inspection: bool

    def of_100(self, step: float = 1.0) -> tuple[float, float, float, float]:
        """Return how many of 100 authorities are downgraded in a year: as it was, with the figure a step higher, its limits.

        For a hazard; where inspections came (``given_inspection``) the ratio is one of odds.
        """
        calm = 1 - self.n_events / self.n_periods
        as_it_was, more, low, high = (
            100 * (1 - calm ** (ratio**step)) for ratio in (1.0, self.estimate, self.conf_low, self.conf_high)
        )
        return as_it_was, more, low, high


def downgrade_periods(reports: pd.DataFrame, panel: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a row an authority and year at risk, from the table of inspection reports and authorities by year.

    Columns: panel_code; year, that of the census of 30 September which the year begins after; inspected and downgraded (0
    or 1); held, the judgement that the authority enters with; waited_years, the whole years since the inspection that gave
    it, within WAITED; deprivation_decile; and the panel's ``columns``, without years of an earlier definition. Raises
    RequestError for a column that isn't an indicator of the panel.
    """
    for name in columns:
        if name not in panel.columns:
            raise unknown("column", name, map(str, panel.columns))
    comparable = panel.assign(**{name: without_earlier_definitions(panel, name) for name in columns})
    judged = judged_inspections(reports, panel, ["deprivation_score"]).sort_values(["panel_code", "day"])
    last_day = judged["day"].max()
    rows = []
    for code, own in judged.groupby("panel_code", sort=True):
        days, worse = own["day"].to_list(), own["worse"].to_list()
        for year in range(int(days[0][:4]), int(last_day[:4]) + 1):
            start, end = f"{year}{_FIRST_DAY}", f"{year + 1}{_FIRST_DAY}"
            before = [place for place, day in enumerate(days) if day < start]
            if not before or start > last_day or worse[before[-1]] == len(GRADES) - 1:
                continue
            held = before[-1]
            within = [place for place, day in enumerate(days) if start <= day < end]
            rows.append(
                {
                    "panel_code": code,
                    "year": year,
                    "inspected": int(bool(within)),
                    "downgraded": int(any(worse[place] > worse[place - 1] for place in within)),
                    "held": GRADES[worse[held]],
                    "waited_years": min(max(_whole_years(days[held], start), WAITED[0]), WAITED[1]),
                }
            )
    periods = pd.DataFrame(rows)
    figures = comparable[["authority_code", "year", *columns]].rename(
        columns={"authority_code": "panel_code"}
    )
    scores = panel.drop_duplicates("authority_code").set_index("authority_code")["deprivation_score"]
    tenth = decile(periods["panel_code"].map(scores), scores)
    return periods.merge(figures, on=["panel_code", "year"], how="left").assign(
        deprivation_decile=tenth.to_numpy()
    )


def q_values(hazards: Mapping[str, Hazard]) -> dict[str, float]:
    """Return the q value of each hazard over all of them, by name (Benjamini and Hochberg 1995)."""
    adjusted = benjamini_hochberg([hazard.p_value for hazard in hazards.values()])
    return dict(zip(hazards, map(float, adjusted), strict=True))


def _whole_years(since: str, until: str) -> int:
    return int(until[:4]) - int(since[:4]) - (until[4:] < since[4:])


def downgrade_hazard(periods: pd.DataFrame, figure: str, *, given_inspection: bool = False) -> Hazard:
    """Return the hazard ratio of a downgrade for one unit more of ``figure``, from rows of ``downgrade_periods``.

    ``given_inspection``: the odds ratio of a worse judgement among the years with an inspection. Raises RequestError for an
    unknown figure, DataError for fewer than FEWEST_EVENTS downgrades or a figure that doesn't vary within years.
    """
    if figure not in periods.columns:
        raise unknown("figure", figure, map(str, periods.columns))
    known = periods.dropna(subset=[figure, "deprivation_decile"]).reset_index(drop=True)
    if given_inspection:
        known = known[known["inspected"] == 1].reset_index(drop=True)
    n_events = int(known["downgraded"].sum())
    if n_events < FEWEST_EVENTS:
        raise DataError(f"{figure}: {n_events} downgrades; a hazard needs {FEWEST_EVENTS} at least")
    own = known[figure] - known.groupby("year")[figure].transform("mean")
    if not own.std(ddof=1) > 0:
        raise DataError(f"{figure}: the same value in all authorities of each of the years at risk")
    terms = pd.concat(
        [
            own.astype(float),
            known["deprivation_decile"].astype(float),
            pd.get_dummies(known["held"], prefix="held", dtype=float).iloc[:, 1:],
            pd.get_dummies(known["waited_years"], prefix="waited", dtype=float).iloc[:, 1:],
        ],
        axis=1,
    )
    family = sm.families.Binomial() if given_inspection else sm.families.Binomial(CLogLog())
    codes = pd.factorize(known["panel_code"])[0]
    fitted = sm.GLM(known["downgraded"], sm.add_constant(terms), family=family).fit(
        cov_type="cluster", cov_kwds={"groups": codes}
    )
    slope, error = float(fitted.params[figure]), float(fitted.bse[figure])
    reach = float(ndtri(0.975)) * error
    return Hazard(
        figure=figure,
        estimate=float(np.exp(slope)),
        conf_low=float(np.exp(slope - reach)),
        conf_high=float(np.exp(slope + reach)),
        p_value=float(fitted.pvalues[figure]),
        standard_error=error,
        sd=float(own.std(ddof=1)),
        n_periods=len(known),
        n_events=n_events,
        n_authorities=int(known["panel_code"].nunique()),
        first_year=int(known["year"].min()),
        last_year=int(known["year"].max()),
        given_inspection=given_inspection,
    )
