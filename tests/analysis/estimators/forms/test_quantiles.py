"""Coefficients of quantile regression beside statsmodels', whose iteration they repeat."""

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.errors import DataError
from analysis.estimators.forms.quantiles import quantile_coefficients


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.75])
def test_coefficients_are_those_of_statsmodels_where_outcomes_spread_more_as_they_grow(quantile):
    rng = np.random.default_rng(4)
    columns = np.column_stack([rng.normal(size=(400, 2)), np.ones(400)])
    outcome = columns @ [1.0, -0.5, 3.0] + np.exp(columns[:, 0]) * rng.standard_t(4, 400)
    theirs = sm.QuantReg(outcome, columns).fit(q=quantile, p_tol=1e-5)
    for_all = quantile_coefficients([outcome[:200], outcome], [columns[:200], columns], quantile)
    assert for_all[1] == pytest.approx(theirs.params, rel=1e-12)
    assert for_all[:1] == pytest.approx(
        quantile_coefficients([outcome[:200]], [columns[:200]], quantile), rel=1e-12
    )


def test_an_outcome_without_a_number_is_refused():
    outcome = np.array([1.0, np.nan, 2.0, 4.0])
    with pytest.raises(DataError, match=r"no slope at the quantile 0\.5"):
        quantile_coefficients([outcome], [np.ones((4, 1))], 0.5)
