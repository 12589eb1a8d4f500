"""A family of estimates, with p values corrected for how many there are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

FAMILY_COLUMNS = (
    "outcome", "exposure", "estimator", "estimate", "standard_error", "conf_low", "conf_high",
    "p_value", "q_value", "n_observations", "n_entities",
)  # fmt: skip


def benjamini_hochberg(p_values: Sequence[float] | np.ndarray | pd.Series) -> np.ndarray:
    """Return q values: the false discovery rate from which on each hypothesis is rejected; shape as given.

    The step-up procedure of Benjamini and Hochberg (1995), computed by statsmodels. A missing p value stays
    missing and doesn't count among the hypotheses.
    """
    from statsmodels.stats.multitest import multipletests

    p_values = np.asarray(p_values, dtype=float)
    q_values = np.full(p_values.shape, np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        q_values[known] = multipletests(p_values[known], method="fdr_bh")[1]
    return q_values
