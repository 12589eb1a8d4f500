"""Associations in reports as findings: the shape and the names under which claims ask for them."""

import pandas as pd

from ..findings import Finding
from .coding.constructs import LABELS

FROM_YEAR = 2019
"""The first year whose inspections are also looked at alone: all of them under the framework of 2018."""
CAUTION = "counts as coded, the coder's errors not taken out; an association of reports, not of children"


def findings_of(pairs: pd.DataFrame, rated: str, suffix: str = "") -> tuple[Finding, ...]:
    """Return a finding a row of ``associations.pairs``, named ``RATED-FIRST-SECOND`` and ``suffix``.

    ``rated``: ``problems`` or ``strengths``, what of the two constructs was compared.
    """
    return tuple(
        Finding(
            name=f"{rated}-{row.first}-{row.second}{suffix}",
            label=f"{LABELS[row.first]} and {LABELS[row.second].lower()} together as {rated} in reports, per standard "
            "deviation, net of tone and grade",
            scale="odds ratio",
            estimate=float(row.odds_ratio),
            conf_low=float(row.conf_low),
            conf_high=float(row.conf_high),
            p_value=float(row.p_value),
            n_observations=int(row.n_reports),
            n_clusters=int(row.n_authorities),
            caution=CAUTION,
        )
        for row in pairs.itertuples()
    )
